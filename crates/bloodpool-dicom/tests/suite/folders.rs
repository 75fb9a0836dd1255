//! What a folder contains besides studies is passed over and listed, and neither stops a search nor makes it endless.

use std::fs;
use std::path::{Path, PathBuf};

use bloodpool_dicom::{Plan, Selection, open_study, plan};
use dicom_core::VR;
use dicom_dictionary_std::tags;

use crate::support::{Scratch, text};

fn planned(inputs: &[PathBuf]) -> Plan {
    plan(inputs, &Selection::default())
}

/// A gated file of study `uid`.
fn study(scratch: &Scratch, name: &str, uid: &str) -> PathBuf {
    fs::create_dir_all(scratch.path(name).parent().unwrap()).unwrap();
    scratch.changed(name, |file| text(file, tags::STUDY_INSTANCE_UID, VR::UI, uid))
}

/// `file name: what became of it`, of everything in a plan, sorted.
fn outcome(plan: &Plan) -> Vec<String> {
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    let studies = plan.studies.iter().map(|study| match study {
        Ok(study) => format!("{}: planned", name(&study.path)),
        Err(error) => format!("{}: error {}", name(&error.path), error.code()),
    });
    let of_studies = plan.studies.iter().flatten().flat_map(|study| &study.set_aside);
    let aside = of_studies.chain(&plan.set_aside);
    let aside = aside.map(|aside| format!("{}: {}", name(&aside.path), aside.reason.code()));
    let mut all: Vec<String> = studies.chain(aside).collect();
    all.sort();
    all
}

/// The reason for a file by its name.
fn reason(plan: &Plan, name: &str) -> String {
    let found = plan.set_aside.iter().find(|aside| aside.path.ends_with(name));
    found.unwrap_or_else(|| panic!("{name} in {:?}", plan.set_aside)).reason.to_string()
}

