//! The minimum of a smooth function of two numbers, by the simplex method.

/// Most steps of one search.
const STEPS: usize = 400;
/// The simplex is small when its corners lie within this fraction of their size.
const SMALL: f64 = 1e-9;
/// Times that the search starts again from where it ended, with a new simplex.
const RESTARTS: usize = 2;

/// The place and value of a minimum near `start` (Nelder and Mead, Comput J 1965;7:308), searched again from where it is found.
pub(super) fn minimum(function: impl Fn([f64; 2]) -> f64, start: [f64; 2]) -> ([f64; 2], f64) {
    let mut best = start;
    let mut value = function(start);
    for _ in 0..=RESTARTS {
        (best, value) = search(&function, best, value);
    }
    (best, value)
}

fn search(function: &impl Fn([f64; 2]) -> f64, start: [f64; 2], value: f64) -> ([f64; 2], f64) {
    let corner = |axis: usize| {
        let mut at = start;
        at[axis] += 0.1 * at[axis].abs().max(0.5);
        (at, function(at))
    };
    let mut simplex = [(start, value), corner(0), corner(1)];
    for _ in 0..STEPS {
        simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
        let [best, middle, worst] = simplex;
        let size = |axis: usize| (best.0[axis] - worst.0[axis]).abs().max((best.0[axis] - middle.0[axis]).abs());
        if [0, 1].into_iter().all(|axis| size(axis) <= SMALL * best.0[axis].abs().max(1.0)) {
            break;
        }
        let towards = |factor: f64| {
            let centre = [0, 1].map(|axis| best.0[axis].midpoint(middle.0[axis]));
            let at = [0, 1].map(|axis| centre[axis] + factor * (centre[axis] - worst.0[axis]));
            (at, function(at))
        };
        let reflected = towards(1.0);
        simplex[2] = if reflected.1 < best.1 {
            let further = towards(2.0);
            if further.1 < reflected.1 { further } else { reflected }
        } else if reflected.1 < middle.1 {
            reflected
        } else {
            let nearer = if reflected.1 < worst.1 { towards(0.5) } else { towards(-0.5) };
            if nearer.1 < worst.1.min(reflected.1) {
                nearer
            } else {
                for corner in &mut simplex[1..] {
                    let at = [0, 1].map(|axis| best.0[axis].midpoint(corner.0[axis]));
                    *corner = (at, function(at));
                }
                continue;
            }
        };
    }
    simplex.sort_by(|a, b| a.1.total_cmp(&b.1));
    simplex[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_minimum_of_rosenbrocks_valley_is_found() {
        let (at, value) = minimum(|[x, y]| (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2), [-1.2, 1.0]);
        assert!((at[0] - 1.0).abs() < 1e-6 && (at[1] - 1.0).abs() < 1e-6, "{at:?}");
        assert!(value < 1e-12);
    }
}
