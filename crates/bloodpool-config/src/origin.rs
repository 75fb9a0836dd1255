//! `Origin`: which program and which data a run was made with, and which studies its weights have seen.

use std::path::PathBuf;

use bloodpool_core::StudyKey;
use serde::{Deserialize, Serialize};

/// What made a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Origin {
    /// Program and version.
    pub software: String,
    /// The training studies.
    pub training_data: String,
    /// The validation studies.
    pub validation_data: String,
    /// The folder of the training studies; `None` where they are simulated on the fly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_folder: Option<PathBuf>,
    /// The model whose weights it started from, and their SHA-256; `None`: from random weights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_from: Option<String>,
    /// The studies that its weights were trained or validated on, as hashes; `None` in runs of earlier versions, and in a model's
    /// description, which is given to others: a patient ID can be guessed from its hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<SeenStudies>,
}

impl Origin {
    /// SHA-256 of the dataset that the run was trained on, from its description; `None` where the studies were simulated on the fly.
    #[must_use]
    pub fn dataset_sha256(&self) -> Option<&str> {
        self.data_folder.as_ref()?;
        // Other words may follow, for example of studies with a reference LVEF alone.
        let (_, after) = self.training_data.split_once("dataset.json sha256 ")?;
        after.split(|letter: char| !letter.is_ascii_alphanumeric()).next()
    }
}

/// The studies that the weights of a run were trained or validated on. A list is `None` where its studies are not known, and empty
/// where every study was simulated for the training alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct SeenStudies {
    /// The training studies of this run.
    pub training: Option<Vec<StudyKey>>,
    /// The validation studies of this run.
    pub validation: Option<Vec<StudyKey>>,
    /// Training and validation of the model that it started from, and of the models before that; empty from random weights.
    pub before: Option<Vec<StudyKey>>,
}

impl SeenStudies {
    /// Every study that is known, each once, and whether these are all.
    #[must_use]
    pub fn known(&self) -> (Vec<StudyKey>, bool) {
        let lists = [&self.training, &self.validation, &self.before];
        let mut keys: Vec<StudyKey> = lists.into_iter().flatten().flatten().cloned().collect();
        keys.sort();
        keys.dedup();
        (keys, lists.into_iter().all(Option::is_some))
    }
}
