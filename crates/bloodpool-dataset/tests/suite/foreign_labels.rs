//! Labels of other programs as the files of a rater: COCO and CVAT fixtures, and masks in NIfTI, NRRD and PNG.

use std::path::{Path, PathBuf};

use bloodpool_core::{GatedStudy, Mask};
use bloodpool_dataset::extracted::EXTRACT_SCHEMA;
use bloodpool_dataset::foreign_labels::UnusableLabel;
use bloodpool_dataset::{
    CaseToExtract, ExtractManifest, ForeignLabels, ForeignLabelsError, FrameOrigin, LabelMeFile, ShapeType,
    TakenLabels, read_coco,
};
use bloodpool_files::{IfExists, LabelVolume, read_png_u8, write_png_u8};
use bloodpool_stats::overlap::overlap;
use ndarray::{Array2, Array3, Axis};

use crate::walk::{self, Wish, disc, extracted, form};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// Takes the sources over as rater `r`.
fn take(work: &Path, sources: &[PathBuf], if_exists: IfExists) -> Result<TakenLabels, ForeignLabelsError> {
    let labels = ["LV".to_owned(), "left ventricle".to_owned()];
    let out = rater(work);
    ForeignLabels { sources, images: work, labels: &labels, label: "LV", out: &out, if_exists }.take()
}

fn rater(work: &Path) -> PathBuf {
    work.parent().unwrap().join("raters/r")
}

fn dice(file: &LabelMeFile, expected: &Mask) -> f64 {
    overlap(&file.mask("LV").unwrap(), expected).unwrap().dice
}

/// Studies `a` and `b` of 48 x 64 pixels, which the fixtures were drawn on.
fn studies_of_the_fixtures(folder: &Path) -> PathBuf {
    let work = folder.join("work");
    std::fs::create_dir(&work).unwrap();
    let counts = Array3::from_shape_fn((12, 48, 64), |(frame, row, column)| (frame + row + column) as f32);
    let study = GatedStudy::new(counts, None).unwrap();
    let cases = ["a", "b"].map(|case| {
        let frames_from = FrameOrigin::Automatic;
        let study = &study;
        let case = CaseToExtract {
            case,
            patient: case,
            source: None,
            study,
            end_diastole_frame: 1,
            end_systole_frame: 5,
            frames_from,
        };
        case.write(&work, IfExists::Refuse).unwrap()
    });
    let (schema, software) = (EXTRACT_SCHEMA.into(), "test".into());
    let manifest = ExtractManifest { schema, software, pseudonymised: false, cases: cases.into(), set_aside: vec![] };
    manifest.write(&work, IfExists::Refuse).unwrap();
    work
}

fn write_mask(path: &Path, mask: &Mask, inside: u8) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let values: Array2<u8> = mask.pixels().mapv(|is| if is { inside } else { 0 });
    if path.extension().unwrap() == "png" {
        return write_png_u8(path, &values, IfExists::Replace).unwrap();
    }
    let volume = LabelVolume { labels: values.insert_axis(Axis(0)), pixel_spacing_mm: None };
    volume.write(path, IfExists::Replace).unwrap();
}

#[test]
fn coco_on_the_matrix_of_the_study_is_enlarged_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let work = studies_of_the_fixtures(folder.path());
    let source = fixture("coco/instances.json");
    let taken = take(&work, std::slice::from_ref(&source), IfExists::Refuse).unwrap();
    assert_eq!(taken.written, ["a-ed", "a-es", "b-ed"]);
    assert_eq!(taken.without_label, ["a-ed-second", "a-es-second", "b-ed-second", "b-es", "b-es-second"]);
    assert!(taken.unknown.is_empty() && taken.other_labels.is_empty() && taken.left.is_empty());
    let drawn = read_coco(&source).unwrap();
    for (name, drawing) in taken.written.iter().zip(&drawn) {
        let path = rater(&work).join(format!("{name}.json"));
        let file = LabelMeFile::read(&path).unwrap();
        assert_eq!((file.image_width, file.image_height), (Some(256), Some(256)));
        let image = read_png_u8(&path.parent().unwrap().join(&file.image_path)).unwrap();
        assert_eq!(image.dim(), (256, 256));
        if name == "b-ed" {
            // 256 / 64 and 256 / 48.
            let [x, y] = drawing.shapes[0].points[5];
            assert_eq!(file.shapes[0].points[5], [x * 4.0, y * (256.0 / 48.0)]);
        } else {
            assert!(dice(&file, &drawing.mask("LV").unwrap().resampled(256, 256)) >= 0.99, "{name}");
        }
    }
}

