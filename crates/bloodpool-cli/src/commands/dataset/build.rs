//! `dataset build`: a dataset split by patient, in a folder with a manifest.

use std::path::Path;

use bloodpool::reference_table::ReferenceStudiesOfTable;
use bloodpool_dataset::consensus::{CONSENSUS_FILE, CONSENSUS_FOLDER};
use bloodpool_dataset::extracted::EXTRACT_FILE;
use bloodpool_dataset::{AnnotatedDataset, BuildError, BuildOptions, ExtractManifest, Split, build_dataset};

use super::consensus::unusual_lvef;
use super::require;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::BuildSettings;
use crate::{outputs, progress};

/// Builds a dataset.
pub(crate) fn run(settings: &BuildSettings) -> anyhow::Result<Outcome> {
    require(&settings.folder, EXTRACT_FILE, "bloodpool dataset extract STUDY... --out FOLDER")?;
    let studies = ExtractManifest::read(&settings.folder)?.document.cases.len();
    if settings.out.exists() && settings.out.canonicalize().ok() == settings.folder.canonicalize().ok() {
        return Err(wrong_usage("--out is the folder of the images itself; choose another"));
    }
    require(
        &settings.folder.join(CONSENSUS_FOLDER),
        CONSENSUS_FILE,
        "bloodpool dataset consensus FOLDER --raters DIR",
    )?;
    let bar = progress::bar(studies as u64, "building");
    let reference = settings.reference.as_ref().map(|(images, table)| reference(images, table)).transpose()?;
    let options = BuildOptions {
        images: &settings.folder,
        out: &settings.out,
        sizes: settings.sizes,
        seed: settings.seed,
        accept_lvef: &settings.accept_lvef,
        truth: settings.truth.as_deref(),
        reference: reference.as_ref().map(ReferenceStudiesOfTable::to_add),
        software: bloodpool_report::SOFTWARE,
        if_exists: outputs::if_exists(settings.force),
    };
    let built = build_dataset(&options, || bar.inc(1));
    bar.finish_and_clear();
    let manifest = match built {
        Ok(manifest) => manifest,
        Err(BuildError::Split(error)) => return Err(wrong_usage(error.to_string())),
        Err(BuildError::Lock(error)) => return Err(outputs::locked(error)),
        Err(BuildError::UnusualLvef(error)) => return Err(unusual_lvef(&error)),
        Err(error @ BuildError::NoTruth { pseudonymised: true, .. }) => {
            return Err(anyhow::anyhow!("{error} (without --pseudonymise)"));
        }
        Err(error) => return Err(error.into()),
    };
    for split in Split::ALL {
        let cases: Vec<_> = manifest.cases.iter().filter(|case| case.split == split).collect();
        let known: Vec<f64> = cases.iter().filter_map(|case| case.stratum_lvef_percent).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let lvef = if known.is_empty() { "unknown".to_owned() } else { format!("{mean:.1} % on average") };
        println!("{split:<10}  {:>4} studies, LVEF of the consensus {lvef}", cases.len());
    }
    if let Some(studies) = AnnotatedDataset::open(&settings.out)?.reference()? {
        let studies = studies.studies();
        let (with, left_out) = (studies.cases.len(), studies.left_out.len());
        let by = studies.modalities().join(", ");
        println!("reference   {with:>4} studies with LVEF by {by} alone, {left_out} of the folder left out");
    }
    let out = bloodpool_files::shell_word(&settings.out);
    eprintln!("built {out}; check it at any time: bloodpool dataset verify {out}");
    eprintln!("then: bloodpool train --dataset {out} --out runs/first");
    Ok(Outcome::Done)
}

/// The studies of a table with a reference LVEF; rows that are not used are named.
fn reference(images: &Path, table: &Path) -> anyhow::Result<ReferenceStudiesOfTable> {
    require(images, EXTRACT_FILE, "bloodpool dataset extract STUDY... --out FOLDER")?;
    let read = ReferenceStudiesOfTable::read(images, table).map_err(as_usage)?;
    for row in &read.refused {
        tracing::warn!("{}: line {} {}; it is not used", table.display(), row.line, row.why);
    }
    Ok(read)
}
