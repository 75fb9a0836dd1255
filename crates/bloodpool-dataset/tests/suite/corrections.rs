//! What raters changed of prelabels, worked out by hand: rectangles for areas and Dice, circles for LVEF, and file times.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bloodpool_core::Mask;
use bloodpool_dataset::corrections::{CORRECTIONS_FILE, RaterCorrections};
use bloodpool_dataset::prelabel_record::{PRELABELS_FILE, PRELABELS_SCHEMA};
use bloodpool_dataset::{
    Corrections, CorrectionsError, CorrectionsOptions, ExtractManifest, LabelMeFile, PrelabelRecord, PrelabelledImage,
    ProblemKind, Shape, ShapeType,
};
use bloodpool_files::IfExists;

use crate::walk::{self, Wish, disc, extracted, form, radii};

/// Prelabels of these images, drawn by `mask`.
fn prelabels(work: &Path, mask: impl Fn(&str) -> Option<Mask>) -> PathBuf {
    let folder = work.join("prelabels");
    let manifest = ExtractManifest::read(work).unwrap().document;
    let images = manifest.cases.iter().flat_map(|case| &case.images).filter_map(|image| {
        let mask = mask(image.name())?;
        Some(PrelabelledImage::write(&folder, (work, image), &mask, "LV", IfExists::Refuse).unwrap())
    });
    let record = PrelabelRecord {
        schema: PRELABELS_SCHEMA.into(),
        software: "test".into(),
        model: "network".into(),
        model_sha256: "00".repeat(32),
        when_utc: "2026-11-26T22:00:00Z".into(),
        label: "LV".into(),
        images: images.collect(),
    };
    record.write(&folder, IfExists::Refuse).unwrap();
    assert_eq!(PrelabelRecord::read(&folder).unwrap().document, record);
    folder
}

fn compare(work: &Path, prelabels: &Path, raters: &Path) -> Result<Corrections, CorrectionsError> {
    let labels = ["left ventricle".to_owned()];
    let raters = [raters.to_owned()];
    CorrectionsOptions { images: work, prelabels, raters: &raters, labels: &labels, software: "test" }.compare()
}

/// The pixels of these many columns from 120 on, and 40 rows: 40 * columns.
fn block(columns: usize) -> Mask {
    Mask::from_fn(256, 256, |row, column| (100..140).contains(&row) && (120..120 + columns).contains(&column))
}

/// The same as LabelMe draws it, whose rectangle has its rim inside.
fn rectangle(rater: &Path, image: &str, columns: usize) {
    std::fs::create_dir_all(rater).unwrap();
    let corners = vec![[120.0, 100.0], [119.0 + columns as f64, 139.0]];
    let shape = Shape { shape_type: ShapeType::Rectangle, ..Shape::polygon("LV", corners) };
    let file = LabelMeFile::new(&format!("../../work/images/{image}.png"), 256, 256, "LV", Vec::new());
    LabelMeFile { shapes: vec![shape], ..file }.write(&rater.join(format!("{image}.json")), IfExists::Replace).unwrap();
}

fn save_at(path: &Path, seconds: u64) {
    let time: SystemTime = UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
    File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn close(value: f64, expected: f64) {
    assert!((value - expected).abs() < 1e-6, "{value} is not {expected}");
}

#[test]
fn dice_and_area_are_those_of_rectangles() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 2, false);
    let before = prelabels(&work, |image| (!image.ends_with("-es-second")).then(|| block(40)));
    let rater = folder.path().join("raters/a");
    // Study s0: 48 columns for 40; Dice 2 * 40 / 88, area + 20 %. Study s1: as it was.
    for image in ["s0-ed", "s0-ed-second", "s0-es"] {
        rectangle(&rater, image, 48);
        rectangle(&rater, &image.replace("s0", "s1"), 40);
    }
    rectangle(&rater, "s1-es-second", 40);
    let found = compare(&work, &before, &folder.path().join("raters")).unwrap();
    assert_eq!((found.prelabelled, found.model.as_str(), found.problems.len()), (6, "network", 0));
    let [rater]: [RaterCorrections; 1] = found.raters.clone().try_into().unwrap();
    assert_eq!((rater.rater.as_str(), rater.images, rater.unchanged, rater.missing), ("a", 6, 3, 0));
    assert_eq!(rater.without_prelabel, ["s1-es-second"]);
    let (dice, area) = (rater.dice.unwrap(), rater.area_change_percent.unwrap());
    assert_eq!((dice.values, dice.patients, area.values, area.patients), (6, 2, 6, 2));
    close(dice.mean, (80.0 / 88.0 + 1.0) / 2.0);
    close(rater.least_dice.unwrap(), 80.0 / 88.0);
    assert_eq!(rater.least_dice_image.as_deref(), Some("s0-ed"));
    // Means of the patients 20 and 0: 10 +- stats.t.ppf(.975, 1) * 10 (SciPy: 12.706204736432095).
    close(area.mean, 10.0);
    close(area.ci95.unwrap()[0], -117.062_047_364);
    close(area.ci95.unwrap()[1], 137.062_047_364);
    let csv = String::from_utf8(found.images_csv(Path::new("a.csv")).unwrap()).unwrap();
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 7);
    assert_eq!(lines[..2], ["image,rater,dice,area_change_percent,changed", "s0-ed,a,0.90909,20.000,true"]);
    assert_eq!(lines[6], "s1-es,a,1.00000,0.000,false");
    let path = folder.path().join(CORRECTIONS_FILE);
    found.write(&path, IfExists::Refuse).unwrap();
    assert_eq!(Corrections::read(&path).unwrap().document, found);
}

