//! The Mann-Whitney test of two independent samples, and the Hodges-Lehmann shift between them.

use serde::{Deserialize, Serialize};

use crate::AgreementError;
use crate::ranks::{MidRanks, TestMethod, exact_two_sided, least_two_sided, normal_two_sided};
use crate::spread::median;

/// Most values of both samples together for which p is exact.
const EXACT_VALUES: usize = 50;

/// The result of the Mann-Whitney test of two samples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct MannWhitney {
    /// Values in the first sample.
    pub first: usize,
    /// Values in the second sample.
    pub second: usize,
    /// U of the first sample: pairs in which its value is the larger, ties as halves.
    pub u: f64,
    /// Groups of equal values, which share their mean rank.
    pub tied_groups: usize,
    /// Two-sided p.
    pub p: f64,
    /// How p was computed.
    pub method: TestMethod,
    /// The smallest p that samples of these sizes, with these ties, can give; `None` where p is not exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub least_p: Option<f64>,
    /// Hodges-Lehmann estimate of the shift: the median of all differences first - second.
    pub shift: f64,
    /// Its 95 % confidence interval, between two of the ordered differences (Hollander and Wolfe, Nonparametric Statistical Methods,
    /// 1973, chapter 4); `None` where samples are too small for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_ci95: Option<[f64; 2]>,
}

/// Tests whether values of one sample tend to be larger than those of the other (Mann and Whitney, Ann Math Stat
/// 1947;18:50). Values are tied when they are equal to the last bit.
///
/// Up to 50 values in all, p comes from all assignments of these ranks to the two samples, ties included, as twice
/// the smaller tail; beyond, from a normal distribution with correction for ties and continuity.
///
/// # Errors
/// [`AgreementError`] when a sample is empty or a value is not finite; values are numbered through both samples.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Result<MannWhitney, AgreementError> {
    if first.is_empty() || second.is_empty() {
        return Err(AgreementError::TooFewValues { values: 0, needed: 1 });
    }
    let values = [first, second].concat();
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        return Err(AgreementError::NotFiniteValue { value: index + 1 });
    }
    let mut shifts: Vec<f64> = first.iter().flat_map(|a| second.iter().map(move |b| a - b)).collect();
    if !shifts.iter().all(|shift| shift.is_finite()) {
        return Err(AgreementError::TooLarge);
    }
    let shift = median(&shifts).ok_or(AgreementError::TooLarge)?;
    let ranks = MidRanks::of(&values, 0.0);
    let doubled_sum: usize = ranks.doubled[..first.len()].iter().sum();
    let u = (doubled_sum - first.len() * (first.len() + 1)) as f64 / 2.0;
    let (method, p, least_p) = if values.len() <= EXACT_VALUES {
        let ways = subset_distribution(&ranks.doubled, first.len());
        (TestMethod::Exact, exact_two_sided(&ways, doubled_sum), Some(least_two_sided(&ways)))
    } else {
        let (m, n, all) = (first.len() as f64, second.len() as f64, values.len() as f64);
        let variance = m * n / 12.0 * (all + 1.0 - ranks.tie_term() / (all * (all - 1.0)));
        (TestMethod::Normal, normal_two_sided(u - m * n / 2.0, variance), None)
    };
    shifts.sort_by(f64::total_cmp);
    let shift_ci95 = pairs_outside(first.len(), second.len())
        .and_then(|outside| Some([*shifts.get(outside)?, *shifts.get(shifts.len() - 1 - outside)?]));
    let (first, second, tied_groups) = (first.len(), second.len(), ranks.ties.len());
    Ok(MannWhitney { first, second, u, tied_groups, p, method, least_p, shift, shift_ci95 })
}

/// How many of the ordered differences lie outside the 95 % interval of the shift on either side: one less than the largest k with a
/// probability of U < k of at most 2.5 %; `None` where there is none.
fn pairs_outside(first: usize, second: usize) -> Option<usize> {
    if first + second > EXACT_VALUES {
        let (m, n) = (first as f64, second as f64);
        let below = m * n / 2.0 - 1.959_963_984_540_054 * (m * n * (m + n + 1.0) / 12.0).sqrt();
        return (below >= 1.0).then(|| below.floor() as usize - 1);
    }
    // Ranks without ties; U is the rank sum less its smallest value.
    let ranks: Vec<usize> = (1..=first + second).collect();
    let ways = subset_distribution(&ranks, first);
    let all: f64 = ways.iter().sum();
    let mut below = 0.0;
    let largest = ways[first * (first + 1) / 2..].iter().take_while(|ways| {
        below += **ways;
        below / all <= 0.025
    });
    largest.count().checked_sub(1)
}

