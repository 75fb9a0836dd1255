//! `Judged`: what is compared with the raters of a dataset, and what is known of its training.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bloodpool_core::classical::{ClassicalMethod, GROWTH_MM};
use bloodpool_core::{ModelIdentity, Segmenter, StudyKey};
use bloodpool_dataset::{AnnotatedDataset, DatasetError, DatasetStudy, Fold};
use bloodpool_evaluation::raters::leakage::Seen;
use bloodpool_evaluation::raters::material::{Material, RoiProtocol};
use bloodpool_evaluation::raters::outside_masks::OutsideMasks;
use bloodpool_evaluation::raters::reading::StudyReading;
use bloodpool_evaluation::raters::record::{ModelKind, RunIdentity, TrainingSize};
use bloodpool_evaluation::{EvaluationError, seen_by_run};
use bloodpool_files::sha256;
use bloodpool_nn::Origin;
use bloodpool_nn::run_folder::RunFolder;

use crate::Error;
use crate::ensemble::EnsembleDescription;
use crate::model::{GROWN_WITHIN, Model, embedded_network, network_of_folder};
use crate::onnx_model;

/// A model, or the masks of another program.
pub struct Judged {
    /// What it is, for the record.
    pub identity: RunIdentity,
    /// The studies that it was trained or validated on, as far as they are known.
    pub seen: Seen,
    /// How the run was made; `None` of anything but a run.
    pub run: Option<Origin>,
    /// The fold of the run's dataset that was held out from its training.
    pub fold: Option<Fold>,
    finder: Finder,
}

/// Why there is no dataset to compare on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OwnDatasetError {
    /// The dataset cannot be read.
    #[error(transparent)]
    Unusable(#[from] DatasetError),
    /// None was named, and the model was trained on none.
    #[error("{model} was trained on no dataset, but on {training_data}")]
    None {
        /// The model.
        model: String,
        /// What it was trained on.
        training_data: String,
    },
    /// The dataset of the run is not where it was.
    #[error("the dataset of {run} is no longer in {}", folder.display())]
    Gone {
        /// The run.
        run: String,
        /// Where it was.
        folder: PathBuf,
    },
    /// What lies in its place is another one.
    #[error(
        "{} is not the dataset that {run} was trained on ({training_data}): its dataset.json has the SHA-256 {sha256}",
        folder.display()
    )]
    Other {
        /// The run.
        run: String,
        /// What it was trained on.
        training_data: String,
        /// The folder.
        folder: PathBuf,
        /// SHA-256 of the manifest there.
        sha256: String,
    },
}

enum Finder {
    Segmenter(Box<dyn Segmenter>),
    Masks(OutsideMasks),
}

impl Judged {
    /// An embedded model or a classical method by name, the model of a run, or one from a folder with its two files alone; also with
    /// `grown-within:` before it.
    ///
    /// # Errors
    /// As [`Model::load`].
    pub fn model(name: &str, device: &str) -> Result<Self, Error> {
        let segmenter = Model::load(name, device)?.segmenter;
        // Growing within a model's outlines learns nothing: what is known of the training is that of the model.
        let (named, name) = (name, name.trim_start_matches(GROWN_WITHIN));
        let folder = Path::new(name);
        let mut trained_on = None;
        let (kind, origin, seen, run, fold) = if ClassicalMethod::by_name(name).is_some() {
            // Its constants were chosen on studies that were simulated for that alone.
            let nothing = "nothing: its constants were chosen on simulated studies".to_owned();
            let origin = Origin {
                software: bloodpool_report::SOFTWARE.to_owned(),
                training_data: nothing.clone(),
                validation_data: nothing,
                data_folder: None,
                started_from: None,
                seen: None,
            };
            (ModelKind::Classical, origin, Seen { keys: Vec::new(), complete: true }, None, None)
        } else if let Some((description, _)) = embedded_network(name)? {
            // Every study was simulated for its training alone.
            (ModelKind::Embedded, description.training.origin, Seen { keys: Vec::new(), complete: true }, None, None)
        } else if EnsembleDescription::is_in(folder) {
            let ensemble = EnsembleDescription::read(folder)?;
            let seen = Seen { keys: ensemble.seen.clone(), complete: ensemble.seen_is_complete };
            (ModelKind::Ensemble, ensemble.origin(), seen, None, None)
        } else if RunFolder::has_record(folder) {
            // A record that cannot be read is an error: without it, patients of the training would be evaluated.
            let (_, config, origin) = RunFolder::open(folder).map_err(EvaluationError::from)?;
            let fold = config.fold.and_then(|[number, of]| Fold::new(number, of).ok());
            let patients = origin.seen.as_ref().and_then(|seen| patients(seen.training.as_deref()?));
            trained_on = patients.map(|patients| TrainingSize { patients, frames_per_study: config.use_frames });
            (ModelKind::Run, origin.clone(), seen_by_run(&origin), Some(origin), fold)
        } else if onnx_model::is_onnx(folder) && folder.is_file() {
            (ModelKind::Weights, onnx_model::origin_of(folder)?, Seen::default(), None, None)
        } else {
            (ModelKind::Weights, network_of_folder(folder)?.0.training.origin, Seen::default(), None, None)
        };
        let identity = RunIdentity {
            folder: name.to_owned(),
            kind,
            model: segmenter.identity(),
            trained_by: origin.software,
            training_data: origin.training_data,
            trained_on,
            grown_within_mm: named.starts_with(GROWN_WITHIN).then_some(GROWTH_MM),
        };
        Ok(Self { identity, seen, run, fold, finder: Finder::Segmenter(segmenter) })
    }