#[test]
fn lvef_of_circles_is_that_of_the_consensus() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 2, false);
    let radius = |image: &str| radii(usize::from(image.starts_with("s1")))[usize::from(image.contains("-es"))];
    let before = prelabels(&work, |image| Some(disc(radius(image))));
    // `a` leaves the prelabels as they are, `b` enlarges every circle by three pixels.
    let raters = walk::draw(folder.path(), 2, &[0.0, 3.0]);
    for image in walk::images(2) {
        let name = format!("{image}.json");
        let mut file = LabelMeFile::read(&before.join(&name)).unwrap();
        file.image_path = format!("../../work/images/{image}.png");
        file.write(&raters.join("a").join(&name), IfExists::Replace).unwrap();
    }
    std::fs::copy(before.join(PRELABELS_FILE), raters.join("a").join(PRELABELS_FILE)).unwrap();
    let found = compare(&work, &before, &raters).unwrap();
    let [a, b] = &found.raters[..] else { panic!("{found:?}") };
    assert_eq!((a.unchanged, a.least_dice), (8, Some(1.0)));
    assert_eq!(a.lvef_change_points.unwrap().mean, 0.0);
    assert_eq!(b.unchanged, 0);
    // Concentric circles of r and r + 3: 2 r^2 / (r^2 + (r + 3)^2), and ((r + 3) / r)^2 - 1. LabelMe fills the rim of a polygon, which is
    // up to half a pixel of radius: for r = 20 2 * 0.5 * 23 / 20^2 = 6 % of area, and 0.02 of Dice.
    for image in &b.compared {
        let r = radius(&image.image);
        let (small, large) = (r * r, (r + 3.0) * (r + 3.0));
        assert!((image.dice - 2.0 * small / (small + large)).abs() < 0.03, "{image:?}");
        assert!((image.area_change_percent.unwrap() - 100.0 * (large / small - 1.0)).abs() < 6.0, "{image:?}");
    }
    let least = b.least_dice_image.as_deref().unwrap();
    assert!(least.starts_with("s0-es"), "the smallest circle changes most: {least}");
    let consensus = form(&work, &raters, &Wish::default()).unwrap();
    for (index, case) in consensus.manifest.agreement.unwrap().ef_by_case.iter().enumerate() {
        let (a, b) = (&a.lvef[index], &b.lvef[index]);
        assert_eq!((&a.case, a.prelabels_percent), (&case.case, a.corrected_percent));
        assert_eq!(a.prelabels_percent, b.prelabels_percent);
        assert_eq!([a.corrected_percent, b.corrected_percent], case.raters_lvef_percent[..]);
        close(b.change_points.unwrap(), b.corrected_percent.unwrap() - b.prelabels_percent.unwrap());
    }
    let mean = b.lvef.iter().map(|lvef| lvef.change_points.unwrap()).sum::<f64>() / 2.0;
    close(b.lvef_change_points.unwrap().mean, mean);
}

