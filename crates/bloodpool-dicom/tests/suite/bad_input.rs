//! Every kind of input that is not one gated study, with its error: code, file and attribute.

use std::path::Path;

use bloodpool_core::FrameIndex;
use bloodpool_dicom::{Axis, Choice, Problem, Selection, open_study, open_study_bytes, read_study};
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::support::{Scratch, acquisition, beating_disc, detector, items, numbers, text};

/// Reading fails with this code, and the message names the file and contains `said`.
#[track_caller]
fn fails(path: &Path, code: &str, said: &str) {
    fails_with(path, &Selection::default(), code, said);
}

#[track_caller]
fn fails_with(path: &Path, selection: &Selection, code: &str, said: &str) {
    let error = read_study(path, selection).expect_err("a file that cannot be read");
    let message = error.to_string();
    assert_eq!(error.code(), code, "{message}");
    assert!(message.starts_with(&format!("{}: ", path.display())), "{message}");
    assert!(message.contains(said), "{message}");
    if let Some(attribute) = error.problem.attribute() {
        assert!(message.contains(&attribute.to_string()), "{message}");
    }
    // The same bytes from memory fail in the same way. Devices have no end, and files that are too large are sparse.
    let is_small = std::fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() < 1 << 20);
    if let Some(bytes) = is_small.then(|| std::fs::read(path).ok()).flatten() {
        let error = open_study_bytes(path, bytes, selection).expect_err("bytes that cannot be read");
        assert_eq!(error.to_string(), message);
    }
}

fn changed(change: impl FnOnce(&mut InMemDicomObject)) -> (Scratch, std::path::PathBuf) {
    let scratch = Scratch::new();
    let path = scratch.changed("study.dcm", change);
    (scratch, path)
}

#[track_caller]
fn change_fails(code: &str, said: &str, change: impl FnOnce(&mut InMemDicomObject)) {
    let (_scratch, path) = changed(change);
    fails(&path, code, said);
}

#[test]
fn bytes_in_memory_are_read_like_a_file() {
    let scratch = Scratch::new();
    let path = scratch.changed("study.dcm", |_| {});
    let bytes = std::fs::read(&path).unwrap();
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(open_study_bytes(&path, bytes, &Selection::default()).unwrap(), file);
}

#[test]
fn what_is_not_dicom_says_so() {
    let scratch = Scratch::new();
    fails(&scratch.path("absent"), "unreadable", "cannot be read");
    fails(&scratch.file("empty", b""), "empty_file", "is empty");
    fails(&scratch.file("text", b"not an image"), "not_dicom", "no DICM mark at byte 128");
    fails(&scratch.file("zeros", &[0; 4096]), "not_dicom", "is not a DICOM file");
    fails(scratch.path("empty").parent().unwrap(), "not_a_file", "is not a regular file");
    if cfg!(unix) {
        fails(Path::new("/dev/zero"), "not_a_file", "is not a regular file");
    }
    let mut head = vec![0; 128];
    head.extend(b"DICM");
    fails(&scratch.file("head", &head), "missing_attribute", "(0002,0010) TransferSyntaxUID is missing");
    let large = scratch.path("large");
    std::fs::File::create(&large).unwrap().set_len(300 << 20).unwrap();
    fails(&large, "too_large", "is larger than");
}

