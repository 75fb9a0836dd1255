//! The modules of the NM Image IOD (DICOM PS3.3 A.5.4), filled from a study.

use bloodpool_core::study::GatedStudy;
use dicom_core::value::DataSetSequence;
use dicom_core::{DataElement, Length, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::WriteError;
use crate::read::identity::SIMULATED;
use crate::read::view::Projection;
use crate::uid::{uid_from, uid_from_bytes};

/// The data set and its SOP Instance UID.
pub(super) fn object(study: &GatedStudy) -> Result<(InMemDicomObject, String), WriteError> {
    let pixels = pixels(study)?;
    let uids = Uids::of(study, &pixels);
    let mut object = InMemDicomObject::new_empty();
    patient_and_study(&mut object, study, &uids);
    series_and_equipment(&mut object, study, &uids);
    image(&mut object, study, &uids, &pixels);
    frames(&mut object, study);
    acquisition(&mut object, study);
    object.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
    Ok((object, uids.sop))
}

/// Stored values, frame by frame, row by row.
fn pixels(study: &GatedStudy) -> Result<Vec<u16>, WriteError> {
    let whole = |((frame, row, column), &value): ((usize, usize, usize), &f32)| {
        if value.fract() == 0.0 && (0.0..=65_535.0).contains(&value) {
            Ok(value as u16)
        } else {
            Err(WriteError::Count { frame: frame + 1, row, column, value })
        }
    };
    study.counts().indexed_iter().map(whole).collect()
}

struct Uids {
    study: String,
    series: String,
    sop: String,
    frame_of_reference: String,
}

impl Uids {
    fn of(study: &GatedStudy, pixels: &[u16]) -> Self {
        let identity = &study.identity;
        // What the study is and all of its counts: two studies differ in one or the other.
        let mut source =
            format!("{identity:?}{:?}{:?}{:?}", study.gating, study.pixel_spacing_mm(), study.counts().dim());
        source.push_str(&uid_from_bytes(&pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect::<Vec<u8>>()));
        let given =
            |uid: &Option<String>, part: &str| uid.clone().unwrap_or_else(|| uid_from(&format!("{part} {source}")));
        let study_uid = given(&identity.study_uid, "study");
        let series = given(&identity.series_uid, "series");
        let sop = given(&identity.sop_uid, "instance");
        let frame_of_reference = uid_from(&format!("frame of reference {series}"));
        Self { study: study_uid, series, sop, frame_of_reference }
    }
}

fn patient_and_study(object: &mut InMemDicomObject, study: &GatedStudy, uids: &Uids) {
    let identity = &study.identity;
    put(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    put_known(object, tags::PATIENT_NAME, VR::PN, &identity.patient_name, 194);
    put_known(object, tags::PATIENT_ID, VR::LO, &identity.patient_id, 64);
    put_known(object, tags::PATIENT_BIRTH_DATE, VR::DA, &identity.birth_date, 8);
    put_known(object, tags::PATIENT_SEX, VR::CS, &identity.sex, 16);
    put(object, tags::STUDY_INSTANCE_UID, VR::UI, &uids.study);
    put_known(object, tags::STUDY_DATE, VR::DA, &identity.study_date, 8);
    put_known(object, tags::STUDY_TIME, VR::TM, &identity.study_time, 16);
    put(object, tags::REFERRING_PHYSICIAN_NAME, VR::PN, "");
    put(object, tags::STUDY_ID, VR::SH, "1");
    put(object, tags::ACCESSION_NUMBER, VR::SH, "");
    if identity.study_description.is_some() {
        put_known(object, tags::STUDY_DESCRIPTION, VR::LO, &identity.study_description, 64);
    }
}

fn series_and_equipment(object: &mut InMemDicomObject, study: &GatedStudy, uids: &Uids) {
    let identity = &study.identity;
    put(object, tags::MODALITY, VR::CS, "NM");
    put(object, tags::SERIES_INSTANCE_UID, VR::UI, &uids.series);
    put(object, tags::SERIES_NUMBER, VR::IS, "1");
    put(object, tags::BODY_PART_EXAMINED, VR::CS, "HEART");
    if identity.series_description.is_some() {
        put_known(object, tags::SERIES_DESCRIPTION, VR::LO, &identity.series_description, 64);
    }
    put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, &uids.frame_of_reference);
    put(object, tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    put_known(object, tags::MANUFACTURER, VR::LO, &identity.camera, 64);
    if identity.institution.is_some() {
        put_known(object, tags::INSTITUTION_NAME, VR::LO, &identity.institution, 64);
    }
}

/// General Image, Image Pixel, NM Image, SOP Common.
fn image(object: &mut InMemDicomObject, study: &GatedStudy, uids: &Uids, pixels: &[u16]) {
    put(object, tags::SOP_CLASS_UID, VR::UI, uids::NUCLEAR_MEDICINE_IMAGE_STORAGE);
    put(object, tags::SOP_INSTANCE_UID, VR::UI, &uids.sop);
    put(object, tags::INSTANCE_NUMBER, VR::IS, "1");
    put(object, tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\GATED\\EMISSION");
    put_known(object, tags::CONTENT_DATE, VR::DA, &study.identity.study_date, 8);
    put_known(object, tags::CONTENT_TIME, VR::TM, &study.identity.study_time, 16);
    if study.identity.simulated {
        put(object, tags::IMAGE_COMMENTS, VR::LT, &format!("{SIMULATED}: computed counts, not a patient"));
    }
    put_u16(object, tags::SAMPLES_PER_PIXEL, 1);
    put(object, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME2");
    put_u16(object, tags::ROWS, study.rows() as u16);
    put_u16(object, tags::COLUMNS, study.columns() as u16);
    put_u16(object, tags::BITS_ALLOCATED, 16);
    put_u16(object, tags::BITS_STORED, 16);
    put_u16(object, tags::HIGH_BIT, 15);
    put_u16(object, tags::PIXEL_REPRESENTATION, 0);
    if let Some([row, column]) = study.pixel_spacing_mm() {
        put(object, tags::PIXEL_SPACING, VR::DS, &format!("{}\\{}", decimal(row), decimal(column)));
    }
    let total: u64 = pixels.iter().map(|&pixel| u64::from(pixel)).sum();
    if let Ok(total) = i32::try_from(total) {
        put(object, tags::COUNTS_ACCUMULATED, VR::IS, &total.to_string());
    }
}

/// Multi-frame and NM Multi-frame: one detector, window and interval, and a time slot a frame.
fn frames(object: &mut InMemDicomObject, study: &GatedStudy) {
    let frames = study.frames();
    let vectors = [
        (tags::ENERGY_WINDOW_VECTOR, tags::NUMBER_OF_ENERGY_WINDOWS, 1),
        (tags::DETECTOR_VECTOR, tags::NUMBER_OF_DETECTORS, 1),
        (tags::RR_INTERVAL_VECTOR, tags::NUMBER_OF_RR_INTERVALS, 1),
        (tags::TIME_SLOT_VECTOR, tags::NUMBER_OF_TIME_SLOTS, frames as u16),
    ];
    put(object, tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string());
    let pointer: Vec<Tag> = vectors.iter().map(|&(vector, ..)| vector).collect();
    object.put(DataElement::new(tags::FRAME_INCREMENT_POINTER, VR::AT, PrimitiveValue::Tags(pointer.into())));
    for (vector, count, number) in vectors {
        let values: Vec<u16> = (1..=frames as u16).map(|slot| slot.min(number)).collect();
        object.put(DataElement::new(vector, VR::US, PrimitiveValue::U16(values.into())));
        put_u16(object, count, number);
    }
}

/// NM/PET Patient Orientation, NM Isotope, NM Detector, NM Multi-gated Acquisition.
fn acquisition(object: &mut InMemDicomObject, study: &GatedStudy) {
    let supine = code(
        "102538003",
        "recumbent",
        vec![(tags::PATIENT_ORIENTATION_MODIFIER_CODE_SEQUENCE, code("40199007", "supine", vec![]))],
    );
    put_items(object, tags::PATIENT_ORIENTATION_CODE_SEQUENCE, vec![supine]);
    put_items(object, tags::PATIENT_GANTRY_RELATIONSHIP_CODE_SEQUENCE, vec![code("102540008", "headfirst", vec![])]);

    let mut range = InMemDicomObject::new_empty();
    put(&mut range, tags::ENERGY_WINDOW_LOWER_LIMIT, VR::DS, "126");
    put(&mut range, tags::ENERGY_WINDOW_UPPER_LIMIT, VR::DS, "154");
    let mut window = InMemDicomObject::new_empty();
    put(&mut window, tags::ENERGY_WINDOW_NAME, VR::SH, "Tc99m");
    put_items(&mut window, tags::ENERGY_WINDOW_RANGE_SEQUENCE, vec![range]);
    put_items(object, tags::ENERGY_WINDOW_INFORMATION_SEQUENCE, vec![window]);
    let mut drug = InMemDicomObject::new_empty();
    put_items(&mut drug, tags::RADIONUCLIDE_CODE_SEQUENCE, vec![code("72454001", "^99m^Technetium", vec![])]);
    put_items(object, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, vec![drug]);

    let mut detector = InMemDicomObject::new_empty();
    put(&mut detector, tags::COLLIMATOR_GRID_NAME, VR::SH, "");
    put(&mut detector, tags::COLLIMATOR_TYPE, VR::CS, "PARA");
    detector.put(DataElement::new(tags::IMAGE_POSITION_PATIENT, VR::DS, PrimitiveValue::Empty));
    detector.put(DataElement::new(tags::IMAGE_ORIENTATION_PATIENT, VR::DS, PrimitiveValue::Empty));
    if let Some(view) = &study.identity.view {
        let item = match Projection::from_text(view) {
            Some(known) if known.code().1 == view => code(known.code().0, known.code().1, vec![]),
            _ => local_code(view),
        };
        put_items(&mut detector, tags::VIEW_CODE_SEQUENCE, vec![item]);
    }
    put_items(object, tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector]);

    let gating = &study.gating;
    let mut data = InMemDicomObject::new_empty();
    let times = [
        (tags::FRAME_TIME, VR::DS, gating.frame_time_ms),
        (tags::NOMINAL_INTERVAL, VR::IS, gating.rr_interval_ms),
        (tags::LOW_RR_VALUE, VR::IS, gating.rr_low_ms),
        (tags::HIGH_RR_VALUE, VR::IS, gating.rr_high_ms),
        (tags::INTERVALS_ACQUIRED, VR::IS, gating.beats_accepted.map(f64::from)),
        (tags::INTERVALS_REJECTED, VR::IS, gating.beats_rejected.map(f64::from)),
    ];
    for (tag, vr, value) in times {
        let text = value.map(|value| if vr == VR::DS { decimal(value) } else { format!("{value:.0}") });
        if text.is_some() || tag == tags::FRAME_TIME {
            put(&mut data, tag, vr, &text.unwrap_or_default());
        }
    }
    let mut gated = InMemDicomObject::new_empty();
    put(&mut gated, tags::TRIGGER_TIME, VR::DS, "0");
    put(&mut gated, tags::CARDIAC_FRAMING_TYPE, VR::LO, "FORW");
    put_items(&mut gated, tags::DATA_INFORMATION_SEQUENCE, vec![data]);
    put_items(object, tags::GATED_INFORMATION_SEQUENCE, vec![gated]);
    if gating.rr_low_ms.is_some() && gating.rr_high_ms.is_some() {
        put(object, tags::BEAT_REJECTION_FLAG, VR::CS, "Y");
    }
}

/// A code of SNOMED CT (PS3.16) with nested modifiers.
fn code(value: &str, meaning: &str, nested: Vec<(Tag, InMemDicomObject)>) -> InMemDicomObject {
    let mut item = coded("SCT", value, meaning);
    for (tag, inner) in nested {
        put_items(&mut item, tag, vec![inner]);
    }
    item
}

/// A view that has no standard code.
fn local_code(meaning: &str) -> InMemDicomObject {
    coded("99BLOODPOOL", "VIEW", meaning)
}

fn coded(scheme: &str, value: &str, meaning: &str) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::CODE_VALUE, VR::SH, value);
    put(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, scheme);
    put_known(&mut item, tags::CODE_MEANING, VR::LO, &Some(meaning.to_string()), 64);
    item
}

fn put(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &str) {
    object.put(DataElement::new(tag, vr, PrimitiveValue::from(value)));
}

/// A text that may be absent, without what its representation forbids, cut to the characters that it may have.
fn put_known(object: &mut InMemDicomObject, tag: Tag, vr: VR, value: &Option<String>, limit: usize) {
    let text = value.as_deref().unwrap_or_default();
    let clean: String = text.chars().filter(|c| !c.is_control() && *c != '\\').take(limit).collect();
    put(object, tag, vr, &clean);
}

fn put_u16(object: &mut InMemDicomObject, tag: Tag, value: u16) {
    object.put(DataElement::new(tag, VR::US, PrimitiveValue::from(value)));
}

fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::new(items, Length::UNDEFINED)));
}

/// A decimal string of at most 16 characters (PS3.5 6.2, DS).
fn decimal(value: f64) -> String {
    let plain = value.to_string();
    if plain.len() <= 16 {
        return plain;
    }
    (0..=14)
        .rev()
        .map(|digits| format!("{value:.digits$}"))
        .find(|text| text.len() <= 16)
        .unwrap_or_else(|| format!("{value:.6e}"))
}
