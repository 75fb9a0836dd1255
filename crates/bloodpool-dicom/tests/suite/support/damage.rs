//! Damage to files: to the bytes, wherever they are, and to the elements, so that the file keeps its structure.

use super::Lcg;
use super::element_tree::{Element, Value};

/// Values that lengths and counts are replaced by.
const EXTREME: [u32; 10] = [0, 1, 2, 0x7F, 0xFF, 0xFFFE, 0xFFFF, 0x7FFF_FFFF, 0xDD00_0000, 0xFFFF_FFFF];
/// 16-bit numbers around the limits of what a study may be.
const NUMBERS: [u16; 18] = [0, 1, 2, 7, 8, 9, 12, 15, 16, 17, 31, 32, 63, 64, 65, 1024, 0x8000, 0xFFFF];
/// Texts where a number, a code or a name is expected.
const TEXTS: [&str; 20] = [
    "",
    " ",
    "0",
    "-1",
    "0.5",
    "1e308",
    "1e-320",
    "1e999",
    "nan",
    "inf",
    "-0",
    "16\\16",
    "4\\nan",
    "1e-30\\1e30",
    "MONOCHROME1",
    "PALETTE COLOR",
    "ISO 2022 IR 149",
    "Anterior",
    "\u{1b}$)C\u{b0}",
    "99999999999999999999999999999999",
];
const REPRESENTATIONS: [&[u8; 2]; 30] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"OB", b"OD", b"OF", b"OW",
    b"PN", b"SH", b"SL", b"SQ", b"SS", b"ST", b"TM", b"UC", b"UI", b"UL", b"UN", b"US", b"UT", b"??",
];
/// Tags that the reader uses, and some that must not occur.
const TAGS: [[u16; 2]; 24] = [
    [0x0008, 0x0005],
    [0x0008, 0x0008],
    [0x0018, 0x0070],
    [0x0018, 0x1063],
    [0x0028, 0x0002],
    [0x0028, 0x0004],
    [0x0028, 0x0008],
    [0x0028, 0x0009],
    [0x0028, 0x0010],
    [0x0028, 0x0030],
    [0x0028, 0x0100],
    [0x0028, 0x0101],
    [0x0028, 0x0103],
    [0x0028, 0x0120],
    [0x0028, 0x1052],
    [0x0028, 0x1053],
    [0x0040, 0x9096],
    [0x0054, 0x0010],
    [0x0054, 0x0020],
    [0x0054, 0x0060],
    [0x0054, 0x0070],
    [0x0054, 0x0071],
    [0x7FE0, 0x0010],
    [0xFFFE, 0xE000],
];
/// The group of detectors, windows, intervals and slots, whose lists of numbers order the frames.
const VECTORS: u16 = 0x0054;

fn pick<T: Copy>(random: &mut Lcg, from: &[T]) -> T {
    from[random.below(from.len())]
}

/// Damages one element of a tree, at any depth.
pub(crate) fn damage_elements(elements: &mut Vec<Element>, random: &mut Lcg) {
    if elements.is_empty() {
        return elements.push(Element::new(pick(random, &TAGS), b"US", [1, 0]));
    }
    let at = random.below(elements.len());
    if let Value::Items { items, .. } = &mut elements[at].value
        && !items.is_empty()
        && random.below(3) > 0
    {
        let item = random.below(items.len());
        return damage_elements(&mut items[item], random);
    }
    match random.below(14) {
        0 => drop(elements.remove(at)),
        1 => {
            let again = elements[at].clone();
            elements.insert(if random.below(2) == 0 { at } else { random.below(elements.len()) }, again);
        }
        2 => {
            let other = random.below(elements.len());
            elements.swap(at, other);
        }
        3 => elements[at].vr = *pick(random, &REPRESENTATIONS),
        4 => {
            let tag = &mut elements[at].tag;
            match random.below(3) {
                0 => tag[1] = tag[1].wrapping_add(1),
                1 => *tag = pick(random, &TAGS),
                _ => *tag = [random.next() as u16, random.next() as u16],
            }
        }
        5 => elements[at].stated = Some(stated_length(&elements[at], random)),
        6 | 7 => elements[at].value = other_value(&elements[at], random),
        8 | 9 => damage_vector(elements, random),
        10 => {
            let wrapped = nested(vec![elements[at].clone()], 1 + random.below(20), random);
            if random.below(2) == 0 { elements[at] = wrapped } else { elements.insert(at, wrapped) }
        }
        11 => damage_items(&mut elements[at], random),
        12 => elements.insert(at, foreign(random)),
        _ => other_length(&mut elements[at].value, random),
    }
}

