//! Statements on a study: reviewed, and signed with the password of a physician.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bloodpool_core::Analysis;
use bloodpool_report::Language;
use maud::html;
use serde::{Deserialize, Serialize};

use super::app::{App, Who, require};
use super::language::text;
use super::page::{Page, page};
use super::proxy::Asker;
use super::refusal::{Refusal, from_json, json};
use super::report::{document, jiff_text};
use crate::UtcTime;
use crate::outbox::route::ResultStatus;
use crate::people::account::Person;
use crate::people::login::LoginOutcome;
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
pub(super) async fn accept(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    require(person.role.may_edit())?;
    let request: AcceptRequest = from_json(&headers, body).await?;
    app.blocking(move |app| state(app, &id, &person, request.revision, ResultStatus::Reviewed)).await
}

/// `POST /api/study/{id}/sign`: the password is asked for again.
pub(super) async fn sign(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    axum::Extension(asker): axum::Extension<Asker>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    require(person.role.may_sign())?;
    let request: SignRequest = from_json(&headers, body).await?;
    let from = asker.address.to_string();
    app.blocking(move |app| {
        let now = UtcTime::now();
        match app.store.log_in(&app.reader, &person.name, &request.password, &from, now)? {
            LoginOutcome::Person(found) if found.id == person.id => {
                state(app, &id, &person, request.revision, ResultStatus::Signed)
            }
            LoginOutcome::Limited => Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_logins")),
            _ => Err(Refusal::new(StatusCode::FORBIDDEN, "wrong_password")),
        }
    })
    .await
}

fn state(app: &App, id: &str, person: &Person, revision: i64, status: ResultStatus) -> Result<Response, Refusal> {
    let study = app.listed(id)?;
    let live = app.open(&study)?;
    let review = live.review();
    let analysis = live.opened.measured(review.history.state(), &*app.program);
    let analysis = analysis.map_err(|error| Refusal::because(StatusCode::UNPROCESSABLE_ENTITY, "no_lvef", error))?;
    if status == ResultStatus::Signed && analysis.usable_lvef_percent().is_none() {
        return Err(Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "withheld"));
    }
    let function = analysis.function(&live.opened.study);
    let document = document(&study, &live, &analysis, function.as_ref())?;
    let automatic = live.automatic.as_ref().ok().and_then(Analysis::usable_lvef_percent);
    let statement = NewStatement {
        status,
        revision,
        lvef_percent: analysis.usable_lvef_percent(),
        automatic_lvef_percent: automatic,
        document: &document,
    };
    match app.store.record_statement(&study, person, &statement, UtcTime::now())? {
        Recorded::Done(version) => Ok(json(&StatementMade { version })),
        Recorded::ChangedSince(by) => {
            let by = by.unwrap_or_default();
            let text = format!("the study was changed by {by} meanwhile");
            Err(Refusal::because(StatusCode::CONFLICT, "changed_since", text))
        }
    }
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
                    dt { (t("model")) } dd { (study.key.analysis.model) }
                    dt { (t("protocol")) } dd { (study.key.analysis.protocol) }
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
