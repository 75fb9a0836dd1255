//! Files of one study: patients are kept apart, copies are one, and what is not chosen is offered by name.

use std::fs;
use std::path::Path;

use bloodpool_dicom::{Plan, PlannedStudy, Problem, Selection, plan};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::support::{Scratch, beating_disc, detector, items, numbers, object, text};

fn planned(scratch: &Scratch) -> Plan {
    plan(&[scratch.path("in")], &Selection::default())
}

/// A gated file of study 1.1, whose SOP Instance UID is made of its name.
fn file(scratch: &Scratch, name: &str, change: impl FnOnce(&mut InMemDicomObject)) {
    fs::create_dir_all(scratch.path(name).parent().unwrap()).unwrap();
    let number = name.bytes().fold(7_u64, |hash, byte| hash.wrapping_mul(131).wrapping_add(byte.into()));
    scratch.changed(name, |file| {
        text(file, tags::STUDY_INSTANCE_UID, VR::UI, "1.1");
        text(file, tags::SOP_INSTANCE_UID, VR::UI, &format!("2.25.{number}"));
        change(file);
    });
}

fn looks_from(file: &mut InMemDicomObject, meaning: &str) {
    items(file, tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector("x", meaning)]);
}

/// The first frame loses its counts in one pixel: other frames than those of the disc.
fn other_counts(file: &mut InMemDicomObject, by: u16) {
    let mut values = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
    values[5] += by;
    file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn studies(plan: &Plan) -> Vec<&PlannedStudy> {
    plan.studies.iter().map(|study| study.as_ref().unwrap_or_else(|error| panic!("{error}"))).collect()
}

fn aside(study: &PlannedStudy) -> Vec<String> {
    study.set_aside.iter().map(|aside| format!("{}: {}", name(&aside.path), aside.reason)).collect()
}

#[test]
fn patients_under_one_study_uid_are_studies_of_their_own() {
    let scratch = Scratch::new();
    for number in 0..5 {
        file(&scratch, &format!("in/p{number}.dcm"), |file| {
            text(file, tags::PATIENT_ID, VR::LO, &format!("ANON{number}"));
            other_counts(file, number);
        });
    }
    let plan = planned(&scratch);
    let found = studies(&plan);
    assert_eq!(
        found.iter().map(|study| name(&study.path)).collect::<Vec<_>>(),
        ["p0.dcm", "p1.dcm", "p2.dcm", "p3.dcm", "p4.dcm"]
    );
    for study in found {
        assert_eq!(study.set_aside, []);
        let read = study.read().unwrap();
        assert_eq!(read.notes[0].code, "study_uid_shared");
        assert!(!read.notes[0].message.contains("ANON"), "{}", read.notes[0].message);
    }
}

#[test]
fn patients_are_told_apart_by_name_or_date_of_birth_too() {
    let scratch = Scratch::new();
    file(&scratch, "in/a.dcm", |_| {});
    file(&scratch, "in/b.dcm", |file| text(file, tags::PATIENT_NAME, VR::PN, "Other^Name"));
    file(&scratch, "in/c.dcm", |file| text(file, tags::PATIENT_BIRTH_DATE, VR::DA, "19010101"));
    // The same name in another spelling, on another view.
    file(&scratch, "in/ant.dcm", |file| {
        text(file, tags::PATIENT_NAME, VR::PN, "DISC BEATING");
        looks_from(file, "Anterior");
    });
    let plan = planned(&scratch);
    let found = studies(&plan);
    assert_eq!(found.iter().map(|study| name(&study.path)).collect::<Vec<_>>(), ["a.dcm", "b.dcm", "c.dcm"]);
    assert_eq!(aside(found[0]), ["ant.dcm: another view: Anterior"]);
}

#[test]
fn the_same_file_twice_is_one_and_said() {
    let scratch = Scratch::new();
    file(&scratch, "in/a.dcm", |_| {});
    fs::create_dir_all(scratch.path("in/backup")).unwrap();
    fs::copy(scratch.path("in/a.dcm"), scratch.path("in/backup/other name.dcm")).unwrap();
    // The same object with another header element.
    let mut again = dicom_object::open_file(scratch.path("in/a.dcm")).unwrap();
    text(&mut again, tags::STATION_NAME, VR::SH, "PACS");
    again.write_to_file(scratch.path("in/b.dcm")).unwrap();
    let plan = planned(&scratch);
    let found = studies(&plan);
    assert_eq!((found.len(), name(&found[0].path)), (1, "a.dcm".into()));
    let said = aside(found[0]);
    assert!(
        said[0].starts_with("b.dcm: the same image as") && said[0].ends_with("a.dcm, by SOP Instance UID and frames")
    );
    assert!(said[1].starts_with("other name.dcm: the same file as") && said[1].ends_with("in/a.dcm"), "{said:?}");
    assert!(found[0].set_aside.iter().all(|aside| aside.reason.code() == "duplicate"));
    // What is named is always tried.
    let named = plan_named(&scratch, &["in/a.dcm", "in/backup/other name.dcm"]);
    assert_eq!(named.studies.len(), 2);
}

fn plan_named(scratch: &Scratch, names: &[&str]) -> Plan {
    plan(&names.iter().map(|name| scratch.path(name)).collect::<Vec<_>>(), &Selection::default())
}

#[test]
fn a_uid_that_a_converter_kept_does_not_make_other_frames_a_copy() {
    let scratch = Scratch::new();
    for (name, by) in [("in/rest.dcm", 0), ("in/stress.dcm", 1)] {
        file(&scratch, name, |file| {
            text(file, tags::SOP_INSTANCE_UID, VR::UI, "1.9");
            other_counts(file, by);
        });
    }
    let plan = planned(&scratch);
    assert_eq!(plan.studies[0].as_ref().unwrap_err().code(), "several_views");
    // The same UID and frames with another view, or of another patient, are no copy either.
    file(&scratch, "in/stress.dcm", |file| {
        text(file, tags::SOP_INSTANCE_UID, VR::UI, "1.9");
        looks_from(file, "Anterior");
    });
    assert_eq!(aside(studies(&planned(&scratch))[0]), ["stress.dcm: another view: Anterior"]);
    file(&scratch, "in/stress.dcm", |file| {
        text(file, tags::SOP_INSTANCE_UID, VR::UI, "1.9");
        text(file, tags::PATIENT_ID, VR::LO, "other");
    });
    assert_eq!(studies(&planned(&scratch)).len(), 2);
}

#[test]
fn an_export_again_under_new_uids_is_a_copy_within_its_study() {
    let scratch = Scratch::new();
    for name in ["in/a.dcm", "in/b.dcm", "in/c.dcm"] {
        file(&scratch, name, |_| {});
    }
    let plan = planned(&scratch);
    let found = studies(&plan);
    assert_eq!((found.len(), name(&found[0].path)), (1, "a.dcm".into()));
    let said = aside(found[0]);
    assert!(said.len() == 2 && said[0].contains("the same frames as"), "{said:?}");
}

#[test]
fn frames_in_a_file_each_are_joined_though_the_folder_holds_them_twice() {
    let scratch = Scratch::new();
    let whole = object(&beating_disc(24, 64, 300.0));
    let values = whole.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
    for frame in 0..24_usize {
        let mut one = whole.clone();
        let pixels = values[frame * 4096..(frame + 1) * 4096].to_vec();
        one.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
        text(&mut one, tags::NUMBER_OF_FRAMES, VR::IS, "1");
        for tag in [tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR, tags::RR_INTERVAL_VECTOR] {
            numbers(&mut one, tag, &[1]);
        }
        // The converter kept the UID of the whole in all of its parts.
        numbers(&mut one, tags::TIME_SLOT_VECTOR, &[frame as u16 + 1]);
        let mut bytes = Vec::new();
        one.write_all(&mut bytes).unwrap();
        scratch.file(&format!("in/{frame:02}.dcm"), &bytes);
        scratch.file(&format!("in/copy/{frame:02} (1).dcm"), &bytes);
    }
    let plan = planned(&scratch);
    let found = studies(&plan);
    assert_eq!((found.len(), found[0].files().len(), found[0].set_aside.len()), (1, 24, 24));
    assert!(found[0].set_aside.iter().all(|aside| aside.reason.code() == "duplicate"));
    let read = found[0].read().unwrap();
    assert_eq!(read.files.len(), 24);
    assert_eq!(read.files[3].path, found[0].files()[3]);
    let bytes = fs::read(&read.files[3].path).unwrap();
    assert_eq!(read.files[3].sha256, bloodpool_files::sha256(&bytes));
}

#[test]
fn a_second_acquisition_is_offered_with_file_series_and_text() {
    let scratch = Scratch::new();
    for (name, view, series, number, by) in [
        ("in/r.dcm", "Left anterior oblique", "GBP rest", "3", 0),
        ("in/s.dcm", "Left anterior oblique", "GBP stress", "5", 1),
        ("in/t.dcm", "Anterior", "GBP ANT", "7", 2),
    ] {
        file(&scratch, name, |file| {
            looks_from(file, view);
            text(file, tags::SERIES_DESCRIPTION, VR::LO, series);
            text(file, tags::SERIES_NUMBER, VR::IS, number);
            other_counts(file, by);
        });
    }
    let plan = planned(&scratch);
    let error = plan.studies[0].as_ref().unwrap_err();
    let message = error.to_string();
    for said in [
        "study 1.1 has 3 gated files, of which 2 are LAO by (0054,0220) ViewCodeSequence, description or angle: ",
        "r.dcm (Left anterior oblique), series 3, 'GBP rest'; ",
        "s.dcm (Left anterior oblique), series 5, 'GBP stress'; ",
        "t.dcm (Anterior), series 7, 'GBP ANT'",
    ] {
        assert!(message.contains(said), "{message}");
    }
    let Problem::SeveralFiles { choices, .. } = &error.problem else { panic!("{error}") };
    let texts: Vec<&str> = choices.iter().map(|choice| choice.chosen_by.as_deref().unwrap()).collect();
    assert_eq!(texts, ["GBP rest", "GBP stress", "GBP ANT"]);
    // Each text chooses its file, and the others are set aside by name.
    for (index, text) in texts.iter().enumerate() {
        let selection = Selection { view: Some((*text).into()), ..Selection::default() };
        let chosen = chosen_by(&scratch, &selection);
        assert_eq!(chosen.studies[0].as_ref().unwrap().path, choices[index].path, "{text}");
    }
    let chosen = chosen_by(&scratch, &Selection { view: Some("GBP rest".into()), ..Selection::default() });
    assert_eq!(
        aside(studies(&chosen)[0]),
        [
            "s.dcm: another acquisition of the study: Left anterior oblique, series 5, 'GBP stress'; to analyse it, name the file itself",
            "t.dcm: another view: Anterior",
        ]
    );
    let none = chosen_by(&scratch, &Selection { view: Some("posterior".into()), ..Selection::default() });
    let message = none.studies[0].as_ref().unwrap_err().to_string();
    assert!(message.contains("3 gated files, none of which matches 'posterior' by"), "{message}");
}

fn chosen_by(scratch: &Scratch, selection: &Selection) -> Plan {
    plan(&[scratch.path("in")], selection)
}

#[test]
fn a_view_that_is_not_recorded_is_not_another_view() {
    let scratch = Scratch::new();
    file(&scratch, "in/lao.dcm", |_| {});
    file(&scratch, "in/unknown.dcm", |file| {
        looks_from(file, "");
        text(file, tags::SERIES_DESCRIPTION, VR::LO, "MUGA");
        other_counts(file, 1);
    });
    let plan = planned(&scratch);
    let found = studies(&plan);
    assert_eq!(
        aside(found[0]),
        ["unknown.dcm: its view is not recorded, so that it may be LAO, too; to analyse it, name the file itself"]
    );
    assert_eq!(found[0].set_aside[0].reason.code(), "view_not_recorded");
    // Two files without a view: neither is guessed.
    file(&scratch, "in/lao.dcm", |file| {
        looks_from(file, "");
        text(file, tags::SERIES_DESCRIPTION, VR::LO, "MUGA 2");
    });
    let plan = chosen_by(&scratch, &Selection::default());
    let message = plan.studies[0].as_ref().unwrap_err().to_string();
    let said =
        "2 gated files, none of which says by (0054,0220) ViewCodeSequence, description or angle that it is LAO: ";
    assert!(message.contains(said) && message.contains("unknown.dcm (view not recorded)"), "{message}");
}
