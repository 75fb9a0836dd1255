//! `dataset corrections`: what raters changed of prelabels.

use bloodpool_dataset::annotations::DEFAULT_LABELS;
use bloodpool_dataset::corrections::CORRECTIONS_FILE;
use bloodpool_dataset::prelabel_record::{PRELABELS_FILE, PRELABELS_FOLDER};
use bloodpool_dataset::{CorrectionsOptions, extracted::EXTRACT_FILE};
use bloodpool_files::IfExists;

use super::require;
use crate::cli::CorrectionsFlags;
use crate::outcome::Outcome;
use crate::outputs;

/// One line per image, beside the document.
const IMAGES: &str = "images.csv";

/// Compares, prints, and writes where a folder was named.
pub(crate) fn run(flags: &CorrectionsFlags) -> anyhow::Result<Outcome> {
    require(&flags.images, EXTRACT_FILE, "bloodpool dataset extract STUDY... --out FOLDER")?;
    let prelabels = flags.images.join(PRELABELS_FOLDER);
    require(&prelabels, PRELABELS_FILE, "bloodpool dataset extract STUDY... --out FOLDER --prelabel MODEL")?;
    let labels = match &flags.label[..] {
        [] => DEFAULT_LABELS.map(str::to_owned).to_vec(),
        named => named.to_vec(),
    };
    let options = CorrectionsOptions {
        images: &flags.images,
        prelabels: &prelabels,
        raters: &flags.raters,
        labels: &labels,
        software: bloodpool_report::SOFTWARE,
    };
    let corrections = options.compare()?;
    corrections.problems.iter().for_each(|problem| eprintln!("{}", problem.message));
    println!("{}", corrections.summary());
    if let Some(out) = &flags.out {
        let lock = outputs::lock(out, &[])?;
        let if_exists = lock.if_exists(CORRECTIONS_FILE, outputs::if_exists(flags.force));
        let [document, images] = [CORRECTIONS_FILE, IMAGES].map(|name| out.join(name));
        outputs::refuse_existing([document.as_path(), images.as_path()], if_exists == IfExists::Replace)?;
        outputs::write(&images, &corrections.images_csv(&images)?, if_exists)?;
        corrections.write(&document, if_exists)?;
        eprintln!("all files are in {}", bloodpool_files::shell_word(out));
    }
    Ok(if corrections.problems.is_empty() { Outcome::Done } else { Outcome::SomeFailed })
}
