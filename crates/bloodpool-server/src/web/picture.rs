//! Pictures of a study: counts of all frames for the page to draw, and a thumbnail.

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bloodpool_core::{FrameIndex, GatedStudy};
use bloodpool_dicom::{Selection, plan};
use bloodpool_files::encode_png_u8;
use ndarray::Array2;

use super::refusal::Refusal;
use super::study_request::StudyRequest;
use crate::people::account::PersonRole;

/// Side of a thumbnail, pixels.
const THUMBNAIL: usize = 64;
/// Share of the pixels that are at most shown as brightest in a thumbnail.
const BRIGHTEST: f64 = 0.002;

/// `GET /api/study/{id}/counts`: all frames as little-endian `u16`, row by row, scaled so that the largest count is 65535; the header
/// `x-largest-count` has that count.
pub(super) async fn counts(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    let counts = request.open(|_, live| {
        let counts = live.opened.study.counts();
        let largest = counts.iter().copied().fold(0.0_f32, f32::max);
        let scale = if largest > 0.0 { 65535.0 / largest } else { 0.0 };
        let bytes: Vec<u8> = counts.iter().flat_map(|&count| ((count * scale).round() as u16).to_le_bytes()).collect();
        let headers = [
            (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
            (HeaderName::from_static("x-largest-count"), largest.to_string()),
        ];
        Ok((headers, bytes).into_response())
    });
    counts.await
}

/// `GET /api/study/{id}/thumbnail.png`: the first frame, which is near ED.
pub(super) async fn thumbnail(request: StudyRequest) -> Result<Response, Refusal> {
    let request = request.by(PersonRole::may_read)?;
    let thumbnail = request.study(|asked| {
        let planned = plan(&asked.study.paths(&asked.app.store), &Selection::default()).studies.into_iter().next();
        let read = planned.and_then(Result::ok).and_then(|planned| planned.read().ok());
        let read = read.ok_or_else(Refusal::not_found)?;
        let bytes = encode_png_u8(&small(&read.study))
            .map_err(|_| Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
        // A study never changes; the browser need not ask again.
        let headers =
            [(header::CONTENT_TYPE, "image/png"), (header::CACHE_CONTROL, "private, max-age=86400, immutable")];
        Ok((headers, bytes).into_response())
    });
    thumbnail.await
}

fn small(study: &GatedStudy) -> Array2<u8> {
    let frame = study.frame(FrameIndex::FIRST);
    let (rows, columns) = frame.dim();
    let block = |row: usize, column: usize| {
        let span = |at: usize, side: usize| {
            let from = at * side / THUMBNAIL;
            from..((at + 1) * side / THUMBNAIL).max(from + 1)
        };
        let (span_rows, span_columns) = (span(row, rows), span(column, columns));
        let pixels = (span_rows.len() * span_columns.len()) as f32;
        let sum: f32 = span_rows.flat_map(|row| span_columns.clone().map(move |column| frame[[row, column]])).sum();
        sum / pixels
    };
    let means = Array2::from_shape_fn((THUMBNAIL, THUMBNAIL), |(row, column)| block(row, column));
    let mut sorted: Vec<f32> = means.iter().copied().collect();
    sorted.sort_by(f32::total_cmp);
    let brightest = sorted[((1.0 - BRIGHTEST) * (sorted.len() - 1) as f64) as usize].max(f32::MIN_POSITIVE);
    means.mapv(|mean| (255.0 * mean / brightest).clamp(0.0, 255.0) as u8)
}
