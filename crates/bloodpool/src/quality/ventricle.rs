//! Checks of the ROIs: missing, jumping, cut by the edge of the image, without a scale.

use super::{Warning, named};
use crate::measure::Measurement;
use crate::protocol::{ASSUMED_FIELD_MM, BackgroundRegion, Estimator};
use crate::{GatedStudy, Mask, Protocol};

/// An area that differs from the mean of its neighbours' by more than this fraction of the largest area is no
/// contraction: even with 8 frames a cycle, a normal LV bends its area curve by a tenth.
pub const AREA_JUMP_FRACTION: f64 = 0.2;

/// `pixel_spacing_absent`: areas can't be given in mm², and distances in mm rest on an assumed field of view.
#[must_use]
pub(super) fn check_pixel_spacing(study: &GatedStudy, protocol: &Protocol) -> Option<Warning> {
    if study.pixel_spacing_mm().is_some() {
        return None;
    }
    let field_mm = match &protocol.estimator {
        Estimator::Roi(choices) => match choices.background {
            BackgroundRegion::Arc { assumed_field_mm, .. } => Some(assumed_field_mm),
            BackgroundRegion::Ring { .. } => {
                (choices.roi_margin_mm != 0.0 || choices.rim.is_some()).then_some(ASSUMED_FIELD_MM)
            }
        },
        Estimator::BackgroundImage(choices) => Some(choices.assumed_field_mm),
        Estimator::Unmixed => None,
    };
    let assumed = field_mm.map_or_else(String::new, |field_mm| {
        format!(" The ROIs' distances in mm assume a field of view {field_mm:.0} mm across.")
    });
    Some(Warning {
        code: "pixel_spacing_absent",
        message: format!("Pixel spacing is not recorded; areas are given in pixels only.{assumed}"),
    })
}

/// `ventricle_missing`: no LV on some frame that is neither ED nor ES.
#[must_use]
pub(super) fn check_missing(masks: &[Mask], measurement: &Measurement) -> Option<Warning> {
    let phases = [measurement.end_diastole.frame, measurement.end_systole.frame];
    let missing: Vec<usize> = (1..)
        .zip(masks)
        .filter(|(frame, mask)| mask.is_empty() && !phases.contains(frame))
        .map(|(frame, _)| frame)
        .collect();
    (!missing.is_empty()).then(|| Warning {
        code: "ventricle_missing",
        message: format!("No left ventricle was found on {}; the curve is not to be trusted there.", named(&missing)),
    })
}

/// `roi_area_jump`: an LV area that does not fit those of the frames before and after it.
#[must_use]
pub(super) fn check_area_jumps(masks: &[Mask]) -> Option<Warning> {
    let areas: Vec<f64> = masks.iter().map(|mask| mask.area() as f64).collect();
    let frames = areas.len();
    let largest = areas.iter().copied().fold(0.0, f64::max);
    let jumps: Vec<usize> = (0..frames)
        .filter(|&frame| {
            let (before, after) = (areas[(frame + frames - 1) % frames], areas[(frame + 1) % frames]);
            // Missing ventricles have their own warning.
            areas[frame] > 0.0
                && before > 0.0
                && after > 0.0
                && (areas[frame] - before.midpoint(after)).abs() > AREA_JUMP_FRACTION * largest
        })
        .map(|frame| frame + 1)
        .collect();
    (!jumps.is_empty()).then(|| Warning {
        code: "roi_area_jump",
        message: format!(
            "The LV area jumps at {} by more than {:.0} % of its largest; look at the outlines.",
            named(&jumps),
            AREA_JUMP_FRACTION * 100.0
        ),
    })
}

/// `lv_touches_edge`: the LV may be cut off.
#[must_use]
pub(super) fn check_edge(masks: &[Mask]) -> Option<Warning> {
    let touching: Vec<usize> =
        (1..).zip(masks).filter(|(_, mask)| mask.touches_edge()).map(|(frame, _)| frame).collect();
    (!touching.is_empty()).then(|| Warning {
        code: "lv_touches_edge",
        message: format!("The LV touches the edge of the image on {}; part of it may be missing.", named(&touching)),
    })
}
