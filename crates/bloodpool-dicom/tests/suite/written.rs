//! Written studies: read back the same, valid by dciodvfy, the same pixels in pydicom, whole files only.

use bloodpool_core::study::acquisition::{Radiopharmaceutical, Recorded};
use bloodpool_core::study::{AcquisitionRecord, GatedStudy, StudyIdentity};
use bloodpool_dicom::{
    Acquisition, Selection, WriteError, WriteOptions, encode_study, open_study, read_study, write_study,
};
use bloodpool_files::FileError;
use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use ndarray::Array3;

use crate::support::{acquisition, beating_disc, have, run};

#[test]
fn a_written_study_is_read_back_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let mut study = beating_disc(24, 64, 300.0);
    study.acquisition = AcquisitionRecord {
        radiopharmaceuticals: vec![Radiopharmaceutical {
            name: Some("Tc-99m RBC".into()),
            radionuclide: Some("Technetium-99m".into()),
            activity_mbq: Some(Recorded::Clear(740.5)),
            minutes_from_injection: Some(Recorded::Clear(45.0)),
        }],
        camera_angle_degrees: Some(Recorded::Clear(135.0)),
        collimator: Some("LEHR".into()),
        indication: Some("독소루비신 투여 전".into()),
    };
    // The time of injection is written in whole seconds.
    study.identity.acquisition_time = Some("102003".into());
    write_study(&study, &acquisition(), &path, &WriteOptions::default()).unwrap();
    let file = open_study(&path, &Selection::default()).unwrap();
    let mut read = file.study;
    assert_eq!(file.notes, []);
    assert_eq!(read.saturation, Some(65_535.0));
    assert!(read.identity.study_uid.take().is_some_and(|uid| uid.starts_with("2.25.")));
    assert!(read.identity.series_uid.take().is_some());
    assert!(read.identity.sop_uid.take().is_some());
    assert_eq!(read.identity.view_is_lao.take(), Some(true));
    assert_eq!(read.identity.sop_class_uid.take().as_deref(), Some("1.2.840.10008.5.1.4.1.1.20"));
    read.saturation = None;
    assert_eq!(read, study);
}

#[test]
fn korean_names_and_given_uids_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let mut study = beating_disc(16, 64, 300.0);
    study.identity.patient_name = Some("Hong^Gildong=洪^吉洞=홍^길동".into());
    study.identity.patient_id_issuer = Some("Hospital of the north".into());
    study.identity.study_uid = Some("1.2.3.4".into());
    study.identity.view = Some("Steep oblique".into());
    study.identity.simulated = false;
    write_study(&study, &acquisition(), &path, &WriteOptions::default()).unwrap();
    let read = read_study(&path, &Selection::default()).unwrap();
    assert_eq!(read.identity.patient_name, study.identity.patient_name);
    assert_eq!(read.identity.patient_id_issuer.as_deref(), Some("Hospital of the north"));
    assert_eq!(read.identity.study_uid.as_deref(), Some("1.2.3.4"));
    assert_eq!(read.identity.view.as_deref(), Some("Steep oblique"));
    assert!(!read.identity.simulated);
}

#[test]
fn the_same_study_gives_the_same_bytes_and_another_study_other_uids() {
    let study = beating_disc(16, 64, 300.0);
    assert_eq!(encode_study(&study, &acquisition()).unwrap(), encode_study(&study.clone(), &acquisition()).unwrap());
    let other = beating_disc(16, 64, 301.0);
    let folder = tempfile::tempdir().unwrap();
    let mut uids = Vec::new();
    for (index, study) in [study, other].iter().enumerate() {
        let path = folder.path().join(index.to_string());
        write_study(study, &acquisition(), &path, &WriteOptions::default()).unwrap();
        let identity = read_study(&path, &Selection::default()).unwrap().identity;
        uids.extend([identity.study_uid, identity.series_uid, identity.sop_uid]);
    }
    uids.sort();
    uids.dedup();
    assert_eq!(uids.len(), 6);
}

