//! A value measured on several images of each patient, with the patient as the unit, and its interval within a range.

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
    /// 95 % confidence interval of the mean, Student's t over patients; of a figure that cannot leave a range, on the scale of
    /// [`Bounds`].
    pub mean_ci95: [f64; 2],
}

/// The range that a figure cannot leave, and so the scale that the interval of its mean is computed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bounds {
    /// Any value, such as a difference: the interval is that of Student's t.
    None,
    /// 0 or more, such as a distance: the logarithm.
    NotNegative,
    /// From 0 to this value, such as a Dice coefficient in percent: the logit of the fraction.
    UpTo(f64),
}

impl Bounds {
    /// The interval of a mean with this half width on the scale of the figure. The half width is carried to the other scale by the
    /// delta method, divided by the slope there, so that both intervals agree where they are narrow and far from a bound.
    fn interval(self, mean: f64, half: f64) -> [f64; 2] {
        match self {
            Self::None => [mean - half, mean + half],
            // All values lie at the bound, and so does the interval.
            Self::NotNegative if mean <= 0.0 => [mean; 2],
            Self::NotNegative => [-1.0, 1.0].map(|side| mean * (side * half / mean).exp()),
            Self::UpTo(most) if mean <= 0.0 || mean >= most => [mean; 2],
            Self::UpTo(most) => {
                let fraction = mean / most;
                let (logit, half) = ((fraction / (1.0 - fraction)).ln(), half / most / (fraction * (1.0 - fraction)));
                [-1.0, 1.0].map(|side| most / (1.0 + (-(logit + side * half)).exp()))
            }
        }
    }
}

/// Averages `figures` over the images of each patient, then over patients. `patients`: whose image each figure is of.
///
/// Images of one patient resemble each other, so that an interval over images would be too narrow.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two patients, or a figure is not finite.
pub fn by_patient<P: Ord>(patients: &[P], figures: &[f64]) -> Result<ByPatient, AgreementError> {
    by_patient_within(patients, figures, Bounds::None)
}

/// [`by_patient`] of figures that cannot leave a range; neither does the interval of their mean.
///
/// # Errors
/// As [`by_patient`].
pub fn by_patient_within<P: Ord>(patients: &[P], figures: &[f64], bounds: Bounds) -> Result<ByPatient, AgreementError> {
    let moments = mean_sd(&patient_means(patients, figures)?)?;
    let [low, high] = Student::new(moments.values - 1)?.interval(0.95, 0.0, moments.standard_error());
    let mean_ci95 = bounds.interval(moments.mean, (high - low) / 2.0);
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
    use proptest::prelude::*;

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
    fn intervals_of_bounded_figures_stay_within_their_range() {
        // To the digits that the quantile of Student's t has.
        let close = |value: f64, expected: f64| assert!((value - expected).abs() < 1e-7, "{value} is not {expected}");
        // NumPy 2.4, t = 4.302652729911275 or 3.182446305284263; se = m.std(ddof=1) / sqrt(n), p = m.mean() / 100:
        // expit(logit(p) +- t se / 100 / (p (1 - p))), and m.mean() exp(+- t se / m.mean()). Student's t: 82.5 to 110.4, -3.2 to 6.7.
        let dice = by_patient_within(&[1, 2, 3], &[99.9, 99.5, 90.0], Bounds::UpTo(100.0)).unwrap();
        near(dice.mean, 96.466_666_666_666_65);
        close(dice.mean_ci95[0], 31.492_496_720_991_888);
        close(dice.mean_ci95[1], 99.938_366_635_439_6);
        let usual = by_patient_within(&[1, 2, 3, 4], &[93.0, 88.0, 97.0, 91.0], Bounds::UpTo(100.0)).unwrap();
        close(usual.mean_ci95[0], 83.707_628_276_683_12);
        close(usual.mean_ci95[1], 96.500_694_798_231_02);
        let distance = by_patient_within(&[1, 2, 3], &[0.2, 1.0, 4.0], Bounds::NotNegative).unwrap();
        close(distance.mean_ci95[0], 0.098_171_471_404_900_03);
        close(distance.mean_ci95[1], 30.604_048_217_356_933);
        // At the bound there is no other side.
        assert_eq!(by_patient_within(&[1, 2], &[100.0, 100.0], Bounds::UpTo(100.0)).unwrap().mean_ci95, [100.0; 2]);
        assert_eq!(by_patient_within(&[1, 2], &[0.0, 0.0], Bounds::NotNegative).unwrap().mean_ci95, [0.0; 2]);
    }

    proptest! {
        #[test]
        fn no_interval_leaves_the_range(figures in prop::collection::vec(0.0..=1.0_f64, 2..12)) {
            let patients: Vec<usize> = (0..figures.len()).collect();
            let found = by_patient_within(&patients, &figures, Bounds::UpTo(1.0)).unwrap();
            let [low, high] = found.mean_ci95;
            prop_assert!(0.0 <= low && low <= found.mean + 1e-12 && found.mean <= high + 1e-12 && high <= 1.0);
            let [low, high] = by_patient_within(&patients, &figures, Bounds::NotNegative).unwrap().mean_ci95;
            prop_assert!(0.0 <= low && low <= high);
        }
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
