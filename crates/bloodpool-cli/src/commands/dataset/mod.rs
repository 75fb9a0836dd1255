//! `dataset`: one thin file a verb.

pub(crate) mod build;
pub(crate) mod consensus;
pub(crate) mod extract;
mod folder;
mod verify;

pub(super) use folder::require;

use crate::cli::DatasetVerb;
use crate::outcome::Outcome;
use crate::settings::{BuildSettings, ConsensusSettings, ExtractSettings, SettingsFile};

/// Runs one verb.
pub(crate) fn run(verb: DatasetVerb, file: SettingsFile) -> anyhow::Result<Outcome> {
    match verb {
        DatasetVerb::Extract(flags) => extract::run(&ExtractSettings::new(flags, file)?),
        DatasetVerb::Consensus(flags) => consensus::run(&ConsensusSettings::new(flags)?),
        DatasetVerb::Build(flags) => build::run(&BuildSettings::new(flags)),
        DatasetVerb::Verify(flags) => verify::run(&flags),
    }
}
