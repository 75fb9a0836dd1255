//! Files that are dropped on the page.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bloodpool_dicom::net::StoreFileError;
use serde::Serialize;

use super::app::{App, Who, require};
use super::refusal::{Refusal, json};

/// Longest file: 64 frames of 1024 x 1024 at 2 bytes, and its header.
pub(super) const MOST_FILE_BYTES: usize = 160 * 1024 * 1024;

#[derive(Serialize)]
struct ReceivedFields {
    sop_instance_uid: String,
}

impl From<StoreFileError> for Refusal {
    fn from(error: StoreFileError) -> Self {
        let (status, code) = match error {
            StoreFileError::NoSpace => (StatusCode::INSUFFICIENT_STORAGE, "disk_full"),
            StoreFileError::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            StoreFileError::NotDicom(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_dicom"),
            _ => (StatusCode::INTERNAL_SERVER_ERROR, "not_stored"),
        };
        Self::because(status, code, error)
    }
}

/// The bytes of a request, of which few are in memory at the same time.
pub(super) async fn whole_body(body: Body) -> Result<axum::body::Bytes, Refusal> {
    let bytes = axum::body::to_bytes(body, MOST_FILE_BYTES).await;
    bytes.map_err(|_| Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large"))
}

/// `POST /api/studies`: one DICOM file as the body of the request.
pub(super) async fn upload(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    require(person.role.may_edit())?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    if kind != "application/dicom" {
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_dicom"));
    }
    let _place = app.uploads.acquire().await.map_err(|_| Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "stopping"))?;
    let bytes = whole_body(body).await?;
    app.blocking(move |app| {
        let stored = app.inbox.receive(&mut &bytes[..], &format!("web:{}", person.name))?;
        app.store.record_act(&person.name, "receive", stored.sop_instance_uid.as_str(), "")?;
        app.counters.uploads.fetch_add(1, Ordering::Relaxed);
        let fields = ReceivedFields { sop_instance_uid: stored.sop_instance_uid.as_str().to_owned() };
        Ok((StatusCode::CREATED, json(&fields)).into_response())
    })
    .await
}
