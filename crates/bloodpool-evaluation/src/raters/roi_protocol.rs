//! `RoiProtocol`: the ROI-based protocol that raters and model are measured by.

use bloodpool_core::Protocol;
use bloodpool_core::protocol::RoiChoices;
use serde::Serialize;

use crate::EvaluationError;

/// A protocol that measures counts in ROIs, so that drawn ROIs can be measured by it. Table 1 of Oh et al. 2022 is by
/// [`Protocol::paper`].
#[derive(Debug, Clone, Serialize)]
pub struct RoiProtocol {
    name: String,
    choices: RoiChoices,
    #[serde(skip)]
    protocol: Protocol,
}

impl RoiProtocol {
    /// The protocol, with its choices about ROIs.
    ///
    /// # Errors
    /// [`EvaluationError::NoRois`] where the protocol does not count in ROIs alone.
    pub fn new(protocol: Protocol) -> Result<Self, EvaluationError> {
        let choices = protocol.estimator.roi_choices().cloned();
        let choices = choices.ok_or_else(|| EvaluationError::NoRois { protocol: protocol.name.clone() })?;
        Ok(Self { name: protocol.name.clone(), choices, protocol })
    }

    /// Grid, margin and background of the ROIs.
    #[must_use]
    pub fn choices(&self) -> &RoiChoices {
        &self.choices
    }

    /// The protocol with these frames (from 1) as ED and ES, as a person sets them by hand.
    #[must_use]
    pub fn on_frames(&self, [end_diastole, end_systole]: [usize; 2]) -> Protocol {
        let mut protocol = self.protocol.clone();
        (protocol.frames.ed_override, protocol.frames.es_override) = (Some(end_diastole), Some(end_systole));
        protocol
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_protocol_without_rois_is_refused() {
        let paper = RoiProtocol::new(Protocol::paper()).unwrap().on_frames([1, 9]);
        assert_eq!((paper.frames.ed_override, paper.frames.es_override), (Some(1), Some(9)));
        let error = RoiProtocol::new(Protocol::background_image()).unwrap_err().to_string();
        assert!(error.contains("background_image"), "{error}");
    }
}
