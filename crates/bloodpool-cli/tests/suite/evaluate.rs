//! `evaluate` as a user runs it: a run trained on a small dataset, compared with the raters of its test split.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use bloodpool_evaluation::raters::record::EvaluationDocument;
use predicates::prelude::*;
use predicates::str::{contains, is_match};
use serde_json::Value;
use tempfile::TempDir;

use crate::program::{bloodpool, documents};

const STUDIES: &str = "8";
const TINY: &str = "\
name = \"tiny\"
steps = 6
steps_per_epoch = 6
studies_per_step = 2
frames_per_view = 1
validation_studies = 1
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

/// A simulation with raters, its dataset in `data`, and a run on it in `runs/tiny`; nothing may be written into them.
fn walked() -> &'static Path {
    static WALK: OnceLock<TempDir> = OnceLock::new();
    let folder = WALK.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        done(at, &format!("simulate sim --studies {STUDIES} --cohort paper --raters 3 --seed 5"));
        done(at, "dataset extract sim/studies --out work --frames sim/truth.csv");
        done(at, "dataset consensus work --raters sim/raters");
        done(at, "dataset build work --out data --studies 4/1/3 --truth sim");
        done(at, "dataset build work --out other --studies 3/2/3 --seed 9");
        done(at, "simulate sim2 --studies 3 --cohort paper --raters 3 --seed 6");
        done(at, "dataset extract sim2/studies --out work2 --frames sim2/truth.csv");
        done(at, "dataset consensus work2 --raters sim2/raters");
        done(at, "dataset build work2 --out elsewhere --studies 1/1/1");
        fs::write(at.join("train.toml"), TINY).unwrap();
        done(at, "train --dataset data --config train.toml --out runs/tiny");
        folder
    });
    folder.path()
}

/// A copy of the run, whose list of evaluations is its own.
fn run(name: &str) -> String {
    copied(&walked().join("runs/tiny"), name)
}

fn copied(run: &Path, name: &str) -> String {
    let copy = walked().join(name);
    fs::create_dir(&copy).unwrap();
    for entry in fs::read_dir(run).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
    }
    name.to_owned()
}

fn evaluate(arguments: &[&str]) -> assert_cmd::assert::Assert {
    bloodpool(walked()).arg("evaluate").args(arguments).assert()
}

fn record(out: &str) -> Value {
    serde_json::from_slice(&fs::read(walked().join(out).join("evaluation.json")).unwrap()).unwrap()
}

#[test]
fn the_test_split_is_evaluated_and_its_reading_recorded() {
    let run = run("read");
    let first = evaluate(&[&run, "--out", "first"]).success();
    first.stdout(contains("3 simulated studies of 3 patients").and(is_match("Dice, % +ES").unwrap()));
    let out = walked().join("first");
    for file in ["table.md", "table.csv", "table.tex", "cases.csv", "figures/worst.svg", "index.html"] {
        assert!(fs::metadata(out.join(file)).unwrap().len() > 100, "{file}");
    }
    let document = record("first");
    assert_eq!(document["schema"], "bloodpool.evaluation/2");
    let read: EvaluationDocument = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), document, "it reads back as it was written");
    assert_eq!((&document["split"], &document["test_reads"]), (&Value::from("test"), &Value::from(1)));
    assert_eq!((&document["studies"], &document["simulated_studies"]), (&Value::from(3), &Value::from(3)));
    assert_eq!(document["dataset"]["trained_on"], true);
    assert_eq!(document["raters"]["raters"].as_array().unwrap().len(), 3);
    assert_eq!(document["cases"].as_array().unwrap().len(), 3);
    // The consensus's EF is the one that `dataset consensus` found.
    let manifest: Value = serde_json::from_slice(&fs::read(walked().join("data/dataset.json")).unwrap()).unwrap();
    for case in document["cases"].as_array().unwrap() {
        let recorded = manifest["cases"].as_array().unwrap().iter().find(|own| own["case"] == case["case"]).unwrap();
        assert_eq!(case["ef"][0]["consensus"]["lvef_percent"], recorded["consensus_lvef_percent"]);
        assert_eq!(case["true_lvef_percent"], recorded["true_lvef_percent"]);
    }
    assert_eq!(fs::read_to_string(out.join("cases.csv")).unwrap().lines().count(), 1 + 3 * 4);
    let page = fs::read_to_string(out.join("index.html")).unwrap();
    assert!(page.contains("Research use only") && page.contains("Simulated studies"));
    assert!(page.contains("read 1 time by this run"));
    // Pictures aside, whose letters mean nothing.
    let words = page.split("data:image/png;base64,").map(|part| part.split_once('"').map_or(part, |(_, words)| words));
    assert!(words.into_iter().all(|words| !words.contains("NaN") && !words.contains("inf ")));
    assert!(!page.contains("src=\"http") && !page.contains("href=\"http"));

    evaluate(&[&run, "--out", "first"]).code(2).stderr(contains("--force"));
    evaluate(&[&run, "--out", "first", "--force"]).success().stdout(contains("read 2 times by this run"));
    let reads = fs::read_to_string(walked().join(&run).join("test-evaluations.jsonl")).unwrap();
    let lines: Vec<Value> = reads.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["dataset_sha256"], document["dataset"]["sha256"]);
    assert_eq!(lines[0]["model_sha256"], document["run"]["model"]["sha256"]);
}

