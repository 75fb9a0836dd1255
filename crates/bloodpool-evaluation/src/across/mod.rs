//! Finished evaluations against raters, taken together: what each of them read on a patient.

pub mod learning_curve;
pub mod paired;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use bloodpool_files::FileError;
use bloodpool_files::fingerprint::read_bytes;
use bloodpool_stats::bootstrap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::raters::material::FramePair;
use crate::raters::reading::StudyReading;
use crate::raters::record::{EvaluationDocument, SCHEMA};
use bloodpool_dataset::RatedPhase;

/// Name of an evaluation in its folder.
const DOCUMENT: &str = "evaluation.json";

/// Why evaluations cannot be taken together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AcrossError {
    /// An evaluation cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is no evaluation of a model against raters.
    #[error("{} is no evaluation of a model against raters ({reason}); evaluate the run again", path.display())]
    NoEvaluation {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The evaluations are of different datasets, whose studies may have the same names.
    #[error("{} and {} are of different datasets; only results on the same studies can be compared", first.display(), other.display())]
    OtherDataset {
        /// Folder of one.
        first: PathBuf,
        /// Folder of another.
        other: PathBuf,
    },
    /// The sides have no patient in common.
    #[error("the two sides have no patient in common")]
    NothingInCommon,
    /// It is not known how much a run was trained on.
    #[error("{} does not say how many patients the run was trained on; evaluate it with this version", folder.display())]
    UnknownSize {
        /// Folder of the evaluation.
        folder: PathBuf,
    },
}

/// A finished evaluation and its folder.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Its folder.
    pub folder: PathBuf,
    /// What it found.
    pub document: EvaluationDocument,
}

impl Finished {
    /// Reads the evaluation in a folder.
    ///
    /// # Errors
    /// [`AcrossError`].
    pub fn read(folder: &Path) -> Result<Self, AcrossError> {
        let path = folder.join(DOCUMENT);
        let bytes = read_bytes(&path)?;
        let no_evaluation = |reason: String| AcrossError::NoEvaluation { path: path.clone(), reason };
        let document: EvaluationDocument =
            serde_json::from_slice(&bytes).map_err(|error| no_evaluation(error.to_string()))?;
        if document.schema != SCHEMA {
            return Err(no_evaluation(format!("its schema is {}", document.schema)));
        }
        Ok(Self { folder: folder.to_owned(), document })
    }

    /// Checks that all are of one dataset.
    fn same_dataset<'a>(all: impl Iterator<Item = &'a Self> + Clone) -> Result<(), AcrossError> {
        let sha256 = |one: &'a Self| &one.document.subject.dataset.sha256;
        let mut others = all.clone();
        let Some(first) = others.next() else { return Ok(()) };
        match others.find(|other| sha256(other) != sha256(first)) {
            Some(other) => Err(AcrossError::OtherDataset { first: first.folder.clone(), other: other.folder.clone() }),
            None => Ok(()),
        }
    }
}

/// What is measured on a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Dice against the consensus at end-diastole, percent.
    DiceEndDiastole,
    /// Dice against the consensus at end-systole, percent.
    DiceEndSystole,
    /// EF (Eq. 5 and 6) of the model less that of the consensus, percent points.
    EfOfConsensus,
    /// EF (Eq. 5 and 6) of the model less true LVEF, percent points.
    EfOfTruth,
}

/// What a figure says of a quantity over many studies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Summary {
    /// Mean.
    Mean,
    /// Mean of absolute values.
    MeanAbsolute,
    /// Standard deviation (n - 1).
    Sd,
}

/// The figures, in the order of the tables.
pub(crate) const FIGURES: [(Quantity, Summary); 8] = [
    (Quantity::DiceEndDiastole, Summary::Mean),
    (Quantity::DiceEndSystole, Summary::Mean),
    (Quantity::EfOfConsensus, Summary::Mean),
    (Quantity::EfOfConsensus, Summary::MeanAbsolute),
    (Quantity::EfOfConsensus, Summary::Sd),
    (Quantity::EfOfTruth, Summary::Mean),
    (Quantity::EfOfTruth, Summary::MeanAbsolute),
    (Quantity::EfOfTruth, Summary::Sd),
];

