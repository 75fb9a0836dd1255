//! An ensemble of trained networks as a folder: `ensemble.json`, and the two model files of each member.

use std::path::{Path, PathBuf};

use bloodpool_core::{ModelIdentity, StudyKey};
use bloodpool_files::document::{self, DocumentError};
use bloodpool_files::folder_lock::{FolderLock, LockError};
use bloodpool_files::{FileError, IfExists, sha256, write_with_folders};
use bloodpool_nn::model_file::{MODEL_JSON, ModelDescription, WEIGHTS};
use bloodpool_nn::run_folder::RunFolder;
use bloodpool_nn::{EnsembleSegmenter, InvalidModel, ModelError, NetworkSegmenter, Origin, device};
use serde::{Deserialize, Serialize};

use crate::Error;

/// Name of the description in its folder.
pub const ENSEMBLE_FILE: &str = "ensemble.json";
/// Schema of the description.
pub const ENSEMBLE_SCHEMA: &str = "bloodpool.ensemble/1";

/// The document `bloodpool.ensemble/1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnsembleDescription {
    /// [`ENSEMBLE_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// Name of the ensemble.
    pub name: String,
    /// Its networks.
    pub members: Vec<Member>,
    /// Every study that a member was trained or validated on.
    pub seen: Vec<StudyKey>,
    /// Whether these are all.
    pub seen_is_complete: bool,
}

/// One network of an ensemble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Its folder, below that of the ensemble.
    pub folder: String,
    /// Name of the model.
    pub name: String,
    /// SHA-256 of the weights.
    pub sha256: String,
    /// Description of the data that it was trained on.
    pub training_data: String,
}

/// Why an ensemble could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EnsembleError {
    /// A single network is no ensemble.
    #[error("an ensemble has at least two networks")]
    TooFew,
    /// A network is named twice.
    #[error("{} has the weights of {}; each network is named once", other.display(), first.display())]
    Twice {
        /// Folder of one.
        first: PathBuf,
        /// Folder of the other.
        other: PathBuf,
    },
    /// A run is not finished, or its files do not fit together.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The description could not be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The folder is in use, or not empty.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// Copies the models of finished runs into a folder, which can then be used like the folder of a run.
///
/// # Errors
/// [`EnsembleError`]; nothing is written where a run cannot be used.
pub fn make(runs: &[PathBuf], out: &Path, if_exists: IfExists) -> Result<EnsembleDescription, EnsembleError> {
    if runs.len() < 2 {
        return Err(EnsembleError::TooFew);
    }
    let mut members: Vec<(Member, [Vec<u8>; 2])> = Vec::new();
    let (mut seen, mut complete) = (Vec::new(), true);
    for (index, run) in runs.iter().enumerate() {
        if !run.join(MODEL_JSON).exists() {
            return Err(EnsembleError::Model(ModelError::Unfinished(run.clone())));
        }
        let read = |name: &str| bloodpool_files::fingerprint::read_bytes(&run.join(name));
        let files = [read(MODEL_JSON)?, read(WEIGHTS)?];
        let hash = sha256(&files[1]);
        if let Some(first) = members.iter().position(|(member, _)| member.sha256 == hash) {
            return Err(EnsembleError::Twice { first: runs[first].clone(), other: run.clone() });
        }
        let invalid = |error| {
            EnsembleError::Model(ModelError::Invalid { folder: Some(run.clone()), source: InvalidModel::from(error) })
        };
        let description = ModelDescription::from_json(&files[0], &files[1]).map_err(invalid)?;
        let keys = RunFolder::open(run).ok().and_then(|(.., origin)| origin.seen).map(|seen| seen.known());
        match keys {
            Some((keys, all)) => {
                seen.extend(keys);
                complete &= all;
            }
            None => complete = false,
        }
        let folder = format!("member-{}", index + 1);
        let training_data = description.training.origin.training_data;
        members.push((Member { folder, name: description.name, sha256: hash, training_data }, files));
    }
    seen.sort();
    seen.dedup();
    let folders: Vec<&str> = members.iter().map(|(member, _)| member.folder.as_str()).collect();
    let lock = FolderLock::take(out, &folders, bloodpool_report::SOFTWARE)?;
    let if_exists = lock.claim(None, ENSEMBLE_FILE, if_exists)?;
    let name = out.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    for (member, [json, weights]) in &members {
        write_with_folders(&out.join(&member.folder).join(MODEL_JSON), json, if_exists)?;
        write_with_folders(&out.join(&member.folder).join(WEIGHTS), weights, if_exists)?;
    }
    let description = EnsembleDescription {
        schema: ENSEMBLE_SCHEMA.to_owned(),
        software: bloodpool_report::SOFTWARE.to_owned(),
        name: name.unwrap_or_else(|| "ensemble".to_owned()),
        members: members.into_iter().map(|(member, _)| member).collect(),
        seen,
        seen_is_complete: complete,
    };
    document::write(&out.join(ENSEMBLE_FILE), ENSEMBLE_SCHEMA, &description, if_exists)?;
    Ok(description)
}

impl EnsembleDescription {
    /// Whether a folder holds an ensemble.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(ENSEMBLE_FILE).is_file()
    }

    /// Reads the description of the ensemble in a folder.
    ///
    /// # Errors
    /// [`Error::Ensemble`].
    pub fn read(folder: &Path) -> Result<Self, Error> {
        Ok(document::read::<Self>(&folder.join(ENSEMBLE_FILE), ENSEMBLE_SCHEMA)?.document)
    }

    /// Name, and one hash over all members.
    #[must_use]
    pub fn identity(&self) -> ModelIdentity {
        let hashes: Vec<&str> = self.members.iter().map(|member| member.sha256.as_str()).collect();
        ModelIdentity {
            name: format!("{}, {} networks", self.name, self.members.len()),
            sha256: sha256(hashes.join("\n").as_bytes()),
        }
    }

    /// Where it comes from, as an evaluation records it.
    pub(crate) fn origin(&self) -> Origin {
        let mut data: Vec<&str> = self.members.iter().map(|member| member.training_data.as_str()).collect();
        data.dedup();
        Origin {
            software: self.software.clone(),
            training_data: data.join("; "),
            validation_data: String::new(),
            data_folder: None,
            started_from: None,
            seen: None,
        }
    }

    /// Loads the networks.
    pub(crate) fn segmenter(&self, folder: &Path, device: &device::Device) -> Result<EnsembleSegmenter, Error> {
        let path = folder.join(ENSEMBLE_FILE);
        let wrong = |reason: String| Error::EnsembleMember { path: path.clone(), reason };
        let mut networks = Vec::new();
        for member in &self.members {
            let plain = Path::new(&member.folder).components().count() == 1 && !member.folder.starts_with('.');
            if !plain {
                return Err(wrong(format!("names the folder {}, which is not in that of the ensemble", member.folder)));
            }
            let network = NetworkSegmenter::from_run_folder(&folder.join(&member.folder), device)?;
            if bloodpool_core::Segmenter::identity(&network).sha256 != member.sha256 {
                return Err(wrong(format!("describes other weights than those in {}", member.folder)));
            }
            networks.push(network);
        }
        let mut networks = networks.into_iter();
        let first = networks.next().ok_or_else(|| wrong("names no network".to_owned()))?;
        Ok(EnsembleSegmenter::new(first, networks.collect(), self.identity()))
    }
}
