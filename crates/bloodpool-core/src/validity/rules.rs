//! What each code means for a reader: its usual rank, what was checked, and whether acquiring again would mend it.

use super::rank::{Rank, Topic};

/// What holds of one code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rule {
    pub(super) code: &'static str,
    pub(super) topic: Topic,
    /// The rank where the check does not set another one.
    pub(super) rank: Rank,
    /// Why the technologist should repeat the acquisition; `None` where repeating would not help.
    pub(super) repeat: Option<&'static str>,
}

const fn rule(code: &'static str, topic: Topic, rank: Rank, repeat: Option<&'static str>) -> Rule {
    Rule { code, topic, rank, repeat }
}

use Rank::{DoNotUse, Look, Note, Refused};
use Topic::{Counts, Gating, Orientation, Outline, View};

const GATING: Option<&str> = Some("the gating failed; check the ECG leads and the trigger first");
const COUNTS: Option<&str> = Some("the left ventricle has too few counts; acquire longer");
const VIEW: Option<&str> = Some("the view is not left anterior oblique");
const FIELD: Option<&str> = Some("the heart is cut by the edge of the field");
const LOST: Option<&str> = Some("counts were lost during the acquisition");

/// All codes: those of the checks here, and those that file readers note.
pub(super) const RULES: &[Rule] = &[
    // What the images show.
    rule("not_a_heart", View, Refused, Some("no heart is in the images")),
    rule("view_not_lao", View, DoNotUse, VIEW),
    rule("view_unknown", View, Look, None),
    rule("orientation_unusual", Orientation, DoNotUse, None),
    rule("lv_end_on", View, Note, None),
    // Gating.
    rule("no_beat", Gating, DoNotUse, GATING),
    rule("two_rhythms", Gating, DoNotUse, GATING),
    rule("two_beats", Gating, DoNotUse, GATING),
    rule("r_wave_elsewhere", Gating, Look, GATING),
    rule("gating_unsound", Gating, Look, GATING),
    rule("frames_jump", Gating, Look, Some("the patient may have moved, or frames are out of order")),
    rule("curve_not_closed", Gating, Look, GATING),
    rule("end_diastole_at_limit", Gating, Note, None),
    rule("end_systole_at_limit", Gating, Note, None),
    rule("count_drop_off", Gating, Note, None),
    rule("frames_empty_at_end", Gating, Look, None),
    rule("beats_rejected", Gating, Note, GATING),
    rule("rr_window_wide", Gating, Note, Some("the R-R window was too wide")),
    rule("cycle_not_covered", Gating, Look, None),
    rule("few_frames", Gating, Look, Some("the cycle has too few frames")),
    rule("frame_time_long", Gating, Note, Some("the frames are too long; use 24 frames or more")),
    rule("timing_not_recorded", Gating, Note, None),
    rule("vector_from_zero", Gating, Note, None),
    rule("vector_missing", Gating, Note, None),
    rule("slots_as_rr_intervals", Gating, Note, None),
    rule("frames_joined", Gating, Note, None),
    rule("rr_interval_by_heart_rate", Gating, Note, None),
    rule("backward_framing", Gating, Note, None),
    rule("sum_frame_left_out", Gating, Note, None),
    rule("empty_frames_left_out", Gating, Note, None),
    // Counts.
    rule("low_counts_frame", Counts, Note, None),
    rule("low_counts_lv", Counts, Note, COUNTS),
    rule("saturated", Counts, Look, Some("pixels reached the largest value that was stored; use 16 bits")),
    rule("counts_inverted", Counts, DoNotUse, None),
    rule("inverted_back", Counts, Look, None),
    rule("not_counts", Counts, Note, None),
    rule("frame_empty", Counts, DoNotUse, LOST),
    rule("frame_counts_corrected", Counts, Look, None),
    rule("frame_counts_uneven", Counts, DoNotUse, LOST),
    rule("pixels_corrected", Counts, Note, None),
    rule("pixels_hot", Counts, Note, None),
    rule("pixels_uneven", Counts, Look, LOST),
    rule("counts_wrapped", Counts, DoNotUse, Some("values began again at 0 where pixels were full; use 16 bits")),
    rule("frames_identical", Counts, Look, None),
    rule("pixel_spacing_absent", Counts, Note, None),
    rule("pixel_spacing_invalid", Counts, Look, None),
    rule("monochrome1", Counts, Note, None),
    rule("real_world_values", Counts, Note, None),
    rule("palette_color", Counts, Note, None),
    rule("pixel_padding", Counts, Note, None),
    rule("trailing_bytes", Counts, Note, None),
    rule("counts_accumulated", Counts, Note, None),
    rule("file_meta", Counts, Note, None),
    rule("rescaled", Counts, Note, None),
    rule("derived_image", Counts, Note, None),
    rule("ended_by_overflow", Counts, Note, None),
    // The outline and what follows from it.
    rule("ventricle_missing", Outline, Look, None),
    rule("roi_area_jump", Outline, Look, None),
    rule("outline_unsure", Outline, Look, None),
    rule("lv_few_pixels", Outline, Look, Some("the heart is too small in the field; use zoom or a larger matrix")),
    rule("lv_touches_edge", Outline, Look, FIELD),
    rule("background_drawn", Outline, Note, None),
    rule("background_reaches_septum", Outline, Note, None),
    rule("background_cut", Outline, Note, None),
    rule("background_hot", Outline, Note, None),
    rule("lvef_implausible", Outline, Look, None),
    rule("protocols_disagree", Outline, Look, None),
    // The file.
    rule("stored_order", Gating, Note, None),
    rule("image_type", Gating, Note, None),
    rule("study_uid_shared", Counts, Note, None),
];

/// The rule of a code; of a code that is not known, a note about the outline.
pub(super) fn rule_of(code: &str) -> Rule {
    RULES.iter().copied().find(|rule| rule.code == code).unwrap_or(rule("", Outline, Note, None))
}

/// Every code that a finding can have, with the reason to acquire again where there is one: for those who translate them.
pub fn known_codes() -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    RULES.iter().map(|rule| (rule.code, rule.repeat))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_one_rule() {
        let mut codes: Vec<&str> = RULES.iter().map(|rule| rule.code).collect();
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all);
        assert_eq!((rule_of("no_beat").rank, rule_of("unheard_of").rank), (DoNotUse, Note));
    }
}
