//! Frames in a file each: joined where their order is unambiguous, otherwise said to be split.

use std::path::PathBuf;

use bloodpool_dicom::{PlannedStudy, ReadError, Selection, open_study, plan};
use dicom_core::{DataElement, PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::support::{Scratch, beating_disc, detector, items, numbers, object, text};

/// Writes each frame of a disc to a file, which `change` changes by the number of the frame from 0.
fn split(scratch: &Scratch, folder: &str, change: impl Fn(usize, &mut InMemDicomObject)) -> Vec<PathBuf> {
    let disc = beating_disc(24, 64, 300.0);
    let whole = object(&disc);
    let values = whole.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
    let write = |frame: usize| {
        let mut file = whole.clone();
        let pixels = values[frame * 4096..(frame + 1) * 4096].to_vec();
        file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(pixels.into())));
        text(&mut file, tags::NUMBER_OF_FRAMES, VR::IS, "1");
        for tag in [tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR, tags::RR_INTERVAL_VECTOR] {
            numbers(&mut file, tag, &[1]);
        }
        numbers(&mut file, tags::TIME_SLOT_VECTOR, &[frame as u16 + 1]);
        text(&mut file, tags::INSTANCE_NUMBER, VR::IS, &(frame + 1).to_string());
        change(frame, &mut file);
        let mut bytes = Vec::new();
        file.write_all(&mut bytes).unwrap();
        // Names in another order than time.
        scratch.file(&format!("{folder}/{:02}.dcm", (frame * 7) % 24), &bytes)
    };
    (0..24).map(write).collect()
}

fn planned(inputs: &[PathBuf]) -> Vec<Result<PlannedStudy, ReadError>> {
    plan(inputs, &Selection::default()).studies
}

/// The folder gives one study, whose frames are in order of `by`.
#[track_caller]
fn joined(by: &str, change: impl Fn(usize, &mut InMemDicomObject)) {
    let scratch = Scratch::new();
    let files = split(&scratch, "in", change);
    for inputs in [vec![scratch.path("in")], files.clone()] {
        let mut planned = planned(&inputs);
        assert_eq!(planned.len(), 1);
        let study = planned.remove(0).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(study.joined.as_ref().unwrap().files, files);
        assert_eq!(study.path, files[0]);
        let read = study.read().unwrap_or_else(|error| panic!("{error}"));
        let disc = beating_disc(24, 64, 300.0);
        assert_eq!(read.study.counts(), disc.counts());
        assert_eq!(read.study.gating, disc.gating);
        let note = read.notes.iter().find(|note| note.code == "frames_joined").unwrap();
        assert_eq!(note.message, format!("24 files of one frame each were joined by {by}"));
    }
}

#[track_caller]
fn stays_split(said: &str, change: impl Fn(usize, &mut InMemDicomObject)) {
    let scratch = Scratch::new();
    let files = split(&scratch, "in", change);
    for inputs in [vec![scratch.path("in")], files] {
        let mut planned = planned(&inputs);
        assert_eq!(planned.len(), 1);
        let error = planned.remove(0).unwrap_err();
        assert_eq!(error.code(), "frames_split");
        assert!(
            error.to_string().contains("frames of one study are split over 24 files and cannot be joined"),
            "{error}"
        );
        assert!(error.to_string().contains(said), "{error}");
    }
}

fn without_slots(file: &mut InMemDicomObject) {
    numbers(file, tags::TIME_SLOT_VECTOR, &[1]);
    numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[1]);
}

#[test]
fn frames_are_joined_by_time_slot_trigger_time_or_instance_number() {
    joined("(0054,0070) TimeSlotVector", |_, _| {});
    joined("(0054,0070) TimeSlotVector", |frame, file| numbers(file, tags::TIME_SLOT_VECTOR, &[frame as u16]));
    joined("(0018,1060) TriggerTime", |frame, file| {
        without_slots(file);
        text(file, tags::TRIGGER_TIME, VR::DS, &format!("{}", frame * 35));
        text(file, tags::INSTANCE_NUMBER, VR::IS, "1");
    });
    joined("(0020,0013) InstanceNumber", |frame, file| {
        without_slots(file);
        text(file, tags::INSTANCE_NUMBER, VR::IS, &(frame + 100).to_string());
        file.remove_element(tags::NUMBER_OF_FRAMES);
    });
}

