//! Files changed byte by byte, where no writer would write what is tested.

use dicom_core::Tag;

/// Of files in Explicit VR Little Endian: where the pixel data element starts.
fn pixels_at(bytes: &[u8]) -> usize {
    let head = [0xE0, 0x7F, 0x10, 0x00, b'O', b'W'];
    bytes.windows(head.len()).rposition(|window| window == head).unwrap()
}

/// Puts bytes before the pixel data element.
pub(crate) fn before_pixels(bytes: &[u8], extra: &[u8]) -> Vec<u8> {
    let at = pixels_at(bytes);
    [&bytes[..at], extra, &bytes[at..]].concat()
}

/// Tag, explicit representation and a length of 2 bytes.
pub(crate) fn short(tag: Tag, vr: &[u8; 2], value: &[u8]) -> Vec<u8> {
    [&head(tag)[..], vr, &(value.len() as u16).to_le_bytes(), value].concat()
}

/// Tag, explicit representation, two reserved bytes and a length of 4 bytes.
pub(crate) fn long(tag: Tag, vr: &[u8; 2], length: u32, value: &[u8]) -> Vec<u8> {
    [&head(tag)[..], vr, &[0, 0], &length.to_le_bytes(), value].concat()
}

/// Tag and a length of 4 bytes: an element in implicit VR, an item or a delimiter.
pub(crate) fn implicit(tag: Tag, length: u32, value: &[u8]) -> Vec<u8> {
    [&head(tag)[..], &length.to_le_bytes(), value].concat()
}

/// One item of defined length.
pub(crate) fn item(value: &[u8]) -> Vec<u8> {
    implicit(Tag(0xFFFE, 0xE000), value.len() as u32, value)
}

/// The end of a sequence of undefined length.
pub(crate) fn sequence_end() -> Vec<u8> {
    implicit(Tag(0xFFFE, 0xE0DD), 0, b"")
}

fn head(tag: Tag) -> [u8; 4] {
    let ([a, b], [c, d]) = (tag.group().to_le_bytes(), tag.element().to_le_bytes());
    [a, b, c, d]
}

/// Writes a top level element with a length of 2 bytes again with VR UN.
pub(crate) fn as_un(bytes: &[u8], tag: Tag) -> Vec<u8> {
    let head = head(tag);
    let at = (132..bytes.len())
        .find(|&at| bytes[at..].starts_with(&head) && bytes[at + 4..at + 6].iter().all(u8::is_ascii_uppercase))
        .unwrap();
    let length = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
    let value = &bytes[at + 8..at + 8 + length];
    [&bytes[..at], &long(tag, b"UN", length as u32, value), &bytes[at + 8 + length..]].concat()
}

/// Preamble and file meta information, and the data set.
pub(crate) fn parts(bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let group = u32::from_le_bytes(bytes[140..144].try_into().unwrap()) as usize;
    (bytes[..144 + group].to_vec(), bytes[144 + group..].to_vec())
}
