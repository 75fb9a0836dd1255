//! `dataset export`: a dataset in the form of nnU-Net v2.

use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_dataset::{AnnotatedDataset, NnunetError, NnunetOptions, export_nnunet};

use super::require;
use crate::cli::ExportFlags;
use crate::outcome::{Outcome, as_usage};
use crate::outputs;

/// Exports the dataset.
pub(crate) fn run(flags: &ExportFlags) -> anyhow::Result<Outcome> {
    require(&flags.dataset, DATASET_FILE, "bloodpool dataset build FOLDER --out OUT")?;
    let dataset = AnnotatedDataset::open(&flags.dataset)?;
    let options = NnunetOptions {
        dataset: &dataset,
        raw: &flags.out,
        number: flags.number,
        name: &flags.name,
        images: flags.images,
        if_exists: outputs::if_exists(flags.force),
    };
    let written = export_nnunet(&options).map_err(|error| match error {
        NnunetError::Number(_) | NnunetError::Name(_) | NnunetError::NoStudies(_) => as_usage(error),
        other => other.into(),
    })?;
    let [training, validation, test] = written.images;
    let folder = bloodpool_files::shell_word(&written.folder);
    eprintln!("{training} images of training, {validation} of validation and {test} of test are in {folder}");
    Ok(Outcome::Done)
}
