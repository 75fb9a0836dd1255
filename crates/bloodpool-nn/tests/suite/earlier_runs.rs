//! Run folders that an earlier version wrote: they still load and resume, to the weights that the earlier version reached.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use crate::ellipses::Ellipses;
use bloodpool_core::{SampleSource, Segmenter};
use bloodpool_nn::parity::Arrays;
use bloodpool_nn::run_folder::RunFolder;
use bloodpool_nn::{NetworkSegmenter, Passes, TrainingConfig, device, resume};

const SOURCE: Ellipses = Ellipses { side: 64, studies: None };

/// The largest difference from the earlier version, relative: processors with other instructions round differently.
const TOLERANCE: f64 = 1e-3;

fn earlier(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/run-of-ellipses").join(name)
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn weights(run: &Path) -> Arrays {
    Arrays::from_safetensors(&fs::read(run.join("model.safetensors")).unwrap()).unwrap()
}

#[test]
fn a_stopped_run_resumes_to_the_weights_of_the_earlier_version() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    copy(&earlier("stopped"), &run);
    let (_, config, origin) = RunFolder::open(&run).unwrap();
    assert_eq!((config.passes, config.steps, origin.software.as_str()), (Passes::Refined, 10, "bloodpool 0.1.0"));

    let outcome = resume(&run, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_eq!((outcome.step, outcome.finished), (10, true));

    let losses = |run: &Path| -> Vec<(usize, f64)> {
        let metrics = RunFolder::open(run).unwrap().0.metrics().unwrap();
        metrics.into_iter().map(|row| (row.step, row.loss.total)).collect()
    };
    let (found, expected) = (losses(&run), losses(&earlier("finished")));
    assert_eq!(expected.iter().map(|row| row.0).collect::<Vec<_>>(), [4, 8, 10]);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        assert!(found.0 == expected.0 && (found.1 / expected.1 - 1.0).abs() < TOLERANCE, "{found:?} {expected:?}");
    }

    let (found, expected) = (weights(&run), weights(&earlier("finished")));
    assert_eq!(found.0.keys().collect::<Vec<_>>(), expected.0.keys().collect::<Vec<_>>());
    let (mut difference, mut all) = (0.0, 0.0);
    for (name, (shape, values)) in &expected.0 {
        let (found_shape, found) = &found.0[name];
        assert_eq!(found_shape, shape, "{name}");
        for (found, value) in found.iter().zip(values) {
            difference += (f64::from(*found) - f64::from(*value)).powi(2);
            all += f64::from(*value).powi(2);
        }
    }
    assert!(all > 0.0 && (difference / all).sqrt() < TOLERANCE, "off by {:e}", (difference / all).sqrt());
}

#[test]
fn a_model_of_the_earlier_version_segments() {
    let segmenter = NetworkSegmenter::from_run_folder(&earlier("finished"), &device::by_name("flex").unwrap()).unwrap();
    let identity = segmenter.identity();
    assert_eq!(identity.name, "bloodpool-compact");
    assert!(identity.sha256.starts_with("8a446785e46145d0"), "{}", identity.sha256);
    let found = segmenter.segment(&SOURCE.sample(1).unwrap().study).unwrap();
    assert_eq!((found.masks.len(), found.lv_fraction.unwrap().dim()), (12, (12, 64, 64)));
}

#[test]
fn configurations_of_earlier_runs_are_read() {
    let runs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reproduction/first/training");
    let text = fs::read_to_string(runs.join("unet-128-1.toml")).unwrap();
    assert_eq!(TrainingConfig::from_toml(&text).unwrap().passes, Passes::Once);
    let text = fs::read_to_string(earlier("finished").join("config.toml")).unwrap();
    let config = TrainingConfig::from_toml(&text).unwrap();
    // What is written today has the same names.
    assert_eq!(config.to_toml().unwrap(), text);
}
