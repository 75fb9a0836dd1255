//! `SetAside`: what was found in a folder and is not analysed, and why.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::read::error::Problem;
use crate::read::file_format::FileFormat;

/// A file or folder that is not analysed, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub reason: AsideReason,
}

/// Why a file or folder is not analysed. Prints as a phrase that follows the name of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AsideReason {
    /// The bytes of another file.
    SameBytes {
        /// The file that stands for both.
        first: PathBuf,
    },
    /// The SOP Instance UID, patient, study, view and frames of another file.
    SameInstance {
        /// The file that stands for both.
        first: PathBuf,
        /// Whether the frames of both could be decoded and compared.
        compared: bool,
    },
    /// The frames of another file of the study, under another SOP Instance UID.
    SameFrames {
        /// The file that stands for both.
        first: PathBuf,
    },
    /// Another view than that of the chosen file.
    AnotherView {
        /// The views in it.
        views: Vec<String>,
    },
    /// The view is not recorded, and another file of the study is of the wanted view.
    ViewNotRecorded,
    /// An acquisition of the same view as the chosen one.
    AnotherAcquisition {
        /// Its views.
        views: Vec<String>,
        /// Its series in words, where it has a description or a number.
        series: Option<String>,
    },
    /// A frame of another detector, energy window or R-R interval than the chosen one.
    NotSelected,
    /// A DICOM object of a study that is not a planar gated image.
    AnotherKind {
        /// The code of the error that reading it by itself gives.
        code: &'static str,
        /// What it is.
        message: String,
    },
    /// The directory of a medium (DICOMDIR), which contains no image.
    MediaDirectory,
    /// Not DICOM.
    NotDicom {
        /// What it is, where that is known.
        format: Option<FileFormat>,
    },
    /// No bytes.
    EmptyFile,
    /// A device, pipe or socket.
    NotAFile,
    /// A DICOM file whose name begins with a dot.
    HiddenFile,
    /// A folder whose name begins with a dot.
    HiddenFolder,
    /// A symbolic link to a folder.
    LinkedFolder,
    /// A symbolic link to nothing.
    BrokenLink,
    /// A folder nested deeper than is searched.
    TooDeep {
        /// How many levels are searched.
        limit: usize,
    },
}

impl AsideReason {
    /// Why an object that is not a gated image is set aside.
    pub(crate) fn of_kind(problem: &Problem) -> Self {
        Self::AnotherKind { code: problem.code(), message: problem.to_string() }
    }

    /// A word for programs that never changes for the same reason.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::SameBytes { .. } | Self::SameInstance { .. } | Self::SameFrames { .. } => "duplicate",
            Self::AnotherView { .. } => "another_view",
            Self::ViewNotRecorded => "view_not_recorded",
            Self::AnotherAcquisition { .. } => "another_acquisition",
            Self::NotSelected => "not_selected",
            Self::AnotherKind { code, .. } => code,
            Self::MediaDirectory => "media_directory",
            Self::NotDicom { .. } => "not_dicom",
            Self::EmptyFile => "empty_file",
            Self::NotAFile => "not_a_file",
            Self::HiddenFile | Self::HiddenFolder => "hidden",
            Self::LinkedFolder => "link_to_folder",
            Self::BrokenLink => "broken_link",
            Self::TooDeep { .. } => "too_deep",
        }
    }

    /// Whether it is a file that is not DICOM.
    #[must_use]
    pub fn is_not_dicom(&self) -> bool {
        matches!(self, Self::NotDicom { .. } | Self::EmptyFile | Self::NotAFile)
    }

    /// Whether a study may be in it, so that a person should read its name. Other files need only be counted.
    #[must_use]
    pub fn may_hold_study(&self) -> bool {
        match self {
            Self::NotDicom { format } => format.is_some_and(FileFormat::may_hold_study),
            Self::MediaDirectory | Self::EmptyFile | Self::NotAFile => false,
            _ => true,
        }
    }
}

impl fmt::Display for AsideReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SameBytes { first } => write!(f, "the same file as {}", first.display()),
            Self::SameInstance { first, compared: true } => {
                write!(f, "the same image as {}, by SOP Instance UID and frames", first.display())
            }
            Self::SameInstance { first, compared: false } => {
                write!(f, "the same image as {}, by SOP Instance UID; frames cannot be compared", first.display())
            }
            Self::SameFrames { first } => {
                write!(f, "the same frames as {}, with another SOP Instance UID", first.display())
            }
            Self::AnotherView { views } => write!(f, "another view: {}", views.join(", ")),
            Self::ViewNotRecorded => {
                f.write_str("its view is not recorded, so that it may be LAO, too; to analyse it, name the file itself")
            }
            Self::AnotherAcquisition { views, series } => {
                write!(f, "another acquisition of the study: {}", views.join(", "))?;
                if let Some(series) = series {
                    write!(f, ", {series}")?;
                }
                f.write_str("; to analyse it, name the file itself")
            }
            Self::NotSelected => f.write_str("another detector, energy window or R-R interval"),
            Self::AnotherKind { message, .. } => f.write_str(message),
            Self::MediaDirectory => f.write_str("the directory of a medium (DICOMDIR), which contains no image"),
            Self::NotDicom { format: None } => f.write_str("not a DICOM file"),
            Self::NotDicom { format: Some(format) } if format.may_hold_study() => {
                write!(f, "not a DICOM file but {format}: {}", format.advice())
            }
            Self::NotDicom { format: Some(format) } => write!(f, "not a DICOM file but {format}"),
            Self::EmptyFile => f.write_str("empty"),
            Self::NotAFile => f.write_str("not a regular file"),
            Self::HiddenFile => f.write_str("hidden DICOM file, not read; to analyse it, name the file itself"),
            Self::HiddenFolder => f.write_str("hidden folder, not searched; to search it, name the folder itself"),
            Self::LinkedFolder => {
                f.write_str("link to a folder, not followed; to search it, name the link or its target itself")
            }
            Self::BrokenLink => f.write_str("link to a file that is not there"),
            Self::TooDeep { limit } => {
                write!(f, "below {limit} levels of folders, not searched; to search it, name the folder itself")
            }
        }
    }
}

/// Whether the name of a file says that it is DICOM. What such a file contains is then expected to be a study.
pub(crate) fn is_dicom_by_name(path: &Path) -> bool {
    const ENDINGS: [&str; 4] = ["dcm", "dicom", "dic", "ima"];
    path.extension().is_some_and(|extension| ENDINGS.iter().any(|ending| extension.eq_ignore_ascii_case(ending)))
}

/// Whether the name of a file or folder begins with a dot.
pub(crate) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
