//! From a path to the bytes of a data set: file checks, DICM mark, file meta information, transfer syntax, inflating.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use dicom_dictionary_std::{tags, uids};

use super::error::Problem;
use super::layout::{ElementHeader, Encoding};
use crate::attribute::Attribute;

/// The largest file, and the largest inflated data set, in bytes: 64 frames of 1024 x 1024 twice over.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// How pixel data are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    Rle,
    JpegLossless,
}

/// A data set as bytes, no longer deflated.
pub(crate) struct DataSet {
    /// The whole file, or the inflated data set.
    pub(crate) bytes: Vec<u8>,
    /// Where the data set starts in `bytes`.
    pub(crate) start: usize,
    pub(crate) encoding: Encoding,
    pub(crate) compression: Compression,
}

/// The bytes of a regular file of acceptable size.
pub(crate) fn load(path: &Path) -> Result<Vec<u8>, Problem> {
    // Asked before opening: opening a pipe would wait for a writer.
    let metadata = std::fs::metadata(path).map_err(Problem::Unreadable)?;
    if !metadata.is_file() {
        return Err(Problem::NotAFile);
    }
    if metadata.len() == 0 {
        return Err(Problem::EmptyFile);
    }
    if metadata.len() > MAX_BYTES {
        return Err(Problem::TooLarge { limit: MAX_BYTES });
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    // The file may grow while it is read.
    File::open(path)
        .map_err(Problem::Unreadable)?
        .take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(Problem::Unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Problem::TooLarge { limit: MAX_BYTES });
    }
    Ok(bytes)
}

/// Finds the data set behind preamble and file meta information (PS3.10 7.1).
pub(crate) fn open(bytes: Vec<u8>) -> Result<DataSet, Problem> {
    if bytes.get(128..132) != Some(b"DICM") {
        return Err(Problem::NotDicom("no DICM mark at byte 128"));
    }
    let mut at = 132;
    let mut syntax = None;
    while bytes.get(at..at + 2) == Some(&[2, 0]) {
        let header = ElementHeader::read(&bytes, at, bytes.len(), Encoding::ExplicitLittle)?;
        let end = header.defined_end(bytes.len())?;
        if header.tag == tags::TRANSFER_SYNTAX_UID {
            let text = String::from_utf8_lossy(&bytes[header.value..end]);
            syntax = Some(text.trim_matches(|c: char| c == '\0' || c.is_whitespace()).to_string());
        }
        at = end;
    }
    let attribute = Attribute(tags::TRANSFER_SYNTAX_UID);
    let Some(syntax) = syntax.filter(|syntax| !syntax.is_empty()) else {
        return Err(Problem::Missing { attribute, why: Some("without it the data set cannot be read") });
    };
    let (encoding, compression) = match syntax.as_str() {
        uids::IMPLICIT_VR_LITTLE_ENDIAN => (Encoding::ImplicitLittle, Compression::None),
        uids::EXPLICIT_VR_LITTLE_ENDIAN => (Encoding::ExplicitLittle, Compression::None),
        "1.2.840.10008.1.2.2" => (Encoding::ExplicitBig, Compression::None),
        uids::RLE_LOSSLESS => (Encoding::ExplicitLittle, Compression::Rle),
        uids::JPEG_LOSSLESS | uids::JPEG_LOSSLESS_SV1 => (Encoding::ExplicitLittle, Compression::JpegLossless),
        uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN => {
            let bytes = inflate(&bytes[at..])?;
            return Ok(DataSet { bytes, start: 0, encoding: Encoding::ExplicitLittle, compression: Compression::None });
        }
        other => return Err(unsupported(other)),
    };
    Ok(DataSet { bytes, start: at, encoding, compression })
}

fn inflate(deflated: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    let inflated = flate2::read::DeflateDecoder::new(deflated).take(MAX_BYTES + 1).read_to_end(&mut bytes);
    if bytes.len() as u64 > MAX_BYTES {
        return Err(Problem::TooLarge { limit: MAX_BYTES });
    }
    match inflated {
        Ok(_) => Ok(bytes),
        Err(error) => Err(Problem::Malformed {
            attribute: Attribute(tags::TRANSFER_SYNTAX_UID),
            what: format!("the deflated data set does not inflate ({error})"),
        }),
    }
}

fn unsupported(uid: &str) -> Problem {
    let (name, why) = match uid {
        "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" => {
            ("JPEG (lossy)", "lossy compression changes counts; export the images uncompressed from the camera")
        }
        "1.2.840.10008.1.2.4.80" | "1.2.840.10008.1.2.4.81" => ("JPEG-LS", CONVERT),
        "1.2.840.10008.1.2.4.90" | "1.2.840.10008.1.2.4.91" => ("JPEG 2000", CONVERT),
        other => (other, CONVERT),
    };
    Problem::UnsupportedTransferSyntax {
        attribute: Attribute(tags::TRANSFER_SYNTAX_UID),
        name: name.chars().filter(|c| !c.is_control()).take(64).collect(),
        why,
    }
}

const CONVERT: &str =
    "export the images uncompressed (Explicit VR Little Endian), or convert them with dcmconv or gdcmconv";
