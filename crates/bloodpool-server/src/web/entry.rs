//! How people come in and go out: password, link that is used once, end of the session; and the choice of a language.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use bloodpool_report::Language;
use maud::html;
use serde::{Deserialize, Serialize};

use super::app::{App, Who, count};
use super::guard::{cookie, language_cookie, with_cookie};
use super::language::text;
use super::page::{Page, page};
use super::proxy::Asker;
use super::refusal::{Refusal, from_json, json};
use crate::UtcTime;
use crate::people::account::{Person, PersonRole};
use crate::people::login::LoginOutcome;
use crate::people::secret::{ABSOLUTE, SecretKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LoginRequest {
    name: String,
    password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkRequest {
    token: String,
}

#[derive(Serialize)]
struct WelcomeFields {
    name: String,
    role: &'static str,
}

/// `GET /login`.
pub(super) async fn login_page(axum::Extension(language): axum::Extension<Language>) -> Html<String> {
    let t = |key| text(language, key);
    let body = html! {
        main.narrow {
            h1 { "bloodpool" }
            p.quiet { (t("research_only")) }
            form #login autocomplete="on" {
                label { (t("account")) input name="name" autocomplete="username" required autofocus; }
                label {
                    (t("password"))
                    input name="password" type="password" autocomplete="current-password" required;
                }
                button.primary type="submit" { (t("log_in")) }
                p #message role="alert" {}
            }
        }
    };
    page(&Page { title: t("log_in"), language, person: None, module: Some("enter.js"), body, data: &[] })
}

/// `GET /enter`: exchanges the token behind the `#` of the address, which browsers do not send and logs do not hold.
pub(super) async fn enter_page(axum::Extension(language): axum::Extension<Language>) -> Html<String> {
    let t = |key| text(language, key);
    let body = html! {
        main.narrow {
            h1 { "bloodpool" }
            p #message role="status" { (t("entering")) }
            noscript { p { (t("script_needed")) } }
        }
    };
    page(&Page { title: "bloodpool", language, person: None, module: Some("enter.js"), body, data: &[] })
}

/// `POST /login`.
pub(super) async fn login(
    State(app): State<Arc<App>>,
    axum::Extension(asker): axum::Extension<Asker>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    let request: LoginRequest = from_json(&headers, body).await?;
    // Who waits here holds no memory; too many are sent away.
    let busy = || Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_logins");
    let _place = app.logins.try_acquire().map_err(|_| busy())?;
    let from = asker.address.to_string();
    let old = cookie(&headers, app.settings.cookie_name()).map(str::to_owned);
    let outcome = app
        .blocking(move |app| {
            let outcome = app.store.log_in(&app.reader, &request.name, &request.password, &from, UtcTime::now())?;
            if let Some(old) = old.filter(|_| matches!(outcome, LoginOutcome::Person(_))) {
                app.store.remove_secret(&old)?;
            }
            Ok(outcome)
        })
        .await?;
    match outcome {
        LoginOutcome::Person(person) => welcome(&app, person).await,
        LoginOutcome::Refused => {
            count(&app.counters.failed_logins);
            Err(Refusal::new(StatusCode::UNAUTHORIZED, "wrong_password"))
        }
        LoginOutcome::Limited => {
            count(&app.counters.failed_logins);
            Err(busy())
        }
    }
}

/// `POST /enter`.
pub(super) async fn enter(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Result<Response, Refusal> {
    let request: LinkRequest = from_json(&headers, body).await?;
    let person = app.blocking(move |app| Ok(app.store.use_link(&request.token, UtcTime::now())?)).await?;
    match person {
        Some(person) => welcome(&app, person).await,
        None => Err(Refusal::new(StatusCode::UNAUTHORIZED, "link_used")),
    }
}

async fn welcome(app: &Arc<App>, person: Person) -> Result<Response, Refusal> {
    let id = person.id;
    let secret = app
        .blocking(move |app| Ok(app.store.add_secret(SecretKind::Session, id, None, ABSOLUTE, UtcTime::now())?))
        .await?;
    let secure = if app.settings.secure() { "; Secure" } else { "" };
    let name = app.settings.cookie_name();
    let cookie = format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", ABSOLUTE.as_secs());
    Ok(with_cookie(&cookie, json(&WelcomeFields { name: person.name, role: person.role.name() })))
}

/// `POST /logout`.
pub(super) async fn logout(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Refusal> {
    let name = app.settings.cookie_name();
    if let Some(secret) = cookie(&headers, name).map(str::to_owned) {
        app.blocking(move |app| Ok(app.store.remove_secret(&secret)?)).await?;
    }
    let secure = if app.settings.secure() { "; Secure" } else { "" };
    let gone = format!("{name}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0{secure}");
    Ok(with_cookie(&gone, StatusCode::NO_CONTENT))
}

/// `POST /language/{code}`.
pub(super) async fn choose_language(
    State(app): State<Arc<App>>,
    Path(code): Path<String>,
) -> Result<Response, Refusal> {
    let language = Language::of_code(&code).ok_or_else(Refusal::not_found)?;
    Ok(with_cookie(&language_cookie(language, app.settings.secure()), StatusCode::NO_CONTENT))
}

/// `GET /`: what a person has to do here.
pub(super) async fn start(State(app): State<Arc<App>>, axum::Extension(person): Who) -> Response {
    let to = match app.annotation {
        Some(_) if person.role == PersonRole::Rater => "/annotate",
        Some(_) if person.role.may_oversee() => "/annotate/progress",
        _ => "/studies",
    };
    Redirect::to(to).into_response()
}
