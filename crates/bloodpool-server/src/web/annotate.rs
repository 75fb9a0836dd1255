//! What the page of a rater asks for: the image, what is drawn on it, previews, changes, undo and redo; and links for raters.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bloodpool_core::outline::{OutlineEdit, Surroundings};
use serde::{Deserialize, Serialize};

use super::app::{App, Who, count, require};
use super::refusal::{Refusal, from_json, json};
use super::settings::RATER_LINK_VALID;
use super::study_data::rounded;
use crate::UtcTime;
use crate::annotate::annotation::{Annotation, PlaceState, RaterWork};
use crate::annotate::drawing_order::AssignedImage;
use crate::annotate::drawn::Drawn;
use crate::annotate::error::DrawingError;
use crate::annotate::kept::{KeptDrawing, Step};
use crate::people::account::{Person, PersonRole};
use crate::people::secret::SecretKind;

/// A change of a drawing as it stands at a revision.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DrawRequest {
    revision: u64,
    edit: DrawEdit,
}

/// A tool, or everything taken away.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum DrawEdit {
    Clear(Clear),
    Tool(OutlineEdit),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "tool", rename_all = "snake_case", deny_unknown_fields)]
enum Clear {
    Clear,
}

/// Undo or redo.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MoveRequest {
    revision: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RaterRequest {
    rater: String,
}

#[derive(Serialize)]
struct LinkFields {
    link: String,
}

#[derive(Serialize)]
struct NextFields {
    /// From 1; none where everything is drawn.
    place: Option<usize>,
}

/// An image in the rater's order, and what is drawn on it. It says neither which image it is nor whose heart it shows.
#[derive(Serialize)]
struct DrawingFields<'a> {
    /// From 1.
    place: usize,
    places: usize,
    drawn_places: usize,
    rows: usize,
    columns: usize,
    spacing_mm: [f64; 2],
    outline: Option<ShownFields>,
    revision: u64,
    /// Tools of the history, and how many of its changes hold.
    changes: Vec<&'a str>,
    position: usize,
}

#[derive(Serialize)]
struct ShownFields {
    polygon: Vec<[f64; 2]>,
    vertices: Option<Vec<[f64; 2]>>,
}

fn shown(drawn: &Drawn) -> ShownFields {
    ShownFields { polygon: rounded(drawn.polygon()), vertices: drawn.vertices().map(<[_]>::to_vec) }
}

impl From<DrawingError> for Refusal {
    fn from(error: DrawingError) -> Self {
        let kind = error.kind();
        match error {
            DrawingError::Edit(error) => Self::because(StatusCode::UNPROCESSABLE_ENTITY, error.code(), error),
            DrawingError::InTheWay => Self::because(StatusCode::CONFLICT, "in_the_way", error),
            DrawingError::ChangedSince => Self::because(StatusCode::CONFLICT, "changed_in_window", error),
            DrawingError::Nothing(code) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, code),
            DrawingError::File(_) | DrawingError::Document(_) | DrawingError::Encoding => {
                // The path has the name of the image, which may be that of a patient.
                let reason = kind.map(|kind| kind.to_string());
                tracing::error!(event = "drawing_not_saved", reason = reason.as_deref().unwrap_or("not readable"));
                if kind == Some(std::io::ErrorKind::StorageFull) {
                    let text = "the disk is full; what was saved before is kept, and this was not saved";
                    return Self::because(StatusCode::INSUFFICIENT_STORAGE, "disk_full", text);
                }
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "not_saved")
            }
        }
    }
}

/// The annotation, where there is one.
pub(super) fn annotation(app: &App) -> Result<&Annotation, Refusal> {
    app.annotation.as_deref().ok_or_else(Refusal::not_found)
}

/// The part of the person who asks: a rater has their own and nobody else's.
pub(super) fn own<'a>(app: &'a App, person: &Person) -> Result<&'a RaterWork, Refusal> {
    require(person.role == PersonRole::Rater)?;
    annotation(app)?.rater(&person.name).ok_or_else(|| Refusal::new(StatusCode::FORBIDDEN, "not_allowed"))
}

