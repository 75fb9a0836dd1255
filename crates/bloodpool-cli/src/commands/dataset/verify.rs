//! `dataset verify`: whether a dataset is whole.

use bloodpool_dataset::dataset::DATASET_FILE;
use bloodpool_dataset::{DatasetManifest, verify_dataset};

use super::require;
use crate::cli::VerifyFlags;
use crate::outcome::Outcome;
use crate::progress;

/// Checks a dataset, and names everything that is wrong.
pub(super) fn run(flags: &VerifyFlags) -> anyhow::Result<Outcome> {
    require(&flags.folder, DATASET_FILE, "bloodpool dataset build FOLDER --out OUT")?;
    let studies = DatasetManifest::read(&flags.folder)?.document.cases.len();
    let bar = progress::bar(studies as u64, "verifying");
    let found = verify_dataset(&flags.folder, || bar.inc(1));
    bar.finish_and_clear();
    let found = found?;
    let [train, validation, test] = found.parts;
    println!(
        "{}: {} studies of {} patients, {train}/{validation}/{test} in training, validation and test\nchecked: {} files \
         against their SHA-256, the shape and counts of {} studies, {} masks (256 x 256, of 0 and 255, not empty, area \
         as recorded), every frame within its study, every phase annotated once, no patient in two parts",
        flags.folder.display(),
        found.studies,
        found.patients,
        found.files,
        found.studies,
        found.masks
    );
    if found.problems.is_empty() {
        println!("whole");
        return Ok(Outcome::Done);
    }
    for problem in &found.problems {
        eprintln!("error: {problem}");
    }
    eprintln!("{} problems", found.problems.len());
    Ok(Outcome::SomeFailed)
}
