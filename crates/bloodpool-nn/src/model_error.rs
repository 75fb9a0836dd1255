//! `ModelError`: why a model cannot be used.

use std::path::PathBuf;

use crate::model_file::MODEL_JSON;

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file could not be read.
    #[error("cannot read {path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// There is no finished model in the folder.
    #[error("{0} holds no {MODEL_JSON}: its training is not finished; resume it first")]
    Unfinished(PathBuf),
    /// The files do not make a model.
    #[error("cannot use the model{}: {message}", .folder.as_ref().map(|path| format!(" in {}", path.display())).unwrap_or_default())]
    Invalid {
        /// Where it was read from, unless it came as bytes.
        folder: Option<PathBuf>,
        /// What is wrong.
        message: String,
    },
}
