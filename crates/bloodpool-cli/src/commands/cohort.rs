//! `cohort`: many studies as rows of Parquet files, and a report on them.

use std::ffi::OsString;
use std::io::{stdin, stdout};

use anyhow::Context;
use bloodpool_cohort::identity::{Identities, IdentityMode};
use bloodpool_cohort::worker::{WorkerCommand, serve};
use bloodpool_cohort::{AnalysisChoices, Cohort, CohortError, CohortResult, Progress, inputs};

use crate::cli::{CohortFlags, CohortVerb};
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::{self, SettingsFile};
use crate::{outputs, progress};

/// Analyses a cohort, or reports on one.
pub(crate) fn run(mut flags: CohortFlags, file: SettingsFile) -> anyhow::Result<Outcome> {
    if let Some(CohortVerb::Report(flags)) = flags.verb.take() {
        let out = flags.out.unwrap_or_else(|| flags.folder.join("_report.html"));
        outputs::refuse_existing([out.as_path()], flags.force)?;
        let page = bloodpool_cohort::report::page(&flags.folder).map_err(as_usage)?;
        outputs::write(&out, page.as_bytes(), outputs::if_exists(flags.force))?;
        eprintln!("report: {}", bloodpool_files::shell_word(&out));
        return Ok(Outcome::Done);
    }
    let cohort = cohort(flags, file)?;
    let interrupt = Interrupt::watch()?;
    let bar = progress::bar(0, "analysing");
    let said = |what| match what {
        Progress::Found { studies, earlier } => {
            bar.set_length(studies as u64);
            bar.set_position(earlier as u64);
            bar.reset_eta();
        }
        Progress::Ended => bar.inc(1),
    };
    let result = cohort.run(&said, interrupt.flag()).map_err(|error| match error {
        CohortError::Lock(error) => outputs::locked(error),
        CohortError::Analyzer(error) => as_usage(error),
        error @ (CohortError::OtherIdentity { .. } | CohortError::NotACohort { .. }) => as_usage(error),
        error => error.into(),
    });
    bar.finish_and_clear();
    Ok(say(&result?))
}

/// Does the work of one process of a cohort run.
pub(crate) fn worker() -> anyhow::Result<Outcome> {
    // The first Ctrl-C reaches this process, too; the run decides when it ends.
    let _interrupt = Interrupt::watch_silently()?;
    serve(stdin().lock(), stdout().lock())?;
    Ok(Outcome::Done)
}

fn cohort(flags: CohortFlags, file: SettingsFile) -> anyhow::Result<Cohort> {
    let selection = settings::selection(&file, flags.selection)?;
    let out = flags.out.ok_or_else(|| wrong_usage("name the folder of the rows with --out"))?;
    let mut named = flags.inputs;
    for list in &flags.list {
        named.extend(inputs::read_list(list).map_err(as_usage)?);
    }
    let identities = match (flags.identity, &flags.key) {
        (IdentityMode::Pseudonym, Some(key)) => Identities::pseudonyms(key, &out).map_err(as_usage)?,
        (IdentityMode::Pseudonym, None) => {
            return Err(wrong_usage(
                "--identity pseudonym needs a key file; name one outside of the rows with --key FILE",
            ));
        }
        (_, Some(_)) => return Err(wrong_usage("--key is for --identity pseudonym")),
        (mode, None) => Identities::without_key(mode == IdentityMode::Plain),
    };
    for (flag, number) in [("--workers", flags.workers), ("--rows-per-file", Some(flags.rows_per_file))] {
        if number == Some(0) {
            return Err(wrong_usage(format!("{flag} must be 1 or greater")));
        }
    }
    let program = std::env::current_exe().context("this program cannot find its own file")?;
    let worker = WorkerCommand { program, arguments: vec![OsString::from("cohort-worker")] };
    let usual = Cohort::new(named, out, identities, worker);
    let protocol = flags.protocol.or(file.protocol);
    let choices = AnalysisChoices {
        model: flags.model.or(file.model).unwrap_or(usual.choices.model),
        device: flags.device.or(file.device).unwrap_or(usual.choices.device),
        protocol: protocol.as_deref().map(settings::protocol_by_name_or_file).transpose()?,
        calibration: flags.calibration.or(file.calibration),
        calibration_group: flags.calibration_group.or(file.calibration_group),
        selection,
    };
    let workers = flags.workers.unwrap_or(usual.workers);
    Ok(Cohort { known: flags.known, choices, workers, rows_per_file: flags.rows_per_file, ..usual })
}

/// Says how a run ended.
fn say(result: &CohortResult) -> Outcome {
    let aside = outputs::say_set_aside(&result.set_aside);
    result.not_read.iter().for_each(|(path, reason)| eprintln!("error: {}: {reason}", path.display()));
    let CohortResult { studies, earlier, rows, failed, withheld, copies, not_read, stopped, .. } = result;
    let of = |count: usize, what: &str| if count == 0 { String::new() } else { format!(", {count} {what}") };
    let not_read = of(not_read.len(), "could not be read and have no row");
    let (earlier, copies) = (of(*earlier, "had rows already"), of(*copies, "skipped as copies"));
    let (failed_words, withheld) = (of(*failed, "failed"), of(*withheld, "withheld"));
    eprintln!("{studies} studies: {rows} rows written{withheld}{failed_words}{earlier}{copies}{not_read}{aside}");
    if *stopped {
        eprintln!("interrupted; run the same command again to go on");
        return Outcome::Interrupted;
    }
    if *failed == 0 && result.not_read.is_empty() { Outcome::Done } else { Outcome::SomeFailed }
}
