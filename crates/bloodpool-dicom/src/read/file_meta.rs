//! `FileMeta`: where the data set of a file starts and which transfer syntax it names, also where parts are missing.

use dicom_dictionary_std::tags;

use super::element::{ElementHeader, Encoding, LengthField, UNDEFINED};
use super::error::Problem;
use super::file_format::FileFormat;
use crate::attribute::Attribute;

/// Elements that must parse in an encoding before it is believed.
const SAMPLE: usize = 4;

/// Preamble and file meta information (PS3.10 7.1).
pub(crate) struct FileMeta {
    /// Where the data set starts.
    pub(crate) start: usize,
    /// Transfer Syntax UID.
    pub(crate) syntax: Option<String>,
    /// Media Storage SOP Class UID.
    pub(crate) sop_class: Option<String>,
    /// What is missing or wrong, in words.
    pub(crate) unusual: Vec<String>,
}

impl FileMeta {
    /// Finds preamble and file meta information, or the data set that starts without them.
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, Problem> {
        let mut unusual = Vec::new();
        let mut at = if bytes.get(128..132) == Some(b"DICM") {
            132
        } else if bytes.starts_with(b"DICM") {
            unusual.push("the preamble of 128 bytes is missing".to_string());
            4
        } else if is_meta(bytes) {
            unusual.push("preamble and DICM mark are missing".to_string());
            0
        } else if let Some(format) = FileFormat::of(bytes) {
            return Err(Problem::OtherFormat { format });
        } else if encoding_of(bytes, 0).is_some() {
            unusual.push("preamble and DICM mark are missing".to_string());
            0
        } else {
            return Err(Problem::NotDicom("no DICM mark at byte 128"));
        };
        let first = at;
        let (mut syntax, mut sop_class, mut group_end) = (None, None, None);
        let mut implicit = false;
        while bytes.get(at..at + 2) == Some(&[2, 0]) {
            let vr = bytes.get(at + 4..at + 6).map(|vr| [vr[0], vr[1]]);
            let explicit = vr.is_none_or(|vr| LengthField::of(vr).is_some());
            implicit |= !explicit;
            let encoding = if explicit { Encoding::ExplicitLittle } else { Encoding::ImplicitLittle };
            let header = ElementHeader::read(bytes, at, bytes.len(), encoding)?;
            let end = header.defined_end(bytes.len())?;
            let value = &bytes[header.value..end];
            let text = || {
                let text = String::from_utf8_lossy(value);
                let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
                Some(text.to_string()).filter(|text| !text.is_empty())
            };
            match header.tag {
                tags::FILE_META_INFORMATION_GROUP_LENGTH => {
                    group_end = value.try_into().ok().map(|length| end as u64 + u64::from(u32::from_le_bytes(length)));
                }
                tags::TRANSFER_SYNTAX_UID => syntax = text(),
                tags::MEDIA_STORAGE_SOP_CLASS_UID => sop_class = text(),
                _ => {}
            }
            at = end;
        }
        if at == first {
            unusual.push("file meta information (group 0002) is missing".into());
        } else if implicit {
            unusual.push("file meta information is written without value representations".into());
        }
        if group_end.is_some_and(|end| end != at as u64) {
            let attribute = Attribute(tags::FILE_META_INFORMATION_GROUP_LENGTH);
            unusual.push(format!("{attribute} is not the length of the group"));
        }
        Ok(Self { start: at, syntax, sop_class, unusual })
    }
}

/// Whether a file that begins with these bytes is DICOM as far as they show.
pub(super) fn is_dicom_by_its_start(head: &[u8]) -> bool {
    head.get(128..132) == Some(b"DICM") || head.starts_with(b"DICM") || is_meta(head) || encoding_of(head, 0).is_some()
}

/// Whether file meta information starts here: its first element has one of its tags and a length that fits.
fn is_meta(bytes: &[u8]) -> bool {
    [Encoding::ExplicitLittle, Encoding::ImplicitLittle].into_iter().any(|encoding| {
        ElementHeader::read(bytes, 0, bytes.len(), encoding).is_ok_and(|header| {
            header.tag.group() == 2 && header.tag.element() <= 0x0102 && header.defined_end(bytes.len()).is_ok()
        })
    })
}

/// The encoding in which the elements at `at` parse; `None` where it is none.
pub(super) fn encoding_of(bytes: &[u8], at: usize) -> Option<Encoding> {
    let all = [Encoding::ExplicitLittle, Encoding::ImplicitLittle, Encoding::ExplicitBig];
    all.into_iter().find(|&encoding| is_encoded(bytes, at, encoding))
}

/// Whether a data set in this encoding starts at `at`: it begins with the identifying group, and elements ascend.
pub(super) fn is_encoded(bytes: &[u8], mut at: usize, encoding: Encoding) -> bool {
    let mut previous = None;
    for number in 0..SAMPLE {
        if at == bytes.len() && number > 0 {
            return true;
        }
        let Ok(header) = ElementHeader::read(bytes, at, bytes.len(), encoding) else { return false };
        let group = header.tag.group();
        let is_first = number == 0 && (group == 4 || group == 8) && header.tag.element() < 0x1000;
        let known = header.tag.element() == 0 || Attribute(header.tag).vr().is_some();
        if !(is_first && known || previous.is_some_and(|previous| previous < header.tag)) {
            return false;
        }
        if header.length == UNDEFINED {
            return header.vr.is_none_or(|vr| matches!(&vr, b"SQ" | b"UN" | b"OB" | b"OW"));
        }
        match header.defined_end(bytes.len()) {
            Ok(end) => at = end,
            // Cut off within the pixel data: the encoding is plain all the same.
            Err(_) => return header.tag == tags::PIXEL_DATA,
        }
        previous = Some(header.tag);
    }
    true
}
