//! `Summary`: what a file says of itself, without its pixels, and what tells files that contain the same from others.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use bloodpool_files::sha256;
use dicom_dictionary_std::tags;

use super::error::Problem;
use super::file_format::FileFormat;
use super::file_meta::is_dicom_by_its_start;
use super::header::{Attributes, quoted};
use super::opened::Opened;
use super::part10::{MAX_BYTES, load};
use super::pixels::PixelFormat;
use super::single_frame::SingleFrame;
use super::view::View;
use super::{frames, kind};
use crate::set_aside::{AsideReason, is_dicom_by_name};

/// Bytes that are enough to tell DICOM and known formats from others.
const HEAD: u64 = 4096;

/// What a file says of itself, without its pixels.
pub(crate) struct Summary {
    /// Of the file.
    pub(crate) sha256: String,
    pub(crate) patient: Patient,
    pub(crate) study_uid: Option<String>,
    pub(crate) sop_uid: Option<String>,
    /// Number and description of the series, in words.
    pub(crate) series: Option<String>,
    /// Series Description.
    pub(crate) series_description: Option<String>,
    pub(crate) views: Vec<View>,
    /// What tells it from others, where it is one frame of a series.
    pub(crate) single: Option<SingleFrame>,
    /// Why it is no planar gated image, if it is not.
    pub(crate) unsuitable: Option<Problem>,
}

/// Who the patient is: ID, name in capitals without punctuation, and date of birth. `Debug` prints none of them.
#[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Patient([String; 3]);

impl fmt::Debug for Patient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Patient(..)")
    }
}

impl Patient {
    fn of(root: Attributes<'_>) -> Self {
        let text = |tag| root.text(tag).unwrap_or_default();
        let name: String = text(tags::PATIENT_NAME).chars().filter(|letter| letter.is_alphanumeric()).collect();
        Self([text(tags::PATIENT_ID), name.to_uppercase(), text(tags::PATIENT_BIRTH_DATE)])
    }
}

/// Reads the header alone.
pub(crate) fn summarize(path: &Path) -> Result<Summary, Problem> {
    let bytes = load(path)?;
    let sha256 = sha256(&bytes);
    let file = Opened::of_any_syntax(bytes)?;
    let root = file.root();
    let unsuitable = kind::check(root).err();
    if let Some(problem) = file.unsupported().filter(|_| unsuitable.is_none()) {
        return Err(problem);
    }
    let series_description = root.text(tags::SERIES_DESCRIPTION);
    let number = root.text(tags::SERIES_NUMBER);
    let series = match (&number, &series_description) {
        (None, None) => None,
        (Some(number), None) => Some(format!("series {number}")),
        (None, Some(text)) => Some(format!("series {}", quoted(text))),
        (Some(number), Some(text)) => Some(format!("series {number}, {}", quoted(text))),
    };
    Ok(Summary {
        sha256,
        patient: Patient::of(root),
        study_uid: root.text(tags::STUDY_INSTANCE_UID),
        sop_uid: root.text(tags::SOP_INSTANCE_UID),
        series,
        series_description,
        views: frames::views(root),
        single: SingleFrame::of(root),
        unsuitable,
    })
}

/// What a file in a folder is.
pub(crate) enum Looked {
    /// DICOM.
    Dicom(Box<Summary>),
    /// Not DICOM, or the directory of a medium.
    Other(AsideReason),
    /// DICOM by name or content, and cannot be read.
    Failed(Problem),
}

/// Looks at a file in a folder. What is not DICOM is passed over, unless its name says that it is.
pub(crate) fn look(path: &Path) -> Looked {
    match summary_or_format(path) {
        Ok(Ok(Summary { unsuitable: Some(Problem::Directory { .. }), .. })) | Err(Problem::Directory { .. }) => {
            Looked::Other(AsideReason::MediaDirectory)
        }
        Ok(Ok(summary)) => Looked::Dicom(Box::new(summary)),
        Ok(Err(format)) => Looked::Other(AsideReason::NotDicom { format }),
        Err(Problem::EmptyFile) if !is_dicom_by_name(path) => Looked::Other(AsideReason::EmptyFile),
        Err(problem) => Looked::Failed(problem),
    }
}

/// The summary of a DICOM file, or the format of another one, of which no more than the first bytes are read where these
/// suffice.
fn summary_or_format(path: &Path) -> Result<Result<Summary, Option<FileFormat>>, Problem> {
    let (mut head, mut length) = (Vec::new(), 0);
    if !is_dicom_by_name(path) {
        let file = File::open(path).map_err(Problem::Unreadable)?;
        length = file.metadata().map_err(Problem::Unreadable)?.len();
        file.take(HEAD).read_to_end(&mut head).map_err(Problem::Unreadable)?;
        if length > 0 && !is_dicom_by_its_start(&head) {
            let format = FileFormat::of(&head);
            if format.is_some() || length > MAX_BYTES {
                return Ok(Err(format));
            }
        }
    }
    match summarize(path) {
        Ok(summary) => Ok(Ok(summary)),
        Err(Problem::NotDicom(_)) if length > 0 => Ok(Err(None)),
        Err(Problem::OtherFormat { format }) if length > 0 => Ok(Err(Some(format))),
        Err(problem) => Err(problem),
    }
}

/// SHA-256 of the frames as they decode, and of a single frame also of its place in the cycle; `None` where they cannot
/// be decoded.
pub(crate) fn content(path: &Path) -> Option<String> {
    let file = Opened::of(path).ok()?;
    let single = file.holds_one_frame().then(|| SingleFrame::of(file.root()));
    let format = match single {
        Some(_) => PixelFormat::of_frames(file.root(), 1),
        None => PixelFormat::of(file.root()),
    };
    let format = format.ok()?;
    let order: Vec<usize> = (0..format.frames).collect();
    let counts = file.counts(&format, &order).ok()?;
    let mut bytes = format!("{:?} {:?}", counts.values.dim(), single.flatten()).into_bytes();
    bytes.extend(counts.values.iter().flat_map(|count| count.to_le_bytes()));
    Some(sha256(&bytes))
}
