//! `analyze` as a user runs it: documents, exit codes, masks, reports, and what it refuses.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use bloodpool_files::read_npy_u8;
use ndarray::Ix3;
use predicates::str::contains;
use serde_json::Value;

use crate::program::{STUDIES, bloodpool, documents, simulated, study};

#[test]
fn the_document_keeps_its_contract() {
    let folder = tempfile::tempdir().unwrap();
    let run = bloodpool(folder.path()).arg("analyze").arg(study(1)).arg("--json").assert().success();
    let all = documents(&run.get_output().stdout);
    assert_eq!(all.len(), 1);
    let document = &all[0];
    assert_eq!(document["schema"], "bloodpool.analysis/1");
    assert_eq!(document["source"], study(1).display().to_string());
    assert!(document["software"].as_str().unwrap().starts_with("bloodpool "));
    let fields = &document["study"];
    assert_eq!((&fields["rows"], &fields["columns"]), (&Value::from(64), &Value::from(64)));
    let frames = fields["frames"].as_u64().unwrap() as usize;
    assert!(fields["study_uid"].is_string() && fields["series_uid"].is_string() && fields["sop_uid"].is_string());
    assert_eq!(fields["pixel_spacing_mm"].as_array().unwrap().len(), 2);
    assert_eq!(document["model"]["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(document["protocol"]["name"], "background_image");
    assert!(document["protocol"]["estimator"]["smoothing_mm"].is_number());
    let lvef = document["lvef_percent"].as_f64().unwrap();
    assert_eq!(document["lvef_by_protocol"]["background_image"].as_f64(), Some(lvef));
    assert!(document.get("interval").is_some());
    for name in ["standard", "paper", "unmixed", "fixed_roi"] {
        assert!(document["lvef_by_protocol"].get(name).is_some(), "{name}");
    }
    assert_eq!(document["frame_source"], "automatic");
    for phase in ["end_diastole", "end_systole"] {
        for field in ["frame", "area_mm2", "area_px", "grid", "counts", "net_counts"] {
            assert!(document[phase][field].is_number(), "{phase}.{field}");
        }
    }
    let levels = document["background"]["counts_per_pixel_by_frame"].as_array().unwrap();
    assert!(levels.len() == frames && levels.iter().all(Value::is_number));
    for field in ["frame", "area_px", "grid", "mean_counts_per_pixel"] {
        assert!(document["background"][field].is_number(), "background.{field}");
    }
    assert!(document["time_activity_curve"]["frame_time_ms"].is_number());
    assert_eq!(document["time_activity_curve"]["net_counts"].as_array().unwrap().len(), frames);
    let rois = document["rois"].as_array().unwrap();
    assert_eq!(rois.len(), frames);
    assert_eq!(rois[0]["frame"], 1);
    assert_eq!(rois[0]["contour"][0].as_array().unwrap().len(), 2);
    assert!(document["warnings"].is_array());
}

#[test]
fn without_json_a_person_reads_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    bloodpool(folder.path())
        .arg("analyze")
        .arg(study(1))
        .assert()
        .success()
        .stdout(contains("LVEF"))
        .stdout(contains("by protocol background_image"))
        .stdout(contains("SIMULATED STUDY"))
        .stdout(contains("End-diastole"))
        .stdout(contains("Research use only"))
        .stdout(contains("--report"));
}

#[test]
fn bad_files_among_good_ones_are_named_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    fs::create_dir(&input).unwrap();
    for number in 1..=STUDIES {
        fs::copy(study(number), input.join(format!("good-{number}.dcm"))).unwrap();
    }
    fs::write(input.join("bad-text.dcm"), "not DICOM at all").unwrap();
    fs::write(input.join("bad-empty.dcm"), "").unwrap();
    let whole = fs::read(study(1)).unwrap();
    fs::write(input.join("bad-truncated.dcm"), &whole[..whole.len() / 2]).unwrap();

    let run = bloodpool(folder.path()).args(["analyze", "in", "--json"]).assert().code(1);
    let all = documents(&run.get_output().stdout);
    let of = |schema: &str| all.iter().filter(|document| document["schema"] == schema).collect::<Vec<_>>();
    assert_eq!(of("bloodpool.analysis/1").len(), STUDIES);
    let errors = of("bloodpool.error/1");
    assert_eq!(errors.len(), 3);
    let stderr = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    for error in errors {
        let source = error["source"].as_str().unwrap();
        assert!(source.contains("bad-") && error["code"].is_string());
        assert!(error["message"].as_str().unwrap().contains(source));
        assert!(stderr.contains(source), "{stderr}");
    }
    let codes: Vec<&str> = all.iter().filter_map(|document| document["code"].as_str()).collect();
    for code in ["not_dicom", "empty_file", "truncated"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

#[test]
fn a_file_that_is_not_there_fails_and_wrong_usage_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let run = bloodpool(folder.path()).args(["analyze", "none.dcm", "--json"]).assert().code(1);
    assert_eq!(documents(&run.get_output().stdout)[0]["code"], "unreadable");

    let wrong: [&[&str]; 7] = [
        &["analyze"],
        &["analyze", "a.dcm", "--protocol", "papr"],
        &["analyze", "a.dcm", "--model", "nowhere"],
        &["analyze", "a.dcm", "--device", "tpu"],
        &["analyze", "a.dcm", "--colour"],
        &["analyze", "a.dcm", "--ed", "0"],
        &["analyze", "a.dcm", "--ed", "3", "--es", "3"],
    ];
    for arguments in wrong {
        let run = bloodpool(folder.path()).args(arguments).assert().code(2);
        assert!(run.get_output().stdout.is_empty(), "{arguments:?}");
        assert!(!run.get_output().stderr.is_empty(), "{arguments:?}");
    }
    bloodpool(folder.path())
        .args(["analyze", "a.dcm", "--protocol", "papr"])
        .assert()
        .stderr(contains("standard, paper"));
}

#[test]
fn masks_have_the_shape_of_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let run = bloodpool(folder.path())
        .arg("analyze")
        .arg(study(1))
        .args(["--json", "--masks", "out/masks.npy"])
        .assert()
        .success();
    let document = &documents(&run.get_output().stdout)[0];
    let masks = read_npy_u8::<Ix3>(&folder.path().join("out/masks.npy")).unwrap();
    assert_eq!(masks.dim(), (document["study"]["frames"].as_u64().unwrap() as usize, 64, 64));
    assert!(masks.iter().all(|&value| value <= 1));
    let frame = document["end_diastole"]["frame"].as_u64().unwrap() as usize - 1;
    let area = masks.index_axis(ndarray::Axis(0), frame).iter().filter(|&&value| value == 1).count();
    assert!(area > 0);

    let studies = simulated().join("sim/studies");
    bloodpool(folder.path()).arg("analyze").arg(&studies).args(["--masks", "all"]).assert().success();
    assert_eq!(fs::read_dir(folder.path().join("all")).unwrap().count(), STUDIES);
    assert!(folder.path().join("all/sim-0002.npy").is_file());
    bloodpool(folder.path()).arg("analyze").arg(&studies).args(["--masks", "one.npy"]).assert().code(2);
}

