//! How far one rater's second outline of an image differs from the first.

use serde::{Deserialize, Serialize};

use crate::repeatability::{RepeatedLvef, repeatability};
use crate::{AgreementError, Bounds, Mask, by_patient_within, overlap};

/// Two outlines of one image by the same rater.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatedMask {
    /// The first.
    pub first: Mask,
    /// The second.
    pub second: Mask,
}

/// Agreement of second with first outlines.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct IntraRater {
    /// Number of images that were outlined twice.
    pub images: usize,
    /// Mean Dice coefficient of the second outline and the first, 0 to 1.
    pub mean_dice: f64,
    /// Its 95 % confidence interval by patient, on a logit scale; `None` for a single patient.
    pub mean_dice_ci95: Option<[f64; 2]>,
    /// Mean of second - first area, percent of the mean of both.
    pub area_bias_percent: f64,
    /// Within-rater standard deviation of an area, percent of the mean of both.
    pub area_sd_percent: f64,
    /// Coefficient of repeatability: two areas of the same image differ by no more than this, percent, in 95 % of cases.
    pub area_repeatability_percent: f64,
    /// Its 95 % confidence interval.
    pub area_repeatability_ci95_percent: [f64; 2],
}

/// Compares second outlines with first ones. `patients`: whose image each is. Areas are taken in percent of the mean of both, so that
/// large and small ventricles count alike; standard deviation and coefficient of repeatability are those of
/// [`repeatability`](crate::repeatability()), with images as units.
///
/// # Errors
/// [`AgreementError`] when lengths differ, there are fewer than two images, masks of one image are of different matrices, or both
/// outlines of an image are empty.
pub fn intra_rater<P: Ord>(pairs: &[RepeatedMask], patients: &[P]) -> Result<IntraRater, AgreementError> {
    if pairs.len() != patients.len() {
        return Err(AgreementError::Lengths { left: pairs.len(), right: patients.len() });
    }
    let dice = pairs.iter().map(|pair| Ok(overlap(&pair.first, &pair.second)?.dice));
    let dice = dice.collect::<Result<Vec<f64>, AgreementError>>()?;
    let (mut first, mut second) = (Vec::new(), Vec::new());
    for pair in pairs {
        let [a, b] = [&pair.first, &pair.second].map(|mask| mask.area() as f64);
        if a + b == 0.0 {
            return Err(AgreementError::EmptyMask { mask: 1 });
        }
        first.push(200.0 * a / (a + b));
        second.push(200.0 * b / (a + b));
    }
    let area = repeatability(RepeatedLvef { first: &first, second: &second })?;
    Ok(IntraRater {
        images: pairs.len(),
        mean_dice: dice.iter().sum::<f64>() / pairs.len() as f64,
        mean_dice_ci95: by_patient_within(patients, &dice, Bounds::UpTo(1.0)).ok().map(|found| found.mean_ci95),
        area_bias_percent: area.bias_points,
        area_sd_percent: area.within_subject_sd_points,
        area_repeatability_percent: area.limit_points,
        area_repeatability_ci95_percent: area.limit_ci95_points,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::near;

    fn strip(columns: usize) -> Mask {
        Mask::from_fn(2, 40, |_, column| column < columns)
    }

    fn pair(first: usize, second: usize) -> RepeatedMask {
        RepeatedMask { first: strip(first), second: strip(second) }
    }

    #[test]
    fn figures_are_those_worked_out_by_hand() {
        // Areas 18 and 22 of mean 20: +20 %; 44 and 36 of mean 40: -20 %; Dice 2 x 18 / 40 and 2 x 36 / 80.
        let found = intra_rater(&[pair(9, 11), pair(22, 18)], &["p", "q"]).unwrap();
        near(found.mean_dice, 0.9);
        near(found.area_bias_percent, 0.0);
        // Variance within: (20^2 + 20^2) / (2 x 2) = 200.
        near(found.area_sd_percent, 200.0_f64.sqrt());
        near(found.area_repeatability_percent, 1.96 * 20.0);
        assert!(found.area_repeatability_ci95_percent[1] > 39.2 && found.mean_dice_ci95.is_some());
        // The same again is no difference at all.
        let same = intra_rater(&[pair(9, 9), pair(4, 4)], &["p", "p"]).unwrap();
        assert_eq!((same.mean_dice, same.area_repeatability_percent, same.mean_dice_ci95), (1.0, 0.0, None));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let few = intra_rater(&[pair(3, 4)], &["p"]);
        assert_eq!(few, Err(AgreementError::TooFew { pairs: 1, needed: 2 }));
        assert_eq!(intra_rater(&[pair(0, 0)], &["p"]), Err(AgreementError::EmptyMask { mask: 1 }));
        assert_eq!(intra_rater(&[pair(3, 4)], &["p", "q"]), Err(AgreementError::Lengths { left: 1, right: 2 }));
        let odd = RepeatedMask { first: strip(3), second: Mask::empty(2, 3) };
        assert!(matches!(intra_rater(&[odd], &["p"]), Err(AgreementError::Matrix { .. })));
    }
}
