//! The page of one study; its module fills it with what `study_data` and `picture` give.

use axum::response::{IntoResponse, Response};
use bloodpool_core::function::comparison::lvef_difference_points;
use bloodpool_report::Language;
use maud::{Markup, html};

use super::language::text;
use super::page::{Page, page};
use super::refusal::Refusal;
use super::study_request::{AskedStudy, StudyRequest};
use super::worklist::{date, patient_name};
use crate::people::account::{Person, PersonRole};
use crate::review::listed::ListedStudy;

/// Tool, its key, and the sign on its button.
const TOOLS: [(&str, &str, &str); 7] = [
    ("vertex", "V", "◇"),
    ("nudge", "N", "⇥"),
    ("brush", "B", "●"),
    ("transform", "M", "✥"),
    ("redraw", "D", "✎"),
    ("grow", "G", "✣"),
    ("background", "K", "▦"),
];

/// What a button does at once, and its key.
const ACTS: [(&str, &str); 6] = [
    ("smooth", "S"),
    ("copy", "C"),
    ("reset_frame", "X"),
    ("reset_background", "Shift+K"),
    ("undo", "U"),
    ("redo", "Y"),
];

/// `GET /study/{id}`.
pub(super) async fn study_page(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    let page = request.study(|asked| {
        let AskedStudy { app, person, language, ref study } = *asked;
        let others = match study.patient_id.as_deref() {
            Some(patient) => app.reader.studies_of_patient(patient)?,
            None => Vec::new(),
        };
        let name = patient_name(study, language);
        let body = html! {
            main.study {
                (head(language, study, &name, person))
                p #notice role="alert" hidden {}
                (toolbar(language, person.role.may_edit()))
                (views(language, person.role.may_edit()))
                (beside(language, study, &others))
                (dialogs(language))
            }
        };
        let (title, module, data) = (name.as_str(), Some("study.js"), [("study", study.public_id.as_str())]);
        let page = page(&Page { title, language, person: Some(person), module, body, data: &data });
        Ok(page.into_response())
    });
    page.await
}

