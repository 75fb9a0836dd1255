//! Each rater against the others, by a rule that is the same for odd and even numbers of them, and outliers among the raters.

use std::cmp::Ordering;

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use crate::Mask;
use crate::consensus::votes;
use crate::spread::{median, scaled_mad};
use crate::{AgreementError, Bounds, by_patient, by_patient_within};

/// A rater stands out beyond this many scaled median absolute deviations of all raters' figures ...
const OUTLIER_MADS: f64 = 3.0;
/// ... which are never taken to be less than this for Dice, so that nearly identical raters are not flagged,
const LEAST_DICE_MAD: f64 = 0.01;
/// nor less than this for the bias of areas, percent.
const LEAST_AREA_BIAS_MAD: f64 = 2.0;
/// With fewer raters the deviation is not known well enough to flag anyone.
const FEWEST_TO_FLAG: usize = 4;

/// What one rater drew.
#[derive(Debug, Clone, PartialEq)]
pub struct RaterMasks {
    /// Name of the rater.
    pub rater: String,
    /// Group of the rater, for example `student`.
    pub group: Option<String>,
    /// One mask per image, in the same order for all raters; `None` where the rater did not draw.
    pub masks: Vec<Option<Mask>>,
}

/// How one rater agrees with the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RaterAgreement {
    /// Name of the rater.
    pub rater: String,
    /// Group of the rater.
    pub group: Option<String>,
    /// Images on which the rater was compared.
    pub images: usize,
    /// Images that the rater did not draw.
    pub missing: usize,
    /// Images that the rater drew, but the others have no consensus on: nobody else drew, or no pixel has a majority.
    pub without_consensus: usize,
    /// Dice coefficient against the consensus of the others, image by image; `None` where it was not compared. A pixel that half of
    /// an even number of others have inside belongs to their consensus by one half.
    pub dice_by_image: Vec<Option<f64>>,
    /// Mean of these Dice coefficients, 0 to 1.
    pub mean_dice: f64,
    /// Its 95 % confidence interval by patient; `None` for a single patient, and in records of earlier versions.
    #[serde(default)]
    pub mean_dice_ci95: Option<[f64; 2]>,
    /// Mean over images of (own area - mean area of the others) / mean area of the others, percent.
    pub area_bias_percent: f64,
    /// Its 95 % confidence interval by patient; `None` likewise.
    #[serde(default)]
    pub area_bias_ci95_percent: Option<[f64; 2]>,
    /// The mean Dice lies more than three deviations below the raters' median.
    pub dice_outlier: bool,
    /// The area bias lies more than three deviations from the raters' median, on either side.
    pub area_outlier: bool,
}

/// Compares each rater with the others, so that nobody is compared with a consensus that contains their own mask. `patients`: whose
/// image each image is.
///
/// Area is compared with the mean area of the others, Dice with their majority, where a pixel that exactly half of them have
/// inside counts by one half. With "strictly more than half" the consensus of an even number is too small: in simulated panels
/// whose raters differ by 4 % in size and 5 % in outline that of two has 6 % less area than its raters, that of four 3 %, that of odd
/// numbers 0.4 %, so that in panels of 3 and 5 every rater would seem to draw too large. Against the mean mask, the other rule
/// that is the same for odd and even numbers, Dice would be about one percent lower than against a consensus, and could not be
/// compared with the Dice of a network.
///
/// Outliers: a deviation is the scaled median absolute deviation of all raters' means, at least 0.01 of Dice and 2 % of
/// area; beyond three of them a rater is flagged. With fewer than four raters nobody is flagged. A flag only means that
/// someone should look: the rater may be the only one who is right.
///
/// # Errors
/// [`AgreementError`] when raters have lists of different lengths, or another length than `patients`, masks of one image are of
/// different matrices or have no pixels, or a rater has no image to be compared on.
pub fn rate<P: Ord>(raters: &[RaterMasks], patients: &[P]) -> Result<Vec<RaterAgreement>, AgreementError> {
    let images = patients.len();
    if let Some(odd) = raters.iter().find(|rater| rater.masks.len() != images) {
        return Err(AgreementError::Lengths { left: images, right: odd.masks.len() });
    }
    let mut compared: Vec<Vec<Option<Compared>>> = vec![Vec::with_capacity(images); raters.len()];
    for image in 0..images {
        let drawn: Vec<&Mask> = raters.iter().filter_map(|rater| rater.masks[image].as_ref()).collect();
        let votes = if drawn.len() > 1 { Some(votes(&drawn)?) } else { None };
        for (rater, own) in raters.iter().zip(&mut compared) {
            own.push(match (&rater.masks[image], &votes) {
                (Some(mask), Some(votes)) => Compared::of(mask, votes, drawn.len() - 1)?,
                _ => None,
            });
        }
    }
    let mut rated = raters
        .iter()
        .zip(&compared)
        .map(|(rater, own)| agreement(rater, own, patients))
        .collect::<Result<Vec<_>, _>>()?;
    let low = beyond(&rated.iter().map(|rater| rater.mean_dice).collect::<Vec<f64>>(), LEAST_DICE_MAD);
    let odd = beyond(&rated.iter().map(|rater| rater.area_bias_percent).collect::<Vec<f64>>(), LEAST_AREA_BIAS_MAD);
    for (rater, (dice, area)) in rated.iter_mut().zip(low.into_iter().zip(odd)) {
        (rater.dice_outlier, rater.area_outlier) = (dice < -OUTLIER_MADS, area.abs() > OUTLIER_MADS);
    }
    Ok(rated)
}

