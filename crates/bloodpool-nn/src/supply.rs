//! `Supply`: draws the views of the next steps on threads of its own, in an order that depends only on the seed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::Scope;

use bloodpool_core::{LabelledStudy, SampleError, SampleSource};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::config::TrainingConfig;
use crate::training_view::{TrainingView, draw_view};

/// Memory for samples that are drawn again in a later pass.
const KEPT_BYTES: usize = 1 << 30;

/// The samples of a source, those of a finite one kept until there are [`KEPT_BYTES`] of them: a study of a dataset is read, checked
/// against its hash and enlarged once, and not anew for each pass. Of more studies than that, the first drawn are kept.
struct KeptSamples<'a> {
    source: &'a dyn SampleSource,
    most_bytes: usize,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    samples: HashMap<u64, Arc<LabelledStudy>>,
    bytes: usize,
}

impl<'a> KeptSamples<'a> {
    fn new(source: &'a dyn SampleSource, most_bytes: usize) -> Self {
        Self { source, most_bytes, kept: Mutex::default() }
    }

    fn get(&self, index: u64) -> Result<Arc<LabelledStudy>, SampleError> {
        let kept = || self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sample) = kept().samples.get(&index) {
            return Ok(Arc::clone(sample));
        }
        let sample = Arc::new(self.source.sample(index)?); // other threads go on meanwhile
        if self.source.len().is_some() {
            let (mut kept, bytes) = (kept(), bytes_of(&sample));
            if kept.bytes + bytes <= self.most_bytes && kept.samples.insert(index, Arc::clone(&sample)).is_none() {
                kept.bytes += bytes;
            }
        }
        Ok(sample)
    }
}

/// Bytes of a sample's images, which are nearly all of it.
fn bytes_of(sample: &LabelledStudy) -> usize {
    let pixels = sample.study.counts().len();
    let rv = sample.scene.as_ref().is_some_and(|scene| scene.rv.is_some());
    let images = 1 + usize::from(sample.lv_fraction.is_some()) + usize::from(rv);
    images * pixels * size_of::<f32>() + (1 + usize::from(rv)) * pixels
}

/// Views of each step, in order.
pub struct Supply {
    queues: Vec<Receiver<Result<Vec<TrainingView>, SampleError>>>,
    drawn: usize,
}

impl Supply {
    /// Starts drawing at `first_step`; the threads end with the scope, or when the supply is dropped.
    pub fn start<'scope>(
        scope: &'scope Scope<'scope, '_>,
        source: &'scope dyn SampleSource,
        config: &'scope TrainingConfig,
        first_step: usize,
        stop: &'scope AtomicBool,
    ) -> Self {
        let threads = config.supply_threads;
        let samples = Arc::new(KeptSamples::new(source, KEPT_BYTES));
        let queues = (0..threads)
            .map(|thread| {
                let (sender, receiver) = sync_channel(config.supply_ahead);
                let steps = (first_step..config.steps).skip(thread).step_by(threads);
                let samples = Arc::clone(&samples);
                scope.spawn(move || fill(&sender, &samples, config, steps, stop));
                receiver
            })
            .collect();
        Self { queues, drawn: 0 }
    }

    /// Views of the next step; `None` when the threads have stopped.
    pub fn draw(&mut self) -> Option<Result<Vec<TrainingView>, SampleError>> {
        let queue = self.drawn % self.queues.len();
        self.drawn += 1;
        self.queues[queue].recv().ok()
    }
}

fn fill(
    sender: &SyncSender<Result<Vec<TrainingView>, SampleError>>,
    samples: &KeptSamples,
    config: &TrainingConfig,
    steps: impl Iterator<Item = usize>,
    stop: &AtomicBool,
) {
    for step in steps {
        if stop.load(Ordering::Relaxed) || sender.send(views_of_step(samples, config, step)).is_err() {
            return;
        }
    }
}

/// All views of one step.
fn views_of_step(
    samples: &KeptSamples,
    config: &TrainingConfig,
    step: usize,
) -> Result<Vec<TrainingView>, SampleError> {
    let mut views = Vec::with_capacity(config.studies_per_step * config.views_per_study);
    for study in 0..config.studies_per_step {
        let position = (step * config.studies_per_step + study) as u64;
        let sample = samples.get(sample_index(samples.source.len(), config.seed, position))?;
        let mut rng = ChaCha8Rng::seed_from_u64(config.seed);
        rng.set_stream(position + 1);
        for _ in 0..config.views_per_study {
            views.push(draw_view(
                &sample,
                &config.augmentation,
                config.frames_per_view,
                config.network.layout(),
                &mut rng,
            ));
        }
    }
    Ok(views)
}

/// The index of the sample at a position: the position itself in an endless source; otherwise every pass takes all samples
/// once, in an order of its own.
fn sample_index(length: Option<u64>, seed: u64, position: u64) -> u64 {
    let Some(length) = length.filter(|length| *length > 0) else { return position };
    let mut order: Vec<u64> = (0..length).collect();
    let mut rng = ChaCha8Rng::seed_from_u64(!seed);
    rng.set_stream(position / length);
    order.shuffle(&mut rng);
    order[(position % length) as usize]
}

#[cfg(test)]
mod tests {
    use bloodpool_core::{GatedStudy, Mask};

    use super::*;

    struct Counted {
        read: std::sync::atomic::AtomicUsize,
        length: Option<u64>,
    }

    impl SampleSource for Counted {
        fn len(&self) -> Option<u64> {
            self.length
        }

        fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
            self.read.fetch_add(1, Ordering::Relaxed);
            let counts = ndarray::Array3::from_elem((8, 32, 32), 1.0 + index as f32);
            let study =
                GatedStudy::new(counts, None).map_err(|error| SampleError { index, message: error.to_string() })?;
            Ok(LabelledStudy {
                study,
                masks: vec![Mask::empty(32, 32); 8],
                annotated: None,
                lv_fraction: None,
                lv_volume_ml: None,
                lvef_percent: None,
                scene: None,
                reference: None,
            })
        }

        fn description(&self) -> String {
            "a count of what was read".to_owned()
        }
    }

    #[test]
    fn samples_are_read_once_while_there_is_room_for_them() {
        let one = 8 * 32 * 32 * (size_of::<f32>() + 1);
        // Room for all, for two of five, and an endless source.
        for (length, room, expected) in [(Some(5), 5 * one, 5), (Some(5), 2 * one, 5 + 2 * 3), (None, 5 * one, 15)] {
            let source = Counted { read: 0.into(), length };
            let samples = KeptSamples::new(&source, room);
            for _ in 0..3 {
                for index in 0..5 {
                    assert_eq!(samples.get(index).unwrap().study.counts()[[7, 31, 31]], 1.0 + index as f32);
                }
            }
            assert_eq!(source.read.load(Ordering::Relaxed), expected);
        }
    }

    #[test]
    fn every_pass_holds_every_sample_once() {
        let pass = |number: u64| -> Vec<u64> { (0..10).map(|i| sample_index(Some(10), 3, number * 10 + i)).collect() };
        let (mut first, mut second) = (pass(0), pass(1));
        assert_ne!(first, second);
        first.sort_unstable();
        second.sort_unstable();
        assert_eq!(first, (0..10).collect::<Vec<_>>());
        assert_eq!(second, first);
        assert_eq!(sample_index(None, 3, 12_345), 12_345);
    }
}
