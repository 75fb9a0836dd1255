//! Time-activity curves of the LV: net counts by frame, and the least-squares fit of a few harmonics to them.

use std::f64::consts::TAU;

use ndarray::{Array3, Axis, Zip};

use super::background::BackgroundSample;
use super::counts::GridCounts;
use super::drop_off::DropOff;
use crate::{FrameIndex, GatedStudy, Mask};
use bloodpool_stats::linear_system::solve;

/// Gross counts of every frame in its own ROI.
#[must_use]
pub fn variable_roi_gross(counts: &GridCounts<'_>, rois: &[Mask]) -> Vec<f64> {
    FrameIndex::all(rois.len()).zip(rois).map(|(frame, roi)| counts.gross(frame, roi)).collect()
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
    let (values, weights) = made_up(curve, usable, drop_off);
    Harmonics::fit(&values, &weights, harmonics).map_or_else(|| curve.to_vec(), |fit| fit.curve(curve.len()))
}

/// Values scaled up by what their frames lost at the end of the cycle, and the weights that a fit gives them.
#[must_use]
pub fn made_up(curve: &[f64], usable: &[bool], drop_off: &DropOff) -> (Vec<f64>, Vec<f64>) {
    let values = curve.iter().zip(&drop_off.kept).map(|(value, kept)| value / kept.max(1e-6)).collect();
    let weights = usable.iter().zip(&drop_off.kept).map(|(&usable, &kept)| if usable { kept } else { 0.0 }).collect();
    (values, weights)
}

/// The curve that ED and ES counts are read from: itself, or its fit with so many harmonics.
#[must_use]
pub fn read(net: &[f64], usable: &[bool], drop_off: &DropOff, harmonics: Option<usize>) -> Vec<f64> {
    harmonics.map_or_else(|| net.to_vec(), |harmonics| fitted(net, usable, drop_off, harmonics))
}

/// The factor by which [`read`] reduces the variance of one frame: terms of the fit / frames, 1 without a fit.
#[must_use]
pub fn read_variance_factor(frames: usize, harmonics: Option<usize>) -> f64 {
    harmonics.map_or(1.0, |harmonics| ((2.0 * harmonics as f64 + 1.0) / frames as f64).min(1.0))
}

/// Mean and harmonics of a cyclic curve: `mean + sum of cosine[k] cos(2 pi k t) + sine[k] sin(2 pi k t)`, `t` the
/// fraction of the cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct Harmonics {
    mean: f64,
    terms: Vec<(f64, f64)>,
}

impl Harmonics {
    /// Fits `count` harmonics to values at equal steps, each with a weight (0: not looked at).
    ///
    /// With equal weights this is the truncated Fourier series. There are never more terms than two thirds of the
    /// frames that have weight, so that a gap in the cycle is not filled with oscillations. `None` when nothing has
    /// weight or a value is not finite.
    #[must_use]
    pub fn fit(values: &[f64], weights: &[f64], count: usize) -> Option<Self> {
        let frames = values.len();
        let count = fitted_count(weights, frames, count)?;
        let size = 2 * count + 1;
        let mut system = vec![vec![0.0; size + 1]; size];
        for (frame, (&value, &weight)) in values.iter().zip(weights).enumerate() {
            if weight <= 0.0 {
                continue;
            }
            let basis = basis(frame as f64 / frames as f64, count);
            for row in 0..size {
                for column in 0..size {
                    system[row][column] += weight * basis[row] * basis[column];
                }
                system[row][size] += weight * basis[row] * value;
            }
        }
        Self::from_coefficients(&solve(system)?)
    }

    /// From the mean and pairs of cosine and sine; `None` without a mean.
    pub(super) fn from_coefficients(coefficients: &[f64]) -> Option<Self> {
        let (&mean, terms) = coefficients.split_first()?;
        Some(Self { mean, terms: terms.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect() })
    }

    /// Cosine and sine of every harmonic, the first one first.
    #[must_use]
    pub fn terms(&self) -> &[(f64, f64)] {
        &self.terms
    }

    /// Number of harmonics that were fitted.
    #[must_use]
    pub fn count(&self) -> usize {
        self.terms.len()
    }

    /// The mean over the cycle.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// Amplitude of a harmonic, the first being 1; 0 for one that was not fitted.
    #[must_use]
    pub fn amplitude(&self, order: usize) -> f64 {
        order.checked_sub(1).and_then(|index| self.terms.get(index)).map_or(0.0, |(cosine, sine)| cosine.hypot(*sine))
    }

    /// Fraction of the cycle, 0 to 1, at which the first harmonic is lowest; `None` without one.
    #[must_use]
    pub fn first_lowest(&self) -> Option<f64> {
        let &(cosine, sine) = self.terms.first()?;
        (cosine != 0.0 || sine != 0.0).then(|| (sine.atan2(cosine) / TAU + 0.5).rem_euclid(1.0))
    }

