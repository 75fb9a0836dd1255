//! Why a file does not give a gated study: what is wrong and where, with a code that does not change.

use std::fmt;
use std::path::{Path, PathBuf};

use bloodpool_core::study::StudyError;

use super::axis::{Axis, Choice, GatedFile};
use super::file_format::FileFormat;
use super::frame_error::FrameError;
use super::image_kind::ImageKind;
use crate::attribute::Attribute;

/// A file that could not be read, and why. Prints as `file: problem`.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", path.display())]
pub struct ReadError {
    /// The file, or the folder where the problem concerns several files.
    pub path: PathBuf,
    /// What is wrong with it.
    pub problem: Problem,
}

impl ReadError {
    pub(crate) fn new(path: &Path, problem: Problem) -> Self {
        Self { path: path.to_path_buf(), problem }
    }

    /// A word for programs that never changes for the same problem, for example `static_image`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.problem.code()
    }
}

/// What is wrong with a file. Messages name the attribute as `(gggg,eeee) Keyword`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The operating system did not give the file's bytes.
    #[error("cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// A device, pipe or folder where a file was expected.
    #[error("is not a regular file")]
    NotAFile,
    /// No bytes at all.
    #[error("is empty")]
    EmptyFile,
    /// No DICOM file where a folder was searched.
    #[error("holds no DICOM file{}", besides(*set_aside, *directory))]
    EmptyFolder {
        /// Files and folders in it that were set aside.
        set_aside: usize,
        /// Whether there is a DICOMDIR.
        directory: bool,
    },
    /// More bytes than any gated study has.
    #[error("is larger than the {limit} bytes that a gated study may have")]
    TooLarge {
        /// The largest accepted size, bytes.
        limit: u64,
    },
    /// Not a DICOM file (PS3.10).
    #[error("is not a DICOM file: {0}")]
    NotDicom(&'static str),
    /// A file of another format.
    #[error("is not a DICOM file but {format}: {}", format.advice())]
    OtherFormat {
        /// What it is.
        format: FileFormat,
    },
    /// A DICOM object of another kind.
    #[error(
        "is not a nuclear medicine image: {attribute} is {sop_class}; export the gated NM image itself, not a screen capture"
    )]
    NotNm {
        /// SOP Class UID.
        attribute: Attribute,
        /// The class found.
        sop_class: String,
    },
    /// The directory of a medium, which names images and holds none.
    #[error("is a directory of DICOM files by {attribute}; give the folder that contains it")]
    Directory {
        /// Directory Record Sequence.
        attribute: Attribute,
    },
    /// A nuclear medicine image that is not a planar gated one.
    #[error("{attribute} is {value}: {kind}, not a planar gated image; give the gated acquisition of the study")]
    NotGated {
        /// Image Type.
        attribute: Attribute,
        /// Its value.
        value: String,
        /// What kind of image it is instead.
        kind: ImageKind,
    },
    /// Bytes that end before the element does.
    #[error("is truncated: {attribute} needs {needed} bytes and {available} are left; copy or export the file again")]
    Truncated {
        /// The element that does not fit.
        attribute: Attribute,
        /// Bytes that it declares.
        needed: u64,
        /// Bytes that are there.
        available: u64,
    },
    /// Bytes that are not DICOM as the transfer syntax says.
    #[error("is damaged at {attribute}: {what}")]
    Malformed {
        /// The element.
        attribute: Attribute,
        /// What is wrong with it.
        what: String,
    },
    /// Pixels stored in a way that is not read.
    #[error("{attribute} {name} is not supported: {why}")]
    UnsupportedTransferSyntax {
        /// Transfer Syntax UID.
        attribute: Attribute,
        /// Name or UID of the syntax.
        name: String,
        /// Why not, and what to do.
        why: &'static str,
    },
    /// A needed attribute is absent or empty.
    #[error("{attribute} is missing{}", why.map(|why| format!(": {why}")).unwrap_or_default())]
    Missing {
        /// The attribute.
        attribute: Attribute,
        /// Why it is needed, where that is not plain.
        why: Option<&'static str>,
    },
    /// An attribute whose value cannot be used.
    #[error("{attribute} is {value}; it must be {expected}")]
    Invalid {
        /// The attribute.
        attribute: Attribute,
        /// Its value.
        value: String,
        /// What it should be.
        expected: String,
    },
    /// Frames of several detectors, windows or intervals, and none chosen.
    #[error("{attribute} names several {}: {}", axis.plural(), joined(choices))]
    Several {
        /// What there are several of.
        axis: Axis,
        /// The vector.
        attribute: Attribute,
        /// What can be chosen.
        choices: Vec<Choice>,
    },
    /// A detector, window or interval was chosen that the file does not hold.
    #[error("{attribute} names no {} {wanted}; it names {}", axis.singular(), joined(choices))]
    NoSuch {
        /// What was chosen.
        axis: Axis,
        /// The vector.
        attribute: Attribute,
        /// The number asked for.
        wanted: u32,
        /// What can be chosen.
        choices: Vec<Choice>,
    },
    /// No view matches the text asked for.
    #[error("no view matches '{wanted}' by {attribute}, description or angle; there is {}", joined(choices))]
    NoSuchView {
        /// View Code Sequence.
        attribute: Attribute,
        /// The text asked for.
        wanted: String,
        /// The detectors with their views.
        choices: Vec<Choice>,
    },
    /// Several files of one study, of which not exactly one is of the wanted view.
    #[error("study {study} has {} gated files{}: {}", choices.len(), undecided(*attribute, wanted.as_deref(), choices), list_of(choices))]
    SeveralFiles {
        /// View Code Sequence.
        attribute: Attribute,
        /// Study Instance UID.
        study: String,
        /// The text of the view that was asked for; `None`: LAO.
        wanted: Option<String>,
        /// The files with their views.
        choices: Vec<GatedFile>,
    },
    /// A vector whose length is not the number of frames.
    #[error("{attribute} has {found} values for {frames} frames of (0028,0008) NumberOfFrames")]
    VectorLength {
        /// The vector.
        attribute: Attribute,
        /// Values in it.
        found: usize,
        /// Frames in the file.
        frames: usize,
    },
    /// Frames differ along an axis that a planar gated image does not have.
    #[error("frames differ in {attribute} ({values} values): not one cycle of a planar gated image")]
    UnexpectedVector {
        /// The vector.
        attribute: Attribute,
        /// Number of different values.
        values: usize,
    },
    /// Time slots without a frame.
    #[error("{attribute} has no frame for time slot {} of {slots}", list(missing))]
    FramesMissing {
        /// Time Slot Vector.
        attribute: Attribute,
        /// Slots without a frame, from 1.
        missing: Vec<u32>,
        /// Number of time slots.
        slots: u32,
    },
    /// Time slots with several frames.
    #[error("{attribute} gives several frames to time slot {}", list(duplicate))]
    FramesDuplicate {
        /// Time Slot Vector.
        attribute: Attribute,
        /// Slots with several frames, from 1.
        duplicate: Vec<u32>,
    },
    /// One frame of a gated study whose frames are in a file each.
    #[error(
        "holds one frame by {attribute}: the frames of the study are split over files; give the folder that holds all of them"
    )]
    OneFrame {
        /// Number of Frames.
        attribute: Attribute,
    },
    /// Frames that are in a file each, and cannot be joined.
    #[error(
        "frames of one study are split over {files} files and cannot be joined: {attribute}: {why}; export the study as one \
         multi-frame NM image"
    )]
    FramesSplit {
        /// The attribute that does not say the order.
        attribute: Attribute,
        /// Files that belong together.
        files: usize,
        /// Why they are not joined.
        why: String,
    },
    /// Frames in an order that the file does not tell.
    #[error("{attribute} is missing, and {frames} frames do not follow from {why}: the order of frames is unknown")]
    FrameOrderUnknown {
        /// Frame Increment Pointer.
        attribute: Attribute,
        /// Frames in the file.
        frames: usize,
        /// What contradicts the stored order.
        why: String,
    },
    /// Pixel data of another length than the header says.
    #[error(
        "{attribute} holds {found} bytes; {rows} rows x {columns} columns x {frames} frames of {bits} bits need {needed}"
    )]
    PixelCountMismatch {
        /// Pixel Data.
        attribute: Attribute,
        /// Bytes found.
        found: u64,
        /// Bytes that the header asks for.
        needed: u64,
        /// Rows.
        rows: usize,
        /// Columns.
        columns: usize,
        /// Frames.
        frames: usize,
        /// Bits Allocated.
        bits: u16,
    },
    /// Another number of compressed frames than the header says.
    #[error("{attribute} holds {found} compressed frames; (0028,0008) NumberOfFrames is {frames}")]
    FrameCountMismatch {
        /// Pixel Data.
        attribute: Attribute,
        /// Compressed frames found.
        found: usize,
        /// Frames that the header asks for.
        frames: usize,
    },
    /// A compressed frame that cannot be decoded exactly.
    #[error("frame {frame} of {attribute} cannot be decoded: {error}")]
    CorruptFrame {
        /// Pixel Data.
        attribute: Attribute,
        /// Stored frame, from 1.
        frame: usize,
        /// What is wrong.
        error: FrameError,
    },
    /// A negative count.
    #[error("{attribute} makes frame {frame}, row {row}, column {column} hold {value}; counts cannot be negative")]
    NegativeCount {
        /// Pixel Representation, or Rescale Intercept.
        attribute: Attribute,
        /// Stored frame, from 1.
        frame: usize,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value.
        value: f64,
    },
    /// A stored value that needs more bits than the header says.
    #[error("{attribute} is {bits}, and frame {frame}, row {row}, column {column} holds {value}, which needs more")]
    ExceedsBits {
        /// Bits Stored.
        attribute: Attribute,
        /// Its value.
        bits: u16,
        /// Stored frame, from 1.
        frame: usize,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The value.
        value: u32,
    },
    /// Counts that do not make a gated study.
    #[error("{attribute}: {source}")]
    Study {
        /// The attribute that the problem comes from.
        attribute: Attribute,
        /// What is wrong.
        source: StudyError,
    },
    /// The header parser failed in a way that it should not.
    #[error("cannot be parsed: {0}")]
    Unparsable(String),
}

