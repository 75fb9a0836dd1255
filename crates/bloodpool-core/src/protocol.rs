//! `Protocol`: every choice between masks and an LVEF that changes the number.

mod presets;

pub use bloodpool_stats::Element;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::FrameIndex;

pub use presets::{Preset, PresetStatus};

/// Every choice between masks and an LVEF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Protocol {
    /// Name of the preset, or of the variant that a measurement tries.
    pub name: String,
    /// How counts become a net LV curve.
    pub estimator: Estimator,
    /// How ED and ES are chosen.
    pub frames: FrameChoice,
    /// Number of harmonics of the fitted net curve that net counts at ED and ES are read from, so that every frame's
    /// counts bear on them. `None`: they are read from the ED and the ES frame alone.
    pub curve_harmonics: Option<usize>,
}

/// How counts become a net LV curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Estimator {
    /// Net counts in the LV ROI of each frame, less background from a ROI beside it.
    Roi(RoiChoices),
    /// Sum of LV fraction x counts, with no background ROI. Experimental.
    Unmixed,
    /// Counts in the grown LV ROI of each frame, less the background image that the segmenter's LV fraction gives.
    BackgroundImage(BackgroundImageChoices),
}

impl Estimator {
    /// The choices of a ROI-based estimate; `None` for the others.
    #[must_use]
    pub fn roi_choices(&self) -> Option<&RoiChoices> {
        match self {
            Self::Roi(choices) => Some(choices),
            Self::Unmixed | Self::BackgroundImage(_) => None,
        }
    }

    /// Side of the field of view that distances in mm assume when the study records no spacing, mm.
    #[must_use]
    pub fn assumed_field_mm(&self) -> f64 {
        match self {
            Self::Roi(choices) => choices.background.assumed_field_mm(),
            Self::BackgroundImage(choices) => choices.assumed_field_mm,
            Self::Unmixed => ASSUMED_FIELD_MM,
        }
    }
}

/// The choices of an estimate with a background image. ROIs are applied on the study's own matrix.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackgroundImageChoices {
    /// Distance by which each LV ROI is grown before counting, mm: the camera's blur carries counts out of the outline.
    pub roi_margin_mm: f64,
    /// SD of the Gaussian that the background image `(1 - LV fraction) x counts` is smoothed with, mm; 0: not smoothed.
    pub smoothing_mm: f64,
    /// SD of the Gaussian that it is smoothed with over frames, round the cycle, as a fraction of the cycle; 0: each frame
    /// by itself.
    pub smoothing_cycle_fraction: f64,
    /// Weight, 0 to 1, of the net curve of the preset `standard`, which is added to `1 - weight` times this one.
    pub mixture: f64,
    /// Side of the field of view that is assumed when the study records no spacing, mm.
    pub assumed_field_mm: f64,
}

/// The choices of a ROI-based estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoiChoices {
    /// The matrix on which ROIs are applied.
    pub grid: Grid,
    /// Distance by which each LV ROI is grown (positive) or shrunk (negative) before counting, mm. Background is
    /// placed around the ROI that is counted in.
    pub roi_margin_mm: f64,
    /// Where background is sampled.
    pub background: BackgroundRegion,
    /// When background is sampled.
    pub background_frame: BackgroundFrame,
    /// What bears on the level beside that region. `None`: the region's mean is the level.
    pub rim: Option<Rim>,
}

/// A rim round each frame's own ROI, whose mean is blended with that of the background region:
/// `level = factor x ((1 - weight) x region + weight x rim)`.
///
/// The region lies where no other chamber does and holds too little; the rim touches the atrium and the right
/// ventricle, which also overlap the LV, and moves with them from frame to frame, but holds too much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rim {
    /// Width of the rim, from the edge of the ROI, mm; never less than the pixels that touch the ROI.
    pub width_mm: f64,
    /// Weight of the rim's mean; the region's is 1 less this.
    pub weight: f64,
    /// What the blend is multiplied by: below 1, since the LV's own blur and scatter are in it.
    pub factor: f64,
}

/// The matrix on which ROIs are applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Grid {
    /// The study's own matrix.
    Study,
    /// 256 x 256, counts and masks resampled bilinearly on pixel centres (counts per pixel divided so that sums are kept).
    Square256,
}

