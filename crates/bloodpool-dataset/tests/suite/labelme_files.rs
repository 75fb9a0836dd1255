//! Annotation files are read as LabelMe wrote them and written as LabelMe reads them.

use std::path::Path;

use bloodpool_core::Contour;
use bloodpool_dataset::{LabelMeError, LabelMeFile, Shape, ShapeType, polygon_on_image, rasterise};
use bloodpool_files::{FileError, IfExists, encode_png_u8, read_png_u8, write_png_u8};

fn triangle() -> Vec<[f64; 2]> {
    vec![[1.5, 2.25], [9.999999999999998, 2.0], [4.0, 11.1]]
}

#[test]
fn the_written_file_has_every_key_that_labelme_asks_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.json");
    LabelMeFile::new("study.png", 256, 128, "LV", vec![triangle()]).write(&path, IfExists::Refuse).unwrap();
    let file: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let expected = serde_json::json!({
        "version": "5.5.0", "flags": {}, "imagePath": "study.png", "imageData": null, "imageHeight": 128,
        "imageWidth": 256, "shapes": [{
            "label": "LV", "points": [[1.5, 2.25], [9.999999999999998, 2.0], [4.0, 11.1]], "group_id": null,
            "description": "", "shape_type": "polygon", "flags": {}, "mask": null
        }]
    });
    assert_eq!(file, expected);
    assert_eq!(LabelMeFile::read(&path).unwrap(), LabelMeFile::new("study.png", 256, 128, "LV", vec![triangle()]));
}

#[test]
fn a_file_of_an_old_release_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.json");
    let text = r#"{"version": "3.16.7", "flags": null, "lineColor": [0, 255, 0, 128], "imagePath": "..\\a.png",
        "imageData": null, "shapes": [{"label": "LV", "line_color": null, "points": [[1, 1], [5, 1], [5, 5]]}]}"#;
    std::fs::write(&path, text).unwrap();
    let file = LabelMeFile::read(&path).unwrap();
    assert_eq!(file.shapes[0].shape_type, ShapeType::Polygon);
    assert_eq!(file.other["lineColor"][1], 255);
    assert!(matches!(file.mask("LV"), Err(LabelMeError::NoSize { .. })));
    assert_eq!(LabelMeFile { image_height: Some(8), image_width: Some(8), ..file }.mask("LV").unwrap().area(), 15);
}

#[test]
fn unknown_shape_types_survive() {
    let mut shape = Shape::polygon("axis", vec![[1.0, 1.0], [5.0, 5.0]]);
    shape.shape_type = ShapeType::Other("line".into());
    let text = serde_json::to_string(&shape).unwrap();
    assert!(text.contains(r#""shape_type":"line""#), "{text}");
    assert_eq!(serde_json::from_str::<Shape>(&text).unwrap(), shape);
}

#[test]
fn a_drawn_mask_is_pasted_into_its_box() {
    let drawn = ndarray::array![[0, 1, 1], [1, 0, 0]];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drawn.png");
    write_png_u8(&path, &drawn, IfExists::Refuse).unwrap();
    assert_eq!(read_png_u8(&path).unwrap(), drawn);
    let mut shape = Shape::polygon("LV", vec![[4.0, 5.0], [6.0, 6.0]]);
    shape.shape_type = ShapeType::Mask;
    let embedded = LabelMeFile::new("", 3, 2, "", vec![]).with_image(&encode_png_u8(&drawn).unwrap());
    shape.mask = embedded.image_data;
    let mask = rasterise(&shape, 10, 10).unwrap();
    let inside: Vec<_> = mask.pixels().indexed_iter().filter(|(_, inside)| **inside).map(|(at, _)| at).collect();
    assert_eq!(inside, [(5, 5), (5, 6), (6, 4)]);
    shape.points[1] = [9.0, 9.0];
    assert!(rasterise(&shape, 10, 10).is_err());
}

#[test]
fn what_cannot_be_written_or_read_says_which_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.json");
    let file = LabelMeFile::new("a.png", 8, 8, "LV", vec![vec![[f64::NAN, 1.0], [2.0, 2.0], [3.0, 1.0]]]);
    assert!(matches!(file.write(&path, IfExists::Refuse), Err(LabelMeError::NotFinite { shape: 1, .. })));
    assert!(!path.exists());
    std::fs::write(&path, "{\"shapes\": 3}").unwrap();
    assert!(LabelMeFile::read(&path).unwrap_err().to_string().contains("a.json"));
    assert!(LabelMeFile::read(Path::new("no such file.json")).is_err());
    let whole = LabelMeFile::new("a.png", 8, 8, "LV", vec![triangle()]);
    let refused = whole.write(&path, IfExists::Refuse);
    assert!(matches!(refused, Err(LabelMeError::File(FileError::Exists { .. }))));
}

#[test]
fn the_centre_of_a_study_pixel_is_the_centre_of_its_block_on_the_image() {
    let contour = Contour(vec![[0.0, 0.0], [63.0, 31.0]]);
    assert_eq!(polygon_on_image(&contour, (32, 64), (256, 256)), [[2.0, 4.0], [254.0, 252.0]]);
}
