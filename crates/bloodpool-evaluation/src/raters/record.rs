//! `EvaluationDocument`, `evaluation.json`: what was compared, by which choices, and every number.

use crate::EvaluationError;
use bloodpool_core::ModelIdentity;
use bloodpool_dataset::Split;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::abstract_lines::{Line, Named, lines};
use super::cohort::Cohort;
use super::endpoints::Endpoints;
use super::leakage::Leakage;
use super::material::{NamedChoices, RoiProtocol};
use super::result::EvaluationResult;
use super::sentences::sentences;
use super::table_one::{HA_2024, PAPER, PublishedLvef};
use bloodpool_report::{RESEARCH_ONLY, SOFTWARE};

/// Schema of the record.
pub const SCHEMA: &str = "bloodpool.evaluation/2";

/// Which model was compared with the raters of which studies.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// UTC.
    pub date: String,
    /// The model, and the run that made it.
    pub run: RunIdentity,
    /// The dataset.
    pub dataset: DatasetIdentity,
    /// The part of it; of folds, which are held out from training and validation, `validation`.
    pub split: Split,
    /// The folds that were held out and evaluated, each by the run that held it out, for example `2/5`; empty: the part `split`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folds: Vec<String>,
    /// How often the test split of this dataset was read with this run, or where there is no run folder, with any model without one;
    /// this time included. `None` for the other parts.
    pub test_reads: Option<usize>,
    /// The comparison with the studies that the model has seen; `None` where a part is evaluated that it was trained or validated
    /// on by request, and in documents of earlier versions.
    #[serde(default)]
    pub leakage: Option<Leakage>,
    /// The studies, those that were evaluated first; `None` in documents of earlier versions.
    #[serde(default)]
    pub cohort: Option<Cohort>,
}

/// The model, and the run that made it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct RunIdentity {
    /// As it was named.
    pub folder: String,
    /// What that is.
    #[serde(default)]
    pub kind: ModelKind,
    /// Name and hash of the model.
    pub model: ModelIdentity,
    /// Program and version.
    pub trained_by: String,
    /// Description of the training data.
    pub training_data: String,
    /// How much a run was trained on; `None` of anything else, of several runs of different sizes, and in documents of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<TrainingSize>,
    /// By how much region growing may have moved the model's outlines, mm; `None`: its outlines were taken as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grown_within_mm: Option<f64>,
}

/// How much a run was trained on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TrainingSize {
    /// Number of patients, those with a reference LVEF alone among them; of the runs of several folds, the mean, rounded.
    pub patients: usize,
    /// Annotated frames of each study that were used; `None`: all of them.
    pub frames_per_study: Option<usize>,
}

/// Where a model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelKind {
    /// The folder of a training run.
    #[default]
    Run,
    /// The program carries it.
    Embedded,
    /// A folder with a description and weights alone.
    Weights,
    /// The networks of several runs, whose probabilities are averaged.
    Ensemble,
    /// A classical method, which is not trained.
    Classical,
    /// Another program: a folder of its masks.
    Masks,
}

impl ModelKind {
    /// Whose evaluations of the test split are counted.
    #[must_use]
    pub fn counted(self) -> &'static str {
        match self {
            Self::Run => "this run",
            Self::Embedded | Self::Weights | Self::Ensemble | Self::Classical | Self::Masks => {
                "models without a run folder"
            }
        }
    }
}

/// The dataset.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct DatasetIdentity {
    /// As it was named.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of its `dataset.json`.
    pub sha256: String,
    /// Whether it is the one that the run was trained on.
    pub trained_on: bool,
    /// Where the results of the raters come from; `None`: there are none.
    pub raters_from: Option<String>,
}

/// The document `bloodpool.evaluation/2`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationDocument {
    /// [`SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// That the result is for research alone.
    pub notice: String,
    /// Which model was compared with the raters of which studies.
    #[serde(flatten)]
    pub subject: Subject,
    /// What a reader must know before the numbers.
    pub remarks: Vec<String>,
    /// The primary endpoint, and how many tests stand beside it; `None` in documents of earlier versions.
    #[serde(default)]
    pub endpoints: Option<Endpoints>,
    /// The abstract, heading and sentence; empty in documents of earlier versions.
    #[serde(default, rename = "abstract")]
    pub abstract_lines: Vec<(String, String)>,
    /// How EF is measured.
    pub protocol: NamedChoices,
    /// Every number.
    #[serde(flatten)]
    pub result: EvaluationResult,
    /// The statistics in words.
    pub sentences: Vec<String>,
    /// What others have published.
    pub published: PublishedResults,
}

