//! What every request passes: the host that is asked for, where a change comes from, who asks, and headers of every reply.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use bloodpool_report::Language;

use super::app::{App, count};
use super::page::refused_page;
use super::refusal::Refusal;
use crate::UtcTime;
use crate::people::account::Person;
use crate::people::secret::SecretKind;

/// Nothing runs and nothing is loaded but from this server, and no page of another site shows this one in a frame.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Name of the cookie of the language.
const LANGUAGE_COOKIE: &str = "bloodpool-language";

/// The first thing that every request passes.
pub(super) async fn guard(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    count(&app.counters.requests);
    let headers = request.headers();
    let language = language(headers);
    let wants_page = request.method() == Method::GET
        && headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|text| text.contains("text/html"));
    let checked = checked(&app, request.method(), headers);
    request.extensions_mut().insert(language);
    let mut response = match checked {
        Ok(()) => next.run(request).await,
        Err(refusal) => {
            count(&app.counters.refused);
            refusal.into_response()
        }
    };
    if wants_page && let Some(refusal) = response.extensions().get::<Refusal>().cloned() {
        response = (refusal.status, refused_page(language, &refusal)).into_response();
    }
    let headers = response.headers_mut();
    let mut put = |name: HeaderName, value: &'static str| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    put(header::REFERRER_POLICY, "no-referrer");
    put(header::CACHE_CONTROL, "no-store");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    if app.settings.secure {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

fn checked(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    // A name of another site that resolves to this machine (DNS rebinding) is not one of these.
    if !app.settings.hosts.contains(&host) {
        return Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, "host_not_allowed"));
    }
    if matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    if *method != Method::POST {
        return Err(Refusal::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"));
    }
    // A program has a token, which no browser sends by itself.
    if bearer(headers).is_some() {
        return Ok(());
    }
    let refused = || Refusal::new(StatusCode::FORBIDDEN, "other_site");
    let scheme = if app.settings.secure { "https" } else { "http" };
    let origin = headers.get(header::ORIGIN).and_then(|value| value.to_str().ok()).ok_or_else(refused)?;
    if origin.to_ascii_lowercase() != format!("{scheme}://{host}") {
        return Err(refused());
    }
    let site = headers.get("sec-fetch-site").map(|value| value.to_str().unwrap_or(""));
    if site.is_some_and(|site| site != "same-origin") {
        return Err(refused());
    }
    Ok(())
}

/// Routes behind this one have a person.
pub(super) async fn require_person(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    let (kind, secret) = match bearer(headers) {
        Some(token) => (SecretKind::Token, Some(token.to_owned())),
        None => (SecretKind::Session, cookie(headers, app.settings.cookie_name()).map(str::to_owned)),
    };
    let found = match secret {
        None => Ok(None),
        Some(secret) => {
            app.blocking(move |app| Ok(app.store.person_of(&app.reader, kind, &secret, UtcTime::now())?)).await
        }
    };
    match found {
        Ok(Some(person)) => {
            request.extensions_mut().insert::<Person>(person);
            next.run(request).await
        }
        Ok(None) if request.method() == Method::GET && !is_data(request.uri().path()) => {
            Redirect::to("/login").into_response()
        }
        Ok(None) => Refusal::new(StatusCode::UNAUTHORIZED, "log_in").into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn is_data(path: &str) -> bool {
    path.starts_with("/api/") || path.starts_with("/dicom-web/") || path == "/metrics"
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

pub(super) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.flat_map(|text| text.split(';')).find_map(|pair| {
        let (found, value) = pair.trim().split_once('=')?;
        (found == name).then_some(value)
    })
}

/// The language that was chosen, otherwise the first of the browser's that there is.
fn language(headers: &HeaderMap) -> Language {
    if let Some(chosen) = cookie(headers, LANGUAGE_COOKIE).and_then(Language::of_code) {
        return chosen;
    }
    let accepted = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let codes = accepted.split(',').filter_map(|part| part.trim().get(..2));
    codes.map(str::to_ascii_lowercase).find_map(|code| Language::of_code(&code)).unwrap_or_default()
}

/// A cookie that keeps a language.
pub(super) fn language_cookie(language: Language) -> String {
    format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax", language.code())
}

/// The address of the one who asks, for limits and the audit trail.
pub(super) fn address(connection: &ConnectInfo<SocketAddr>) -> String {
    connection.0.ip().to_string()
}

/// A reply that sets a cookie.
pub(super) fn with_cookie(cookie: &str, reply: impl IntoResponse) -> Response<Body> {
    let mut response = reply.into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
