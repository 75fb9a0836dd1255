//! `simulate` as a user runs it: what it writes, that it repeats itself, and that it spoils nothing.

use std::fs;
use std::path::Path;

use bloodpool_dataset::LabelMeFile;
use bloodpool_dicom::{Selection, read_study};
use bloodpool_files::{read_npy_u8, read_png_u8};
use ndarray::Ix3;
use predicates::str::contains;
use serde_json::Value;

use crate::program::{bloodpool, tree};

fn simulate(folder: &Path, arguments: &str) {
    bloodpool(folder).arg("simulate").args(arguments.split(' ')).assert().success();
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "a --studies 2 --raters 2 --seed 3 --matrix 64");
    simulate(folder.path(), "b --studies 2 --raters 2 --seed 3 --matrix 64");
    simulate(folder.path(), "c --studies 2 --raters 2 --seed 4 --matrix 64");
    let [a, b, c] = ["a", "b", "c"].map(|name| tree(&folder.path().join(name)));
    assert!(a == b, "two runs of one seed differ");
    assert!(a != c, "two seeds give the same");
}

#[test]
fn truth_and_raters_fit_the_studies() {
    let folder = tempfile::tempdir().unwrap();
    let simulation = ["simulate", "sim", "--studies", "3", "--raters", "2", "--seed", "8", "--ef", "30..35"];
    let told = bloodpool(folder.path()).args(simulation).args(["--matrix", "128"]).assert().success();
    told.stderr(predicates::str::contains("dataset extract sim/studies --out work --frames sim/truth.csv"));
    let sim = folder.path().join("sim");
    let truth: Value = serde_json::from_slice(&fs::read(sim.join("truth/sim-0002.json")).unwrap()).unwrap();
    let lvef = truth["truth"]["lvef_percent"].as_f64().unwrap();
    assert!((29.0..=36.0).contains(&lvef), "{lvef}");
    let volumes = truth["truth"]["lv_volume_ml"].as_array().unwrap().len();
    let masks = read_npy_u8::<Ix3>(&sim.join("truth/sim-0002.npy")).unwrap();
    assert_eq!(masks.dim(), (volumes, 128, 128));

    let table = fs::read_to_string(sim.join("truth.csv")).unwrap();
    assert_eq!(table.lines().count(), 4);
    assert!(table.lines().nth(2).unwrap().starts_with(&format!("studies/sim-0002.dcm,{lvef:.3},")));

    let raters: Vec<_> = fs::read_dir(sim.join("raters")).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(raters.len(), 2);
    let table = fs::read_to_string(sim.join("raters.csv")).unwrap();
    assert_eq!(table, "rater,group\nrater-01-students,students\nrater-02-technologists,technologists\n");
    for rater in raters {
        assert!(table.contains(rater.file_name().unwrap().to_str().unwrap()));
        for phase in ["ed", "ed-second", "es", "es-second"] {
            let path = rater.join(format!("sim-0002-{phase}.json"));
            let file = LabelMeFile::read(&path).unwrap();
            let image = read_png_u8(&rater.join(&file.image_path)).unwrap();
            assert_eq!(image.dim(), (256, 256));
            let drawn = file.mask("LV").unwrap().area();
            assert!(drawn > 100, "{} encloses {drawn} pixels", path.display());
            let silhouette = read_png_u8(&sim.join(format!("truth/silhouettes/sim-0002-{phase}.png"))).unwrap();
            assert!(silhouette.dim() == (256, 256) && silhouette.iter().all(|&value| value == 0 || value == 255));
            let inside = silhouette.iter().filter(|&&value| value == 255).count() as f64;
            assert!((0.5..2.0).contains(&(drawn as f64 / inside)), "{drawn} drawn round {inside}");
        }
    }
    let images = |folder: &str| tree(&sim.join(folder)).into_iter().map(|(path, _)| path).collect::<Vec<_>>();
    assert_eq!(images("images"), images("truth/silhouettes"));
}

