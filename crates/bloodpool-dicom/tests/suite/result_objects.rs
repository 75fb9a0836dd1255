//! Result objects: what they repeat of their source, their UIDs and bytes, their content read back, and dciodvfy.

use std::path::PathBuf;

use bloodpool_core::study::GatedStudy;
use bloodpool_dicom::objects::{
    Attestation, CompositeObject, CreationTime, EncapsulatedPdf, LvMeasurements, MeasurementReport,
    MultiframeTrueColorSecondaryCapture, ObjectError, PersonObserver, ResultContext, ResultKey, RgbFrames,
    SecondaryCaptureImage, Segment, SegmentAlgorithmType, Segmentation, SegmentedProperty, Signature, SrClass,
    encode_object, write_object,
};
use bloodpool_dicom::{Selection, WriteError, WriteOptions, read_source_study, write_study};
use bloodpool_files::FileError;
use bloodpool_stats::Mask;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use crate::support::results::{CREATED, context, disc, measurements};
use crate::support::{self, Scratch, acquisition, beating_disc, have, run, text};

const PDF: &[u8] = b"%PDF-1.4\n%%EOF\n";

fn read(object: &dyn CompositeObject) -> DefaultDicomObject {
    dicom_object::from_reader(&encode_object(object).unwrap()[..]).unwrap()
}

fn value(object: &InMemDicomObject, tag: Tag) -> String {
    let padding = ['\0', ' '];
    object.get(tag).map(|element| element.to_str().unwrap().trim_end_matches(padding).to_string()).unwrap_or_default()
}

fn item(object: &InMemDicomObject, path: &[Tag]) -> InMemDicomObject {
    path.iter().fold(object.clone(), |object, &tag| object.get(tag).unwrap().items().unwrap()[0].clone())
}

fn report(context: &ResultContext, attestation: &Attestation) -> MeasurementReport {
    MeasurementReport::new(context, SrClass::default(), &measurements(), attestation, &[], &[]).unwrap()
}

fn left_ventricle(context: &ResultContext) -> Segment {
    let [rows, columns] = context.source.matrix();
    Segment {
        property: SegmentedProperty::LeftVentricle,
        algorithm_type: SegmentAlgorithmType::Automatic,
        masks: (0..context.source.frames()).map(|frame| Some(disc(rows, columns, frame))).collect(),
    }
}

/// One of each kind.
fn all(context: &ResultContext) -> Vec<(&'static str, Box<dyn CompositeObject>)> {
    let picture = |frames| RgbFrames::new(frames, 5, 3, vec![7; frames * 45]).unwrap();
    let sr =
        |class| MeasurementReport::new(context, class, &measurements(), &Attestation::Automatic, &[], &[]).unwrap();
    vec![
        ("sc", Box::new(SecondaryCaptureImage::new(context, 1, picture(1)).unwrap())),
        ("second sc", Box::new(SecondaryCaptureImage::new(context, 2, picture(1)).unwrap())),
        ("key frame", Box::new(SecondaryCaptureImage::key_frame(context, 1, picture(1)).unwrap())),
        ("second key frame", Box::new(SecondaryCaptureImage::key_frame(context, 2, picture(1)).unwrap())),
        ("cine", Box::new(MultiframeTrueColorSecondaryCapture::new(context, 40.0, picture(3)).unwrap())),
        ("comprehensive", Box::new(sr(SrClass::Comprehensive))),
        ("enhanced", Box::new(sr(SrClass::Enhanced))),
        ("3d", Box::new(sr(SrClass::Comprehensive3D))),
        ("seg", Box::new(Segmentation::new(context, &[left_ventricle(context)]).unwrap())),
        ("pdf", Box::new(EncapsulatedPdf::new(context, "Report", false, PDF.to_vec()).unwrap())),
    ]
}

fn of(study: &GatedStudy) -> (Scratch, ResultContext) {
    let scratch = Scratch::new();
    let path = scratch.path("study.dcm");
    write_study(study, &acquisition(), &path, &WriteOptions::default()).unwrap();
    let context = context(&[path]);
    (scratch, context)
}

