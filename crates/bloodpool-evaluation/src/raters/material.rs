//! `Material`: one study of a dataset, on which raters and network are compared.

use crate::EvaluationError;
use bloodpool_core::{GatedStudy, Mask};
use bloodpool_dataset::{DatasetStudy, RatedPhase};
use serde::Serialize;

/// A study with everything that both sides are compared with.
#[derive(Debug, Clone)]
pub struct Material {
    /// Name of the study in the dataset.
    pub case: String,
    /// Pseudonym of the patient.
    pub patient: String,
    /// Whether the file says that it is simulated.
    pub simulated: bool,
    /// The study in its own matrix, counts unscaled: what an analysis reads from its file.
    pub study: GatedStudy,
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

/// Which ED and ES frame an EF is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FramePair {
    /// ED and ES.
    First,
    /// The second frame of either.
    Second,
}

impl Material {
    /// Reads a study of a dataset.
    ///
    /// # Errors
    /// [`EvaluationError::Study`] when a file of it cannot be read or was changed.
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
            study: study.own_matrix().map_err(failed)?,
            images,
            true_lvef_percent: study.true_lvef_percent(),
        })
    }

    /// The image of a phase.
    pub fn image(&self, phase: RatedPhase) -> Option<&RatedFrame> {
        self.images.iter().find(|image| image.phase == phase)
    }
}

impl FramePair {
    /// ED and ES, then the second frames.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// Its ED and ES frame.
    pub fn phases(self) -> [RatedPhase; 2] {
        match self {
            Self::First => [RatedPhase::EndDiastole, RatedPhase::EndSystole],
            Self::Second => [RatedPhase::EndDiastoleSecond, RatedPhase::EndSystoleSecond],
        }
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "ED and ES",
            Self::Second => "second frames of ED and ES",
        }
    }
}
