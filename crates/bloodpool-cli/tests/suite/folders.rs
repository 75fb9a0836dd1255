//! Folders as they are found in the field: foreign files, copies, bad files of each kind, and a report for each study.
//!
//! `FOLDER_STUDIES=200 cargo test --release -p bloodpool-cli --test suite -- folders:: --nocapture` takes 200 studies instead of a few.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bloodpool_dataset::ExtractManifest;
use bloodpool_dicom::{Acquisition, Selection, WriteOptions, read_study, write_study};
use bloodpool_files::sha256;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::program::{bloodpool, documents, study};

/// The start of an office document: a ZIP archive whose first file has this name.
const DOCX: &[u8] = b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml";

/// Studies in the large folder.
fn number_of_studies() -> usize {
    std::env::var("FOLDER_STUDIES").ok().and_then(|text| text.parse().ok()).unwrap_or(5)
}

/// Copies a study to `path`, as another patient's with a study UID of its own, or with what `change` makes of it.
fn put(path: &Path, number: usize, change: impl FnOnce(&mut bloodpool::StudyIdentity)) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut study = read_study(&study(1), &Selection::default()).unwrap();
    let identity = &mut study.identity;
    identity.patient_id = Some(format!("P{number}"));
    identity.patient_name = Some(format!("Secret^Name{number}"));
    identity.study_uid = Some(format!("2.25.1{number}"));
    identity.series_uid = Some(format!("2.25.2{number}"));
    identity.sop_uid = Some(format!("2.25.3{number}"));
    change(identity);
    write_study(&study, &Acquisition::original(), path, &WriteOptions::default()).unwrap();
}

/// Replaces bytes by others of the same length, which are in the file once or more.
fn replace(path: &Path, from: &[u8], to: &[u8]) {
    assert_eq!(from.len(), to.len());
    let mut bytes = fs::read(path).unwrap();
    let places: Vec<usize> = (0..=bytes.len() - from.len()).filter(|&at| &bytes[at..at + from.len()] == from).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    fs::write(path, bytes).unwrap();
}

