//! A proportion with its exact confidence interval.

use serde::{Deserialize, Serialize};
use statrs::function::beta::inv_beta_reg;

use crate::AgreementError;

/// So many of so many, in percent, with the interval of the proportion behind it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proportion {
    /// How many have it.
    pub having: usize,
    /// Of how many.
    pub of: usize,
    /// Percent.
    pub percent: f64,
    /// Exact 95 % confidence interval, percent.
    pub ci95_percent: [f64; 2],
}

/// A proportion with its exact 95 % interval after Clopper and Pearson, Biometrika 1934;26:404: the 2.5 % quantile of a
/// beta distribution of `k` and `n - k + 1`, and the 97.5 % quantile of one of `k + 1` and `n - k`.
///
/// # Errors
/// [`AgreementError::TooFewValues`] where there are none, or fewer than have it.
pub fn proportion(having: usize, of: usize) -> Result<Proportion, AgreementError> {
    if of == 0 || having > of {
        return Err(AgreementError::TooFewValues { values: of, needed: having.max(1) });
    }
    let (k, n) = (having as f64, of as f64);
    let low = if having == 0 { 0.0 } else { inv_beta_reg(k, n - k + 1.0, 0.025) };
    let high = if having == of { 1.0 } else { inv_beta_reg(k + 1.0, n - k, 0.975) };
    Ok(Proportion { having, of, percent: 100.0 * k / n, ci95_percent: [100.0 * low, 100.0 * high] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_scipy() {
        // scipy.stats.binomtest(k, n).proportion_ci(0.95, 'exact'), SciPy 1.17
        let expected = [
            (0, 100, [0.0, 0.036_216_692_645_190_54]),
            (100, 100, [0.963_783_307_354_809_4, 1.0]),
            (171, 180, [0.907_208_829_464_921_3, 0.976_884_986_951_562_9]),
            (114, 120, [0.894_346_145_481_287_7, 0.981_432_413_217_330_8]),
        ];
        for (k, n, expected) in expected {
            let found = proportion(k, n).unwrap().ci95_percent;
            for (found, expected) in found.into_iter().zip(expected) {
                assert!((found - 100.0 * expected).abs() < 1e-7, "{k} of {n}: {found}");
            }
        }
        assert!(proportion(0, 0).is_err() && proportion(3, 2).is_err());
    }
}
