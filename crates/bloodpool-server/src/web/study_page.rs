//! The page of one study; its module fills it with what `study_data` and `picture` give.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bloodpool_report::Language;
use maud::html;

use super::app::{App, Who, require};
use super::language::text;
use super::page::{Page, page};
use super::refusal::Refusal;
use super::worklist::{date, patient_name};

/// Tool, its key, and the sign on its button.
const TOOLS: [(&str, &str, &str); 6] = [
    ("vertex", "V", "◇"),
    ("nudge", "N", "⇥"),
    ("brush", "B", "●"),
    ("transform", "M", "✥"),
    ("redraw", "D", "✎"),
    ("grow", "G", "✣"),
];

/// `GET /study/{id}`.
pub(super) async fn study_page(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    require(person.role.may_read())?;
    app.blocking(move |app| {
        let study = app.listed(&id)?;
        let others = match study.patient_id.as_deref() {
            Some(patient) => app.reader.studies_of_patient(patient)?,
            None => Vec::new(),
        };
        let t = |key| text(language, key);
        let name = patient_name(&study, language);
        let body = html! {
            main.study {
                section.head {
                    div { h1 { (name) } span.quiet { (study.patient_id.as_deref().unwrap_or("")) " · " (date(&study)) " · " (study.description.as_deref().unwrap_or("")) } }
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
                        button #help title="?" { "?" }
                    }
                }
                p #notice role="alert" hidden {}
                div.toolbar role="toolbar" aria-label=(t("tools")) {
                    @for (tool, key, sign) in TOOLS {
                        button.tool data-tool=(tool) aria-pressed="false" title=(format!("{} ({key})", t(tool))) { span aria-hidden="true" { (sign) } span { (t(tool)) } kbd { (key) } }
                    }
                    hr;
                    @for (act, key) in [("smooth", "S"), ("copy", "C"), ("reset_frame", "X"), ("undo", "U"), ("redo", "Y")] {
                        button data-act=(act) title=(format!("{} ({key})", t(act))) { span { (t(act)) } kbd { (key) } }
                    }
                    label { span { (t("radius")) " " output #radius-value {} " mm" } input #radius type="range" min="2" max="60" value="14"; }
                    label { span { (t("reach")) " " output #reach-value {} } input #reach type="range" min="0" max="8" value="0"; }
                }
                div.views {
                    div.stage {
                        canvas #main tabindex="0" role="img" aria-label=(t("picture_help")) {}
                        span #frame-label.onpicture {}
                        span #preview-bar.onpicture hidden { (t("preview")) " " button #take { (t("take")) " ⏎" } button #drop-preview { (t("discard")) " Esc" } }
                    }
                    div.cine {
                        button #play aria-pressed="false" title="Space" { "▶" }
                        input #frame type="range" min="1" max="1" value="1" aria-label=(t("frame"));
                        button #to-ed title="E" { "ED" }
                        button #to-es title="R" { "ES" }
                        button #set-ed title="Shift+E" { (t("set_ed")) }
                        button #set-es title="Shift+R" { (t("set_es")) }
                        select #colours aria-label=(t("colours")) {
                            option value="grey" { (t("grey")) } option value="hot" { (t("hot")) } option value="cividis" { "Cividis" }
                        }
                        label { (t("window")) input #window type="range" min="5" max="150" value="100"; }
                        label { (t("level")) input #level type="range" min="0" max="100" value="50"; }
                        button #fit title="0" { (t("fit")) }
                    }
                    canvas #curve tabindex="0" role="img" aria-label=(t("curve_help")) {}
                }
                aside {
                    div.phases {
                        figure { canvas #ed role="img" aria-label=(t("end_diastole")) {} figcaption #ed-caption { "ED" } }
                        figure { canvas #es role="img" aria-label=(t("end_systole")) {} figcaption #es-caption { "ES" } }
                    }
                    section { h2 { (t("findings")) } ul #findings {} }
                    section { h2 { (t("protocols")) } table #protocols { tbody {} } p #one-pixel.quiet {} }
                    section { h2 { (t("history")) } ol #history {} ul #statements {} }
                    @if others.len() > 1 {
                        section { h2 { (t("studies_of_patient")) } table { tbody {
                            @for other in &others {
                                tr { td { a href=(format!("/study/{}", other.public_id)) aria-current=[(other.id == study.id).then_some("true")] { (date(other)) } }
                                    td.number { @if let Some(lvef) = other.reviewed_lvef_percent.or(other.lvef_percent) { (format!("{lvef:.1} %")) } @else { "-" } } }
                            }
                        } } }
                    }
                    p { a href=(format!("/study/{id}/report.html")) target="_blank" rel="noopener" { (t("report")) } }
                    p.quiet #provenance {}
                }
                dialog #keys aria-labelledby="keys-title" { h2 #keys-title { (t("keys")) } table { tbody {} } form method="dialog" { button autofocus { (t("close")) } } }
                dialog #signing aria-labelledby="signing-title" {
                    form #sign-form {
                        h2 #signing-title { (t("sign")) } p #signing-text {}
                        label { (t("password")) input #sign-password type="password" autocomplete="current-password" required; }
                        p #signing-message role="alert" {}
                        button.primary type="submit" { (t("sign")) } button type="button" #sign-cancel { (t("discard")) }
                    }
                }
            }
        };
        let page = page(&Page { title: &name, language, person: Some(&person), module: Some("study.js"), body, data: &[("study", &id)] });
        Ok(page.into_response())
    })
    .await
}