/// The UIDs were computed with Python's hashlib from the text that `UidSource` describes.
#[test]
fn derived_uids_stay_the_same() {
    let counts =
        Array3::from_shape_fn((8, 32, 32), |(frame, row, column)| ((100 * frame + 7 * row + 3 * column) % 256) as f32);
    let mut study = GatedStudy::new(counts, Some([4.5, 4.5])).unwrap();
    study.gating.frame_time_ms = Some(40.0);
    study.identity = StudyIdentity {
        patient_name: Some("Disc^Still".into()),
        patient_id: Some("SIM-7".into()),
        view: Some("Left anterior oblique".into()),
        simulated: true,
        ..StudyIdentity::default()
    };
    let bytes = encode_study(&study, &Acquisition::original()).unwrap();
    let file = dicom_object::from_reader(&bytes[..]).unwrap();
    for (tag, uid) in [
        (tags::STUDY_INSTANCE_UID, "2.25.39859227912262281017326263067300217151"),
        (tags::SERIES_INSTANCE_UID, "2.25.47567416444796414527167084137042409526"),
        (tags::SOP_INSTANCE_UID, "2.25.238138668440537840698367667357083734732"),
        (tags::FRAME_OF_REFERENCE_UID, "2.25.97029697369859204965728571017615551544"),
    ] {
        assert_eq!(text(&file, tag), uid, "{tag}");
    }
    assert_eq!(file.meta().media_storage_sop_instance_uid(), "2.25.238138668440537840698367667357083734732");
}

fn text(file: &InMemDicomObject, tag: Tag) -> String {
    file.get(tag).map(|element| element.to_str().unwrap().trim_end_matches('\0').to_string()).unwrap_or_default()
}

#[test]
fn nothing_is_written_of_an_acquisition_of_which_nothing_is_known() {
    let mut study = beating_disc(16, 64, 300.0);
    study.identity.simulated = false;
    study.identity.accession_number = None;
    study.identity.study_id = None;
    let bytes = encode_study(&study, &Acquisition::derived()).unwrap();
    let file = dicom_object::from_reader(&bytes[..]).unwrap();
    for tag in [
        tags::PATIENT_ORIENTATION_CODE_SEQUENCE,
        tags::PATIENT_GANTRY_RELATIONSHIP_CODE_SEQUENCE,
        tags::ENERGY_WINDOW_INFORMATION_SEQUENCE,
        tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE,
    ] {
        assert_eq!(file.get(tag).unwrap().items().unwrap_or_default().len(), 0, "{tag}");
    }
    let item = |tag: Tag| &file.get(tag).unwrap().items().unwrap()[0];
    assert_eq!(text(item(tags::DETECTOR_INFORMATION_SEQUENCE), tags::COLLIMATOR_TYPE), "");
    let gated = item(tags::GATED_INFORMATION_SEQUENCE);
    assert!(gated.get(tags::CARDIAC_FRAMING_TYPE).is_none() && gated.get(tags::TRIGGER_TIME).is_none());
    assert_eq!(text(&file, tags::IMAGE_TYPE), "DERIVED\\PRIMARY\\GATED\\EMISSION");
    assert_eq!((text(&file, tags::STUDY_ID), text(&file, tags::ACCESSION_NUMBER)), (String::new(), String::new()));
    assert!(file.get(tags::SYNTHETIC_DATA).is_none() && file.get(tags::IMAGE_COMMENTS).is_none());
    // Other facts about the acquisition make it another image.
    let other = encode_study(&study, &Acquisition::original()).unwrap();
    let other = dicom_object::from_reader(&other[..]).unwrap();
    assert_ne!(text(&other, tags::SOP_INSTANCE_UID), text(&file, tags::SOP_INSTANCE_UID));
}

#[test]
fn what_is_known_of_the_acquisition_is_written() {
    let bytes = encode_study(&beating_disc(16, 64, 300.0), &acquisition()).unwrap();
    let file = dicom_object::from_reader(&bytes[..]).unwrap();
    let code = |path: &[Tag]| {
        let item = path.iter().fold(&*file, |object, &tag| &object.get(tag).unwrap().items().unwrap()[0]);
        [tags::CODING_SCHEME_DESIGNATOR, tags::CODE_VALUE, tags::CODE_MEANING].map(|tag| text(item, tag)).join(" ")
    };
    let orientation = tags::PATIENT_ORIENTATION_CODE_SEQUENCE;
    assert_eq!(code(&[orientation]), "SCT 102538003 recumbent");
    assert_eq!(code(&[orientation, tags::PATIENT_ORIENTATION_MODIFIER_CODE_SEQUENCE]), "SCT 40199007 supine");
    assert_eq!(code(&[tags::PATIENT_GANTRY_RELATIONSHIP_CODE_SEQUENCE]), "SCT 102540008 headfirst");
    let drug = tags::RADIOPHARMACEUTICAL_INFORMATION_SEQUENCE;
    assert_eq!(code(&[drug, tags::RADIONUCLIDE_CODE_SEQUENCE]), "SCT 72454001 ^99m^Technetium");
    assert_eq!(text(&file, tags::IMAGE_TYPE), "ORIGINAL\\PRIMARY\\GATED\\EMISSION");
    assert_eq!(
        (text(&file, tags::MANUFACTURER), text(&file, tags::MANUFACTURER_MODEL_NAME)),
        ("bloodpool".into(), "simulator".into())
    );
    assert_eq!(
        (text(&file, tags::CONTENT_DATE), text(&file, tags::CONTENT_TIME)),
        ("20240229".into(), "102003.5".into())
    );
    assert_eq!(text(&file, tags::SYNTHETIC_DATA), "YES");
}

