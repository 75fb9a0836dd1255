//! Elements with VR UN, representations that are none of DICOM's, and lengths that do not fit.

use bloodpool_dicom::{Selection, encode_study, open_study, read_study};
use dicom_core::{Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::FileMetaTableBuilder;

use crate::support::bytes::{as_un, before_pixels, implicit, item, long, sequence_end, short};
use crate::support::{Scratch, acquisition, beating_disc, object, text};

const PRIVATE: Tag = Tag(0x0055, 0x1001);
const UNDEFINED: u32 = u32::MAX;

fn written() -> Vec<u8> {
    encode_study(&beating_disc(24, 64, 300.0), &acquisition()).unwrap()
}

/// The file is read as if nothing were odd about it.
#[track_caller]
fn reads(bytes: &[u8]) {
    let scratch = Scratch::new();
    let file = open_study(&scratch.file("study.dcm", bytes), &Selection::default());
    let file = file.unwrap_or_else(|error| panic!("{error}"));
    let disc = beating_disc(24, 64, 300.0);
    assert_eq!(file.study.counts(), disc.counts());
    assert_eq!(file.study.pixel_spacing_mm(), disc.pixel_spacing_mm());
    assert_eq!(file.study.gating, disc.gating);
    assert_eq!(file.notes, []);
}

#[track_caller]
fn fails(bytes: &[u8], said: &str) {
    let scratch = Scratch::new();
    let error = read_study(&scratch.file("study.dcm", bytes), &Selection::default()).unwrap_err();
    assert_eq!(error.code(), "malformed", "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

#[test]
fn known_attributes_of_unknown_representation_are_read_by_the_dictionary() {
    let all = [
        tags::ROWS,
        tags::COLUMNS,
        tags::BITS_ALLOCATED,
        tags::BITS_STORED,
        tags::HIGH_BIT,
        tags::PIXEL_SPACING,
        tags::NUMBER_OF_FRAMES,
        tags::FRAME_INCREMENT_POINTER,
        tags::TIME_SLOT_VECTOR,
        tags::DETECTOR_VECTOR,
        tags::NUMBER_OF_TIME_SLOTS,
        tags::SOP_CLASS_UID,
        tags::IMAGE_TYPE,
    ];
    let bytes = written();
    for tag in all {
        reads(&as_un(&bytes, tag));
    }
    reads(&all.iter().fold(bytes, |bytes, &tag| as_un(&bytes, tag)));
}

/// Gated Information Sequence as implicit VR, its Frame Time 50 ms.
fn gated_items() -> Vec<u8> {
    let data = item(&implicit(tags::FRAME_TIME, 2, b"50"));
    item(&implicit(tags::DATA_INFORMATION_SEQUENCE, data.len() as u32, &data))
}

#[test]
fn sequences_of_unknown_representation_have_implicit_items() {
    let scratch = Scratch::new();
    let path = scratch.changed("without", |file| {
        file.remove_element(tags::GATED_INFORMATION_SEQUENCE);
    });
    let without = std::fs::read(path).unwrap();
    let sequence = tags::GATED_INFORMATION_SEQUENCE;
    let items = gated_items();
    let un = |tag, value: &[u8]| long(tag, b"UN", value.len() as u32, value);
    let explicit = item(&un(tags::DATA_INFORMATION_SEQUENCE, &item(&implicit(tags::FRAME_TIME, 2, b"50"))));
    let deep = item(&long(
        tags::DATA_INFORMATION_SEQUENCE,
        b"SQ",
        UNDEFINED,
        &[item(&un(tags::FRAME_TIME, b"50")), sequence_end()].concat(),
    ));
    let odd = [
        short(Tag(0x0019, 0x1001), b"??", b"ABCD"),
        long(tags::DATA_INFORMATION_SEQUENCE, b"SQ", 22, &item(&short(tags::FRAME_TIME, b"DS", b"50    "))),
    ]
    .concat();
    for (name, sequence) in [
        ("defined", un(sequence, &items)),
        ("undefined", long(sequence, b"UN", UNDEFINED, &[items, sequence_end()].concat())),
        ("sequence within", long(sequence, b"SQ", explicit.len() as u32, &explicit)),
        ("value within", long(sequence, b"SQ", deep.len() as u32, &deep)),
        ("odd private within", long(sequence, b"SQ", UNDEFINED, &[item(&odd), sequence_end()].concat())),
    ] {
        let path = scratch.file(name, &before_pixels(&without, &sequence));
        let study = read_study(&path, &Selection::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(study.gating.frame_time_ms, Some(50.0), "{name}");
    }
}

#[test]
fn a_value_of_unknown_representation_is_little_endian_in_a_big_endian_file() {
    let meta = FileMetaTableBuilder::new().transfer_syntax("1.2.840.10008.1.2.2");
    let mut bytes = Vec::new();
    object(&beating_disc(24, 64, 300.0)).into_inner().with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    let rows = [0, 0x28, 0, 0x10, b'U', b'S', 0, 2, 0, 64];
    let at = bytes.windows(rows.len()).position(|window| window == rows).unwrap();
    bytes.splice(at..at + rows.len(), [0, 0x28, 0, 0x10, b'U', b'N', 0, 0, 0, 0, 0, 2, 64, 0]);
    reads(&bytes);
}

#[test]
fn private_elements_of_odd_representation_are_stepped_over() {
    let bytes = written();
    let creator = short(Tag(0x0055, 0x0010), b"LO", b"VENDOR PRIVATE  ");
    let with = |odd: &[u8]| before_pixels(&bytes, &[&creator, odd].concat());
    for vr in [b"??", b"\0\0", b"  ", b"lo", b"ZZ", b"-1", b"\xFF\xFF"] {
        for value in [&b""[..], b"AB", b"ABCD", &[0; 64], &[0xFF; 1000]] {
            reads(&with(&short(PRIVATE, vr, value)));
            reads(&with(&long(PRIVATE, vr, value.len() as u32, value)));
        }
    }
    for value in [&b""[..], b"AB", b"ABCD", &[7; 300]] {
        reads(&with(&implicit(PRIVATE, value.len() as u32, value)));
    }
    // Several in a row, each followed by another odd one.
    let row: Vec<u8> = (1..20).flat_map(|number| short(Tag(0x0055, 0x1000 + number), b"??", b"ABCDEF")).collect();
    reads(&with(&row));
}

#[test]
fn private_sequences_of_odd_representation_are_stepped_over() {
    let bytes = written();
    let explicit = [item(&short(Tag(0x0055, 0x1002), b"LO", b"text")), sequence_end()].concat();
    let in_implicit = [item(&implicit(Tag(0x0055, 0x1002), 4, b"text")), sequence_end()].concat();
    for content in [&explicit, &in_implicit] {
        for vr in [b"??", b"\0\0", b"sq"] {
            reads(&before_pixels(&bytes, &long(PRIVATE, vr, UNDEFINED, content)));
        }
        reads(&before_pixels(&bytes, &implicit(PRIVATE, UNDEFINED, content)));
    }
    // A sequence whose items are damaged, but whose length is right.
    reads(&before_pixels(&bytes, &long(PRIVATE, b"SQ", 12, b"not an item.")));
    reads(&before_pixels(&bytes, &long(Tag(0x0088, 0x0200), b"SQ", 12, b"not an item.")));
}

#[test]
fn lengths_that_do_not_fit_are_stepped_over_where_nothing_is_used() {
    let bytes = written();
    for (vr, value) in [(b"UL", &b"AB"[..]), (b"FD", b"ABCD"), (b"US", b"ABC"), (b"AT", b"AB"), (b"FL", b"AB")] {
        reads(&before_pixels(&bytes, &short(PRIVATE, vr, value)));
        reads(&before_pixels(&bytes, &short(Tag(0x0070, 0x0001), vr, value)));
    }
    // UN with a length of 2 bytes, as some writers have it.
    reads(&before_pixels(&bytes, &short(PRIVATE, b"UN", b"ABCD")));
}

#[test]
fn texts_of_odd_length_end_where_their_length_says() {
    // A parser that takes a value of a pixel's type for numbers leaves the last byte to the next element, whose length then is
    // some hundred megabytes.
    let element = short(tags::SMALLEST_IMAGE_PIXEL_VALUE, b"CS", &[b'A'; 23]);
    let next = short(Tag(0x0070, 0x0001), b"LO", b"NEXT");
    let both = [element, next].concat();
    reads(&before_pixels(&written(), &both));
    let sequence = long(Tag(0x0088, 0x0200), b"SQ", UNDEFINED, &[item(&both), sequence_end()].concat());
    reads(&before_pixels(&written(), &sequence));
    let signed = set_signed(written());
    reads(&before_pixels(&signed, &both));
    reads(&before_pixels(&signed, &sequence));
}

/// The same file with Pixel Representation (0028,0103) 1; its values are too small to be negative.
fn set_signed(mut bytes: Vec<u8>) -> Vec<u8> {
    let signed = [0x28, 0, 0x03, 1, b'U', b'S', 2, 0];
    let at = bytes.windows(signed.len()).position(|window| window == signed).unwrap();
    bytes[at + signed.len()] = 1;
    bytes
}

#[test]
fn what_cannot_be_trusted_or_is_needed_stays_an_error() {
    let bytes = written();
    let private = |odd: &[u8]| before_pixels(&bytes, odd);
    let untrusted = [short(PRIVATE, b"??", b""), vec![1, 2, 3, 4, 5]].concat();
    fails(&private(&untrusted), "(0055,1001): its value representation is not two capital letters");
    let mut wrong = short(PRIVATE, b"ZZ", b"ABCD");
    wrong[6] = 60;
    fails(&private(&wrong), "(0055,1001): its value representation is not one of DICOM's");
    fails(&private(&long(PRIVATE, b"SQ", UNDEFINED, b"not an item.")), "is damaged at (6F6E,2074)");

    let rows = [0x28, 0, 0x10, 0, b'U', b'S', 2, 0, 64, 0];
    let at = bytes.windows(rows.len()).position(|window| window == rows).unwrap();
    let mut half = bytes.clone();
    half.splice(at..at + rows.len(), [0x28, 0, 0x10, 0, b'U', b'S', 3, 0, 64, 0, 0]);
    fails(&half, "(0028,0010) Rows: 3 bytes are not whole values of US");
}

#[test]
fn texts_of_unknown_representation_keep_their_characters() {
    let scratch = Scratch::new();
    let path = scratch.changed("korean", |file| text(file, tags::PATIENT_NAME, VR::PN, "Kim^Yuna"));
    let bytes = as_un(&std::fs::read(path).unwrap(), tags::PATIENT_NAME);
    let study = read_study(&scratch.file("un", &bytes), &Selection::default()).unwrap();
    assert_eq!(study.identity.patient_name.as_deref(), Some("Kim^Yuna"));
}
