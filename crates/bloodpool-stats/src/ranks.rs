//! Mid-ranks, and what the rank tests share: how p was computed, and the two-sided p of an exact distribution.

use serde::{Deserialize, Serialize};
use statrs::function::erf::erfc;

/// How the p of a rank test was computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TestMethod {
    /// From the distribution of the statistic over every assignment of these ranks, with their ties.
    Exact,
    /// From a normal distribution, with the variance corrected for ties and half a rank for continuity.
    Normal,
}

/// Ranks from 1, where equal values share the mean of their ranks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MidRanks {
    /// Twice the rank of each value, which is a whole number.
    pub(crate) doubled: Vec<usize>,
    /// Sizes of the groups of equal values, each more than one.
    pub(crate) ties: Vec<usize>,
}

impl MidRanks {
    /// Ranks finite values. Neighbours that differ by no more than `rounding` are tied; with 0, as in SciPy, only those
    /// that are equal to the last bit.
    pub(crate) fn of(values: &[f64], rounding: f64) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        let (mut doubled, mut ties, mut before) = (vec![0; values.len()], Vec::new(), 0);
        for group in order.chunk_by(|&a, &b| values[b] - values[a] <= rounding) {
            // The group has the ranks before + 1 to before + len, whose first and last add up to twice their mean.
            group.iter().for_each(|&index| doubled[index] = 2 * before + group.len() + 1);
            before += group.len();
            if group.len() > 1 {
                ties.push(group.len());
            }
        }
        Self { doubled, ties }
    }

    /// Sum of t^3 - t over the groups of t equal values, by which ties reduce a variance.
    pub(crate) fn tie_term(&self) -> f64 {
        self.ties.iter().map(|&size| (size as f64).powi(3) - size as f64).sum()
    }
}

/// Twice the smaller tail, at most 1. `weights`: of each value of a whole-numbered statistic, in any unit.
pub(crate) fn exact_two_sided(weights: &[f64], observed: usize) -> f64 {
    let all: f64 = weights.iter().sum();
    let lower: f64 = weights.iter().take(observed + 1).sum();
    let upper: f64 = weights.iter().skip(observed).sum();
    (2.0 * lower.min(upper) / all).min(1.0)
}

/// The smallest p that [`exact_two_sided`] can give.
pub(crate) fn least_two_sided(weights: &[f64]) -> f64 {
    let all: f64 = weights.iter().sum();
    let end = |weights: &mut dyn Iterator<Item = &f64>| weights.copied().find(|&ways| ways > 0.0).unwrap_or(all);
    (2.0 * end(&mut weights.iter()).min(end(&mut weights.iter().rev())) / all).min(1.0)
}

/// Two-sided p of a statistic this far from its mean, half a unit of it taken off for continuity.
pub(crate) fn normal_two_sided(distance: f64, variance: f64) -> f64 {
    let distance = (distance.abs() - 0.5).max(0.0);
    if distance == 0.0 { 1.0 } else { erfc(distance / (2.0 * variance).sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_of_scipy() {
        // 2 * stats.rankdata([3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5])
        let ranks = MidRanks::of(&[3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0, 5.0, 3.0, 5.0], 0.0);
        assert_eq!(ranks.doubled, [9, 3, 12, 3, 16, 22, 6, 20, 16, 9, 16]);
        assert_eq!(ranks.ties, [2, 2, 3]);
        assert_eq!(ranks.tie_term(), 36.0);
    }

    #[test]
    fn what_differs_by_rounding_is_tied_when_asked_for() {
        let values = [0.3, 0.1 + 0.2, 0.1];
        assert_eq!(MidRanks::of(&values, 0.0).doubled, [4, 6, 2]);
        assert_eq!(MidRanks::of(&values, 1e-12).doubled, [5, 5, 2]);
    }

    #[test]
    fn zeros_of_either_sign_are_equal() {
        assert_eq!(MidRanks::of(&[0.0, -0.0, 1.0], 0.0).doubled, [3, 3, 6]);
    }
}
