//! `Step`: what one step of the correction found and changed.

use ndarray::Array3;

use crate::validity::Reason;

/// What one step found and changed.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// Findings.
    pub(super) reasons: Vec<Reason>,
    /// The corrected counts, `[frame, row, column]`; `None` where none were changed.
    pub(super) counts: Option<Array3<f32>>,
}
