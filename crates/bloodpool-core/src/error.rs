//! `AnalysisError` and `BackgroundError`: why a study has no LVEF.

use crate::{FrameIndex, SegmentationError};

/// Why a study has no LVEF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
        /// The frame.
        frame: FrameIndex,
    },
    /// The background region holds no pixel.
    #[error("the background region of protocol `{protocol}` is empty: {reason}")]
    EmptyBackground {
        /// Name of the protocol.
        protocol: String,
        /// Why.
        reason: BackgroundError,
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
        /// The frame.
        frame: FrameIndex,
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
    #[error("measurements of different frames or grids cannot be taken apart; draw both on the same")]
    DifferentFrames,
}

impl AnalysisError {
    /// Stable code, for example `no_ventricle`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Segmentation(error) => error.code(),
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

/// Why a background region holds no pixel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BackgroundError {
    /// The ring of Eq. 5 lies outside the quadrant that it is cut to.
    #[error("the ring around the ES ROI does not reach the lower right quadrant of the image")]
    RingOutside,
    /// The arc lies beyond the matrix, or between the centres of its pixels.
    #[error("the arc beside the ES ROI lies outside the image or holds no pixel")]
    ArcOutside,
    /// The region that was drawn holds no pixel.
    #[error("the background region that was drawn lies outside the image or holds no pixel")]
    DrawnOutside,
    /// Every pixel of the region belongs to an LV ROI.
    #[error("all of the background region lies in the LV ROI of a frame that it is sampled in")]
    InVentricle,
}