/// LVEF by `analyze` on these frames, whether or not it is withheld; `None` where the study has no LVEF.
fn analysed(model: &str, case: &str, frames: [u64; 2]) -> Option<f64> {
    let [ed, es] = frames.map(|frame| frame.to_string());
    let study = format!("sim/studies/{case}.dcm");
    let mut command = bloodpool(walked());
    command.args(["analyze", &study, "--json", "--model", model, "--protocol", "paper", "--ed", &ed, "--es", &es]);
    let document = documents(&command.output().unwrap().stdout).remove(0);
    document["lvef_percent"].as_f64().or_else(|| document["withheld"]["lvef_percent"].as_f64())
}

#[test]
fn evaluation_and_analysis_give_the_same_lvef() {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bloodpool/tests/fixtures/small-run");
    let mut numbers = 0;
    for model in [run("once"), copied(&small, "closer")] {
        let out = format!("same-{model}");
        evaluate(&[&model, "--dataset", "data", "--split", "train", "--out", &out]).success();
        for case in record(&out)["cases"].as_array().unwrap() {
            let frame = |phase: &str| {
                let image = case["images"].as_array().unwrap().iter().find(|image| image["phase"] == phase).unwrap();
                image["frame"].as_u64().unwrap()
            };
            for (pair, suffix) in ["", "_second"].into_iter().enumerate() {
                let frames = [frame(&format!("end_diastole{suffix}")), frame(&format!("end_systole{suffix}"))];
                let name = case["case"].as_str().unwrap();
                let (evaluated, analysed) =
                    (&case["ef"][pair]["model"]["lvef_percent"], analysed(&model, name, frames));
                match (evaluated.as_f64(), analysed) {
                    (Some(evaluated), Some(analysed)) => {
                        assert!(
                            (evaluated - analysed).abs() <= 0.01,
                            "{model} {name} {frames:?}: {evaluated}, {analysed}"
                        );
                        numbers += 1;
                    }
                    (evaluated, analysed) => assert_eq!(evaluated, analysed, "{model} {name} {frames:?}"),
                }
            }
        }
    }
    assert!(numbers > 0, "no study has an LVEF");
}

#[test]
fn other_parts_leave_no_trace_and_say_what_they_are() {
    let run = run("train-part");
    evaluate(&[&run, "--split", "train", "--out", "train-out"]).success().stdout(contains("these very studies"));
    assert!(!walked().join(&run).join("test-evaluations.jsonl").exists());
    assert_eq!(record("train-out")["test_reads"], Value::Null);
}