impl Problem {
    /// What is wrong, without the values of the file, in which anything may have been written: for logs that must not name a
    /// patient.
    #[must_use]
    pub fn without_values(&self) -> String {
        match self {
            Self::NotNm { attribute, .. } => format!("is not a nuclear medicine image, by {attribute}"),
            Self::NotGated { attribute, kind, .. } => format!("is {kind}, not a planar gated image, by {attribute}"),
            Self::Malformed { attribute, .. } => format!("is damaged at {attribute}"),
            Self::UnsupportedTransferSyntax { attribute, why, .. } => format!("{attribute} is not supported: {why}"),
            Self::Invalid { attribute, expected, .. } => format!("{attribute} is not {expected}"),
            Self::Several { attribute, axis, .. } => format!("{attribute} names several {}", axis.plural()),
            Self::NoSuch { attribute, axis, .. } => {
                format!("{attribute} does not name the {} asked for", axis.singular())
            }
            Self::NoSuchView { attribute, .. } => format!("no view is that asked for, by {attribute}"),
            Self::SeveralFiles { .. } => "has several gated files of one study".to_owned(),
            Self::Unparsable(_) => "cannot be parsed".to_owned(),
            other => other.to_string(),
        }
    }

    /// The attribute that the problem is about; `None` where it is about the file as a whole.
    #[must_use]
    pub fn attribute(&self) -> Option<Attribute> {
        match self {
            Self::NotNm { attribute, .. }
            | Self::Directory { attribute }
            | Self::NotGated { attribute, .. }
            | Self::Truncated { attribute, .. }
            | Self::Malformed { attribute, .. }
            | Self::UnsupportedTransferSyntax { attribute, .. }
            | Self::Missing { attribute, .. }
            | Self::Invalid { attribute, .. }
            | Self::Several { attribute, .. }
            | Self::NoSuch { attribute, .. }
            | Self::NoSuchView { attribute, .. }
            | Self::SeveralFiles { attribute, .. }
            | Self::VectorLength { attribute, .. }
            | Self::UnexpectedVector { attribute, .. }
            | Self::FramesMissing { attribute, .. }
            | Self::FramesDuplicate { attribute, .. }
            | Self::OneFrame { attribute }
            | Self::FramesSplit { attribute, .. }
            | Self::FrameOrderUnknown { attribute, .. }
            | Self::PixelCountMismatch { attribute, .. }
            | Self::FrameCountMismatch { attribute, .. }
            | Self::CorruptFrame { attribute, .. }
            | Self::NegativeCount { attribute, .. }
            | Self::ExceedsBits { attribute, .. }
            | Self::Study { attribute, .. } => Some(*attribute),
            Self::Unreadable(_)
            | Self::NotAFile
            | Self::EmptyFile
            | Self::EmptyFolder { .. }
            | Self::TooLarge { .. }
            | Self::NotDicom(_)
            | Self::OtherFormat { .. }
            | Self::Unparsable(_) => None,
        }
    }

