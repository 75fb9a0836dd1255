//! Whether a number may be used: every finding about a study in one of four ranks, and what was checked.

mod acquisition;
mod beat;
mod counts;
mod cycle;
mod evidence;
mod finding;
pub mod limits;
mod outcome;
mod rank;
mod recognised;
mod result;
mod rules;
mod ventricle;

use crate::{AnalysisError, Segmentation};

pub(crate) use evidence::Evidence;
pub(crate) use finding::named;

pub use counts::looks_inverted;
pub use finding::{Reason, Warning};
pub use outcome::{AtTheCamera, Checked, Validity};
pub use rank::{Rank, Topic};
pub use rules::known_codes;

/// Refuses what no number can be computed from, whatever its outline.
pub(crate) fn refuse(segmentation: &Segmentation) -> Result<(), AnalysisError> {
    recognised::refuse(segmentation)
}

/// All findings about a study and what the named protocol measured on it; `found` before: those of the correction.
pub(crate) fn check(evidence: &Evidence<'_>, found: Vec<Reason>) -> Validity {
    let checks = [
        recognised::check_heart,
        recognised::check_view,
        recognised::check_orientation,
        recognised::check_gating,
        acquisition::check_frame_number,
        acquisition::check_frame_time,
        acquisition::check_cycle,
        acquisition::check_beats_rejected,
        acquisition::check_rr_window,
        acquisition::check_timing,
        acquisition::check_pixel_spacing,
        counts::check_frame_counts,
        counts::check_counting_error,
        counts::check_saturation,
        counts::check_wrapped,
        counts::check_inverted,
        counts::check_dispersion,
        counts::check_identical,
        cycle::check_drop_off,
        cycle::check_empty_at_end,
        beat::check_no_beat,
        beat::check_two_rhythms,
        beat::check_r_wave,
        cycle::check_order,
        beat::check_closing,
        beat::check_systolic_limit,
        beat::check_diastolic_limit,
        ventricle::check_missing,
        ventricle::check_area_jumps,
        ventricle::check_certainty,
        ventricle::check_size,
        ventricle::check_edge,
        ventricle::check_end_on,
        result::check_background_drawn,
        result::check_background_septum,
        result::check_background_cut,
        result::check_background_hot,
        result::check_plausible,
        result::check_disagreement,
    ];
    let mut validity = Validity::new(found);
    validity.extend(checks.iter().filter_map(|check: &fn(&Evidence<'_>) -> Option<Reason>| check(evidence)));
    validity.with_performed(evidence::performed(evidence))
}
