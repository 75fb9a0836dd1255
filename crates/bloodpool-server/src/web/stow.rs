//! STOW-RS (DICOM PS3.18, 10.5): instances from programs, as `multipart/related`, into the inbox.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::app::{App, Who, require};
use super::refusal::Refusal;
use super::upload::whole_body;

/// Most parts of one request.
const MOST_PARTS: usize = 2000;
/// Failure Reason (0008,1197): cannot understand (PS3.18 table I.2-2; the codes are those of C-STORE).
const CANNOT_UNDERSTAND: u64 = 0xC000;
/// Failure Reason: out of resources.
const OUT_OF_RESOURCES: u64 = 0xA700;

/// `POST /dicom-web/studies`.
pub(super) async fn store(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    require(person.role.may_edit())?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let boundary = boundary(kind).ok_or_else(|| Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_multipart"))?;
    let _place = app.uploads.acquire().await.map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping"))?;
    let bytes = whole_body(body).await?;
    app.blocking(move |app| {
        let parts = parts(&bytes, &boundary).ok_or_else(|| Refusal::new(StatusCode::BAD_REQUEST, "malformed"))?;
        let (mut stored, mut failed) = (Vec::new(), Vec::new());
        for part in parts {
            match app.inbox.receive(&mut &part[..], &format!("stow:{}", person.name)) {
                Ok(file) => {
                    app.store.record_act(&person.name, "receive", file.sop_instance_uid.as_str(), "")?;
                    app.counters.uploads.fetch_add(1, Ordering::Relaxed);
                    stored.push(json!({
                        "00081150": ui(file.sop_class_uid.as_str()),
                        "00081155": ui(file.sop_instance_uid.as_str()),
                    }));
                }
                Err(error) => {
                    let refusal = Refusal::from(error);
                    let full = refusal.status == StatusCode::INSUFFICIENT_STORAGE;
                    let reason = if full { OUT_OF_RESOURCES } else { CANNOT_UNDERSTAND };
                    failed.push(json!({ "00081197": { "vr": "US", "Value": [reason] } }));
                }
            }
        }
        let status = match (stored.is_empty(), failed.is_empty()) {
            (_, true) => StatusCode::OK,
            (false, false) => StatusCode::ACCEPTED,
            (true, false) => StatusCode::CONFLICT,
        };
        let mut reply = serde_json::Map::new();
        let mut put = |tag: &str, items: Vec<Value>| {
            if !items.is_empty() {
                reply.insert(tag.to_owned(), json!({ "vr": "SQ", "Value": items }));
            }
        };
        put("00081199", stored);
        put("00081198", failed);
        let text = Value::Object(reply).to_string();
        Ok((status, [(header::CONTENT_TYPE, "application/dicom+json")], text).into_response())
    })
    .await
}

fn ui(value: &str) -> Value {
    json!({ "vr": "UI", "Value": [value] })
}

/// The boundary of `multipart/related; type="application/dicom"; boundary=...`.
fn boundary(content_type: &str) -> Option<String> {
    let mut parts = content_type.split(';').map(str::trim);
    if !parts.next()?.eq_ignore_ascii_case("multipart/related") {
        return None;
    }
    let (mut boundary, mut of_dicom) = (None, true);
    for part in parts {
        let (name, value) = part.split_once('=')?;
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "boundary" => boundary = Some(value.to_owned()).filter(|text| (1..=70).contains(&text.len())),
            "type" => of_dicom = value.eq_ignore_ascii_case("application/dicom"),
            _ => {}
        }
    }
    boundary.filter(|_| of_dicom)
}

/// The bodies of the parts (RFC 2046, 5.1); `None` where the text is malformed.
fn parts<'a>(bytes: &'a [u8], boundary: &str) -> Option<Vec<&'a [u8]>> {
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = bytes.strip_prefix(&delimiter.as_bytes()[2..]).or_else(|| {
        let at = find(bytes, delimiter.as_bytes())?;
        Some(&bytes[at + delimiter.len()..])
    })?;
    let mut found = Vec::new();
    while !rest.starts_with(b"--") {
        let line = find(rest, b"\r\n")?;
        // Blanks may follow a boundary.
        if rest[..line].iter().any(|byte| !byte.is_ascii_whitespace()) || found.len() >= MOST_PARTS {
            return None;
        }
        rest = &rest[line..];
        // The head of a part may be empty; then its blank line follows at once.
        let body = find(rest, b"\r\n\r\n")? + 4;
        let end = find(&rest[body - 2..], delimiter.as_bytes())? + body - 2;
        found.push(rest.get(body..end.max(body))?);
        rest = &rest[end + delimiter.len()..];
    }
    Some(found)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(step) = bytes.get(from..)?.iter().position(|&byte| byte == first) {
        let at = from + step;
        if bytes[at..].starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_taken_apart() {
        let text = b"--b1\r\nContent-Type: application/dicom\r\n\r\nfirst\r\n--b1\r\nContent-Type: application/dicom\r\n\r\nsecond\r\n--b\r\n--b1--\r\n";
        assert_eq!(parts(text, "b1").unwrap(), [&b"first"[..], &b"second\r\n--b"[..]]);
        assert_eq!(parts(b"preamble\r\n--x\r\n\r\nbody\r\n--x--", "x").unwrap(), [&b"body"[..]]);
        assert_eq!(parts(b"--x--", "x").unwrap().len(), 0);
        for wrong in [&b""[..], b"--x", b"--x\r\n\r\nno end", b"--xy\r\n\r\nbody\r\n--xy--", b"nothing of it"] {
            assert_eq!(parts(wrong, "x"), None, "{}", String::from_utf8_lossy(wrong));
        }
    }

    #[test]
    fn the_boundary_is_read_from_the_content_type() {
        let full = "multipart/related; type=\"application/dicom\"; boundary=\"abc 1\"";
        assert_eq!(boundary(full).as_deref(), Some("abc 1"));
        assert_eq!(boundary("Multipart/Related;boundary=x").as_deref(), Some("x"));
        assert_eq!(boundary("multipart/form-data; boundary=x"), None);
        assert_eq!(boundary("multipart/related; type=\"application/dicom+json\"; boundary=x"), None);
        assert_eq!(boundary("multipart/related"), None);
    }
}
