//! Frames at the end of a cycle that are no part of it: a sum of the other frames, and frames of zeros after the end of the cycle.

use bloodpool_core::study::{Gating, MIN_FRAMES};
use dicom_dictionary_std::tags;
use ndarray::{Array3, Axis, Slice};

use super::note::Note;
use crate::attribute::Attribute;

/// A sum of frames in single precision differs from the exact one by less, relative to itself.
const ROUNDING: f64 = 1e-6;
/// The cycle ends where the R-R interval does, to less than this fraction of a frame. A cycle that lost all counts of its last
/// frame ends a whole frame later, and keeps that frame.
const FRAME_FRACTION: f64 = 0.75;

/// Leaves such frames out of `counts` (`[frame, row, column]`); a note for each kind.
pub(super) fn leave_out(counts: &mut Array3<f32>, gating: &Gating) -> Vec<Note> {
    let mut notes = Vec::new();
    if is_sum(counts) {
        let stored = counts.dim().0;
        keep(counts, stored - 1);
        let message = format!(
            "the last of {stored} frames by {} is the sum of the others; it was left out",
            Attribute(tags::NUMBER_OF_FRAMES)
        );
        notes.push(Note { code: "sum_frame_left_out", message });
    }
    if let Some(filled) = filled(counts, gating) {
        let empty = counts.dim().0 - filled;
        keep(counts, filled);
        let message = format!(
            "the last {empty} frames hold no counts, and {filled} frames by {} are one R-R interval: frames after the end of the \
             cycle were left out",
            Attribute(tags::FRAME_TIME)
        );
        notes.push(Note { code: "empty_frames_left_out", message });
    }
    notes
}

fn keep(counts: &mut Array3<f32>, frames: usize) {
    counts.slice_axis_inplace(Axis(0), Slice::from(..frames));
}

/// Frames that hold counts.
fn with_counts(counts: &Array3<f32>) -> impl Iterator<Item = usize> {
    let frames = counts.axis_iter(Axis(0)).enumerate();
    frames.filter(|(_, frame)| frame.iter().any(|&value| value > 0.0)).map(|(index, _)| index)
}

/// Whether the last frame is the sum of the others, pixel for pixel, and these are a cycle.
fn is_sum(counts: &Array3<f32>) -> bool {
    let last = counts.dim().0 - 1;
    let equal = || {
        counts.lanes(Axis(0)).into_iter().all(|pixel| {
            let sum: f64 = pixel.iter().take(last).map(|&value| f64::from(value)).sum();
            (sum - f64::from(pixel[last])).abs() <= ROUNDING * sum
        })
    };
    with_counts(counts).filter(|&frame| frame != last).count() >= MIN_FRAMES && equal()
}

/// The number of frames in the cycle, where frames of zeros follow that timing shows to be outside it.
fn filled(counts: &Array3<f32>, gating: &Gating) -> Option<usize> {
    let (frame_time_ms, rr_interval_ms) = (gating.frame_time_ms?, gating.rr_interval_ms?);
    let filled = with_counts(counts).last()? + 1;
    let ends_ms = filled as f64 * frame_time_ms;
    let outside = filled < counts.dim().0 && (ends_ms - rr_interval_ms).abs() < FRAME_FRACTION * frame_time_ms;
    (outside && filled >= MIN_FRAMES).then_some(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycle(frames: usize) -> Array3<f32> {
        Array3::from_shape_fn((frames, 2, 2), |(frame, row, column)| (10 * frame + row + 2 * column + 1) as f32)
    }

    fn gating(frame_time_ms: f64, rr_interval_ms: f64) -> Gating {
        Gating { frame_time_ms: Some(frame_time_ms), rr_interval_ms: Some(rr_interval_ms), ..Gating::default() }
    }

    #[test]
    fn a_sum_and_only_a_sum_is_left_out() {
        let mut counts = cycle(17);
        let sum = counts.slice_axis(Axis(0), Slice::from(..16)).sum_axis(Axis(0));
        counts.index_axis_mut(Axis(0), 16).assign(&sum);
        let whole = counts.clone();
        let notes = leave_out(&mut counts, &Gating::default());
        assert_eq!((notes.len(), notes[0].code, counts), (1, "sum_frame_left_out", cycle(16)));
        // One pixel of another value: a frame of its own.
        let mut counts = whole.clone();
        counts[[16, 1, 1]] += 1.0;
        assert!(leave_out(&mut counts, &Gating::default()).is_empty() && counts.dim().0 == 17);
        // Eight frames with their sum are a cycle of eight, seven are none.
        let mut counts = whole.slice_axis(Axis(0), Slice::from(9..)).to_owned();
        counts.index_axis_mut(Axis(0), 7).fill(0.0);
        let sum = counts.slice_axis(Axis(0), Slice::from(..7)).sum_axis(Axis(0));
        counts.index_axis_mut(Axis(0), 7).assign(&sum);
        assert!(leave_out(&mut counts, &Gating::default()).is_empty());
    }

    #[test]
    fn empty_frames_are_left_out_where_the_cycle_ends_before_them() {
        let with_zeros = |zeros: usize| {
            let mut counts = cycle(24);
            counts.slice_axis_mut(Axis(0), Slice::from(24 - zeros..)).fill(0.0);
            counts
        };
        let mut counts = with_zeros(8);
        let notes = leave_out(&mut counts, &gating(50.0, 810.0));
        assert_eq!((notes[0].code, counts.dim().0), ("empty_frames_left_out", 16));
        // Frames that lost all counts are part of a cycle that is as long as all frames.
        for (zeros, rr_interval_ms) in [(8, 1200.0), (1, 1200.0), (8, 900.0)] {
            let mut counts = with_zeros(zeros);
            assert!(leave_out(&mut counts, &gating(50.0, rr_interval_ms)).is_empty() && counts.dim().0 == 24);
        }
        let mut counts = with_zeros(8);
        assert!(leave_out(&mut counts, &Gating { rr_interval_ms: Some(810.0), ..Gating::default() }).is_empty());
    }
}
