//! Training from start to model on studies that a network learns in seconds.

mod ellipses;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use bloodpool::agreement::overlap;
use bloodpool::{SampleSource, Segmenter};
use bloodpool_nn::augment::Augmentation;
use bloodpool_nn::network::NetworkConfig;
use bloodpool_nn::network::compact::CompactConfig;
use bloodpool_nn::run_folder::RunFolder;
use bloodpool_nn::{NetworkSegmenter, TrainingConfig, device, resume, train};
use ellipses::Ellipses;

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
        network: NetworkConfig::Compact(CompactConfig { widths: vec![8, 16], block: 2, groups: 4 }),
        ..TrainingConfig::default()
    }
}

fn weights(folder: &Path) -> Vec<u8> {
    std::fs::read(folder.join("model.safetensors")).unwrap()
}

#[test]
fn ellipses_are_learnt() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let config = TrainingConfig { steps: 250, steps_per_epoch: 125, average_decay: 0.97, ..small(0) };
    let outcome = train(&config, &run, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let scores = outcome.validation.unwrap();
    assert!(outcome.finished && scores.dice_worst > 0.9 && scores.ef_bias.abs() < 3.0, "{scores:?}");

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
        assert!((fraction[[0, 33 * side / 64, 39 * side / 64]] - 0.75).abs() < 0.1);
        assert!(fraction[[0, side - 1, side - 1]] < 0.05);
    }
}
