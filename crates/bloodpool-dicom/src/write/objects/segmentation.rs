//! `Segmentation`: regions of a gated planar series, frame by frame, as a binary Segmentation (PS3.3 A.51).

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::context::ResultContext;
use super::error::ObjectError;
use super::image_reference;
use super::instance::{CompositeObject, Instance};
use super::kind::Kind;
use super::modules::instance;
use super::segment::{Segment, SegmentAlgorithmType};
use crate::read::source_study::SourceFrame;
use crate::write::acquisition::Code;
use crate::write::elements::{put, put_items, put_u16};

/// A Segmentation (1.2.840.10008.5.1.4.1.1.66.4) of type BINARY.
///
/// A gated planar image has no position in space, so its frames cannot be told apart by where they are:
///
/// - There is neither a Frame of Reference nor Pixel Measures, Plane Position or Plane Orientation. Each frame has the
///   Derivation Image functional group instead, and pixel by pixel corresponds to the frame of the source that Referenced
///   Frame Number gives (PS3.3 A.51.5.1).
/// - The dimensions are Referenced Segment Number (0062,000B) and Temporal Position Index (0020,9128), the number of the
///   frame in the cycle, from 1. Dimension Organization Type is left out: its values are for planes in space.
///
/// A frame is written for each mask, also where it is empty: not found is not the same as not drawn.
#[derive(Debug, Clone, PartialEq)]
pub struct Segmentation(Instance);

/// One frame of the segmentation.
struct Frame {
    /// Number of its segment, from 1.
    segment: u16,
    /// Number of the frame in the cycle, from 1.
    position: u32,
    source: SourceFrame,
}

impl Segmentation {
    /// # Errors
    /// [`ObjectError::NoSegment`], [`ObjectError::DoubleSegment`], [`ObjectError::MaskFrames`],
    /// [`ObjectError::MaskMatrix`], [`ObjectError::ImageSize`] for a matrix that is too large.
    pub fn new(context: &ResultContext, segments: &[Segment]) -> Result<Self, ObjectError> {
        let source = &context.source;
        if segments.is_empty() {
            return Err(ObjectError::NoSegment);
        }
        for (index, segment) in segments.iter().enumerate() {
            segment.check(source)?;
            if segments[..index].iter().any(|other| other.property == segment.property) {
                return Err(ObjectError::DoubleSegment);
            }
        }
        let [rows, columns] = source.matrix();
        let of_size = |_| ObjectError::ImageSize { frames: source.frames(), rows, columns };
        let size = (u16::try_from(rows).map_err(of_size)?, u16::try_from(columns).map_err(of_size)?);
        let (frames, pixels) = frames(context, segments);
        Ok(Self(instance(context, Kind::Segmentation, 1, |object| {
            put_image(object, size, segments);
            let items = (1..).zip(segments).map(|(number, segment)| item(context, number, segment)).collect();
            put_items(object, tags::SEGMENT_SEQUENCE, items);
            put_dimensions(object, context);
            put(object, tags::NUMBER_OF_FRAMES, VR::IS, &frames.len().to_string());
            put_items(object, tags::SHARED_FUNCTIONAL_GROUPS_SEQUENCE, vec![InMemDicomObject::new_empty()]);
            let groups = frames.iter().map(|frame| functional_groups(context, frame)).collect();
            put_items(object, tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, groups);
            let series = image_reference::by_series(source, tags::REFERENCED_INSTANCE_SEQUENCE);
            put_items(object, tags::REFERENCED_SERIES_SEQUENCE, series);
            object.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(pixels.into())));
        })))
    }
}

impl CompositeObject for Segmentation {
    fn instance(&self) -> &Instance {
        &self.0
    }
}

