//! Gating and count checks: what a reader must know before trusting a number.

mod acquisition;
mod result;
mod ventricle;

use serde::Serialize;

use crate::analysis::LvefByProtocol;
use crate::measure::Measurement;
use crate::{GatedStudy, Mask, Protocol};

pub use acquisition::{BEATS_REJECTED_FRACTION, FEW_FRAMES, FRAME_COUNTS, RR_WINDOW_FRACTION};
use acquisition::{
    check_beats_rejected, check_frame_counts, check_frame_number, check_rr_window, check_saturation, check_timing,
};
pub use result::{
    CLOSING_FRACTION, COUNTING_ERROR_POINTS, CUT_FRACTION, DISAGREEMENT_POINTS, HOT_FRACTION, PLAUSIBLE_LVEF,
    SEPTAL_FRACTION,
};
use result::{
    check_background_cut, check_background_hot, check_background_septum, check_closing, check_counting_error,
    check_disagreement, check_drop_off, check_plausible, check_systolic_limit,
};
pub use ventricle::AREA_JUMP_FRACTION;
use ventricle::{check_area_jumps, check_edge, check_missing, check_pixel_spacing};

/// Something a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code, for example `count_drop_off`.
    pub code: &'static str,
    /// The same in plain words, with figures.
    pub message: String,
}

/// All warnings about a study and what the named protocol measured on it, the study's own first.
#[must_use]
pub fn check(
    study: &GatedStudy,
    masks: &[Mask],
    protocol: &Protocol,
    measurement: &Measurement,
    lvef: &LvefByProtocol,
) -> Vec<Warning> {
    [
        check_frame_counts(measurement),
        check_drop_off(measurement),
        check_frame_number(study),
        check_beats_rejected(study),
        check_rr_window(study),
        check_timing(study),
        check_saturation(study),
        check_pixel_spacing(study, protocol),
        check_missing(masks, measurement),
        check_area_jumps(masks),
        check_edge(masks),
        check_counting_error(measurement),
        check_closing(masks, measurement),
        check_systolic_limit(protocol, measurement),
        check_background_septum(measurement),
        check_background_cut(measurement),
        check_background_hot(measurement),
        check_plausible(measurement),
        check_disagreement(lvef),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `1`, `1 and 2`, or `1, 2 and 3`: frames as a sentence names them.
fn listed(frames: &[usize]) -> String {
    match frames {
        [] => String::new(),
        [only] => only.to_string(),
        [most @ .., last] => {
            let most: Vec<String> = most.iter().map(ToString::to_string).collect();
            format!("{} and {last}", most.join(", "))
        }
    }
}

/// `frame 3` or `frames 3 and 4`.
fn named(frames: &[usize]) -> String {
    format!("{} {}", if frames.len() == 1 { "frame" } else { "frames" }, listed(frames))
}
