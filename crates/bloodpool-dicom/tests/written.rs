//! Written studies: read back the same, valid by dciodvfy, the same pixels in pydicom, whole files only.

#![allow(clippy::unwrap_used)]

mod support;

use bloodpool_dicom::{Selection, WriteError, WriteOptions, encode_study, open_study, read_study, write_study};
use bloodpool_files::FileError;
use support::{beating_disc, have, run};

#[test]
fn a_study_comes_back_as_it_went() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let study = beating_disc(24, 64, 300.0);
    write_study(&study, &path, &WriteOptions::default()).unwrap();
    let file = open_study(&path, &Selection::default()).unwrap();
    let mut read = file.study;
    assert_eq!(file.notes, []);
    assert_eq!(read.saturation, Some(65_535.0));
    assert!(read.identity.study_uid.take().is_some_and(|uid| uid.starts_with("2.25.")));
    assert!(read.identity.series_uid.take().is_some());
    assert!(read.identity.sop_uid.take().is_some());
    assert_eq!(read.identity.view_is_lao.take(), Some(true));
    read.saturation = None;
    assert_eq!(read, study);
}

#[test]
fn korean_names_and_given_uids_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let mut study = beating_disc(16, 64, 300.0);
    study.identity.patient_name = Some("Hong^Gildong=洪^吉洞=홍^길동".into());
    study.identity.study_uid = Some("1.2.3.4".into());
    study.identity.view = Some("Steep oblique".into());
    study.identity.simulated = false;
    write_study(&study, &path, &WriteOptions::default()).unwrap();
    let read = read_study(&path, &Selection::default()).unwrap();
    assert_eq!(read.identity.patient_name, study.identity.patient_name);
    assert_eq!(read.identity.study_uid.as_deref(), Some("1.2.3.4"));
    assert_eq!(read.identity.view.as_deref(), Some("Steep oblique"));
    assert!(!read.identity.simulated);
}

#[test]
fn the_same_study_gives_the_same_bytes_and_another_study_other_uids() {
    let study = beating_disc(16, 64, 300.0);
    assert_eq!(encode_study(&study).unwrap(), encode_study(&study.clone()).unwrap());
    let other = beating_disc(16, 64, 301.0);
    let folder = tempfile::tempdir().unwrap();
    let mut uids = Vec::new();
    for (index, study) in [study, other].iter().enumerate() {
        let path = folder.path().join(index.to_string());
        write_study(study, &path, &WriteOptions::default()).unwrap();
        let identity = read_study(&path, &Selection::default()).unwrap().identity;
        uids.extend([identity.study_uid, identity.series_uid, identity.sop_uid]);
    }
    uids.sort();
    uids.dedup();
    assert_eq!(uids.len(), 6);
}

#[test]
fn files_are_not_overwritten_unless_told_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let study = beating_disc(16, 64, 300.0);
    std::fs::write(&path, b"precious").unwrap();
    let error = write_study(&study, &path, &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, WriteError::File(FileError::Exists { .. })), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    write_study(&study, &path, &WriteOptions { overwrite: true }).unwrap();
    assert!(read_study(&path, &Selection::default()).is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no such folder/disc.dcm");
    assert!(matches!(
        write_study(&study, &nowhere, &WriteOptions::default()),
        Err(WriteError::File(FileError::Write { .. }))
    ));
}

#[test]
fn counts_that_sixteen_bits_cannot_hold_are_refused() {
    for value in [0.5, 65_536.0] {
        let mut counts = beating_disc(16, 64, 300.0).counts().clone();
        counts[[2, 3, 4]] = value;
        let study = bloodpool_core::study::GatedStudy::new(counts, None).unwrap();
        let error = encode_study(&study).unwrap_err();
        assert!(error.to_string().starts_with("frame 3, row 3, column 4 holds"), "{error}");
    }
}

#[test]
fn dciodvfy_finds_no_error() {
    if !have("dciodvfy", &["-version"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut bare = beating_disc(8, 32, 300.0);
    bare.gating = Default::default();
    bare.identity = Default::default();
    let mut unnamed_view = beating_disc(16, 128, 300.0);
    unnamed_view.identity.view = Some("Steep oblique".into());
    for (name, study) in [("full", beating_disc(24, 64, 300.0)), ("bare", bare), ("view", unnamed_view)] {
        let path = folder.path().join(name);
        write_study(&study, &path, &WriteOptions::default()).unwrap();
        let said = run("dciodvfy", &["-new"], &path);
        assert!(said.contains("NMImage"), "{said}");
        assert!(!said.contains("Error"), "{name}:\n{said}");
    }
}

#[test]
fn pydicom_reads_the_same_pixels() {
    if !have("python3", &["-c", "import pydicom, numpy"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let study = beating_disc(24, 64, 30_000.0);
    write_study(&study, &path, &WriteOptions::default()).unwrap();
    let script = "import sys, pydicom; d = pydicom.dcmread(sys.argv[1]); a = d.pixel_array.astype('int64'); \
                  print(a.shape, a.sum(), (a * range(64)).sum(), d.SOPClassUID.name, list(d.TimeSlotVector)[-1])";
    let said = run("python3", &["-c", script], &path);
    let sum: i64 = study.counts().iter().map(|&count| count as i64).sum();
    let weighted: i64 =
        study.counts().indexed_iter().map(|((_, _, column), &count)| count as i64 * column as i64).sum();
    let expected = format!("(24, 64, 64) {sum} {weighted} Nuclear Medicine Image Storage 24");
    assert_eq!(said.trim(), expected);
}
