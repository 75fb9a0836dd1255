//! References to instances: items with SOP class, instance and frames, and lists of them by series (PS3.3 10.3, 10.8).

use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::instance::InstanceReference;
use crate::read::source_study::{SourceFrame, SourceImage, SourceStudy};
use crate::write::elements::{put, put_items};

/// SOP Class and SOP Instance UID of an image.
pub(super) fn of_image(image: &SourceImage) -> InMemDicomObject {
    of_instance(&image.sop_class_uid, &image.sop_uid)
}

/// SOP Class and SOP Instance UID.
pub(super) fn of_instance(sop_class_uid: &str, sop_uid: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::REFERENCED_SOP_CLASS_UID, VR::UI, sop_class_uid);
    put(&mut item, tags::REFERENCED_SOP_INSTANCE_UID, VR::UI, sop_uid);
    item
}

/// The image in which a frame is stored, and its number in it.
pub(super) fn of_frame(source: &SourceStudy, frame: SourceFrame) -> InMemDicomObject {
    let mut item = source.images.get(frame.image).map_or_else(InMemDicomObject::new_empty, of_image);
    if let Some(number) = frame.number {
        put(&mut item, tags::REFERENCED_FRAME_NUMBER, VR::IS, &number.to_string());
    }
    item
}

/// The images of the source by series: items of Referenced Series Sequence, with those of the images in `images`.
pub(super) fn by_series(source: &SourceStudy, images: Tag) -> Vec<InMemDicomObject> {
    let mut series: Vec<(&str, Vec<InMemDicomObject>)> = Vec::new();
    for image in &source.images {
        let item = of_image(image);
        match series.iter_mut().find(|(uid, _)| *uid == image.series_uid) {
            Some((_, items)) => items.push(item),
            None => series.push((&image.series_uid, vec![item])),
        }
    }
    series.into_iter().map(|(uid, items)| of_series(uid, images, items)).collect()
}

fn of_series(uid: &str, images: Tag, items: Vec<InMemDicomObject>) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::SERIES_INSTANCE_UID, VR::UI, uid);
    put_items(&mut item, images, items);
    item
}

/// An item of a sequence of SOP instances by study and series (PS3.3 C.17.2.1).
pub(super) fn of_study(study_uid: &str, series: Vec<InMemDicomObject>) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::STUDY_INSTANCE_UID, VR::UI, study_uid);
    put_items(&mut item, tags::REFERENCED_SERIES_SEQUENCE, series);
    item
}

/// The item that names one instance within its study.
pub(super) fn in_study(reference: &InstanceReference) -> InMemDicomObject {
    let instance = of_instance(&reference.sop_class_uid, &reference.sop_uid);
    let series = of_series(&reference.series_uid, tags::REFERENCED_SOP_SEQUENCE, vec![instance]);
    of_study(&reference.study_uid, vec![series])
}