#[test]
fn cvat_gives_shapes_and_names_other_labels() {
    let folder = tempfile::tempdir().unwrap();
    let work = studies_of_the_fixtures(folder.path());
    let taken = take(&work, &[fixture("cvat.xml")], IfExists::Refuse).unwrap();
    assert_eq!(taken.written, ["a-ed", "a-es"]);
    assert_eq!(taken.other_labels.into_iter().collect::<Vec<_>>(), [("hole & rest".to_owned(), 1)]);
    let file = LabelMeFile::read(&rater(&work).join("a-ed.json")).unwrap();
    let thirds = 256.0 / 48.0;
    assert_eq!(file.shapes.len(), 1);
    assert_eq!(file.shapes[0].points, [[40.0, 10.0 * thirds], [72.0, 10.0 * thirds], [40.0, 18.0 * thirds]]);
}

#[test]
fn masks_are_a_rater_whom_a_consensus_takes() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let masks = folder.path().join("masks");
    // On the grid of the images and on the study's own, in each format.
    write_mask(&masks.join("s0-ed.png"), &disc(36.0), 255);
    write_mask(&masks.join("s0-es.nii.gz"), &disc(20.0), 1);
    write_mask(&masks.join("s0-ed-second.nii"), &disc(36.0).resampled(64, 64), 1);
    write_mask(&masks.join("s0-es-second.NRRD"), &disc(20.0).resampled(64, 64), 3);
    std::fs::write(masks.join("readme.txt"), "by hand").unwrap();
    let taken = take(&work, std::slice::from_ref(&masks), IfExists::Refuse).unwrap();
    assert_eq!((taken.written.len(), taken.without_label.len()), (4, 0));
    assert_eq!(taken.not_read, [masks.join("readme.txt")]);
    for (image, radius) in [("s0-ed", 36.0), ("s0-es", 20.0)] {
        let file = LabelMeFile::read(&rater(&work).join(format!("{image}.json"))).unwrap();
        assert_eq!((file.shapes.len(), &file.shapes[0].shape_type), (1, &ShapeType::Polygon));
        assert_eq!(file.image_path, format!("../../work/images/{image}.png"));
        assert!(dice(&file, &disc(radius)) >= 0.99);
    }
    let raters = walk::draw(folder.path(), 1, &[0.0, 0.5]);
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    assert!(formed.manifest.problems.is_empty(), "{:?}", formed.manifest.problems);
    assert!(formed.manifest.cases[0].images.iter().all(|image| image.raters == 3));
}

#[test]
fn a_hole_is_kept_pixel_by_pixel() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let ring = disc(36.0).difference(&disc(15.0));
    write_mask(&folder.path().join("s0-ed.png"), &ring, 1);
    take(&work, &[folder.path().join("s0-ed.png")], IfExists::Refuse).unwrap();
    let file = LabelMeFile::read(&rater(&work).join("s0-ed.json")).unwrap();
    assert_eq!(file.shapes[0].shape_type, ShapeType::Mask);
    assert_eq!(file.mask("LV").unwrap(), ring);
}

#[test]
fn what_is_not_of_these_images_is_named_and_what_exists_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let masks = folder.path().join("masks");
    write_mask(&masks.join("s0-ed.png"), &disc(30.0), 255);
    write_mask(&masks.join("s9-ed.png"), &disc(30.0), 255);
    write_mask(&masks.join("s0-es.png"), &Mask::empty(256, 256), 255);
    let taken = take(&work, std::slice::from_ref(&masks), IfExists::Refuse).unwrap();
    assert_eq!(taken.written, ["s0-ed"]);
    assert_eq!(taken.without_label, ["s0-ed-second", "s0-es", "s0-es-second"]);
    assert_eq!(taken.unknown.len(), 1);
    assert_eq!((taken.unknown[0].image.as_str(), &taken.unknown[0].path), ("s9-ed", &masks.join("s9-ed.png")));

    let written = rater(&work).join("s0-ed.json");
    let before = std::fs::read(&written).unwrap();
    write_mask(&masks.join("s0-ed.png"), &disc(20.0), 255);
    let error = take(&work, std::slice::from_ref(&masks), IfExists::Refuse).unwrap_err().to_string();
    assert!(error.contains("s0-ed.json already exists"), "{error}");
    assert_eq!(std::fs::read(&written).unwrap(), before);
    take(&work, std::slice::from_ref(&masks), IfExists::Replace).unwrap();
    assert_ne!(std::fs::read(&written).unwrap(), before);

    // Another source later: the earlier file stays, and is named.
    std::fs::remove_file(masks.join("s0-ed.png")).unwrap();
    write_mask(&masks.join("s0-es.png"), &disc(20.0), 255);
    let taken = take(&work, &[masks], IfExists::Refuse).unwrap();
    assert_eq!((taken.written, taken.left), (vec!["s0-es".to_owned()], vec!["s0-ed".to_owned()]));
}

