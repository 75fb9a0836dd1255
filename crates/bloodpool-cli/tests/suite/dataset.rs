//! `dataset` as a user runs it: extract, consensus, build and verify on simulated studies, and what each refuses.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use assert_cmd::assert::Assert;
use bloodpool_core::SampleSource;
use bloodpool_dataset::{AnnotatedDataset, ConsensusManifest, DatasetManifest, ExtractManifest, FrameOrigin, Split};
use bloodpool_dicom::{Acquisition, Selection, WriteOptions, read_study, write_study};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;

use crate::program::{bloodpool, tree};

/// A file or folder of six simulated studies on which four raters drew; nothing may be written there.
fn sim(below: &str) -> String {
    static SIMULATION: OnceLock<TempDir> = OnceLock::new();
    let folder = SIMULATION.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let arguments = "simulate sim --cohort paper --studies 6 --raters 4 --seed 31";
        bloodpool(folder.path()).args(arguments.split(' ')).assert().success();
        folder
    });
    folder.path().join("sim").join(below).display().to_string()
}

fn dataset(folder: &Path, arguments: &[&str]) -> Assert {
    bloodpool(folder).arg("dataset").args(arguments).assert()
}

/// Extracts the simulated studies into `work`, with the frames that the raters drew on.
fn extracted(folder: &Path) {
    let (studies, frames) = (sim("studies"), sim("truth.csv"));
    dataset(folder, &["extract", &studies, "--out", "work", "--frames", &frames]).success();
}

/// A copy of the raters' folders, to spoil.
fn raters(folder: &Path) {
    for (path, bytes) in tree(Path::new(&sim("raters"))) {
        let copy = folder.join("raters").join(path);
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::write(copy, bytes).unwrap();
    }
}

fn formed(folder: &Path) {
    extracted(folder);
    dataset(folder, &["consensus", "work", "--raters", &sim("raters")]).success();
}

#[test]
fn outlines_drawn_on_other_frames_are_refused_though_their_names_fit() {
    let folder = tempfile::tempdir().unwrap();
    // End-diastole and end-systole changed for each other: the same names, other pictures.
    let truth = fs::read_to_string(sim("truth.csv")).unwrap();
    let swapped: String = truth
        .lines()
        .enumerate()
        .map(|(row, line)| {
            let mut cells: Vec<&str> = line.split(',').collect();
            if row > 0 {
                cells.swap(2, 3);
            }
            cells.join(",") + "\n"
        })
        .collect();
    fs::write(folder.path().join("swapped.csv"), swapped).unwrap();
    dataset(folder.path(), &["extract", &sim("studies"), "--out", "work", "--frames", "swapped.csv"]).success();
    dataset(folder.path(), &["consensus", "work", "--raters", &sim("raters")])
        .code(1)
        .stderr(contains("shows something else than sim-0001-ed.png").and(contains("--frames")))
        .stderr(contains("more like the last of rater-01-students"));
    assert!(!folder.path().join("work/consensus").exists());
}

