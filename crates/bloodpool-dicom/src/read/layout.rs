//! `Layout`: where the elements of a data set are, with every declared length checked against its bytes (PS3.5 7).
//!
//! It runs before any parser sees the bytes, since a parser that believes a length reserves that much memory.

use std::ops::Range;

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::element::{ElementHeader, Encoding, ITEM, ITEM_END, SEQUENCE_END, UNDEFINED, follows, malformed, truncated};
use super::error::Problem;

/// Sequences nested deeper than this are refused: parsers recurse.
const MAX_DEPTH: usize = 12;
/// Elements of the top level; a gated study has some hundred.
const MAX_ELEMENTS: usize = 20_000;
/// Compressed frames and their offset table.
const MAX_FRAGMENTS: usize = 65_536;

/// An element of the top level, its header included.
#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) tag: Tag,
    pub(crate) bytes: Range<usize>,
    /// What a parser can be given of it.
    pub(crate) form: Form,
}

/// What a parser can be given of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Its bytes as they are.
    AsStored,
    /// Its bytes once elements of unknown representation are read by the dictionary, odd ones are left out, and values of an
    /// odd length are padded.
    Rewritten,
    /// Nothing: it is private, or its length alone could be trusted.
    LeftOut,
}

impl Form {
    fn at_least_rewritten(self) -> Self {
        if self == Self::AsStored { Self::Rewritten } else { self }
    }
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

/// Lays out the top level from `start` to the pixel data; what follows them is not looked at.
pub(crate) fn layout(bytes: &[u8], start: usize, encoding: Encoding) -> Result<Layout, Problem> {
    let mut elements = Vec::new();
    let mut at = start;
    while at < bytes.len() {
        let header = header(bytes, at, bytes.len(), encoding, 0)?;
        // Odd groups below 8 are not allowed to private elements, but no reader needs them.
        if matches!(header.tag.group(), 0 | 2) || header.tag.group() == ITEM.group() {
            return Err(malformed(header.tag, "this element must not occur here"));
        }
        if header.tag == tags::PIXEL_DATA {
            return Ok(Layout { elements, pixel_data: Some(pixel_data(bytes, &header, encoding)?) });
        }
        let mut form = if header.tag.group() % 2 == 0 { Form::AsStored } else { Form::LeftOut };
        let end = value_end(bytes, &header, bytes.len(), encoding, 0, &mut form)?;
        if elements.len() == MAX_ELEMENTS {
            return Err(malformed(header.tag, "more elements than any image has"));
        }
        elements.push(Element { tag: header.tag, bytes: at..end, form });
        at = end;
    }
    Ok(Layout { elements, pixel_data: None })
}

/// Reads a header within the data set or an item, odd ones included.
pub(crate) fn header(
    bytes: &[u8],
    at: usize,
    limit: usize,
    encoding: Encoding,
    depth: usize,
) -> Result<ElementHeader, Problem> {
    // Each form of an odd header walks its items again: the deeper, the fewer of them may be nested.
    let end_of = |header: &ElementHeader| {
        let depth = depth + MAX_DEPTH / 3;
        value_end(bytes, header, limit, encoding, depth, &mut Form::LeftOut).ok().filter(|_| depth < MAX_DEPTH)
    };
    ElementHeader::read_odd(bytes, at, limit, encoding, &end_of)
}

/// Whether the reader uses attributes of this group, so that a damaged one must not be stepped over: the image, its
/// vectors, and the values that pixels stand for.
fn is_used(tag: Tag) -> bool {
    matches!(tag.group(), 0x0028 | 0x0040 | 0x0054)
}

/// The end of a value, with all that is nested in it checked. `form` says what parsers may read of it.
///
/// What is damaged within an element that nobody uses is stepped over where its length can be trusted: it ends within
/// `limit`, and elements in ascending order follow.
pub(crate) fn value_end(
    bytes: &[u8],
    header: &ElementHeader,
    limit: usize,
    encoding: Encoding,
    depth: usize,
    form: &mut Form,
) -> Result<usize, Problem> {
    let unknown = header.odd || header.vr == Some(*b"UN");
    if unknown && *form == Form::AsStored {
        *form = Form::Rewritten;
    }
    let checked = checked_end(bytes, header, limit, encoding, depth, form);
    let Err(problem) = checked else { return checked };
    let end = header.defined_end(limit).ok().filter(|_| !is_used(header.tag));
    match end.filter(|&end| follows(bytes, end, limit, encoding, header.tag)) {
        Some(end) => {
            // Within an item, its own rewriting leaves the element out.
            *form = if depth == 0 { Form::LeftOut } else { form.at_least_rewritten() };
            Ok(end)
        }
        None => Err(problem),
    }
}

fn checked_end(
    bytes: &[u8],
    header: &ElementHeader,
    limit: usize,
    encoding: Encoding,
    depth: usize,
    form: &mut Form,
) -> Result<usize, Problem> {
    let unknown = header.odd || header.vr == Some(*b"UN");
    let defined = header.length != UNDEFINED;
    if defined && (!header.is_sequence() || header.odd) {
        if !header.odd {
            header.check_whole()?;
        }
        // A parser that takes the value for numbers stops before its last byte, and takes that for the next element.
        if header.length % 2 == 1 {
            *form = form.at_least_rewritten();
        }
        return header.defined_end(limit);
    }
    if header.tag == tags::PIXEL_DATA && !defined {
        // A compressed icon within a sequence.
        *form = form.at_least_rewritten();
        return Ok(fragments(bytes, header, limit, encoding)?.1);
    }
    if !(defined || unknown || header.is_sequence() || encoding == Encoding::ImplicitLittle) {
        return Err(malformed(header.tag, "only sequences may have an undefined length"));
    }
    if !defined && !header.is_sequence() {
        *form = form.at_least_rewritten();
    }
    if depth >= MAX_DEPTH {
        return Err(malformed(header.tag, "sequences are nested too deeply"));
    }
    let encoding = header.content;
    let limit = if defined { header.defined_end(limit)? } else { limit };
    let mut at = header.value;
    loop {
        if defined && at == limit {
            return Ok(limit);
        }
        let item = ElementHeader::read(bytes, at, limit, encoding).map_err(|problem| within(problem, header.tag))?;
        match item.tag {
            SEQUENCE_END if !defined => return Ok(item.value),
            ITEM => at = item_end(bytes, &item, limit, encoding, depth, form)?,
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
    form: &mut Form,
) -> Result<usize, Problem> {
    let defined = item.length != UNDEFINED;
    let limit = if defined { item.defined_end(limit)? } else { limit };
    let mut at = item.value;
    loop {
        if defined && at == limit {
            return Ok(limit);
        }
        let header = header(bytes, at, limit, encoding, depth)?;
        if header.tag == ITEM_END && !defined {
            return Ok(header.value);
        }
        // Group 4 is that of the records of a directory of files.
        if header.tag.group() == ITEM.group() || matches!(header.tag.group(), 0 | 2) {
            return Err(malformed(header.tag, "this element must not occur in an item"));
        }
        at = value_end(bytes, &header, limit, encoding, depth + 1, form)?;
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
        assert_eq!(layout.elements[0].form, Form::AsStored);
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
        assert_eq!(layout.elements[0].form, Form::Rewritten);
        assert!(layout.pixel_data.is_none());
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
