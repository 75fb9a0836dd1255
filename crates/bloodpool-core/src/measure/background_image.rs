//! The background image: counts of each pixel that did not come from LV blood, as the segmenter's LV fraction has it.

use ndarray::{Array2, Array3, ArrayView2, Axis, Zip};

use crate::GatedStudy;
use crate::measure::drop_off::DropOff;
use crate::measure::smoothing::Gaussian;
use crate::protocol::BackgroundImageChoices;

/// `(1 - LV fraction) x counts` of every frame, smoothed as the choices say, counts per pixel, `[frame, row, column]`.
///
/// `lv_fraction` has the study's shape; a fraction that is not a number counts as 0, others as the nearest of 0 to 1.
/// Over frames it is smoothed as it would be without end-of-cycle drop-off.
#[must_use]
pub fn background_image(
    study: &GatedStudy,
    lv_fraction: &Array3<f32>,
    drop_off: &DropOff,
    choices: &BackgroundImageChoices,
    spacing_mm: [f64; 2],
) -> Array3<f32> {
    let smoothing = Gaussian::new(choices.smoothing_mm, spacing_mm, (study.rows(), study.columns()));
    let mut image = Array3::zeros(study.counts().dim());
    let frames = study.counts().axis_iter(Axis(0)).zip(lv_fraction.axis_iter(Axis(0)));
    for ((counts, fraction), mut target) in frames.zip(image.axis_iter_mut(Axis(0))) {
        let mut rest = other_share(&fraction);
        rest.zip_mut_with(&counts, |share, &counts| *share *= f64::from(counts));
        target.zip_mut_with(&smoothing.apply(&rest), |target, &value| *target = value as f32);
    }
    over_frames(image, &drop_off.kept, choices.smoothing_cycle_fraction)
}

/// 1 - LV fraction of one frame, 0 to 1.
#[must_use]
pub fn other_share(lv_fraction: &ArrayView2<'_, f32>) -> Array2<f64> {
    lv_fraction.mapv(|fraction| if fraction.is_nan() { 1.0 } else { 1.0 - f64::from(fraction.clamp(0.0, 1.0)) })
}

/// Each frame as the mean of its neighbours round the cycle, weighted by a Gaussian; `kept`: what drop-off left of each.
fn over_frames(image: Array3<f32>, kept: &[f64], cycle_fraction: f64) -> Array3<f32> {
    let frames = image.len_of(Axis(0));
    let sd = cycle_fraction * frames as f64;
    if !(sd.is_finite() && sd > 0.0) {
        return image;
    }
    let weight = |apart: usize| (-0.5 * (apart.min(frames - apart) as f64 / sd).powi(2)).exp();
    let mut smooth = Array3::zeros(image.dim());
    for (frame, mut target) in smooth.axis_iter_mut(Axis(0)).enumerate() {
        let weights: Vec<f64> = (0..frames).map(|other| weight(frame.abs_diff(other))).collect();
        let whole: f64 = weights.iter().zip(kept).map(|(weight, kept)| weight * kept).sum();
        let own = kept.get(frame).copied().unwrap_or(1.0);
        let mut sum = Array2::<f64>::zeros(target.dim());
        for (other, &weight) in image.axis_iter(Axis(0)).zip(&weights).filter(|&(_, &weight)| weight > 1e-6) {
            Zip::from(&mut sum).and(&other).for_each(|sum, &value| *sum += weight * f64::from(value));
        }
        let scale = if whole > 0.0 { own / whole } else { 0.0 };
        target.zip_mut_with(&sum, |target, &sum| *target = (sum * scale) as f32);
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Estimator, Protocol};

    fn choices() -> BackgroundImageChoices {
        match Protocol::background_image().estimator {
            Estimator::BackgroundImage(choices) => choices,
            other => unreachable!("{other:?}"),
        }
    }

    /// 40 counts per pixel in even frames, 80 in odd ones; the last two of 8 kept a half.
    fn study() -> GatedStudy {
        let counts = Array3::from_shape_fn((8, 32, 32), |(frame, _, _)| {
            [40.0, 80.0][frame % 2] * if frame > 5 { 0.5 } else { 1.0 }
        });
        GatedStudy::new(counts, Some([4.0, 4.0])).unwrap()
    }

    fn drop_off() -> DropOff {
        DropOff { totals: vec![1.0; 8], kept: vec![1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5] }
    }

    #[test]
    fn it_is_the_other_share_of_counts() {
        let fraction = Array3::from_shape_fn((8, 32, 32), |(_, row, _)| [0.25, f32::NAN, -3.0, 7.0][row % 4]);
        let rough = BackgroundImageChoices { smoothing_mm: 0.0, ..choices() };
        let image = background_image(&study(), &fraction, &drop_off(), &rough, [4.0, 4.0]);
        assert_eq!([0, 1, 2, 3].map(|row| image[[1, row, 5]]), [60.0, 80.0, 80.0, 0.0]);
        // Smoothed over more than the four rows that repeat, it is near their mean, (60 + 80 + 80 + 0) / 4.
        let smooth = BackgroundImageChoices { smoothing_mm: 16.0, ..choices() };
        let image = background_image(&study(), &fraction, &drop_off(), &smooth, [4.0, 4.0]);
        assert!((image[[1, 16, 16]] - 55.0).abs() < 0.1, "{}", image[[1, 16, 16]]);
    }

    #[test]
    fn frames_are_averaged_as_if_none_had_dropped_off() {
        let none = Array3::zeros((8, 32, 32));
        // An SD of the whole cycle weighs all frames nearly alike: 60 counts, half of them where half was kept.
        let long = BackgroundImageChoices { smoothing_cycle_fraction: 100.0, ..choices() };
        let image = background_image(&study(), &none, &drop_off(), &long, [4.0, 4.0]);
        let kept = 6.0 * 60.0 + 2.0 * 30.0;
        for (frame, share) in [(0, 1.0), (3, 1.0), (7, 0.5)] {
            assert!((f64::from(image[[frame, 9, 9]]) - share * kept / 7.0).abs() < 1e-3, "frame {frame}");
        }
    }
}
