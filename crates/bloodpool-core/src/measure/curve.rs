//! Time-activity curves of the LV: net counts by frame.

use ndarray::{Array3, Axis, Zip};

use crate::measure::background::BackgroundSample;
use crate::measure::counts::GridCounts;
use crate::measure::drop_off::DropOff;
use crate::measure::harmonics::Harmonics;
use crate::{GatedStudy, Mask};

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

#[cfg(test)]
mod tests {
    use super::*;

    fn study() -> GatedStudy {
        let counts = Array3::from_shape_fn((8, 32, 32), |(frame, row, _)| (frame + row) as f32);
        GatedStudy::new(counts, None).unwrap()
    }

    #[test]
    fn unmixed_counts_are_fractions_of_counts() {
        // Row r of frame f holds 32 pixels of f + r counts; a quarter of rows 0 and 1: 32 x (2 f + 1) / 4.
        let mut fraction = Array3::zeros((8, 32, 32));
        fraction.slice_mut(ndarray::s![.., 0..2, ..]).fill(0.25);
        let expected: Vec<f64> = (0..8).map(|frame| 8.0 * f64::from(2 * frame + 1)).collect();
        assert_eq!(unmixed(&study(), &fraction), expected);
        let wild = Array3::from_shape_fn((8, 32, 32), |(_, row, _)| [f32::NAN, -3.0, 7.0][row.min(2)]);
        let rest: f64 = (2..32).map(|row| 32.0 * f64::from(row)).sum();
        assert_eq!(unmixed(&study(), &wild)[0], rest);
    }

    #[test]
    fn net_counts_lose_area_times_background() {
        let background = BackgroundSample {
            region: Mask::empty(1, 1),
            frame: 1,
            by_frame: vec![2.0, 3.0],
            level_variance: 0.0,
            rim_variance: vec![0.0; 2],
            candidate_pixels: 1,
            hot_pixels: 0,
            cut_fraction: 0.0,
            septal_fraction: 0.0,
        };
        assert_eq!(net(&[100.0, 80.0], &[10, 5], &background), [80.0, 65.0]);
    }

    #[test]
    fn a_fit_makes_up_for_drop_off() {
        let truth: Vec<f64> =
            (0..24).map(|frame| 100.0 + 40.0 * (f64::from(frame) / 24.0 * std::f64::consts::TAU).cos()).collect();
        let mut kept = vec![1.0; 24];
        kept[22] = 0.8;
        kept[23] = 0.3;
        let counted: Vec<f64> = truth.iter().zip(&kept).map(|(value, kept)| value * kept).collect();
        let drop_off = DropOff { totals: vec![1.0; 24], kept };
        let mut usable = vec![true; 24];
        usable[11] = false;
        for (found, truth) in fitted(&counted, &usable, &drop_off, 4).iter().zip(&truth) {
            assert!((found - truth).abs() < 1e-9);
        }
    }
}
