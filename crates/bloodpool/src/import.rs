//! A model from weights that another program trained, as a folder that can be used like that of a run.

use std::path::{Path, PathBuf};

use bloodpool_files::folder_lock::{FolderLock, LockError};
use bloodpool_files::{FileError, IfExists, write_with_folders};
use bloodpool_nn::device::Device;
use bloodpool_nn::foreign_weights::{self, ForeignWeightsError};
use bloodpool_nn::model_file::{MODEL_JSON, ModelDescription, ModelFileError, TrainingSummary, WEIGHTS};
use bloodpool_nn::network::NetworkConfig;
use bloodpool_nn::{Origin, Passes, WeightsError, weights};

/// Weights to import.
#[derive(Debug, Clone)]
pub struct Import {
    /// The file.
    pub weights: PathBuf,
    /// The network that they are of.
    pub network: NetworkConfig,
    /// What the network was trained on, in words.
    pub trained_on: Option<String>,
    /// Folder to write.
    pub out: PathBuf,
    /// Whether files may be replaced.
    pub if_exists: IfExists,
}

/// Why weights could not be imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error(transparent)]
    Read(#[from] ForeignWeightsError),
    /// The weights do not fit the network.
    #[error("{} does not fit the network", path.display())]
    Weights {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: WeightsError,
    },
    /// The description cannot be written.
    #[error(transparent)]
    Description(#[from] ModelFileError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The folder is in use, or not empty.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Imports weights: they are checked against the network, and written in single precision under torchvision's names.
///
/// # Errors
/// [`ImportError`]; nothing is written where the weights do not fit.
pub fn import(import: &Import) -> Result<ModelDescription, ImportError> {
    let Import { weights: path, network, trained_on, out, if_exists } = import;
    let bytes = foreign_weights::read(path)?;
    let wrong = |source: WeightsError| ImportError::Weights { path: path.clone(), source };
    let network = &network.clone().with_auxiliary_head(weights::has_auxiliary_head(&bytes).map_err(wrong)?);
    let built = weights::from_safetensors(network, &bytes, &Device::flex()).map_err(wrong)?;
    let safetensors = weights::to_safetensors(&built).map_err(wrong)?;
    let name = |path: &Path| path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let origin = Origin {
        software: "another program".to_owned(),
        training_data: trained_on.clone().unwrap_or_else(|| "unknown data".to_owned()),
        validation_data: "unknown data".to_owned(),
        data_folder: None,
        started_from: Some(format!("{}, SHA-256 {}", name(path), bloodpool_files::sha256(&bytes))),
        seen: None,
    };
    let training = TrainingSummary { steps: 0, seed: 0, studies: 0, origin, validation: None };
    let description = ModelDescription::new(&name(path), network, Passes::Once, &safetensors, training);
    let lock = FolderLock::take(out, &[], bloodpool_report::SOFTWARE)?;
    let if_exists = lock.claim(None, MODEL_JSON, *if_exists)?;
    write_with_folders(&out.join(WEIGHTS), &safetensors, if_exists)?;
    write_with_folders(&out.join(MODEL_JSON), description.to_json()?.as_bytes(), if_exists)?;
    Ok(description)
}
