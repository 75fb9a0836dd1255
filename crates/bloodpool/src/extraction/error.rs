//! `ExtractionError`: why nothing was extracted.

use std::path::PathBuf;

use bloodpool_dataset::TableError;
use bloodpool_files::{DocumentError, FileError};

/// Why nothing was extracted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractionError {
    /// The key would lie where raters look.
    #[error("the key file {} would be in {}, which raters get; keep it elsewhere", key.display(), out.display())]
    KeyInside {
        /// The key file.
        key: PathBuf,
        /// The folder.
        out: PathBuf,
    },
    /// The folder holds anything.
    #[error("{} is not empty; nothing was written", out.display())]
    Occupied {
        /// The folder.
        out: PathBuf,
    },
    /// The table of frames cannot be read.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table of frames lacks studies.
    #[error("{} has no row for {}; nothing was written", table.display(), studies.join(", "))]
    NoRows {
        /// The table.
        table: PathBuf,
        /// The studies.
        studies: Vec<String>,
    },
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest cannot be written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The key file cannot be written.
    #[error("the key file cannot be written")]
    Key(#[from] csv::Error),
}
