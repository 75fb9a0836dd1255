//! Which frame is end-systole when there is no ROI yet: the least counts where the heart empties in systole.

use std::f64::consts::TAU;

use ndarray::{Array2, Axis};

use crate::GatedStudy;
use crate::measure::drop_off::DropOff;
use crate::measure::frames::systolic_frames;
use crate::measure::harmonics::Harmonics;
use crate::protocol::FrameChoice;

/// Half the side of the central part of the field that is looked at, as a fraction of the side: organs that move with
/// breathing or by chance lie outside it.
const CENTRAL_REACH: f64 = 0.35;
/// Pixels whose first harmonic has at least this fraction of the largest amplitude among them belong to the region.
const AMPLITUDE_FRACTION: f64 = 0.5;
/// Frames are smoothed until a pixel stands for about this fraction of the field, as a single pixel's harmonic is noise.
const SMOOTHED_PIXEL: f64 = 1.0 / 40.0;

/// The end-systolic frame, from 0, chosen without a ROI.
///
/// The region: pixels of the central part of the field whose first harmonic is lowest within the span of the cycle in
/// which [`FrameChoice::default`] looks for ES, with at least half of the largest amplitude among these. That is most
/// of both ventricles; the atria fill while these empty, and are not in it. Its counts by frame are fitted with that
/// choice's harmonics, frames that lost counts at the end of the cycle scaled up; ES is the lowest frame of the span.
/// `None` where nothing empties in systole.
#[must_use]
pub fn end_systole_without_roi(study: &GatedStudy) -> Option<usize> {
    let choice = FrameChoice::default();
    let drop_off = DropOff::of(study);
    let curve = emptying_curve(study, &drop_off, &choice)?;
    let fit = Harmonics::fit(&curve, &drop_off.kept, choice.harmonics)?.curve(curve.len());
    systolic_frames(curve.len(), &choice).into_iter().min_by(|&a, &b| fit[a].total_cmp(&fit[b]))
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
    let sum = |frame: usize| inside.iter().map(|&at| f64::from(study.frame(frame)[at])).sum::<f64>() / kept(frame);
    Some((0..frames).map(sum).collect())
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
            assert_eq!(end_systole_without_roi(&study(f64::from(frame) / 24.0)), Some(frame as usize));
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
        assert!((9..=10).contains(&frame), "{frame}");
    }
}
