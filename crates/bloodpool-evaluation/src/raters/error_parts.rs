//! What the EF error comes from, over all studies: the ED ROI, the ES ROI, the background and, against the truth, the method.

use bloodpool_core::measure::ErrorParts;
use bloodpool_stats::{ByPatient, by_patient};
use serde::Serialize;

use super::figure::Figure;
use super::material::FramePair;
use super::reading::{EfReading, StudyReading};

/// The parts of one difference in EF, EF points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Parts {
    pub end_diastole_roi: f64,
    pub end_systole_roi: f64,
    pub background: f64,
    /// EF of the true silhouettes by the same equations less true LVEF; `None` between two readings by these equations.
    pub method: Option<f64>,
    pub total: f64,
}

/// The parts over all studies, EF points.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PartsSummary {
    /// For example `model - consensus`.
    pub difference: &'static str,
    pub studies: usize,
    pub end_diastole_roi: Part,
    pub end_systole_roi: Part,
    pub background: Part,
    pub method: Option<Part>,
    pub total: Part,
    /// Study by study.
    #[serde(skip)]
    pub by_study: Vec<Parts>,
}

/// One part over all studies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// By patient.
    pub mean: Figure<ByPatient>,
    /// Mean of its size without sign, over studies.
    pub mean_absolute: Option<f64>,
}

/// Model - consensus on ED and ES; with truth known, also model and consensus against true LVEF.
pub(super) fn summaries(studies: &[StudyReading]) -> Vec<PartsSummary> {
    let own = |_: &StudyReading, ef: &EfReading| ef.parts.known().map(|parts| Parts::of(parts, None));
    let model = |study: &StudyReading, ef: &EfReading| against_truth(study, ef, ef.model_parts_of_silhouette.as_ref());
    let consensus =
        |study: &StudyReading, ef: &EfReading| against_truth(study, ef, ef.consensus_parts_of_silhouette.as_ref());
    let mut all = vec![PartsSummary::new("model - consensus", studies, own)];
    if studies.iter().any(|study| study.true_lvef_percent.is_some()) {
        all.push(PartsSummary::new("model - true LVEF", studies, model));
        all.push(PartsSummary::new("consensus - true LVEF", studies, consensus));
    }
    all
}

fn against_truth(study: &StudyReading, ef: &EfReading, parts: Option<&Figure<ErrorParts>>) -> Option<Parts> {
    let silhouette = ef.silhouette.as_ref()?.known()?.lvef_percent;
    Some(Parts::of(parts?.known()?, Some(silhouette - study.true_lvef_percent?)))
}

impl Parts {
    fn of(parts: &ErrorParts, method: Option<f64>) -> Self {
        Self {
            end_diastole_roi: parts.end_diastole_roi_points,
            end_systole_roi: parts.end_systole_roi_points,
            background: parts.background_points,
            method,
            total: parts.total_points + method.unwrap_or(0.0),
        }
    }
}

impl PartsSummary {
    fn new(
        difference: &'static str,
        studies: &[StudyReading],
        parts: impl Fn(&StudyReading, &EfReading) -> Option<Parts>,
    ) -> Self {
        let known = studies.iter().filter_map(|study| {
            let ef = study.ef(FramePair::First)?;
            Some((study.patient.as_str(), parts(study, ef)?))
        });
        let (patients, by_study): (Vec<&str>, Vec<Parts>) = known.unzip();
        let part = |value: fn(&Parts) -> f64| Part::new(&patients, by_study.iter().map(value).collect());
        let methods: Option<Vec<f64>> = by_study.iter().map(|parts| parts.method).collect();
        Self {
            difference,
            studies: by_study.len(),
            end_diastole_roi: part(|parts| parts.end_diastole_roi),
            end_systole_roi: part(|parts| parts.end_systole_roi),
            background: part(|parts| parts.background),
            method: methods.filter(|methods| !methods.is_empty()).map(|methods| Part::new(&patients, methods)),
            total: part(|parts| parts.total),
            by_study,
        }
    }

    /// Name, numbers and values study by study, the total last.
    pub fn parts(&self) -> Vec<(&'static str, &Part, Vec<f64>)> {
        let values = |value: fn(&Parts) -> f64| self.by_study.iter().map(value).collect::<Vec<f64>>();
        let mut parts = vec![
            ("ED ROI", &self.end_diastole_roi, values(|parts| parts.end_diastole_roi)),
            ("ES ROI", &self.end_systole_roi, values(|parts| parts.end_systole_roi)),
            ("Background", &self.background, values(|parts| parts.background)),
        ];
        if let Some(method) = &self.method {
            parts.push(("Method", method, self.by_study.iter().filter_map(|parts| parts.method).collect()));
        }
        parts.push(("Total", &self.total, values(|parts| parts.total)));
        parts
    }
}

impl Part {
    fn new(patients: &[&str], values: Vec<f64>) -> Self {
        let sum: f64 = values.iter().map(|value| value.abs()).sum();
        Self {
            mean: Figure::from(by_patient(patients, &values)),
            mean_absolute: (!values.is_empty()).then(|| sum / values.len() as f64),
        }
    }
}
