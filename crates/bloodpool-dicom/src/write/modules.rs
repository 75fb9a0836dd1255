//! The modules of the NM Image IOD (DICOM PS3.3 A.5.4), filled from a study.

use bloodpool_core::study::GatedStudy;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;

use super::acquisition::{Acquisition, Code, Framing};
use super::elements::{decimal, put, put_items, put_known, put_u16};
use super::file::WriteError;
use super::record;
use super::uids::Uids;
use crate::read::identity::SIMULATED;
use crate::read::view::Projection;

/// The data set and its SOP Instance UID.
pub(super) fn object(study: &GatedStudy, acquisition: &Acquisition) -> Result<(InMemDicomObject, String), WriteError> {
    let pixels = pixels(study)?;
    let uids = Uids::of(study, acquisition, &pixels);
    let mut object = InMemDicomObject::new_empty();
    patient_and_study(&mut object, study, &uids);
    series_and_equipment(&mut object, study, &uids);
    image(&mut object, study, acquisition, &uids, &pixels);
    frames(&mut object, study);
    acquisition.put_patient_and_isotope(&mut object, study);
    record::put_request(&mut object, &study.acquisition);
    detector(&mut object, study, acquisition);
    gating(&mut object, study, acquisition);
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

/// Patient and General Study.
fn patient_and_study(object: &mut InMemDicomObject, study: &GatedStudy, uids: &Uids) {
    let identity = &study.identity;
    put(object, tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192");
    put_known(object, tags::PATIENT_NAME, VR::PN, identity.patient_name.as_deref(), 194);
    put_known(object, tags::PATIENT_ID, VR::LO, identity.patient_id.as_deref(), 64);
    if identity.patient_id_issuer.is_some() {
        put_known(object, tags::ISSUER_OF_PATIENT_ID, VR::LO, identity.patient_id_issuer.as_deref(), 64);
    }
    put_known(object, tags::PATIENT_BIRTH_DATE, VR::DA, identity.birth_date.as_deref(), 8);
    put_known(object, tags::PATIENT_SEX, VR::CS, identity.sex.as_deref(), 16);
    put(object, tags::STUDY_INSTANCE_UID, VR::UI, &uids.study);
    put_known(object, tags::STUDY_DATE, VR::DA, identity.study_date.as_deref(), 8);
    put_known(object, tags::STUDY_TIME, VR::TM, identity.study_time.as_deref(), 16);
    put(object, tags::REFERRING_PHYSICIAN_NAME, VR::PN, "");
    put_known(object, tags::STUDY_ID, VR::SH, identity.study_id.as_deref(), 16);
    put_known(object, tags::ACCESSION_NUMBER, VR::SH, identity.accession_number.as_deref(), 16);
    if identity.study_description.is_some() {
        put_known(object, tags::STUDY_DESCRIPTION, VR::LO, identity.study_description.as_deref(), 64);
    }
}

/// General Series, Frame of Reference and General Equipment.
fn series_and_equipment(object: &mut InMemDicomObject, study: &GatedStudy, uids: &Uids) {
    let identity = &study.identity;
    put(object, tags::MODALITY, VR::CS, "NM");
    put(object, tags::SERIES_INSTANCE_UID, VR::UI, &uids.series);
    put(object, tags::SERIES_NUMBER, VR::IS, "1");
    put(object, tags::BODY_PART_EXAMINED, VR::CS, "HEART");
    if identity.series_description.is_some() {
        put_known(object, tags::SERIES_DESCRIPTION, VR::LO, identity.series_description.as_deref(), 64);
    }
    put(object, tags::FRAME_OF_REFERENCE_UID, VR::UI, &uids.frame_of_reference);
    put(object, tags::POSITION_REFERENCE_INDICATOR, VR::LO, "");
    put_known(object, tags::MANUFACTURER, VR::LO, identity.manufacturer.as_deref(), 64);
    if identity.model_name.is_some() {
        put_known(object, tags::MANUFACTURER_MODEL_NAME, VR::LO, identity.model_name.as_deref(), 64);
    }
    if identity.institution.is_some() {
        put_known(object, tags::INSTITUTION_NAME, VR::LO, identity.institution.as_deref(), 64);
    }
}

/// General Image, Image Pixel, NM Image, SOP Common.
fn image(object: &mut InMemDicomObject, study: &GatedStudy, acquisition: &Acquisition, uids: &Uids, pixels: &[u16]) {
    let identity = &study.identity;
    put(object, tags::SOP_CLASS_UID, VR::UI, uids::NUCLEAR_MEDICINE_IMAGE_STORAGE);
    put(object, tags::SOP_INSTANCE_UID, VR::UI, &uids.sop);
    put(object, tags::INSTANCE_NUMBER, VR::IS, "1");
    put(object, tags::IMAGE_TYPE, VR::CS, &format!("{}\\PRIMARY\\GATED\\EMISSION", acquisition.pixels.term()));
    let of_acquisition = [
        (tags::ACQUISITION_DATE, VR::DA, &identity.acquisition_date, 8),
        (tags::ACQUISITION_TIME, VR::TM, &identity.acquisition_time, 16),
    ];
    for (tag, vr, value, limit) in of_acquisition {
        if value.is_some() {
            put_known(object, tag, vr, value.as_deref(), limit);
        }
    }
    let date = identity.acquisition_date.as_ref().or(identity.study_date.as_ref());
    let time = identity.acquisition_time.as_ref().or(identity.study_time.as_ref());
    put_known(object, tags::CONTENT_DATE, VR::DA, date.map(String::as_str), 8);
    put_known(object, tags::CONTENT_TIME, VR::TM, time.map(String::as_str), 16);
    if identity.simulated {
        put(object, tags::SYNTHETIC_DATA, VR::CS, "YES");
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

/// Multi-frame and NM Multi-frame: one detector, window and interval, and one time slot per frame.
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

/// NM Detector.
fn detector(object: &mut InMemDicomObject, study: &GatedStudy, acquisition: &Acquisition) {
    let mut detector = acquisition.detector(&study.acquisition);
    if let Some(view) = &study.identity.view {
        let code = match Projection::from_text(view) {
            Some(known) if known.code().1 == view => Code::snomed(known.code().0, known.code().1),
            // A view that has no standard code.
            _ => Code { scheme: "99BLOODPOOL".into(), value: "VIEW".into(), meaning: view.clone() },
        };
        put_items(&mut detector, tags::VIEW_CODE_SEQUENCE, vec![code.item()]);
    }
    put_items(object, tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector]);
}

/// NM Multi-gated Acquisition.
fn gating(object: &mut InMemDicomObject, study: &GatedStudy, acquisition: &Acquisition) {
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
    if let Some(framing) = acquisition.framing {
        if framing == Framing::Forward {
            put(&mut gated, tags::TRIGGER_TIME, VR::DS, "0");
        }
        put(&mut gated, tags::CARDIAC_FRAMING_TYPE, VR::LO, framing.term());
    }
    put_items(&mut gated, tags::DATA_INFORMATION_SEQUENCE, vec![data]);
    put_items(object, tags::GATED_INFORMATION_SEQUENCE, vec![gated]);
    if gating.rr_low_ms.is_some() && gating.rr_high_ms.is_some() {
        put(object, tags::BEAT_REJECTION_FLAG, VR::CS, "Y");
    }
}
