//! Lin's concordance correlation coefficient, and Pearson's correlation beside it.

use serde::Serialize;

use crate::AgreementError;
use crate::moments::mean_sd;
use crate::pairs::check_pairs;

/// Two-sided 95 % of a normal distribution.
const NORMAL_95: f64 = 1.959_963_984_540_054;

/// How closely pairs lie to the line of identity, and to any line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Concordance {
    /// Number of pairs.
    pub pairs: usize,
    /// Lin's concordance correlation coefficient, -1 to 1.
    pub ccc: f64,
    /// Its 95 % confidence interval.
    pub ccc_ci95: [f64; 2],
    /// Pearson's r, -1 to 1.
    pub pearson_r: f64,
    /// Its 95 % confidence interval.
    pub pearson_ci95: [f64; 2],
    /// Lin's bias correction factor C_b = CCC / r, 0 to 1: by how much a shift or a scale lowers it.
    pub bias_correction: f64,
}

/// Compares `measured` with `reference`, pair by pair.
///
/// CCC after Lin, Biometrics 1989;45:255, with moments over n as there; its interval through Fisher's z with the
/// asymptotic variance as corrected in Biometrics 2000;56:324. The interval of r through Fisher's z, 1 / sqrt(n - 3).
/// A coefficient of exactly 1 or -1 is its own interval.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than four pairs, a value is not finite, or all values of
/// a series are equal.
pub fn concordance(measured: &[f64], reference: &[f64]) -> Result<Concordance, AgreementError> {
    check_pairs(measured, reference, 4)?;
    let (x, y) = (mean_sd(measured)?, mean_sd(reference)?);
    if x.sd == 0.0 || y.sd == 0.0 {
        return Err(AgreementError::NoSpread {
            what: if x.sd == 0.0 { "the measured values" } else { "the reference" },
        });
    }
    let n = measured.len() as f64;
    // In units of either SD, so that neither very large nor very small values leave the range of a number.
    let products = measured.iter().zip(reference).map(|(a, b)| (a - x.mean) / x.sd * ((b - y.mean) / y.sd));
    let r = (products.sum::<f64>() / (n - 1.0)).clamp(-1.0, 1.0);
    let (scale, over_n) = (x.sd / y.sd, (n - 1.0) / n);
    // Shift in units of the geometric mean of both SDs, squared.
    let shift = (x.mean - y.mean) / x.sd * ((x.mean - y.mean) / y.sd) / over_n;
    let bias_correction = 2.0 / (scale + 1.0 / scale + shift);
    if !(shift.is_finite() && bias_correction > 0.0) {
        return Err(AgreementError::TooLarge);
    }
    let ccc = r * bias_correction;
    // Lin's variance with CCC / r written as C_b, which is defined for r = 0.
    let variance = (bias_correction.powi(2) * (1.0 - r * r) * (1.0 - ccc * ccc)
        + 2.0 * ccc * ccc * bias_correction * (1.0 - ccc) * shift
        - 0.5 * (bias_correction * ccc * shift).powi(2))
        / (n - 2.0);
    let one = 1.0 - ccc * ccc;
    Ok(Concordance {
        pairs: measured.len(),
        ccc,
        ccc_ci95: through_fisher_z(ccc, if one > 0.0 { variance.max(0.0).sqrt() / one } else { 0.0 }),
        pearson_r: r,
        pearson_ci95: through_fisher_z(r, 1.0 / (n - 3.0).sqrt()),
        bias_correction,
    })
}

/// The 95 % interval of a coefficient whose Fisher z has this standard error.
fn through_fisher_z(coefficient: f64, error: f64) -> [f64; 2] {
    if coefficient.abs() >= 1.0 {
        return [coefficient; 2];
    }
    let z = coefficient.atanh();
    [(z - NORMAL_95 * error).tanh(), (z + NORMAL_95 * error).tanh()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{MEASURED, REFERENCE, near};

    #[test]
    fn pearson_is_that_of_scipy() {
        // stats.pearsonr(MEASURED, REFERENCE), its .confidence_interval(.95)  (SciPy 1.17.1)
        let found = concordance(&MEASURED, &REFERENCE).unwrap();
        near(found.pearson_r, 0.976_788_508_401_078_7);
        near(found.pearson_ci95[0], 0.916_861_667_425_54);
        near(found.pearson_ci95[1], 0.993_662_371_784_821_2);
    }

    #[test]
    fn lins_interval_is_that_of_the_delta_method() {
        // CCC from numpy.cov(bias=True); the standard error of atanh(CCC) not by Lin's formula but by the delta method:
        // its complex-step gradient by both means, variances and the covariance, times their covariance matrix for
        // normal data, over n - 2  (NumPy 2.4)
        let found = concordance(&MEASURED, &REFERENCE).unwrap();
        near(found.ccc, 0.973_030_212_127_705_4);
        near(found.ccc_ci95[0], 0.911_837_967_560_889_6);
        near(found.ccc_ci95[1], 0.991_928_933_628_731_7);
        // Measured - 8: a shift lowers CCC, but not r.
        let shifted: Vec<f64> = MEASURED.iter().map(|value| value - 8.0).collect();
        let worse = concordance(&shifted, &REFERENCE).unwrap();
        near(worse.pearson_r, found.pearson_r);
        near(worse.ccc, 0.847_814_527_993_308_7);
        near(worse.ccc_ci95[0], 0.660_959_770_629_834_7);
        near(worse.ccc_ci95[1], 0.935_676_410_083_215_7);
    }

    #[test]
    fn the_ends_of_the_scale() {
        let values = [1.0, 2.0, 3.0, 4.0];
        let same = concordance(&values, &values).unwrap();
        assert!((same.ccc - 1.0).abs() < 1e-12 && same.ccc_ci95[0] > 1.0 - 1e-6);
        let crossed = concordance(&values, &[1.0, -1.0, -1.0, 1.0]).unwrap();
        assert_eq!((crossed.pearson_r, crossed.ccc), (0.0, 0.0));
        assert!(crossed.ccc_ci95[0] < 0.0 && crossed.ccc_ci95[1] > 0.0);
    }

    #[test]
    fn what_does_not_vary_is_refused() {
        let no_spread = Err(AgreementError::NoSpread { what: "the reference" });
        assert_eq!(concordance(&[1.0, 2.0, 3.0, 4.0], &[0.1; 4]), no_spread);
        assert_eq!(concordance(&[1.0; 3], &[1.0; 3]), Err(AgreementError::TooFew { pairs: 3, needed: 4 }));
        let (series, broken) = ([1.0, 2.0, 3.0, 4.0], [1.0, 2.0, f64::NAN, 4.0]);
        assert_eq!(concordance(&series, &broken), Err(AgreementError::NotFinite { pair: 3 }));
    }
}
