//! `train`: a network trained on simulated studies without end.

use std::path::Path;

use bloodpool_nn::run_folder::{RunFolder, RunFolderError};
use bloodpool_nn::{Progress, TrainingConfig, TrainingError, TrainingOutcome, ValidationScores, resume, train};
use bloodpool_phantom::Simulation;
use indicatif::{HumanDuration, ProgressBar};

use crate::commands::time_network::network;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, wrong_usage};
use crate::settings::{Run, TrainSettings};
use crate::{model, progress};

/// Seeds of simulated studies are a run's seed plus these, so that no `simulate --seed` of small number and no other
/// source ever draws the studies of training or validation.
const TRAINING_STUDIES: u64 = 0x7472_6169_6e00_0000;
const VALIDATION_STUDIES: u64 = 0x7661_6c69_6400_0000;

/// Trains, or goes on with, a run.
pub(crate) fn run(settings: &TrainSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let (folder, config) = match &settings.run {
        Run::New(folder) => (folder, new_config(settings)?),
        Run::Resume(folder) => {
            if settings.device.is_some() {
                tracing::warn!("a run goes on with the device that it began with; the one named is not used");
            }
            let (_, config, _) = RunFolder::open(folder).map_err(|error| wrong_usage(error.to_string()))?;
            (folder, config)
        }
    };
    let start = settings.start_from.as_deref().map(model::starting_weights).transpose()?;
    let training = Simulation::wide(TRAINING_STUDIES.wrapping_add(config.seed));
    let validation = Simulation::wide(VALIDATION_STUDIES.wrapping_add(config.seed));
    let display = Display::new(&config);
    let mut show = |progress: Progress| display.show(&progress);
    let outcome = match &settings.run {
        Run::New(folder) => train(&config, folder, start.as_ref(), &training, &validation, &mut show, interrupt.flag()),
        Run::Resume(folder) => resume(folder, &training, &validation, &mut show, interrupt.flag()),
    };
    display.bar.finish_and_clear();
    Ok(say_how_it_ended(folder, &outcome.map_err(as_usage)?))
}

fn new_config(settings: &TrainSettings) -> anyhow::Result<TrainingConfig> {
    let chosen = settings.network.as_deref().map(network).transpose()?;
    let mut config = match &settings.config {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| wrong_usage(format!("could not read {}: {error}", path.display())))?;
            TrainingConfig::from_toml(&text).map_err(|error| wrong_usage(format!("{}: {error}", path.display())))?
        }
        None => TrainingConfig::for_network(chosen.clone().unwrap_or_default()),
    };
    // A file that configures this very network keeps its say.
    if let Some(chosen) = chosen
        && std::mem::discriminant(&chosen) != std::mem::discriminant(&config.network)
    {
        config.network = chosen;
    }
    config.steps = settings.steps.unwrap_or(config.steps);
    config.seed = settings.seed.unwrap_or(config.seed);
    if let Some(device) = &settings.device {
        config.device.clone_from(device);
    }
    Ok(config)
}

/// What could not start, as wrong usage; what failed on the way, as it is.
fn as_usage(error: TrainingError) -> anyhow::Error {
    match error {
        TrainingError::Config(_) | TrainingError::Device(_) | TrainingError::OtherData { .. } => {
            wrong_usage(error.to_string())
        }
        TrainingError::RunFolder(RunFolderError::Exists(_)) => wrong_usage(error.to_string()),
        other => anyhow::Error::new(other),
    }
}

fn say_how_it_ended(folder: &Path, outcome: &TrainingOutcome) -> Outcome {
    let folder = folder.display();
    if !outcome.finished {
        eprintln!("stopped and saved after step {}; go on with: bloodpool train --resume {folder}", outcome.step);
        return Outcome::Interrupted;
    }
    if let Some(scores) = &outcome.validation {
        eprintln!("{}", in_words(scores));
    }
    eprintln!("the model is in {folder}; try: bloodpool analyze STUDY --model {folder}");
    Outcome::Done
}

/// The bar, and one line each time that the network was validated.
struct Display {
    bar: ProgressBar,
    steps_per_epoch: usize,
}

impl Display {
    fn new(config: &TrainingConfig) -> Self {
        Self { bar: progress::steps(config.steps as u64), steps_per_epoch: config.steps_per_epoch.max(1) }
    }

    fn show(&self, progress: &Progress) {
        let left = HumanDuration(std::time::Duration::from_secs_f64(progress.seconds_left.max(0.0)));
        self.bar.set_position(progress.step as u64);
        let dice = match &progress.validation {
            Some(scores) => format!("{:.1}/{:.1}", percent(scores.dice_end_diastole), percent(scores.dice_end_systole)),
            None => "-".to_owned(),
        };
        self.bar.set_message(format!("loss {:.4}  Dice ED/ES {dice}  {left} left", progress.loss.total));
        let epoch_ends = progress.step.is_multiple_of(self.steps_per_epoch) || progress.step == progress.steps;
        if let Some(scores) = progress.validation.filter(|_| epoch_ends) {
            let (step, steps, loss) = (progress.step, progress.steps, progress.loss.total);
            let scores = in_words(&scores);
            self.bar.suspend(|| eprintln!("step {step}/{steps}  loss {loss:.4}  {scores}  {left} left"));
        }
    }
}

fn in_words(scores: &ValidationScores) -> String {
    format!(
        "Dice ED {:.2} ES {:.2} (worst {:.1})  EF: bias {:+.2}, SD {:.2}, {:.0} % within 5",
        percent(scores.dice_end_diastole),
        percent(scores.dice_end_systole),
        percent(scores.dice_worst),
        scores.ef_bias,
        scores.ef_sd,
        scores.ef_within_5
    )
}

fn percent(fraction: f64) -> f64 {
    100.0 * fraction
}
