//! `OnnxError` and `ExportError`: why an ONNX file cannot be used, with a stable code and what to do, and why none can be written.

use std::path::PathBuf;

use bloodpool_files::FileError;
use bloodpool_files::document::DocumentError;

use crate::description::ONNX_SCHEMA;

/// Why an ONNX file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no ONNX file, or it is damaged.
    #[error("{} cannot be read as an ONNX file: {reason}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Weights are in another file, whose hash would not be that of the model.
    #[error(
        "{} has its weights in another file; write one file, in PyTorch by torch.onnx.export(.., external_data=False)",
        .0.display()
    )]
    ExternalData(PathBuf),
    /// There is no description beside the file.
    #[error(
        "{} is missing: it is the `{ONNX_SCHEMA}` document that says what the channels of the input show and what the \
         outputs mean; docs/reference/onnx.md has one to start from",
        .0.display()
    )]
    NoDescription(PathBuf),
    /// The description cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The description cannot be used.
    #[error("{}: {reason}", path.display())]
    Description {
        /// The description.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// An operator of the network cannot be run.
    #[error(
        "{} has an operator that cannot be run: {reason}; export it with another operator set or without this layer, or \
         give its masks to `dataset` (docs/reference/onnx.md, \"Operators\")",
        path.display()
    )]
    Operator {
        /// The file.
        path: PathBuf,
        /// Which, and why.
        reason: String,
    },
    /// The shape of an input or output is not what the description says.
    #[error("{} does not fit {}: {reason}", path.display(), description.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The description.
        description: PathBuf,
        /// What does not fit.
        reason: String,
    },
    /// An output has values that are NaN.
    #[error(
        "output `{output}` of {} is NaN; the channels of the input, their scale, or the weights are not those that the \
         network was trained with",
        path.display()
    )]
    NotANumber {
        /// The file.
        path: PathBuf,
        /// The output.
        output: String,
    },
    /// The engine failed.
    #[error("{} cannot be run: {reason}", path.display())]
    Failed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl OnnxError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File(_) | Self::Unreadable { .. } | Self::ExternalData(_) => "onnx_unreadable",
            Self::NoDescription(_) => "onnx_description_missing",
            Self::Document(_) | Self::Description { .. } => "onnx_description_unusable",
            Self::Operator { .. } => "onnx_operator_unsupported",
            Self::Shape { .. } => "onnx_shape",
            Self::NotANumber { .. } => "onnx_output_nan",
            Self::Failed { .. } => "onnx_failed",
        }
    }

    /// The file that it is about.
    #[must_use]
    pub fn file(&self) -> Option<String> {
        let path = match self {
            Self::Unreadable { path, .. }
            | Self::ExternalData(path)
            | Self::NoDescription(path)
            | Self::Description { path, .. }
            | Self::Operator { path, .. }
            | Self::Shape { path, .. }
            | Self::NotANumber { path, .. }
            | Self::Failed { path, .. } => path,
            Self::File(_) | Self::Document(_) => return None,
        };
        Some(path.display().to_string())
    }
}

/// Why a network cannot be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The weights cannot be read.
    #[error("the weights are no safetensors file: {0}")]
    Weights(String),
    /// A tensor is missing, or is not what the network needs.
    #[error("tensor {name} of the weights {reason}")]
    Tensor {
        /// Its name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file would be larger than ONNX files may be.
    #[error("the network has {bytes} bytes of weights; an ONNX file holds less than 2 GiB")]
    TooLarge {
        /// Bytes of weights.
        bytes: usize,
    },
    /// It cannot be encoded.
    #[error("the network cannot be written as ONNX: {0}")]
    Encode(String),
}
