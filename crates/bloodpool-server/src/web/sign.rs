//! Statements on a study: reviewed, and signed with the password of a physician.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bloodpool_core::Analysis;
use bloodpool_report::{Language, ReviewStatement};
use maud::html;
use serde::{Deserialize, Serialize};

use super::app::{App, Who, require};
use super::language::text;
use super::live::LiveStudy;
use super::page::{Page, page};
use super::proxy::Asker;
use super::refusal::{Refusal, from_json, json};
use super::report::{document, jiff_text, record};
use super::study_request::{AskedStudy, StudyRequest};
use crate::UtcTime;
use crate::analysis::{ObjectKind, Produced};
use crate::outbox::route::ResultStatus;
use crate::people::account::{Person, PersonRole};
use crate::people::login::LoginOutcome;
use crate::review::listed::ListedStudy;
use crate::review::program::StatedResult;
use crate::review::recorded::{NewStatement, Recorded};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AcceptRequest {
    revision: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignRequest {
    revision: i64,
    password: String,
}

#[derive(Serialize)]
struct StatementMade {
    version: i64,
}

/// `POST /api/study/{id}/accept`: the study was reviewed.
pub(super) async fn accept(request: StudyRequest, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_edit)?;
    let asked_for: AcceptRequest = from_json(&headers, body).await?;
    request.open(move |asked, live| state(asked, live, asked_for.revision, ResultStatus::Reviewed)).await
}

/// `POST /api/study/{id}/sign`: the password is asked for again.
pub(super) async fn sign(
    request: StudyRequest,
    axum::Extension(asker): axum::Extension<Asker>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_sign)?;
    let asked_for: SignRequest = from_json(&headers, body).await?;
    let from = asker.address.to_string();
    let signed = request.study(move |asked| {
        let (app, person) = (asked.app, asked.person);
        match app.store.log_in(&app.reader, &person.name, &asked_for.password, &from, UtcTime::now())? {
            LoginOutcome::Person(found) if found.id == person.id => {
                state(asked, &*app.open(&asked.study)?, asked_for.revision, ResultStatus::Signed)
            }
            LoginOutcome::Limited => Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_logins")),
            _ => Err(Refusal::new(StatusCode::FORBIDDEN, "wrong_password")),
        }
    });
    signed.await
}

fn state(asked: &AskedStudy<'_>, live: &LiveStudy, revision: i64, status: ResultStatus) -> Result<Response, Refusal> {
    let AskedStudy { app, person, ref study, .. } = *asked;
    let review = live.review();
    let analysis = live.opened.measured(review.history.state(), &*app.program);
    let analysis = analysis.map_err(|error| Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "no_lvef", error))?;
    if status == ResultStatus::Signed && analysis.usable_lvef_percent().is_none() {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "withheld"));
    }
    let function = analysis.function(&live.opened.study);
    let document = document(study, live, &analysis, function.as_ref())?;
    let automatic = live.automatic.as_ref().ok().and_then(Analysis::usable_lvef_percent);
    let (at, version) = (UtcTime::now(), next_version(app, study)?);
    let statement = NewStatement {
        status,
        revision,
        lvef_percent: analysis.usable_lvef_percent(),
        automatic_lvef_percent: automatic,
        document: &document,
        version,
        at,
        other_protocol: (analysis.protocol.name != live.opened.protocol.name).then_some(&analysis.protocol.name),
    };
    let mut record = record(asked, live, &review)?;
    record.statements.push(review_statement(study, person, &statement));
    let stated = StatedResult {
        key: &study.key,
        files: study.paths(&app.store),
        study: &live.opened.study,
        analysis: &analysis,
        status,
        version,
        supersedes: app.reader.reviews_with(&study.key, ObjectKind::StructuredReport)?,
        person: &person.name,
        at,
        review: record,
    };
    let produced = objects(app, stated, &document)?;
    match app.store.record_statement(study, person, &statement, &produced, &app.routes)? {
        Recorded::Done(version) => Ok(json(&StatementMade { version })),
        Recorded::ChangedSince(by) => {
            let by = by.unwrap_or_default();
            let text = format!("the study was changed by {by} meanwhile");
            Err(Refusal::because(StatusCode::CONFLICT, "changed_since", text))
        }
    }
}

