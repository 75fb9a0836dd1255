//! `Measurement`: what one protocol measures on one study, and its parts: `Phase`, `Background`, `TimeActivityCurve`.

use ndarray::Array3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::background::BackgroundSample;
use super::counts::GridCounts;
use super::drop_off::DropOff;
use crate::protocol::FrameChoice;
use crate::{FrameIndex, GatedStudy, Mask};

/// What one protocol measures on one study.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// LVEF, percent.
    pub lvef_percent: f64,
    /// LVEF with the ED ROI on both ED and ES, percent; `None` for protocols that are not ROI-based, or where the ED ROI
    /// holds no net counts.
    pub fixed_roi_lvef_percent: Option<f64>,
    /// Where the choice of ED and ES came from.
    pub frame_source: FrameSource,
    /// End-diastole.
    pub end_diastole: Phase,
    /// End-systole.
    pub end_systole: Phase,
    /// Background; `None` where the protocol uses none.
    pub background: Option<Background>,
    /// How background was sampled, frame by frame.
    pub background_sample: Option<BackgroundSample>,
    /// The background image that was subtracted, counts per pixel, `[frame, row, column]` of the study's own matrix; `None`
    /// where the protocol uses none.
    pub background_image: Option<Array3<f32>>,
    /// Net LV curve.
    pub curve: TimeActivityCurve,
    /// End-of-cycle drop-off.
    pub drop_off: DropOff,
    /// Standard error of LVEF from counting noise alone, EF points.
    pub counting_error_points: f64,
}

/// One phase of the cycle as the named protocol measured it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// The frame.
    pub frame: FrameIndex,
    /// Area of the LV ROI, mm²; `None` when pixel spacing is not recorded.
    pub area_mm2: Option<f64>,
    /// Area of the LV ROI in pixels of `grid`.
    pub area_px: f64,
    /// Side of the grid that `area_px` is counted on (the number of columns).
    pub grid: usize,
    /// Gross counts in the ROI.
    pub counts: f64,
    /// Counts less background.
    pub net_counts: f64,
}

impl Phase {
    /// `area`: pixels of the ROI on the grid of `counts`.
    pub(super) fn new(counts: &GridCounts<'_>, frame: FrameIndex, area: usize, gross: f64, net_counts: f64) -> Self {
        let area_px = area as f64;
        Self {
            frame,
            area_mm2: counts.study().pixel_area_mm2().map(|pixel| pixel * counts.scale() * area_px),
            area_px,
            grid: counts.side(),
            counts: gross,
            net_counts,
        }
    }
}

/// The background that was subtracted.
///
/// Of a protocol with a background image, levels are the image's means over each frame's grown ROI, and the region is the
/// grown ROI of `frame`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Background {
    /// Frame it was sampled around, or that the region belongs to.
    pub frame: FrameIndex,
    /// Area of the background ROI in pixels of `grid`.
    pub area_px: f64,
    /// Side of the grid that `area_px` and `mean_counts_per_pixel` refer to (the number of columns).
    pub grid: usize,
    /// Counts that each pixel of the ROI of `frame` loses.
    pub mean_counts_per_pixel: f64,
    /// The same of every frame's ROI.
    pub counts_per_pixel_by_frame: Vec<f64>,
    /// The background ROI, in the pixels of `grid`.
    #[serde(skip)]
    pub region: Mask,
}

/// The net LV curve.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TimeActivityCurve {
    /// Duration of one frame, ms; `None` when not recorded.
    pub frame_time_ms: Option<f64>,
    /// Net LV counts by frame, as counted.
    pub net_counts: Vec<f64>,
    /// The harmonics fitted to them, where the protocol reads ED and ES from the fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted_counts: Option<Vec<f64>>,
}

impl TimeActivityCurve {
    /// Of a study; counts by frame.
    pub(super) fn new(study: &GatedStudy, net_counts: Vec<f64>, fitted_counts: Option<Vec<f64>>) -> Self {
        Self { frame_time_ms: study.gating.frame_time_ms, net_counts, fitted_counts }
    }
}

/// Where the choice of ED and ES came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameSource {
    /// The two-pass choice on the curve.
    Automatic,
    /// A person or a file set at least one of them.
    Override,
}

impl FrameSource {
    /// Of a choice of frames.
    pub(super) fn of(choice: &FrameChoice) -> Self {
        match (choice.ed_override, choice.es_override) {
            (None, None) => Self::Automatic,
            _ => Self::Override,
        }
    }
}
