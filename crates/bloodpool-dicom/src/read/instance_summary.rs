//! `InstanceSummary`: what decides how an instance that arrived is grouped with others, read from its header.

use std::path::Path;

use dicom_dictionary_std::tags;

use super::error::ReadError;
use super::opened::Opened;
use super::part10::load;
use super::{kind, single_frame};

/// How an instance is grouped with others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceSummary {
    /// Study Instance UID, not checked.
    pub study_uid: Option<String>,
    /// Series Instance UID, not checked.
    pub series_uid: Option<String>,
    /// SOP Instance UID, not checked.
    pub sop_uid: Option<String>,
    /// What it is for an analysis.
    pub role: InstanceRole,
}

/// What an instance is for an analysis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstanceRole {
    /// A planar gated image with its frames.
    GatedImage,
    /// One frame of a planar gated image; the others are in other files of the series.
    OneFrame,
    /// Another kind of object.
    Other {
        /// Why it is not a planar gated image.
        reason: String,
    },
}

impl InstanceSummary {
    /// Reads the header of a file.
    ///
    /// # Errors
    /// [`ReadError`] when the file cannot be read as DICOM.
    pub fn of_file(path: &Path) -> Result<Self, ReadError> {
        let opened = load(path).and_then(Opened::of_any_syntax).map_err(|problem| ReadError::new(path, problem))?;
        let root = opened.root();
        let role = match kind::check(root) {
            Err(problem) => InstanceRole::Other { reason: problem.to_string() },
            Ok(_) if single_frame::SingleFrame::of(root).is_some() => InstanceRole::OneFrame,
            Ok(_) => InstanceRole::GatedImage,
        };
        Ok(Self {
            study_uid: root.text(tags::STUDY_INSTANCE_UID),
            series_uid: root.text(tags::SERIES_INSTANCE_UID),
            sop_uid: root.text(tags::SOP_INSTANCE_UID),
            role,
        })
    }
}
