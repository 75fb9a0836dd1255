//! Technical repeatability: how far two acquisitions of the same heart may differ, and what that comes from.

use serde::{Deserialize, Serialize};

use crate::AgreementError;
use crate::pairs::{check_pairs, differences};

/// Two-sided 95 % of a normal distribution, as Bland and Altman round it.
const LIMITS_SD: f64 = 1.96;
/// Fewest pairs of a standard deviation.
const FEWEST: usize = 2;

/// LVEF of hearts that were each acquired twice, percent: first and second in the same order.
#[derive(Debug, Clone, Copy)]
pub struct RepeatedLvef<'a> {
    /// LVEF of the first acquisitions.
    pub first: &'a [f64],
    /// LVEF of the second acquisitions.
    pub second: &'a [f64],
}

/// Limits of repeatability, EF points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Repeatability {
    /// Number of hearts.
    pub hearts: usize,
    /// Mean of second - first.
    pub bias_points: f64,
    /// Within-subject standard deviation.
    pub within_subject_sd_points: f64,
    /// Two acquisitions of the same heart differ by no more than this in 95 % of cases.
    pub limit_points: f64,
    /// 95 % confidence interval of the limit.
    pub limit_ci95_points: [f64; 2],
}

/// Repeatability of one third of the hearts by counts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct RepeatabilityByCounts {
    /// Fewest counts of a heart in it.
    pub from_counts: f64,
    /// Most counts of a heart in it.
    pub to_counts: f64,
    /// Its repeatability.
    pub repeatability: Repeatability,
}

/// The parts of the difference between two acquisitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct RepeatabilityParts {
    /// New noise and new pose.
    pub all: Repeatability,
    /// New noise alone.
    pub noise: Repeatability,
    /// Limit of the new pose alone, EF points: the root of the difference of the squares, 0 where noise explains all.
    pub pose_limit_points: f64,
}

/// Limits of repeatability (Bland and Altman, Stat Methods Med Res 1999;8:135, section 3; BMJ 1996;313:744):
/// within-subject variance is the mean of squared differences over 2, and two measurements differ by at most 1.96
/// sqrt(2) within-subject SD in 95 % of cases. The standard error of a within-subject SD of n hearts with two
/// measurements each is SD / sqrt(2 n).
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two hearts, or a value is not finite.
pub fn repeatability(lvef: RepeatedLvef<'_>) -> Result<Repeatability, AgreementError> {
    let differences = differences(lvef.second, lvef.first, FEWEST)?;
    let n = differences.len() as f64;
    let within = (differences.iter().map(|difference| difference.powi(2)).sum::<f64>() / (2.0 * n)).sqrt();
    if !within.is_finite() {
        return Err(AgreementError::TooLarge);
    }
    let limit = LIMITS_SD * std::f64::consts::SQRT_2 * within;
    let error = limit / (2.0 * n).sqrt();
    Ok(Repeatability {
        hearts: differences.len(),
        bias_points: differences.iter().sum::<f64>() / n,
        within_subject_sd_points: within,
        limit_points: limit,
        limit_ci95_points: [(limit - LIMITS_SD * error).max(0.0), limit + LIMITS_SD * error],
    })
}

/// Repeatability of the third of hearts with the fewest counts, the middle one and that with the most; `counts`: of
/// each heart, for example the mean per frame.
///
/// # Errors
/// As [`repeatability`], and [`AgreementError::TooFew`] for fewer than six hearts.
pub fn repeatability_by_counts(
    lvef: RepeatedLvef<'_>,
    counts: &[f64],
) -> Result<[RepeatabilityByCounts; 3], AgreementError> {
    check_pairs(lvef.first, lvef.second, 3 * FEWEST)?;
    check_pairs(lvef.first, counts, 3 * FEWEST)?;
    let mut order: Vec<usize> = (0..counts.len()).collect();
    order.sort_by(|&a, &b| counts[a].total_cmp(&counts[b]));
    let third = |k: usize| {
        let own = &order[k * order.len() / 3..(k + 1) * order.len() / 3];
        let of = |values: &[f64]| own.iter().map(|&index| values[index]).collect::<Vec<f64>>();
        let (first, second, counts) = (of(lvef.first), of(lvef.second), of(counts));
        let ends = |value: Option<&f64>| value.copied().unwrap_or(0.0);
        Ok(RepeatabilityByCounts {
            from_counts: ends(counts.first()),
            to_counts: ends(counts.last()),
            repeatability: repeatability(RepeatedLvef { first: &first, second: &second })?,
        })
    };
    Ok([third(0)?, third(1)?, third(2)?])
}

