//! What all pages have: head, bar, language and theme; and the page that says why a request was refused.

use axum::response::Html;
use bloodpool_report::Language;
use maud::{DOCTYPE, Markup, html};

use super::language::{refusal_in_words, text};
use super::refusal::Refusal;
use crate::people::account::Person;

/// A page.
pub(super) struct Page<'a> {
    pub(super) title: &'a str,
    pub(super) language: Language,
    pub(super) person: Option<&'a Person>,
    /// Its module of `assets/`.
    pub(super) module: Option<&'a str>,
    pub(super) body: Markup,
    /// What the module is told, as attributes of `<body>`.
    pub(super) data: &'a [(&'a str, &'a str)],
}

pub(super) fn page(content: &Page<'_>) -> Html<String> {
    let Page { title, language, person, module, body, data } = content;
    let t = |key| text(*language, key);
    let data_json = serde_json::Value::Object(
        data.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())).collect::<serde_json::Map<_, _>>(),
    );
    let whole = html! {
        (DOCTYPE)
        html lang=(language.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="dark light";
                title { (title) " - bloodpool" }
                link rel="icon" href="/assets/icon.svg";
                link rel="stylesheet" href="/assets/style.css";
                script type="module" src="/assets/page.js" {}
                @if let Some(module) = module { script type="module" src=(format!("/assets/{module}")) {} }
            }
            body data-page=(data_json.to_string()) {
                header.bar {
                    a.brand href="/" { "bloodpool" }
                    span.research { (t("research_only")) }
                    span.fill {}
                    @for other in Language::ALL {
                        @if other != *language {
                            button.plain data-language=(other.code()) lang=(other.code()) {
                                (match other { Language::English => "English", Language::Korean => "한국어" })
                            }
                        }
                    }
                    button.plain #theme { (t("theme")) }
                    @if let Some(person) = person {
                        span.person { (person.name) " · " (role_in_words(*language, person)) }
                        button.plain #logout { (t("log_out")) }
                    }
                }
                (body)
            }
        }
    };
    Html(whole.into_string())
}

/// What a person's role is called.
pub(super) fn role_in_words(language: Language, person: &Person) -> &'static str {
    use crate::people::account::PersonRole;
    text(
        language,
        match person.role {
            PersonRole::Technologist => "technologist",
            PersonRole::Physician => "physician",
            PersonRole::Administrator => "administrator",
            PersonRole::Rater => "rater",
            PersonRole::Local => "local_user",
        },
    )
}

/// The page in place of one that was refused.
pub(super) fn refused_page(language: Language, refusal: &Refusal) -> Html<String> {
    let t = |key| text(language, key);
    let body = html! {
        main.narrow {
            h1 { (refusal.status.as_u16()) }
            p role="alert" { (refusal_in_words(language, refusal)) }
            p { a href="/" { (t("to_start")) } }
        }
    };
    page(&Page { title: t("refused"), language, person: None, module: None, body, data: &[] })
}
