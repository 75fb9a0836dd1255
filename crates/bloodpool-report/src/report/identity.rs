//! The patient and the study as the file records them.

use bloodpool_core::StudyIdentity;
use maud::{Markup, html};

use crate::figures::{self, NOT_RECORDED};

/// The identity block at the head of the page.
pub(super) fn section(identity: &StudyIdentity) -> Markup {
    let name = identity.patient_name.as_deref().map(figures::person).filter(|name| !name.is_empty());
    let date = identity.study_date.as_deref().map(figures::date);
    let time = identity.study_time.as_deref().map(figures::time);
    let when = match (date, time) {
        (Some(date), Some(time)) => Some(format!("{date}, {time}")),
        (date, None) => date,
        (None, Some(_)) => None,
    };
    let description = [&identity.study_description, &identity.series_description]
        .into_iter()
        .filter_map(|part| part.as_deref().map(str::trim).filter(|part| !part.is_empty()))
        .collect::<Vec<_>>()
        .join(" / ");
    html! {
        section.identity aria-label="Patient and study" {
            h1 { (name.unwrap_or_else(|| "Patient name not recorded".to_owned())) }
            dl {
                (field("Patient ID", identity.patient_id.as_deref()))
                (field("Born", identity.birth_date.as_deref().map(figures::date).as_deref()))
                (field("Sex", identity.sex.as_deref()))
                (field("Study", when.as_deref()))
                (field("View", identity.view.as_deref()))
                (field("Institution", identity.institution.as_deref()))
                (field("Camera", identity.camera().as_deref()))
                (field("Description", Some(&description)))
            }
        }
    }
}

fn field(label: &str, value: Option<&str>) -> Markup {
    let value = value.map(str::trim).filter(|value| !value.is_empty());
    html! {
        div {
            dt { (label) }
            @match value {
                Some(value) => dd { (value) },
                None => dd.missing { (NOT_RECORDED) },
            }
        }
    }
}
