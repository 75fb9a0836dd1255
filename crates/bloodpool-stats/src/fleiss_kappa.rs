//! Fleiss' kappa of two categories for any number of raters per subject, where subjects are pixels of masks.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::Mask;
use crate::consensus::votes;
use crate::{AgreementError, bootstrap};

/// The ratings of a number of subjects, summed up: all that kappa needs of them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Ratings {
    subjects: u64,
    ratings: u64,
    positive: u64,
    /// Sum over subjects of x (m - x) / m.
    disagreement: f64,
}

impl Ratings {
    /// Adds `subjects` subjects, each rated by `raters` raters of whom `positive` said yes. Subjects with fewer than two raters say
    /// nothing of agreement and are not counted.
    pub fn add(&mut self, subjects: u64, raters: usize, positive: usize) {
        if raters < 2 {
            return;
        }
        let positive = positive.min(raters);
        self.subjects += subjects;
        self.ratings += subjects * raters as u64;
        self.positive += subjects * positive as u64;
        self.disagreement += subjects as f64 * (positive * (raters - positive)) as f64 / raters as f64;
    }

    /// The ratings of the pixels of one image by the raters who drew these masks. `pixels`: those of the whole image, of which the
    /// masks may be a part that holds all that was drawn; pixels outside are outside for every rater.
    ///
    /// # Errors
    /// [`AgreementError`] when there is no mask, or masks are of different matrices.
    pub fn of_masks(masks: &[&Mask], pixels: usize) -> Result<Self, AgreementError> {
        let mut pixels_by_votes = vec![0_u64; masks.len() + 1];
        let votes = votes(masks)?;
        votes.iter().for_each(|&votes| pixels_by_votes[votes] += 1);
        pixels_by_votes[0] += pixels.saturating_sub(votes.len()) as u64;
        let mut ratings = Self::default();
        for (votes, &pixels) in pixels_by_votes.iter().enumerate() {
            ratings.add(pixels, masks.len(), votes);
        }
        Ok(ratings)
    }

    fn and(self, other: &Self) -> Self {
        Self {
            subjects: self.subjects + other.subjects,
            ratings: self.ratings + other.ratings,
            positive: self.positive + other.positive,
            disagreement: self.disagreement + other.disagreement,
        }
    }

    fn positive_fraction(&self) -> f64 {
        self.positive as f64 / self.ratings as f64
    }

    /// Kappa; `None` where nobody differs because all said the same of all subjects, or there is no subject.
    fn kappa(&self) -> Option<f64> {
        if self.positive == 0 || self.positive == self.ratings {
            return None;
        }
        let p = self.positive_fraction();
        // The sum over subjects of m - 1.
        let pairs = (self.ratings - self.subjects) as f64;
        Some(1.0 - self.disagreement / (pairs * p * (1.0 - p)))
    }
}

/// Fleiss' kappa of many subjects.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FleissKappa {
    /// Number of patients.
    pub patients: usize,
    /// Number of subjects with two raters or more; of masks, pixels.
    pub subjects: u64,
    /// Mean number of raters of a subject.
    pub mean_raters: f64,
    /// Fraction of all ratings that say yes (inside).
    pub positive_fraction: f64,
    /// Kappa, at most 1; 0 where raters agree no better than by chance.
    pub kappa: f64,
    /// Its 95 % interval by bootstrap over patients, percentiles of 2,000 resamples; `None` for a single patient. Of a few patients
    /// it is too narrow, as bootstrap intervals are.
    pub kappa_ci95: Option<[f64; 2]>,
}