/// 20 files that are not DICOM, in several folders.
fn put_foreign(folder: &Path) {
    let foreign: [(&str, &[u8]); 20] = [
        ("viewer.exe", b"MZ\x90\0\x03"),
        ("autorun.inf", b"[autorun]\r\nopen=viewer.exe"),
        ("VERSION", b"1.0"),
        ("Thumbs.db", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        (".DS_Store", b"\0\0\0\x01Bud1"),
        ("._IM0001", b"\0\x05\x16\x07\0\x02\0\0"),
        ("desktop.ini", b"[.ShellClassInfo]"),
        ("list.csv", b"patient,study\n"),
        ("README", b""),
        ("notes/letter.pdf", b"%PDF-1.7\n"),
        ("notes/letter.docx", DOCX),
        ("notes/table.xlsx", DOCX),
        ("notes/picture.png", b"\x89PNG\r\n\x1a\n"),
        ("notes/picture.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF"),
        ("notes/page.html", b"<!DOCTYPE html>"),
        ("export/masks.npy", b"\x93NUMPY\x01\0"),
        ("export/curve.txt", b"1 2 3"),
        ("export/results.json", b"{}"),
        ("export/old.zip", b"PK\x03\x04\x14\0\0\0"),
        ("export/scan.nii.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03"),
    ];
    for (name, bytes) in foreign {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// One file of each bad kind, with the code of its error.
fn put_bad(folder: &Path) -> BTreeMap<String, &'static str> {
    let at = |name: &str| folder.join(name);
    fs::create_dir_all(folder).unwrap();
    fs::write(at("text.dcm"), "<html>please log in</html>").unwrap();
    fs::write(at("empty.dcm"), "").unwrap();
    put(&at("truncated"), 9001, |_| {});
    let whole = fs::read(at("truncated")).unwrap();
    fs::write(at("truncated"), &whole[..whole.len() / 2]).unwrap();
    for (number, name, kind) in [
        (9002, "static", &b"STATIC\\EMISSIO"[..]),
        (9003, "dynamic", b"DYNAMIC\\EMISSI"),
        (9004, "tomo", b"TOMO\\EMISSION "),
    ] {
        put(&at(name), number, |_| {});
        replace(&at(name), b"GATED\\EMISSION", kind);
    }
    // NM becomes Secondary Capture.
    put(&at("capture"), 9005, |_| {});
    replace(&at("capture"), b"1.2.840.10008.5.1.4.1.1.20", b"1.2.840.10008.5.1.4.1.1.7\0");
    // JPEG 2000 by its transfer syntax.
    put(&at("compressed"), 9006, |_| {});
    replace(&at("compressed"), b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0");
    // Two LAO acquisitions of one study.
    for (name, series, ef) in [("rest", "LAO rest", 1), ("stress", "LAO stress", 2)] {
        let mut study = read_study(&study(ef), &Selection::default()).unwrap();
        study.identity.study_uid = Some("2.25.19007".into());
        study.identity.patient_id = Some("P9007".into());
        study.identity.patient_name = Some("Secret^Name".into());
        (study.identity.series_description, study.identity.view) = (Some(series.into()), None);
        study.identity.sop_uid = Some(format!("2.25.39007{ef}"));
        let path = folder.join("two").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_study(&study, &Acquisition::original(), &path, &WriteOptions::default()).unwrap();
    }
    [
        ("text.dcm", "not_dicom"),
        ("empty.dcm", "empty_file"),
        ("truncated", "truncated"),
        ("static", "static_image"),
        ("dynamic", "dynamic_image"),
        ("tomo", "tomo_image"),
        ("capture", "not_nm"),
        ("compressed", "unsupported_transfer_syntax"),
        ("two studies", "several_views"),
    ]
    .map(|(name, code)| (name.to_owned(), code))
    .into()
}

fn of<'a>(documents: &'a [Value], schema: &str) -> Vec<&'a Value> {
    documents.iter().filter(|document| document["schema"] == schema).collect()
}

fn codes(records: &Value) -> Vec<&str> {
    records.as_array().unwrap().iter().map(|record| record["code"].as_str().unwrap()).collect()
}

#[test]
fn a_large_folder_gives_the_right_counts_and_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (input, studies) = (folder.path().join("in"), number_of_studies());
    for number in 0..studies {
        // Many folders use one file name for each study.
        put(&input.join(format!("day-{}/{number}/IM0001", number % 3)), number, |_| {});
    }
    put_foreign(&input);
    let analyze = |more: &[&str]| {
        let run = bloodpool(folder.path()).arg("analyze").arg("in").args(more).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (documents(&run.stdout), text(&run.stderr), run.status.code().unwrap())
    };
    let (all, stderr, code) = analyze(&["--json", "--report", "reports"]);
    println!("{stderr}");
    assert_eq!((of(&all, "bloodpool.analysis/1").len(), of(&all, "bloodpool.error/1").len(), code), (studies, 0, 0));
    assert!(
        stderr.contains(&format!("{studies} analysed, 0 failed, 20 skipped as not DICOM (-v names each)")),
        "{stderr}"
    );
    assert!(
        stderr.contains("set aside: in/export/old.zip: not a DICOM file but a ZIP archive: extract it"),
        "{stderr}"
    );
    let listed = of(&all, "bloodpool.set-aside/1");
    assert_eq!((listed.len(), codes(&listed[0]["set_aside"]).len()), (1, 20));
    let names = listed[0]["set_aside"].as_array().unwrap();
    assert!(names.iter().any(|record| record["file"] == "in/viewer.exe" && record["reason"] == "not a DICOM file"));

    // Each report folder names its file, with the hash of it.
    let mut traced = BTreeMap::new();
    for entry in fs::read_dir(folder.path().join("reports")).unwrap() {
        let report = entry.unwrap().path();
        let document: Value = serde_json::from_slice(&fs::read(report.join("analysis.json")).unwrap()).unwrap();
        let file = document["source_files"][0]["file"].as_str().unwrap().to_owned();
        assert_eq!(document["source"], file.as_str());
        let bytes = fs::read(folder.path().join(&file)).unwrap();
        assert_eq!(document["source_files"][0]["sha256"], sha256(&bytes).as_str());
        let page = fs::read_to_string(report.join("report.html")).unwrap();
        assert!(page.contains(&file) && page.contains(&sha256(&bytes)));
        traced.insert(file, report);
    }
    assert_eq!(traced.len(), studies);

    let bad = put_bad(&input.join("bad"));
    let (all, stderr, code) = analyze(&["--json"]);
    println!("{stderr}");
    assert_eq!((of(&all, "bloodpool.analysis/1").len(), code), (studies, 1));
    let mut found: Vec<&str> =
        of(&all, "bloodpool.error/1").iter().map(|error| error["code"].as_str().unwrap()).collect();
    let mut expected: Vec<&str> = bad.values().copied().collect();
    found.sort_unstable();
    expected.sort_unstable();
    assert_eq!(found, expected);
    for error in of(&all, "bloodpool.error/1") {
        let source = error["source"].as_str().unwrap();
        let name = source.rsplit('/').next().unwrap();
        assert!(source == "in" || bad.contains_key(name), "{error}");
        assert!(stderr.contains(error["message"].as_str().unwrap()), "{stderr}");
    }
    assert!(stderr.contains(&format!("{studies} analysed, {} failed, 20 skipped as not DICOM", bad.len())), "{stderr}");
    // How to choose between the two acquisitions is said, and works.
    assert!(stderr.contains("in/bad/two/rest (") && stderr.contains("series 1, 'LAO rest'"), "{stderr}");
    assert!(
        stderr.contains("name one file, or choose with --view: --view 'LAO rest' chooses in/bad/two/rest"),
        "{stderr}"
    );
    bloodpool(folder.path())
        .args(["in/bad/two", "--view", "LAO rest"])
        .assert()
        .success()
        .stderr(contains("set aside: in/bad/two/stress: another acquisition of the study"))
        .stderr(contains("1 analysed, 0 failed, 1 set aside"));
    // No patient is named in logs, also not in detail.
    let (_, stderr, _) = analyze(&["-vv", "--json"]);
    assert!(stderr.contains("set aside: in/viewer.exe: not a DICOM file"), "{stderr}");
    assert!(!stderr.contains("Secret") && !stderr.contains("P9007"), "{stderr}");
}