#[test]
fn times_are_from_the_files_and_absent_where_these_were_copied() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let before = prelabels(&work, |_| Some(block(40)));
    let raters = folder.path().join("raters");
    // 40 s and 60 s, then a break of 20 minutes; the images were not drawn in the order of their names.
    for (image, at) in [("s0-es", 0), ("s0-ed", 40), ("s0-es-second", 100), ("s0-ed-second", 1300)] {
        rectangle(&raters.join("a"), image, 41);
        save_at(&raters.join(format!("a/{image}.json")), at);
        rectangle(&raters.join("b"), image, 41);
        save_at(&raters.join(format!("b/{image}.json")), 5000 + at / 1000);
    }
    let found = compare(&work, &before, &raters).unwrap();
    let time = found.raters[0].time.unwrap();
    assert_eq!((time.median_seconds, time.gaps, time.breaks, time.written_together), (50.0, 2, 1, 0));
    assert_eq!(found.raters[1].time, None);
    assert_eq!(serde_json::to_value(time).unwrap()["from"], "file_modification");
    // A single patient has means and no interval.
    assert_eq!(found.raters[0].area_change_percent.unwrap().ci95, None);
    let expected = ["a", "4", "0", "0.988", "0.988", "+2.5", "+0.0", "50 (2 gaps)"];
    let row = &found.table()[0];
    for column in [0, 1, 2, 3, 4, 5, 7] {
        assert_eq!(row[column], expected[column], "{}", Corrections::TABLE_COLUMNS[column]);
    }
    assert_eq!(found.table()[1][7], "-");
    let summary = found.summary();
    assert!(summary.contains("from the modification times of the rater's files, nobody measured it"), "{summary}");
    assert!(summary.contains("b: no time per image"), "{summary}");
}

#[test]
fn a_part_of_the_images_is_enough_and_files_with_errors_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 2, false);
    let empty = |image: &str| image == "s1-ed";
    let before = prelabels(&work, |image| Some(if empty(image) { Mask::empty(256, 256) } else { block(40) }));
    let rater = folder.path().join("raters/a");
    rectangle(&rater, "s0-ed", 40);
    rectangle(&rater, "s1-ed", 40);
    std::fs::write(rater.join("s0-es.json"), "{}").unwrap();
    let found = compare(&work, &before, &rater).unwrap();
    let [rater] = &found.raters[..] else { panic!("{found:?}") };
    assert_eq!((rater.images, rater.missing, rater.unchanged), (2, 6, 1));
    // The model found nothing on s1-ed: Dice 0, and no change in percent.
    assert_eq!((rater.compared[1].dice, rater.compared[1].area_change_percent), (0.0, None));
    assert_eq!(rater.area_change_percent.unwrap().values, 1);
    assert!(rater.lvef.is_empty() && rater.lvef_change_points.is_none());
    let kinds: Vec<ProblemKind> = found.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(kinds, [ProblemKind::Unreadable]);
    assert!(found.notes().iter().any(|note| note == "a: no usable file of 6 of 8 images with a prelabel."));
}

#[test]
fn prelabels_that_are_not_those_that_were_recorded_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let before = prelabels(&work, |_| Some(block(40)));
    let raters = folder.path().join("raters");
    rectangle(&raters.join("a"), "s0-ed", 40);
    let error = |raters: &Path| compare(&work, &before, raters).unwrap_err().to_string();
    // The folder of prelabels is no rater.
    assert!(error(&before).contains("is the folder of prelabels"), "{}", error(&before));
    let record = PrelabelRecord::read(&before).unwrap().document;
    for (change, expected) in [
        ((|record| record.images[0].image = "s7-ed".into()) as fn(&mut PrelabelRecord), "lists the image s7-ed, which"),
        (|record| record.images[1] = record.images[0].clone(), "lists the image s0-ed twice"),
        (|record| record.images[0].area_px = 1601, "of s0-ed in"),
        (|record| record.label = "RV".into(), "holds 0 pixels, where 1600 were recorded"),
    ] {
        let mut changed = record.clone();
        change(&mut changed);
        changed.write(&before, IfExists::Replace).unwrap();
        assert!(error(&raters).contains(expected), "{}", error(&raters));
    }
    record.write(&before, IfExists::Replace).unwrap();
    // Someone corrected the prelabel itself.
    rectangle(&before, "s0-es", 44);
    let said = error(&raters);
    assert!(said.contains("s0-es.json is not the file that was recorded"), "{said}");
}
