//! The documents of a simulation: what was requested (`simulation.json`), and the truth of each study.

use bloodpool_phantom::{Rater, Truth};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Cohort;

/// Schema of `simulation.json`.
pub const SIMULATION_SCHEMA: &str = "bloodpool.simulation/1";
/// Schema of `truth/NAME.json`.
pub const TRUTH_SCHEMA: &str = "bloodpool.truth/1";

/// The document `bloodpool.simulation/1`: how a folder of simulated studies was made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct SimulationRecord {
    /// [`SIMULATION_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// Number of studies.
    pub studies: u64,
    /// Seed of patients, acquisitions and raters.
    pub seed: u64,
    /// The patients and acquisitions.
    pub cohort: Cohort,
    /// Range of true LVEF, percent; `None` where the cohort has its own.
    pub lvef_percent: Option<[f64; 2]>,
    /// Matrix side; `None` where the cohort chooses.
    pub matrix: Option<usize>,
    /// Who drew.
    pub raters: Vec<Rater>,
}

/// The document `bloodpool.truth/1`: what is true of one simulated study.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TruthDocument {
    /// [`TRUTH_SCHEMA`].
    pub schema: String,
    /// The DICOM file, from the folder of the simulation.
    pub study: String,
    /// The LV masks, NumPy uint8 `(frames, rows, columns)`, from the folder of the simulation.
    pub masks: String,
    /// What is true.
    pub truth: Truth,
}

impl TruthDocument {
    /// Of the study of this name.
    pub(super) fn new(name: &str, truth: &Truth) -> Self {
        Self {
            schema: TRUTH_SCHEMA.to_owned(),
            study: format!("studies/{name}.dcm"),
            masks: format!("truth/{name}.npy"),
            truth: truth.clone(),
        }
    }
}
