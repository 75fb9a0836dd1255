//! What others have published, to stand beside what was measured here.

use serde::Serialize;

/// A published mean, and its standard deviation where it was printed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct PublishedMean {
    pub(crate) mean: f64,
    pub(crate) sd: Option<f64>,
}

/// What a paper printed of one figure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub(crate) struct Published {
    /// Of its consensus of raters.
    pub(crate) consensus: Option<PublishedMean>,
    /// Of its model, or of both against each other.
    pub(crate) model: Option<PublishedMean>,
}

/// The best published automatic LVEF against manual ROIs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct PublishedLvef {
    pub(crate) source: &'static str,
    pub(crate) bias_points: f64,
    pub(crate) limits_points: [f64; 2],
    pub(crate) within_5_percent: f64,
}

/// Where the figures of [`Published`] come from.
pub(crate) const PAPER: &str = "Oh et al. 2022, Table 1 (23 test studies)";

/// Ha et al.: a U-Net, 41,462 scans.
pub(crate) const HA_2024: PublishedLvef = PublishedLvef {
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

pub(crate) const PIXEL_ACCURACY: [Published; 2] = [agreement(mean(99.32)), agreement(mean(99.26))];
pub(crate) const DICE: [Published; 2] = [agreement(mean_sd(94.65, 1.45)), agreement(mean_sd(90.16, 4.19))];
pub(crate) const IOU: [Published; 2] = [agreement(mean(89.89)), agreement(mean(82.33))];
pub(crate) const SIZE: [Published; 2] = [
    Published { consensus: mean(4173.69), model: mean(4072.78) },
    Published { consensus: mean(2397.21), model: mean(2484.08) },
];
pub(crate) const PIXEL_VALUE: [Published; 2] =
    [Published { consensus: mean(578_067.0), model: None }, Published { consensus: mean(278_927.0), model: None }];
pub(crate) const EF: Published = Published { consensus: mean_sd(60.37, 7.32), model: mean_sd(58.68, 7.22) };