#[test]
fn other_objects_and_other_nm_images_say_what_they_are() {
    let class = |uid: &'static str| move |file: &mut InMemDicomObject| text(file, tags::SOP_CLASS_UID, VR::UI, uid);
    change_fails("not_nm", "(0008,0016) SOPClassUID is CT Image Storage", class("1.2.840.10008.5.1.4.1.1.2"));
    change_fails("not_nm", "screen capture", class("1.2.840.10008.5.1.4.1.1.7"));
    change_fails("not_nm", "is a directory of DICOM files by (0004,1220) DirectoryRecordSequence", |file| {
        file.remove_element(tags::SOP_CLASS_UID);
        items(file, tags::DIRECTORY_RECORD_SEQUENCE, vec![InMemDicomObject::new_empty()]);
    });
    change_fails("missing_attribute", "(0008,0016) SOPClassUID is missing", |file| {
        file.remove_element(tags::SOP_CLASS_UID);
    });
    for (value, code) in [
        ("ORIGINAL\\PRIMARY\\STATIC\\EMISSION", "static_image"),
        ("ORIGINAL\\PRIMARY\\WHOLE BODY\\EMISSION", "whole_body_image"),
        ("ORIGINAL\\PRIMARY\\DYNAMIC\\EMISSION", "dynamic_image"),
        ("ORIGINAL\\PRIMARY\\TOMO\\EMISSION", "tomo_image"),
        ("ORIGINAL\\PRIMARY\\GATED TOMO\\EMISSION", "tomo_image"),
        ("DERIVED\\PRIMARY\\RECON TOMO\\EMISSION", "reconstructed_image"),
        ("DERIVED\\PRIMARY\\RECON GATED TOMO\\EMISSION", "reconstructed_image"),
        ("ORIGINAL\\PRIMARY\\GATED\\TRANSMISSION", "transmission_image"),
    ] {
        change_fails(code, &format!("(0008,0008) ImageType is {value}"), |file| {
            text(file, tags::IMAGE_TYPE, VR::CS, value);
        });
    }
    change_fails("not_gated", "(0008,0008) ImageType is ", |file| {
        file.remove_element(tags::IMAGE_TYPE);
        file.remove_element(tags::TIME_SLOT_VECTOR);
    });
}

#[test]
fn an_image_type_that_says_nothing_is_read_if_the_rest_says_gated() {
    let (_scratch, path) = changed(|file| text(file, tags::IMAGE_TYPE, VR::CS, "DERIVED\\SECONDARY"));
    let codes: Vec<&str> =
        open_study(&path, &Selection::default()).unwrap().notes.iter().map(|note| note.code).collect();
    assert_eq!(codes, ["image_type", "derived_image"]);
}

#[test]
fn frames_out_of_order_are_put_in_order() {
    let (_scratch, path) = changed(|file| {
        let slots: Vec<u16> = (1..=24).rev().collect();
        numbers(file, tags::TIME_SLOT_VECTOR, &slots);
    });
    let study = read_study(&path, &Selection::default()).unwrap();
    let disc = beating_disc(24, 64, 300.0);
    assert_eq!(study.frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(23)));
    assert_eq!(study.frame(FrameIndex::new(23)), disc.frame(FrameIndex::new(0)));
}

#[test]
fn missing_and_duplicate_frames_are_named() {
    let slots = |change: fn(&mut Vec<u16>)| {
        move |file: &mut InMemDicomObject| {
            let mut slots = (1..=24).collect();
            change(&mut slots);
            numbers(file, tags::TIME_SLOT_VECTOR, &slots);
        }
    };
    let vector = "(0054,0070) TimeSlotVector";
    change_fails(
        "frames_duplicate",
        &format!("{vector} gives several frames to time slot 4"),
        slots(|slots| slots[6] = 4),
    );
    change_fails("frames_missing", &format!("{vector} has no frame for time slot 24, 25 of 25"), |file| {
        let slots: Vec<u16> = (1..=23).chain([26]).collect();
        numbers(file, tags::TIME_SLOT_VECTOR, &slots);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[25]);
        numbers(file, tags::TIME_SLOT_VECTOR, &(1..=23).collect::<Vec<u16>>());
        cut(file, 23);
    });
    change_fails("invalid_attribute", "at most 24, as (0054,0071)", slots(|slots| slots[23] = 40));
    change_fails("invalid_attribute", "it must be 1 or greater", slots(|slots| slots[0] = 0));
    change_fails(
        "vector_length",
        "has 23 values for 24 frames of (0028,0008) NumberOfFrames",
        slots(|slots| {
            slots.pop();
        }),
    );
    change_fails("missing_attribute", "(0054,0070) TimeSlotVector is missing: (0028,0009)", |file| {
        file.remove_element(tags::TIME_SLOT_VECTOR);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[12]);
    });
}

