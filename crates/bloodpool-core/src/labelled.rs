//! `LabelledStudy`: a study whose truth is known, and `SampleSource`: what training and evaluation draw them from.

use std::path::Path;

use ndarray::Array3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{FrameIndex, GatedStudy, Landmarks, Mask, RightVentricle, Segmentation, Shown};

/// A study together with what is known of its left ventricle.
#[derive(Debug, Clone)]
pub struct LabelledStudy {
    /// The counts.
    pub study: GatedStudy,
    /// One LV mask per frame, in the study's own matrix; empty on frames that nobody annotated.
    pub masks: Vec<Mask>,
    /// Which frames were annotated; `None`: all of them.
    pub annotated: Option<AnnotatedFrames>,
    /// Fraction of each pixel's expected counts that come from LV blood, 0 to 1, `[frame, row, column]`.
    pub lv_fraction: Option<Array3<f32>>,
    /// LV volume by frame, ml.
    pub lv_volume_ml: Option<Vec<f64>>,
    /// True LVEF, percent.
    pub lvef_percent: Option<f64>,
    /// What else is known, in simulated studies.
    pub scene: Option<Scene>,
    /// LVEF by other means, of a study that may have no masks.
    pub reference: Option<ReferenceLvef>,
}

/// LVEF of a study by other means, for example CMR.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceLvef {
    /// LVEF, percent.
    pub percent: f64,
    /// By what it was measured, for example `CMR`.
    pub modality: String,
}

/// What is known of a study beyond its left ventricle.
#[derive(Debug, Clone)]
pub struct Scene {
    /// What the picture shows.
    pub shown: Shown,
    /// The right ventricle; `None` where there is none.
    pub rv: Option<RightVentricle>,
    /// Landmarks of each frame; `None` where there is no heart.
    pub landmarks: Option<Vec<Landmarks>>,
    /// LVEF of the noise-free counts from LV blood over the whole field, percent.
    pub lvef_counts_percent: Option<f64>,
    /// LVEF of the volumes that the frames show after faults of gating, percent.
    pub lvef_images_percent: Option<f64>,
}

/// The frames of a study that raters drew on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnnotatedFrames {
    /// End-diastole.
    pub end_diastole: FrameIndex,
    /// End-systole.
    pub end_systole: FrameIndex,
    /// The others, for example the second frame of either phase.
    pub others: Vec<FrameIndex>,
}

impl AnnotatedFrames {
    /// End-diastole, end-systole, then the others.
    pub fn all(&self) -> impl Iterator<Item = FrameIndex> + '_ {
        [self.end_diastole, self.end_systole].into_iter().chain(self.others.iter().copied())
    }
}

impl LabelledStudy {
    /// Frames of the largest and smallest LV: those that were annotated as such, otherwise by volume where it is
    /// known, otherwise by area.
    #[must_use]
    pub fn extremes(&self) -> (FrameIndex, FrameIndex) {
        if let Some(annotated) = &self.annotated {
            return (annotated.end_diastole, annotated.end_systole);
        }
        let sizes: Vec<f64> = match &self.lv_volume_ml {
            Some(volumes) => volumes.clone(),
            None => self.masks.iter().map(|mask| mask.area() as f64).collect(),
        };
        let order = |a: &usize, b: &usize| sizes[*a].total_cmp(&sizes[*b]);
        let largest = (0..sizes.len()).rev().max_by(order).unwrap_or(0);
        let smallest = (0..sizes.len()).min_by(order).unwrap_or(0);
        (FrameIndex::new(largest), FrameIndex::new(smallest))
    }

    /// The truth in the form a segmenter gives it: "perfect masks".
    #[must_use]
    pub fn perfect_segmentation(&self) -> Segmentation {
        Segmentation {
            masks: self.masks.clone(),
            lv_probability: None,
            lv_fraction: self.lv_fraction.clone(),
            rv: self.scene.as_ref().and_then(|scene| scene.rv.clone()),
            landmarks: self.scene.as_ref().and_then(|scene| scene.landmarks.clone()),
            recognition: None,
            certainty: None,
            members: Vec::new(),
        }
    }
}

/// Why a sample could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("sample {index}: {message}")]
pub struct SampleError {
    /// Index of the sample.
    pub index: u64,
    /// What went wrong.
    pub message: String,
}

/// What a study is recognised by without naming a person: whether a model was trained on a study, or on another one of the
/// same patient, can be checked from the hashes alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct StudyKey {
    /// SHA-256 of the patient's ID, or of the pseudonym together with the extraction that gave it; `None` where the patient is
    /// not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<String>,
    /// SHA-256 of the counts, which are the same whatever the study is called.
    pub counts: String,
}

/// Where training draws its studies from. The same index gives the same sample, always.
pub trait SampleSource: Send + Sync {
    /// Number of samples; `None` for an unlimited source.
    fn len(&self) -> Option<u64>;

    /// Whether there are no samples at all.
    fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// The sample of this index, from 0.
    ///
    /// # Errors
    /// [`SampleError`] when the sample cannot be read or made.
    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError>;

    /// What identifies the data for the record: a hash of a folder, or generator, version and seed.
    fn description(&self) -> String;

    /// One key per study; empty where every study is simulated for the training alone, `None` where the studies are not known.
    fn keys(&self) -> Option<Vec<StudyKey>> {
        None
    }

    /// The folder that the data lie in, so that whoever goes on with them later finds them; `None` where there is none.
    fn folder(&self) -> Option<&Path> {
        None
    }
}
