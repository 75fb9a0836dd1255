//! `analyze`: from a study, a segmenter and a protocol to an LVEF with everything it was computed from.

use std::borrow::Cow;

use ndarray::Array3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::correction::{self, Corrected};
use crate::measure::counts::GridCounts;
use crate::measure::edited_fraction::edited_fraction;
use crate::measure::{Measurement, check_shapes, measure_protocol};
use crate::protocol::{Estimator, Grid, Preset};
use crate::results::{FIXED_ROI, Results};
use crate::uncertainty::Interval;
use crate::validity::{self, Evidence, Reason, Validity, Warning};
use crate::{
    Certainty, Contour, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation, SegmentationError, Segmenter,
};

/// One phase of the cycle as the named protocol measured it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// Frame, from 1.
    pub frame: usize,
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

/// The background that was subtracted.
///
/// Of a protocol with a background image, levels are the image's means over each frame's grown ROI, and the region is the
/// grown ROI of `frame`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Background {
    /// Frame it was sampled around, or that the region belongs to, from 1.
    pub frame: usize,
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

/// Where the choice of ED and ES came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameSource {
    /// The two-pass choice on the curve.
    Automatic,
    /// A person or a file set at least one of them.
    Override,
}

/// An LVEF with everything it was computed from.
#[derive(Debug, Clone)]
pub struct Analysis {
    /// Which model drew the ROIs.
    pub model: ModelIdentity,
    /// Every choice that was made.
    pub protocol: Protocol,
    /// The named protocol's LVEF, percent, whether or not it may be used: see [`Analysis::usable_lvef_percent`].
    pub lvef_percent: f64,
    /// The same without the correction of counts, where there was one.
    pub uncorrected_lvef_percent: Option<f64>,
    /// Standard error of the named protocol's LVEF from counting noise alone, EF points: the least it is uncertain by.
    pub counting_error_points: f64,
    /// The 95 % interval of the named protocol's LVEF, where a calibration holds for it; [`measure`] leaves it empty.
    pub interval: Option<Interval>,
    /// LVEF by every preset.
    pub results: Results,
    /// Where the choice of ED and ES came from.
    pub frame_source: FrameSource,
    /// End-diastole.
    pub end_diastole: Phase,
    /// End-systole.
    pub end_systole: Phase,
    /// Background; `None` where the protocol uses none.
    pub background: Option<Background>,
    /// The background image of the named protocol, counts per pixel, `[frame, row, column]` of the study's own matrix;
    /// `None` where it uses none.
    pub background_image: Option<Array3<f32>>,
    /// Net LV curve of the named protocol.
    pub curve: TimeActivityCurve,
    /// Net LV curve of `unmixed`, where the segmenter can unmix.
    pub unmixed_curve: Option<TimeActivityCurve>,
    /// LV masks as the segmenter gave them (after post-processing), in the study's own matrix.
    pub masks: Vec<Mask>,
    /// One contour a frame, in the study's own pixels; empty where no LV was found on that frame.
    pub contours: Vec<Contour>,
    /// How sure the segmenter is of its outlines, where it can tell.
    pub certainty: Option<Certainty>,
    /// Whether the number may be used, and what was found.
    pub validity: Validity,
    /// All findings without their ranks.
    pub warnings: Vec<Warning>,
    /// The study as it was measured, where counts or pixel spacing were corrected.
    pub corrected_study: Option<GatedStudy>,
}

impl Analysis {
    /// The named protocol's LVEF, percent; `None` where it is withheld. What leaves the program as a result is this.
    #[must_use]
    pub fn usable_lvef_percent(&self) -> Option<f64> {
        (!self.validity.withholds()).then_some(self.lvef_percent)
    }

    /// The study as it was measured: `study` itself unless something was corrected.
    #[must_use]
    pub fn measured_study<'a>(&'a self, study: &'a GatedStudy) -> &'a GatedStudy {
        self.corrected_study.as_ref().unwrap_or(study)
    }

    /// Adds findings from elsewhere, for example about the file.
    pub fn add(&mut self, findings: impl IntoIterator<Item = Reason>) {
        let findings: Vec<Reason> = findings.into_iter().collect();
        self.warnings.extend(findings.iter().map(Reason::warning));
        self.validity.extend(findings);
    }
}

