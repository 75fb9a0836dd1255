//! The patient and the study as the file records them.

use bloodpool_core::GatedStudy;
use maud::{Markup, html};

use crate::{Language, figures};

/// What is written of a patient and a study.
#[derive(Debug)]
pub(super) struct Patient {
    /// The name, or that none is recorded.
    pub(super) name: String,
    /// Label and value; `None`: not recorded.
    pub(super) fields: Vec<(&'static str, Option<String>)>,
}

impl Patient {
    /// Of one study.
    pub(super) fn of(study: &GatedStudy, language: Language) -> Self {
        let identity = &study.identity;
        let name = identity.patient_name.as_deref().map(|name| language.person(name)).filter(|name| !name.is_empty());
        let date = |recorded: &Option<String>| recorded.as_deref().map(|date| language.date(date));
        let time = identity.study_time.as_deref().map(figures::time);
        let when = match (date(&identity.study_date), time) {
            (Some(date), Some(time)) => Some(format!("{date}, {time}")),
            (date, None) => date,
            (None, Some(_)) => None,
        };
        let description = [&identity.study_description, &identity.series_description]
            .into_iter()
            .filter_map(|part| part.as_deref().map(str::trim).filter(|part| !part.is_empty()))
            .collect::<Vec<_>>()
            .join(" / ");
        let mut fields = vec![
            (language.patient_id(), identity.patient_id.clone()),
            (language.born(), date(&identity.birth_date)),
            (language.sex(), identity.sex.as_deref().map(|sex| language.sex_of(sex))),
            (language.study(), when),
            (language.view(), identity.view.as_deref().map(|view| language.view_of(view))),
            (language.institution(), identity.institution.clone()),
            (language.camera(), identity.camera()),
            (language.description(), Some(description)),
        ];
        if let Some(indication) = &study.acquisition.indication {
            fields.push((language.indication(), Some(indication.clone())));
        }
        let written =
            |value: Option<String>| value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        Self {
            name: name.unwrap_or_else(|| language.name_not_recorded().to_owned()),
            fields: fields.into_iter().map(|(label, value)| (label, written(value))).collect(),
        }
    }
}

/// The identity block at the head of the page.
pub(super) fn section(study: &GatedStudy, language: Language) -> Markup {
    let patient = Patient::of(study, language);
    html! {
        section.identity aria-label=(language.patient_and_study()) {
            h1 { (patient.name) }
            dl { @for (label, value) in &patient.fields { (field(label, value.as_deref(), language)) } }
        }
    }
}

/// A label and its value, or that it is not recorded.
pub(super) fn field(label: &str, value: Option<&str>, language: Language) -> Markup {
    html! {
        div {
            dt { (label) }
            @match value {
                Some(value) => dd { (value) },
                None => dd.missing { (language.not_recorded()) },
            }
        }
    }
}
