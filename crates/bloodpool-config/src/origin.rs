//! `Origin`: which program and which data a run was made with.

use std::path::PathBuf;

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
}
