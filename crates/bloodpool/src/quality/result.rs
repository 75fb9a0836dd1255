//! Checks of what was measured: noise, drop-off, closure of the curve, background, plausibility, agreement.

use super::{Warning, named};
use crate::analysis::{FrameSource, LvefByProtocol};
use crate::measure::Measurement;
use crate::measure::frames::systolic_frames;
use crate::{Mask, Protocol};

/// Largest standard error of LVEF from counting noise alone, EF points: its 95 % interval of +-4 points then still
/// tells a fall by 10 points, the customary criterion of cardiotoxicity, from noise in two studies.
pub const COUNTING_ERROR_POINTS: f64 = 2.0;
/// Largest gap between the last frame and the first, as a fraction of ED counts. Atrial contraction adds about a
/// sixth of ED counts in the last eighth of the cycle, so that neighbouring frames differ by less.
pub const CLOSING_FRACTION: f64 = 0.15;
/// ... beyond this many standard deviations of counting noise.
const CLOSING_SIGMAS: f64 = 3.0;
/// Fraction of a background region on the septal side that a reader must know of: the septum and the right ventricle
/// are no background.
pub const SEPTAL_FRACTION: f64 = 0.05;
/// Fraction of the background region beyond the image that a reader must know of.
pub const CUT_FRACTION: f64 = 0.25;
/// Fraction of the background region left out as hot that a reader must know of: an organ or vessel lies under it.
pub const HOT_FRACTION: f64 = 0.25;
/// LVEF outside this range, percent, is more often a wrong ROI than a heart.
pub const PLAUSIBLE_LVEF: [f64; 2] = [5.0, 90.0];
/// Difference between `standard` and `unmixed` beyond which one of them has failed, EF points: twice the 5 points
/// that readings of one study commonly differ by.
pub const DISAGREEMENT_POINTS: f64 = 10.0;

/// `count_drop_off`: frames at the end of the cycle lost counts.
#[must_use]
pub(super) fn check_drop_off(measurement: &Measurement) -> Option<Warning> {
    let drop_off = &measurement.drop_off;
    let frames: Vec<usize> =
        (0..drop_off.kept.len()).filter(|&frame| drop_off.affects(frame)).map(|frame| frame + 1).collect();
    let least = drop_off.kept.iter().copied().fold(1.0, f64::min);
    (!frames.is_empty()).then(|| Warning {
        code: "count_drop_off",
        message: format!(
            "Total counts on {} are up to {:.0} % lower than before: beats were shorter than the cycle. \
             End-diastole is not taken from there.",
            named(&frames),
            (1.0 - least) * 100.0
        ),
    })
}

/// `low_counts_lv`: counting noise alone makes LVEF uncertain.
#[must_use]
pub(super) fn check_counting_error(measurement: &Measurement) -> Option<Warning> {
    let error = measurement.counting_error_points;
    (error > COUNTING_ERROR_POINTS).then(|| Warning {
        code: "low_counts_lv",
        message: format!(
            "The LV holds {:.0} net counts at end-diastole; counting noise alone makes LVEF uncertain by {:.0} points \
             either way (95 %).",
            measurement.end_diastole.net_counts,
            1.96 * error
        ),
    })
}

/// `curve_not_closed`: the LV does not come back to where it began.
#[must_use]
pub(super) fn check_closing(masks: &[Mask], measurement: &Measurement) -> Option<Warning> {
    let curve = &measurement.curve.net_counts;
    let (first, last) = (*curve.first()?, *curve.last()?);
    // A drop-off or a missing ventricle explains the gap and has its own warning.
    let explained = measurement.drop_off.frames() > 0 || masks.first()?.is_empty() || masks.last()?.is_empty();
    let full = measurement.end_diastole.net_counts;
    let noise = (2.0 * measurement.end_diastole.counts.max(0.0)).sqrt();
    let gap = (last - first).abs();
    (!explained && gap > CLOSING_FRACTION * full && gap > CLOSING_SIGMAS * noise).then(|| Warning {
        code: "curve_not_closed",
        message: format!(
            "LV counts of the last and the first frame differ by {:.0} % of those at end-diastole; the gating may have \
             failed.",
            gap / full * 100.0
        ),
    })
}

/// `end_systole_at_limit`: the lowest frame is the first or last that was looked at.
#[must_use]
pub(super) fn check_systolic_limit(protocol: &Protocol, measurement: &Measurement) -> Option<Warning> {
    if measurement.frame_source == FrameSource::Override {
        return None;
    }
    let frame = measurement.end_systole.frame;
    let span = systolic_frames(measurement.curve.net_counts.len(), &protocol.frames);
    let (first, last) = (span.first()? + 1, span.last()? + 1);
    (first < last && (frame == first || frame == last)).then(|| Warning {
        code: "end_systole_at_limit",
        message: format!(
            "End-systole was looked for on frames {first} to {last} and found at their end, on frame {frame}; check \
             that the R wave opens frame 1."
        ),
    })
}

/// `background_reaches_septum`: the background region goes round to the right ventricle.
#[must_use]
pub(super) fn check_background_septum(measurement: &Measurement) -> Option<Warning> {
    let fraction = measurement.background_sample.as_ref()?.septal_fraction;
    (fraction > SEPTAL_FRACTION).then(|| Warning {
        code: "background_reaches_septum",
        message: format!(
            "{:.0} % of the background region lie on the septal side of the LV, where the right ventricle adds counts.",
            fraction * 100.0
        ),
    })
}

/// `background_cut`: the background region is cut by the edge of the image.
#[must_use]
pub(super) fn check_background_cut(measurement: &Measurement) -> Option<Warning> {
    let fraction = measurement.background_sample.as_ref()?.cut_fraction;
    (fraction > CUT_FRACTION).then(|| Warning {
        code: "background_cut",
        message: format!("{:.0} % of the background region lie outside the image.", fraction * 100.0),
    })
}

/// `background_hot`: much of the background region was left out as hot.
#[must_use]
pub(super) fn check_background_hot(measurement: &Measurement) -> Option<Warning> {
    let sample = measurement.background_sample.as_ref()?;
    let all = sample.candidate_pixels;
    (sample.hot_pixels as f64 > HOT_FRACTION * all as f64).then(|| Warning {
        code: "background_hot",
        message: format!(
            "{} of {all} background pixels were left out as hot; a vessel or an organ may lie under the region.",
            sample.hot_pixels
        ),
    })
}

/// `lvef_implausible`: an LVEF that a heart seldom has.
#[must_use]
pub(super) fn check_plausible(measurement: &Measurement) -> Option<Warning> {
    let lvef = measurement.lvef_percent;
    let [low, high] = PLAUSIBLE_LVEF;
    (!(low..=high).contains(&lvef)).then(|| Warning {
        code: "lvef_implausible",
        message: format!("An LVEF of {lvef:.0} % is outside {low:.0} to {high:.0} %; look at ROIs and background."),
    })
}

/// `protocols_disagree`: the ROI-based and the unmixed LVEF are far apart.
#[must_use]
pub(super) fn check_disagreement(lvef: &LvefByProtocol) -> Option<Warning> {
    let (standard, unmixed) = (lvef.standard?, lvef.unmixed?);
    ((standard - unmixed).abs() > DISAGREEMENT_POINTS).then(|| Warning {
        code: "protocols_disagree",
        message: format!(
            "LVEF is {standard:.0} % by ROIs (standard) and {unmixed:.0} % by LV fraction (unmixed); one of them has \
             failed."
        ),
    })
}
