//! `SimulatedStudy`: a gated study with everything that is true of it.

use bloodpool_core::{LabelledStudy, Mask, StudyIdentity};
use ndarray::Array3;
use serde::Serialize;

use crate::faults::Fault;
use crate::geometry::Silhouette;

/// LVEF of one heart by every definition, percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct TrueLvef {
    /// Of the continuous curve of LV blood volume of the mean accepted beat: largest within 12 % of the R wave,
    /// smallest in 20 to 60 % of the cycle.
    pub curve: f64,
    /// Of the same volumes averaged over each frame.
    pub frames: f64,
    /// Of the noise-free counts from LV blood over the whole field.
    pub counts: f64,
    /// Of the volumes that the frames show after faults of gating.
    pub images: f64,
}

/// What is true of a simulated study.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Truth {
    /// Seed of the source.
    pub seed: u64,
    /// Index of the study in it.
    pub index: u64,
    /// LVEF from the volumes, percent.
    pub lvef_percent: f64,
    /// Frame of the largest volume, from 1.
    pub end_diastole_frame: usize,
    /// Frame of the smallest volume, from 1.
    pub end_systole_frame: usize,
    /// LV volume by frame, ml.
    pub lv_volume_ml: Vec<f64>,
    /// Wall motion in words, for example `normal` or `apical akinesis`.
    pub wall_motion: String,
    /// LVEF by every definition, where the family knows them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lvef: Option<TrueLvef>,
    /// Angle between the LV's axis and the direction of view, degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub axis_to_view_degrees: Option<f64>,
    /// What was made wrong with the study, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<Fault>,
}

/// Volumes of both ventricles over the mean accepted beat, before any fault of gating.
#[derive(Debug, Clone, PartialEq)]
pub struct Volumes {
    /// LV blood, ml, at equal steps of the cycle; the first value is that at the R wave.
    pub lv_ml: Vec<f64>,
    /// Largest and smallest volume of RV blood, ml.
    pub rv_ml: [f64; 2],
}

impl Volumes {
    /// RVEF from the volumes, percent.
    #[must_use]
    pub fn rvef_percent(&self) -> f64 {
        let [largest, smallest] = self.rv_ml;
        if largest > 0.0 { 100.0 * (1.0 - smallest / largest) } else { 0.0 }
    }
}

/// A study, its truth, and the counts that came from the LV.
#[derive(Debug, Clone)]
pub struct SimulatedStudy {
    /// Study, masks, LV fraction, volumes and LVEF.
    pub labelled: LabelledStudy,
    /// Expected (noise-free) counts from LV blood alone, `[frame, row, column]`.
    pub lv_counts: Array3<f32>,
    /// The rest of what is known.
    pub truth: Truth,
    /// Volumes of the ventricles; `None` where there is no heart, or one whose curves are not known.
    pub volumes: Option<Volumes>,
    pub(crate) silhouettes: Vec<Silhouette>,
    /// What raters take for the edge.
    pub(crate) visible: Vec<Silhouette>,
    pub(crate) side: usize,
    pub(crate) pixel_mm: f64,
}

impl SimulatedStudy {
    /// The LV as a perfect rater would draw it on one frame (from 0), in the study's matrix: where its blurred counts
    /// alone fall to a quarter of their peak.
    #[must_use]
    pub fn visible_mask(&self, frame: usize) -> Option<Mask> {
        self.visible.get(frame).map(|outline| outline.mask(self.side, self.pixel_mm))
    }

    /// The LV's true silhouette on one frame (from 0) on a grid of `side` x `side` over the whole field of view: the
    /// pixels of which more than half lies inside. It does not depend on the pixels of the study, whose masks are
    /// coarser. `None` where there is no such frame or grid.
    #[must_use]
    pub fn silhouette(&self, frame: usize, side: usize) -> Option<Mask> {
        let outline = self.silhouettes.get(frame).filter(|_| side > 0)?;
        Some(outline.mask(side, self.pixel_mm * self.side as f64 / side as f64))
    }
}

pub(crate) fn identity(seed: u64, index: u64, wall_motion: &str) -> StudyIdentity {
    let number = index + 1;
    StudyIdentity {
        patient_name: Some(format!("Simulated^{seed}-{number:05}")),
        patient_id: Some(format!("SIM-{seed}-{number:05}")),
        study_description: Some("Simulated gated blood pool".into()),
        series_description: Some(format!("SIMULATED LAO, {wall_motion}")),
        view: Some("Left anterior oblique".into()),
        manufacturer: Some("bloodpool simulator".into()),
        institution: Some("Simulated".into()),
        simulated: true,
        ..StudyIdentity::default()
    }
}