#[test]
fn from_studies_to_a_dataset_that_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    extracted(folder.path());
    // The images are those that the simulated raters saw, byte for byte.
    let images = |at: &Path| tree(&at.join("images"));
    assert_eq!(images(&folder.path().join("work")), images(Path::new(&sim(""))));
    dataset(folder.path(), &["consensus", "work", "--raters", &sim("raters")])
        .success()
        .stdout(contains("Consensus of 24 images of 6 studies: more than half of 4 raters"))
        .stdout(contains("rater-01-students"))
        .stdout(contains("students (2) against technologists (2)"))
        .stdout(contains("ICC(2,1)"));
    let truth_folder = sim("");
    let build = |out: &str| {
        let split = ["--studies", "2/2/2", "--seed", "5", "--truth", &truth_folder];
        dataset(folder.path(), &[&["build", "work", "--out", out][..], &split].concat())
    };
    build("data").success().stdout(contains("test           2 studies"));
    dataset(folder.path(), &["verify", "data"])
        .success()
        .stdout(contains("6 studies of 6 patients, 2/2/2"))
        .stdout(contains("127 files"))
        .stdout(contains("whole"));

    let opened = AnnotatedDataset::open(&folder.path().join("data")).unwrap();
    let extract = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    let truth = fs::read_to_string(sim("truth.csv")).unwrap();
    let mut patients = BTreeSet::new();
    for split in Split::ALL {
        let part = opened.split(split);
        assert_eq!(part.len(), Some(2));
        for (index, study) in part.studies().enumerate() {
            patients.insert(study.patient().to_owned());
            let sample = part.sample(index as u64).unwrap();
            let annotated = sample.annotated.as_ref().unwrap();
            let row = truth.lines().find(|line| line.contains(study.name())).unwrap();
            let case = extract.cases.iter().find(|case| case.case == study.name()).unwrap();
            assert_eq!(case.end_diastole_frame, annotated.end_diastole.number());
            // A true ED frame that lost counts was exchanged for the nearest whole one.
            let FrameOrigin::Table { moved_from, .. } = &case.frames_from else { panic!("frames are of the table") };
            let named = moved_from.unwrap_or(case.end_diastole_frame);
            let frames = format!(",{named},{},", annotated.end_systole);
            assert!(row.contains(&frames), "{frames} in {row}");
            let [ed, es] =
                [annotated.end_diastole, annotated.end_systole].map(|frame| sample.masks[frame.index()].area());
            assert!(ed > es);
            let true_lvef: f64 = row.split(',').nth(1).unwrap().parse().unwrap();
            let found = study.case().stratum_lvef_percent.unwrap();
            assert!((found - true_lvef).abs() < 25.0, "{} reads {found}, true {true_lvef}", study.name());
            assert_eq!((study.true_lvef_percent(), sample.lvef_percent), (Some(true_lvef), None));
            for ((_, truth), (_, drawn)) in study.true_silhouettes().unwrap().iter().zip(study.consensus().unwrap()) {
                // Raters draw the visible edge, which lies within the projected cavity.
                assert!(bloodpool_stats::overlap(truth, &drawn).unwrap().dice > 0.5, "{}", study.name());
            }
        }
    }
    assert_eq!(patients.len(), 6);
    // The same seed gives the same bytes, but for the name of the folder.
    build("again/data").success();
    assert_eq!(tree(&folder.path().join("data")), tree(&folder.path().join("again/data")));
}

#[test]
fn frames_are_found_without_a_table_and_the_manifest_says_so() {
    let folder = tempfile::tempdir().unwrap();
    dataset(folder.path(), &["extract", &sim("studies"), "--out", "work"]).success().stderr(contains("labelme"));
    let manifest = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    let truth = fs::read_to_string(sim("truth.csv")).unwrap();
    for case in &manifest.cases {
        assert_eq!((case.end_diastole_frame, &case.frames_from), (1, &FrameOrigin::Automatic));
        let row: Vec<&str> = truth.lines().find(|line| line.contains(&case.case)).unwrap().split(',').collect();
        let end_systole: usize = row[3].parse().unwrap();
        assert!(case.end_systole_frame.abs_diff(end_systole) <= 2, "{} for {end_systole}", case.end_systole_frame);
        assert!(case.source.as_ref().unwrap().study_uid.is_some());
        assert!(case.patient.starts_with("SIM-31-"));
    }
}

