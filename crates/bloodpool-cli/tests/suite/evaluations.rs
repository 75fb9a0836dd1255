//! Runs of several sizes, and with reference LVEF, trained, evaluated and compared as a user does it.

use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::program::bloodpool;

const TINY: &str = "\
steps = 6
steps_per_epoch = 3
studies_per_step = 2
views_per_study = 1
frames_per_view = 1
threads = 1
supply_threads = 1
looks = \"once\"

[augmentation]
whole_field = 1.0

[network]
architecture = \"unet\"
side = 32
width = 4
";

fn done(folder: &Path, arguments: &str) {
    bloodpool(folder).args(arguments.split(' ')).assert().success();
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn simulated(at: &Path) {
    done(at, "simulate sim --studies 8 --cohort paper --raters 3 --seed 5");
    done(at, "dataset extract sim/studies --out work --frames sim/truth.csv");
    done(at, "dataset consensus work --raters sim/raters");
    fs::write(at.join("train.toml"), TINY).unwrap();
}

#[test]
fn evaluations_of_runs_of_several_sizes_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    simulated(at);
    done(at, "dataset build work --out data --studies 4/1/3 --truth sim");
    done(at, "dataset build work --out other --studies 3/2/3 --seed 9");
    for (name, flags) in [("one", "--use-studies 1"), ("four", "--use-studies 4"), ("two-frames", "--use-frames 2")] {
        done(at, &format!("train --dataset data --config train.toml {flags} --out runs/{name}"));
        done(at, &format!("evaluate runs/{name} --split validation --out {name}"));
    }
    let size = |name: &str| json(&at.join(name).join("evaluation.json"))["run"]["trained_on"].clone();
    assert_eq!(size("one"), serde_json::json!({"patients": 1, "frames_per_study": null}));
    assert_eq!(size("two-frames"), serde_json::json!({"patients": 4, "frames_per_study": 2}));

    let evaluations = |arguments: &str| bloodpool(at).arg("evaluations").args(arguments.split(' ')).assert();
    evaluations("compare one --with four --out paired")
        .success()
        .stdout(contains("1 simulated studies").and(contains("Dice at ED, %: mean")));
    let paired = json(&at.join("paired/paired.json"));
    let dice = |name: &str| {
        let document = json(&at.join(name).join("evaluation.json"));
        100.0 * document["cases"][0]["images"][0]["overlap"]["dice"].as_f64().unwrap()
    };
    let first = &paired["figures"][0];
    assert_eq!((first["quantity"].as_str(), first["patients"].as_u64()), (Some("dice_end_diastole"), Some(1)));
    assert!((first["first"]["value"].as_f64().unwrap() - dice("one")).abs() < 1e-9);
    assert!((first["difference"]["value"].as_f64().unwrap() - (dice("one") - dice("four"))).abs() < 1e-9);
    evaluations("compare one --with four --out paired").code(2).stderr(contains("paired.md exists already"));

    evaluations("curve two-frames one four --out curve").success().stdout(contains("| 4 | 2 | 1 | 1 |"));
    let curve = json(&at.join("curve/learning-curve.json"));
    let sizes: Vec<(Option<u64>, u64)> = curve["points"]
        .as_array()
        .unwrap()
        .iter()
        .map(|point| {
            (point["trained_on"]["frames_per_study"].as_u64(), point["trained_on"]["patients"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(sizes, [(None, 1), (None, 4), (Some(2), 4)]);
    assert!(fs::read(at.join("curve/learning-curve.pdf")).unwrap().starts_with(b"%PDF-"));
    let svg = fs::read_to_string(at.join("curve/learning-curve.svg")).unwrap();
    assert!(svg.contains("patients in training") && svg.contains("ED, 2 frames") && !svg.contains("NaN"));

    done(at, "train --dataset other --config train.toml --out runs/other");
    done(at, "evaluate runs/other --split validation --out other-run");
    evaluations("compare one --with other-run").code(2).stderr(contains("different datasets"));
    evaluations("curve work").code(2).stderr(contains("evaluation.json"));
    let command = "train --dataset data --use-frames 5 --out runs/none";
    bloodpool(at).args(command.split(' ')).assert().code(2).stderr(contains("2, 3 or 4"));
}

#[test]
fn studies_with_a_reference_lvef_alone_are_trained_on_and_their_bias_is_not_free() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    simulated(at);
    done(at, "simulate more --studies 5 --cohort paper --seed 6");
    done(at, "dataset extract more/studies --out work-more --frames more/truth.csv");
    let rows =
        "study,lvef,modality\nsim-0001.dcm,61,CMR\nsim-0002.dcm,58.5,CMR\nsim-0003.dcm,160,CMR\nsim-0004.dcm,55,echo\n";
    fs::write(at.join("cmr.csv"), rows).unwrap();
    let build = "dataset build work --out data --studies 4/1/3 --reference-images work-more --reference cmr.csv";
    bloodpool(at)
        .args(build.split(' '))
        .assert()
        .success()
        .stderr(contains("line 4 has an lvef_reference that is no"))
        .stdout(contains("reference      3 studies with LVEF by CMR, echo alone, 2 of the folder left out"));
    done(at, "dataset verify data");
    let train = |flags: &str| bloodpool(at).arg("train").args(flags.split(' ')).assert();
    let unet = "--dataset data --network unet --width 4 --side 32 --epochs 1";
    train(&format!("{unet} --out runs/none")).code(2).stderr(contains("CMR").and(contains("--reference-bias")));
    train(&format!("{unet} --reference-bias CMR=1 --out runs/none")).code(2).stderr(contains("by echo, whose bias"));
    train(&format!("{unet} --reference-bias CMR --out runs/none")).code(2).stderr(contains("CMR=3+-2"));
    train(&format!("{unet} --without-reference --out runs/alone")).success();
    train(&format!("{unet} --reference-bias CMR=3+-2 --reference-bias echo=-1 --out runs/both")).success();
    let metrics = fs::read_to_string(at.join("runs/both/metrics.jsonl")).unwrap();
    let last: Value = serde_json::from_str(metrics.lines().last().unwrap()).unwrap();
    assert_eq!(last["reference_biases"]["echo"], -1.0); // given without a standard deviation
    let run = json(&at.join("runs/both/run.json"));
    assert_eq!(run["seen"]["training"].as_array().unwrap().len(), 4 + 3);
    assert!(run["training_data"].as_str().unwrap().contains("3 studies with a reference LVEF alone"));
    // 4 studies with outlines and 3 with a reference per epoch, 4 per step, 2 frames each.
    let config = fs::read_to_string(at.join("runs/both/config.toml")).unwrap();
    assert!(config.contains("steps_per_epoch = 2") && config.contains("frames_per_view = 2"), "{config}");
    let alone = fs::read_to_string(at.join("runs/alone/config.toml")).unwrap();
    assert!(!alone.contains("[reference"), "{alone}");
    // The model can be evaluated, and what it was trained on is known.
    done(at, "evaluate runs/both --split validation --out both");
    assert_eq!(json(&at.join("both/evaluation.json"))["run"]["trained_on"]["patients"], 7);
}

#[test]
fn an_ensemble_of_runs_is_a_model_that_states_its_spread() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    simulated(at);
    done(at, "dataset build work --out data --studies 4/1/3 --truth sim");
    // Trained long enough to find a ventricle.
    let quick = format!("warm_up_steps = 10\nlearning_rate = 0.01\naverage_decay = 0.9\n{TINY}");
    fs::write(at.join("quick.toml"), quick).unwrap();
    for seed in 1..=2 {
        done(at, &format!("train --dataset data --config quick.toml --steps 90 --seed {seed} --out runs/{seed}"));
    }
    done(at, "ensemble runs/1 runs/2 --out runs/both");
    let ensemble = |arguments: &str| bloodpool(at).arg("ensemble").args(arguments.split(' ')).assert().code(2);
    ensemble("runs/1 runs/2 --out runs/both").stderr(contains("--force"));
    ensemble("runs/1 runs/1 --out runs/none").stderr(contains("each network is named once"));
    ensemble("runs/1 data --out runs/none").stderr(contains("data"));
    assert!(!at.join("runs/none").exists());

    // The same study by the members alone, on the frames of the ensemble.
    let analyze = |arguments: &str| -> Value {
        let command = format!("analyze sim/studies/sim-0001.dcm --json --protocol standard {arguments}");
        let output = bloodpool(at).args(command.split(' ')).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let both = analyze("--model runs/both");
    let frame = |phase: &str| both[phase]["frame"].as_u64().unwrap();
    let frames = format!("--ed {} --es {}", frame("end_diastole"), frame("end_systole"));
    for (index, run) in ["runs/1", "runs/2"].iter().enumerate() {
        let alone = analyze(&format!("--model {run} {frames}"));
        let alone = alone["lvef_percent"].as_f64().or(alone["withheld"]["lvef_percent"].as_f64());
        assert!(alone.is_some());
        assert_eq!(both["members"]["lvef_percent"][index].as_f64(), alone, "{run}");
    }
    assert!(both["members"]["sd_points"].as_f64().unwrap() > 0.0);
    // What its members were trained on is known, so that an evaluation leaves these studies out.
    bloodpool(at)
        .args("evaluate runs/both --dataset data --split train --out seen".split(' '))
        .assert()
        .code(2)
        .stderr(contains("trained or validated on the patients of all studies"));
    done(at, "evaluate runs/both --dataset data --out results");
    let document = json(&at.join("results/evaluation.json"));
    assert_eq!((document["run"]["kind"].as_str(), document["studies"].as_u64()), (Some("ensemble"), Some(3)));
    assert!(at.join("data/test-evaluations.jsonl").exists());
    // A member that was exchanged.
    fs::copy(at.join("runs/both/member-1/model.json"), at.join("runs/both/member-2/model.json")).unwrap();
    fs::copy(at.join("runs/both/member-1/model.safetensors"), at.join("runs/both/member-2/model.safetensors")).unwrap();
    bloodpool(at)
        .args("analyze sim/studies/sim-0001.dcm --model runs/both".split(' '))
        .assert()
        .failure()
        .stderr(contains("describes other weights than those in member-2"));
}