/// Separates the parts of the difference between two acquisitions: `all` with new noise and a new pose, `noise` with
/// new noise alone. Noise and pose are taken to be independent, so that their variances add.
///
/// # Errors
/// As [`repeatability`].
pub fn repeatability_parts(
    all: RepeatedLvef<'_>,
    noise: RepeatedLvef<'_>,
) -> Result<RepeatabilityParts, AgreementError> {
    let (all, noise) = (repeatability(all)?, repeatability(noise)?);
    let pose = (all.limit_points.powi(2) - noise.limit_points.powi(2)).max(0.0).sqrt();
    Ok(RepeatabilityParts { all, noise, pose_limit_points: pose })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: [f64; 6] = [60.0, 55.0, 40.0, 33.0, 70.0, 62.0];
    const SECOND: [f64; 6] = [62.0, 54.0, 43.0, 33.0, 66.0, 63.0];

    #[test]
    fn limits_are_those_worked_out_by_hand() {
        // Differences 2, -1, 3, 0, -4, 1: squares 4 + 1 + 9 + 0 + 16 + 1 = 31; variance 31 / 12; limit 1.96 sqrt(31 /
        // 6).
        let found = repeatability(RepeatedLvef { first: &FIRST, second: &SECOND }).unwrap();
        assert!((found.within_subject_sd_points - (31.0_f64 / 12.0).sqrt()).abs() < 1e-12);
        assert!((found.limit_points - 1.96 * (31.0_f64 / 6.0).sqrt()).abs() < 1e-12);
        assert!((found.bias_points - 1.0 / 6.0).abs() < 1e-12);
        // Standard error: limit / sqrt(12).
        let half = 1.96 * found.limit_points / 12.0_f64.sqrt();
        assert!((found.limit_ci95_points[1] - found.limit_points - half).abs() < 1e-12);
    }

    #[test]
    fn thirds_are_by_counts_and_parts_add_as_squares() {
        let lvef = RepeatedLvef { first: &FIRST, second: &SECOND };
        let counts = [500.0, 100.0, 300.0, 400.0, 200.0, 600.0];
        let [low, middle, high] = repeatability_by_counts(lvef, &counts).unwrap();
        // Hearts 2 and 5 (differences -1, -4), 3 and 4 (3, 0), 1 and 6 (2, 1).
        assert_eq!((low.from_counts, low.to_counts, middle.from_counts, high.to_counts), (100.0, 200.0, 300.0, 600.0));
        for (third, squares) in [(low, 17.0_f64), (middle, 9.0), (high, 5.0)] {
            assert!((third.repeatability.within_subject_sd_points - (squares / 4.0).sqrt()).abs() < 1e-12);
        }
        // Noise differences of 1 each: limit 1.96. 31 / 6 - 1 = 25 / 6.
        let noisy: Vec<f64> = FIRST.iter().map(|lvef| lvef + 1.0).collect();
        let parts = repeatability_parts(lvef, RepeatedLvef { first: &FIRST, second: &noisy }).unwrap();
        assert!((parts.noise.limit_points - 1.96).abs() < 1e-12);
        assert!((parts.pose_limit_points - 1.96 * (25.0_f64 / 6.0).sqrt()).abs() < 1e-12);
        let all_noise = repeatability_parts(RepeatedLvef { first: &FIRST, second: &noisy }, lvef).unwrap();
        assert_eq!(all_noise.pose_limit_points, 0.0);
    }

    #[test]
    fn what_has_no_limits_is_refused() {
        let pairs = |first, second| repeatability(RepeatedLvef { first, second }).unwrap_err();
        assert_eq!(pairs(&[1.0], &[1.0]), AgreementError::TooFew { pairs: 1, needed: 2 });
        assert_eq!(pairs(&[1.0, 2.0], &[1.0]), AgreementError::Lengths { left: 1, right: 2 });
        assert_eq!(pairs(&[1.0, 2.0], &[f64::NAN, 1.0]), AgreementError::NotFinite { pair: 1 });
        let lvef = RepeatedLvef { first: &FIRST[..4], second: &SECOND[..4] };
        assert!(repeatability_by_counts(lvef, &[1.0; 4]).is_err());
    }
}
