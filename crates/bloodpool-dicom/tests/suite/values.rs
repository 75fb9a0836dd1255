//! Vectors that count from 0 or are missing, and what stored values stand for: palettes, padding, real world values, sums.

use bloodpool_core::FrameIndex;
use bloodpool_dicom::{Selection, StudyFile, open_study, read_study};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::support::{self, Scratch, beating_disc, items, numbers, text};

fn read(change: impl FnOnce(&mut InMemDicomObject)) -> StudyFile {
    let scratch = Scratch::new();
    let path = scratch.changed("study.dcm", change);
    open_study(&path, &Selection::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn fails(code: &str, said: &str, change: impl FnOnce(&mut InMemDicomObject)) {
    let scratch = Scratch::new();
    let path = scratch.changed("study.dcm", change);
    let error = read_study(&path, &Selection::default()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

/// The frames are those of the disc, and there is one note, with this code and text.
#[track_caller]
fn noted(code: &str, said: &str, change: impl FnOnce(&mut InMemDicomObject)) {
    let file = read(change);
    assert_eq!(file.study.counts(), beating_disc(24, 64, 300.0).counts());
    assert_eq!((file.notes.len(), file.notes[0].code), (1, code), "{:?}", file.notes);
    assert!(file.notes[0].message.contains(said), "{:?}", file.notes);
}

fn from_zero() -> Vec<u16> {
    (0..24).collect()
}

#[test]
fn vectors_that_count_from_zero_are_read() {
    noted("vector_from_zero", "(0054,0070) TimeSlotVector counts from 0", |file| {
        numbers(file, tags::TIME_SLOT_VECTOR, &from_zero());
    });
    for tag in [tags::DETECTOR_VECTOR, tags::ENERGY_WINDOW_VECTOR, tags::RR_INTERVAL_VECTOR] {
        noted("vector_from_zero", "counts from 0", |file| numbers(file, tag, &[0; 24]));
    }
    noted("vector_from_zero", "TimeSlotVector counts from 0", |file| {
        file.remove_element(tags::NUMBER_OF_TIME_SLOTS);
        numbers(file, tags::TIME_SLOT_VECTOR, &from_zero());
    });
    let backwards = read(|file| {
        let slots: Vec<u16> = from_zero().into_iter().rev().collect();
        numbers(file, tags::TIME_SLOT_VECTOR, &slots);
    });
    let disc = beating_disc(24, 64, 300.0);
    assert_eq!(backwards.study.frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(23)));
    // Detectors 0 and 1, of which the second looks from LAO.
    let two = read(|file| {
        let halves: Vec<u16> = (0..24).map(|frame| frame / 12).collect();
        let slots: Vec<u16> = (0..24).map(|frame| frame % 12).collect();
        numbers(file, tags::DETECTOR_VECTOR, &halves);
        numbers(file, tags::NUMBER_OF_DETECTORS, &[2]);
        numbers(file, tags::TIME_SLOT_VECTOR, &slots);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[12]);
        let views = ["Anterior", "Left anterior oblique"].map(|view| support::detector("x", view));
        items(file, tags::DETECTOR_INFORMATION_SEQUENCE, views.to_vec());
    });
    assert_eq!(two.study.frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(12)));
}

#[test]
fn a_vector_with_a_zero_and_a_gap_is_refused() {
    fails("invalid_attribute", "(0054,0070) TimeSlotVector is 0 for some frames; it must be 1 or greater", |file| {
        let mut slots = from_zero();
        slots[23] = 24;
        numbers(file, tags::TIME_SLOT_VECTOR, &slots);
    });
}

#[test]
fn time_slots_in_the_interval_vector_are_named_and_read() {
    let said = "(0054,0060) RRIntervalVector gives every frame an R-R interval of its own";
    noted("slots_as_rr_intervals", said, |file| {
        numbers(file, tags::RR_INTERVAL_VECTOR, &(1..=24).collect::<Vec<u16>>());
        numbers(file, tags::NUMBER_OF_RR_INTERVALS, &[24]);
        numbers(file, tags::TIME_SLOT_VECTOR, &[1; 24]);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[1]);
    });
    noted("slots_as_rr_intervals", said, |file| {
        numbers(file, tags::RR_INTERVAL_VECTOR, &(1..=24).collect::<Vec<u16>>());
        numbers(file, tags::NUMBER_OF_RR_INTERVALS, &[24]);
        file.remove_element(tags::TIME_SLOT_VECTOR);
        file.remove_element(tags::NUMBER_OF_TIME_SLOTS);
    });
    // A gap: intervals that are not slots.
    fails("several_rr_intervals", "names several R-R intervals: 1, 2", |file| {
        let mut intervals: Vec<u16> = (1..=24).collect();
        intervals[23] = 30;
        numbers(file, tags::RR_INTERVAL_VECTOR, &intervals);
        numbers(file, tags::NUMBER_OF_RR_INTERVALS, &[30]);
        numbers(file, tags::TIME_SLOT_VECTOR, &[1; 24]);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[1]);
    });
}

