//! What the header records of injection, camera and indication, as hospitals write it and as no one should.

use bloodpool_core::AcquisitionRecord;
use bloodpool_core::study::acquisition::{Radiopharmaceutical, Recorded};
use bloodpool_dicom::{Selection, open_study};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::support::{Scratch, detector, items, numbers, text};

fn read(change: impl FnOnce(&mut InMemDicomObject)) -> AcquisitionRecord {
    let scratch = Scratch::new();
    let path = scratch.changed("study.dcm", change);
    open_study(&path, &Selection::default()).unwrap_or_else(|error| panic!("{error}")).study.acquisition
}

/// An item of a sequence of these texts.
fn item(texts: &[(Tag, VR, &str)]) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    texts.iter().for_each(|&(tag, vr, value)| text(&mut item, tag, vr, value));
    item
}

/// A file with these radiopharmaceuticals.
fn with_drugs(drugs: &[&[(Tag, VR, &str)]]) -> Vec<Radiopharmaceutical> {
    let drugs = drugs.iter().map(|drug| item(drug)).collect();
    read(|file| items(file, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, drugs)).radiopharmaceuticals
}

fn one(drug: &[(Tag, VR, &str)]) -> Radiopharmaceutical {
    with_drugs(&[drug]).remove(0)
}

/// Retired.
const REASON_FOR_STUDY: Tag = Tag(0x0032, 0x1030);
const DOSE: Tag = tags::RADIONUCLIDE_TOTAL_DOSE;
const START: Tag = tags::RADIOPHARMACEUTICAL_START_TIME;

/// The disc was acquired at 10:20:03.5 on 2024-02-29.
#[test]
fn what_a_camera_records_is_read() {
    let mut drug = item(&[
        (tags::RADIOPHARMACEUTICAL, VR::LO, "Tc-99m RBC (UltraTag)"),
        (DOSE, VR::DS, "740"),
        (START, VR::TM, "093503.5"),
    ]);
    let code = item(&[(tags::CODE_VALUE, VR::SH, "72454001"), (tags::CODE_MEANING, VR::LO, "^99m^Technetium")]);
    items(&mut drug, tags::RADIONUCLIDE_CODE_SEQUENCE, vec![code]);
    let record = read(|file| {
        items(file, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, vec![drug]);
        let mut camera = detector("399074003", "Left anterior oblique");
        text(&mut camera, tags::START_ANGLE, VR::DS, "137.5");
        text(&mut camera, tags::COLLIMATOR_GRID_NAME, VR::SH, "LEHR");
        text(&mut camera, tags::COLLIMATOR_TYPE, VR::CS, "PARA");
        items(file, tags::DETECTOR_INFORMATION_SEQUENCE, vec![camera]);
        let request = item(&[(tags::REASON_FOR_THE_REQUESTED_PROCEDURE, VR::LO, "Before doxorubicin")]);
        items(file, tags::REQUEST_ATTRIBUTES_SEQUENCE, vec![request]);
    });
    let expected = AcquisitionRecord {
        radiopharmaceuticals: vec![Radiopharmaceutical {
            name: Some("Tc-99m RBC (UltraTag)".into()),
            radionuclide: Some("Technetium-99m".into()),
            activity_mbq: Some(Recorded::Clear(740.0)),
            minutes_from_injection: Some(Recorded::Clear(45.0)),
        }],
        camera_angle_degrees: Some(Recorded::Clear(137.5)),
        collimator: Some("LEHR".into()),
        indication: Some("Before doxorubicin".into()),
    };
    assert_eq!(record, expected);
}

#[test]
fn codes_stand_for_texts_that_are_absent() {
    let mut drug = item(&[]);
    let coded = |meaning: &[(Tag, VR, &str)]| vec![item(meaning)];
    items(&mut drug, tags::RADIONUCLIDE_CODE_SEQUENCE, coded(&[(tags::CODE_VALUE, VR::SH, "C-163A8")]));
    let meaning = [(tags::CODE_MEANING, VR::LO, "Technetium Tc^99m^ labeled RBC")];
    items(&mut drug, tags::RADIOPHARMACEUTICAL_CODE_SEQUENCE, coded(&meaning));
    let record = read(|file| {
        items(file, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, vec![drug]);
        let reason = [(tags::CODE_MEANING, VR::LO, "Cardiotoxicity")];
        items(file, tags::REASON_FOR_REQUESTED_PROCEDURE_CODE_SEQUENCE, coded(&reason));
    });
    let drug = &record.radiopharmaceuticals[0];
    assert_eq!(drug.name.as_deref(), Some("Technetium Tc^99m^ labeled RBC"));
    assert_eq!(drug.radionuclide.as_deref(), Some("Technetium-99m"));
    assert_eq!(record.indication.as_deref(), Some("Cardiotoxicity"));
    // What was requested, and what the patient was admitted for, is no indication.
    let none = read(|file| {
        text(file, tags::REQUESTED_PROCEDURE_DESCRIPTION, VR::LO, "MUGA");
        text(file, tags::ADMITTING_DIAGNOSES_DESCRIPTION, VR::LO, "Fracture");
    });
    assert_eq!(none.indication, None);
    let retired = read(|file| text(file, REASON_FOR_STUDY, VR::LO, "Heart failure"));
    assert_eq!(retired.indication.as_deref(), Some("Heart failure"));
}

