//! A gated study out as an NM image: whole files only, the same bytes for the same study.

mod modules;

use std::path::Path;

use bloodpool_core::study::GatedStudy;
use bloodpool_files::{FileError, IfExists, write_whole};
use dicom_dictionary_std::uids;
use dicom_object::FileMetaTableBuilder;

use crate::uid::uid_from;

/// How to write a study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Replace a file that exists.
    pub overwrite: bool,
}

/// Why a study was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The file exists and may not be replaced, or the operating system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// A count that 16 bits cannot hold exactly.
    #[error(
        "frame {frame}, row {row}, column {column} holds {value}; (7FE0,0010) PixelData holds whole counts up to 65535"
    )]
    Count {
        /// Frame, from 1.
        frame: usize,
        /// Row, from 0.
        row: usize,
        /// Column, from 0.
        column: usize,
        /// The count.
        value: f32,
    },
    /// The encoder failed.
    #[error("the study cannot be encoded: {0}")]
    Encode(String),
}

/// Writes `study` to `path` as a gated NM image (DICOM PS3.3 A.5), Explicit VR Little Endian, 16 bits unsigned.
///
/// The file appears whole or not at all. R-R times are written in whole milliseconds, as DICOM has them; a `simulated`
/// study says SIMULATED in Image Comments (0020,4000).
///
/// # Errors
/// [`WriteError`] when a count is not a whole number up to 65535, or the file exists or cannot be written.
pub fn write_study(study: &GatedStudy, path: &Path, options: &WriteOptions) -> Result<(), WriteError> {
    let if_exists = if options.overwrite { IfExists::Replace } else { IfExists::Refuse };
    if if_exists == IfExists::Refuse && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path: path.to_owned() }.into());
    }
    Ok(write_whole(path, &encode_study(study)?, if_exists)?)
}

/// The bytes that [`write_study`] writes: the same for the same study.
///
/// UIDs that the study's identity lacks are derived from its counts and identity.
///
/// # Errors
/// [`WriteError`] when a count is not a whole number up to 65535.
pub fn encode_study(study: &GatedStudy) -> Result<Vec<u8>, WriteError> {
    let encode = |error: String| WriteError::Encode(error);
    let (object, sop_uid) = modules::object(study)?;
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(uids::NUCLEAR_MEDICINE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid(sop_uid)
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(uid_from("bloodpool"))
        .implementation_version_name("BLOODPOOL_0_1")
        .build()
        .map_err(|error| encode(error.to_string()))?;
    let mut bytes = Vec::new();
    object.with_exact_meta(meta).write_all(&mut bytes).map_err(|error| encode(error.to_string()))?;
    Ok(bytes)
}