/// One image of one rater.
#[derive(Debug, Clone, Copy)]
struct Compared {
    dice: f64,
    area_bias_percent: f64,
}

impl Compared {
    /// Compares a mask with the others, from the votes of all. `None` where no pixel has a majority of the others: they share no
    /// ventricle to be compared with.
    fn of(mask: &Mask, votes: &Array2<usize>, others: usize) -> Result<Option<Self>, AgreementError> {
        let (rows, columns) = mask.dim();
        if rows * columns == 0 {
            return Err(AgreementError::NoPixels);
        }
        // In halves of a pixel, so that all sums are whole numbers.
        let (mut own, mut consensus, mut shared, mut all, mut majority) = (0, 0, 0, 0, false);
        for ((row, column), &votes) in votes.indexed_iter() {
            let inside = mask.contains(row, column);
            let of_others = votes - usize::from(inside);
            let halves = match (2 * of_others).cmp(&others) {
                Ordering::Greater => 2,
                Ordering::Equal => 1,
                Ordering::Less => 0,
            };
            majority |= halves == 2;
            all += of_others;
            consensus += halves;
            if inside {
                own += 2;
                shared += halves;
            }
        }
        if !majority {
            return Ok(None);
        }
        let mean_area = all as f64 / others as f64;
        Ok(Some(Self {
            dice: 2.0 * shared as f64 / (own + consensus) as f64,
            area_bias_percent: 100.0 * (own as f64 / 2.0 - mean_area) / mean_area,
        }))
    }
}

fn agreement<P: Ord>(
    rater: &RaterMasks,
    own: &[Option<Compared>],
    patients: &[P],
) -> Result<RaterAgreement, AgreementError> {
    let (known, patients): (Vec<Compared>, Vec<&P>) =
        own.iter().zip(patients).filter_map(|(image, patient)| Some(((*image)?, patient))).unzip();
    let images = known.len();
    if images == 0 {
        return Err(AgreementError::NothingToCompare { rater: rater.rater.clone() });
    }
    let missing = rater.masks.iter().filter(|mask| mask.is_none()).count();
    let of = |figure: fn(&Compared) -> f64| known.iter().map(figure).collect::<Vec<f64>>();
    let (dice, area) = (of(|image| image.dice), of(|image| image.area_bias_percent));
    let mean = |figures: &[f64]| figures.iter().sum::<f64>() / images as f64;
    Ok(RaterAgreement {
        rater: rater.rater.clone(),
        group: rater.group.clone(),
        images,
        missing,
        without_consensus: own.len() - missing - images,
        dice_by_image: own.iter().map(|image| image.map(|image| image.dice)).collect(),
        mean_dice: mean(&dice),
        mean_dice_ci95: by_patient_within(&patients, &dice, Bounds::UpTo(1.0)).ok().map(|found| found.mean_ci95),
        area_bias_percent: mean(&area),
        area_bias_ci95_percent: by_patient(&patients, &area).ok().map(|found| found.mean_ci95),
        dice_outlier: false,
        area_outlier: false,
    })
}

