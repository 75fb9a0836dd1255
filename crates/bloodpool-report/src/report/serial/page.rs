//! The HTML page of a serial comparison: one file that contains its style and plot and loads nothing else.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{provenance, section};
use crate::report::conclusion::block;
use crate::report::identity::field;
use crate::report::page::style;
use crate::serial::SerialComparison;
use crate::{Language, ReportError};

/// The patient of a comparison and the time that it spans, in words.
#[derive(Debug)]
pub(in crate::report) struct Period {
    /// The name, or that none is recorded: that of the last study.
    pub(in crate::report) name: String,
    /// Label and value; `None`: not recorded.
    pub(in crate::report) fields: Vec<(&'static str, Option<String>)>,
}

impl Period {
    /// Of a comparison.
    pub(in crate::report) fn of(serial: &SerialComparison<'_>, language: Language) -> Self {
        let studies = serial.studies();
        // What the last study records is the newest.
        let last = |text: fn(&bloodpool_core::StudyIdentity) -> &Option<String>| {
            let mut texts = studies.iter().rev().filter_map(|study| text(&study.study.identity).as_deref());
            texts.find(|text| !text.trim().is_empty()).map(|text| text.trim().to_owned())
        };
        let name = last(|identity| &identity.patient_name).map(|name| language.person(&name));
        let dates: Vec<&str> = serial.comparison().studies.iter().filter_map(|study| study.date.as_deref()).collect();
        let period = match dates.as_slice() {
            [] => None,
            [only] => Some(language.date(only)),
            [first, .., last] => Some(language.period(&language.date(first), &language.date(last))),
        };
        let mut fields = vec![(language.patient_id(), last(|identity| &identity.patient_id))];
        if let Some(issuer) = last(|identity| &identity.patient_id_issuer) {
            fields.push((language.issuer(), Some(issuer)));
        }
        fields.extend([
            (language.born(), last(|identity| &identity.birth_date).map(|date| language.date(&date))),
            (language.sex(), last(|identity| &identity.sex).map(|sex| language.sex_of(&sex))),
            (language.serial_count(), Some(language.studies_of(studies.len()))),
            (language.serial_period(), period),
            (language.institution(), last(|identity| &identity.institution)),
        ]);
        Self {
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| language.name_not_recorded().to_owned()),
            fields,
        }
    }
}

/// The title of the document: who, and what.
pub(in crate::report) fn title(serial: &SerialComparison<'_>, language: Language) -> String {
    let patient = Period::of(serial, language);
    format!("{} \u{b7} {}", patient.name, language.serial_title_kind())
}

/// The whole page. Everything that came from a file is escaped on the way in.
pub(super) fn page(serial: &SerialComparison<'_>, language: Language) -> Result<Markup, ReportError> {
    let patient = Period::of(serial, language);
    let protocols = provenance::protocols(serial)?;
    let conclusion = serial.latest_change().map(|change| serial.conclusion(change, language));
    Ok(html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title(serial, language)) }
                style { (PreEscaped(style(language))) }
            }
            body {
                header.masthead {
                    p.kind { (language.serial_comparison()) span.sub { (language.gated_blood_pool_study()) " \u{b7} " (language.serial_subject()) } }
                    p.research { (language.research_use_only()) }
                }
                @if serial.simulated() {
                    p.simulated role="note" { strong { (language.simulated_study()) } " " (language.simulated_meaning()) }
                }
                main {
                    section.identity aria-label=(language.patient_and_study()) {
                        h1 { (patient.name) }
                        dl { @for (label, value) in &patient.fields { (field(label, value.as_deref(), language)) } }
                    }
                    @if let Some(sentences) = &conclusion { (block(sentences, language)) }
                    (section::sections(serial, None, language))
                    details.provenance {
                        summary { (language.serial_provenance()) }
                        dl.wide { @for (label, value) in provenance::rows(serial, language) { (field(&label, value.as_deref(), language)) } }
                        @for (name, choices) in &protocols {
                            h2 { (language.every_choice(name)) }
                            div.choices {
                                table { tbody { @for (choice, value) in choices { tr { th scope="row" { (choice) } td { (value) } } } } }
                            }
                        }
                    }
                }
                footer {
                    p.research { (language.research_use_only()) }
                    p { (crate::SOFTWARE) }
                }
            }
        }
    })
}
