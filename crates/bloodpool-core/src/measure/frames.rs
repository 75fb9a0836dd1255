//! Which frames are end-diastole and end-systole, on the curve of a ROI and without one.

use std::borrow::Borrow;
use std::f64::consts::TAU;

use ndarray::{Array2, Axis};

use super::counts::GridCounts;
use super::curve::{self, Harmonics};
use super::drop_off::DropOff;
use crate::protocol::FrameChoice;
use crate::{AnalysisError, FrameIndex, GatedStudy, Mask, Protocol};

/// Slack on fractions of the cycle, so that 0.2 of 20 frames is four frames in spite of rounding.
const SLACK: f64 = 1e-9;
/// Half the side of the central part of the field that is looked at, as a fraction of the side: organs that move with
/// breathing or by chance lie outside it.
const CENTRAL_REACH: f64 = 0.35;
/// Pixels whose first harmonic has at least this fraction of the largest amplitude among them belong to the region.
const AMPLITUDE_FRACTION: f64 = 0.5;
/// Frames are smoothed until a pixel stands for about this fraction of the field, as a single pixel's harmonic is noise.
const SMOOTHED_PIXEL: f64 = 1.0 / 40.0;

/// The frames of end-diastole and end-systole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseFrames {
    /// End-diastole.
    pub end_diastole: FrameIndex,
    /// End-systole.
    pub end_systole: FrameIndex,
}

/// Chooses ED and ES on a smooth curve; the R wave opens the first frame.
///
/// ED is the highest frame near the R wave, before it or after it, that lost no counts at the end of the cycle; ES
/// is the lowest frame of the span that the choice allows. `usable` tells which frames have an LV. Frames set by a
/// person or a file are taken as they are.
///
/// # Errors
/// [`AnalysisError::FrameOutside`] for a frame set beyond the study, [`AnalysisError::NoVentricle`] where no frame
/// that could be chosen has an LV.
pub fn choose(
    smooth: &[f64],
    usable: &[bool],
    drop_off: &DropOff,
    choice: &FrameChoice,
) -> Result<PhaseFrames, AnalysisError> {
    let frames = smooth.len();
    let usable_at = |frame: FrameIndex| usable.get(frame.index()).copied().unwrap_or(false);
    let end_diastole = if let Some(frame) = overridden("ED", choice.ed_override, usable)? {
        frame
    } else {
        let near = frames_near_r_wave(frames, choice);
        let candidates = near.into_iter().filter(|&frame| usable_at(frame) && !drop_off.affects(frame));
        // Of equals the one nearest to the R wave, which comes first.
        let highest =
            candidates.reduce(|best, next| if smooth[next.index()] > smooth[best.index()] { next } else { best });
        highest.ok_or(AnalysisError::NoVentricle { frame: FrameIndex::FIRST })?
    };
    let end_systole = if let Some(frame) = overridden("ES", choice.es_override, usable)? {
        frame
    } else {
        let span = systolic_frames(frames, choice);
        let candidates = span.iter().copied().filter(|&frame| usable_at(frame) && frame != end_diastole);
        let lowest =
            candidates.reduce(|best, next| if smooth[next.index()] < smooth[best.index()] { next } else { best });
        let middle = span.get(span.len() / 2).copied().unwrap_or(FrameIndex::FIRST);
        lowest.ok_or(AnalysisError::NoVentricle { frame: middle })?
    };
    Ok(PhaseFrames { end_diastole, end_systole })
}

/// Frames in which ED is looked for, the R wave's own first, then outwards.
#[must_use]
pub fn frames_near_r_wave(frames: usize, choice: &FrameChoice) -> Vec<FrameIndex> {
    let reach = choice.ed_within_cycle_fraction * frames as f64 + SLACK;
    let from_r_wave = |frame: FrameIndex| frame.index().min(frames - frame.index());
    let mut near: Vec<FrameIndex> = FrameIndex::all(frames)
        .filter(|&frame| frame == FrameIndex::FIRST || from_r_wave(frame) as f64 <= reach)
        .collect();
    near.sort_by_key(|&frame| from_r_wave(frame));
    near
}

