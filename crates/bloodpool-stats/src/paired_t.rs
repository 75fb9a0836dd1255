//! The paired t-test, and the size of the effect in standard deviations.

use serde::Serialize;

use crate::AgreementError;
use crate::moments::{Student, mean_sd};
use crate::pairs::{differences, rounding};

/// The result of the paired t-test of measured - reference, in their unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct PairedT {
    /// Number of pairs.
    pub pairs: usize,
    /// Mean of the differences, measured - reference.
    pub mean_difference: f64,
    /// 95 % confidence interval of the mean difference.
    pub mean_difference_ci95: [f64; 2],
    /// Student's t.
    pub t: f64,
    /// Degrees of freedom, pairs - 1.
    pub degrees_of_freedom: usize,
    /// Two-sided p.
    pub p: f64,
}

/// Tests whether the mean of measured - reference is zero.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two pairs, a value is not finite, or all differences
/// are equal but for rounding, so that they have no standard error.
pub fn paired_t(measured: &[f64], reference: &[f64]) -> Result<PairedT, AgreementError> {
    let differences = differences(measured, reference, 2)?;
    let moments = mean_sd(&differences)?;
    if moments.sd <= rounding(measured, reference) {
        return Err(AgreementError::NoSpread { what: "the differences" });
    }
    let degrees_of_freedom = moments.values - 1;
    let student = Student::new(degrees_of_freedom)?;
    let t = moments.mean / moments.standard_error();
    Ok(PairedT {
        pairs: moments.values,
        mean_difference: moments.mean,
        mean_difference_ci95: student.interval(0.95, moments.mean, moments.standard_error()),
        t,
        degrees_of_freedom,
        p: student.two_sided(t),
    })
}

/// A mean difference in units of the standard deviation of the differences.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct StandardizedDifference {
    /// Mean / SD of measured - reference (Cohen's d of paired differences).
    pub d: f64,
    /// Its 95 % confidence interval, d +- 1.96 sqrt(1 / n + d^2 / (2 n)) (Hedges and Olkin, Statistical Methods for Meta-Analysis,
    /// 1985, chapter 5, for one sample of differences).
    pub d_ci95: [f64; 2],
}

/// The size of a mean difference, measured - reference, in standard deviations of the differences.
///
/// # Errors
/// As [`paired_t`].
pub fn standardized_difference(measured: &[f64], reference: &[f64]) -> Result<StandardizedDifference, AgreementError> {
    let moments = mean_sd(&differences(measured, reference, 2)?)?;
    if moments.sd <= rounding(measured, reference) {
        return Err(AgreementError::NoSpread { what: "the differences" });
    }
    let (d, n) = (moments.mean / moments.sd, moments.values as f64);
    let half = 1.959_963_984_540_054 * (1.0 / n + d * d / (2.0 * n)).sqrt();
    Ok(StandardizedDifference { d, d_ci95: [d - half, d + half] })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{MEASURED, REFERENCE, near};

    #[test]
    fn figures_are_those_of_scipy() {
        // stats.ttest_rel(MEASURED, REFERENCE), its .confidence_interval(.95)  (SciPy 1.17.1)
        let found = paired_t(&MEASURED, &REFERENCE).unwrap();
        near(found.mean_difference, 1.008_333_333_333_332_2);
        near(found.mean_difference_ci95[0], -0.836_022_176_923_052_3);
        near(found.mean_difference_ci95[1], 2.852_688_843_589_717);
        near(found.t, 1.203_307_437_612_117_8);
        near(found.p, 0.254_115_512_258_031_5);
        assert_eq!((found.pairs, found.degrees_of_freedom), (12, 11));
    }

    #[test]
    fn the_size_of_an_effect_is_in_standard_deviations() {
        // By hand: differences 1, 2, 3, 2 have the mean 2 and the SD sqrt(2 / 3), d = 2.449490; 1 / 4 + 6 / 8 = 1: d +- 1.959964.
        let found = standardized_difference(&[1.0, 2.0, 3.0, 2.0], &[0.0; 4]).unwrap();
        near(found.d, 6.0_f64.sqrt());
        near(found.d_ci95[0], 6.0_f64.sqrt() - 1.959_963_984_540_054);
        near(found.d_ci95[1], 6.0_f64.sqrt() + 1.959_963_984_540_054);
        let no_spread = Err(AgreementError::NoSpread { what: "the differences" });
        assert_eq!(standardized_difference(&[1.0, 2.0], &[0.0, 1.0]), no_spread);
    }

    #[test]
    fn what_cannot_be_tested_is_refused() {
        let no_spread = Err(AgreementError::NoSpread { what: "the differences" });
        assert_eq!(paired_t(&[1.0, 2.0, 3.0], &[0.0, 1.0, 2.0]), no_spread);
        assert_eq!(paired_t(&[61.2, 55.0, 70.1], &[60.0, 53.8, 68.9]), no_spread);
        assert_eq!(paired_t(&[1.0], &[1.0]), Err(AgreementError::TooFew { pairs: 1, needed: 2 }));
        assert_eq!(paired_t(&[1.0, 2.0], &[f64::NAN, 2.0]), Err(AgreementError::NotFinite { pair: 1 }));
    }
}
