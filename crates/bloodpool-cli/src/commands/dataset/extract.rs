//! `dataset extract`: images for raters, and the counts of the studies.

use bloodpool::Model;
use bloodpool::extraction::{Extracted, Extraction, ExtractionError, StudyError};
use bloodpool::prelabels::Prelabels;
use bloodpool_dataset::annotations::DEFAULT_LABELS;
use bloodpool_dataset::extracted::EXTRACT_FILE;

use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, flags, wrong_usage};
use crate::settings::ExtractSettings;
use crate::{outputs, progress};

/// Extracts every study that was named.
pub(crate) fn run(settings: &ExtractSettings) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    let extraction = &settings.extraction;
    if let Some(key) = &extraction.key {
        outputs::refuse_existing([key.as_path()], settings.force)?;
    }
    let bar = progress::bar(0, "extracting");
    let extracted = extraction.run(&|studies| bar.set_length(studies as u64), &|| bar.inc(1), interrupt.flag());
    bar.finish_and_clear();
    let extracted = extracted.map_err(stopping)?;
    if extracted.stopped {
        eprintln!("interrupted: the files written are whole, but some are missing, and so is {EXTRACT_FILE}");
        return Ok(Outcome::Interrupted);
    }
    let counts = say(&extracted);
    let Some(manifest) = &extracted.manifest else {
        eprintln!("no study was extracted, {} failed{counts}", extracted.failed.len());
        return Ok(Outcome::SomeFailed);
    };
    if let Some(model) = &settings.prelabel {
        let segmenter = Model::load(model, bloodpool::model::DEFAULT_DEVICE).map_err(as_usage)?.segmenter;
        let bar = progress::bar(manifest.cases.len() as u64, "prelabelling");
        let wanted = Prelabels {
            images: &extraction.out,
            segmenter: &*segmenter,
            label: DEFAULT_LABELS[0],
            raters: &settings.raters,
            when_utc: bloodpool_evaluation::raters::test_reads::now(),
            if_exists: outputs::if_exists(settings.force),
        };
        let next = || {
            bar.inc(1);
            !interrupt.seen()
        };
        let written = wanted.write(next)?;
        bar.finish_and_clear();
        let Some(record) = written else { return Ok(Outcome::Interrupted) };
        eprintln!("{} images outlined by {}, to be corrected by hand", record.images.len(), record.model);
    }
    say_what_next(settings, extraction, manifest.cases.len(), extracted.failed.len(), &counts);
    Ok(if extracted.failed.is_empty() { Outcome::Done } else { Outcome::SomeFailed })
}

/// Says what was unusual, what failed and what was set aside; the counts of the last, for the line at the end.
pub(super) fn say(extracted: &Extracted) -> String {
    for remark in &extracted.remarks {
        tracing::warn!("{remark}");
    }
    for error in &extracted.failed {
        let flags = if let StudyError::Read(error) = error { flags(error) } else { String::new() };
        eprintln!("error: {error}{flags}");
    }
    outputs::say_set_aside(&extracted.set_aside)
}

/// What stops an extraction, as wrong usage where it is.
pub(super) fn stopping(error: ExtractionError) -> anyhow::Error {
    match error {
        ExtractionError::KeyInside { .. } => wrong_usage(error.to_string()),
        ExtractionError::Lock(error) => outputs::locked(error),
        other => other.into(),
    }
}

fn say_what_next(settings: &ExtractSettings, extraction: &Extraction, studies: usize, failed: usize, set_aside: &str) {
    let out = bloodpool_files::shell_word(&extraction.out);
    let failed = if failed == 0 { String::new() } else { format!(", {failed} failed") };
    let noun = if studies == 1 { "study" } else { "studies" };
    eprintln!("{studies} {noun} extracted into {out}{failed}{set_aside}");
    if !settings.raters.is_empty() {
        let folders: Vec<_> = settings.raters.iter().map(|rater| bloodpool_files::shell_word(rater)).collect();
        folders.iter().for_each(|rater| eprintln!("to correct:  labelme {out}/images --output {rater} --labels LV"));
        eprintln!("then:        bloodpool dataset corrections {out} --raters {}", folders.join(" "));
        return;
    }
    eprintln!("each rater: labelme {out}/images --output raters/NAME --labels LV");
    eprintln!("then:       bloodpool dataset consensus {out} --raters raters");
}