#[test]
fn what_was_read_can_be_logged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    write_study(&beating_disc(16, 64, 300.0), &acquisition(), &path, &WriteOptions::default()).unwrap();
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(file.study.identity.patient_id.as_deref(), Some("SIM-1"));
    let printed = format!("{file:?}");
    for secret in ["Beating", "SIM-1", "19600131", "A-4711", "20240229", "101500", "GBP rest", "Gated blood pool"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    assert!(printed.contains("patient_name: Some(..)"), "{printed}");
    // A file that fails: the error and its message.
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&path, bytes).unwrap();
    let error = read_study(&path, &Selection::default()).unwrap_err();
    let printed = format!("{error:?} {error}");
    assert!(!printed.contains("Beating") && !printed.contains("SIM-1"), "{printed}");
}

#[test]
fn files_are_not_overwritten_unless_told_and_nothing_else_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("disc.dcm");
    let study = beating_disc(16, 64, 300.0);
    std::fs::write(&path, b"precious").unwrap();
    let error = write_study(&study, &acquisition(), &path, &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, WriteError::File(FileError::Exists { .. })), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    write_study(&study, &acquisition(), &path, &WriteOptions { overwrite: true }).unwrap();
    assert!(read_study(&path, &Selection::default()).is_ok());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    let nowhere = folder.path().join("no such folder/disc.dcm");
    assert!(matches!(
        write_study(&study, &acquisition(), &nowhere, &WriteOptions::default()),
        Err(WriteError::File(FileError::Write { .. }))
    ));
}

#[test]
fn counts_that_sixteen_bits_cannot_hold_are_refused() {
    for value in [0.5, 65_536.0] {
        let mut counts = beating_disc(16, 64, 300.0).counts().clone();
        counts[[2, 3, 4]] = value;
        let study = bloodpool_core::study::GatedStudy::new(counts, None).unwrap();
        let error = encode_study(&study, &Acquisition::original()).unwrap_err();
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
    for (name, study, acquisition) in [
        ("full", beating_disc(24, 64, 300.0), acquisition()),
        ("bare", bare, Acquisition::original()),
        ("view", unnamed_view, Acquisition::derived()),
    ] {
        let path = folder.path().join(name);
        write_study(&study, &acquisition, &path, &WriteOptions::default()).unwrap();
        let said = run("dciodvfy", &["-new"], &path);
        assert!(said.contains("NMImage"), "{said}");
        // Synthetic Data is newer than the dictionary of the validator.
        let is_error =
            |line: &&str| line.contains("Error") && !line.starts_with("Error - </(0008,001c)> - Attribute with");
        assert_eq!(said.lines().find(is_error), None, "{name}:\n{said}");
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
    write_study(&study, &acquisition(), &path, &WriteOptions::default()).unwrap();
    let script = "import sys, pydicom; d = pydicom.dcmread(sys.argv[1]); a = d.pixel_array.astype('int64'); \
                  print(a.shape, a.sum(), (a * range(64)).sum(), d.SOPClassUID.name, list(d.TimeSlotVector)[-1])";
    let said = run("python3", &["-c", script], &path);
    let sum: i64 = study.counts().iter().map(|&count| count as i64).sum();
    let weighted: i64 =
        study.counts().indexed_iter().map(|((_, _, column), &count)| count as i64 * column as i64).sum();
    let expected = format!("(24, 64, 64) {sum} {weighted} Nuclear Medicine Image Storage 24");
    assert_eq!(said.trim(), expected);
}