#[test]
fn frames_whose_order_is_ambiguous_stay_split() {
    stays_split("(0020,0013) InstanceNumber: a number is missing, or several files have the same", |_, file| {
        without_slots(file);
        text(file, tags::INSTANCE_NUMBER, VR::IS, "1");
    });
    stays_split("(0054,0070) TimeSlotVector: a time slot is missing, or several files have the same", |frame, file| {
        numbers(file, tags::TIME_SLOT_VECTOR, &[frame as u16 / 2 + 1]);
    });
    stays_split("(0054,0071) NumberOfTimeSlots: it is 32, not the number of files", |_, file| {
        numbers(file, tags::NUMBER_OF_TIME_SLOTS, &[32]);
    });
    stays_split("(0054,0070) TimeSlotVector: neither time slots nor trigger times nor instance numbers", |_, file| {
        file.remove_element(tags::TIME_SLOT_VECTOR);
        file.remove_element(tags::INSTANCE_NUMBER);
    });
}

#[test]
fn one_frame_by_itself_says_that_the_others_are_elsewhere() {
    let scratch = Scratch::new();
    let files = split(&scratch, "in", |_, _| {});
    let error = open_study(&files[3], &Selection::default()).unwrap_err();
    assert_eq!(error.code(), "frames_split");
    let said =
        "holds one frame by (0028,0008) NumberOfFrames: the frames of the study are split over files; give the folder";
    assert!(error.to_string().contains(said), "{error}");
    let files = split(&scratch, "bare", |_, file| {
        file.remove_element(tags::NUMBER_OF_FRAMES);
    });
    assert_eq!(open_study(&files[0], &Selection::default()).unwrap_err().code(), "frames_split");
}

#[test]
fn of_several_split_views_the_lao_is_planned_and_the_others_set_aside() {
    let scratch = Scratch::new();
    for (folder, series, view) in [("in/a", "1.1", "Anterior"), ("in/b", "1.2", "Left anterior oblique")] {
        split(&scratch, folder, |_, file| {
            text(file, tags::SERIES_INSTANCE_UID, VR::UI, series);
            items(file, tags::DETECTOR_INFORMATION_SEQUENCE, vec![detector("x", view)]);
        });
    }
    let planned = planned(&[scratch.path("in")]);
    assert_eq!(planned.len(), 1);
    let study = planned[0].as_ref().unwrap();
    assert!(study.path.starts_with(scratch.path("in/b")));
    assert_eq!(study.set_aside.len(), 24);
    assert!(study.set_aside.iter().all(|file| file.reason.to_string() == "another view: Anterior"));
}

#[test]
fn frames_of_another_detector_are_set_aside_when_one_is_chosen() {
    let scratch = Scratch::new();
    for detector in [1, 2] {
        split(&scratch, &format!("in/{detector}"), |_, file| numbers(file, tags::DETECTOR_VECTOR, &[detector]));
    }
    let chosen =
        |detector| plan(&[scratch.path("in")], &Selection { detector: Some(detector), ..Selection::default() }).studies;
    let study = chosen(2).remove(0).unwrap();
    assert!(study.path.starts_with(scratch.path("in/2")));
    assert_eq!((study.set_aside.len(), study.set_aside[0].reason.to_string().contains("another detector")), (24, true));
    assert!(chosen(3).iter().all(|planned| planned.as_ref().unwrap_err().code() == "frames_split"));
}

#[test]
fn frames_of_different_sizes_are_not_joined() {
    let scratch = Scratch::new();
    let files = split(&scratch, "in", |_, _| {});
    let study = planned(&files).remove(0).unwrap();
    let mut other = dicom_object::open_file(&files[5]).unwrap();
    numbers(&mut other, tags::ROWS, &[32]);
    numbers(&mut other, tags::COLUMNS, &[128]);
    other.write_to_file(&files[5]).unwrap();
    let error = study.read().unwrap_err();
    assert_eq!((error.code(), &error.path), ("invalid_attribute", &files[5]));
}
