//! Reads the gated study in one file.

pub(crate) mod axis;
pub(crate) mod error;
pub(crate) mod frame_error;
mod frames;
mod header;
pub(crate) mod identity;
pub(crate) mod image_kind;
mod jpeg;
mod kind;
mod layout;
mod panics;
mod part10;
mod pixels;
mod rle;
pub(crate) mod selection;
mod text;
pub(crate) mod view;

use std::path::{Path, PathBuf};

use bloodpool_core::study::{GatedStudy, StudyError};
use bloodpool_core::validity::looks_inverted;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::attribute::Attribute;
use error::{Problem, ReadError};
use selection::Selection;
use view::View;

/// Something unusual about a file that was read nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A word for programs, for example `stored_order`.
    pub code: &'static str,
    /// What it is, naming the attribute.
    pub message: String,
}

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
    let data = part10::open(part10::load(path)?)?;
    let layout = layout::layout(&data.bytes, data.start, data.encoding)?;
    let header = header::Header::parse(&data, &layout)?;
    let root = header.root();
    let mut notes = kind::check(root)?;
    let Some(pixel_data) = &layout.pixel_data else {
        return Err(Problem::Missing { attribute: Attribute(tags::PIXEL_DATA), why: None });
    };
    let format = pixels::PixelFormat::of(root)?;
    let cycle = frames::choose(root, &format, selection)?;
    let counts = pixels::read(&data, pixel_data, &format, &cycle.order)?;
    let spacing = pixel_spacing(root, &mut notes);
    let gated = |counts| {
        GatedStudy::new(counts, spacing)
            .map_err(|source| Problem::Study { attribute: Attribute(source_tag(&source)), source })
    };
    let mut study = gated(counts)?;
    let mut saturation = Some(format.saturation());
    if format.least_is_white {
        let inverted = looks_inverted(&study);
        if inverted {
            let largest = study.counts().iter().copied().fold(0.0, f32::max);
            study = gated(study.counts().mapv(|value| largest - value))?;
            saturation = None;
        }
        notes.push(of_monochrome1(inverted));
    }
    study.gating = identity::gating(root, cycle.rr_interval);
    study.identity = identity::identity(root, &cycle.view);
    study.saturation = saturation;
    notes.extend(cycle.notes);
    notes.extend(format.notes());
    Ok((study, notes))
}

/// How the values of a file that shows its least value white were read.
fn of_monochrome1(inverted: bool) -> Note {
    let attribute = Attribute(tags::PHOTOMETRIC_INTERPRETATION);
    if inverted {
        Note {
            code: "inverted_back",
            message: format!(
                "{attribute} is MONOCHROME1, and pixel values vary least where they are largest: they are a largest value less \
                 counts, and were inverted back"
            ),
        }
    } else {
        Note {
            code: "monochrome1",
            message: format!(
                "{attribute} is MONOCHROME1, but pixel values vary as counts do; they were read as they are stored"
            ),
        }
    }
}

/// What a file says of itself, without its pixels.
pub(crate) struct Summary {
    pub(crate) study_uid: Option<String>,
    pub(crate) views: Vec<View>,
    /// Why it is no planar gated image, if it is not.
    pub(crate) unsuitable: Option<Problem>,
}

/// Reads the header alone.
pub(crate) fn summarize(path: &Path) -> Result<Summary, Problem> {
    let data = part10::open(part10::load(path)?)?;
    let layout = layout::layout(&data.bytes, data.start, data.encoding)?;
    let header = header::Header::parse(&data, &layout)?;
    let root = header.root();
    Ok(Summary {
        study_uid: root.text(tags::STUDY_INSTANCE_UID),
        views: frames::views(root),
        unsuitable: kind::check(root).err(),
    })
}

/// Distance between pixel centres `[rows, columns]`, mm (PS3.3 10.7.1.1).
fn pixel_spacing(root: header::Attributes<'_>, notes: &mut Vec<Note>) -> Option<[f64; 2]> {
    let text = root.text(tags::PIXEL_SPACING)?;
    let sane = |mm: f64| (0.05..=50.0).contains(&mm);
    match root.numbers(tags::PIXEL_SPACING).as_deref() {
        Ok(&[row, column]) if sane(row) && sane(column) => Some([row, column]),
        _ => {
            notes.push(Note {
                code: "pixel_spacing_invalid",
                message: format!(
                    "{} is {}, not two lengths in mm; taken as not recorded",
                    Attribute(tags::PIXEL_SPACING),
                    header::quoted(&text)
                ),
            });
            None
        }
    }
}

fn source_tag(error: &StudyError) -> Tag {
    match error {
        StudyError::FrameCount { .. } => tags::NUMBER_OF_FRAMES,
        StudyError::MatrixSize { .. } => tags::ROWS,
        StudyError::PixelSpacing(..) => tags::PIXEL_SPACING,
        // What is left is about counts.
        _ => tags::PIXEL_DATA,
    }
}
