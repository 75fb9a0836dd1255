//! The same counts out of every way in which they can be stored.

use std::path::{Path, PathBuf};

use bloodpool_dicom::{Selection, encode_study, open_study, read_study};
use dicom_core::value::PixelFragmentSequence;
use dicom_core::{DataElement, Length, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, FileMetaTableBuilder};

use crate::support::{Scratch, acquisition, beating_disc, eight_bits, numbers, object, text};

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// Writes the object again in another transfer syntax that stores pixels natively.
fn rewritten(scratch: &Scratch, file: DefaultDicomObject, syntax: &str) -> PathBuf {
    let meta = FileMetaTableBuilder::new().transfer_syntax(syntax);
    let path = scratch.path(syntax);
    file.into_inner().with_meta(meta).unwrap().write_to_file(&path).unwrap();
    path
}

#[test]
fn implicit_and_big_endian_files_read_the_same() {
    let study = beating_disc(24, 64, 30_000.0);
    let small = beating_disc(24, 64, 200.0);
    let scratch = Scratch::new();
    for syntax in ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"] {
        let read = read_study(&rewritten(&scratch, object(&study), syntax), &Selection::default()).unwrap();
        assert_eq!(read.counts(), study.counts(), "{syntax}");
        assert_eq!(read.identity.view, study.identity.view, "{syntax}");
        assert_eq!(read.gating, study.gating, "{syntax}");
        for vr in [VR::OB, VR::OW] {
            let file = rewritten(&scratch, eight_bits(&small, vr), syntax);
            let read = read_study(&file, &Selection::default()).unwrap();
            assert_eq!(read.counts(), small.counts(), "{syntax} {vr}");
            assert_eq!(read.saturation, Some(255.0));
        }
    }
}

#[test]
fn compressed_deflated_and_converted_files_read_the_same() {
    let wide = beating_disc(8, 32, 300.0);
    let narrow = beating_disc(8, 32, 200.0);
    let sixteen =
        ["rle", "deflated", "big-endian", "implicit", "jpeg-1", "jpeg-2", "jpeg-3", "jpeg-4", "jpeg-5", "jpeg-6"];
    let named = sixteen.iter().chain(&["jpeg-7", "jpeg-sv1"]).map(|name| (format!("disc16-{name}.dcm"), &wide));
    let narrow = ["rle", "jpeg-sv1"].iter().map(|name| (format!("disc8-{name}.dcm"), &narrow));
    for (name, study) in named.chain(narrow) {
        let file = open_study(&data(&name), &Selection::default()).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(file.study.counts(), study.counts(), "{name}");
        assert_eq!(file.study.gating, study.gating, "{name}");
        assert!(file.study.identity.simulated, "{name}");
    }
}

#[test]
fn signed_values_are_counts_unless_one_is_negative() {
    let scratch = Scratch::new();
    let path = scratch.changed("signed", |file| {
        numbers(file, tags::PIXEL_REPRESENTATION, &[1]);
        numbers(file, tags::BITS_STORED, &[12]);
        numbers(file, tags::HIGH_BIT, &[11]);
    });
    let study = read_study(&path, &Selection::default()).unwrap();
    assert_eq!(study.counts(), beating_disc(24, 64, 300.0).counts());
    assert_eq!(study.saturation, Some(2047.0));

    let path = scratch.changed("negative", |file| {
        numbers(file, tags::PIXEL_REPRESENTATION, &[1]);
        let mut values = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
        values[64 * 64 + 65] = 0xFFFE;
        file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
    });
    let error = read_study(&path, &Selection::default()).unwrap_err();
    assert_eq!(error.code(), "negative_count");
    let message = error.to_string();
    assert!(
        message.ends_with(
            "(0028,0103) PixelRepresentation makes frame 2, row 1, column 1 hold -2; counts cannot be negative"
        ),
        "{message}"
    );
}

#[test]
fn rescaling_is_applied_and_noted() {
    let scratch = Scratch::new();
    let path = scratch.changed("rescaled", |file| {
        text(file, tags::RESCALE_SLOPE, VR::DS, "2");
        text(file, tags::RESCALE_INTERCEPT, VR::DS, "3");
    });
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(file.study.counts(), &(beating_disc(24, 64, 300.0).counts() * 2.0 + 3.0));
    assert_eq!(file.study.saturation, Some(131_073.0));
    assert_eq!(file.notes[0].code, "rescaled");
    let path = scratch.changed("minus", |file| text(file, tags::RESCALE_INTERCEPT, VR::DS, "-1000"));
    let error = read_study(&path, &Selection::default()).unwrap_err();
    assert!(error.to_string().contains("(0028,1052) RescaleIntercept makes frame 1"), "{error}");
    let path = scratch.changed("slope", |file| text(file, tags::RESCALE_SLOPE, VR::DS, "0"));
    let error = read_study(&path, &Selection::default()).unwrap_err();
    assert!(error.to_string().contains("(0028,1053) RescaleSlope is 0; it must be"), "{error}");
}

#[test]
fn frames_may_span_fragments() {
    let scratch = Scratch::new();
    for with_offsets in [true, false] {
        let mut file = dicom_object::open_file(data("disc16-jpeg-sv1.dcm")).unwrap();
        let whole = file.get(tags::PIXEL_DATA).unwrap().fragments().unwrap().to_vec();
        let halves: Vec<Vec<u8>> =
            whole.iter().flat_map(|frame| frame.chunks(frame.len() / 4 * 2).map(<[u8]>::to_vec)).collect();
        let mut offset = 0;
        let mut offsets = Vec::new();
        for frame in &whole {
            offsets.push(offset);
            offset += (frame.len() + 8 * frame.chunks(frame.len() / 4 * 2).count()) as u32;
        }
        let offsets = if with_offsets { offsets } else { Vec::new() };
        let pixels = PixelFragmentSequence::new(offsets, halves);
        file.put(DataElement::new_with_len(tags::PIXEL_DATA, VR::OB, Length::UNDEFINED, pixels));
        let path = scratch.path("fragments");
        file.write_to_file(&path).unwrap();
        let study = read_study(&path, &Selection::default()).unwrap();
        assert_eq!(study.counts(), beating_disc(8, 32, 300.0).counts());
    }
}

#[test]
fn lossy_and_unknown_transfer_syntaxes_say_what_to_do() {
    let scratch = Scratch::new();
    for (syntax, said) in [
        ("1.2.840.10008.1.2.4.50", "lossy compression changes counts"),
        ("1.2.840.10008.1.2.4.90", "JPEG 2000 is not supported"),
        ("1.2.3", "convert them with dcmconv"),
    ] {
        let mut bytes = encode_study(&beating_disc(8, 32, 300.0), &acquisition()).unwrap();
        let at = bytes.windows(20).position(|window| window.starts_with(b"1.2.840.10008.1.2.1\0")).unwrap();
        // The length of the value stays; a shorter UID is padded.
        let element = [&[2, 0, 16, 0, b'U', b'I', 24, 0][..], format!("{syntax:\0<24}").as_bytes()].concat();
        bytes.splice(at - 8..at + 20, element);
        let error = read_study(&scratch.file("file", &bytes), &Selection::default()).unwrap_err();
        assert_eq!(error.code(), "unsupported_transfer_syntax");
        assert!(error.to_string().contains("(0002,0010) TransferSyntaxUID"), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}
