//! Classical methods, and region growing within a model's outlines, by name; and a dataset compared with reference LVEF.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use predicates::prelude::*;
use predicates::str::{contains, is_match};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::bloodpool;

fn done(folder: &Path, arguments: &str) {
    bloodpool(folder).args(arguments.split(' ')).assert().success();
}

/// Five simulated studies with three raters each, as datasets in `data` and `other`.
fn walked() -> &'static Path {
    static WALK: OnceLock<TempDir> = OnceLock::new();
    let folder = WALK.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        done(at, "simulate sim --studies 5 --cohort paper --raters 3 --seed 15");
        done(at, "dataset extract sim/studies --out work --frames sim/truth.csv");
        done(at, "dataset consensus work --raters sim/raters");
        // Evaluations of a test part are counted: each test reads its own.
        for name in ["data", "other"] {
            done(at, &format!("dataset build work --out {name} --studies 1/1/3 --truth sim"));
        }
        folder
    });
    folder.path()
}

fn document(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&fs::read(walked().join(path)).unwrap()).unwrap()
}

fn dice_at_end_diastole(evaluation: &Value) -> f64 {
    let cases = evaluation["cases"].as_array().unwrap();
    let dice = |case: &Value| case["images"][0]["overlap"]["dice"].as_f64().unwrap();
    cases.iter().map(dice).sum::<f64>() / cases.len() as f64
}

#[test]
fn classical_methods_and_fusion_are_models_by_name() {
    let evaluated = |model: &str, out: &str| {
        done(walked(), &format!("evaluate {model} --dataset other --out {out}"));
        document(Path::new(out).join("evaluation.json"))
    };
    let edges = evaluated("radial-edges", "edges");
    assert_eq!((&edges["run"]["kind"], &edges["run"]["model"]["sha256"]), (&"classical".into(), &"".into()));
    assert!(dice_at_end_diastole(&edges) > 0.75, "{}", dice_at_end_diastole(&edges));
    let methods = fs::read_to_string(walked().join("edges/methods.md")).unwrap();
    assert!(methods.contains("a method without a network") && !methods.contains("neural network"), "{methods}");
    // The fusion is another model than the one that it grows within.
    let [network, grown] =
        [("compact", "alone"), ("grown-within:compact", "fused")].map(|(model, out)| evaluated(model, out));
    assert_eq!((&network["run"]["grown_within_mm"], &grown["run"]["grown_within_mm"]), (&Value::Null, &4.0.into()));
    assert_eq!(network["run"]["model"]["sha256"], grown["run"]["model"]["sha256"]);
    let [network, grown] = [&network, &grown].map(dice_at_end_diastole);
    assert!(network > 0.8 && grown > 0.8 && (network - grown).abs() > 1e-6, "{network} {grown}");
    let methods = fs::read_to_string(walked().join("fused/methods.md")).unwrap();
    assert!(methods.contains("moved the outline by at most 4 mm"), "{methods}");

    let analyze =
        |model: &str| bloodpool(walked()).args(["analyze", "sim/studies/sim-0001.dcm", "--model", model]).assert();
    analyze("watershed").stdout(contains("classical watershed").and(contains("sha256").not()));
    // Neither interval nor bias of the network is that of outlines that were moved.
    let fused = analyze("grown-within:compact").success();
    let [fused, network] = [fused, analyze("compact").success()]
        .map(|done| String::from_utf8_lossy(&done.get_output().stdout).into_owned());
    assert!(fused.contains("grown within 4 mm") && fused.contains("sha256"), "{fused}");
    let without = contains("no interval is known for it with this model");
    assert_eq!((without.eval(&network), without.eval(&fused)), (false, true), "{network}\n{fused}");
    analyze("grown-within:otsu").code(2).stderr(contains("`otsu`").and(contains("radial-edges")));
}

#[test]
fn studies_of_a_dataset_are_compared_with_references_beside_their_raters() {
    let manifest = document("data/dataset.json");
    let cases = manifest["cases"].as_array().unwrap();
    let mut table = "study,lvef,modality\n".to_owned();
    for case in cases {
        let lvef = case["true_lvef_percent"].as_f64().unwrap();
        table += &format!("{},{lvef:.1},CMR\n", case["case"].as_str().unwrap());
    }
    fs::write(walked().join("cmr.csv"), table).unwrap();
    let evaluate = |more: &str| {
        let arguments = format!("evaluate --reference cmr.csv --dataset data {more}");
        bloodpool(walked()).args(arguments.split_whitespace()).assert()
    };
    // Three of the five rows are of the test split.
    evaluate("--out against").success().stdout(
        contains("cmr.csv, the test split of data")
            .and(contains("Simulated studies, not patients."))
            .and(contains("2 rows name studies of the dataset that are not compared here."))
            .and(is_match(r"raters' consensus \(paper\) \| 3 \| 3 \|").unwrap())
            .and(is_match(r"background_image \| [23] \| [23] \|").unwrap()),
    );
    let found = document("against/reference.json");
    assert_eq!(found["part"]["test_reads"], 1);
    for study in found["studies"].as_array().unwrap() {
        let case = cases.iter().find(|case| case["case"] == study["study"]).unwrap();
        let consensus = &study["by_protocol"]["raters' consensus (paper)"];
        assert_eq!(consensus, &case["consensus_lvef_percent"]);
        // The same numbers as of the file.
        let file = format!("sim/studies/{}.dcm", study["study"].as_str().unwrap());
        let analyzed = bloodpool(walked()).args(["analyze", &file, "--json"]).assert().success();
        let analysis: Value = serde_json::from_slice(&analyzed.get_output().stdout).unwrap();
        assert_eq!(analysis["lvef_percent"], study["lvef_percent"], "{file}");
    }
    evaluate("").success().stdout(contains("has been read 2 times"));
    evaluate("--split train --model radial-edges").success().stdout(contains("the train split of data"));
    evaluate("--images work").code(2).stderr(contains("--dataset is for the comparison"));
    bloodpool(walked())
        .args(["evaluate", "--reference", "cmr.csv", "--split", "test"])
        .assert()
        .code(2)
        .stderr(contains("--split is for the comparison"));
}
