//! `FileFormat`: formats that are given in place of DICOM, recognised by their first bytes, and what to do with each.

use std::fmt;
use std::io::Read;

/// A format that holds images or archives of images and is not DICOM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileFormat {
    /// ZIP, 7z, RAR or tar.
    Archive(&'static str),
    /// NumPy .npz, a ZIP archive of arrays.
    NumpyArchive,
    /// gzip, bzip2, xz or zstd of something that is not recognised.
    Compressed(&'static str),
    /// gzip of a DICOM file.
    CompressedDicom,
    /// Interfile 3.3, or a descendant of it.
    Interfile,
    /// NumPy .npy.
    Numpy,
    /// MATLAB .mat of any version.
    Matlab,
    /// HDF5 that is not MATLAB.
    Hdf5,
    /// NIfTI-1 or NIfTI-2, compressed or not.
    Nifti,
    /// Analyze 7.5.
    Analyze,
    /// NRRD.
    Nrrd,
    /// JPEG-LS outside of DICOM.
    JpegLs,
    /// JPEG 2000 outside of DICOM.
    Jpeg2000,
    /// A picture: PNG, JPEG, TIFF, GIF or BMP.
    Picture(&'static str),
    /// PDF.
    Pdf,
    /// A document of an office program, which is a ZIP archive by its first bytes.
    Office,
}

/// Bytes that are enough to recognise what a gzip stream holds.
const HEAD: u64 = 1024;

impl FileFormat {
    /// The format of a file that is not DICOM; `None` where it is none of these.
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        let starts = |magic: &[u8]| bytes.starts_with(magic);
        let found = match bytes {
            _ if starts(b"PK\x03\x04") && is_npz(bytes) => Self::NumpyArchive,
            _ if starts(b"PK\x03\x04") && is_office(bytes) => Self::Office,
            _ if starts(b"PK\x03\x04") || starts(b"PK\x05\x06") => Self::Archive("ZIP"),
            _ if starts(b"7z\xBC\xAF\x27\x1C") => Self::Archive("7z"),
            _ if starts(b"Rar!\x1A\x07") => Self::Archive("RAR"),
            _ if bytes.get(257..262) == Some(b"ustar") => Self::Archive("tar"),
            _ if starts(&[0x1F, 0x8B]) => of_gzip(bytes),
            _ if starts(b"BZh") => Self::Compressed("bzip2"),
            _ if starts(b"\xFD7zXZ\0") => Self::Compressed("xz"),
            _ if starts(&[0x28, 0xB5, 0x2F, 0xFD]) => Self::Compressed("zstd"),
            _ if starts(b"\x93NUMPY") => Self::Numpy,
            _ if starts(b"MATLAB ") => Self::Matlab,
            _ if starts(b"\x89HDF\r\n\x1A\n") => Self::Hdf5,
            _ if starts(b"NRRD") => Self::Nrrd,
            _ if starts(b"\x89PNG\r\n\x1A\n") => Self::Picture("a PNG picture"),
            _ if is_jpeg_ls(bytes) => Self::JpegLs,
            _ if starts(&[0xFF, 0xD8, 0xFF]) => Self::Picture("a JPEG picture"),
            _ if starts(b"\0\0\0\x0CjP  ") || starts(&[0xFF, 0x4F, 0xFF, 0x51]) => Self::Jpeg2000,
            _ if starts(b"II*\0") || starts(b"MM\0*") => Self::Picture("a TIFF picture"),
            _ if starts(b"GIF87a") || starts(b"GIF89a") => Self::Picture("a GIF picture"),
            _ if is_bmp(bytes) => Self::Picture("a BMP picture"),
            _ if starts(b"%PDF-") => Self::Pdf,
            _ if is_interfile(bytes) => Self::Interfile,
            _ if is_nifti(bytes) => Self::Nifti,
            _ if is_analyze(bytes) => Self::Analyze,
            _ if is_matlab_4(bytes) => Self::Matlab,
            _ => return None,
        };
        Some(found)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Archive("ZIP") => "a ZIP archive",
            Self::Archive("7z") => "a 7z archive",
            Self::Archive("RAR") => "a RAR archive",
            Self::Archive(_) => "a tar archive",
            Self::NumpyArchive => "a NumPy archive (.npz)",
            Self::Compressed("bzip2") => "compressed with bzip2",
            Self::Compressed("xz") => "compressed with xz",
            Self::Compressed("zstd") => "compressed with zstd",
            Self::Compressed(_) => "compressed with gzip",
            Self::CompressedDicom => "a DICOM file compressed with gzip",
            Self::Interfile => "Interfile",
            Self::Numpy => "a NumPy array (.npy)",
            Self::Matlab => "a MATLAB file (.mat)",
            Self::Hdf5 => "an HDF5 file",
            Self::Nifti => "NIfTI",
            Self::Analyze => "Analyze 7.5",
            Self::Nrrd => "NRRD",
            Self::JpegLs => "a JPEG-LS image",
            Self::Jpeg2000 => "a JPEG 2000 image",
            Self::Picture(name) => name,
            Self::Pdf => "a PDF document",
            Self::Office => "an office document",
        }
    }

    /// Whether a gated study may be in it.
    #[must_use]
    pub fn may_hold_study(self) -> bool {
        matches!(self, Self::Archive(_) | Self::Compressed(_) | Self::CompressedDicom | Self::Interfile)
    }

    /// What to do with it.
    #[must_use]
    pub fn advice(self) -> &'static str {
        match self {
            Self::Archive(_) => "extract it and give the folder",
            Self::Compressed(_) | Self::CompressedDicom => "decompress it and give the file that was in it",
            Self::Interfile | Self::Nifti | Self::Analyze | Self::Nrrd => {
                "export the gated study from the camera or workstation as DICOM (NM image)"
            }
            Self::Numpy | Self::NumpyArchive | Self::Matlab | Self::Hdf5 => {
                "numbers alone say nothing of frames and gating; give the DICOM file that they were made from"
            }
            Self::JpegLs | Self::Jpeg2000 | Self::Picture(_) | Self::Pdf | Self::Office => {
                "shades of a picture are not counts; export the gated NM image itself as DICOM, uncompressed"
            }
        }
    }
}

