//! Why corrections were not compared.

use std::path::PathBuf;

use bloodpool_files::document::DocumentError;
use bloodpool_files::whole_file::FileError;

use crate::annotations::RatersError;
use crate::consensus::ConsensusError;
use crate::labelme::LabelMeError;

/// Why prelabels and what raters made of them were not compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CorrectionsError {
    /// A file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record could not be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The raters could not be determined.
    #[error(transparent)]
    Raters(#[from] RatersError),
    /// A prelabel could not be read, or is not the file that was recorded.
    #[error(transparent)]
    Prelabel(#[from] LabelMeError),
    /// The counts of a study could not be read.
    #[error(transparent)]
    Study(#[from] ConsensusError),
    /// The record lists an image that is not in the folder of images.
    #[error("{} lists the image {image}, which is not in {}", record.display(), images.display())]
    UnknownImage {
        /// The record of prelabels.
        record: PathBuf,
        /// The image.
        image: String,
        /// The folder of images.
        images: PathBuf,
    },
    /// The record lists an image twice.
    #[error("{} lists the image {image} twice", record.display())]
    Twice {
        /// The record of prelabels.
        record: PathBuf,
        /// The image.
        image: String,
    },
    /// A prelabel that does not have the size of the images or the recorded area.
    #[error("the prelabel of {image} in {} {reason}", record.display())]
    OtherPrelabel {
        /// The record of prelabels.
        record: PathBuf,
        /// The image.
        image: String,
        /// What is wrong.
        reason: String,
    },
    /// The only rater is the folder of prelabels itself.
    #[error("{} is the folder of prelabels; no other folder of a rater was found", .0.display())]
    OnlyPrelabels(PathBuf),
}