/// Keeps the first frames.
fn cut(file: &mut InMemDicomObject, frames: usize) {
    let values = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
    let kept = values[..frames * 64 * 64].to_vec();
    file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(kept.into())));
    text(file, tags::NUMBER_OF_FRAMES, VR::IS, &frames.to_string());
    for tag in [tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR, tags::RR_INTERVAL_VECTOR] {
        numbers(file, tag, &vec![1; frames]);
    }
}

#[test]
fn without_vectors_the_stored_order_counts_if_nothing_else_varies() {
    let bare = |file: &mut InMemDicomObject| {
        for tag in [
            tags::FRAME_INCREMENT_POINTER,
            tags::TIME_SLOT_VECTOR,
            tags::DETECTOR_VECTOR,
            tags::ENERGY_WINDOW_VECTOR,
            tags::RR_INTERVAL_VECTOR,
        ] {
            file.remove_element(tag);
        }
    };
    let (_scratch, path) = changed(bare);
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(file.study.counts(), beating_disc(24, 64, 300.0).counts());
    assert_eq!(file.notes[0].code, "stored_order");
    assert!(file.notes[0].message.starts_with("(0054,0070) TimeSlotVector is missing"));
    change_fails("frame_order_unknown", "2 of (0054,0021) NumberOfDetectors", |file| {
        bare(file);
        numbers(file, tags::NUMBER_OF_DETECTORS, &[2]);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[12]);
    });
}

/// Two values of 12 frames each along one vector.
fn two(file: &mut InMemDicomObject, vector: Tag, number: Tag) {
    let halves: Vec<u16> = (0..24).map(|frame| 1 + frame / 12).collect();
    let slots: Vec<u16> = (0..24).map(|frame| 1 + frame % 12).collect();
    numbers(file, vector, &halves);
    numbers(file, number, &[2]);
    numbers(file, tags::TIME_SLOT_VECTOR, &slots);
    numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[12]);
}

#[test]
fn several_windows_and_intervals_are_chosen_by_number() {
    let disc = beating_disc(24, 64, 300.0);
    let (_scratch, path) = changed(|file| {
        two(file, tags::ENERGY_WINDOW_VECTOR, tags::NUMBER_OF_ENERGY_WINDOWS);
        let windows = ["Tc99m", "scatter"].map(|name| {
            let mut window = InMemDicomObject::new_empty();
            text(&mut window, tags::ENERGY_WINDOW_NAME, VR::SH, name);
            window
        });
        items(file, tags::ENERGY_WINDOW_INFORMATION_SEQUENCE, windows.to_vec());
    });
    fails(&path, "several_energy_windows", "EnergyWindowVector names several energy windows: 1 (Tc99m), 2 (scatter)");
    let error = read_study(&path, &Selection::default()).unwrap_err();
    let Problem::Several { axis: Axis::EnergyWindow, choices, .. } = error.problem else { panic!("{error}") };
    assert_eq!(choices[1], Choice { number: 2, name: Some("scatter".into()) });
    let choose = |number| Selection { energy_window: Some(number), ..Selection::default() };
    fails_with(&path, &choose(3), "no_such_energy_window", "(0054,0010) EnergyWindowVector names no energy window 3");
    let study = read_study(&path, &choose(2)).unwrap();
    assert_eq!((study.frames(), study.frame(FrameIndex::new(0))), (12, disc.frame(FrameIndex::new(12))));

    let (_scratch, path) = changed(|file| {
        two(file, tags::RR_INTERVAL_VECTOR, tags::NUMBER_OF_RR_INTERVALS);
        let intervals = ["30", "50"].map(|time| {
            let mut data = InMemDicomObject::new_empty();
            text(&mut data, tags::FRAME_TIME, VR::DS, time);
            data
        });
        let mut gated = InMemDicomObject::new_empty();
        items(&mut gated, tags::DATA_INFORMATION_SEQUENCE, intervals.to_vec());
        items(file, tags::GATED_INFORMATION_SEQUENCE, vec![gated]);
    });
    fails(&path, "several_rr_intervals", "(0054,0060) RRIntervalVector names several R-R intervals: 1, 2");
    let choose = |number| Selection { rr_interval: Some(number), ..Selection::default() };
    fails_with(&path, &choose(9), "no_such_rr_interval", "names no R-R interval 9; it names 1, 2");
    let study = read_study(&path, &choose(2)).unwrap();
    assert_eq!(
        (study.frame(FrameIndex::new(0)), study.gating.frame_time_ms),
        (disc.frame(FrameIndex::new(12)), Some(50.0))
    );
}

