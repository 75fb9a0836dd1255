//! `Mask`: a region of interest as a set of pixels.

use std::ops::Range;

use ndarray::{Array2, Array3, Zip};

/// A region of interest: `true` inside, `[row, column]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mask {
    pixels: Array2<bool>,
}

impl Mask {
    /// A mask from its pixels.
    #[must_use]
    pub fn new(pixels: Array2<bool>) -> Self {
        Self { pixels }
    }

    /// An empty mask of this matrix.
    #[must_use]
    pub fn empty(rows: usize, columns: usize) -> Self {
        Self { pixels: Array2::from_elem((rows, columns), false) }
    }

    /// The mask of the pixels for which `inside(row, column)` holds.
    #[must_use]
    pub fn from_fn(rows: usize, columns: usize, mut inside: impl FnMut(usize, usize) -> bool) -> Self {
        Self { pixels: Array2::from_shape_fn((rows, columns), |(row, column)| inside(row, column)) }
    }

    /// The pixels, `[row, column]`.
    #[must_use]
    pub fn pixels(&self) -> &Array2<bool> {
        &self.pixels
    }

    /// `(rows, columns)`.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        self.pixels.dim()
    }

    /// Whether the pixel is inside; outside the matrix nothing is.
    #[must_use]
    pub fn contains(&self, row: usize, column: usize) -> bool {
        self.pixels.get((row, column)).copied().unwrap_or(false)
    }

    /// Area in pixels.
    #[must_use]
    pub fn area(&self) -> usize {
        self.pixels.iter().filter(|&&inside| inside).count()
    }

    /// Whether no pixel is inside.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.pixels.iter().any(|&inside| inside)
    }

    /// The pixels inside as `(row, column)`, row by row.
    pub fn inside(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.pixels.rows().into_iter().enumerate().flat_map(|(row, pixels)| {
            let columns = pixels.into_iter().enumerate().filter(|&(_, &inside)| inside);
            columns.map(move |(column, _)| (row, column))
        })
    }

    /// Mean `(row, column)` of the pixels inside; `None` for an empty mask.
    #[must_use]
    pub fn centroid(&self) -> Option<(f64, f64)> {
        let (mut rows, mut columns, mut area) = (0.0, 0.0, 0.0);
        for (row, column) in self.inside() {
            rows += row as f64;
            columns += column as f64;
            area += 1.0;
        }
        (area > 0.0).then(|| (rows / area, columns / area))
    }

    /// The rows and the columns that hold pixels of the mask; `None` for an empty mask.
    #[must_use]
    pub fn bounding_box(&self) -> Option<(Range<usize>, Range<usize>)> {
        self.inside().fold(None, |bounds, (row, column)| {
            let (rows, columns) = bounds.unwrap_or((row..row + 1, column..column + 1));
            Some((rows.start.min(row)..rows.end.max(row + 1), columns.start.min(column)..columns.end.max(column + 1)))
        })
    }

    /// Whether a pixel of the mask lies in the first or last row or column.
    #[must_use]
    pub fn touches_edge(&self) -> bool {
        let (all_rows, all_columns) = self.dim();
        self.bounding_box().is_some_and(|(rows, columns)| {
            rows.start == 0 || columns.start == 0 || rows.end == all_rows || columns.end == all_columns
        })
    }

    /// The pixels of this mask that are not in `other`. Pixels that `other`'s matrix lacks are not in it.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let (rows, columns) = self.dim();
        Self::from_fn(rows, columns, |row, column| self.pixels[[row, column]] && !other.contains(row, column))
    }

    /// Adds the pixels of `other`; those beyond this mask's matrix are ignored.
    pub fn insert_all(&mut self, other: &Self) {
        if self.dim() == other.dim() {
            Zip::from(&mut self.pixels).and(&other.pixels).for_each(|own, &more| *own |= more);
        } else {
            for at in other.inside() {
                self.set(at, true);
            }
        }
    }

    /// Masks of one matrix as one array, `[mask, row, column]`, 1 inside; `None` where their matrices differ.
    #[must_use]
    pub fn stack(masks: &[Self]) -> Option<Array3<u8>> {
        let (rows, columns) = masks.first().map_or((0, 0), Self::dim);
        masks.iter().all(|mask| mask.dim() == (rows, columns)).then(|| {
            Array3::from_shape_fn((masks.len(), rows, columns), |(index, row, column)| {
                u8::from(masks[index].contains(row, column))
            })
        })
    }

    /// Sets one pixel; beyond the matrix nothing happens.
    pub fn set(&mut self, at: (usize, usize), inside: bool) {
        if let Some(pixel) = self.pixels.get_mut(at) {
            *pixel = inside;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_of_a_rectangle() {
        let mask = Mask::from_fn(8, 10, |row, column| (2..5).contains(&row) && (3..9).contains(&column));
        assert_eq!(mask.area(), 18);
        assert_eq!(mask.centroid(), Some((3.0, 5.5)));
        assert_eq!(mask.bounding_box(), Some((2..5, 3..9)));
        assert!(!mask.touches_edge());
        assert!(Mask::from_fn(8, 10, |_, column| column == 9).touches_edge());
    }

    #[test]
    fn an_empty_mask_has_no_place() {
        let mask = Mask::empty(4, 4);
        assert_eq!((mask.centroid(), mask.bounding_box(), mask.touches_edge()), (None, None, false));
        assert!(mask.is_empty());
        assert!(!mask.contains(9, 9));
    }

    #[test]
    fn difference_and_union() {
        let left = Mask::from_fn(4, 4, |_, column| column < 3);
        let right = Mask::from_fn(4, 4, |_, column| column > 1);
        assert_eq!(left.difference(&right), Mask::from_fn(4, 4, |_, column| column < 2));
        let mut all = left;
        all.insert_all(&right);
        assert_eq!(all.area(), 16);
    }
}
