//! `MeanByPatient`: the mean of a figure over patients, also where a single patient leaves it without an interval.

use bloodpool_stats::{Bounds, by_patient_within, patient_means};
use serde::{Deserialize, Serialize};

/// The mean of a figure of images or studies, with the patient as unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeanByPatient {
    /// Number of figures, one per image or study.
    pub values: usize,
    /// Number of patients.
    pub patients: usize,
    /// Mean of the patients' means.
    pub mean: f64,
    /// Its 95 % confidence interval, Student's t over patients; `None` for a single patient.
    pub ci95: Option<[f64; 2]>,
}

impl MeanByPatient {
    /// The mean of `figures`; `patients`: whose each is. `None` where there are none, or one of them is not finite.
    pub(super) fn new(patients: &[&str], figures: &[f64], bounds: Bounds) -> Option<Self> {
        let means = patient_means(patients, figures).ok().filter(|means| !means.is_empty())?;
        let ci95 = by_patient_within(patients, figures, bounds).ok().map(|found| found.mean_ci95);
        let mean = means.iter().sum::<f64>() / means.len() as f64;
        Some(Self { values: figures.len(), patients: means.len(), mean, ci95 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_patient_has_a_mean_and_no_interval() {
        let one = MeanByPatient::new(&["a", "a"], &[1.0, 3.0], Bounds::None).unwrap();
        assert_eq!(one, MeanByPatient { values: 2, patients: 1, mean: 2.0, ci95: None });
        // Means 2 and 4 of two patients: 3 +- 12.7062 * sqrt(2) / sqrt(2) (SciPy: stats.t.ppf(.975, 1) = 12.706204736432095).
        let two = MeanByPatient::new(&["a", "a", "b"], &[1.0, 3.0, 4.0], Bounds::None).unwrap();
        let [low, high] = two.ci95.unwrap();
        assert_eq!((two.patients, two.mean), (2, 3.0));
        assert!((low + 9.706_204_736).abs() < 1e-6 && (high - 15.706_204_736).abs() < 1e-6, "{low} {high}");
        assert_eq!(MeanByPatient::new(&[], &[], Bounds::None), None);
    }
}
