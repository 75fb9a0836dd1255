//! The report of a study as it is reviewed now, with its statements and edits.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bloodpool_core::Analysis;
use bloodpool_core::function::VentricularFunction;
use bloodpool_report::{
    AnalysisDocument, FunctionOverview, Language, OverviewPicture, OverviewRow, Report, ReviewEdit, ReviewRecord,
    ReviewStatement,
};
use serde::Serialize;

use super::language::text;
use super::live::{LiveReview, LiveStudy};
use super::refusal::{Refusal, json};
use super::study_request::{AskedStudy, StudyRequest};
use crate::outbox::route::ResultStatus;
use crate::people::account::PersonRole;
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

/// What people changed and stated, as the report has it.
pub(super) fn record(asked: &AskedStudy<'_>, live: &LiveStudy, review: &LiveReview) -> Result<ReviewRecord, Refusal> {
    let AskedStudy { app, language, ref study, .. } = *asked;
    let made = review.history.changes().iter().zip(&review.people).take(review.history.position());
    let edits = made.map(|(change, person)| ReviewEdit {
        person: person.clone(),
        action: text(language, action_key(&change.action)).to_owned(),
        frame: change.frame,
        frames: change.outlines.iter().map(|outline| outline.frame).collect(),
    });
    let statements = app.reader.statements(study.id)?.into_iter().map(|made| ReviewStatement {
        signed: made.status == ResultStatus::Signed,
        version: made.version,
        person: made.person,
        at: jiff_text(made.at),
        lvef_percent: made.lvef_percent,
        model: made.analysis.model,
        protocol: made.analysis.protocol,
        program: made.analysis.version,
        document_sha256: made.document_sha256,
        changed_since: made.revision != review.revision,
    });
    Ok(ReviewRecord {
        statements: statements.collect(),
        edits: edits.collect(),
        automatic_lvef_percent: live.automatic.as_ref().ok().and_then(Analysis::usable_lvef_percent),
        audit_head: app.reader.audit_head()?,
    })
}

/// The report of a study as it is reviewed now, made into bytes.
fn made<T>(
    asked: &AskedStudy<'_>,
    live: &LiveStudy,
    make: impl FnOnce(&Report<'_>, Language) -> Result<T, String>,
) -> Result<T, Refusal> {
    let AskedStudy { app, language, ref study, .. } = *asked;
    let (analysis, review) = {
        let review = live.review();
        (live.opened.measured(review.history.state(), &*app.program), record(asked, live, &review)?)
    };
    let analysis = analysis.map_err(|error| Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "no_lvef", error))?;
    let measured = analysis.measured_study(&live.opened.study);
    let function = analysis.function(measured);
    let document = document(study, live, &analysis, function.as_ref())?;
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
        review: Some(&review),
    };
    make(&report, language).map_err(|error| {
        tracing::error!("a report cannot be made: {error}");
        Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
    })
}

/// `GET /study/{id}/report.html`.
pub(super) async fn report(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    let report = request.open(|asked, live| {
        let page = made(asked, live, |report, language| report.html_in(language).map_err(|error| error.to_string()))?;
        let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
        Ok(([kind, (header::CONTENT_SECURITY_POLICY, REPORT_POLICY)], page).into_response())
    });
    report.await
}

/// `GET /study/{id}/report.pdf`.
pub(super) async fn report_pdf(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    let report = request.open(|asked, live| {
        let bytes = made(asked, live, |report, language| report.pdf(language).map_err(|error| error.to_string()))?;
        Ok(([(header::CONTENT_TYPE, "application/pdf")], bytes).into_response())
    });
    report.await
}

#[derive(Serialize)]
struct PictureFields {
    title: &'static str,
    alt: String,
    /// A PNG file in base64.
    png: String,
}

#[derive(Serialize)]
struct RowFields {
    title: &'static str,
    value: Option<String>,
    /// Why there is no value.
    reason: Option<String>,
}

#[derive(Default, Serialize)]
struct FunctionFields {
    pictures: Vec<PictureFields>,
    rows: Vec<RowFields>,
    refused: Vec<String>,
}

/// `GET /api/study/{id}/function`: amplitude and phase images and rates of the study as it is reviewed now. The page asks for them
/// where they are looked at: they take longer than an LVEF.
pub(super) async fn function(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    let found = request.open(|asked, live| {
        let analysis = {
            let review = live.review();
            live.opened.measured(review.history.state(), &*asked.app.program)
        };
        let study = &live.opened.study;
        let function = analysis.as_ref().ok().and_then(|analysis| Some((analysis, analysis.function(study)?)));
        let Some((analysis, function)) = function else { return Ok(json(&FunctionFields::default())) };
        let overview = FunctionOverview::of(analysis.measured_study(study), analysis, &function, asked.language);
        let overview = overview.map_err(|error| {
            tracing::error!("pictures of a study cannot be made: {error}");
            Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal")
        })?;
        let picture =
            |made: OverviewPicture| PictureFields { title: made.title, alt: made.alt, png: STANDARD.encode(made.png) };
        let row = |row: OverviewRow| RowFields {
            title: row.title,
            reason: row.value.as_ref().err().cloned(),
            value: row.value.ok(),
        };
        Ok(json(&FunctionFields {
            pictures: overview.pictures.into_iter().map(picture).collect(),
            rows: overview.rows.into_iter().map(row).collect(),
            refused: overview.refused,
        }))
    });
    found.await
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
