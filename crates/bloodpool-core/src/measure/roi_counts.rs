//! Net counts as the sum over each frame's ROI less the background level, or as the sum of LV fraction x counts.

use std::sync::Arc;

use super::background;
use super::background_region::{Region, RimMean, rim_mean};
use super::by_frame::ByFrame;
use super::counts::GridCounts;
use super::curve;
use super::drop_off::DropOff;
use super::ejection_fraction::{PhaseCounts, counting_error_points, ejection_fraction_percent};
use super::frames::{self, PhaseFrames};
use super::measurement::{Background, FrameSource, Measurement, Phase, TimeActivityCurve};
use crate::protocol::{FrameCurve, Grid, RoiChoices};
use crate::{AnalysisError, FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation};

/// What outlines gave that did not change since, for one choice of ROIs.
#[derive(Debug, Clone, Default)]
pub(super) struct KeptRois {
    /// ROIs with their counts, by the mask of their frame.
    rois: ByFrame<RoiFrame>,
    /// Background regions round the ROI of a frame.
    regions: ByFrame<Region>,
}

/// What the outline of one frame gives.
#[derive(Debug, Clone)]
struct RoiFrame {
    /// On the grid, with its margin.
    roi: Mask,
    gross: f64,
    /// Where the choices have a rim.
    rim: Option<RimMean>,
}

impl RoiFrame {
    fn of(counts: &GridCounts<'_>, frame: FrameIndex, mask: &Mask, choices: &RoiChoices) -> Self {
        let roi = counts.with_margin(counts.mask(mask), choices);
        let spacing_mm = counts.spacing_mm(choices.background.assumed_field_mm());
        let rim = choices.rim.and_then(|rim| rim_mean(counts, frame, &roi, rim, spacing_mm));
        Self { gross: counts.gross(frame, &roi), rim, roi }
    }
}

/// Measures by [`crate::protocol::Estimator::Roi`]. The shapes of the segmentation have been checked. `kept`: of these choices.
pub(super) fn measure_roi(
    study: &GatedStudy,
    segmentation: &Segmentation,
    protocol: &Protocol,
    choices: &RoiChoices,
    kept: &mut KeptRois,
) -> Result<Measurement, AnalysisError> {
    let counts = GridCounts::new(study, choices.grid);
    let masks = &segmentation.masks;
    let by_frame: Vec<Arc<RoiFrame>> = FrameIndex::all(masks.len())
        .zip(masks)
        .map(|(frame, mask)| kept.rois.of(frame, mask, || RoiFrame::of(&counts, frame, mask, choices)))
        .collect();
    let rois: Vec<&Mask> = by_frame.iter().map(|frame| &frame.roi).collect();
    let rims: Vec<Option<RimMean>> = by_frame.iter().map(|frame| frame.rim).collect();
    let areas: Vec<usize> = rois.iter().map(|roi| roi.area()).collect();
    let usable: Vec<bool> = areas.iter().map(|&area| area > 0).collect();
    let drop_off = DropOff::of(study);
    let mut sampled = |end_systole: FrameIndex| {
        let at = end_systole.index();
        let region = || background::region(&counts, rois[at], choices);
        let region = kept.regions.of(end_systole, &masks[at], region).as_ref().clone();
        background::sample_in(&counts, &rois, end_systole, &drop_off, choices, region, &rims)
            .map_err(|reason| AnalysisError::EmptyBackground { protocol: protocol.name.clone(), reason })
    };

    let mut chosen = frames::first_pass(&counts, &rois, &usable, &drop_off, protocol)?;
    let mut background = sampled(chosen.end_systole)?;
    let gross: Vec<f64> = by_frame.iter().map(|frame| frame.gross).collect();
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

    let read = curve::read(&net, &usable, &drop_off, protocol.curve_harmonics);
    let (ed, es) = (end_diastole.index(), end_systole.index());
    let lvef_percent = ejection_fraction_percent(read[ed], read[es], gross[ed])?;
    let fixed_gross = counts.gross_of_all(rois[ed]);
    let fixed = curve::net(&fixed_gross, &vec![areas[ed]; areas.len()], &background);
    let fixed = curve::read(&fixed, &vec![true; usable.len()], &drop_off, protocol.curve_harmonics);
    let fixed_roi_lvef_percent = ejection_fraction_percent(fixed[ed], fixed[es], fixed_gross[ed]).ok();

    let phase = |frame: FrameIndex| {
        let at = frame.index();
        Phase::new(&counts, frame, areas[at], gross[at], read[at])
    };
    let noise = |frame: usize| {
        let area = areas[frame] as f64;
        PhaseCounts { net: read[frame], variance: gross[frame] + area * area * background.rim_variance[frame], area }
    };
    let counting_error_points = counting_error_points(
        noise(ed),
        noise(es),
        background.level_variance,
        curve::read_variance_factor(areas.len(), protocol.curve_harmonics),
    );
    Ok(Measurement {
        lvef_percent,
        fixed_roi_lvef_percent,
        frame_source: FrameSource::of(&protocol.frames),
        end_diastole: phase(end_diastole),
        end_systole: phase(end_systole),
        background: Some(Background {
            frame: background.frame,
            area_px: background.region.area() as f64,
            grid: counts.side(),
            mean_counts_per_pixel: background.by_frame[background.frame.index()],
            counts_per_pixel_by_frame: background.by_frame.clone(),
            region: background.region.clone(),
        }),
        background_sample: Some(background),
        background_image: None,
        curve: TimeActivityCurve::new(study, net, protocol.curve_harmonics.map(|_| read)),
        drop_off,
        counting_error_points,
    })
}

