//! How good a model is: against raters, and against the truth of simulated studies.

pub mod across;
pub mod error;
pub mod raters;
pub mod reference;
pub mod reproduction;
pub mod seen_by_run;
pub mod simulation;
pub mod training_curves;
pub mod truth;

pub use error::EvaluationError;
pub use seen_by_run::seen_by_run;
