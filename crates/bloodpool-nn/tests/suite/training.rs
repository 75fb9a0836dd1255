//! Training from start to model on studies that a network learns in seconds.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ellipses::Ellipses;
use bloodpool_core::{AnnotatedFrames, FrameIndex, Mask, SampleSource, Segmenter};
use bloodpool_nn::augmentation::Augmentation;
use bloodpool_nn::config::{Keep, Optimizer, Schedule};
use bloodpool_nn::network::compact::CompactConfig;
use bloodpool_nn::network::{NetworkConfig, Picture, ResnetConfig, UnetConfig};
use bloodpool_nn::run_folder::RunFolder;
use bloodpool_nn::{NetworkSegmenter, Start, TrainingConfig, device, resume, train};
use bloodpool_stats::overlap;

const SOURCE: Ellipses = Ellipses { side: 64, studies: None };

fn small(steps: usize) -> TrainingConfig {
    TrainingConfig {
        steps,
        steps_per_epoch: 4,
        studies_per_step: 2,
        frames_per_view: 4,
        validation_studies: 2,
        warm_up_steps: 10,
        learning_rate: 5e-3,
        supply_threads: 2,
        network: NetworkConfig::Compact(CompactConfig { widths: vec![8, 16], block: 2, groups: 4, scene: false }),
        ..TrainingConfig::default()
    }
}

fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("model.safetensors")).unwrap()
}

fn assert_same_bits(one: &Path, other: &Path) {
    assert!(weights(one) == weights(other), "the weights differ");
}

#[test]
fn ellipses_are_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let config = TrainingConfig { steps: 320, steps_per_epoch: 160, average_decay: 0.97, ..small(0) };
    let outcome = train(&config, &run, None, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let scores = outcome.validation.unwrap();
    assert!(outcome.finished && scores.dice_worst > 0.9 && scores.ef_bias.unwrap().abs() < 3.0, "{scores:?}");

    let segmenter = NetworkSegmenter::from_run_folder(&run, &device::by_name("flex").unwrap()).unwrap();
    for side in [64, 128] {
        let study = Ellipses { side, studies: None }.sample(99).unwrap();
        let found = segmenter.segment(&study.study).unwrap();
        for (found, truth) in found.masks.iter().zip(&study.masks) {
            let dice = overlap(found, truth).unwrap().dice;
            assert!(dice > 0.9, "matrix {side}: Dice {dice}");
        }
        let fraction = found.lv_fraction.unwrap();
        assert_eq!(fraction.dim(), (12, side, side));
        let ratio = (fraction * study.study.counts()).sum() / (study.lv_fraction.unwrap() * study.study.counts()).sum();
        assert!((ratio - 1.0).abs() < 0.15, "matrix {side}: {ratio} of the LV counts");
    }
}

/// Trains in one go.
fn straight(config: &TrainingConfig, run: &Path) {
    let outcome = train(config, run, None, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert!(outcome.finished);
}

/// Trains until a step, then saves and stops.
fn stopped_at(step: usize, config: &TrainingConfig, run: &Path) {
    let stop = AtomicBool::new(false);
    let mut progress = |progress: bloodpool_nn::Progress| stop.store(progress.step == step, Ordering::Relaxed);
    let outcome = train(config, run, None, &SOURCE, &SOURCE, &mut progress, &stop).unwrap();
    assert_eq!((outcome.step, outcome.finished), (step, false));
}

fn go_on(run: &Path) {
    let outcome = resume(run, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert!(outcome.finished);
}

#[test]
fn the_same_seed_gives_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    straight(&small(10), &one);
    straight(&small(10), &other);
    assert_same_bits(&one, &other);
}

#[test]
fn a_resumed_run_has_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, halves) = (folder.path().join("whole"), folder.path().join("halves"));
    straight(&small(10), &whole);
    stopped_at(6, &small(10), &halves);
    go_on(&halves);
    assert_same_bits(&whole, &halves);
    let metrics = |run: &Path| -> Vec<_> {
        let folder = RunFolder::open(run).unwrap().0;
        folder.metrics().unwrap().into_iter().map(|row| (row.epoch, row.step, row.loss, row.validation)).collect()
    };
    assert_eq!(metrics(&whole).len(), 3);
    assert_eq!(metrics(&whole), metrics(&halves));
    go_on(&halves); // nothing is left to do, and nothing changes
    assert_same_bits(&whole, &halves);
}

