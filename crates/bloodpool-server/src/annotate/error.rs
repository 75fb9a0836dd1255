//! Why an annotation cannot be started, and why a drawing cannot be read, changed or saved.

use std::path::PathBuf;

use bloodpool_core::outline::OutlineEditError;
use bloodpool_dataset::TableError;
use bloodpool_files::{DocumentError, FileError, LockError};

/// Why an annotation cannot be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnnotationError {
    /// The manifest of the images, or the history of a drawing.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The table of assignments.
    #[error(transparent)]
    Table(#[from] TableError),
    /// An image that is missing or changed, or a folder that cannot be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another program writes into the folder of the raters.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// There is nothing to draw on.
    #[error("{} has no images", .0.display())]
    NoImages(PathBuf),
    /// There is nobody who draws.
    #[error("no rater is named; name raters, or a table of assignments that names them")]
    NoRaters,
    /// A name that is no name of a folder and of an account.
    #[error(
        "{0:?} cannot be the name of a rater: it has 1 to 64 letters, digits, and the characters . _ - @, and does not begin with a dot"
    )]
    RaterName(String),
    /// Two raters would share a folder.
    #[error("the raters {0:?} and {1:?} have the same name; rename one")]
    SameRater(String, String),
    /// A rater without images.
    #[error("{} assigns no image to rater {rater:?}", table.display())]
    NothingAssigned {
        /// The table.
        table: PathBuf,
        /// The rater.
        rater: String,
    },
    /// A share that is none.
    #[error("{0} is no share of the studies for a second reading; it must be more than 0 and at most 100 percent")]
    SecondReading(f64),
    /// The table says already what is read twice.
    #[error("{} names second drawings (repeat 2) already; leave the share of the second reading out", .0.display())]
    RepeatsInTable(PathBuf),
    /// An account of this name is not a rater's, or is disabled.
    #[error("the account {0:?} cannot draw: it is disabled, or has another role than rater; choose another name")]
    OtherAccount(String),
    /// The data folder.
    #[error(transparent)]
    Store(#[from] crate::store::error::StoreError),
}

/// Why a drawing cannot be read, changed or saved.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DrawingError {
    /// The tool refused.
    #[error(transparent)]
    Edit(#[from] OutlineEditError),
    /// A file that this program did not write is where the drawing would be saved; or the one it wrote was changed.
    #[error("a file that this program did not write is in the place of this drawing; it was left as it is")]
    InTheWay,
    /// The drawing was changed in another window.
    #[error("the drawing was changed in another window meanwhile")]
    ChangedSince,
    /// There is nothing to undo or redo, or the change changes nothing.
    #[error("there is nothing to do")]
    Nothing(&'static str),
    /// A file. Its message names the image, which may name a patient: it is not logged and not shown.
    #[error(transparent)]
    File(#[from] FileError),
    /// The history is no history.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The annotation cannot be encoded.
    #[error("the drawing cannot be written as text")]
    Encoding,
}

impl DrawingError {
    /// What the operating system says, without names of files.
    pub(crate) fn kind(&self) -> Option<std::io::ErrorKind> {
        match self {
            Self::File(FileError::Write { source, .. } | FileError::Read { source, .. })
            | Self::Document(DocumentError::File(FileError::Write { source, .. } | FileError::Read { source, .. })) => {
                Some(source.kind())
            }
            _ => None,
        }
    }
}
