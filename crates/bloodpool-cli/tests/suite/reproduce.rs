//! `reproduce` as a user runs it: a small study, continued after an interruption, never mixed with another one.

use std::fs;

use predicates::str::contains;

use crate::program::bloodpool;

const STUDY: [&str; 16] = [
    "reproduce",
    "--out",
    "study",
    "--studies",
    "10",
    "--raters",
    "4",
    "--network",
    "unet@32/8",
    "--picture",
    "in-cycle",
    "--half-side-epochs",
    "1",
    "--epochs",
    "2",
    "--seed=3",
];

#[test]
fn a_study_goes_from_patients_to_a_report_and_each_step_is_done_once() {
    let folder = tempfile::tempdir().unwrap();
    let study = folder.path().join("study");
    let run = |more: &[&str]| {
        let mut command = bloodpool(folder.path());
        command.args(more);
        command.assert()
    };
    run(&STUDY)
        .success()
        .stderr(contains("[4/7] splitting by patient"))
        .stdout(contains("4 simulated raters"))
        .stdout(contains("unet@32/8"));
    for file in ["report.md", "index.html", "evaluation/unet/index.html", "evaluation/unet/cases.csv"] {
        assert!(study.join(file).metadata().unwrap().len() > 100, "{file}");
    }
    let report = fs::read_to_string(study.join("report.md")).unwrap();
    assert!(
        report.contains("Research use only") && report.contains("simulated") && !report.contains("NaN"),
        "{report}"
    );
    assert!(report.contains("bloodpool reproduce --out study --studies 10 --raters 4 --seed 3"), "{report}");
    assert!(report.contains("--network unet@32/8 --picture in-cycle"), "{report}");
    for run in ["unet-half-side", "unet"] {
        let model = fs::read_to_string(study.join("runs").join(run).join("model.json")).unwrap();
        assert!(model.contains("\"picture\": \"in-cycle\"") && model.contains("unet-in-cycle-dataset"), "{model}");
    }

    // What a kill leaves: the last steps are missing, and training stands at its checkpoint.
    let model = study.join("runs/unet/model.safetensors");
    let weights = fs::read(&model).unwrap();
    fs::remove_file(&model).unwrap();
    fs::remove_file(study.join("runs/unet/model.json")).unwrap();
    fs::remove_dir_all(study.join("evaluation")).unwrap();
    run(&["reproduce", "--out", "study"])
        .success()
        .stderr(contains("forming the consensus of the raters: done before"))
        .stderr(contains("[6/7] training unet on pictures of 32 pixels for 2 epochs\n"));
    assert!(fs::read(&model).unwrap() == weights, "the weights differ");
    let again = fs::read_to_string(study.join("report.md")).unwrap();
    let without_times = |text: &str| text.split("### Training").next().unwrap().to_owned();
    assert_eq!(without_times(&again), without_times(&report));

    run(&["reproduce", "--out", "study", "--studies", "12"]).code(2).stderr(contains("begun with other choices"));
    fs::write(folder.path().join("mine.txt"), b"mine").unwrap();
    run(&["reproduce", "--out", ".", "--quick"]).code(2).stderr(contains("is not empty and not a study folder"));
}
