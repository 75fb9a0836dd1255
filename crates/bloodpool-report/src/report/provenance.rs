//! What the numbers depend on: model, protocol with every choice, software, and which file they came from.

use maud::{Markup, html};

use super::Report;
use super::choices::Choice;
use crate::figures::NOT_RECORDED;

/// The collapsible record.
pub(super) fn section(report: &Report<'_>, choices: &[Choice]) -> Markup {
    let (identity, model) = (&report.study.identity, &report.analysis.model);
    html! {
        details.provenance {
            summary { "Model, protocol and file: everything the numbers depend on" }
            dl.wide {
                (field("Model", Some(&model.name)))
                (field("SHA-256 of its weights", Some(&model.sha256)))
                (field("Software", Some(crate::SOFTWARE)))
                (field("File", Some(report.source)))
                @if let [file] = report.source_files {
                    (field("SHA-256 of the file", Some(&file.sha256)))
                } @else {
                    @for file in report.source_files {
                        (field("SHA-256 of a frame", Some(&format!("{}  {}", file.sha256, file.file))))
                    }
                }
                (field("Study UID", identity.study_uid.as_deref()))
                (field("Series UID", identity.series_uid.as_deref()))
                (field("SOP instance UID", identity.sop_uid.as_deref()))
            }
            @if !report.set_aside.is_empty() {
                h2 { "Files of the study that are not analysed here" }
                ul {
                    @for record in report.set_aside {
                        li { (record.file.as_deref().unwrap_or_default()) ": " (record.reason) }
                    }
                }
            }
            h2 { "Every choice of protocol " (report.analysis.protocol.name) }
            div.choices {
                table { tbody { @for (choice, value) in choices { tr { th scope="row" { (choice) } td { (value) } } } } }
            }
        }
    }
}

fn field(label: &str, value: Option<&str>) -> Markup {
    html! { div { dt { (label) } @match value { Some(value) => dd { (value) }, None => dd.missing { (NOT_RECORDED) } } } }
}
