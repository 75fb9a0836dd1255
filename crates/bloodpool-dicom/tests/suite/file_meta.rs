//! Files whose preamble, file meta information or transfer syntax is missing or wrong, and bytes after the last frame.

use std::path::Path;

use bloodpool_dicom::{Selection, encode_study, open_study, read_study};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::FileMetaTableBuilder;

use crate::support::bytes::parts;
use crate::support::{Scratch, acquisition, beating_disc, eight_bits, object};

const IMPLICIT: &str = "1.2.840.10008.1.2";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";

fn encoded(syntax: &str) -> (Vec<u8>, Vec<u8>) {
    let meta = FileMetaTableBuilder::new().transfer_syntax(syntax);
    let mut bytes = Vec::new();
    object(&beating_disc(24, 64, 300.0)).into_inner().with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    parts(&bytes)
}

fn explicit() -> (Vec<u8>, Vec<u8>) {
    parts(&encode_study(&beating_disc(24, 64, 300.0), &acquisition()).unwrap())
}

/// The file is read, with one note that says this.
#[track_caller]
fn reads(bytes: &[u8], said: &str) {
    let scratch = Scratch::new();
    let file = open_study(&scratch.file("study.dcm", bytes), &Selection::default());
    let file = file.unwrap_or_else(|error| panic!("{said}: {error}"));
    assert_eq!(file.study.counts(), beating_disc(24, 64, 300.0).counts(), "{said}");
    assert_eq!((file.notes.len(), file.notes[0].code), (1, "file_meta"), "{:?}", file.notes);
    assert!(file.notes[0].message.contains(said), "{:?}", file.notes);
}

#[test]
fn files_without_preamble_or_meta_information_are_read() {
    let preamble = [&[0; 128][..], b"DICM"].concat();
    for (syntax, said) in [
        (IMPLICIT, "are Implicit VR Little Endian"),
        ("1.2.840.10008.1.2.1", "are Explicit VR Little Endian"),
        (BIG_ENDIAN, "are Explicit VR Big Endian"),
    ] {
        let (meta, data) = encoded(syntax);
        reads(&data, said);
        reads(&data, "preamble and DICM mark are missing; file meta information (group 0002) is missing");
        reads(&[&preamble, &data[..]].concat(), said);
        reads(&[&meta[132..], &data[..]].concat(), "preamble and DICM mark are missing");
        reads(&[&meta[128..], &data[..]].concat(), "the preamble of 128 bytes is missing");
    }
}

/// File meta information in implicit VR.
fn implicit_meta(meta: &[u8]) -> Vec<u8> {
    let mut bytes = meta[..132].to_vec();
    let mut at = 132;
    while at < meta.len() {
        let is_long = &meta[at + 4..at + 6] == b"OB";
        let (length, value) = if is_long {
            (u32::from_le_bytes(meta[at + 8..at + 12].try_into().unwrap()) as usize, at + 12)
        } else {
            (usize::from(u16::from_le_bytes(meta[at + 6..at + 8].try_into().unwrap())), at + 8)
        };
        bytes.extend(&meta[at..at + 4]);
        bytes.extend((length as u32).to_le_bytes());
        bytes.extend(&meta[value..value + length]);
        at = value + length;
    }
    bytes
}

#[test]
fn implicit_and_wrong_meta_information_is_read() {
    let (meta, data) = explicit();
    reads(&[implicit_meta(&meta), data.clone()].concat(), "without value representations");
    reads(&[&implicit_meta(&meta)[132..], &data[..]].concat(), "without value representations");
    for length in [0u32, 1, 10, 4096, u32::MAX] {
        let mut wrong = meta.clone();
        wrong[140..144].copy_from_slice(&length.to_le_bytes());
        reads(
            &[wrong, data.clone()].concat(),
            "(0002,0000) FileMetaInformationGroupLength is not the length of the group",
        );
    }
}

#[test]
fn bytes_overrule_a_transfer_syntax_that_they_contradict() {
    let (of_implicit, in_implicit) = encoded(IMPLICIT);
    let (of_explicit, in_explicit) = explicit();
    reads(&[of_implicit, in_explicit].concat(), "says Implicit VR Little Endian, and the bytes are Explicit VR Little");
    reads(&[of_explicit, in_implicit].concat(), "says Explicit VR Little Endian, and the bytes are Implicit VR Little");
}

#[test]
fn compressed_pixels_without_a_transfer_syntax_are_refused() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/disc16-rle.dcm");
    let (_, data) = parts(&std::fs::read(path).unwrap());
    let scratch = Scratch::new();
    let error = read_study(&scratch.file("bare", &data), &Selection::default()).unwrap_err();
    assert_eq!(error.code(), "missing_attribute");
    assert!(
        error.to_string().contains("(0002,0010) TransferSyntaxUID is missing: the pixels are compressed"),
        "{error}"
    );
}

/// A disc of 16-bit pixels with bytes after the last frame.
fn longer(trailing: &[u8]) -> Vec<u8> {
    let mut file = object(&beating_disc(24, 64, 300.0));
    let mut bytes = file.get(tags::PIXEL_DATA).unwrap().to_bytes().unwrap().to_vec();
    bytes.extend(trailing);
    file.put(DataElement::new(tags::PIXEL_DATA, VR::OB, PrimitiveValue::U8(bytes.into())));
    let mut bytes = Vec::new();
    file.write_all(&mut bytes).unwrap();
    bytes
}

#[test]
fn bytes_after_the_last_frame_are_ignored_with_a_note() {
    let scratch = Scratch::new();
    for trailing in [vec![0; 2], vec![0; 512], vec![0xAB; 510], vec![0x20; 6], vec![0; 8190]] {
        let file = open_study(&scratch.file("study.dcm", &longer(&trailing)), &Selection::default()).unwrap();
        assert_eq!(file.study.counts(), beating_disc(24, 64, 300.0).counts());
        let message =
            format!("(7FE0,0010) PixelData has {} bytes after the last frame; they were ignored", trailing.len());
        assert_eq!((file.notes[0].code, &file.notes[0].message), ("trailing_bytes", &message));
    }
    // An odd number of bytes padded to an even one is as it should be.
    let disc = beating_disc(9, 33, 200.0);
    let mut bytes = Vec::new();
    eight_bits(&disc, VR::OB).write_all(&mut bytes).unwrap();
    let file = open_study(&scratch.file("odd.dcm", &bytes), &Selection::default()).unwrap();
    assert_eq!((file.study.counts(), file.notes), (disc.counts(), vec![]));
}

#[test]
fn bytes_that_are_a_frame_or_another_matrix_are_not_padding() {
    let scratch = Scratch::new();
    // A frame, and one row more per frame.
    for trailing in [8192, 24 * 64 * 2] {
        let path = scratch.file("study.dcm", &longer(&vec![0; trailing]));
        let error = read_study(&path, &Selection::default()).unwrap_err();
        assert_eq!(error.code(), "pixel_count_mismatch");
    }
}
