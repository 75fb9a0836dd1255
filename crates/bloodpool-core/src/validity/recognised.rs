//! Checks of what the images show, by what the segmenter recognises and by what the file records.

use super::evidence::Evidence;
use super::finding::Reason;
use super::limits::{
    GATING_LOOK, GATING_WITHHELD, HEART_LOOK, HEART_REFUSED, HEART_WITHHELD, LAO_LOOK, LAO_WITHHELD, UPRIGHT_LOOK,
    UPRIGHT_WITHHELD,
};
use super::rank::Rank;
use crate::{AnalysisError, Orientation, Segmentation, View};

/// Refuses images that show no heart.
pub(super) fn refuse(segmentation: &Segmentation) -> Result<(), AnalysisError> {
    match &segmentation.recognition {
        Some(recognition) if recognition.heart < HEART_REFUSED => {
            Err(AnalysisError::NotAHeart { probability: recognition.heart.max(0.0) })
        }
        _ => Ok(()),
    }
}

/// The likeliest of some choices, with its place and probability.
fn likeliest(probabilities: &[f64]) -> Option<(usize, f64)> {
    probabilities.iter().copied().enumerate().max_by(|a, b| a.1.total_cmp(&b.1))
}

/// `not_a_heart`: the images may show no heart.
#[must_use]
pub(super) fn check_heart(evidence: &Evidence<'_>) -> Option<Reason> {
    let heart = evidence.segmentation.recognition.as_ref()?.heart;
    (heart < HEART_LOOK).then(|| {
        let rank = if heart < HEART_WITHHELD { Rank::DoNotUse } else { Rank::Look };
        Reason::new(
            "not_a_heart",
            format!("The images show one whole heart with a probability of {:.0} % only.", heart * 100.0),
        )
        .ranked(rank)
    })
}

/// `view_not_lao` or `view_unknown`: the view is not left anterior oblique by the file or by the images, or nobody knows.
#[must_use]
pub(super) fn check_view(evidence: &Evidence<'_>) -> Option<Reason> {
    let identity = &evidence.study.identity;
    let recorded = identity.is_lao();
    let named = identity.view.as_deref().unwrap_or("another one");
    let recognised = evidence.segmentation.recognition.as_ref().map(|recognition| &recognition.view);
    let by_images = recognised.and_then(|view| {
        let (place, probability) = likeliest(view)?;
        let lao = view.first().copied()?;
        let seen = View::ALL.get(place)?.in_words();
        let rank = match lao {
            lao if lao < LAO_WITHHELD => Rank::DoNotUse,
            lao if lao < LAO_LOOK => Rank::Look,
            _ => return None,
        };
        let said = if recorded == Some(true) { ", although the file says left anterior oblique" } else { "" };
        let message = format!(
            "The view seems to be {seen} (probability {:.0} %){said}; LVEF is measured in the left anterior oblique view.",
            probability * 100.0
        );
        Some(Reason::new("view_not_lao", message).ranked(rank))
    });
    if recorded == Some(false) {
        let message = format!("The recorded view is {named}; LVEF is measured in the left anterior oblique view.");
        return Some(Reason::new("view_not_lao", message));
    }
    by_images.or_else(|| {
        (recorded.is_none() && recognised.is_none()).then(|| {
            Reason::new(
                "view_unknown",
                "The view is not recorded, and this model cannot tell it from the images; LVEF is measured in the left \
                 anterior oblique view.",
            )
        })
    })
}

/// `orientation_unusual`: the images seem to be mirrored or turned.
#[must_use]
pub(super) fn check_orientation(evidence: &Evidence<'_>) -> Option<Reason> {
    let probabilities = &evidence.segmentation.recognition.as_ref()?.orientation;
    let upright = probabilities.first().copied()?;
    let rank = match upright {
        upright if upright < UPRIGHT_WITHHELD => Rank::DoNotUse,
        upright if upright < UPRIGHT_LOOK => Rank::Look,
        _ => return None,
    };
    let (place, probability) = likeliest(probabilities)?;
    let seen = Orientation::all().nth(place)?;
    let mend = match (seen.mirrored, seen.quarter_turns % 4) {
        (false, 0) => "look at the images".to_owned(),
        (true, 0) => "exchange left and right".to_owned(),
        (false, turns) => format!("turn them counterclockwise by {} degrees", 90 * u32::from(turns)),
        (true, turns) => {
            format!("turn them counterclockwise by {} degrees and then exchange left and right", 90 * u32::from(turns))
        }
    };
    let message = format!(
        "The images seem to be {} (probability {:.0} %), so that another chamber may be outlined. To mend it, {mend} where the \
         study was acquired (patient or detector orientation), export it again and analyse it again.",
        seen.in_words(),
        probability * 100.0
    );
    Some(Reason::new("orientation_unusual", message).ranked(rank))
}

