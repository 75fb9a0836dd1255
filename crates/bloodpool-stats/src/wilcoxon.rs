//! Wilcoxon's signed-rank test of paired measurements.

use serde::Serialize;

use crate::AgreementError;
use crate::pairs::{differences, rounding};
use crate::ranks::{MidRanks, TestMethod, exact_two_sided, normal_two_sided};

/// Most differences for which p is exact.
const EXACT_PAIRS: usize = 50;

/// The result of Wilcoxon's signed-rank test of measured - reference.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Wilcoxon {
    /// Number of pairs.
    pub pairs: usize,
    /// Pairs without a difference, which were dropped.
    pub zeros: usize,
    /// Pairs that were ranked.
    pub used: usize,
    /// Groups of differences of the same size, which share their mean rank.
    pub tied_groups: usize,
    /// Sum of the ranks of the positive differences.
    pub w_plus: f64,
    /// Sum of the ranks of the negative differences.
    pub w_minus: f64,
    /// Two-sided p.
    pub p: f64,
    /// How p was computed.
    pub method: TestMethod,
    /// The smallest p that so many differences can give, 2 / 2^n; `None` where p is not exact.
    #[serde(default)]
    pub least_p: Option<f64>,
}

/// Tests whether measured - reference lies symmetrically about zero (Wilcoxon, Biometrics Bulletin 1945;1:80).
///
/// Differences of zero are dropped, Wilcoxon's own rule; if all are zero, p is 1.
/// Up to 50 others, p comes from the distribution over all assignments of signs to these ranks, so that ties need
/// no correction; beyond, from a normal distribution with correction for ties and continuity.
///
/// Differences that differ from each other, or from zero, by no more than 1e-12 of the largest value are tied, or zero:
/// 61.2 - 60.0 and 70.1 - 68.9 are the same number of EF points, though not to the last bit. (SciPy ranks such
/// differences apart unless they are rounded first.)
///
/// # Errors
/// [`AgreementError`] when lengths differ, there is no pair, or a value is not finite.
pub fn wilcoxon(measured: &[f64], reference: &[f64]) -> Result<Wilcoxon, AgreementError> {
    let mut differences = differences(measured, reference, 1)?;
    let pairs = differences.len();
    let rounding = rounding(measured, reference);
    differences.retain(|difference| difference.abs() > rounding);
    let used = differences.len();
    let sizes: Vec<f64> = differences.iter().map(|difference| difference.abs()).collect();
    let ranks = MidRanks::of(&sizes, rounding);
    let positive = differences.iter().zip(&ranks.doubled).filter(|(difference, _)| **difference > 0.0);
    let (doubled_plus, doubled_all) = (positive.map(|(_, rank)| rank).sum::<usize>(), used * (used + 1));
    let (w_plus, w_minus) = (doubled_plus as f64 / 2.0, (doubled_all - doubled_plus) as f64 / 2.0);
    let (method, p) = if used <= EXACT_PAIRS {
        (TestMethod::Exact, exact_two_sided(&sign_distribution(&ranks.doubled), doubled_plus))
    } else {
        let n = used as f64;
        let variance = (n * (n + 1.0) * (2.0 * n + 1.0) - ranks.tie_term() / 2.0) / 24.0;
        (TestMethod::Normal, normal_two_sided(w_plus - n * (n + 1.0) / 4.0, variance))
    };
    let least_p = (method == TestMethod::Exact).then(|| (2.0 * 0.5_f64.powi(used as i32)).min(1.0));
    let (zeros, tied_groups) = (pairs - used, ranks.ties.len());
    Ok(Wilcoxon { pairs, zeros, used, tied_groups, w_plus, w_minus, p, method, least_p })
}