    /// A word for programs that never changes for the same problem.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable(_) => "unreadable",
            Self::NotAFile => "not_a_file",
            Self::EmptyFile => "empty_file",
            Self::EmptyFolder { .. } => "empty_folder",
            Self::TooLarge { .. } => "too_large",
            Self::NotDicom(_) | Self::OtherFormat { .. } => "not_dicom",
            Self::NotNm { .. } | Self::Directory { .. } => "not_nm",
            Self::NotGated { kind, .. } => kind.code(),
            Self::Truncated { .. } => "truncated",
            Self::Malformed { .. } => "malformed",
            Self::UnsupportedTransferSyntax { .. } => "unsupported_transfer_syntax",
            Self::Missing { .. } => "missing_attribute",
            Self::Invalid { .. } => "invalid_attribute",
            Self::Several { axis: Axis::Detector, .. } => "several_detectors",
            Self::Several { axis: Axis::EnergyWindow, .. } => "several_energy_windows",
            Self::Several { axis: Axis::RrInterval, .. } => "several_rr_intervals",
            Self::NoSuch { axis: Axis::Detector, .. } => "no_such_detector",
            Self::NoSuch { axis: Axis::EnergyWindow, .. } => "no_such_energy_window",
            Self::NoSuch { axis: Axis::RrInterval, .. } => "no_such_rr_interval",
            Self::NoSuchView { .. } => "no_such_view",
            Self::SeveralFiles { .. } => "several_views",
            Self::VectorLength { .. } => "vector_length",
            Self::UnexpectedVector { .. } => "unexpected_vector",
            Self::FramesMissing { .. } => "frames_missing",
            Self::FramesDuplicate { .. } => "frames_duplicate",
            Self::OneFrame { .. } | Self::FramesSplit { .. } => "frames_split",
            Self::FrameOrderUnknown { .. } => "frame_order_unknown",
            Self::PixelCountMismatch { .. } | Self::FrameCountMismatch { .. } => "pixel_count_mismatch",
            Self::CorruptFrame { .. } => "corrupt_frame",
            Self::NegativeCount { .. } => "negative_count",
            Self::ExceedsBits { .. } => "exceeds_bits_stored",
            Self::Study { source, .. } => source.code(),
            Self::Unparsable(_) => "unparsable",
        }
    }
}

