//! `Opened`: a file whose header is parsed, and `Frames`: the frames of one cycle of it, from which a study is made.

use std::path::Path;

use bloodpool_core::study::{GatedStudy, StudyError};
use bloodpool_core::validity::looks_inverted;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::error::Problem;
use super::layout::PixelData;
use super::note::Note;
use super::pixels::{self, PixelFormat};
use super::view::View;
use super::{accumulated, acquisition, frames, gating, header, identity, layout, part10, surplus};
use crate::attribute::Attribute;

/// A file whose header is parsed and whose pixel data are found.
pub(super) struct Opened {
    data: part10::DataSet,
    layout: layout::Layout,
    header: header::Header,
}

impl Opened {
    pub(super) fn of(path: &Path) -> Result<Self, Problem> {
        Self::from_bytes(part10::load(path)?)
    }

    /// From the bytes of a file whose pixels can be read.
    pub(super) fn from_bytes(bytes: Vec<u8>) -> Result<Self, Problem> {
        let file = Self::of_any_syntax(bytes)?;
        match file.unsupported() {
            Some(problem) => Err(problem),
            None => Ok(file),
        }
    }

    /// From the bytes of a file, also where its pixels are stored in a way that is not read.
    pub(super) fn of_any_syntax(bytes: Vec<u8>) -> Result<Self, Problem> {
        let data = part10::open(bytes)?;
        let parsed = layout::layout(&data.bytes, data.start, data.encoding)
            .and_then(|layout| header::Header::parse(&data, &layout).map(|header| (layout, header)));
        match (parsed, data.unsupported()) {
            (Ok((layout, header)), _) => Ok(Self { data, layout, header }),
            (Err(_), Some(problem)) | (Err(problem), None) => Err(problem),
        }
    }

    /// Why the pixels cannot be read, where that is due to their transfer syntax.
    pub(super) fn unsupported(&self) -> Option<Problem> {
        self.data.unsupported()
    }

    pub(super) fn root(&self) -> header::Attributes<'_> {
        self.header.root()
    }

    /// What is unusual about the file meta information.
    pub(super) fn note(&self) -> Option<&Note> {
        self.data.note.as_ref()
    }

    /// Whether the pixel data are those of one frame.
    pub(super) fn holds_one_frame(&self) -> bool {
        let format = PixelFormat::of_frames(self.root(), 1);
        match (&self.layout.pixel_data, format) {
            (Some(PixelData::Native { bytes, .. }), Ok(format)) => format.fits(bytes.len() as u64),
            _ => false,
        }
    }

    /// Counts of the stored frames in `order` (from 0).
    pub(super) fn counts(&self, format: &PixelFormat, order: &[usize]) -> Result<pixels::Counts, Problem> {
        pixels::read(&self.data, self.pixel_data()?, format, order)
    }

    /// Counts of the frames of a cycle. Frames that are no part of it are left out of both, with a note.
    pub(super) fn cycle_counts(
        &self,
        format: &PixelFormat,
        cycle: &mut frames::Cycle,
    ) -> Result<pixels::Counts, Problem> {
        let mut counts = self.counts(format, &cycle.order)?;
        let (gating, _) = gating::gating(self.root(), cycle.rr_interval);
        cycle.notes.extend(surplus::leave_out(&mut counts.values, &gating));
        cycle.order.truncate(counts.values.dim().0);
        Ok(counts)
    }

    /// Where the pixel data are, an error where there are none.
    pub(super) fn pixel_data(&self) -> Result<&PixelData, Problem> {
        // 7FE1,xx10 is Compressed Pixel Data of Siemens, in a format that is not published.
        let is_private = |tag: Tag| tag.group() == 0x7FE1 && tag.element() > 0x00FF && tag.element() & 0xFF == 0x10;
        let private = self.layout.elements.iter().any(|element| is_private(element.tag));
        let why = private.then_some(
            "the pixels are in a private element, (7FE1,xx10), compressed as the vendor does it; export the study uncompressed",
        );
        self.layout.pixel_data.as_ref().ok_or(Problem::Missing { attribute: Attribute(tags::PIXEL_DATA), why })
    }
}

/// The frames of one cycle, read, and the header that describes them.
pub(super) struct Frames<'a> {
    pub(super) root: header::Attributes<'a>,
    pub(super) format: PixelFormat,
    pub(super) counts: pixels::Counts,
    /// R-R interval, from 1.
    pub(super) rr_interval: u32,
    /// Detector, from 1.
    pub(super) detector: u32,
    pub(super) view: View,
    /// Whether these are all frames that the header describes.
    pub(super) whole: bool,
}

impl Frames<'_> {
    /// The study, with notes on header and shades in `notes` and those on values in `later`.
    pub(super) fn study(self, notes: &mut Vec<Note>, later: &mut Vec<Note>) -> Result<GatedStudy, Problem> {
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
        let (gating, of_gating) = gating::gating(self.root, self.rr_interval);
        study.gating = gating;
        later.extend(of_gating);
        later.extend(gating::overflow(self.root));
        study.identity = identity::identity(self.root, &self.view);
        study.acquisition = acquisition::acquisition(self.root, self.detector, &self.view, &study.identity);
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
