//! Which steps of a study are done: a step counts only if its result belongs to the plan and to the steps before it.

use std::path::{Path, PathBuf};

use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_dataset::extracted::EXTRACT_FILE;
use bloodpool_dataset::{ConsensusManifest, DatasetManifest, ExtractManifest};
use bloodpool_files::document::read;
use bloodpool_files::{read_bytes, sha256};
use bloodpool_nn::model_file::{MODEL_JSON, WEIGHTS};
use bloodpool_nn::run_folder::RunFolder;

use super::folders::{consensus_of, evaluation_of, half_side_run_of, run_of};
use super::plan::{Plan, PlannedNetwork};
use crate::EvaluationError;
use crate::raters::outputs::{PAGE, RECORD};
use crate::raters::record::{EvaluationDocument, SCHEMA};
use crate::simulation::{RECORD as SIMULATION_FILE, SIMULATION_SCHEMA, SimulationRecord, TRUTH};

/// A step of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Patients and raters, in `cohort`.
    Cohort,
    /// Images for raters and counts, in `images`.
    Images,
    /// The consensus of the raters, in `images/consensus`.
    Consensus,
    /// The split dataset, in `dataset`.
    Dataset,
    /// A network, trained on pictures of half the side.
    HalfSideRun(PlannedNetwork),
    /// A network, trained.
    Run(PlannedNetwork),
    /// A network, compared with the raters.
    Evaluation(PlannedNetwork),
}

/// How far a step is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Its last file is missing.
    ToDo,
    /// Its result belongs to the study.
    Done,
    /// There is a result, but not of this study.
    Foreign {
        /// The folder of the result.
        folder: PathBuf,
        /// In which respect.
        reason: String,
    },
}

impl Part {
    /// The folder that the step writes, in the folder of the study.
    #[must_use]
    pub fn folder(&self, out: &Path) -> PathBuf {
        match self {
            Self::Cohort => out.join("cohort"),
            Self::Images => out.join("images"),
            Self::Consensus => {
                let record = consensus_of(&out.join("images"));
                record.parent().map_or(record.clone(), Path::to_owned)
            }
            Self::Dataset => out.join("dataset"),
            Self::HalfSideRun(planned) => half_side_run_of(out, &planned.network),
            Self::Run(planned) => run_of(out, &planned.network),
            Self::Evaluation(planned) => evaluation_of(out, &planned.network),
        }
    }

    /// How far the step is. A result that cannot be read is [`Progress::Foreign`], too.
    #[must_use]
    pub fn progress(&self, out: &Path, plan: &Plan) -> Progress {
        let folder = self.folder(out);
        let last_file = match self {
            Self::Cohort => folder.join(TRUTH),
            Self::Images => folder.join(EXTRACT_FILE),
            Self::Consensus => consensus_of(&out.join("images")),
            Self::Dataset => folder.join(DATASET_FILE),
            Self::HalfSideRun(_) | Self::Run(_) => folder.join(MODEL_JSON),
            Self::Evaluation(_) => folder.join(PAGE),
        };
        if !last_file.exists() {
            return Progress::ToDo;
        }
        match self.difference(out, plan) {
            Ok(None) => Progress::Done,
            Ok(Some(reason)) => Progress::Foreign { folder, reason },
            Err(error) => Progress::Foreign { folder, reason: error.to_string() },
        }
    }

    /// In which respect the result is not of this study; `None`: in none.
    fn difference(&self, out: &Path, plan: &Plan) -> Result<Option<String>, EvaluationError> {
        let (images, data) = (Self::Images.folder(out), Self::Dataset.folder(out));
        Ok(match self {
            Self::Cohort => {
                let path = self.folder(out).join(SIMULATION_FILE);
                let record: SimulationRecord = read(&path, SIMULATION_SCHEMA)?.document;
                first(&[
                    (record.studies != plan.studies, "it has another number of patients"),
                    (record.raters.len() != plan.raters, "it has another number of raters"),
                    (record.seed != plan.seed, "it has another seed"),
                    (record.cohort != plan.cohort, "it is another cohort"),
                ])
            }
            Self::Images => images_differ(&images, &Self::Cohort.folder(out).join("studies"), plan)?,
            Self::Consensus => {
                let of_images = ConsensusManifest::read(&images)?.document.extract_sha256;
                let now = ExtractManifest::read(&images)?.sha256;
                first(&[(of_images != now, "it was formed on other images")])
            }
            Self::Dataset => {
                let dataset = DatasetManifest::read(&data)?.document;
                first(&[
                    (dataset.seed != plan.seed, "it was split with another seed"),
                    (dataset.extract_sha256 != ExtractManifest::read(&images)?.sha256, "it was built of other images"),
                    (
                        dataset.consensus_sha256 != ConsensusManifest::read(&images)?.sha256,
                        "it was built of another consensus",
                    ),
                ])
            }
            Self::HalfSideRun(planned) => {
                run_differs(&self.folder(out), &data, &planned.at_half_side(), plan.half_side_epochs, plan)?
            }
            Self::Run(planned) => run_differs(&self.folder(out), &data, planned, plan.epochs, plan)?,
            Self::Evaluation(planned) => {
                let path = self.folder(out).join(RECORD);
                let record: EvaluationDocument = read(&path, SCHEMA)?.document;
                let weights = sha256(&read_bytes(&run_of(out, &planned.network).join(WEIGHTS))?);
                let dataset = DatasetManifest::read(&data)?.sha256;
                first(&[
                    (record.subject.run.model.sha256 != weights, "it is of another training"),
                    (record.subject.dataset.sha256 != dataset, "it is of another dataset"),
                ])
            }
        })
    }
}

/// The first respect in which something differs.
fn first(differences: &[(bool, &str)]) -> Option<String> {
    differences.iter().find(|(differs, _)| *differs).map(|(_, reason)| (*reason).to_owned())
}

/// Whether images were extracted from these studies.
fn images_differ(images: &Path, studies: &Path, plan: &Plan) -> Result<Option<String>, EvaluationError> {
    let cases = ExtractManifest::read(images)?.document.cases;
    if cases.len() as u64 != plan.studies {
        return Ok(Some(format!("it has {} studies of {}", cases.len(), plan.studies)));
    }
    for source in cases.iter().filter_map(|case| case.source.as_ref()) {
        let study = studies.join(&source.file);
        if !study.is_file() || sha256(&read_bytes(&study)?) != source.sha256 {
            return Ok(Some(format!("{} is not the study that it was extracted from", study.display())));
        }
    }
    Ok(None)
}

/// Whether a run is of this network and dataset.
fn run_differs(
    run: &Path,
    data: &Path,
    planned: &PlannedNetwork,
    epochs: usize,
    plan: &Plan,
) -> Result<Option<String>, EvaluationError> {
    let (_, config, origin) = RunFolder::open(run)?;
    let dataset = DatasetManifest::read(data)?.sha256;
    Ok(first(&[
        (config.seed != plan.seed, "it has another seed"),
        (config.network.layout().side != planned.side, "its pictures have another size"),
        (config.steps != epochs * config.steps_per_epoch, "it has another number of epochs"),
        (!origin.training_data.contains(&dataset), "it was trained on another dataset"),
    ]))
}
