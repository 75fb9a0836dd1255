//! Single pixels that are out of line with their own values on the frames before and after, or with all of their neighbours.

use ndarray::{Array2, Array3, ArrayView2, Axis};

use super::step::Step;
use super::tiles::Tiles;
use crate::measure::drop_off::DropOff;
use crate::validity::{Reason, limits, named};
use crate::{FrameIndex, GatedStudy};

/// A frame that kept less than this of its counts says too little about its neighbours.
const KEPT: f64 = 0.5;

/// Replaces single pixels, or two beside each other, that are out of line in time by the mean of their neighbours in time,
/// where there are few on a frame. More than that, or patches that change together as moving edges do, are left; where
/// there are many, they are named.
pub(super) fn correct(study: &GatedStudy) -> Step {
    let Step { mut reasons, counts } = without_hot(study);
    let cooler = counts.map(|counts| study.corrected(Some(counts), false));
    let in_time = correct_in_time(cooler.as_ref().unwrap_or(study));
    reasons.extend(in_time.reasons);
    Step { reasons, counts: in_time.counts.or_else(|| cooler.map(|study| study.counts().clone())) }
}

/// Replaces pixels that count by themselves, throughout or for many frames, by the mean of their neighbours on each frame.
fn without_hot(study: &GatedStudy) -> Step {
    let sums: Array2<f32> = study.counts().sum_axis(Axis(0));
    let hot: Vec<(usize, usize)> = sums
        .indexed_iter()
        .filter(|&(at, &sum)| {
            let mut beside = beside(&sums.view(), at);
            beside.sort_by(f64::total_cmp);
            let second = beside.iter().rev().nth(1).copied().unwrap_or(0.0);
            let sum = f64::from(sum);
            sum > limits::HOT_PIXEL_RATIO * second && sum > second + limits::PIXEL_SIGMAS * (second + 1.0).sqrt()
        })
        .map(|(at, _)| at)
        .collect();
    let most = (limits::PIXEL_FRACTION * sums.len() as f64).ceil() as usize;
    // A field of many separate points is no heart with a few faulty pixels.
    if hot.is_empty() || hot.len() > most {
        return Step::default();
    }
    let mut counts = study.counts().clone();
    for frame in 0..study.frames() {
        let image = study.frame(FrameIndex::new(frame));
        for &at in &hot {
            let (mut sum, mut number) = (0.0, 0.0_f64);
            for place in places_beside(image.dim(), at).filter(|place| !hot.contains(place)) {
                sum += f64::from(image[place]);
                number += 1.0;
            }
            counts[[frame, at.0, at.1]] = (sum / number.max(1.0)) as f32;
        }
    }
    let reason = Reason::new(
        "pixels_hot",
        format!(
            "{} pixels hold more than {} times the counts of their neighbours, summed over the cycle; they were replaced by the mean \
             of their neighbours before measuring.",
            hot.len(),
            limits::HOT_PIXEL_RATIO
        ),
    );
    Step { reasons: vec![reason], counts: Some(counts) }
}

fn correct_in_time(study: &GatedStudy) -> Step {
    let drop_off = DropOff::of(study);
    let frames = study.frames();
    let kept = |frame: usize| drop_off.kept.get(frame).copied().unwrap_or(1.0);
    let skip: Vec<bool> = FrameIndex::all(frames).map(|frame| drop_off.affects(frame)).collect();
    let dispersion = Tiles::of(study, &skip).dispersion().unwrap_or(1.0).max(1.0);
    let most = (limits::PIXEL_FRACTION * (study.rows() * study.columns()) as f64).ceil() as usize;

    let (mut single, mut patches) = (Vec::new(), Vec::new());
    for frame in (0..frames).filter(|&frame| !skip[frame]) {
        let near = [frame + frames - 2, frame + frames - 1, frame + 1, frame + 2].map(|near| near % frames);
        let near: Vec<usize> = near.into_iter().filter(|&near| near != frame && kept(near) >= KEPT).collect();
        // With one side alone, a quick change at the end of the cycle would pass for an error.
        if near.len() < 3 {
            continue;
        }
        let errors =
            errors(study, frame, &near.iter().map(|&near| (near, 1.0 / kept(near))).collect::<Vec<_>>(), dispersion);
        let (alone, together): (Vec<_>, Vec<_>) = errors.into_iter().partition(|error| error.alone);
        let all = alone.len() + together.len();
        if !alone.is_empty() && alone.len() <= most {
            single.push((frame, alone));
        }
        if all > most {
            patches.push((frame, all));
        }
    }
    let mut step = Step::default();
    if !single.is_empty() {
        let pixels: usize = single.iter().map(|(_, errors)| errors.len()).sum();
        let frames: Vec<FrameIndex> = single.iter().map(|&(frame, _)| FrameIndex::new(frame)).collect();
        step.reasons.push(Reason::new(
            "pixels_corrected",
            format!(
                "{pixels} single pixels on {} are out of line with the frames before and after; they were replaced by the mean \
                 of those before measuring.",
                named(&frames)
            ),
        ));
        step.counts = Some(replaced(study, &single));
    }
    if !patches.is_empty() {
        let pixels: usize = patches.iter().map(|(_, pixels)| pixels).sum();
        let frames: Vec<FrameIndex> = patches.iter().map(|&(frame, _)| FrameIndex::new(frame)).collect();
        step.reasons.push(Reason::new(
            "pixels_uneven",
            format!(
                "{pixels} pixels on {} are out of line with the frames before and after: too many to be single errors; they \
                 were left as they are.",
                named(&frames)
            ),
        ));
    }
    step
}

