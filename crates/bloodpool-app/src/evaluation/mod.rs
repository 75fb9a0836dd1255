//! What the program says of simulated studies whose truth is known, and how good that is.

pub(crate) mod candidates;
pub(crate) mod made_bad;
pub(crate) mod observation;
pub(crate) mod ordinary;
pub(crate) mod repeatability;

/// Name of the LVEF with the ED ROI on every frame, which no protocol may have.
pub(crate) const FIXED_ROI: &str = "fixed_roi";
