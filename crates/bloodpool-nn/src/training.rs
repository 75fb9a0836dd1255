//! The training loop: draws views, takes steps, validates, saves. The same seed gives the same weights, resumed or not.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bloodpool_core::{LabelledStudy, ModelIdentity, SampleError, SampleSource};
use bloodpool_files::sha256;

use crate::config::{Keep, TrainingConfig};
use crate::config_error::ConfigError;
use crate::device::{self, DeviceError};
use crate::learner::{Learner, LearnerFileError, Start};
use crate::loss::LossTerms;
use crate::model_file::{ModelDescription, ModelFileError, TrainingSummary, WEIGHTS};
use crate::network::{NetworkConfig, NetworkError};
use crate::run_folder::{BestEpoch, EpochMetrics, NETWORK, OPTIMIZER, RunFolder, RunFolderError, State, damaged};
use crate::segmenter::NetworkSegmenter;
use crate::supply::Supply;
use crate::training_view::TrainingView;
use crate::validation::{ValidationError, ValidationScores, draw_studies, validate, with_turned};
use crate::weights_error::WeightsError;
use crate::{Origin, SeenStudies};

/// Training stops after so many steps in a row whose loss or gradients are not finite: the weights or the data are unusable.
const MOST_SKIPPED_IN_A_ROW: usize = 10;

