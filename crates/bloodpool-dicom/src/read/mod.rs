//! Reads the gated study in one file.

mod accumulated;
mod acquisition;
pub(crate) mod axis;
#[cfg(feature = "net")]
pub(crate) mod commitment_items;
mod element;
pub(crate) mod error;
pub(crate) mod file_format;
pub(crate) mod file_meta;
pub(crate) mod frame_error;
mod frames;
mod gating;
mod header;
pub(crate) mod identity;
pub(crate) mod image_kind;
pub(crate) mod instance_summary;
mod jpeg;
mod kind;
mod layout;
pub(crate) mod note;
mod opened;
mod panics;
mod part10;
mod pixels;
mod rewrite;
mod rle;
pub(crate) mod selection;
pub(crate) mod single_frame;
#[cfg(feature = "net")]
pub(crate) mod sop_identity;
pub(crate) mod source_study;
pub(crate) mod study_file;
pub(crate) mod summary;
mod surplus;
mod text;
pub(crate) mod transfer_syntax;
mod values;
mod vectors;
pub(crate) mod view;

use std::path::Path;

use bloodpool_core::study::GatedStudy;
use bloodpool_files::sha256;

use error::{Problem, ReadError};
use note::Note;
use opened::{Frames, Opened};
use pixels::PixelFormat;
use selection::Selection;
use study_file::{SourceFile, StudyFile};

/// The largest file that is read, bytes.
#[cfg(feature = "net")]
pub(crate) const MAX_FILE_BYTES: u64 = part10::MAX_BYTES;

/// Reads the gated study in one file: an NM image (DICOM PS3.3 A.5) of any lossless transfer syntax.
///
/// # Errors
/// [`ReadError`] when the file is no planar gated image, is damaged, or holds several of what `selection` leaves open.
pub fn read_study(path: &Path, selection: &Selection) -> Result<GatedStudy, ReadError> {
    open_study(path, selection).map(|file| file.study)
}

/// As [`read_study`], with notes on what is unusual about the file.
///
/// # Errors
/// As [`read_study`].
pub fn open_study(path: &Path, selection: &Selection) -> Result<StudyFile, ReadError> {
    let read = part10::load(path).and_then(|bytes| open(path, bytes, selection));
    read.map_err(|problem| ReadError::new(path, problem))
}

/// As [`open_study`], of a file whose bytes are in memory; `name` stands for the file in documents and errors.
///
/// # Errors
/// As [`read_study`].
pub fn open_study_bytes(name: &Path, bytes: Vec<u8>, selection: &Selection) -> Result<StudyFile, ReadError> {
    let read = part10::check_length(bytes.len()).and_then(|()| open(name, bytes, selection));
    read.map_err(|problem| ReadError::new(name, problem))
}

fn open(path: &Path, bytes: Vec<u8>, selection: &Selection) -> Result<StudyFile, Problem> {
    let files = vec![SourceFile { path: path.to_path_buf(), sha256: sha256(&bytes) }];
    let file = Opened::of_any_syntax(bytes)?;
    let root = file.root();
    let mut notes: Vec<Note> = file.note().cloned().into_iter().collect();
    notes.extend(kind::check(root)?);
    if let Some(problem) = file.unsupported() {
        return Err(problem);
    }
    file.pixel_data()?;
    if let Some(problem) = single_frame::alone(&file)? {
        return Err(problem);
    }
    let format = PixelFormat::of(root)?;
    let mut cycle = frames::choose(root, &format, selection)?;
    let counts = file.cycle_counts(&format, &mut cycle)?;
    let whole = cycle.order.len() == format.frames;
    let frames::Cycle { rr_interval, detector, view, notes: notes_of_frames, .. } = cycle;
    let frames = Frames { root, format, counts, rr_interval, detector, view, whole };
    let mut later = notes_of_frames;
    let study = frames.study(&mut notes, &mut later)?;
    notes.extend(later);
    Ok(StudyFile { path: path.to_path_buf(), study, files, notes })
}
