//! Whether a polygon crosses itself.

/// The first two sides (from 1) of a closed polygon that cross or overlap; neighbours may share their corner.
///
/// LabelMe fills a crossing polygon too, with a hole where it winds twice, which a rater hardly intends.
#[must_use]
pub fn crossing_sides(points: &[[f64; 2]]) -> Option<(usize, usize)> {
    let points = without_repeats(points);
    let corners = points.len();
    if corners < 4 {
        return None;
    }
    let side = |index: usize| (points[index], points[(index + 1) % corners]);
    for first in 0..corners {
        for second in first + 1..corners {
            let neighbours = second == first + 1 || (first == 0 && second == corners - 1);
            if !neighbours && meet(side(first), side(second)) {
                return Some((first + 1, second + 1));
            }
        }
    }
    None
}

/// The corners without those that repeat the one before, as a double click leaves them.
fn without_repeats(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = points.to_vec();
    kept.dedup();
    while kept.len() > 1 && kept.first() == kept.last() {
        kept.pop();
    }
    kept
}

type Side = ([f64; 2], [f64; 2]);

fn meet((a, b): Side, (c, d): Side) -> bool {
    let turn = |p: [f64; 2], q: [f64; 2], r: [f64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    let (of_c, of_d, of_a, of_b) = (turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b));
    if of_c * of_d < 0.0 && of_a * of_b < 0.0 {
        return true;
    }
    // A corner on a side touches it, and whether the outline goes through is a matter of rounding: only sides that
    // overlap over some length count.
    let flat = of_c == 0.0 && of_d == 0.0;
    let axis = usize::from((a[0] - b[0]).abs() < (a[1] - b[1]).abs());
    let [low, high] = [a[axis].min(b[axis]), a[axis].max(b[axis])];
    flat && c[axis].min(d[axis]) < high && c[axis].max(d[axis]) > low
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outline_that_goes_round_once_does_not_cross() {
        assert_eq!(crossing_sides(&[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0]]), None);
        assert_eq!(crossing_sides(&[[0.0, 0.0], [4.0, 0.0], [2.0, 3.0]]), None);
        // Concave, closed by hand, and with a corner clicked twice.
        let closed = [[0.0, 0.0], [4.0, 0.0], [4.0, 0.0], [1.0, 1.0], [0.0, 4.0], [0.0, 0.0]];
        assert_eq!(crossing_sides(&closed), None);
    }

    #[test]
    fn a_bow_tie_and_a_loop_cross() {
        assert_eq!(crossing_sides(&[[0.0, 0.0], [4.0, 4.0], [4.0, 0.0], [0.0, 4.0]]), Some((1, 3)));
        let looped = [[0.0, 0.0], [6.0, 0.0], [6.0, 6.0], [5.0, -1.0], [0.0, 6.0]];
        assert!(crossing_sides(&looped).is_some());
    }

    #[test]
    fn sides_that_run_back_on_themselves_overlap() {
        let spike = [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [8.0, 4.0], [9.0, 4.0], [5.0, 4.0], [0.0, 4.0]];
        assert!(crossing_sides(&spike).is_some());
    }
}
