//! The modules that all results have: Patient, General Study, series, equipment and SOP Common (PS3.3 C.7, C.12.1).

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::context::ResultContext;
use super::instance::{Instance, InstanceReference};
use super::kind::Kind;
use crate::read::identity::SIMULATED;
use crate::write::elements::{put, put_items};

/// What comments of every object say.
pub(super) const RESEARCH_USE_ONLY: &str = "For research use only. Not for diagnosis or treatment.";

/// An object of this kind with the modules that all have, and with what `fill` puts into it.
pub(super) fn instance(
    context: &ResultContext,
    kind: Kind,
    number: u16,
    fill: impl FnOnce(&mut InMemDicomObject),
) -> Instance {
    let source = &context.source;
    let created = context.local(context.created);
    let reference = InstanceReference {
        study_uid: source.study_uid.clone(),
        series_uid: context.key.series_uid(kind),
        sop_class_uid: kind.sop_class_uid().into(),
        sop_uid: context.key.sop_uid(kind, number),
    };
    let mut object = InMemDicomObject::new_empty();
    put(&mut object, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    put(&mut object, tags::INSTANCE_CREATION_DATE, VR::DA, &created.date());
    put(&mut object, tags::INSTANCE_CREATION_TIME, VR::TM, &created.time());
    put(&mut object, tags::SOP_CLASS_UID, VR::UI, &reference.sop_class_uid);
    put(&mut object, tags::SOP_INSTANCE_UID, VR::UI, &reference.sop_uid);
    put(&mut object, tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, &created.offset());
    if source.simulated {
        put(&mut object, tags::SYNTHETIC_DATA, VR::CS, "YES");
    }
    let contribution = context.equipment.contribution(&context.algorithm);
    put_items(&mut object, tags::CONTRIBUTING_EQUIPMENT_SEQUENCE, vec![contribution]);

    put(&mut object, tags::STUDY_INSTANCE_UID, VR::UI, &source.study_uid);
    for attribute in &source.attributes {
        put(&mut object, attribute.tag, attribute.vr, &attribute.value);
    }

    put(&mut object, tags::MODALITY, VR::CS, kind.modality());
    put(&mut object, tags::SERIES_INSTANCE_UID, VR::UI, &reference.series_uid);
    put(&mut object, tags::SERIES_NUMBER, VR::IS, &kind.series_number().to_string());
    let mark = if source.simulated { format!("{SIMULATED} ") } else { String::new() };
    put(&mut object, tags::SERIES_DESCRIPTION, VR::LO, &(mark + kind.description()));
    if kind.is_image() {
        put(&mut object, tags::BODY_PART_EXAMINED, VR::CS, "HEART");
    }
    context.equipment.put_modules(&mut object);

    put(&mut object, tags::INSTANCE_NUMBER, VR::IS, &number.to_string());
    put(&mut object, tags::CONTENT_DATE, VR::DA, &created.date());
    put(&mut object, tags::CONTENT_TIME, VR::TM, &created.time());
    fill(&mut object);
    Instance { object, reference }
}
