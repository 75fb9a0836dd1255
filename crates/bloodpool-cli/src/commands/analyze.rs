//! `analyze`: from files to LVEF, on all cores and in order, each study with its document, masks and report.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use bloodpool::set_aside::{SetAsideSummary, records};
use bloodpool::{AnalyzedStudy, Analyzer, Mask, Model, Patients, SerialComparison, in_order};
use bloodpool_dicom::{Plan, PlannedStudy, ReadError, SetAside, plan};
use bloodpool_files::{FolderLock, LabelVolume, VolumeFormat, make_folder_of, write_npy_u8};
use bloodpool_report::{ErrorDocument, SetAsideDocument, summary_in};

use super::destinations::{Destination, destinations};
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, flags, wrong_usage};
use crate::settings::AnalyzeSettings;
use crate::{outputs, progress};

/// Analyses every study that was named.
pub(crate) fn run(settings: &AnalyzeSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let Plan { studies: planned, set_aside } = plan(&settings.studies, &settings.selection);
    let paths: Vec<Option<PathBuf>> = planned.iter().map(|study| study.as_ref().ok().map(|s| s.path.clone())).collect();
    let destinations = destinations(settings, &paths)?;
    let _locks = locks(settings, &destinations)?;
    let analyzer = analyzer(settings)?;
    let aside = SetAsideSummary::of(&planned, &set_aside);
    let total = planned.len();
    let mut patients = Patients::default();
    let to_files = |place: usize, analyzed: &_| write(settings, analyzed, &destinations[place]).map(Some);
    let failed = analyze_all(settings, &analyzer, planned, &interrupt, to_files, |place, study, analyzed| {
        if settings.compare {
            patients.add(place, study, analyzed);
        }
    })?;
    let Some(failed) = failed else { return Ok(Outcome::Interrupted) };
    let not_compared = patients.compare_each(&analyzer, |patient| {
        let Destination { report, pdf, comparison_pdf, .. } = &destinations[patient.place];
        let text = written(settings, patient.comparison, report.as_deref(), comparison_pdf.as_deref())?;
        patient.add_to_latest(settings.language, report.as_deref(), pdf.as_deref())?;
        to_stdout(&text)
    })?;
    not_compared.iter().for_each(|reason| eprintln!("not compared: {reason}"));
    if settings.json && !set_aside.is_empty() {
        to_stdout(&serde_json::to_string(&SetAsideDocument::new(records(&set_aside)))?)?;
    }
    let counts = outputs::say_set_aside(&aside);
    if total > 1 || aside != SetAsideSummary::default() {
        eprintln!("{} analysed, {failed} failed{counts}", total - failed);
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::SomeFailed })
}