#[test]
fn patients_under_one_study_uid_are_all_analysed() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..3 {
        put(&folder.path().join(format!("in/p{number}.dcm")), number, |identity| {
            identity.study_uid = Some("1.2.3.4".into());
            if number > 0 {
                (identity.view, identity.series_description) = (None, None);
            }
        });
    }
    let run = bloodpool(folder.path()).args(["in", "--json"]).assert().success();
    let all = documents(&run.get_output().stdout);
    assert_eq!(all.len(), 3);
    for document in &all {
        assert_eq!(document["set_aside"], serde_json::json!([]));
        let reasons = document["validity"]["reasons"].as_array().unwrap();
        let shared = reasons.iter().find(|reason| reason["code"] == "study_uid_shared").unwrap();
        assert_eq!(shared["rank"], "note");
    }
    run.stderr(contains("3 analysed, 0 failed"));
}

#[test]
fn copies_other_views_and_hidden_folders_are_listed_in_text_and_json() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join("in").join(name);
    put(&at("a/lao.dcm"), 1, |_| {});
    put(&at("a/ant.dcm"), 1, |identity| {
        identity.view = Some("Anterior projection".into());
        identity.series_description = Some("ANT".into());
        identity.sop_uid = Some("2.25.77".into());
    });
    fs::create_dir_all(at("copy")).unwrap();
    fs::copy(at("a/lao.dcm"), at("copy/lao.dcm")).unwrap();
    put(&at(".old/lao.dcm"), 2, |_| {});
    let run = bloodpool(folder.path()).args(["analyze", "in", "--json"]).assert().success();
    let all = documents(&run.get_output().stdout);
    let [analysis] = of(&all, "bloodpool.analysis/1")[..] else { panic!("{all:?}") };
    let record = |record: &Value| {
        let text = |key: &str| record[key].as_str().unwrap().to_owned();
        (text("file"), text("code"), text("reason"))
    };
    let records: Vec<_> = analysis["set_aside"].as_array().unwrap().iter().map(record).collect();
    let owned = |record: [&str; 3]| (record[0].to_owned(), record[1].to_owned(), record[2].to_owned());
    assert_eq!(
        records,
        [
            owned(["in/a/ant.dcm", "another_view", "another view: Anterior projection"]),
            owned(["in/copy/lao.dcm", "duplicate", "the same file as in/a/lao.dcm"])
        ]
    );
    let [rest] = of(&all, "bloodpool.set-aside/1")[..] else { panic!("{all:?}") };
    assert_eq!((&rest["set_aside"][0]["file"], &rest["set_aside"][0]["code"]), (&"in/.old".into(), &"hidden".into()));
    run.stderr(contains("set aside: in/a/ant.dcm: another view: Anterior projection (chosen: in/a/lao.dcm)"))
        .stderr(contains("set aside: in/copy/lao.dcm: the same file as in/a/lao.dcm\n"))
        .stderr(contains("set aside: in/.old: hidden folder, not searched"))
        .stderr(contains("1 analysed, 0 failed, 3 set aside"));

    bloodpool(folder.path())
        .args(["dataset", "extract", "in", "--out", "work"])
        .assert()
        .success()
        .stderr(contains("set aside: in/a/ant.dcm: another view").and(contains("set aside: in/.old: hidden folder")))
        .stderr(contains("1 study extracted into work, 3 set aside"));
    let manifest = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    let listed: Vec<_> =
        manifest.set_aside.iter().map(|record| (record.file.as_deref(), record.code.as_str())).collect();
    assert_eq!(
        listed,
        [(Some("in/a/ant.dcm"), "another_view"), (Some("in/copy/lao.dcm"), "duplicate"), (Some("in/.old"), "hidden")]
    );
    // Under pseudonyms no file is named, since its name can be that of a patient.
    let pseudonymise = ["--out", "pseudonyms", "--pseudonymise", "--key", "key.csv"];
    bloodpool(folder.path()).args(["dataset", "extract", "in"]).args(pseudonymise).assert().success();
    let manifest = ExtractManifest::read(&folder.path().join("pseudonyms")).unwrap().document;
    assert_eq!(
        manifest.set_aside.iter().map(|record| record.code.as_str()).collect::<Vec<_>>(),
        ["another_view", "duplicate", "hidden"]
    );
    assert!(manifest.set_aside.iter().all(|record| record.file.is_none() && !record.reason.contains("lao")));
}

