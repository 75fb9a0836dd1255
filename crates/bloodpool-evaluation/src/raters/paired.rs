//! Two readings of the same thing on many studies: everything that a reviewer asks of their agreement.

use bloodpool_stats::{
    AgreementError, ByPatient, Concordance, Equivalence, Icc, MeanSd, PairedT, Regression, Wilcoxon, bland_altman,
    by_patient, concordance, equivalence, icc, mean_sd, paired_t, patient_means, proportional_bias, regression,
    wilcoxon,
};
use ndarray::Array2;
use serde::Serialize;

use super::figure::Figure;

/// Margins of equivalence, EF points.
const MARGINS: [f64; 2] = [2.0, 5.0];

/// Two readings of one study, and whose study it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    pub patient: String,
    pub measured: f64,
    pub reference: f64,
}

/// The agreement of two readings. Means and SDs are over all readings; every test, limit, coefficient and interval has
/// the patient as its unit: several readings of a patient are averaged first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairedStatistics {
    pub measured: &'static str,
    pub reference: &'static str,
    /// The frames that were read.
    pub frames: &'static str,
    pub unit: &'static str,
    /// Pairs of readings.
    pub readings: usize,
    /// Patients whom they are of.
    pub patients: usize,
    pub measured_mean: Figure<MeanSd>,
    pub reference_mean: Figure<MeanSd>,
    /// Measured - reference.
    pub difference: Figure<ByPatient>,
    pub limits: Figure<Limits>,
    /// Percent of patients within 5 points; of EF alone.
    pub within_5_points_percent: Option<f64>,
    pub wilcoxon: Figure<Wilcoxon>,
    pub paired_t: Figure<PairedT>,
    /// Of EF alone.
    pub equivalence: Vec<Figure<Equivalence>>,
    pub concordance: Figure<Concordance>,
    pub icc: Figure<Icc>,
    /// Measured on reference.
    pub regression: Figure<Regression>,
    /// Measured - reference on the mean of both.
    pub proportional_bias: Figure<Regression>,
}

/// Bland and Altman's limits of agreement.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Limits {
    pub bias: f64,
    pub bias_ci95: [f64; 2],
    pub sd: f64,
    pub lower: f64,
    pub lower_ci95: [f64; 2],
    pub upper: f64,
    pub upper_ci95: [f64; 2],
}

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    pub measured: &'static str,
    pub reference: &'static str,
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
        let tested = |margin| match &means {
            Ok(means) => equivalence(&means.measured, &means.reference, margin),
            Err(error) => Err(error.clone()),
        };
        statistics.equivalence = MARGINS.iter().map(|&margin| Figure::from(tested(margin))).collect();
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
        ) -> Figure<T> {
            Figure::from(means.as_ref().map_err(Clone::clone).and_then(|m| statistic(&m.measured, &m.reference)))
        }
        let table = |measured: &[f64], reference: &[f64]| {
            let value =
                |(patient, side): (usize, usize)| if side == 0 { measured[patient] } else { reference[patient] };
            icc(Array2::from_shape_fn((measured.len(), 2), value).view())
        };
        Self {
            measured,
            reference,
            frames,
            unit,
            readings: pairs.len(),
            patients: means.as_ref().map_or(0, |means| means.measured.len()),
            measured_mean: Figure::from(mean_sd(&values(|pair| pair.measured))),
            reference_mean: Figure::from(mean_sd(&values(|pair| pair.reference))),
            difference: Figure::from(by_patient(&patients, &values(|pair| pair.measured - pair.reference))),
            limits: of(&means, |measured, reference| Ok(Limits::of(&bland_altman(measured, reference)?))),
            within_5_points_percent: None,
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