/// The number of the next statement.
fn next_version(app: &App, study: &ListedStudy) -> Result<i64, Refusal> {
    Ok(app.reader.statements(study.id)?.last().map_or(0, |made| made.version) + 1)
}

/// The statement that is being made, as the report has it.
fn review_statement(study: &ListedStudy, person: &Person, statement: &NewStatement<'_>) -> ReviewStatement {
    let analysis = &study.key.analysis;
    ReviewStatement {
        signed: statement.status == ResultStatus::Signed,
        version: statement.version,
        person: person.name.clone(),
        at: jiff_text(statement.at),
        lvef_percent: statement.lvef_percent,
        model: analysis.model.clone(),
        protocol: statement.other_protocol.unwrap_or(&analysis.protocol).to_owned(),
        program: analysis.version.clone(),
        document_sha256: bloodpool_files::sha256(statement.document.as_bytes()),
        changed_since: false,
    }
}

/// The objects for the archives, and the document; none where no archive takes results of this status.
fn objects(app: &App, stated: StatedResult<'_>, document: &str) -> Result<Vec<Produced>, Refusal> {
    if !app.routes.iter().any(|route| route.statuses.contains(&stated.status)) {
        return Ok(Vec::new());
    }
    let made = app.program.objects(stated).map_err(|error| {
        tracing::error!(event = "objects_failed", reason = %error);
        Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "no_objects", error)
    })?;
    let document = Produced { kind: ObjectKind::Document, sop_instance_uid: None, bytes: document.as_bytes().to_vec() };
    Ok(std::iter::once(document).chain(made).collect())
}

/// `GET /study/{id}/signed/{version}`: what was stated, as it was.
pub(super) async fn signed_page(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(language): axum::Extension<Language>,
    Path((id, version)): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    require(person.role.may_read())?;
    app.blocking(move |app| {
        let study = app.listed(&id)?;
        let found = app.reader.statements(study.id)?.into_iter().find(|made| made.version == version);
        let made = found.ok_or_else(Refusal::not_found)?;
        let t = |key| text(language, key);
        let percent = |lvef: Option<f64>| lvef.map_or("-".to_owned(), |lvef| format!("{lvef:.1} %"));
        let body = html! {
            main.narrow {
                h1 { (t(made.status.name())) " · " (version) }
                dl {
                    dt { (t("person")) } dd { (made.person) }
                    dt { (t("date")) } dd { (jiff_text(made.at)) }
                    dt { "LVEF" } dd { (percent(made.lvef_percent)) }
                    dt { (t("automatic")) } dd { (percent(made.automatic_lvef_percent)) }
                    dt { (t("model")) } dd { (made.analysis.model) }
                    dt { (t("protocol")) } dd { (made.analysis.protocol) }
                    dt { "SHA-256" } dd { code { (made.document_sha256) } }
                }
                p {
                    a href=(format!("/study/{id}/signed/{version}/document.json")) { (t("document")) }
                    " · "
                    a href=(format!("/study/{id}")) { (t("to_study")) }
                }
            }
        };
        let page = page(&Page { title: t("signed"), language, person: Some(&person), module: None, body, data: &[] });
        Ok(page.into_response())
    })
    .await
}

/// `GET /study/{id}/signed/{version}/document.json`: the bytes that were signed.
pub(super) async fn signed_document(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path((id, version)): Path<(String, i64)>,
) -> Result<Response, Refusal> {
    require(person.role.may_read())?;
    app.blocking(move |app| {
        let study = app.listed(&id)?;
        let text = app.reader.statement_document(study.id, version)?.ok_or_else(Refusal::not_found)?;
        Ok(([(header::CONTENT_TYPE, "application/json")], text).into_response())
    })
    .await
}
