//! LabelMe files: masks of the size of the image, and a file that is written and read again, or an error.
#![no_main]

use std::collections::BTreeSet;

use bloodpool_dataset::LabelMeFile;
use bloodpool_files::IfExists;
use bloodpool_fuzz::{check_message, with_file};
use libfuzzer_sys::fuzz_target;

/// Larger images only take longer.
const LARGEST_SIDE: usize = 512;

fuzz_target!(|bytes: &[u8]| {
    let file = match with_file("input.json", bytes, LabelMeFile::read) {
        Ok(file) => file,
        Err(error) => return check_message(&error),
    };
    assert!(file.shapes.iter().flat_map(|shape| &shape.points).flatten().all(|value| value.is_finite()));
    with_file("written.json", b"", |path| {
        file.write(path, IfExists::Replace).expect("what was read is written");
        assert_eq!(LabelMeFile::read(path).expect("what was written is read"), file);
    });
    let sides = [file.image_height, file.image_width];
    if sides.iter().flatten().any(|side| (LARGEST_SIDE..=8192).contains(side)) {
        return;
    }
    let labels: BTreeSet<&str> = file.shapes.iter().map(|shape| shape.label.as_str()).collect();
    for label in labels {
        match file.mask(label) {
            Ok(mask) => assert_eq!([Some(mask.dim().0), Some(mask.dim().1)], sides),
            Err(error) => check_message(&error),
        }
    }
});
