//! `dataset predict`: what a model predicts on a dataset, as files for other programs.

use bloodpool::Model;
use bloodpool::predictions::{PredictionError, PredictionFiles, write};
use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_dataset::{AnnotatedDataset, Split};

use super::require;
use crate::cli::PredictFlags;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage};
use crate::settings::SettingsFile;
use crate::{outputs, progress};

/// Predicts every study of the named parts.
pub(crate) fn run(flags: &PredictFlags, file: SettingsFile) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    require(&flags.dataset, DATASET_FILE, "bloodpool dataset build FOLDER --out OUT")?;
    let dataset = AnnotatedDataset::open(&flags.dataset)?;
    let model = flags.model.clone().or(file.model).unwrap_or_else(|| bloodpool::model::DEFAULT.to_owned());
    let device = flags.device.clone().or(file.device).unwrap_or_else(|| bloodpool::model::DEFAULT_DEVICE.to_owned());
    let segmenter = Model::load(&model, &device).map_err(as_usage)?.segmenter;
    let kinds =
        if flags.kinds.is_empty() { vec![PredictionFiles::Png, PredictionFiles::Npy] } else { flags.kinds.clone() };
    let folders: Vec<&str> = kinds.iter().map(|kind| kind.folder()).collect();
    let lock = outputs::lock(&flags.out, &folders)?;
    let if_exists = lock.claim(None, "", outputs::if_exists(flags.force)).map_err(outputs::locked)?;
    let splits = if flags.split.is_empty() { Split::ALL.to_vec() } else { flags.split.clone() };
    let parts: Vec<_> = splits.into_iter().map(|split| dataset.split(split)).collect();
    let bar = progress::bar(parts.iter().map(|part| part.studies().count() as u64).sum(), "predicting");
    let mut done = 0;
    for part in &parts {
        let next = || {
            bar.inc(1);
            !interrupt.seen()
        };
        done += write(&*segmenter, part, &kinds, &flags.out, if_exists, next).map_err(|error| match error {
            PredictionError::NoProbabilities => as_usage(error),
            other => other.into(),
        })?;
        if interrupt.seen() {
            eprintln!("interrupted: the files of {done} studies are written");
            return Ok(Outcome::Interrupted);
        }
    }
    bar.finish_and_clear();
    eprintln!("{done} studies predicted into {}", bloodpool_files::shell_word(&flags.out));
    Ok(Outcome::Done)
}
