//! The interval as a user sees it, and `calibrate`, with the embedded weights in a run folder that has an interval.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bloodpool_core::Certainty;
use bloodpool_core::uncertainty::{Calibration, Example, Features, ShippedFor};
use bloodpool_core::{ModelIdentity, Protocol};
use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::program::{STUDIES, bloodpool, documents, study};

fn models() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models")
}

/// A run folder with the embedded weights, and an interval from errors of -6 to 6 points in turn.
fn run_folder(folder: &Path) {
    let run = folder.join("run");
    fs::create_dir(&run).unwrap();
    let description = fs::read_to_string(models().join("compact.json")).unwrap();
    let json: Value = serde_json::from_str(&description).unwrap();
    fs::write(run.join("model.json"), &description).unwrap();
    fs::copy(models().join("compact.safetensors"), run.join("model.safetensors")).unwrap();
    let text = |field: &str| json[field].as_str().unwrap().to_owned();
    let example = |k: u32| Example {
        features: Features {
            lvef_percent: 20.0 + f64::from(k % 50),
            counting_error_points: 1.0,
            lv_counts: 5e4,
            lv_area_mm2: Some(2000.0),
            certainty: Certainty::default(),
            standard_difference_points: Some(1.0),
            unmixed_difference_points: Some(1.0),
            odd_even_difference_points: Some(1.0),
            matrix: 64,
            frames: 24,
        },
        true_lvef_percent: 20.0 + f64::from(k % 50) + f64::from(k * 7 % 121) / 10.0 - 6.0,
    };
    let shipped_for = ShippedFor {
        model: ModelIdentity { name: text("name"), sha256: text("sha256") },
        protocol: Protocol::background_image(),
        data: "300 drawn numbers".into(),
    };
    let calibration = Calibration::fit(&(0..300).map(example).collect::<Vec<_>>(), shipped_for).unwrap();
    fs::write(run.join("calibration.json"), serde_json::to_string(&calibration).unwrap()).unwrap();
}

fn document(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = bloodpool(folder);
    command.arg("analyze").arg(study(1)).args(["--json", "--model", "run"]).args(arguments);
    documents(&command.assert().success().get_output().stdout)[0].clone()
}

#[test]
fn an_interval_stands_where_one_is_known() {
    let folder = tempfile::tempdir().unwrap();
    run_folder(folder.path());
    let found = document(folder.path(), &[]);
    let (lvef, interval) = (found["lvef_percent"].as_f64().unwrap(), &found["interval"]);
    let (low, high) = (interval["low"].as_f64().unwrap(), interval["high"].as_f64().unwrap());
    assert!(low < lvef && lvef < high && high - low > 8.0 && high - low < 16.0, "{interval}");
    assert_eq!((&interval["level_percent"], &interval["source"]), (&95.0.into(), &"300 drawn numbers".into()));
    // Not for another protocol.
    assert!(document(folder.path(), &["--protocol", "paper"])["interval"].is_null());

    let shown = format!("{lvef:.0} % ({low:.0}-{high:.0})");
    let run = ["--model", "run", "--report", "out"];
    bloodpool(folder.path()).arg("analyze").arg(study(1)).args(run).assert().success().stdout(contains(shown));
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(
        page.contains(&format!("({low:.0}\u{2013}{high:.0})")) && page.contains("95 % interval, 300 drawn numbers")
    );
    assert!(page.contains("Counting noise"));
}

#[test]
fn references_adjust_the_interval() {
    let folder = tempfile::tempdir().unwrap();
    run_folder(folder.path());
    let lvef = document(folder.path(), &[])["lvef_percent"].as_f64().unwrap();
    // The same three studies over and over, 4 points below what is read of the first, give or take 2.
    let mut table = "study,lvef_reference,reference\n".to_owned();
    for k in 0..102 {
        let name = study(k % STUDIES + 1);
        writeln!(table, "{},{:.1},CMR", name.display(), (lvef - 4.0 + (k % 5) as f64 - 2.0).clamp(0.0, 100.0)).unwrap();
    }
    writeln!(table, "{},60,signed here", study(1).display()).unwrap();
    fs::write(folder.path().join("table.csv"), &table).unwrap();
    let calibrate = |more: &[&str]| {
        let mut command = bloodpool(folder.path());
        command.args(["calibrate", "table.csv", "--out", "local.json", "--model", "run"]).args(more);
        command.assert()
    };
    calibrate(&[])
        .code(1)
        .stderr(contains("line 104").and(contains("outline of bloodpool visible")))
        .stdout(contains("102 studies against CMR (0 failed, 1 rows refused)").and(contains("95 % range")));
    calibrate(&[]).code(2).stderr(contains("--force"));

    let found = document(folder.path(), &["--calibration", "local.json"]);
    assert_eq!(found["interval"]["source"], "against CMR, n = 102");
    assert_eq!(found["lvef_percent"].as_f64(), Some(lvef), "the number itself stays");
    // That of another model.
    let other = bloodpool(folder.path()).args(["analyze", "a.dcm", "--calibration", "local.json"]).assert().code(2);
    other.stderr(contains("was made for the interval of model"));
}

#[test]
fn a_model_without_an_interval_and_a_short_table_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    run_folder(folder.path());
    fs::write(folder.path().join("few.csv"), format!("study,lvef_reference\n{},60\n", study(1).display())).unwrap();
    let calibrate = |model: &str| {
        bloodpool(folder.path())
            .args(["calibrate", "few.csv", "--out", "local.json", "--model", model])
            .assert()
            .code(2)
    };
    calibrate("run").stderr(contains("1 studies; at least 100 are needed"));
    fs::write(folder.path().join("run/calibration.json"), "null").unwrap();
    calibrate("run").stderr(contains("shipped without an interval"));
    fs::write(folder.path().join("run/calibration.json"), "{}").unwrap();
    bloodpool(folder.path())
        .args(["analyze", "a.dcm", "--model", "run"])
        .assert()
        .code(2)
        .stderr(contains("malformed"));
}
