//! The model as files: `model.json` describes it and how it was made, `model.safetensors` holds the weights.

use bloodpool_files::sha256;
use serde::{Deserialize, Serialize};

use crate::input_layout::Layout;
use crate::network::NetworkConfig;
use crate::network_error::NetworkError;
use crate::origin::Origin;
use crate::passes::Passes;
use crate::scores::ValidationScores;

/// Name of the description.
pub const MODEL_JSON: &str = "model.json";
/// Name of the weights.
pub const WEIGHTS: &str = "model.safetensors";

/// The form of [`ModelDescription`]; another form has another name.
pub const SCHEMA: &str = "bloodpool.model/1";

/// Why a description cannot be used or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelFileError {
    /// It is not JSON, or its keys and values are not those of a description.
    #[error("{MODEL_JSON} is malformed")]
    Json(#[source] serde_json::Error),
    /// It has another form.
    #[error("{MODEL_JSON}: schema {found:?} is not {SCHEMA:?}")]
    Schema {
        /// Its schema.
        found: String,
    },
    /// Its network has a size for which there is no memory.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Its input is not that of its network.
    #[error(
        "the model has an input of {channels} channels of {grid} pixels, its network in this program one of {} of {}",
        .expected.channels(), .expected.side
    )]
    Input {
        /// Channels in the description.
        channels: usize,
        /// Side of the grid in the description, pixels.
        grid: usize,
        /// Input of the network.
        expected: Layout,
    },
    /// It describes other weights.
    #[error("{WEIGHTS} is not the file that {MODEL_JSON} describes: its SHA-256 differs")]
    OtherWeights,
    /// It cannot be encoded.
    #[error("{MODEL_JSON} cannot be written")]
    Write(#[source] serde_json::Error),
}

/// What a model is and how it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
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
    /// [`ModelFileError`] when it is not a description of these weights.
    pub fn from_json(json: &[u8], weights: &[u8]) -> Result<Self, ModelFileError> {
        let description: Self = serde_json::from_slice(json).map_err(ModelFileError::Json)?;
        if description.schema != SCHEMA {
            return Err(ModelFileError::Schema { found: description.schema });
        }
        description.network.check_sizes()?;
        let expected = description.network.layout();
        if (description.grid, description.channels) != (expected.side, expected.channels()) {
            let Self { grid, channels, .. } = description;
            return Err(ModelFileError::Input { channels, grid, expected });
        }
        if description.sha256 != sha256(weights) {
            return Err(ModelFileError::OtherWeights);
        }
        Ok(description)
    }

    /// As JSON.
    ///
    /// # Errors
    /// [`ModelFileError::Write`].
    pub fn to_json(&self) -> Result<String, ModelFileError> {
        serde_json::to_string_pretty(self).map(|json| json + "\n").map_err(ModelFileError::Write)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::error::Error;

    #[test]
    fn a_description_fits_its_weights_alone() {
        let origin = Origin {
            software: "a".into(),
            training_data: "b".into(),
            validation_data: "c".into(),
            data_folder: None,
            started_from: None,
            seen: None,
        };
        let training = TrainingSummary { steps: 10, seed: 1, studies: 20, origin, validation: None };
        let model = ModelDescription::new("name", &NetworkConfig::default(), Passes::Once, b"weights", training);
        let json = model.to_json().unwrap();
        assert_eq!(ModelDescription::from_json(json.as_bytes(), b"weights").unwrap(), model);
        let error = |json: &str, weights: &[u8]| {
            let error = ModelDescription::from_json(json.as_bytes(), weights).unwrap_err();
            format!("{error}: {}", error.source().map(ToString::to_string).unwrap_or_default())
        };
        assert!(error(&json, b"others").contains("SHA-256"));
        assert!(error(&json.replace("model/1", "model/9"), b"weights").contains("model/9"));
        assert!(error(&json.replace("\"grid\": 64", "\"grid\": 32"), b"weights").contains("32"));
        assert!(error(&json.replace("\"grid\"", "\"mesh\""), b"weights").contains("mesh"));
        let wide = json.replace("24,", "99999999999999,");
        assert!(error(&wide, b"weights").contains("width is 99999999999999; it must be 1024 or less"), "{wide}");
    }
}
