//! `LossWeights` and `LossTerms`: the weights of the loss's terms, and their values as a run records them.

use serde::{Deserialize, Serialize};

/// Weight of each term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossWeights {
    /// Cross-entropy of the mask.
    pub cross_entropy: f64,
    /// Soft Dice of the mask.
    pub dice: f64,
    /// Cross-entropy of the fraction, weighted by counts: its minimum is the mean, so that sums are not biased.
    pub fraction: f64,
    /// Distance between predicted and true LV counts of each frame, relative to the fullest frame.
    pub curve: f64,
    /// Distance between the EF of the predicted curve and the true EF.
    pub ejection_fraction: f64,
    /// How much more the EF of a heart weighs the lower it is: factor 1 at 50 % and above, 1 plus this at 0 %.
    pub low_ejection_fraction: f64,
    /// Distance between predicted and true area at end-diastole and end-systole, relative to the true one.
    pub area: f64,
    /// Distance between the EF of the outlines and a reference EF without its bias, of studies without outlines.
    #[serde(skip_serializing_if = "is_usual_reference")]
    pub reference: f64,
    /// Cross-entropy of the mask by an auxiliary head.
    pub auxiliary: f64,
    /// Cross-entropy of the RV's mask. This and what follows is for networks with scene heads.
    pub rv_cross_entropy: f64,
    /// Soft Dice of the RV's mask.
    pub rv_dice: f64,
    /// Cross-entropy of the RV's fraction, weighted by counts.
    pub rv_fraction: f64,
    /// Cross-entropy of the positions of landmarks.
    pub landmarks: f64,
    /// Cross-entropy of heart or not.
    pub heart: f64,
    /// Cross-entropy of the view.
    pub view: f64,
    /// Cross-entropy of the orientation.
    pub orientation: f64,
    /// Cross-entropy of gating sound or not.
    pub gating: f64,
}

/// A run without reference EF is recorded as earlier versions recorded it.
#[allow(clippy::trivially_copy_pass_by_ref)]
fn is_usual_reference(weight: &f64) -> bool {
    (*weight - LossWeights::default().reference).abs() < f64::EPSILON
}

impl Default for LossWeights {
    fn default() -> Self {
        Self {
            cross_entropy: 1.0,
            dice: 1.0,
            fraction: 1.0,
            curve: 2.0,
            ejection_fraction: 2.0,
            low_ejection_fraction: 0.0,
            area: 0.0,
            reference: 1.0,
            auxiliary: 0.5,
            rv_cross_entropy: 0.3,
            rv_dice: 0.2,
            rv_fraction: 0.5,
            landmarks: 0.05,
            heart: 0.2,
            view: 0.2,
            orientation: 0.2,
            gating: 0.1,
        }
    }
}

/// The terms of the loss, unweighted, and their weighted sum. Terms that a network or a configuration does not have are 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct LossTerms {
    /// Weighted sum.
    pub total: f64,
    /// Cross-entropy of the mask.
    pub cross_entropy: f64,
    /// 1 - soft Dice of the mask.
    pub dice: f64,
    /// Cross-entropy of the fraction, above its least possible value.
    pub fraction: f64,
    /// Error of the LV curve.
    pub curve: f64,
    /// Error of the EF.
    pub ejection_fraction: f64,
    /// Error of the areas at end-diastole and end-systole.
    pub area: f64,
    /// Error of the EF of the outlines against a reference EF.
    pub reference: f64,
    /// Cross-entropy of the RV's mask.
    pub rv_cross_entropy: f64,
    /// 1 - soft Dice of the RV's mask.
    pub rv_dice: f64,
    /// Cross-entropy of the RV's fraction, above its least possible value.
    pub rv_fraction: f64,
    /// Cross-entropy of the landmarks' positions, above its least possible value.
    pub landmarks: f64,
    /// Cross-entropy of heart or not, over all views; 0 for a view where it is not known. The terms below are computed alike.
    pub heart: f64,
    /// Cross-entropy of the view.
    pub view: f64,
    /// Cross-entropy of the orientation.
    pub orientation: f64,
    /// Cross-entropy of gating sound or not.
    pub gating: f64,
}

impl LossTerms {
    fn each(&mut self) -> [&mut f64; 16] {
        [
            &mut self.total,
            &mut self.cross_entropy,
            &mut self.dice,
            &mut self.fraction,
            &mut self.curve,
            &mut self.ejection_fraction,
            &mut self.area,
            &mut self.reference,
            &mut self.rv_cross_entropy,
            &mut self.rv_dice,
            &mut self.rv_fraction,
            &mut self.landmarks,
            &mut self.heart,
            &mut self.view,
            &mut self.orientation,
            &mut self.gating,
        ]
    }

    /// Adds another's terms to these.
    pub fn add(&mut self, other: &Self) {
        let mut other = *other;
        self.each().into_iter().zip(other.each()).for_each(|(term, added)| *term += *added);
    }

    /// Whether all terms are finite.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let mut terms = *self;
        terms.each().into_iter().all(|term| term.is_finite())
    }

    /// These terms times a factor.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        let mut terms = *self;
        terms.each().into_iter().for_each(|term| *term *= factor);
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_older_runs_are_read() {
        let old = r#"{"total":1.0,"cross_entropy":0.1,"dice":0.2,"fraction":0.3,"curve":0.4,"ejection_fraction":0.5}"#;
        let terms: LossTerms = serde_json::from_str(old).unwrap();
        assert_eq!((terms.dice, terms.landmarks), (0.2, 0.0));
        let mut twice = terms;
        twice.add(&terms);
        assert_eq!(twice, terms.times(2.0));
        assert!(terms.is_finite() && !LossTerms { heart: f64::NAN, ..terms }.is_finite());
    }
}
