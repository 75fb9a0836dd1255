//! Single pixels that are out of line with their own values on the frames before and after.

use ndarray::Array3;

use super::{Step, Tiles};
use crate::GatedStudy;
use crate::measure::drop_off::DropOff;
use crate::validity::{Reason, limits, named};

/// A frame that kept less than this of its counts says too little about its neighbours.
const KEPT: f64 = 0.5;

/// A pixel, (row, column), and what its neighbours in time say it should hold.
type Replacement = ((usize, usize), f32);

/// Replaces single pixels that are out of line in time by the mean of their neighbours in time, where there are few on a
/// frame; more than that is named and left.
pub(super) fn correct(study: &GatedStudy) -> Step {
    let drop_off = DropOff::of(study);
    let frames = study.frames();
    let kept = |frame: usize| drop_off.kept.get(frame).copied().unwrap_or(1.0);
    let skip: Vec<bool> = (0..frames).map(|frame| drop_off.affects(frame)).collect();
    let dispersion = Tiles::of(study, &skip).dispersion().unwrap_or(1.0).max(1.0);
    let most = (limits::PIXEL_FRACTION * (study.rows() * study.columns()) as f64).ceil() as usize;

    let mut found: Vec<(usize, Vec<Replacement>)> = Vec::new();
    for frame in (0..frames).filter(|&frame| !drop_off.affects(frame)) {
        let near = [frame + frames - 2, frame + frames - 1, frame + 1, frame + 2].map(|near| near % frames);
        let near: Vec<usize> = near.into_iter().filter(|&near| near != frame && kept(near) >= KEPT).collect();
        // With one side alone, a quick change at the end of the cycle would pass for an error.
        if near.len() < 3 {
            continue;
        }
        let factors: Vec<f64> = near.iter().map(|&near| 1.0 / kept(near)).collect();
        let image = study.frame(frame);
        let mut errors = Vec::new();
        for (at, &value) in image.indexed_iter() {
            let values = near.iter().zip(&factors).map(|(&near, factor)| f64::from(study.frame(near)[at]) * factor);
            let (mut least, mut largest, mut sum) = (f64::INFINITY, 0.0_f64, 0.0);
            for value in values {
                least = least.min(value);
                largest = largest.max(value);
                sum += value;
            }
            let value = f64::from(value);
            let margin = |level: f64| limits::PIXEL_SIGMAS * (dispersion * (level + 1.0)).sqrt();
            if value > largest + margin(largest) || value < least - margin(least) {
                errors.push((at, (sum / near.len() as f64) as f32));
            }
        }
        if !errors.is_empty() {
            found.push((frame, errors));
        }
    }
    let (few, many): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, errors)| errors.len() <= most);
    let numbers = |found: &[(usize, Vec<_>)]| -> Vec<usize> { found.iter().map(|(frame, _)| frame + 1).collect() };
    let pixels = |found: &[(usize, Vec<_>)]| -> usize { found.iter().map(|(_, errors)| errors.len()).sum() };
    let mut step = Step::default();
    if !few.is_empty() {
        step.reasons.push(Reason::new(
            "pixels_corrected",
            format!(
                "{} single pixels on {} are out of line with the frames before and after; they were replaced by the mean of \
                 those before measuring.",
                pixels(&few),
                named(&numbers(&few))
            ),
        ));
        step.counts = Some(replaced(study, &few));
    }
    if !many.is_empty() {
        step.reasons.push(Reason::new(
            "pixels_uneven",
            format!(
                "{} pixels on {} are out of line with the frames before and after: too many to be single errors; they were \
                 left as they are.",
                pixels(&many),
                named(&numbers(&many))
            ),
        ));
    }
    step
}

fn replaced(study: &GatedStudy, errors: &[(usize, Vec<Replacement>)]) -> Array3<f32> {
    let mut counts = study.counts().clone();
    for (frame, errors) in errors {
        for &((row, column), value) in errors {
            counts[[*frame, row, column]] = value;
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synthetic::{Beat, beating};

    fn with(change: impl Fn(&mut Array3<f32>)) -> Step {
        let study = beating(&Beat::default());
        let mut counts = study.counts().clone();
        change(&mut counts);
        correct(&study.corrected(Some(counts), false))
    }

    #[test]
    fn a_sound_study_has_no_odd_pixel() {
        let step = with(|_| {});
        assert_eq!((step.reasons.len(), step.counts.is_some()), (0, false));
    }

    #[test]
    fn single_pixels_are_replaced_by_their_neighbours_in_time() {
        let step = with(|counts| {
            counts[[8, 34, 38]] = 4_000.0;
            counts[[3, 20, 20]] += 400.0;
        });
        assert_eq!(step.reasons[0].code, "pixels_corrected");
        assert!(step.reasons[0].message.contains("2 single pixels on frames 4 and 9"), "{}", step.reasons[0].message);
        let sound = beating(&Beat::default());
        let counts = step.counts.unwrap();
        assert!((counts[[8, 34, 38]] - sound.counts()[[8, 34, 38]]).abs() < 60.0);
    }

    #[test]
    fn a_patch_is_no_single_pixel() {
        let step = with(|counts| counts.slice_mut(ndarray::s![5, 20..30, 20..30]).fill(900.0));
        assert_eq!((step.reasons[0].code, step.counts.is_some()), ("pixels_uneven", false));
    }
}