#[test]
fn what_exists_is_kept_unless_forced() {
    let folder = tempfile::tempdir().unwrap();
    let masks = folder.path().join("masks.npy");
    fs::write(&masks, "mine").unwrap();
    let analyze = |more: &[&str]| {
        let mut command = bloodpool(folder.path());
        command.arg("analyze").arg(study(1)).args(["--masks", "masks.npy", "--report", "out"]).args(more);
        command.assert()
    };
    analyze(&[]).code(2).stderr(contains("masks.npy exists already")).stderr(contains("--force"));
    assert_eq!(fs::read(&masks).unwrap(), b"mine");
    assert!(!folder.path().join("out").exists());
    analyze(&["--force"]).success();
    assert_ne!(fs::read(&masks).unwrap(), b"mine");

    fs::remove_file(&masks).unwrap();
    analyze(&[]).code(2).stderr(contains("report.html exists already"));
    assert!(!masks.exists());
    let left = fs::read_dir(folder.path().join("out")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().starts_with('.')));
}

#[test]
fn a_report_shows_what_the_number_was_computed_from() {
    let folder = tempfile::tempdir().unwrap();
    let run =
        bloodpool(folder.path()).arg("analyze").arg(study(1)).args(["--json", "--report", "out"]).assert().success();
    let document = &documents(&run.get_output().stdout)[0];
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let sha256 = document["model"]["sha256"].as_str().unwrap();
    let sop_uid = document["study"]["sop_uid"].as_str().unwrap();
    let contour = document["rois"][0]["contour"].to_string();
    for part in [sha256, sop_uid, contour.as_str(), "Research use only", "Simulated study", "background image"] {
        assert!(page.contains(part), "{part}");
    }
    let lvef = document["lvef_percent"].as_f64().unwrap();
    assert!(page.contains(&format!("<p class=\"value\">{lvef:.0}<")));
    let end = |name: &str| document["interval"][name].as_f64().unwrap();
    assert!(end("low") <= lvef && lvef <= end("high"));
    assert!(page.contains(&format!("({:.0}\u{2013}{:.0})", end("low"), end("high"))));
    for name in ["end-diastole.png", "end-systole.png", "frames.png", "curve.csv"] {
        assert!(folder.path().join("out").join(name).is_file(), "{name}");
    }
    let kept: Value = serde_json::from_slice(&fs::read(folder.path().join("out/analysis.json")).unwrap()).unwrap();
    assert_eq!(&kept, document);
    let curve = fs::read_to_string(folder.path().join("out/curve.csv")).unwrap();
    assert_eq!(curve.lines().count() as u64, 1 + document["study"]["frames"].as_u64().unwrap());

    let studies = simulated().join("sim/studies");
    bloodpool(folder.path()).arg("analyze").arg(studies).args(["--report", "all"]).assert().success();
    for number in 1..=STUDIES {
        assert!(folder.path().join(format!("all/sim-{number:04}/report.html")).is_file());
    }
}

