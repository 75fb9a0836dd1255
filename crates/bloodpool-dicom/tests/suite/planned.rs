//! Files and folders become studies: one LAO view each, in a stable order, with nothing dropped in silence.

use std::path::PathBuf;

use bloodpool_dicom::{PlannedStudy, ReadError, Selection, plan};
use dicom_core::VR;
use dicom_dictionary_std::tags;

use crate::support::{Scratch, detector, items, text};

type Planned = Vec<Result<PlannedStudy, ReadError>>;

fn planned(inputs: &[PathBuf], view: Option<&str>) -> Planned {
    plan(inputs, &Selection { view: view.map(Into::into), ..Selection::default() }).studies
}

/// A gated file of study `uid` that says it looks from `meaning`.
fn view(scratch: &Scratch, name: &str, uid: &str, meaning: &str) -> PathBuf {
    let path = scratch.path(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    scratch.changed(name, |file| {
        text(file, tags::STUDY_INSTANCE_UID, VR::UI, uid);
        items(file, tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector("x", meaning)]);
    })
}

fn names(planned: &Planned) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().into_owned();
    planned
        .iter()
        .map(|entry| match entry {
            Ok(study) => name(&study.path),
            Err(error) => format!("{} {}", name(&error.path), error.code()),
        })
        .collect()
}

#[test]
fn a_folder_gives_the_lao_of_each_study() {
    let scratch = Scratch::new();
    view(&scratch, "in/b/ant.dcm", "1.1", "Anterior");
    view(&scratch, "in/b/lao.dcm", "1.1", "Left anterior oblique");
    view(&scratch, "in/a/only.dcm", "1.2", "");
    view(&scratch, "in/b/z_lat.dcm", "1.1", "Left lateral");
    let mut still = dicom_object::open_file(view(&scratch, "in/b/still.dcm", "1.1", "LAO")).unwrap();
    text(&mut still, tags::IMAGE_TYPE, VR::CS, "ORIGINAL\\PRIMARY\\STATIC\\EMISSION");
    still.write_to_file(scratch.path("in/b/still.dcm")).unwrap();
    for skipped in ["in/DICOMDIR", "in/b/picture.PNG", "in/truth.json", "in/.hidden", "in/.git/object"] {
        scratch.file(skipped, b"not DICOM");
    }
    let plan = planned(&[scratch.path("in")], None);
    assert_eq!(names(&plan), ["only.dcm", "lao.dcm"]);
    let aside = &plan[1].as_ref().unwrap().set_aside;
    let reasons: Vec<String> =
        aside.iter().map(|file| format!("{} {}", file.path.file_name().unwrap().display(), file.reason)).collect();
    assert_eq!(reasons[0], "ant.dcm another view: Anterior");
    assert_eq!(reasons[1], "z_lat.dcm another view: Left lateral");
    assert!(reasons[2].starts_with("still.dcm (0008,0008) ImageType is ORIGINAL\\PRIMARY\\STATIC"), "{reasons:?}");
    assert_eq!(names(&planned(&[scratch.path("in/b")], Some("posterior"))), ["b several_views"]);
    assert_eq!(names(&planned(&[scratch.path("in/b")], Some("lateral"))), ["z_lat.dcm"]);
    assert_eq!(names(&planned(&[scratch.path("in/b")], Some("anterior"))), ["ant.dcm"]);
    assert!(plan.iter().all(|study| study.as_ref().unwrap().read().is_ok()));
}

#[test]
fn files_that_are_named_are_all_tried() {
    let scratch = Scratch::new();
    let ant = view(&scratch, "ant.dcm", "1.1", "Anterior");
    let lao = view(&scratch, "lao.dcm", "1.1", "Left anterior oblique");
    let picture = scratch.file("picture.png", b"not DICOM");
    let plan = planned(&[lao, picture, ant], None);
    assert_eq!(names(&plan), ["lao.dcm", "picture.png", "ant.dcm"]);
    assert_eq!(plan[1].as_ref().unwrap().read().unwrap_err().code(), "not_dicom");
}

#[test]
fn several_lao_files_of_one_study_are_named_not_guessed() {
    let scratch = Scratch::new();
    view(&scratch, "in/rest.dcm", "1.1", "LAO rest");
    view(&scratch, "in/stress.dcm", "1.1", "LAO stress");
    let plan = planned(&[scratch.path("in")], None);
    let message = plan[0].as_ref().unwrap_err().to_string();
    assert_eq!(plan.len(), 1);
    for said in ["study 1.1 has 2 gated files", "rest.dcm (LAO rest)", "stress.dcm (LAO stress)"] {
        assert!(message.contains(said), "{message}");
    }
    assert!(!message.contains("--"), "{message}");
    assert_eq!(names(&planned(&[scratch.path("in")], Some("stress"))), ["stress.dcm"]);
}

#[test]
fn bad_files_in_a_folder_stand_beside_the_good_ones() {
    let scratch = Scratch::new();
    for index in 0..10 {
        view(&scratch, &format!("in/{index}.dcm"), &format!("1.{index}"), "");
    }
    scratch.file("in/3.dcm", b"broken");
    let bytes = std::fs::read(scratch.path("in/5.dcm")).unwrap();
    scratch.file("in/5.dcm", &bytes[..2000]);
    let plan = planned(&[scratch.path("in")], None);
    assert_eq!(
        names(&plan),
        ["0.dcm", "1.dcm", "2.dcm", "3.dcm not_dicom", "4.dcm", "5.dcm truncated", "6.dcm", "7.dcm", "8.dcm", "9.dcm"]
    );
    std::fs::create_dir(scratch.path("nothing")).unwrap();
    assert_eq!(names(&planned(&[scratch.path("nothing")], None)), ["nothing empty_folder"]);
}
