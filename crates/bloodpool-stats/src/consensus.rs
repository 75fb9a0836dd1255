//! The consensus of many raters' masks: their mean and majority, and STAPLE.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde::Serialize;

use crate::AgreementError;
use crate::Mask;

/// STAPLE has converged when no rater's sensitivity or specificity changes by more than this.
const STAPLE_CONVERGED: f64 = 1e-10;
/// Largest number of rounds of STAPLE.
const STAPLE_ROUNDS: usize = 10_000;
/// Every rater's sensitivity and specificity to begin with, as in ITK.
const STAPLE_START: f64 = 0.999_99;
/// Sensitivity and specificity are kept this far from 0 and 1, where their logarithms are infinite.
const STAPLE_EDGE: f64 = 1e-15;

/// The mean of the raters' masks, 0 to 1: Eq. 1 of Oh et al. 2022, with the sum over the n raters.
///
/// # Errors
/// [`AgreementError`] when there is no mask, or masks are of different matrices.
pub fn mean_mask(masks: &[&Mask]) -> Result<Array2<f64>, AgreementError> {
    let raters = masks.len() as f64;
    Ok(votes(masks)?.mapv(|votes| votes as f64 / raters))
}

/// The majority: pixels that strictly more than half of the raters have inside (Oh et al. 2022, Eq. 1 above 0.5). A tie
/// of an even number is outside.
///
/// # Errors
/// [`AgreementError`] when there is no mask, or masks are of different matrices.
pub fn consensus(masks: &[&Mask]) -> Result<Mask, AgreementError> {
    Ok(Mask::new(votes(masks)?.mapv(|votes| 2 * votes > masks.len())))
}

/// How many raters have each pixel inside.
///
/// # Errors
/// [`AgreementError`] when there is no mask, or masks are of different matrices.
pub(crate) fn votes(masks: &[&Mask]) -> Result<Array2<usize>, AgreementError> {
    let first = *masks.first().ok_or(AgreementError::TooFewValues { values: 0, needed: 1 })?;
    let mut votes = Array2::zeros(first.dim());
    for mask in masks {
        AgreementError::check_matrices(first, mask)?;
        votes.zip_mut_with(mask.pixels(), |votes, &inside| *votes += usize::from(inside));
    }
    Ok(votes)
}

/// What STAPLE found.
#[derive(Debug, Clone, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Staple {
    /// Probability of each pixel to be LV, `[row, column]`.
    #[serde(skip)]
    pub probability: Array2<f64>,
    /// One entry per rater, in the order they were given.
    pub raters: Vec<RaterPerformance>,
    /// The prior probability of a pixel to be LV.
    pub prior: f64,
    /// Number of rounds.
    pub rounds: usize,
    /// Whether the last round changed no sensitivity or specificity by more than 1e-10.
    pub converged: bool,
}

/// The estimates of STAPLE for one rater.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, schemars::JsonSchema)]
pub struct RaterPerformance {
    /// Probability that the rater has a pixel of the LV inside.
    pub sensitivity: f64,
    /// Probability that the rater has a pixel of the background outside.
    pub specificity: f64,
}

impl Staple {
    /// The pixels that are LV with a probability of strictly more than 0.5.
    #[must_use]
    pub fn mask(&self) -> Mask {
        Mask::new(self.probability.mapv(|probability| probability > 0.5))
    }
}

/// STAPLE: expectation maximisation of each rater's sensitivity and specificity together with the hidden true mask
/// (Warfield et al., IEEE Trans Med Imaging 2004;23:903), for one structure and without a spatial prior.
///
/// The prior is one for all pixels: the mean of all masks. All pixels of the matrix take part, not only those that
/// raters disagree on, as in ITK; so specificities are high wherever there is much background, and should be compared
/// between raters rather than read by themselves.
///
/// # Errors
/// [`AgreementError`] when there is no mask, masks are of different matrices, or they are all empty or all full.
pub fn staple(masks: &[&Mask]) -> Result<Staple, AgreementError> {
    let total: usize = votes(masks)?.sum();
    let (rows, columns) = masks[0].dim();
    if total == 0 || total == rows * columns * masks.len() {
        return Err(AgreementError::OneClass);
    }
    let prior = total as f64 / (rows * columns * masks.len()) as f64;
    // Pixels with the same decision of every rater have the same probability, and there are few combinations.
    let says = |row: usize, column: usize| masks.iter().map(|mask| mask.contains(row, column)).collect::<Vec<bool>>();
    let mut kinds: BTreeMap<Vec<bool>, f64> = BTreeMap::new();
    (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).for_each(|(row, column)| {
        *kinds.entry(says(row, column)).or_default() += 1.0;
    });
    let start = RaterPerformance { sensitivity: STAPLE_START, specificity: STAPLE_START };
    let (mut raters, mut rounds, mut converged) = (vec![start; masks.len()], 0, false);
    while rounds < STAPLE_ROUNDS && !converged {
        let next = maximised(&kinds, &raters, prior);
        converged = raters.iter().zip(&next).all(|(before, after)| {
            (before.sensitivity - after.sensitivity).abs() <= STAPLE_CONVERGED
                && (before.specificity - after.specificity).abs() <= STAPLE_CONVERGED
        });
        raters = next;
        rounds += 1;
    }
    let probability_of: BTreeMap<&Vec<bool>, f64> =
        kinds.keys().map(|kind| (kind, expected(kind, &raters, prior))).collect();
    let probability = Array2::from_shape_fn((rows, columns), |(row, column)| probability_of[&says(row, column)]);
    Ok(Staple { probability, raters, prior, rounds, converged })
}

