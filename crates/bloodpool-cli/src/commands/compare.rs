//! `compare`: the studies of one patient, analysed and compared, with the report of the comparison.

use std::io::IsTerminal;
use std::path::PathBuf;

use bloodpool::measurement::function::comparison::BaselineChoice;
use bloodpool::serial::{self, SerialChoices, SignedDocument};
use bloodpool::{AnalyzedStudy, SetAsideSummary};
use bloodpool_dicom::{Plan, plan};
use bloodpool_report::report::serial as serial_report;

use super::analyze::{analyzer, failure, print, to_stdout};
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::CompareSettings;
use crate::{outputs, progress};

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
    let bar = progress::bar(total as u64, "analysing");
    let mut studies = Vec::new();
    let mut failed = 0;
    for study in planned {
        if interrupt.seen() {
            bar.finish_and_clear();
            return Ok(Outcome::Interrupted);
        }
        let done = match study {
            Ok(study) => {
                analyzer.analyze_planned(&study).map_err(|error| failure(&study.path, &error, &study.set_aside))
            }
            Err(error) => Err(failure(&error.path.clone(), &error.into(), &[])),
        };
        match done {
            Ok(analyzed) => studies.push(analyzed),
            Err(document) => {
                failed += 1;
                bar.suspend(|| print(analyze, Err(document)))?;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
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
    let document = serial::to_json(&comparison)?;
    let if_exists = outputs::if_exists(analyze.force);
    let page = (analyze.report.as_deref())
        .map(|folder| comparison.write(analyze.language, &document, folder, if_exists))
        .transpose()?;
    if let Some(path) = &analyze.pdf {
        outputs::write(path, &comparison.pdf(analyze.language, &document)?, if_exists)?;
    }
    if analyze.json {
        return to_stdout(&document);
    }
    let written = page.as_ref().or(analyze.pdf.as_ref()).map(|path| path.display().to_string());
    let bold = std::io::stdout().is_terminal();
    to_stdout(&comparison.summary(analyze.language, written.as_deref(), bold)?)
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