    /// The masks in a folder. What they were made by, and trained on, is not known.
    ///
    /// # Errors
    /// As [`OutsideMasks::open`].
    pub fn masks(folder: &Path) -> Result<Self, EvaluationError> {
        let masks = OutsideMasks::open(folder)?;
        let unknown = "unknown studies";
        let identity = RunIdentity {
            folder: folder.display().to_string(),
            kind: ModelKind::Masks,
            model: masks.identity(),
            trained_by: "another program".to_owned(),
            training_data: unknown.to_owned(),
            trained_on: None,
            grown_within_mm: None,
        };
        Ok(Self { identity, seen: Seen::default(), run: None, fold: None, finder: Finder::Masks(masks) })
    }

    /// The named dataset, or the one that the run was trained on, which is looked for where it was and beside the run.
    ///
    /// # Errors
    /// [`OwnDatasetError`].
    pub fn dataset(&self, named: Option<&Path>) -> Result<(PathBuf, AnnotatedDataset), OwnDatasetError> {
        if let Some(folder) = named {
            return Ok((folder.to_owned(), AnnotatedDataset::open(folder)?));
        }
        let (run, training_data) = (self.identity.folder.clone(), self.identity.training_data.clone());
        let Some(recorded) = self.run.as_ref().and_then(|origin| origin.data_folder.as_ref()) else {
            return Err(OwnDatasetError::None { model: run, training_data });
        };
        // A run may have been trained in another working folder, or may have been moved together with its dataset.
        let beside = |name: &Path| Path::new(&run).parent().map(|parent| parent.join(name));
        let places =
            [Some(recorded.clone()), beside(recorded), recorded.file_name().and_then(|name| beside(Path::new(name)))];
        let Some(folder) = places.into_iter().flatten().find(|folder| folder.is_dir()) else {
            return Err(OwnDatasetError::Gone { run, folder: recorded.clone() });
        };
        let dataset = AnnotatedDataset::open(&folder)?;
        if !self.is_trained_on(&dataset) {
            let sha256 = dataset.sha256().to_owned();
            return Err(OwnDatasetError::Other { run, training_data, folder, sha256 });
        }
        Ok((folder, dataset))
    }

    /// Whether it is a run that was trained on this very dataset.
    #[must_use]
    pub fn is_trained_on(&self, dataset: &AnnotatedDataset) -> bool {
        self.run.as_ref().is_some_and(|origin| origin.dataset_sha256() == Some(dataset.sha256()))
    }

    /// One identity for several: that of the first, with the number of models in its name and a hash over all of them.
    #[must_use]
    pub fn joined(all: &[Self]) -> RunIdentity {
        let identities: Vec<&RunIdentity> = all.iter().map(|one| &one.identity).collect();
        let text = |part: fn(&RunIdentity) -> &str, between: &str| {
            let mut parts: Vec<&str> = identities.iter().map(|identity| part(identity)).collect();
            parts.dedup();
            parts.join(between)
        };
        let model = match &identities[..] {
            [one] => one.model.clone(),
            _ => ModelIdentity {
                name: format!("{} runs: {}", all.len(), text(|identity| &identity.model.name, ", ")),
                sha256: sha256(text(|identity| &identity.model.sha256, "\n").as_bytes()),
            },
        };
        RunIdentity {
            folder: text(|identity| &identity.folder, ", "),
            kind: identities.first().map(|identity| identity.kind).unwrap_or_default(),
            model,
            trained_by: text(|identity| &identity.trained_by, ", "),
            training_data: text(|identity| &identity.training_data, "; "),
            trained_on: joined_size(&identities),
            grown_within_mm: identities.first().and_then(|identity| identity.grown_within_mm),
        }
    }

    /// Compares it with the consensus of the raters on one study.
    ///
    /// # Errors
    /// [`EvaluationError`] when the study or a mask cannot be read.
    pub fn read(&self, study: &DatasetStudy<'_>, protocol: &RoiProtocol) -> Result<StudyReading, EvaluationError> {
        let material = Material::of(study)?;
        Ok(match &self.finder {
            Finder::Segmenter(segmenter) => StudyReading::new(&material, &**segmenter, protocol),
            Finder::Masks(masks) => StudyReading::of_masks(&material, &masks.of(study, &material.study)?, protocol),
        })
    }
}

/// Number of patients among the keys of studies; `None` for simulated studies without keys, or where a patient is not known.
fn patients(keys: &[StudyKey]) -> Option<usize> {
    let patients: Option<BTreeSet<&str>> = keys.iter().map(|key| key.patient.as_deref()).collect();
    patients.map(|patients| patients.len()).filter(|patients| *patients > 0)
}

/// The size of several runs: the mean number of patients, where all used as many frames.
fn joined_size(identities: &[&RunIdentity]) -> Option<TrainingSize> {
    let sizes: Option<Vec<&TrainingSize>> = identities.iter().map(|identity| identity.trained_on.as_ref()).collect();
    let sizes = sizes.filter(|sizes| !sizes.is_empty())?;
    let frames_per_study = sizes[0].frames_per_study;
    if sizes.iter().any(|size| size.frames_per_study != frames_per_study) {
        return None;
    }
    let all: usize = sizes.iter().map(|size| size.patients).sum();
    Some(TrainingSize { patients: (all + sizes.len() / 2) / sizes.len(), frames_per_study })
}