impl fmt::Display for FileFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The name of the first file in a ZIP archive.
fn first_name(bytes: &[u8]) -> Option<&[u8]> {
    let length = u16::from_le_bytes(bytes.get(26..28)?.try_into().ok()?);
    bytes.get(30..30 + usize::from(length))
}

/// Whether the first file of a ZIP archive is a NumPy array.
fn is_npz(bytes: &[u8]) -> bool {
    first_name(bytes).is_some_and(|name| name.ends_with(b".npy"))
}

/// Whether the first file of a ZIP archive is the one that Office Open XML or OpenDocument begins with.
fn is_office(bytes: &[u8]) -> bool {
    first_name(bytes).is_some_and(|name| name == b"[Content_Types].xml" || name == b"mimetype")
}

fn of_gzip(bytes: &[u8]) -> FileFormat {
    let mut head = Vec::new();
    // What inflates before an error is enough.
    let _ = flate2::read::GzDecoder::new(bytes).take(HEAD).read_to_end(&mut head);
    if head.get(128..132) == Some(b"DICM") {
        return FileFormat::CompressedDicom;
    }
    if head.get(257..262) == Some(b"ustar") {
        return FileFormat::Archive("tar");
    }
    if is_nifti(&head) { FileFormat::Nifti } else { FileFormat::Compressed("gzip") }
}

/// A JPEG stream whose frame header is that of JPEG-LS (SOF55).
fn is_jpeg_ls(bytes: &[u8]) -> bool {
    let mut at = 2;
    while bytes.starts_with(&[0xFF, 0xD8]) {
        match bytes.get(at..at + 4) {
            Some(&[0xFF, 0xF7, ..]) => return true,
            // Segments with a length come before the frame header; all else is another JPEG.
            Some(&[0xFF, 0xC4 | 0xDB | 0xDD | 0xE0..=0xEF | 0xF8 | 0xFE, high, low]) => {
                at += 2 + usize::from(u16::from_be_bytes([high, low]));
            }
            _ => return false,
        }
    }
    false
}

