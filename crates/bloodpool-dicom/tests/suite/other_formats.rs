//! Files of other formats: each is named, with advice, and so are the directory of a medium and compressions not read.

use std::io::Write;

use bloodpool_dicom::{FileFormat, Problem, Selection, encode_study, plan, read_study};
use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::{FileMetaTableBuilder, InMemDicomObject};

use crate::support::{Scratch, acquisition, beating_disc, items, text};

fn written() -> Vec<u8> {
    encode_study(&beating_disc(8, 32, 300.0), &acquisition()).unwrap()
}

#[track_caller]
fn fails(bytes: &[u8], code: &str, said: &str) {
    let scratch = Scratch::new();
    let error = read_study(&scratch.file("file", bytes), &Selection::default()).unwrap_err();
    assert_eq!(error.code(), code, "{error}");
    assert!(error.to_string().contains(said), "{error}");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn nifti(size: u32, at: usize, magic: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 600];
    bytes[..4].copy_from_slice(&size.to_le_bytes());
    bytes[at..at + magic.len()].copy_from_slice(magic);
    bytes
}

#[test]
fn other_formats_are_named_with_advice() {
    let zip = |name: &[u8]| [b"PK\x03\x04", &[0; 22][..], &[name.len() as u8, 0, 0, 0], name].concat();
    let mut analyze = nifti(348, 40, &[4, 0]);
    analyze.truncate(348);
    let analyze_big: Vec<u8> = {
        let mut bytes = vec![0; 348];
        bytes[..4].copy_from_slice(&348u32.to_be_bytes());
        bytes[40..42].copy_from_slice(&4u16.to_be_bytes());
        bytes
    };
    let mut tar = vec![b'a'; 512];
    tar[257..262].copy_from_slice(b"ustar");
    let matlab_4: Vec<u8> =
        [0u32, 64, 64, 0, 5].iter().flat_map(|word| word.to_le_bytes()).chain(*b"data\0").chain([0; 64]).collect();
    let gated = "export the gated study from the camera or workstation as DICOM";
    let picture = "shades of a picture are not counts";
    for (bytes, name, advice) in [
        (zip(b"study.dcm"), "a ZIP archive", "extract it and give the folder"),
        (zip(b"arr_0.npy"), "a NumPy archive (.npz)", "give the DICOM file that they were made from"),
        (b"7z\xBC\xAF\x27\x1C\0\0".to_vec(), "a 7z archive", "extract it"),
        (tar, "a tar archive", "extract it"),
        (gzip(&written()), "a DICOM file compressed with gzip", "decompress it and give the file that was in it"),
        (gzip(b"text"), "compressed with gzip", "decompress it"),
        (gzip(&nifti(348, 344, b"n+1\0")), "NIfTI", gated),
        (nifti(348, 344, b"ni1\0"), "NIfTI", gated),
        (nifti(540, 4, b"n+2\0"), "NIfTI", gated),
        (analyze, "Analyze 7.5", gated),
        (analyze_big, "Analyze 7.5", gated),
        (b"!INTERFILE :=\r\n!imaging modality := nucmed\r\n".to_vec(), "Interfile", gated),
        (b"\xEF\xBB\xBF! interfile:=\n".to_vec(), "Interfile", gated),
        (b"\x93NUMPY\x01\0v\0{'descr': '<u2'}".to_vec(), "a NumPy array (.npy)", "give the DICOM file"),
        (b"MATLAB 5.0 MAT-file, Platform: GLNXA64".to_vec(), "a MATLAB file (.mat)", "give the DICOM file"),
        (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".to_vec(), "a MATLAB file (.mat)", "give the DICOM file"),
        (matlab_4, "a MATLAB file (.mat)", "give the DICOM file"),
        (b"\x89PNG\r\n\x1A\n\0\0\0\x0DIHDR".to_vec(), "a PNG picture", picture),
        (b"\xFF\xD8\xFF\xE0\0\x10JFIF\0".to_vec(), "a JPEG picture", picture),
        (b"\xFF\xD8\xFF\xF7\0\x0B\x08\0\x40".to_vec(), "a JPEG-LS image", picture),
        (b"\0\0\0\x0CjP  \r\n\x87\n".to_vec(), "a JPEG 2000 image", picture),
        (b"\xFF\x4F\xFF\x51\0\x2F".to_vec(), "a JPEG 2000 image", picture),
        (b"%PDF-1.7\n".to_vec(), "a PDF document", picture),
    ] {
        fails(&bytes, "not_dicom", &format!("is not a DICOM file but {name}: "));
        fails(&bytes, "not_dicom", advice);
    }
    let scratch = Scratch::new();
    let error = read_study(&scratch.file("file", &zip(b"a")), &Selection::default()).unwrap_err();
    assert!(matches!(error.problem, Problem::OtherFormat { format: FileFormat::Archive("ZIP") }));
}

/// The directory of a medium, its records in a sequence of group 4.
fn directory(media: bool) -> Vec<u8> {
    let mut record = InMemDicomObject::new_empty();
    text(&mut record, tags::DIRECTORY_RECORD_TYPE, VR::CS, "PATIENT");
    text(&mut record, tags::PATIENT_ID, VR::LO, "1");
    let mut object = InMemDicomObject::new_empty();
    text(&mut object, tags::FILE_SET_ID, VR::CS, "DISC");
    items(&mut object, tags::DIRECTORY_RECORD_SEQUENCE, vec![record]);
    let class = if media { "1.2.840.10008.1.3.10" } else { "1.2.3" };
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax("1.2.840.10008.1.2.1")
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid("1.2.3");
    let mut bytes = Vec::new();
    object.with_meta(meta).unwrap().write_all(&mut bytes).unwrap();
    bytes
}

#[test]
fn the_directory_of_a_medium_is_named_and_passed_over_in_a_folder() {
    let said = "is a directory of DICOM files by (0004,1220) DirectoryRecordSequence; give the folder that contains it";
    for bytes in [directory(true), directory(false)] {
        fails(&bytes, "not_nm", said);
        fails(&bytes[132..], "not_nm", said);
        let scratch = Scratch::new();
        scratch.file("in/directory.dcm", &bytes);
        scratch.file("in/study.dcm", &written());
        let planned = plan(&[scratch.path("in")], &Selection::default()).studies;
        assert_eq!(planned.len(), 1);
        assert!(planned[0].as_ref().unwrap().path.ends_with("study.dcm"));
        std::fs::remove_file(scratch.path("in/study.dcm")).unwrap();
        let planned = plan(&[scratch.path("in")], &Selection::default()).studies;
        assert_eq!((planned.len(), planned[0].as_ref().unwrap_err().code()), (1, "empty_folder"));
    }
}

#[test]
fn compressions_that_are_not_read_name_the_tool_that_converts_them() {
    for (syntax, said) in [
        ("1.2.840.10008.1.2.4.80", "JPEG-LS is not supported: convert the file with `dcmdjpls` or `gdcmconv --raw`"),
        ("1.2.840.10008.1.2.4.81", "lossy compression changes counts"),
        ("1.2.840.10008.1.2.4.90", "JPEG 2000 is not supported: convert the file with `gdcmconv --raw`"),
        ("1.2.840.10008.1.2.4.91", "it may be lossy"),
    ] {
        let bytes = written();
        let plain = b"1.2.840.10008.1.2.1\0";
        let at = bytes.windows(plain.len()).position(|window| window == plain).unwrap();
        let element = [&[2, 0, 16, 0, b'U', b'I', 22, 0], syntax.as_bytes()].concat();
        let bytes = [&bytes[..at - 8], &element, &bytes[at + plain.len()..]].concat();
        fails(&bytes, "unsupported_transfer_syntax", said);
    }
}
