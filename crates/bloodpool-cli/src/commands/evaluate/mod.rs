//! `evaluate`: a run against the raters of a dataset, or a model and every protocol against the truth of simulated studies or
//! LVEF by other means.

mod reference;
mod run;
mod simulated;

use crate::outcome::Outcome;
use crate::settings::EvaluateSettings;

/// Evaluates a run, or a model on simulated studies or against references.
pub(crate) fn run(settings: &EvaluateSettings) -> anyhow::Result<Outcome> {
    match settings {
        EvaluateSettings::Run(settings) => run::run(settings),
        EvaluateSettings::Simulated(settings) => simulated::run(settings),
        EvaluateSettings::Reference(settings) => reference::run(settings),
    }
}
