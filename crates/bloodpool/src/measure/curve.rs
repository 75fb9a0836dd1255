//! Time-activity curves of the LV: net counts by frame.

use ndarray::{Array3, Axis, Zip};

use crate::measure::background::BackgroundSample;
use crate::measure::counts::GridCounts;
use crate::measure::drop_off::DropOff;
use crate::measure::harmonics::Harmonics;
use crate::{GatedStudy, Mask};

/// Gross counts of every frame in one ROI.
#[must_use]
pub fn fixed_roi_gross(counts: &GridCounts<'_>, roi: &Mask) -> Vec<f64> {
    (0..counts.study().frames()).map(|frame| counts.gross(frame, roi)).collect()
}

/// Gross counts of every frame in its own ROI.
#[must_use]
pub fn variable_roi_gross(counts: &GridCounts<'_>, rois: &[Mask]) -> Vec<f64> {
    rois.iter().enumerate().map(|(frame, roi)| counts.gross(frame, roi)).collect()
}

/// Net counts, the summand of Eq. 6 of Oh et al. 2022: gross counts less area x background of each frame.
/// `areas`: pixels of each frame's ROI on the grid that background was sampled on.
#[must_use]
pub fn net(gross: &[f64], areas: &[usize], background: &BackgroundSample) -> Vec<f64> {
    gross
        .iter()
        .zip(areas)
        .zip(&background.by_frame)
        .map(|((gross, &area), level)| gross - area as f64 * level)
        .collect()
}

/// Sum of LV fraction x counts of every frame. A fraction that is not a number counts as 0, others as the nearest of
/// 0 to 1. Both arrays are `[frame, row, column]` of the same shape.
#[must_use]
pub fn unmixed(study: &GatedStudy, lv_fraction: &Array3<f32>) -> Vec<f64> {
    let pairs = study.counts().axis_iter(Axis(0)).zip(lv_fraction.axis_iter(Axis(0)));
    pairs
        .map(|(counts, fraction)| {
            Zip::from(counts).and(fraction).fold(0.0, |sum, &counts, &fraction| {
                let fraction = if fraction.is_nan() { 0.0 } else { fraction.clamp(0.0, 1.0) };
                sum + f64::from(counts) * f64::from(fraction)
            })
        })
        .collect()
}

/// The curve fitted with harmonics, as it would be without end-of-cycle drop-off. `usable`: frames that have an LV.
///
/// Frames that lost counts are scaled up by what they lost and weigh less by as much. A curve that cannot be fitted
/// is returned as it is.
#[must_use]
pub fn fitted(curve: &[f64], usable: &[bool], drop_off: &DropOff, harmonics: usize) -> Vec<f64> {
    let values: Vec<f64> = curve.iter().zip(&drop_off.kept).map(|(value, kept)| value / kept.max(1e-6)).collect();
    let weights: Vec<f64> =
        usable.iter().zip(&drop_off.kept).map(|(&usable, &kept)| if usable { kept } else { 0.0 }).collect();
    Harmonics::fit(&values, &weights, harmonics).map_or_else(|| curve.to_vec(), |fit| fit.curve(curve.len()))
}