/// A place of the address, from 1, with what is read there.
pub(super) fn place_of(rater: &RaterWork, text: &str) -> Result<(usize, AssignedImage), Refusal> {
    let place = text.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
    place.and_then(|place| Some((place, rater.assigned(place)?))).ok_or_else(Refusal::not_found)
}

fn fields<'a>(
    annotation: &Annotation,
    (rater, drawn_places): (&RaterWork, usize),
    (place, assigned): (usize, AssignedImage),
    kept: &'a KeptDrawing,
) -> DrawingFields<'a> {
    let (steps, position) = kept.steps();
    let side = bloodpool_dataset::rated_images::SIDE;
    DrawingFields {
        place: place + 1,
        places: rater.count(),
        drawn_places,
        rows: side,
        columns: side,
        spacing_mm: annotation.spacing_mm(assigned),
        outline: kept.drawn().map(shown),
        revision: kept.revision(),
        changes: steps.iter().map(|step: &Step| step.tool.as_str()).collect(),
        position,
    }
}

fn expect(kept: &KeptDrawing, revision: u64) -> Result<(), DrawingError> {
    if kept.revision() == revision { Ok(()) } else { Err(DrawingError::ChangedSince) }
}

/// What a tool makes of the drawing.
fn edited(
    annotation: &Annotation,
    assigned: AssignedImage,
    kept: &KeptDrawing,
    edit: &OutlineEdit,
) -> Result<Drawn, DrawingError> {
    // Counts are for region growing alone.
    let grey = match edit {
        OutlineEdit::Grow { .. } => Some(annotation.grey(assigned)?.mapv(f32::from)),
        _ => None,
    };
    let side = bloodpool_dataset::rated_images::SIDE;
    let around = Surroundings {
        rows: side,
        columns: side,
        spacing_mm: annotation.spacing_mm(assigned),
        counts: grey.as_ref().map(|grey| grey.view()),
        lv_probability: None,
    };
    Ok(Drawn::edited(kept.drawn(), edit, &around)?)
}

/// `GET /api/annotate/{place}`.
pub(super) async fn drawing(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(place): Path<String>,
) -> Result<Response, Refusal> {
    app.blocking(move |app| {
        let (annotation, rater) = (annotation(app)?, own(app, &person)?);
        let at = place_of(rater, &place)?;
        let kept = annotation.at(rater, at, true, |kept, _| Ok((None, kept.clone())))?;
        Ok(json(&fields(annotation, (rater, rater.drawn()), at, &kept)))
    })
    .await
}

/// `GET /api/annotate/{place}/picture`: the image as little-endian `u16`, row by row, white being 65535.
pub(super) async fn picture(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(place): Path<String>,
) -> Result<Response, Refusal> {
    app.blocking(move |app| {
        let (annotation, rater) = (annotation(app)?, own(app, &person)?);
        let (_, assigned) = place_of(rater, &place)?;
        let grey = annotation.grey(assigned).map_err(|_| {
            tracing::error!(event = "image_changed", rater = rater.name, place);
            Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "image_changed")
        })?;
        let bytes: Vec<u8> = grey.iter().flat_map(|&grey| (u16::from(grey) * 257).to_le_bytes()).collect();
        Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
    })
    .await
}

/// `GET /api/annotate/next/{place}`: the next image on which nothing is drawn.
pub(super) async fn next(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(place): Path<String>,
) -> Result<Response, Refusal> {
    let rater = own(&app, &person)?;
    let (place, _) = place_of(rater, &place)?;
    Ok(json(&NextFields { place: rater.next_empty(Some(place)).map(|place| place + 1) }))
}

/// `POST /api/annotate/{place}/preview`: what a tool would give. Nothing is kept.
pub(super) async fn preview(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(place): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    own(&app, &person)?;
    let request: DrawRequest = from_json(&headers, body).await?;
    app.blocking(move |app| {
        let (annotation, rater) = (annotation(app)?, own(app, &person)?);
        let at = place_of(rater, &place)?;
        let outline = annotation.at(rater, at, false, |kept, _| {
            expect(kept, request.revision)?;
            Ok((
                None,
                match &request.edit {
                    DrawEdit::Clear(Clear::Clear) => None,
                    DrawEdit::Tool(edit) => Some(shown(&edited(annotation, at.1, kept, edit)?)),
                },
            ))
        })?;
        Ok(json(&outline))
    })
    .await
}

