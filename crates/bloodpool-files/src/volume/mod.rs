//! Label volumes in the formats of medical imaging: NIfTI-1 (`.nii`, `.nii.gz`) and NRRD.
//!
//! A volume is `[frame, row, column]`. In a file the columns are the first axis, the rows the second, and the frames of the cardiac
//! cycle the third: both formats would have called time a fourth axis, but programs for segmentation read masks of three. The third
//! axis has no length in mm; it is written with a spacing of 1.
//!
//! The axes have the directions that ITK gives an image without patient coordinates: columns to the patient's left, rows to the
//! back (identity in LPS). SimpleITK and pynrrd therefore read the array as it is written, and nibabel reads it as
//! `[column, row, frame]` with the affine `diag(-column_mm, -row_mm, 1, 1)`. A planar image has no true place in the patient.

mod element;
mod nifti;
mod nrrd;

use std::io::{Read, Write};
use std::path::Path;

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use ndarray::{Array2, Array3};

use crate::fingerprint::read_bytes;
use crate::whole_file::{FileError, IfExists, write_whole};

/// Largest number of voxels that are read: 64 frames of 1024 x 1024.
const MOST_VOXELS: usize = 64 * 1024 * 1024;
/// Largest number of bytes that a compressed file may hold: as many voxels of 4 bytes, and a header.
const MOST_BYTES: u64 = 4 * MOST_VOXELS as u64 + (1 << 20);

/// Labels per voxel, for example 1 in the LV and 0 elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelVolume {
    /// `[frame, row, column]`.
    pub labels: Array3<u8>,
    /// Distance between the centres of neighbouring `[rows, columns]`, mm; `None` where it is not known.
    pub pixel_spacing_mm: Option<[f64; 2]>,
}

/// The format of a volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeFormat {
    /// NIfTI-1, `.nii`.
    Nifti,
    /// NIfTI-1 compressed with gzip, `.nii.gz`.
    NiftiGz,
    /// NRRD with its data attached and compressed with gzip, `.nrrd`.
    Nrrd,
}

impl VolumeFormat {
    /// The format that the ending of a file's name stands for; upper and lower case do not matter. `None` for another ending.
    #[must_use]
    pub fn of_name(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_lowercase();
        let endings = [(".nii.gz", Self::NiftiGz), (".nii", Self::Nifti), (".nrrd", Self::Nrrd)];
        endings.into_iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, format)| format)
    }
}

impl LabelVolume {
    /// The bytes of a file of this format.
    ///
    /// # Errors
    /// [`FileError::Format`] when a side is larger than the format can hold; `path` is what the error names.
    pub fn encode(&self, path: &Path, format: VolumeFormat) -> Result<Vec<u8>, FileError> {
        let nifti = || nifti::encode_labels(&self.labels, self.pixel_spacing_mm);
        let bytes = match format {
            VolumeFormat::Nifti => nifti(),
            VolumeFormat::NiftiGz => nifti().map(|bytes| compressed(&bytes)),
            VolumeFormat::Nrrd => Ok(nrrd::encode(&self.labels, self.pixel_spacing_mm)),
        };
        bytes.map_err(|reason| format_error(path, "NIfTI", reason))
    }

    /// Writes a file, whole or not at all, in the format that its name ends in.
    ///
    /// # Errors
    /// [`FileError`] when the name has another ending, or the file exists and may not be replaced, or cannot be written.
    pub fn write(&self, path: &Path, if_exists: IfExists) -> Result<(), FileError> {
        let format = VolumeFormat::of_name(path)
            .ok_or_else(|| format_error(path, "label volume", "its name must end in .nii, .nii.gz or .nrrd".into()))?;
        write_whole(path, &self.encode(path, format)?, if_exists)
    }

    /// Reads a file of either format, which is recognised by its content.
    ///
    /// # Errors
    /// As [`LabelVolume::decode`].
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::decode(path, &read_bytes(path)?)
    }

    /// Decodes the bytes of a file of either format. A 4-D NIfTI of one slice is read as frames. Axes that have other directions
    /// than the ones written here are an error: turning a mask silently, or not turning it, would be wrong for some program.
    ///
    /// # Errors
    /// [`FileError::Format`] when it is no such file, its values are not whole numbers from 0 to 255, or its axes have other
    /// directions; `path` is what the error names.
    pub fn decode(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        if bytes.starts_with(b"NRRD") {
            return nrrd::decode(bytes).map_err(|reason| format_error(path, "NRRD", reason));
        }
        let unpacked = if bytes.starts_with(&[0x1f, 0x8b]) { Some(decompressed(bytes)) } else { None };
        let unpacked = unpacked.transpose().map_err(|reason| format_error(path, "NIfTI", reason))?;
        nifti::decode(unpacked.as_deref().unwrap_or(bytes)).map_err(|reason| format_error(path, "NIfTI", reason))
    }

    /// Whether each pixel of a frame has this label, `[row, column]`; `None` where there is no such frame.
    #[must_use]
    pub fn frame(&self, frame: usize, label: u8) -> Option<Array2<bool>> {
        let pixels = self.labels.outer_iter().nth(frame)?;
        Some(pixels.mapv(|value| value == label))
    }
}

/// A single image as the bytes of a 2-D NIfTI file, float32, compressed where `format` says so.
///
/// # Errors
/// [`FileError::Format`] when a side is larger than the format can hold or `format` is no NIfTI; `path` is what the error names.
pub fn encode_nifti_image(
    path: &Path,
    image: &Array2<f32>,
    pixel_spacing_mm: Option<[f64; 2]>,
    format: VolumeFormat,
) -> Result<Vec<u8>, FileError> {
    finished(path, nifti::encode_image(image, pixel_spacing_mm), format)
}

/// The labels of a single image as the bytes of a 2-D NIfTI file, uint8.
///
/// # Errors
/// As [`encode_nifti_image`].
pub fn encode_nifti_label_image(
    path: &Path,
    labels: &Array2<u8>,
    pixel_spacing_mm: Option<[f64; 2]>,
    format: VolumeFormat,
) -> Result<Vec<u8>, FileError> {
    finished(path, nifti::encode_label_image(labels, pixel_spacing_mm), format)
}

fn finished(path: &Path, bytes: Result<Vec<u8>, String>, format: VolumeFormat) -> Result<Vec<u8>, FileError> {
    let bytes = bytes.map_err(|reason| format_error(path, "NIfTI", reason))?;
    match format {
        VolumeFormat::Nifti => Ok(bytes),
        VolumeFormat::NiftiGz => Ok(compressed(&bytes)),
        VolumeFormat::Nrrd => Err(format_error(path, "NIfTI", "NRRD was asked for".into())),
    }
}

fn format_error(path: &Path, format: &'static str, reason: String) -> FileError {
    FileError::Format { path: path.to_owned(), format, reason }
}

/// Compressed with gzip, without a name or a time, so that the same content gives the same bytes.
fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Writing to memory does not fail; were it to, the result is cut off and its reader says so.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

fn decompressed(bytes: &[u8]) -> Result<Vec<u8>, String> {
    let mut unpacked = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(MOST_BYTES + 1);
    reader.read_to_end(&mut unpacked).map_err(|error| format!("it cannot be decompressed: {error}"))?;
    if unpacked.len() as u64 > MOST_BYTES {
        return Err(format!("it holds more than {MOST_BYTES} bytes"));
    }
    Ok(unpacked)
}
