//! `RunFolder`: configuration, origin, metrics, checkpoints and model of a run. Never overwritten, complete at every moment.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bloodpool_files::whole_file::sync_folder;
use bloodpool_files::{FileError, FolderLock, IfExists, LockError, sha256, write_whole};
use serde::{Deserialize, Serialize};

use crate::Origin;
use crate::config::TrainingConfig;
use crate::config_error::ConfigError;
use crate::learner::{LearnerFileError, LearnerFiles};
use crate::loss::LossTerms;
use crate::model_file::{MODEL_JSON, WEIGHTS};
use crate::reference::ReferenceDifferences;
use crate::validation::ValidationScores;
use crate::weights_error::Cause;

/// Who holds the lock of a run folder.
const PROGRAM: &str = concat!("bloodpool ", env!("CARGO_PKG_VERSION"));
const CONFIG: &str = "config.toml";
const ORIGIN: &str = "run.json";
const METRICS: &str = "metrics.jsonl";
const CHECKPOINT: &str = "checkpoint-";
const PARTIAL: &str = ".partial";
const STATE: &str = "state.json";
const BEST: &str = "best.safetensors";
/// Weights in training, within a checkpoint.
pub const NETWORK: &str = "network.bpk";
/// State of the optimiser, within a checkpoint.
pub const OPTIMIZER: &str = "optimizer.bpk";

/// Why a run folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunFolderError {
    /// The folder is not empty.
    #[error("{0} exists already and is never overwritten: choose another run folder, or resume this one")]
    Exists(PathBuf),
    /// It is a file.
    #[error("{0} is a file; name the folder of a run")]
    IsAFile(PathBuf),
    /// Another run is writing into the folder, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A file could not be read or written.
    #[error("cannot {action} {path}")]
    File {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] FileError),
    /// A file is not what was written.
    #[error("{path} is damaged")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        damage: Damage,
    },
    /// A record cannot be encoded.
    #[error("{path} cannot be encoded")]
    Encode {
        /// The file that it is for.
        path: PathBuf,
        /// Why.
        #[source]
        cause: Cause,
    },
}

/// What is wrong with a file of a run folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// It is not the configuration of a run.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It is not the record that it should be.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It has changed since it was written.
    #[error("its SHA-256 is not the one recorded when it was written")]
    Changed,
    /// It holds other weights than those of the best epoch.
    #[error("it does not hold the weights of step {step}")]
    OtherWeights {
        /// Steps done at the end of the best epoch.
        step: usize,
    },
    /// It does not fit the network of the run.
    #[error(transparent)]
    Learner(#[from] LearnerFileError),
}

/// One line of the metrics.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct EpochMetrics {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Steps done.
    pub step: usize,
    /// Mean loss over the epoch's steps that were not skipped; 0 where all were.
    pub loss: LossTerms,
    /// Steps of the epoch that were skipped because the loss or its gradients were not finite.
    #[serde(default)]
    pub skipped_steps: usize,
    /// Learning rate at its end.
    pub learning_rate: f64,
    /// Validation at its end.
    pub validation: ValidationScores,
    /// Seconds of training and validation since the run or its resumption began.
    pub seconds: f64,
    /// Bias of each modality of reference EF that the next step takes off, percent points.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub reference_biases: BTreeMap<String, f64>,
}

/// The progress of a run, as a checkpoint records it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: usize,
    /// Sum of the loss over the steps of the unfinished epoch that were not skipped.
    pub loss_sum: LossTerms,
    /// Steps of the unfinished epoch that were skipped.
    #[serde(default)]
    pub skipped_steps: usize,
    /// The last steps, as many in a row as were skipped.
    #[serde(default)]
    pub skipped_in_a_row: usize,
    /// Scores of the last validation.
    pub validation: Option<ValidationScores>,
    /// The best epoch so far, where the best is kept.
    #[serde(default)]
    pub best: Option<BestEpoch>,
    /// How much higher reference EFs were than measured ones.
    #[serde(default, skip_serializing_if = "ReferenceDifferences::is_empty")]
    pub differences: ReferenceDifferences,
}

/// The epoch of the best validation so far.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BestEpoch {
    /// Steps done at its end.
    pub step: usize,
    /// Its validation.
    pub validation: ValidationScores,
    /// SHA-256 of its weights, `best.safetensors`.
    pub sha256: String,
}

#[derive(Serialize, Deserialize)]
struct CheckpointRecord {
    state: State,
    sha256: [(String, String); 3],
}

/// A run folder.
#[derive(Debug)]
pub struct RunFolder {
    path: PathBuf,
    /// Held by who writes into it.
    _lock: Option<FolderLock>,
}

