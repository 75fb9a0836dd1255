//! Files for other programs, and from them, as a user makes them: prelabels and corrections, predictions, labels, nnU-Net, PDF.
#![allow(clippy::unwrap_used)]

mod program;

use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use program::bloodpool;
use serde_json::Value;

fn run(at: &Path, command: &str) -> assert_cmd::assert::Assert {
    bloodpool(at).args(command.split(' ')).assert()
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

#[test]
fn prelabels_are_corrected_and_their_change_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, "simulate sim --studies 3 --cohort paper --raters 2 --seed 5").success();
    run(at, "dataset extract sim/studies --out work --frames sim/truth.csv --prelabel compact --rater raters/anna")
        .success()
        .stderr(contains("12 images outlined by"));
    let record = json(&at.join("work/prelabels/prelabels.json"));
    assert_eq!(record["images"].as_array().unwrap().len(), 12);
    let label = json(&at.join("raters/anna/sim-0001-ed.json"));
    assert_eq!(label["imagePath"], "../../work/images/sim-0001-ed.png");
    assert!(at.join("raters/anna").join(label["imagePath"].as_str().unwrap()).is_file());
    // One image is corrected: drawn anew.
    fs::copy(at.join("sim/raters/rater-01-students/sim-0002-ed.json"), at.join("raters/anna/sim-0002-ed.json"))
        .unwrap();
    run(at, "dataset corrections work --raters raters --out corrections").success().stdout(contains("anna"));
    let corrections = json(&at.join("corrections/corrections.json"));
    assert_eq!(
        (corrections["raters"][0]["images"].as_u64(), corrections["prelabelled"].as_u64()),
        (Some(12), Some(12))
    );
    assert_eq!(corrections["raters"][0]["unchanged"], 11);
    assert_eq!(fs::read_to_string(at.join("corrections/images.csv")).unwrap().lines().count(), 13);
    run(at, "dataset corrections work --raters raters --out corrections").code(2).stderr(contains("--force"));
    run(at, "dataset extract sim/studies --out plain --frames sim/truth.csv").success();
    run(at, "dataset corrections plain --raters raters").failure().stderr(contains("--prelabel"));
}

#[test]
fn predictions_go_out_and_come_back_as_labels_and_nnunet_gets_the_dataset() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, "simulate sim --studies 4 --cohort paper --raters 2 --seed 5").success();
    run(at, "dataset extract sim/studies --out work --frames sim/truth.csv").success();
    run(at, "dataset consensus work --raters sim/raters").success();
    run(at, "dataset build work --out data --studies 2/1/1").success();
    run(at, "dataset predict data --as png --as npy --as nifti --as nrrd --as probabilities --out predicted").success();
    assert_eq!((count(&at.join("predicted/masks-256")), count(&at.join("predicted/masks"))), (16, 12));
    assert_eq!(count(&at.join("predicted/probabilities")), 4);
    run(at, "dataset predict data --as jpg --out none").code(2).stderr(contains("a kind is png, npy"));
    // The mask of a study is that of `analyze`.
    run(at, "analyze sim/studies/sim-0001.dcm --masks own.npy").success();
    assert_eq!(fs::read(at.join("own.npy")).unwrap(), fs::read(at.join("predicted/masks/sim-0001.npy")).unwrap());
    run(at, "analyze sim/studies/sim-0001.dcm --masks own.nii.gz").success();
    assert_eq!(fs::read(at.join("own.nii.gz")).unwrap(), fs::read(at.join("predicted/masks/sim-0001.nii.gz")).unwrap());

    run(at, "dataset labels predicted/masks-256 --images work --out raters/model")
        .success()
        .stderr(contains("16 images have a label").and(contains("0 have none")));
    run(at, "dataset labels predicted/masks-256 --images work --out raters/model").failure();
    run(at, "dataset consensus work --raters raters/model sim/raters --force").success().stdout(contains("model"));

    run(at, "dataset export data --out nnUNet_raw --number 501 --name MUGA")
        .success()
        .stderr(contains("8 images of training"));
    assert!(at.join("nnUNet_raw/Dataset501_MUGA/dataset.json").is_file());
    run(at, "dataset export data --out nnUNet_raw --number 0 --name MUGA").code(2).stderr(contains("1 to 999"));
}

#[test]
fn reports_are_written_as_pdf_and_in_korean() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    run(at, "simulate sim --studies 2 --cohort paper --seed 5").success();
    run(at, "analyze sim/studies/sim-0001.dcm --pdf report.pdf --lang ko --report out")
        .success()
        .stdout(contains("모의 검사"));
    let pdf = fs::read(at.join("report.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 100_000);
    assert!(fs::read_to_string(at.join("out/report.html")).unwrap().contains("lang=\"ko\""));
    run(at, "analyze sim/studies/sim-0001.dcm --pdf report.pdf").code(2).stderr(contains("report.pdf exists already"));
    run(at, "analyze sim/studies --pdf report.pdf --force")
        .code(2)
        .stderr(contains("--pdf report.pdf names one file for 2 studies"));
    run(at, "analyze sim/studies --pdf reports").success();
    assert!(at.join("reports/sim-0001.pdf").is_file() && at.join("reports/sim-0002.pdf").is_file());
    run(at, "analyze sim/studies/sim-0001.dcm --lang fr").code(2).stderr(contains("choose en or ko"));
    fs::write(at.join("bloodpool.toml"), "lang = \"ko\"\n").unwrap();
    run(at, "analyze sim/studies/sim-0001.dcm").success().stdout(contains("모의 검사"));
}
