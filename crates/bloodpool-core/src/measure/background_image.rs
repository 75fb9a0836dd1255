//! Net counts as the sum over each frame's grown ROI of counts less a background image: the counts of each pixel that did not
//! come from LV blood, as the segmenter's LV fraction has it.

use std::sync::Arc;

use ndarray::{Array2, Array3, ArrayView2, Axis, Zip};

use super::by_frame::ByFrame;
use super::counts::GridCounts;
use super::curve;
use super::drop_off::DropOff;
use super::ejection_fraction::{PhaseCounts, counting_error_points, ejection_fraction_percent};
use super::frames::{self, PhaseFrames};
use super::measurement::{Background, FrameSource, Measurement, Phase, TimeActivityCurve};
use super::roi_counts::{KeptRois, measure_roi};
use super::smoothing::Gaussian;
use crate::protocol::{BackgroundImageChoices, FrameCurve, Grid, RoiChoices};
use crate::{AnalysisError, FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation};

/// What outlines gave that did not change since, for one choice of background images.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptImages {
    /// By the mask that the LV fraction moved with.
    images: ByFrame<ImageFrame>,
    /// Of the preset `standard`, for a mixture with it.
    standard: KeptRois,
}

/// What the outline of one frame gives.
#[derive(Debug, Clone)]
struct ImageFrame {
    /// The grown ROI.
    roi: Mask,
    gross: f64,
    /// The background image of the frame, smoothed within it alone.
    image: Array2<f32>,
}

