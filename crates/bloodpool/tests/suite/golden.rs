//! Golden results: what is measured on fixed studies with a fixed small model and with true outlines must not change.
//!
//! `GOLDEN=write cargo test --release -p bloodpool --test suite -- golden::` writes them anew after a change that is meant.

use std::path::{Path, PathBuf};

use bloodpool::measurement::analysis::measure;
use bloodpool::phantom::{Family, Population};
use bloodpool::{Analysis, Analyzer, GatedStudy, Model, ModelIdentity, Protocol, Segmentation};
use ndarray::{Array3, Axis};
use serde_json::{Value, json};

/// Largest difference that is still the same: processors round differently.
const TOLERANCE: f64 = 0.01;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// What is pinned of an analysis.
fn pinned(analysis: &Analysis) -> Value {
    let lvef = |key: &str| analysis.results.lvef_percent(key);
    let phase = |phase: &bloodpool::measurement::analysis::Phase| json!({"frame": phase.frame, "area_px": phase.area_px, "net_counts": phase.net_counts});
    json!({
        "protocol": analysis.protocol.name,
        "lvef_percent": analysis.lvef_percent,
        "background_image": lvef("background_image"),
        "standard": lvef("standard"),
        "paper": lvef("paper"),
        "unmixed": lvef("unmixed"),
        "fixed_roi": lvef("fixed_roi"),
        "counting_error_points": analysis.counting_error_points,
        "end_diastole": phase(&analysis.end_diastole),
        "end_systole": phase(&analysis.end_systole),
        "background": analysis.background.as_ref().map(|background| background.mean_counts_per_pixel),
        "findings": analysis.validity.reasons().iter().map(|reason| reason.code).collect::<Vec<_>>(),
    })
}

/// Where two documents differ by more than rounding; counts may differ in proportion.
fn differences(path: &str, found: &Value, expected: &Value, into: &mut Vec<String>) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) if found.keys().eq(expected.keys()) => {
            for (key, value) in found {
                differences(&format!("{path}.{key}"), value, &expected[key], into);
            }
        }
        (Value::Number(found), Value::Number(expected)) => {
            let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
            if (found - expected).abs() > TOLERANCE * (expected.abs() / 1000.0).max(1.0) {
                into.push(format!("{path}: {found} where {expected} was"));
            }
        }
        _ if found == expected => {}
        _ => into.push(format!("{path}: {found} where {expected} was")),
    }
}

fn check(name: &str, found: &Value) {
    let path = folder().join(format!("golden/{name}.json"));
    if std::env::var("GOLDEN").as_deref() == Ok("write") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, serde_json::to_string_pretty(found).unwrap() + "\n").unwrap();
    }
    let expected: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let mut all = Vec::new();
    differences(name, found, &expected, &mut all);
    assert!(all.is_empty(), "{}", all.join("\n"));
}

/// Every second frame joined to the one before it.
fn half_the_frames(counts: &Array3<f32>) -> Array3<f32> {
    let (frames, rows, columns) = counts.dim();
    Array3::from_shape_fn((frames / 2, rows, columns), |(frame, row, column)| {
        counts[[2 * frame, row, column]] + counts[[2 * frame + 1, row, column]]
    })
}

fn masks_of_half(segmentation: &Segmentation) -> Segmentation {
    Segmentation {
        masks: segmentation.masks.iter().step_by(2).cloned().collect(),
        lv_fraction: segmentation.lv_fraction.as_ref().map(|fraction| {
            let even: Vec<usize> = (0..fraction.len_of(Axis(0))).step_by(2).collect();
            fraction.select(Axis(0), &even)
        }),
        ..Segmentation::default()
    }
}

/// Twelve simulated studies: both matrices, 8 to 32 frames, low EF, few counts, counts lost at the end of the cycle.
fn simulated() -> Vec<(String, GatedStudy, Segmentation)> {
    let mut all = Vec::new();
    for (matrix, first) in [(64, 0), (128, 100)] {
        let mut population = Population::ordinary(Family::Own, 4242);
        population.matrix = Some(matrix);
        for index in first..first + 3 {
            let simulated = population.study(index).unwrap().labelled;
            all.push((format!("{matrix}-{index}"), simulated.study.clone(), simulated.perfect_segmentation()));
        }
    }
    let mut low = Population::ordinary(Family::Other, 4243);
    low.lvef_percent = 12.0..=25.0;
    for index in 0..2 {
        let simulated = low.study(index).unwrap().labelled;
        all.push((format!("low-ef-{index}"), simulated.study.clone(), simulated.perfect_segmentation()));
    }
    let (_, study, segmentation) = all[0].clone();
    let with = |counts: Array3<f32>| GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
    let few = with(half_the_frames(study.counts()));
    all.push((format!("{}-frames", few.frames()), few, masks_of_half(&segmentation)));
    all.push(("tenth".into(), with(study.counts().mapv(|value| (value / 10.0).round())), segmentation.clone()));
    let mut lost = study.counts().clone();
    let frames = lost.len_of(Axis(0));
    for (back, kept) in [(1, 0.4), (2, 0.7)] {
        lost.index_axis_mut(Axis(0), frames - back).mapv_inplace(|value| (value * kept).round());
    }
    all.push(("drop-off".into(), with(lost), segmentation.clone()));
    let without = Segmentation { lv_fraction: None, ..segmentation };
    all.push(("without-fraction".into(), study, without));
    all
}

#[test]
fn true_outlines_measure_as_before() {
    let model = || ModelIdentity { name: "true outlines".into(), sha256: String::new() };
    let mut found = serde_json::Map::new();
    for (name, study, segmentation) in simulated() {
        let protocol = Protocol::default_for(&segmentation);
        let analysis = measure(&study, segmentation, model(), &protocol).unwrap();
        found.insert(name, pinned(&analysis));
    }
    check("true-outlines", &Value::Object(found));
}

#[test]
fn a_small_model_measures_the_examples_as_before() {
    let run = folder().join("fixtures/small-run");
    let analyzer = Analyzer::new(Model::load(run.to_str().unwrap(), "cpu").unwrap());
    let mut found = serde_json::Map::new();
    for name in ["normal", "cardiotoxic", "akinesis"] {
        let path = folder().join(format!("fixtures/{name}.dcm"));
        found.insert(name.into(), pinned(analyzer.analyze_file(path).unwrap().analysis()));
    }
    for (name, study, _) in simulated().into_iter().take(4) {
        let analyzed = analyzer.analyze_study(name.as_str(), study);
        let value = analyzed.map_or_else(|error| json!({ "error": error.code() }), |study| pinned(study.analysis()));
        found.insert(name, value);
    }
    check("small-model", &Value::Object(found));
}
