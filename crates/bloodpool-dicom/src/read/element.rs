//! `ElementHeader`: tag, value representation and length of one element, odd ones by what follows them (PS3.5 7.1).

use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::error::Problem;
use crate::attribute::Attribute;

pub(crate) const UNDEFINED: u32 = u32::MAX;
pub(crate) const ITEM: Tag = Tag(0xFFFE, 0xE000);
pub(crate) const ITEM_END: Tag = Tag(0xFFFE, 0xE00D);
pub(crate) const SEQUENCE_END: Tag = Tag(0xFFFE, 0xE0DD);

/// Headers that are looked at to find out whether the length of one can be trusted.
const LOOK_AHEAD: usize = 1024;

/// How elements are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    ImplicitLittle,
    ExplicitLittle,
    ExplicitBig,
}

impl Encoding {
    pub(crate) fn u16(self, pair: [u8; 2]) -> u16 {
        if self == Self::ExplicitBig { u16::from_be_bytes(pair) } else { u16::from_le_bytes(pair) }
    }

    pub(crate) fn u32(self, quad: [u8; 4]) -> u32 {
        if self == Self::ExplicitBig { u32::from_be_bytes(quad) } else { u32::from_le_bytes(quad) }
    }
}

/// How long the length field of a value representation is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LengthField {
    /// 2 bytes.
    Short,
    /// 2 reserved bytes, then 4 bytes.
    Long,
}

impl LengthField {
    /// `None` for what is not a value representation of DICOM.
    pub(crate) fn of(vr: [u8; 2]) -> Option<Self> {
        match &vr {
            b"OB" | b"OD" | b"OF" | b"OL" | b"OV" | b"OW" | b"SQ" | b"SV" | b"UC" | b"UN" | b"UR" | b"UT" | b"UV" => {
                Some(Self::Long)
            }
            b"AE" | b"AS" | b"AT" | b"CS" | b"DA" | b"DS" | b"DT" | b"FD" | b"FL" | b"IS" | b"LO" | b"LT" | b"PN"
            | b"SH" | b"SL" | b"SS" | b"ST" | b"TM" | b"UI" | b"UL" | b"US" => Some(Self::Short),
            _ => None,
        }
    }
}

/// Bytes of one value of a representation; 1 where any number of bytes is a value.
pub(crate) fn value_size(vr: [u8; 2]) -> usize {
    match &vr {
        b"US" | b"SS" | b"OW" => 2,
        b"UL" | b"SL" | b"FL" | b"AT" | b"OF" | b"OL" => 4,
        b"FD" | b"OD" | b"SV" | b"UV" | b"OV" => 8,
        _ => 1,
    }
}

/// Tag, value representation and length of one element.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ElementHeader {
    pub(crate) tag: Tag,
    /// `None` where the encoding does not write it, or where what is written is none of DICOM's.
    pub(crate) vr: Option<[u8; 2]>,
    pub(crate) length: u32,
    /// Where the value starts.
    pub(crate) value: usize,
    /// How the elements of its items are encoded.
    pub(crate) content: Encoding,
    /// Whether the representation is none of DICOM's, so that no parser can be given the element as it is.
    pub(crate) odd: bool,
}

impl ElementHeader {
    /// Reads one header at `at`; nothing may reach past `limit`.
    pub(crate) fn read(bytes: &[u8], at: usize, limit: usize, encoding: Encoding) -> Result<Self, Problem> {
        let limit = limit.min(bytes.len());
        let tag = tag(field::<8>(bytes, at, limit, Tag(0, 0))?, encoding);
        let [_, _, _, _, a, b, c, d] = field::<8>(bytes, at, limit, tag)?;
        let plain = Self { tag, vr: None, length: 0, value: at + 8, content: encoding, odd: false };
        if encoding == Encoding::ImplicitLittle || tag.group() == ITEM.group() {
            return Ok(Self { length: encoding.u32([a, b, c, d]), ..plain });
        }
        let vr = [a, b];
        if !vr.iter().all(u8::is_ascii_uppercase) {
            return Err(malformed(tag, "its value representation is not two capital letters"));
        }
        // Values of unknown representation are written with implicit ones (PS3.5 6.2.2).
        let content = if &vr == b"UN" { Encoding::ImplicitLittle } else { encoding };
        match LengthField::of(vr) {
            Some(LengthField::Long) => {
                let length = encoding.u32(field(bytes, at + 8, limit, tag)?);
                Ok(Self { vr: Some(vr), length, value: at + 12, content, ..plain })
            }
            Some(LengthField::Short) => {
                Ok(Self { vr: Some(vr), length: u32::from(encoding.u16([c, d])), content, ..plain })
            }
            None => Err(malformed(tag, "its value representation is not one of DICOM's")),
        }
    }