/// Frames in which ES is looked for; the whole cycle when the choice's span holds none.
#[must_use]
pub fn systolic_frames(frames: usize, choice: &FrameChoice) -> Vec<FrameIndex> {
    let (from, to) = (choice.es_from_cycle_fraction - SLACK, choice.es_to_cycle_fraction + SLACK);
    let within = |frame: &FrameIndex| (from..=to).contains(&(frame.index() as f64 / frames as f64));
    let span: Vec<FrameIndex> = FrameIndex::all(frames).filter(within).collect();
    if span.is_empty() { FrameIndex::all(frames).collect() } else { span }
}

/// A frame set by hand, where it can be used.
fn overridden(
    phase: &'static str,
    frame: Option<FrameIndex>,
    usable: &[bool],
) -> Result<Option<FrameIndex>, AnalysisError> {
    let Some(frame) = frame else { return Ok(None) };
    match usable.get(frame.index()) {
        None => Err(AnalysisError::FrameOutside { phase, frame, frames: usable.len() }),
        Some(false) => Err(AnalysisError::NoVentricle { frame }),
        Some(true) => Ok(Some(frame)),
    }
}

/// The first pass: ED and ES on gross counts in the one ROI that frame 1 (or the frame nearest to it with an LV, or
/// the ED frame set by hand) has.
pub(super) fn first_pass<R: Borrow<Mask>>(
    counts: &GridCounts<'_>,
    rois: &[R],
    usable: &[bool],
    drop_off: &DropOff,
    protocol: &Protocol,
) -> Result<PhaseFrames, AnalysisError> {
    let choice = &protocol.frames;
    let near = frames_near_r_wave(rois.len(), choice);
    let has_lv = |frame: &FrameIndex| usable.get(frame.index()).copied().unwrap_or(false);
    let roi = choice.ed_override.into_iter().chain(near).find(has_lv).and_then(|frame| rois.get(frame.index()));
    let roi = roi.ok_or(AnalysisError::NoVentricle { frame: FrameIndex::FIRST })?;
    let gross = counts.gross_of_all(roi.borrow());
    // Every frame has counts in a fixed ROI, whether or not an LV was found on it.
    let smooth = curve::fitted(&gross, &vec![true; gross.len()], drop_off, choice.harmonics);
    choose(&smooth, usable, drop_off, choice)
}

/// The end-systolic frame, chosen without a ROI.
///
/// The region: pixels of the central part of the field whose first harmonic is lowest within the span of the cycle in
/// which [`FrameChoice::default`] looks for ES, with at least half of the largest amplitude among these. That is most
/// of both ventricles; the atria fill while these empty, and are not in it. Its counts by frame are fitted with that
/// choice's harmonics, frames that lost counts at the end of the cycle scaled up; ES is the lowest frame of the span.
/// `None` where nothing empties in systole.
#[must_use]
pub fn end_systole_without_roi(study: &GatedStudy) -> Option<FrameIndex> {
    let choice = FrameChoice::default();
    let drop_off = DropOff::of(study);
    let curve = emptying_curve(study, &drop_off, &choice)?;
    let fit = Harmonics::fit(&curve, &drop_off.kept, choice.harmonics)?.curve(curve.len());
    systolic_frames(curve.len(), &choice).into_iter().min_by(|a, b| fit[a.index()].total_cmp(&fit[b.index()]))
}

