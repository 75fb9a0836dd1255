//! Why no consensus was formed.

use std::path::PathBuf;

use bloodpool_files::LockError;
use bloodpool_files::document::DocumentError;
use bloodpool_files::whole_file::FileError;
use bloodpool_stats::AgreementError;

use super::usual_lvef::UnusualLvef;
use crate::annotations::{AnnotationProblem, RatersError};

/// Why no consensus was formed. Nothing was written unless a file could not be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsensusError {
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A manifest could not be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Another run is writing into the folder, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The raters or their groups could not be determined.
    #[error(transparent)]
    Raters(#[from] RatersError),
    /// Images are missing, or are not those that were extracted; all of them are named.
    #[error("{} of the images cannot be used:\n  {}", .0.len(), .0.join("\n  "))]
    Images(Vec<String>),
    /// A rater to be left out who does not exist.
    #[error("there is no rater `{name}` to leave out; there are {}", known.join(", "))]
    UnknownRater {
        /// The name.
        name: String,
        /// The raters that exist.
        known: Vec<String>,
    },
    /// Raters' files with errors; warnings are listed with them.
    #[error("{} in raters' files; nothing was written", errors(.0))]
    Problems(Vec<AnnotationProblem>),
    /// Images that too few raters drew on.
    #[error(
        "{} images have fewer raters than the {min_raters} asked for: {}. Complete them, or accept fewer raters",
        images.len(),
        some(images)
    )]
    TooFewRaters {
        /// Fewest raters.
        min_raters: usize,
        /// The images.
        images: Vec<String>,
    },
    /// A study is accepted by name that does not exist.
    #[error("there is no study `{case}` to accept")]
    UnknownCase {
        /// The name.
        case: String,
    },
    /// Studies whose consensus has an LVEF that no beating heart has.
    #[error(transparent)]
    UnusualLvef(#[from] UnusualLvef),
    /// Images on which raters share no majority.
    #[error("no pixel has a majority on {}; their raters drew in different places", some(.0))]
    NoMajority(Vec<String>),
    /// Masks that cannot be compared.
    #[error("raters cannot be compared")]
    Agreement(#[from] AgreementError),
    /// Counts that are not a study.
    #[error("{}: {reason}", path.display())]
    Counts {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// The first few names of many.
fn some(names: &[String]) -> String {
    let shown = names.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(5) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The number of errors among the problems, as text.
fn errors(problems: &[AnnotationProblem]) -> String {
    match problems.iter().filter(|problem| problem.is_error()).count() {
        1 => "1 error".to_owned(),
        more => format!("{more} errors"),
    }
}
