//! The HTML page: one file that contains its style, script and pictures and loads nothing else.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::choices::Choice;
use super::serial::section;
use super::{
    Pictures, Report, cine, conclusion, curve, function_table, identity, numbers, phase_section, provenance, result,
    review, right_ventricle_section, sector_section, validity,
};
use crate::Language;

const STYLE: &str = include_str!("style.css");
/// Of a serial comparison and of conclusions.
const SERIAL_STYLE: &str = include_str!("serial.css");
/// Fonts with Hangul, and lines that break between words.
const KOREAN_STYLE: &str = r#"
body { font-family: "Noto Sans KR", "Noto Sans CJK KR", "Apple SD Gothic Neo", "Malgun Gothic", system-ui, sans-serif; word-break: keep-all; }
.validity th { white-space: nowrap; }
"#;

/// The style of a page in a language.
#[must_use]
pub fn style(language: Language) -> String {
    let korean = if language == Language::Korean { KOREAN_STYLE } else { "" };
    [STYLE, SERIAL_STYLE, korean].concat()
}

/// The whole page. Everything that came from a file is escaped on the way in.
pub(super) fn page(report: &Report<'_>, pictures: &Pictures, choices: &[Choice], language: Language) -> Markup {
    let (function, script) = (report.function, cine::script(language));
    let simulated = report.study.identity.simulated;
    html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(security_policy(&script));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title(report, language)) }
                style { (PreEscaped(style(language))) }
            }
            body {
                header.masthead {
                    p.kind { (language.gated_blood_pool_study()) span.sub { (language.left_ventricular_function()) } }
                    p.research { (language.research_use_only()) }
                }
                @if simulated {
                    p.simulated role="note" { strong { (language.simulated_study()) } " " (language.simulated_meaning()) }
                }
                main {
                    (identity::section(report.study, language))
                    (validity::section(report, language))
                    (result::section(report, language))
                    @if let Some(made) = report.review { (review::section(made, report.analysis.usable_lvef_percent(), language)) }
                    (conclusion::block(&conclusion::sentences(report, language), language))
                    div.first {
                        div { (cine::section(report, pictures, language)) }
                        (curve::section(report.analysis, function, language))
                    }
                    @if let Some(serial) = report.serial { (section::sections(serial, Some(report.source), language)) }
                    (numbers::section(report, language))
                    (function_table::section(report.analysis, function, language))
                    @if let (Some(function), Some(pictures)) = (function, &pictures.function) {
                        (phase_section::section(function, pictures, language))
                        (sector_section::section(function, pictures, language))
                        (right_ventricle_section::section(function, language))
                    }
                    (cine::background_images(report, pictures, language))
                    (cine::all_frames(report, pictures, language))
                    (provenance::section(report, choices, language))
                }
                footer {
                    p.research { (language.research_use_only()) }
                    p { (crate::SOFTWARE) " \u{b7} " (language.model_in_foot()) " " (report.analysis.model.name) " \u{b7} " (language.protocol_in_foot()) " "
                        (report.analysis.protocol.name) }
                }
                script { (PreEscaped(&script)) }
            }
        }
    }
}

/// Nothing is loaded, and only the script of the page runs, whatever text the study contains.
fn security_policy(script: &str) -> String {
    let script = STANDARD.encode(Sha256::digest(script.as_bytes()));
    format!("default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{script}'")
}

/// The title of the document: who, when and what.
pub(super) fn title(report: &Report<'_>, language: Language) -> String {
    let identity = &report.study.identity;
    let who = identity.patient_name.as_deref().map(|name| language.person(name)).filter(|name| !name.is_empty());
    let when = identity.study_date.as_deref().map(|date| language.date(date));
    let parts = [who.or_else(|| identity.patient_id.clone()), when, Some(language.title_kind().to_owned())];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" \u{b7} ")
}