#[test]
fn the_papers_cohort_is_another_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "paper --cohort paper --studies 2 --seed 3");
    simulate(folder.path(), "plain --studies 2 --seed 3");
    let record = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.path().join(name).join("simulation.json")).unwrap()).unwrap()
    };
    assert_eq!([&record("paper")["cohort"], &record("plain")["cohort"]], ["paper", "ordinary"]);
    for study in ["sim-0001", "sim-0002"] {
        let masks = read_npy_u8::<Ix3>(&folder.path().join(format!("paper/truth/{study}.npy"))).unwrap();
        assert_eq!(masks.dim(), (24, 64, 64));
    }
    assert!(!folder.path().join("paper/raters.csv").exists(), "nobody drew");
    for flag in ["--ef 30..40", "--matrix 64"] {
        let arguments = format!("simulate other --cohort paper --studies 1 {flag}");
        bloodpool(folder.path())
            .args(arguments.split(' '))
            .assert()
            .code(2)
            .stderr(contains("the cohorts `ordinary` and `other`"));
    }
}

#[test]
fn a_folder_in_use_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/letter.txt"), "dear").unwrap();
    bloodpool(folder.path())
        .args(["simulate", "mine", "--studies", "1"])
        .assert()
        .code(2)
        .stderr(contains("mine is not empty"))
        .stderr(contains("--force"));
    assert_eq!(tree(&folder.path().join("mine")).len(), 1);
    simulate(folder.path(), "mine --studies 1 --force");
    assert_eq!(fs::read(folder.path().join("mine/letter.txt")).unwrap(), b"dear");
}

#[test]
fn force_replaces_an_earlier_simulation_and_mixes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "again --studies 3 --raters 1 --matrix 64");
    simulate(folder.path(), "again --studies 1 --matrix 64 --force");
    simulate(folder.path(), "fresh --studies 1 --matrix 64");
    assert_eq!(tree(&folder.path().join("again")), tree(&folder.path().join("fresh")));
}

#[test]
fn ranges_that_cannot_be_are_wrong_usage() {
    let folder = tempfile::tempdir().unwrap();
    for wrong in ["--studies 0", "--studies 1 --ef 80..10", "--studies 1 --matrix 100", "--studies -1"] {
        bloodpool(folder.path()).args(["simulate", "out"]).args(wrong.split(' ')).assert().code(2);
    }
    assert!(!folder.path().join("out").exists());
}

#[cfg(unix)]
#[test]
fn an_interrupted_simulation_leaves_whole_files_only() {
    let folder = tempfile::tempdir().unwrap();
    let program = assert_cmd::cargo::cargo_bin("bloodpool");
    let mut child = std::process::Command::new(program)
        .current_dir(folder.path())
        .args(["simulate", "sim", "--studies", "5000", "--matrix", "64"])
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let studies = folder.path().join("sim/studies");
    let started = || fs::read_dir(&studies).is_ok_and(|mut files| files.next().is_some());
    while !started() {
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(child.try_wait().unwrap().is_none());
    }
    std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!folder.path().join("sim/truth.csv").exists());
    let files = tree(&folder.path().join("sim"));
    assert!(files.iter().all(|(path, _)| !path.file_name().unwrap().to_string_lossy().starts_with('.')));
    for (path, _) in files.iter().filter(|(path, _)| path.extension().is_some_and(|end| end == "dcm")) {
        read_study(&folder.path().join("sim").join(path), &Selection::default()).unwrap();
    }
}

#[test]
fn hearts_with_measured_anatomy_are_written_with_their_truth() {
    let folder = tempfile::tempdir().unwrap();
    simulate(folder.path(), "own --cohort ordinary --studies 1 --seed 3 --ef 55..60 --matrix 64");
    simulate(folder.path(), "again --cohort ordinary --studies 1 --seed 3 --ef 55..60 --matrix 64");
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("own/studies/sim-0001.dcm"), read("again/studies/sim-0001.dcm"));
    let document: Value = serde_json::from_slice(&read("own/truth/sim-0001.json")).unwrap();
    let lvef = |name: &str| document["truth"]["lvef"][name].as_f64().unwrap();
    assert!((54.5..60.5).contains(&lvef("curve")), "{document}");
    assert!(["frames", "counts", "images"].into_iter().all(|name| (lvef(name) - lvef("curve")).abs() < 12.0));
}
