//! `verify` as a user runs it: an analysis that holds, one that was changed, another file, another model.

use std::fs;
use std::path::Path;

use predicates::prelude::*;
use predicates::str::contains;
use serde_json::Value;

use crate::program::bloodpool;

fn example(name: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap();
    examples.join(name).display().to_string()
}

fn verified(at: &Path, arguments: &[&str]) -> (i32, Value) {
    let done = bloodpool(at).arg("verify").args(arguments).arg("--json").assert();
    let output = done.get_output();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn an_analysis_is_computed_again() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for protocol in ["background_image", "standard"] {
        let out = format!("look-{protocol}");
        let arguments = ["analyze", &example("akinesis.dcm"), "--report", &out, "--protocol", protocol];
        bloodpool(at).args(arguments).assert().success();
        let record = format!("{out}/analysis.json");
        let (code, found) = verified(at, &[&record]);
        assert_eq!((code, &found["schema"]), (0, &"bloodpool.verification/1".into()), "{found}");
        // The same program on the same processor: to the last digit.
        let model = &found["from_model"];
        assert!(model["numbers"].as_u64().unwrap() > 300, "{model}");
        assert_eq!((&model["numbers"], &model["differences"]), (&model["equal"], &Value::Array(vec![])));
        let outlines = &found["from_outlines"];
        let least = if protocol == "standard" { 30 } else { 2 };
        assert!(outlines["numbers"].as_u64().unwrap() >= least, "{outlines}");
        assert_eq!(outlines["numbers"], outlines["equal"], "{outlines}");
        bloodpool(at).args(["verify", &record]).assert().success().stdout(
            contains("as recorded")
                .and(contains("Every number that was computed again holds."))
                .and(contains("Research use only")),
        );
        // Without the model, the outlines are enough for what ROIs decide.
        let (code, found) = verified(at, &[&record, "--model", "radial-edges"]);
        assert_eq!(code, 0, "{found}");
        assert!(found["from_model"]["not_computed"].as_str().unwrap().contains("not with classical radial edges"));
    }
}

#[test]
fn what_was_changed_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    bloodpool(at).args(["analyze", &example("normal.dcm"), "--report", "look"]).assert().success();
    let text = fs::read_to_string(at.join("look/analysis.json")).unwrap();
    let mut document: Value = serde_json::from_str(&text).unwrap();
    let lvef = document["lvef_percent"].as_f64().unwrap();
    document["lvef_percent"] = (lvef + 1.0).into();
    document["rois"][2]["contour"] = document["rois"][11]["contour"].clone();
    fs::write(at.join("changed.json"), document.to_string()).unwrap();
    let (code, found) = verified(at, &["changed.json"]);
    assert_eq!(code, 1);
    let fields = |part: &str| {
        let all = found[part]["differences"].as_array().unwrap();
        all.iter().map(|difference| difference["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert!(fields("from_model").contains(&"lvef_percent".to_owned()), "{found}");
    assert!(fields("from_model").iter().any(|field| field.starts_with("rois.3.contour")), "{found}");
    // The outline of ED was exchanged for that of ES.
    assert!(fields("from_outlines").contains(&"lvef_by_protocol.standard".to_owned()), "{found}");
    bloodpool(at).args(["verify", "changed.json"]).assert().code(1).stdout(
        contains("The analysis does not hold.").and(contains(format!("lvef_percent: recorded {}", lvef + 1.0))),
    );
    // Another study is said to be one.
    bloodpool(at)
        .args(["verify", "look/analysis.json", &example("akinesis.dcm")])
        .assert()
        .code(1)
        .stdout(contains("NOT the recorded file"));
    fs::write(at.join("not.json"), "{\"schema\": \"bloodpool.error/1\"}").unwrap();
    bloodpool(at).args(["verify", "not.json"]).assert().code(2).stderr(contains("`bloodpool.error/1`"));
    bloodpool(at).args(["verify", "absent.json"]).assert().code(2).stderr(contains("absent.json"));
}