/// What others have published.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct PublishedResults {
    /// Source of the published figures of Table 1.
    pub table_one: String,
    /// The best published automatic LVEF.
    pub lvef: PublishedLvef,
}

impl EvaluationDocument {
    /// Everything about one comparison.
    pub fn new(subject: &Subject, result: &EvaluationResult, protocol: &RoiProtocol) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            software: SOFTWARE.to_owned(),
            notice: RESEARCH_ONLY.to_owned(),
            subject: subject.clone(),
            remarks: subject.remarks(result),
            endpoints: Some(Endpoints::new(result)),
            abstract_lines: subject.abstract_lines(result).map(|(heading, words)| (heading.to_owned(), words)).into(),
            protocol: protocol.named().clone(),
            result: result.clone(),
            sentences: sentences(result),
            published: PublishedResults { table_one: PAPER.to_owned(), lvef: HA_2024 },
        }
    }

    /// As JSON, for people to read as well.
    ///
    /// # Errors
    /// [`EvaluationError::Json`] when it cannot be written as JSON.
    pub fn to_json(&self) -> Result<String, EvaluationError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Subject {
    /// The part in words, for example `test split`, or `held-out folds 1/5, 2/5`.
    #[must_use]
    pub fn part(&self) -> String {
        match &self.folds[..] {
            [] => format!("{} split", self.split),
            [one] => format!("held-out fold {one}"),
            several => format!("held-out folds {}", several.join(", ")),
        }
    }

    /// The abstract, heading and sentence.
    pub(super) fn abstract_lines(&self, result: &EvaluationResult) -> [Line; 5] {
        let part = format!("{} of {}", self.part(), self.dataset.name);
        let left_out = self.leakage.as_ref().map_or(0, |leakage| leakage.left_out.len());
        lines(Named { model: &self.run.model.name, part: &part, left_out }, result)
    }

    /// What a reader must know before the numbers.
    pub fn remarks(&self, result: &EvaluationResult) -> Vec<String> {
        let mut remarks = Vec::new();
        match (result.simulated_studies, result.studies) {
            (0, _) => {}
            (simulated, all) if simulated == all => {
                remarks.push("Simulated studies, not patients.".to_owned());
            }
            (simulated, all) => remarks.push(format!("{simulated} of the {all} studies are simulated.")),
        }
        if !self.dataset.trained_on {
            remarks.push(format!(
                "Another dataset: the model was trained on {}, and is evaluated on dataset {}, dataset.json sha256 {}.",
                self.run.training_data, self.dataset.name, self.dataset.sha256
            ));
        }
        remarks.extend(self.leakage.iter().flat_map(|leakage| leakage.remarks(result.studies)));
        if !self.folds.is_empty() {
            let runs = match self.folds.len() {
                1 => "one run; cross-validation evaluates the runs of all folds together".to_owned(),
                runs => format!("{runs} runs, each on the studies that were held out from its training and validation"),
            };
            remarks.push(format!("Cross-validation: {runs}. The test part of the dataset was not read."));
            return remarks_of_raters(remarks, result);
        }
        match (self.split, self.test_reads) {
            (Split::Test, Some(reads)) if reads > 1 => remarks.push(format!(
                "The test split of this dataset has been read {reads} times by {}: choices that were made in between may depend on it.",
                self.run.kind.counted()
            )),
            (Split::Train, _) if self.dataset.trained_on => {
                remarks.push(
                    "The model was trained on these very studies: the results do not apply to other studies.".to_owned(),
                );
            }
            (Split::Validation, _) if self.dataset.trained_on => remarks.push(
                "The epoch that was kept may have been chosen on the validation studies: the results are too good.".to_owned(),
            ),
            _ => {}
        }
        remarks_of_raters(remarks, result)
    }

    /// Model and data in one line.
    pub fn title(&self, result: &EvaluationResult) -> String {
        format!(
            "Model {} on the {} of {}: {}",
            self.run.model.name,
            self.part(),
            self.dataset.name,
            result.population()
        )
    }
}

fn remarks_of_raters(mut remarks: Vec<String>, result: &EvaluationResult) -> Vec<String> {
    let missing = result.raters.as_ref().map_or(0, |raters| result.studies.saturating_sub(raters.studies));
    if missing > 0 {
        remarks.push(format!("The results of the raters are not known for {missing} of the studies."));
    }
    remarks
}