impl RunFolder {
    /// A new run folder, locked, with the configuration, the checkpoint of step 0 that a run from given weights begins
    /// with, and the origin, written in this order: a folder without the origin was cut off in here, and is begun again.
    ///
    /// # Errors
    /// [`RunFolderError`] when the folder is not empty or cannot be written.
    pub fn create(
        path: &Path,
        config: &TrainingConfig,
        origin: &Origin,
        weights: Option<&LearnerFiles>,
    ) -> Result<Self, RunFolderError> {
        let lock = match FolderLock::take(path, &[], PROGRAM) {
            Err(LockError::Failed { .. }) if path.is_file() => return Err(RunFolderError::Exists(path.to_owned())),
            lock => lock?,
        };
        lock.claim(None, ORIGIN, IfExists::Refuse).map_err(|error| match error {
            LockError::Occupied { folder } => RunFolderError::Exists(folder),
            other => other.into(),
        })?;
        let folder = Self { path: path.to_owned(), _lock: Some(lock) };
        for (_, cut_off) in folder.checkpoints()? {
            remove(&cut_off)?;
        }
        let text = config.to_toml().map_err(encode_error(&path.join(CONFIG)))?;
        folder.write_whole(CONFIG, text.as_bytes())?;
        if let Some(weights) = weights {
            folder.write_checkpoint(&State::default(), weights)?;
        }
        folder.write_json(ORIGIN, origin)?;
        Ok(folder)
    }

    /// An existing run folder that is written into: locked until this is dropped.
    ///
    /// # Errors
    /// [`RunFolderError`] when it is not a run folder, or another run is writing into it.
    pub fn resume(path: &Path) -> Result<(Self, TrainingConfig, Origin), RunFolderError> {
        // Before the lock, which would make the folder.
        Self::open(path)?;
        let lock = FolderLock::take(path, &[], PROGRAM)?;
        let (folder, config, origin) = Self::open(path)?;
        // A kill while it was removed left parts of it.
        if let Some((latest, _)) = folder.checkpoints()?.pop() {
            folder.remove_checkpoints_before(latest)?;
        }
        Ok((Self { _lock: Some(lock), ..folder }, config, origin))
    }

    /// Whether a folder has the record of a run, whole or damaged; a folder of weights alone has none.
    #[must_use]
    pub fn has_record(path: &Path) -> bool {
        [CONFIG, ORIGIN].iter().any(|name| path.join(name).exists())
    }

    /// An existing run folder to read, with its configuration and origin.
    ///
    /// # Errors
    /// [`RunFolderError`] when it is not a run folder.
    pub fn open(path: &Path) -> Result<(Self, TrainingConfig, Origin), RunFolderError> {
        if path.is_file() {
            return Err(RunFolderError::IsAFile(path.to_owned()));
        }
        let config_path = path.join(CONFIG);
        let text = fs::read_to_string(&config_path).map_err(file_error("read", &config_path))?;
        let config = TrainingConfig::from_toml(&text).map_err(|error| damaged(&config_path, error))?;
        let origin = read_json(&path.join(ORIGIN))?;
        Ok((Self { path: path.to_owned(), _lock: None }, config, origin))
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a line to the metrics.
    ///
    /// # Errors
    /// [`RunFolderError`] when it cannot be written.
    pub fn append_metrics(&self, metrics: &EpochMetrics) -> Result<(), RunFolderError> {
        let path = self.path.join(METRICS);
        let line = serde_json::to_string(metrics).map_err(encode_error(&path))?;
        let mut file = File::options().append(true).create(true).open(&path).map_err(file_error("open", &path))?;
        file.write_all(format!("{line}\n").as_bytes()).map_err(file_error("write", &path))
    }

    /// Metrics of all epochs so far. A last line that a kill cut short is left out.
    ///
    /// # Errors
    /// [`RunFolderError`] when the file cannot be read.
    pub fn metrics(&self) -> Result<Vec<EpochMetrics>, RunFolderError> {
        let path = self.path.join(METRICS);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&path).map_err(file_error("read", &path))?;
        Ok(text.lines().map_while(|line| serde_json::from_str(line).ok()).collect())
    }

    /// Removes the metrics of epochs after a step, which will be run again.
    ///
    /// # Errors
    /// [`RunFolderError`] when the file cannot be rewritten.
    pub fn rewind_metrics(&self, step: usize) -> Result<(), RunFolderError> {
        let mut text = String::new();
        for metrics in self.metrics()?.iter().filter(|metrics| metrics.step <= step) {
            text += &serde_json::to_string(metrics).map_err(encode_error(&self.path.join(METRICS)))?;
            text.push('\n');
        }
        self.write_whole(METRICS, text.as_bytes())
    }

    /// Writes a checkpoint next to the earlier one, renames it into place, then removes the earlier one.
    ///
    /// # Errors
    /// [`RunFolderError`] when it cannot be written.
    pub fn write_checkpoint(&self, state: &State, files: &LearnerFiles) -> Result<(), RunFolderError> {
        let name = format!("{CHECKPOINT}{:08}", state.step);
        let (path, partial) = (self.path.join(&name), self.path.join(format!("{name}{PARTIAL}")));
        if path.exists() {
            return Ok(()); // the same step has the same bits
        }
        remove(&partial)?;
        fs::create_dir(&partial).map_err(file_error("create", &partial))?;
        let parts = [(NETWORK, &files.network), (OPTIMIZER, &files.optimizer), (WEIGHTS, &files.average)];
        for (name, bytes) in parts {
            write_whole(&partial.join(name), bytes, IfExists::Refuse)?;
        }
        let record = CheckpointRecord {
            state: state.clone(),
            sha256: parts.map(|(name, bytes)| (name.to_owned(), sha256(bytes))),
        };
        let json = serde_json::to_vec_pretty(&record).map_err(encode_error(&partial.join(STATE)))?;
        write_whole(&partial.join(STATE), &json, IfExists::Refuse)?;
        fs::rename(&partial, &path).map_err(file_error("rename", &partial))?;
        sync_folder(&self.path);
        self.remove_checkpoints_before(state.step)
    }

