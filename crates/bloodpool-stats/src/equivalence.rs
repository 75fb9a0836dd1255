//! Equivalence: two one-sided t-tests of paired differences against a margin.

use serde::Serialize;

use crate::AgreementError;
use crate::moments::{Student, mean_sd};
use crate::pairs::{differences, rounding};

/// The level of the test.
const LEVEL: f64 = 0.05;

/// The result of two one-sided t-tests of measured - reference, in their unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Equivalence {
    /// Number of pairs.
    pub pairs: usize,
    /// The margin: smaller differences of the mean are not relevant.
    pub margin: f64,
    /// Mean of the differences, measured - reference.
    pub mean_difference: f64,
    /// 90 % confidence interval of the mean difference, which lies within the margin when both tests are passed.
    pub mean_difference_ci90: [f64; 2],
    /// One-sided p of a mean difference of -margin or less.
    pub p_lower: f64,
    /// One-sided p of a mean difference of +margin or more.
    pub p_upper: f64,
    /// The larger p, which decides.
    pub p: f64,
    /// Whether p < 0.05: the mean difference lies within the margin.
    pub equivalent: bool,
}

/// Tests whether the mean of measured - reference lies within +-`margin` (Schuirmann, J Pharmacokinet Biopharm
/// 1987;15:657). Unlike a test that finds no difference, passing it is evidence that there is no relevant difference.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two pairs, a value is not finite, the margin is not
/// positive and finite, or all differences are equal but for rounding, so that they have no standard
/// error.
pub fn equivalence(measured: &[f64], reference: &[f64], margin: f64) -> Result<Equivalence, AgreementError> {
    if !(margin > 0.0 && margin.is_finite()) {
        return Err(AgreementError::Margin { margin });
    }
    let moments = mean_sd(&differences(measured, reference, 2)?)?;
    if moments.sd <= rounding(measured, reference) {
        return Err(AgreementError::NoSpread { what: "the differences" });
    }
    let student = Student::new(moments.values - 1)?;
    let error = moments.standard_error();
    let p_lower = student.upper_tail((moments.mean + margin) / error);
    let p_upper = student.upper_tail((margin - moments.mean) / error);
    let p = p_lower.max(p_upper);
    Ok(Equivalence {
        pairs: moments.values,
        margin,
        mean_difference: moments.mean,
        mean_difference_ci90: student.interval(1.0 - 2.0 * LEVEL, moments.mean, error),
        p_lower,
        p_upper,
        p,
        equivalent: p < LEVEL,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{MEASURED, REFERENCE, near};

    #[test]
    fn figures_are_those_of_scipy_and_pingouin() {
        // stats.ttest_1samp(d, -3, alternative='greater'), (d, 3, 'less'), the larger of which is
        // pingouin.tost(MEASURED, REFERENCE, bound=3, paired=True); stats.ttest_rel(..).confidence_interval(.9)
        // (SciPy 1.17.1, Pingouin 0.7.0)
        let found = equivalence(&MEASURED, &REFERENCE, 3.0).unwrap();
        near(found.p_lower, 0.000_284_151_613_759_193_33);
        near(found.p_upper, 0.018_354_690_815_817_712);
        near(found.p, 0.018_354_690_815_817_712);
        near(found.mean_difference_ci90[0], -0.496_560_984_547_795_6);
        near(found.mean_difference_ci90[1], 2.513_227_651_214_459_3);
        // The interval lies within the margin exactly when the test is passed.
        for margin in [0.5, 1.0, 2.0, 2.5, 3.0, 4.0, 6.0] {
            let found = equivalence(&MEASURED, &REFERENCE, margin).unwrap();
            let within = found.mean_difference_ci90.iter().all(|limit| limit.abs() < margin);
            assert_eq!(found.equivalent, within, "{margin}");
        }
    }

    #[test]
    fn what_cannot_be_tested_is_refused() {
        for margin in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert!(matches!(equivalence(&MEASURED, &REFERENCE, margin), Err(AgreementError::Margin { .. })));
        }
        let no_spread = Err(AgreementError::NoSpread { what: "the differences" });
        assert_eq!(equivalence(&MEASURED, &MEASURED, 1.0), no_spread);
        assert_eq!(equivalence(&[f64::NAN, 1.0], &[1.0, 1.0], 1.0), Err(AgreementError::NotFinite { pair: 1 }));
    }
}
