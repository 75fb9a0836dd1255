//! `analyze`: from files to LVEF, one study after the other, each with its document, masks and report.

use std::io::{IsTerminal, Write};
use std::path::PathBuf;

use bloodpool_core::{AnalysisError, Reason, analyze_by};
use bloodpool_dicom::{PlannedStudy, ReadError, Selection, plan};
use bloodpool_files::IfExists;

use super::destinations::{Destination, destinations};
use crate::interrupt::Interrupt;
use crate::interval::Intervals;
use crate::model::Model;
use crate::outcome::Outcome;
use crate::settings::AnalyzeSettings;
use crate::{masks, outputs, progress};
use bloodpool_report::analysis_document::{AnalysisDocument, ErrorDocument, NotFinite};
use bloodpool_report::report::Report;
use bloodpool_report::summary;

/// Why one study has no result. The others are still done.
#[derive(Debug)]
struct Failure {
    source: String,
    code: &'static str,
    message: String,
}

impl Failure {
    fn read(error: &ReadError) -> Self {
        Self { source: error.path.display().to_string(), code: error.code(), message: error.to_string() }
    }

    fn analysis(source: &str, error: &AnalysisError) -> Self {
        Self { source: source.to_owned(), code: error.code(), message: format!("{source}: {error}") }
    }

    fn not_finite(source: &str, error: &NotFinite) -> Self {
        Self { source: source.to_owned(), code: "not_finite", message: format!("{source}: {error}") }
    }
}

/// Analyses every study that was named.
pub(crate) fn run(settings: &AnalyzeSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let selection = Selection {
        detector: settings.detector,
        energy_window: settings.energy_window,
        rr_interval: settings.rr_interval,
        view: settings.view.clone(),
    };
    let planned = plan(&settings.studies, &selection);
    let paths: Vec<Option<PathBuf>> = planned.iter().map(|study| study.as_ref().ok().map(|s| s.path.clone())).collect();
    let destinations = destinations(settings, &paths)?;
    let mut model = Model::load(&settings.model, &settings.device)?;
    let (file, group) = (settings.calibration.as_deref(), settings.calibration_group.clone());
    let intervals = Intervals::load(model.calibration.take(), file, group)?;

    let bar = progress::bar(planned.len() as u64, "analysing");
    if planned.len() < 2 {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    let total = planned.len();
    let (mut failed, mut set_aside) = (0, 0);
    for (study, destination) in planned.into_iter().zip(&destinations) {
        if interrupt.seen() {
            bar.finish_and_clear();
            eprintln!("interrupted after {} of {total} studies", bar.position());
            return Ok(Outcome::Interrupted);
        }
        set_aside += study.as_ref().map_or(0, |study| study.set_aside.len());
        let done = match study {
            Ok(study) => one(settings, &model, &intervals, &study, destination)?,
            Err(error) => Err(Failure::read(&error)),
        };
        failed += usize::from(done.is_err());
        bar.suspend(|| print(settings, done))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    if set_aside > 0 {
        eprintln!("{set_aside} files of the same studies were set aside; -v names them");
    }
    if total > 1 {
        eprintln!("{} analysed, {failed} failed", total - failed);
    }
    Ok(if failed == 0 { Outcome::Done } else { Outcome::SomeFailed })
}

/// Analyses one study and writes its files; returns what to print.
fn one(
    settings: &AnalyzeSettings,
    model: &Model,
    intervals: &Intervals,
    planned: &PlannedStudy,
    destination: &Destination,
) -> anyhow::Result<Result<String, Failure>> {
    for other in &planned.set_aside {
        tracing::info!("{} set aside: {}", other.path.display(), other.reason);
    }
    let source = planned.path.display().to_string();
    let file = match planned.read() {
        Ok(file) => file,
        Err(error) => return Ok(Err(Failure::read(&error))),
    };
    let found = analyze_by(&file.study, &model.segmenter, |segmentation| settings.protocol_for(segmentation));
    let mut analysis = match found {
        Ok(analysis) => analysis,
        Err(error) => return Ok(Err(Failure::analysis(&source, &error))),
    };
    analysis.interval = intervals.of(&file.study, &analysis);
    // What is unusual about the file is as much a finding as what is unusual about its counts.
    analysis.add(file.notes.into_iter().map(|note| Reason::new(note.code, note.message)));
    let study = analysis.measured_study(&file.study);
    let document = match AnalysisDocument::new(&source, study, &analysis) {
        Ok(document) => serde_json::to_string(&document)?,
        Err(error) => return Ok(Err(Failure::not_finite(&source, &error))),
    };

    let if_exists = outputs::if_exists(settings.force);
    if let Some(path) = &destination.masks {
        write_masks(path, &analysis.masks, if_exists)?;
    }
    let known_bias = model.known_bias.as_ref();
    let page = match &destination.report {
        Some(folder) => {
            let report = Report { source: &source, study, analysis: &analysis, known_bias, document: &document };
            Some(report.write(folder, if_exists)?)
        }
        None => None,
    };
    if settings.json {
        return Ok(Ok(document));
    }
    let bold = std::io::stdout().is_terminal();
    Ok(Ok(summary(&source, study, &analysis, known_bias, page.as_deref(), bold)?))
}

fn write_masks(path: &std::path::Path, found: &[bloodpool_core::Mask], if_exists: IfExists) -> anyhow::Result<()> {
    outputs::make_folder_of(path)?;
    Ok(bloodpool_files::write_npy_u8(path, &masks::stack(found)?, if_exists)?)
}

/// Results go to stdout; failures to stderr, and with `--json` also as a document to stdout.
fn print(settings: &AnalyzeSettings, done: Result<String, Failure>) -> anyhow::Result<()> {
    let line = match done {
        Ok(text) => Some(text),
        Err(failure) => {
            eprintln!("error: {}", failure.message);
            let document = ErrorDocument::new(&failure.source, failure.code, &failure.message);
            if settings.json { Some(serde_json::to_string(&document)?) } else { None }
        }
    };
    if let Some(line) = line {
        let mut stdout = std::io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()?;
    }
    Ok(())
}