#[test]
fn every_object_repeats_patient_study_and_time_zone_of_its_source() {
    let scratch = Scratch::new();
    let path = scratch.changed("study.dcm", |file| {
        text(file, tags::SPECIFIC_CHARACTER_SET, VR::CS, "\\ISO 2022 IR 149");
        // PS3.5 I.2
        let name = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        file.put(DataElement::new(tags::PATIENT_NAME, VR::PN, PrimitiveValue::U8(name.as_slice().into())));
        text(file, tags::STUDY_DATE, VR::DA, "2024.02.29");
        text(file, tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES");
        text(file, tags::PATIENT_AGE, VR::AS, "064Y");
        text(file, tags::TIMEZONE_OFFSET_FROM_UTC, VR::SH, "-0330");
    });
    for (name, object) in all(&context(&[path])) {
        let file = read(&*object);
        for (tag, expected) in [
            (tags::SPECIFIC_CHARACTER_SET, "ISO_IR 192"),
            (tags::PATIENT_NAME, "Hong^Gildong=洪^吉洞=홍^길동"),
            (tags::PATIENT_ID, "SIM-1"),
            (tags::PATIENT_BIRTH_DATE, "19600131"),
            (tags::PATIENT_SEX, "F"),
            (tags::PATIENT_AGE, "064Y"),
            (tags::DEIDENTIFICATION_METHOD, "as recorded in the source image"),
            (tags::STUDY_DATE, "20240229"),
            (tags::STUDY_TIME, "101500"),
            (tags::STUDY_ID, "17"),
            (tags::ACCESSION_NUMBER, "A-4711"),
            (tags::SYNTHETIC_DATA, "YES"),
            (tags::TIMEZONE_OFFSET_FROM_UTC, "-0330"),
            // 2026-01-01 00:00 UTC at -03:30.
            (tags::CONTENT_DATE, "20251231"),
            (tags::CONTENT_TIME, "203000"),
        ] {
            assert_eq!(value(&file, tag), expected, "{name} {tag}");
        }
        assert!(value(&file, tags::SERIES_DESCRIPTION).ends_with("research use only"), "{name}");
        let contribution = item(&file, &[tags::CONTRIBUTING_EQUIPMENT_SEQUENCE]);
        let described = value(&contribution, tags::CONTRIBUTION_DESCRIPTION);
        assert_eq!(
            described,
            format!("bloodpool 0.1.0; protocol: paper; model SHA-256: {}", "0f".repeat(32)),
            "{name}"
        );
    }
}

#[test]
fn what_the_source_does_not_say_is_empty_or_absent() {
    let mut study = beating_disc(16, 64, 300.0);
    study.identity = Default::default();
    let (_scratch, context) = of(&study);
    assert!(!context.source.is_simulated());
    let file = read(&report(&context, &Attestation::Automatic));
    for tag in [tags::PATIENT_NAME, tags::PATIENT_SEX, tags::STUDY_DATE, tags::ACCESSION_NUMBER] {
        assert_eq!(file.get(tag).map(|element| element.to_str().unwrap().into_owned()).as_deref(), Some(""), "{tag}");
    }
    for tag in [tags::STUDY_DESCRIPTION, tags::PATIENT_AGE, tags::SYNTHETIC_DATA, tags::PATIENT_IDENTITY_REMOVED] {
        assert!(file.get(tag).is_none(), "{tag}");
    }
    // The source does not say its time zone, so it is that of the system.
    assert_eq!(value(&file, tags::TIMEZONE_OFFSET_FROM_UTC), "+0900");
    assert!(!format!("{context:?}").contains("patient_name"));
}

#[test]
fn the_same_key_gives_the_same_bytes_and_another_key_other_uids() {
    let (_scratch, first) = of(&beating_disc(16, 64, 300.0));
    for ((name, object), (_, again)) in all(&first).into_iter().zip(all(&first.clone())) {
        assert_eq!(encode_object(&*object).unwrap(), encode_object(&*again).unwrap(), "{name}");
    }
    let reviewed = ResultContext { key: ResultKey::new("job", 1), ..first.clone() };
    let other = ResultContext { key: ResultKey::new("other job", 0), ..first.clone() };
    let contexts = [first, reviewed, other];
    let references: Vec<_> = contexts
        .iter()
        .flat_map(|context| all(context).into_iter().map(|(_, object)| object.instance().reference().clone()))
        .collect();
    let distinct = |uid: fn(&bloodpool_dicom::objects::InstanceReference) -> &str| {
        references.iter().map(uid).collect::<std::collections::BTreeSet<_>>().len()
    };
    assert_eq!(distinct(|reference| &reference.sop_uid), references.len());
    // The pages of a result are in one series, and its key frames in another.
    assert_eq!(distinct(|reference| &reference.series_uid), references.len() - 6);
    assert_eq!(distinct(|reference| &reference.study_uid), 1);
}

/// The UIDs were computed with Python's hashlib from the text that `UidSource` describes.
#[test]
fn derived_uids_stay_the_same() {
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    let reference = report(&context, &Attestation::Automatic).instance().reference().clone();
    assert_eq!(reference.series_uid, "2.25.120373288355354964930695856625919912613");
    assert_eq!(reference.sop_uid, "2.25.294684985512097082669217392220349315959");
}

#[test]
fn the_conformance_statement_lists_every_sop_class() {
    let statement = include_str!("../../../../docs/reference/dicom-conformance.md");
    let (_, objects) = statement.split_once("## Result objects").unwrap();
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    for (name, object) in all(&context) {
        let file = read(&*object);
        let row = format!(
            "`{}` | {} | {} |",
            value(&file, tags::SOP_CLASS_UID),
            value(&file, tags::MODALITY),
            value(&file, tags::SERIES_NUMBER)
        );
        assert!(objects.contains(&row), "{name}: {row}");
    }
}

#[test]
fn pictures_and_documents_are_read_back() {
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    let pixels: Vec<u8> = (0..3 * 5 * 3 * 3).map(|byte| byte as u8).collect();
    let frames = RgbFrames::new(3, 5, 3, pixels.clone()).unwrap();
    let cine = read(&MultiframeTrueColorSecondaryCapture::new(&context, 41.67, frames.clone()).unwrap());
    // 135 bytes, padded to an even number.
    let stored = cine.get(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
    assert_eq!((&stored[..135], stored.len()), (&pixels[..], 136));
    assert_eq!((value(&cine, tags::NUMBER_OF_FRAMES), value(&cine, tags::FRAME_TIME)), ("3".into(), "41.67".into()));
    assert_eq!(value(&cine, tags::RECOMMENDED_DISPLAY_FRAME_RATE), "24");
    assert_eq!(value(&cine, tags::BURNED_IN_ANNOTATION), "NO");
    let error = SecondaryCaptureImage::new(&context, 1, frames.clone()).unwrap_err();
    assert_eq!(error.to_string(), "a Secondary Capture Image has one frame; 3 were given");
    for frame_time in [0.0, f64::NAN, 60_001.0] {
        let error = MultiframeTrueColorSecondaryCapture::new(&context, frame_time, frames.clone()).unwrap_err();
        assert!(error.to_string().starts_with("the frame time in ms is"), "{error}");
    }

    let pdf = read(&EncapsulatedPdf::new(&context, "Report", true, PDF.to_vec()).unwrap());
    let length = pdf.get(tags::ENCAPSULATED_DOCUMENT_LENGTH).unwrap().to_int::<usize>().unwrap();
    assert_eq!(&pdf.get(tags::ENCAPSULATED_DOCUMENT).unwrap().to_bytes().unwrap()[..length], PDF);
    assert_eq!((value(&pdf, tags::MODALITY), value(&pdf, tags::BURNED_IN_ANNOTATION)), ("DOC".into(), "YES".into()));
    let error = EncapsulatedPdf::new(&context, "Report", true, b"<html>".to_vec()).unwrap_err();
    assert_eq!(error.to_string(), "the document does not begin with %PDF-");
}

#[test]
fn masks_are_read_back_with_the_frames_that_they_were_drawn_on() {
    // 1155 pixels per frame: frames do not end where bytes do.
    let counts = ndarray::Array3::from_elem((8, 33, 35), 5.0);
    let (_scratch, context) = of(&GatedStudy::new(counts, None).unwrap());
    let left = left_ventricle(&context);
    let corner = Mask::from_fn(33, 35, |row, column| row > 28 && column > 28);
    let background = Segment {
        property: SegmentedProperty::Background,
        algorithm_type: SegmentAlgorithmType::Manual,
        masks: (0..8).map(|frame| (frame == 4).then(|| corner.clone())).collect(),
    };
    let file = read(&Segmentation::new(&context, &[left.clone(), background]).unwrap());
    let bytes = file.get(tags::PIXEL_DATA).unwrap().to_bytes().unwrap();
    let bit = |index: usize| bytes[index / 8] >> (index % 8) & 1 == 1;
    let masks: Vec<&Mask> = left.masks.iter().flatten().chain([&corner]).collect();
    for (frame, mask) in masks.iter().enumerate() {
        let stored = Mask::from_fn(33, 35, |row, column| bit((frame * 33 + row) * 35 + column));
        assert_eq!(&stored, *mask, "{frame}");
    }
    let groups = file.get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).unwrap().items().unwrap();
    let described: Vec<(u16, u32, String)> = groups
        .iter()
        .map(|group| {
            let segment = item(group, &[tags::SEGMENT_IDENTIFICATION_SEQUENCE]);
            let content = item(group, &[tags::FRAME_CONTENT_SEQUENCE]);
            let source = item(group, &[tags::DERIVATION_IMAGE_SEQUENCE, tags::SOURCE_IMAGE_SEQUENCE]);
            (
                segment.get(tags::REFERENCED_SEGMENT_NUMBER).unwrap().to_int().unwrap(),
                content.get(tags::TEMPORAL_POSITION_INDEX).unwrap().to_int().unwrap(),
                value(&source, tags::REFERENCED_FRAME_NUMBER),
            )
        })
        .collect();
    let expected: Vec<(u16, u32, String)> =
        (1..=8).map(|frame| (1, frame, frame.to_string())).chain([(2, 5, "5".into())]).collect();
    assert_eq!(described, expected);
    assert_eq!(value(&file, tags::SEGMENTS_OVERLAP), "NO");
    let segments = file.get(tags::SEGMENT_SEQUENCE).unwrap().items().unwrap();
    assert!(segments[0].get(tags::SEGMENTATION_ALGORITHM_IDENTIFICATION_SEQUENCE).is_some());
    assert!(segments[1].get(tags::SEGMENT_ALGORITHM_NAME).is_none());
}

#[test]
fn frame_numbers_are_those_of_the_file_where_the_cycle_is_stored_in_another_order() {
    let scratch = Scratch::new();
    let slots: Vec<u16> = (1..=24).rev().collect();
    let path = scratch.changed("backward.dcm", |file| support::numbers(file, tags::TIME_SLOT_VECTOR, &slots));
    let context = context(&[path]);
    let file = read(&Segmentation::new(&context, &[left_ventricle(&context)]).unwrap());
    let path =
        [tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE, tags::DERIVATION_IMAGE_SEQUENCE, tags::SOURCE_IMAGE_SEQUENCE];
    assert_eq!(value(&item(&file, &path), tags::REFERENCED_FRAME_NUMBER), "24");
    // ED is the first frame of the cycle, which is stored last.
    let report = read(&report(&context, &Attestation::Automatic));
    assert_eq!(regions(&report)[0].1, "24");
}

#[test]
fn masks_that_do_not_fit_the_source_are_refused() {
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    let left = left_ventricle(&context);
    let refused = |change: &dyn Fn(&mut Segment)| {
        let mut segment = left.clone();
        change(&mut segment);
        Segmentation::new(&context, &[segment]).unwrap_err().to_string()
    };
    let said = refused(&|segment| segment.masks.truncate(15));
    assert_eq!(said, "masks of 15 frames were given; the source has 16");
    let said = refused(&|segment| segment.masks[2] = Some(Mask::empty(64, 32)));
    assert_eq!(said, "the mask of frame 3 has 64 rows x 32 columns; the source has 64 x 64");
    assert_eq!(refused(&|segment| segment.masks.fill(None)), ObjectError::NoSegment.to_string());
    assert_eq!(Segmentation::new(&context, &[]).unwrap_err(), ObjectError::NoSegment);
    assert_eq!(Segmentation::new(&context, &[left.clone(), left]).unwrap_err(), ObjectError::DoubleSegment);
}

/// The content items below one, itself first, in order.
fn below(object: &InMemDicomObject) -> Vec<InMemDicomObject> {
    let children = object.get(tags::CONTENT_SEQUENCE).and_then(|element| element.items()).unwrap_or_default();
    std::iter::once(object.clone()).chain(children.iter().flat_map(below)).collect()
}

/// Code of the concept and the number of all NUM items.
fn numbers(report: &DefaultDicomObject) -> Vec<(String, f64)> {
    let is_number = |item: &InMemDicomObject| value(item, tags::VALUE_TYPE) == "NUM";
    let number = |object: InMemDicomObject| {
        let code = value(&item(&object, &[tags::CONCEPT_NAME_CODE_SEQUENCE]), tags::CODE_VALUE);
        let measured = item(&object, &[tags::MEASURED_VALUE_SEQUENCE]);
        (code, value(&measured, tags::NUMERIC_VALUE).parse().unwrap())
    };
    below(report).into_iter().filter(is_number).map(number).collect()
}

/// Points of each SCOORD item, and the frame that it was drawn on.
fn regions(report: &DefaultDicomObject) -> Vec<(Vec<f32>, String)> {
    let region = |object: InMemDicomObject| {
        let image = item(&object, &[tags::CONTENT_SEQUENCE, tags::REFERENCED_SOP_SEQUENCE]);
        let points = object.get(tags::GRAPHIC_DATA).unwrap().to_multi_float32().unwrap();
        (points, value(&image, tags::REFERENCED_FRAME_NUMBER))
    };
    let is_region = |item: &InMemDicomObject| value(item, tags::VALUE_TYPE) == "SCOORD";
    below(report).into_iter().filter(is_region).map(region).collect()
}

#[test]
fn a_report_holds_the_numbers_and_contours() {
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    let file = read(&report(&context, &Attestation::Automatic));
    let expected = [
        ("10230-1", 61.5),
        ("371886008", 4.25),
        ("371885007", 4.25),
        ("ED_FRAME", 1.0),
        ("ES_FRAME", 9.0),
        ("122616", 3.125),
        ("122617", 150.5),
        ("122619", 170.25),
        ("NET_COUNTS", 10_000.0),
        ("NET_COUNTS", 3_850.0),
    ];
    assert_eq!(numbers(&file), expected.map(|(code, value)| (code.to_string(), value)));
    // Pixel centres are at .5 in DICOM, and the polygon is closed.
    let points = vec![10.5, 12.5, 20.75, 12.5, 20.5, 31.0, 10.5, 12.5];
    assert_eq!(regions(&file), [(points.clone(), "1".into()), (points, "9".into())]);
    let flags = [tags::COMPLETION_FLAG, tags::VERIFICATION_FLAG, tags::PRELIMINARY_FLAG].map(|tag| value(&file, tag));
    assert_eq!(flags, ["COMPLETE", "UNVERIFIED", "PRELIMINARY"]);
    let texts: Vec<String> = below(&file).iter().map(|item| value(item, tags::TEXT_VALUE)).collect();
    for text in [
        "For research use only. Not for diagnosis or treatment.",
        "SIMULATED: computed counts, not a patient.",
        "95 % interval of the LVEF: 57.2 to 65.8 %.",
        "Peak Filling Time is counted from end-systole.",
    ] {
        assert!(texts.iter().any(|found| found == text), "{text}: {texts:?}");
    }
}

#[test]
fn a_signed_report_names_who_signed_and_what_it_supersedes() {
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    let first = report(&context, &Attestation::Automatic);
    let person = PersonObserver::new("Hong^Gildong=洪^吉洞=홍^길동", "Nuclear Medicine").unwrap();
    let signed = Signature { person, signed: CreationTime::new(CREATED + 90, 540).unwrap() };
    let reviewed = ResultContext { key: ResultKey::new("job", 1), ..context.clone() };
    let new = |supersedes: &[_]| {
        let attestation = Attestation::Signed(signed.clone());
        MeasurementReport::new(&reviewed, SrClass::Enhanced, &measurements(), &attestation, supersedes, &[])
    };
    let file = read(&new(&[first.instance().reference().clone()]).unwrap());
    assert_eq!(
        (value(&file, tags::VERIFICATION_FLAG), value(&file, tags::PRELIMINARY_FLAG)),
        ("VERIFIED".into(), "FINAL".into())
    );
    let observer = item(&file, &[tags::VERIFYING_OBSERVER_SEQUENCE]);
    assert_eq!(value(&observer, tags::VERIFYING_OBSERVER_NAME), "Hong^Gildong=洪^吉洞=홍^길동");
    assert_eq!(value(&observer, tags::VERIFICATION_DATE_TIME), "20260101090130+0900");
    let path = [tags::PREDECESSOR_DOCUMENTS_SEQUENCE, tags::REFERENCED_SERIES_SEQUENCE, tags::REFERENCED_SOP_SEQUENCE];
    let predecessor = value(&item(&file, &path), tags::REFERENCED_SOP_INSTANCE_UID);
    assert_eq!(predecessor, first.instance().reference().sop_uid);
    let names: Vec<String> = below(&file).iter().map(|item| value(item, tags::PERSON_NAME)).collect();
    assert!(names.contains(&"Hong^Gildong=洪^吉洞=홍^길동".to_string()), "{names:?}");
    // A picture is no predecessor, and a report of another study is none.
    let mut other_study = first.instance().reference().clone();
    other_study.study_uid = "1.2.3".into();
    let mut picture = first.instance().reference().clone();
    picture.sop_class_uid = "1.2.840.10008.5.1.4.1.1.7".into();
    for reference in [other_study, picture] {
        assert_eq!(new(&[reference]).unwrap_err(), ObjectError::Predecessor);
    }
}

#[test]
fn numbers_that_cannot_be_written_are_refused() {
    let (_scratch, context) = of(&beating_disc(16, 64, 300.0));
    let refused = |change: &dyn Fn(&mut LvMeasurements)| {
        let mut found = measurements();
        change(&mut found);
        let class = SrClass::Comprehensive;
        MeasurementReport::new(&context, class, &found, &Attestation::Automatic, &[], &[]).unwrap_err().to_string()
    };
    assert_eq!(refused(&|found| found.lvef_percent = f64::NAN), "the LVEF is NaN; it must be finite");
    let said = refused(&|found| found.lvef_percent = 70.0);
    assert_eq!(said, "the interval from 57.25 to 65.75 does not contain 70");
    let said = refused(&|found| found.heart_rate_per_minute = Some(f64::INFINITY));
    assert_eq!(said, "the heart rate is inf; it must be finite");
    let said = refused(&|found| found.end_systole.frame = bloodpool_core::FrameIndex::new(16));
    assert_eq!(said, "frame 17 was given; the source has 16");
    let outside = "the contour of frame 1 is not a polygon of 3 to 8190 points within the image";
    assert_eq!(refused(&|found| found.end_diastole.contour.truncate(2)), outside);
    assert_eq!(refused(&|found| found.end_diastole.contour = vec![[1.0, 1.0]; 8_191]), outside);
    assert_eq!(refused(&|found| found.end_diastole.contour[0] = [63.6, 1.0]), outside);
    assert_eq!(refused(&|found| found.end_diastole.contour[0] = [f64::NAN, 1.0]), outside);
}

#[test]
fn files_of_one_frame_each_are_referred_to_without_frame_numbers() {
    let scratch = Scratch::new();
    let one = |frame: usize, study: &str| -> PathBuf {
        scratch.changed(&format!("{study} {frame}.dcm"), |file| {
            let pixels = file.get(tags::PIXEL_DATA).unwrap().to_multi_int::<u16>().unwrap();
            let pixels = PrimitiveValue::U16(pixels[..4096].to_vec().into());
            file.put(DataElement::new(tags::PIXEL_DATA, VR::OW, pixels));
            text(file, tags::NUMBER_OF_FRAMES, VR::IS, "1");
            text(file, tags::STUDY_INSTANCE_UID, VR::UI, study);
            text(file, tags::SOP_INSTANCE_UID, VR::UI, &format!("1.2.{frame}"));
            for tag in
                [tags::ENERGY_WINDOW_VECTOR, tags::DETECTOR_VECTOR, tags::RR_INTERVAL_VECTOR, tags::TIME_SLOT_VECTOR]
            {
                support::numbers(file, tag, &[1]);
            }
        })
    };
    let files: Vec<PathBuf> = (1..=16).map(|frame| one(frame, "1.2.3")).collect();
    let context = context(&files);
    let report = read(&report(&context, &Attestation::Automatic));
    assert_eq!(regions(&report)[1].1, "");
    let images: Vec<String> = below(&report)
        .iter()
        .filter(|object| value(object, tags::VALUE_TYPE) == "IMAGE")
        .map(|object| value(&item(object, &[tags::REFERENCED_SOP_SEQUENCE]), tags::REFERENCED_SOP_INSTANCE_UID))
        .collect();
    // All of them as sources, then ED and ES.
    assert_eq!(images.len(), 18);
    assert_eq!(images[16..], ["1.2.1", "1.2.9"]);
    let mixed = [files[0].clone(), one(2, "1.2.4")];
    let error = read_source_study(&mixed, &Selection::default()).unwrap_err();
    assert!(error.to_string().contains("(0020,000D) StudyInstanceUID is 1.2.4"), "{error}");
}

#[test]
fn a_source_without_usable_uids_is_refused() {
    let scratch = Scratch::new();
    let missing = scratch.changed("missing.dcm", |file| {
        file.remove_element(tags::SERIES_INSTANCE_UID);
    });
    let error = read_source_study(&[missing], &Selection::default()).unwrap_err();
    assert!(error.to_string().contains("(0020,000E) SeriesInstanceUID is missing"), "{error}");
    let invalid = scratch.changed("invalid.dcm", |file| text(file, tags::STUDY_INSTANCE_UID, VR::UI, "1..2"));
    let error = read_source_study(&[invalid], &Selection::default()).unwrap_err();
    assert!(error.to_string().contains("StudyInstanceUID is '1..2'; it must be a UID"), "{error}");
    assert!(read_source_study(&[], &Selection::default()).is_err());
}

#[test]
fn objects_are_written_whole_and_replace_nothing_unless_told() {
    let (scratch, context) = of(&beating_disc(16, 64, 300.0));
    let object = report(&context, &Attestation::Automatic);
    let path = scratch.file("sr.dcm", b"precious");
    let error = write_object(&object, &path, &WriteOptions::default()).unwrap_err();
    assert!(matches!(error, WriteError::File(FileError::Exists { .. })), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"precious");
    write_object(&object, &path, &WriteOptions { overwrite: true }).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), encode_object(&object).unwrap());
}