impl Quantity {
    fn of(self, study: &StudyReading) -> Option<f64> {
        let dice = |phase: RatedPhase| {
            let image = study.images.iter().find(|image| image.phase == phase)?;
            Some(100.0 * image.overlap.known()?.dice)
        };
        let ef = study.ef(FramePair::First);
        let model = ef.and_then(|ef| Some(ef.model.known()?.lvef_percent));
        match self {
            Self::DiceEndDiastole => dice(RatedPhase::EndDiastole),
            Self::DiceEndSystole => dice(RatedPhase::EndSystole),
            Self::EfOfConsensus => Some(model? - ef?.consensus.known()?.lvef_percent),
            Self::EfOfTruth => Some(model? - study.true_lvef_percent?),
        }
    }

    /// In words, with its unit.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::DiceEndDiastole => "Dice at ED, %",
            Self::DiceEndSystole => "Dice at ES, %",
            Self::EfOfConsensus => "EF - consensus, points",
            Self::EfOfTruth => "EF - true LVEF, points",
        }
    }
}

impl Summary {
    /// Of these values; `None` of too few.
    fn of(self, values: &[f64]) -> Option<f64> {
        let count = values.len() as f64;
        let mean = |value: fn(f64) -> f64| values.iter().copied().map(value).sum::<f64>() / count;
        match self {
            _ if values.is_empty() => None,
            Self::Mean => Some(mean(|value| value)),
            Self::MeanAbsolute => Some(mean(f64::abs)),
            Self::Sd => bloodpool_stats::mean_sd(values).ok().map(|summary| summary.sd),
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::MeanAbsolute => "mean absolute",
            Self::Sd => "SD",
        }
    }
}

/// The values of a quantity by patient, over all evaluations of a side.
type ByPatient = BTreeMap<String, Vec<f64>>;

fn by_patient(evaluations: &[Finished], quantity: Quantity) -> ByPatient {
    let mut values = ByPatient::new();
    for study in evaluations.iter().flat_map(|one| &one.document.result.cases) {
        if let Some(value) = quantity.of(study) {
            values.entry(study.patient.clone()).or_default().push(value);
        }
    }
    values
}

/// A figure over patients with its 95 % interval by bootstrap over them.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Estimate {
    /// The figure; `None` where it is not defined.
    pub value: Option<f64>,
    /// 95 % interval, percentiles of 2,000 resamples of the patients; `None` for a single patient.
    pub ci95: Option<[f64; 2]>,
}

/// A figure of patients' values; `figure` gets the patients that were drawn.
fn estimate(patients: usize, figure: impl Fn(&[usize]) -> Option<f64>) -> Estimate {
    let all: Vec<usize> = (0..patients).collect();
    Estimate { value: figure(&all), ci95: bootstrap::interval(patients, figure) }
}

impl Estimate {
    /// As a cell of a table.
    fn cell(&self) -> String {
        match (self.value, self.ci95) {
            (None, _) => "-".to_owned(),
            (Some(value), None) => format!("{value:+.2}"),
            (Some(value), Some([low, high])) => format!("{value:+.2} ({low:+.2} to {high:+.2})"),
        }
    }

    /// The same without a sign.
    fn plain_cell(&self) -> String {
        self.cell().replace('+', "")
    }
}

/// Number of simulated studies among all, each counted once.
fn simulated(evaluations: &[&Finished]) -> (usize, usize) {
    let cases = evaluations.iter().flat_map(|one| &one.document.result.cases);
    let all: BTreeSet<(&str, bool)> = cases.map(|study| (study.case.as_str(), study.simulated)).collect();
    (all.iter().filter(|(_, simulated)| *simulated).count(), all.len())
}

/// What the studies are, in words.
fn population(evaluations: &[&Finished]) -> String {
    match simulated(evaluations) {
        (0, all) => format!("{all} studies"),
        (simulated, all) if simulated == all => format!("{all} simulated studies"),
        (simulated, all) => format!("{all} studies, {simulated} of them simulated"),
    }
}