#[test]
fn of_several_detectors_the_lao_is_taken() {
    let disc = beating_disc(24, 64, 300.0);
    let with = |views: [InMemDicomObject; 2]| {
        move |file: &mut InMemDicomObject| {
            two(file, tags::DETECTOR_VECTOR, tags::NUMBER_OF_DETECTORS);
            items(file, tags::DETECTOR_INFORMATION_SEQUENCE, views.to_vec());
        }
    };
    let anterior = || detector("399321004", "Anterior projection");
    let lao = || detector("399074003", "LAO 45");
    let (_scratch, path) = changed(with([anterior(), lao()]));
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(file.study.frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(12)));
    assert_eq!(file.study.identity.view.as_deref(), Some("LAO 45"));
    assert_eq!(file.notes, []);
    let first = Selection { detector: Some(1), ..Selection::default() };
    let file = open_study(&path, &first).unwrap();
    assert_eq!(file.study.frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(0)));
    assert_eq!(file.study.identity.is_lao(), Some(false));
    let view = |text: &str| Selection { view: Some(text.into()), ..Selection::default() };
    assert_eq!(read_study(&path, &view("ant")).unwrap().frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(0)));
    assert_eq!(read_study(&path, &view("lao")).unwrap().frame(FrameIndex::new(0)), disc.frame(FrameIndex::new(12)));
    fails_with(&path, &view("septal 2"), "no_such_view", "there is 1 (Anterior projection), 2 (LAO 45)");
    let ninth = Selection { detector: Some(9), ..Selection::default() };
    fails_with(&path, &ninth, "no_such_detector", "names no detector 9; it names 1 (Anterior projection), 2 (LAO 45)");

    let mut by_angle = InMemDicomObject::new_empty();
    text(&mut by_angle, tags::START_ANGLE, VR::DS, "135");
    let (_scratch, path) = changed(with([anterior(), by_angle]));
    assert_eq!(
        read_study(&path, &Selection::default()).unwrap().frame(FrameIndex::new(0)),
        disc.frame(FrameIndex::new(12))
    );

    let said = "(0054,0020) DetectorVector names several detectors: 1 (Left anterior oblique), 2 (LAO 45)";
    change_fails("several_detectors", said, with([detector("399074003", "Left anterior oblique"), lao()]));
    let unknown = || InMemDicomObject::new_empty();
    change_fails("several_detectors", "1 (view not recorded), 2 (view not recorded)", with([unknown(), unknown()]));
}

#[test]
fn the_view_of_one_detector_may_stand_in_a_description() {
    let (_scratch, path) = changed(|file| {
        file.remove_element(tags::DETECTOR_INFORMATION_SEQUENCE);
        text(file, tags::SERIES_DESCRIPTION, VR::LO, "MUGA ANT");
    });
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(file.study.identity.view.as_deref(), Some("Anterior projection"));
    assert_eq!(file.study.identity.is_lao(), Some(false));

    // The name of an image is nearer to it than the description of its series, which may have several views.
    let (_scratch, path) = changed(|file| {
        file.remove_element(tags::DETECTOR_INFORMATION_SEQUENCE);
        text(file, tags::SERIES_DESCRIPTION, VR::LO, "MUGA LAO");
        text(file, tags::IMAGE_ID, VR::LO, "LT LAT_E");
    });
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!(file.study.identity.view.as_deref(), Some("Left lateral projection"));
}

#[test]
fn other_vectors_may_not_vary() {
    change_fails("unexpected_vector", "frames differ in (0054,0050) RotationVector (2 values)", |file| {
        let halves: Vec<u16> = (0..24).map(|frame| 1 + frame / 12).collect();
        numbers(file, tags::ROTATION_VECTOR, &halves);
    });
}

