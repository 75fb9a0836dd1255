//! The HTML page: one file that contains its style, script and pictures and loads nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::function::VentricularFunction;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::choices::Choice;
use super::{
    Pictures, Report, cine, curve, function_table, identity, numbers, phase_section, provenance, result,
    right_ventricle_section, sector_section, validity,
};
use crate::{RESEARCH_ONLY, figures};

const STYLE: &str = include_str!("style.css");

/// The whole page. Everything that came from a file is escaped on the way in.
pub(super) fn page(
    report: &Report<'_>,
    function: Option<&VentricularFunction>,
    pictures: &Pictures,
    choices: &[Choice],
) -> Markup {
    let simulated = report.study.identity.simulated;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(security_policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title(report)) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.masthead {
                    p.kind { "Gated blood pool study" span.sub { "Left ventricular function" } }
                    p.research { (RESEARCH_ONLY) }
                }
                @if simulated {
                    p.simulated role="note" { strong { "Simulated study" } " This is not a patient: the counts were computed." }
                }
                main {
                    (identity::section(&report.study.identity))
                    (validity::section(&report.analysis.validity))
                    (result::section(report))
                    div.first {
                        div { (cine::section(report, pictures)) }
                        (curve::section(report.analysis, function))
                    }
                    (numbers::section(report))
                    (function_table::section(report.analysis, function))
                    @if let (Some(function), Some(pictures)) = (function, &pictures.function) {
                        (phase_section::section(function, pictures))
                        (sector_section::section(function, pictures))
                        (right_ventricle_section::section(function))
                    }
                    (cine::background_images(report, pictures))
                    (cine::all_frames(report, pictures))
                    (provenance::section(report, choices))
                }
                footer {
                    p.research { (RESEARCH_ONLY) }
                    p { (crate::SOFTWARE) " \u{b7} model " (report.analysis.model.name) " \u{b7} protocol "
                        (report.analysis.protocol.name) }
                }
                script { (PreEscaped(cine::SCRIPT)) }
            }
        }
    }
}

/// Nothing is loaded, and only the script of the page runs, whatever text the study contains.
fn security_policy() -> String {
    let script = STANDARD.encode(Sha256::digest(cine::SCRIPT.as_bytes()));
    format!("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script}'")
}

fn title(report: &Report<'_>) -> String {
    let identity = &report.study.identity;
    let who = identity.patient_name.as_deref().map(figures::person).filter(|name| !name.is_empty());
    let when = identity.study_date.as_deref().map(figures::date);
    let parts = [who.or_else(|| identity.patient_id.clone()), when, Some("gated blood pool".to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} ")
}
