//! Segmenters that stand for others: a model that several analyzers share, masks that are known, and one that keeps what it is shown.

use std::sync::{Arc, Mutex, PoisonError};

use bloodpool::{FrameIndex, GatedStudy, Mask, ModelIdentity, Segmentation, SegmentationError, Segmenter};
use ndarray::Array3;

/// A model that others use, too.
pub(crate) struct Shared(pub(crate) Arc<bloodpool::Model>);

impl Segmenter for Shared {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        self.0.segmenter.segment(study)
    }

    fn segment_frames(&self, study: &GatedStudy, frames: &[FrameIndex]) -> Result<Vec<Mask>, SegmentationError> {
        self.0.segmenter.segment_frames(study, frames)
    }

    fn identity(&self) -> ModelIdentity {
        self.0.segmenter.identity()
    }
}

/// Masks that a Python callable gave for one study.
pub(crate) struct Given {
    pub(crate) masks: Vec<Mask>,
    pub(crate) name: String,
}

impl Segmenter for Given {
    fn segment(&self, _study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        Ok(Segmentation { masks: self.masks.clone(), ..Segmentation::default() })
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.name.clone(), sha256: String::new() }
    }
}

/// Keeps the counts that a segmenter is shown.
#[derive(Default)]
pub(crate) struct Shown(Mutex<Option<Array3<f32>>>);

impl Shown {
    /// The counts, where it was shown any.
    pub(crate) fn counts(self) -> Option<Array3<f32>> {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Segmenter for Shown {
    fn segment(&self, study: &GatedStudy) -> Result<Segmentation, SegmentationError> {
        if let Ok(mut shown) = self.0.lock() {
            *shown = Some(study.counts().clone());
        }
        Ok(Segmentation::default())
    }

    fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: String::new(), sha256: String::new() }
    }
}
