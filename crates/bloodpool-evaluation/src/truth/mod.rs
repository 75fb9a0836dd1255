//! Evaluation of the program on simulated studies whose truth is known.

pub mod candidates;
pub mod function;
pub mod made_bad;
pub mod measured_on;
pub mod observation;
pub mod ordinary;
pub mod repeatability;
pub mod visits;
