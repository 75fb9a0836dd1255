//! Why nothing was extracted (`ExtractionError`), or one study was not (`StudyError`).

use std::io;
use std::path::PathBuf;

use bloodpool_dataset::TableError;
use bloodpool_dicom::ReadError;
use bloodpool_files::{DocumentError, FileError, LockError};

/// Why nothing was extracted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExtractionError {
    /// The key file would be in the folder that raters receive.
    #[error("the key file {} would be in {}, which raters get; keep it elsewhere", key.display(), out.display())]
    KeyInside {
        /// The key file.
        key: PathBuf,
        /// The folder.
        out: PathBuf,
    },
    /// Another run is writing into the folder, it is not empty, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
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

/// Why one study was not extracted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StudyError {
    /// The file is no gated study, or is damaged.
    #[error(transparent)]
    Read(#[from] Box<ReadError>),
    /// The file cannot be read for its hash.
    #[error("cannot read {}: {source}", path.display())]
    Bytes {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The same bytes have another name, too: without a patient ID they would be two patients.
    #[error("{} holds the same bytes as {}; only the first was extracted", path.display(), first.display())]
    Duplicate {
        /// The file.
        path: PathBuf,
        /// The file that was extracted.
        first: PathBuf,
    },
    /// ED and ES are not known.
    #[error("{}: {source}", path.display())]
    Frames {
        /// The file.
        path: PathBuf,
        /// Why.
        source: FrameError,
    },
    /// A file of it cannot be written.
    #[error(transparent)]
    Write(#[from] FileError),
}

impl From<ReadError> for StudyError {
    fn from(error: ReadError) -> Self {
        Self::Read(Box::new(error))
    }
}

/// Why ED and ES of a study are not known.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// No pixel empties in systole.
    #[error("nothing empties in systole, so that no end-systole was found; give the frames in a table")]
    NotFound,
    /// The table of frames is wrong.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The table of frames lacks the study.
    #[error("no row for `{study}`")]
    NoRow {
        /// Name of the study.
        study: String,
    },
    /// The table names a frame that the study does not have.
    #[error("{} says {column} {frame}, but the study has {frames} frames", table.display())]
    Beyond {
        /// The table.
        table: PathBuf,
        /// The column.
        column: &'static str,
        /// The frame, from 1.
        frame: usize,
        /// Number of frames.
        frames: usize,
    },
    /// The table names one frame for both phases.
    #[error("{} names frame {frame} for both ED and ES", table.display())]
    Same {
        /// The table.
        table: PathBuf,
        /// The frame, from 1.
        frame: usize,
    },
}