#[test]
fn pseudonyms_leave_nothing_of_anyone_where_raters_look() {
    let folder = tempfile::tempdir().unwrap();
    let studies = sim("studies");
    let extract =
        |key: &str| dataset(folder.path(), &["extract", &studies, "--out", "work", "--pseudonymise", "--key", key]);
    extract("work/key.csv").code(2).stderr(contains("keep it elsewhere"));
    assert!(!folder.path().join("work").exists());
    dataset(folder.path(), &["extract", &studies, "--out", "work", "--pseudonymise"]).code(2).stderr(contains("--key"));
    extract("key.csv").success();
    let manifest = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    assert!(manifest.pseudonymised);
    assert_eq!((manifest.cases[0].case.as_str(), manifest.cases[0].patient.as_str()), ("case-0001", "patient-0001"));
    for (path, bytes) in tree(&folder.path().join("work")) {
        let text = String::from_utf8_lossy(&bytes);
        for secret in ["SIM-31", "Simulated^", "sim-000", "2.25.", "truth.csv"] {
            assert!(!text.contains(secret) && !path.display().to_string().contains(secret), "{}", path.display());
        }
    }
    let key = fs::read_to_string(folder.path().join("key.csv")).unwrap();
    assert_eq!(key.lines().count(), 7);
    assert!(key.contains("sim-0003.dcm") && key.contains("SIM-31-00003") && key.contains("case-0003"));
    // A key is not replaced by accident.
    dataset(folder.path(), &["extract", &studies, "--out", "more", "--pseudonymise", "--key", "key.csv"]).code(2);
    assert_eq!(fs::read_to_string(folder.path().join("key.csv")).unwrap(), key);
}

#[test]
fn a_table_that_lacks_a_study_or_names_a_frame_too_far_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let truth = fs::read_to_string(sim("truth.csv")).unwrap();
    let without: String = truth.lines().filter(|line| !line.contains("sim-0004")).map(|l| format!("{l}\n")).collect();
    fs::write(folder.path().join("frames.csv"), without).unwrap();
    let extract = || dataset(folder.path(), &["extract", &sim("studies"), "--out", "work", "--frames", "frames.csv"]);
    extract().code(1).stderr(contains("frames.csv has no row for").and(contains("sim-0004.dcm")));
    assert!(!folder.path().join("work").exists());

    let rows: String =
        (1..=6).map(|number| format!("sim-{number:04},1,{}\n", if number == 2 { 99 } else { 5 })).collect();
    fs::write(folder.path().join("frames.csv"), format!("study,end_diastole_frame,end_systole_frame\n{rows}")).unwrap();
    // The others are done, and the one that failed is named.
    extract().code(1).stderr(contains("sim-0002.dcm").and(contains("end_systole_frame 99")));
    let manifest = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    assert_eq!(manifest.cases.len(), 5);

    fs::write(folder.path().join("frames.csv"), "study,ed,es\n").unwrap();
    extract().code(1).stderr(contains("no column `end_diastole_frame`; it has study, ed, es"));
}

#[test]
fn files_that_are_no_studies_are_named_and_the_others_done() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in");
    fs::create_dir(&input).unwrap();
    fs::copy(sim("studies/sim-0001.dcm"), input.join("good.dcm")).unwrap();
    fs::copy(sim("studies/sim-0001.dcm"), folder.path().join("twin.dcm")).unwrap();
    fs::write(input.join("bad.dcm"), "not DICOM").unwrap();
    dataset(folder.path(), &["extract", "in", "twin.dcm", "--out", "work"])
        .code(1)
        .stderr(contains("bad.dcm"))
        .stderr(contains("twin.dcm holds the same bytes as").and(contains("good.dcm")));
    let manifest = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    assert_eq!(manifest.cases.iter().map(|case| case.case.as_str()).collect::<Vec<_>>(), ["good"]);
}

#[test]
fn what_exists_is_kept_unless_forced_and_raters_work_always() {
    let folder = tempfile::tempdir().unwrap();
    formed(folder.path());
    let before = tree(&folder.path().join("work"));
    let (studies, raters) = (sim("studies"), sim("raters"));
    dataset(folder.path(), &["extract", &studies, "--out", "work"]).code(2).stderr(contains("--force"));
    dataset(folder.path(), &["consensus", "work", "--raters", &raters]).code(2).stderr(contains("--force"));
    assert_eq!(tree(&folder.path().join("work")), before);
    dataset(folder.path(), &["consensus", "work", "--raters", &raters, "--staple", "--force"]).success();
    // A rater who saved beside the images loses nothing, and what an earlier extraction wrote is gone.
    fs::write(folder.path().join("work/images/sim-0001-ed.json"), "mine").unwrap();
    let one = sim("studies/sim-0002.dcm");
    dataset(folder.path(), &["extract", &one, "--out", "work", "--force"]).success();
    assert_eq!(fs::read(folder.path().join("work/images/sim-0001-ed.json")).unwrap(), b"mine");
    assert!(!folder.path().join("work/images/sim-0001-ed.png").exists());
    assert!(folder.path().join("work/images/sim-0002-ed.png").exists());
    // The consensus there is of other images now.
    dataset(folder.path(), &["build", "work", "--out", "data"]).code(1).stderr(contains("other images"));
}

