//! The object `function` of the analysis document: curve, rates, phases and sectors of the left ventricle.

use bloodpool_core::function::{
    CurveFunction, CurveMarks, FunctionCurve, Outcome, PhaseDifference, PhaseHistogram, Quantity, RadialMotion,
    Refusal, RegionFunction, SectorResults, VentricularFunction, Wall,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finite::{NotFinite, all_finite, finite, finite_if_any};
use crate::given::{Given, NotGivenFields};

/// Ventricular function beyond the LVEF, by the named protocol.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionFields {
    /// Beats per minute.
    pub heart_rate_per_min: Option<f64>,
    /// Steepest fall of the net curve, end-diastolic volumes per second.
    pub peak_ejection_rate_edv_per_s: Given<f64>,
    /// From the R wave to it, ms.
    pub time_to_peak_ejection_ms: Given<f64>,
    /// Steepest rise before atrial contraction, end-diastolic volumes per second.
    pub peak_filling_rate_edv_per_s: Given<f64>,
    /// From ES to it, ms.
    pub time_to_peak_filling_ms: Given<f64>,
    /// Peak filling rate over peak ejection rate.
    pub filling_over_ejection_rate: Given<f64>,
    /// Ejection fraction of the first third of systole, percent of the end-diastolic volume.
    pub first_third_ejection_percent: Given<f64>,
    /// Filling fraction of the first third of diastole, percent of the stroke volume.
    pub first_third_filling_percent: Given<f64>,
    /// Atrial contribution to filling, percent of the stroke volume.
    pub atrial_contribution_percent: Given<f64>,
    /// From ED to ES, ms.
    pub ejection_time_ms: Given<f64>,
    /// From ES to the next ED, ms.
    pub filling_time_ms: Given<f64>,
    /// What a reader of the rates must know.
    pub warnings: Vec<NotGivenFields>,
    /// The net curve that they are read from.
    pub curve: Given<FunctionCurve>,
    /// Where on the curve they are read; `None` where they are not given.
    pub marks: Option<CurveMarks>,
    /// Length of the cycle that the frames divide, ms.
    pub cycle_ms: Option<f64>,
    /// Phases of the pixels of the LV silhouette at ED.
    pub phase: Given<PhaseHistogram>,
    /// The same of its septal half.
    pub septal_phase: Given<PhaseHistogram>,
    /// The same of its lateral half.
    pub lateral_phase: Given<PhaseHistogram>,
    /// How much later the septal half beats than the lateral one.
    pub septal_less_lateral_phase: Given<PhaseDifference>,
    /// EF and wall motion by sector.
    pub sectors: Given<SectorsFields>,
}

/// The LV divided by direction.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectorsFields {
    /// Centre of the ED silhouette, `[x, y]` in pixels of the study.
    pub centre: [f64; 2],
    /// Direction of the lateral end of the valve plane, degrees clockwise from 12 o'clock.
    pub valve_plane_lateral_degrees: f64,
    /// The same of its septal end.
    pub valve_plane_septal_degrees: f64,
    /// The sectors, from the lateral end of the valve plane round the apex to its septal end.
    pub sectors: Vec<SectorFields>,
}

/// One sector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SectorFields {
    /// Its number, from 1.
    pub number: usize,
    /// The wall that it belongs to.
    pub wall: Wall,
    /// Where it begins, degrees clockwise from 12 o'clock.
    pub from_degrees: f64,
    /// Where it ends.
    pub to_degrees: f64,
    /// Its pixels in the ED silhouette.
    pub pixels: usize,
    /// EF of the net counts of these pixels, percent.
    pub ef_percent: Given<f64>,
    /// Its standard error from counting noise alone, EF points.
    pub counting_error_points: Option<f64>,
    /// How much of its ED radius the outline moves inwards until ES, percent.
    pub radial_shortening_percent: Given<f64>,
    /// Mean radius at ED, mm.
    pub ed_radius_mm: Option<f64>,
    /// How far the outline moves inwards until ES, mm.
    pub inward_mm: Option<f64>,
}

