//! Files for other programs, and from them, as a user makes them: prelabels and corrections, predictions, labels, nnU-Net, PDF.

use std::fs;
use std::path::Path;

use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use serde_json::Value;

use crate::program::bloodpool;

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

#[test]
#[cfg(feature = "onnx")]
fn a_network_goes_out_as_onnx_and_comes_back_without_an_interval() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    for name in ["normal.dcm", "akinesis.dcm"] {
        fs::copy(examples.join(name), at.join(name)).unwrap();
    }
    run(at, "export-model compact")
        .success()
        .stdout(contains(
            "bloodpool-compact-4.onnx of bloodpool-compact-4, operator set 17, any number of frames of 5 channels",
        ))
        .stderr(contains("try: bloodpool analyze STUDY --model bloodpool-compact-4.onnx"));
    let described = json(&at.join("bloodpool-compact-4.json"));
    assert_eq!((&described["input"]["side"], &described["passes"]), (&Value::from(64), &Value::from("closer")));
    run(at, "export-model compact").code(2).stderr(contains("already exists").and(contains("--force")));
    run(at, "export-model compact --format onnx -o other.bin").code(2).stderr(contains("does not end in .onnx"));
    run(at, "export-model watershed").code(2).stderr(contains("is no network"));
    run(at, "export-model missing").code(2).stderr(contains("neither known by name"));
    // A file of the user's beside it is left as it is, and then there is no ONNX file either.
    fs::write(at.join("mine.json"), "{}").unwrap();
    run(at, "export-model compact -o mine.onnx").code(2).stderr(contains("mine.json"));
    assert!(!at.join("mine.onnx").exists() && fs::read_to_string(at.join("mine.json")).unwrap() == "{}");
    run(at, "export-model compact -o mine.onnx --force").success();

    run(at, "analyze normal.dcm akinesis.dcm --no-compare --masks own").success();
    run(at, "analyze normal.dcm akinesis.dcm --no-compare --masks theirs --model mine.onnx")
        .success()
        .stdout(contains("no interval is known for it with this model"));
    for name in ["normal.npy", "akinesis.npy"] {
        assert_eq!(fs::read(at.join("own").join(name)).unwrap(), fs::read(at.join("theirs").join(name)).unwrap());
    }
    let output = run(at, "analyze normal.dcm --json --model mine.onnx").success();
    let document: Value = serde_json::from_slice(&output.get_output().stdout).unwrap();
    assert_eq!(
        (&document["interval"], &document["model"]["name"]),
        (&Value::Null, &Value::from("bloodpool-compact-4"))
    );
    assert_eq!(document["model"]["sha256"], json(&at.join("mine.json"))["sha256"]);

    // What cannot be used is said before a study is read.
    fs::rename(at.join("mine.json"), at.join("kept.json")).unwrap();
    run(at, "analyze normal.dcm --model mine.onnx").code(2).stderr(contains("mine.json is missing"));
    let kept = fs::read_to_string(at.join("kept.json")).unwrap();
    fs::write(at.join("mine.json"), kept.replace("\"side\": 64", "\"side\": 128")).unwrap();
    run(at, "analyze normal.dcm --model mine.onnx")
        .code(2)
        .stderr(contains("[any, 5, 64, 64]; the description says [any, 5, 128, 128]"));
    fs::write(at.join("mine.onnx"), "no network").unwrap();
    run(at, "analyze normal.dcm --model mine.onnx").code(2).stderr(contains("describes another file"));
    run(at, "analyze normal.dcm --model mine.onnx --device wgpu").code(2).stderr(contains("wgpu"));
}
