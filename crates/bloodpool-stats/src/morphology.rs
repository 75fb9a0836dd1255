//! Morphology of masks: growing and shrinking by pixels or by millimetres, the largest component, filled holes.

use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Mask;

/// The four edge neighbours as `(row, column)` steps.
const EDGE_NEIGHBOURS: [(isize, isize); 4] = [(-1, 0), (0, -1), (0, 1), (1, 0)];
/// The four corner neighbours as `(row, column)` steps.
const CORNER_NEIGHBOURS: [(isize, isize); 4] = [(-1, -1), (-1, 1), (1, -1), (1, 1)];

/// The pixel one step away, if it is still in the matrix.
fn step(at: (usize, usize), by: (isize, isize), dim: (usize, usize)) -> Option<(usize, usize)> {
    let row = at.0.checked_add_signed(by.0).filter(|&row| row < dim.0)?;
    let column = at.1.checked_add_signed(by.1).filter(|&column| column < dim.1)?;
    Some((row, column))
}

/// The structuring element of one dilation by one pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// The four edge neighbours.
    Cross,
    /// All eight neighbours.
    Square,
}

impl Element {
    fn neighbours(self) -> impl Iterator<Item = (isize, isize)> {
        let corners = match self {
            Self::Cross => 0,
            Self::Square => CORNER_NEIGHBOURS.len(),
        };
        EDGE_NEIGHBOURS.into_iter().chain(CORNER_NEIGHBOURS.into_iter().take(corners))
    }
}