/// Measures by [`crate::protocol::Estimator::BackgroundImage`]. The shapes of the segmentation have been checked. `kept`: of this
/// estimator; the LV fraction of a frame is the same wherever its mask is.
pub(super) fn measure_background_image(
    study: &GatedStudy,
    segmentation: &Segmentation,
    model: &ModelIdentity,
    protocol: &Protocol,
    choices: &BackgroundImageChoices,
    kept: &mut KeptImages,
) -> Result<Measurement, AnalysisError> {
    let Some(fraction) = &segmentation.lv_fraction else {
        return Err(AnalysisError::NoFraction { protocol: protocol.name.clone(), model: model.name.clone() });
    };
    let counts = GridCounts::new(study, Grid::Study);
    let spacing_mm = counts.spacing_mm(choices.assumed_field_mm);
    let drop_off = DropOff::of(study);
    let smoothing = Gaussian::new(choices.smoothing_mm, spacing_mm, (study.rows(), study.columns()));
    let masks = &segmentation.masks;
    let usable: Vec<bool> = masks.iter().map(|mask| !mask.is_empty()).collect();
    let by_frame: Vec<Arc<ImageFrame>> = FrameIndex::all(masks.len())
        .zip(masks)
        .zip(fraction.axis_iter(Axis(0)))
        .map(|((frame, mask), fraction)| {
            kept.images.of(frame, mask, || {
                let roi = mask.dilated_mm(choices.roi_margin_mm, spacing_mm);
                let image = image_of_frame(&study.frame(frame), &fraction, &smoothing);
                ImageFrame { gross: counts.gross(frame, &roi), roi, image }
            })
        })
        .collect();
    let mut image = Array3::zeros(study.counts().dim());
    for (frame, mut target) in by_frame.iter().zip(image.axis_iter_mut(Axis(0))) {
        target.assign(&frame.image);
    }
    let image = over_frames(image, &drop_off.kept, choices.smoothing_cycle_fraction);
    let rois: Vec<&Mask> = by_frame.iter().map(|frame| &frame.roi).collect();
    let gross: Vec<f64> = by_frame.iter().map(|frame| frame.gross).collect();
    let subtracted: Vec<f64> = rois.iter().enumerate().map(|(frame, roi)| sum_in(&image, frame, roi)).collect();

    let weight = mixture_weight(choices);
    let beside =
        if weight > 0.0 { Some(standard_beside(study, segmentation, protocol, &mut kept.standard)?) } else { None };
    let net: Vec<f64> = (0..rois.len())
        .map(|frame| {
            let own = gross[frame] - subtracted[frame];
            beside.as_ref().map_or(own, |beside| (1.0 - weight) * own + weight * beside.curve.net_counts[frame])
        })
        .collect();

    let chosen = match protocol.frames.curve {
        FrameCurve::FixedRoi => frames::first_pass(&counts, &rois, &usable, &drop_off, protocol)?,
        // The image does not depend on the choice of ES, so that one pass is enough.
        FrameCurve::Net => {
            let smooth = curve::fitted(&net, &usable, &drop_off, protocol.frames.harmonics);
            frames::choose(&smooth, &usable, &drop_off, &protocol.frames)?
        }
    };
    let PhaseFrames { end_diastole, end_systole } = chosen;
    let read = curve::read(&net, &usable, &drop_off, protocol.curve_harmonics);
    let (ed, es) = (end_diastole.index(), end_systole.index());
    let lvef_percent = ejection_fraction_percent(read[ed], read[es], gross[ed])?;

    let noise = NetNoise {
        counts: &counts,
        masks,
        fraction,
        rois: &rois,
        gaussian: Gaussian::new(choices.smoothing_mm, spacing_mm, (study.rows(), study.columns())),
        weight,
        beside: beside.as_ref(),
    };
    let noise =
        |frame: FrameIndex| PhaseCounts { net: read[frame.index()], variance: noise.variance(frame), area: 0.0 };
    let counting_error_points = counting_error_points(
        noise(end_diastole),
        noise(end_systole),
        0.0,
        curve::read_variance_factor(net.len(), protocol.curve_harmonics),
    );
    let areas: Vec<usize> = rois.iter().map(|roi| roi.area()).collect();
    let level = |frame: usize| if areas[frame] == 0 { 0.0 } else { subtracted[frame] / areas[frame] as f64 };
    let phase = |frame: FrameIndex| {
        let at = frame.index();
        Phase::new(&counts, frame, areas[at], gross[at], read[at])
    };
    Ok(Measurement {
        lvef_percent,
        fixed_roi_lvef_percent: None,
        frame_source: FrameSource::of(&protocol.frames),
        end_diastole: phase(end_diastole),
        end_systole: phase(end_systole),
        background: Some(Background {
            frame: end_systole,
            area_px: areas[es] as f64,
            grid: counts.side(),
            mean_counts_per_pixel: level(es),
            counts_per_pixel_by_frame: (0..rois.len()).map(level).collect(),
            region: rois[es].clone(),
        }),
        background_sample: None,
        background_image: Some(image),
        curve: TimeActivityCurve::new(study, net, protocol.curve_harmonics.map(|_| read)),
        drop_off,
        counting_error_points,
    })
}

/// A weight that is no number between 0 and 1 would be no mixture.
fn mixture_weight(choices: &BackgroundImageChoices) -> f64 {
    if choices.mixture > 0.0 { choices.mixture.min(1.0) } else { 0.0 }
}

/// Variance of every frame's net counts from Poisson counting, background image included; `None` without a fraction, or where
/// a mixture's other part cannot be measured.
pub(super) fn net_variances(
    study: &GatedStudy,
    segmentation: &Segmentation,
    protocol: &Protocol,
    choices: &BackgroundImageChoices,
) -> Option<Vec<f64>> {
    let fraction = segmentation.lv_fraction.as_ref()?;
    let counts = GridCounts::new(study, Grid::Study);
    let spacing_mm = counts.spacing_mm(choices.assumed_field_mm);
    let masks = &segmentation.masks;
    let rois: Vec<Mask> = masks.iter().map(|mask| mask.dilated_mm(choices.roi_margin_mm, spacing_mm)).collect();
    let rois: Vec<&Mask> = rois.iter().collect();
    let weight = mixture_weight(choices);
    let beside = || standard_beside(study, segmentation, protocol, &mut KeptRois::default());
    let beside = if weight > 0.0 { Some(beside().ok()?) } else { None };
    let noise = NetNoise {
        counts: &counts,
        masks,
        fraction,
        rois: &rois,
        gaussian: Gaussian::new(choices.smoothing_mm, spacing_mm, (study.rows(), study.columns())),
        weight,
        beside: beside.as_ref(),
    };
    Some(FrameIndex::all(rois.len()).map(|frame| noise.variance(frame)).collect())
}