/// A pixel that is out of line in time.
struct Error {
    at: (usize, usize),
    /// Mean of its neighbours in time.
    expected: f32,
    /// Whether it is out of line with its neighbours on the frame, too.
    alone: bool,
}

/// The pixels of a frame that are out of line with the frames `near`, each with the factor that its counts are raised by.
fn errors(study: &GatedStudy, frame: usize, near: &[(usize, f64)], dispersion: f64) -> Vec<Error> {
    let image = study.frame(FrameIndex::new(frame));
    let margin = |level: f64| limits::PIXEL_SIGMAS * (dispersion * (level + 1.0)).sqrt();
    let mut errors = Vec::new();
    for (at, &value) in image.indexed_iter() {
        let (mut least, mut largest, mut sum) = (f64::INFINITY, 0.0_f64, 0.0);
        for &(near, factor) in near {
            let value = f64::from(study.frame(FrameIndex::new(near))[at]) * factor;
            least = least.min(value);
            largest = largest.max(value);
            sum += value;
        }
        let value = f64::from(value);
        let high = value > largest + margin(largest);
        if !high && value >= least - margin(least) {
            continue;
        }
        // One neighbour may be out of line with it: a hot event can fall on two pixels.
        let mut beside = beside(&image, at);
        beside.sort_by(f64::total_cmp);
        let alone = if high {
            let second = beside.iter().rev().nth(1).copied().unwrap_or(0.0);
            value > second + margin(second)
        } else {
            let second = beside.get(1).copied().unwrap_or(0.0);
            value < second - margin(second)
        };
        errors.push(Error { at, expected: (sum / near.len() as f64) as f32, alone });
    }
    errors
}

/// Values of the pixels about one.
fn beside(image: &ArrayView2<'_, f32>, at: (usize, usize)) -> Vec<f64> {
    places_beside(image.dim(), at).map(|place| f64::from(image[place])).collect()
}

/// The pixels about one, within the image.
fn places_beside(
    (rows, columns): (usize, usize),
    (row, column): (usize, usize),
) -> impl Iterator<Item = (usize, usize)> {
    let across = column.saturating_sub(1)..(column + 2).min(columns);
    let down = row.saturating_sub(1)..(row + 2).min(rows);
    down.flat_map(move |r| across.clone().map(move |c| (r, c))).filter(move |&place| place != (row, column))
}

fn replaced(study: &GatedStudy, errors: &[(usize, Vec<Error>)]) -> Array3<f32> {
    let mut counts = study.counts().clone();
    for (frame, errors) in errors {
        for error in errors {
            counts[[*frame, error.at.0, error.at.1]] = error.expected;
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
    fn an_edge_that_moves_is_no_error() {
        // A disc without noise or blur whose edge reaches some pixels on one frame alone.
        let radius = |frame: usize| 9.0 - 0.6 * (frame as f64).min(24.0 - frame as f64);
        let counts = Array3::from_shape_fn((24, 64, 64), |(frame, row, column)| {
            if (row as f64 - 34.0).hypot(column as f64 - 36.0) <= radius(frame) { 200.0 } else { 20.0 }
        });
        assert!(correct(&GatedStudy::new(counts, None).unwrap()).counts.is_none());
    }

    #[test]
    fn a_pixel_that_counts_by_itself_is_replaced() {
        for (at, added) in [((34, 38), 500.0), ((5, 6), 60.0)] {
            let step = with(|counts| counts.slice_mut(ndarray::s![.., at.0, at.1]).mapv_inplace(|value| value + added));
            assert_eq!(step.reasons[0].code, "pixels_hot");
            let (sound, counts) = (beating(&Beat::default()), step.counts.unwrap());
            let sum = |counts: &Array3<f32>| counts.slice(ndarray::s![.., at.0, at.1]).sum();
            assert!((sum(&counts) / sum(sound.counts()) - 1.0).abs() < 0.25, "{at:?}");
        }
    }

    #[test]
    fn a_patch_is_no_single_pixel() {
        let step = with(|counts| counts.slice_mut(ndarray::s![5, 20..30, 20..30]).fill(900.0));
        assert_eq!((step.reasons[0].code, step.counts.is_some()), ("pixels_uneven", false));
    }
}
