//! `EvaluationError`: why an evaluation could not be made or written.

use std::io;
use std::path::PathBuf;

use bloodpool_core::SampleError;
use bloodpool_dataset::{DatasetError, LabelMeError};
use bloodpool_dicom::WriteError;
use bloodpool_files::{DocumentError, FileError, LockError};
use bloodpool_nn::run_folder::RunFolderError;
use plotters::drawing::DrawingAreaErrorKind;

/// Why an evaluation could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationError {
    /// A study of the dataset could not be read.
    #[error("study {study} cannot be read")]
    Study {
        /// Its name.
        study: String,
        /// Why.
        #[source]
        source: Box<DatasetError>,
    },
    /// The dataset could not be read.
    #[error(transparent)]
    Dataset(Box<DatasetError>),
    /// A dataset names frame 0.
    #[error("study {study} names frame 0; frames are numbered from 1")]
    FrameZero {
        /// Its name.
        study: String,
    },
    /// A protocol counts in no ROIs, so that drawn ROIs cannot be measured by it.
    #[error("protocol `{protocol}` is not ROI-based; drawn ROIs cannot be measured by it")]
    NoRois {
        /// Its name.
        protocol: String,
    },
    /// A document could not be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Another run is writing into the folder, it is not empty, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A study could not be simulated.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// A study could not be written as DICOM.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A rater's file could not be written.
    #[error(transparent)]
    Annotation(#[from] LabelMeError),
    /// The folder of a training run could not be read.
    #[error(transparent)]
    Run(#[from] RunFolderError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The evaluation of the test split could not be recorded.
    #[error("{} cannot be written; no result of the test split is shown without this record", path.display())]
    TestRead {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no mask in a folder of masks.
    #[error("there is no mask in {}: a PNG or NumPy file per image of the dataset is needed, named as the image", folder.display())]
    NoMasks {
        /// The folder.
        folder: PathBuf,
    },
    /// A file is no mask.
    #[error("{} is no mask: {why}", path.display())]
    NoMask {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
    },
    /// A mask has another size than the image and the study.
    #[error(
        "{} has {} x {} pixels; {} x {}, or {} x {} as the study itself, are needed", path.display(), found[0], found[1],
        expected[0][0], expected[0][1], expected[1][0], expected[1][1]
    )]
    MaskSize {
        /// The file.
        path: PathBuf,
        /// Its rows and columns.
        found: [usize; 2],
        /// Those of the image, and those of the study.
        expected: [[usize; 2]; 2],
    },
    /// A figure could not be drawn.
    #[error("a figure cannot be drawn")]
    Figure(#[from] DrawingAreaErrorKind<io::Error>),
    /// The font of the figures could not be read.
    #[error("the font of the figures cannot be read")]
    Font(#[from] ttf_parser::FaceParsingError),
    /// A picture could not be encoded.
    #[error("a picture cannot be encoded")]
    Picture(#[from] image::ImageError),
    /// A table could not be written.
    #[error("a table cannot be written")]
    Table(#[from] csv::Error),
    /// A record could not be read or written as JSON.
    #[error("a record cannot be read or written as JSON")]
    Json(#[from] serde_json::Error),
}

impl From<DatasetError> for EvaluationError {
    fn from(error: DatasetError) -> Self {
        Self::Dataset(Box::new(error))
    }
}
