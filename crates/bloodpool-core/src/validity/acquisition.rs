//! Checks of the acquisition: frames, timing, beats, pixel spacing.

use super::evidence::Evidence;
use super::finding::Reason;
use super::limits::{
    BEATS_REJECTED_FRACTION, BEATS_REJECTED_LOOK, CYCLE_OVER_RR, FEW_FRAMES, FRAME_TIME_LOOK_MS, FRAME_TIME_NOTE_MS,
    RR_WINDOW_FRACTION, RR_WINDOW_LOOK,
};
use super::rank::Rank;
use crate::protocol::{ASSUMED_FIELD_MM, BackgroundRegion, Estimator};

/// `few_frames`: the cycle has fewer than 16 frames.
#[must_use]
pub(super) fn check_frame_number(evidence: &Evidence<'_>) -> Option<Reason> {
    let frames = evidence.study.frames();
    (frames < FEW_FRAMES).then(|| {
        Reason::new(
            "few_frames",
            format!(
                "The cycle has {frames} frames; with fewer than {FEW_FRAMES} end-systole is blurred and LVEF reads low."
            ),
        )
    })
}

/// `frame_time_long`: frames last so long that end-systole is blurred.
#[must_use]
pub(super) fn check_frame_time(evidence: &Evidence<'_>) -> Option<Reason> {
    let gating = &evidence.study.gating;
    let by_interval = || Some(gating.rr_interval_ms? / evidence.study.frames() as f64);
    let frame_time_ms = gating.frame_time_ms.or_else(by_interval)?;
    (frame_time_ms > FRAME_TIME_NOTE_MS).then(|| {
        let rank = if frame_time_ms > FRAME_TIME_LOOK_MS { Rank::Look } else { Rank::Note };
        Reason::new(
            "frame_time_long",
            format!(
                "A frame lasts {frame_time_ms:.0} ms; above {FRAME_TIME_NOTE_MS:.0} ms end-systole is blurred and LVEF reads \
                 low."
            ),
        )
        .ranked(rank)
    })
}

/// `cycle_not_covered`: the frames do not cover one R-R interval.
#[must_use]
pub(super) fn check_cycle(evidence: &Evidence<'_>) -> Option<Reason> {
    let gating = &evidence.study.gating;
    let (frame_time_ms, interval_ms) = (gating.frame_time_ms?, gating.rr_interval_ms?);
    let covered_ms = frame_time_ms * evidence.study.frames() as f64;
    let ratio = covered_ms / interval_ms;
    let [least, most] = CYCLE_OVER_RR;
    (ratio.is_finite() && !(least..=most).contains(&ratio)).then(|| {
        Reason::new(
            "cycle_not_covered",
            format!(
                "The frames cover {covered_ms:.0} ms, the recorded R-R interval is {interval_ms:.0} ms; ED and ES are looked \
                 for at fractions of the cycle and may be missed."
            ),
        )
    })
}

/// `beats_rejected`: many beats fell outside the R-R window.
#[must_use]
pub(super) fn check_beats_rejected(evidence: &Evidence<'_>) -> Option<Reason> {
    let gating = &evidence.study.gating;
    let (accepted, rejected) = (f64::from(gating.beats_accepted?), f64::from(gating.beats_rejected?));
    let all = accepted + rejected;
    (rejected > BEATS_REJECTED_FRACTION * all).then(|| {
        let rank = if rejected > BEATS_REJECTED_LOOK * all { Rank::Look } else { Rank::Note };
        Reason::new(
            "beats_rejected",
            format!(
                "{rejected:.0} of {all:.0} beats ({:.0} %) were rejected; the rhythm may be irregular.",
                rejected / all * 100.0
            ),
        )
        .ranked(rank)
    })
}

/// `rr_window_wide`: beats of very different length were accepted.
#[must_use]
pub(super) fn check_rr_window(evidence: &Evidence<'_>) -> Option<Reason> {
    let gating = &evidence.study.gating;
    let (low, high) = (gating.rr_low_ms?, gating.rr_high_ms?);
    let middle = gating.rr_interval_ms.unwrap_or_else(|| low.midpoint(high));
    (middle > 0.0 && high - low > RR_WINDOW_FRACTION * middle).then(|| {
        Reason::new(
            "rr_window_wide",
            format!(
                "Beats of {low:.0} to {high:.0} ms were accepted, a window of {:.0} % of the R-R interval of {middle:.0} ms; \
                 beats of different filling are mixed.",
                (high - low) / middle * 100.0
            ),
        )
        .ranked(if high - low > RR_WINDOW_LOOK * middle { Rank::Look } else { Rank::Note })
    })
}

/// `timing_not_recorded`: the frame time is unknown.
#[must_use]
pub(super) fn check_timing(evidence: &Evidence<'_>) -> Option<Reason> {
    evidence.study.gating.frame_time_ms.is_none().then(|| {
        Reason::new(
            "timing_not_recorded",
            "The frame time is not recorded; times and rates cannot be given in seconds.",
        )
    })
}

/// `pixel_spacing_absent`: areas cannot be given in mm², and distances in mm rest on an assumed field of view.
#[must_use]
pub(super) fn check_pixel_spacing(evidence: &Evidence<'_>) -> Option<Reason> {
    if evidence.study.pixel_spacing_mm().is_some() {
        return None;
    }
    let field_mm = match &evidence.protocol.estimator {
        Estimator::Roi(choices) => match &choices.background {
            BackgroundRegion::Arc { assumed_field_mm, .. } => Some(*assumed_field_mm),
            BackgroundRegion::Ring { .. } | BackgroundRegion::Drawn { .. } => {
                (choices.roi_margin_mm != 0.0 || choices.rim.is_some()).then_some(ASSUMED_FIELD_MM)
            }
        },
        Estimator::BackgroundImage(choices) => Some(choices.assumed_field_mm),
        Estimator::Unmixed => None,
    };
    let assumed = field_mm.map_or_else(String::new, |field_mm| {
        format!(" The ROIs' distances in mm assume a field of view {field_mm:.0} mm across.")
    });
    Some(Reason::new(
        "pixel_spacing_absent",
        format!("Pixel spacing is not known; areas are given in pixels only.{assumed}"),
    ))
}
