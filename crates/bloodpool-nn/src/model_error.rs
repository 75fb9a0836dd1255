//! `ModelError`: why a model cannot be used.

use std::path::PathBuf;

use crate::model_file::{MODEL_JSON, ModelFileError, WEIGHTS};
use crate::weights_error::WeightsError;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// A file could not be read.
    #[error("cannot read {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// It is a file, where a folder is expected.
    #[error("{0} is a file: a model is the folder that holds {MODEL_JSON} and {WEIGHTS}")]
    NotAFolder(PathBuf),
    /// There is no finished model in the folder.
    #[error("{0} holds no {MODEL_JSON}: its training is not finished; resume it first")]
    Unfinished(PathBuf),
    /// The files do not make a model.
    #[error("cannot use the model{}", .folder.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    Invalid {
        /// Where it was read from, unless it came as bytes.
        folder: Option<PathBuf>,
        /// What is wrong.
        source: InvalidModel,
    },
}

/// What is wrong with the files of a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidModel {
    /// The description, or it does not fit the weights.
    #[error(transparent)]
    Description(#[from] ModelFileError),
    /// The weights.
    #[error("{WEIGHTS} cannot be used")]
    Weights(#[from] WeightsError),
}