#[test]
fn headers_that_do_not_match_the_pixels_are_refused() {
    let rows = |rows: u16| move |file: &mut InMemDicomObject| numbers(file, tags::ROWS, &[rows]);
    let said = "(7FE0,0010) PixelData holds 196608 bytes; 65 rows x 64 columns x 24 frames of 16 bits need 199680";
    change_fails("pixel_count_mismatch", said, rows(65));
    change_fails("matrix_size", "(0028,0010) Rows: matrix of 4096 x 64", rows(4096));
    change_fails("missing_attribute", "(0028,0011) Columns is missing", |file| {
        file.remove_element(tags::COLUMNS);
    });
    change_fails("missing_attribute", "(7FE0,0010) PixelData is missing", |file| {
        file.remove_element(tags::PIXEL_DATA);
    });
    change_fails("invalid_attribute", "(0028,0008) NumberOfFrames is 1000000; it must be 1 to 4096", |file| {
        text(file, tags::NUMBER_OF_FRAMES, VR::IS, "1000000");
    });
    change_fails("invalid_attribute", "(0028,0008) NumberOfFrames is 'many'", |file| {
        text(file, tags::NUMBER_OF_FRAMES, VR::IS, "many");
    });
    change_fails("invalid_attribute", "(0028,0100) BitsAllocated is 64; it must be 8, 16 or 32", |file| {
        numbers(file, tags::BITS_ALLOCATED, &[64]);
    });
    change_fails("invalid_attribute", "(0028,0102) HighBit is 11; it must be 15", |file| {
        numbers(file, tags::HIGH_BIT, &[11]);
    });
    change_fails("invalid_attribute", "(0028,0002) SamplesPerPixel is 3", |file| {
        numbers(file, tags::SAMPLES_PER_PIXEL, &[3]);
    });
    change_fails("exceeds_bits_stored", "(0028,0101) BitsStored is 4", |file| {
        numbers(file, tags::BITS_STORED, &[4]);
        numbers(file, tags::HIGH_BIT, &[3]);
    });
    let said = "(0054,0071) NumberOfTimeSlots: 6 frames per cycle; a gated study has 8 to 64";
    change_fails("frame_count", said, |file| {
        cut(file, 6);
        numbers(file, tags::TIME_SLOT_VECTOR, &[1, 2, 3, 4, 5, 6]);
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[6]);
    });
}

#[test]
fn frames_of_zeros_are_refused_where_few_others_are_left_and_saturation_is_told() {
    change_fails("empty_frame", "(7FE0,0010) PixelData: frame 3 holds no counts at all", |file| {
        let mut values = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
        values[2 * 4096..20 * 4096].fill(0);
        file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
    });
    // One of them is for the measurement to judge.
    let (_scratch, path) = changed(|file| {
        let mut values = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
        values[2 * 4096..3 * 4096].fill(0);
        file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(values.into())));
    });
    assert_eq!(read_study(&path, &Selection::default()).unwrap().totals()[2], 0.0);
    let (_scratch, path) = changed(|file| {
        numbers(file, tags::BITS_STORED, &[10]);
        numbers(file, tags::HIGH_BIT, &[9]);
    });
    assert_eq!(read_study(&path, &Selection::default()).unwrap().saturation, Some(1023.0));
}

#[test]
fn a_truncated_file_says_where() {
    let bytes = bloodpool_dicom::encode_study(&beating_disc(24, 64, 300.0), &acquisition()).unwrap();
    let scratch = Scratch::new();
    let half = scratch.file("half", &bytes[..bytes.len() / 2]);
    fails(&half, "truncated", "(7FE0,0010) PixelData needs 196608 bytes and");
    fails(&half, "truncated", "copy or export the file again");
    let bytes = bloodpool_dicom::encode_study(&beating_disc(8, 32, 300.0), &acquisition()).unwrap();
    for length in (132..bytes.len() - 1).step_by(37) {
        let error = read_study(&scratch.file("cut", &bytes[..length]), &Selection::default()).unwrap_err();
        assert!(["truncated", "missing_attribute"].contains(&error.code()), "{length}: {error}");
    }
}