#[test]
fn the_best_epoch_is_kept_whenever_the_run_is_stopped_and_patience_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    // So high a learning rate that the network gets worse again.
    let config = TrainingConfig {
        learning_rate: 0.2,
        schedule: Schedule::Constant,
        optimizer: Optimizer::Sgd,
        average_decay: 0.5,
        keep: Keep::Best,
        patience: 2,
        steps_per_epoch: 2,
        ..small(40)
    };
    let (whole, parts) = (folder.path().join("whole"), folder.path().join("parts"));
    straight(&config, &whole);
    let metrics = RunFolder::open(&whole).unwrap().0.metrics().unwrap();
    let dice: Vec<f64> = metrics.iter().map(|row| row.validation.dice()).collect();
    let highest = dice.iter().copied().fold(0.0, f64::max);
    let best = dice.iter().position(|value| *value == highest).unwrap();
    assert_eq!(dice.len(), (best + 3).min(20), "ends two epochs after the best one: {dice:?}");
    let description = std::fs::read_to_string(whole.join("model.json")).unwrap();
    assert!(description.contains(&format!("\"steps\": {}", metrics[best].step)), "{description}");

    stopped_at(1, &config, &parts);
    for step in [3, 4, 5] {
        let stop = AtomicBool::new(false);
        let mut progress = |progress: bloodpool_nn::Progress| stop.store(progress.step >= step, Ordering::Relaxed);
        resume(&parts, &SOURCE, &SOURCE, &mut progress, &stop).unwrap();
    }
    resume(&parts, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert_same_bits(&whole, &parts);
}

/// Studies of which four frames are annotated, and whose LVEF nobody knows.
struct Annotated;

impl SampleSource for Annotated {
    fn len(&self) -> Option<u64> {
        Some(3)
    }

    fn sample(&self, index: u64) -> Result<bloodpool_core::LabelledStudy, bloodpool_core::SampleError> {
        let mut sample = SOURCE.sample(index)?;
        let (end_diastole, end_systole) = sample.extremes();
        let annotated = AnnotatedFrames {
            end_diastole,
            end_systole,
            others: vec![FrameIndex::new((end_systole.index() + 1) % 12)],
        };
        for frame in (0..12).filter(|frame| !annotated.all().any(|known| known.index() == *frame)) {
            sample.masks[frame] = Mask::empty(64, 64);
        }
        Ok(bloodpool_core::LabelledStudy {
            annotated: Some(annotated),
            lv_fraction: None,
            lv_volume_ml: None,
            lvef_percent: None,
            ..sample
        })
    }

    fn description(&self) -> String {
        "annotated ellipses".to_owned()
    }
}

#[test]
fn training_and_validation_use_annotated_frames_only() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let network = NetworkConfig::Unet(UnetConfig { side: 64, width: 8, ..UnetConfig::default() });
    let config = TrainingConfig { learning_rate: 5e-3, ..TrainingConfig::for_dataset(network, 9, 3, 50) };
    let outcome = train(&config, &run, None, &Annotated, &Annotated, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let scores = outcome.validation.unwrap();
    assert!(scores.dice() > 0.85 && scores.ef_bias.is_none(), "{scores:?}");

    let segmenter = NetworkSegmenter::from_run_folder(&run, &device::by_name("flex").unwrap()).unwrap();
    let study = SOURCE.sample(1).unwrap();
    let (all, two) = (segmenter.segment(&study.study).unwrap().masks, [0, 6]);
    let some = segmenter.segment_frames(&study.study, &two.map(FrameIndex::new)).unwrap();
    assert_eq!(some.len(), 12);
    for (frame, mask) in some.iter().enumerate() {
        assert!(if two.contains(&frame) { *mask == all[frame] } else { mask.is_empty() }, "frame {frame}");
    }
}

#[test]
fn a_run_starts_from_the_weights_of_another_and_resumes_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let first = folder.path().join("first");
    straight(&small(6), &first);
    let start = Start { name: "first".to_owned(), safetensors: weights(&first), backbone_only: false, seen: None };
    let begin = |run: &Path, stop_at: usize| {
        let stop = AtomicBool::new(false);
        let mut progress = |progress: bloodpool_nn::Progress| stop.store(progress.step == stop_at, Ordering::Relaxed);
        train(&small(4), run, Some(&start), &SOURCE, &SOURCE, &mut progress, &stop).unwrap()
    };
    let (whole, halves) = (folder.path().join("whole"), folder.path().join("halves"));
    assert!(begin(&whole, 99).finished);
    assert!(!begin(&halves, 2).finished);
    go_on(&halves);
    assert_same_bits(&whole, &halves);
    assert!(RunFolder::open(&whole).unwrap().2.started_from.unwrap().starts_with("first, SHA-256 "));
    let of_seed_alone = folder.path().join("seed");
    straight(&small(4), &of_seed_alone);
    assert!(weights(&whole) != weights(&of_seed_alone));

    let other = TrainingConfig { network: NetworkConfig::default(), ..small(1) };
    let none = AtomicBool::new(false);
    let refused = train(&other, &folder.path().join("x"), Some(&start), &SOURCE, &SOURCE, &mut |_| {}, &none);
    assert!(refused.unwrap_err().to_string().contains("cannot start from first"));
    assert!(!folder.path().join("x").exists());
}