#[test]
fn frames_set_by_hand_are_used_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let analyze = |ed: &str, es: &str| {
        let mut command = bloodpool(folder.path());
        command.arg("analyze").arg(study(1)).args(["--json", "--ed", ed, "--es", es]);
        command.assert()
    };
    let run = analyze("2", "5").success();
    let document = &documents(&run.get_output().stdout)[0];
    assert_eq!((&document["end_diastole"]["frame"], &document["end_systole"]["frame"]), (&2.into(), &5.into()));
    assert_eq!(document["frame_source"], "override");
    assert_eq!(document["protocol"]["frames"]["es_override"], 5);
    let run = analyze("2", "99").code(1);
    let document = &documents(&run.get_output().stdout)[0];
    assert_eq!(document["code"], "frame_outside");
    assert!(document["message"].as_str().unwrap().contains("sim-0001.dcm"));
}

#[test]
fn the_named_protocol_gives_the_number() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["paper", "unmixed"] {
        let run = bloodpool(folder.path())
            .arg("analyze")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/normal.dcm"))
            .args(["--json", "--protocol", name])
            .assert()
            .success();
        let document = &documents(&run.get_output().stdout)[0];
        assert_eq!(document["protocol"]["name"], name);
        assert_eq!(document["lvef_percent"], document["lvef_by_protocol"][name]);
        assert_eq!(document["background"].is_null(), name == "unmixed");
    }
}

#[test]
fn a_reader_who_has_had_enough_is_no_error() {
    let program = assert_cmd::cargo::cargo_bin("bloodpool");
    let mut child = std::process::Command::new(program)
        .arg("analyze")
        .arg(simulated().join("sim/studies"))
        .arg("--json")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    assert!(!stderr.contains("panic") && !stderr.contains("pipe"), "{stderr}");
}
