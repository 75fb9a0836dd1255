//! Ordinary least squares: a line through pairs, and with it a bias that grows with the measured value.

use serde::Serialize;

use crate::AgreementError;
use crate::moments::{Student, mean_sd};
use crate::pairs::{check_pairs, differences};

/// The line of least squares, in the units of its pairs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Regression {
    /// Number of pairs.
    pub pairs: usize,
    /// Slope.
    pub slope: f64,
    /// 95 % confidence interval of the slope.
    pub slope_ci95: [f64; 2],
    /// Two-sided p of a slope of zero; 0 where every pair lies on a line that is not level, 1 on one that is.
    pub slope_p: f64,
    /// Intercept.
    pub intercept: f64,
    /// 95 % confidence interval of the intercept.
    pub intercept_ci95: [f64; 2],
    /// Standard deviation of the residuals (n - 2).
    pub residual_sd: f64,
}

/// Regresses `y` on `x`.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than three pairs, a value is not finite, or all of `x` are
/// equal.
pub fn regression(x: &[f64], y: &[f64]) -> Result<Regression, AgreementError> {
    check_pairs(x, y, 3)?;
    let (along, up) = (mean_sd(x)?, mean_sd(y)?);
    if along.sd == 0.0 {
        return Err(AgreementError::NoSpread { what: "the values of x" });
    }
    let n = x.len() as f64;
    // In units of x's SD, so that neither very large nor very small values leave the range of a number.
    let steps = || x.iter().map(|value| (value - along.mean) / along.sd);
    let steep = steps().zip(y).map(|(step, value)| step * (value - up.mean)).sum::<f64>() / (n - 1.0);
    let squares: f64 = steps().zip(y).map(|(step, value)| (value - up.mean - steep * step).powi(2)).sum();
    let residual_sd = (squares / (n - 2.0)).sqrt();
    let slope = steep / along.sd;
    let intercept = up.mean - slope * along.mean;
    let slope_error = residual_sd / along.sd / (n - 1.0).sqrt();
    let intercept_error = residual_sd * (1.0 / n + (along.mean / along.sd).powi(2) / (n - 1.0)).sqrt();
    if ![slope, slope_error, intercept, intercept_error].into_iter().all(f64::is_finite) {
        return Err(AgreementError::TooLarge);
    }
    let student = Student::new(x.len() - 2)?;
    let slope_p = match (slope_error > 0.0, slope == 0.0) {
        (true, _) => student.two_sided(slope / slope_error),
        (false, level) => f64::from(u8::from(level)),
    };
    let (slope_ci95, intercept_ci95) =
        (student.interval(0.95, slope, slope_error), student.interval(0.95, intercept, intercept_error));
    if !slope_ci95.iter().chain(&intercept_ci95).all(|limit| limit.is_finite()) {
        return Err(AgreementError::TooLarge);
    }
    Ok(Regression { pairs: x.len(), slope, slope_ci95, slope_p, intercept, intercept_ci95, residual_sd })
}

/// Proportional bias: the differences measured - reference regressed on the means of both, as in a Bland-Altman plot.
/// A slope of 0.1 means that a difference grows by one unit for every ten of the mean.
///
/// # Errors
/// [`AgreementError`] as [`regression`] has it, where `x` are the means.
pub fn proportional_bias(measured: &[f64], reference: &[f64]) -> Result<Regression, AgreementError> {
    let differences = differences(measured, reference, 3)?;
    let means: Vec<f64> = measured.iter().zip(reference).map(|(a, b)| a.midpoint(*b)).collect();
    regression(&means, &differences)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{MEASURED, REFERENCE, near};

    #[test]
    fn the_line_is_that_of_scipy() {
        // r = stats.linregress(REFERENCE, MEASURED); r.slope, r.slope -+ stats.t.ppf(.975, 10) * r.stderr, r.pvalue,
        // r.intercept, -+ .. r.intercept_stderr; sqrt(sum((y - fit)**2) / 10)  (SciPy 1.17.1)
        let found = regression(&REFERENCE, &MEASURED).unwrap();
        near(found.slope, 1.014_383_227_802_719_2);
        near(found.slope_ci95[0], 0.857_644_831_697_715_4);
        near(found.slope_ci95[1], 1.171_121_623_907_723);
        near(found.slope_p, 5.103758423269364e-08);
        near(found.intercept, 0.255_970_659_019_425_3);
        near(found.intercept_ci95[0], -8.172_423_147_222_842);
        near(found.intercept_ci95[1], 8.684_364_465_261_693);
        near(found.residual_sd, 3.038_145_431_850_537);
    }

    #[test]
    fn proportional_bias_is_the_line_through_a_bland_altman_plot() {
        // stats.linregress((MEASURED + REFERENCE) / 2, MEASURED - REFERENCE)  (SciPy 1.17.1)
        let found = proportional_bias(&MEASURED, &REFERENCE).unwrap();
        near(found.slope, 0.038_204_638_477_374_9);
        near(found.slope_p, 0.589_339_753_631_299_5);
        near(found.intercept, -1.009_349_136_253_029_8);
    }

    #[test]
    fn a_perfect_line_has_no_error() {
        let x = [1.0, 2.0, 3.0, 4.0];
        let found = regression(&x, &[3.0, 5.0, 7.0, 9.0]).unwrap();
        near(found.slope, 2.0);
        near(found.intercept, 1.0);
        assert!(found.residual_sd < 1e-12 && found.slope_p < 1e-12);
        assert_eq!(regression(&x, &[5.0; 4]).unwrap().slope_p, 1.0);
    }

    #[test]
    fn what_has_no_line_is_refused() {
        let no_spread = Err(AgreementError::NoSpread { what: "the values of x" });
        assert_eq!(regression(&[0.1; 3], &[1.0, 2.0, 3.0]), no_spread);
        assert_eq!(regression(&[1.0, 2.0], &[1.0, 2.0]), Err(AgreementError::TooFew { pairs: 2, needed: 3 }));
        assert_eq!(regression(&[0.0, 0.0, 3e-160], &[0.0, 1.0, 1e153]), Err(AgreementError::TooLarge));
        let broken = [1.0, f64::NEG_INFINITY, 2.0];
        assert_eq!(regression(&broken, &[1.0, 2.0, 3.0]), Err(AgreementError::NotFinite { pair: 2 }));
    }
}