/// Why a study has no LVEF.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    /// The segmenter failed.
    #[error(transparent)]
    Segmentation(#[from] SegmentationError),
    /// The segmenter's masks do not fit the study.
    #[error(
        "the segmenter returned {masks} masks of {mask_rows} x {mask_columns} for {frames} frames of {rows} x {columns}"
    )]
    MaskShape {
        /// Number of masks.
        masks: usize,
        /// Rows of a mask.
        mask_rows: usize,
        /// Columns of a mask.
        mask_columns: usize,
        /// Number of frames.
        frames: usize,
        /// Rows of the study.
        rows: usize,
        /// Columns of the study.
        columns: usize,
    },
    /// The images show no heart.
    #[error("the images show no heart (probability {:.0} %); no LVEF is measured", probability * 100.0)]
    NotAHeart {
        /// Probability of a heart by the segmenter, 0 to 1.
        probability: f64,
    },
    /// No LV at all, or none on a frame that is needed.
    #[error("no left ventricle was found on frame {frame}; is this an LAO view of the heart?")]
    NoVentricle {
        /// Frame, from 1.
        frame: usize,
    },
    /// The background region holds no pixel.
    #[error("the background region of protocol `{protocol}` is empty: {reason}")]
    EmptyBackground {
        /// Name of the protocol.
        protocol: String,
        /// Why.
        reason: String,
    },
    /// Net counts at ED are not positive, so that an LVEF has no meaning.
    #[error("net counts at end-diastole are {net_counts:.1}; an LVEF needs counts above background")]
    NoNetCounts {
        /// Net counts at ED.
        net_counts: f64,
    },
    /// The protocol needs an LV fraction that this model does not give.
    #[error("protocol `{protocol}` needs a model that gives the LV fraction; `{model}` does not")]
    NoFraction {
        /// Name of the protocol.
        protocol: String,
        /// Name of the model.
        model: String,
    },
    /// A frame set by hand lies outside the study.
    #[error("{phase} was set to frame {frame}, but the study has {frames} frames")]
    FrameOutside {
        /// `ED` or `ES`.
        phase: &'static str,
        /// The frame, from 1.
        frame: usize,
        /// Number of frames.
        frames: usize,
    },
    /// A drawn ROI that is not on the grid it is to be measured on.
    #[error(
        "the {phase} ROI has {roi_rows} x {roi_columns} pixels, the grid that it is measured on {rows} x {columns}"
    )]
    RoiGrid {
        /// `ED` or `ES`.
        phase: &'static str,
        /// Rows of the ROI.
        roi_rows: usize,
        /// Columns of the ROI.
        roi_columns: usize,
        /// Rows of the grid.
        rows: usize,
        /// Columns of the grid.
        columns: usize,
    },
    /// Two measurements whose difference has no parts, since they are of different frames or grids.
    #[error("measurements of different frames or grids can't be taken apart; draw both on the same")]
    DifferentFrames,
}

impl AnalysisError {
    /// Stable code, for example `no_ventricle`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Segmentation(_) => "segmentation_failed",
            Self::MaskShape { .. } => "mask_shape",
            Self::NotAHeart { .. } => "not_a_heart",
            Self::NoVentricle { .. } => "no_ventricle",
            Self::EmptyBackground { .. } => "empty_background",
            Self::NoNetCounts { .. } => "no_net_counts",
            Self::NoFraction { .. } => "no_fraction",
            Self::FrameOutside { .. } => "frame_outside",
            Self::RoiGrid { .. } => "roi_grid",
            Self::DifferentFrames => "different_frames",
        }
    }
}

/// Finds the LV with `segmenter` and measures it by `protocol`.
///
/// Counts and pixel spacing that are clearly at fault are corrected first; the validity says so.
///
/// # Errors
/// [`AnalysisError`] when no LVEF can be computed; never a number without meaning.
pub fn analyze(study: &GatedStudy, segmenter: &dyn Segmenter, protocol: &Protocol) -> Result<Analysis, AnalysisError> {
    analyze_by(study, segmenter, |_| protocol.clone())
}

/// The same by a protocol that depends on what the segmenter gave, for example [`Protocol::default_for`].
///
/// # Errors
/// As [`analyze`].
pub fn analyze_by(
    study: &GatedStudy,
    segmenter: &dyn Segmenter,
    protocol_for: impl FnOnce(&Segmentation) -> Protocol,
) -> Result<Analysis, AnalysisError> {
    let corrected = correction::correct(study);
    let segmentation = outline(&corrected, segmenter)?;
    let protocol = protocol_for(&segmentation);
    measure_by_all(study, corrected, &segmentation, &segmentation, segmenter.identity(), &protocol)
}

/// Finds the LV with `segmenter` as [`analyze`] does: on the study as it is corrected. Followed by [`measure`] it gives the
/// analysis of [`analyze`], and one segmentation can be measured several times.
///
/// # Errors
/// [`SegmentationError`] when the segmenter itself fails.
pub fn segment(study: &GatedStudy, segmenter: &dyn Segmenter) -> Result<Segmentation, SegmentationError> {
    outline(&correction::correct(study), segmenter)
}

fn outline(corrected: &Corrected<'_>, segmenter: &dyn Segmenter) -> Result<Segmentation, SegmentationError> {
    segmenter.segment(corrected.to_outline())
}

/// Measures a study whose LV is known: what [`analyze`] does after segmentation.
///
/// The named protocol must succeed; the presets beside it are `None` where they don't. ED and ES set by hand in the
/// named protocol hold for all.
///
/// # Errors
/// As [`analyze`].
pub fn measure(
    study: &GatedStudy,
    segmentation: Segmentation,
    model: ModelIdentity,
    protocol: &Protocol,
) -> Result<Analysis, AnalysisError> {
    let corrected = correction::correct(study);
    measure_by_all(study, corrected, &segmentation, &segmentation, model, protocol)
}

