//! `evaluations`: finished evaluations against each other, and over the size of the training.

use std::path::{Path, PathBuf};

use bloodpool_evaluation::across::learning_curve::LearningCurve;
use bloodpool_evaluation::across::paired::PairedEvaluations;
use bloodpool_evaluation::across::{AcrossError, Finished};
use bloodpool_files::IfExists;
use bloodpool_report::table::Table;

use crate::cli::EvaluationsVerb;
use crate::outcome::{Outcome, as_usage};
use crate::outputs;

/// Runs a verb of `evaluations`.
pub(crate) fn run(verb: EvaluationsVerb) -> anyhow::Result<Outcome> {
    match verb {
        EvaluationsVerb::Compare(flags) => {
            let paired = PairedEvaluations::new(&read(&flags.first)?, &read(&flags.with)?).map_err(as_usage)?;
            let json = serde_json::to_string_pretty(&paired)? + "\n";
            show(&paired.table(), flags.out.as_deref(), flags.force, "paired", vec![("json", json.into_bytes())])
        }
        EvaluationsVerb::Curve(flags) => {
            let curve = LearningCurve::new(&read(&flags.evaluations)?).map_err(as_usage)?;
            let json = serde_json::to_string_pretty(&curve)? + "\n";
            let figure = curve.figure()?;
            let others = vec![("json", json.into_bytes()), ("svg", figure.svg.into_bytes()), ("pdf", figure.pdf)];
            show(&curve.table(), flags.out.as_deref(), flags.force, "learning-curve", others)
        }
    }
}

fn read(folders: &[PathBuf]) -> anyhow::Result<Vec<Finished>> {
    let read: Result<Vec<Finished>, AcrossError> = folders.iter().map(|folder| Finished::read(folder)).collect();
    read.map_err(as_usage)
}

/// Prints a table, and writes it with other files where a folder was named.
fn show(
    table: &Table,
    out: Option<&Path>,
    force: bool,
    name: &str,
    others: Vec<(&str, Vec<u8>)>,
) -> anyhow::Result<Outcome> {
    let markdown = table.markdown();
    print!("{markdown}");
    let Some(out) = out else { return Ok(Outcome::Done) };
    let mut files = vec![("md", markdown.into_bytes()), ("tex", table.latex().into_bytes())];
    files.extend(others);
    let lock = outputs::lock(out, &[])?;
    let if_exists = lock.if_exists(&format!("{name}.md"), outputs::if_exists(force));
    let paths: Vec<PathBuf> = files.iter().map(|(end, _)| out.join(format!("{name}.{end}"))).collect();
    outputs::refuse_existing(paths.iter().map(PathBuf::as_path), if_exists == IfExists::Replace)?;
    for ((_, bytes), path) in files.iter().zip(&paths).rev() {
        outputs::write(path, bytes, if_exists)?;
    }
    eprintln!("all files are in {}", bloodpool_files::shell_word(out));
    Ok(Outcome::Done)
}
