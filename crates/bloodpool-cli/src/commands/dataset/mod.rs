//! `dataset`: one thin file a verb.

mod add;
pub(crate) mod build;
pub(crate) mod consensus;
mod corrections;
mod export;
pub(crate) mod extract;
mod labels;
mod predict;
mod verify;

use std::path::Path;

use anyhow::bail;

use crate::cli::DatasetVerb;
use crate::outcome::Outcome;
use crate::settings::{BuildSettings, ConsensusSettings, ExtractSettings, SettingsFile};

/// Refuses a folder without the file that the command `first` leaves in it, and names that command.
pub(crate) fn require(folder: &Path, file: &str, first: &str) -> anyhow::Result<()> {
    if folder.join(file).is_file() {
        return Ok(());
    }
    bail!("{} holds no {file}; first: {first}", folder.display())
}

/// Runs one verb.
pub(crate) fn run(verb: DatasetVerb, file: SettingsFile) -> anyhow::Result<Outcome> {
    match verb {
        DatasetVerb::Extract(flags) => extract::run(&ExtractSettings::new(flags, file)?),
        DatasetVerb::Add(flags) => add::run(&flags),
        DatasetVerb::Consensus(flags) => consensus::run(&ConsensusSettings::new(flags)?),
        DatasetVerb::Build(flags) => build::run(&BuildSettings::new(flags)),
        DatasetVerb::Verify(flags) => verify::run(&flags),
        DatasetVerb::Predict(flags) => predict::run(&flags, file),
        DatasetVerb::Export(flags) => export::run(&flags),
        DatasetVerb::Labels(flags) => labels::run(&flags),
        DatasetVerb::Corrections(flags) => corrections::run(&flags),
    }
}