/// The number of ways to take `size` of the (doubled) ranks, for each sum that they can have.
fn subset_distribution(doubled_ranks: &[usize], size: usize) -> Vec<f64> {
    let sums = doubled_ranks.iter().sum::<usize>() + 1;
    let mut ways = vec![vec![0.0; sums]; size + 1]; // [how many were taken, their sum]
    ways[0][0] = 1.0;
    for &rank in doubled_ranks {
        for taken in (1..=size).rev() {
            for sum in rank..sums {
                ways[taken][sum] += ways[taken - 1][sum - rank];
            }
        }
    }
    ways.swap_remove(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;

    #[test]
    fn without_ties_p_is_scipys_exact_one() {
        // stats.mannwhitneyu(x, y, method='exact'); numpy.median(numpy.subtract.outer(x, y))  (SciPy 1.17.1)
        let found =
            mann_whitney(&[0.91, 0.88, 0.93, 0.95, 0.86, 0.90, 0.97], &[0.94, 0.96, 0.92, 0.98, 0.99, 0.955, 0.925])
                .unwrap();
        assert_eq!((found.u, found.tied_groups, found.method), (10.0, 0, TestMethod::Exact));
        near(found.p, 0.072_843_822_843_822_85);
        near(found.shift, -0.040_000_000_000_000_036);
    }

    #[test]
    fn with_ties_p_is_that_of_all_assignments() {
        // The doubled smaller tail of the first sample's rank sum over itertools.combinations of the 13 ranks of
        // stats.rankdata, which is stats.mannwhitneyu(.., method=stats.PermutationMethod(n_resamples=numpy.inf))
        let found = mann_whitney(&[1.0, 2.0, 2.0, 3.0, 5.0], &[2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 3.0]).unwrap();
        assert_eq!((found.u, found.tied_groups, found.method), (8.0, 3, TestMethod::Exact));
        near(found.p, 0.097_902_097_902_097_9);
        near(found.shift, -2.0);
    }

    #[test]
    fn large_samples_are_scipys_approximation() {
        // x = (numpy.arange(40) * 37) % 23, y = (numpy.arange(30) * 29) % 19 + 5;
        // stats.mannwhitneyu(x, y, method='asymptotic')  (SciPy 1.17.1)
        let first: Vec<f64> = (0..40).map(|index| f64::from(index * 37 % 23)).collect();
        let second: Vec<f64> = (0..30).map(|index| f64::from(index * 29 % 19) + 5.0).collect();
        let found = mann_whitney(&first, &second).unwrap();
        assert_eq!((found.u, found.method), (477.0, TestMethod::Normal));
        near(found.p, 0.145_583_294_402_703_6);
    }

    #[test]
    fn small_samples_say_how_small_p_can_be() {
        // One of C(6, 3) = 20 choices lies at each end; with 2 and 2 one of 6.
        let found = mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap();
        near(found.least_p.unwrap(), 0.1);
        assert_eq!(found.shift_ci95, None, "one of 20 is more than 2.5 %");
        near(mann_whitney(&[1.0, 4.0], &[2.0, 3.0]).unwrap().least_p.unwrap(), 1.0 / 3.0);
        // With ties: of the six choices of two of the ranks 1.5, 1.5, 3, 4 one lies at either end.
        near(mann_whitney(&[1.0, 1.0], &[2.0, 3.0]).unwrap().least_p.unwrap(), 1.0 / 3.0);
        assert_eq!(mann_whitney(&[1.0; 60], &[1.0; 4]).unwrap().least_p, None);
    }

    #[test]
    fn the_interval_of_the_shift_is_between_ordered_differences() {
        // 4 and 4: 1 of 70 has U = 0 (1.4 %), 2 of 70 U <= 1 (2.9 %): from the least to the greatest difference.
        let found = mann_whitney(&[1.0, 3.0, 5.0, 7.0], &[0.0, 0.5, 1.5, 2.5]).unwrap();
        assert_eq!(found.shift_ci95, Some([-1.5, 7.0]));
        // 5 and 5: 4 of 252 have U <= 2 (1.6 %), 7 of 252 U <= 3 (2.8 %): the third from either end, as R's
        // wilcox.test(c(1, 3, 5, 7, 9), c(0, 0.6, 1.7, 2.9, 4.2), conf.int = TRUE) takes qwilcox(0.025, 5, 5) = 3. The differences
        // begin with -3.2, -1.9, -1.2 and end with 7.3, 8.4, 9.
        let found = mann_whitney(&[1.0, 3.0, 5.0, 7.0, 9.0], &[0.0, 0.6, 1.7, 2.9, 4.2]).unwrap();
        let [low, high] = found.shift_ci95.unwrap();
        near(low, -1.2);
        near(high, 7.3);
        assert!(low < found.shift && found.shift < high);
    }

    #[test]
    fn the_ends_of_the_scale() {
        assert_eq!(mann_whitney(&[1.0; 3], &[1.0; 4]).unwrap().p, 1.0);
        assert_eq!(mann_whitney(&[1.0; 60], &[1.0; 4]).unwrap().p, 1.0);
        // Of the 20 ways to take 3 of 6 only one is as extreme on this side.
        near(mann_whitney(&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0]).unwrap().p, 0.1);
        assert!(matches!(mann_whitney(&[], &[1.0]), Err(AgreementError::TooFewValues { .. })));
        assert_eq!(mann_whitney(&[1.0], &[2.0, f64::NAN]), Err(AgreementError::NotFiniteValue { value: 3 }));
        assert_eq!(mann_whitney(&[f64::MAX], &[f64::MIN]), Err(AgreementError::TooLarge));
    }
}
