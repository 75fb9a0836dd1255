//! An element as a parser can read it: values of unknown representation by the dictionary, odd elements left out, and
//! lengths made even.

use std::ops::Range;

use dicom_core::Tag;

use super::element::{ElementHeader, Encoding, ITEM, ITEM_END, LengthField, SEQUENCE_END, UNDEFINED, value_size};
use super::layout::{Form, header, value_end};

/// Sequences nested deeper than this are left out: what is within an element of unknown representation was not checked.
const MAX_DEPTH: usize = 12;

/// The element at `range`, which is laid out, in the encoding of the data set. `None` where nothing of it can be read.
///
/// An element with VR UN whose tag is in the dictionary is read by the dictionary; its value is in Implicit VR Little
/// Endian, whatever the data set is (PS3.5 6.2.2).
pub(crate) fn rewritten(bytes: &[u8], range: Range<usize>, encoding: Encoding) -> Option<Vec<u8>> {
    let mut writer = Writer { bytes, target: encoding, out: Vec::with_capacity(range.len() + 64) };
    writer.element(range.start, range.end, encoding, 0)?;
    (!writer.out.is_empty()).then_some(writer.out)
}

struct Writer<'a> {
    bytes: &'a [u8],
    target: Encoding,
    out: Vec<u8>,
}

impl Writer<'_> {
    /// Writes the element at `at`, or nothing where it cannot be read, and gives its end. `None` where that is unknown.
    fn element(&mut self, at: usize, limit: usize, source: Encoding, depth: usize) -> Option<usize> {
        let header = header(self.bytes, at, limit, source, depth).ok()?;
        let before = self.out.len();
        let written = self.value(&header, limit, source, depth);
        if written.is_none() {
            self.out.truncate(before);
        }
        let end = || value_end(self.bytes, &header, limit, source, depth, &mut Form::AsStored).ok();
        written.or_else(|| header.defined_end(limit).ok()).or_else(end)
    }

    fn value(&mut self, header: &ElementHeader, limit: usize, source: Encoding, depth: usize) -> Option<usize> {
        let vr = header.known_vr()?;
        if header.tag.group() % 2 == 1 || depth > MAX_DEPTH {
            return None;
        }
        if &vr == b"SQ" {
            return self.items(header, limit, depth);
        }
        let end = header.defined_end(limit).ok()?;
        let length = end - header.value;
        if !length.is_multiple_of(value_size(vr)) {
            return None;
        }
        // Lengths are even (PS3.5 7.1.1).
        let even = length.next_multiple_of(2);
        if self.target != Encoding::ImplicitLittle && LengthField::of(vr)? == LengthField::Short {
            u16::try_from(even).ok()?;
        }
        self.header(header.tag, Some(vr), u32::try_from(even).ok()?);
        // A value of representation UN is little endian.
        let stored = if header.vr == Some(*b"UN") { Encoding::ImplicitLittle } else { source };
        let turned = (stored == Encoding::ExplicitBig) != (self.target == Encoding::ExplicitBig);
        // An attribute tag is two numbers of two bytes.
        let size = if &vr == b"AT" { 2 } else { value_size(vr) };
        for value in self.bytes[header.value..end].chunks(size) {
            if turned {
                self.out.extend(value.iter().rev());
            } else {
                self.out.extend(value);
            }
        }
        if even > length {
            self.out.push(if matches!(&vr, b"OB" | b"UI" | b"UN") { 0 } else { b' ' });
        }
        Some(end)
    }

    fn items(&mut self, header: &ElementHeader, limit: usize, depth: usize) -> Option<usize> {
        let defined = header.length != UNDEFINED;
        let limit = if defined { header.defined_end(limit).ok()? } else { limit };
        self.header(header.tag, Some(*b"SQ"), UNDEFINED);
        let mut at = header.value;
        while !(defined && at == limit) {
            let item = ElementHeader::read(self.bytes, at, limit, header.content).ok()?;
            at = match item.tag {
                SEQUENCE_END if !defined => {
                    self.header(SEQUENCE_END, None, 0);
                    return Some(item.value);
                }
                ITEM => self.item(&item, limit, header.content, depth)?,
                _ => return None,
            };
        }
        self.header(SEQUENCE_END, None, 0);
        Some(limit)
    }

    fn item(&mut self, item: &ElementHeader, limit: usize, source: Encoding, depth: usize) -> Option<usize> {
        let defined = item.length != UNDEFINED;
        let limit = if defined { item.defined_end(limit).ok()? } else { limit };
        self.header(ITEM, None, UNDEFINED);
        let mut at = item.value;
        while !(defined && at == limit) {
            let next = ElementHeader::read(self.bytes, at, limit, source).ok().filter(|next| next.tag == ITEM_END);
            if let Some(end) = next.filter(|_| !defined) {
                at = end.value;
                break;
            }
            at = self.element(at, limit, source, depth + 1)?;
        }
        self.header(ITEM_END, None, 0);
        Some(at)
    }

    fn header(&mut self, tag: Tag, vr: Option<[u8; 2]>, length: u32) {
        let big = self.target == Encoding::ExplicitBig;
        let two = |number: u16| if big { number.to_be_bytes() } else { number.to_le_bytes() };
        let four = if big { length.to_be_bytes() } else { length.to_le_bytes() };
        self.out.extend(two(tag.group()));
        self.out.extend(two(tag.element()));
        match vr.filter(|_| self.target != Encoding::ImplicitLittle) {
            None => self.out.extend(four),
            Some(vr) if LengthField::of(vr) == Some(LengthField::Short) => {
                self.out.extend(vr);
                self.out.extend(two(length as u16)); // checked by `value`
            }
            Some(vr) => {
                self.out.extend(vr);
                self.out.extend([0, 0]);
                self.out.extend(four);
            }
        }
    }
}
