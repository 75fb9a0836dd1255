//! Checks of the counts: enough of them, none cut off at a limit, neither inverted nor altered.

use ndarray::{ArrayView2, Axis};

use super::evidence::Evidence;
use super::finding::{Reason, named};
use super::limits::{
    CLIPPED_EXCESS, CLIPPED_FRAMES, CLIPPED_LV_FRACTION, CLIPPED_PIXELS, COUNTING_ERROR_LOOK_POINTS,
    COUNTING_ERROR_POINTS, COUNTING_ERROR_WITHHELD_POINTS, DISPERSION, FRAME_COUNTS, INVERTED_CORRELATION,
    WRAPPED_RANGES, WRAPPED_STEP, WRAPPED_STEPS,
};
use super::rank::Rank;
use crate::correction::Tiles;
use crate::{FrameIndex, GatedStudy};
use bloodpool_stats::spread::median;

/// `low_counts_frame`: the median frame has few counts.
#[must_use]
pub(super) fn check_frame_counts(evidence: &Evidence<'_>) -> Option<Reason> {
    let counts = median(&evidence.measurement.drop_off.totals)?;
    (counts < FRAME_COUNTS).then(|| {
        Reason::new(
            "low_counts_frame",
            format!("A frame holds {counts:.0} counts; below {FRAME_COUNTS:.0} outlines and LVEF become noisy."),
        )
    })
}

/// `low_counts_lv`: counting noise alone makes LVEF uncertain.
#[must_use]
pub(super) fn check_counting_error(evidence: &Evidence<'_>) -> Option<Reason> {
    let error = evidence.measurement.counting_error_points;
    let rank = match error {
        error if error > COUNTING_ERROR_WITHHELD_POINTS => Rank::DoNotUse,
        error if error > COUNTING_ERROR_LOOK_POINTS => Rank::Look,
        error if error > COUNTING_ERROR_POINTS => Rank::Note,
        _ => return None,
    };
    let message = format!(
        "The LV holds {:.0} net counts at end-diastole; counting noise alone makes LVEF uncertain by {:.0} points either way \
         (95 %).",
        evidence.measurement.end_diastole.net_counts,
        1.96 * error
    );
    Some(Reason::new("low_counts_lv", message).ranked(rank))
}

/// `saturated`: pixels hold the largest value that the file can store, or many share the largest value that occurs.
#[must_use]
pub(super) fn check_saturation(evidence: &Evidence<'_>) -> Option<Reason> {
    let study = evidence.study;
    let stored = study.saturation;
    let largest = study.counts().iter().copied().fold(0.0, f32::max);
    let by_format = stored.is_some_and(|limit| largest >= limit);
    let limit = if by_format { stored? } else { clipped_at(study)? };
    let full = |pixels: ArrayView2<'_, f32>| pixels.iter().filter(|&&value| value >= limit).count();
    let counts: Vec<usize> = study.counts().axis_iter(Axis(0)).map(full).collect();
    let frames: Vec<FrameIndex> =
        FrameIndex::all(counts.len()).zip(&counts).filter(|&(_, &count)| count > 0).map(|(frame, _)| frame).collect();
    let pixels: usize = counts.iter().sum();
    let lv = lv_at_limit(evidence, limit);
    let rank = match lv {
        fraction if fraction > CLIPPED_LV_FRACTION => Rank::DoNotUse,
        fraction if fraction > 0.0 => Rank::Look,
        _ => Rank::Note,
    };
    let what = if by_format {
        format!("hold the largest value that can be stored, {limit}")
    } else {
        format!("share the largest value, {limit}, which is therefore a limit of the acquisition")
    };
    let message = format!(
        "{pixels} pixels on {} {what}; counts beyond it are lost. They are {:.0} % of the LV's pixels at end-diastole.",
        named(&frames),
        lv * 100.0
    );
    Some(Reason::new("saturated", message).ranked(rank))
}

/// Fraction of the LV's pixels at ED that hold the limit.
fn lv_at_limit(evidence: &Evidence<'_>, limit: f32) -> f64 {
    let frame = evidence.measurement.end_diastole.frame;
    let Some(mask) = evidence.segmentation.masks.get(frame.index()).filter(|mask| !mask.is_empty()) else { return 0.0 };
    let image = evidence.study.frame(frame);
    let full = mask.inside().filter(|&at| image.get(at).is_some_and(|&value| value >= limit)).count();
    full as f64 / mask.area() as f64
}

/// The largest value, where so many pixels share it that it is a limit: of counts, each of the values just below it would
/// be held by more pixels, not fewer.
fn clipped_at(study: &GatedStudy) -> Option<f32> {
    let largest = study.counts().iter().copied().fold(0.0, f32::max);
    if largest < 2.0 {
        return None;
    }
    let at_limit = study.counts().iter().filter(|&&value| value >= largest).count();
    let on_frames =
        study.counts().axis_iter(Axis(0)).filter(|frame| frame.iter().any(|&value| value >= largest)).count();
    // Values of the next tenth below, of which each that is a whole number could occur.
    let below = largest * 0.9;
    let next = study.counts().iter().filter(|&&value| value >= below && value < largest).count();
    let steps = f64::from(largest - below).max(1.0);
    let excess = at_limit as f64 > CLIPPED_EXCESS * next as f64 / steps;
    (at_limit >= CLIPPED_PIXELS && on_frames >= CLIPPED_FRAMES && excess).then_some(largest)
}

