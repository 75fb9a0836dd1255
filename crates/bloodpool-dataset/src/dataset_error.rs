//! `DatasetError`: why a dataset, a study of it, or a group's consensus could not be read.

use std::path::{Path, PathBuf};

use crate::rated_frames::RatedPhase;
use bloodpool_files::document::DocumentError;
use bloodpool_files::whole_file::FileError;

/// Why a dataset, or a study of it, could not be read; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// The manifest could not be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// A file could not be read, or is not the one that was recorded.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file does not hold what the manifest says.
    #[error("{}: {reason}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A group of raters that the dataset does not know.
    #[error("the dataset has no group of raters `{group}`; {}", known_groups(known))]
    UnknownGroup {
        /// The group.
        group: String,
        /// The groups that it knows.
        known: Vec<String>,
    },
    /// A study on which a group of raters has no consensus.
    #[error("study `{study}` has no consensus of the group `{group}` at {phase}: {}", no_consensus(*raters))]
    NoGroupConsensus {
        /// The study.
        study: String,
        /// The group.
        group: String,
        /// The annotated frame.
        phase: RatedPhase,
        /// How many of the group drew on it.
        raters: usize,
    },
}

fn known_groups(known: &[String]) -> String {
    if known.is_empty() { "it knows none".to_owned() } else { format!("there are {}", known.join(", ")) }
}

fn no_consensus(raters: usize) -> String {
    match raters {
        0 => "nobody of it drew there".to_owned(),
        raters => format!("{raters} of it drew there, and no pixel has a majority"),
    }
}

impl DatasetError {
    pub(crate) fn content(path: &Path, reason: impl Into<String>) -> Self {
        Self::Content { path: path.to_owned(), reason: reason.into() }
    }
}
