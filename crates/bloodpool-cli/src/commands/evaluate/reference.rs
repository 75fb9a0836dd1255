//! `evaluate --reference`: a model and every protocol against LVEF by other means.

use std::path::PathBuf;

use bloodpool::reference_reading::read_rows;
use bloodpool::{Analyzer, DatasetReference, Model, reference_table};
use bloodpool_evaluation::reference::{ReferenceEvaluation, ReferenceSubject};
use bloodpool_files::IfExists;

use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::EvaluateReferenceSettings;
use crate::{outputs, progress};

/// Files in the folder that is written.
const FILES: [&str; 3] = ["reference.md", "reference.json", "studies.csv"];

/// Analyses every study of the table, prints the tables, and writes them where a folder was named.
pub(crate) fn run(settings: &EvaluateReferenceSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let table = settings.table.display();
    let (rows, refused) = reference_table::read(&settings.table).map_err(as_usage)?;
    let files: Vec<PathBuf> = settings.out.iter().flat_map(|out| FILES.map(|name| out.join(name))).collect();
    let lock = settings.out.as_ref().map(|out| outputs::lock(out, &[])).transpose()?;
    let asked = outputs::if_exists(settings.force);
    let if_exists = lock.as_ref().map_or(asked, |lock| lock.if_exists(FILES[2], asked));
    outputs::refuse_existing(files.iter().map(PathBuf::as_path), if_exists == IfExists::Replace)?;
    let out = settings.out.as_ref().map_or_else(|| "standard output".to_owned(), |out| out.display().to_string());
    let open = |folder: &PathBuf| -> anyhow::Result<DatasetReference> {
        let mut part =
            DatasetReference::open(folder, settings.split, &settings.model, &settings.device).map_err(as_usage)?;
        part.record(&out)?;
        Ok(part)
    };
    let part = settings.dataset.as_ref().map(open).transpose()?;
    let analyzer = Analyzer::new(Model::load(&settings.model, &settings.device).map_err(as_usage)?);
    let analyzer = settings.protocol.iter().cloned().fold(analyzer, Analyzer::protocol);
    let bar = progress::bar(rows.len() as u64, "analysing");
    let next = || {
        bar.inc(1);
        !interrupt.seen()
    };
    let read = match &part {
        Some(part) => part.read(&analyzer, &rows, &refused, next),
        None => read_rows(&analyzer, &rows, &refused, next),
    };
    bar.finish_and_clear();
    let Some((readings, unread)) = read else { return Ok(Outcome::Interrupted) };
    unread.iter().for_each(|unread| eprintln!("error: line {} of {table}: {}", unread.line, unread.why));
    let Some(first) = readings.first() else {
        return Err(wrong_usage(format!("no study of {table} could be compared")));
    };
    let (model, protocol) = (analyzer.segmenter().identity(), first.protocol.clone());
    let part = part.map(|part| part.part(&rows));
    let subject = ReferenceSubject { table: table.to_string(), model, protocol, part };
    let outcome = if unread.is_empty() { Outcome::Done } else { Outcome::SomeFailed };
    let result = ReferenceEvaluation::new(subject, readings, unread);
    let markdown = result.markdown();
    print!("{markdown}");
    if let [text, json, csv] = &files[..] {
        outputs::write(text, markdown.as_bytes(), if_exists)?;
        outputs::write(json, (serde_json::to_string_pretty(&result)? + "\n").as_bytes(), if_exists)?;
        outputs::write(csv, &result.csv(csv)?, if_exists)?;
        eprintln!("all files are in {}", bloodpool_files::shell_word(csv.parent().unwrap_or(csv)));
    }
    Ok(outcome)
}
