//! `Slicing`: studies of one kind together, one way at a time: by thirds of LVEF, by thirds of LV counts, by matrix.

use serde::{Deserialize, Serialize};

use super::features::Features;

/// Fewest examples of a slice that has a quantile of its own.
pub const FEWEST: usize = 500;
/// Most slices along LVEF or counts.
const THIRDS: usize = 3;

/// What studies are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlicingBy {
    /// LVEF as it was read.
    Lvef,
    /// Net LV counts at ED.
    LvCounts,
    /// Columns of the matrix.
    Matrix,
}

/// One way to tell studies apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slicing {
    /// What they are told apart by.
    pub by: SlicingBy,
    /// Values, ascending, at which the next slice begins.
    pub cuts: Vec<f64>,
}

impl SlicingBy {
    /// All ways.
    pub const ALL: [Self; 3] = [Self::Lvef, Self::LvCounts, Self::Matrix];

    /// The value that decides.
    #[must_use]
    pub fn value(self, features: &Features) -> f64 {
        match self {
            Self::Lvef => features.lvef_percent,
            Self::LvCounts => features.lv_counts,
            Self::Matrix => features.matrix as f64,
        }
    }
}

impl Slicing {
    /// Slices of at least [`FEWEST`] of these examples: thirds of LVEF and of counts, or halves, or all in one where there
    /// are too few; matrices up to 64, up to 128 and larger, a slice with too few joined to its smaller neighbour.
    #[must_use]
    pub fn of(by: SlicingBy, examples: &[&Features]) -> Self {
        let mut values: Vec<f64> = examples.iter().map(|features| by.value(features)).collect();
        values.sort_by(f64::total_cmp);
        let n = values.len();
        let wanted = match by {
            SlicingBy::Lvef | SlicingBy::LvCounts => {
                let slices = (n / FEWEST).clamp(1, THIRDS);
                (1..slices).filter_map(|k| values.get(k * n / slices).copied()).collect()
            }
            SlicingBy::Matrix => vec![64.5, 128.5],
        };
        let below = |cut: f64| values.partition_point(|&value| value < cut);
        let (mut cuts, mut from) = (Vec::new(), 0);
        for cut in wanted {
            let to = below(cut);
            if to - from >= FEWEST && n - to >= FEWEST {
                cuts.push(cut);
                from = to;
            }
        }
        Self { by, cuts }
    }

    /// The slice that an analysis belongs to, from 0.
    #[must_use]
    pub fn slice(&self, features: &Features) -> usize {
        let value = self.by.value(features);
        self.cuts.iter().filter(|&&cut| value >= cut).count()
    }

    /// Number of slices.
    #[must_use]
    pub fn slices(&self) -> usize {
        self.cuts.len() + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Certainty;

    fn features(lvef_percent: f64, matrix: usize) -> Features {
        Features {
            lvef_percent,
            counting_error_points: 1.0,
            lv_counts: 5e4,
            lv_area_mm2: None,
            certainty: Certainty::default(),
            standard_difference_points: None,
            unmixed_difference_points: None,
            odd_even_difference_points: None,
            matrix,
            frames: 24,
        }
    }

    fn slicing(by: SlicingBy, n: usize, matrix: impl Fn(usize) -> usize) -> Slicing {
        let all: Vec<Features> = (0..n).map(|k| features(k as f64, matrix(k))).collect();
        Slicing::of(by, &all.iter().collect::<Vec<_>>())
    }

    #[test]
    fn slices_hold_five_hundred_or_are_joined() {
        assert_eq!(slicing(SlicingBy::Lvef, 3000, |_| 64).cuts, [1000.0, 2000.0]);
        assert_eq!(slicing(SlicingBy::Lvef, 1400, |_| 64).cuts, [700.0]);
        assert_eq!(slicing(SlicingBy::Lvef, 900, |_| 64).cuts, [0.0; 0]);
        assert_eq!(slicing(SlicingBy::LvCounts, 3000, |_| 64).cuts, [0.0; 0], "all have the same counts");
        assert_eq!(slicing(SlicingBy::Matrix, 2000, |k| if k < 1200 { 64 } else { 128 }).cuts, [64.5]);
        assert_eq!(slicing(SlicingBy::Matrix, 2000, |k| if k < 1600 { 64 } else { 128 }).cuts, [0.0; 0]);
        let all_three = |k: usize| [64, 128, 256][k % 3];
        let three = slicing(SlicingBy::Matrix, 2000, all_three);
        assert_eq!((three.slice(&features(50.0, 128)), three.slices()), (1, 3));
        assert_eq!(slicing(SlicingBy::Matrix, 0, all_three).slices(), 1);
    }
}
