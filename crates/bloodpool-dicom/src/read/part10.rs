//! From a path to the bytes of a data set: file checks, transfer syntax, inflating.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use dicom_dictionary_std::tags;

use super::element::Encoding;
use super::error::Problem;
use super::file_meta::{FileMeta, encoding_of, is_encoded};
use super::note::Note;
use super::transfer_syntax::{Compression, TransferSyntax};
use crate::attribute::Attribute;

/// The largest file, and the largest inflated data set, in bytes: 64 frames of 1024 x 1024 twice over.
pub(crate) const MAX_BYTES: u64 = 256 << 20;

/// A data set as bytes, no longer deflated.
pub(crate) struct DataSet {
    /// The whole file, or the inflated data set.
    pub(crate) bytes: Vec<u8>,
    /// Where the data set starts in `bytes`.
    pub(crate) start: usize,
    pub(crate) encoding: Encoding,
    pub(crate) compression: Compression,
    /// Whether the file names a transfer syntax; without one the pixels are taken for uncompressed.
    pub(crate) names_syntax: bool,
    /// A transfer syntax whose pixels are not read.
    unsupported: Option<String>,
    /// What is unusual about the file meta information.
    pub(crate) note: Option<Note>,
}

impl DataSet {
    /// The error of reading the pixels, where their transfer syntax is not supported.
    pub(crate) fn unsupported(&self) -> Option<Problem> {
        self.unsupported.as_deref().map(unsupported)
    }
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

/// Refuses a file that is empty or too large.
pub(crate) fn check_length(bytes: usize) -> Result<(), Problem> {
    match bytes as u64 {
        0 => Err(Problem::EmptyFile),
        1..=MAX_BYTES => Ok(()),
        _ => Err(Problem::TooLarge { limit: MAX_BYTES }),
    }
}

/// The directory of a medium (PS3.6 Table A-1).
const MEDIA_STORAGE_DIRECTORY: &str = "1.2.840.10008.1.3.10";

/// Finds the data set behind preamble and file meta information (PS3.10 7.1).
///
/// Where no transfer syntax is given, or one that the bytes contradict, the encoding is the one in which they parse; the
/// default is Implicit VR Little Endian (PS3.5 10.1).
pub(crate) fn open(bytes: Vec<u8>) -> Result<DataSet, Problem> {
    let meta = FileMeta::read(&bytes)?;
    if meta.sop_class.as_deref() == Some(MEDIA_STORAGE_DIRECTORY) {
        return Err(Problem::Directory { attribute: Attribute(tags::DIRECTORY_RECORD_SEQUENCE) });
    }
    let attribute = Attribute(tags::TRANSFER_SYNTAX_UID);
    let shown = encoding_of(&bytes, meta.start);
    let mut unusual = meta.unusual;
    let mut other_syntax = None;
    let known = meta.syntax.as_deref().map(|uid| (uid, TransferSyntax::of_uid(uid)));
    let (declared, compression) = match known {
        None => {
            let why = Some("without it the data set cannot be read");
            let encoding = shown.ok_or(Problem::Missing { attribute, why })?;
            unusual.push(format!("{attribute} is missing, and the bytes are {}", name(encoding)));
            (encoding, Compression::None)
        }
        Some((_, Some(syntax))) if syntax.deflated => {
            let bytes = inflate(&bytes[meta.start..])?;
            return Ok(DataSet {
                bytes,
                start: 0,
                encoding: syntax.encoding,
                compression: syntax.compression,
                names_syntax: true,
                unsupported: None,
                note: note(&unusual),
            });
        }
        Some((_, Some(syntax))) => (syntax.encoding, syntax.compression),
        // The header says what the object is, whatever its pixels are.
        Some((other, None)) if shown == Some(Encoding::ExplicitLittle) => {
            other_syntax = Some(other.to_string());
            (Encoding::ExplicitLittle, Compression::None)
        }
        Some((other, None)) => return Err(unsupported(other)),
    };
    let mut encoding = declared;
    if let Some(shown) = shown
        && shown != declared
        && !is_encoded(&bytes, meta.start, declared)
    {
        unusual.push(format!("{attribute} says {}, and the bytes are {}", name(declared), name(shown)));
        encoding = shown;
    }
    let names_syntax = meta.syntax.is_some();
    let note = note(&unusual);
    Ok(DataSet { bytes, start: meta.start, encoding, compression, names_syntax, unsupported: other_syntax, note })
}

fn name(encoding: Encoding) -> &'static str {
    match encoding {
        Encoding::ImplicitLittle => "Implicit VR Little Endian",
        Encoding::ExplicitLittle => "Explicit VR Little Endian",
        Encoding::ExplicitBig => "Explicit VR Big Endian",
    }
}

fn note(unusual: &[String]) -> Option<Note> {
    (!unusual.is_empty()).then(|| Note {
        code: "file_meta",
        message: format!("the file is not complete DICOM and was read all the same: {}", unusual.join("; ")),
    })
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
        "1.2.840.10008.1.2.4.50" | "1.2.840.10008.1.2.4.51" => ("JPEG (lossy)", LOSSY),
        "1.2.840.10008.1.2.4.80" => {
            ("JPEG-LS", "convert the file with `dcmdjpls` or `gdcmconv --raw`, or export it uncompressed")
        }
        "1.2.840.10008.1.2.4.81" => ("JPEG-LS (near-lossless)", LOSSY),
        "1.2.840.10008.1.2.4.90" => ("JPEG 2000", WITH_GDCM),
        "1.2.840.10008.1.2.4.91" => (
            "JPEG 2000",
            "it may be lossy, which changes counts; export the images uncompressed, or convert the file with \
             `gdcmconv --raw` if it is known to be lossless",
        ),
        "1.2.840.10008.1.2.4.201" | "1.2.840.10008.1.2.4.202" => ("High-Throughput JPEG 2000", EXPORT),
        "1.2.840.10008.1.2.4.203" | "1.2.840.10008.1.2.4.112" | "1.2.840.10008.1.2.4.111" => {
            ("compression that may be lossy", LOSSY)
        }
        other => (other, CONVERT),
    };
    Problem::UnsupportedTransferSyntax {
        attribute: Attribute(tags::TRANSFER_SYNTAX_UID),
        name: name.chars().filter(|c| !c.is_control()).take(64).collect(),
        why,
    }
}

const EXPORT: &str = "export the images uncompressed (Explicit VR Little Endian)";
const LOSSY: &str = "lossy compression changes counts; export the images uncompressed from the camera";
const WITH_GDCM: &str = "convert the file with `gdcmconv --raw`, or export it uncompressed";
const CONVERT: &str =
    "export the images uncompressed (Explicit VR Little Endian), or convert them with dcmconv or gdcmconv";