#[test]
fn a_named_vector_that_is_missing_is_done_without_where_only_time_varies() {
    noted("stored_order", "(0054,0070) TimeSlotVector is missing", |file| {
        file.remove_element(tags::TIME_SLOT_VECTOR);
    });
    for (vector, count) in [
        (tags::ENERGY_WINDOW_VECTOR, tags::NUMBER_OF_ENERGY_WINDOWS),
        (tags::RR_INTERVAL_VECTOR, tags::NUMBER_OF_RR_INTERVALS),
    ] {
        noted("vector_missing", "there are as many frames as time slots", |file| {
            file.remove_element(vector);
            numbers(file, count, &[2]);
        });
    }
    fails("missing_attribute", "(0054,0020) DetectorVector is missing: (0028,0009)", |file| {
        file.remove_element(tags::DETECTOR_VECTOR);
        numbers(file, tags::NUMBER_OF_DETECTORS, &[2]);
    });
    fails("missing_attribute", "(0054,0010) EnergyWindowVector is missing: (0028,0009)", |file| {
        file.remove_element(tags::ENERGY_WINDOW_VECTOR);
        numbers(file, tags::NUMBER_OF_ENERGY_WINDOWS, &[2]);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[12]);
        numbers(file, tags::TIME_SLOT_VECTOR, &(0..24).map(|slot| 1 + slot % 12).collect::<Vec<u16>>());
    });
}

