//! A model of this program as an ONNX file, for other programs.

use std::path::{Path, PathBuf};

use bloodpool_core::classical::ClassicalMethod;
use bloodpool_files::document::{self, DocumentError};
use bloodpool_files::{FileError, IfExists, write_with_folders};
use bloodpool_nn::device::Device;
use bloodpool_nn::model_file::{MODEL_JSON, ModelDescription, TrainingSummary};
use bloodpool_nn::run_folder::{RunFolder, RunFolderError};
use bloodpool_nn::{Origin, WeightsError, weights};
use bloodpool_onnx::{ExportError, ONNX_END, ONNX_SCHEMA, OnnxDescription, description_beside, export};

use crate::Error;
use crate::ensemble::EnsembleDescription;
use crate::model::{self, GROWN_WITHIN};
use crate::onnx_model::is_onnx;

/// A model to export.
#[derive(Debug, Clone)]
pub struct OnnxExport {
    /// An embedded model by name, or the folder of a training run, finished or not, or of imported weights.
    pub model: String,
    /// The file to write; `None`: the name of the model in the current folder.
    pub out: Option<PathBuf>,
    /// Whether files may be replaced.
    pub if_exists: IfExists,
}

/// What was exported.
#[derive(Debug, Clone)]
pub struct ExportedModel {
    /// The ONNX file.
    pub file: PathBuf,
    /// The description beside it.
    pub description_file: PathBuf,
    /// What it says.
    pub description: OnnxDescription,
    /// Steps of the training that made these weights, where the run is not finished.
    pub unfinished_at: Option<usize>,
}

/// Why a model could not be exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OnnxExportError {
    /// It is no network.
    #[error("`{0}` is no network: an embedded model or the folder of a training run can be exported")]
    NoNetwork(String),
    /// It is several networks.
    #[error("{} is an ensemble: export each of its networks, {members}", folder.display())]
    Ensemble {
        /// Its folder.
        folder: PathBuf,
        /// Folders of its networks.
        members: String,
    },
    /// The name of the file would make its description another file of the same name.
    #[error("{} does not end in .{ONNX_END}", .0.display())]
    Name(PathBuf),
    /// The run has no weights yet.
    #[error("{} has no checkpoint yet", .0.display())]
    NoCheckpoint(PathBuf),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] Error),
    /// The run cannot be read.
    #[error(transparent)]
    Run(#[from] RunFolderError),
    /// The weights do not fit the network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The network cannot be written as ONNX.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The description cannot be written.
    #[error(transparent)]
    Document(#[from] DocumentError),
}

/// Writes a model as an ONNX file and, beside it, its description: `net.onnx` and `net.json`.
///
/// # Errors
/// [`OnnxExportError`]; nothing is written where the model cannot be exported or one of both files exists and may not be replaced.
pub fn export_model(wanted: &OnnxExport) -> Result<ExportedModel, OnnxExportError> {
    let (described, weights, unfinished_at) = network_of(&wanted.model)?;
    // Through the network: this checks every tensor, and gives single precision under the usual names.
    let network = weights::from_safetensors(&described.network, &weights, &Device::flex())?;
    let exported = export(&described, &weights::to_safetensors(&network)?, bloodpool_report::SOFTWARE)?;
    let file =
        wanted.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.{ONNX_END}", file_name(&described.name))));
    if !is_onnx(&file) {
        return Err(OnnxExportError::Name(file));
    }
    let description_file = description_beside(&file);
    if wanted.if_exists == IfExists::Refuse {
        let existing = [&file, &description_file].into_iter().find(|path| path.symlink_metadata().is_ok());
        if let Some(path) = existing {
            return Err(FileError::Exists { path: path.clone() }.into());
        }
    }
    // The description is last: it has the hash of the file, so that a pair that was cut off between both is refused.
    write_with_folders(&file, &exported.onnx, wanted.if_exists)?;
    document::write(&description_file, ONNX_SCHEMA, &exported.description, wanted.if_exists)?;
    Ok(ExportedModel { file, description_file, description: exported.description, unfinished_at })
}

/// Description and weights of a network; and the steps that made them, where its training is not finished.
fn network_of(name: &str) -> Result<(ModelDescription, Vec<u8>, Option<usize>), OnnxExportError> {
    if name.starts_with(GROWN_WITHIN) || ClassicalMethod::by_name(name).is_some() || is_onnx(Path::new(name)) {
        return Err(OnnxExportError::NoNetwork(name.to_owned()));
    }
    if let Some((description, weights)) = model::embedded_network(name)? {
        return Ok((description, weights, None));
    }
    let folder = Path::new(name);
    if !folder.exists() {
        return Err(model::unknown(name).into());
    }
    if EnsembleDescription::is_in(folder) {
        let members = EnsembleDescription::read(folder)?.members;
        let members: Vec<String> =
            members.iter().map(|member| folder.join(&member.folder).display().to_string()).collect();
        return Err(OnnxExportError::Ensemble { folder: folder.to_owned(), members: members.join(", ") });
    }
    if folder.join(MODEL_JSON).exists() || !RunFolder::has_record(folder) {
        let (description, weights) = model::network_of_folder(folder)?;
        return Ok((description, weights, None));
    }
    let (run, config, origin) = RunFolder::open(folder)?;
    let no_checkpoint = || OnnxExportError::NoCheckpoint(folder.to_owned());
    let (_, state, files) = run.read_checkpoint()?.ok_or_else(no_checkpoint)?;
    // What the finished run would keep, were it finished now.
    let (step, weights, validation) = match &state.best {
        Some(best) => (best.step, run.read_best(best)?, Some(best.validation)),
        None => (state.step, files.average, state.validation),
    };
    let origin = Origin { seen: None, ..origin };
    let training = TrainingSummary { steps: step, seed: config.seed, studies: 0, origin, validation };
    let name = format!("{}, step {step}", config.name);
    Ok((ModelDescription::new(&name, &config.network, config.passes, &weights, training), weights, Some(step)))
}

/// Letters, digits, `.`, `-` and `_` of a name; others as `-`.
fn file_name(name: &str) -> String {
    let kept = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    let name: String = name.chars().map(|letter| if kept(letter) { letter } else { '-' }).collect();
    name.trim_start_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_gets_a_file_name_that_every_system_takes() {
        assert_eq!(file_name("bloodpool-compact-4"), "bloodpool-compact-4");
        assert_eq!(file_name("a/b: deeplab, step 3"), "a-b--deeplab--step-3");
        assert_eq!(file_name("..hidden"), "hidden");
        assert!(is_onnx(Path::new("a/net.ONNX")) && !is_onnx(Path::new("onnx")) && !is_onnx(Path::new("net.json")));
    }

    #[test]
    fn what_is_no_network_is_not_exported() {
        for name in ["watershed", "grown-within:compact", "net.onnx"] {
            let error = network_of(name).unwrap_err().to_string();
            assert!(error.contains("is no network"), "{error}");
        }
        assert_eq!(
            network_of("nothing-of-this-name").unwrap_err().to_string(),
            model::unknown("nothing-of-this-name").to_string()
        );
    }
}
