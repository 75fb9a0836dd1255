//! `ValidationScores`: how well a segmenter did on studies of known truth.

use serde::{Deserialize, Serialize};

/// Accuracy of a segmenter. EF errors are in EF points.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct ValidationScores {
    /// Mean Dice of the true end-diastolic frame.
    pub dice_end_diastole: f64,
    /// Mean Dice of the true end-systolic frame.
    pub dice_end_systole: f64,
    /// Lowest Dice of either frame.
    pub dice_worst: f64,
    /// Mean error of the LVEF by the protocol `unmixed`, or by `standard` where the network gives no fractions; `None`
    /// where no true LVEF is known.
    pub ef_bias: Option<f64>,
    /// Standard deviation of that error.
    pub ef_sd: Option<f64>,
    /// Percentage of studies whose error is within 5 points.
    pub ef_within_5: Option<f64>,
    /// Scores beyond the LV; `None` in records of runs that had none, and where the studies have no truth beyond the LV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scene: Option<SceneScores>,
}

impl ValidationScores {
    /// The mean of both Dice coefficients, by which the best epoch is chosen.
    #[must_use]
    pub fn dice(&self) -> f64 {
        (self.dice_end_diastole + self.dice_end_systole) / 2.0
    }
}

/// Accuracy beyond the LV. `None`: not known of any study, or not predicted by the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct SceneScores {
    /// Mean Dice of the RV at end-diastole and end-systole.
    pub rv_dice: Option<f64>,
    /// Mean distance of the landmarks from their true positions at end-diastole and end-systole, mm where the spacing is
    /// known, otherwise pixels.
    pub landmark_distance: Option<f64>,
    /// Percentage of studies whose heart, or lack of one, is recognised.
    pub heart_percent: Option<f64>,
    /// Percentage of hearts whose view is recognised.
    pub view_percent: Option<f64>,
    /// Percentage of hearts whose orientation is recognised.
    pub orientation_percent: Option<f64>,
    /// Percentage of studies whose gating is recognised as sound or not.
    pub gating_percent: Option<f64>,
}