/// Counts by frame, drop-off made up for, of the pixels that empty in systole.
fn emptying_curve(study: &GatedStudy, drop_off: &DropOff, choice: &FrameChoice) -> Option<Vec<f64>> {
    let frames = study.frames();
    let kept = |frame: usize| drop_off.kept.get(frame).map_or(1.0, |kept| kept.max(1e-6));
    let mut cosine = Array2::<f64>::zeros((study.rows(), study.columns()));
    let mut sine = cosine.clone();
    for (frame, counts) in study.counts().axis_iter(Axis(0)).enumerate() {
        let (s, c) = (TAU * frame as f64 / frames as f64).sin_cos();
        cosine.zip_mut_with(&counts, |sum, &counts| *sum += f64::from(counts) / kept(frame) * c);
        sine.zip_mut_with(&counts, |sum, &counts| *sum += f64::from(counts) / kept(frame) * s);
    }
    // The harmonic of a smoothed study is the smoothed harmonic of the study.
    let times = (study.columns().min(study.rows()) as f64 * SMOOTHED_PIXEL).powi(2).ceil() as usize;
    for _ in 0..times {
        cosine = smoothed(&cosine);
        sine = smoothed(&sine);
    }
    let span = choice.es_from_cycle_fraction..=choice.es_to_cycle_fraction;
    let amplitude = Array2::from_shape_fn(cosine.dim(), |at| {
        let lowest = (sine[at].atan2(cosine[at]) / TAU + 0.5).rem_euclid(1.0);
        if central(at, cosine.dim()) && span.contains(&lowest) { cosine[at].hypot(sine[at]) } else { 0.0 }
    });
    let largest = amplitude.iter().copied().fold(0.0, f64::max);
    if largest <= 0.0 {
        return None;
    }
    let inside: Vec<(usize, usize)> = amplitude
        .indexed_iter()
        .filter(|&(_, &amplitude)| amplitude >= AMPLITUDE_FRACTION * largest)
        .map(|(at, _)| at)
        .collect();
    let sum = |frame: FrameIndex| {
        inside.iter().map(|&at| f64::from(study.frame(frame)[at])).sum::<f64>() / kept(frame.index())
    };
    Some(FrameIndex::all(frames).map(sum).collect())
}

fn central((row, column): (usize, usize), (rows, columns): (usize, usize)) -> bool {
    let off = |index: usize, side: usize| ((index as f64 + 0.5) / side as f64 - 0.5).abs();
    off(row, rows) <= CENTRAL_REACH && off(column, columns) <= CENTRAL_REACH
}