/// What the variance of net counts is computed from.
struct NetNoise<'a> {
    counts: &'a GridCounts<'a>,
    masks: &'a [Mask],
    fraction: &'a Array3<f32>,
    rois: &'a [&'a Mask],
    gaussian: Gaussian,
    weight: f64,
    beside: Option<&'a Measurement>,
}

impl NetNoise<'_> {
    fn variance(&self, frame: FrameIndex) -> f64 {
        let at = frame.index();
        let other_share = other_share(&self.fraction.index_axis(Axis(0), at));
        let own = net_variance(&self.counts.study().frame(frame), &other_share, self.rois[at], &self.gaussian);
        let other = self.beside.map_or(0.0, |beside| standard_variance(beside, frame, self.counts, self.masks));
        // Both net curves are of the same counts: their errors are taken to go together.
        let sd = (1.0 - self.weight) * own.sqrt() + self.weight * other.sqrt();
        sd * sd
    }
}

/// What `standard` measures on the same masks, with ED and ES looked for in the same way.
fn standard_beside(
    study: &GatedStudy,
    segmentation: &Segmentation,
    protocol: &Protocol,
    kept: &mut KeptRois,
) -> Result<Measurement, AnalysisError> {
    let standard = Protocol { frames: protocol.frames.clone(), ..Protocol::standard() };
    measure_roi(study, segmentation, &standard, &RoiChoices::standard(), kept)
}

/// Variance of one frame's net counts by `standard`, background level included.
fn standard_variance(measured: &Measurement, frame: FrameIndex, counts: &GridCounts<'_>, masks: &[Mask]) -> f64 {
    let (Some(mask), Some(sample)) = (masks.get(frame.index()), &measured.background_sample) else { return 0.0 };
    let area = mask.area() as f64;
    let level = sample.level_variance + sample.rim_variance.get(frame.index()).copied().unwrap_or(0.0);
    counts.gross(frame, mask) + area * area * level
}

/// Sum of one frame of the image in a ROI.
fn sum_in(image: &Array3<f32>, frame: usize, roi: &Mask) -> f64 {
    roi.inside().map(|(row, column)| f64::from(image[[frame, row, column]])).sum()
}

/// Variance, from Poisson counting, of one frame's sum over `roi` of counts less the smoothed `other_share x counts`.
///
/// The sum is linear in the counts: a pixel's weight is 1 inside the ROI, less `other_share` times what the smoothing
/// carries from it into the ROI. Its variance is the sum of squared weights times counts. The fraction is taken as known,
/// and the image as smoothed within the frame alone.
fn net_variance(counts: &ArrayView2<'_, f32>, other_share: &Array2<f64>, roi: &Mask, gaussian: &Gaussian) -> f64 {
    let inside = roi.pixels().mapv(|inside| if inside { 1.0 } else { 0.0 });
    let carried = gaussian.adjoint(&inside);
    Zip::from(counts).and(other_share).and(&inside).and(&carried).fold(
        0.0,
        |variance, &counts, &share, &inside, &carried| {
            let weight = inside - share * carried;
            variance + weight * weight * f64::from(counts)
        },
    )
}

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
        target.assign(&image_of_frame(&counts, &fraction, &smoothing));
    }
    over_frames(image, &drop_off.kept, choices.smoothing_cycle_fraction)
}

/// `(1 - LV fraction) x counts` of one frame, smoothed within it.
fn image_of_frame(counts: &ArrayView2<'_, f32>, fraction: &ArrayView2<'_, f32>, smoothing: &Gaussian) -> Array2<f32> {
    let mut rest = other_share(fraction);
    rest.zip_mut_with(counts, |share, &counts| *share *= f64::from(counts));
    smoothing.apply(&rest).mapv(|value| value as f32)
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
    use crate::protocol::Estimator;

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
