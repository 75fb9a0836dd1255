//! `CohortError`: why a cohort was not analysed, listed or reported.

use std::io;
use std::path::PathBuf;

use bloodpool_files::{FileError, LockError};
use parquet::errors::ParquetError;

/// Why a cohort was not analysed, listed or reported. One study that fails is a row, not an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CohortError {
    /// The model, the device, the protocol or the calibration cannot be used.
    #[error(transparent)]
    Analyzer(#[from] bloodpool::Error),
    /// The folder is in use, or cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A list of files names nothing.
    #[error("{} names no file", path.display())]
    EmptyList {
        /// The list.
        path: PathBuf,
    },
    /// A file of rows cannot be read.
    #[error("{} cannot be read as rows of a cohort: {reason}; move it away, and the next run analyses its studies again", path.display())]
    Part {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Rows cannot be encoded.
    #[error("rows cannot be written as Parquet")]
    Encode(#[from] ParquetError),
    /// A document cannot be written as JSON.
    #[error("a document cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The folder holds rows of another kind of identity, or of another key file.
    #[error(
        "{} holds rows with the identity `{there}`{key}, not `{asked}`; choose another folder",
        path.display(), key = if *other_key { " of another key file" } else { "" }
    )]
    OtherIdentity {
        /// The record of the folder.
        path: PathBuf,
        /// What the rows have.
        there: &'static str,
        /// What was asked for.
        asked: &'static str,
        /// Whether only the key file differs.
        other_key: bool,
    },
    /// The folder holds something else.
    #[error("{} is not empty and not a cohort folder; nothing was written", path.display())]
    NotACohort {
        /// The folder.
        path: PathBuf,
    },
    /// The folder holds no rows.
    #[error("{} holds no rows of a cohort", path.display())]
    NoRows {
        /// The folder.
        path: PathBuf,
    },
    /// The key file would lie beside the rows.
    #[error("the key file {} would be in {}, beside the rows that it protects; keep it elsewhere", key.display(), out.display())]
    KeyInside {
        /// The key file.
        key: PathBuf,
        /// The output folder.
        out: PathBuf,
    },
    /// A key file cannot be used.
    #[error("the key file {} {reason}", path.display())]
    KeyFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The program that analyses studies cannot be started.
    #[error("the program that analyses studies cannot be started")]
    Worker(#[source] io::Error),
    /// The run that a worker works for has ended.
    #[error("the run that this process works for has ended")]
    RunEnded(#[source] io::Error),
    /// It ended before it was given a study.
    #[error("the program that analyses studies ended before it was given a study: {0}")]
    WorkerEnded(String),
}