#[test]
fn a_palette_over_counts_is_passed_over_and_colours_are_refused() {
    let palette = |file: &mut InMemDicomObject| text(file, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "PALETTE COLOR");
    noted("palette_color", "(0028,0004) PhotometricInterpretation is PALETTE COLOR", palette);
    fails(
        "invalid_attribute",
        "PhotometricInterpretation is 'PALETTE COLOR'; it must be MONOCHROME2: counts",
        |file| {
            palette(file);
            text(file, tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY\\GATED\\EMISSION");
        },
    );
    fails("invalid_attribute", "PhotometricInterpretation is 'RGB'", |file| {
        text(file, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "RGB");
    });
}

/// Sets stored values, `[frame, pixel]` to value.
fn stored(file: &mut InMemDicomObject, change: impl Fn(usize, usize, u16) -> u16) {
    let values = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
    let values: Vec<u16> =
        values.into_iter().enumerate().map(|(at, value)| change(at / 4096, at % 4096, value)).collect();
    file.remove_element(tags::COUNTS_ACCUMULATED);
    file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
}

#[test]
fn padded_pixels_hold_no_counts() {
    for (padding, limit, signed, bits) in
        [(65535u16, None, 0u16, 16u16), (65535, None, 0, 12), (60000, Some(65535u16), 0, 16), (0x8000, None, 1, 16)]
    {
        let file = read(|file| {
            numbers(file, tags::PIXEL_REPRESENTATION, &[signed]);
            numbers(file, tags::BITS_STORED, &[bits]);
            numbers(file, tags::HIGH_BIT, &[bits - 1]);
            numbers(file, tags::PIXEL_PADDING_VALUE, &[padding]);
            if let Some(limit) = limit {
                numbers(file, tags::PIXEL_PADDING_RANGE_LIMIT, &[limit]);
            }
            stored(
                file,
                |_, pixel, value| if pixel < 64 { padding.saturating_add(limit.map_or(0, |_| 5)) } else { value },
            );
        });
        let mut expected = beating_disc(24, 64, 300.0).counts().clone();
        expected.slice_mut(ndarray::s![.., 0, ..]).fill(0.0);
        assert_eq!(file.study.counts(), &expected, "{padding}");
        let codes: Vec<&str> = file.notes.iter().map(|note| note.code).collect();
        assert_eq!(codes, ["pixel_padding"], "{padding}");
        assert!(file.notes[0].message.contains("(0028,0120) PixelPaddingValue marks 64 pixels of every frame"));
    }
    // A value that no pixel holds, and 0.
    let unused = |value: u16| read(move |file| numbers(file, tags::PIXEL_PADDING_VALUE, &[value]));
    for value in [65535, 0] {
        let file = unused(value);
        assert_eq!((file.study.counts(), file.notes), (beating_disc(24, 64, 300.0).counts(), vec![]));
    }
    fails("invalid_attribute", "(0028,0120) PixelPaddingValue is 60; it must be a value that is no count", |file| {
        numbers(file, tags::PIXEL_PADDING_VALUE, &[60]);
    });
}

/// One mapping of stored values to real world values.
fn mapping(unit: &str, slope: f64, intercept: f64) -> InMemDicomObject {
    let mut code = InMemDicomObject::new_empty();
    text(&mut code, tags::CODE_VALUE, VR::SH, unit);
    let mut item = InMemDicomObject::new_empty();
    items(&mut item, tags::MEASUREMENT_UNITS_CODE_SEQUENCE, vec![code]);
    let mut number = |tag: Tag, value: f64| {
        item.put(DataElement::new(tag, VR::FD, PrimitiveValue::F64([value].as_slice().into())));
    };
    number(tags::REAL_WORLD_VALUE_SLOPE, slope);
    number(tags::REAL_WORLD_VALUE_INTERCEPT, intercept);
    item
}

#[test]
fn real_world_values_are_used_where_they_are_counts() {
    let map = |mappings: Vec<InMemDicomObject>| {
        move |file: &mut InMemDicomObject| items(file, tags::REAL_WORLD_VALUE_MAPPING_SEQUENCE, mappings)
    };
    let disc = beating_disc(24, 64, 300.0);
    let file = read(map(vec![mapping("{counts}", 2.0, 3.0)]));
    assert_eq!(file.study.counts(), &(disc.counts() * 2.0 + 3.0));
    let note = &file.notes[0];
    assert_eq!((note.code, file.notes.len()), ("real_world_values", 1));
    assert!(
        note.message.contains("(0040,9096) RealWorldValueMappingSequence makes counts of stored values: 2 x stored")
    );

    noted("real_world_values", "gives Bq/ml in proportion", map(vec![mapping("Bq/ml", 0.5, 0.0)]));
    for plain in [mapping("{counts}", 1.0, 0.0), mapping("1", 1.0, 0.0)] {
        let file = read(map(vec![plain]));
        assert_eq!((file.study.counts(), file.notes), (disc.counts(), vec![]));
    }
    let said = "counts cannot be told";
    fails("invalid_attribute", said, map(vec![mapping("Bq/ml", 0.5, 10.0)]));
    fails("invalid_attribute", said, map(vec![mapping("{counts}", 0.0, 10.0)]));
    fails("invalid_attribute", said, map(vec![InMemDicomObject::new_empty()]));
    let several = vec![mapping("{counts}", 1.0, 0.0), mapping("{counts}", 2.0, 0.0)];
    fails("invalid_attribute", "which counts are meant cannot be told", map(several));
    fails("invalid_attribute", "(0028,3000) ModalityLUTSequence is a table", |file| {
        items(file, tags::MODALITY_LUT_SEQUENCE, vec![InMemDicomObject::new_empty()]);
    });
}

#[test]
fn counts_accumulated_is_compared_with_the_sum() {
    let accumulated = |value: f64| {
        move |file: &mut InMemDicomObject| text(file, tags::COUNTS_ACCUMULATED, VR::IS, &format!("{value:.0}"))
    };
    let disc = beating_disc(24, 64, 300.0);
    let sum: f64 = disc.counts().iter().map(|&count| f64::from(count)).sum();
    let said = format!("(0018,0070) CountsAccumulated is {:.0}, and the frames hold {sum:.0} counts", sum * 2.0);
    noted("counts_accumulated", &said, accumulated(sum * 2.0));
    noted("counts_accumulated", "and the frames hold", accumulated(sum * 1.01));
    // As it is, rounded to thousands, and not recorded.
    for value in [sum, (sum / 1000.0).round() * 1000.0, 0.0] {
        assert_eq!(read(accumulated(value)).notes, []);
    }
    // Of the stored values, where they are rescaled.
    let file = read(|file| {
        accumulated(sum)(file);
        text(file, tags::RESCALE_SLOPE, VR::DS, "2");
    });
    assert_eq!(file.notes.iter().map(|note| note.code).collect::<Vec<_>>(), ["rescaled"]);
}

#[test]
fn inverted_shades_are_inverted_back_and_padding_stays_empty() {
    let disc = beating_disc(24, 64, 300.0);
    let largest = disc.counts().iter().copied().fold(0.0, f32::max) as u16;
    let file = read(|file| {
        text(file, tags::PHOTOMETRIC_INTERPRETATION, VR::CS, "MONOCHROME1");
        numbers(file, tags::PIXEL_PADDING_VALUE, &[65535]);
        stored(file, |_, pixel, value| if pixel < 64 { 65535 } else { largest - value });
    });
    assert!(file.notes.iter().any(|note| ["inverted_back", "monochrome1"].contains(&note.code)), "{:?}", file.notes);
    assert_eq!(file.study.counts().slice(ndarray::s![.., 0, ..]).sum(), 0.0);
}
