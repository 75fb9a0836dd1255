//! The `bloodpool` command: flags and settings in, one verb run, an exit code out.

mod cli;
mod commands;
mod interrupt;
mod log;
mod outcome;
mod outputs;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, ServeFlags, Verb};
use crate::outcome::Outcome;
use crate::settings::{
    AnalyzeSettings, CalibrateSettings, CompareSettings, EvaluateSettings, ExportSettings, ListenSettings,
    ReproduceSettings, ServeSettings, SimulateSettings, TrainSettings,
};

fn main() -> ExitCode {
    let cli = Cli::parse_from(cli::with_verb(std::env::args_os().collect()));
    bloodpool_nn::keep_freed_memory();
    // A listener starts its own, when its settings are read.
    if !matches!(&cli.verb, Verb::Listen(_) | Verb::Serve(ServeFlags { receive: true, .. })) {
        log::to_stderr(cli.verbose);
    }
    outcome::report(run(cli))
}

fn run(cli: Cli) -> anyhow::Result<Outcome> {
    settings::refuse_unknown_environment()?;
    let file = settings::read_file(cli.settings.as_deref())?;
    match cli.verb {
        Verb::Analyze(flags) => commands::analyze::run(&AnalyzeSettings::new(flags, file)?),
        Verb::Verify(flags) => commands::verify::run(flags, file),
        Verb::Compare(flags) => commands::compare::run(&CompareSettings::new(flags, file)?),
        Verb::Calibrate(flags) => commands::calibrate::run(&CalibrateSettings::new(flags, file)),
        Verb::Simulate(flags) => commands::simulate::run(&SimulateSettings::new(flags)?),
        Verb::Train(flags) => commands::train::run(&TrainSettings::new(flags, file)?),
        Verb::Reproduce(flags) => commands::reproduce::run(&ReproduceSettings::new(flags)?),
        Verb::Dataset(verb) => commands::dataset::run(verb, file),
        #[cfg(feature = "cohort")]
        Verb::Cohort(flags) => commands::cohort::run(flags, file),
        #[cfg(feature = "cohort")]
        Verb::CohortWorker => commands::cohort::worker(),
        Verb::TimeNetwork(flags) => commands::time_network::run(&flags),
        Verb::CommandFiles(flags) => commands::command_files::run(&flags),
        Verb::Export(flags) => commands::export::run(&ExportSettings::new(flags, file)?),
        Verb::Send(flags) => commands::send::run(flags),
        Verb::Listen(flags) => commands::listen::run(ListenSettings::new(flags, file)?),
        Verb::Serve(flags) => commands::serve::run(ServeSettings::new(flags, file)?),
        Verb::User(verb) => commands::people::user(verb, &file),
        Verb::Token(verb) => commands::people::token(verb, &file),
        Verb::Audit(verb) => commands::people::audit(verb, &file),
        Verb::Jobs(flags) => commands::jobs::run(flags, &file),
        Verb::Backup(flags) => commands::jobs::backup(flags, file.listen.as_ref()),
        Verb::Restore(flags) => commands::jobs::restore(flags, file.listen.as_ref()),
        Verb::Import(flags) => commands::import::run(flags),
        Verb::ExportModel(flags) => commands::export_model::run(flags),
        Verb::Ensemble(flags) => commands::ensemble::run(&flags),
        Verb::Evaluations(verb) => commands::evaluations::run(verb),
        Verb::Evaluate(flags) => commands::evaluate::run(&EvaluateSettings::new(flags, file)?),
    }
}
