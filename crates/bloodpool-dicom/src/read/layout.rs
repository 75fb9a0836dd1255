//! `Layout`: where the elements of a data set are, with every declared length checked against its bytes (PS3.5 7).
//!
//! It runs before any parser sees the bytes, since a parser that believes a length reserves that much memory.

use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::error::Problem;
use crate::attribute::Attribute;

/// Sequences nested deeper than this are refused: parsers recurse.
const MAX_DEPTH: usize = 12;
/// Elements of the top level; a gated study has some hundred.
const MAX_ELEMENTS: usize = 20_000;
/// Compressed frames and their offset table.
const MAX_FRAGMENTS: usize = 65_536;

const UNDEFINED: u32 = u32::MAX;
const ITEM: Tag = Tag(0xFFFE, 0xE000);
const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// How elements are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
}

/// Tag, value representation and length of one element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementHeader {
    pub(crate) tag: Tag,
    /// `None` where the encoding does not write it.
    pub(crate) vr: Option<[u8; 2]>,
    length: u32,
    /// Where the value starts.
    pub(crate) value: usize,
}

/// An element of the top level, its header included.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) tag: Tag,
    pub(crate) bytes: Range<usize>,
    /// Whether it is plain enough to be given to a parser.
    pub(crate) plain: bool,
}

/// Where pixel data are.
#[derive(Debug, Clone)]
pub(crate) enum PixelData {
    Native { bytes: Range<usize>, vr: Option<[u8; 2]> },
    Encapsulated { offsets: Range<usize>, fragments: Vec<Range<usize>> },
}

/// The top level of a data set up to its pixel data.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) elements: Vec<Element>,
    pub(crate) pixel_data: Option<PixelData>,
}

impl ElementHeader {
    /// Reads one header at `at`; nothing may reach past `limit`.
    pub(crate) fn read(bytes: &[u8], at: usize, limit: usize, encoding: Encoding) -> Result<Self, Problem> {
        let limit = limit.min(bytes.len());
        let field = |from: usize, size: usize, tag: Tag| -> Result<&[u8], Problem> {
            let have = limit.saturating_sub(from);
            if have < size {
                return Err(truncated(tag, size as u64, have as u64));
            }
            Ok(&bytes[from..from + size])
        };
        let two = |pair: &[u8]| match encoding {
            Encoding::ExplicitBig => u16::from_be_bytes([pair[0], pair[1]]),
            _ => u16::from_le_bytes([pair[0], pair[1]]),
        };
        let four = |quad: &[u8]| match encoding {
            Encoding::ExplicitBig => u32::from_be_bytes([quad[0], quad[1], quad[2], quad[3]]),
            _ => u32::from_le_bytes([quad[0], quad[1], quad[2], quad[3]]),
        };
        let head = field(at, 8, Tag(0, 0))?;
        let tag = Tag(two(&head[..2]), two(&head[2..4]));
        if encoding == Encoding::ImplicitLittle || tag.group() == ITEM.group() {
            return Ok(Self { tag, vr: None, length: four(&head[4..]), value: at + 8 });
        }
        let vr = [head[4], head[5]];
        if !vr.iter().all(u8::is_ascii_uppercase) {
            return Err(malformed(tag, "its value representation is not two capital letters"));
        }
        match &vr {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV" => {
                let length = four(field(at + 8, 4, tag)?);
                Ok(Self { tag, vr: Some(vr), length, value: at + 12 })
            }
            b"AE" | b"AS" | b"AT" | b"CS" | b"DA" | b"DS" | b"DT" | b"FD" | b"FL" | b"IS" | b"LO" | b"LT" | b"PN"
            | b"SH" | b"SL" | b"SS" | b"ST" | b"TM" | b"UI" | b"UL" | b"US" => {
                Ok(Self { tag, vr: Some(vr), length: u32::from(two(&head[6..])), value: at + 8 })
            }
            _ => Err(malformed(tag, "its value representation is not one of DICOM's")),
        }
    }

    /// Where a value of defined length ends.
    pub(crate) fn defined_end(&self, limit: usize) -> Result<usize, Problem> {
        if self.length == UNDEFINED {
            return Err(malformed(self.tag, "its length is undefined"));
        }
        let have = limit.saturating_sub(self.value);
        if self.length as usize > have {
            return Err(truncated(self.tag, u64::from(self.length), have as u64));
        }
        Ok(self.value + self.length as usize)
    }

    /// Refuses values that are not whole numbers of their representation: a parser that reads three numbers of two
    /// bytes from seven would take the last byte for the next header.
    fn check_whole(&self) -> Result<(), Problem> {
        let vr = self.vr.or_else(|| Attribute(self.tag).vr()).unwrap_or(*b"UN");
        let size = match &vr {
            b"US" | b"SS" | b"OW" => 2,
            b"UL" | b"SL" | b"FL" | b"AT" | b"OF" | b"OL" => 4,
            b"FD" | b"OD" | b"SV" | b"UV" | b"OV" => 8,
            _ => 1,
        };
        if !self.length.is_multiple_of(size) {
            let vr = String::from_utf8_lossy(&vr).into_owned();
            return Err(malformed(self.tag, &format!("{} bytes are not whole values of {vr}", self.length)));
        }
        Ok(())
    }

    fn is_sequence(&self) -> bool {
        match self.vr {
            Some(vr) => &vr == b"SQ",
            None => Attribute(self.tag).vr() == Some(*b"SQ"),
        }
    }
}

