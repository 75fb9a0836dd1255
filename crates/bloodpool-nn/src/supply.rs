//! `Supply`: draws the views of the next steps on threads of its own, in an order that depends only on the seed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use bloodpool_core::{SampleError, SampleSource};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use crate::config::TrainingConfig;
use crate::training_view::{TrainingView, draw_view};

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
        let queues = (0..threads)
            .map(|thread| {
                let (sender, receiver) = sync_channel(config.supply_ahead);
                let steps = (first_step..config.steps).skip(thread).step_by(threads);
                scope.spawn(move || fill(&sender, source, config, steps, stop));
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
    source: &dyn SampleSource,
    config: &TrainingConfig,
    steps: impl Iterator<Item = usize>,
    stop: &AtomicBool,
) {
    for step in steps {
        if stop.load(Ordering::Relaxed) || sender.send(views_of_step(source, config, step)).is_err() {
            return;
        }
    }
}

/// All views of one step.
fn views_of_step(
    source: &dyn SampleSource,
    config: &TrainingConfig,
    step: usize,
) -> Result<Vec<TrainingView>, SampleError> {
    let mut views = Vec::with_capacity(config.studies_per_step * config.views_per_study);
    for study in 0..config.studies_per_step {
        let position = (step * config.studies_per_step + study) as u64;
        let sample = source.sample(sample_index(source.len(), config.seed, position))?;
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
    use super::*;

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