#[test]
fn an_activity_without_a_clear_unit_is_kept_as_it_is_written() {
    let activity = |value: &str| one(&[(DOSE, VR::DS, value), (tags::RADIOPHARMACEUTICAL, VR::LO, "RBC")]).activity_mbq;
    assert_eq!(activity("925"), Some(Recorded::Clear(925.0)));
    assert_eq!(activity("7.4E+08"), Some(Recorded::Clear(740.0)));
    for unclear in ["25", "-740", "0", "NaN", "1e400", "20 mCi"] {
        assert_eq!(activity(unclear), Some(Recorded::Unclear(unclear.into())), "{unclear}");
    }
    assert_eq!(activity(""), None);
    let long = "9".repeat(500);
    assert!(matches!(activity(&long), Some(Recorded::Unclear(text)) if text.chars().count() == 25));
}

#[test]
fn a_time_of_injection_that_does_not_fit_is_kept_as_it_is_written() {
    let minutes = |tag: Tag, vr: VR, value: &str| one(&[(tag, vr, value)]).minutes_from_injection.unwrap();
    let whole = tags::RADIOPHARMACEUTICAL_START_DATE_TIME;
    assert_eq!(minutes(whole, VR::DT, "20240229095003.5+0900"), Recorded::Clear(30.0));
    assert_eq!(minutes(START, VR::TM, "2350"), Recorded::Clear(630.0 + 3.0 / 60.0));
    for (tag, vr, value) in [
        (START, VR::TM, "1030"),
        (START, VR::TM, "9999"),
        (START, VR::TM, "morning"),
        (whole, VR::DT, "20240228"),
        (whole, VR::DT, "20240101093503"),
        (whole, VR::DT, "é"),
    ] {
        assert!(matches!(minutes(tag, vr, value), Recorded::Unclear(_)), "{value}");
    }
    let drug = [(START, VR::TM, "0935")];
    let record = read(|file| {
        items(file, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, vec![item(&drug)]);
        file.remove_element(tags::ACQUISITION_TIME);
    });
    assert_eq!(record.radiopharmaceuticals[0].minutes_from_injection, Some(Recorded::Unclear("0935".into())));
}

#[test]
fn an_absurd_angle_is_kept_as_it_is_written_and_zero_may_mean_not_known() {
    let angle = |value: &str| {
        let record = read(|file| {
            let mut camera = detector("399074003", "Left anterior oblique");
            text(&mut camera, tags::START_ANGLE, VR::DS, value);
            items(file, tags::DETECTOR_INFORMATION_SEQUENCE, vec![camera]);
        });
        record.camera_angle_degrees
    };
    assert_eq!(angle("-225"), Some(Recorded::Clear(135.0)));
    for unclear in ["720", "0", "NaN", "LAO 45"] {
        assert_eq!(angle(unclear), Some(Recorded::Unclear(unclear.into())), "{unclear}");
    }
    assert_eq!(angle(" "), None);
}

#[test]
fn the_angle_is_that_of_the_detector_that_is_read() {
    let record = read(|file| {
        let mut lao = detector("399074003", "Left anterior oblique");
        text(&mut lao, tags::START_ANGLE, VR::DS, "135");
        let mut anterior = detector("399321004", "Anterior projection");
        text(&mut anterior, tags::START_ANGLE, VR::DS, "180");
        items(file, tags::DETECTOR_INFORMATION_SEQUENCE, vec![anterior, lao]);
        numbers(file, tags::DETECTOR_VECTOR, &[2; 24]);
    });
    assert_eq!(record.camera_angle_degrees, Some(Recorded::Clear(135.0)));
}

#[test]
fn hostile_texts_are_cleaned_and_cut() {
    let record = read(|file| {
        let request = item(&[(
            tags::REASON_FOR_THE_REQUESTED_PROCEDURE,
            VR::LO,
            &format!("<b>chemo\u{7}\u{202e}\n</b>\\second{}", "x".repeat(5000)),
        )]);
        items(file, tags::REQUEST_ATTRIBUTES_SEQUENCE, vec![request]);
        let drugs = (0..200).map(|at| item(&[(tags::RADIOPHARMACEUTICAL, VR::LO, &format!("drug {at}"))])).collect();
        items(file, tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE, drugs);
        // Bytes that are not text in the character set of the file.
        let bytes = PrimitiveValue::U8(vec![0xFF, 0xFE, 0xC3, 0x28].into());
        file.put(DataElement::new(REASON_FOR_STUDY, VR::UN, bytes));
    });
    let indication = record.indication.unwrap();
    assert!(indication.starts_with("<b>chemo </b>; second") && indication.ends_with("x\u{2026}"), "{indication}");
    assert_eq!(indication.chars().count(), 301);
    assert_eq!(record.radiopharmaceuticals.len(), 8);
    // The same item twice is one.
    let same = [(tags::RADIOPHARMACEUTICAL, VR::LO, "RBC")];
    assert_eq!(with_drugs(&[&same, &same, &[]]).len(), 1);
}

/// PS3.5 H.3.2 writes Korean by ISO 2022 after an empty first character set.
#[test]
fn an_indication_in_korean_is_decoded() {
    let record = read(|file| {
        text(file, tags::SPECIFIC_CHARACTER_SET, VR::CS, "\\ISO 2022 IR 149");
        let bytes = PrimitiveValue::U8(b"\x1b$)C\xbd\xc9\xc0\xe5".to_vec().into());
        let mut request = InMemDicomObject::new_empty();
        request.put(DataElement::new(tags::REASON_FOR_THE_REQUESTED_PROCEDURE, VR::LO, bytes));
        items(file, tags::REQUEST_ATTRIBUTES_SEQUENCE, vec![request]);
    });
    assert_eq!(record.indication.as_deref(), Some("심장"));
}
