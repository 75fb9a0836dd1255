//! The model as files: `model.json` describes it and how it was made, `model.safetensors` holds the weights.

use bloodpool_files::sha256;
use serde::{Deserialize, Serialize};

use crate::network::NetworkConfig;
use crate::origin::Origin;
use crate::passes::Passes;
use crate::validation::ValidationScores;

/// Name of the description.
pub const MODEL_JSON: &str = "model.json";
/// Name of the weights.
pub const WEIGHTS: &str = "model.safetensors";

/// The form of [`ModelDescription`]; another form has another name.
const SCHEMA: &str = "bloodpool.model/1";

/// What a model is and how it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelDescription {
    schema: String,
    /// Name of the model.
    pub name: String,
    /// SHA-256 of the weights file.
    pub sha256: String,
    /// The network.
    pub network: NetworkConfig,
    /// Side of the network's grid, pixels.
    pub grid: usize,
    /// Input channels per frame.
    pub channels: usize,
    /// How many passes of the network a study gets; `looks` in the file.
    #[serde(default, rename = "looks")]
    pub passes: Passes,
    /// How it was made.
    pub training: TrainingSummary,
}

/// How a model was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainingSummary {
    /// Optimisation steps that made these weights.
    pub steps: usize,
    /// Seed of the run.
    pub seed: u64,
    /// Studies drawn.
    pub studies: usize,
    /// Program and data.
    pub origin: Origin,
    /// Scores of the last validation.
    pub validation: Option<ValidationScores>,
}

impl ModelDescription {
    /// Describes weights.
    #[must_use]
    pub fn new(name: &str, network: &NetworkConfig, passes: Passes, weights: &[u8], training: TrainingSummary) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            name: name.to_owned(),
            sha256: sha256(weights),
            network: network.clone(),
            grid: network.layout().side,
            channels: network.layout().channels(),
            passes,
            training,
        }
    }

    /// From JSON, for these weights.
    ///
    /// # Errors
    /// A sentence saying what does not fit.
    pub fn from_json(json: &str, weights: &[u8]) -> Result<Self, String> {
        let description: Self = serde_json::from_str(json).map_err(|error| format!("{MODEL_JSON}: {error}"))?;
        if description.schema != SCHEMA {
            return Err(format!("{MODEL_JSON}: schema {:?} is not {SCHEMA:?}", description.schema));
        }
        let layout = description.network.layout();
        if (description.grid, description.channels) != (layout.side, layout.channels()) {
            let Self { grid, channels, .. } = description;
            return Err(format!(
                "the model wants {channels} channels of {grid} pixels, this program gives its network {} of {}",
                layout.channels(),
                layout.side
            ));
        }
        if description.sha256 != sha256(weights) {
            return Err(format!("{WEIGHTS} is not the file that {MODEL_JSON} describes: its SHA-256 differs"));
        }
        Ok(description)
    }

    /// As JSON.
    ///
    /// # Errors
    /// What the writer says.
    pub fn to_json(&self) -> Result<String, String> {
        serde_json::to_string_pretty(self).map(|json| json + "\n").map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_fits_its_weights_alone() {
        let origin = Origin {
            software: "a".into(),
            training_data: "b".into(),
            validation_data: "c".into(),
            data_folder: None,
            started_from: None,
        };
        let training = TrainingSummary { steps: 10, seed: 1, studies: 20, origin, validation: None };
        let model = ModelDescription::new("name", &NetworkConfig::default(), Passes::Once, b"weights", training);
        let json = model.to_json().unwrap();
        assert_eq!(ModelDescription::from_json(&json, b"weights").unwrap(), model);
        let error = |json: &str, weights: &[u8]| ModelDescription::from_json(json, weights).unwrap_err();
        assert!(error(&json, b"others").contains("SHA-256"));
        assert!(error(&json.replace("model/1", "model/9"), b"weights").contains("model/9"));
        assert!(error(&json.replace("\"grid\": 64", "\"grid\": 32"), b"weights").contains("32"));
        assert!(error(&json.replace("\"grid\"", "\"mesh\""), b"weights").contains("mesh"));
    }
}
