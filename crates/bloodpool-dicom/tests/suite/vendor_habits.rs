//! What workstations write beside the cycle, or in place of what others write: docs/VENDORS.md names these tests.

use std::path::{Path, PathBuf};

use bloodpool_core::GatedStudy;
use bloodpool_dicom::{Selection, StudyFile, open_study, read_source_study, read_study};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::support::{Scratch, beating_disc, items, numbers, text};

const FRAME: usize = 64 * 64;

fn disc() -> GatedStudy {
    beating_disc(24, 64, 300.0)
}

fn open(path: &Path) -> StudyFile {
    open_study(path, &Selection::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn codes(file: &StudyFile) -> Vec<&'static str> {
    file.notes.iter().map(|note| note.code).collect()
}

fn stored(file: &InMemDicomObject) -> Vec<u16> {
    file.get(tags::PIXEL_DATA).unwrap().to_multi_int().unwrap()
}

/// The disc with these frames behind its own, as further time slots.
fn with_frames(file: &mut InMemDicomObject, more: &[Vec<u16>]) {
    let mut values = stored(file);
    values.extend(more.concat());
    let frames = values.len() / FRAME;
    file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
    text(file, tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string());
    numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[frames as u16]);
    numbers(file, tags::TIME_SLOT_VECTOR, &(1..=frames as u16).collect::<Vec<_>>());
    for tag in [tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR, tags::RR_INTERVAL_VECTOR] {
        numbers(file, tag, &vec![1; frames]);
    }
}

fn sum(file: &InMemDicomObject) -> Vec<u16> {
    let values = stored(file);
    (0..FRAME).map(|pixel| values.iter().skip(pixel).step_by(FRAME).sum()).collect()
}

/// Frames of the file that results refer to.
fn frames_of_results(path: PathBuf) -> usize {
    read_source_study(&[path], &Selection::default()).unwrap().frames()
}

#[test]
fn a_sum_of_all_frames_behind_them_is_left_out() {
    let scratch = Scratch::new();
    let path = scratch.changed("sum", |file| {
        let sum = sum(file);
        with_frames(file, &[sum]);
    });
    let file = open(&path);
    assert_eq!((codes(&file), file.study.counts()), (vec!["sum_frame_left_out"], disc().counts()));
    assert!(file.notes[0].message.contains("the last of 25 frames by (0028,0008) NumberOfFrames"), "{:?}", file.notes);
    assert_eq!(frames_of_results(path), 24);
    // A frame that is not quite the sum is a frame.
    let path = scratch.changed("other", |file| {
        let mut sum = sum(file);
        sum[FRAME / 2] += 1;
        with_frames(file, &[sum]);
    });
    assert_eq!((open(&path).study.frames(), frames_of_results(path)), (25, 25));
}

#[test]
fn frames_of_zeros_after_the_end_of_the_cycle_are_left_out() {
    let scratch = Scratch::new();
    let zeros = vec![vec![0; FRAME]; 8];
    // 24 frames of 35.5 ms are the R-R interval of 852 ms.
    let path = scratch.changed("zeros", |file| with_frames(file, &zeros));
    let file = open(&path);
    // Counts Accumulated is that of the 24 frames, and is not compared with them.
    assert_eq!((codes(&file), file.study.counts()), (vec!["empty_frames_left_out"], disc().counts()));
    assert_eq!(frames_of_results(path), 24);
    // Where timing does not say it, they may be frames that lost all counts.
    let path = scratch.changed("kept", |file| {
        with_frames(file, &zeros);
        file.remove_element(tags::GATED_INFORMATION_SEQUENCE);
        text(file, tags::FRAME_TIME, VR::DS, "35.5");
    });
    assert_eq!((open(&path).study.frames(), frames_of_results(path)), (32, 32));
}