impl Mask {
    /// The mask grown by one pixel, `times` times.
    #[must_use]
    pub fn dilated(&self, element: Element, times: u32) -> Self {
        let mut grown = self.clone();
        let mut front: Vec<_> = self.inside().collect();
        for _ in 0..times {
            let mut next = Vec::new();
            for at in front {
                for neighbour in element.neighbours().filter_map(|by| step(at, by, self.dim())) {
                    if !grown.pixels()[neighbour] {
                        grown.set(neighbour, true);
                        next.push(neighbour);
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            front = next;
        }
        grown
    }

    /// The mask shrunk by one pixel, `times` times. Beyond the matrix nothing is inside, so the edge shrinks too.
    #[must_use]
    pub fn eroded(&self, element: Element, times: u32) -> Self {
        let mut shrunk = self.clone();
        for _ in 0..times {
            let before = shrunk.clone();
            let mut changed = false;
            for at in before.inside() {
                let kept =
                    element.neighbours().all(|by| step(at, by, self.dim()).is_some_and(|next| before.pixels()[next]));
                if !kept {
                    shrunk.set(at, false);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
        }
        shrunk
    }

    /// The pixels whose centre lies within `distance_mm` (Euclidean) of the centre of a pixel of the mask.
    ///
    /// `spacing_mm` is the distance between `[rows, columns]`. A distance that is not positive changes nothing.
    #[must_use]
    pub fn dilated_mm(&self, distance_mm: f64, [row_mm, column_mm]: [f64; 2]) -> Self {
        let mut grown = self.clone();
        let (all_rows, all_columns) = self.dim();
        let Some((rows, columns)) = self.bounding_box().filter(|_| distance_mm > 0.0) else {
            return grown;
        };
        // Rounding of a spacing must not drop a pixel that lies exactly at the distance.
        let distance_mm = distance_mm * (1.0 + 1e-9);
        let reach = |spacing: f64, side: usize| ((distance_mm / spacing) as usize).min(side);
        // How far to the side each row of the mask reaches at a distance of 0, 1, 2, ... rows.
        let widths: Vec<usize> = (0..=reach(row_mm, all_rows))
            .map(|rows| ((distance_mm.powi(2) - (rows as f64 * row_mm).powi(2)).max(0.0).sqrt() / column_mm) as usize)
            .collect();
        let sideways = reach(column_mm, all_columns);
        let (left, right) = (columns.start.saturating_sub(sideways), (columns.end + sideways).min(all_columns));
        for row in rows {
            let steps = steps_to_nearest(self, row, left..right);
            let (top, bottom) = ((row + 1).saturating_sub(widths.len()), (row + widths.len()).min(all_rows));
            for reached in top..bottom {
                let width = widths[row.abs_diff(reached)];
                for (column, _) in (left..right).zip(&steps).filter(|&(_, &steps)| steps <= width) {
                    grown.set((reached, column), true);
                }
            }
        }
        grown
    }

    /// The pixels of the mask that are farther than `distance_mm` from every pixel outside it, as [`Mask::dilated_mm`]
    /// measures it. Beyond the matrix nothing is known, so the mask does not shrink at the edge of the matrix.
    #[must_use]
    pub fn eroded_mm(&self, distance_mm: f64, spacing_mm: [f64; 2]) -> Self {
        let (rows, columns) = self.dim();
        let outside = Self::from_fn(rows, columns, |row, column| !self.contains(row, column));
        self.difference(&outside.dilated_mm(distance_mm, spacing_mm))
    }

    /// The component with the most pixels, where pixels that share an edge or a corner belong together. Of equals,
    /// the one that starts in the upper row, then in the left column.
    #[must_use]
    pub fn largest_component(&self) -> Self {
        let mut seen = Self::empty(self.dim().0, self.dim().1);
        let mut largest: Vec<(usize, usize)> = Vec::new();
        for start in self.inside() {
            if seen.pixels()[start] {
                continue;
            }
            seen.set(start, true);
            let mut component = vec![start];
            let mut next = 0;
            while next < component.len() {
                let at = component[next];
                next += 1;
                for neighbour in Element::Square.neighbours().filter_map(|by| step(at, by, self.dim())) {
                    if self.pixels()[neighbour] && !seen.pixels()[neighbour] {
                        seen.set(neighbour, true);
                        component.push(neighbour);
                    }
                }
            }
            if component.len() > largest.len() {
                largest = component;
            }
        }
        let mut mask = Self::empty(self.dim().0, self.dim().1);
        largest.into_iter().for_each(|at| mask.set(at, true));
        mask
    }

    /// The mask with its holes filled: what cannot be reached from the edge of the matrix by steps over pixel edges.
    #[must_use]
    pub fn holes_filled(&self) -> Self {
        let (rows, columns) = self.dim();
        let mut reached = Self::empty(rows, columns);
        let mut front = Vec::new();
        for row in 0..rows {
            for column in 0..columns {
                let edge = row == 0 || column == 0 || row + 1 == rows || column + 1 == columns;
                if edge && !self.contains(row, column) {
                    reached.set((row, column), true);
                    front.push((row, column));
                }
            }
        }
        while let Some(at) = front.pop() {
            for neighbour in Element::Cross.neighbours().filter_map(|by| step(at, by, self.dim())) {
                if !self.pixels()[neighbour] && !reached.pixels()[neighbour] {
                    reached.set(neighbour, true);
                    front.push(neighbour);
                }
            }
        }
        Self::from_fn(rows, columns, |row, column| !reached.contains(row, column))
    }
}

/// For each of these columns the number of columns to the nearest pixel of the mask in this row.
fn steps_to_nearest(mask: &Mask, row: usize, columns: Range<usize>) -> Vec<usize> {
    let mut steps = vec![usize::MAX; columns.len()];
    let mut sweep = |order: &mut dyn Iterator<Item = usize>| {
        let mut nearest = usize::MAX;
        for index in order {
            let inside = mask.contains(row, columns.start + index);
            nearest = if inside { 0 } else { nearest.saturating_add(1) };
            steps[index] = steps[index].min(nearest);
        }
    };
    sweep(&mut (0..columns.len()));
    sweep(&mut (0..columns.len()).rev());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An ellipse with holes, and a rectangle that touches the right edge.
    ///
    /// Expected numbers below, NumPy 2.4, SciPy 1.17:
    /// `yy, xx = np.mgrid[0:24, 0:30]; m = (((yy-9)/5)**2 + ((xx-12)/7)**2 <= 1) | ((yy>=17) & (yy<=20) & (xx>=24))`,
    /// `m[9, 12] = False; m[8:10, 11] = False`.
    fn mask() -> Mask {
        Mask::from_fn(24, 30, |row, column| {
            let (y, x) = ((row as f64 - 9.0) / 5.0, (column as f64 - 12.0) / 7.0);
            let hole = (row == 9 && column == 12) || ((8..10).contains(&row) && column == 11);
            (y * y + x * x <= 1.0 && !hole) || ((17..21).contains(&row) && column >= 24)
        })
    }

    #[test]
    fn dilation_by_pixels_is_that_of_scipy() {
        // ndimage.binary_dilation(m, generate_binary_structure(2, 1) or np.ones((3, 3)), n).sum()
        let mask = mask();
        assert_eq!(mask.area(), 130);
        for (times, cross, square) in [(0, 130, 130), (1, 185, 207), (3, 307, 390), (8, 578, 681)] {
            assert_eq!(mask.dilated(Element::Cross, times).area(), cross);
            assert_eq!(mask.dilated(Element::Square, times).area(), square);
        }
    }

    #[test]
    fn erosion_by_pixels_is_that_of_scipy() {
        // ndimage.binary_erosion(m, ..., n).sum(), border_value = 0
        for (times, cross, square) in [(0, 130, 130), (1, 75, 58), (2, 29, 5)] {
            assert_eq!(mask().eroded(Element::Cross, times).area(), cross);
            assert_eq!(mask().eroded(Element::Square, times).area(), square);
        }
        assert!(mask().eroded(Element::Cross, u32::MAX).is_empty());
        assert_eq!(mask().dilated(Element::Square, u32::MAX).area(), 24 * 30);
    }

    #[test]
    fn millimetres_are_euclidean_on_oblong_pixels() {
        // d = ndimage.distance_transform_edt(~m, sampling=[4, 3]); (d <= r + 1e-9).sum()
        for (distance, area) in [(4.0, 185), (7.5, 239), (15.0, 417)] {
            assert_eq!(mask().dilated_mm(distance, [4.0, 3.0]).area(), area);
        }
        // d = ndimage.distance_transform_edt(m, sampling=[4, 3]); (d > r + 1e-9).sum()
        for (distance, area) in [(4.0, 77), (7.5, 36)] {
            assert_eq!(mask().eroded_mm(distance, [4.0, 3.0]).area(), area);
        }
    }

    #[test]
    fn distances_without_meaning_change_nothing() {
        for distance in [0.0, -3.0, f64::NAN, f64::NEG_INFINITY] {
            assert_eq!(mask().dilated_mm(distance, [4.0, 3.0]), mask());
            assert_eq!(mask().eroded_mm(distance, [4.0, 3.0]), mask());
        }
        assert_eq!(mask().dilated_mm(f64::INFINITY, [4.0, 3.0]).area(), 24 * 30);
    }

    #[test]
    fn the_largest_component_is_kept() {
        // ndimage.label(m, np.ones((3, 3))): components of 106 and 24 pixels
        let largest = mask().largest_component();
        assert_eq!(largest.area(), 106);
        assert!(!largest.touches_edge());
        assert!(Mask::empty(5, 5).largest_component().is_empty());
        let diagonal = Mask::from_fn(4, 4, |row, column| row == column);
        assert_eq!(diagonal.largest_component(), diagonal);
    }

    #[test]
    fn holes_are_filled() {
        // ndimage.binary_fill_holes(m).sum()
        assert_eq!(mask().holes_filled().area(), 133);
        assert_eq!(Mask::empty(5, 5).holes_filled(), Mask::empty(5, 5));
    }
}