#[test]
fn all_labels_that_cannot_be_used_are_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let masks = folder.path().join("masks");
    write_mask(&masks.join("s0-ed.png"), &disc(30.0), 255);
    write_mask(&masks.join("s0-ed.nii"), &disc(30.0), 1);
    write_mask(&masks.join("s0-ed-second.png"), &disc(30.0).resampled(128, 128), 255);
    let grey = Array2::from_shape_fn((256, 256), |(row, _)| (row / 100) as u8 * 7);
    write_png_u8(&masks.join("s0-es.png"), &grey, IfExists::Refuse).unwrap();
    let frames = LabelVolume { labels: Array3::zeros((2, 64, 64)), pixel_spacing_mm: None };
    frames.write(&masks.join("s0-es-second.nii"), IfExists::Refuse).unwrap();
    let error = take(&work, std::slice::from_ref(&masks), IfExists::Refuse).unwrap_err();
    let ForeignLabelsError::Unusable(found) = &error else { panic!("{error}") };
    assert_eq!(found.len(), 4);
    let said = error.to_string();
    for expected in [
        "4 labels cannot be used; nothing was written",
        "s0-ed is labelled in ",
        "s0-ed-second.png: the label of s0-ed-second is for 128 x 128 pixels; the image has 256 x 256, and its study 64 x 64",
        "s0-es.png: a mask of s0-es with the values 0, 7, 14; it needs 0 and one other",
        "s0-es-second.nii: 2 frames for the image s0-es-second; one is needed",
    ] {
        assert!(said.contains(expected), "{said}\nlacks: {expected}");
    }
    assert!(!rater(&work).exists());
}

#[test]
fn shapes_without_a_region_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let source = folder.path().join("a.xml");
    for (shape, expected) in [
        ("<polyline label=\"left_ventricle\" points=\"1,1;9,9\"/>", "encloses no region"),
        ("<box label=\"LV\" xtl=\"400\" ytl=\"400\" xbr=\"410\" ybr=\"410\"/>", "holds no pixel of the image"),
    ] {
        let text = format!(
            "<annotations><image name=\"s0-ed.png\" width=\"256\" height=\"256\">{shape}</image></annotations>"
        );
        std::fs::write(&source, text).unwrap();
        let error = take(&work, std::slice::from_ref(&source), IfExists::Refuse).unwrap_err();
        let ForeignLabelsError::Unusable(found) = &error else { panic!("{error}") };
        assert!(matches!(&found[..], [UnusableLabel::NoRegion { shape: 1, .. }]), "{error}");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn sources_without_any_label_of_the_images_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let error = take(&work, &[fixture("cvat.xml")], IfExists::Refuse).unwrap_err().to_string();
    assert!(error.contains("has a label"), "{error}");
    assert!(error.contains("2 labels are of images that are not in it: images/a-ed.png, images/a-es.png"), "{error}");
    let source = folder.path().join("a.xml");
    let shape = "<polygon label=\"RV\" points=\"1,1;9,1;9,9\"/>";
    let text =
        format!("<annotations><image name=\"s0-ed.png\" width=\"256\" height=\"256\">{shape}</image></annotations>");
    std::fs::write(&source, text).unwrap();
    let error = take(&work, &[source], IfExists::Refuse).unwrap_err().to_string();
    assert!(error.ends_with("has a label [\"LV\", \"left ventricle\"]; shapes have the labels [\"RV\"]"), "{error}");
    let error = take(&work, &[folder.path().join("a.mat")], IfExists::Refuse).unwrap_err().to_string();
    assert!(error.contains("a.mat is no file of labels"), "{error}");
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).unwrap();
    let error = take(&work, &[empty], IfExists::Refuse).unwrap_err().to_string();
    assert!(error.contains("empty contains no file of labels"), "{error}");
}

#[test]
fn images_beside_a_coco_file_are_not_taken_for_masks() {
    let folder = tempfile::tempdir().unwrap();
    let work = studies_of_the_fixtures(folder.path());
    let export = folder.path().join("export");
    std::fs::create_dir(&export).unwrap();
    std::fs::copy(fixture("coco/instances.json"), export.join("instances.json")).unwrap();
    std::fs::copy(work.join("images/a-ed.png"), export.join("a-ed.png")).unwrap();
    let taken = take(&work, std::slice::from_ref(&export), IfExists::Refuse).unwrap();
    assert_eq!((taken.written.len(), taken.not_read), (3, vec![export.join("a-ed.png")]));
}
