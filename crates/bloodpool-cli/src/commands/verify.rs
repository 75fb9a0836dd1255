//! `verify`: a recorded analysis computed again.

use bloodpool::verification::VerificationError;
use bloodpool::{Analyzer, Model, Verification};

use crate::cli::VerifyAnalysisFlags;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{SettingsFile, selection};

/// Computes again and prints what holds.
pub(crate) fn run(flags: VerifyAnalysisFlags, file: SettingsFile) -> anyhow::Result<Outcome> {
    let selection = selection(&file, flags.selection)?;
    let model = flags.model.or(file.model).unwrap_or_else(|| bloodpool::model::DEFAULT.to_owned());
    let device = file.device.unwrap_or_else(|| bloodpool::model::DEFAULT_DEVICE.to_owned());
    let analyzer = Analyzer::new(Model::load(&model, &device).map_err(as_usage)?);
    let found = Verification::of(&flags.record, &flags.study, &selection, analyzer).map_err(|error| match error {
        VerificationError::NoFiles { .. } => wrong_usage(format!("{error}; name them after it")),
        VerificationError::Document(_) => as_usage(error),
        other => other.into(),
    })?;
    if flags.json {
        println!("{}", serde_json::to_string(&found)?);
    } else {
        print!("{}", found.in_words());
    }
    Ok(if found.holds() { Outcome::Done } else { Outcome::SomeFailed })
}
