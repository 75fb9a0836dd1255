//! What the program says of simulated studies whose truth is known, and how good that is.

pub mod candidates;
pub mod made_bad;
pub mod observation;
pub mod ordinary;
pub mod repeatability;
