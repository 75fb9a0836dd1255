//! `StudyError`: why one study was not extracted.

use std::path::PathBuf;

use bloodpool_dicom::ReadError;
use bloodpool_files::FileError;

/// Why one study was not extracted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The file is no gated study, or is damaged.
    #[error(transparent)]
    Read(#[from] Box<ReadError>),
    /// ED and ES are not known.
    #[error("{}: {why}", path.display())]
    Frames {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The file has the same bytes as another one.
    #[error("{} holds the same bytes as {}; only the first was extracted", path.display(), first.display())]
    SameBytes {
        /// The file.
        path: PathBuf,
        /// The file that was extracted.
        first: PathBuf,
    },
    /// The bytes of the file cannot be read.
    #[error("cannot read {}: {error}", path.display())]
    Bytes {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A file of the study cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
}

impl From<ReadError> for StudyError {
    fn from(error: ReadError) -> Self {
        Self::Read(Box::new(error))
    }
}