impl FunctionFields {
    /// Of one study.
    pub(crate) fn new(function: &VentricularFunction) -> Result<Self, NotFinite> {
        let found = &function.curve;
        let curve = found.value();
        let of = |quantity: Quantity| estimate(found, quantity);
        let warnings = curve.into_iter().flat_map(|curve| &curve.warnings);
        let phases = &function.phases;
        Ok(Self {
            heart_rate_per_min: finite_if_any("heart rate", curve.and_then(|curve| curve.heart_rate_per_min))?,
            peak_ejection_rate_edv_per_s: of(Quantity::PeakEjectionRate)?,
            time_to_peak_ejection_ms: of(Quantity::TimeToPeakEjection)?,
            peak_filling_rate_edv_per_s: of(Quantity::PeakFillingRate)?,
            time_to_peak_filling_ms: of(Quantity::TimeToPeakFilling)?,
            filling_over_ejection_rate: of(Quantity::FillingOverEjectionRate)?,
            first_third_ejection_percent: of(Quantity::FirstThirdEjection)?,
            first_third_filling_percent: of(Quantity::FirstThirdFilling)?,
            atrial_contribution_percent: of(Quantity::AtrialContribution)?,
            ejection_time_ms: of(Quantity::EjectionTime)?,
            filling_time_ms: of(Quantity::FillingTime)?,
            warnings: warnings
                .map(|warning| NotGivenFields { code: warning.code().to_owned(), message: warning.to_string() })
                .collect(),
            curve: Given::of(found, |found| checked_curve(&found.curve))?,
            marks: curve.and_then(|curve| curve.marks).map(checked_marks).transpose()?,
            cycle_ms: finite_if_any("length of the cycle", phases.cycle_ms)?,
            phase: Given::of(&phases.lv, checked_phase)?,
            septal_phase: Given::of(&phases.septal, checked_phase)?,
            lateral_phase: Given::of(&phases.lateral, checked_phase)?,
            septal_less_lateral_phase: Given::of(&phases.septal_less_lateral, checked_difference)?,
            sectors: Given::of(&function.sectors, SectorsFields::new)?,
        })
    }
}

fn estimate(curve: &Outcome<CurveFunction>, quantity: Quantity) -> Result<Given<f64>, NotFinite> {
    match curve {
        Outcome::Value(curve) => match curve.outcome(quantity) {
            Some(outcome) => Given::of(outcome, |estimate| finite(quantity.title(), estimate.value)),
            None => Ok(Given::refused(&Refusal::NoCurve)),
        },
        Outcome::Refused(refusal) => Ok(Given::refused(refusal)),
    }
}

fn checked_curve(curve: &FunctionCurve) -> Result<FunctionCurve, NotFinite> {
    all_finite("a net count of the curve", &curve.net_counts)?;
    all_finite("a smoothed count of the curve", &curve.smoothed_counts)?;
    for &count in curve.corrected_counts.iter().chain(&curve.noise_sd_counts) {
        finite_if_any("a corrected count of the curve", count)?;
    }
    Ok(curve.clone())
}

fn checked_marks(marks: CurveMarks) -> Result<CurveMarks, NotFinite> {
    let some = [marks.peak_ejection, marks.peak_filling, marks.atrial_onset];
    for mark in [marks.end_diastole, marks.end_systole].into_iter().chain(some.into_iter().flatten()) {
        all_finite("a mark of the curve", &[mark.frames, mark.net_counts])?;
    }
    Ok(marks)
}

/// A histogram with finite numbers.
pub(crate) fn checked_phase(phase: &PhaseHistogram) -> Result<PhaseHistogram, NotFinite> {
    let PhaseHistogram { mean_degrees, sd_degrees, bandwidth_95_degrees, entropy, synchrony, .. } = *phase;
    all_finite("a phase", &[mean_degrees, sd_degrees, bandwidth_95_degrees, entropy, synchrony])?;
    Ok(phase.clone())
}

/// A difference that is finite.
pub(crate) fn checked_difference(difference: &PhaseDifference) -> Result<PhaseDifference, NotFinite> {
    finite("a difference of phases", difference.degrees)?;
    finite_if_any("a difference of phases", difference.ms)?;
    Ok(*difference)
}

impl SectorsFields {
    fn new(found: &SectorResults) -> Result<Self, NotFinite> {
        let ((row, column), plane) = (found.sectors.centre, found.sectors.valve_plane);
        let sectors = found.ejection_fractions.iter().zip(&found.wall_motion).map(|(ef, motion)| {
            let (counted, moved) = (ef.outcome.value(), motion.outcome.value());
            let error = counted.map(|counted| counted.counting_error_points);
            Ok(SectorFields {
                number: ef.sector.number,
                wall: ef.sector.wall,
                from_degrees: finite("a sector", ef.sector.from_degrees)?,
                to_degrees: finite("a sector", ef.sector.to_degrees)?,
                pixels: ef.pixels,
                ef_percent: Given::of(&ef.outcome, |region: &RegionFunction| {
                    finite("EF of a sector", region.ef_percent)
                })?,
                counting_error_points: finite_if_any("EF of a sector", error)?,
                radial_shortening_percent: Given::of(&motion.outcome, |motion: &RadialMotion| {
                    finite("wall motion", motion.shortening_percent)
                })?,
                ed_radius_mm: finite_if_any("wall motion", moved.and_then(|moved| moved.ed_radius_mm))?,
                inward_mm: finite_if_any("wall motion", moved.and_then(|moved| moved.inward_mm))?,
            })
        });
        Ok(Self {
            centre: [finite("a centre", column)?, finite("a centre", row)?],
            valve_plane_lateral_degrees: finite("the valve plane", plane.lateral_degrees)?,
            valve_plane_septal_degrees: finite("the valve plane", plane.septal_degrees)?,
            sectors: sectors.collect::<Result<_, _>>()?,
        })
    }
}
