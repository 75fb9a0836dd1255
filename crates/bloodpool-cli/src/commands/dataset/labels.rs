//! `dataset labels`: labels of other programs as the LabelMe files of a rater.

use bloodpool_dataset::extracted::EXTRACT_FILE;
use bloodpool_dataset::{ForeignLabels, ForeignLabelsError};

use super::require;
use crate::cli::LabelsFlags;
use crate::outcome::{Outcome, as_usage};
use crate::outputs;

/// Takes the labels over.
pub(crate) fn run(flags: &LabelsFlags) -> anyhow::Result<Outcome> {
    require(&flags.images, EXTRACT_FILE, "bloodpool dataset extract STUDY... --out FOLDER")?;
    let labels: Vec<String> = std::iter::once(&flags.label).chain(&flags.alias).cloned().collect();
    let wanted = ForeignLabels {
        sources: &flags.sources,
        images: &flags.images,
        labels: &labels,
        label: &flags.label,
        out: &flags.out,
        if_exists: outputs::if_exists(flags.force),
    };
    let taken = wanted.take().map_err(|error| match error {
        ForeignLabelsError::Unusable(_) | ForeignLabelsError::Nothing { .. } => as_usage(error),
        other => other.into(),
    })?;
    let out = bloodpool_files::shell_word(&flags.out);
    eprintln!(
        "{} images have a label, written into {out}; {} have none",
        taken.written.len(),
        taken.without_label.len()
    );
    for unknown in &taken.unknown {
        eprintln!("not one of the images: {} in {}", unknown.image, unknown.path.display());
    }
    for (label, count) in &taken.other_labels {
        eprintln!(
            "not used: {count} shapes with the label `{label}`; --alias names a label that stands for the left ventricle"
        );
    }
    taken.left.iter().for_each(|image| eprintln!("an older file of {image} is still there, and has no label now"));
    taken.not_read.iter().for_each(|path| eprintln!("not read: {}", path.display()));
    eprintln!("then: bloodpool dataset consensus {} --raters {out}", bloodpool_files::shell_word(&flags.images));
    Ok(Outcome::Done)
}
