//! The report of a study as it is reviewed now, with its statements and edits.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bloodpool_core::Analysis;
use bloodpool_core::function::VentricularFunction;
use bloodpool_report::{AnalysisDocument, Language, Report};
use maud::html;

use super::app::{App, Who, require};
use super::language::text;
use super::live::LiveStudy;
use super::refusal::Refusal;
use crate::review::listed::ListedStudy;

/// The report has its style and its script within itself. It runs apart from this site: it reaches neither cookies nor pages.
const REPORT_POLICY: &str = "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; \
    style-src 'unsafe-inline'; img-src data:; font-src data:; frame-ancestors 'none'";

/// The document of an analysis, on one line.
pub(super) fn document(
    study: &ListedStudy,
    live: &LiveStudy,
    analysis: &Analysis,
    function: Option<&VentricularFunction>,
) -> Result<String, Refusal> {
    let failed = |error: String| Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "no_document", error);
    let measured = analysis.measured_study(&live.opened.study);
    let document = AnalysisDocument::new(&study.key.input_uid, measured, analysis, function);
    let document = document.map_err(|error| failed(error.to_string()))?;
    serde_json::to_string(&document).map_err(|error| failed(error.to_string()))
}

/// `GET /study/{id}/report.html`.
pub(super) async fn report(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    require(person.role.may_read())?;
    app.blocking(move |app| {
        let study = app.listed(&id)?;
        let live = app.open(&study)?;
        let (analysis, edits, revision) = {
            let review = live.review();
            let made = review.history.changes().iter().zip(&review.people).take(review.history.position());
            let edits: Vec<String> = made
                .map(|(change, person)| {
                    let (done, frame) = (text(language, action_key(&change.action)), text(language, "frame"));
                    format!("{person}: {done} ({frame} {})", change.frame)
                })
                .collect();
            (live.opened.measured(review.history.state(), &*app.program), edits, review.revision)
        };
        let analysis =
            analysis.map_err(|error| Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "no_lvef", error))?;
        let measured = analysis.measured_study(&live.opened.study);
        let function = analysis.function(measured);
        let document = document(&study, &live, &analysis, function.as_ref())?;
        let report = Report {
            source: &study.key.input_uid,
            source_files: &[],
            set_aside: &[],
            study: measured,
            analysis: &analysis,
            function: function.as_ref(),
            known_bias: app.program.known_bias(),
            document: &document,
            serial: None,
        };
        let page = report.html_in(language).map_err(|error| {
            tracing::error!("a report cannot be made: {error}");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        })?;
        let statements = app.reader.statements(study.id)?;
        let automatic = live.automatic.as_ref().ok().and_then(Analysis::usable_lvef_percent);
        let percent = |lvef: Option<f64>| lvef.map_or("-".to_owned(), |lvef| format!("{lvef:.1} %"));
        let t = |key| text(language, key);
        let block = html! {
            section style="border:2px solid #666;padding:8px 12px;margin:8px 0" {
                strong { (t("statements")) }
                @if statements.is_empty() { p { (t("not_signed")) } }
                ul { @for made in &statements { li {
                    (t(made.status.name())) ": " (made.person)
                    ", " (jiff_text(made.at)) ", LVEF " (percent(made.lvef_percent)) ", SHA-256 " (made.document_sha256)
                    @if made.revision != revision { " - " (t("changed_after")) }
                } } }
                p { (t("automatic")) ": " (percent(automatic)) }
                @if !edits.is_empty() { p { (t("edits")) } ol { @for edit in &edits { li { (edit) } } } }
                p { (t("audit_head")) ": " (app.reader.audit_head()?) }
            }
        };
        let at = page.find("<body").and_then(|from| page[from..].find('>').map(|to| from + to + 1)).unwrap_or(0);
        let whole = format!("{}{}{}", &page[..at], block.into_string(), &page[at..]);
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        let headers = [kind, (header::CONTENT_SECURITY_POLICY, REPORT_POLICY)];
        Ok((headers, whole).into_response())
    })
    .await
}

/// The text of what was done.
pub(super) fn action_key(action: &str) -> &str {
    match action {
        "end_diastole" => "set_ed",
        "end_systole" => "set_es",
        other => other,
    }
}

/// A moment in UTC, to the second.
pub(super) fn jiff_text(at: crate::UtcTime) -> String {
    jiff::Timestamp::from_millisecond(at.0)
        .map_or_else(|_| at.0.to_string(), |at| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
}