#[test]
fn what_is_not_dicom_is_passed_over_whatever_it_is_called() {
    let scratch = Scratch::new();
    study(&scratch, "in/DICOM/IM0001", "1.1");
    study(&scratch, "in/named.txt", "1.2");
    let zip = b"PK\x03\x04\x14\0\0\0rest";
    let foreign: [(&str, &[u8]); 10] = [
        ("viewer.exe", b"MZ\x90\0"),
        ("autorun.inf", b"[autorun]"),
        ("VERSION", b"1.0"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0"),
        ("picture.png", b"\x89PNG\r\n\x1a\n"),
        ("list.csv", b"a,b"),
        ("studies.zip", zip),
        ("DICOM/notes/readme.txt", b"text"),
        ("._IM0001", b"\0\x05\x16\x07"),
        (".DS_Store", b"\0\0\0\x01Bud1"),
    ];
    for (name, bytes) in foreign {
        scratch.file(&format!("in/{name}"), bytes);
    }
    scratch.file("in/DONE", b"");
    let plan = planned(&[scratch.path("in")]);
    let mut expected: Vec<String> = foreign
        .iter()
        .map(|(name, _)| format!("{}: not_dicom", name.rsplit('/').next().unwrap()))
        .chain(["IM0001: planned".into(), "named.txt: planned".into(), "DONE: empty_file".into()])
        .collect();
    expected.sort();
    assert_eq!(outcome(&plan), expected);
    assert_eq!(plan.set_aside.iter().filter(|aside| aside.reason.is_not_dicom()).count(), 11);
    assert_eq!(reason(&plan, "studies.zip"), "not a DICOM file but a ZIP archive: extract it and give the folder");
    assert_eq!(reason(&plan, "picture.png"), "not a DICOM file but a PNG picture");
    // A person should read of the archive, which may hold studies; the others are counted.
    let named: Vec<_> = plan.set_aside.iter().filter(|aside| aside.reason.may_hold_study()).collect();
    assert_eq!((named.len(), named[0].path.ends_with("studies.zip")), (1, true));
}

#[test]
fn a_file_whose_name_says_dicom_is_expected_to_be_a_study() {
    let scratch = Scratch::new();
    study(&scratch, "in/good.dcm", "1.1");
    scratch.file("in/page.DCM", b"<html>login</html>");
    scratch.file("in/zip.dcm", b"PK\x03\x04\x14\0\0\0rest");
    scratch.file("in/empty.ima", b"");
    let gzip = b"\x1f\x8b\x08\0\0\0\0\0\0\x03";
    scratch.file("in/study.dcm.gz", gzip);
    assert_eq!(
        outcome(&planned(&[scratch.path("in")])),
        [
            "empty.ima: error empty_file",
            "good.dcm: planned",
            "page.DCM: error not_dicom",
            "study.dcm.gz: not_dicom",
            "zip.dcm: error not_dicom"
        ]
    );
}

#[test]
fn huge_files_are_passed_over_without_reading_them() {
    let scratch = Scratch::new();
    study(&scratch, "in/good.dcm", "1.1");
    // Sparse files of 64 GB: reading one of them would take minutes and more memory than there is.
    for (name, start) in [("disk.img", &b"bytes"[..]), ("backup.zip", b"PK\x03\x04"), ("IM0002", &[0; 128])] {
        let path = scratch.file(&format!("in/{name}"), start);
        let file = fs::OpenOptions::new().append(true).open(path).unwrap();
        if name == "IM0002" {
            std::io::Write::write_all(&mut &file, b"DICM\x02\0\0\0UL\x04\0\0\0\0\0").unwrap();
        }
        file.set_len(64 << 30).unwrap();
    }
    let began = std::time::Instant::now();
    let plan = planned(&[scratch.path("in")]);
    assert_eq!(
        outcome(&plan),
        ["IM0002: error too_large", "backup.zip: not_dicom", "disk.img: not_dicom", "good.dcm: planned"]
    );
    assert!(began.elapsed().as_secs() < 10);
}

#[test]
fn hidden_files_and_folders_are_named_and_searched_when_they_are_asked_for() {
    let scratch = Scratch::new();
    study(&scratch, "in/good.dcm", "1.1");
    study(&scratch, "in/.IM0002.dcm", "1.2");
    study(&scratch, "in/.Trash-1000/deleted.dcm", "1.3");
    let plan = planned(&[scratch.path("in")]);
    assert_eq!(outcome(&plan), [".IM0002.dcm: hidden", ".Trash-1000: hidden", "good.dcm: planned"]);
    assert!(reason(&plan, ".Trash-1000").starts_with("hidden folder, not searched; to search it, name the folder"));
    assert!(plan.set_aside.iter().all(|aside| aside.reason.may_hold_study()));
    let asked = planned(&[scratch.path("in/.Trash-1000"), scratch.path("in/.IM0002.dcm")]);
    assert_eq!(outcome(&asked), [".IM0002.dcm: planned", "deleted.dcm: planned"]);
}

#[cfg(unix)]
#[test]
fn links_lead_neither_round_in_circles_nor_to_a_silent_end() {
    use std::os::unix::fs::symlink;
    let scratch = Scratch::new();
    let good = study(&scratch, "in/a/good.dcm", "1.1");
    let elsewhere = study(&scratch, "elsewhere/other.dcm", "1.2");
    let link = |target: &Path, name: &str| symlink(target, scratch.path(name)).unwrap();
    link(&scratch.path("in"), "in/a/up");
    link(Path::new("round"), "in/round");
    link(&scratch.path("elsewhere"), "in/folder");
    link(&elsewhere, "in/linked");
    link(&good, "in/twice");
    link(Path::new("/nowhere/at/all"), "in/latest");
    link(Path::new("/nowhere/study.dcm"), "in/gone.dcm");
    let plan = planned(&[scratch.path("in")]);
    assert_eq!(
        outcome(&plan),
        [
            "folder: link_to_folder",
            "gone.dcm: error unreadable",
            "good.dcm: planned",
            "latest: broken_link",
            "linked: planned",
            "round: broken_link",
            "twice: duplicate",
            "up: link_to_folder"
        ]
    );
    assert_eq!(outcome(&planned(&[scratch.path("in/folder")])), ["other.dcm: planned"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_read_is_an_error_beside_the_studies() {
    let scratch = Scratch::new();
    study(&scratch, "in/a.dcm", "1.1");
    study(&scratch, "in/z.dcm", "1.2");
    // Paths longer than the system takes fail for every user, also for those whom no permission stops.
    let name = "n".repeat(250);
    let path = scratch.path("in");
    let script =
        format!("cd '{}'; for i in $(seq 20); do mkdir {name}; cd {name} 2>&- || exit 0; done", path.display());
    assert!(std::process::Command::new("sh").arg("-c").arg(script).status().unwrap().success());
    let plan = planned(&[scratch.path("in")]);
    let found = outcome(&plan);
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(found[0], "a.dcm: planned");
    assert_eq!(found[1], format!("{name}: error unreadable"));
    assert_eq!(found[2], "z.dcm: planned");
    fs::remove_dir_all(scratch.path("in")).unwrap();
}

#[test]
fn folders_nested_very_deeply_are_named() {
    let scratch = Scratch::new();
    study(&scratch, "in/good.dcm", "1.1");
    let deep = format!("in/{}", "d/".repeat(32));
    study(&scratch, &format!("{deep}reached.dcm"), "1.2");
    study(&scratch, &format!("{deep}below/missed.dcm"), "1.3");
    let plan = planned(&[scratch.path("in")]);
    assert_eq!(outcome(&plan), ["below: too_deep", "good.dcm: planned", "reached.dcm: planned"]);
    assert!(reason(&plan, "below").starts_with("below 32 levels of folders, not searched"));
}

#[test]
fn the_directory_of_a_medium_is_no_study() {
    let scratch = Scratch::new();
    let whole = study(&scratch, "in/DICOM/IM0001", "1.1");
    let mut directory = dicom_object::open_file(&whole).unwrap();
    directory.remove_element(tags::SOP_CLASS_UID);
    text(&mut directory, tags::FILE_SET_ID, VR::CS, "DISC");
    directory.write_to_file(scratch.path("in/DICOMDIR")).unwrap();
    // Some exports give it an extension.
    fs::copy(scratch.path("in/DICOMDIR"), scratch.path("in/DICOMDIR.dcm")).unwrap();
    let plan = planned(&[scratch.path("in")]);
    assert_eq!(outcome(&plan), ["DICOMDIR.dcm: media_directory", "DICOMDIR: media_directory", "IM0001: planned"]);
    fs::remove_file(whole).unwrap();
    let plan = planned(&[scratch.path("in")]);
    let message = plan.studies[0].as_ref().unwrap_err().to_string();
    assert!(
        message
            .ends_with("in: holds no DICOM file; its DICOMDIR lists images that are not in it: copy the whole medium"),
        "{message}"
    );
}

#[test]
fn a_folder_without_a_study_says_what_is_in_it() {
    let scratch = Scratch::new();
    fs::create_dir(scratch.path("nothing")).unwrap();
    scratch.file("one/a.txt", b"text");
    scratch.file("two/a.txt", b"text");
    scratch.file("two/b/.hidden/c", b"text");
    for (folder, said) in [
        ("nothing", "nothing: holds no DICOM file"),
        ("one", "one: holds no DICOM file; one file or folder in it was set aside"),
        ("two", "two: holds no DICOM file; 2 files and folders in it were set aside"),
    ] {
        let plan = planned(&[scratch.path(folder)]);
        let error = plan.studies[0].as_ref().unwrap_err();
        assert_eq!((plan.studies.len(), error.code()), (1, "empty_folder"));
        assert!(error.to_string().ends_with(said), "{error}");
    }
    // A folder whose studies are all copies of those of another one is not empty.
    study(&scratch, "first/a.dcm", "1.1");
    fs::create_dir(scratch.path("second")).unwrap();
    fs::copy(scratch.path("first/a.dcm"), scratch.path("second/b.dcm")).unwrap();
    let plan = planned(&[scratch.path("first"), scratch.path("second")]);
    assert_eq!(outcome(&plan), ["a.dcm: planned", "b.dcm: duplicate"]);
}

#[test]
fn a_study_without_a_gated_image_is_one_error_for_each_kind() {
    let scratch = Scratch::new();
    study(&scratch, "in/good.dcm", "1.1");
    let of_kind = |name: &str, kind: &str| {
        scratch.changed(name, |file| {
            text(file, tags::STUDY_INSTANCE_UID, VR::UI, "1.2");
            text(file, tags::SOP_INSTANCE_UID, VR::UI, &format!("1.2.{}.{}", name.len(), kind.len()));
            text(file, tags::IMAGE_TYPE, VR::CS, &format!("ORIGINAL\\PRIMARY\\{kind}\\EMISSION"));
        });
    };
    fs::create_dir_all(scratch.path("in/ct")).unwrap();
    for number in 1..=12 {
        of_kind(&format!("in/ct/{}.dcm", "s".repeat(number)), "STATIC");
    }
    of_kind("in/ct/whole-body.dcm", "WHOLE BODY");
    let plan = planned(&[scratch.path("in")]);
    let errors: Vec<&str> = plan.studies.iter().filter_map(|study| study.as_ref().err().map(|e| e.code())).collect();
    assert_eq!(errors, ["static_image", "whole_body_image"]);
    assert_eq!(plan.set_aside.len(), 11);
    assert!(plan.set_aside.iter().all(|aside| aside.reason.code() == "static_image"));
}

#[test]
fn objects_of_another_kind_are_set_aside_however_their_pixels_are_stored() {
    let scratch = Scratch::new();
    study(&scratch, "in/gated", "1.1");
    // JPEG Baseline, JPEG 2000, JPEG-LS, and a syntax that nobody knows.
    let syntaxes = [
        ("a", "1.2.840.10008.1.2.4.50"),
        ("b", "1.2.840.10008.1.2.4.90"),
        ("c", "1.2.3"),
        ("d", "1.2.840.10008.1.2.9"),
    ];
    for (name, syntax) in syntaxes {
        let path = scratch.changed(&format!("in/{name}"), |file| {
            text(file, tags::STUDY_INSTANCE_UID, VR::UI, "1.1");
            text(file, tags::SOP_INSTANCE_UID, VR::UI, &format!("1.1.{}", name.as_bytes()[0]));
            text(file, tags::SOP_CLASS_UID, VR::UI, "1.2.840.10008.5.1.4.1.1.7");
        });
        let mut bytes = fs::read(path).unwrap();
        let at = bytes.windows(20).position(|window| window == b"1.2.840.10008.1.2.1\0").unwrap();
        // The length of the value stays; a shorter UID is padded.
        let element = [&[2, 0, 16, 0, b'U', b'I', 24, 0][..], format!("{syntax:\0<24}").as_bytes()].concat();
        bytes.splice(at - 8..at + 20, element);
        scratch.file(&format!("in/{name}"), &bytes);
    }
    let plan = planned(&[scratch.path("in")]);
    assert_eq!(outcome(&plan), ["a: not_nm", "b: not_nm", "c: not_nm", "d: not_nm", "gated: planned"]);
    // Their frames are not read: that one is a copy is known by its UID alone.
    let mut again = fs::read(scratch.path("in/a")).unwrap();
    again[0] = 1;
    scratch.file("in/e", &again);
    let plan = planned(&[scratch.path("in")]);
    let copy = plan.studies[0].as_ref().unwrap().set_aside.iter().find(|aside| aside.path.ends_with("e")).unwrap();
    assert!(
        copy.reason.to_string().ends_with("in/a, by SOP Instance UID; frames cannot be compared"),
        "{}",
        copy.reason
    );
    assert_eq!(open_study(&scratch.path("in/a"), &Selection::default()).unwrap_err().code(), "not_nm");
}