fn is_bmp(bytes: &[u8]) -> bool {
    // Two reserved words that are 0, and one of the sizes that the second header has.
    let size = bytes.get(14..18).and_then(|size| size.try_into().ok()).map(u32::from_le_bytes);
    bytes.starts_with(b"BM")
        && bytes.get(6..10) == Some(&[0; 4])
        && matches!(size, Some(12 | 40 | 52 | 56 | 64 | 108 | 124))
}

/// `!INTERFILE :=`, in any case, behind a byte order mark or blanks.
fn is_interfile(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(256)).unwrap_or_default();
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}' || c == ';');
    let first = text.trim_start_matches('!').trim_start();
    first.get(..9).is_some_and(|word| word.eq_ignore_ascii_case("INTERFILE"))
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..at + 4)?.try_into().ok()
}

fn either(bytes: &[u8], at: usize, value: u32) -> bool {
    word(bytes, at).is_some_and(|word| u32::from_le_bytes(word) == value || u32::from_be_bytes(word) == value)
}

fn is_nifti(bytes: &[u8]) -> bool {
    let first = either(bytes, 0, 348) && matches!(bytes.get(344..348), Some(b"n+1\0" | b"ni1\0"));
    let second = either(bytes, 0, 540) && matches!(bytes.get(4..8), Some(b"n+2\0" | b"ni2\0"));
    first || second
}

/// Header size 348, and the number of dimensions that a header of this size gives at byte 40.
fn is_analyze(bytes: &[u8]) -> bool {
    let dimensions = bytes.get(40..42).map(|pair| [pair[0], pair[1]]);
    let few = |number: u16| (1..=7).contains(&number);
    either(bytes, 0, 348)
        && dimensions.is_some_and(|pair| few(u16::from_le_bytes(pair)) || few(u16::from_be_bytes(pair)))
}

/// Type, rows, columns, imaginary flag and length of a name that ends with NUL.
fn is_matlab_4(bytes: &[u8]) -> bool {
    let number = |index: usize| word(bytes, index * 4).map(u32::from_le_bytes);
    let (Some(kind), Some(rows), Some(columns), Some(imaginary), Some(name)) =
        (number(0), number(1), number(2), number(3), number(4))
    else {
        return false;
    };
    let name = bytes.get(20..20 + (name as usize).min(64)).unwrap_or_default();
    let is_name = name.len() > 1
        && name.ends_with(&[0])
        && name[..name.len() - 1].iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    kind <= 52 && rows > 0 && columns > 0 && imaginary <= 1 && is_name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_recognised_by_their_first_bytes_and_dicom_is_none_of_them() {
        assert_eq!(FileFormat::of(b"PK\x03\x04rest"), Some(FileFormat::Archive("ZIP")));
        let zipped = |name: &[u8]| [&b"PK\x03\x04"[..], &[0; 22], &[name.len() as u8, 0, 0, 0], name].concat();
        assert_eq!(FileFormat::of(&zipped(b"study/IM0001")), Some(FileFormat::Archive("ZIP")));
        assert_eq!(FileFormat::of(&zipped(b"[Content_Types].xml")), Some(FileFormat::Office));
        assert_eq!(FileFormat::of(&zipped(b"counts.npy")), Some(FileFormat::NumpyArchive));
        assert_eq!(FileFormat::of(b"\xEF\xBB\xBF!interfile :=\n"), Some(FileFormat::Interfile));
        assert_eq!(FileFormat::of(&[0xFF, 0xD8, 0xFF, 0xF7, 0, 11]), Some(FileFormat::JpegLs));
        assert_eq!(FileFormat::of(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xF7, 0, 11]), Some(FileFormat::JpegLs));
        assert_eq!(FileFormat::of(&[0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2]), Some(FileFormat::Picture("a JPEG picture")));
        let mut analyze = vec![0; 348];
        analyze[..2].copy_from_slice(&348u16.to_le_bytes());
        analyze[40] = 4;
        assert_eq!(FileFormat::of(&analyze), Some(FileFormat::Analyze));
        analyze[344..348].copy_from_slice(b"n+1\0");
        assert_eq!(FileFormat::of(&analyze), Some(FileFormat::Nifti));
        for other in [&b""[..], b"not an image", &[0; 400], b"MZ", b"\x08\0\x05\0CS\x0a\0"] {
            assert_eq!(FileFormat::of(other), None, "{other:?}");
        }
    }
}
