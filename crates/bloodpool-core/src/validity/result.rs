//! Checks of the result: background, plausibility, agreement of the protocols.

use super::evidence::Evidence;
use super::finding::Reason;
use super::limits::{CUT_FRACTION, DISAGREEMENT_POINTS, HOT_FRACTION, PLAUSIBLE_LVEF, SEPTAL_FRACTION};
use super::rank::Rank;
use crate::protocol::BackgroundRegion;

/// `background_drawn`: a person drew the background region.
#[must_use]
pub(super) fn check_background_drawn(evidence: &Evidence<'_>) -> Option<Reason> {
    let choices = evidence.protocol.estimator.roi_choices()?;
    matches!(choices.background, BackgroundRegion::Drawn { .. }).then(|| {
        Reason::new(
            "background_drawn",
            "The background region was drawn by hand. How far the LVEF with such a region is from the truth has not been measured, \
             so that it has no interval.",
        )
    })
}

/// `background_reaches_septum`: the background region goes round to the right ventricle.
#[must_use]
pub(super) fn check_background_septum(evidence: &Evidence<'_>) -> Option<Reason> {
    let fraction = evidence.measurement.background_sample.as_ref()?.septal_fraction;
    (fraction > SEPTAL_FRACTION).then(|| {
        Reason::new(
            "background_reaches_septum",
            format!(
            "{:.0} % of the background region lie on the septal side of the LV, where the right ventricle adds counts.",
            fraction * 100.0
        ),
        )
    })
}

/// `background_cut`: the background region is cut by the edge of the image.
#[must_use]
pub(super) fn check_background_cut(evidence: &Evidence<'_>) -> Option<Reason> {
    let fraction = evidence.measurement.background_sample.as_ref()?.cut_fraction;
    (fraction > CUT_FRACTION).then(|| {
        Reason::new(
            "background_cut",
            format!("{:.0} % of the background region lie outside the image.", fraction * 100.0),
        )
    })
}

/// `background_hot`: much of the background region was left out as hot.
#[must_use]
pub(super) fn check_background_hot(evidence: &Evidence<'_>) -> Option<Reason> {
    let sample = evidence.measurement.background_sample.as_ref()?;
    let all = sample.candidate_pixels;
    (sample.hot_pixels as f64 > HOT_FRACTION * all as f64).then(|| {
        Reason::new(
            "background_hot",
            format!(
                "{} of {all} background pixels were left out as hot; a vessel or an organ may lie under the region.",
                sample.hot_pixels
            ),
        )
    })
}

/// `lvef_implausible`: an LVEF that a heart seldom has; withheld where no heart can have it.
#[must_use]
pub(super) fn check_plausible(evidence: &Evidence<'_>) -> Option<Reason> {
    let lvef = evidence.measurement.lvef_percent;
    let [low, high] = PLAUSIBLE_LVEF;
    if (low..=high).contains(&lvef) {
        return None;
    }
    let (rank, message) = if (0.0..=100.0).contains(&lvef) {
        (Rank::Look, format!("An LVEF of {lvef:.0} % is outside {low:.0} to {high:.0} %; look at ROIs and background."))
    } else {
        (Rank::DoNotUse, format!("An LVEF of {lvef:.0} % cannot be: the gating, the ROIs or the background are wrong."))
    };
    Some(Reason::new("lvef_implausible", message).ranked(rank))
}

/// `protocols_disagree`: the ROI-based and the unmixed LVEF are far apart.
#[must_use]
pub(super) fn check_disagreement(evidence: &Evidence<'_>) -> Option<Reason> {
    let lvef = |key: &str| evidence.results.lvef_percent(key);
    let (standard, unmixed) = (lvef("standard")?, lvef("unmixed")?);
    let [least, most] = DISAGREEMENT_POINTS;
    (!(least..=most).contains(&(standard - unmixed))).then(|| {
        Reason::new(
            "protocols_disagree",
            format!(
            "LVEF is {standard:.0} % by ROIs (standard) and {unmixed:.0} % by LV fraction (unmixed); one of them has \
             failed."
        ),
        )
    })
}
