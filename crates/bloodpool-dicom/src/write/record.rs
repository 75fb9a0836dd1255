//! What a study records of its acquisition: activity and time of injection, angle of the camera, collimator, indication.

use bloodpool_core::study::acquisition::{Radiopharmaceutical, Recorded, injection_time};
use bloodpool_core::{AcquisitionRecord, StudyIdentity};
use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::elements::{decimal, put, put_items, put_known};
use crate::uid::UidSource;

/// Adds everything that is recorded to the source of a UID; what is not recorded changes nothing.
pub(super) fn identify(record: &AcquisitionRecord, source: UidSource) -> UidSource {
    let AcquisitionRecord { radiopharmaceuticals, camera_angle_degrees, collimator, indication } = record;
    let text = |recorded: &Option<Recorded>| {
        recorded.as_ref().map(|recorded| match recorded {
            Recorded::Clear(number) => number.to_string(),
            Recorded::Unclear(text) => format!("unclear {text}"),
        })
    };
    let source = source
        .optional("camera_angle_degrees", text(camera_angle_degrees))
        .optional("collimator_name", collimator.as_deref())
        .optional("indication", indication.as_deref());
    radiopharmaceuticals.iter().fold(source, |source, drug| {
        source
            .optional("drug", drug.name.as_deref())
            .optional("drug_radionuclide", drug.radionuclide.as_deref())
            .optional("drug_activity_mbq", text(&drug.activity_mbq))
            .optional("drug_minutes", text(&drug.minutes_from_injection))
    })
}

/// One item of Radiopharmaceutical Information Sequence (PS3.3 C.8.4.10), without its codes. A number whose meaning is unclear is left out.
pub(super) fn radiopharmaceutical(drug: &Radiopharmaceutical, identity: &StudyIdentity) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    if drug.name.is_some() {
        put_known(&mut item, tags::RADIOPHARMACEUTICAL, VR::LO, drug.name.as_deref(), 64);
    }
    let clear = |recorded: &Option<Recorded>| recorded.as_ref().and_then(Recorded::clear);
    if let Some(mbq) = clear(&drug.activity_mbq) {
        put(&mut item, tags::RADIONUCLIDE_TOTAL_DOSE, VR::DS, &decimal(mbq));
    }
    let acquired = identity.acquisition_time.as_deref();
    let injected = clear(&drug.minutes_from_injection).zip(acquired);
    if let Some(time) = injected.and_then(|(minutes, acquired)| injection_time(minutes, acquired)) {
        put(&mut item, tags::RADIOPHARMACEUTICAL_START_TIME, VR::TM, &time);
    }
    item
}

/// Collimator name and angle of a detector (PS3.3 C.8.4.11).
pub(super) fn put_of_detector(detector: &mut InMemDicomObject, record: &AcquisitionRecord) {
    put_known(detector, tags::COLLIMATOR_GRID_NAME, VR::SH, record.collimator.as_deref(), 16);
    if let Some(degrees) = record.camera_angle_degrees.as_ref().and_then(Recorded::clear) {
        put(detector, tags::START_ANGLE, VR::DS, &decimal(degrees));
    }
}

/// The indication, in Request Attributes Sequence (PS3.3 10.6).
pub(super) fn put_request(object: &mut InMemDicomObject, record: &AcquisitionRecord) {
    if record.indication.is_none() {
        return;
    }
    let mut request = InMemDicomObject::new_empty();
    put_known(&mut request, tags::REASON_FOR_THE_REQUESTED_PROCEDURE, VR::LO, record.indication.as_deref(), 64);
    put_items(object, tags::REQUEST_ATTRIBUTES_SEQUENCE, vec![request]);
}