/// How many deviations each figure lies above the median of all; 0 where too few are known.
fn beyond(figures: &[f64], least_deviation: f64) -> Vec<f64> {
    match (median(figures), scaled_mad(figures)) {
        (Some(centre), Some(deviation)) if figures.len() >= FEWEST_TO_FLAG => {
            figures.iter().map(|figure| (figure - centre) / deviation.max(least_deviation)).collect()
        }
        _ => vec![0.0; figures.len()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square of this side from the upper left pixel.
    fn square(side: usize) -> Option<Mask> {
        Some(Mask::from_fn(32, 32, |row, column| row < side && column < side))
    }

    fn rater(name: &str, sides: &[usize]) -> RaterMasks {
        let masks = sides.iter().map(|&side| if side == 0 { None } else { square(side) }).collect();
        RaterMasks { rater: name.into(), group: None, masks }
    }

    #[test]
    fn each_rater_is_compared_with_the_others() {
        let raters = [rater("a", &[10, 0]), rater("b", &[10, 8]), rater("c", &[12, 8]), rater("d", &[14, 10])];
        let found = rate(&raters, &["p", "q"]).unwrap();
        // The others of a have sides 10, 12, 14 on the first image: their majority is 12, and a's square holds 100 of
        // its 144 pixels; their mean area is (100 + 144 + 196) / 3.
        assert_eq!((found[0].images, found[0].missing), (1, 1));
        assert!((found[0].mean_dice - 200.0 / 244.0).abs() < 1e-12);
        let mean = 440.0 / 3.0;
        assert!((found[0].area_bias_percent - (100.0 - mean) / mean * 100.0).abs() < 1e-12);
        assert_eq!((found[0].mean_dice_ci95, found[0].area_bias_ci95_percent), (None, None), "one patient");
        // Those of d: 10, 10, 12 and 8, 8.
        assert_eq!(found[3].dice_by_image.len(), 2);
        let dice = [200.0 / 296.0, 128.0 / 164.0];
        assert!((found[3].mean_dice - (dice[0] + dice[1]) / 2.0).abs() < 1e-12);
        let mean = 344.0 / 3.0;
        let areas = [(196.0 - mean) / mean * 100.0, (100.0 - 64.0) / 64.0 * 100.0];
        assert!((found[3].area_bias_percent - (areas[0] + areas[1]) / 2.0).abs() < 1e-12);
        assert!(found[3].area_bias_ci95_percent.is_some() && found[3].mean_dice_ci95.is_some());
    }

    #[test]
    fn a_pixel_that_half_of_the_others_have_counts_by_one_half() {
        // The others of a have sides 10 and 14: 100 pixels of both, 96 of one. Their consensus has 100 + 48 pixels, which is their
        // mean area too; a has 144, of which 100 are whole and 44 are half: Dice 2 (100 + 22) / (144 + 148).
        let raters = [rater("a", &[12]), rater("b", &[10]), rater("c", &[14])];
        let found = rate(&raters, &["p"]).unwrap();
        assert!((found[0].mean_dice - 244.0 / 292.0).abs() < 1e-12, "{}", found[0].mean_dice);
        assert!((found[0].area_bias_percent - 100.0 * (144.0 - 148.0) / 148.0).abs() < 1e-12);
    }

    #[test]
    fn only_who_stands_out_is_flagged() {
        let mut raters: Vec<RaterMasks> = (0..6).map(|index| rater(&index.to_string(), &[20, 21, 22])).collect();
        // Near-identical raters: one row of one image does not make an outlier,
        raters[1] = rater("1", &[20, 21, 23]);
        assert!(
            rate(&raters, &["p", "q", "r"]).unwrap().iter().all(|rater| !rater.dice_outlier && !rater.area_outlier)
        );
        // half the side does.
        raters[4] = rater("4", &[10, 11, 12]);
        let flagged: Vec<bool> =
            rate(&raters, &["p", "q", "r"]).unwrap().iter().map(|rater| rater.dice_outlier).collect();
        assert_eq!(flagged, [false, false, false, false, true, false]);
        let flagged: Vec<bool> =
            rate(&raters, &["p", "q", "r"]).unwrap().iter().map(|rater| rater.area_outlier).collect();
        assert_eq!(flagged, [false, false, false, false, true, false]);
        // Three raters are too few to find an outlier.
        assert!(rate(&raters[3..], &["p", "q", "r"]).unwrap().iter().all(|rater| !rater.dice_outlier));
    }

    #[test]
    fn images_without_a_consensus_are_counted() {
        // On the second image the others of a drew apart from each other.
        let mut raters = [rater("a", &[10, 10]), rater("b", &[10, 4]), rater("c", &[10, 0])];
        raters[2].masks[1] = Some(Mask::from_fn(32, 32, |row, _| row > 20));
        let found = rate(&raters, &["p", "q"]).unwrap();
        assert_eq!((found[0].images, found[0].missing, found[0].without_consensus), (1, 0, 1));
        assert_eq!(found[0].dice_by_image, [Some(1.0), None]);
    }

    #[test]
    fn who_cannot_be_compared_is_named() {
        let raters = [rater("a", &[10, 0]), rater("b", &[0, 8])];
        assert_eq!(rate(&raters, &["p", "q"]), Err(AgreementError::NothingToCompare { rater: "a".into() }));
        let raters = [rater("a", &[10, 9]), rater("b", &[8])];
        assert_eq!(rate(&raters, &["p", "q"]), Err(AgreementError::Lengths { left: 2, right: 1 }));
        assert_eq!(rate::<&str>(&[], &[]), Ok(Vec::new()));
    }
}
