//! What is computed from counts and ROIs: one protocol's LVEF with everything between.

pub mod background;
pub mod background_image;
pub mod background_region;
pub mod counting_error;
pub mod counts;
pub mod curve;
pub mod drawn_rois;
pub mod drop_off;
pub mod edited_fraction;
pub mod ejection_fraction;
pub mod emptying;
pub mod error_parts;
pub mod frames;
mod from_image;
pub mod harmonics;
pub mod rim;
pub mod smoothing;

use ndarray::Array3;

use crate::analysis::{Background, FrameSource, Phase, TimeActivityCurve};
use crate::protocol::{Estimator, FrameCurve, Grid, RoiChoices};
use crate::{AnalysisError, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation, SegmentationError};

pub use drawn_rois::{DrawnMeasurement, DrawnPhase, DrawnRoi, measure_drawn};
pub use error_parts::{ErrorParts, error_parts};

use background::BackgroundSample;
use counting_error::{PhaseCounts, counting_error_points};
use counts::GridCounts;
use drop_off::DropOff;
use ejection_fraction::ejection_fraction_percent;
use frames::PhaseFrames;

/// What one protocol measures on one study.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// LVEF, percent.
    pub lvef_percent: f64,
    /// LVEF with the ED ROI on both ED and ES, percent; `None` for protocols that are not ROI-based, or where the ED ROI
    /// holds no net counts.
    pub fixed_roi_lvef_percent: Option<f64>,
    /// Where the choice of ED and ES came from.
    pub frame_source: FrameSource,
    /// End-diastole.
    pub end_diastole: Phase,
    /// End-systole.
    pub end_systole: Phase,
    /// Background; `None` where the protocol uses none.
    pub background: Option<Background>,
    /// How background was sampled, frame by frame.
    pub background_sample: Option<BackgroundSample>,
    /// The background image that was subtracted, counts per pixel, `[frame, row, column]` of the study's own matrix; `None`
    /// where the protocol uses none.
    pub background_image: Option<Array3<f32>>,
    /// Net LV curve.
    pub curve: TimeActivityCurve,
    /// End-of-cycle drop-off.
    pub drop_off: DropOff,
    /// Standard error of LVEF from counting noise alone, EF points.
    pub counting_error_points: f64,
}

/// Measures a study whose LV is known by one protocol, and nothing else.
///
/// `model` is only named in an error. This is what [`crate::analysis::measure`] calls for every protocol, and cheap
/// enough to try many protocols on one segmentation.
///
/// # Errors
/// [`AnalysisError`] when this protocol gives no LVEF.
pub fn measure_protocol(
    study: &GatedStudy,
    segmentation: &Segmentation,
    model: &ModelIdentity,
    protocol: &Protocol,
) -> Result<Measurement, AnalysisError> {
    check_shapes(study, segmentation)?;
    match &protocol.estimator {
        Estimator::Roi(choices) => measure_roi(study, segmentation, protocol, choices),
        Estimator::Unmixed => measure_unmixed(study, segmentation, model, protocol),
        Estimator::BackgroundImage(choices) => {
            from_image::measure_background_image(study, segmentation, model, protocol, choices)
        }
    }
}

/// Refuses masks or a fraction that do not fit the study.
pub(crate) fn check_shapes(study: &GatedStudy, segmentation: &Segmentation) -> Result<(), AnalysisError> {
    let (frames, rows, columns) = study.counts().dim();
    let masks = segmentation.masks.len();
    let odd = segmentation.masks.iter().map(Mask::dim).find(|&dim| dim != (rows, columns));
    if masks != frames || odd.is_some() {
        let (mask_rows, mask_columns) = odd.unwrap_or((rows, columns));
        return Err(AnalysisError::MaskShape { masks, mask_rows, mask_columns, frames, rows, columns });
    }
    if let Some(fraction) = &segmentation.lv_fraction
        && fraction.dim() != study.counts().dim()
    {
        let message =
            format!("its LV fraction has the shape {:?}, the study {:?}", fraction.dim(), study.counts().dim());
        return Err(SegmentationError::Failed(message).into());
    }
    Ok(())
}

