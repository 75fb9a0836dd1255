//! A network with scene heads, from start to model, on studies that it learns in seconds.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::scenes_of_ellipses::ScenesOfEllipses;
use bloodpool_core::{SampleSource, Segmenter};
use bloodpool_nn::augmentation::Augmentation;
use bloodpool_nn::loss::LossWeights;
use bloodpool_nn::network::NetworkConfig;
use bloodpool_nn::network::compact::CompactConfig;
use bloodpool_nn::run_folder::RunFolder;
use bloodpool_nn::{NetworkSegmenter, Start, TrainingConfig, device, resume, train};

const TRAINING: ScenesOfEllipses = ScenesOfEllipses { side: 64, without_heart: 5, turned: false };
const VALIDATION: ScenesOfEllipses = ScenesOfEllipses { side: 64, without_heart: 5, turned: true };

fn network(scene: bool) -> NetworkConfig {
    NetworkConfig::Compact(CompactConfig { widths: vec![8, 16, 16], block: 2, groups: 4, scene })
}

fn small(steps: usize) -> TrainingConfig {
    TrainingConfig {
        steps,
        steps_per_epoch: 4,
        studies_per_step: 4,
        views_per_study: 1,
        frames_per_view: 3,
        validation_studies: 4,
        warm_up_steps: 10,
        learning_rate: 5e-3,
        supply_threads: 2,
        augmentation: Augmentation { whole_field: 0.6, turned: 0.8, ..Augmentation::default() },
        network: network(true),
        ..TrainingConfig::default()
    }
}

fn run(config: &TrainingConfig, folder: &Path, start: Option<&Start>, stop_at: usize) -> bloodpool_nn::TrainingOutcome {
    let stop = AtomicBool::new(false);
    let mut progress = |progress: bloodpool_nn::Progress| stop.store(progress.step == stop_at, Ordering::Relaxed);
    train(config, folder, start, &TRAINING, &VALIDATION, &mut progress, &stop).unwrap()
}

fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("model.safetensors")).unwrap()
}

#[test]
fn orientations_hearts_and_right_ventricles_are_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run");
    let loss = LossWeights { rv_cross_entropy: 2.0, rv_dice: 2.0, landmarks: 0.3, ..LossWeights::default() };
    let config = TrainingConfig {
        steps: 240,
        steps_per_epoch: 240,
        average_decay: 0.97,
        validation_studies: 24,
        loss,
        ..small(0)
    };
    let scores = run(&config, &path, None, usize::MAX).validation.unwrap();
    let scene = scores.scene.unwrap();
    // By chance one in eight.
    assert!(scene.orientation_percent.unwrap() > 60.0, "{scores:?}");
    assert!(scene.heart_percent.unwrap() > 90.0 && scene.rv_dice.unwrap() > 0.7, "{scores:?}");
    assert!(scores.dice() > 0.85 && scene.landmark_distance.unwrap() < 3.0, "{scores:?}");

    let segmenter = NetworkSegmenter::from_run_folder(&path, &device::by_name("flex").unwrap()).unwrap();
    let study = TRAINING.sample(98).unwrap();
    let found = segmenter.segment(&study.study).unwrap();
    let recognition = found.recognition.unwrap();
    for probabilities in [&recognition.view[..], &recognition.orientation[..]] {
        assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
    let rv = found.rv.unwrap();
    assert_eq!((rv.masks.len(), rv.fraction.dim(), found.landmarks.unwrap().len()), (12, (12, 64, 64), 12));
    let certainty = found.certainty.unwrap();
    assert!(certainty.looks_dice.unwrap() > 0.7, "{certainty:?}");
    assert!((0.0..0.5).contains(&certainty.fraction_outside.unwrap()), "{certainty:?}");
    assert!((0.0..4.0).contains(&certainty.edge_entropy.unwrap()), "{certainty:?}");
    // A picture without a heart has neither outlines nor landmarks.
    let nothing = segmenter.segment(&TRAINING.sample(100).unwrap().study).unwrap();
    assert!(nothing.masks.iter().all(bloodpool_core::Mask::is_empty) && nothing.landmarks.is_none());
    assert!(nothing.recognition.unwrap().heart < 0.5);
}

#[test]
fn a_resumed_run_with_scenes_has_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, halves) = (folder.path().join("whole"), folder.path().join("halves"));
    assert!(run(&small(8), &whole, None, usize::MAX).finished);
    assert!(!run(&small(8), &halves, None, 5).finished);
    assert!(resume(&halves, &TRAINING, &VALIDATION, &mut |_| {}, &AtomicBool::new(false)).unwrap().finished);
    assert!(weights(&whole) == weights(&halves), "the weights differ");
    let metrics = RunFolder::open(&whole).unwrap().0.metrics().unwrap();
    let loss = metrics[0].loss;
    for term in [loss.rv_dice, loss.rv_fraction, loss.landmarks, loss.heart, loss.orientation, loss.gating] {
        assert!(term > 0.0 && term.is_finite(), "{loss:?}");
    }
}

#[test]
fn a_network_with_scene_heads_starts_from_one_without() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second, third) =
        (folder.path().join("first"), folder.path().join("second"), folder.path().join("third"));
    run(&TrainingConfig { network: network(false), ..small(4) }, &first, None, usize::MAX);
    let start = Start { name: "first".to_owned(), safetensors: weights(&first), backbone_only: false, seen: None };
    assert!(run(&small(2), &second, Some(&start), usize::MAX).finished);
    let record = RunFolder::open(&second).unwrap().2.started_from.unwrap();
    assert!(record.contains("not in it: ") && record.contains("scene.planes.weight"), "{record}");
    assert!(!record.contains("down"), "{record}");
    // From one with scene heads nothing is missing; a network without them does not start from it.
    let start = Start { name: "second".to_owned(), safetensors: weights(&second), backbone_only: false, seen: None };
    assert!(run(&small(1), &third, Some(&start), usize::MAX).finished);
    assert!(!RunFolder::open(&third).unwrap().2.started_from.unwrap().contains("not in it"));
    let (config, none) = (TrainingConfig { network: network(false), ..small(1) }, AtomicBool::new(false));
    let path = folder.path().join("fourth");
    assert!(train(&config, &path, Some(&start), &TRAINING, &VALIDATION, &mut |_| {}, &none).is_err());
}
