//! Checks of what the images show, by what the segmenter recognises and by what the file records.

use super::limits::{
    ATRIA_ABOVE_DEGREES, GATING_LOOK, GATING_WITHHELD, HEART_REFUSED, HEART_WITHHELD, LAO_LOOK, LAO_WITHHELD,
    UPRIGHT_LOOK, UPRIGHT_WITHHELD,
};
use super::{Evidence, Rank, Reason};
use crate::correction::Tiles;
use crate::measure::harmonics::Harmonics;
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
    (heart < HEART_WITHHELD).then(|| {
        Reason::new(
            "not_a_heart",
            format!("The images show one whole heart with a probability of {:.0} % only.", heart * 100.0),
        )
        .ranked(Rank::DoNotUse)
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

/// `atria_not_above`: what fills in systole does not lie above what empties, as atria and ventricles do in an upright image.
/// Looked at only where the segmenter recognises no orientation itself.
#[must_use]
pub(super) fn check_atria(evidence: &Evidence<'_>) -> Option<Reason> {
    if evidence.segmentation.recognition.is_some() {
        return None;
    }
    let drop_off = &evidence.measurement.drop_off;
    let lowest = Harmonics::fit(&evidence.measurement.curve.net_counts, &drop_off.kept, 2)?.first_lowest()?;
    let skip: Vec<bool> = (0..evidence.study.frames()).map(|frame| drop_off.affects(frame)).collect();
    let [ventricles, atria] = Tiles::of(evidence.study, &skip).poles(lowest, &drop_off.kept)?;
    let (right, up) = (atria[0] - ventricles[0], ventricles[1] - atria[1]);
    let from_up = right.atan2(up).to_degrees().abs();
    (from_up > ATRIA_ABOVE_DEGREES).then(|| {
        Reason::new(
            "atria_not_above",
            "The heart does not lie as it does in LAO: what fills while the ventricles empty (the atria) lies beside or below \
             them, not above. The images may be turned or show another view.",
        )
    })
}
