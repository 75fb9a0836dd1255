//! A gated study written as an NM image, and its results as other DICOM objects: whole files, the same bytes for the same input.

pub(crate) mod acquisition;
mod elements;
mod file;
mod modules;
pub mod objects;
mod record;
mod uids;

use std::path::Path;

use bloodpool_core::study::GatedStudy;
use dicom_dictionary_std::uids as dicom_uids;

use acquisition::Acquisition;
pub use file::{WriteError, WriteOptions};
use file::{file_bytes, write_file};

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
    write_file(path, options, || encode_study(study, acquisition))
}

/// The bytes that [`write_study`] writes: the same for the same study and acquisition.
///
/// UIDs that the study's identity lacks are derived from everything else that is written.
///
/// # Errors
/// [`WriteError`] when a count is not a whole number up to 65535.
pub fn encode_study(study: &GatedStudy, acquisition: &Acquisition) -> Result<Vec<u8>, WriteError> {
    let (object, sop_uid) = modules::object(study, acquisition)?;
    file_bytes(object, dicom_uids::NUCLEAR_MEDICINE_IMAGE_STORAGE, &sop_uid)
}