#[test]
fn a_failed_study_lists_its_copies_and_a_folder_of_foreign_files_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join("in").join(name);
    put(&at("a"), 1, |_| {});
    // No frame holds a count: the file is read and refused.
    let mut bytes = fs::read(at("a")).unwrap();
    let pixels = bytes.windows(4).rposition(|tag| tag == b"\xe0\x7f\x10\0").unwrap() + 12;
    bytes[pixels..].fill(0);
    fs::write(at("a"), &bytes).unwrap();
    fs::copy(at("a"), at("b")).unwrap();
    let run = bloodpool(folder.path()).args(["in", "--json"]).assert().code(1);
    let all = documents(&run.get_output().stdout);
    assert_eq!((all.len(), &all[0]["schema"]), (1, &"bloodpool.error/1".into()));
    assert_eq!((&all[0]["source"], codes(&all[0]["set_aside"])), (&"in/a".into(), vec!["duplicate"]));

    put_foreign(&folder.path().join("cd"));
    let run = bloodpool(folder.path()).args(["cd", "--json"]).assert().code(1);
    let all = documents(&run.get_output().stdout);
    assert_eq!((&all[0]["code"], codes(&all[1]["set_aside"]).len()), (&"empty_folder".into(), 20));
    run.stderr(contains("cd: holds no DICOM file; 20 files and folders in it were set aside"))
        .stderr(contains("0 analysed, 1 failed, 20 skipped as not DICOM"));
    // A file that is named is an error, whatever it is.
    bloodpool(folder.path()).args(["analyze", "cd/VERSION"]).assert().code(1).stderr(contains("is not a DICOM file"));
}