/// The number of assignments of signs, of all 2^n, for each sum of the (doubled) ranks with a plus.
fn sign_distribution(doubled_ranks: &[usize]) -> Vec<f64> {
    let mut ways = vec![0.0; doubled_ranks.iter().sum::<usize>() + 1];
    ways[0] = 1.0;
    for &rank in doubled_ranks {
        for sum in (rank..ways.len()).rev() {
            ways[sum] += ways[sum - rank];
        }
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{MEASURED, REFERENCE, near};

    fn of_differences(differences: &[f64]) -> Wilcoxon {
        wilcoxon(differences, &vec![0.0; differences.len()]).unwrap()
    }

    #[test]
    fn without_ties_p_is_scipys_exact_one() {
        // stats.wilcoxon(MEASURED, REFERENCE, method='exact')  (SciPy 1.17.1); its statistic is the smaller sum
        let found = wilcoxon(&MEASURED, &REFERENCE).unwrap();
        assert_eq!((found.used, found.zeros, found.tied_groups), (12, 0, 0));
        assert_eq!((found.w_plus, found.w_minus, found.method), (51.0, 27.0, TestMethod::Exact));
        near(found.p, 0.380_371_093_75);
    }

    #[test]
    fn few_differences_say_how_small_p_can_be() {
        // Five of one sign: 2 of 32 assignments are as extreme, which is 0.0625 and never below 0.05.
        let found = of_differences(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!((found.p, found.least_p), (0.0625, Some(0.0625)));
        assert_eq!(of_differences(&[0.0; 5]).least_p, Some(1.0));
        assert_eq!(of_differences(&[1.0; 60]).least_p, None);
    }

    #[test]
    fn with_ties_and_zeros_p_is_that_of_all_assignments() {
        // d[d != 0], stats.wilcoxon(.., method=stats.PermutationMethod(n_resamples=numpy.inf))  (SciPy 1.17.1), which
        // goes through all 2^12 assignments of signs
        let found = of_differences(&[1.0, -1.0, 2.0, 2.0, 0.0, 3.0, -2.0, 4.0, 5.0, 0.0, 5.0, -1.0, 6.0, 2.0]);
        assert_eq!((found.pairs, found.used, found.zeros, found.tied_groups), (14, 12, 2, 3));
        assert_eq!((found.w_plus, found.w_minus, found.method), (68.5, 9.5, TestMethod::Exact));
        near(found.p, 0.018_554_687_5);
    }

    #[test]
    fn differences_of_decimals_are_tied_as_they_are_on_paper() {
        // d = numpy.round(a - b, 9), then as above: 1.2, 1.2, -1.2, 1.2, 2.4, 0.7, -0.7 and a zero  (SciPy 1.17.1)
        let measured = [61.2, 55.0, 48.7, 70.1, 33.3, 64.9, 58.8, 25.4];
        let found = wilcoxon(&measured, &[60.0, 53.8, 49.9, 68.9, 33.3, 62.5, 58.1, 26.1]).unwrap();
        assert_eq!((found.used, found.zeros, found.tied_groups), (7, 1, 2));
        assert_eq!((found.w_plus, found.w_minus), (22.0, 6.0));
        near(found.p, 0.25);
    }

    #[test]
    fn many_pairs_are_scipys_approximation() {
        // d = (numpy.arange(60) * 37) % 23 - 9; stats.wilcoxon(d, method='asymptotic', correction=True)  (SciPy 1.17.1)
        let differences: Vec<f64> = (0..60).map(|index| f64::from(index * 37 % 23) - 9.0).collect();
        let found = of_differences(&differences);
        assert_eq!((found.used, found.zeros, found.tied_groups), (58, 2, 13));
        assert_eq!((found.w_plus, found.method), (1116.0, TestMethod::Normal));
        near(found.p, 0.043_936_679_795_838_33);
    }

    #[test]
    fn without_any_difference_nothing_speaks_against_symmetry() {
        let found = of_differences(&[0.0; 5]);
        assert_eq!((found.used, found.zeros, found.p), (0, 5, 1.0));
    }

    #[test]
    fn what_has_no_pairs_is_refused() {
        assert_eq!(wilcoxon(&[], &[]), Err(AgreementError::TooFew { pairs: 0, needed: 1 }));
        assert_eq!(wilcoxon(&[1.0, f64::NAN], &[1.0, 2.0]), Err(AgreementError::NotFinite { pair: 2 }));
    }
}
