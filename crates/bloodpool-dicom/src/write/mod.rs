//! A gated study written as an NM image: whole files only, the same bytes for the same study and acquisition.

pub(crate) mod acquisition;
mod elements;
mod modules;
mod uids;

use std::path::Path;

use bloodpool_core::study::GatedStudy;
use bloodpool_files::{FileError, IfExists, write_whole};
use dicom_dictionary_std::uids as dicom_uids;
use dicom_object::FileMetaTableBuilder;

use crate::implementation::{IMPLEMENTATION_VERSION_NAME, implementation_class_uid};
use acquisition::Acquisition;

/// How to write a study.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Replace a file that exists.
    pub overwrite: bool,
}

/// Why a study was not written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    #[error("the study cannot be encoded as DICOM")]
    Encode(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Writes `study` to `path` as a gated NM image (DICOM PS3.3 A.5), Explicit VR Little Endian, 16 bits unsigned.
///
/// The file appears whole or not at all. R-R times are written in whole milliseconds, as DICOM has them. What neither
/// `study` nor `acquisition` records is left empty or out. A simulated study says YES in Synthetic Data (0008,001C) and
/// SIMULATED in Image Comments (0020,4000).
///
/// # Errors
/// [`WriteError`] when a count is not a whole number up to 65535, or the file exists or cannot be written.
pub fn write_study(
    study: &GatedStudy,
    acquisition: &Acquisition,
    path: &Path,
    options: &WriteOptions,
) -> Result<(), WriteError> {
    let if_exists = if options.overwrite { IfExists::Replace } else { IfExists::Refuse };
    if if_exists == IfExists::Refuse && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path: path.to_owned() }.into());
    }
    Ok(write_whole(path, &encode_study(study, acquisition)?, if_exists)?)
}

/// The bytes that [`write_study`] writes: the same for the same study and acquisition.
///
/// UIDs that the study's identity lacks are derived from everything else that is written.
///
/// # Errors
/// [`WriteError`] when a count is not a whole number up to 65535.
pub fn encode_study(study: &GatedStudy, acquisition: &Acquisition) -> Result<Vec<u8>, WriteError> {
    let (object, sop_uid) = modules::object(study, acquisition)?;
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(dicom_uids::NUCLEAR_MEDICINE_IMAGE_STORAGE)
        .media_storage_sop_instance_uid(sop_uid)
        .transfer_syntax(dicom_uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(implementation_class_uid())
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME)
        .build()
        .map_err(|error| WriteError::Encode(Box::new(error)))?;
    let mut bytes = Vec::new();
    object.with_exact_meta(meta).write_all(&mut bytes).map_err(|error| WriteError::Encode(Box::new(error)))?;
    Ok(bytes)
}
