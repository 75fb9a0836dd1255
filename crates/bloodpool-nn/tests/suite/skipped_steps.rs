//! Steps whose loss or gradients are not finite: skipped and counted; too many in a row end the training.

use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::ellipses::Ellipses;
use bloodpool_core::{LabelledStudy, SampleError, SampleSource};
use bloodpool_nn::augmentation::Augmentation;
use bloodpool_nn::learner::Learner;
use bloodpool_nn::network::compact::CompactConfig;
use bloodpool_nn::network::{NetworkConfig, UnetConfig};
use bloodpool_nn::parity::Arrays;
use bloodpool_nn::run_folder::{EpochMetrics, RunFolder};
use bloodpool_nn::training_view::{TrainingView, draw_view};
use bloodpool_nn::{Progress, TrainingConfig, resume, train};
use burn::tensor::Device;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

const SOURCE: Ellipses = Ellipses { side: 64, studies: None };

/// Ellipses, of which some have a fraction that is not a number.
struct Faulty {
    studies: Range<u64>,
}

impl Faulty {
    /// All studies of these steps, from 1.
    fn steps(steps: Range<u64>) -> Self {
        Self { studies: 2 * (steps.start - 1)..2 * (steps.end - 1) }
    }
}

impl SampleSource for Faulty {
    fn len(&self) -> Option<u64> {
        None
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        let mut sample = SOURCE.sample(index)?;
        if self.studies.contains(&index) {
            sample.lv_fraction = sample.lv_fraction.map(|fraction| fraction * f32::NAN);
        }
        Ok(sample)
    }

    fn description(&self) -> String {
        SOURCE.description()
    }
}

fn small(steps: usize) -> TrainingConfig {
    TrainingConfig {
        steps,
        steps_per_epoch: 4,
        studies_per_step: 2,
        frames_per_view: 4,
        validation_studies: 1,
        warm_up_steps: 10,
        supply_threads: 2,
        network: NetworkConfig::Compact(CompactConfig { widths: vec![4], block: 4, groups: 2, scene: false }),
        ..TrainingConfig::default()
    }
}

fn metrics(run: &Path) -> Vec<EpochMetrics> {
    RunFolder::open(run).unwrap().0.metrics().unwrap()
}

fn weights(run: &Path) -> Vec<u8> {
    std::fs::read(run.join("model.safetensors")).unwrap()
}

fn assert_finite(safetensors: &[u8]) {
    for (name, (_, numbers)) in Arrays::from_safetensors(safetensors).unwrap().0 {
        assert!(numbers.iter().all(|number| number.is_finite()), "{name}");
    }
}

#[test]
fn skipped_steps_are_counted_and_reported_and_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, halves) = (folder.path().join("whole"), folder.path().join("halves"));
    let source = Faulty::steps(3..6);
    let mut reported = Vec::new();
    let mut progress = |progress: Progress| {
        assert!(progress.loss.is_finite());
        reported.push((progress.step, progress.skipped_steps, progress.skipped_in_a_row));
    };
    train(&small(8), &whole, None, &source, &SOURCE, &mut progress, &AtomicBool::new(false)).unwrap();
    let expected = [(1, 0, 0), (2, 0, 0), (3, 1, 1), (4, 2, 2), (5, 1, 3), (6, 1, 0), (7, 1, 0), (8, 1, 0)];
    assert_eq!(reported, expected);
    let rows = metrics(&whole);
    assert_eq!(rows.iter().map(|row| (row.step, row.skipped_steps)).collect::<Vec<_>>(), [(4, 2), (8, 1)]);
    assert!(rows.iter().all(|row| row.loss.is_finite() && row.loss.total > 0.0));
    assert_finite(&weights(&whole));

    // The counts survive a stop between two steps that are skipped.
    for (first, last) in [(true, 3), (false, 5), (false, 99)] {
        let stop = AtomicBool::new(false);
        let mut progress = |progress: Progress| stop.store(progress.step == last, Ordering::Relaxed);
        if first {
            train(&small(8), &halves, None, &source, &SOURCE, &mut progress, &stop).unwrap();
        } else {
            resume(&halves, &source, &SOURCE, &mut progress, &stop).unwrap();
        }
    }
    let of = |row: EpochMetrics| (row.step, row.skipped_steps, row.loss, row.validation);
    assert!(metrics(&halves).into_iter().map(of).eq(metrics(&whole).into_iter().map(of)));
    assert!(weights(&whole) == weights(&halves), "the weights differ");
}

#[test]
fn ten_skipped_steps_in_a_row_end_the_training_and_the_run_resumes() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let stop = AtomicBool::new(false);
    let error = train(&small(20), &run, None, &Faulty::steps(6..99), &SOURCE, &mut |_| {}, &stop).unwrap_err();
    assert_eq!(
        error.to_string(),
        "training stopped at step 15: the loss or its gradients were not finite in 10 steps in a row; lower the learning \
         rate, or check the training data"
    );
    let skipped: Vec<_> = metrics(&run).iter().map(|row| (row.step, row.skipped_steps)).collect();
    assert_eq!(skipped, [(4, 0), (8, 3), (12, 4)]);
    // The same data end it at the same step; better ones do not.
    let error = resume(&run, &Faulty::steps(6..99), &SOURCE, &mut |_| {}, &stop).unwrap_err();
    assert!(error.to_string().contains("at step 15: "), "{error}");
    let outcome = resume(&run, &SOURCE, &SOURCE, &mut |_| {}, &stop).unwrap();
    assert!(outcome.finished && outcome.step == 20);
    assert_eq!(metrics(&run).last().unwrap().skipped_steps, 0);
    assert_finite(&weights(&run));
}

#[test]
fn nine_in_a_row_do_not_end_it() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let stop = AtomicBool::new(false);
    let outcome = train(&small(12), &run, None, &Faulty::steps(2..11), &SOURCE, &mut |_| {}, &stop).unwrap();
    assert!(outcome.finished);
    let skipped: Vec<_> = metrics(&run).iter().map(|row| row.skipped_steps).collect();
    assert_eq!(skipped, [3, 4, 2]);
}

/// A pass in training moves the statistics of batch norms before anyone sees that its loss is not finite.
#[test]
fn a_skipped_step_leaves_a_network_with_batch_norms_as_it_was() {
    let network = NetworkConfig::Unet(UnetConfig { side: 32, width: 4, ..UnetConfig::default() });
    let config = TrainingConfig { network, ..small(4) };
    let view = |seed: u64| -> TrainingView {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let sample = SOURCE.sample(seed).unwrap();
        draw_view(&sample, &Augmentation::default(), 2, config.network.layout(), &mut rng)
    };
    let mut bad = view(3);
    bad.inputs.fill(f32::NAN);
    let average = |bad: Option<TrainingView>| {
        let mut learner = Learner::new(&config, &Device::flex()).unwrap();
        assert!(learner.step(0, &[view(1), view(2)], &config).is_some());
        let before = learner.average_as_safetensors().unwrap();
        if let Some(bad) = bad {
            assert!(learner.step(1, &[view(4), bad], &config).is_none());
            assert!(learner.average_as_safetensors().unwrap() == before, "the skipped step changed the average");
        }
        assert!(learner.step(2, &[view(5), view(6)], &config).is_some());
        learner.average_as_safetensors().unwrap()
    };
    let expected = average(None);
    assert_finite(&expected);
    assert!(average(Some(bad)) == expected, "the skipped step changed the network");
}