/// `3, 5, 6` and no more than eight of them.
fn list(numbers: &[u32]) -> String {
    let shown: Vec<String> = numbers.iter().take(8).map(u32::to_string).collect();
    let more = if numbers.len() > 8 { format!(" and {} more", numbers.len() - 8) } else { String::new() };
    shown.join(", ") + &more
}

/// All of them, with commas between.
fn joined<T: fmt::Display>(choices: &[T]) -> String {
    choices.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

/// Why none of several files was chosen.
fn undecided(attribute: Attribute, wanted: Option<&str>, choices: &[GatedFile]) -> String {
    let matching = choices.iter().filter(|choice| choice.matches).count();
    let by = format!("by {attribute}, description or angle");
    match (wanted, matching) {
        (None, 0) => format!(", none of which says {by} that it is LAO"),
        (None, several) => format!(", of which {several} are LAO {by}"),
        (Some(wanted), 0) => format!(", none of which matches '{wanted}' {by}"),
        (Some(wanted), several) => format!(", of which {several} match '{wanted}' {by}"),
    }
}

/// All of them, with semicolons between.
fn list_of(choices: &[GatedFile]) -> String {
    choices.iter().map(GatedFile::to_string).collect::<Vec<_>>().join("; ")
}

/// What else a folder without DICOM files contains.
fn besides(set_aside: usize, directory: bool) -> String {
    match (set_aside, directory) {
        (_, true) => "; its DICOMDIR lists images that are not in it: copy the whole medium".into(),
        (0, false) => String::new(),
        (1, false) => "; one file or folder in it was set aside".into(),
        (several, false) => format!("; {several} files and folders in it were set aside"),
    }
}
