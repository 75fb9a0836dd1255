//! What raters and network are compared on: a study of a dataset, its frames, and the protocol that both are measured by.

use bloodpool_core::protocol::RoiChoices;
use bloodpool_core::{FrameIndex, GatedStudy, Mask, Protocol};
use bloodpool_dataset::{DatasetStudy, RatedPhase};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::EvaluationError;

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
    /// Which frame of the cycle it is.
    pub frame: FrameIndex,
    /// On the 256 grid.
    pub consensus: Mask,
    /// The true silhouette on the 256 grid, where it is known.
    pub silhouette: Option<Mask>,
}

/// Which ED and ES frame an EF is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
    /// [`EvaluationError`] when a file of it cannot be read or was changed, or names frame 0.
    pub fn of(study: &DatasetStudy<'_>) -> Result<Self, EvaluationError> {
        let failed = |source| EvaluationError::Study { study: study.name().to_owned(), source: Box::new(source) };
        let mut silhouettes = study.true_silhouettes().map_err(failed)?;
        let mut images = Vec::new();
        for (annotated, consensus) in study.consensus().map_err(failed)? {
            let own = silhouettes.iter().position(|(other, _)| other.phase == annotated.phase);
            images.push(RatedFrame {
                phase: annotated.phase,
                frame: FrameIndex::from_number(annotated.frame)
                    .ok_or_else(|| EvaluationError::FrameZero { study: study.name().to_owned() })?,
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

/// A protocol that measures counts in ROIs, so that drawn ROIs can be measured by it. Table 1 of Oh et al. 2022 is by
/// [`Protocol::paper`].
#[derive(Debug, Clone)]
pub struct RoiProtocol {
    named: NamedChoices,
    protocol: Protocol,
}

/// What a record says of the protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NamedChoices {
    /// Name of the protocol.
    pub name: String,
    /// Grid, margin and background of the ROIs.
    pub choices: RoiChoices,
}

impl RoiProtocol {
    /// The protocol, with its choices about ROIs.
    ///
    /// # Errors
    /// [`EvaluationError::NoRois`] where the protocol does not count in ROIs alone.
    pub fn new(protocol: Protocol) -> Result<Self, EvaluationError> {
        let choices = protocol.estimator.roi_choices().cloned();
        let choices = choices.ok_or_else(|| EvaluationError::NoRois { protocol: protocol.name.clone() })?;
        Ok(Self { named: NamedChoices { name: protocol.name.clone(), choices }, protocol })
    }

    /// Grid, margin and background of the ROIs.
    #[must_use]
    pub fn choices(&self) -> &RoiChoices {
        &self.named.choices
    }

    /// The name and the choices, as a record holds them.
    #[must_use]
    pub fn named(&self) -> &NamedChoices {
        &self.named
    }

    /// The protocol with these frames as ED and ES, as a person sets them by hand.
    #[must_use]
    pub fn on_frames(&self, [end_diastole, end_systole]: [FrameIndex; 2]) -> Protocol {
        let mut protocol = self.protocol.clone();
        (protocol.frames.ed_override, protocol.frames.es_override) = (Some(end_diastole), Some(end_systole));
        protocol
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_without_rois_is_refused() {
        let paper = RoiProtocol::new(Protocol::paper()).unwrap().on_frames([0, 8].map(FrameIndex::new));
        assert_eq!(
            (paper.frames.ed_override, paper.frames.es_override),
            (Some(FrameIndex::new(0)), Some(FrameIndex::new(8)))
        );
        let error = RoiProtocol::new(Protocol::background_image()).unwrap_err().to_string();
        assert!(error.contains("background_image"), "{error}");
    }
}