fn head(language: Language, study: &ListedStudy, name: &str, person: &Person) -> Markup {
    let t = |key| text(language, key);
    let known = [study.patient_id.clone(), Some(date(study)), study.description.clone()];
    let known: Vec<String> = known.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    html! {
        section.head {
            div { h1 { (name) } span.quiet { (known.join(" · ")) } }
            div.result {
                span.label { "LVEF" }
                output #lvef.big { "…" }
                span #interval {}
                span #change.quiet {}
            }
            div.acts {
                span #saved role="status" {}
                @if person.role.may_edit() { button #accept.primary title="A" { (t("accept")) } }
                @if person.role.may_sign() { button #sign { (t("sign")) } }
                button #next title="J" { (t("next_study")) }
                button #help title="?" aria-label=(t("keys")) { "?" }
            }
        }
    }
}

fn toolbar(language: Language, may_edit: bool) -> Markup {
    let t = |key| text(language, key);
    let titled = |name: &str, key: &str| format!("{} ({key})", text(language, name));
    html! {
        div.toolbar role="toolbar" aria-label=(t("tools")) {
            @for (tool, key, sign) in TOOLS {
                button.tool data-tool=(tool) aria-pressed="false" title=(titled(tool, key)) disabled[!may_edit] {
                    span.sign aria-hidden="true" { (sign) } span { (t(tool)) } kbd { (key) }
                }
            }
            hr;
            @for (act, key) in ACTS {
                button data-act=(act) title=(titled(act, key)) disabled[!may_edit] { span { (t(act)) } kbd { (key) } }
            }
            label {
                span { (t("radius")) " " output #radius-value {} " mm" }
                input #radius type="range" min="2" max="60" value="14";
            }
            label {
                span { (t("reach")) " " output #reach-value {} }
                input #reach type="range" min="0" max="8" value="0";
            }
        }
    }
}

fn views(language: Language, may_edit: bool) -> Markup {
    let t = |key| text(language, key);
    html! {
        div.views {
            div.stage {
                canvas #main tabindex="0" role="img" aria-label=(t("picture_help")) {}
                span #frame-label.onpicture {}
                span #preview-bar.onpicture hidden {
                    (t("preview")) " "
                    button #take { (t("take")) " ⏎" }
                    button #drop-preview { (t("discard")) " Esc" }
                }
            }
            div.cine {
                button #play aria-pressed="false" title="Space" aria-label=(t("key_cine")) { "▶" }
                input #frame type="range" min="1" max="1" value="1" aria-label=(t("frame"));
                button #to-ed title="E" { "ED" }
                button #to-es title="R" { "ES" }
                button #set-ed title="Shift+E" disabled[!may_edit] { (t("set_ed")) }
                button #set-es title="Shift+R" disabled[!may_edit] { (t("set_es")) }
            }
            div.cine {
                label { (t("window")) input #window type="range" min="5" max="150" value="100"; }
                label { (t("level")) input #level type="range" min="0" max="100" value="50"; }
                select #colours aria-label=(t("colours")) {
                    option value="grey" { (t("grey")) }
                    option value="hot" { (t("hot")) }
                    option value="cividis" { "Cividis" }
                }
                button #fit title="0" { (t("fit")) }
            }
            canvas #curve tabindex="0" role="img" aria-label=(t("curve_help")) {}
        }
    }
}

fn beside(language: Language, study: &ListedStudy, others: &[ListedStudy]) -> Markup {
    let t = |key| text(language, key);
    html! {
        aside {
            div.phases {
                figure { canvas #ed role="img" aria-label=(t("end_diastole")) {} figcaption #ed-caption { "ED" } }
                figure { canvas #es role="img" aria-label=(t("end_systole")) {} figcaption #es-caption { "ES" } }
            }
            section { h2 { (t("findings")) } ul #findings {} }
            section { h2 { (t("protocols")) } table #protocols { tbody {} } p #one-pixel.quiet {} }
            details #function {
                summary { (t("function")) }
                div.phases #function-pictures {}
                table { tbody #function-rows {} }
                p #function-note.quiet role="status" {}
            }
            section { h2 { (t("history")) } ol #history {} ul #statements {} }
            @if others.len() > 1 {
                section {
                    h2 { (t("studies_of_patient")) }
                    table {
                        thead { tr {
                            th { (t("date")) } th.number { "LVEF" } th.number { (t("since_first")) }
                        } }
                        tbody { @for other in others { (of_patient(study, &others[0], other)) } }
                    }
                }
            }
            @let report = format!("/study/{}/report.html", study.public_id);
            @let pdf = format!("/study/{}/report.pdf", study.public_id);
            p {
                a href=(report) target="_blank" rel="noopener" { (t("report")) }
                " · "
                a href=(pdf) target="_blank" rel="noopener" { (t("report")) " (PDF)" }
            }
            p.quiet #provenance {}
        }
    }
}

/// A study of the same patient; `first`: the earliest of them, which the change is from.
fn of_patient(shown: &ListedStudy, first: &ListedStudy, other: &ListedStudy) -> Markup {
    let current = (other.id == shown.id).then_some("true");
    let lvef = |study: &ListedStudy| study.reviewed_lvef_percent.or(study.lvef_percent);
    let change = lvef_difference_points(lvef(first), lvef(other)).filter(|_| other.id != first.id);
    html! {
        tr {
            td { a href=(format!("/study/{}", other.public_id)) aria-current=[current] { (date(other)) } }
            td.number {
                @match lvef(other) {
                    Some(lvef) => (format!("{lvef:.1} %")),
                    None => "-",
                }
            }
            td.number { @if let Some(points) = change { (format!("{points:+.1}").replace('-', "\u{2212}")) } }
        }
    }
}

fn dialogs(language: Language) -> Markup {
    let t = |key| text(language, key);
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (t("keys")) }
            table { tbody {} }
            form method="dialog" { button autofocus { (t("close")) } }
        }
        dialog #signing aria-labelledby="signing-title" {
            form #sign-form {
                h2 #signing-title { (t("sign")) }
                p #signing-text {}
                label { (t("password")) input #sign-password type="password" autocomplete="current-password" required; }
                p #signing-message role="alert" {}
                button.primary type="submit" { (t("sign")) } " "
                button type="button" #sign-cancel { (t("discard")) }
            }
        }
    }
}
