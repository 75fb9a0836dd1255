//! `Projection`: the least-squares fit of harmonics as the linear map that it is, for many curves with the same weights.

use bloodpool_stats::linear_system::solve;

use super::curve::{Harmonics, basis, fitted_count};

/// From the values of a curve to the coefficients that [`Harmonics::fit`] gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Projection {
    /// Weight of each frame's value in each coefficient: the mean, then cosine and sine of every harmonic.
    rows: Vec<Vec<f64>>,
}

impl Projection {
    /// The map of a fit of `count` harmonics with these weights, one per frame (0: not looked at).
    ///
    /// There are as few harmonics as [`Harmonics::fit`] has on as many frames. `None` when nothing has weight or a weight is
    /// no number.
    #[must_use]
    pub fn new(weights: &[f64], count: usize) -> Option<Self> {
        let frames = weights.len();
        let count = fitted_count(weights, frames, count)?;
        let size = 2 * count + 1;
        let bases: Vec<Vec<f64>> = (0..frames).map(|frame| basis(frame as f64 / frames as f64, count)).collect();
        let used = || bases.iter().zip(weights).filter(|(_, weight)| **weight > 0.0);
        let normal: Vec<Vec<f64>> = (0..size)
            .map(|row| (0..size).map(|column| used().map(|(at, weight)| weight * at[row] * at[column]).sum()).collect())
            .collect();
        let mut rows = vec![vec![0.0; frames]; size];
        for (frame, (at, &weight)) in bases.iter().zip(weights).enumerate() {
            if weight <= 0.0 {
                continue;
            }
            let system = normal.iter().zip(at).map(|(row, &value)| {
                let mut row = row.clone();
                row.push(weight * value);
                row
            });
            for (row, value) in rows.iter_mut().zip(solve(system.collect())?) {
                row[frame] = value;
            }
        }
        Some(Self { rows })
    }

    /// Number of harmonics.
    #[must_use]
    pub fn harmonics(&self) -> usize {
        self.rows.len() / 2
    }

    /// The fit to a curve; `None` where it has another number of frames.
    #[must_use]
    pub fn fit(&self, values: &[f64]) -> Option<Harmonics> {
        let frames = self.rows.first()?.len();
        if values.len() != frames {
            return None;
        }
        let coefficients: Vec<f64> =
            self.rows.iter().map(|row| row.iter().zip(values).map(|(weight, value)| weight * value).sum()).collect();
        Harmonics::from_coefficients(&coefficients)
    }

    /// The weights of each frame in the mean, and in cosine and sine of the first harmonic; `None` without one.
    #[must_use]
    pub fn mean_and_first_harmonic(&self) -> Option<[&[f64]; 3]> {
        Some([self.rows.first()?, self.rows.get(1)?, self.rows.get(2)?])
    }

    /// Weights of each frame's value in the fitted value at a fraction of the cycle.
    #[must_use]
    pub fn weights_at(&self, cycle_fraction: f64) -> Vec<f64> {
        let at = basis(cycle_fraction, self.harmonics());
        let frames = self.rows.first().map_or(0, Vec::len);
        (0..frames).map(|frame| self.rows.iter().zip(&at).map(|(row, value)| row[frame] * value).sum()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_gives_what_the_fit_gives(
            values in proptest::collection::vec(-50.0..500.0, 24),
            lost in proptest::collection::vec(0.0..1.0, 6),
            count in 0_usize..6,
        ) {
            let mut weights = vec![1.0; 24];
            weights[18..].copy_from_slice(&lost);
            let (fit, map) = (Harmonics::fit(&values, &weights, count), Projection::new(&weights, count));
            let (fit, map) = (fit.unwrap(), map.unwrap());
            let mapped = map.fit(&values).unwrap();
            prop_assert_eq!((fit.count(), map.harmonics()), (mapped.count(), fit.count()));
            for step in 0..48 {
                let t = f64::from(step) / 48.0;
                prop_assert!((fit.at(t) - mapped.at(t)).abs() < 1e-6);
                let weighted: f64 = map.weights_at(t).iter().zip(&values).map(|(weight, value)| weight * value).sum();
                prop_assert!((fit.at(t) - weighted).abs() < 1e-6);
                let step = 1e-6;
                let slope = (fit.at(t + step) - fit.at(t - step)) / (2.0 * step);
                prop_assert!((slope - fit.slope(t)).abs() < 1e-2, "{} {}", slope, fit.slope(t));
            }
        }
    }

    #[test]
    fn what_has_no_weight_has_no_map() {
        assert_eq!(Projection::new(&[0.0; 16], 3), None);
        assert_eq!(Projection::new(&[], 3), None);
        let map = Projection::new(&[1.0; 16], 1).unwrap();
        assert_eq!(map.fit(&[1.0; 8]), None);
        assert_eq!((map.harmonics(), Projection::new(&[1.0; 16], 0).unwrap().mean_and_first_harmonic()), (1, None));
    }
}
