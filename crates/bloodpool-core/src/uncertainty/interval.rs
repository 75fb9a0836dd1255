//! `Interval`: what an LVEF lies in, and the conformal quantile that its ends come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Nominal level of the interval.
pub const LEVEL: f64 = 0.95;

/// The interval that an LVEF lies in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Interval {
    /// Lower end, percent.
    pub low: f64,
    /// Upper end, percent.
    pub high: f64,
    /// Nominal level, percent.
    pub level_percent: f64,
    /// What it was calibrated on, in words.
    pub source: String,
}

/// The rank, from 1, of the order statistic that is the conformal quantile of `n` scores at a level between 0 and 1:
/// `ceil((n + 1) level)` (Vovk, Gammerman and Shafer, Algorithmic Learning in a Random World, 2005; Lei et al., J Am Stat
/// Assoc 2018;113:1094). `None` where that is beyond the last score, so that the quantile would be infinite.
#[must_use]
pub fn conformal_rank(n: usize, level: f64) -> Option<usize> {
    // Rounding must not push (n + 1) level, where it is a whole number, up to the next one.
    let rank = ((n as f64 + 1.0) * level - 1e-9).ceil().max(1.0) as usize;
    (rank <= n).then_some(rank)
}

/// The conformal quantile of scores at a level; the largest score where there are too few for the level. `None` of nothing.
/// Scores that are not numbers count as the largest.
#[must_use]
pub fn conformal_quantile(scores: &[f64], level: f64) -> Option<f64> {
    let mut sorted = scores.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = conformal_rank(sorted.len(), level).unwrap_or(sorted.len());
    sorted.get(rank.checked_sub(1)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_those_worked_out_by_hand() {
        // 20 x 0.95 = 19; 101 x 0.95 = 95.95; 40 x 0.975 = 39; 19 scores are the fewest for 95 %.
        assert_eq!([19, 100, 18].map(|n| conformal_rank(n, 0.95)), [Some(19), Some(96), None]);
        assert_eq!((conformal_rank(39, 0.975), conformal_rank(0, 0.95)), (Some(39), None));
        let scores: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(conformal_quantile(&scores, 0.95), Some(96.0));
        assert_eq!(conformal_quantile(&scores[..3], 0.95), Some(100.0));
        assert_eq!(conformal_quantile(&[], 0.95), None);
    }
}