/// The E step: the probability that a pixel is LV, given what each rater says of it.
fn expected(kind: &[bool], raters: &[RaterPerformance], prior: f64) -> f64 {
    // In logarithms, since the product over many raters would leave the range of a number.
    let odds = kind.iter().zip(raters).map(|(&inside, rater)| {
        let [p, q] = [rater.sensitivity, rater.specificity].map(|value| value.clamp(STAPLE_EDGE, 1.0 - STAPLE_EDGE));
        if inside { (p / (1.0 - q)).ln() } else { ((1.0 - p) / q).ln() }
    });
    let odds = (prior / (1.0 - prior)).ln() + odds.sum::<f64>();
    1.0 / (1.0 + (-odds).exp())
}

/// The M step: sensitivity and specificity of each rater, given what the E step expects.
fn maximised(kinds: &BTreeMap<Vec<bool>, f64>, raters: &[RaterPerformance], prior: f64) -> Vec<RaterPerformance> {
    let (mut lv, mut background) = (0.0, 0.0);
    let mut right = vec![(0.0, 0.0); raters.len()];
    for (kind, pixels) in kinds {
        let probability = expected(kind, raters, prior);
        let (inside, outside) = (pixels * probability, pixels * (1.0 - probability));
        lv += inside;
        background += outside;
        for (&says, (sensitive, specific)) in kind.iter().zip(&mut right) {
            if says { *sensitive += inside } else { *specific += outside }
        }
    }
    let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    let performance = |&(sensitive, specific): &(f64, f64)| RaterPerformance {
        sensitivity: ratio(sensitive, lv),
        specificity: ratio(specific, background),
    };
    right.iter().map(performance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;

    fn disc(row: f64, column: f64, radius: f64) -> Mask {
        Mask::from_fn(24, 24, |y, x| (y as f64 - row).powi(2) + (x as f64 - column).powi(2) <= radius * radius)
    }

    fn five() -> [Mask; 5] {
        [
            disc(11.0, 12.0, 5.0),
            disc(11.0, 13.0, 5.5),
            disc(12.0, 12.0, 4.5),
            disc(10.0, 11.0, 6.0),
            disc(12.0, 15.0, 3.5),
        ]
    }

    #[test]
    fn a_majority_is_more_than_half() {
        let (left, right) = (disc(10.0, 10.0, 3.0), disc(10.0, 11.0, 3.0));
        let mean = mean_mask(&[&left, &right]).unwrap();
        assert_eq!(mean.iter().filter(|&&value| value == 0.5).count(), 14);
        // Pixels of one of two are exactly half, and outside.
        let both = Mask::from_fn(24, 24, |row, column| left.contains(row, column) && right.contains(row, column));
        assert_eq!(consensus(&[&left, &right]), Ok(both));
        let [a, b, c, d, e] = &five();
        let found = consensus(&[a, b, c, d, e]).unwrap();
        assert_eq!(found, Mask::new(mean_mask(&[a, b, c, d, e]).unwrap().mapv(|value| value > 0.5)));
    }

    #[test]
    fn staple_is_that_of_numpy_and_itk() {
        // Fifteen lines of NumPy with plain products, until nothing changes by 1e-14: p, q, w.sum(), (w > .5).sum()
        // (NumPy 2.4). ITK's filter, which stops sooner, has the same to 1e-6: f = sitk.STAPLEImageFilter();
        // f.Execute(..); f.GetSensitivity() = .83835660, .94658394, .70391992, .86237813, .38295299  (SimpleITK 2.5.7)
        let masks = five();
        let found = staple(&masks.iter().collect::<Vec<_>>()).unwrap();
        assert!(found.converged);
        for (rater, (sensitivity, specificity)) in found.raters.iter().zip([
            (0.838_356_540_315_945_4, 1.0),
            (0.946_583_939_862_504, 0.988_436_521_573_104_2),
            (0.703_919_876_614_738_8, 0.997_937_036_677_819_9),
            (0.862_378_101_811_507_5, 0.938_088_894_123_932_1),
            (0.382_952_987_551_726_5, 0.999_999_999_999_999_7),
        ]) {
            near(rater.sensitivity, sensitivity);
            near(rater.specificity, specificity);
        }
        near(found.probability.sum(), 96.617_603_733_936_76);
        assert_eq!(found.mask().area(), 97);
    }

    #[test]
    fn hundreds_of_raters_do_not_leave_the_range_of_a_number() {
        let masks = five();
        let found = staple(&masks.iter().cycle().take(400).collect::<Vec<_>>()).unwrap();
        assert!(found.probability.iter().all(|value| (0.0..=1.0).contains(value)));
        assert!(!found.mask().is_empty());
    }

    #[test]
    fn what_has_no_consensus_is_refused() {
        assert_eq!(consensus(&[]), Err(AgreementError::TooFewValues { values: 0, needed: 1 }));
        let (left, right) = (Mask::empty(3, 3), Mask::empty(3, 4));
        assert!(matches!(consensus(&[&left, &right]), Err(AgreementError::Matrix { .. })));
        assert_eq!(staple(&[&left, &left]), Err(AgreementError::OneClass));
    }
}
