//! JSON Schemas of the documents, made from the types that write and read them.

use crate::ensemble::{ENSEMBLE_SCHEMA, EnsembleDescription};
use crate::verification::{VERIFICATION_SCHEMA, Verification};
use bloodpool_core::uncertainty::{Calibration, LocalCalibration, calibration, local};
use bloodpool_dataset::consensus::CONSENSUS_SCHEMA;
use bloodpool_dataset::corrections::CORRECTIONS_SCHEMA;
use bloodpool_dataset::dataset::DATASET_SCHEMA;
use bloodpool_dataset::extracted::EXTRACT_SCHEMA;
use bloodpool_dataset::prelabel_record::PRELABELS_SCHEMA;
use bloodpool_dataset::rater_record::RATERS_SCHEMA;
use bloodpool_dataset::reference_studies::{REFERENCE_SCHEMA, ReferenceStudies};
use bloodpool_dataset::{
    ConsensusManifest, Corrections, DatasetManifest, ExtractManifest, PrelabelRecord, RaterRecord,
};
use bloodpool_evaluation::across::learning_curve::{LEARNING_CURVE_SCHEMA, LearningCurve};
use bloodpool_evaluation::across::paired::{PAIRED_SCHEMA, PairedEvaluations};
use bloodpool_evaluation::raters::record::{self, EvaluationDocument};
use bloodpool_evaluation::raters::test_reads::TestRead;
use bloodpool_evaluation::reference::{self, ReferenceEvaluation};
use bloodpool_evaluation::reproduction::{self, Plan};
use bloodpool_evaluation::simulation::{SIMULATION_SCHEMA, SimulationRecord, TRUTH_SCHEMA, TruthDocument};
use bloodpool_evaluation::truth::observation::Observation;
use bloodpool_nn::Origin;
use bloodpool_nn::model_file::{self, ModelDescription};
use bloodpool_nn::run_folder::EpochMetrics;
use bloodpool_onnx::{ONNX_SCHEMA, OnnxDescription};
use bloodpool_report::analysis_document::ANALYSIS_SCHEMA;
use bloodpool_report::serial::document::COMPARISON_SCHEMA;
use bloodpool_report::unanalysed::{ERROR_SCHEMA, SET_ASIDE_SCHEMA};
use bloodpool_report::{AnalysisDocument, ComparisonDocument, ErrorDocument, KnownBias, SetAsideDocument};
use schemars::{JsonSchema, Schema, schema_for};

/// The schema of one document.
#[derive(Debug, Clone)]
pub struct DocumentSchema {
    /// Name of the document, for example `bloodpool.analysis/1`. A document whose name has no number has no field `schema`.
    pub name: &'static str,
    /// Its JSON Schema.
    pub schema: Schema,
}

impl DocumentSchema {
    fn of<T: JsonSchema>(name: &'static str) -> Self {
        Self { name, schema: schema_for!(T) }
    }

    /// Name of its file in `schemas/`.
    #[must_use]
    pub fn file(&self) -> String {
        format!("{}.schema.json", self.name.replace('/', "-"))
    }
}

/// The schemas of all documents that the program writes.
#[must_use]
pub fn all() -> Vec<DocumentSchema> {
    vec![
        // analyze --json
        DocumentSchema::of::<AnalysisDocument>(ANALYSIS_SCHEMA),
        DocumentSchema::of::<ErrorDocument>(ERROR_SCHEMA),
        DocumentSchema::of::<SetAsideDocument>(SET_ASIDE_SCHEMA),
        // verify --json
        DocumentSchema::of::<Verification>(VERIFICATION_SCHEMA),
        // compare --json
        DocumentSchema::of::<ComparisonDocument>(COMPARISON_SCHEMA),
        // evaluate: evaluation.json, a line of RUN/test-evaluations.jsonl, a line of --out, --known-bias, --calibration
        DocumentSchema::of::<EvaluationDocument>(record::SCHEMA),
        DocumentSchema::of::<TestRead>("bloodpool.test-read"),
        DocumentSchema::of::<Observation>("bloodpool.observation"),
        DocumentSchema::of::<KnownBias>("bloodpool.known-bias"),
        DocumentSchema::of::<Calibration>(calibration::SCHEMA),
        // evaluations compare, evaluations curve
        DocumentSchema::of::<PairedEvaluations>(PAIRED_SCHEMA),
        DocumentSchema::of::<LearningCurve>(LEARNING_CURVE_SCHEMA),
        // evaluate --reference
        DocumentSchema::of::<ReferenceEvaluation>(reference::SCHEMA),
        // calibrate
        DocumentSchema::of::<LocalCalibration>(local::SCHEMA),
        // dataset: extract.json, consensus.json, raters.json, dataset.json
        DocumentSchema::of::<ExtractManifest>(EXTRACT_SCHEMA),
        DocumentSchema::of::<ConsensusManifest>(CONSENSUS_SCHEMA),
        DocumentSchema::of::<RaterRecord>(RATERS_SCHEMA),
        DocumentSchema::of::<DatasetManifest>(DATASET_SCHEMA),
        DocumentSchema::of::<ReferenceStudies>(REFERENCE_SCHEMA),
        // dataset extract --prelabel, dataset corrections
        DocumentSchema::of::<PrelabelRecord>(PRELABELS_SCHEMA),
        DocumentSchema::of::<Corrections>(CORRECTIONS_SCHEMA),
        // simulate: simulation.json, truth/NAME.json
        DocumentSchema::of::<SimulationRecord>(SIMULATION_SCHEMA),
        DocumentSchema::of::<TruthDocument>(TRUTH_SCHEMA),
        // train: model.json, run.json, a line of metrics.jsonl
        DocumentSchema::of::<ModelDescription>(model_file::SCHEMA),
        DocumentSchema::of::<Origin>("bloodpool.run"),
        DocumentSchema::of::<EpochMetrics>("bloodpool.metrics"),
        // ensemble: ensemble.json
        DocumentSchema::of::<EnsembleDescription>(ENSEMBLE_SCHEMA),
        // export-model: NET.json beside NET.onnx, which `--model NET.onnx` reads
        DocumentSchema::of::<OnnxDescription>(ONNX_SCHEMA),
        // reproduce: plan.json
        DocumentSchema::of::<Plan>(reproduction::SCHEMA),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_document_has_a_file_of_its_own() {
        let all = all();
        let files: BTreeSet<String> = all.iter().map(DocumentSchema::file).collect();
        assert_eq!(files.len(), all.len());
        assert!(files.contains("bloodpool.dataset-1.schema.json") && files.contains("bloodpool.run.schema.json"));
    }
}
