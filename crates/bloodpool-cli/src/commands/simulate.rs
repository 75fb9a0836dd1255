//! `simulate`: simulated studies as DICOM, with their truth and raters.

use bloodpool::simulation::TRUTH;
use bloodpool_evaluation::EvaluationError;

use crate::interrupt::Interrupt;
use crate::outcome::Outcome;
use crate::settings::SimulateSettings;
use crate::{outputs, progress};

/// Simulates studies into a folder.
pub(crate) fn run(settings: &SimulateSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let SimulateSettings { simulation, force } = settings;
    let bar = progress::bar(simulation.studies, "simulating");
    let all = simulation.write(outputs::if_exists(*force), &|| bar.inc(1), interrupt.flag());
    bar.finish_and_clear();
    let all = all.map_err(|error| match error {
        EvaluationError::Lock(error) => outputs::locked(error),
        other => other.into(),
    })?;
    if !all {
        eprintln!("interrupted: the files written are whole, but studies and {TRUTH} are missing");
        return Ok(Outcome::Interrupted);
    }
    let out = bloodpool_files::shell_word(&simulation.out);
    eprintln!("{} simulated studies in {out}; try: bloodpool analyze {out}/studies", simulation.studies);
    if simulation.raters > 0 {
        // Raters drew on the true frames: on those that `extract` finds by itself their outlines would be wrong.
        eprintln!(
            "the raters' files fit: bloodpool dataset extract {out}/studies --out work --frames {out}/{TRUTH}\n\
             then:                  bloodpool dataset consensus work --raters {out}/raters"
        );
    }
    Ok(Outcome::Done)
}