#[test]
fn single_frame_files_have_one_hash_and_are_all_named() {
    let folder = tempfile::tempdir().unwrap();
    let whole = read_study(&study(1), &Selection::default()).unwrap();
    let frames = whole.frames();
    fs::create_dir_all(folder.path().join("in")).unwrap();
    for frame in 0..frames {
        single_frame(&whole, frame, &folder.path().join(format!("in/{:02}.dcm", frames - frame)));
    }
    let run = bloodpool(folder.path()).args(["in", "--json"]).assert().success();
    let document = &documents(&run.get_output().stdout)[0];
    let files: Vec<PathBuf> = document["source_files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| folder.path().join(file["file"].as_str().unwrap()))
        .collect();
    assert_eq!((files.len(), files[0].ends_with(format!("in/{frames:02}.dcm"))), (frames, true));
    bloodpool(folder.path()).args(["dataset", "extract", "in", "--out", "work"]).assert().success();
    let source = |out: &str| {
        let manifest = ExtractManifest::read(&folder.path().join(out)).unwrap().document;
        manifest.cases[0].source.clone().unwrap()
    };
    // The hash is that of `cat` of the files in the order of the frames.
    let all: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
    assert_eq!(source("work").sha256, sha256(&all));
    assert_eq!((source("work").files.len(), &source("work").files[0]), (frames, &source("work").file));
    // Another last frame is another study, though its first file is the same.
    replace(&files[frames - 1], b"SIMULATED", b"simulated");
    bloodpool(folder.path()).args(["dataset", "extract", "in", "--out", "again"]).assert().success();
    assert_ne!(source("again").sha256, source("work").sha256);
}

/// Writes one frame of a study to a file of its own.
fn single_frame(whole: &bloodpool::GatedStudy, frame: usize, path: &Path) {
    // A study of the one frame repeated, as long as a study must be, of which all but the first are cut off.
    let frames = whole.frames();
    let counts =
        ndarray::Array3::from_shape_fn(whole.counts().dim(), |(_, row, column)| whole.counts()[[frame, row, column]]);
    let mut repeated = bloodpool::GatedStudy::new(counts, whole.pixel_spacing_mm()).unwrap();
    (repeated.gating, repeated.identity) = (whole.gating.clone(), whole.identity.clone());
    repeated.identity.sop_uid = Some(format!("2.25.5{frame:03}"));
    write_study(&repeated, &Acquisition::original(), path, &WriteOptions::default()).unwrap();
    let bytes = fs::read(path).unwrap();
    fs::write(path, cut_to_one_frame(&bytes, frame, frames)).unwrap();
}

/// The file of Explicit VR Little Endian with Number of Frames 1, vectors of one value, and the first frame.
fn cut_to_one_frame(bytes: &[u8], frame: usize, frames: usize) -> Vec<u8> {
    let mut out = bytes[..132].to_vec();
    let mut at = 132;
    while at < bytes.len() {
        let tag = &bytes[at..at + 4];
        let long = matches!(&bytes[at + 4..at + 6], b"OB" | b"OW" | b"SQ" | b"UN" | b"UT" | b"OF");
        let (value, length) = if long {
            (at + 12, u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap()) as usize)
        } else {
            (at + 8, usize::from(u16::from_le_bytes(bytes[at + 6..at + 8].try_into().unwrap())))
        };
        let end = if length == u32::MAX as usize { end_of_sequence(bytes, value) } else { value + length };
        match tag {
            b"\x28\0\x08\0" => out.extend(b"\x28\0\x08\0IS\x02\x001 "),
            b"\x54\0\x10\0" | b"\x54\0\x20\0" | b"\x54\0\x60\0" => {
                out.extend_from_slice(&bytes[at..at + 6]);
                out.extend(b"\x02\0\x01\0");
            }
            b"\x54\0\x70\0" => {
                out.extend(b"\x54\0\x70\0US\x02\0");
                out.extend((frame as u16 + 1).to_le_bytes());
            }
            b"\xe0\x7f\x10\0" => {
                let one = length / frames;
                out.extend_from_slice(&bytes[at..at + 8]);
                out.extend((one as u32).to_le_bytes());
                out.extend_from_slice(&bytes[value..value + one]);
            }
            _ => out.extend_from_slice(&bytes[at..end]),
        }
        at = end;
    }
    out
}

/// Behind the delimiter of a sequence of undefined length, which may contain others.
fn end_of_sequence(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 1;
    while depth > 0 {
        match &bytes[at..at + 4] {
            b"\xfe\xff\xdd\xe0" => (depth, at) = (depth - 1, at + 8),
            b"\xfe\xff\x0d\xe0" | b"\xfe\xff\0\xe0" => at += 8,
            _ => {
                let long = matches!(&bytes[at + 4..at + 6], b"OB" | b"OW" | b"SQ" | b"UN" | b"UT" | b"OF");
                let length = if long {
                    u32::from_le_bytes(bytes[at + 8..at + 12].try_into().unwrap())
                } else {
                    u16::from_le_bytes(bytes[at + 6..at + 8].try_into().unwrap()).into()
                };
                at += if long { 12 } else { 8 };
                if length == u32::MAX {
                    depth += 1;
                } else {
                    at += length as usize;
                }
            }
        }
    }
    at
}

#[test]
fn a_path_without_a_verb_is_analysed_wherever_flags_stand() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("in/a.dcm"), 1, |_| {});
    for arguments in [&["in"][..], &["in/a.dcm"], &["--json", "in"], &["-v", "in"], &["--protocol", "paper", "in"]] {
        bloodpool(folder.path()).args(arguments).assert().success().stdout(contains("a.dcm"));
    }
    bloodpool(folder.path()).arg("gone.dcm").assert().code(1).stderr(contains("gone.dcm: cannot be read"));
    bloodpool(folder.path()).arg("anaylze").assert().code(2).stderr(contains("analyze"));
    bloodpool(folder.path()).args(["in", "--colour"]).assert().code(2).stderr(contains("--colour"));
}
