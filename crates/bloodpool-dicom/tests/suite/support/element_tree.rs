//! `Element`: a data set as a tree that can be changed at will, and written in any encoding with lengths that are wrong on purpose.

/// How a tree is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encoding {
    ExplicitLittle,
    ImplicitLittle,
    ExplicitBig,
}

#[derive(Debug, Clone)]
pub(crate) struct Element {
    pub(crate) tag: [u16; 2],
    pub(crate) vr: [u8; 2],
    pub(crate) value: Value,
    /// The length that is stated where it is not that of the value.
    pub(crate) stated: Option<u32>,
}

#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Numbers are little endian.
    Bytes(Vec<u8>),
    /// Each item is a list of elements; of undefined length where `delimited`.
    Items { items: Vec<Vec<Element>>, delimited: bool },
    /// Compressed frames; the first fragment is the offset table.
    Fragments(Vec<Vec<u8>>),
}

const UNDEFINED: u32 = u32::MAX;
const ITEM: [u16; 2] = [0xFFFE, 0xE000];
const ITEM_END: [u16; 2] = [0xFFFE, 0xE00D];
const SEQUENCE_END: [u16; 2] = [0xFFFE, 0xE0DD];

/// Representations whose explicit header has a length of 4 bytes.
fn is_long(vr: [u8; 2]) -> bool {
    [b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"].contains(&&vr)
}

/// Bytes of one number, by which big endian swaps.
fn width(vr: [u8; 2]) -> usize {
    match &vr {
        b"AT" | b"OW" | b"SS" | b"US" => 2,
        b"FL" | b"OF" | b"OL" | b"SL" | b"UL" => 4,
        b"FD" | b"OD" | b"OV" | b"SV" | b"UV" => 8,
        _ => 1,
    }
}

impl Element {
    pub(crate) fn new(tag: [u16; 2], vr: &[u8; 2], value: impl Into<Vec<u8>>) -> Self {
        Self { tag, vr: *vr, value: Value::Bytes(value.into()), stated: None }
    }

    pub(crate) fn sequence(tag: [u16; 2], items: Vec<Vec<Self>>, delimited: bool) -> Self {
        Self { tag, vr: *b"SQ", value: Value::Items { items, delimited }, stated: None }
    }

    pub(crate) fn write(&self, encoding: Encoding, output: &mut Vec<u8>) {
        let mut value = Vec::new();
        let mut undefined = false;
        match &self.value {
            Value::Bytes(bytes) if encoding == Encoding::ExplicitBig => {
                bytes.chunks(width(self.vr)).for_each(|number| value.extend(number.iter().rev()));
            }
            Value::Bytes(bytes) => value.extend(bytes),
            Value::Items { items, delimited } => {
                undefined = *delimited;
                for elements in items {
                    let mut item = Vec::new();
                    write_all(elements, encoding, &mut item);
                    let length = if undefined { UNDEFINED } else { item.len() as u32 };
                    header(ITEM, length, encoding, &mut value);
                    value.extend(item);
                    if undefined {
                        header(ITEM_END, 0, encoding, &mut value);
                    }
                }
            }
            Value::Fragments(fragments) => {
                undefined = true;
                for fragment in fragments {
                    header(ITEM, fragment.len() as u32, encoding, &mut value);
                    value.extend(fragment);
                }
            }
        }
        if undefined {
            header(SEQUENCE_END, 0, encoding, &mut value);
        }
        let length = self.stated.unwrap_or(if undefined { UNDEFINED } else { value.len() as u32 });
        if encoding == Encoding::ImplicitLittle {
            header(self.tag, length, encoding, output);
        } else {
            self.tag.iter().for_each(|part| output.extend(two(*part, encoding)));
            output.extend(self.vr);
            if is_long(self.vr) {
                output.extend([0, 0]);
                output.extend(four(length, encoding));
            } else {
                output.extend(two(length as u16, encoding));
            }
        }
        output.extend(value);
    }
}

pub(crate) fn write_all(elements: &[Element], encoding: Encoding, output: &mut Vec<u8>) {
    elements.iter().for_each(|element| element.write(encoding, output));
}

fn header(tag: [u16; 2], length: u32, encoding: Encoding, output: &mut Vec<u8>) {
    tag.iter().for_each(|part| output.extend(two(*part, encoding)));
    output.extend(four(length, encoding));
}

fn two(number: u16, encoding: Encoding) -> [u8; 2] {
    if encoding == Encoding::ExplicitBig { number.to_be_bytes() } else { number.to_le_bytes() }
}

fn four(number: u32, encoding: Encoding) -> [u8; 4] {
    if encoding == Encoding::ExplicitBig { number.to_be_bytes() } else { number.to_le_bytes() }
}

/// The tree of a valid data set in Explicit VR Little Endian.
pub(crate) fn parse(bytes: &[u8]) -> Vec<Element> {
    let mut at = 0;
    elements(bytes, &mut at, bytes.len())
}

fn elements(bytes: &[u8], at: &mut usize, end: usize) -> Vec<Element> {
    let mut found = Vec::new();
    while *at < end {
        let tag = read_tag(bytes, *at);
        if tag == ITEM_END {
            *at += 8;
            break;
        }
        let vr = [bytes[*at + 4], bytes[*at + 5]];
        let length = if is_long(vr) {
            *at += 12;
            read_four(bytes, *at - 4)
        } else {
            *at += 8;
            u32::from(u16::from_le_bytes([bytes[*at - 2], bytes[*at - 1]]))
        };
        let value = if vr == *b"SQ" {
            items(bytes, at, length)
        } else {
            *at += length as usize;
            Value::Bytes(bytes[*at - length as usize..*at].to_vec())
        };
        found.push(Element { tag, vr, value, stated: None });
    }
    found
}

fn items(bytes: &[u8], at: &mut usize, length: u32) -> Value {
    let delimited = length == UNDEFINED;
    let end = if delimited { bytes.len() } else { *at + length as usize };
    let mut items = Vec::new();
    while *at < end {
        let (tag, length) = (read_tag(bytes, *at), read_four(bytes, *at + 4));
        *at += 8;
        if tag == SEQUENCE_END {
            break;
        }
        let end = if length == UNDEFINED { end } else { *at + length as usize };
        items.push(elements(bytes, at, end));
    }
    Value::Items { items, delimited }
}

fn read_tag(bytes: &[u8], at: usize) -> [u16; 2] {
    [0, 2].map(|more| u16::from_le_bytes([bytes[at + more], bytes[at + more + 1]]))
}

fn read_four(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
