//! `compare`: studies of one patient, and those that cannot be compared.

use std::fs;
use std::path::Path;

use bloodpool_dicom::{Acquisition, Selection, WriteOptions, read_study, write_study};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::program::{bloodpool, study};

/// Copies a simulated study to `path`, as one of this patient on this day (empty: none).
fn put(path: &Path, number: usize, patient: &str, date: &str) {
    let mut simulated = read_study(&study(number), &Selection::default()).unwrap();
    let identity = &mut simulated.identity;
    identity.patient_id = Some(patient.into());
    identity.patient_name = Some("Doe^Jane".into());
    identity.study_date = (!date.is_empty()).then(|| date.into());
    identity.acquisition_date = None;
    identity.study_uid = None;
    identity.series_uid = None;
    identity.sop_uid = None;
    write_study(&simulated, &Acquisition::original(), path, &WriteOptions::default()).unwrap();
}

/// Two studies of one patient, and one of another.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("late.dcm"), 1, "P1", "20240301");
    put(&folder.path().join("early.dcm"), 2, "P1", "20230105");
    put(&folder.path().join("other.dcm"), 3, "P2", "20230901");
    folder
}

#[test]
fn two_studies_of_a_patient_are_compared_and_reported() {
    let folder = folder();
    let run = |arguments: &[&str]| {
        let output =
            bloodpool(folder.path()).args(["compare", "late.dcm", "early.dcm"]).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&run(&["--json", "--report", "out", "--pdf", "change.pdf"])).unwrap();
    assert_eq!(document["schema"], "bloodpool.comparison/1");
    assert_eq!((&document["studies"][0]["source"], &document["baseline"]["study"]), (&"early.dcm".into(), &1.into()));
    assert_eq!((&document["same_patient"], &document["changes"][0]["days"]), (&"id".into(), &421.into()));
    let page = fs::read_to_string(folder.path().join("out/comparison.html")).unwrap();
    assert!(page.contains("Doe, Jane") && page.contains("Research use only"));
    assert!(fs::read(folder.path().join("change.pdf")).unwrap().starts_with(b"%PDF-1.7"));
    let written: Value = serde_json::from_slice(&fs::read(folder.path().join("out/comparison.json")).unwrap()).unwrap();
    assert_eq!(written, document);

    let summary = run(&["--baseline", "late.dcm", "--lang", "ko"]);
    assert!(summary.contains("기저 검사") && summary.contains("late.dcm"), "{summary}");
    let analysis = bloodpool(folder.path()).args(["analyze", "early.dcm", "--json"]).output().unwrap().stdout;
    fs::write(folder.path().join("early.json"), analysis).unwrap();
    let document: Value = serde_json::from_str(&run(&["--json", "--signed", "early.json"])).unwrap();
    assert_eq!(document["studies"][0]["signed"]["lvef_percent"], document["studies"][0]["lvef_percent"]);
    bloodpool(folder.path())
        .args(["compare", "late.dcm", "early.dcm", "--report", "out"])
        .assert()
        .code(2)
        .stderr(contains("out/comparison.html exists already").and(contains("--force")));
}

#[test]
fn what_cannot_be_compared_is_refused_by_name() {
    let folder = folder();
    put(&folder.path().join("undated.dcm"), 3, "P1", "");
    let refused = |arguments: &[&str], code: i32, said: &[&str]| {
        let output = bloodpool(folder.path()).arg("compare").args(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{stderr}");
        for part in said {
            assert!(stderr.contains(part), "{part}: {stderr}");
        }
    };
    refused(&["late.dcm", "other.dcm"], 2, &["late.dcm", "other.dcm", "different patients"]);
    refused(&["late.dcm"], 2, &["a comparison needs at least two"]);
    refused(&["late.dcm", "undated.dcm"], 2, &["`undated.dcm` has no date", "--baseline FILE"]);
    refused(&["late.dcm", "early.dcm", "--baseline", "other.dcm"], 2, &["--baseline other.dcm is none"]);
    refused(&["late.dcm", "early.dcm", "--local-limit", "5"], 2, &["--local-limit 5 is not between"]);
    refused(&["late.dcm", "missing.dcm"], 1, &["missing.dcm", "nothing was compared"]);
}

#[test]
fn analyze_compares_the_studies_of_a_patient_by_itself() {
    let folder = folder();
    let run = |arguments: &[&str]| {
        let output = bloodpool(folder.path()).arg("analyze").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap())
    };
    let three = ["late.dcm", "early.dcm", "other.dcm"];
    let [documents, _] = run(&[&three[..], &["--json", "--report", "out", "--pdf", "pdf"]].concat());
    let documents: Vec<Value> = documents.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let schemas: Vec<&str> = documents.iter().map(|document| document["schema"].as_str().unwrap()).collect();
    let analysis = "bloodpool.analysis/1";
    assert_eq!(schemas, [analysis, analysis, analysis, "bloodpool.comparison/1"]);
    assert_eq!(
        (&documents[3]["studies"][0]["source"], &documents[3]["same_patient"]),
        (&"early.dcm".into(), &"id".into())
    );

    let read = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    let written: Value = serde_json::from_str(&read("out/late/comparison.json")).unwrap();
    assert_eq!(written, documents[3]);
    assert!(read("out/late/comparison.html").contains("serial-plot"));
    assert!(
        read("out/late/report.html").contains("id=\"serial-heading\"")
            && !read("out/early/report.html").contains("id=\"serial-heading\"")
    );
    assert_eq!(serde_json::from_str::<Value>(&read("out/late/analysis.json")).unwrap(), documents[0]);
    let size = |path: &str| fs::metadata(folder.path().join(path)).unwrap().len();
    assert!(size("pdf/comparison/late.pdf") > 10_000);
    for other in ["out/early/comparison.html", "out/other/comparison.html", "pdf/comparison/early.pdf"] {
        assert!(!folder.path().join(other).exists(), "{other}");
    }

    let [summary, _] = run(&["late.dcm", "early.dcm", "--lang", "ko"]);
    assert!(
        summary.rfind("연속 검사 비교") > summary.rfind("심박출계수") || summary.contains("기저 검사"),
        "{summary}"
    );
    let [alone, _] = run(&["late.dcm", "early.dcm", "--json", "--no-compare", "--pdf", "alone"]);
    assert_eq!(alone.lines().count(), 2);
    assert!(size("pdf/late.pdf") > size("alone/late.pdf") && size("pdf/early.pdf") == size("alone/early.pdf"));
    assert!(!folder.path().join("alone/comparison").exists());
    bloodpool(folder.path())
        .args(["analyze", "late.dcm", "other.dcm", "--report", "out"])
        .assert()
        .code(2)
        .stderr(contains("exists already"));
}

#[test]
fn what_analyze_cannot_compare_is_said_in_one_line_and_fails_nothing() {
    let folder = folder();
    put(&folder.path().join("undated.dcm"), 3, "P1", "");
    let run = |arguments: &[&str], code: i32| {
        let output = bloodpool(folder.path()).arg("analyze").args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        String::from_utf8(output.stderr).unwrap()
    };
    let undated = run(&["late.dcm", "undated.dcm"], 0);
    assert!(undated.contains("not compared: ") && undated.contains("`undated.dcm` has no date"), "{undated}");
    assert_eq!(undated.matches("not compared").count(), 1);
    // No patient is named on stderr.
    assert!(!undated.contains("P1") && !undated.contains("Doe"), "{undated}");
    let failed = run(&["late.dcm", "early.dcm", "missing.dcm"], 1);
    assert!(failed.contains("missing.dcm") && !failed.contains("not compared"), "{failed}");
}
