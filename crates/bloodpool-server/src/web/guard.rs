//! What every request passes: the host that is asked for, where a change comes from, who asks, and headers of every reply.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use bloodpool_report::Language;

use super::app::{App, count};
use super::page::refused_page;
use super::proxy::{Asker, Peer, asker};
use super::refusal::Refusal;
use crate::UtcTime;
use crate::people::account::Person;
use crate::people::secret::SecretKind;

/// Nothing runs and nothing is loaded but from this server, and no page of another site shows this one in a frame.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; \
    connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Name of the cookie of the language.
const LANGUAGE_COOKIE: &str = "bloodpool-language";

/// What a program with a token may change: it may send studies.
const BY_TOKEN: [&str; 2] = ["/dicom-web/studies", "/api/studies"];

/// The first thing that every request passes.
pub(super) async fn guard(
    State(app): State<Arc<App>>,
    axum::Extension(ConnectInfo(peer)): axum::Extension<ConnectInfo<Peer>>,
    mut request: Request,
    next: Next,
) -> Response {
    count(&app.counters.requests);
    let headers = request.headers();
    let language = language(headers);
    let wants_page = request.method() == Method::GET
        && headers
            .get(header::ACCEPT)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|text| text.contains("text/html"));
    let asker = asker(&app.settings.transport, peer, headers);
    let checked = asker.and_then(|asker| checked(&app, request.method(), headers).map(|()| asker));
    request.extensions_mut().insert(language);
    let mut response = match checked {
        Ok(asker) => {
            request.extensions_mut().insert(asker);
            next.run(request).await
        }
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
    if app.settings.secure() {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

fn checked(app: &App, method: &Method, headers: &HeaderMap) -> Result<(), Refusal> {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or("").to_ascii_lowercase();
    // A name of another site that resolves to this machine (DNS rebinding) is not one of these.
    if !app.hosts.contains(&host) {
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
    let scheme = app.settings.scheme();
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
pub(super) async fn require_person(
    State(app): State<Arc<App>>,
    axum::Extension(asker): axum::Extension<Asker>,
    mut request: Request,
    next: Next,
) -> Response {
    let proof = proof(&app, &asker, request.headers());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let found = app.blocking(move |app| person(app, proof, &method, &path)).await;
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

/// What a request says of who sends it.
enum Proof {
    Nothing,
    Session(String),
    Token(String),
    /// The name of an account, from the proxy.
    SignedOn(String),
}

fn proof(app: &App, asker: &Asker, headers: &HeaderMap) -> Proof {
    if let Some(token) = bearer(headers) {
        return Proof::Token(token.to_owned());
    }
    if let Some(account) = &asker.account {
        return Proof::SignedOn(account.clone());
    }
    cookie(headers, app.settings.cookie_name()).map_or(Proof::Nothing, |secret| Proof::Session(secret.to_owned()))
}

fn person(app: &App, proof: Proof, method: &Method, path: &str) -> Result<Option<Person>, Refusal> {
    let now = UtcTime::now();
    match proof {
        Proof::Nothing => Ok(None),
        Proof::Session(secret) => Ok(app.store.person_of(&app.reader, SecretKind::Session, &secret, now)?),
        Proof::SignedOn(name) => {
            let found = app.reader.signed_on(&name)?;
            found.map(Some).ok_or_else(|| Refusal::new(StatusCode::FORBIDDEN, "no_account"))
        }
        Proof::Token(secret) => {
            let Some(person) = app.store.person_of(&app.reader, SecretKind::Token, &secret, now)? else {
                return Ok(None);
            };
            if *method == Method::POST && !BY_TOKEN.contains(&path) {
                return Err(Refusal::new(StatusCode::FORBIDDEN, "not_by_token"));
            }
            // What it sends is recorded where it is received. Counts without names are no act.
            if *method != Method::POST && path != "/metrics" {
                app.store.record_act(&person.name, "read", path, "")?;
            }
            Ok(Some(person))
        }
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
pub(super) fn language_cookie(language: Language, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}", language.code())
}

/// A reply that sets a cookie.
pub(super) fn with_cookie(cookie: &str, reply: impl IntoResponse) -> Response<Body> {
    let mut response = reply.into_response();
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}