/// A length near that of the value, or far from it.
fn stated_length(element: &Element, random: &mut Lcg) -> u32 {
    match &element.value {
        Value::Bytes(bytes) if random.below(2) == 0 => {
            (bytes.len() as u32).wrapping_add(pick(random, &[1, 2, 4, 8, u32::MAX, u32::MAX - 1, u32::MAX - 7]))
        }
        _ => pick(random, &EXTREME),
    }
}

/// Another value of about the same kind.
fn other_value(element: &Element, random: &mut Lcg) -> Value {
    let numbers = 1 + random.below(4);
    Value::Bytes(match &element.vr {
        b"US" | b"SS" | b"AT" => (0..numbers).flat_map(|_| pick(random, &NUMBERS).to_le_bytes()).collect(),
        b"UL" | b"SL" => (0..numbers).flat_map(|_| pick(random, &EXTREME).to_le_bytes()).collect(),
        b"FL" => pick(random, &[0.0, -1.0, f32::NAN, f32::INFINITY, 1e38, 1e-40]).to_le_bytes().to_vec(),
        b"FD" => pick(random, &[0.0, -1.0, f64::NAN, f64::INFINITY, 1e308, 1e-310, 2.5]).to_le_bytes().to_vec(),
        _ if random.below(200) == 0 => vec![b'\\'; 1 << (10 + random.below(11))],
        _ => pick(random, &TEXTS).bytes().collect(),
    })
}

/// Changes one list of numbers that orders frames, or how many there are of what it numbers.
fn damage_vector(elements: &mut [Element], random: &mut Lcg) {
    let wanted = |element: &&mut Element| element.tag[0] == VECTORS && matches!(element.value, Value::Bytes(_));
    let mut vectors: Vec<&mut Element> = elements.iter_mut().filter(wanted).collect();
    let index = random.below(vectors.len());
    let Some(Value::Bytes(bytes)) = vectors.get_mut(index).map(|element| &mut element.value) else { return };
    let mut values: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    if values.is_empty() {
        return;
    }
    let at = random.below(values.len());
    match random.below(8) {
        0 => values[at] = pick(random, &NUMBERS),
        1 => values.iter_mut().for_each(|value| *value = value.wrapping_sub(1)),
        2 => values.reverse(),
        3 => values.rotate_left(at),
        4 => drop(values.remove(at)),
        5 => values.push(pick(random, &NUMBERS)),
        6 => values.fill(pick(random, &NUMBERS)),
        _ => values = (0..values.len() as u16).map(|value| value / 8 + 1).collect(),
    }
    *bytes = values.into_iter().flat_map(u16::to_le_bytes).collect();
}

/// The elements within sequences that are nested so deep.
fn nested(elements: Vec<Element>, depth: usize, random: &mut Lcg) -> Element {
    let sequences = [[0x0054, 0x0022], [0x0055, 0x1002], [0x0008, 0x1140], [0x0040, 0x9096]];
    let mut inner = elements;
    for _ in 1..depth {
        inner = vec![Element::sequence(pick(random, &sequences), vec![inner], random.below(2) == 0)];
    }
    Element::sequence(pick(random, &sequences), vec![inner], random.below(2) == 0)
}

/// Changes the items of a sequence, where it is one.
fn damage_items(element: &mut Element, random: &mut Lcg) {
    let Value::Items { items, delimited } = &mut element.value else {
        element.vr = *b"SQ";
        return;
    };
    match random.below(5) {
        0 => *delimited = !*delimited,
        1 => items.clear(),
        2 => items.push(Vec::new()),
        3 => *items = items.iter().cloned().cycle().take(items.len() * 3).collect(),
        _ => *items = vec![Vec::new(); 1 << random.below(14)],
    }
}

