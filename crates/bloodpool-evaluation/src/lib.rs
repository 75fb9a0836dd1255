//! How good a model is: against raters, and against the truth of simulated studies.

pub mod error;
pub mod raters;
pub mod reproduction;
pub mod simulation;
pub mod training_curves;
pub mod truth;

pub use error::EvaluationError;