    /// As [`Self::read`], where an element whose representation is none of DICOM's, or a private one that does not fit
    /// into `limit`, is read by the one form of header that makes the following elements parse.
    ///
    /// `end_of` finds the end of a sequence of undefined length.
    pub(crate) fn read_odd(
        bytes: &[u8],
        at: usize,
        limit: usize,
        encoding: Encoding,
        end_of: &dyn Fn(&Self) -> Option<usize>,
    ) -> Result<Self, Problem> {
        let read = Self::read(bytes, at, limit, encoding);
        let is_sound = match &read {
            Ok(header) => {
                encoding == Encoding::ImplicitLittle
                    || header.tag.group() % 2 == 0
                    || header.length == UNDEFINED
                    || header.defined_end(limit).is_ok()
            }
            Err(Problem::Malformed { .. }) => false,
            Err(_) => true,
        };
        if is_sound {
            return read;
        }
        let mut ends = Vec::new();
        for header in candidates(bytes, at, limit, encoding) {
            let end = if header.length == UNDEFINED { end_of(&header) } else { header.defined_end(limit).ok() };
            let Some(end) = end.filter(|&end| follows(bytes, end, limit, encoding, header.tag)) else {
                continue;
            };
            if !ends.iter().any(|&(_, known)| known == end) {
                ends.push((header, end));
            }
        }
        // Two forms that both fit leave the length unknown.
        match ends[..] {
            [(header, _)] => Ok(header),
            _ => read,
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
    pub(crate) fn check_whole(&self) -> Result<(), Problem> {
        let vr = self.vr.or_else(|| Attribute(self.tag).vr()).unwrap_or(*b"UN");
        if !(self.length as usize).is_multiple_of(value_size(vr)) {
            let vr = String::from_utf8_lossy(&vr).into_owned();
            return Err(malformed(self.tag, &format!("{} bytes are not whole values of {vr}", self.length)));
        }
        Ok(())
    }

    /// Whether the element is a sequence by what the file says, or by the dictionary where it says nothing.
    pub(crate) fn is_sequence(&self) -> bool {
        match self.vr {
            Some(vr) => &vr == b"SQ",
            None => Attribute(self.tag).vr() == Some(*b"SQ"),
        }
    }

    /// The representation by which the value is read: what the file says, or the dictionary where the file says
    /// nothing or UN (PS3.5 6.2.2). `None` where neither knows it.
    pub(crate) fn known_vr(&self) -> Option<[u8; 2]> {
        self.vr.filter(|vr| vr != b"UN").or_else(|| Attribute(self.tag).vr())
    }
}

/// Whether a data set goes on at `at`: the end, the pixel data, or elements in ascending order, of which the first that
/// is not odd itself fits.
pub(crate) fn follows(bytes: &[u8], at: usize, limit: usize, encoding: Encoding, previous: Tag) -> bool {
    follows_within(bytes, at, limit, encoding, previous, &mut { LOOK_AHEAD })
}

/// As [`follows`], looking at no more than `left` headers.
fn follows_within(bytes: &[u8], at: usize, limit: usize, encoding: Encoding, previous: Tag, left: &mut usize) -> bool {
    if at == limit {
        return true;
    }
    *left = left.saturating_sub(1);
    let Ok(head) = field::<8>(bytes, at, limit.min(bytes.len()), previous) else { return false };
    let next = tag(head, encoding);
    if next == ITEM_END || (next == tags::PIXEL_DATA && previous < next) {
        return true;
    }
    if *left == 0 || next <= previous || next.group() == ITEM.group() {
        return false;
    }
    match ElementHeader::read(bytes, at, limit, encoding) {
        Ok(header) => header.length == UNDEFINED || header.defined_end(limit).is_ok(),
        // Only what may be odd is looked past: private elements, and those that the dictionary knows.
        Err(_) if next.group().is_multiple_of(2) && Attribute(next).vr().is_none() => false,
        // One of undefined length is told by its first item.
        Err(_) => candidates(bytes, at, limit, encoding).iter().any(|header| {
            let opens = || ElementHeader::read(bytes, header.value, limit, encoding).is_ok_and(|item| item.tag == ITEM);
            header.length == UNDEFINED && opens()
                || header.defined_end(limit).is_ok_and(|end| follows_within(bytes, end, limit, encoding, next, left))
        }),
    }
}

/// The forms that an explicit header with an odd representation may have: a length of 2 bytes, a length of 4 bytes
/// after two reserved ones, or no representation at all.
fn candidates(bytes: &[u8], at: usize, limit: usize, encoding: Encoding) -> Vec<ElementHeader> {
    let limit = limit.min(bytes.len());
    let Ok(head) = field::<8>(bytes, at, limit, Tag(0, 0)) else { return Vec::new() };
    let [_, _, _, _, a, b, c, d] = head;
    let tag = tag(head, encoding);
    let form = |length, value, content| ElementHeader { tag, vr: None, length, value, content, odd: true };
    let mut forms = vec![form(u32::from(encoding.u16([c, d])), at + 8, encoding)];
    let mut long = vec![(encoding.u32([a, b, c, d]), at + 8)];
    if let Ok(length) = field::<4>(bytes, at + 8, limit, tag)
        && [c, d] == [0, 0]
    {
        long.push((encoding.u32(length), at + 12));
    }
    for (length, value) in long {
        forms.push(form(length, value, encoding));
        if length == UNDEFINED && encoding != Encoding::ImplicitLittle {
            forms.push(form(length, value, Encoding::ImplicitLittle));
        }
    }
    forms
}

fn tag([a, b, c, d, ..]: [u8; 8], encoding: Encoding) -> Tag {
    Tag(encoding.u16([a, b]), encoding.u16([c, d]))
}

fn field<const SIZE: usize>(bytes: &[u8], from: usize, limit: usize, tag: Tag) -> Result<[u8; SIZE], Problem> {
    let have = limit.saturating_sub(from);
    let value = bytes.get(from..from + SIZE).filter(|_| have >= SIZE).and_then(|value| value.try_into().ok());
    value.ok_or_else(|| truncated(tag, SIZE as u64, have as u64))
}

pub(crate) fn truncated(tag: Tag, needed: u64, available: u64) -> Problem {
    Problem::Truncated { attribute: Attribute(tag), needed, available }
}

pub(crate) fn malformed(tag: Tag, what: &str) -> Problem {
    Problem::Malformed { attribute: Attribute(tag), what: what.to_string() }
}
