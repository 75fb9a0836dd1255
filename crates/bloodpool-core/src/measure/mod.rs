//! What is computed from counts and ROIs: one protocol's LVEF with everything between.

pub mod background;
pub mod background_image;
pub mod background_region;
mod by_frame;
pub mod counting_noise;
pub mod counts;
pub mod curve;
pub mod drawn_rois;
pub mod drop_off;
pub mod edited_fraction;
pub mod ejection_fraction;
pub mod frames;
mod kept;
mod measurement;
pub mod projection;
mod roi_counts;
pub mod smoothing;

use crate::protocol::Estimator;
use crate::{AnalysisError, GatedStudy, Mask, ModelIdentity, Protocol, Segmentation, SegmentationError};

pub use drawn_rois::{DrawnMeasurement, DrawnPhase, DrawnRoi, ErrorParts, error_parts, measure_drawn};
pub use kept::KeptFrames;
pub use measurement::{Background, FrameSource, Measurement, Phase, TimeActivityCurve};

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
    measure_protocol_again(study, segmentation, model, protocol, &mut KeptFrames::default())
}

/// The same, bit for bit, where what the outlines of unchanged frames gave is taken from `kept`.
///
/// # Errors
/// As [`measure_protocol`].
pub(crate) fn measure_protocol_again(
    study: &GatedStudy,
    segmentation: &Segmentation,
    model: &ModelIdentity,
    protocol: &Protocol,
    kept: &mut KeptFrames,
) -> Result<Measurement, AnalysisError> {
    check_shapes(study, segmentation)?;
    let kept = kept.of(&protocol.estimator, study.pixel_spacing_mm());
    match &protocol.estimator {
        Estimator::Roi(choices) => roi_counts::measure_roi(study, segmentation, protocol, choices, &mut kept.rois),
        Estimator::Unmixed => roi_counts::measure_unmixed(study, segmentation, model, protocol),
        Estimator::BackgroundImage(choices) => {
            background_image::measure_background_image(study, segmentation, model, protocol, choices, &mut kept.images)
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
