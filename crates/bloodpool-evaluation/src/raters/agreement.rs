//! Agreement of two readings of the same studies, and the parts of their difference in EF.

use std::borrow::Cow;

use bloodpool_core::measure::ErrorParts;
use bloodpool_stats::{
    AgreementError, ByPatient, Concordance, Equivalence, Icc, MeanSd, PairedT, Proportion, Regression,
    StandardizedDifference, Wilcoxon, bland_altman, by_patient, concordance, equivalence, icc, mean_sd, paired_t,
    patient_means, proportion, proportional_bias, regression, standardized_difference, wilcoxon,
};
use ndarray::Array2;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::material::FramePair;
use super::measured::Measured;
use super::reading::{EfReading, StudyReading};

/// Margins of equivalence, EF points.
pub(super) const MARGINS: [f64; 2] = [2.0, 5.0];

/// A close reading differs by no more, EF points.
const WITHIN_POINTS: f64 = 5.0;

/// Two readings of one study, and whose study it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// The patient.
    pub patient: String,
    /// The reading that is judged.
    pub measured: f64,
    /// The reading that it is compared with.
    pub reference: f64,
}

/// The agreement of two readings. Means and SDs are over all readings; every test, limit, coefficient and interval has
/// the patient as its unit: several readings of a patient are averaged first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairedStatistics {
    /// What is judged, for example `model`.
    pub measured: Cow<'static, str>,
    /// What it is compared with, for example `consensus`.
    pub reference: Cow<'static, str>,
    /// The frames that were read.
    pub frames: Cow<'static, str>,
    /// Unit of the readings.
    pub unit: Cow<'static, str>,
    /// Pairs of readings.
    pub readings: usize,
    /// Number of patients.
    pub patients: usize,
    /// Mean of what is judged.
    pub measured_mean: Measured<MeanSd>,
    /// Mean of what it is compared with.
    pub reference_mean: Measured<MeanSd>,
    /// Measured - reference.
    pub difference: Measured<ByPatient>,
    /// Limits of agreement.
    pub limits: Measured<Limits>,
    /// Percent of patients within 5 points; of EF alone.
    pub within_5_points_percent: Option<f64>,
    /// The same with numerator, denominator and exact interval.
    #[serde(default)]
    pub within_5_points: Option<Proportion>,
    /// Mean difference in standard deviations of the differences; `None` in documents of earlier versions.
    #[serde(default)]
    pub standardized_difference: Option<Measured<StandardizedDifference>>,
    /// Wilcoxon signed-rank test of the differences.
    pub wilcoxon: Measured<Wilcoxon>,
    /// Paired t-test of the differences.
    pub paired_t: Measured<PairedT>,
    /// Equivalence at each margin; of EF alone.
    pub equivalence: Vec<Measured<Equivalence>>,
    /// Lin's concordance and Pearson's r.
    pub concordance: Measured<Concordance>,
    /// ICC(2,1).
    pub icc: Measured<Icc>,
    /// Measured on reference.
    pub regression: Measured<Regression>,
    /// Measured - reference on the mean of both.
    pub proportional_bias: Measured<Regression>,
}

/// Bland and Altman's limits of agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Limits {
    /// Mean difference.
    pub bias: f64,
    /// Its 95 % interval.
    pub bias_ci95: [f64; 2],
    /// SD of the differences.
    pub sd: f64,
    /// Lower limit.
    pub lower: f64,
    /// Its 95 % interval.
    pub lower_ci95: [f64; 2],
    /// Upper limit.
    pub upper: f64,
    /// Its 95 % interval.
    pub upper_ci95: [f64; 2],
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// What is judged.
    pub measured: &'static str,
    /// What it is compared with.
    pub reference: &'static str,
    /// The frames that are read.
    pub frames: &'static str,
}

impl PairedStatistics {
    /// Of EF, in points.
    pub fn of_ef(names: Names, pairs: &[Pair]) -> Self {
        let mut statistics = Self::new(names, "EF points", pairs);
        let means = PatientMeans::of(pairs);
        statistics.within_5_points_percent = means
            .as_ref()
            .ok()
            .and_then(|means| Some(bland_altman(&means.measured, &means.reference).ok()?.within_5_percent));
        let within = |means: &PatientMeans| {
            let differences =
                means.measured.iter().zip(&means.reference).map(|(measured, reference)| measured - reference);
            let having = differences.filter(|difference| difference.abs() <= WITHIN_POINTS).count();
            proportion(having, means.measured.len()).ok()
        };
        statistics.within_5_points = means.as_ref().ok().and_then(within);
        let tested = |margin| match &means {
            Ok(means) => equivalence(&means.measured, &means.reference, margin),
            Err(error) => Err(error.clone()),
        };
        statistics.equivalence = MARGINS.iter().map(|&margin| Measured::from(tested(margin))).collect();
        statistics
    }

