//! Systems of linear equations, solved by elimination.

/// Gaussian elimination with partial pivoting of `[matrix | right-hand side]`; `None` when singular or not finite.
#[must_use]
pub fn solve(mut system: Vec<Vec<f64>>) -> Option<Vec<f64>> {
    let size = system.len();
    for pivot in 0..size {
        let best = (pivot..size).max_by(|&a, &b| system[a][pivot].abs().total_cmp(&system[b][pivot].abs()))?;
        system.swap(pivot, best);
        let lead = system[pivot].clone();
        if !lead[pivot].is_finite() || lead[pivot].abs() < 1e-12 {
            return None;
        }
        for row in system.iter_mut().skip(pivot + 1) {
            let factor = row[pivot] / lead[pivot];
            row.iter_mut().zip(&lead).skip(pivot).for_each(|(value, &above)| *value -= factor * above);
        }
    }
    let mut solution = vec![0.0; size];
    for row in (0..size).rev() {
        let known: f64 = (row + 1..size).map(|column| system[row][column] * solution[column]).sum();
        solution[row] = (system[row][size] - known) / system[row][row];
    }
    solution.iter().all(|value| value.is_finite()).then_some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solutions_are_those_of_numpy() {
        // np.linalg.solve([[2, 1, -1], [-3, -1, 2], [-2, 1, 2]], [8, -11, -3]) = [2, 3, -1]
        let system = vec![vec![2.0, 1.0, -1.0, 8.0], vec![-3.0, -1.0, 2.0, -11.0], vec![-2.0, 1.0, 2.0, -3.0]];
        let found = solve(system).unwrap();
        assert!(found.iter().zip([2.0, 3.0, -1.0]).all(|(value, expected)| (value - expected).abs() < 1e-12));
        assert_eq!(solve(vec![vec![1.0, 1.0, 2.0], vec![1.0, 1.0, 2.0]]), None);
        assert_eq!(solve(vec![vec![f64::NAN, 1.0]]), None);
    }
}