    fn remove_checkpoints_before(&self, latest: usize) -> Result<(), RunFolderError> {
        let mut earlier = self.checkpoints()?.into_iter().filter(|(step, _)| *step < latest);
        earlier.try_for_each(|(_, path)| remove(&path))
    }

    /// The latest checkpoint; `None` before the first.
    ///
    /// # Errors
    /// [`RunFolderError::Damaged`] naming a file that is not what was written.
    pub fn read_checkpoint(&self) -> Result<Option<(PathBuf, State, LearnerFiles)>, RunFolderError> {
        let Some((_, path)) = self.checkpoints()?.pop() else { return Ok(None) };
        let record: CheckpointRecord = read_json(&path.join(STATE))?;
        let read = |name: &str| -> Result<Vec<u8>, RunFolderError> {
            let file = path.join(name);
            let bytes = fs::read(&file).map_err(file_error("read", &file))?;
            let expected = record.sha256.iter().find(|(of, _)| of == name).map(|(_, hash)| hash.as_str());
            if expected == Some(sha256(&bytes).as_str()) { Ok(bytes) } else { Err(damaged(&file, Damage::Changed)) }
        };
        let files = LearnerFiles { network: read(NETWORK)?, optimizer: read(OPTIMIZER)?, average: read(WEIGHTS)? };
        Ok(Some((path, record.state, files)))
    }

    /// Writes the weights of the best epoch so far, in place of those of an earlier one.
    ///
    /// # Errors
    /// [`RunFolderError`] when they cannot be written.
    pub fn write_best(&self, weights: &[u8]) -> Result<(), RunFolderError> {
        self.write_whole(BEST, weights)
    }

    /// The weights of the best epoch.
    ///
    /// # Errors
    /// [`RunFolderError`] when they cannot be read, or are not those of this epoch.
    pub fn read_best(&self, best: &BestEpoch) -> Result<Vec<u8>, RunFolderError> {
        let path = self.path.join(BEST);
        let bytes = fs::read(&path).map_err(file_error("read", &path))?;
        if sha256(&bytes) != best.sha256 {
            return Err(damaged(&path, Damage::OtherWeights { step: best.step }));
        }
        Ok(bytes)
    }

    /// Writes the finished model: weights first, so that a model.json always has its weights.
    ///
    /// # Errors
    /// [`RunFolderError`] when it cannot be written.
    pub fn write_model(&self, model_json: &str, weights: &[u8]) -> Result<(), RunFolderError> {
        self.write_whole(WEIGHTS, weights)?;
        self.write_whole(MODEL_JSON, model_json.as_bytes())
    }

    /// Checkpoints by step, the latest last.
    fn checkpoints(&self) -> Result<Vec<(usize, PathBuf)>, RunFolderError> {
        let entries = fs::read_dir(&self.path).map_err(file_error("read", &self.path))?;
        let mut found: Vec<(usize, PathBuf)> = entries
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let step = entry.file_name().to_str()?.strip_prefix(CHECKPOINT)?.parse().ok()?;
                Some((step, entry.path()))
            })
            .collect();
        found.sort();
        Ok(found)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), RunFolderError> {
        let json = serde_json::to_string_pretty(value).map_err(encode_error(&self.path.join(name)))?;
        self.write_whole(name, format!("{json}\n").as_bytes())
    }

    /// Writes a file under another name and renames it.
    fn write_whole(&self, name: &str, bytes: &[u8]) -> Result<(), RunFolderError> {
        Ok(write_whole(&self.path.join(name), bytes, IfExists::Replace)?)
    }
}

fn file_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> RunFolderError {
    let path = path.to_owned();
    move |source| RunFolderError::File { action, path, source }
}

fn encode_error<E: Into<Cause>>(path: &Path) -> impl FnOnce(E) -> RunFolderError {
    let path = path.to_owned();
    move |error| RunFolderError::Encode { path, cause: error.into() }
}

pub(crate) fn damaged(path: &Path, damage: impl Into<Damage>) -> RunFolderError {
    RunFolderError::Damaged { path: path.to_owned(), damage: damage.into() }
}

fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RunFolderError> {
    let bytes = fs::read(path).map_err(file_error("read", path))?;
    serde_json::from_slice(&bytes).map_err(|error| damaged(path, error))
}

fn remove(folder: &Path) -> Result<(), RunFolderError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(file_error("remove", folder)(error)),
        _ => Ok(()),
    }
}