/// The study is not simulated and its header is complete, so that few false alarms are left; `.ci/dicom-objects` has the
/// others.
#[test]
fn dciodvfy_finds_no_error() {
    if !have("dciodvfy", &["-version"]) {
        return;
    }
    let mut study = beating_disc(16, 64, 300.0);
    study.identity.simulated = false;
    let (scratch, context) = of(&study);
    let person = PersonObserver::new("Hong^Gildong", "Nuclear Medicine").unwrap();
    let signed = Attestation::Signed(Signature { person: person.clone(), signed: context.created });
    let mut objects = all(&context);
    objects.push(("reviewed", Box::new(report(&context, &Attestation::Reviewed(person)))));
    objects.push(("signed", Box::new(report(&context, &signed))));
    for (name, object) in objects {
        let path = scratch.path(name);
        write_object(&*object, &path, &WriteOptions::default()).unwrap();
        let said = run("dciodvfy", &["-new"], &path);
        // PS3.3 8.2: designators that begin with 99 are for private coding schemes.
        let is_known = |line: &str| line.contains("<99BLOODPOOL>") || line.contains("CodingSchemeUID(0008,010c)");
        let alarm =
            said.lines().find(|line| (line.starts_with("Error") || line.starts_with("Warning")) && !is_known(line));
        assert_eq!(alarm, None, "{name}:\n{said}");
        assert_eq!(said.lines().filter(|line| !line.contains(" - ")).count(), 1, "one IOD: {said}");
    }
}
