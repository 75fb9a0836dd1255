//! `analyze`: from files to LVEF, one study after the other, each with its document, masks and report.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use bloodpool::set_aside::{SetAsideSummary, records};
use bloodpool::{Analyzer, Mask, Model};
use bloodpool_dicom::{Plan, PlannedStudy, SetAside, plan};
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

    let bar = progress::bar(planned.len() as u64, "analysing");
    if planned.len() < 2 {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let total = planned.len();
    let mut failed = 0;
    for (study, destination) in planned.into_iter().zip(&destinations) {
        if interrupt.seen() {
            bar.finish_and_clear();
            eprintln!("interrupted after {} of {total} studies", bar.position());
            return Ok(Outcome::Interrupted);
        }
        let done = match study {
            Ok(study) => one(settings, &analyzer, &study, destination)?,
            Err(error) => Err(failure(&error.path.clone(), &error.into(), &[])),
        };
        failed += usize::from(done.is_err());
        bar.suspend(|| print(settings, done))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if settings.json && !set_aside.is_empty() {
        to_stdout(&serde_json::to_string(&SetAsideDocument::new(records(&set_aside)))?)?;
    }
    let counts = outputs::say_set_aside(&aside);
    if total > 1 || aside != SetAsideSummary::default() {
        eprintln!("{} analysed, {failed} failed{counts}", total - failed);
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::SomeFailed })
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

/// Analyses one study and writes its files; returns what to print.
fn one(
    settings: &AnalyzeSettings,
    analyzer: &Analyzer,
    planned: &PlannedStudy,
    destination: &Destination,
) -> anyhow::Result<Result<String, ErrorDocument>> {
    let analyzed = match analyzer.analyze_planned(planned) {
        Ok(analyzed) => analyzed,
        Err(error) => return Ok(Err(failure(&planned.path, &error, &planned.set_aside))),
    };
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
        return Ok(Ok(analyzed.to_json()?));
    }
    let bold = std::io::stdout().is_terminal();
    let (study, known_bias) = (analyzed.study(), analyzed.known_bias());
    let written = page.as_ref().or(destination.pdf.as_ref());
    let report = written.map_or(settings.language.no_report().to_owned(), |report| report.display().to_string());
    Ok(Ok(summary_in(settings.language, analyzed.name(), study, analysis, known_bias, &report, bold)?))
}

/// Results go to stdout; failures to stderr, and with `--json` also as a document to stdout.
pub(super) fn print(settings: &AnalyzeSettings, done: Result<String, ErrorDocument>) -> anyhow::Result<()> {
    let line = match done {
        Ok(text) => Some(text),
        Err(document) => {
            eprintln!("error: {}", document.message);
            if settings.json { Some(serde_json::to_string(&document)?) } else { None }
        }
    };
    line.map_or(Ok(()), |line| to_stdout(&line))
}

pub(super) fn to_stdout(line: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")?;
    Ok(stdout.flush()?)
}
