//! `Difficulty`: how large an error to expect of an analysis, from what is known of it.

use serde::{Deserialize, Serialize};

use super::features::Features;
use bloodpool_stats::linear_system::solve;

/// Errors below this are taken as this before the logarithm, EF points: how much smaller they were is chance.
const FLOOR_POINTS: f64 = 0.5;
/// Weight of the ridge, in examples: so many examples without any relation between features and error are added.
const RIDGE: f64 = 20.0;
/// Values beyond this many standard deviations of the examples' are taken as this far: a line holds no further.
const REACH_SD: f64 = 3.0;

/// A linear model of log |error| with a ridge.
///
/// `sigma(x) = exp(intercept + sum of coefficient x (value - mean) / sd)`, kept within the span of the examples' own.
/// Its scale has no meaning by itself: the conformal quantiles of error / sigma make up for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Difficulty {
    intercept: f64,
    terms: Vec<Term>,
    /// Least and largest sigma, EF points.
    span_points: [f64; 2],
}

/// One value of [`Features::values`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Term {
    mean: f64,
    sd: f64,
    coefficient: f64,
}

impl Difficulty {
    /// Fits by least squares with a ridge (Hoerl and Kennard, Technometrics 1970;12:55), all values first brought to mean 0
    /// and SD 1. A value that an example lacks is taken as the mean. `None` for fewer than two examples, or where nothing
    /// can be solved.
    #[must_use]
    pub fn fit(features: &[&Features], errors_points: &[f64]) -> Option<Self> {
        let n = features.len();
        if n < 2 || errors_points.len() != n || errors_points.iter().any(|error| !error.is_finite()) {
            return None;
        }
        let values: Vec<_> = features.iter().map(|features| features.values()).collect();
        let mut terms: Vec<Term> = (0..Features::VALUES)
            .map(|k| {
                let known: Vec<f64> = values.iter().filter_map(|values| values[k]).collect();
                let count = known.len().max(1) as f64;
                let mean = known.iter().sum::<f64>() / count;
                let sd = (known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
                Term { mean, sd, coefficient: 0.0 }
            })
            .collect();
        let rows: Vec<Vec<f64>> = values
            .iter()
            .map(|values| terms.iter().zip(values).map(|(term, &value)| term.scaled(value)).collect())
            .collect();
        let targets: Vec<f64> = errors_points.iter().map(|error| error.abs().max(FLOOR_POINTS).ln()).collect();
        let intercept = targets.iter().sum::<f64>() / n as f64;

        let size = terms.len();
        let mut system = vec![vec![0.0; size + 1]; size];
        for (k, row) in system.iter_mut().enumerate() {
            row[k] = RIDGE;
        }
        for (row, target) in rows.iter().zip(&targets) {
            for (k, equation) in system.iter_mut().enumerate() {
                equation.iter_mut().zip(row).for_each(|(sum, value)| *sum += row[k] * value);
                equation[size] += row[k] * (target - intercept);
            }
        }
        let solution = solve(system)?;
        terms.iter_mut().zip(solution).for_each(|(term, coefficient)| term.coefficient = coefficient);
        let mut fit = Self { intercept, terms, span_points: [0.0, f64::MAX] };
        let found = features.iter().map(|features| fit.sigma_points(features));
        fit.span_points = found.fold([f64::MAX, 0.0], |[low, high], sigma| [low.min(sigma), high.max(sigma)]);
        Some(fit)
    }

    /// The expected size of the error, EF points, up to a factor that is the same for all analyses.
    #[must_use]
    pub fn sigma_points(&self, features: &Features) -> f64 {
        let values = features.values();
        let terms = self.terms.iter().zip(values);
        let log = self.intercept + terms.map(|(term, value)| term.coefficient * term.scaled(value)).sum::<f64>();
        let [low, high] = self.span_points;
        log.exp().max(low).min(high)
    }
}

impl Term {
    /// A value in standard deviations from the mean; 0 where it is unknown, or was the same in all examples.
    fn scaled(&self, value: Option<f64>) -> f64 {
        match value {
            Some(value) if self.sd > 1e-9 => ((value - self.mean) / self.sd).clamp(-REACH_SD, REACH_SD),
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certainty;

    fn features(counting_error_points: f64, lvef_percent: f64) -> Features {
        Features {
            lvef_percent,
            counting_error_points,
            lv_counts: 5e4,
            lv_area_mm2: None,
            certainty: Certainty::default(),
            standard_difference_points: None,
            unmixed_difference_points: None,
            odd_even_difference_points: None,
            matrix: 64,
            frames: 24,
        }
    }

    #[test]
    fn it_is_the_line_of_ridge_regression() {
        // One value varies: log counting error, -1 or 1 around ln 2, SD 1; 400 examples, errors e^(0.4 +- 0.3).
        // Ridge of 20 on 400: coefficient 0.3 x 400 / 420.
        let e = std::f64::consts::E;
        let known: Vec<Features> =
            (0..400).map(|k| features(if k % 2 == 0 { 2.0 * e } else { 2.0 / e }, 50.0)).collect();
        let errors: Vec<f64> = (0..400).map(|k| if k % 2 == 0 { -(0.7_f64.exp()) } else { 0.1_f64.exp() }).collect();
        let fit = Difficulty::fit(&known.iter().collect::<Vec<_>>(), &errors).unwrap();
        let expected = 0.3 * 400.0 / 420.0;
        assert!((fit.sigma_points(&known[0]).ln() - 0.4 - expected).abs() < 1e-9);
        assert!((fit.sigma_points(&features(2.0, 50.0)).ln() - 0.4).abs() < 1e-9);
        // What was not seen is as the mean, and nothing lies beyond what was seen.
        assert!((fit.sigma_points(&features(f64::NAN, 50.0)).ln() - 0.4).abs() < 1e-9);
        assert_eq!(fit.sigma_points(&features(1e9, 50.0)), fit.sigma_points(&known[0]));
    }

    #[test]
    fn too_few_or_undefined_errors_have_no_fit() {
        let one = features(1.0, 50.0);
        assert_eq!(Difficulty::fit(&[&one], &[1.0]), None);
        assert_eq!(Difficulty::fit(&[&one, &one], &[1.0, f64::NAN]), None);
        let same = Difficulty::fit(&[&one, &one], &[1.0, 1.0]).unwrap();
        assert!((same.sigma_points(&one) - 1.0).abs() < 1e-12);
    }
}
