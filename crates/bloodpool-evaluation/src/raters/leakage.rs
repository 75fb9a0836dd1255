//! `Leakage`: studies of an evaluation that a model was trained or validated on, or whose patients it has seen.

use std::collections::HashSet;

use bloodpool_core::StudyKey;
use bloodpool_dataset::DatasetPart;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The studies that a model was trained or validated on, as far as they are known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// Those that are known.
    pub keys: Vec<StudyKey>,
    /// Whether these are all.
    pub complete: bool,
}

/// What was found when the studies of an evaluation were compared with those that the model has seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Leakage {
    /// Whether every study that the model was trained or validated on is known, those of the models that it started from included.
    pub complete: bool,
    /// Studies that the model had seen before it was evaluated.
    pub seen_studies: usize,
    /// The studies that are left out of every result.
    pub left_out: Vec<LeftOut>,
}

/// A study that is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Name of the study in the dataset.
    pub case: String,
    /// Pseudonym of the patient.
    pub patient: String,
    /// What the model had seen.
    pub seen: SeenAs,
}

/// What a model had seen of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SeenAs {
    /// The study itself.
    Study,
    /// Another study of the same patient.
    Patient,
}

impl Leakage {
    /// Compares the studies of a part with those that a model has seen.
    #[must_use]
    pub fn of(part: &DatasetPart, seen: &Seen) -> Self {
        let counts: HashSet<&str> = seen.keys.iter().map(|key| key.counts.as_str()).collect();
        let patients: HashSet<&str> = seen.keys.iter().filter_map(|key| key.patient.as_deref()).collect();
        let left_out = part.studies().filter_map(|study| {
            let key = study.key();
            let known = key.patient.is_some_and(|patient| patients.contains(patient.as_str()));
            let seen = match (counts.contains(key.counts.as_str()), known) {
                (true, _) => SeenAs::Study,
                (false, true) => SeenAs::Patient,
                (false, false) => return None,
            };
            Some(LeftOut { case: study.name().to_owned(), patient: study.patient().to_owned(), seen })
        });
        Self { complete: seen.complete, seen_studies: seen.keys.len(), left_out: left_out.collect() }
    }

    /// What was found for several models, each on studies of its own.
    #[must_use]
    pub fn joined(found: Vec<Self>) -> Option<Self> {
        found.into_iter().reduce(|mut all, next| {
            all.complete &= next.complete;
            all.seen_studies += next.seen_studies;
            all.left_out.extend(next.left_out);
            all
        })
    }

    /// Whether a study is left out.
    #[must_use]
    pub fn leaves_out(&self, case: &str) -> bool {
        self.left_out.iter().any(|left_out| left_out.case == case)
    }

    /// What a reader must know of it.
    pub(super) fn remarks(&self, evaluated: usize) -> Vec<String> {
        let mut remarks = Vec::new();
        if !self.left_out.is_empty() {
            let names: Vec<&str> = self.left_out.iter().map(|left_out| left_out.case.as_str()).collect();
            remarks.push(format!(
                "{} of the {} studies are left out, because the model was trained or validated on them or on another study of \
                 their patients: {}.",
                names.len(),
                names.len() + evaluated,
                names.join(", ")
            ));
        }
        if !self.complete {
            remarks.push(
                "It is not recorded which patients the model was trained and validated on: it, or a model that it started from, is \
                 of an earlier version or of another program. Whether patients of this evaluation are among them could not be \
                 checked in full."
                    .to_owned(),
            );
        }
        remarks
    }
}
