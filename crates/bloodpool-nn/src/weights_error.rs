//! `WeightsError`: why weights cannot be read or written.

use std::error::Error;

use crate::network::NetworkError;

/// The error of another library; its type may change with that library.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Why weights cannot be read or written. Tensors have the names of the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The network that they are for cannot be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The network has no ResNet.
    #[error("the network has no backbone; deeplab-v3-resnet50 and fcn-resnet50 have one")]
    NoBackbone,
    /// The bytes are no safetensors file.
    #[error("the file is not a safetensors file: {reason}")]
    NotSafetensors {
        /// What is wrong with them.
        reason: String,
    },
    /// The file ends too early.
    #[error("the file is cut short: it has {found} bytes, {expected} by its header")]
    CutShort {
        /// Its length, bytes.
        found: usize,
        /// Its length by its header, bytes.
        expected: usize,
    },
    /// Tensors of the network are not in the file.
    #[error("the file lacks tensors of the network: {missing} of {expected}, the first one is {name}")]
    Missing {
        /// Name of the first one.
        name: String,
        /// Their number.
        missing: usize,
        /// Tensors of the network.
        expected: usize,
    },
    /// Tensors of the file are not in the network.
    #[error("the file has tensors that the network does not have: {unknown} of {found}, the first one is {name}")]
    Unknown {
        /// Name of the first one.
        name: String,
        /// Their number.
        unknown: usize,
        /// Tensors of the file.
        found: usize,
    },
    /// A tensor has another shape.
    #[error("tensor {name} has the shape {found:?}, in the network it has {expected:?}")]
    Shape {
        /// Name of the tensor.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// The weights are for another number of classes.
    #[error(
        "tensor {name} has the shape {found:?}, in the network it has {expected:?}: the weights are for {} classes, the \
         network has {}",
        .found.first().unwrap_or(&0), .expected.first().unwrap_or(&0)
    )]
    Classes {
        /// Name of the tensor.
        name: String,
        /// Its shape in the file; the first number is that of classes.
        found: Vec<usize>,
        /// Its shape in the network.
        expected: Vec<usize>,
    },
    /// A tensor does not hold floating-point numbers.
    #[error("tensor {name} has numbers of type {found}; F16, BF16, F32 and F64 can be read")]
    Type {
        /// Name of the tensor.
        name: String,
        /// Type of its numbers, by its name in safetensors files.
        found: String,
    },
    /// A tensor holds values that are not finite in single precision.
    #[error("tensor {name} has values that are NaN, infinite or too large for single precision: {count} of {of}")]
    NotFinite {
        /// Name of the tensor.
        name: String,
        /// Number of such values.
        count: usize,
        /// Values of the tensor.
        of: usize,
    },
    /// They cannot be put into the network.
    #[error("the weights cannot be put into the network")]
    Apply(#[source] Cause),
    /// They cannot be encoded.
    #[error("the weights cannot be written")]
    Write(#[source] Cause),
}

impl WeightsError {
    pub(crate) fn write(cause: impl Into<Cause>) -> Self {
        Self::Write(cause.into())
    }
}
