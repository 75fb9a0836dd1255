//! Objects of an analysed study are made once for one job, and read back with the numbers of the analysis.

use std::path::{Path, PathBuf};

use bloodpool_dicom::objects::CreationTime;
use bloodpool_dicom::{Selection, plan};

use super::*;
use crate::Analyzer;

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{name}.dcm"))
}

fn choices(seconds: i64) -> ObjectChoices {
    ObjectChoices::automatic(CreationTime::new(seconds, 0).unwrap())
}

#[test]
fn every_object_of_a_study_is_made_with_uids_of_its_job() {
    let analyzer = Analyzer::embedded().unwrap();
    let study = analyzer.analyze_file(example("normal")).unwrap();
    let made = study.objects(&ObjectKind::ALL, &choices(1_767_225_600)).unwrap();
    let names: Vec<&str> = made.objects.iter().map(|object| object.name.as_str()).collect();
    assert_eq!(names, ["sc.dcm", "cine.dcm", "key-frames.dcm", "key-frames-2.dcm", "sr.dcm", "seg.dcm", "pdf.dcm"]);
    assert!(made.omitted.is_empty() && made.objects.iter().all(|object| &object.bytes[128..132] == b"DICM"));
    // The same once more, and later: the UIDs are those of the job, whatever the clock says.
    assert_eq!(study.objects(&ObjectKind::ALL, &choices(1_767_225_600)).unwrap(), made);
    let later = study.objects(&ObjectKind::ALL, &choices(1_767_229_200)).unwrap();
    let uids = |made: &ResultObjects| made.objects.iter().map(|object| object.reference.clone()).collect::<Vec<_>>();
    assert_eq!(uids(&later), uids(&made));
    // A review, another job and another study have others.
    let reviewed = ObjectChoices { review_version: 1, ..choices(1_767_225_600) };
    let other_job = ObjectChoices { job: Some(b"7".to_vec()), ..choices(1_767_225_600) };
    let other_study = analyzer.analyze_file(example("akinesis")).unwrap();
    for other in [
        study.objects(&ObjectKind::ALL, &reviewed).unwrap(),
        study.objects(&ObjectKind::ALL, &other_job).unwrap(),
        other_study.objects(&ObjectKind::ALL, &choices(1_767_225_600)).unwrap(),
    ] {
        assert!(uids(&other).iter().zip(uids(&made)).all(|(one, other)| one.sop_uid != other.sop_uid));
    }
}

#[test]
fn the_measurements_are_those_of_the_analysis() {
    let study = Analyzer::embedded().unwrap().analyze_file(example("normal")).unwrap();
    let (measurements, remarks) = study.measurements();
    let analysis = study.analysis();
    assert_eq!(measurements.lvef_percent, analysis.lvef_percent);
    assert_eq!(measurements.end_systole.net_counts, analysis.end_systole.net_counts);
    assert_eq!(measurements.end_diastole.contour, analysis.contours[analysis.end_diastole.frame.index()].0);
    let interval = (analysis.interval.as_ref().unwrap(), measurements.lvef_interval.unwrap());
    assert_eq!((interval.0.low, interval.0.high), (interval.1.lower_percent, interval.1.upper_percent));
    assert!(measurements.peak_ejection_rate_per_s.unwrap() > 0.5 && measurements.heart_rate_per_minute.is_some());
    assert!(remarks.is_empty());
}

#[test]
fn a_withheld_number_is_not_reported_and_the_other_objects_are_made() {
    // A classical method on a study that is mirrored left to right: the number is withheld.
    let planned = plan(&[example("normal")], &Selection::default()).studies.remove(0).unwrap();
    let mut file = planned.read().unwrap();
    let first = file.study.frame(bloodpool_core::FrameIndex::FIRST).to_owned();
    let still = ndarray::Array3::from_shape_fn(file.study.counts().dim(), |(_, row, column)| first[[row, column]]);
    file.study = bloodpool_core::GatedStudy::new(still, file.study.pixel_spacing_mm()).unwrap();
    let study = Analyzer::embedded().unwrap().analyze_study_file(file).unwrap();
    assert_eq!(study.lvef_percent(), None);
    let kinds = [ObjectKind::StructuredReport, ObjectKind::SecondaryCapture];
    let made = study.objects(&kinds, &choices(1_767_225_600)).unwrap();
    assert_eq!(made.objects.len(), 1);
    assert!(made.omitted[0].0 == ObjectKind::StructuredReport && made.omitted[0].1.contains("withheld"));
}

#[test]
fn a_study_that_was_read_from_no_file_has_no_objects() {
    let counts = bloodpool_dicom::read_study(&example("normal"), &Selection::default()).unwrap();
    let study = Analyzer::embedded().unwrap().analyze_study("in memory", counts).unwrap();
    let error = study.objects(&[ObjectKind::Segmentation], &choices(1_767_225_600)).unwrap_err();
    assert_eq!(error.code(), "empty_file");
}
