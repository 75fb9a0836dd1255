//! Classical segmenters: methods older than networks that find the LV from counts alone, without a click, and one that grows
//! within what another segmenter gives.
//!
//! Each is a [`Segmenter`](crate::Segmenter) and gives masks alone. They share how frames are prepared ([`prepared`]), how the LV
//! is located ([`location`]) and which markers compete for a pixel ([`markers`]). What each is worth on simulated patients is in
//! `docs/CLASSICAL.md`.

mod grown_within;
pub mod location;
pub mod markers;
mod phase_amplitude;
pub mod prepared;
mod radial_edges;
mod region_growing;
mod registry;
mod seeded_growth;
mod watershed;

use crate::{GatedStudy, Mask, ModelIdentity, Segmentation};

pub use grown_within::{GROWTH_MM, GrownWithin};
pub use phase_amplitude::PhaseAmplitude;
pub use prepared::Smoothing;
pub use radial_edges::RadialEdges;
pub use region_growing::RegionGrowing;
pub use registry::{ClassicalMethod, METHODS};
pub use watershed::Watershed;

/// A segmentation of masks alone.
fn of_masks(masks: Vec<Mask>) -> Segmentation {
    Segmentation { masks, ..Segmentation::default() }
}

/// Empty masks: no LV was found.
fn without_ventricle(study: &GatedStudy) -> Segmentation {
    of_masks(vec![Mask::empty(study.rows(), study.columns()); study.frames()])
}

/// The identity of a method, which has no weights and so an empty hash of them.
fn named(name: &str) -> ModelIdentity {
    ModelIdentity { name: name.into(), sha256: String::new() }
}
