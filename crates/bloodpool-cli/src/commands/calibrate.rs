//! `calibrate`: a bias and a scale of the shipped interval from reference LVEF that was obtained independently.

use bloodpool::local_calibration::{Calibrator, in_words};
use bloodpool::{Model, reference_table};

use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::settings::CalibrateSettings;
use crate::{outputs, progress};

/// Analyses every study of the table, fits, prints the result and writes the calibration.
pub(crate) fn run(settings: &CalibrateSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let table = settings.table.display();
    outputs::refuse_existing([settings.out.as_path()], settings.force)?;
    let (rows, refused) = reference_table::read(&settings.table).map_err(as_usage)?;
    let model = Model::load(&settings.model, &settings.device).map_err(as_usage)?;
    let mut calibrator = Calibrator::new(model).map_err(as_usage)?;
    for row in &refused {
        eprintln!("error: line {} of {table} {}", row.line, row.why);
    }
    let bar = progress::bar(rows.len() as u64, "analysing");
    let mut failed = 0;
    for row in &rows {
        if interrupt.seen() {
            bar.finish_and_clear();
            return Ok(Outcome::Interrupted);
        }
        if let Err(error) = calibrator.add(row) {
            failed += 1;
            bar.suspend(|| eprintln!("error: line {} of {table}: {error}", row.line));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();

    let local = calibrator.fit().map_err(|error| wrong_usage(format!("no calibration from {table}: {error}")))?;
    let text = serde_json::to_string_pretty(&local)? + "\n";
    outputs::write(&settings.out, text.as_bytes(), outputs::if_exists(settings.force))?;
    print!("{}", in_words(&local, failed, refused.len()));
    let out = bloodpool_files::shell_word(&settings.out);
    println!("\nWritten to {out}. Use it: bloodpool analyze STUDY --calibration {out}");
    Ok(if failed + refused.len() == 0 { Outcome::Done } else { Outcome::SomeFailed })
}