#[test]
fn everything_wrong_with_raters_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    extracted(folder.path());
    raters(folder.path());
    let at = |file: &str| folder.path().join("raters").join(file);
    // For the wrong image, twice, empty; and half of another rater's images are gone.
    fs::copy(at("rater-01-students/sim-0001-ed.json"), at("rater-01-students/sim-0001-es.json")).unwrap();
    fs::copy(at("rater-02-technologists/sim-0003-ed.json"), at("rater-02-technologists/sim-0003-ed (1).json")).unwrap();
    let file = at("rater-03-students/sim-0002-es.json");
    let mut empty: serde_json::Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    empty["shapes"] = serde_json::json!([]);
    fs::write(&file, empty.to_string()).unwrap();
    for study in 4..=6 {
        for tag in ["ed", "ed-second", "es", "es-second"] {
            fs::remove_file(at(&format!("rater-04-technologists/sim-{study:04}-{tag}.json"))).unwrap();
        }
    }
    let run = dataset(folder.path(), &["consensus", "work", "--raters", "raters"]).code(1);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    for part in [
        "rater-01-students/sim-0001-es.json: annotates",
        "sim-0003-ed (1).json",
        "rater-02-technologists/sim-0003-ed.json",
        "rater-03-students/sim-0002-es.json: has no shape",
        "rater-04-technologists: 12 of 24 images are missing",
        "--leave-out rater-04-technologists",
        "4 errors in raters' files; nothing was written",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!folder.path().join("work/consensus").exists());
    let leave_out = |names: &[&str]| {
        let mut arguments = vec!["consensus", "work", "--raters", "raters", "--min-raters", "1"];
        names.iter().for_each(|name| arguments.extend(["--leave-out", name]));
        dataset(folder.path(), &arguments)
    };
    leave_out(&["nobody"]).code(2).stderr(contains("no rater `nobody`"));
    leave_out(&["rater-01-students", "rater-02-technologists", "rater-03-students"]).code(1);
    leave_out(&["rater-01-students", "rater-03-students", "rater-04-technologists"]).code(1);
    fs::remove_file(at("rater-02-technologists/sim-0003-ed (1).json")).unwrap();
    leave_out(&["rater-01-students", "rater-03-students", "rater-04-technologists"]).success();
    let record = ConsensusManifest::read(&folder.path().join("work")).unwrap().document;
    assert_eq!(record.left_out.len(), 3);
}

#[test]
fn groups_are_compared_with_raters_as_units() {
    let folder = tempfile::tempdir().unwrap();
    extracted(folder.path());
    let table = "rater,group\nrater-01-students,students\nrater-02-technologists,technologists\n\
                 rater-03-students,students\nrater-04-technologists,technologists\n";
    fs::write(folder.path().join("groups.csv"), table).unwrap();
    dataset(folder.path(), &["consensus", "work", "--raters", &sim("raters"), "--groups", "groups.csv"])
        .success()
        .stdout(contains("students (2) against technologists (2), Mann-Whitney"));
    let record = ConsensusManifest::read(&folder.path().join("work")).unwrap().document;
    let p = record.agreement.unwrap().groups[0].dice.test.p;
    assert!(p >= 1.0 / 3.0 - 1e-9, "two against two cannot reach {p}");
}

