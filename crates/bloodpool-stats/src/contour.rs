//! `Contour`: the outline of a mask as a closed polygon, in the study's own pixels.

use serde::Serialize;

use crate::Mask;

/// A closed polygon of `[x, y]` (column, row); pixel centres are whole numbers.
///
/// The last point is joined to the first without being repeated.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct Contour(pub Vec<[f64; 2]>);

/// Directions of a walk along pixel edges, clockwise as displayed: right, down, left, up, as `(row, column)`.
const STEPS: [(isize, isize); 4] = [(0, 1), (1, 0), (0, -1), (-1, 0)];

impl Contour {
    /// Area enclosed, in pixels (the shoelace formula).
    #[must_use]
    pub fn area(&self) -> f64 {
        let points = &self.0;
        let next = points.iter().cycle().skip(1);
        let twice: f64 = points.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum();
        twice.abs() / 2.0
    }

    /// The mask of the pixels whose centres lie inside, by the even-odd rule.
    ///
    /// A centre exactly on an edge counts as inside for upper and left edges only, so that polygons that share an
    /// edge share no pixel.
    #[must_use]
    pub fn rasterised(&self, rows: usize, columns: usize) -> Mask {
        let points = &self.0;
        let mut mask = Mask::empty(rows, columns);
        for row in 0..rows {
            let y = row as f64;
            let mut crossings: Vec<f64> = points
                .iter()
                .zip(points.iter().cycle().skip(1))
                .filter(|(a, b)| (a[1] <= y) != (b[1] <= y))
                .map(|(a, b)| a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
                .collect();
            crossings.sort_by(f64::total_cmp);
            for pair in crossings.chunks_exact(2) {
                // `as` clamps what is negative to 0 and what is too large to the end of the row.
                let (from, to) = (pair[0].ceil() as usize, pair[1].ceil() as usize);
                (from..to.min(columns)).for_each(|column| mask.set((row, column), true));
            }
        }
        mask
    }
}

impl Mask {
    /// The outer boundary of the largest component along its pixel edges; empty for an empty mask.
    ///
    /// It encloses exactly the component and its holes: its area is their number of pixels, and rasterising it gives
    /// them back. Clockwise as displayed; only corners are kept.
    #[must_use]
    pub fn contour(&self) -> Contour {
        let component = self.largest_component();
        let Some((top, left)) = component.inside().next() else {
            return Contour(Vec::new());
        };
        let inside = |row: isize, column: isize| {
            let (row, column) = (usize::try_from(row), usize::try_from(column));
            matches!((row, column), (Ok(row), Ok(column)) if component.contains(row, column))
        };
        // Walk on the lattice of pixel corners, where corner (r, c) is the upper left of pixel (r, c), with the
        // component on the right hand. The upper left corner of the first pixel is on the outer boundary.
        let start = (top as isize, left as isize);
        let (mut at, mut direction) = (start, 0);
        let mut corners = Vec::new();
        loop {
            let (row, column) = at;
            // The two pixels ahead, to the left and right of the walk.
            let (ahead_left, ahead_right) = match direction {
                0 => (inside(row - 1, column), inside(row, column)),
                1 => (inside(row, column), inside(row, column - 1)),
                2 => (inside(row, column - 1), inside(row - 1, column - 1)),
                _ => (inside(row - 1, column - 1), inside(row - 1, column)),
            };
            // Left first: pixels that touch at a corner belong together, as in `largest_component`.
            let turned = match (ahead_left, ahead_right) {
                (true, _) => (direction + 3) % 4,
                (false, true) => direction,
                (false, false) => (direction + 1) % 4,
            };
            if turned != direction || corners.is_empty() {
                corners.push([column as f64 - 0.5, row as f64 - 0.5]);
            }
            direction = turned;
            at = (row + STEPS[direction].0, column + STEPS[direction].1);
            // Only one pixel of the component meets at this corner, so that the walk passes it once.
            if at == start {
                break;
            }
        }
        Contour(corners)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_pixel_is_a_unit_square() {
        let mask = Mask::from_fn(5, 5, |row, column| (row, column) == (2, 3));
        assert_eq!(mask.contour().0, [[2.5, 1.5], [3.5, 1.5], [3.5, 2.5], [2.5, 2.5]]);
        assert!(Mask::empty(5, 5).contour().0.is_empty());
    }

    #[test]
    fn only_corners_are_kept_and_holes_are_not_traced() {
        let mask = Mask::from_fn(8, 8, |row, column| {
            (1..6).contains(&row) && (2..7).contains(&column) && (row, column) != (3, 4)
        });
        assert_eq!(mask.contour().0, [[1.5, 0.5], [6.5, 0.5], [6.5, 5.5], [1.5, 5.5]]);
    }

    #[test]
    fn pixels_that_touch_at_a_corner_share_one_outline() {
        let mask = Mask::from_fn(4, 4, |row, column| row == column);
        assert!((mask.contour().area() - 4.0).abs() < 1e-12);
        assert_eq!(mask.contour().rasterised(4, 4), mask);
    }

    #[test]
    fn a_polygon_is_rasterised_as_scikit_image_does() {
        // skimage.measure.points_in_poly of all pixel centres of a 24 x 30 image: 133; shoelace by NumPy: 134.075.
        let points = vec![[3.1, 2.3], [5.7, 15.2], [20.4, 11.9], [12.2, 7.5], [18.8, 3.3]];
        let contour = Contour(points);
        assert_eq!(contour.rasterised(24, 30).area(), 133);
        assert!((contour.area() - 134.075).abs() < 1e-9);
    }

    #[test]
    fn polygons_beyond_the_matrix_are_cut() {
        let large = Contour(vec![[-100.0, -100.0], [100.0, -100.0], [100.0, 100.0], [-100.0, 100.0]]);
        assert_eq!(large.rasterised(6, 7).area(), 42);
        let broken = Contour(vec![[f64::NAN, 1.0], [3.0, f64::INFINITY], [2.0, f64::NAN]]);
        let _ = broken.rasterised(6, 7);
    }

    proptest! {
        #[test]
        fn a_contour_encloses_the_largest_component_without_holes(
            pixels in proptest::collection::vec(proptest::bool::weighted(0.6), 100)
        ) {
            let mask = Mask::from_fn(10, 10, |row, column| pixels[row * 10 + column]);
            let contour = mask.contour();
            let filled = mask.largest_component().holes_filled();
            // Inside a ring that closes only over corners, the outline's own walk decides what is a hole.
            let outline = contour.rasterised(10, 10);
            prop_assert_eq!(outline.area() as f64, contour.area());
            prop_assert!(mask.largest_component().difference(&outline).is_empty());
            prop_assert!(filled.difference(&outline).is_empty());
        }
    }
}
