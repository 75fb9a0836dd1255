//! `VentricularFunction`: everything that one study tells of the ventricles beyond the LVEF.

use super::curve_function::CurveFunction;
use super::outline_share::OutlineShare;
use super::parametric::{ImageChoices, ImageInput, ParametricImages};
use super::phases::Phases;
use super::pixel_background::PixelBackground;
use super::quantity::Quantity;
use super::refusal::{Outcome, Refusal};
use super::regional::{CurveReading, SectorFunction, sector_functions};
use super::right_ventricle::{RightVentricularFunction, StrokeCounts, right_ventricle};
use super::sectors::{SECTORS, Sectors};
use super::valve_plane::ValvePlane;
use super::wall_motion::{WallMotion, wall_motion};
use crate::measure::{Measurement, measure_protocol};
use crate::protocol::Estimator;
use crate::{FrameIndex, GatedStudy, Mask, ModelIdentity, Protocol, RightVentricle, Segmentation};

/// What ventricular function is computed from.
#[derive(Debug, Clone, Copy)]
pub struct FunctionInput<'a> {
    /// The study as it was measured.
    pub study: &'a GatedStudy,
    /// The segmentation that was measured.
    pub segmentation: &'a Segmentation,
    /// Which model gave it: only named in errors.
    pub model: &'a ModelIdentity,
    /// The named protocol.
    pub protocol: &'a Protocol,
    /// What it measured, background image included.
    pub measured: &'a Measurement,
    /// What the outline adds to intervals, where the LVEF has a calibrated one.
    pub outline_share: Option<OutlineShare>,
}

/// Everything that one study tells of the ventricles beyond the LVEF.
///
/// Each part that the segmentation, the frame time or the counts do not allow is refused with its reason.
#[derive(Debug, Clone, PartialEq)]
pub struct VentricularFunction {
    /// The LV curve with its rates, times and fractions.
    pub curve: Outcome<CurveFunction>,
    /// Amplitude, phase, stroke volume, paradox and regional EF of every pixel.
    pub images: Outcome<ParametricImages>,
    /// Phases of both ventricles and of two walls.
    pub phases: Phases,
    /// EF and wall motion by sector.
    pub sectors: Outcome<SectorResults>,
    /// The right ventricle. Experimental.
    pub right_ventricle: Outcome<RightVentricularFunction>,
}

/// EF and wall motion of the LV by sector.
#[derive(Debug, Clone, PartialEq)]
pub struct SectorResults {
    /// Where the sectors lie.
    pub sectors: Sectors,
    /// EF of each, in the order of their numbers.
    pub ejection_fractions: Vec<SectorFunction>,
    /// Radial motion of the outline in each, in the same order.
    pub wall_motion: Vec<WallMotion>,
}

impl VentricularFunction {
    /// Of one measured study.
    #[must_use]
    pub fn of(input: FunctionInput<'_>) -> Self {
        if let Err(refusal) = check_shapes(&input) {
            return Self::refused(&refusal);
        }
        let FunctionInput { study, segmentation, protocol, measured, .. } = input;
        let curve = curve_of(&input).map(|mut curve| {
            curve.refuse(Quantity::TimeToPeakFilling, &Refusal::IntervalUnreliable);
            curve
        });
        let background = PixelBackground::of(study, segmentation, protocol, measured);
        let (ed, es) = (measured.end_diastole.frame, measured.end_systole.frame);
        let silhouette = &segmentation.masks[ed.index()];
        let images = background.as_ref().map_err(Clone::clone).and_then(|background| {
            let drop_off = &measured.drop_off;
            let frames = ImageInput { study, drop_off, background, end_diastole: ed, end_systole: es, silhouette };
            ParametricImages::new(frames, &ImageChoices::default())
        });
        let sectors = sectors_of(&input, silhouette);
        let cycle_ms = study.gating.frame_time_ms.map(|frame_ms| frame_ms * study.frames() as f64);
        let rv = right_masks(&input).map(|rv| &rv.masks[ed.index()]);
        let phases = Phases::of(images.as_ref(), silhouette, rv, sectors.as_ref(), cycle_ms);
        let sectors = sectors.and_then(|sectors| {
            let reading = CurveReading {
                drop_off: &measured.drop_off,
                end_diastole: ed,
                end_systole: es,
                harmonics: protocol.curve_harmonics,
            };
            let outlines = [ed, es].map(|frame| segmentation.masks[frame.index()].contour());
            let ejection_fractions = sector_functions(study, silhouette, &sectors, &background?, reading)?;
            let wall_motion = wall_motion(&outlines[0], &outlines[1], &sectors, study.pixel_spacing_mm());
            Ok(SectorResults { sectors, ejection_fractions, wall_motion })
        });
        Self {
            curve: curve.into(),
            images: images.into(),
            phases,
            sectors: sectors.into(),
            right_ventricle: right(&input).into(),
        }
    }