#[test]
fn studies_of_one_patient_stay_together_and_those_of_nobody_apart() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    // Studies 1 and 2 are of one patient, 3 and 4 do not say whose they are.
    for number in 1..=6 {
        let name = format!("sim-{number:04}.dcm");
        let path = sim(&format!("studies/{name}"));
        let mut study = read_study(Path::new(&path), &Selection::default()).unwrap();
        match number {
            1 | 2 => study.identity.patient_id = Some("X".into()),
            3 | 4 => study.identity.patient_id = None,
            _ => {}
        }
        let path = folder.path().join("in").join(name);
        write_study(&study, &Acquisition::original(), &path, &WriteOptions::default()).unwrap();
    }
    let frames = sim("truth.csv");
    dataset(folder.path(), &["extract", "in", "--out", "work", "--frames", &frames])
        .success()
        .stderr(contains("sim-0003.dcm has no patient ID").and(contains("sim-0004.dcm has no patient ID")));
    dataset(folder.path(), &["consensus", "work", "--raters", &sim("raters")]).success();
    for seed in ["1", "2", "3", "4"] {
        let out = format!("data-{seed}");
        dataset(folder.path(), &["build", "work", "--out", &out, "--studies", "2/2/2", "--seed", seed]).success();
        dataset(folder.path(), &["verify", &out]).success().stdout(contains("6 studies of 5 patients, 2/2/2"));
        let cases = DatasetManifest::read(&folder.path().join(&out)).unwrap().document.cases;
        assert_eq!((cases[0].split, cases[0].patient.as_str()), (cases[1].split, "X"));
    }
    // Alone, the patient with two studies cannot be in parts of one.
    dataset(folder.path(), &["build", "work", "--out", "x", "--studies", "4/1/1"]).success();
    dataset(folder.path(), &["build", "work", "--out", "y", "--studies", "0/0/6"]).success();
}

#[test]
fn what_cannot_be_split_or_verified_is_said() {
    let folder = tempfile::tempdir().unwrap();
    extracted(folder.path());
    // A step that was skipped is named, and nothing is made.
    let early = dataset(folder.path(), &["build", "work", "--out", "data"]).code(1);
    early.stderr(contains("holds no consensus.json; first: bloodpool dataset consensus FOLDER"));
    assert!(!folder.path().join("data").exists());
    dataset(folder.path(), &["verify", "work"]).code(1).stderr(contains("first: bloodpool dataset build FOLDER"));
    let train = ["train", "--dataset", "work", "--out", "run"];
    bloodpool(folder.path()).args(train).assert().code(1).stderr(contains("first: bloodpool dataset build FOLDER"));
    dataset(folder.path(), &["consensus", "work", "--raters", &sim("raters")]).success();
    let build = |arguments: &[&str]| {
        let mut all = vec!["build", "work", "--out", "data"];
        all.extend(arguments);
        dataset(folder.path(), &all)
    };
    build(&["--studies", "3/2/2"]).code(2).stderr(contains("makes 7, but there are 6"));
    build(&["--split", "60/20/30"]).code(2);
    build(&["--studies", "2/2/2", "--split", "60/20/20"]).code(2);
    build(&["--truth", "nowhere", "--force"]).code(1).stderr(contains("truth.csv"));
    dataset(folder.path(), &["verify", "data"]).code(1).stderr(contains("dataset.json"));
    // A true silhouette that is missing: nothing half-built is left.
    fs::create_dir(folder.path().join("sim")).unwrap();
    fs::copy(sim("truth.csv"), folder.path().join("sim/truth.csv")).unwrap();
    build(&["--truth", "sim"]).code(1).stderr(contains("silhouettes"));
    assert!(!folder.path().join("data").exists());
    build(&[]).success();
    build(&[]).code(2).stderr(contains("data is not empty"));

    let data = folder.path().join("data");
    let mut manifest = DatasetManifest::read(&data).unwrap().document;
    let other = manifest.cases.iter().position(|case| case.split != manifest.cases[0].split).unwrap();
    manifest.cases[other].patient = manifest.cases[0].patient.clone();
    manifest.write(&data, bloodpool_files::IfExists::Replace).unwrap();
    fs::write(data.join("counts/sim-0002.npy"), "spoilt").unwrap();
    fs::remove_file(data.join("masks/sim-0003-es.png")).unwrap();
    dataset(folder.path(), &["verify", "data"])
        .code(1)
        .stderr(contains("in two parts"))
        .stderr(contains("sim-0002.npy is not the file that was recorded"))
        .stderr(contains("sim-0003-es.png"))
        .stderr(contains("3 problems"))
        .stdout(contains("whole").not());
}

