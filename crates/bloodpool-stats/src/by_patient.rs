//! A value measured on several images of each patient, with the patient as the unit.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::AgreementError;
use crate::moments::{Student, mean_sd};

/// The mean of a value over patients, in its unit.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct ByPatient {
    /// Number of images.
    pub images: usize,
    /// Number of patients.
    pub patients: usize,
    /// Mean of the patients' means.
    pub mean: f64,
    /// Standard deviation of the patients' means (n - 1).
    pub sd: f64,
    /// 95 % confidence interval of the mean, Student's t over patients.
    pub mean_ci95: [f64; 2],
}

/// Averages `figures` over the images of each patient, then over patients. `patients`: whose image each figure is of.
///
/// Images of one patient resemble each other, so that an interval over images would be too narrow.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two patients, or a figure is not finite.
pub fn by_patient<P: Ord>(patients: &[P], figures: &[f64]) -> Result<ByPatient, AgreementError> {
    let moments = mean_sd(&patient_means(patients, figures)?)?;
    let mean_ci95 = Student::new(moments.values - 1)?.interval(0.95, moments.mean, moments.standard_error());
    Ok(ByPatient { images: figures.len(), patients: moments.values, mean: moments.mean, sd: moments.sd, mean_ci95 })
}

/// The mean of each patient's figures, in the order of the patients' names: what tests and limits of agreement take
/// for their pairs, where patients and not images are the unit.
///
/// # Errors
/// [`AgreementError`] when lengths differ, or a figure or mean is not finite.
pub fn patient_means<P: Ord>(patients: &[P], figures: &[f64]) -> Result<Vec<f64>, AgreementError> {
    if patients.len() != figures.len() {
        return Err(AgreementError::Lengths { left: patients.len(), right: figures.len() });
    }
    if let Some(index) = figures.iter().position(|figure| !figure.is_finite()) {
        return Err(AgreementError::NotFinite { pair: index + 1 });
    }
    let mut of_each: BTreeMap<&P, (f64, usize)> = BTreeMap::new();
    for (patient, figure) in patients.iter().zip(figures) {
        let (sum, images) = of_each.entry(patient).or_default();
        *sum += figure;
        *images += 1;
    }
    let means: Vec<f64> = of_each.values().map(|&(sum, images)| sum / images as f64).collect();
    if means.iter().any(|mean| !mean.is_finite()) { Err(AgreementError::TooLarge) } else { Ok(means) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;

    #[test]
    fn patients_count_once_however_many_images_they_have() {
        // m = [numpy.mean of each patient's figures] = [0.93, 0.88, 0.97, 0.91]; m.mean(), m.std(ddof=1),
        // stats.t.interval(.95, 3, m.mean(), stats.sem(m))  (SciPy 1.17.1)
        let patients = ["a", "b", "a", "c", "d", "a", "d"];
        let found = by_patient(&patients, &[0.95, 0.88, 0.90, 0.97, 0.92, 0.94, 0.90]).unwrap();
        assert_eq!((found.images, found.patients), (7, 4));
        near(found.mean, 0.922_500_000_000_000_1);
        near(found.sd, 0.037_749_172_176_353_735);
        near(found.mean_ci95[0], 0.862_432_643_239_922_3);
        near(found.mean_ci95[1], 0.982_567_356_760_077_9);
    }

    #[test]
    fn the_means_of_patients_are_in_the_order_of_their_names() {
        assert_eq!(patient_means(&["b", "a", "b"], &[1.0, 5.0, 2.0]), Ok(vec![5.0, 1.5]));
        assert_eq!(patient_means::<&str>(&[], &[]), Ok(Vec::new()));
    }

    #[test]
    fn what_has_no_interval_is_refused() {
        assert_eq!(by_patient(&[1, 1], &[0.5, 0.6]), Err(AgreementError::TooFewValues { values: 1, needed: 2 }));
        assert_eq!(by_patient(&[1, 2], &[0.5]), Err(AgreementError::Lengths { left: 2, right: 1 }));
        assert_eq!(by_patient(&[1, 2], &[0.5, f64::NAN]), Err(AgreementError::NotFinite { pair: 2 }));
        assert_eq!(by_patient(&[1, 1, 2], &[f64::MAX, f64::MAX, 0.0]), Err(AgreementError::TooLarge));
    }
}
