//! Bland-Altman: bias and limits of agreement of two measurements of the same thing.

use serde::Serialize;

use crate::AgreementError;
use crate::moments::{Student, mean_sd};
use crate::pairs::differences;

/// Two-sided 95 % of a normal distribution, as Bland and Altman round it.
const LIMITS_SD: f64 = 1.96;
/// Difference in EF points up to which two readings count as close.
const CLOSE_POINTS: f64 = 5.0;

/// Bias and limits of agreement of paired measurements, in their unit (EF points for LVEF).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct BlandAltman {
    /// Number of pairs.
    pub pairs: usize,
    /// Mean of the differences, measured - reference.
    pub bias: f64,
    /// Standard deviation of the differences (n - 1).
    pub sd: f64,
    /// Bias - 1.96 SD and bias + 1.96 SD.
    pub limits: [f64; 2],
    /// 95 % confidence interval of the bias.
    pub bias_ci95: [f64; 2],
    /// 95 % confidence interval of the lower limit.
    pub lower_limit_ci95: [f64; 2],
    /// 95 % confidence interval of the upper limit.
    pub upper_limit_ci95: [f64; 2],
    /// Percent of pairs whose difference is at most 5.
    pub within_5_percent: f64,
}

/// Compares `measured` with `reference`, pair by pair.
///
/// Standard errors after Bland and Altman, "Measuring agreement in method comparison studies", Stat Methods Med Res
/// 1999;8:135: SD / sqrt(n) of the bias, SD sqrt(1/n + 1.96^2 / (2 (n - 1))) of a limit, each with Student's t of
/// n - 1 degrees of freedom.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two pairs, or a value is not finite or too large.
pub fn bland_altman(measured: &[f64], reference: &[f64]) -> Result<BlandAltman, AgreementError> {
    let differences = differences(measured, reference, 2)?;
    let moments = mean_sd(&differences)?;
    let (pairs, bias, sd, n) = (moments.values, moments.mean, moments.sd, moments.values as f64);
    let limits = [bias - LIMITS_SD * sd, bias + LIMITS_SD * sd];
    let student = Student::new(pairs - 1)?;
    let around = |value: f64, error: f64| student.interval(0.95, value, error);
    let limit_error = sd * (1.0 / n + LIMITS_SD * LIMITS_SD / (2.0 * (n - 1.0))).sqrt();
    let close = differences.iter().filter(|difference| difference.abs() <= CLOSE_POINTS).count();
    Ok(BlandAltman {
        pairs,
        bias,
        sd,
        limits,
        bias_ci95: around(bias, moments.standard_error()),
        lower_limit_ci95: around(limits[0], limit_error),
        upper_limit_ci95: around(limits[1], limit_error),
        within_5_percent: close as f64 / n * 100.0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 1e-8, "{value} is not {expected}");
    }

    #[test]
    fn figures_are_those_of_scipy() {
        // d = a - b; d.mean(), d.std(ddof=1); stats.t.interval(.95, 7, d.mean(), sd / sqrt(8));
        // e = sd * sqrt(1/8 + 1.96**2 / 14); limit -+ stats.t.ppf(.975, 7) * e  (SciPy 1.17)
        let measured = [61.2, 55.0, 48.7, 70.1, 33.3, 64.9, 58.8, 25.4];
        let reference = [60.0, 57.1, 45.2, 69.0, 36.0, 66.5, 51.9, 24.0];
        let found = bland_altman(&measured, &reference).unwrap();
        near(found.bias, 0.9625);
        near(found.sd, 3.191_926_198_573_967);
        near(found.limits[0], -5.293_675_349_204_975);
        near(found.limits[1], 7.218_675_349_204_974);
        near(found.bias_ci95[0], -1.706_017_082_305_829);
        near(found.bias_ci95[1], 3.631_017_082_305_827);
        near(found.lower_limit_ci95[0], -10.063_682_290_392_435);
        near(found.lower_limit_ci95[1], -0.523_668_408_017_515);
        near(found.upper_limit_ci95[0], 2.448_668_408_017_514);
        near(found.upper_limit_ci95[1], 11.988_682_290_392_433);
        near(found.within_5_percent, 87.5);
    }

    #[test]
    fn what_has_no_limits_is_refused() {
        assert_eq!(bland_altman(&[1.0], &[1.0, 2.0]), Err(AgreementError::Lengths { left: 1, right: 2 }));
        assert_eq!(bland_altman(&[1.0], &[1.0]), Err(AgreementError::TooFew { pairs: 1, needed: 2 }));
        assert_eq!(bland_altman(&[1.0, f64::NAN], &[1.0, 2.0]), Err(AgreementError::NotFinite { pair: 2 }));
    }
}