#[test]
fn the_heart_rate_stands_in_for_an_interval_that_is_not_recorded() {
    let scratch = Scratch::new();
    let rate = |rate: &str, interval: Option<&str>| {
        let path = scratch.changed(&format!("rate-{rate}-{interval:?}"), |file| {
            file.remove_element(tags::GATED_INFORMATION_SEQUENCE);
            text(file, tags::HEART_RATE, VR::IS, rate);
            interval.into_iter().for_each(|interval| text(file, tags::NOMINAL_INTERVAL, VR::IS, interval));
        });
        let file = open(&path);
        (file.study.gating.rr_interval_ms, codes(&file))
    };
    assert_eq!(rate("75", None), (Some(800.0), vec!["rr_interval_by_heart_rate"]));
    assert_eq!(rate("75", Some("852")), (Some(852.0), vec![]));
    for none in ["0", "850"] {
        assert_eq!(rate(none, None), (None, vec![]), "{none}");
    }
}

#[test]
fn backward_framing_and_an_end_by_overflow_are_noted() {
    let scratch = Scratch::new();
    let framed = |term: &str| {
        let path = scratch.changed(term, |file| {
            let mut gated = InMemDicomObject::new_empty();
            text(&mut gated, tags::CARDIAC_FRAMING_TYPE, VR::LO, term);
            items(file, tags::GATED_INFORMATION_SEQUENCE, vec![gated]);
        });
        codes(&open(&path))
    };
    assert_eq!(framed("BACK"), ["backward_framing"]);
    assert!(framed("FORW").is_empty() && framed("PCNT").is_empty());
    let ended = |term: &str| {
        let path = scratch.changed(term, |file| text(file, tags::ACQUISITION_TERMINATION_CONDITION, VR::CS, term));
        codes(&open(&path))
    };
    assert_eq!(ended("OVFL"), ["ended_by_overflow"]);
    assert!(ended("TIME").is_empty());
}

#[test]
fn values_of_32_bits_are_counts_up_to_what_single_precision_holds() {
    let scratch = Scratch::new();
    let wide = |name: &str, signed: u16, value: Option<u32>| {
        scratch.changed(name, |file| {
            let mut values: Vec<u32> = stored(file).into_iter().map(u32::from).collect();
            value.into_iter().for_each(|value| values[FRAME + 65] = value);
            numbers(file, tags::BITS_ALLOCATED, &[32]);
            numbers(file, tags::BITS_STORED, &[32]);
            numbers(file, tags::HIGH_BIT, &[31]);
            numbers(file, tags::PIXEL_REPRESENTATION, &[signed]);
            file.remove_element(tags::COUNTS_ACCUMULATED);
            // OW: the low word of each value first.
            let words: Vec<u16> = values.iter().flat_map(|value| [*value as u16, (value >> 16) as u16]).collect();
            file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words.into())));
        })
    };
    for signed in [0, 1] {
        let file = open(&wide(&format!("like-{signed}"), signed, None));
        assert_eq!((codes(&file), file.study.counts()), (vec![], disc().counts()));
        let file = open(&wide(&format!("large-{signed}"), signed, Some(1 << 24)));
        assert_eq!(file.study.counts()[[1, 1, 1]], 16_777_216.0);
        let error = read_study(&wide(&format!("larger-{signed}"), signed, Some((1 << 24) + 1)), &Selection::default());
        let message = error.unwrap_err().to_string();
        assert!(message.contains("(7FE0,0010) PixelData is 16777217 at frame 2, row 1, column 1"), "{message}");
    }
    let error = read_study(&wide("negative", 1, Some(u32::MAX)), &Selection::default()).unwrap_err();
    assert!(error.code() == "negative_count" && error.to_string().contains("hold -1"), "{error}");
}

#[test]
fn pixels_in_a_private_element_alone_are_named() {
    let scratch = Scratch::new();
    let path = scratch.changed("private", |file| {
        file.remove_element(tags::PIXEL_DATA);
        text(file, Tag(0x7FE1, 0x0010), VR::LO, "SIEMENS MED NM");
        file.put(DataElement::new(Tag(0x7FE1, 0x1010), VR::OB, PrimitiveValue::U8(vec![7; 512].into())));
    });
    let error = read_study(&path, &Selection::default()).unwrap_err();
    assert_eq!(error.code(), "missing_attribute");
    assert!(
        error.to_string().contains("(7FE0,0010) PixelData is missing: the pixels are in a private element"),
        "{error}"
    );
}
