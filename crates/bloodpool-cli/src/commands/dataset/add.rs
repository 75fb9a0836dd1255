//! `dataset add`: studies that people confirmed on the review page, as images and outlines of a dataset.

use bloodpool::confirmed::{CONFIRMED_RATER, ConfirmedError, ConfirmedStudy, extract_confirmed};
use bloodpool::extraction::Extraction;
use bloodpool_dataset::annotations::DEFAULT_LABELS;
use bloodpool_dicom::Selection;
use bloodpool_server::Reader;

use super::extract::{say, stopping};
use crate::cli::AddFlags;
use crate::interrupt::Interrupt;
use crate::outcome::{Outcome, as_usage, wrong_usage};
use crate::{outputs, progress};

/// Extracts the confirmed studies, and writes their outlines beside the images.
pub(crate) fn run(flags: &AddFlags) -> anyhow::Result<Outcome> {
    let interrupt = Interrupt::watch()?;
    if let Some(key) = &flags.key {
        outputs::refuse_existing([key.as_path()], flags.force)?;
    }
    let stated = Reader::open(&flags.data).map_err(as_usage)?.stated(flags.reviewed)?;
    if stated.is_empty() {
        let none = if flags.reviewed {
            "reviewed or signed study"
        } else {
            "signed study; --reviewed takes reviewed ones, too"
        };
        return Err(wrong_usage(format!("{} has no {none}", flags.data.display())));
    }
    let studies = stated.into_iter().map(|study| ConfirmedStudy::new(study.files, &study.document));
    let studies: Vec<ConfirmedStudy> = studies.collect::<Result<_, _>>()?;
    let (out, key, if_exists) = (flags.out.clone(), flags.key.clone(), outputs::if_exists(flags.force));
    let extraction =
        Extraction { studies: Vec::new(), out, frames: None, key, selection: Selection::default(), if_exists };
    let bar = progress::bar(0, "extracting");
    let (begin, done) = (|studies: usize| bar.set_length(studies as u64), || bar.inc(1));
    let written = extract_confirmed(&studies, &extraction, DEFAULT_LABELS[0], (&begin, &done), interrupt.flag());
    bar.finish_and_clear();
    let (extracted, outlines) = written.map_err(|error| match error {
        ConfirmedError::Extraction(error) => stopping(error),
        other => other.into(),
    })?;
    if extracted.stopped {
        return Ok(Outcome::Interrupted);
    }
    let counts = say(&extracted);
    let (out, failed) = (bloodpool_files::shell_word(&flags.out), extracted.failed.len());
    let cases = extracted.manifest.as_ref().map_or(0, |manifest| manifest.cases.len());
    eprintln!("confirmed studies extracted into {out}: {cases}, with {outlines} outlines; failed: {failed}{counts}");
    if cases > 0 {
        eprintln!("then: bloodpool dataset consensus {out} --raters {out}/{CONFIRMED_RATER}");
    }
    Ok(if failed == 0 && cases > 0 { Outcome::Done } else { Outcome::SomeFailed })
}