/// Lays out the top level from `start` to the pixel data; what follows them is not looked at.
pub(crate) fn layout(bytes: &[u8], start: usize, encoding: Encoding) -> Result<Layout, Problem> {
    let mut elements = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        let header = ElementHeader::read(bytes, at, bytes.len(), encoding)?;
        if header.tag.group() < 4 || header.tag.group() == ITEM.group() {
            return Err(malformed(header.tag, "this element must not occur here"));
        }
        if header.tag == tags::PIXEL_DATA {
            return Ok(Layout { elements, pixel_data: Some(pixel_data(bytes, &header, encoding)?) });
        }
        let mut plain = header.tag.group() % 2 == 0;
        let end = value_end(bytes, &header, bytes.len(), encoding, 0, &mut plain)?;
        if elements.len() == MAX_ELEMENTS {
            return Err(malformed(header.tag, "more elements than any image has"));
        }
        elements.push(Element { tag: header.tag, bytes: at..end, plain });
        at = end;
    }
    Ok(Layout { elements, pixel_data: None })
}

/// The end of a value, with all that is nested in it checked. `plain` is cleared where parsers may read it differently.
fn value_end(
    bytes: &[u8],
    header: &ElementHeader,
    limit: usize,
    encoding: Encoding,
    depth: usize,
    plain: &mut bool,
) -> Result<usize, Problem> {
    let unknown = header.vr == Some(*b"UN");
    if unknown {
        *plain = false;
    }
    if header.length != UNDEFINED && !header.is_sequence() {
        header.check_whole()?;
        return header.defined_end(limit);
    }
    if header.tag == tags::PIXEL_DATA && header.length == UNDEFINED {
        // A compressed icon within a sequence.
        *plain = false;
        return Ok(fragments(bytes, header, limit, encoding)?.1);
    }
    if header.length == UNDEFINED && !(unknown || header.is_sequence() || encoding == Encoding::ImplicitLittle) {
        return Err(malformed(header.tag, "only sequences may have an undefined length"));
    }
    if header.length == UNDEFINED && !header.is_sequence() {
        *plain = false;
    }
    if depth == MAX_DEPTH {
        return Err(malformed(header.tag, "sequences are nested too deeply"));
    }
    // A sequence of unknown representation is written with implicit ones (PS3.5 6.2.2).
    let encoding = if unknown { Encoding::ImplicitLittle } else { encoding };
    let defined = header.length != UNDEFINED;
    let limit = if defined { header.defined_end(limit)? } else { limit };
    let mut at = header.value;
    loop {
        if defined && at == limit {
            return Ok(limit);
        }
        let item = ElementHeader::read(bytes, at, limit, encoding).map_err(|problem| within(problem, header.tag))?;
        match item.tag {
            SEQUENCE_END if !defined => return Ok(item.value),
            ITEM => at = item_end(bytes, &item, limit, encoding, depth, plain)?,
            _ => return Err(malformed(header.tag, "the sequence contains something other than an item")),
        }
    }
}

fn item_end(
    bytes: &[u8],
    item: &ElementHeader,
    limit: usize,
    encoding: Encoding,
    depth: usize,
    plain: &mut bool,
) -> Result<usize, Problem> {
    let defined = item.length != UNDEFINED;
    let limit = if defined { item.defined_end(limit)? } else { limit };
    let mut at = item.value;
    loop {
        if defined && at == limit {
            return Ok(limit);
        }
        let header = ElementHeader::read(bytes, at, limit, encoding)?;
        if header.tag == ITEM_END && !defined {
            return Ok(header.value);
        }
        if header.tag.group() == ITEM.group() || header.tag.group() < 8 {
            return Err(malformed(header.tag, "this element must not occur in an item"));
        }
        at = value_end(bytes, &header, limit, encoding, depth + 1, plain)?;
    }
}

/// Pixel data: plain, or an offset table and fragments (PS3.5 A.4).
fn pixel_data(bytes: &[u8], header: &ElementHeader, encoding: Encoding) -> Result<PixelData, Problem> {
    if header.length != UNDEFINED {
        let end = header.defined_end(bytes.len())?;
        return Ok(PixelData::Native { bytes: header.value..end, vr: header.vr });
    }
    let (mut items, _) = fragments(bytes, header, bytes.len(), encoding)?;
    if items.is_empty() {
        return Err(malformed(header.tag, "the offset table is missing"));
    }
    let offsets = items.remove(0);
    Ok(PixelData::Encapsulated { offsets, fragments: items })
}

