//! `Refusal`: why a request is not answered as asked, as status, code and words; and JSON in both directions.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::people::account::AccountError;
use crate::review::act::ActError;
use crate::review::program::OpenError;
use crate::store::error::StoreError;

/// Most bytes of a request in JSON: a redrawn outline of 4000 points has 160 kB.
pub(super) const MOST_JSON_BYTES: usize = 512 * 1024;

/// Why a request is not answered as asked. It names no patient.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    /// For people who read English; the page shows its own words for codes that it knows.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, code: &'static str) -> Self {
        Self { status, code, message: code.replace('_', " ") }
    }

    pub(super) fn because(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        Self { status, code, message: message.to_string() }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found")
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::error!("a request failed: {error}");
        if error.is_storage_full() {
            let text = "the disk is full; what was saved before is kept, and this was not saved";
            return Self::because(StatusCode::INSUFFICIENT_STORAGE, "disk_full", text);
        }
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "database")
    }
}

impl From<ActError> for Refusal {
    fn from(error: ActError) -> Self {
        Self::because(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error)
    }
}

impl From<OpenError> for Refusal {
    fn from(error: OpenError) -> Self {
        let code = match error {
            OpenError::FileChanged { .. } => "file_changed",
            OpenError::Unreadable(_) => "unreadable",
            OpenError::Analysis(_) => "no_lvef",
        };
        Self::because(StatusCode::UNPROCESSABLE_ENTITY, code, error)
    }
}

impl From<AccountError> for Refusal {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Store(error) => error.into(),
            other => Self::because(StatusCode::UNPROCESSABLE_ENTITY, "account", other),
        }
    }
}

#[derive(Serialize)]
struct RefusalFields<'a> {
    code: &'a str,
    message: &'a str,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let fields = RefusalFields { code: self.code, message: &self.message };
        let mut response = (self.status, json(&fields)).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// A reply in JSON.
pub(super) fn json<T: Serialize>(value: &T) -> Response {
    match serde_json::to_vec(value) {
        Ok(bytes) => ([(header::CONTENT_TYPE, "application/json")], bytes).into_response(),
        Err(error) => {
            tracing::error!("a reply cannot be written: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A request in JSON. Other content types are refused: a form of another site cannot send this one.
pub(super) async fn from_json<T: DeserializeOwned>(headers: &HeaderMap, body: Body) -> Result<T, Refusal> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if content_type.split(';').next().map(str::trim) != Some("application/json") {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json"));
    }
    let bytes = axum::body::to_bytes(body, MOST_JSON_BYTES).await;
    let bytes = bytes.map_err(|_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"))?;
    serde_json::from_slice(&bytes).map_err(|_| Refusal::new(StatusCode::BAD_REQUEST, "malformed"))
}
