//! Files in DICOM format (PS3.10): bytes of a data set with its meta information, written whole or not at all.

use std::path::Path;

use bloodpool_files::{FileError, IfExists, write_whole};
use dicom_dictionary_std::uids;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use crate::implementation::{IMPLEMENTATION_VERSION_NAME, implementation_class_uid};

/// How to write a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Replace a file that exists.
    pub overwrite: bool,
}

/// Why a study or a result was not written.
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

/// The bytes of a file, Explicit VR Little Endian.
pub(super) fn file_bytes(object: InMemDicomObject, sop_class: &str, sop_uid: &str) -> Result<Vec<u8>, WriteError> {
    let meta = FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(sop_class)
        .media_storage_sop_instance_uid(sop_uid)
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(implementation_class_uid())
        .implementation_version_name(IMPLEMENTATION_VERSION_NAME)
        .build()
        .map_err(|error| WriteError::Encode(Box::new(error)))?;
    let mut bytes = Vec::new();
    object.with_exact_meta(meta).write_all(&mut bytes).map_err(|error| WriteError::Encode(Box::new(error)))?;
    Ok(bytes)
}

/// Writes what `bytes` gives, which is not asked for where the file exists and may not be replaced.
pub(super) fn write_file(
    path: &Path,
    options: &WriteOptions,
    bytes: impl FnOnce() -> Result<Vec<u8>, WriteError>,
) -> Result<(), WriteError> {
    let if_exists = if options.overwrite { IfExists::Replace } else { IfExists::Refuse };
    if if_exists == IfExists::Refuse && path.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path: path.to_owned() }.into());
    }
    Ok(write_whole(path, &bytes()?, if_exists)?)
}
