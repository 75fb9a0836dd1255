//! `Records`: what the folders of the runs, of the model and of the dataset say about how these were made.

use std::path::{Path, PathBuf};

use bloodpool_dataset::DatasetManifest;
use bloodpool_files::FileError;
use bloodpool_nn::model_file::{MODEL_JSON, ModelDescription};
use bloodpool_nn::run_folder::{EpochMetrics, RunFolder};
use bloodpool_nn::{Origin, TrainingConfig};

use crate::EvaluationError;
use crate::raters::record::{ModelKind, Subject};

/// What is recorded beside the numbers of an evaluation.
#[derive(Debug, Clone, Default)]
pub struct Records {
    /// The runs; one for each fold of a cross-validation, none of a model that is not a run.
    pub runs: Vec<RunRecord>,
    /// The description of a model without a run; `None` of an embedded one and of masks.
    pub description: Option<ModelDescription>,
    /// The dataset that the model was evaluated on.
    pub dataset: Option<DatasetManifest>,
    /// Another dataset that the model was trained on, where it can be read and is unchanged.
    pub other_training_dataset: Option<DatasetManifest>,
}

/// What is recorded of a run.
#[derive(Debug, Clone)]
pub struct RunRecord {
    /// Every choice.
    pub config: TrainingConfig,
    /// Program and data.
    pub origin: Origin,
    /// Each epoch.
    pub metrics: Vec<EpochMetrics>,
    /// Steps after which the weights were those of the model; `None` of a run without a model.
    pub steps: Option<usize>,
}

impl Records {
    /// Reads them from the folders that an evaluation names.
    ///
    /// # Errors
    /// [`EvaluationError`] when a record exists and cannot be read.
    pub fn read(subject: &Subject) -> Result<Self, EvaluationError> {
        let runs: Vec<RunRecord> = match subject.run.kind {
            ModelKind::Run => {
                folders(subject).iter().map(|folder| RunRecord::read(folder)).collect::<Result<_, _>>()?
            }
            ModelKind::Embedded
            | ModelKind::Weights
            | ModelKind::Ensemble
            | ModelKind::Classical
            | ModelKind::Masks => Vec::new(),
        };
        let description = match subject.run.kind {
            ModelKind::Weights => description(Path::new(&subject.run.folder))?,
            ModelKind::Run | ModelKind::Embedded | ModelKind::Ensemble | ModelKind::Classical | ModelKind::Masks => {
                None
            }
        };
        let dataset = DatasetManifest::read(Path::new(&subject.dataset.folder))?;
        let dataset = (dataset.sha256 == subject.dataset.sha256).then_some(dataset.document);
        let other_training_dataset = runs.first().filter(|_| !subject.dataset.trained_on).and_then(|run| {
            // Where it has gone since, or has changed, only its description is left.
            let read = DatasetManifest::read(run.origin.data_folder.as_deref()?).ok()?;
            (run.origin.dataset_sha256() == Some(read.sha256.as_str())).then_some(read.document)
        });
        Ok(Self { runs, description, dataset, other_training_dataset })
    }
}

impl RunRecord {
    fn read(folder: &Path) -> Result<Self, EvaluationError> {
        let (run, config, origin) = RunFolder::open(folder)?;
        let steps = description(folder)?.map(|description| description.training.steps);
        Ok(Self { config, origin, metrics: run.metrics()?, steps })
    }

    /// The epoch whose weights are the model; `None` where the run does not say.
    #[must_use]
    pub fn kept(&self) -> Option<&EpochMetrics> {
        self.metrics.iter().find(|epoch| Some(epoch.step) == self.steps)
    }
}

/// The folder of the run, or of each run of a cross-validation, which are joined by commas; none where a folder's own name has commas.
fn folders(subject: &Subject) -> Vec<PathBuf> {
    let all = &subject.run.folder;
    if subject.folds.len() < 2 {
        return vec![PathBuf::from(all)];
    }
    let parts: Vec<PathBuf> = all.split(", ").map(PathBuf::from).collect();
    if parts.len() == subject.folds.len() { parts } else { Vec::new() }
}

/// The description of the model in a folder, whose weights were checked against it when they were loaded.
fn description(folder: &Path) -> Result<Option<ModelDescription>, EvaluationError> {
    let path = folder.join(MODEL_JSON);
    match std::fs::read(&path) {
        Ok(json) => Ok(Some(serde_json::from_slice(&json)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FileError::Read { path, source }.into()),
    }
}
