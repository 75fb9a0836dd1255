//! The least-squares fit of a few harmonics to a curve over one cycle.

use std::f64::consts::TAU;

use bloodpool_stats::linear_system::solve;

/// Mean and harmonics of a cyclic curve: `mean + sum of cosine[k] cos(2 pi k t) + sine[k] sin(2 pi k t)`, `t` the
/// fraction of the cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonics {
    mean: f64,
    terms: Vec<(f64, f64)>,
}

impl Harmonics {
    /// Fits `count` harmonics to values at equal steps, each with a weight (0: not looked at).
    ///
    /// With equal weights this is the truncated Fourier series. There are never more terms than two thirds of the
    /// frames that have weight, so that a gap in the cycle is not filled with oscillations. `None` when nothing has
    /// weight or a value is not finite.
    #[must_use]
    pub fn fit(values: &[f64], weights: &[f64], count: usize) -> Option<Self> {
        let frames = values.len();
        let usable = weights.iter().filter(|&&weight| weight > 0.0).count().min(frames);
        if usable == 0 {
            return None;
        }
        let count = count.min((usable * 2 / 3).saturating_sub(1) / 2);
        let size = 2 * count + 1;
        let mut system = vec![vec![0.0; size + 1]; size];
        for (frame, (&value, &weight)) in values.iter().zip(weights).enumerate() {
            if weight <= 0.0 {
                continue;
            }
            let basis = basis(frame as f64 / frames as f64, count);
            for row in 0..size {
                for column in 0..size {
                    system[row][column] += weight * basis[row] * basis[column];
                }
                system[row][size] += weight * basis[row] * value;
            }
        }
        let solution = solve(system)?;
        let terms = solution[1..].chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        Some(Self { mean: solution[0], terms })
    }

    /// The mean over the cycle.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Amplitude of a harmonic, the first being 1; 0 for one that was not fitted.
    #[must_use]
    pub fn amplitude(&self, order: usize) -> f64 {
        order.checked_sub(1).and_then(|index| self.terms.get(index)).map_or(0.0, |(cosine, sine)| cosine.hypot(*sine))
    }

    /// Fraction of the cycle, 0 to 1, at which the first harmonic is lowest; `None` without one.
    #[must_use]
    pub fn first_lowest(&self) -> Option<f64> {
        let &(cosine, sine) = self.terms.first()?;
        (cosine != 0.0 || sine != 0.0).then(|| (sine.atan2(cosine) / TAU + 0.5).rem_euclid(1.0))
    }

    /// The fitted value at a fraction of the cycle.
    #[must_use]
    pub fn at(&self, cycle_fraction: f64) -> f64 {
        let terms = self.terms.iter().zip(1..);
        let swing: f64 = terms
            .map(|(&(cosine, sine), order)| {
                let (s, c) = (TAU * f64::from(order) * cycle_fraction).sin_cos();
                cosine * c + sine * s
            })
            .sum();
        self.mean + swing
    }

    /// The fitted curve at `frames` equal steps.
    #[must_use]
    pub fn curve(&self, frames: usize) -> Vec<f64> {
        (0..frames).map(|frame| self.at(frame as f64 / frames as f64)).collect()
    }
}

fn basis(cycle_fraction: f64, count: usize) -> Vec<f64> {
    let mut basis = vec![1.0];
    for order in 1..=count {
        let (sine, cosine) = (TAU * order as f64 * cycle_fraction).sin_cos();
        basis.extend([cosine, sine]);
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: [f64; 16] =
        [100.0, 96.0, 85.0, 70.0, 55.0, 44.0, 40.0, 43.0, 52.0, 63.0, 70.0, 74.0, 77.0, 80.0, 84.0, 90.0];

    fn near(fit: &Harmonics, frames: [usize; 4], expected: [f64; 4]) {
        for (frame, expected) in frames.into_iter().zip(expected) {
            assert!((fit.at(frame as f64 / 16.0) - expected).abs() < 1e-7, "frame {frame}");
        }
    }

    #[test]
    fn with_equal_weights_it_is_the_truncated_fourier_series() {
        // F = np.fft.rfft(v); F[4:] = 0; np.fft.irfft(F, 16)
        let fit = Harmonics::fit(&CURVE, &[1.0; 16], 3).unwrap();
        near(&fit, [0, 3, 6, 15], [97.709_665_59, 70.120_931_18, 40.194_077_21, 92.112_670_31]);
    }

    #[test]
    fn amplitude_and_place_of_the_first_harmonic() {
        let curve: Vec<f64> = (0..24)
            .map(|frame| {
                let turn = TAU * f64::from(frame) / 24.0;
                50.0 - 20.0 * (turn - TAU * 0.4).cos() + 3.0 * (2.0 * turn).sin()
            })
            .collect();
        let fit = Harmonics::fit(&curve, &[1.0; 24], 3).unwrap();
        assert!((fit.mean() - 50.0).abs() < 1e-9 && (fit.amplitude(1) - 20.0).abs() < 1e-9);
        assert!((fit.amplitude(2) - 3.0).abs() < 1e-9 && fit.amplitude(9) == 0.0 && fit.amplitude(0) == 0.0);
        assert!((fit.first_lowest().unwrap() - 0.4).abs() < 1e-9);
    }

    #[test]
    fn weights_are_those_of_least_squares() {
        // np.linalg.lstsq of the basis and the curve, rows times sqrt(weight)
        let mut weights = [1.0; 16];
        weights[14] = 0.5;
        weights[15] = 0.0;
        let fit = Harmonics::fit(&CURVE, &weights, 3).unwrap();
        near(&fit, [0, 3, 6, 13], [99.143_648_81, 69.893_495_07, 40.073_316_86, 79.458_508_11]);
    }

    #[test]
    fn few_frames_have_few_harmonics_and_none_have_no_fit() {
        let fit = Harmonics::fit(&CURVE[..8], &[1.0; 8], 40).unwrap();
        assert_eq!(fit.terms.len(), 2);
        assert_eq!(Harmonics::fit(&CURVE, &[0.0; 16], 3), None);
        assert_eq!(Harmonics::fit(&[f64::NAN; 16], &[1.0; 16], 3), None);
        assert_eq!(Harmonics::fit(&[], &[], 3), None);
    }
}