/// Where background is sampled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum BackgroundRegion {
    /// Eq. 5 of the paper: dilate(outer) minus dilate(inner) of the ES ROI, cut to the lower right image quadrant.
    Ring {
        /// Number of one-pixel dilations to the ring's inner edge.
        inner: u32,
        /// Number of one-pixel dilations to the ring's outer edge.
        outer: u32,
        /// The structuring element of one dilation.
        element: Element,
    },
    /// A posterolateral arc round the ROI, hot pixels rejected.
    Arc {
        /// Start of the arc, hours on a clock face as displayed (12 is up, 3 is the image's right).
        from_clock: f64,
        /// End of the arc, clockwise, hours.
        to_clock: f64,
        /// Gap between ROI and arc, mm.
        gap_mm: f64,
        /// Width of the arc, mm.
        width_mm: f64,
        /// Side of the field of view that is assumed when the study records no spacing, mm: a pixel is this divided
        /// by the number of columns.
        assumed_field_mm: f64,
        /// Pixels hotter than this many median absolute deviations (scaled to SD) above the arc's median are left out.
        hot_pixel_mads: f64,
        /// Of what is left, only this fraction, the coolest pixels in the mean of the frames within a twelfth of the
        /// cycle of ES, is kept: spleen, aorta, atrium and the LV's own blur are hotter than what overlies the LV.
        coolest_fraction: f64,
    },
    /// A region that a person drew, all of whose pixels outside the LV count.
    Drawn {
        /// Corners of the closed region, `[x, y]` in pixels of the study's own matrix, whose centres are whole numbers.
        polygon: Vec<[f64; 2]>,
    },
}

impl BackgroundRegion {
    /// Side of the field of view that distances in mm assume when the study records no spacing, mm.
    #[must_use]
    pub fn assumed_field_mm(&self) -> f64 {
        match *self {
            Self::Arc { assumed_field_mm, .. } => assumed_field_mm,
            Self::Ring { .. } | Self::Drawn { .. } => ASSUMED_FIELD_MM,
        }
    }
}

/// When background is sampled. Pixels inside the LV ROI of a frame that it is sampled in never belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BackgroundFrame {
    /// In the ES frame, and subtracted from every frame (the paper).
    EndSystole,
    /// As the mean of the frames within a twelfth of the cycle of ES, and subtracted from every frame.
    AroundEndSystole,
    /// In each frame, from the region around the ES ROI.
    EachFrame,
    /// As the mean over the cycle, from the region around the ES ROI.
    CycleMean,
}

/// How ED and ES are chosen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FrameChoice {
    /// The curve that they are chosen on.
    pub curve: FrameCurve,
    /// Number of harmonics kept in the curve that ED and ES are chosen on.
    pub harmonics: usize,
    /// ED is looked for within this fraction of the cycle on either side of the R wave.
    pub ed_within_cycle_fraction: f64,
    /// ES is looked for from this fraction of the cycle,
    pub es_from_cycle_fraction: f64,
    /// to this one.
    pub es_to_cycle_fraction: f64,
    /// ED set by a person or a file, frame from 1.
    pub ed_override: Option<FrameIndex>,
    /// ES set by a person or a file, frame from 1.
    pub es_override: Option<FrameIndex>,
}

/// The curve that ED and ES are chosen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FrameCurve {
    /// Gross counts in one fixed ROI: that of the first frame, where the R wave is.
    FixedRoi,
    /// First [`FrameCurve::FixedRoi`], which tells where background is sampled; then once more on the net curve.
    Net,
}

impl Default for FrameChoice {
    fn default() -> Self {
        Self {
            curve: FrameCurve::Net,
            harmonics: 4,
            ed_within_cycle_fraction: 0.12,
            es_from_cycle_fraction: 0.2,
            es_to_cycle_fraction: 0.6,
            ed_override: None,
            es_override: None,
        }
    }
}

/// Side of the field of view that is assumed when a study records no pixel spacing and the protocol states none, mm:
/// that of a common large-field camera.
pub const ASSUMED_FIELD_MM: f64 = 400.0;
