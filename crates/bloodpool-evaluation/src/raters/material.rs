//! One study as raters and network are compared on it.

use crate::EvaluationError;
use bloodpool_core::{GatedStudy, Mask};
use bloodpool_dataset::{DatasetStudy, RatedPhase};

/// A study with everything that both sides are held against.
#[derive(Debug, Clone)]
pub struct Material {
    /// Name of the study in the dataset.
    pub case: String,
    /// Pseudonym of the patient.
    pub patient: String,
    /// Whether the file says that it is simulated.
    pub simulated: bool,
    /// In its own matrix, which counts are measured in.
    pub own: GatedStudy,
    /// On the 256 grid, as the network sees it.
    pub shown: GatedStudy,
    /// The frames that raters drew on.
    pub images: Vec<RatedFrame>,
    /// Where it is known, percent.
    pub true_lvef_percent: Option<f64>,
}

/// One frame that raters drew on.
#[derive(Debug, Clone)]
pub struct RatedFrame {
    /// Which frame it is.
    pub phase: RatedPhase,
    /// From 1.
    pub frame: usize,
    /// On the 256 grid.
    pub consensus: Mask,
    /// The true silhouette on the 256 grid, where it is known.
    pub silhouette: Option<Mask>,
}

impl Material {
    /// Reads a study of a dataset.
    pub fn of(study: &DatasetStudy<'_>) -> Result<Self, EvaluationError> {
        let failed = |source| EvaluationError::Study { study: study.name().to_owned(), source: Box::new(source) };
        let mut silhouettes = study.true_silhouettes().map_err(failed)?;
        let mut images = Vec::new();
        for (annotated, consensus) in study.consensus().map_err(failed)? {
            let own = silhouettes.iter().position(|(other, _)| other.phase == annotated.phase);
            images.push(RatedFrame {
                phase: annotated.phase,
                frame: annotated.frame,
                consensus,
                silhouette: own.map(|index| silhouettes.swap_remove(index).1),
            });
        }
        Ok(Self {
            case: study.name().to_owned(),
            patient: study.patient().to_owned(),
            simulated: study.case().simulated,
            own: study.own_matrix().map_err(failed)?,
            shown: study.sample().map_err(failed)?.study,
            images,
            true_lvef_percent: study.true_lvef_percent(),
        })
    }

    /// The image of a phase.
    pub fn image(&self, phase: RatedPhase) -> Option<&RatedFrame> {
        self.images.iter().find(|image| image.phase == phase)
    }
}
