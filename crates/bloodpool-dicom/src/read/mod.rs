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

use bloodpool_core::study::{GatedStudy, StudyError};
use bloodpool_core::validity::looks_inverted;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use crate::attribute::Attribute;
use error::{Problem, ReadError};
use layout::PixelData;
use pixels::PixelFormat;
use selection::Selection;
use single_frame::SingleFrame;
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

/// A file whose header is parsed and whose pixel data are found.
pub(super) struct Opened {
    data: part10::DataSet,
    layout: layout::Layout,
    header: header::Header,
}

impl Opened {
    pub(super) fn of(path: &Path) -> Result<Self, Problem> {
        let data = part10::open(part10::load(path)?)?;
        let layout = layout::layout(&data.bytes, data.start, data.encoding)?;
        let header = header::Header::parse(&data, &layout)?;
        Ok(Self { data, layout, header })
    }

    pub(super) fn root(&self) -> header::Attributes<'_> {
        self.header.root()
    }

    /// What is unusual about the file meta information.
    fn note(&self) -> Option<&Note> {
        self.data.note.as_ref()
    }

    /// Whether the pixel data are those of one frame.
    fn holds_one_frame(&self) -> bool {
        let format = PixelFormat::of_frames(self.root(), 1);
        match (&self.layout.pixel_data, format) {
            (Some(PixelData::Native { bytes, .. }), Ok(format)) => format.fits(bytes.len() as u64),
            _ => false,
        }
    }

    /// Counts of the stored frames in `order` (from 0).
    fn counts(&self, format: &PixelFormat, order: &[usize]) -> Result<pixels::Counts, Problem> {
        let attribute = Attribute(tags::PIXEL_DATA);
        let pixel_data = self.layout.pixel_data.as_ref().ok_or(Problem::Missing { attribute, why: None })?;
        pixels::read(&self.data, pixel_data, format, order)
    }
}

fn open(path: &Path, selection: &Selection) -> Result<(GatedStudy, Vec<Note>), Problem> {
    let file = Opened::of(path)?;
    let root = file.root();
    let mut notes: Vec<Note> = file.note().cloned().into_iter().collect();
    notes.extend(kind::check(root)?);
    if file.layout.pixel_data.is_none() {
        return Err(Problem::Missing { attribute: Attribute(tags::PIXEL_DATA), why: None });
    }
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

/// The frames of one cycle, read, and the header that describes them.
struct Frames<'a> {
    root: header::Attributes<'a>,
    format: PixelFormat,
    counts: pixels::Counts,
    /// R-R interval, from 1.
    rr_interval: u32,
    view: View,
    /// Whether these are all frames that the header describes.
    whole: bool,
}

impl Frames<'_> {
    /// The study, with notes on header and shades in `notes` and those on values in `later`.
    fn study(self, notes: &mut Vec<Note>, later: &mut Vec<Note>) -> Result<GatedStudy, Problem> {
        let pixels::Counts { values, padded, notes: of_pixels } = self.counts;
        let spacing = pixel_spacing(self.root, notes);
        let gated = |counts| {
            GatedStudy::new(counts, spacing)
                .map_err(|source| Problem::Study { attribute: Attribute(source_tag(&source)), source })
        };
        let mut study = gated(values)?;
        let mut saturation = Some(self.format.saturation());
        let mut inverted = false;
        if self.format.least_is_white {
            inverted = looks_inverted(&study);
            if inverted {
                let largest = study.counts().iter().copied().fold(0.0, f32::max);
                let mut counts = study.counts().mapv(|value| largest - value);
                for mut frame in counts.outer_iter_mut() {
                    frame.iter_mut().zip(&padded).filter(|(_, padded)| **padded).for_each(|(value, _)| *value = 0.0);
                }
                study = gated(counts)?;
                saturation = None;
            }
            notes.push(of_monochrome1(inverted));
        }
        study.gating = identity::gating(self.root, self.rr_interval);
        study.identity = identity::identity(self.root, &self.view);
        study.saturation = saturation;
        later.extend(self.format.notes.iter().cloned());
        later.extend(of_pixels);
        if self.whole && !inverted {
            let sum: f64 = study.counts().iter().map(|&count| f64::from(count)).sum();
            let measured = study.counts().len() - padded.iter().filter(|&&padded| padded).count() * study.frames();
            later.extend(accumulated::compare(self.root, &[sum, self.format.stored_sum(sum, measured)]));
        }
        Ok(study)
    }
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