    /// The fitted value at a fraction of the cycle.
    #[must_use]
    pub fn at(&self, cycle_fraction: f64) -> f64 {
        let terms = self.terms.iter().zip(1..);
        let swing: f64 = terms
            .map(|(&(cosine, sine), order)| {
                let (s, c) = (TAU * f64::from(order) * cycle_fraction).sin_cos();
                cosine * c + sine * s
            })
            .sum();
        self.mean + swing
    }

    /// The slope of the fitted curve at a fraction of the cycle, per cycle.
    #[must_use]
    pub fn slope(&self, cycle_fraction: f64) -> f64 {
        let terms = self.terms.iter().zip(1..);
        terms
            .map(|(&(cosine, sine), order)| {
                let (s, c) = (TAU * f64::from(order) * cycle_fraction).sin_cos();
                TAU * f64::from(order) * (sine * c - cosine * s)
            })
            .sum()
    }

    /// The fitted curve at `frames` equal steps.
    #[must_use]
    pub fn curve(&self, frames: usize) -> Vec<f64> {
        (0..frames).map(|frame| self.at(frame as f64 / frames as f64)).collect()
    }
}

/// The number of harmonics that can be fitted where `count` are asked for; `None` where nothing has weight.
pub(super) fn fitted_count(weights: &[f64], frames: usize, count: usize) -> Option<usize> {
    let usable = weights.iter().filter(|&&weight| weight > 0.0).count().min(frames);
    (usable > 0).then(|| count.min((usable * 2 / 3).saturating_sub(1) / 2))
}

/// 1, then cosine and sine of every harmonic, at a fraction of the cycle.
pub(crate) fn basis(cycle_fraction: f64, count: usize) -> Vec<f64> {
    let mut basis = vec![1.0];
    for order in 1..=count {
        let (sine, cosine) = (TAU * order as f64 * cycle_fraction).sin_cos();
        basis.extend([cosine, sine]);
    }
    basis
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURVE: [f64; 16] =
        [100.0, 96.0, 85.0, 70.0, 55.0, 44.0, 40.0, 43.0, 52.0, 63.0, 70.0, 74.0, 77.0, 80.0, 84.0, 90.0];

    fn near(fit: &Harmonics, frames: [usize; 4], expected: [f64; 4]) {
        for (frame, expected) in frames.into_iter().zip(expected) {
            assert!((fit.at(frame as f64 / 16.0) - expected).abs() < 1e-7, "frame {frame}");
        }
    }

    #[test]
    fn with_equal_weights_it_is_the_truncated_fourier_series() {
        // F = np.fft.rfft(v); F[4:] = 0; np.fft.irfft(F, 16)
        let fit = Harmonics::fit(&CURVE, &[1.0; 16], 3).unwrap();
        near(&fit, [0, 3, 6, 15], [97.709_665_59, 70.120_931_18, 40.194_077_21, 92.112_670_31]);
    }

    #[test]
    fn amplitude_and_place_of_the_first_harmonic() {
        let curve: Vec<f64> = (0..24)
            .map(|frame| {
                let turn = TAU * f64::from(frame) / 24.0;
                50.0 - 20.0 * (turn - TAU * 0.4).cos() + 3.0 * (2.0 * turn).sin()
            })
            .collect();
        let fit = Harmonics::fit(&curve, &[1.0; 24], 3).unwrap();
        assert!((fit.mean() - 50.0).abs() < 1e-9 && (fit.amplitude(1) - 20.0).abs() < 1e-9);
        assert!((fit.amplitude(2) - 3.0).abs() < 1e-9 && fit.amplitude(9) == 0.0 && fit.amplitude(0) == 0.0);
        assert!((fit.first_lowest().unwrap() - 0.4).abs() < 1e-9);
    }

    #[test]
    fn weights_are_those_of_least_squares() {
        // np.linalg.lstsq of the basis and the curve, rows times sqrt(weight)
        let mut weights = [1.0; 16];
        weights[14] = 0.5;
        weights[15] = 0.0;
        let fit = Harmonics::fit(&CURVE, &weights, 3).unwrap();
        near(&fit, [0, 3, 6, 13], [99.143_648_81, 69.893_495_07, 40.073_316_86, 79.458_508_11]);
    }

    #[test]
    fn few_frames_have_few_harmonics_and_none_have_no_fit() {
        let fit = Harmonics::fit(&CURVE[..8], &[1.0; 8], 40).unwrap();
        assert_eq!(fit.terms.len(), 2);
        assert_eq!(Harmonics::fit(&CURVE, &[0.0; 16], 3), None);
        assert_eq!(Harmonics::fit(&[f64::NAN; 16], &[1.0; 16], 3), None);
        assert_eq!(Harmonics::fit(&[], &[], 3), None);
    }

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
            frame: FrameIndex::new(1),
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
