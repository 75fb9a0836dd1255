//! Whether the number may be used: the rank in words, what was checked with its result, and a line about the
//! acquisition.

use bloodpool_core::validity::{AtTheCamera, Rank};
use maud::{Markup, html};

use super::Report;
use crate::Language;

/// One topic of the checks in words.
#[derive(Debug)]
pub(super) struct CheckedTopic {
    pub(super) topic: &'static str,
    pub(super) rank: Option<Rank>,
    /// The rank, or that nothing was found, or that nothing could be checked.
    pub(super) rank_in_words: &'static str,
    pub(super) findings: Vec<Finding>,
    /// What was looked at, as a sentence.
    pub(super) looked_at: String,
}

/// One finding in words.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) rank: Rank,
    /// With a colon behind it.
    pub(super) rank_in_words: String,
    pub(super) message: String,
    pub(super) code: &'static str,
}

/// What was checked, topic by topic.
pub(super) fn checked_topics(report: &Report<'_>, language: Language) -> Vec<CheckedTopic> {
    let topic = |checked: bloodpool_core::validity::Checked| {
        let nothing = if checked.possible { language.no_finding() } else { language.not_checked() };
        let looked_at = language.looked_at(&checked, report.study, report.analysis);
        let prefix = if checked.possible { format!("{} ", language.checked()) } else { String::new() };
        let finding = |reason: &bloodpool_core::validity::Reason| Finding {
            rank: reason.rank,
            rank_in_words: format!("{}:", language.rank(reason.rank)),
            message: language.finding(reason),
            code: reason.code,
        };
        CheckedTopic {
            topic: language.topic(checked.topic),
            rank: checked.rank,
            rank_in_words: checked.rank.map_or(nothing, |rank| language.rank(rank)),
            findings: checked.reasons.iter().map(finding).collect(),
            looked_at: format!("{prefix}{looked_at}."),
        }
    };
    report.analysis.validity.checked().into_iter().map(topic).collect()
}

/// The line about the acquisition, after its label.
pub(super) fn acquisition(report: &Report<'_>, language: Language) -> String {
    let validity = &report.analysis.validity;
    let stop = if validity.at_the_camera() == AtTheCamera::Acceptable { "" } else { "." };
    format!("{}{stop}", language.at_the_camera(validity))
}

/// The block that comes before every number.
pub(super) fn section(report: &Report<'_>, language: Language) -> Markup {
    let rank = report.analysis.validity.rank();
    html! {
        section.validity.(class(rank)) aria-labelledby="validity-heading" {
            h2 #validity-heading { (headline(rank, language)) }
            p.camera { strong { (language.acquisition()) " " } (acquisition(report, language)) }
            table {
                caption { (language.what_was_checked()) }
                tbody { @for checked in checked_topics(report, language) { (row(&checked)) } }
            }
        }
    }
}

/// What the rank means for the reader.
pub(super) fn headline(rank: Option<Rank>, language: Language) -> &'static str {
    match rank {
        None => language.nothing_found(),
        Some(Rank::Note) => language.usable_with_notes(),
        Some(Rank::Look) => language.look_first(),
        Some(Rank::DoNotUse | Rank::Refused) => language.withheld_headline(),
    }
}

fn class(rank: Option<Rank>) -> &'static str {
    match rank {
        None => "sound",
        Some(Rank::Note) => "noted",
        Some(Rank::Look) => "look",
        Some(Rank::DoNotUse | Rank::Refused) => "withheld",
    }
}

fn row(checked: &CheckedTopic) -> Markup {
    html! {
        tr.(class(checked.rank)) {
            th scope="row" { (checked.topic) }
            td.rank { (checked.rank_in_words) }
            td {
                @for finding in &checked.findings {
                    p { strong { (finding.rank_in_words) " " } (finding.message) " " code { (finding.code) } }
                }
                p.looked-at { (checked.looked_at) }
            }
        }
    }
}