/// The first pass: ED and ES on gross counts in the one ROI that frame 1 (or the frame nearest to it with an LV, or
/// the ED frame set by hand) has.
fn first_pass(
    counts: &GridCounts<'_>,
    rois: &[Mask],
    usable: &[bool],
    drop_off: &DropOff,
    protocol: &Protocol,
) -> Result<PhaseFrames, AnalysisError> {
    let choice = &protocol.frames;
    let set_by_hand = choice.ed_override.and_then(|frame| frame.checked_sub(1));
    let near = frames::frames_near_r_wave(rois.len(), choice);
    let has_lv = |frame: &usize| usable.get(*frame).copied().unwrap_or(false);
    let roi = set_by_hand.into_iter().chain(near).find(has_lv).and_then(|frame| rois.get(frame));
    let roi = roi.ok_or(AnalysisError::NoVentricle { frame: 1 })?;
    let gross = counts.gross_of_all(roi);
    // Every frame has counts in a fixed ROI, whether or not an LV was found on it.
    let smooth = curve::fitted(&gross, &vec![true; gross.len()], drop_off, choice.harmonics);
    frames::choose(&smooth, usable, drop_off, choice)
}

fn measure_roi(
    study: &GatedStudy,
    segmentation: &Segmentation,
    protocol: &Protocol,
    choices: &RoiChoices,
) -> Result<Measurement, AnalysisError> {
    let counts = GridCounts::new(study, choices.grid);
    let rois: Vec<Mask> =
        segmentation.masks.iter().map(|mask| with_margin(&counts, counts.mask(mask), choices)).collect();
    let areas: Vec<usize> = rois.iter().map(Mask::area).collect();
    let usable: Vec<bool> = areas.iter().map(|&area| area > 0).collect();
    let drop_off = DropOff::of(study);
    let sampled = |end_systole: usize| {
        background::sample(&counts, &rois, end_systole, &drop_off, choices)
            .map_err(|reason| AnalysisError::EmptyBackground { protocol: protocol.name.clone(), reason })
    };

    let mut chosen = first_pass(&counts, &rois, &usable, &drop_off, protocol)?;
    let mut background = sampled(chosen.end_systole)?;
    let gross = curve::variable_roi_gross(&counts, &rois);
    let mut net = curve::net(&gross, &areas, &background);
    if protocol.frames.curve == FrameCurve::Net {
        let smooth = curve::fitted(&net, &usable, &drop_off, protocol.frames.harmonics);
        let again = frames::choose(&smooth, &usable, &drop_off, &protocol.frames)?;
        if again.end_systole != chosen.end_systole {
            background = sampled(again.end_systole)?;
            net = curve::net(&gross, &areas, &background);
        }
        chosen = again;
    }
    let PhaseFrames { end_diastole, end_systole } = chosen;

    let read = read_curve(&net, &usable, &drop_off, protocol.curve_harmonics);
    let lvef_percent = ejection_fraction_percent(read[end_diastole], read[end_systole], gross[end_diastole])?;
    let fixed_gross = counts.gross_of_all(&rois[end_diastole]);
    let fixed = curve::net(&fixed_gross, &vec![areas[end_diastole]; areas.len()], &background);
    let fixed = read_curve(&fixed, &vec![true; usable.len()], &drop_off, protocol.curve_harmonics);
    let fixed_roi_lvef_percent =
        ejection_fraction_percent(fixed[end_diastole], fixed[end_systole], fixed_gross[end_diastole]).ok();

    let phase = |frame: usize| phase(&counts, frame, areas[frame], gross[frame], read[frame]);
    let noise = |frame: usize| {
        let area = areas[frame] as f64;
        PhaseCounts { net: read[frame], variance: gross[frame] + area * area * background.rim_variance[frame], area }
    };
    let counting_error_points = counting_error_points(
        noise(end_diastole),
        noise(end_systole),
        background.level_variance,
        smoothing(areas.len(), protocol),
    );
    Ok(Measurement {
        lvef_percent,
        fixed_roi_lvef_percent,
        frame_source: frame_source(protocol),
        end_diastole: phase(end_diastole),
        end_systole: phase(end_systole),
        background: Some(Background {
            frame: background.frame + 1,
            area_px: background.region.area() as f64,
            grid: counts.side(),
            mean_counts_per_pixel: background.by_frame[background.frame],
            counts_per_pixel_by_frame: background.by_frame.clone(),
            region: background.region.clone(),
        }),
        background_sample: Some(background),
        background_image: None,
        curve: time_activity(study, net, protocol.curve_harmonics.map(|_| read)),
        drop_off,
        counting_error_points,
    })
}

