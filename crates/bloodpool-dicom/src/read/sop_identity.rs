//! `SopIdentity`: the SOP Class and SOP Instance UID that a data set itself gives, out of its first bytes.

use std::borrow::Cow;
use std::io::Read;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::element::{ElementHeader, Encoding, malformed};
use super::error::Problem;
use super::file_meta::encoding_of;
use super::layout::{Form, value_end};
use super::transfer_syntax::TransferSyntax;

/// Bytes of a data set in which both UIDs must be. Only a few short elements come before them (PS3.6: group 0008 below
/// element 0018).
pub(crate) const HEAD_BYTES: usize = 64 << 10;

/// What a data set says that it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SopIdentity {
    /// SOP Class UID (0008,0016), not checked.
    pub(crate) class: String,
    /// SOP Instance UID (0008,0018), not checked.
    pub(crate) instance: String,
}

impl SopIdentity {
    /// Reads both from the first [`HEAD_BYTES`] of a data set, or from all of it where it is shorter.
    ///
    /// Where the bytes contradict the transfer syntax, they decide, as they do when a file is read.
    pub(crate) fn of_head(head: &[u8], syntax: TransferSyntax) -> Result<Self, Problem> {
        let head = if syntax.deflated { Cow::Owned(inflated(head)) } else { Cow::Borrowed(head) };
        let declared = read(&head, syntax.encoding);
        match (declared, encoding_of(&head, 0)) {
            (Err(_), Some(shown)) if shown != syntax.encoding => read(&head, shown),
            (declared, _) => declared,
        }
    }
}

fn read(head: &[u8], encoding: Encoding) -> Result<SopIdentity, Problem> {
    let (mut class, mut at) = (None, 0);
    while at < head.len() {
        let header = ElementHeader::read(head, at, head.len(), encoding)?;
        if header.tag > tags::SOP_INSTANCE_UID {
            return Err(missing(if class.is_none() { tags::SOP_CLASS_UID } else { tags::SOP_INSTANCE_UID }));
        }
        let end = value_end(head, &header, head.len(), encoding, 0, &mut Form::AsStored)?;
        // A header that says nothing would be read again for ever.
        if end <= at {
            return Err(malformed(header.tag, "it has no length"));
        }
        let text = || head.get(header.value..end).and_then(uid_text);
        if header.tag == tags::SOP_CLASS_UID {
            class = text();
        } else if header.tag == tags::SOP_INSTANCE_UID {
            let class = class.ok_or_else(|| missing(tags::SOP_CLASS_UID))?;
            let instance = text().ok_or_else(|| missing(tags::SOP_INSTANCE_UID))?;
            return Ok(SopIdentity { class, instance });
        }
        at = end;
    }
    Err(missing(tags::SOP_INSTANCE_UID))
}

fn missing(tag: Tag) -> Problem {
    Problem::Missing { attribute: crate::attribute::Attribute(tag), why: None }
}

/// A UID without its padding.
fn uid_text(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    Some(text.trim_matches(|c: char| c == '\0' || c == ' ').to_string()).filter(|text| !text.is_empty())
}

/// What inflates of the head; an error at its cut end is expected.
fn inflated(head: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = flate2::read::DeflateDecoder::new(head).take(HEAD_BYTES as u64).read_to_end(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const CLASS: &str = "1.2.840.10008.5.1.4.1.1.20";

    fn element(tag: Tag, vr: &str, value: &[u8], encoding: Encoding) -> Vec<u8> {
        let big = encoding == Encoding::ExplicitBig;
        let number = |number: u16| if big { number.to_be_bytes() } else { number.to_le_bytes() };
        let mut bytes = [number(tag.group()), number(tag.element())].concat();
        if encoding == Encoding::ImplicitLittle {
            bytes.extend((value.len() as u32).to_le_bytes());
        } else {
            bytes.extend(vr.as_bytes());
            bytes.extend(number(value.len() as u16));
        }
        bytes.extend(value);
        bytes
    }

    fn data_set(encoding: Encoding) -> Vec<u8> {
        [
            element(tags::SPECIFIC_CHARACTER_SET, "CS", b"ISO_IR 192", encoding),
            element(tags::SOP_CLASS_UID, "UI", CLASS.as_bytes(), encoding),
            element(tags::SOP_INSTANCE_UID, "UI", b"1.2.3\0", encoding),
            element(tags::STUDY_DATE, "DA", b"20240229", encoding),
            element(tags::MODALITY, "CS", b"NM", encoding),
        ]
        .concat()
    }

    fn syntax(uid: &str) -> TransferSyntax {
        TransferSyntax::of_uid(uid).unwrap()
    }

    #[test]
    fn both_uids_are_found_in_every_transfer_syntax() {
        for syntax in TransferSyntax::ALL {
            let mut bytes = data_set(syntax.encoding);
            if syntax.deflated {
                let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
                encoder.write_all(&bytes).unwrap();
                bytes = encoder.finish().unwrap();
            }
            let identity = SopIdentity::of_head(&bytes, syntax).unwrap();
            assert_eq!((identity.class.as_str(), identity.instance.as_str()), (CLASS, "1.2.3"), "{}", syntax.name);
        }
    }

    #[test]
    fn bytes_that_contradict_the_transfer_syntax_decide() {
        let bytes = data_set(Encoding::ExplicitLittle);
        let identity = SopIdentity::of_head(&bytes, syntax("1.2.840.10008.1.2")).unwrap();
        assert_eq!(identity.instance, "1.2.3");
    }

    #[test]
    fn a_data_set_without_them_or_cut_before_them_is_refused() {
        let encoding = Encoding::ExplicitLittle;
        let class_only = [
            element(tags::SOP_CLASS_UID, "UI", CLASS.as_bytes(), encoding),
            element(tags::MODALITY, "CS", b"NM", encoding),
        ]
        .concat();
        let problem = SopIdentity::of_head(&class_only, syntax("1.2.840.10008.1.2.1")).unwrap_err();
        assert!(problem.to_string().contains("(0008,0018) SOPInstanceUID"), "{problem}");
        let whole = data_set(encoding);
        for cut in 0..whole.len() {
            // The end of SOP Instance UID is at byte 66: 8 + 10, 8 + 26, 8 + 6.
            let read = SopIdentity::of_head(&whole[..cut], syntax("1.2.840.10008.1.2.1"));
            assert_eq!(read.is_ok(), cut >= 66, "{cut}");
        }
    }
}
