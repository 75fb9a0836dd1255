//! The technical limit of a pair of studies from their own counts, and the interval of their difference.

use bloodpool_stats::repeatability::RepeatabilityParts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::uncertainty::{LEVEL, conformal_quantile};

/// Two-sided 95 % of a normal distribution.
const TWO_SIDED: f64 = 1.96;
/// Fewest pairs of a calibration: each end of its interval then has 97.5 % quantiles with some pairs beyond.
const FEWEST_PAIRS: usize = 150;

/// How far two acquisitions of the same heart may differ for technical reasons: constants that a repeatability study gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TechnicalRepeatability {
    /// SD of LVEF over repeated noise, outline included, as a multiple of the counting error.
    pub noise_factor: f64,
    /// Two acquisitions in different pose, without noise, differ by no more than this in 95 % of cases, EF points.
    pub pose_limit_points: f64,
    /// What they were measured on, in words.
    pub source: String,
}

impl TechnicalRepeatability {
    /// The least that any two acquisitions differ by: counting noise alone. For a model and protocol whose repeatability was not
    /// measured; outline and pose then add to the limit by an unknown amount.
    #[must_use]
    pub fn counting_noise_alone() -> Self {
        let source =
            "counting noise alone; what outline and pose add was not measured for this model and protocol".into();
        Self { noise_factor: 1.0, pose_limit_points: 0.0, source }
    }

    /// Whether it is [`TechnicalRepeatability::counting_noise_alone`].
    #[must_use]
    pub fn is_counting_noise_alone(&self) -> bool {
        *self == Self::counting_noise_alone()
    }

    /// From the parts of a repeatability study whose hearts had this counting error (root mean square), EF points. `None` where
    /// that is not positive.
    #[must_use]
    pub fn of(parts: &RepeatabilityParts, counting_error_points: f64, source: String) -> Option<Self> {
        let noise_factor = parts.noise.within_subject_sd_points / counting_error_points;
        let usable = counting_error_points > 0.0 && noise_factor.is_finite() && parts.pose_limit_points.is_finite();
        usable.then_some(Self { noise_factor, pose_limit_points: parts.pose_limit_points, source })
    }

    /// The limit of a pair, EF points: two acquisitions of the same heart with these counting errors differ by no more than this
    /// in 95 % of cases. Noise of either study and pose are independent, so that their limits add as squares:
    /// `sqrt((1.96 noise_factor)^2 (first^2 + second^2) + pose_limit^2)`.
    #[must_use]
    pub fn limit_points(&self, first_error_points: f64, second_error_points: f64) -> f64 {
        let noise = TWO_SIDED * self.noise_factor * first_error_points.hypot(second_error_points);
        noise.hypot(self.pose_limit_points)
    }
}

/// The interval of a difference of two LVEFs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DifferenceInterval {
    /// Lower end, EF points.
    pub low: f64,
    /// Upper end, EF points.
    pub high: f64,
    /// Nominal level, percent.
    pub level_percent: f64,
    /// What it was calibrated on, in words.
    pub source: String,
}

/// A pair of studies of one heart whose true LVEFs are known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairExample {
    /// LVEF of the second study less that of the first, EF points.
    pub difference_points: f64,
    /// The same of the true LVEFs.
    pub true_difference_points: f64,
    /// Technical limit of the pair, EF points.
    pub technical_limit_points: f64,
}

/// From the technical limit of a pair to the interval of its difference: conformal quantiles of (difference less truth) / limit on
/// pairs of two true LVEFs. An error of the anatomy that both studies share cancels in them, as it does in two studies of a
/// patient, which is why the interval is not built from those of single studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PairCalibration {
    /// How far the true difference may lie below the measured one, as a multiple of the limit.
    pub below: f64,
    /// How far above.
    pub above: f64,
    /// Number of pairs that it was fitted to.
    pub pairs: usize,
    /// The pairs, in words.
    pub source: String,
}

