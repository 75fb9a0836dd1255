//! Weights from files of other programs: PyTorch's own (`.pth`, `.pt`) and safetensors, as the bytes of a safetensors file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bloodpool_files::FileError;
use bloodpool_files::fingerprint::read_bytes;
use pytorch_reader::{DType, PytorchReader};
use safetensors::tensor::{Dtype, TensorView};

/// Keys that training programs put the weights under, beside the state of the optimiser and the like.
const UNDER: [&str; 4] = ["state_dict.", "model_state_dict.", "model.", "net."];
/// Ends of names by which PyTorch's own files are recognised.
const PYTORCH: [&str; 3] = ["pth", "pt", "bin"];

/// Why weights of another program cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignWeightsError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is no file of PyTorch, or one that cannot be represented.
    #[error("{} is no PyTorch file of weights: {reason}", path.display())]
    NotPytorch {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It holds no tensors.
    #[error("{} holds no tensors; save the weights with torch.save(model.state_dict(), FILE)", .0.display())]
    NoTensors(PathBuf),
}

/// The weights in a file, as a safetensors file. PyTorch's files are recognised by their name (`.pth`, `.pt`, `.bin`); of these, a state
/// dictionary, a checkpoint that has one under `state_dict`, `model_state_dict`, `model` or `net`, and a whole saved model are read. No
/// code in the file is run.
///
/// # Errors
/// [`ForeignWeightsError`].
pub fn read(path: &Path) -> Result<Vec<u8>, ForeignWeightsError> {
    let end = path.extension().map(|end| end.to_string_lossy().to_lowercase());
    if end.is_some_and(|end| PYTORCH.contains(&end.as_str())) { of_pytorch(path) } else { Ok(read_bytes(path)?) }
}

fn of_pytorch(path: &Path) -> Result<Vec<u8>, ForeignWeightsError> {
    // So that a file that is not there is said to be so in the same words as elsewhere.
    if !path.is_file() {
        read_bytes(path)?;
    }
    let not_pytorch = |reason: String| ForeignWeightsError::NotPytorch { path: path.to_owned(), reason };
    let reader = PytorchReader::new(path).map_err(|error| not_pytorch(error.to_string()))?;
    let mut tensors = BTreeMap::new();
    for (name, tensor) in reader.tensors() {
        let bytes = tensor.read().map_err(|error| not_pytorch(error.to_string()))?;
        tensors.insert(name.clone(), (dtype(tensor.dtype()), tensor.shape().to_vec(), bytes));
    }
    // The tensors of a checkpoint's optimiser are no weights.
    if let Some(under) = UNDER.into_iter().find(|under| tensors.keys().any(|name| name.starts_with(under))) {
        tensors = tensors
            .into_iter()
            .filter_map(|(name, tensor)| Some((name.strip_prefix(under)?.to_owned(), tensor)))
            .collect();
    }
    if tensors.is_empty() {
        return Err(ForeignWeightsError::NoTensors(path.to_owned()));
    }
    let views: Result<Vec<(&String, TensorView<'_>)>, _> = tensors
        .iter()
        .map(|(name, (dtype, shape, bytes))| Ok((name, TensorView::new(*dtype, shape.clone(), bytes)?)))
        .collect();
    let views = views.map_err(|error: safetensors::SafeTensorError| not_pytorch(error.to_string()))?;
    safetensors::serialize(views, None).map_err(|error| not_pytorch(error.to_string()))
}

fn dtype(of: DType) -> Dtype {
    match of {
        DType::F64 => Dtype::F64,
        DType::F32 => Dtype::F32,
        DType::F16 => Dtype::F16,
        DType::BF16 => Dtype::BF16,
        DType::I64 => Dtype::I64,
        DType::I32 => Dtype::I32,
        DType::I16 => Dtype::I16,
        DType::I8 => Dtype::I8,
        DType::U64 => Dtype::U64,
        DType::U32 => Dtype::U32,
        DType::U16 => Dtype::U16,
        DType::U8 => Dtype::U8,
        DType::Bool => Dtype::BOOL,
    }
}