/// `gating_unsound`: the frames may not follow one beat from the R wave on.
#[must_use]
pub(super) fn check_gating(evidence: &Evidence<'_>) -> Option<Reason> {
    let sound = evidence.segmentation.recognition.as_ref()?.gating_sound;
    let rank = match sound {
        sound if sound < GATING_WITHHELD => Rank::DoNotUse,
        sound if sound < GATING_LOOK => Rank::Look,
        _ => return None,
    };
    let message = format!(
        "The frames follow one beat from the R wave on with a probability of {:.0} % only; look at the cine and the curve.",
        sound * 100.0
    );
    Some(Reason::new("gating_unsound", message).ranked(rank))
}

#[cfg(test)]
mod tests {
    use crate::analysis::measure;
    use crate::synthetic::{Beat, beating, outlined};
    use crate::validity::{Rank, Reason};
    use crate::{AnalysisError, GatedStudy, ModelIdentity, Protocol, Recognition};

    fn sure() -> Recognition {
        let mut recognition = Recognition { heart: 0.99, view: [0.0; 5], orientation: [0.0; 8], gating_sound: 0.95 };
        recognition.view[0] = 1.0;
        recognition.orientation[0] = 1.0;
        recognition
    }

    fn findings(study: &GatedStudy, recognition: Option<Recognition>) -> Result<Vec<Reason>, AnalysisError> {
        let mut segmentation = outlined(&Beat::default());
        segmentation.recognition = recognition;
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        measure(study, segmentation, model, &Protocol::standard()).map(|analysis| analysis.validity.reasons().to_vec())
    }

    fn found(recognition: Recognition) -> Vec<Reason> {
        findings(&beating(&Beat::default()), Some(recognition)).unwrap()
    }

    #[test]
    fn a_heart_in_lao_is_accepted() {
        assert_eq!(found(sure()), []);
    }

    #[test]
    fn what_is_no_heart_is_refused_or_withheld() {
        let refused = findings(&beating(&Beat::default()), Some(Recognition { heart: 0.02, ..sure() }));
        assert!(matches!(refused, Err(AnalysisError::NotAHeart { .. })));
        let doubtful = found(Recognition { heart: 0.85, ..sure() });
        assert_eq!((doubtful[0].code, doubtful[0].rank), ("not_a_heart", Rank::DoNotUse));
    }

    #[test]
    fn another_orientation_is_withheld_with_the_way_to_mend_it() {
        for (place, mend) in [(2, "turn them counterclockwise by 180 degrees"), (4, "exchange left and right")] {
            let mut recognition = sure();
            recognition.orientation[0] = 0.05;
            recognition.orientation[place] = 0.9;
            let found = found(recognition);
            assert_eq!((found[0].code, found[0].rank), ("orientation_unusual", Rank::DoNotUse));
            assert!(found[0].message.contains(mend), "{}", found[0].message);
        }
    }

    #[test]
    fn another_view_is_withheld_whatever_the_file_says() {
        let mut recognition = sure();
        recognition.view = [0.05, 0.0, 0.9, 0.0, 0.05];
        let found = found(recognition);
        assert_eq!((found[0].code, found[0].rank), ("view_not_lao", Rank::DoNotUse));
        assert!(
            found[0].message.contains("left lateral (probability 90 %), although the file says"),
            "{}",
            found[0].message
        );
    }

    #[test]
    fn a_view_that_nobody_knows_is_said() {
        let mut study = beating(&Beat::default());
        study.identity.view = None;
        let unknown = findings(&study, None).unwrap();
        assert_eq!((unknown[0].code, unknown[0].rank), ("view_unknown", Rank::Look));
        assert_eq!(findings(&study, Some(sure())).unwrap(), []);
        study.identity.view_is_lao = Some(false);
        assert_eq!(findings(&study, Some(sure())).unwrap()[0].rank, Rank::DoNotUse);
    }

    #[test]
    fn gating_that_the_model_doubts_is_said() {
        for (gating_sound, rank) in [(0.3, Rank::Look), (0.02, Rank::DoNotUse)] {
            let found = found(Recognition { gating_sound, ..sure() });
            assert_eq!((found[0].code, found[0].rank), ("gating_unsound", rank));
        }
    }
}