fn measure_unmixed(
    study: &GatedStudy,
    segmentation: &Segmentation,
    model: &ModelIdentity,
    protocol: &Protocol,
) -> Result<Measurement, AnalysisError> {
    let Some(fraction) = &segmentation.lv_fraction else {
        return Err(AnalysisError::NoFraction { protocol: protocol.name.clone(), model: model.name.clone() });
    };
    let counts = GridCounts::new(study, Grid::Study);
    let masks = &segmentation.masks;
    let areas: Vec<usize> = masks.iter().map(Mask::area).collect();
    // A frame without a ROI can't be ED or ES: nobody could see what its number was computed from.
    let usable: Vec<bool> = areas.iter().map(|&area| area > 0).collect();
    let drop_off = DropOff::of(study);
    let net = curve::unmixed(study, fraction);
    let chosen = match protocol.frames.curve {
        FrameCurve::FixedRoi => first_pass(&counts, masks, &usable, &drop_off, protocol)?,
        // No background, so that the curve doesn't wait for a first choice of ES.
        FrameCurve::Net => {
            let all = vec![true; net.len()];
            let smooth = curve::fitted(&net, &all, &drop_off, protocol.frames.harmonics);
            frames::choose(&smooth, &usable, &drop_off, &protocol.frames)?
        }
    };
    let PhaseFrames { end_diastole, end_systole } = chosen;
    let read = read_curve(&net, &vec![true; net.len()], &drop_off, protocol.curve_harmonics);
    let phase = |frame: usize| phase(&counts, frame, areas[frame], counts.gross(frame, &masks[frame]), read[frame]);
    let (ed, es) = (phase(end_diastole), phase(end_systole));
    // A sum of fractions of counts varies less than the sum itself, which is therefore on the safe side.
    let noise = |frame: usize| PhaseCounts { net: read[frame], variance: net[frame], area: 0.0 };
    let counting_error_points =
        counting_error_points(noise(end_diastole), noise(end_systole), 0.0, smoothing(net.len(), protocol));
    Ok(Measurement {
        lvef_percent: ejection_fraction_percent(ed.net_counts, es.net_counts, net[end_diastole])?,
        fixed_roi_lvef_percent: None,
        frame_source: frame_source(protocol),
        end_diastole: ed,
        end_systole: es,
        background: None,
        background_sample: None,
        background_image: None,
        curve: time_activity(study, net, protocol.curve_harmonics.map(|_| read)),
        drop_off,
        counting_error_points,
    })
}

/// The ROI that counts are taken in, from one on the grid: grown or shrunk as the choices say.
fn with_margin(counts: &GridCounts<'_>, roi: Mask, choices: &RoiChoices) -> Mask {
    let spacing_mm = counts.spacing_mm(choices.background.assumed_field_mm());
    if choices.roi_margin_mm > 0.0 {
        roi.dilated_mm(choices.roi_margin_mm, spacing_mm)
    } else if choices.roi_margin_mm < 0.0 {
        roi.eroded_mm(-choices.roi_margin_mm, spacing_mm)
    } else {
        roi
    }
}

/// The curve that ED and ES counts are read from: itself, or its fit.
fn read_curve(net: &[f64], usable: &[bool], drop_off: &DropOff, harmonics: Option<usize>) -> Vec<f64> {
    harmonics.map_or_else(|| net.to_vec(), |harmonics| curve::fitted(net, usable, drop_off, harmonics))
}

/// The factor by which reading a fitted curve reduces the variance of one frame: terms / frames.
fn smoothing(frames: usize, protocol: &Protocol) -> f64 {
    protocol.curve_harmonics.map_or(1.0, |harmonics| ((2.0 * harmonics as f64 + 1.0) / frames as f64).min(1.0))
}

fn phase(counts: &GridCounts<'_>, frame: usize, area: usize, gross: f64, net_counts: f64) -> Phase {
    let area_px = area as f64;
    Phase {
        frame: frame + 1,
        area_mm2: counts.study().pixel_area_mm2().map(|pixel| pixel * counts.scale() * area_px),
        area_px,
        grid: counts.side(),
        counts: gross,
        net_counts,
    }
}

fn time_activity(study: &GatedStudy, net_counts: Vec<f64>, fitted_counts: Option<Vec<f64>>) -> TimeActivityCurve {
    TimeActivityCurve { frame_time_ms: study.gating.frame_time_ms, net_counts, fitted_counts }
}

fn frame_source(protocol: &Protocol) -> FrameSource {
    match (protocol.frames.ed_override, protocol.frames.es_override) {
        (None, None) => FrameSource::Automatic,
        _ => FrameSource::Override,
    }
}
