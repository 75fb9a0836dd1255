//! The record of a comparison, `evaluation.json`: who was compared on what, by which choices, and every number.

use crate::EvaluationError;
use bloodpool_core::ModelIdentity;
use bloodpool_dataset::Split;
use serde::Serialize;

use super::findings::Findings;
use super::published::{self, PublishedLvef};
use super::roi_protocol::RoiProtocol;
use super::sentences::sentences;
use bloodpool_report::{RESEARCH_ONLY, SOFTWARE};

/// Schema of the record.
const SCHEMA: &str = "bloodpool.evaluation/2";

/// Which model was held against which studies.
#[derive(Debug, Clone, Serialize)]
pub struct Subject {
    /// UTC.
    pub date: String,
    /// The run that made the model.
    pub run: RunIdentity,
    /// The dataset.
    pub dataset: DatasetIdentity,
    /// The part of it.
    pub split: Split,
    /// How often the test split was read with this run, this time included; `None` for the other parts.
    pub test_reads: Option<usize>,
}

/// The run that made the model.
#[derive(Debug, Clone, Serialize)]
pub struct RunIdentity {
    /// As it was named.
    pub folder: String,
    /// Name and hash of the model.
    pub model: ModelIdentity,
    /// Program and version.
    pub trained_by: String,
    /// Description of the training data.
    pub training_data: String,
}

/// The dataset.
#[derive(Debug, Clone, Serialize)]
pub struct DatasetIdentity {
    /// As it was named.
    pub folder: String,
    /// Its name.
    pub name: String,
    /// SHA-256 of its `dataset.json`.
    pub sha256: String,
    /// Whether it is the one that the run was trained on.
    pub trained_on: bool,
    /// Where the figures of the raters come from; `None`: there are none.
    pub raters_from: Option<String>,
}

#[derive(Serialize)]
struct Record<'a> {
    schema: &'static str,
    software: &'static str,
    notice: &'static str,
    #[serde(flatten)]
    subject: &'a Subject,
    /// What has to be known before the numbers are read.
    remarks: Vec<String>,
    protocol: &'a RoiProtocol,
    #[serde(flatten)]
    findings: &'a Findings,
    sentences: Vec<String>,
    published: PublishedRecord,
}

#[derive(Serialize)]
struct PublishedRecord {
    table_one: &'static str,
    lvef: PublishedLvef,
}

impl Subject {
    /// What a reader has to know before the numbers.
    pub fn remarks(&self, findings: &Findings) -> Vec<String> {
        let mut remarks = Vec::new();
        match (findings.simulated_studies, findings.studies) {
            (0, _) => {}
            (simulated, all) if simulated == all => {
                remarks.push("Simulated studies: these are no patients.".to_owned());
            }
            (simulated, all) => remarks.push(format!("{simulated} of the {all} studies are simulated.")),
        }
        if !self.dataset.trained_on {
            remarks.push(format!(
                "Another dataset: the run was trained on {}, and is evaluated on dataset {}, dataset.json sha256 {}.",
                self.run.training_data, self.dataset.name, self.dataset.sha256
            ));
        }
        match (self.split, self.test_reads) {
            (Split::Test, Some(reads)) if reads > 1 => remarks.push(format!(
                "The test split has been read {reads} times by this run: whatever was chosen in between was chosen with \
                 sight of it."
            )),
            (Split::Train, _) if self.dataset.trained_on => {
                remarks.push("The model was trained on these very studies: the figures say nothing of others.".to_owned());
            }
            (Split::Validation, _) if self.dataset.trained_on => remarks.push(
                "Validation studies may have chosen the epoch that was kept: the figures flatter the model.".to_owned(),
            ),
            _ => {}
        }
        if let Some(raters) = &findings.raters {
            let missing = findings.studies.saturating_sub(raters.studies);
            if missing > 0 {
                remarks.push(format!("The raters' record says nothing of {missing} of the studies."));
            }
        }
        remarks
    }

    /// Model and data in one line.
    pub fn title(&self, findings: &Findings) -> String {
        format!(
            "Model {} on the {} split of {}: {}",
            self.run.model.name,
            self.split,
            self.dataset.name,
            findings.population()
        )
    }
}

/// The record as JSON.
pub fn json(subject: &Subject, findings: &Findings, protocol: &RoiProtocol) -> Result<String, EvaluationError> {
    let record = Record {
        schema: SCHEMA,
        software: SOFTWARE,
        notice: RESEARCH_ONLY,
        subject,
        remarks: subject.remarks(findings),
        protocol,
        findings,
        sentences: sentences(findings),
        published: PublishedRecord { table_one: published::PAPER, lvef: published::HA_2024 },
    };
    Ok(serde_json::to_string_pretty(&record)? + "\n")
}
