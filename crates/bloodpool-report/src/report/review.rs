//! The review of a study in its report: who reviewed and signed which numbers, and what people changed before.

use bloodpool_core::FrameIndex;
use maud::{Markup, html};

use crate::Language;

/// What people did with a study that was analysed.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewRecord {
    /// Reviews and signatures, the first one first.
    pub statements: Vec<ReviewStatement>,
    /// The edits that hold, in order.
    pub edits: Vec<ReviewEdit>,
    /// LVEF of the program alone, percent; `None` where it is withheld or there is none.
    pub automatic_lvef_percent: Option<f64>,
    /// Head of the audit trail when the report was made, which tells whether the trail was changed since.
    pub audit_head: String,
}

/// A person says that a study was reviewed, or signs it.
#[derive(Debug, Clone, PartialEq)]
pub struct ReviewStatement {
    /// Whether it is a signature.
    pub signed: bool,
    /// Counts the statements on the study, from 1.
    pub version: i64,
    /// Who.
    pub person: String,
    /// When, with the time zone.
    pub at: String,
    /// LVEF, percent.
    pub lvef_percent: Option<f64>,
    /// The model, with its SHA-256.
    pub model: String,
    /// The protocol.
    pub protocol: String,
    /// The version of the program.
    pub program: String,
    /// SHA-256 of the document that was signed.
    pub document_sha256: String,
    /// Whether the study was changed since.
    pub changed_since: bool,
}

/// A change that a person made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewEdit {
    /// Who.
    pub person: String,
    /// What was done, in the language of the report.
    pub action: String,
    /// The frame that the person worked on.
    pub frame: FrameIndex,
    /// The frames whose outline it changed.
    pub frames: Vec<FrameIndex>,
}

impl ReviewRecord {
    /// The last signature, where the study was not changed since.
    pub(super) fn signature(&self) -> Option<&ReviewStatement> {
        self.statements.iter().rfind(|made| made.signed).filter(|made| !made.changed_since)
    }

    /// The frames whose outline people changed, each once, in order.
    fn changed_frames(&self) -> Vec<FrameIndex> {
        let mut frames: Vec<FrameIndex> = self.edits.iter().flat_map(|edit| edit.frames.iter().copied()).collect();
        frames.sort_unstable_by_key(|frame| frame.index());
        frames.dedup();
        frames
    }
}

fn percent(lvef: Option<f64>, language: Language) -> String {
    lvef.map_or_else(|| language.withheld().to_owned(), |lvef| format!("{lvef:.1} %"))
}

fn listed(frames: &[FrameIndex]) -> String {
    frames.iter().map(FrameIndex::to_string).collect::<Vec<_>>().join(", ")
}

/// Label and value of what holds for the whole review. `lvef_percent`: what the report shows.
pub(super) fn rows(
    review: &ReviewRecord,
    lvef_percent: Option<f64>,
    language: Language,
) -> Vec<(&'static str, String)> {
    let frames = review.changed_frames();
    let changed = if frames.is_empty() { language.none().to_owned() } else { listed(&frames) };
    vec![
        (language.automatic_lvef(), percent(review.automatic_lvef_percent, language)),
        (language.final_lvef(), percent(lvef_percent, language)),
        (language.frames_changed_by_hand(), changed),
        (language.audit_head(), review.audit_head.clone()),
    ]
}

/// Label and value of one statement, the heading first.
pub(super) fn statement_rows(made: &ReviewStatement, language: Language) -> Vec<(&'static str, String)> {
    let status = if made.signed { language.signed() } else { language.reviewed() };
    let since = if made.changed_since { format!(" ({})", language.changed_since()) } else { String::new() };
    vec![
        (status, format!("{}, {}{since}", made.person, made.at)),
        (language.version_of_statement(), made.version.to_string()),
        (language.lvef(), percent(made.lvef_percent, language)),
        (language.model(), made.model.clone()),
        (language.protocol(), made.protocol.clone()),
        (language.software(), format!("bloodpool {}", made.program)),
        (language.sha_of_signed_document(), made.document_sha256.clone()),
    ]
}

/// One edit in words: who, what, where.
pub(super) fn edit_line(edit: &ReviewEdit, language: Language) -> String {
    let frames = if edit.frames.len() > 1 { listed(&edit.frames) } else { edit.frame.to_string() };
    format!("{}: {} ({} {frames})", edit.person, edit.action, language.frame())
}

/// The section of the page.
pub(super) fn section(review: &ReviewRecord, lvef_percent: Option<f64>, language: Language) -> Markup {
    html! {
        section.review aria-labelledby="review-heading" {
            h2 #review-heading { (language.review_and_signature()) }
            @if review.statements.is_empty() { p { (language.not_reviewed()) } }
            @for made in &review.statements {
                table { tbody {
                    @for (label, value) in statement_rows(made, language) { tr { th scope="row" { (label) } td { (value) } } }
                } }
            }
            table { tbody {
                @for (label, value) in rows(review, lvef_percent, language) { tr { th scope="row" { (label) } td { (value) } } }
            } }
            @if !review.edits.is_empty() {
                h3 { (language.edits()) }
                ol { @for edit in &review.edits { li { (edit_line(edit, language)) } } }
            }
        }
    }
}