    /// Of anything else.
    pub fn new(names: Names, unit: &'static str, pairs: &[Pair]) -> Self {
        let Names { measured, reference, frames } = names;
        let values = |value: fn(&Pair) -> f64| -> Vec<f64> { pairs.iter().map(value).collect() };
        let patients: Vec<&str> = pairs.iter().map(|pair| pair.patient.as_str()).collect();
        let means = PatientMeans::of(pairs);
        fn of<T>(
            means: &Result<PatientMeans, AgreementError>,
            statistic: impl Fn(&[f64], &[f64]) -> Result<T, AgreementError>,
        ) -> Measured<T> {
            Measured::from(means.as_ref().map_err(Clone::clone).and_then(|m| statistic(&m.measured, &m.reference)))
        }
        let table = |measured: &[f64], reference: &[f64]| {
            let value =
                |(patient, side): (usize, usize)| if side == 0 { measured[patient] } else { reference[patient] };
            icc(Array2::from_shape_fn((measured.len(), 2), value).view())
        };
        Self {
            measured: measured.into(),
            reference: reference.into(),
            frames: frames.into(),
            unit: unit.into(),
            readings: pairs.len(),
            patients: means.as_ref().map_or(0, |means| means.measured.len()),
            measured_mean: Measured::from(mean_sd(&values(|pair| pair.measured))),
            reference_mean: Measured::from(mean_sd(&values(|pair| pair.reference))),
            difference: Measured::from(by_patient(&patients, &values(|pair| pair.measured - pair.reference))),
            limits: of(&means, |measured, reference| Ok(Limits::of(&bland_altman(measured, reference)?))),
            within_5_points_percent: None,
            within_5_points: None,
            standardized_difference: Some(of(&means, standardized_difference)),
            wilcoxon: of(&means, wilcoxon),
            paired_t: of(&means, paired_t),
            equivalence: Vec::new(),
            concordance: of(&means, concordance),
            icc: of(&means, table),
            regression: of(&means, |measured, reference| regression(reference, measured)),
            proportional_bias: of(&means, proportional_bias),
        }
    }
}

impl Limits {
    fn of(found: &bloodpool_stats::BlandAltman) -> Self {
        Self {
            bias: found.bias,
            bias_ci95: found.bias_ci95,
            sd: found.sd,
            lower: found.limits[0],
            lower_ci95: found.lower_limit_ci95,
            upper: found.limits[1],
            upper_ci95: found.upper_limit_ci95,
        }
    }
}

/// The pairs with one reading a patient.
pub(super) struct PatientMeans {
    pub measured: Vec<f64>,
    pub reference: Vec<f64>,
}

impl PatientMeans {
    pub(super) fn of(pairs: &[Pair]) -> Result<Self, AgreementError> {
        let patients: Vec<&str> = pairs.iter().map(|pair| pair.patient.as_str()).collect();
        let means = |value: fn(&Pair) -> f64| patient_means(&patients, &pairs.iter().map(value).collect::<Vec<f64>>());
        Ok(Self { measured: means(|pair| pair.measured)?, reference: means(|pair| pair.reference)? })
    }
}

/// The parts of one difference in EF, EF points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Parts {
    /// The part of the ED ROI.
    pub end_diastole_roi: f64,
    /// The part of the ES ROI.
    pub end_systole_roi: f64,
    /// The part of the background level.
    pub background: f64,
    /// EF of the true silhouettes by the same equations less true LVEF; `None` between two readings by these equations.
    pub method: Option<f64>,
    /// The whole difference, the sum of the parts.
    pub total: f64,
}

/// The parts over all studies, EF points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartsSummary {
    /// For example `model - consensus`.
    pub difference: Cow<'static, str>,
    /// Number of studies.
    pub studies: usize,
    /// The part of the ED ROI.
    pub end_diastole_roi: Part,
    /// The part of the ES ROI.
    pub end_systole_roi: Part,
    /// The part of the background level.
    pub background: Part,
    /// The part of the method; only against true LVEF.
    pub method: Option<Part>,
    /// The whole difference.
    pub total: Part,
    /// Study by study.
    #[serde(skip)]
    pub by_study: Vec<Parts>,
}

/// One part over all studies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// By patient.
    pub mean: Measured<ByPatient>,
    /// Mean of its size without sign, over studies.
    pub mean_absolute: Option<f64>,
}

/// Model - consensus on ED and ES; with truth known, also model and consensus against true LVEF.
pub(super) fn ef_error_parts(studies: &[StudyReading]) -> Vec<PartsSummary> {
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

fn against_truth(study: &StudyReading, ef: &EfReading, parts: Option<&Measured<ErrorParts>>) -> Option<Parts> {
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
            difference: difference.into(),
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
            mean: Measured::from(by_patient(patients, &values)),
            mean_absolute: (!values.is_empty()).then(|| sum / values.len() as f64),
        }
    }
}
