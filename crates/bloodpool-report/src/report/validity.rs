//! Whether the number may be used: the rank in words, what was checked with its result, and a line about the
//! acquisition.

use bloodpool_core::validity::{AtTheCamera, Checked, Rank, Validity};
use maud::{Markup, html};

/// The block that comes before every number.
pub(super) fn section(validity: &Validity) -> Markup {
    html! {
        section.validity.(class(validity.rank())) aria-labelledby="validity-heading" {
            h2 #validity-heading { (headline(validity.rank())) }
            p.camera { strong { "Acquisition: " } (validity.at_the_camera().in_words())
                @if validity.at_the_camera() != AtTheCamera::Acceptable { "." } }
            table {
                caption { "What was checked" }
                tbody { @for checked in validity.checked() { (row(&checked)) } }
            }
        }
    }
}

fn headline(rank: Option<Rank>) -> &'static str {
    match rank {
        None => "No finding in what was checked",
        Some(Rank::Note) => "Usable, with notes",
        Some(Rank::Look) => "Look at the images before you use the number",
        Some(Rank::DoNotUse | Rank::Refused) => "Do not use: the number is withheld",
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

fn row(checked: &Checked) -> Markup {
    html! {
        tr.(class(checked.rank)) {
            th scope="row" { (checked.topic.in_words()) }
            td.rank { (checked.rank.map_or(if checked.possible { "no finding" } else { "not checked" }, Rank::in_words)) }
            td {
                @for reason in &checked.reasons {
                    p { strong { (reason.rank.in_words()) ": " } (reason.message) " " code { (reason.code) } }
                }
                p.looked-at { @if checked.possible { "Checked: " } (checked.looked_at) "." }
            }
        }
    }
}