#[test]
fn networks_with_batch_norm_and_dropout_have_the_same_bits_too() {
    let folder = tempfile::tempdir().unwrap();
    let networks = [
        NetworkConfig::Unet(UnetConfig { side: 32, width: 4, ..UnetConfig::default() }),
        NetworkConfig::Unet(UnetConfig { side: 32, width: 4, picture: Picture::InCycle }),
        NetworkConfig::DeepLabV3Resnet50(ResnetConfig { side: 32, auxiliary: true, ..ResnetConfig::default() }),
    ];
    for (index, network) in networks.into_iter().enumerate() {
        let config = TrainingConfig { frames_per_view: 2, steps_per_epoch: 2, network, ..small(3) };
        let (whole, halves) =
            (folder.path().join(format!("whole{index}")), folder.path().join(format!("halves{index}")));
        straight(&config, &whole);
        stopped_at(1, &config, &halves);
        go_on(&halves);
        assert_same_bits(&whole, &halves);
        let segmenter = NetworkSegmenter::from_run_folder(&whole, &device::by_name("flex").unwrap()).unwrap();
        let found = segmenter.segment(&SOURCE.sample(7).unwrap().study).unwrap();
        assert!(found.lv_fraction.is_none() && found.masks.len() == 12);
    }
}

#[test]
fn a_kill_at_any_moment_loses_no_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    straight(&small(8), &whole);
    stopped_at(4, &small(8), &killed);
    // What a kill leaves: a checkpoint half written, a line of metrics half written, metrics ahead of the checkpoint.
    std::fs::create_dir(killed.join("checkpoint-00000008.partial")).unwrap();
    std::fs::write(killed.join("checkpoint-00000008.partial/network.bpk"), b"half").unwrap();
    let metrics = killed.join("metrics.jsonl");
    let first = std::fs::read_to_string(&metrics).unwrap();
    let ahead = first.replace("\"epoch\":1,\"step\":4", "\"epoch\":2,\"step\":8");
    assert_ne!(ahead, first);
    std::fs::write(&metrics, format!("{first}{ahead}{{\"epoch\":3,\"st")).unwrap();
    go_on(&killed);
    assert_same_bits(&whole, &killed);
    assert_eq!(RunFolder::open(&killed).unwrap().0.metrics().unwrap().len(), 2);
    assert!(!killed.join("checkpoint-00000008.partial").exists());

    // A kill after the last checkpoint, while the one before it was removed: nothing is left to train, and its rest goes.
    let rest = killed.join("checkpoint-00000004");
    std::fs::create_dir(&rest).unwrap();
    std::fs::write(rest.join("model.safetensors"), b"the last file of it").unwrap();
    go_on(&killed);
    assert!(!rest.exists());
    assert_same_bits(&whole, &killed);
}

#[test]
fn a_run_folder_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("something"), b"of mine").unwrap();
    let error =
        train(&small(1), folder.path(), None, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap_err();
    assert!(error.to_string().contains("never overwritten"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// An error and its causes, as programs print them.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[test]
fn damage_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    stopped_at(3, &small(8), &run);
    let device = device::by_name("flex").unwrap();
    let unfinished = NetworkSegmenter::from_run_folder(&run, &device).unwrap_err().to_string();
    assert!(unfinished.contains("not finished"), "{unfinished}");

    for name in ["network.bpk", "optimizer.bpk", "model.safetensors", "state.json"] {
        let path = run.join("checkpoint-00000003").join(name);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        let error = resume(&run, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap_err().to_string();
        assert!(error.contains(name) && error.contains("damaged"), "{error}");
        std::fs::write(&path, bytes).unwrap();
    }
    let other = Ellipses { side: 128, studies: None };
    let error = resume(&run, &other, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap_err().to_string();
    assert!(error.contains("same data"), "{error}");
    go_on(&run);

    let (json, weights) = (std::fs::read_to_string(run.join("model.json")).unwrap(), weights(&run));
    assert!(NetworkSegmenter::from_bytes(&json, &weights, &device).is_ok());
    for broken in [&weights[..weights.len() - 4], &b"nonsense"[..]] {
        let error = with_causes(&NetworkSegmenter::from_bytes(&json, broken, &device).unwrap_err());
        assert!(error.contains("SHA-256"), "{error}");
    }
    std::fs::write(run.join("model.json"), "{").unwrap();
    let error = with_causes(&NetworkSegmenter::from_run_folder(&run, &device).unwrap_err());
    assert!(error.contains("model.json") && error.contains("run"), "{error}");
}

#[test]
fn a_finite_source_without_fractions_trains_too() {
    struct MasksOnly;
    impl SampleSource for MasksOnly {
        fn len(&self) -> Option<u64> {
            Some(3)
        }
        fn sample(&self, index: u64) -> Result<bloodpool_core::LabelledStudy, bloodpool_core::SampleError> {
            let mut study = SOURCE.sample(index)?;
            (study.lv_fraction, study.lv_volume_ml, study.lvef_percent) = (None, None, None);
            Ok(study)
        }
        fn description(&self) -> String {
            "three studies with masks alone".to_owned()
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let config = TrainingConfig { augmentation: Augmentation { blur: 1.0, ..Augmentation::default() }, ..small(4) };
    let run = folder.path().join("run");
    let outcome = train(&config, &run, None, &MasksOnly, &MasksOnly, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    assert!(outcome.finished);
}
