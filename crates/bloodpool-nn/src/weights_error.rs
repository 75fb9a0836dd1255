//! `WeightsError`: why weights cannot be read or written.

use std::error::Error;

use crate::network::NetworkError;

/// The error of another library; its type may change with that library.
pub(crate) type Cause = Box<dyn Error + Send + Sync>;

/// Why weights cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The network that they are for cannot be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The bytes are not a safetensors file, or its tensors do not have the shapes of the network.
    #[error("the weights cannot be read")]
    Read(#[source] Cause),
    /// They cannot be encoded.
    #[error("the weights cannot be written")]
    Write(#[source] Cause),
    /// The file has another number of tensors.
    #[error("the file holds {found} tensors, the network has {expected}")]
    Count {
        /// Tensors in the file.
        found: usize,
        /// Tensors of the network.
        expected: usize,
    },
    /// A tensor of the network is not in the file.
    #[error("the file holds no tensor {name}")]
    Missing {
        /// Name of the tensor.
        name: String,
    },
    /// A tensor of the file is not in the network.
    #[error("the network has no tensor {name}")]
    Unknown {
        /// Name of the tensor.
        name: String,
    },
}

impl WeightsError {
    pub(crate) fn read(cause: impl Into<Cause>) -> Self {
        Self::Read(cause.into())
    }

    pub(crate) fn write(cause: impl Into<Cause>) -> Self {
        Self::Write(cause.into())
    }
}