/// The frames by segment and time, and their pixels, one bit each, the first in the least significant bit of a byte
/// (PS3.5 8.1.1); frames follow one another without a gap.
fn frames(context: &ResultContext, segments: &[Segment]) -> (Vec<Frame>, Vec<u8>) {
    let mut frames = Vec::new();
    let mut bits = Vec::new();
    for (segment, number) in segments.iter().zip(1..) {
        let positions = segment.masks.iter().zip(&context.source.frames).zip(1..);
        for ((mask, &source), position) in positions {
            let Some(mask) = mask else { continue };
            frames.push(Frame { segment: number, position, source });
            bits.extend(mask.pixels().iter().copied());
        }
    }
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, &bit| (byte << 1) | u8::from(bit));
    let mut pixels: Vec<u8> = bits.chunks(8).map(byte).collect();
    if pixels.len() % 2 == 1 {
        pixels.push(0);
    }
    (frames, pixels)
}

/// General Image, Image Pixel and Segmentation Image (PS3.3 C.8.20.2), without the segments.
fn put_image(object: &mut InMemDicomObject, size: (u16, u16), segments: &[Segment]) {
    put(object, tags::IMAGE_TYPE, VR::CS, "DERIVED\\PRIMARY");
    put(object, tags::PATIENT_ORIENTATION, VR::CS, "");
    put(object, tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00");
    put_u16(object, tags::SAMPLES_PER_PIXEL, 1);
    put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    put_u16(object, tags::ROWS, size.0);
    put_u16(object, tags::COLUMNS, size.1);
    put_u16(object, tags::BITS_ALLOCATED, 1);
    put_u16(object, tags::BITS_STORED, 1);
    put_u16(object, tags::HIGH_BIT, 0);
    put_u16(object, tags::PIXEL_REPRESENTATION, 0);
    put(object, tags::SEGMENTATION_TYPE, VR::CS, "BINARY");
    put(object, tags::SEGMENTS_OVERLAP, VR::CS, if overlap(segments) { "YES" } else { "NO" });
    put(object, tags::CONTENT_LABEL, VR::CS, "LV");
    put(object, tags::CONTENT_DESCRIPTION, VR::LO, "Left ventricle per frame, research use only");
    put(object, tags::CONTENT_CREATOR_NAME, VR::PN, "");
}

/// Whether a pixel of a frame belongs to two segments.
fn overlap(segments: &[Segment]) -> bool {
    segments.iter().enumerate().any(|(index, segment)| {
        segments[index + 1..].iter().any(|other| {
            let pairs = segment.masks.iter().zip(&other.masks);
            pairs
                .filter_map(|(one, two)| one.as_ref().zip(two.as_ref()))
                .any(|(one, two)| one.pixels().iter().zip(two.pixels()).any(|(&one, &two)| one && two))
        })
    })
}

/// One item of Segment Sequence.
fn item(context: &ResultContext, number: u16, segment: &Segment) -> InMemDicomObject {
    let property = segment.property;
    let mut item = InMemDicomObject::new_empty();
    put_u16(&mut item, tags::SEGMENT_NUMBER, number);
    put(&mut item, tags::SEGMENT_LABEL, VR::LO, property.label());
    put(&mut item, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, segment.algorithm_type.term());
    put_items(&mut item, tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE, vec![property.category().item()]);
    put_items(&mut item, tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE, vec![property.kind().item()]);
    let color = PrimitiveValue::U16(property.display_cielab().to_vec().into());
    item.put(DataElement::new(tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE, VR::US, color));
    put(&mut item, tags::TRACKING_ID, VR::UT, property.label());
    let tracking_uid = context.key.part_uid(Kind::Segmentation, property.label());
    put(&mut item, tags::TRACKING_UID, VR::UI, &tracking_uid);
    if segment.algorithm_type != SegmentAlgorithmType::Manual {
        put(&mut item, tags::SEGMENT_ALGORITHM_NAME, VR::LO, context.algorithm.name());
    }
    // The family of an algorithm must be given (PS3.3 10.16), and there is no code for those without a model.
    if segment.algorithm_type != SegmentAlgorithmType::Manual && context.algorithm.is_learned() {
        let mut algorithm = InMemDicomObject::new_empty();
        let family = Code::dicom("123110", "Artificial Intelligence").item();
        put_items(&mut algorithm, tags::ALGORITHM_FAMILY_CODE_SEQUENCE, vec![family]);
        put(&mut algorithm, tags::ALGORITHM_NAME, VR::LO, context.algorithm.name());
        put(&mut algorithm, tags::ALGORITHM_VERSION, VR::LO, context.algorithm.version());
        put(&mut algorithm, tags::ALGORITHM_PARAMETERS, VR::LT, &context.algorithm.parameter_text());
        put_items(&mut item, tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE, vec![algorithm]);
    }
    item
}

/// Multi-frame Dimension (PS3.3 C.7.6.17).
fn put_dimensions(object: &mut InMemDicomObject, context: &ResultContext) {
    let uid = context.key.part_uid(Kind::Segmentation, "dimension organization");
    let mut organization = InMemDicomObject::new_empty();
    put(&mut organization, tags::DIMENSION_ORGANIZATION_UID, VR::UI, &uid);
    put_items(object, tags::DIMENSION_ORGANIZATION_SEQUENCE, vec![organization]);
    let tag = |tag: Tag| PrimitiveValue::Tags(vec![tag].into());
    let dimension = |pointer: Tag, group: Tag, label: &str| {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::DIMENSION_ORGANIZATION_UID, VR::UI, &uid);
        item.put(DataElement::new(tags::DIMENSION_INDEX_POINTER, VR::AT, tag(pointer)));
        item.put(DataElement::new(tags::FUNCTIONAL_GROUP_POINTER, VR::AT, tag(group)));
        put(&mut item, tags::DIMENSION_DESCRIPTION_LABEL, VR::LO, label);
        item
    };
    let dimensions = vec![
        dimension(tags::REFERENCED_SEGMENT_NUMBER, tags::SEGMENT_IDENTIFICATION_SEQUENCE, "Segment"),
        dimension(tags::TEMPORAL_POSITION_INDEX, tags::FRAME_CONTENT_SEQUENCE, "Frame of the cycle"),
    ];
    put_items(object, tags::DIMENSION_INDEX_SEQUENCE, dimensions);
}

