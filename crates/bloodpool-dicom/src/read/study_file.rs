//! `StudyFile`: a study that was read, with the files that it was read from and notes on them.

use std::path::PathBuf;

use bloodpool_core::study::GatedStudy;

use super::note::Note;

/// A gated study and the file it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyFile {
    /// The file.
    pub path: PathBuf,
    /// Frames of the chosen view in the order of the cycle.
    pub study: GatedStudy,
    /// The files that it was read from, in the order of the frames, as they were when they were read.
    pub files: Vec<SourceFile>,
    /// What a reader of its numbers should know about the file.
    pub notes: Vec<Note>,
}

/// A file that a study was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// The file.
    pub path: PathBuf,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
}