/// One pass of the 3 x 3 binomial filter; the rim is continued outwards.
fn smoothed(image: &Array2<f64>) -> Array2<f64> {
    let (rows, columns) = image.dim();
    let across = Array2::from_shape_fn(image.dim(), |(row, column)| {
        let next = (column + 1).min(columns - 1);
        0.25 * image[[row, column.saturating_sub(1)]] + 0.5 * image[[row, column]] + 0.25 * image[[row, next]]
    });
    Array2::from_shape_fn(image.dim(), |(row, column)| {
        let next = (row + 1).min(rows - 1);
        0.25 * across[[row.saturating_sub(1), column]] + 0.5 * across[[row, column]] + 0.25 * across[[next, column]]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;

    const SMOOTH: [f64; 10] = [90.0, 95.0, 70.0, 50.0, 40.0, 45.0, 30.0, 20.0, 80.0, 99.0];

    fn no_drop_off() -> DropOff {
        DropOff { totals: vec![1e5; 10], kept: vec![1.0; 10] }
    }

    fn frames(usable: [bool; 10], drop_off: &DropOff, choice: &FrameChoice) -> (usize, usize) {
        let chosen = choose(&SMOOTH, &usable, drop_off, choice).unwrap();
        (chosen.end_diastole.index(), chosen.end_systole.index())
    }

    #[test]
    fn ed_is_near_the_r_wave_and_es_in_the_middle() {
        // Within 12 % of 10 frames: frames 9, 0 and 1. Within 20 to 60 %: frames 2 to 6, so that 7 is not taken.
        assert_eq!(frames([true; 10], &no_drop_off(), &FrameChoice::default()), (9, 6));
    }

    #[test]
    fn drop_off_and_frames_without_lv_are_left_out() {
        let mut drop_off = no_drop_off();
        drop_off.kept[9] = 0.9;
        assert_eq!(frames([true; 10], &drop_off, &FrameChoice::default()), (1, 6));
        let mut usable = [true; 10];
        usable[1] = false;
        usable[6] = false;
        assert_eq!(frames(usable, &drop_off, &FrameChoice::default()), (0, 4));
        let nowhere = choose(&SMOOTH, &[false; 10], &drop_off, &FrameChoice::default());
        assert!(matches!(nowhere, Err(AnalysisError::NoVentricle { frame: FrameIndex::FIRST })));
    }

    #[test]
    fn frames_set_by_hand_are_taken_as_they_are() {
        let choice = FrameChoice {
            ed_override: FrameIndex::from_number(3),
            es_override: FrameIndex::from_number(8),
            ..FrameChoice::default()
        };
        assert_eq!(frames([true; 10], &no_drop_off(), &choice), (2, 7));
        let choice = FrameChoice { ed_override: FrameIndex::from_number(11), ..FrameChoice::default() };
        let error = choose(&SMOOTH, &[true; 10], &no_drop_off(), &choice).unwrap_err();
        assert_eq!(error.to_string(), "ED was set to frame 11, but the study has 10 frames");
    }

    #[test]
    fn the_span_does_not_depend_on_rounding() {
        let choice = FrameChoice::default();
        let indices = |frames: Vec<FrameIndex>| frames.into_iter().map(FrameIndex::index).collect::<Vec<_>>();
        assert_eq!(indices(systolic_frames(20, &choice)), (4..=12).collect::<Vec<_>>());
        assert_eq!(indices(systolic_frames(24, &choice)), (5..=14).collect::<Vec<_>>());
        assert_eq!(indices(frames_near_r_wave(24, &choice)), [0, 1, 23, 2, 22]);
        assert_eq!(indices(frames_near_r_wave(25, &choice)), [0, 1, 24, 2, 23, 3, 22]);
    }

    #[test]
    fn a_span_without_frames_is_the_whole_cycle() {
        let choice = FrameChoice { es_from_cycle_fraction: f64::NAN, ..FrameChoice::default() };
        assert_eq!(systolic_frames(10, &choice).len(), 10);
    }

    /// A ventricle that is emptiest at `end_systole` of the cycle beside an atrium that is then fullest.
    fn study(end_systole: f64) -> GatedStudy {
        let counts = Array3::from_shape_fn((24, 64, 64), |(frame, row, column)| {
            let swing = (TAU * (frame as f64 / 24.0 - end_systole)).cos();
            let near = |r: f64, c: f64| ((row as f64 - r).powi(2) + (column as f64 - c).powi(2)).sqrt();
            let ventricle = if near(36.0, 36.0) < 7.0 { 60.0 * (1.0 - 0.5 * swing) } else { 0.0 };
            let atrium = if near(24.0, 30.0) < 6.0 { 60.0 * (1.0 + 0.7 * swing) } else { 0.0 };
            // A hot organ at the rim that swings more than the heart does.
            let spleen = if near(60.0, 60.0) < 4.0 { 300.0 * (1.0 - 0.9 * swing) } else { 0.0 };
            (20.0 + ventricle + atrium + spleen) as f32
        });
        GatedStudy::new(counts, None).unwrap()
    }

    #[test]
    fn end_systole_is_where_the_ventricle_is_emptiest() {
        for frame in 6..=13 {
            assert_eq!(end_systole_without_roi(&study(f64::from(frame) / 24.0)), Some(FrameIndex::new(frame as usize)));
        }
    }

    #[test]
    fn what_does_not_beat_has_no_end_systole() {
        let still = GatedStudy::new(Array3::from_elem((16, 64, 64), 5.0), None).unwrap();
        // Rounding may swing a little; what matters is that it is within the span, or nothing.
        let chosen = end_systole_without_roi(&still);
        assert!(chosen.is_none_or(|frame| systolic_frames(16, &FrameChoice::default()).contains(&frame)));
    }

    #[test]
    fn drop_off_does_not_draw_end_systole_to_the_end() {
        let mut counts = study(0.4).counts().clone();
        for frame in 20..24 {
            counts.index_axis_mut(Axis(0), frame).mapv_inplace(|value| value * 0.4);
        }
        let frame = end_systole_without_roi(&GatedStudy::new(counts, None).unwrap()).unwrap();
        assert!((9..=10).contains(&frame.index()), "{frame:?}");
    }
}
