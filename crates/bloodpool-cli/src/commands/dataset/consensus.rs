//! `dataset consensus`: the consensus of all raters, and how they agree.

use std::collections::BTreeMap;

use bloodpool_dataset::annotations::Severity;
use bloodpool_dataset::consensus::{CONSENSUS_FOLDER, Step, UnusualLvef};
use bloodpool_dataset::extracted::EXTRACT_FILE;
use bloodpool_dataset::{AnnotationProblem, ConsensusError, ConsensusOptions, ProblemKind, RatersError};

use super::require;
use crate::outcome::{Outcome, wrong_usage};
use crate::settings::ConsensusSettings;
use crate::{outputs, progress};

/// Forms the consensus and prints a summary.
pub(crate) fn run(settings: &ConsensusSettings) -> anyhow::Result<Outcome> {
    require(&settings.folder, EXTRACT_FILE, "bloodpool dataset extract STUDY... --out FOLDER")?;
    let options = ConsensusOptions {
        images: &settings.folder,
        raters: &settings.raters,
        groups: settings.groups.as_deref(),
        assignments: settings.assignments.as_deref(),
        labels: &settings.labels,
        rule: settings.rule,
        min_raters: settings.min_raters,
        at_least: settings.at_least,
        leave_out: &settings.leave_out,
        leave_out_outliers: settings.leave_out_outliers,
        accept_lvef: &settings.accept_lvef,
        software: bloodpool_report::SOFTWARE,
        if_exists: outputs::if_exists(settings.force),
    };
    let bar = progress::bar(0, "reading raters");
    let each = |step, total: usize| {
        if step == Step::Formed && bar.message() != "forming consensus" {
            bar.set_message("forming consensus");
            bar.set_position(0);
        }
        bar.set_length(total as u64);
        bar.inc(1);
    };
    let formed = bloodpool_dataset::form_consensus(&options, &each);
    bar.finish_and_clear();
    let formed = match formed {
        Ok(formed) => formed,
        Err(ConsensusError::Problems(problems)) => {
            tell(&problems);
            return Err(ConsensusError::Problems(problems).into());
        }
        Err(error @ (ConsensusError::UnknownRater { .. } | ConsensusError::UnknownCase { .. })) => {
            return Err(wrong_usage(error.to_string()));
        }
        Err(error @ ConsensusError::TooFewRaters { .. }) => return Err(anyhow::anyhow!("{error} (--min-raters)")),
        Err(ConsensusError::UnusualLvef(error)) => return Err(unusual_lvef(&error)),
        Err(ConsensusError::Raters(error @ RatersError::NoRater(_))) => return Err(wrong_usage(error.to_string())),
        Err(ConsensusError::Lock(error)) => return Err(outputs::locked(error)),
        Err(error) => return Err(error.into()),
    };
    tell(&formed.manifest.problems);
    println!("{}", formed.summary(&settings.folder));
    let folder = bloodpool_files::shell_word(&settings.folder);
    eprintln!("look at {folder}/{CONSENSUS_FOLDER}/contours; then: bloodpool dataset build {folder} --out data");
    Ok(Outcome::Done)
}

/// The error with the flags that go on in spite of it.
pub(super) fn unusual_lvef(error: &UnusualLvef) -> anyhow::Error {
    let accept = |(case, _): &(String, f64)| format!(" --accept-lvef {}", bloodpool_files::shell_word(case.as_ref()));
    let accept: String = error.0.iter().map(accept).collect();
    anyhow::anyhow!("{error}. If they are right, go on with{accept}")
}

/// So many problems of one kind by one rater are printed one by one; a rater who drew on other images has one a file.
const MOST_ALIKE: usize = 3;

/// The flag that helps, after the message.
fn hint(problem: &AnnotationProblem) -> String {
    match problem.kind {
        ProblemKind::NoShape | ProblemKind::OtherLabels => "; --alias names a label".to_owned(),
        ProblemKind::HalfMissing => format!(": --leave-out {}", bloodpool_files::shell_word(problem.rater.as_ref())),
        ProblemKind::OtherPixels => " (`dataset extract --frames`)".to_owned(),
        _ => String::new(),
    }
}

fn tell(problems: &[AnnotationProblem]) {
    let mut alike: BTreeMap<(ProblemKind, &str), usize> = BTreeMap::new();
    for problem in problems {
        let word = match problem.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let count = alike.entry((problem.kind, &problem.rater)).or_default();
        *count += 1;
        if *count <= MOST_ALIKE {
            eprintln!("{word}: {}{}", problem.message, hint(problem));
        }
    }
    for ((_, rater), count) in alike.into_iter().filter(|(_, count)| *count > MOST_ALIKE) {
        eprintln!("and {} more like the last of {rater}", count - MOST_ALIKE);
    }
}
