//! `Segmenter`: what finds the left ventricle on every frame of a study.

use ndarray::Array3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FrameIndex, GatedStudy, Landmarks, Mask, Recognition, RightVentricle};

/// Which model drew the ROIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ModelIdentity {
    /// Name, for example `bloodpool-compact-1`.
    pub name: String,
    /// SHA-256 of the weights, hexadecimal; empty for a method without weights.
    pub sha256: String,
}

/// The left ventricle as a segmenter sees it.
#[derive(Debug, Clone, Default)]
pub struct Segmentation {
    /// One LV mask per frame, in the study's own matrix.
    pub masks: Vec<Mask>,
    /// Probability that a pixel lies in the LV, 0 to 1, `[frame, row, column]` in the study's own matrix, where the segmenter has one.
    pub lv_probability: Option<Array3<f32>>,
    /// Fraction of each pixel's counts that come from LV blood, 0 to 1, `[frame, row, column]` in the study's own
    /// matrix, where the segmenter can tell.
    pub lv_fraction: Option<Array3<f32>>,
    /// The right ventricle, where the segmenter outlines it.
    pub rv: Option<RightVentricle>,
    /// Landmarks of each frame, where the segmenter gives them.
    pub landmarks: Option<Vec<Landmarks>>,
    /// What the study shows, where the segmenter can tell.
    pub recognition: Option<Recognition>,
    /// How sure the segmenter is of its outlines, where it can tell.
    pub certainty: Option<Certainty>,
    /// What each network of an ensemble sees; empty where there is one network.
    pub members: Vec<Self>,
}

/// How sure a segmenter is of its outlines. Each is `None` where it cannot be told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Certainty {
    /// Dice of the mean LV outline over the cycle as first found in the whole field and as found at last, 0 to 1.
    pub looks_dice: Option<f64>,
    /// Entropy of the LV's probability, bits, summed over all pixels and frames and divided by the sum of the
    /// probability: 0 for an edge without doubt.
    pub edge_entropy: Option<f64>,
    /// Share of the predicted LV counts that lie outside the LV's outline, 0 to 1.
    pub fraction_outside: Option<f64>,
}

/// Why a segmenter gave no masks.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SegmentationError {
    /// The segmenter itself failed.
    #[error("the segmentation failed: {0}")]
    Failed(String),
    /// A network of another program cannot be run, or what it gives cannot be used.
    #[error("{message}")]
    Network {
        /// Stable code, of the segmenter's own list.
        code: &'static str,
        /// What is wrong, and what to do.
        message: String,
    },
}

impl SegmentationError {
    /// Stable code: `segmentation_failed`, or that of the segmenter.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Failed(_) => "segmentation_failed",
            Self::Network { code, .. } => code,
        }
    }
}

/// Finds the LV on every frame of a study.
pub trait Segmenter: Send + Sync {
    /// One mask per frame, and the LV fraction where the segmenter can tell.
    ///
    /// # Errors
    /// [`SegmentationError`] when the segmenter itself fails. An LV that is not found is an empty mask, not an error.
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError>;

    /// The same for some frames alone, which may be less work: the masks of the others are empty, and no fraction is given.
    ///
    /// # Errors
    /// As [`Segmenter::segment`].
    fn segment_frames(&self, study: &GatedStudy, frames: &[FrameIndex]) -> Result<Vec<Mask>, SegmentationError> {
        let mut masks = self.segment(study)?.masks;
        let all = FrameIndex::all(masks.len());
        for (_, mask) in all.zip(&mut masks).filter(|(frame, _)| !frames.contains(frame)) {
            *mask = Mask::empty(study.rows(), study.columns());
        }
        Ok(masks)
    }

    /// Name and hash of the model.
    fn identity(&self) -> ModelIdentity;
}

impl<S: Segmenter + ?Sized> Segmenter for Box<S> {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        (**self).segment(study)
    }

    fn segment_frames(&self, study: &GatedStudy, frames: &[FrameIndex]) -> Result<Vec<Mask>, SegmentationError> {
        (**self).segment_frames(study, frames)
    }

    fn identity(&self) -> ModelIdentity {
        (**self).identity()
    }
}