/// Frame Content, Derivation Image and Segmentation macros of one frame.
fn functional_groups(context: &ResultContext, frame: &Frame) -> InMemDicomObject {
    let mut content = InMemDicomObject::new_empty();
    let numbers = |numbers: Vec<u32>| PrimitiveValue::U32(numbers.into());
    let index = numbers(vec![u32::from(frame.segment), frame.position]);
    content.put(DataElement::new(tags::DIMENSION_INDEX_VALUES, VR::UL, index));
    content.put(DataElement::new(tags::TEMPORAL_POSITION_INDEX, VR::UL, numbers(vec![frame.position])));

    let mut source = image_reference::of_frame(&context.source, frame.source);
    let purpose = Code::dicom("121322", "Source image for image processing operation").item();
    put_items(&mut source, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![purpose]);
    put(&mut source, tags::SPATIAL_LOCATIONS_PRESERVED, VR::CS, "YES");
    let mut derivation = InMemDicomObject::new_empty();
    let code = Code::dicom("113076", "Segmentation").item();
    put_items(&mut derivation, tags::DERIVATION_CODE_SEQUENCE, vec![code]);
    put_items(&mut derivation, tags::SOURCE_IMAGE_SEQUENCE, vec![source]);

    let mut segment = InMemDicomObject::new_empty();
    put_u16(&mut segment, tags::REFERENCED_SEGMENT_NUMBER, frame.segment);

    let mut groups = InMemDicomObject::new_empty();
    put_items(&mut groups, tags::FRAME_CONTENT_SEQUENCE, vec![content]);
    put_items(&mut groups, tags::DERIVATION_IMAGE_SEQUENCE, vec![derivation]);
    put_items(&mut groups, tags::SEGMENT_IDENTIFICATION_SEQUENCE, vec![segment]);
    groups
}
