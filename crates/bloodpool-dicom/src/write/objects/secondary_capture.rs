//! `SecondaryCaptureImage` and `MultiframeTrueColorSecondaryCapture`: pages, key frames and cine of a result (PS3.3 A.8.1, A.8.5).

use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::context::ResultContext;
use super::error::ObjectError;
use super::image_reference;
use super::instance::{CompositeObject, Instance};
use super::kind::Kind;
use super::modules::{RESEARCH_USE_ONLY, instance};
use super::rgb_frames::RgbFrames;
use crate::read::identity::SIMULATED;
use crate::write::acquisition::Code;
use crate::write::elements::{decimal, put, put_items};

/// A Secondary Capture Image (1.2.840.10008.5.1.4.1.1.7): one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct SecondaryCaptureImage(Instance);

impl SecondaryCaptureImage {
    /// `number`, from 1, tells the pages of one result apart.
    ///
    /// # Errors
    /// [`ObjectError::SeveralFrames`], [`ObjectError::Number`] for the number 0.
    pub fn new(context: &ResultContext, number: u16, picture: RgbFrames) -> Result<Self, ObjectError> {
        one_picture(context, Kind::SecondaryCapture, number, picture).map(Self)
    }

    /// A frame of the cycle with its contour, for archives that do not take a cine. `number`, from 1, tells those of one result
    /// apart. They are in a series of their own.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn key_frame(context: &ResultContext, number: u16, picture: RgbFrames) -> Result<Self, ObjectError> {
        one_picture(context, Kind::KeyFrame, number, picture).map(Self)
    }
}

impl CompositeObject for SecondaryCaptureImage {
    fn instance(&self) -> &Instance {
        &self.0
    }
}

fn one_picture(context: &ResultContext, kind: Kind, number: u16, picture: RgbFrames) -> Result<Instance, ObjectError> {
    if picture.frames() != 1 {
        return Err(ObjectError::SeveralFrames { frames: picture.frames() });
    }
    if number == 0 {
        return Err(ObjectError::Number { what: "the instance number", value: 0.0, expected: "1 or greater" });
    }
    Ok(instance(context, kind, number, |object| {
        put_image(object, context);
        picture.put_pixels(object);
    }))
}

/// A Multi-frame True Color Secondary Capture Image (1.2.840.10008.5.1.4.1.1.7.4): the cycle as a cine.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiframeTrueColorSecondaryCapture(Instance);

impl MultiframeTrueColorSecondaryCapture {
    /// `frame_time_ms` is the time for which a frame is shown.
    ///
    /// # Errors
    /// [`ObjectError::Number`] when the frame time is not positive and at most a minute.
    pub fn new(context: &ResultContext, frame_time_ms: f64, frames: RgbFrames) -> Result<Self, ObjectError> {
        if !(frame_time_ms > 0.0 && frame_time_ms <= 60_000.0) {
            let expected = "greater than 0 and at most 60000";
            return Err(ObjectError::Number { what: "the frame time in ms", value: frame_time_ms, expected });
        }
        Ok(Self(instance(context, Kind::MultiframeSecondaryCapture, 1, |object| {
            put_image(object, context);
            put(object, tags::NUMBER_OF_FRAMES, VR::IS, &frames.frames().to_string());
            let pointer = PrimitiveValue::Tags(vec![tags::FRAME_TIME].into());
            object.put(DataElement::new(tags::FRAME_INCREMENT_POINTER, VR::AT, pointer));
            put(object, tags::FRAME_TIME, VR::DS, &decimal(frame_time_ms));
            put(object, tags::RECOMMENDED_DISPLAY_FRAME_RATE, VR::IS, &rate(frame_time_ms));
            frames.put_pixels(object);
        })))
    }
}

impl CompositeObject for MultiframeTrueColorSecondaryCapture {
    fn instance(&self) -> &Instance {
        &self.0
    }
}

/// Whole frames per second, at least one.
fn rate(frame_time_ms: f64) -> String {
    format!("{:.0}", (1_000.0 / frame_time_ms).round().clamp(1.0, 1_000.0))
}

/// General Image, General Reference and SC Equipment, and that no pixel shows who the patient is.
fn put_image(object: &mut InMemDicomObject, context: &ResultContext) {
    put(object, tags::CONVERSION_TYPE, VR::CS, "WSD");
    put(object, tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY");
    put(object, tags::PATIENT_ORIENTATION, VR::CS, "");
    put(object, tags::BURNED_IN_ANNOTATION, VR::CS, "NO");
    put(object, tags::RECOGNIZABLE_VISUAL_FEATURES, VR::CS, "NO");
    put(object, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00");
    put(object, tags::DERIVATION_DESCRIPTION, VR::ST, &context.algorithm.description());
    let simulated = if context.source.simulated { format!("{SIMULATED}. ") } else { String::new() };
    put(object, tags::IMAGE_COMMENTS, VR::LT, &(simulated + RESEARCH_USE_ONLY));
    let source = |image| {
        let mut item = image_reference::of_image(image);
        let purpose = Code::dicom("121322", "Source image for image processing operation").item();
        put_items(&mut item, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![purpose]);
        item
    };
    let sources = context.source.images.iter().map(source).collect();
    put_items(object, tags::SOURCE_IMAGE_SEQUENCE, sources);
}