/// Measures by [`crate::protocol::Estimator::Unmixed`]. The shapes of the segmentation have been checked.
pub(super) fn measure_unmixed(
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
    // A frame without a ROI cannot be ED or ES: nobody could see what its number was computed from.
    let usable: Vec<bool> = areas.iter().map(|&area| area > 0).collect();
    let drop_off = DropOff::of(study);
    let net = curve::unmixed(study, fraction);
    let chosen = match protocol.frames.curve {
        FrameCurve::FixedRoi => frames::first_pass(&counts, masks, &usable, &drop_off, protocol)?,
        // No background, so that the curve does not wait for a first choice of ES.
        FrameCurve::Net => {
            let all = vec![true; net.len()];
            let smooth = curve::fitted(&net, &all, &drop_off, protocol.frames.harmonics);
            frames::choose(&smooth, &usable, &drop_off, &protocol.frames)?
        }
    };
    let PhaseFrames { end_diastole, end_systole } = chosen;
    let read = curve::read(&net, &vec![true; net.len()], &drop_off, protocol.curve_harmonics);
    let phase = |frame: FrameIndex| {
        let at = frame.index();
        Phase::new(&counts, frame, areas[at], counts.gross(frame, &masks[at]), read[at])
    };
    let (ed, es) = (phase(end_diastole), phase(end_systole));
    // A sum of fractions of counts varies less than the sum itself, which is therefore on the safe side.
    let noise = |frame: usize| PhaseCounts { net: read[frame], variance: net[frame], area: 0.0 };
    let counting_error_points = counting_error_points(
        noise(end_diastole.index()),
        noise(end_systole.index()),
        0.0,
        curve::read_variance_factor(net.len(), protocol.curve_harmonics),
    );
    Ok(Measurement {
        lvef_percent: ejection_fraction_percent(ed.net_counts, es.net_counts, net[end_diastole.index()])?,
        fixed_roi_lvef_percent: None,
        frame_source: FrameSource::of(&protocol.frames),
        end_diastole: ed,
        end_systole: es,
        background: None,
        background_sample: None,
        background_image: None,
        curve: TimeActivityCurve::new(study, net, protocol.curve_harmonics.map(|_| read)),
        drop_off,
        counting_error_points,
    })
}
