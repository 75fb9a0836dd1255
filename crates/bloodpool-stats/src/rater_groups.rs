//! Two groups of raters, for example students and technologists, compared with each other.

use serde::{Deserialize, Serialize};

use crate::AgreementError;
use crate::mann_whitney::{MannWhitney, mann_whitney};
use crate::raters::RaterAgreement;
use crate::spread::median;

/// Two groups of raters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GroupComparison {
    /// Names of the groups.
    pub groups: [String; 2],
    /// Mean Dice of each rater against the consensus of the others.
    pub dice: GroupDifference,
    /// Area bias of each rater against the mean area of the others, percent, with its sign; `None` in records of earlier versions.
    #[serde(default)]
    pub area_bias_percent: Option<GroupDifference>,
    /// Absolute area bias of each rater against the mean area of the others, percent.
    pub absolute_area_bias_percent: GroupDifference,
    /// Mean LVEF error of each rater, EF points, as it was given.
    pub ef_error_points: Option<GroupDifference>,
}

/// A figure of the raters of two groups.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GroupDifference {
    /// Median over the raters of each group.
    pub medians: [f64; 2],
    /// The test of the first group against the second.
    pub test: MannWhitney,
}

/// Compares the raters of two groups. `ef_error_points`: the mean LVEF error of each of `raters`, if it is known.
///
/// The raters are the units, one figure each. All drew the same images, so that the images of one group are not an
/// independent sample: a test over rater x image would count the habits of each rater once per image. With few raters
/// in a group the exact test cannot reach a small p (2 against 2: 1/3 at best).
///
/// # Errors
/// [`AgreementError`] when a group has no rater, there is not one LVEF error for each rater, or one is not finite.
pub fn compare_groups(
    raters: &[RaterAgreement],
    groups: [&str; 2],
    ef_error_points: Option<&[f64]>,
) -> Result<GroupComparison, AgreementError> {
    for group in groups {
        if !raters.iter().any(|rater| rater.group.as_deref() == Some(group)) {
            return Err(AgreementError::EmptyGroup { group: group.into() });
        }
    }
    let compare = |figures: &[f64]| {
        let of = |group: &str| -> Vec<f64> {
            let members = raters.iter().zip(figures).filter(|(rater, _)| rater.group.as_deref() == Some(group));
            members.map(|(_, figure)| *figure).collect()
        };
        let (first, second) = (of(groups[0]), of(groups[1]));
        let test = mann_whitney(&first, &second)?;
        let (Some(a), Some(b)) = (median(&first), median(&second)) else {
            return Err(AgreementError::TooFewValues { values: 0, needed: 1 });
        };
        Ok(GroupDifference { medians: [a, b], test })
    };
    if let Some(errors) = ef_error_points {
        if errors.len() != raters.len() {
            return Err(AgreementError::Lengths { left: raters.len(), right: errors.len() });
        }
        if let Some(index) = errors.iter().position(|error| !error.is_finite()) {
            return Err(AgreementError::NotFinite { pair: index + 1 });
        }
    }
    let figures = |figure: fn(&RaterAgreement) -> f64| raters.iter().map(figure).collect::<Vec<f64>>();
    Ok(GroupComparison {
        groups: groups.map(str::to_owned),
        dice: compare(&figures(|rater| rater.mean_dice))?,
        area_bias_percent: Some(compare(&figures(|rater| rater.area_bias_percent))?),
        absolute_area_bias_percent: compare(&figures(|rater| rater.area_bias_percent.abs()))?,
        ef_error_points: ef_error_points.map(compare).transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TestMethod;

    fn rater(group: &str, mean_dice: f64, area_bias_percent: f64) -> RaterAgreement {
        RaterAgreement {
            rater: String::new(),
            group: Some(group.into()),
            images: 1,
            missing: 0,
            without_consensus: 0,
            dice_by_image: vec![Some(mean_dice)],
            mean_dice,
            mean_dice_ci95: None,
            area_bias_percent,
            area_bias_ci95_percent: None,
            dice_outlier: false,
            area_outlier: false,
        }
    }

    fn raters() -> Vec<RaterAgreement> {
        vec![
            rater("student", 0.90, 5.0),
            rater("technologist", 0.95, -1.0),
            rater("student", 0.91, -8.0),
            rater("technologist", 0.96, 2.0),
            rater("student", 0.92, 9.0),
            rater("technologist", 0.97, 3.0),
            rater("other", 0.10, 0.0),
        ]
    }

    #[test]
    fn raters_are_the_units() {
        let found = compare_groups(&raters(), ["student", "technologist"], None).unwrap();
        // All three below all three others: 2 of the 20 ways to share six ranks, whichever way round.
        assert_eq!((found.dice.test.first, found.dice.test.second), (3, 3));
        assert_eq!(found.dice.test.method, TestMethod::Exact);
        assert!((found.dice.test.p - 0.1).abs() < 1e-12);
        assert_eq!(found.dice.medians, [0.91, 0.96]);
        // Without its sign a bias of -8 is as large as one of 8.
        assert_eq!(found.absolute_area_bias_percent.medians, [8.0, 2.0]);
        // With it: medians of 5, -8, 9 and of -1, 2, 3; of the nine differences 6, 3, 2, -7, -10, -11, 10, 7, 6 the middle one is 3.
        let signed = found.area_bias_percent.unwrap();
        assert_eq!((signed.medians, signed.test.shift), ([5.0, 2.0], 3.0));
        assert!((found.absolute_area_bias_percent.test.p - 0.1).abs() < 1e-12);
        assert_eq!(found.ef_error_points, None);
    }

    #[test]
    fn errors_of_ef_go_with_their_raters() {
        let errors = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0];
        let found = compare_groups(&raters(), ["student", "technologist"], Some(&errors)).unwrap();
        assert_eq!(found.ef_error_points.map(|ef| ef.medians), Some([3.0, 4.0]));
    }

    #[test]
    fn what_cannot_be_compared_is_named() {
        let empty = Err(AgreementError::EmptyGroup { group: "physician".into() });
        assert_eq!(compare_groups(&raters(), ["student", "physician"], None), empty);
        let lengths = Err(AgreementError::Lengths { left: 7, right: 1 });
        assert_eq!(compare_groups(&raters(), ["student", "technologist"], Some(&[1.0])), lengths);
        let broken = [1.0, f64::NAN, 3.0, 4.0, 5.0, 6.0, 7.0];
        let not_finite = Err(AgreementError::NotFinite { pair: 2 });
        assert_eq!(compare_groups(&raters(), ["student", "technologist"], Some(&broken)), not_finite);
    }
}
