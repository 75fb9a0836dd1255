//! An ellipse filled row by row, on the half-pixel lattice of Pillow's `ImageDraw.ellipse`.

use super::canvas::Canvas;

/// Fills the ellipse that touches the box from `(left, top)` to `(right, bottom)`, both inside.
pub(super) fn fill(canvas: &mut Canvas, (left, top): (i64, i64), (right, bottom): (i64, i64)) {
    // Measured in half pixels from the centre, so that boxes of even and odd size both have one.
    let (a, b) = (right - left, bottom - top);
    if a < 0 || b < 0 || a + b == 0 {
        return;
    }
    let mut previous_y = -1;
    for (x, y) in (Quarter { a, b, next: Some((a, b % 2)) }) {
        // The first point of a row is its outermost.
        if y != previous_y {
            for row in [top + (b - y) / 2, top + (b + y) / 2] {
                canvas.span(row, left + (a - x) / 2, left + (a + x) / 2);
            }
        }
        previous_y = y;
    }
}

/// The rim's quarter from the far right to the far end, in steps of one pixel (two half pixels).
struct Quarter {
    a: i64,
    b: i64,
    next: Option<(i64, i64)>,
}

impl Quarter {
    /// How far a point lies from the ellipse, by its equation.
    fn deviation(&self, (x, y): (i64, i64)) -> i128 {
        let [a, b, x, y] = [self.a, self.b, x, y].map(|value| i128::from(value).pow(2));
        (a * y + b * x - a * b).abs()
    }
}

impl Iterator for Quarter {
    type Item = (i64, i64);

    fn next(&mut self) -> Option<Self::Item> {
        let (x, y) = self.next?;
        self.next = if (x, y) == (self.a % 2, self.b) {
            None
        } else {
            let mut best = (x, y + 2);
            if x > 1 {
                for candidate in [(x - 2, y + 2), (x - 2, y)] {
                    if self.deviation(candidate) < self.deviation(best) {
                        best = candidate;
                    }
                }
            }
            Some(best)
        };
        Some((x, y))
    }
}
