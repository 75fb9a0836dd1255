//! What others have published, to stand beside what was measured here.

use serde::Serialize;

/// A published mean, and its standard deviation where it was printed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PublishedMean {
    pub mean: f64,
    pub sd: Option<f64>,
}

/// What a paper printed of one figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Published {
    /// Of its consensus of raters.
    pub consensus: Option<PublishedMean>,
    /// Of its model, or of both against each other.
    pub model: Option<PublishedMean>,
}

/// The best published automatic LVEF against manual ROIs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct PublishedLvef {
    pub source: &'static str,
    pub bias_points: f64,
    pub limits_points: [f64; 2],
    pub within_5_percent: f64,
}

/// Where the figures of [`Published`] come from.
pub(super) const PAPER: &str = "Oh et al. 2022, Table 1 (23 test studies)";

/// Ha et al.: a U-Net, 41,462 scans.
pub(super) const HA_2024: PublishedLvef = PublishedLvef {
    source: "Ha et al., Clin Nucl Med 2024;49:727",
    bias_points: -0.4,
    limits_points: [-6.3, 5.4],
    within_5_percent: 91.0,
};

const fn mean(mean: f64) -> Option<PublishedMean> {
    Some(PublishedMean { mean, sd: None })
}

const fn mean_sd(mean: f64, sd: f64) -> Option<PublishedMean> {
    Some(PublishedMean { mean, sd: Some(sd) })
}

const fn agreement(model: Option<PublishedMean>) -> Published {
    Published { consensus: None, model }
}

pub(super) const PIXEL_ACCURACY: [Published; 2] = [agreement(mean(99.32)), agreement(mean(99.26))];
pub(super) const DICE: [Published; 2] = [agreement(mean_sd(94.65, 1.45)), agreement(mean_sd(90.16, 4.19))];
pub(super) const IOU: [Published; 2] = [agreement(mean(89.89)), agreement(mean(82.33))];
pub(super) const SIZE: [Published; 2] = [
    Published { consensus: mean(4173.69), model: mean(4072.78) },
    Published { consensus: mean(2397.21), model: mean(2484.08) },
];
pub(super) const PIXEL_VALUE: [Published; 2] =
    [Published { consensus: mean(578_067.0), model: None }, Published { consensus: mean(278_927.0), model: None }];
pub(super) const EF: Published = Published { consensus: mean_sd(60.37, 7.32), model: mean_sd(58.68, 7.22) };
