//! The intraclass correlation coefficient ICC(2,1): absolute agreement of raters who stand for all raters.

use ndarray::{ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use statrs::function::beta::inv_beta_reg;

use crate::AgreementError;

/// ICC(2,1) of a table of subjects and raters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Icc {
    /// Number of subjects.
    pub subjects: usize,
    /// Number of raters.
    pub raters: usize,
    /// ICC(2,1), at most 1; below 0 when raters differ more than subjects do.
    pub icc: f64,
    /// Its 95 % confidence interval.
    pub icc_ci95: [f64; 2],
}

/// ICC(2,1) of `[subject, rater]`: two-way random effects, single rater, absolute agreement (Shrout and Fleiss, Psychol
/// Bull 1979;86:420), with the interval of McGraw and Wong (Psychol Methods 1996;1:30) with Satterthwaite's degrees of
/// freedom. If all raters agree exactly, the interval is [1, 1].
///
/// # Errors
/// [`AgreementError`] for fewer than two subjects or raters, a value that is not finite (named by its subject), a table
/// of equal values, or one for which the interval has no degrees of freedom.
pub fn icc(table: ArrayView2<'_, f64>) -> Result<Icc, AgreementError> {
    let (subjects, raters) = table.dim();
    if subjects < 2 || raters < 2 {
        return Err(AgreementError::TooFewValues { values: subjects.min(raters), needed: 2 });
    }
    if let Some(subject) = table.rows().into_iter().position(|row| row.iter().any(|value| !value.is_finite())) {
        return Err(AgreementError::NotFinite { pair: subject + 1 });
    }
    let first = table[[0, 0]];
    if table.iter().all(|value| *value == first) {
        return Err(AgreementError::NoSpread { what: "the table" });
    }
    let (n, k) = (subjects as f64, raters as f64);
    let mean = table.sum() / (n * k);
    let by_subject: Vec<f64> = table.axis_iter(Axis(0)).map(|row| row.sum() / k - mean).collect();
    let by_rater: Vec<f64> = table.axis_iter(Axis(1)).map(|column| column.sum() / n - mean).collect();
    let squares = |effects: &[f64]| effects.iter().map(|effect| effect * effect).sum::<f64>();
    let residuals = table.indexed_iter().map(|((s, r), value)| (value - mean - by_subject[s] - by_rater[r]).powi(2));
    // Mean squares between subjects, between raters, and of the residuals.
    let msb = k * squares(&by_subject) / (n - 1.0);
    let msj = n * squares(&by_rater) / (k - 1.0);
    let mse = residuals.sum::<f64>() / ((n - 1.0) * (k - 1.0));
    let rest = k * msj + (k * n - k - n) * mse;
    let icc = n * (msb - mse) / (n * msb + rest);
    if !(icc.is_finite() && msb + msj + mse < f64::MAX.sqrt()) {
        return Err(AgreementError::TooLarge);
    }
    let ratio = |part: f64| n * (1.0 + (k - 1.0) * part) - k * part;
    let raised = (k * icc * msj + ratio(icc) * mse).powi(2) * (k - 1.0) * (n - 1.0);
    let lowered = (n - 1.0) * (k * icc * msj).powi(2) + (ratio(icc) * mse).powi(2);
    let degrees = raised / lowered;
    // Both limits are the ICC with msb times a quantile of F(degrees, n - 1), here as a fraction of two weights.
    let limit = |probability: f64| {
        let beta = inv_beta_reg(degrees / 2.0, (n - 1.0) / 2.0, probability);
        let (up, down) = ((n - 1.0) * beta, degrees * (1.0 - beta));
        n * (up * msb - down * mse) / (n * up * msb + down * rest)
    };
    // Raters that never differ leave no uncertainty.
    let icc_ci95 = if msj + mse == 0.0 {
        [icc; 2]
    } else if degrees > 0.0 && degrees.is_finite() {
        [limit(0.025), limit(0.975)]
    } else {
        return Err(AgreementError::NoInterval { what: "ICC" });
    };
    if !icc_ci95.iter().all(|limit| limit.is_finite()) {
        return Err(AgreementError::NoInterval { what: "ICC" });
    }
    Ok(Icc { subjects, raters, icc, icc_ci95 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;
    use ndarray::{Array2, array};

    #[test]
    fn shrout_and_fleisss_table_is_theirs_and_pingouins() {
        // Shrout and Fleiss 1979, Table 2: ICC(2,1) = .29. pingouin.intraclass_corr, row ICC2 (Pingouin 0.7.0), whose
        // interval is printed to two digits; its own formula in full: msb, msj, mse, v, scipy.stats.f.ppf
        let table = array![
            [9.0, 2.0, 5.0, 8.0],
            [6.0, 1.0, 3.0, 2.0],
            [8.0, 4.0, 6.0, 8.0],
            [7.0, 1.0, 2.0, 6.0],
            [10.0, 5.0, 6.0, 9.0],
            [6.0, 2.0, 4.0, 7.0]
        ];
        let found = icc(table.view()).unwrap();
        near(found.icc, 0.289_763_779_527_559_1);
        near(found.icc_ci95[0], 0.018_786_513_374_712);
        near(found.icc_ci95[1], 0.761_084_369_648_952_9);
        assert_eq!((found.subjects, found.raters), (6, 4));
    }

    #[test]
    fn raters_close_to_each_other_agree() {
        // As above, of the table 40 + 3 s + (7 s + 5 r) % 4 of 10 subjects and 3 raters
        let table = Array2::from_shape_fn((10, 3), |(s, r)| (40 + 3 * s + (7 * s + 5 * r) % 4) as f64);
        let found = icc(table.view()).unwrap();
        near(found.icc, 0.980_219_780_219_780_2);
        near(found.icc_ci95[0], 0.943_693_374_903_629_3);
        near(found.icc_ci95[1], 0.994_599_254_923_443_4);
    }

    #[test]
    fn the_ends_of_the_scale() {
        let same = icc(array![[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]].view()).unwrap();
        assert_eq!((same.icc, same.icc_ci95), (1.0, [1.0, 1.0]));
        let shifted = icc(array![[1.0, 2.0], [2.0, 3.0], [4.0, 5.0]].view()).unwrap();
        assert!(shifted.icc < 1.0 && shifted.icc_ci95.iter().all(|limit| limit.is_finite()));
        assert_eq!(icc(Array2::ones((3, 3)).view()), Err(AgreementError::NoSpread { what: "the table" }));
        assert!(matches!(icc(Array2::ones((3, 1)).view()), Err(AgreementError::TooFewValues { .. })));
        let broken = array![[1.0, 2.0], [f64::NAN, 3.0]];
        assert_eq!(icc(broken.view()), Err(AgreementError::NotFinite { pair: 2 }));
    }
}
