//! `compare`: the studies of one patient, analysed and compared, with the report of the comparison.

use std::path::PathBuf;

use bloodpool::measurement::function::comparison::BaselineChoice;
use bloodpool::serial::{self, SerialChoices, SignedDocument};
use bloodpool::{AnalyzedStudy, SetAsideSummary};
use bloodpool_dicom::{Plan, plan};
use bloodpool_report::report::serial as serial_report;

use super::analyze::{analyze_all, analyzer, to_stdout, written};
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::outputs;
use crate::settings::CompareSettings;

/// Analyses every study that was named, and compares them.
pub(crate) fn run(settings: &CompareSettings) -> anyhow::Result<Outcome> {
    let analyze = &settings.analyze;
    let interrupt = Interrupt::watch()?;
    let of_report: Vec<PathBuf> = analyze.report.as_deref().map(serial_report::files).unwrap_or_default();
    let files = of_report.iter().chain(&analyze.pdf).map(PathBuf::as_path);
    outputs::refuse_existing(files, analyze.force)?;
    let signed = settings.signed.iter().map(|path| SignedDocument::read(path)).collect::<Result<Vec<_>, _>>();
    let signed = signed.map_err(as_usage)?;
    let Plan { studies: planned, set_aside } = plan(&analyze.studies, &analyze.selection);
    let _lock = analyze.report.as_deref().map(|folder| outputs::lock(folder, &[])).transpose()?;
    let analyzer = analyzer(analyze)?;
    let (aside, total) = (SetAsideSummary::of(&planned, &set_aside), planned.len());
    let mut studies = Vec::new();
    let failed = analyze_all(
        analyze,
        &analyzer,
        planned,
        &interrupt,
        |_, _| Ok(None),
        |_, _, analyzed| studies.extend(analyzed),
    )?;
    let Some(failed) = failed else { return Ok(Outcome::Interrupted) };
    outputs::say_set_aside(&aside);
    if failed > 0 {
        // Without a study, the earliest of the others would be taken for the baseline.
        eprintln!("nothing was compared: {failed} of {total} studies failed");
        return Ok(Outcome::SomeFailed);
    }
    report(settings, &studies, &signed).map(|()| Outcome::Done)
}

/// Compares, writes the report and prints.
fn report(settings: &CompareSettings, studies: &[AnalyzedStudy], signed: &[SignedDocument]) -> anyhow::Result<()> {
    let analyze = &settings.analyze;
    let choices =
        SerialChoices { baseline: baseline(settings, studies)?, local_limit_percent: settings.local_limit_percent };
    let comparison = serial::compare(studies, signed, choices).map_err(refused)?;
    to_stdout(&written(analyze, &comparison, analyze.report.as_deref(), analyze.pdf.as_deref())?)
}

/// Which of the studies the user named as the baseline.
fn baseline(settings: &CompareSettings, studies: &[AnalyzedStudy]) -> anyhow::Result<BaselineChoice> {
    let Some(path) = &settings.baseline else { return Ok(BaselineChoice::Earliest) };
    let named = studies.iter().position(|study| study.is_of_file(path));
    let none = || wrong_usage(format!("--baseline {} is none of the studies that were named", path.display()));
    named.map(BaselineChoice::Study).ok_or_else(none)
}

/// Studies that cannot be compared are wrong usage.
fn refused(error: bloodpool::Error) -> anyhow::Error {
    match error {
        bloodpool::Error::Serial(error) if error.code() == "no_date" => {
            wrong_usage(format!("{error}; name it with --baseline FILE"))
        }
        error @ (bloodpool::Error::Serial(_) | bloodpool::Error::Signed { .. }) => as_usage(error),
        other => other.into(),
    }
}