#[test]
fn pixel_spacing_is_none_when_absent_or_nonsense() {
    let (_scratch, path) = changed(|file| {
        file.remove_element(tags::PIXEL_SPACING);
    });
    let file = open_study(&path, &Selection::default()).unwrap();
    assert_eq!((file.study.pixel_spacing_mm(), file.notes.len()), (None, 0));
    for value in ["0\\0", "4", "-1\\4", "a\\b", "1e9\\1e9"] {
        let (_scratch, path) = changed(|file| text(file, tags::PIXEL_SPACING, VR::DS, value));
        let file = open_study(&path, &Selection::default()).unwrap();
        assert_eq!(file.study.pixel_spacing_mm(), None, "{value}");
        assert_eq!(file.notes[0].code, "pixel_spacing_invalid");
        assert!(file.notes[0].message.contains("(0028,0030) PixelSpacing"), "{value}");
    }
}

#[test]
fn identity_is_read_attribute_by_attribute() {
    let (_scratch, path) = changed(|file| {
        text(file, tags::MANUFACTURER, VR::LO, "Maker");
        text(file, tags::MANUFACTURER_MODEL_NAME, VR::LO, "Model 3");
        file.remove_element(tags::ACQUISITION_DATE);
        file.remove_element(tags::ACQUISITION_TIME);
        text(file, tags::ACQUISITION_DATE_TIME, VR::DT, "20240301091500.25+0900");
        file.remove_element(tags::IMAGE_COMMENTS);
    });
    let identity = read_study(&path, &Selection::default()).unwrap().identity;
    assert_eq!((identity.manufacturer.as_deref(), identity.model_name.as_deref()), (Some("Maker"), Some("Model 3")));
    assert_eq!(identity.camera().as_deref(), Some("Maker Model 3"));
    assert_eq!((identity.accession_number.as_deref(), identity.study_id.as_deref()), (Some("A-4711"), Some("17")));
    assert_eq!(identity.acquisition_date.as_deref(), Some("20240301"));
    assert_eq!(identity.acquisition_time.as_deref(), Some("091500.25"));
    // Synthetic Data alone says it, too.
    assert!(identity.simulated);
}

#[test]
fn timing_that_is_not_recorded_is_none() {
    let (_scratch, path) = changed(|file| {
        file.remove_element(tags::GATED_INFORMATION_SEQUENCE);
    });
    assert_eq!(read_study(&path, &Selection::default()).unwrap().gating, Default::default());
    let (_scratch, path) = changed(|file| {
        file.remove_element(tags::GATED_INFORMATION_SEQUENCE);
        text(file, tags::FRAME_TIME, VR::DS, "0");
        text(file, tags::INTERVALS_ACQUIRED, VR::IS, "300");
        text(file, tags::INTERVALS_REJECTED, VR::IS, "0");
    });
    let gating = read_study(&path, &Selection::default()).unwrap().gating;
    assert_eq!((gating.frame_time_ms, gating.beats_accepted, gating.beats_rejected), (None, Some(300), Some(0)));
}

#[test]
fn korean_text_with_code_extensions_is_decoded() {
    let (_scratch, path) = changed(|file| {
        text(file, tags::SPECIFIC_CHARACTER_SET, VR::CS, "\\ISO 2022 IR 149");
        let bytes = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        file.put(DataElement::new(tags::PATIENT_NAME, VR::PN, PrimitiveValue::U8(bytes.as_slice().into())));
        file.put(DataElement::new(
            tags::INSTITUTION_NAME,
            VR::LO,
            PrimitiveValue::U8(b"\x1b$)C\xba\xce\xbb\xea".as_slice().into()),
        ));
    });
    let identity = read_study(&path, &Selection::default()).unwrap().identity;
    assert_eq!(identity.patient_name.as_deref(), Some("Hong^Gildong=洪^吉洞=홍^길동"));
    assert_eq!(identity.institution.as_deref(), Some("부산"));
}
