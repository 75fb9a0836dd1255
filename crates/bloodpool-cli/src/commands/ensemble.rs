//! `ensemble`: several trained networks as one model.

use bloodpool::ensemble::{EnsembleError, make};

use crate::cli::EnsembleFlags;
use crate::outcome::{Outcome, as_usage};
use crate::outputs;

/// Makes an ensemble.
pub(crate) fn run(flags: &EnsembleFlags) -> anyhow::Result<Outcome> {
    let made = make(&flags.runs, &flags.out, outputs::if_exists(flags.force)).map_err(|error| match error {
        EnsembleError::Lock(error) => outputs::locked(error),
        EnsembleError::TooFew | EnsembleError::Twice { .. } | EnsembleError::Model(_) => as_usage(error),
        other => other.into(),
    })?;
    let out = bloodpool_files::shell_word(&flags.out);
    eprintln!("{} networks are in {out}; try: bloodpool analyze STUDY --model {out}", made.members.len());
    Ok(Outcome::Done)
}