    /// All refused for one reason.
    fn refused(refusal: &Refusal) -> Self {
        Self {
            curve: Outcome::Refused(refusal.clone()),
            images: Outcome::Refused(refusal.clone()),
            phases: Phases::refused(refusal),
            sectors: Outcome::Refused(refusal.clone()),
            right_ventricle: Outcome::Refused(refusal.clone()),
        }
    }
}

/// The curve with every quantity; intervals have what the outline adds, where that is known.
pub(crate) fn curve_of(input: &FunctionInput<'_>) -> Result<CurveFunction, Refusal> {
    let curve = CurveFunction::of(input.study, input.segmentation, input.protocol, input.measured)?;
    Ok(match input.outline_share {
        Some(share) => curve.with_outline_share(share),
        None => curve,
    })
}

/// Masks, fraction and frames of the measurement must be those of the study.
fn check_shapes(input: &FunctionInput<'_>) -> Result<(), Refusal> {
    let FunctionInput { study, segmentation, measured, .. } = input;
    crate::measure::check_shapes(study, segmentation).map_err(|_| Refusal::Shapes)?;
    let frames = study.frames();
    let outside = |frame: FrameIndex| frame.index() >= frames;
    let odd = measured.curve.net_counts.len() != frames || measured.drop_off.kept.len() != frames;
    if odd || outside(measured.end_diastole.frame) || outside(measured.end_systole.frame) {
        return Err(Refusal::Shapes);
    }
    Ok(())
}

/// Sectors about the ED silhouette, from the landmarks of the same frame.
fn sectors_of(input: &FunctionInput<'_>, silhouette: &Mask) -> Result<Sectors, Refusal> {
    let spacing_mm = input.study.pixel_spacing_mm();
    let landmarks = input.segmentation.landmarks.as_ref().ok_or(Refusal::NoLandmarks)?;
    let landmarks = landmarks.get(input.measured.end_diastole.frame.index()).ok_or(Refusal::Shapes)?;
    let centre = silhouette.centroid().ok_or(Refusal::FewPixels { pixels: 0, needed: 1 })?;
    let valve_plane = ValvePlane::of(landmarks, centre, spacing_mm.unwrap_or([1.0, 1.0]))?;
    Sectors::about(silhouette, valve_plane, spacing_mm, SECTORS)
}

/// The right ventricle that was found, if it fits the study.
fn right_masks<'a>(input: &FunctionInput<'a>) -> Result<&'a RightVentricle, Refusal> {
    let rv = input.segmentation.rv.as_ref().ok_or(Refusal::NoRightVentricle)?;
    let study = input.study;
    let matrix = (study.rows(), study.columns());
    let fits = rv.masks.len() == study.frames() && rv.masks.iter().all(|mask| mask.dim() == matrix);
    if fits && rv.fraction.dim() == study.counts().dim() { Ok(rv) } else { Err(Refusal::Shapes) }
}

/// The RV as the preset `background_image` counts the LV: net counts in grown outlines, less the image that its own fraction gives.
fn right(input: &FunctionInput<'_>) -> Result<RightVentricularFunction, Refusal> {
    let FunctionInput { study, segmentation, protocol, measured, model, .. } = *input;
    let rv = right_masks(input)?;
    let mut alike = Protocol { frames: protocol.frames.clone(), ..Protocol::background_image() };
    if let Estimator::BackgroundImage(_) = protocol.estimator {
        alike.estimator = protocol.estimator.clone();
    }
    let Estimator::BackgroundImage(choices) = &mut alike.estimator else { return Err(Refusal::NoRightVentricle) };
    // The ratio of strokes compares like with like: the RV has no `standard` that could be mixed in.
    choices.mixture = 0.0;
    let choices = *choices;
    let left = if protocol.estimator == alike.estimator && protocol.curve_harmonics == alike.curve_harmonics {
        Ok(StrokeCounts::of(measured))
    } else {
        let by_image = measure_protocol(study, segmentation, model, &alike);
        by_image.map(|measured| StrokeCounts::of(&measured)).map_err(|_| Refusal::NoLeftCounts)
    };
    let background = PixelBackground::of_fraction(study, &rv.fraction, &measured.drop_off, &choices)?;
    let assumed_mm = choices.assumed_field_mm / study.columns() as f64;
    let spacing_mm = study.pixel_spacing_mm().unwrap_or([assumed_mm; 2]);
    let masks: Vec<Mask> = rv.masks.iter().map(|mask| mask.dilated_mm(choices.roi_margin_mm, spacing_mm)).collect();
    let harmonics = alike.curve_harmonics;
    right_ventricle(study, &masks, &background, &measured.drop_off, &alike.frames, harmonics, left)
}

#[cfg(test)]
mod tests;