/// Offset table and fragments, and where they end.
fn fragments(
    bytes: &[u8],
    header: &ElementHeader,
    limit: usize,
    encoding: Encoding,
) -> Result<(Vec<Range<usize>>, usize), Problem> {
    let mut items = Vec::new();
    let mut at = header.value;
    loop {
        let item = ElementHeader::read(bytes, at, limit, encoding).map_err(|problem| within(problem, header.tag))?;
        match item.tag {
            SEQUENCE_END => return Ok((items, item.value)),
            ITEM => {
                let end = item.defined_end(limit).map_err(|problem| within(problem, header.tag))?;
                if items.len() > MAX_FRAGMENTS {
                    return Err(malformed(header.tag, "more fragments than any image has"));
                }
                items.push(item.value..end);
                at = end;
            }
            _ => return Err(malformed(header.tag, "it contains something other than a fragment")),
        }
    }
}

fn truncated(tag: Tag, needed: u64, available: u64) -> Problem {
    Problem::Truncated { attribute: Attribute(tag), needed, available }
}

fn malformed(tag: Tag, what: &str) -> Problem {
    Problem::Malformed { attribute: Attribute(tag), what: what.to_string() }
}

/// Names the element that a person can find, where an item or a header without a tag is what does not fit.
fn within(problem: Problem, tag: Tag) -> Problem {
    match problem {
        Problem::Truncated { attribute, needed, available }
            if attribute.0 == Tag(0, 0) || attribute.0.group() == ITEM.group() =>
        {
            truncated(tag, needed, available)
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn implicit(tag: Tag, length: u32, value: &[u8]) -> Vec<u8> {
        let mut bytes = tag.group().to_le_bytes().to_vec();
        bytes.extend(tag.element().to_le_bytes());
        bytes.extend(length.to_le_bytes());
        bytes.extend(value);
        bytes
    }

    #[test]
    fn a_length_past_the_end_is_found_at_every_level() {
        let element = implicit(tags::PATIENT_NAME, 3_700_000_000, b"AB");
        let problem = layout(&element, 0, Encoding::ImplicitLittle).unwrap_err();
        assert!(problem.to_string().contains("(0010,0010) PatientName needs 3700000000 bytes and 2 are left"));

        let item = implicit(ITEM, element.len() as u32, &element);
        let sequence = implicit(tags::GATED_INFORMATION_SEQUENCE, item.len() as u32, &item);
        let problem = layout(&sequence, 0, Encoding::ImplicitLittle).unwrap_err();
        assert_eq!(problem.code(), "truncated");
    }

    #[test]
    fn sequences_of_undefined_length_end_where_they_say() {
        let inner = implicit(tags::FRAME_TIME, 2, b"40");
        let mut item = implicit(ITEM, UNDEFINED, &inner);
        item.extend(implicit(ITEM_END, 0, b""));
        item.extend(implicit(SEQUENCE_END, 0, b""));
        let mut bytes = implicit(tags::GATED_INFORMATION_SEQUENCE, UNDEFINED, &item);
        let whole = bytes.len();
        bytes.extend(implicit(tags::PIXEL_DATA, 4, &[1, 0, 2, 0]));
        let layout = layout(&bytes, 0, Encoding::ImplicitLittle).unwrap();
        assert_eq!(layout.elements[0].bytes, 0..whole);
        assert!(layout.elements[0].plain);
        assert!(matches!(layout.pixel_data, Some(PixelData::Native { bytes, .. }) if bytes.len() == 4));
    }

    #[test]
    fn half_a_number_is_refused() {
        let bytes = implicit(tags::ROWS, 3, &[64, 0, 1]);
        let problem = layout(&bytes, 0, Encoding::ImplicitLittle).unwrap_err();
        assert!(problem.to_string().contains("(0028,0010) Rows: 3 bytes are not whole values of US"), "{problem}");
    }

    #[test]
    fn a_compressed_icon_is_skipped() {
        let mut fragments = implicit(ITEM, 0, b"");
        fragments.extend(implicit(ITEM, 2, &[0xFF, 0xD8]));
        fragments.extend(implicit(SEQUENCE_END, 0, b""));
        let mut item = implicit(ITEM, UNDEFINED, &implicit(tags::PIXEL_DATA, UNDEFINED, &fragments));
        item.extend(implicit(ITEM_END, 0, b""));
        let icon = implicit(tags::ICON_IMAGE_SEQUENCE, item.len() as u32, &item);
        let layout = layout(&icon, 0, Encoding::ImplicitLittle).unwrap();
        assert!(!layout.elements[0].plain && layout.pixel_data.is_none());
    }

    #[test]
    fn deep_nesting_is_refused() {
        let mut bytes = Vec::new();
        for _ in 0..10_000 {
            bytes.extend(implicit(tags::GATED_INFORMATION_SEQUENCE, UNDEFINED, b""));
            bytes.extend(implicit(ITEM, UNDEFINED, b""));
        }
        let problem = layout(&bytes, 0, Encoding::ImplicitLittle).unwrap_err();
        assert!(problem.to_string().contains("nested too deeply"), "{problem}");
    }
}