/// `POST /api/annotate/{place}/edit`: the change is on disk when it is answered.
pub(super) async fn edit(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(place): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    own(&app, &person)?;
    let request: DrawRequest = from_json(&headers, body).await?;
    change(&app, person, place, move |annotation, assigned, kept, files| {
        expect(kept, request.revision)?;
        match &request.edit {
            DrawEdit::Clear(Clear::Clear) => kept.push(files, "clear", None),
            DrawEdit::Tool(edit) => kept.push(files, edit.tool(), Some(edited(annotation, assigned, kept, edit)?)),
        }
    })
    .await
}

/// `POST /api/annotate/{place}/undo`.
pub(super) async fn undo(
    state: State<Arc<App>>,
    person: Who,
    place: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    step(state, person, place, headers, body, false).await
}

/// `POST /api/annotate/{place}/redo`.
pub(super) async fn redo(
    state: State<Arc<App>>,
    person: Who,
    place: Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    step(state, person, place, headers, body, true).await
}

async fn step(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    Path(place): Path<String>,
    headers: HeaderMap,
    body: Body,
    forward: bool,
) -> Result<Response, Refusal> {
    own(&app, &person)?;
    let request: MoveRequest = from_json(&headers, body).await?;
    change(&app, person, place, move |_, _, kept, files| {
        expect(kept, request.revision)?;
        kept.moved(files, forward)
    })
    .await
}

/// Changes the drawing of a place and tells what is there then.
async fn change(
    app: &Arc<App>,
    person: Person,
    place: String,
    work: impl FnOnce(
        &Annotation,
        AssignedImage,
        &KeptDrawing,
        &crate::annotate::kept::DrawingFiles,
    ) -> Result<KeptDrawing, DrawingError>
    + Send
    + 'static,
) -> Result<Response, Refusal> {
    app.blocking(move |app| {
        let (annotation, rater) = (annotation(app)?, own(app, &person)?);
        let at = place_of(rater, &place)?;
        let kept = annotation.at(rater, at, false, |kept, files| {
            let changed = work(annotation, at.1, kept, files)?;
            Ok((Some(changed.clone()), changed))
        })?;
        count(&app.counters.edits);
        Ok(json(&fields(annotation, (rater, rater.drawn()), at, &kept)))
    })
    .await
}

/// `GET /api/annotate/progress`: how far all raters are, for the owner of the study.
pub(super) async fn progress(State(app): State<Arc<App>>, axum::Extension(person): Who) -> Result<Response, Refusal> {
    require(person.role.may_oversee())?;
    Ok(json(&annotation(&app)?.progress()))
}

/// `POST /api/annotate/links`: a new link for a rater, which works once.
pub(super) async fn link(
    State(app): State<Arc<App>>,
    axum::Extension(person): Who,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    require(person.role.may_oversee())?;
    let request: RaterRequest = from_json(&headers, body).await?;
    app.blocking(move |app| {
        let rater = annotation(app)?.rater(&request.rater).ok_or_else(Refusal::not_found)?;
        let refused = |_| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "account");
        let rater = app.store.rater_person(&rater.name).map_err(refused)?;
        let token = app.store.add_secret(SecretKind::Link, rater.id, None, RATER_LINK_VALID, UtcTime::now())?;
        // The guard has checked the name under which the browser reaches the server.
        let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let scheme = if app.settings.secure() { "https" } else { "http" };
        Ok(json(&LinkFields { link: format!("{scheme}://{host}/enter#{token}") }))
    })
    .await
}

/// What became of each place, for the list on the page.
pub(super) fn places(rater: &RaterWork) -> Vec<PlaceState> {
    rater.state().places.clone()
}
