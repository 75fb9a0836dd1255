//! `Error`: the one error of the library, with a stable code for programs.

use std::io;
use std::path::PathBuf;

use bloodpool_core::AnalysisError;
use bloodpool_core::uncertainty::CalibrationError;
use bloodpool_dicom::objects::ObjectError;
use bloodpool_dicom::{Attribute, ReadError, WriteError};
use bloodpool_evaluation::EvaluationError;
use bloodpool_files::document::DocumentError;
use bloodpool_nn::ModelError;
use bloodpool_nn::device::DeviceError;
use bloodpool_nn::foreign_weights::ForeignWeightsError;
use bloodpool_onnx::OnnxError;
use bloodpool_report::{NotFinite, PdfError, ReportError, SerialError};

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file is no gated study, or is damaged.
    #[error(transparent)]
    Read(#[from] Box<ReadError>),
    /// Files that were to be one study are not.
    #[error("the files are not one study but {studies}")]
    SeveralStudies {
        /// Studies, single frames that belong to none included; 1 where there is no file at all.
        studies: usize,
    },
    /// A study was read and could not be measured.
    #[error("{study}: {error}")]
    Analysis {
        /// File or name of the study.
        study: String,
        /// Why.
        #[source]
        error: AnalysisError,
    },
    /// A result came out infinite or undefined.
    #[error("{study}: {error}")]
    NotFinite {
        /// File or name of the study.
        study: String,
        /// Which result.
        #[source]
        error: NotFinite,
    },
    /// No model has this name.
    #[error("model `{name}` is neither known by name ({known}) nor the folder of a training run nor an ONNX file")]
    UnknownModel {
        /// The name.
        name: String,
        /// Embedded models and classical methods.
        known: String,
    },
    /// A model is unusable.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The description of an ensemble cannot be read.
    #[error(transparent)]
    Ensemble(#[from] DocumentError),
    /// A member of an ensemble cannot be used.
    #[error("{} {reason}", path.display())]
    EnsembleMember {
        /// The description.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Weights of another program cannot be read.
    #[error(transparent)]
    ForeignWeights(#[from] ForeignWeightsError),
    /// An ONNX file cannot be used.
    #[error(transparent)]
    Onnx(#[from] OnnxError),
    /// This build cannot run ONNX files.
    #[error("{}: this build cannot run ONNX files; build it with the cargo feature `onnx`", path.display())]
    OnnxNotCompiledIn {
        /// The file.
        path: PathBuf,
    },
    /// An ONNX file was to run elsewhere than on the processor.
    #[error("ONNX files run on the processor alone, not on {device:?}; choose the device cpu")]
    OnnxOnProcessor {
        /// The device.
        device: String,
    },
    /// A device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A file that belongs to a model cannot be read.
    #[error("cannot read {}", path.display())]
    ModelFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The calibration of an interval is malformed.
    #[error("the calibration in {place} is malformed: {message}")]
    Calibration {
        /// File, or `the embedded model`.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// A calibration was made for another model or protocol.
    #[error("{place} was made for the interval of model {model} ({data}), not for that of this one")]
    OtherCalibration {
        /// File.
        place: String,
        /// Model it was made for.
        model: String,
        /// What that model's interval was calibrated on.
        data: String,
    },
    /// A model has no interval that a local calibration could scale.
    #[error("model {model} was shipped without an interval that a calibration could scale")]
    NoInterval {
        /// Name of the model.
        model: String,
    },
    /// Studies of a patient cannot be compared.
    #[error(transparent)]
    Serial(#[from] SerialError),
    /// The document of an earlier, signed analysis cannot be used.
    #[error("{} {reason}", path.display())]
    Signed {
        /// The document.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// An evaluation or a simulation could not be made or written.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// A report could not be made or written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// A PDF report cannot be made.
    #[error(transparent)]
    Pdf(#[from] PdfError),
    /// What was found cannot be a valid DICOM object.
    #[error("the result cannot be a DICOM object: {0}")]
    Object(#[from] ObjectError),
    /// A DICOM object could not be encoded.
    #[error(transparent)]
    Encode(#[from] WriteError),
    /// A document could not be written as JSON.
    #[error("a document cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// A stable code, for example `not_dicom`: that of the cause where it has one.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read(error) => error.code(),
            Self::SeveralStudies { .. } => "several_studies",
            Self::Analysis { error, .. } => error.code(),
            Self::NotFinite { .. } => "not_finite",
            Self::UnknownModel { .. } => "model_unknown",
            Self::Model(_)
            | Self::ModelFile { .. }
            | Self::Ensemble(_)
            | Self::EnsembleMember { .. }
            | Self::ForeignWeights(_) => "model_unusable",
            Self::Onnx(error) => error.code(),
            Self::OnnxNotCompiledIn { .. } => "onnx_not_compiled_in",
            Self::Device(_) | Self::OnnxOnProcessor { .. } => "device_unusable",
            Self::Calibration { .. } | Self::OtherCalibration { .. } | Self::NoInterval { .. } => {
                "calibration_unusable"
            }
            Self::Serial(error) => error.code(),
            Self::Signed { .. } => "signed_document_unusable",
            Self::Evaluation(_) => "evaluation_failed",
            Self::Report(_) | Self::Pdf(_) => "report_failed",
            Self::Object(_) | Self::Encode(_) => "object_failed",
            Self::Json(_) => "json_failed",
        }
    }

    /// The file or study that it is about, where it is about one.
    #[must_use]
    pub fn file(&self) -> Option<String> {
        match self {
            Self::Read(error) => Some(error.path.display().to_string()),
            Self::Analysis { study, .. } | Self::NotFinite { study, .. } => Some(study.clone()),
            Self::EnsembleMember { path, .. }
            | Self::ModelFile { path, .. }
            | Self::OnnxNotCompiledIn { path }
            | Self::Signed { path, .. } => Some(path.display().to_string()),
            Self::Onnx(error) => error.file(),
            Self::Calibration { place, .. } | Self::OtherCalibration { place, .. } => Some(place.clone()),
            _ => None,
        }
    }

    /// The DICOM attribute that it is about, where it is about one.
    #[must_use]
    pub fn attribute(&self) -> Option<Attribute> {
        match self {
            Self::Read(error) => error.problem.attribute(),
            _ => None,
        }
    }

    /// The error for a log or a list that must not name a patient: its code and what is wrong, without names of files and
    /// without values of the file.
    #[must_use]
    pub fn without_values(&self) -> String {
        let what = match self {
            Self::Read(error) => error.problem.without_values(),
            Self::Analysis { error, .. } => error.to_string(),
            Self::NotFinite { error, .. } => error.to_string(),
            other => other.to_string(),
        };
        format!("{}: {what}", self.code())
    }

    pub(crate) fn calibration(place: impl Into<String>, error: &CalibrationError) -> Self {
        Self::Calibration { place: place.into(), message: error.to_string() }
    }
}

impl From<ReadError> for Error {
    fn from(error: ReadError) -> Self {
        Self::Read(Box::new(error))
    }
}
