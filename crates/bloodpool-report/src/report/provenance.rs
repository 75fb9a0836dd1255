//! What the numbers depend on: model, protocol with every choice, software, and which file they came from.

use maud::{Markup, html};

use super::Report;
use super::choices::Choice;
use super::identity::field;
use crate::Language;

/// Label and value of the record; `None`: not recorded.
pub(super) fn rows(report: &Report<'_>, language: Language) -> Vec<(&'static str, Option<String>)> {
    let (identity, model) = (&report.study.identity, &report.analysis.model);
    let mut rows = vec![
        (language.model(), Some(model.name.clone())),
        (language.sha_of_weights(), Some(model.sha256.clone()).filter(|hash| !hash.is_empty())),
        (language.software(), Some(crate::SOFTWARE.to_owned())),
        (language.file(), Some(report.source.to_owned())),
    ];
    let usable = report.analysis.usable_lvef_percent().is_some();
    if let Some(spread) = report.analysis.members.as_ref().filter(|_| usable) {
        rows.push((language.members(), Some(language.member_spread(spread))));
    }
    if let [file] = report.source_files {
        rows.push((language.sha_of_file(), Some(file.sha256.clone())));
    } else {
        let frame = |file: &crate::SourceFileFields| Some(format!("{}  {}", file.sha256, file.file));
        rows.extend(report.source_files.iter().map(|file| (language.sha_of_frame(), frame(file))));
    }
    rows.extend([
        ("Study UID", identity.study_uid.clone()),
        ("Series UID", identity.series_uid.clone()),
        ("SOP instance UID", identity.sop_uid.clone()),
    ]);
    rows
}

/// Files of the study that were set aside, each with its reason.
pub(super) fn set_aside(report: &Report<'_>) -> Vec<String> {
    let line = |record: &bloodpool_files::SetAsideRecord| {
        format!("{}: {}", record.file.as_deref().unwrap_or_default(), record.reason)
    };
    report.set_aside.iter().map(line).collect()
}

/// The collapsible record.
pub(super) fn section(report: &Report<'_>, choices: &[Choice], language: Language) -> Markup {
    html! {
        details.provenance {
            summary { (language.provenance()) }
            dl.wide { @for (label, value) in rows(report, language) { (field(label, value.as_deref(), language)) } }
            @if !report.set_aside.is_empty() {
                h2 { (language.set_aside()) }
                ul { @for line in set_aside(report) { li { (line) } } }
            }
            h2 { (language.every_choice(&report.analysis.protocol.name)) }
            div.choices {
                table { tbody { @for (choice, value) in choices { tr { th scope="row" { (choice) } td { (value) } } } } }
            }
        }
    }
}