#[test]
fn another_dataset_is_said_to_be_one() {
    let run = run("run-elsewhere");
    let arguments = [run.as_str(), "--dataset", "elsewhere", "--split", "train", "--images", "work2", "--out", "o"];
    evaluate(&arguments).success().stdout(contains("Another dataset").and(contains("left out").not()));
    assert_eq!(record("o")["leakage"]["complete"], true);
    assert_eq!(record("o")["dataset"]["trained_on"], false);
    assert!(record("o")["cases"][0]["true_lvef_percent"].is_null());
    let moved = walked().join(&run).join("run.json");
    let mut origin: Value = serde_json::from_slice(&fs::read(&moved).unwrap()).unwrap();
    let mut move_to = |folder: &str| {
        origin["data_folder"] = folder.into();
        fs::write(&moved, origin.to_string()).unwrap();
    };
    move_to("other");
    evaluate(&[&run, "--out", "p"]).code(2).stderr(contains("is not the dataset that run-elsewhere was trained on"));
    move_to("gone");
    evaluate(&[&run, "--out", "p"]).code(2).stderr(contains("--dataset"));
    assert!(!walked().join("p").exists());
}

/// The cases of a part of a dataset.
fn cases_of(dataset: &str, splits: &[&str]) -> Vec<String> {
    let manifest: Value =
        serde_json::from_slice(&fs::read(walked().join(dataset).join("dataset.json")).unwrap()).unwrap();
    let cases = manifest["cases"].as_array().unwrap().iter();
    let own = cases.filter(|case| splits.iter().any(|split| case["split"] == *split));
    own.map(|case| case["case"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn patients_that_a_model_was_trained_on_are_left_out_of_its_evaluation() {
    let run = run("leak");
    let seen = cases_of("data", &["train", "validation"]);
    assert_eq!(seen.len(), 5);
    // The same studies, split in another way: a part of each part was seen, and one patient at least is new.
    let mut stopped = 0;
    for split in ["train", "validation", "test"] {
        let part = cases_of("other", &[split]);
        let (leaked, new): (Vec<_>, Vec<_>) = part.into_iter().partition(|case| seen.contains(case));
        let out = format!("leak-{split}");
        let evaluated = evaluate(&[&run, "--dataset", "other", "--split", split, "--out", &out]);
        if new.is_empty() {
            stopped += 1;
            evaluated.code(2).stderr(contains("nothing was evaluated"));
            continue;
        }
        let evaluated = evaluated.success();
        let document = record(&out);
        let names = |list: &Value| -> Vec<String> {
            list.as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!((names(&document["leakage"]["left_out"]), names(&document["cases"])), (leaked.clone(), new));
        if !leaked.is_empty() {
            evaluated.stdout(contains(format!("{} of the", leaked.len())).and(contains("are left out")));
        }
    }
    assert!(stopped < 3);

    // A run that starts from this one has seen its patients, too, though it is trained on others.
    done(walked(), &format!("train --dataset elsewhere --config train.toml --start-from {run} --out runs/second"));
    let second = copied(&walked().join("runs/second"), "second");
    evaluate(&[&second, "--dataset", "data", "--split", "train", "--out", "again"])
        .code(2)
        .stderr(contains("nothing was evaluated"));
    // The model that is given to others names nobody.
    assert!(!fs::read_to_string(walked().join(&second).join("model.json")).unwrap().contains("\"seen\""));

    // A run of an earlier version has no such record: it is taken from its dataset while that is there.
    let path = walked().join(&run).join("run.json");
    let mut origin: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    origin.as_object_mut().unwrap().remove("seen");
    fs::write(&path, origin.to_string()).unwrap();
    evaluate(&[&run, "--dataset", "data", "--split", "test", "--out", "old"]).success();
    assert_eq!(record("old")["leakage"]["seen_studies"], 5);
    origin["data_folder"] = "gone".into();
    fs::write(&path, origin.to_string()).unwrap();
    evaluate(&[&run, "--dataset", "elsewhere", "--split", "test", "--out", "unknown"])
        .success()
        .stdout(contains("It is not recorded which patients"));
    assert_eq!(record("unknown")["leakage"]["complete"], false);
    // Each dataset has its own count.
    assert_eq!((record("old")["test_reads"].as_u64(), record("unknown")["test_reads"].as_u64()), (Some(1), Some(1)));
}

/// A copy of the dataset, whose list of evaluations is its own.
fn dataset_of_its_own(name: &str) -> String {
    copy_all(&walked().join("data"), &walked().join(name));
    name.to_owned()
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, copy) = (entry.as_ref().unwrap().path(), to.join(entry.unwrap().file_name()));
        if path.is_dir() { copy_all(&path, &copy) } else { fs::copy(&path, copy).map(drop).unwrap() }
    }
}

#[test]
fn models_without_a_run_folder_are_counted_where_the_dataset_is() {
    let data = dataset_of_its_own("data-models");
    evaluate(&["compact", "--dataset", &data, "--out", "embedded"]).success().stdout(
        contains("bloodpool-compact").and(contains("Another dataset: the model was trained on bloodpool-phantom")),
    );
    let document = record("embedded");
    assert_eq!((&document["run"]["kind"], &document["test_reads"]), (&"embedded".into(), &1.into()));
    assert_eq!(document["leakage"]["complete"], true);
    let weights = walked().join("weights-alone");
    fs::create_dir(&weights).unwrap();
    for file in ["model.json", "model.safetensors"] {
        fs::copy(walked().join("runs/tiny").join(file), weights.join(file)).unwrap();
    }
    evaluate(&["weights-alone", "--dataset", &data, "--out", "of-weights"]).success().stdout(
        contains("read 2 times by models without a run folder").and(contains("It is not recorded which patients")),
    );
    assert_eq!(record("of-weights")["run"]["kind"], "weights");
    let listed = fs::read_to_string(walked().join(&data).join("test-evaluations.jsonl")).unwrap();
    assert_eq!(listed.lines().count(), 2);
    bloodpool(walked()).args(["dataset", "verify", &data]).assert().success();
    // A run whose record is damaged is not taken for weights alone.
    let damaged = run("damaged-record");
    fs::write(walked().join(&damaged).join("run.json"), "{").unwrap();
    evaluate(&[&damaged, "--dataset", &data, "--out", "none"]).code(2).stderr(contains("run.json"));
    evaluate(&["compact", "--out", "nowhere"]).code(2).stderr(contains("--dataset"));
}

#[test]
fn masks_of_another_program_are_measured_like_those_of_raters() {
    let data = dataset_of_its_own("data-masks");
    let manifest: Value =
        serde_json::from_slice(&fs::read(walked().join(&data).join("dataset.json")).unwrap()).unwrap();
    let masks = walked().join("masks");
    fs::create_dir(&masks).unwrap();
    // The consensus itself, under the names of the images; of the last image there is none.
    let frames = manifest["cases"].as_array().unwrap().iter().flat_map(|case| case["annotated"].as_array().unwrap());
    let files: Vec<_> = frames.map(|frame| (&frame["mask"]["file"], &frame["image"]["file"])).collect();
    for (mask, image) in &files[..files.len() - 1] {
        let name = Path::new(image.as_str().unwrap()).file_name().unwrap();
        fs::copy(walked().join(&data).join(mask.as_str().unwrap()), masks.join(name)).unwrap();
    }
    let arguments = |split| ["--masks", "masks", "--dataset", &data, "--split", split];
    evaluate(&[&arguments("train")[..], &["--out", "masks-train"]].concat())
        .success()
        .stdout(contains("masks in masks").and(contains("It is not recorded which patients")));
    let document = record("masks-train");
    assert_eq!(document["run"]["kind"], "masks");
    for case in document["cases"].as_array().unwrap() {
        for image in case["images"].as_array().unwrap() {
            let dice = image["overlap"]["dice"].as_f64();
            assert!(dice.is_none_or(|dice| dice == 1.0), "{image}");
        }
        let of = |side: &str| case["ef"][0][side]["lvef_percent"].as_f64();
        assert!(of("model").is_none() || of("model") == of("consensus"), "{case}");
    }
    let everywhere = ["train", "validation", "test"].map(|split| {
        let out = format!("masks-all-{split}");
        evaluate(&[&arguments(split)[..], &["--out", &out]].concat()).success();
        record(&out)["failures"].as_array().unwrap().clone()
    });
    let missing: Vec<_> = everywhere.concat().into_iter().filter(|failure| failure["side"] == "model").collect();
    assert!(missing.iter().any(|failure| failure["reason"] == "there is no mask of this image"), "{missing:?}");
    assert!(missing.iter().all(|failure| failure["case"] == missing[0]["case"]), "{missing:?}");
    fs::write(masks.join("p.txt"), "").unwrap();
    fs::create_dir(walked().join("no-masks")).unwrap();
    evaluate(&["--masks", "no-masks", "--dataset", &data, "--out", "m"])
        .code(2)
        .stderr(contains("no mask in no-masks"));
}

#[test]
fn runs_of_all_folds_are_evaluated_together_each_on_its_own_studies() {
    for fold in 1..=3 {
        let run = format!("runs/fold-{fold}");
        done(walked(), &format!("train --dataset data --config train.toml --fold {fold}/3 --out {run}"));
    }
    evaluate(&["runs/fold-1", "runs/fold-2", "runs/fold-3", "--out", "folds"])
        .success()
        .stdout(contains("held-out folds 1/3, 2/3, 3/3 of data").and(contains("Cross-validation: 3 runs")));
    let document = record("folds");
    assert_eq!(document["folds"], serde_json::json!(["1/3", "2/3", "3/3"]));
    assert!(
        document["test_reads"].is_null() && document["run"]["model"]["name"].as_str().unwrap().starts_with("3 runs")
    );
    let mut evaluated: Vec<&str> =
        document["cases"].as_array().unwrap().iter().map(|case| case["case"].as_str().unwrap()).collect();
    evaluated.sort_unstable();
    // Every study but those of the test part, each once.
    let mut expected = cases_of("data", &["train", "validation"]);
    expected.sort_unstable();
    assert_eq!(evaluated, expected);
    for fold in 1..=3 {
        assert!(!walked().join(format!("runs/fold-{fold}/test-evaluations.jsonl")).exists());
    }
    let one = evaluate(&["runs/fold-2", "--out", "fold-two"]).success();
    one.stdout(contains("held-out fold 2/3 of data").and(contains("Cross-validation: one run")));
    for (arguments, said) in [
        (vec!["runs/fold-1", "runs/fold-1"], "each fold is evaluated once"),
        (vec!["runs/fold-1", "runs/tiny"], "held out no fold"),
        (vec!["runs/tiny", "runs/fold-1"], "several models are evaluated together only"),
    ] {
        evaluate(&[&arguments[..], &["--out", "no-folds"]].concat()).code(2).stderr(contains(said));
    }
    // Nested choices: the studies of 1 are among those of 3.
    for studies in [1, 3] {
        let out = format!("runs/of-{studies}");
        done(walked(), &format!("train --dataset data --config train.toml --use-studies {studies} --out {out}"));
    }
    let seen = |run: &str| -> Vec<String> {
        let text = fs::read(walked().join(run).join("run.json")).unwrap();
        let run: Value = serde_json::from_slice(&text).unwrap();
        run["seen"]["training"].as_array().unwrap().iter().map(|key| key["counts"].to_string()).collect()
    };
    let (few, more) = (seen("runs/of-1"), seen("runs/of-3"));
    assert_eq!((few.len(), more.len()), (1, 3));
    assert!(more.contains(&few[0]));
    for (flags, said) in [
        ("--dataset data --fold 4/3", "a fold is written as 2/5"),
        ("--dataset data --fold 1/6", "cannot make 6 folds"),
        ("--dataset data --use-studies 5", "5 studies cannot be used: the train part has 4"),
        ("--fold 1/3", "--dataset"),
    ] {
        let command = format!("train {flags} --config train.toml --out runs/none");
        bloodpool(walked()).args(command.split(' ')).assert().code(2).stderr(contains(said));
    }
}

#[test]
fn every_protocol_is_compared_with_lvef_by_other_means() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples").canonicalize().unwrap();
    let study = |name: &str| examples.join(name).display().to_string();
    let (normal, akinesis, cardiotoxic) = (study("normal.dcm"), study("akinesis.dcm"), study("cardiotoxic.dcm"));
    let table = format!(
        "Study;LVEF;Modality;Date\n{normal};60,5;CMR;2020-01-01\n{akinesis};30;CMR;\n{cardiotoxic};45;CT;\n{normal};;CMR;\nabsent.dcm;50;CMR;\n"
    );
    fs::write(walked().join("reference.csv"), table).unwrap();
    let arguments = ["--reference", "reference.csv", "--out", "against"];
    evaluate(&arguments)
        .code(1)
        .stdout(
            contains("Simulated studies, not patients.")
                .and(contains("2 rows without a reading"))
                .and(contains("Agreement of LVEF with all references"))
                .and(is_match(r"\| background_image \| 3 \| \d").unwrap())
                .and(contains("| standard | 50 % |")),
        )
        .stderr(contains("line 5").and(contains("line 6")).and(contains("absent.dcm")));
    let out = walked().join("against");
    let document: Value = serde_json::from_slice(&fs::read(out.join("reference.json")).unwrap()).unwrap();
    assert_eq!(document["schema"], "bloodpool.reference-evaluation/1");
    assert_eq!((&document["protocol"], document["studies"].as_array().unwrap().len()), (&"background_image".into(), 3));
    // The numbers are those of `analyze`.
    let analyzed = bloodpool(walked()).args(["analyze", &normal, "--json"]).assert().success();
    let analysis: Value = serde_json::from_slice(&analyzed.get_output().stdout).unwrap();
    let first = &document["studies"][0];
    let lvef = |document: &Value| document["lvef_percent"].as_f64().unwrap();
    assert!((lvef(first) - lvef(&analysis)).abs() < 1e-9, "{first}");
    assert_eq!(fs::read_to_string(out.join("studies.csv")).unwrap().lines().count(), 4);
    evaluate(&arguments).code(2).stderr(contains("--force"));
    fs::write(walked().join("unusable.csv"), "study,lvef\nabsent.dcm,50\n").unwrap();
    evaluate(&["--reference", "unusable.csv"])
        .code(2)
        .stderr(contains("could be compared").and(contains("absent.dcm")));
}

#[test]
fn what_cannot_be_evaluated_is_wrong_usage() {
    let run = run("usage");
    for (arguments, said) in [
        (vec!["nowhere", "--out", "x"], "nowhere"),
        (vec![&run], "--out"),
        (vec![&run, "--out", "x", "--seed", "3"], "--seed"),
        (vec![&run, "--out", "x", "--model", "compact"], "is named already"),
        (vec![&run, "--out", "x", "--split", "exam"], "train, validation, test"),
        (vec![&run, "--out", "x", "--images", "sim"], "consensus"),
        (vec!["--out", "x"], "--seed"),
        (vec!["--seed", "3", "--split", "test"], "name the model"),
        (vec!["--masks", "sim", "--out", "x"], "--dataset"),
        (vec![&run, "--reference", "r.csv", "--out", "x"], "--reference"),
    ] {
        let assert = evaluate(&arguments).failure().stderr(contains(said));
        assert!(assert.get_output().stdout.is_empty(), "{arguments:?}");
    }
    assert!(!walked().join("x").exists());
}

#[test]
fn populations_of_simulated_studies_are_evaluated() {
    let mut arguments = vec!["--studies", "3", "--seed", "3", "--out", "simulated.jsonl"];
    for population in ["own", "made-bad", "repeated", "visits"] {
        arguments.extend(["--population", population]);
    }
    let assert = evaluate(&arguments).success();
    let printed = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for said in [
        "own family: 3 simulated studies, seed 3",
        "| **background_image** (chosen) |",
        "silent wrong",
        "| all | ",
        "patients at two visits",
    ] {
        assert!(printed.contains(said), "{said:?} is not in\n{printed}");
    }
    let text = fs::read_to_string(walked().join("simulated.jsonl")).unwrap();
    let documents: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(documents.len(), 6, "own and made-bad studies, one per line");
    assert!(documents[..3].iter().all(|document| document["known"]["fault"].is_null()));
    assert_eq!(documents[3]["known"]["fault"]["class"], "not_heart");
}
