//! `train`: a network trained on a dataset that raters annotated, or on simulated studies.

use std::path::{Path, PathBuf};

use anyhow::Context;
use bloodpool::TrainingChoicesError;
use bloodpool::model::starting_backbone;
use bloodpool::training_data::{TrainingDataError, sources};

use bloodpool_dataset::AnnotatedDataset;
use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_nn::run_folder::{RunFolder, RunFolderError};
use bloodpool_nn::{Progress, TrainingConfig, TrainingError, TrainingOutcome, ValidationScores, resume, train};
use indicatif::{HumanDuration, ProgressBar};

use crate::commands::dataset::require;
use crate::interrupt::Interrupt;
use crate::outcome::{self, Outcome, wrong_usage};
use crate::settings::{Run, TrainSettings};
use bloodpool_evaluation::training_curves;

use crate::progress;

/// Trains or resumes a run.
pub(crate) fn run(settings: &TrainSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    match &settings.run {
        Run::New(folder) => {
            let data = settings.dataset.as_deref().map(open_dataset).transpose()?;
            let config = new_config(settings, data.as_ref())?;
            let backbone = settings.start_from_backbone.as_deref().map(starting_backbone).transpose();
            let start = match settings.start_from.as_deref() {
                Some(name) => Some(starting_weights(name)?),
                None => backbone.map_err(outcome::as_usage)?,
            };
            let [training, validation] = sources(data.as_ref(), &config).map_err(outcome::as_usage)?;
            follow(folder, &config, data.is_some(), None, |show| {
                train(&config, folder, start.as_ref(), &*training, &*validation, show, interrupt.flag())
            })
        }
        Run::Resume(folder) => {
            if settings.choices.device.is_some() {
                tracing::warn!("a run is resumed on the device that it was begun on; the named device is not used");
            }
            let (_, config, origin) = RunFolder::open(folder).map_err(outcome::as_usage)?;
            let recorded = origin.data_folder.as_deref();
            if let (None, Some(moved)) = (&settings.dataset, recorded.filter(|data| !data.join(DATASET_FILE).is_file()))
            {
                let (run, moved) = (folder.display(), moved.display());
                return Err(wrong_usage(format!(
                    "the dataset of {run} is no longer in {moved}; say with --dataset where it is"
                )));
            }
            let data = settings.dataset.as_deref().or(recorded).map(open_dataset).transpose()?;
            let [training, validation] = sources(data.as_ref(), &config).map_err(outcome::as_usage)?;
            follow(folder, &config, data.is_some(), settings.dataset.as_deref(), |show| {
                resume(folder, &*training, &*validation, show, interrupt.flag())
            })
        }
    }
}

/// Trains with a bar, one line an epoch and the curves in the run folder, and says how it ended.
fn follow(
    folder: &Path,
    config: &TrainingConfig,
    on_dataset: bool,
    moved_to: Option<&Path>,
    train: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<TrainingOutcome, TrainingError>,
) -> anyhow::Result<Outcome> {
    let display = Display::new(config);
    let outcome = train(&mut |progress| display.show(folder, &progress));
    display.bar.finish_and_clear();
    let outcome = outcome.map_err(as_usage)?;
    training_curves::write(folder)?;
    let ended = say_how_it_ended(folder, moved_to, &outcome);
    if on_dataset && outcome.finished {
        let folder = bloodpool_files::shell_word(folder);
        let part = if config.fold.is_some() { "" } else { " --split test" };
        eprintln!("against its raters: bloodpool evaluate {folder}{part} --out results");
    }
    Ok(ended)
}

fn open_dataset(folder: &Path) -> anyhow::Result<AnnotatedDataset> {
    // The run folder records this path, and the run may be resumed from another working folder.
    let folder = std::path::absolute(folder).with_context(|| format!("cannot use {}", folder.display()))?;
    require(&folder, DATASET_FILE, "bloodpool dataset build FOLDER --out OUT")?;
    AnnotatedDataset::open(&folder).context("cannot use the dataset; `bloodpool dataset verify` says what is wrong")
}

/// The configuration of a new run.
fn new_config(settings: &TrainSettings, data: Option<&AnnotatedDataset>) -> anyhow::Result<TrainingConfig> {
    let read = |path: &PathBuf| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| wrong_usage(format!("cannot read {}: {error}", path.display())))?;
        TrainingConfig::from_toml(&text).map_err(|error| wrong_usage(format!("{}: {error}", path.display())))
    };
    let file = settings.config.as_ref().map(read).transpose()?;
    settings.choices.config(file, data).map_err(|error| match error {
        TrainingChoicesError::Data(error @ TrainingDataError::NoBias { .. }) => wrong_usage(format!(
            "{error}: say with --reference-bias what is known of it, for example CMR=3 or CMR=3+-2, or leave these studies out \
             with --without-reference"
        )),
        error => outcome::as_usage(error),
    })
}