#[test]
fn a_run_is_called_after_network_and_dataset_and_finds_a_dataset_that_moved() {
    let folder = tempfile::tempdir().unwrap();
    formed(folder.path());
    dataset(folder.path(), &["build", "work", "--out", "data"]).success();
    let train = "train --dataset data --network unet --side 16 --steps 1 --out run";
    let told = bloodpool(folder.path()).args(train.split(' ')).assert().success();
    told.stderr(contains("bloodpool evaluate run --split test"));
    assert!(fs::read_to_string(folder.path().join("run/config.toml")).unwrap().contains("name = \"unet-data\""));
    fs::rename(folder.path().join("data"), folder.path().join("moved")).unwrap();
    let resume = |more: &[&str]| bloodpool(folder.path()).args(["train", "--resume", "run"]).args(more).assert();
    resume(&[]).code(2).stderr(contains("say with --dataset where it is"));
    resume(&["--dataset", "moved"]).success();
}

#[test]
fn an_ed_frame_that_lost_counts_is_moved_and_the_move_recorded() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let mut study = read_study(Path::new(&sim("studies/sim-0001.dcm")), &Selection::default()).unwrap();
    let last = study.frames() - 1;
    let mut counts = study.counts().clone();
    counts.index_axis_mut(ndarray::Axis(0), last).mapv_inplace(|count| (0.5 * count).round());
    let mut lost = bloodpool_core::GatedStudy::new(counts, study.pixel_spacing_mm()).unwrap();
    lost.gating = study.gating.clone();
    lost.identity = std::mem::take(&mut study.identity);
    write_study(&lost, &Acquisition::original(), &folder.path().join("in/a.dcm"), &WriteOptions::default()).unwrap();
    let table = format!("study,end_diastole_frame,end_systole_frame\na.dcm,{},8\n", last + 1);
    fs::write(folder.path().join("frames.csv"), table).unwrap();
    dataset(folder.path(), &["extract", "in", "--out", "work", "--frames", "frames.csv"]).success().stderr(
        contains(format!("ED frame {} of the table lost counts", last + 1)).and(contains("frame 1, the nearest")),
    );
    let manifest = ExtractManifest::read(&folder.path().join("work")).unwrap().document;
    assert_eq!((manifest.cases[0].end_diastole_frame, manifest.cases[0].end_systole_frame), (1, 8));
    assert!(
        matches!(&manifest.cases[0].frames_from, FrameOrigin::Table { moved_from, .. } if *moved_from == Some(last + 1))
    );
}

#[test]
fn an_lvef_that_no_heart_has_stops_until_it_is_accepted() {
    let folder = tempfile::tempdir().unwrap();
    formed(folder.path());
    // As a consensus of an earlier version, which did not look at the number.
    let path = folder.path().join("work/consensus/consensus.json");
    let mut consensus: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    consensus["cases"][2]["lvef_percent"] = serde_json::json!(-154.2);
    fs::write(&path, consensus.to_string()).unwrap();
    let build = ["build", "work", "--out", "data", "--studies", "2/2/2"];
    dataset(folder.path(), &build)
        .code(1)
        .stderr(contains("sim-0003 (-154.2 %)").and(contains("--accept-lvef sim-0003")));
    assert!(!folder.path().join("data/dataset.json").exists());
    dataset(folder.path(), &[&build[..], &["--accept-lvef", "sim-0003"]].concat()).success();
    dataset(folder.path(), &["consensus", "work", "--raters", &sim("raters"), "--force", "--accept-lvef", "nobody"])
        .code(2)
        .stderr(contains("no study `nobody`"));
}
