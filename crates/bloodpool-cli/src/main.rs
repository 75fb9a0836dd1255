//! The `bloodpool` command: flags and settings in, one verb run, an exit code out.

mod cli;
mod commands;
mod interrupt;
mod outcome;
mod outputs;
mod progress;
mod settings;

use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Verb};
use crate::outcome::Outcome;
use crate::settings::{
    AnalyzeSettings, CalibrateSettings, CompareSettings, EvaluateSettings, ReproduceSettings, SimulateSettings,
    TrainSettings,
};

fn main() -> ExitCode {
    let cli = Cli::parse_from(cli::with_verb(std::env::args_os().collect()));
    bloodpool_nn::keep_freed_memory();
    start_log(cli.verbose);
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
        Verb::TimeNetwork(flags) => commands::time_network::run(&flags),
        Verb::Import(flags) => commands::import::run(flags),
        Verb::Ensemble(flags) => commands::ensemble::run(&flags),
        Verb::Evaluations(verb) => commands::evaluations::run(verb),
        Verb::Evaluate(flags) => commands::evaluate::run(&EvaluateSettings::new(flags, file)?),
    }
}

/// Logs go to stderr: `RUST_LOG` decides, else `-v` (info) and `-vv` (debug), else warnings alone.
fn start_log(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info",
        _ => "debug",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(format!("warn,bloodpool={level},bloodpool_nn={level}")));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
}