/// Analyses what was planned, on all cores. Each analysed study is passed to `write`, and what that returns is printed in the order of the
/// studies; then each study is passed to `each` with its place and, unless it failed, its analysis. Returns how many failed, or `None`
/// after Ctrl-C.
pub(super) fn analyze_all(
    settings: &AnalyzeSettings,
    analyzer: &Analyzer,
    planned: Vec<Result<PlannedStudy, ReadError>>,
    interrupt: &Interrupt,
    write: impl Fn(usize, &AnalyzedStudy) -> anyhow::Result<Option<String>> + Sync,
    mut each: impl FnMut(usize, PlannedStudy, Option<AnalyzedStudy>),
) -> anyhow::Result<Option<usize>> {
    let total = planned.len();
    let bar = progress::bar(total as u64, "analysing");
    if total < 2 {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let mut failed = 0;
    let work = |place: usize, study: Result<PlannedStudy, ReadError>| match study {
        Ok(study) => match analyzer.analyze_planned(&study) {
            Ok(analyzed) => (write(place, &analyzed), None, Some((study, Some(analyzed)))),
            Err(error) => (Ok(None), Some(failure(&study.path, &error, &study.set_aside)), Some((study, None))),
        },
        Err(error) => (Ok(None), Some(failure(&error.path.clone(), &error.into(), &[])), None),
    };
    let done = in_order(planned, interrupt.flag(), work, |place, (text, failure, analyzed)| {
        failed += usize::from(failure.is_some());
        bar.suspend(|| print(settings, text?, failure))?;
        if let Some((study, analyzed)) = analyzed {
            each(place, study, analyzed);
        }
        bar.inc(1);
        anyhow::Ok(())
    })?;
    bar.finish_and_clear();
    if done < total {
        eprintln!("interrupted after {done} of {total} studies");
        return Ok(None);
    }
    Ok(Some(failed))
}

/// Writes the report of a comparison into a folder and as PDF; returns what to print.
pub(super) fn written(
    settings: &AnalyzeSettings,
    comparison: &SerialComparison<'_>,
    folder: Option<&Path>,
    pdf: Option<&Path>,
) -> anyhow::Result<String> {
    let (language, if_exists) = (settings.language, outputs::if_exists(settings.force));
    let (document, path) = bloodpool::serial::write(comparison, language, folder, pdf, if_exists)?;
    if settings.json {
        return Ok(document);
    }
    let path = path.map(|path| path.display().to_string());
    Ok(comparison.summary(language, path.as_deref(), std::io::stdout().is_terminal())?)
}

/// Locks the folders of reports and masks until all studies are done.
fn locks(settings: &AnalyzeSettings, destinations: &[Destination]) -> anyhow::Result<Vec<FolderLock>> {
    let holds = |folder: &&PathBuf, file: fn(&Destination) -> Option<&PathBuf>| {
        destinations.iter().any(|destination| file(destination).is_some_and(|file| file != *folder))
    };
    let masks = settings.masks.as_ref().filter(|folder| holds(folder, |destination| destination.masks.as_ref()));
    let pdf = settings.pdf.as_ref().filter(|folder| holds(folder, |destination| destination.pdf.as_ref()));
    let mut folders: Vec<&PathBuf> = settings.report.iter().chain(masks).chain(pdf).collect();
    folders.dedup();
    let of_studies: Vec<&str> =
        destinations.iter().filter_map(|destination| destination.report.as_ref()?.file_name()?.to_str()).collect();
    folders.into_iter().map(|folder| outputs::lock(folder, &of_studies)).collect()
}

/// What analyses the studies.
pub(super) fn analyzer(settings: &AnalyzeSettings) -> anyhow::Result<Analyzer> {
    let model = Model::load(&settings.model, &settings.device).map_err(as_usage)?;
    let mut analyzer = Analyzer::new(model).frames(settings.ed, settings.es);
    if let Some(protocol) = &settings.protocol {
        analyzer = analyzer.protocol(protocol.clone());
    }
    let Some(file) = &settings.calibration else { return Ok(analyzer) };
    analyzer.calibration(file, settings.calibration_group.clone()).map_err(|error| match error {
        bloodpool::Error::OtherCalibration { .. } => wrong_usage(format!("{error}; run `bloodpool calibrate` again")),
        other => as_usage(other),
    })
}

/// The document of one study that has no result. The others are still done.
pub(super) fn failure(source: &Path, error: &bloodpool::Error, set_aside: &[SetAside]) -> ErrorDocument {
    let flags = if let bloodpool::Error::Read(error) = error { flags(error) } else { String::new() };
    let document = ErrorDocument::new(&source.display().to_string(), error.code(), &format!("{error}{flags}"));
    ErrorDocument { set_aside: records(set_aside), ..document }
}

/// Writes the files of one study; returns what to print.
fn write(settings: &AnalyzeSettings, analyzed: &AnalyzedStudy, destination: &Destination) -> anyhow::Result<String> {
    let analysis = analyzed.analysis();
    let if_exists = outputs::if_exists(settings.force);
    if let Some(path) = &destination.masks {
        make_folder_of(path)?;
        let labels = Mask::stack(&analysis.masks).context("the masks of one study differ in size")?;
        if VolumeFormat::of_name(path).is_some() {
            let pixel_spacing_mm = analyzed.study().pixel_spacing_mm();
            LabelVolume { labels, pixel_spacing_mm }.write(path, if_exists)?;
        } else {
            write_npy_u8(path, &labels, if_exists)?;
        }
    }
    let page = (destination.report.as_ref())
        .map(|folder| analyzed.write_report_in(settings.language, folder, if_exists))
        .transpose()?;
    if let Some(path) = &destination.pdf {
        outputs::write(path, &analyzed.report_pdf(settings.language)?, if_exists)?;
    }
    if settings.json {
        return Ok(analyzed.to_json()?);
    }
    let bold = std::io::stdout().is_terminal();
    let (study, known_bias) = (analyzed.study(), analyzed.known_bias());
    let written = page.as_ref().or(destination.pdf.as_ref());
    let report = written.map_or(settings.language.no_report().to_owned(), |report| report.display().to_string());
    Ok(summary_in(settings.language, analyzed.name(), study, analysis, known_bias, &report, bold)?)
}

/// Results go to stdout; failures to stderr, and with `--json` also as a document to stdout.
pub(super) fn print(
    settings: &AnalyzeSettings,
    text: Option<String>,
    failure: Option<ErrorDocument>,
) -> anyhow::Result<()> {
    text.map_or(Ok(()), |text| to_stdout(&text))?;
    let Some(document) = failure else { return Ok(()) };
    eprintln!("error: {}", document.message);
    if settings.json { to_stdout(&serde_json::to_string(&document)?) } else { Ok(()) }
}

pub(super) fn to_stdout(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