/// Why training failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    /// A run cannot have these choices.
    #[error("the training configuration cannot be used")]
    Config(#[from] ConfigError),
    /// The network cannot be built.
    #[error("the network of the training configuration cannot be built")]
    Network(#[from] NetworkError),
    /// The weights to start from do not fit the network.
    #[error("cannot start from {name}")]
    Start {
        /// Name of the model.
        name: String,
        /// Why.
        source: WeightsError,
    },
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The run folder cannot be used.
    #[error(transparent)]
    RunFolder(#[from] RunFolderError),
    /// A study could not be drawn.
    #[error(transparent)]
    Sample(#[from] SampleError),
    /// Validation failed.
    #[error("validation failed")]
    Validation(#[from] ValidationError),
    /// The data are not those that the run was started on.
    #[error("the run was started on {expected:?}, not on {found:?}: a run is resumed on the same data")]
    OtherData {
        /// Data of the run.
        expected: String,
        /// Data offered.
        found: String,
    },
    /// There are no studies.
    #[error("there are no {0} studies")]
    NoStudies(&'static str),
    /// The weights of the best epoch or of the model could not be encoded.
    #[error("cannot save the weights")]
    Save(#[from] WeightsError),
    /// A checkpoint could not be encoded.
    #[error("cannot save a checkpoint")]
    Checkpoint(#[from] LearnerFileError),
    /// The description of the model could not be encoded.
    #[error("cannot save the model")]
    Model(#[from] ModelFileError),
    /// The loss or its gradients were not finite in too many steps in a row. The run can be resumed from its last checkpoint.
    #[error(
        "training stopped at step {step}: the loss or its gradients were not finite in {skipped} steps in a row; lower the \
         learning rate, or check the training data"
    )]
    NotFinite {
        /// The last of these steps, from 1.
        step: usize,
        /// Their number.
        skipped: usize,
    },
    /// The supply of studies ended early.
    #[error("the supply of training studies ended at step {0}")]
    SupplyEnded(usize),
}

/// The progress of a training, reported after every step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Mean loss over the steps of the epoch so far that were not skipped; 0 where all were.
    pub loss: LossTerms,
    /// Steps of the epoch so far that were skipped because the loss or its gradients were not finite.
    pub skipped_steps: usize,
    /// The last steps, as many in a row as were skipped; 0 where this one was not.
    pub skipped_in_a_row: usize,
    /// Scores of the last validation.
    pub validation: Option<ValidationScores>,
    /// Estimated seconds for the remaining steps, from the speed so far.
    pub seconds_left: f64,
}

/// How training ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrainingOutcome {
    /// Steps done.
    pub step: usize,
    /// Whether training has ended and the model is written; otherwise it was stopped and can be resumed.
    pub finished: bool,
    /// Steps that made the model's weights, or the latest ones of a run that was stopped.
    pub model_step: usize,
    /// Scores of the last validation of these weights.
    pub validation: Option<ValidationScores>,
}

/// Trains a new model in a new run folder. `stop` makes it save and return early.
///
/// # Errors
/// [`TrainingError`].
pub fn train(
    config: &TrainingConfig,
    run_folder: &Path,
    start: Option<&Start>,
    train: &dyn SampleSource,
    validation: &dyn SampleSource,
    progress: &mut dyn FnMut(Progress),
    stop: &AtomicBool,
) -> Result<TrainingOutcome, TrainingError> {
    config.check()?;
    let device = device::by_name(&config.device)?;
    let (learner, fresh) = match start {
        None => (Learner::new(config, &device)?, Vec::new()),
        Some(start) => Learner::starting_from(config, start, &device)
            .map_err(|source| TrainingError::Start { name: start.name.clone(), source })?,
    };
    let started_from = start.map(|start| {
        let fresh = if fresh.is_empty() { String::new() } else { format!("; not in it: {}", fresh.join(", ")) };
        format!("{}, SHA-256 {}{fresh}", start.name, sha256(&start.safetensors))
    });
    let before = start.map_or_else(|| Some(Vec::new()), |start| start.seen.clone());
    let seen = Some(SeenStudies { training: train.keys(), validation: validation.keys(), before });
    let origin = Origin { started_from, seen, ..origin(train, validation)? };
    // Unlike random weights, those that a run starts from could not be drawn again.
    let weights = start.map(|_| learner.to_files()).transpose()?;
    let folder = RunFolder::create(run_folder, config, &origin, weights.as_ref())?;
    Run { config, folder, origin, learner, state: State::default(), progress, stop }.run(train, validation)
}

/// Continues a run from its last checkpoint, with the same bits as if it had never stopped.
///
/// # Errors
/// [`TrainingError`].
pub fn resume(
    run_folder: &Path,
    train: &dyn SampleSource,
    validation: &dyn SampleSource,
    progress: &mut dyn FnMut(Progress),
    stop: &AtomicBool,
) -> Result<TrainingOutcome, TrainingError> {
    let (folder, config, origin) = RunFolder::resume(run_folder)?;
    let now = self::origin(train, validation)?;
    for (expected, found) in
        [(&origin.training_data, now.training_data), (&origin.validation_data, now.validation_data)]
    {
        if *expected != found {
            return Err(TrainingError::OtherData { expected: expected.clone(), found });
        }
    }
    let device = device::by_name(&config.device)?;
    let (state, learner) = match folder.read_checkpoint()? {
        None => (State::default(), Learner::new(&config, &device)?),
        Some((path, state, files)) => {
            let learner =
                Learner::from_files(&files, &config, &device).map_err(|error| checkpoint_error(&path, error))?;
            let learner = learner.with_differences(state.differences.clone());
            (state, learner)
        }
    };
    folder.rewind_metrics(state.step)?;
    Run { config: &config, folder, origin, learner, state, progress, stop }.run(train, validation)
}

/// An error of reading a checkpoint, with the file where one is to blame.
fn checkpoint_error(checkpoint: &Path, error: LearnerFileError) -> TrainingError {
    let name = match error {
        LearnerFileError::Network(error) => return error.into(),
        LearnerFileError::Weights(_) => NETWORK,
        LearnerFileError::Optimizer(_) => OPTIMIZER,
        LearnerFileError::Average(_) => WEIGHTS,
        LearnerFileError::Encode(_) => return error.into(),
    };
    damaged(&checkpoint.join(name), error).into()
}

fn origin(train: &dyn SampleSource, validation: &dyn SampleSource) -> Result<Origin, TrainingError> {
    for (source, name) in [(train, "training"), (validation, "validation")] {
        if source.is_empty() {
            return Err(TrainingError::NoStudies(name));
        }
    }
    Ok(Origin {
        software: format!("bloodpool {}", env!("CARGO_PKG_VERSION")),
        training_data: train.description(),
        validation_data: validation.description(),
        data_folder: train.folder().map(Path::to_owned),
        started_from: None,
        seen: None,
    })
}

/// A run in progress.
struct Run<'a> {
    config: &'a TrainingConfig,
    folder: RunFolder,
    origin: Origin,
    learner: Learner,
    state: State,
    progress: &'a mut dyn FnMut(Progress),
    stop: &'a AtomicBool,
}

impl Run<'_> {
    fn run(
        mut self,
        train: &dyn SampleSource,
        validation: &dyn SampleSource,
    ) -> Result<TrainingOutcome, TrainingError> {
        let mut studies = draw_studies(validation, self.config.validation_studies)?;
        if matches!(&self.config.network, NetworkConfig::Compact(network) if network.scene) {
            studies = with_turned(studies);
        }
        let (config, stop, first_step) = (self.config, self.stop, self.state.step);
        std::thread::scope(|scope| {
            let supply = Supply::start(scope, train, config, first_step, stop);
            self.steps(supply, &studies)
        })?;
        let finished = self.has_ended();
        self.save_checkpoint()?;
        if finished {
            self.save_model()?;
        }
        let (model_step, validation) = match &self.state.best {
            Some(best) if finished => (best.step, Some(best.validation)),
            _ => (self.state.step, self.state.validation),
        };
        Ok(TrainingOutcome { step: self.state.step, finished, model_step, validation })
    }

    /// Whether all steps are done, or validation has not become better for too long.
    fn has_ended(&self) -> bool {
        let TrainingConfig { steps, steps_per_epoch, patience, .. } = *self.config;
        let best = self.state.best.as_ref().map_or(self.state.step, |best| best.step);
        self.state.step == steps || (patience > 0 && self.state.step - best >= patience * steps_per_epoch)
    }

    /// Takes steps to the end, or until it is stopped.
    fn steps(&mut self, mut supply: Supply, studies: &[LabelledStudy]) -> Result<(), TrainingError> {
        let (config, first_step, start) = (self.config, self.state.step, Instant::now());
        let mut ends = Spent::default();
        for step in first_step..config.steps {
            if self.has_ended() || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            let views = match supply.draw() {
                Some(views) => views?,
                None if self.stop.load(Ordering::Relaxed) => return Ok(()),
                None => return Err(TrainingError::SupplyEnded(step)),
            };
            self.take_step(step, &views)?;
            let in_epoch = step % config.steps_per_epoch + 1;
            let State { skipped_steps, skipped_in_a_row, .. } = self.state;
            let loss = self.state.loss_sum.times(1.0 / in_epoch.saturating_sub(skipped_steps).max(1) as f64);
            if in_epoch == config.steps_per_epoch || step + 1 == config.steps {
                let begun = Instant::now();
                self.end_epoch(loss, studies, start)?;
                ends = Spent { seconds: ends.seconds + begun.elapsed().as_secs_f64(), times: ends.times + 1 };
            }
            let steps = Spent { seconds: start.elapsed().as_secs_f64() - ends.seconds, times: step + 1 - first_step };
            let left = config.steps - step - 1;
            (self.progress)(Progress {
                step: step + 1,
                steps: config.steps,
                loss,
                skipped_steps,
                skipped_in_a_row,
                validation: self.state.validation,
                seconds_left: steps.again(left) + ends.again(left.div_ceil(config.steps_per_epoch)),
            });
        }
        Ok(())
    }

    /// Takes one step, from 0, or counts it as skipped.
    fn take_step(&mut self, step: usize, views: &[TrainingView]) -> Result<(), TrainingError> {
        match self.learner.step(step, views, self.config) {
            Some(terms) => {
                self.state.loss_sum.add(&terms);
                self.state.skipped_in_a_row = 0;
            }
            None => {
                self.state.skipped_steps += 1;
                self.state.skipped_in_a_row += 1;
            }
        }
        self.state.step = step + 1;
        self.state.differences.clone_from(self.learner.differences());
        let skipped = self.state.skipped_in_a_row;
        if skipped < MOST_SKIPPED_IN_A_ROW { Ok(()) } else { Err(TrainingError::NotFinite { step: step + 1, skipped }) }
    }

    fn end_epoch(&mut self, loss: LossTerms, studies: &[LabelledStudy], start: Instant) -> Result<(), TrainingError> {
        let identity = ModelIdentity { name: self.config.name.clone(), sha256: String::new() };
        let (network, device) = (self.learner.average().clone(), self.learner.plain_device().clone());
        let layout = self.config.network.layout();
        let scores = validate(&NetworkSegmenter::new(network, layout, self.config.passes, device, identity), studies)?;
        let step = self.state.step;
        let best_yet = self.state.best.as_ref().is_none_or(|best| scores.dice() > best.validation.dice());
        if self.config.keep == Keep::Best && best_yet {
            let weights = self.learner.average_as_safetensors()?;
            self.folder.write_best(&weights)?;
            self.state.best = Some(BestEpoch { step, validation: scores, sha256: sha256(&weights) });
        }
        self.folder.append_metrics(&EpochMetrics {
            epoch: step.div_ceil(self.config.steps_per_epoch),
            step,
            loss,
            skipped_steps: self.state.skipped_steps,
            learning_rate: self.config.learning_rate_at(step - 1),
            validation: scores,
            seconds: start.elapsed().as_secs_f64(),
            reference_biases: (self.config.reference.as_ref())
                .map(|reference| self.learner.differences().biases(reference))
                .unwrap_or_default(),
        })?;
        self.state.loss_sum = LossTerms::default();
        self.state.skipped_steps = 0;
        self.state.validation = Some(scores);
        self.save_checkpoint()
    }

    fn save_checkpoint(&self) -> Result<(), TrainingError> {
        let files = self.learner.to_files()?;
        Ok(self.folder.write_checkpoint(&self.state, &files)?)
    }

    fn save_model(&self) -> Result<(), TrainingError> {
        let (steps, validation, weights) = match &self.state.best {
            Some(best) => (best.step, Some(best.validation), self.folder.read_best(best)?),
            None => {
                let weights = self.learner.average_as_safetensors()?;
                (self.state.step, self.state.validation, weights)
            }
        };
        let summary = TrainingSummary {
            steps,
            seed: self.config.seed,
            studies: steps * self.config.studies_per_step,
            // A model is given to others; the path of the data and the hashes of patients are private.
            origin: Origin { data_folder: None, seen: None, ..self.origin.clone() },
            validation,
        };
        let TrainingConfig { name, network, passes, .. } = self.config;
        let model = ModelDescription::new(name, network, *passes, &weights, summary);
        let json = model.to_json()?;
        Ok(self.folder.write_model(&json, &weights)?)
    }
}

/// How long a repeated task took. Steps and epoch ends are timed separately: shortly after a resume, one epoch end would
/// dominate the time of a few steps.
#[derive(Debug, Clone, Copy, Default)]
struct Spent {
    seconds: f64,
    times: usize,
}

impl Spent {
    /// Seconds for so many more; 0 where none has been timed yet.
    fn again(self, times: usize) -> f64 {
        if self.times == 0 { 0.0 } else { self.seconds * times as f64 / self.times as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::Spent;

    #[test]
    fn further_steps_are_expected_to_take_as_long() {
        let spent = Spent { seconds: 6.0, times: 3 };
        assert!((spent.again(7) - 14.0).abs() < 1e-12);
        assert!(Spent::default().again(7).abs() < 1e-12);
    }
}
