//! Checks of the acquisition: counts, frames, beats, timing, saturation.

use ndarray::Axis;

use super::{Warning, named};
use crate::GatedStudy;
use crate::measure::Measurement;

/// Fewest counts a frame. A LV of 6 % of the frame's counts that ejects half of them then has a counting error of
/// about 1.5 EF points; outlines on such images become uncertain before that.
pub const FRAME_COUNTS: f64 = 100_000.0;
/// Fewest frames a cycle for an LVEF: with fewer, ES falls between frames and the LVEF reads low (the SNM procedure
/// guideline for gated equilibrium radionuclide ventriculography, version 3.0 of 2002, asks for 16).
pub const FEW_FRAMES: usize = 16;
/// Largest fraction of rejected beats that still passes for regular rhythm with occasional ectopic beats.
pub const BEATS_REJECTED_FRACTION: f64 = 0.1;
/// Widest R-R window, from its lower to its upper end, as a fraction of the mean R-R interval: 20 % to either side.
/// Customary windows are 10 to 15 % to either side; wider ones mix beats of different filling.
pub const RR_WINDOW_FRACTION: f64 = 0.4;

/// `low_counts_frame`: the median frame has few counts.
#[must_use]
pub(super) fn check_frame_counts(measurement: &Measurement) -> Option<Warning> {
    let counts = crate::measure::spread::median(&measurement.drop_off.totals)?;
    (counts < FRAME_COUNTS).then(|| Warning {
        code: "low_counts_frame",
        message: format!("A frame holds {counts:.0} counts; below {FRAME_COUNTS:.0} outlines and LVEF become noisy."),
    })
}

/// `few_frames`: the cycle has fewer than 16 frames.
#[must_use]
pub(super) fn check_frame_number(study: &GatedStudy) -> Option<Warning> {
    let frames = study.frames();
    (frames < FEW_FRAMES).then(|| Warning {
        code: "few_frames",
        message: format!(
            "The cycle has {frames} frames; with fewer than {FEW_FRAMES} end-systole is blurred and LVEF reads low."
        ),
    })
}

/// `beats_rejected`: many beats fell outside the R-R window.
#[must_use]
pub(super) fn check_beats_rejected(study: &GatedStudy) -> Option<Warning> {
    let (accepted, rejected) = (study.gating.beats_accepted?, study.gating.beats_rejected?);
    let all = f64::from(accepted) + f64::from(rejected);
    (f64::from(rejected) > BEATS_REJECTED_FRACTION * all).then(|| Warning {
        code: "beats_rejected",
        message: format!(
            "{rejected} of {all:.0} beats ({:.0} %) were rejected; the rhythm may be irregular.",
            f64::from(rejected) / all * 100.0
        ),
    })
}

/// `rr_window_wide`: beats of very different length were accepted.
#[must_use]
pub(super) fn check_rr_window(study: &GatedStudy) -> Option<Warning> {
    let gating = &study.gating;
    let (low, high) = (gating.rr_low_ms?, gating.rr_high_ms?);
    let middle = gating.rr_interval_ms.unwrap_or_else(|| low.midpoint(high));
    (middle > 0.0 && high - low > RR_WINDOW_FRACTION * middle).then(|| Warning {
        code: "rr_window_wide",
        message: format!(
            "Beats of {low:.0} to {high:.0} ms were accepted, a window of {:.0} % of the R-R interval of {middle:.0} ms; \
             beats of different filling are mixed.",
            (high - low) / middle * 100.0
        ),
    })
}

/// `timing_not_recorded`: the frame time is unknown.
#[must_use]
pub(super) fn check_timing(study: &GatedStudy) -> Option<Warning> {
    study.gating.frame_time_ms.is_none().then(|| Warning {
        code: "timing_not_recorded",
        message: "The frame time is not recorded; times and rates can't be given in seconds.".into(),
    })
}

/// `saturated`: pixels hold the largest value that the file can store.
#[must_use]
pub(super) fn check_saturation(study: &GatedStudy) -> Option<Warning> {
    let limit = study.saturation?;
    let full = |pixels: ndarray::ArrayView2<'_, f32>| pixels.iter().filter(|&&value| value >= limit).count();
    let counts: Vec<usize> = study.counts().axis_iter(Axis(0)).map(full).collect();
    let frames: Vec<usize> = (1..).zip(&counts).filter(|&(_, &count)| count > 0).map(|(frame, _)| frame).collect();
    let pixels: usize = counts.iter().sum();
    (pixels > 0).then(|| Warning {
        code: "saturated",
        message: format!(
            "{pixels} pixels on {} hold the largest value that can be stored, {limit}; counts beyond it are lost.",
            named(&frames)
        ),
    })
}