/// Measures a study whose outlines a person has changed. `segmentation`: as the segmenter gave it; `edited_masks`: one per
/// frame.
///
/// ROI-based protocols measure the edited masks. With a background image, the segmenter's LV fraction moves with the outline
/// ([`edited_fraction`]), and the image is computed from it as without an edit; the number is the same to the last bit where no
/// mask was changed. By `unmixed`, outlines do not count.
///
/// # Errors
/// As [`analyze`], and [`AnalysisError::NoFraction`] where a protocol with a background image is named and the segmenter found
/// no LV on any frame, so that it has no fraction that could move.
pub fn measure_edited(
    study: &GatedStudy,
    segmentation: &Segmentation,
    edited_masks: &[Mask],
    model: ModelIdentity,
    protocol: &Protocol,
) -> Result<Analysis, AnalysisError> {
    check_shapes(study, segmentation)?;
    let unmixed = Segmentation { masks: edited_masks.to_vec(), ..segmentation.clone() };
    check_shapes(study, &unmixed)?;
    let assumed_mm = protocol.estimator.assumed_field_mm();
    let corrected = correction::correct(study);
    let spacing_mm = GridCounts::new(&corrected.study, Grid::Study).spacing_mm(assumed_mm);
    let moved = segmentation.lv_fraction.as_ref();
    let moved = moved.and_then(|fraction| edited_fraction(fraction, &segmentation.masks, edited_masks, spacing_mm));
    let edited = Segmentation { lv_fraction: moved, ..unmixed.clone() };
    measure_by_all(study, corrected, &edited, &unmixed, model, protocol)
}

/// Measures by the named protocol and by every preset beside it; `unmixed`: the segmentation whose fraction is measured
/// without outlines.
fn measure_by_all(
    uncorrected: &GatedStudy,
    corrected: Corrected<'_>,
    segmentation: &Segmentation,
    unmixed: &Segmentation,
    model: ModelIdentity,
    protocol: &Protocol,
) -> Result<Analysis, AnalysisError> {
    validity::refuse(segmentation)?;
    let Corrected { mut study, mut reasons, counts_changed, .. } = corrected;
    let largest = segmentation.masks.iter().map(Mask::area).max().unwrap_or(0);
    if let Some(reason) = correction::check_lv_area(&study, largest) {
        study = Cow::Owned(study.corrected(None, true));
        reasons.push(reason);
    }
    let corrected_study = match study {
        Cow::Owned(corrected) => Some(corrected),
        Cow::Borrowed(_) => None,
    };
    let study = corrected_study.as_ref().unwrap_or(uncorrected);
    let by = |study: &GatedStudy, protocol: &Protocol| match protocol.estimator {
        Estimator::Unmixed => measure_protocol(study, unmixed, &model, protocol),
        Estimator::Roi(_) | Estimator::BackgroundImage(_) => measure_protocol(study, segmentation, &model, protocol),
    };
    let named = by(study, protocol)?;
    let beside = |mut preset: Protocol| -> Option<Measurement> {
        if preset.name == protocol.name {
            return Some(Measurement { background_image: None, ..named.clone() });
        }
        preset.frames.ed_override = protocol.frames.ed_override;
        preset.frames.es_override = protocol.frames.es_override;
        by(study, &preset).ok()
    };
    let mut presets: Vec<(&str, Option<Measurement>)> =
        Preset::ALL.into_iter().map(|preset| (preset.name, beside(preset.protocol()))).collect();
    let measured = |key: &str| presets.iter().find(|(name, _)| *name == key)?.1.as_ref();
    let results = Results::new(|key| match key {
        FIXED_ROI => measured("standard")?.fixed_roi_lvef_percent,
        key => Some(measured(key)?.lvef_percent),
    });
    let unmixed_curve = presets.iter_mut().find(|(name, _)| *name == "unmixed").and_then(|(_, found)| found.take());
    let uncorrected_lvef_percent =
        counts_changed.then(|| by(uncorrected, protocol).ok()).flatten().map(|uncorrected| uncorrected.lvef_percent);
    correction::weigh(&mut reasons, named.lvef_percent, uncorrected_lvef_percent);
    let evidence = Evidence::new(study, segmentation, protocol, &named, &results);
    let validity = validity::check(&evidence, reasons);
    let warnings = validity.reasons().iter().map(Reason::warning).collect();
    Ok(Analysis {
        model,
        protocol: protocol.clone(),
        lvef_percent: named.lvef_percent,
        uncorrected_lvef_percent,
        counting_error_points: named.counting_error_points,
        interval: None,
        results,
        frame_source: named.frame_source,
        end_diastole: named.end_diastole,
        end_systole: named.end_systole,
        background: named.background,
        background_image: named.background_image,
        curve: named.curve,
        unmixed_curve: unmixed_curve.map(|unmixed| unmixed.curve),
        contours: segmentation.masks.iter().map(Mask::contour).collect(),
        masks: segmentation.masks.clone(),
        certainty: segmentation.certainty,
        validity,
        warnings,
        corrected_study,
    })
}
