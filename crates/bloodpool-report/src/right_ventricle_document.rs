//! The object `right_ventricle` of the analysis document.

use bloodpool_core::function::{
    PhaseDifference, PhaseHistogram, RIGHT_VENTRICLE_STATUS, RightVentricularFunction, VentricularFunction,
};
use bloodpool_core::protocol::PresetStatus;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finite::{NotFinite, all_finite, finite, finite_if_any};
use crate::function_document::{checked_difference, checked_phase};
use crate::given::Given;

/// The right ventricle. The right atrium, which lies behind part of it, makes RVEF and its stroke counts read low.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RightVentricleFields {
    /// What the numbers are meant for: `experimental`.
    pub status: PresetStatus,
    /// RVEF, percent.
    pub rvef_percent: Given<f64>,
    /// Its standard error from counting noise alone, EF points.
    pub counting_error_points: Option<f64>,
    /// End-diastole of the RV, frame from 1.
    pub end_diastole_frame: Option<usize>,
    /// End-systole of the RV, frame from 1.
    pub end_systole_frame: Option<usize>,
    /// Net RV counts at its ED.
    pub ed_net_counts: Option<f64>,
    /// Net RV counts at its ES.
    pub es_net_counts: Option<f64>,
    /// Net RV counts of each frame, as counted; empty where there are none.
    pub net_counts: Vec<f64>,
    /// Stroke counts of the LV over those of the RV.
    pub left_over_right_stroke_counts: Given<f64>,
    /// Phases of the pixels of the RV silhouette at the LV's ED that are not in the LV's.
    pub phase: Given<PhaseHistogram>,
    /// How much later the RV beats than the LV.
    pub phase_less_lv: Given<PhaseDifference>,
}

impl RightVentricleFields {
    /// Of one study.
    pub(crate) fn new(function: &VentricularFunction) -> Result<Self, NotFinite> {
        let (outcome, phases) = (&function.right_ventricle, &function.phases);
        let found = outcome.value();
        let number = |of: fn(&RightVentricularFunction) -> f64| finite_if_any("the right ventricle", found.map(of));
        let ratio = match found {
            Some(found) => {
                Given::of(&found.left_over_right_stroke_counts, |ratio: &f64| finite("the ratio of strokes", *ratio))?
            }
            None => Given { value: None, reason: outcome.refusal().map(Into::into) },
        };
        Ok(Self {
            status: RIGHT_VENTRICLE_STATUS,
            rvef_percent: Given::of(outcome, |found| finite("RVEF", found.rvef_percent))?,
            counting_error_points: number(|found| found.counting_error_points)?,
            end_diastole_frame: found.map(|found| found.end_diastole.number()),
            end_systole_frame: found.map(|found| found.end_systole.number()),
            ed_net_counts: number(|found| found.counts.ed_net_counts)?,
            es_net_counts: number(|found| found.counts.es_net_counts)?,
            net_counts: all_finite("a net count of the right ventricle", found.map_or(&[], |found| &found.net_counts))?,
            left_over_right_stroke_counts: ratio,
            phase: Given::of(&phases.rv, checked_phase)?,
            phase_less_lv: Given::of(&phases.rv_less_lv, checked_difference)?,
        })
    }
}
