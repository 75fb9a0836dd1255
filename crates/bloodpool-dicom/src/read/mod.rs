//! Reads the gated study in one file.

mod accumulated;
pub(crate) mod axis;
mod element;
pub(crate) mod error;
pub(crate) mod file_format;
mod file_meta;
pub(crate) mod frame_error;
mod frames;
mod header;
pub(crate) mod identity;
pub(crate) mod image_kind;
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
mod text;
mod values;
mod vectors;
pub(crate) mod view;

use std::path::{Path, PathBuf};

use bloodpool_core::study::GatedStudy;
use dicom_dictionary_std::tags;

use error::{Problem, ReadError};
use note::Note;
use opened::{Frames, Opened};
use pixels::PixelFormat;
use selection::Selection;
use single_frame::SingleFrame;
use view::View;

/// A gated study and the file it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyFile {
    /// The file.
    pub path: PathBuf,
    /// Frames of the chosen view in the order of the cycle.
    pub study: GatedStudy,
    /// What a reader of its numbers should know about the file.
    pub notes: Vec<Note>,
}

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
    match open(path, selection) {
        Ok((study, notes)) => Ok(StudyFile { path: path.to_path_buf(), study, notes }),
        Err(problem) => Err(ReadError::new(path, problem)),
    }
}

fn open(path: &Path, selection: &Selection) -> Result<(GatedStudy, Vec<Note>), Problem> {
    let file = Opened::of(path)?;
    let root = file.root();
    let mut notes: Vec<Note> = file.note().cloned().into_iter().collect();
    notes.extend(kind::check(root)?);
    file.pixel_data()?;
    if let Some(problem) = single_frame::alone(&file)? {
        return Err(problem);
    }
    let format = PixelFormat::of(root)?;
    let cycle = frames::choose(root, &format, selection)?;
    let counts = file.counts(&format, &cycle.order)?;
    let whole = cycle.order.len() == format.frames;
    let frames = Frames { root, format, counts, rr_interval: cycle.rr_interval, view: cycle.view, whole };
    let mut later = cycle.notes;
    let study = frames.study(&mut notes, &mut later)?;
    notes.extend(later);
    Ok((study, notes))
}

/// What a file says of itself, without its pixels.
pub(crate) struct Summary {
    pub(crate) study_uid: Option<String>,
    pub(crate) views: Vec<View>,
    /// What tells it from others, where it is one frame of a series.
    pub(crate) single: Option<SingleFrame>,
    /// Why it is no planar gated image, if it is not.
    pub(crate) unsuitable: Option<Problem>,
}

/// Reads the header alone.
pub(crate) fn summarize(path: &Path) -> Result<Summary, Problem> {
    let file = Opened::of(path)?;
    let root = file.root();
    Ok(Summary {
        study_uid: root.text(tags::STUDY_INSTANCE_UID),
        views: frames::views(root),
        single: SingleFrame::of(root),
        unsuitable: kind::check(root).err(),
    })
}