/// An element that no NM image has.
fn foreign(random: &mut Lcg) -> Element {
    let value: Vec<u8> = (0..random.below(40)).map(|_| random.next() as u8).collect();
    let tag = if random.below(2) == 0 { [0x0055, random.next() as u16] } else { pick(random, &TAGS) };
    Element::new(tag, pick(random, &REPRESENTATIONS), value)
}

/// Cuts a value off or extends it.
fn other_length(value: &mut Value, random: &mut Lcg) {
    let (Value::Bytes(bytes), more) = (value, 1 + random.below(64)) else { return };
    match random.below(4) {
        0 => bytes.truncate(random.below(bytes.len())),
        1 => bytes.truncate(bytes.len().saturating_sub(more)),
        2 => bytes.extend((0..more).map(|_| random.next() as u8)),
        _ => bytes.extend_from_within(..bytes.len().min(8192)),
    }
}

/// Damages bytes in one of the ways in which files come damaged, or are damaged on purpose.
pub(crate) fn damage_bytes(bytes: &mut Vec<u8>, random: &mut Lcg) {
    // Half of the damage goes where structure is: the header, or the start of the pixel data.
    let pixels = bytes.windows(4).position(|window| window == [0xE0, 0x7F, 0x10, 0x00]).unwrap_or(bytes.len() / 2);
    let anywhere = random.below(bytes.len());
    let structure = match random.below(3) {
        0 => 128 + random.below(pixels.max(129) - 128),
        1 => (pixels + random.below(600)).min(bytes.len() - 1),
        _ => anywhere,
    };
    match random.below(9) {
        0 => (0..1 + random.below(8)).for_each(|_| {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }),
        1 => bytes[structure] = random.next() as u8,
        2 => overwrite(bytes, structure, &pick(random, &EXTREME).to_le_bytes()),
        3 => overwrite(bytes, structure, &pick(random, &EXTREME).to_be_bytes()[2..]),
        4 => bytes.truncate(anywhere),
        5 => {
            let run = 1 + random.below(64);
            bytes.drain(structure..(structure + run).min(bytes.len()));
        }
        6 => {
            let run: Vec<u8> = (0..1 + random.below(64)).map(|_| random.next() as u8).collect();
            bytes.splice(structure..structure, run);
        }
        7 => length_field(bytes, pixels, random),
        _ => fragment(bytes, pixels, random),
    }
}

fn overwrite(bytes: &mut [u8], at: usize, with: &[u8]) {
    bytes.iter_mut().skip(at).zip(with).for_each(|(byte, &new)| *byte = new);
}

/// Breaks the length of an element with an explicit header.
fn length_field(bytes: &mut [u8], pixels: usize, random: &mut Lcg) {
    let known = [b"UI", b"US", b"IS", b"DS", b"CS", b"LO", b"SQ", b"OW", b"OB", b"AT", b"PN", b"SH"];
    let end = (pixels + 16).min(bytes.len().saturating_sub(8));
    let fields: Vec<usize> = (132..end).filter(|&at| known.iter().any(|vr| &bytes[at..at + 2] == *vr)).collect();
    if let Some(&at) = fields.get(random.below(fields.len())) {
        let value = pick(random, &EXTREME).to_le_bytes();
        if random.below(2) == 0 { overwrite(bytes, at + 2, &value[..2]) } else { overwrite(bytes, at + 4, &value) }
    }
}

/// Breaks the first bytes of a fragment: an RLE header, JPEG markers, or the length of the fragment.
fn fragment(bytes: &mut [u8], pixels: usize, random: &mut Lcg) {
    let starts: Vec<usize> =
        (pixels..bytes.len()).filter(|&at| bytes[at..].starts_with(&[0xFE, 0xFF, 0x00, 0xE0])).collect();
    if let Some(&at) = starts.get(random.below(starts.len())) {
        let reach = if random.below(2) == 0 { 80 } else { 12 };
        let within = at + 4 + random.below(reach);
        let value = if random.below(2) == 0 { pick(random, &EXTREME) } else { random.next() };
        overwrite(bytes, within, &value.to_le_bytes()[..1 + random.below(4)]);
    }
}