impl PairCalibration {
    /// Fitted to pairs; `None` for fewer than 150, or for values that are no numbers or limits that are not positive.
    #[must_use]
    pub fn fit(pairs: &[PairExample], source: String) -> Option<Self> {
        let scores: Vec<f64> = pairs
            .iter()
            .map(|pair| (pair.difference_points - pair.true_difference_points) / pair.technical_limit_points)
            .collect();
        let limits = pairs.iter().all(|pair| pair.technical_limit_points > 0.0);
        if pairs.len() < FEWEST_PAIRS || !limits || !scores.iter().all(|score| score.is_finite()) {
            return None;
        }
        let level = 0.5 + LEVEL / 2.0;
        let turned: Vec<f64> = scores.iter().map(|score| -score).collect();
        Some(Self {
            below: conformal_quantile(&scores, level)?,
            above: conformal_quantile(&turned, level)?,
            pairs: pairs.len(),
            source,
        })
    }

    /// The interval of a difference whose pair has this technical limit, EF points.
    #[must_use]
    pub fn interval(&self, difference_points: f64, technical_limit_points: f64) -> DifferenceInterval {
        let (low, high) = (
            difference_points - self.below * technical_limit_points,
            difference_points + self.above * technical_limit_points,
        );
        DifferenceInterval {
            low: low.min(high),
            high: high.max(low),
            level_percent: LEVEL * 100.0,
            source: self.source.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_stats::RepeatedLvef;
    use bloodpool_stats::repeatability::repeatability_parts;

    #[test]
    fn limits_are_those_worked_out_by_hand() {
        let technical = TechnicalRepeatability { noise_factor: 1.5, pose_limit_points: 2.0, source: "by hand".into() };
        // 1.96 x 1.5 x sqrt(1.2^2 + 0.9^2) = 1.96 x 1.5 x 1.5 = 4.41; sqrt(4.41^2 + 2^2) = 4.842324.
        assert!((technical.limit_points(1.2, 0.9) - 4.842_324).abs() < 1e-6);
        let first = [60.0, 55.0, 40.0, 33.0];
        let (all, noise) = ([63.0, 53.0, 43.0, 31.0], [61.0, 54.0, 41.0, 32.0]);
        let repeated = |second| RepeatedLvef { first: &first, second };
        let parts = repeatability_parts(repeated(&all), repeated(&noise)).unwrap();
        // Noise differences of 1: within-subject SD sqrt(1/2); all: squares 9 + 4 + 9 + 4, pose limit 1.96 sqrt(6.5 - 1).
        let found = TechnicalRepeatability::of(&parts, 0.5, "four hearts".into()).unwrap();
        assert!((found.noise_factor - 2.0 * 0.5_f64.sqrt()).abs() < 1e-12);
        assert!((found.pose_limit_points - 1.96 * 5.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(TechnicalRepeatability::of(&parts, 0.0, String::new()), None);
        // 1.96 x sqrt(1.2^2 + 0.9^2) = 1.96 x 1.5 = 2.94.
        let noise = TechnicalRepeatability::counting_noise_alone();
        assert!((noise.limit_points(1.2, 0.9) - 2.94).abs() < 1e-12 && noise.is_counting_noise_alone());
        assert!(!technical.is_counting_noise_alone());
    }

    #[test]
    fn a_calibration_holds_the_errors_that_it_was_fitted_to() {
        // Scores -1, -0.99, ..., 1 of limits 5: rank ceil(202 x 0.975) = 197 of 201 is 0.96 on either side.
        let pair = |k: i32| PairExample {
            difference_points: -8.0 + 5.0 * f64::from(k) / 100.0,
            true_difference_points: -8.0,
            technical_limit_points: 5.0,
        };
        let pairs: Vec<PairExample> = (-100..=100).map(pair).collect();
        let found = PairCalibration::fit(&pairs, "pairs".into()).unwrap();
        assert!((found.below - 0.96).abs() < 1e-9 && (found.above - 0.96).abs() < 1e-9 && found.pairs == 201);
        let interval = found.interval(-12.0, 4.0);
        assert!((interval.low + 15.84).abs() < 1e-9 && (interval.high + 8.16).abs() < 1e-9);
        assert_eq!(PairCalibration::fit(&pairs[..149], String::new()), None);
        let mut broken = pairs;
        broken[3].technical_limit_points = 0.0;
        assert_eq!(PairCalibration::fit(&broken, String::new()), None);
    }
}