/// `counts_wrapped`: values began again at 0 where pixels were full.
#[must_use]
pub(super) fn check_wrapped(evidence: &Evidence<'_>) -> Option<Reason> {
    let counts = evidence.study.counts();
    let largest = f64::from(counts.iter().copied().fold(0.0, f32::max));
    // The number range that the largest value fills: 128, 256 and so on.
    let range = 2.0_f64.powf((largest + 1.0).max(1.0).log2().ceil());
    // Elsewhere a hot spot beside dark background makes such steps, too.
    if !WRAPPED_RANGES.contains(&range) || largest < 0.9 * range {
        return None;
    }
    let far = |a: f32, b: f32| f64::from((a - b).abs()) > WRAPPED_STEP * range;
    let (_, rows, columns) = counts.dim();
    let steps = counts
        .indexed_iter()
        .map(|((frame, row, column), &value)| {
            let down = row + 1 < rows && far(value, counts[[frame, row + 1, column]]);
            let right = column + 1 < columns && far(value, counts[[frame, row, column + 1]]);
            usize::from(down) + usize::from(right)
        })
        .sum::<usize>();
    (steps >= WRAPPED_STEPS).then(|| {
        Reason::new(
            "counts_wrapped",
            format!(
                "Values jump by nearly {range:.0} between neighbouring pixels in {steps} places: pixels seem to have begun again at \
                 0 where they were full."
            ),
        )
    })
}

/// Whether pixel values are a largest value less counts: their variance in time then falls with their mean.
#[must_use]
pub fn looks_inverted(study: &GatedStudy) -> bool {
    are_inverted(&Tiles::of(study, &vec![false; study.frames()]))
}

fn are_inverted(tiles: &Tiles) -> bool {
    tiles.variance_follows_mean().is_some_and(|correlation| correlation < INVERTED_CORRELATION)
}

/// `counts_inverted`: the images are inverted.
#[must_use]
pub(super) fn check_inverted(evidence: &Evidence<'_>) -> Option<Reason> {
    are_inverted(&evidence.tiles).then(|| {
        Reason::new(
            "counts_inverted",
            "The images seem to be inverted: where pixels are bright, they vary least. Export the counts themselves and \
             analyse again.",
        )
    })
}

/// `not_counts`: the noise is not that of counts.
#[must_use]
pub(super) fn check_dispersion(evidence: &Evidence<'_>) -> Option<Reason> {
    let dispersion = evidence.tiles.dispersion()?;
    let [least, most] = DISPERSION;
    (!(least..=most).contains(&dispersion)).then(|| {
        let why = if dispersion < least { "smoothed" } else { "scaled" };
        Reason::new(
            "not_counts",
            format!(
                "Pixel values vary {dispersion:.1} times as much as counts would; they seem to be {why}, and the uncertainty from \
                 counting noise does not hold."
            ),
        )
    })
}

/// `frames_identical`: a frame is a copy of another one.
#[must_use]
pub(super) fn check_identical(evidence: &Evidence<'_>) -> Option<Reason> {
    let study = evidence.study;
    let totals = &evidence.measurement.drop_off.totals;
    // Without noise, frames of the same phase are alike and no copies.
    if evidence.tiles.dispersion().is_none_or(|dispersion| dispersion < DISPERSION[0]) {
        return None;
    }
    let copies: Vec<FrameIndex> = FrameIndex::all(study.frames())
        .filter(|&frame| {
            let total = totals[frame.index()];
            let same = |other: FrameIndex| {
                (totals[other.index()] - total).abs() < f64::EPSILON && study.frame(other) == study.frame(frame)
            };
            total > 0.0 && FrameIndex::all(frame.index()).any(same)
        })
        .collect();
    (!copies.is_empty()).then(|| {
        Reason::new(
            "frames_identical",
            format!(
                "The counts of {} are those of an earlier frame, pixel by pixel; no two frames of counts are alike.",
                named(&copies)
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use crate::analysis::measure;
    use crate::synthetic::{Beat, beating, outlined};
    use crate::validity::Rank;
    use crate::{GatedStudy, ModelIdentity, Protocol};

    fn found(change: impl Fn(f32) -> f32) -> Vec<(&'static str, Rank)> {
        let beat = Beat::default();
        let study = beating(&beat);
        let changed: GatedStudy = study.corrected(Some(study.counts().mapv(change)), false);
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        match measure(&changed, outlined(&beat), model, &Protocol::standard()) {
            Ok(analysis) => analysis.validity.reasons().iter().map(|reason| (reason.code, reason.rank)).collect(),
            Err(error) => vec![(error.code(), Rank::Refused)],
        }
    }

    #[test]
    fn values_that_began_again_are_withheld() {
        // The LV of 200 counts, each counted 1.9 times, stored in a byte: 380 reads 124.
        let all = found(|value| (1.9 * value).round() % 256.0);
        assert!(all.contains(&("counts_wrapped", Rank::DoNotUse)), "{all:?}");
        assert_eq!(found(|value| value), []);
    }

    #[test]
    fn values_that_stop_in_the_lv_are_withheld() {
        let all = found(|value| value.min(170.0));
        assert!(all.contains(&("saturated", Rank::DoNotUse)), "{all:?}");
    }

    #[test]
    fn inverted_values_are_withheld_or_refused() {
        let all = found(|value| 400.0 - value);
        assert!(all.iter().any(|(code, rank)| *code == "counts_inverted" || *rank == Rank::Refused), "{all:?}");
    }

    #[test]
    fn scaled_values_are_no_counts() {
        assert!(found(|value| value * 10.0).contains(&("not_counts", Rank::Note)));
    }
}
