//! One study as raters and network are compared on it.

use anyhow::Context;
use bloodpool_core::{GatedStudy, Mask};
use bloodpool_dataset::{DatasetStudy, RatedPhase};

/// A study with everything that both sides are held against.
#[derive(Debug, Clone)]
pub(crate) struct Material {
    pub(crate) case: String,
    pub(crate) patient: String,
    pub(crate) simulated: bool,
    /// In its own matrix, which counts are measured in.
    pub(crate) own: GatedStudy,
    /// On the 256 grid, as the network sees it.
    pub(crate) shown: GatedStudy,
    pub(crate) images: Vec<RatedFrame>,
    pub(crate) true_lvef_percent: Option<f64>,
}

/// One frame that raters drew on.
#[derive(Debug, Clone)]
pub(crate) struct RatedFrame {
    pub(crate) phase: RatedPhase,
    /// From 1.
    pub(crate) frame: usize,
    /// On the 256 grid.
    pub(crate) consensus: Mask,
    /// The true silhouette on the 256 grid, where it is known.
    pub(crate) silhouette: Option<Mask>,
}

impl Material {
    /// Reads a study of a dataset.
    pub(crate) fn of(study: &DatasetStudy<'_>) -> anyhow::Result<Self> {
        let reading =
            || format!("could not read study {}; `bloodpool dataset verify` says what is wrong", study.name());
        let mut silhouettes = study.true_silhouettes().with_context(reading)?;
        let mut images = Vec::new();
        for (annotated, consensus) in study.consensus().with_context(reading)? {
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
            own: study.own_matrix().with_context(reading)?,
            shown: study.sample().with_context(reading)?.study,
            images,
            true_lvef_percent: study.true_lvef_percent(),
        })
    }

    /// The image of a phase.
    pub(crate) fn image(&self, phase: RatedPhase) -> Option<&RatedFrame> {
        self.images.iter().find(|image| image.phase == phase)
    }
}
