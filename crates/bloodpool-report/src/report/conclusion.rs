//! The conclusion of a report as a draft: sentences that restate its numbers and rules, and nothing else.

use maud::{Markup, html};

use super::Report;
use crate::Language;
use crate::serial::words::lvef_sentences;

/// The sentences of the report of one study: its LVEF, and where earlier studies are known, the change since the baseline and the rules.
pub(super) fn sentences(report: &Report<'_>, language: Language) -> Vec<String> {
    let analysis = report.analysis;
    let lvef = analysis.usable_lvef_percent();
    let mut sentences = lvef_sentences(lvef, analysis.interval.as_ref(), None, language);
    if let Some(serial) = report.serial
        && let Some(change) = serial.change_of(report.source)
    {
        let comparison = serial.comparison();
        let baseline = comparison.studies.get(comparison.baseline).and_then(|study| study.lvef_percent);
        sentences.extend(serial.change_sentences(change, baseline, language));
    }
    sentences
}

/// The block of the page.
pub(super) fn block(sentences: &[String], language: Language) -> Markup {
    html! {
        section.conclusion aria-labelledby="conclusion-heading" {
            h2 #conclusion-heading { (language.conclusion_draft()) }
            @for sentence in sentences { p { (sentence) } }
            p.note { (language.conclusion_note()) }
        }
    }
}
