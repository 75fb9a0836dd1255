//! Net counts as the sum over each frame's grown ROI of counts less a background image.

use ndarray::{Array2, Array3, ArrayView2};

use super::background_image::{background_image, other_share};
use super::counting_error::{PhaseCounts, counting_error_points};
use super::counts::GridCounts;
use super::curve;
use super::drop_off::DropOff;
use super::ejection_fraction::ejection_fraction_percent;
use super::frames::{self, PhaseFrames};
use super::smoothing::Gaussian;
use super::{Measurement, first_pass, frame_source, measure_roi, phase, read_curve, smoothing, time_activity};
use crate::analysis::Background;
use crate::protocol::{BackgroundImageChoices, FrameCurve, Grid, RoiChoices};
use crate::{AnalysisError, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation};

/// Measures by [`crate::protocol::Estimator::BackgroundImage`]. The shapes of the segmentation have been checked.
pub(super) fn measure_background_image(
    study: &GatedStudy,
    segmentation: &Segmentation,
    model: &ModelIdentity,
    protocol: &Protocol,
    choices: &BackgroundImageChoices,
) -> Result<Measurement, AnalysisError> {
    let Some(fraction) = &segmentation.lv_fraction else {
        return Err(AnalysisError::NoFraction { protocol: protocol.name.clone(), model: model.name.clone() });
    };
    let counts = GridCounts::new(study, Grid::Study);
    let spacing_mm = counts.spacing_mm(choices.assumed_field_mm);
    let drop_off = DropOff::of(study);
    let image = background_image(study, fraction, &drop_off, choices, spacing_mm);
    let masks = &segmentation.masks;
    let usable: Vec<bool> = masks.iter().map(|mask| !mask.is_empty()).collect();
    let rois: Vec<Mask> = masks.iter().map(|mask| mask.dilated_mm(choices.roi_margin_mm, spacing_mm)).collect();
    let gross = curve::variable_roi_gross(&counts, &rois);
    let subtracted: Vec<f64> = rois.iter().enumerate().map(|(frame, roi)| sum_in(&image, frame, roi)).collect();

    // A weight that is no number between 0 and 1 would be no mixture.
    let weight = if choices.mixture > 0.0 { choices.mixture.min(1.0) } else { 0.0 };
    let beside = if weight > 0.0 { Some(standard_beside(study, segmentation, protocol)?) } else { None };
    let net: Vec<f64> = (0..rois.len())
        .map(|frame| {
            let own = gross[frame] - subtracted[frame];
            beside.as_ref().map_or(own, |beside| (1.0 - weight) * own + weight * beside.curve.net_counts[frame])
        })
        .collect();

    let chosen = match protocol.frames.curve {
        FrameCurve::FixedRoi => first_pass(&counts, &rois, &usable, &drop_off, protocol)?,
        // The image does not depend on the choice of ES, so that one pass is enough.
        FrameCurve::Net => {
            let smooth = curve::fitted(&net, &usable, &drop_off, protocol.frames.harmonics);
            frames::choose(&smooth, &usable, &drop_off, &protocol.frames)?
        }
    };
    let PhaseFrames { end_diastole, end_systole } = chosen;
    let read = read_curve(&net, &usable, &drop_off, protocol.curve_harmonics);
    let lvef_percent = ejection_fraction_percent(read[end_diastole], read[end_systole], gross[end_diastole])?;

    let gaussian = Gaussian::new(choices.smoothing_mm, spacing_mm, (study.rows(), study.columns()));
    let noise = |frame: usize| {
        let own = net_variance(
            &study.frame(frame),
            &other_share(&fraction.index_axis(ndarray::Axis(0), frame)),
            &rois[frame],
            &gaussian,
        );
        let other = beside.as_ref().map_or(0.0, |beside| standard_variance(beside, frame, &counts, masks));
        // Both net curves are of the same counts: their errors are taken to go together.
        let sd = (1.0 - weight) * own.sqrt() + weight * other.sqrt();
        PhaseCounts { net: read[frame], variance: sd * sd, area: 0.0 }
    };
    let counting_error_points =
        counting_error_points(noise(end_diastole), noise(end_systole), 0.0, smoothing(net.len(), protocol));
    let areas: Vec<usize> = rois.iter().map(Mask::area).collect();
    let level = |frame: usize| if areas[frame] == 0 { 0.0 } else { subtracted[frame] / areas[frame] as f64 };
    let phase = |frame: usize| phase(&counts, frame, areas[frame], gross[frame], read[frame]);
    Ok(Measurement {
        lvef_percent,
        fixed_roi_lvef_percent: None,
        frame_source: frame_source(protocol),
        end_diastole: phase(end_diastole),
        end_systole: phase(end_systole),
        background: Some(Background {
            frame: end_systole + 1,
            area_px: areas[end_systole] as f64,
            grid: counts.side(),
            mean_counts_per_pixel: level(end_systole),
            counts_per_pixel_by_frame: (0..rois.len()).map(level).collect(),
            region: rois[end_systole].clone(),
        }),
        background_sample: None,
        background_image: Some(image),
        curve: time_activity(study, net, protocol.curve_harmonics.map(|_| read)),
        drop_off,
        counting_error_points,
    })
}

/// What `standard` measures on the same masks, with ED and ES looked for in the same way.
fn standard_beside(
    study: &GatedStudy,
    segmentation: &Segmentation,
    protocol: &Protocol,
) -> Result<Measurement, AnalysisError> {
    let standard = Protocol { frames: protocol.frames.clone(), ..Protocol::standard() };
    measure_roi(study, segmentation, &standard, &RoiChoices::standard())
}

/// Variance of one frame's net counts by `standard`, background level included.
fn standard_variance(measured: &Measurement, frame: usize, counts: &GridCounts<'_>, masks: &[Mask]) -> f64 {
    let (Some(mask), Some(sample)) = (masks.get(frame), &measured.background_sample) else { return 0.0 };
    let area = mask.area() as f64;
    let level = sample.level_variance + sample.rim_variance.get(frame).copied().unwrap_or(0.0);
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
    ndarray::Zip::from(counts).and(other_share).and(&inside).and(&carried).fold(
        0.0,
        |variance, &counts, &share, &inside, &carried| {
            let weight = inside - share * carried;
            variance + weight * weight * f64::from(counts)
        },
    )
}