/// Fleiss' kappa for two categories and a number of raters that varies from subject to subject:
/// `1 - sum(x (m - x) / m) / (n (m_mean - 1) p (1 - p))`, where x of m raters say yes of a subject, n is the number of subjects, and p
/// the fraction of all ratings that say yes (Fleiss and Cuzick, Appl Psychol Meas 1979;3:537, and Fleiss, Levin and Paik, Statistical
/// Methods for Rates and Proportions, 3rd ed. 2003, section 18.3). With the same number of raters everywhere it is the kappa of
/// Fleiss, Psychol Bull 1971;76:378. `ratings` are summed over `patients`, whose they are, and the interval is by bootstrap over patients:
/// pixels of one patient resemble each other.
///
/// Of masks, kappa depends on how much of the image is background: p does. Compare it only between images of the same size.
///
/// # Errors
/// [`AgreementError`] when lengths differ, no subject has two raters, or all ratings are the same.
pub fn fleiss_kappa<P: Ord>(patients: &[P], ratings: &[Ratings]) -> Result<FleissKappa, AgreementError> {
    if patients.len() != ratings.len() {
        return Err(AgreementError::Lengths { left: patients.len(), right: ratings.len() });
    }
    let mut of_each: BTreeMap<&P, Ratings> = BTreeMap::new();
    for (patient, ratings) in patients.iter().zip(ratings).filter(|(_, ratings)| ratings.subjects > 0) {
        let sum = of_each.entry(patient).or_default();
        *sum = sum.and(ratings);
    }
    let of_each: Vec<Ratings> = of_each.into_values().collect();
    let sum = |parts: &mut dyn Iterator<Item = &Ratings>| parts.fold(Ratings::default(), Ratings::and);
    let all = sum(&mut of_each.iter());
    if all.subjects == 0 {
        return Err(AgreementError::TooFewValues { values: 0, needed: 1 });
    }
    let kappa = all.kappa().ok_or(AgreementError::NoSpread { what: "the ratings" })?;
    Ok(FleissKappa {
        patients: of_each.len(),
        subjects: all.subjects,
        mean_raters: all.ratings as f64 / all.subjects as f64,
        positive_fraction: all.positive_fraction(),
        kappa,
        kappa_ci95: bootstrap::interval(of_each.len(), |drawn| sum(&mut drawn.iter().map(|&of| &of_each[of])).kappa()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;
    use proptest::prelude::*;

    fn ratings(subjects: &[(usize, usize)]) -> Vec<Ratings> {
        let of = |&(raters, positive): &(usize, usize)| {
            let mut ratings = Ratings::default();
            ratings.add(1, raters, positive);
            ratings
        };
        subjects.iter().map(of).collect()
    }

    fn each_a_patient(subjects: &[(usize, usize)]) -> Result<FleissKappa, AgreementError> {
        fleiss_kappa(&(0..subjects.len()).collect::<Vec<_>>(), &ratings(subjects))
    }

    #[test]
    fn with_equal_numbers_of_raters_it_is_that_of_statsmodels() {
        // statsmodels.stats.inter_rater.fleiss_kappa([[0, 14], [1, 13], [14, 0], [10, 4], [7, 7], [3, 11], [12, 2]])  (0.15.0)
        let positive = [14, 13, 0, 4, 7, 11, 2].map(|positive| (14, positive));
        let found = each_a_patient(&positive).unwrap();
        near(found.kappa, 0.499_951_862_905_555_04);
        assert_eq!((found.patients, found.subjects, found.mean_raters), (7, 7, 14.0));
        let [low, high] = found.kappa_ci95.unwrap();
        assert!(low < found.kappa && found.kappa < high && high <= 1.0);
    }

    #[test]
    fn with_varying_numbers_of_raters_it_is_that_of_fleiss_levin_and_paik() {
        // Their table of 25 subjects with 2 to 5 raters each (2003, p. 612), of which Stata's manual of `kappa` gives 0.5415.
        let raters = [2, 2, 3, 4, 3, 4, 3, 5, 2, 4, 5, 3, 4, 4, 2, 2, 3, 2, 4, 5, 3, 4, 3, 3, 2];
        let positive = [2, 0, 2, 3, 3, 1, 0, 0, 0, 4, 5, 3, 4, 3, 0, 2, 1, 1, 1, 4, 2, 0, 0, 3, 2];
        let subjects: Vec<(usize, usize)> = raters.into_iter().zip(positive).collect();
        let found = each_a_patient(&subjects).unwrap();
        assert!((found.kappa - 0.5415).abs() < 5e-5, "{}", found.kappa);
        near(found.positive_fraction, 46.0 / 81.0);
        // A subject of a single rater changes nothing.
        let more = [subjects, vec![(1, 1)]].concat();
        assert_eq!(each_a_patient(&more), Ok(found));
    }

    #[test]
    fn masks_are_rated_pixel_by_pixel_with_the_pixels_around_them() {
        // 16 pixels: 4 of both raters, 2 of one, 10 of neither: p = 10 / 32, disagreement 2 x 1 / 2.
        let part = |columns: usize| Mask::from_fn(2, 4, |_, column| column < columns);
        let (a, b) = (part(2), part(3));
        let ratings = Ratings::of_masks(&[&a, &b], 16).unwrap();
        let whole = |columns: usize| Mask::from_fn(4, 4, |row, column| row < 2 && column < columns);
        assert_eq!(ratings, Ratings::of_masks(&[&whole(2), &whole(3)], 16).unwrap());
        let found = fleiss_kappa(&["p"], &[ratings]).unwrap();
        let p = 10.0 / 32.0;
        near(found.kappa, 1.0 - 1.0 / (16.0 * p * (1.0 - p)));
        assert_eq!((found.subjects, found.kappa_ci95), (16, None));
        assert!(Ratings::of_masks(&[&a, &whole(1)], 16).is_err());
    }

    #[test]
    fn what_has_no_kappa_is_refused() {
        assert_eq!(each_a_patient(&[(1, 1), (1, 0)]), Err(AgreementError::TooFewValues { values: 0, needed: 1 }));
        assert_eq!(each_a_patient(&[(3, 3), (2, 2)]), Err(AgreementError::NoSpread { what: "the ratings" }));
        let lengths = Err(AgreementError::Lengths { left: 1, right: 0 });
        assert_eq!(fleiss_kappa(&["p"], &[]), lengths);
    }

    proptest! {
        #[test]
        fn kappa_is_at_most_1_and_lies_in_its_interval_with_many_patients(
            subjects in prop::collection::vec((2_usize..6, 0_usize..6), 2..40),
        ) {
            if let Ok(found) = each_a_patient(&subjects) {
                prop_assert!(found.kappa <= 1.0);
                if let Some([low, high]) = found.kappa_ci95 {
                    prop_assert!(low <= high && high <= 1.0);
                }
            }
        }
    }
}
