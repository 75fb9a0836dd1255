//! Annotations of other programs: COCO as its own API writes it, CVAT as its documentation describes it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bloodpool_core::Mask;
use bloodpool_dataset::{LabelMeFile, read_coco, read_cvat};
use bloodpool_files::IfExists;
use bloodpool_stats::overlap::overlap;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The masks of `fixtures/coco/write.py`, as the COCO API reads them, by image.
fn masks_of_the_coco_api() -> BTreeMap<String, Mask> {
    let text = std::fs::read_to_string(fixture("coco/masks.txt")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .chunks_exact(49)
        .map(|chunk| {
            let mask = Mask::from_fn(48, 64, |row, column| chunk[1 + row].as_bytes()[column] == b'#');
            (chunk[0].to_owned(), mask)
        })
        .collect()
}

#[test]
fn coco_run_lengths_are_exact_and_polygons_nearly_so() {
    let files = read_coco(&fixture("coco/instances.json")).unwrap();
    let names: Vec<&str> = files.iter().map(|file| file.image_path.as_str()).collect();
    assert_eq!(names, ["a-ed.png", "a-es.png", "b-ed.png", "b-es.png"]);
    let expected = masks_of_the_coco_api();
    assert_eq!(expected.len(), 3);
    for file in &files[..2] {
        assert_eq!(file.mask("LV").unwrap(), expected[&file.image_path], "{}", file.image_path);
    }
    let polygon = &files[2];
    assert_eq!((polygon.shapes[0].points.len(), polygon.shapes[0].group_id), (24, Some(102)));
    // The COCO API takes the pixels whose centres are inside, LabelMe also those that the rim touches: of an ellipse of 14 x 11
    // about half a pixel along a rim of 79, 40 of 484 pixels, which is a Dice of 0.96.
    let (filled, inside) = (polygon.mask("LV").unwrap(), &expected["b-ed.png"]);
    let dice = overlap(&filled, inside).unwrap().dice;
    assert!((0.95..0.97).contains(&dice), "{dice}");
    assert!(inside.difference(&filled).area() <= 2, "{}", inside.difference(&filled).area());
    assert!(files[3].shapes.is_empty());
}

#[test]
fn what_was_read_is_a_labelme_file() {
    let folder = tempfile::tempdir().unwrap();
    for file in read_coco(&fixture("coco/instances.json")).unwrap() {
        let path = folder.path().join(Path::new(&file.image_path).with_extension("json"));
        file.write(&path, IfExists::Refuse).unwrap();
        assert_eq!(LabelMeFile::read(&path).unwrap(), file);
    }
}

#[test]
fn a_file_of_cvat_is_read() {
    // Written by hand after docs.cvat.ai, "CVAT for image"; the mask is the rows of an L.
    let files = read_cvat(&fixture("cvat.xml")).unwrap();
    let areas: Vec<(&str, usize)> =
        files.iter().map(|file| (file.image_path.as_str(), file.mask("LV").unwrap().area())).collect();
    // A triangle of legs of 8 with its rim: 9 + 8 + ... + 1 pixels; the L: 4 + 3 pixels; nothing.
    assert_eq!(areas, [("images/a-ed.png", 45), ("images/a-es.png", 7), ("images/b-ed.png", 0)]);
    assert_eq!(files[0].shapes.len(), 2);
    assert_eq!(files[0].shapes[1].label, "hole & rest");
}
