//! Annotations of COCO and CVAT: shapes with finite points that are written as LabelMe files and read again, or an error.
#![no_main]

use bloodpool_dataset::{LabelMeFile, read_coco, read_cvat};
use bloodpool_files::IfExists;
use bloodpool_fuzz::{check_message, with_file};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match with_file("input.json", bytes, read_coco) {
        Ok(files) => files.iter().for_each(check),
        Err(error) => check_message(&error),
    }
    match with_file("input.xml", bytes, read_cvat) {
        Ok(files) => files.iter().for_each(check),
        Err(error) => check_message(&error),
    }
});

fn check(file: &LabelMeFile) {
    assert!(file.shapes.iter().flat_map(|shape| &shape.points).flatten().all(|value| value.is_finite()));
    with_file("written.json", b"", |path| {
        file.write(path, IfExists::Replace).expect("what was read is written");
        assert_eq!(&LabelMeFile::read(path).expect("what was written is read"), file);
    });
}
