//! The classical methods by the names under which they are chosen.

use super::{PhaseAmplitude, RadialEdges, RegionGrowing, Watershed};
use crate::Segmenter;

/// A classical method that is chosen by name.
#[derive(Debug, Clone, Copy)]
pub struct ClassicalMethod {
    /// Its name, for example `radial-edges`.
    pub name: &'static str,
    /// What it does, in a few words.
    pub description: &'static str,
    segmenter: fn() -> Box<dyn Segmenter>,
}

/// All methods that need no other segmenter.
pub const METHODS: [ClassicalMethod; 5] = [
    ClassicalMethod {
        name: "region-growing",
        description: "seeds in LV, RV, atria and around compete for pixels",
        segmenter: || Box::new(RegionGrowing::default()),
    },
    ClassicalMethod {
        name: "radial-edges",
        description: "threshold and second derivative on rays from the middle of the LV",
        segmenter: || Box::new(RadialEdges::default()),
    },
    ClassicalMethod {
        name: "phase-amplitude",
        description: "the region of the first harmonic, on each frame without what is emptied",
        segmenter: || Box::new(PhaseAmplitude::default()),
    },
    ClassicalMethod {
        name: "phase-amplitude-fixed",
        description: "the region of the first harmonic, the same on every frame",
        segmenter: || Box::new(PhaseAmplitude { emptied_below: None, ..PhaseAmplitude::default() }),
    },
    ClassicalMethod {
        name: "watershed",
        description: "the ridge of the gradient between the seeds",
        segmenter: || Box::new(Watershed::default()),
    },
];

impl ClassicalMethod {
    /// The method of this name; `None` where there is none.
    #[must_use]
    pub fn by_name(name: &str) -> Option<&'static Self> {
        const ALL: &[ClassicalMethod] = &METHODS;
        ALL.iter().find(|method| method.name == name)
    }

    /// The method with its usual constants.
    #[must_use]
    pub fn segmenter(&self) -> Box<dyn Segmenter> {
        (self.segmenter)()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_method_has_a_name_and_an_identity_of_its_own() {
        let identities: BTreeSet<String> = METHODS.iter().map(|method| method.segmenter().identity().name).collect();
        assert_eq!(identities.len(), METHODS.len());
        for method in &METHODS {
            assert_eq!(ClassicalMethod::by_name(method.name).map(|found| found.description), Some(method.description));
        }
        assert!(ClassicalMethod::by_name("compact").is_none());
    }
}
