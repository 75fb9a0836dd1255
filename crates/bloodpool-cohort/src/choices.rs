//! `AnalysisChoices`: by what all studies of a cohort are analysed, as data that reaches each worker and is part of each key.

use std::path::PathBuf;

use bloodpool::{Analyzer, Model, Protocol, Selection};
use bloodpool_files::{read_bytes, sha256};
use serde::{Deserialize, Serialize};

use crate::CohortError;

/// By what all studies of a cohort are analysed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnalysisChoices {
    /// An embedded model by name, the folder of a run, or a classical method.
    pub model: String,
    /// Where the network runs.
    pub device: String,
    /// `None`: the default for the model.
    pub protocol: Option<Protocol>,
    /// File with the local calibration of the interval.
    pub calibration: Option<PathBuf>,
    /// Group of it that the studies belong to.
    pub calibration_group: Option<String>,
    /// Which part of a file is read.
    pub selection: Selection,
}

impl Default for AnalysisChoices {
    fn default() -> Self {
        Self {
            model: bloodpool::model::DEFAULT.to_owned(),
            device: bloodpool::model::DEFAULT_DEVICE.to_owned(),
            protocol: None,
            calibration: None,
            calibration_group: None,
            selection: Selection::default(),
        }
    }
}

impl AnalysisChoices {
    /// What analyses the studies.
    ///
    /// # Errors
    /// [`bloodpool::Error`] when model, device or calibration cannot be used.
    pub fn analyzer(&self) -> Result<Analyzer, bloodpool::Error> {
        let analyzer = Analyzer::new(Model::load(&self.model, &self.device)?).selection(self.selection.clone());
        let analyzer = match &self.protocol {
            Some(protocol) => analyzer.protocol(protocol.clone()),
            None => analyzer,
        };
        match &self.calibration {
            Some(file) => analyzer.calibration(file, self.calibration_group.clone()),
            None => Ok(analyzer),
        }
    }

    /// SHA-256 of the choices that change a number beside the model: protocol, calibration, and which part of a file is read.
    ///
    /// # Errors
    /// [`CohortError`] when the file of the calibration cannot be read.
    pub fn sha256(&self) -> Result<String, CohortError> {
        let calibration = self.calibration.as_deref().map(|path| read_bytes(path).map(|bytes| sha256(&bytes)));
        let all = (&self.protocol, calibration.transpose()?, &self.calibration_group, &self.selection);
        Ok(sha256(&serde_json::to_vec(&all)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_that_changes_a_number_changes_the_hash() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("local.json");
        std::fs::write(&file, "{}").unwrap();
        let usual = AnalysisChoices::default();
        let others = [
            AnalysisChoices { protocol: Some(Protocol::standard()), ..usual.clone() },
            AnalysisChoices { protocol: Some(Protocol::paper()), ..usual.clone() },
            AnalysisChoices { calibration: Some(file), ..usual.clone() },
            AnalysisChoices { selection: Selection { detector: Some(2), ..Selection::default() }, ..usual.clone() },
        ];
        let mut hashes: Vec<String> = others.iter().chain([&usual]).map(|one| one.sha256().unwrap()).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), 5);
        // The device decides how fast, not what.
        let other_device = AnalysisChoices { device: "wgpu".into(), ..usual.clone() };
        assert_eq!(other_device.sha256().unwrap(), usual.sha256().unwrap());
        let json = serde_json::to_string(&others[0]).unwrap();
        assert_eq!(serde_json::from_str::<AnalysisChoices>(&json).unwrap().protocol, others[0].protocol);
    }
}