/// What cannot start, as wrong usage; what failed on the way, as it is.
fn as_usage(error: TrainingError) -> anyhow::Error {
    match error {
        TrainingError::Device(error) => outcome::as_usage(bloodpool::Error::from(error)),
        TrainingError::Config(_)
        | TrainingError::Network(_)
        | TrainingError::Start { .. }
        | TrainingError::OtherData { .. }
        | TrainingError::RunFolder(RunFolderError::Exists(_)) => outcome::as_usage(error),
        other => anyhow::Error::new(other),
    }
}

fn say_how_it_ended(folder: &Path, moved_to: Option<&Path>, outcome: &TrainingOutcome) -> Outcome {
    let folder = bloodpool_files::shell_word(folder);
    if !outcome.finished {
        let dataset =
            moved_to.map(|dataset| format!(" --dataset {}", bloodpool_files::shell_word(dataset))).unwrap_or_default();
        eprintln!(
            "stopped and saved after step {}; resume with: bloodpool train --resume {folder}{dataset}",
            outcome.step
        );
        return Outcome::Interrupted;
    }
    if let Some(scores) = &outcome.validation {
        eprintln!("the model is that of step {}: {}", outcome.model_step, in_words(scores));
    }
    eprintln!("the model is in {folder}; try: bloodpool analyze STUDY --model {folder}");
    Outcome::Done
}

/// The bar, and one line and the curves each time that the network was validated.
struct Display {
    bar: ProgressBar,
    steps_per_epoch: usize,
}

impl Display {
    fn new(config: &TrainingConfig) -> Self {
        Self { bar: progress::steps(config.steps as u64), steps_per_epoch: config.steps_per_epoch.max(1) }
    }

    fn show(&self, folder: &Path, progress: &Progress) {
        let left = HumanDuration(std::time::Duration::from_secs_f64(progress.seconds_left.max(0.0)));
        self.bar.set_position(progress.step as u64);
        let dice = match &progress.validation {
            Some(scores) => format!("{:.1}/{:.1}", percent(scores.dice_end_diastole), percent(scores.dice_end_systole)),
            None => "-".to_owned(),
        };
        self.bar.set_message(format!("loss {:.4}  Dice ED/ES {dice}  {left} left", progress.loss.total));
        if progress.skipped_in_a_row == 1 {
            let step = progress.step;
            self.bar.suspend(|| tracing::warn!("step {step}: the loss or its gradients are not finite; it is skipped"));
        }
        let epoch_ends = progress.step.is_multiple_of(self.steps_per_epoch) || progress.step == progress.steps;
        if let Some(scores) = progress.validation.filter(|_| epoch_ends) {
            let (step, steps, loss) = (progress.step, progress.steps, progress.loss.total);
            let scores = in_words(&scores);
            let skipped = match progress.skipped_steps {
                0 => String::new(),
                steps => format!("  skipped steps: {steps}"),
            };
            self.bar.suspend(|| eprintln!("step {step}/{steps}  loss {loss:.4}{skipped}  {scores}  {left} left"));
            if let Err(error) = training_curves::write(folder) {
                tracing::warn!("the curves were not drawn: {:#}", anyhow::Error::new(error));
            }
        }
    }
}

fn in_words(scores: &ValidationScores) -> String {
    let dice = format!(
        "Dice ED {:.2} ES {:.2} (worst {:.1})",
        percent(scores.dice_end_diastole),
        percent(scores.dice_end_systole),
        percent(scores.dice_worst)
    );
    match (scores.ef_bias, scores.ef_sd, scores.ef_within_5) {
        (Some(bias), Some(sd), Some(within)) => {
            format!("{dice}  EF: bias {bias:+.2}, SD {sd:.2}, {within:.0} % within 5")
        }
        _ => dice,
    }
}

fn percent(fraction: f64) -> f64 {
    100.0 * fraction
}

/// The weights that a run starts from.
fn starting_weights(name: &str) -> anyhow::Result<bloodpool_nn::Start> {
    bloodpool::model::starting_weights(name).map_err(|error| match error {
        bloodpool::Error::ModelFile { path, source } => wrong_usage(format!(
            "cannot read {}: {source}; --start-from names an embedded model, a finished run folder or a file of weights",
            path.display()
        )),
        other => outcome::as_usage(other),
    })
}
