//! A consensus from raters' folders: what it contains, and all errors reported together.

use std::path::Path;

use bloodpool_dataset::annotations::ProblemKind;
use bloodpool_dataset::{
    AnnotationProblem, ConsensusError, ConsensusManifest, ConsensusRule, LabelMeFile, Shape, ShapeType,
};
use bloodpool_files::folder_lock::{FolderLock, LOCK_FILE, LockError};
use bloodpool_files::{IfExists, encode_png_u8, read_png_u8};

use crate::walk::{self, Wish, annotation, circle, disc, draw, extracted, form};

fn overlap(mask: &bloodpool_core::Mask, other: &bloodpool_core::Mask) -> f64 {
    bloodpool_stats::overlap(mask, other).unwrap().dice
}

fn mask(path: &Path) -> bloodpool_core::Mask {
    bloodpool_dataset::consensus::mask_of(&read_png_u8(path).unwrap()).unwrap()
}

fn problems(result: Result<bloodpool_dataset::consensus::Formed, ConsensusError>) -> Vec<AnnotationProblem> {
    match result {
        Err(ConsensusError::Problems(problems)) => problems,
        Err(other) => panic!("another error: {other}"),
        Ok(formed) => formed.manifest.problems,
    }
}

#[test]
fn the_majority_of_all_raters_is_written_and_recorded() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 3, false);
    let raters = draw(folder.path(), 3, &[-3.0, 0.0, 0.0, 1.0, 5.0]);
    std::fs::write(folder.path().join("raters.csv"), "rater,group\na,x\nb,x\nc,y\nd,y\ne,y\n").unwrap();
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    let own = mask(&work.join("consensus/s0-ed.png"));
    assert!(overlap(&own, &disc(36.0)) > 0.98);
    let mean = read_png_u8(&work.join("consensus/mean/s0-ed.png")).unwrap();
    assert_eq!((mean[[136, 144]], mean[[136, 144 + 38]], mean[[0, 0]]), (255, 51, 0));

    let manifest = ConsensusManifest::read(&work).unwrap().document;
    assert_eq!(manifest, formed.manifest);
    assert_eq!(manifest.cases.len(), 3);
    assert!(manifest.cases.iter().all(|case| case.images.iter().all(|image| image.raters == 5)));
    // Areas are almost those of the counts, so that LVEF follows (es / ed) squared.
    let lvef = manifest.cases[0].lvef_percent.unwrap();
    assert!((lvef - 100.0 * (1.0 - (20.0_f64 / 36.0).powi(2))).abs() < 5.0, "{lvef}");
    let agreement = formed.manifest.agreement.unwrap();
    let figures: Vec<_> = agreement.raters.iter().map(|rater| rater.against_others.area_bias_percent).collect();
    // The others of b have radii of 33, 36, 37 and 41 at ED, and its own of 36 has 4.6 % less area than their mean; at ES, with
    // 20, 22 and 24, it is 8.8, 7.9 and 7.2 %.
    let of_b = -f64::midpoint(4.6, (8.8 + 7.9 + 7.2) / 3.0);
    assert!(figures[0] < -5.0 && figures[4] > 10.0 && (figures[1] - of_b).abs() < 1.0, "{figures:?}, {of_b}");
    assert_eq!(agreement.ef.unwrap().cases, 3);
    assert_eq!(agreement.groups.len(), 1);
    assert_eq!(agreement.groups[0].groups, ["x".to_owned(), "y".to_owned()]);
    for file in manifest.paths(&work) {
        assert!(file.is_file(), "{}", file.display());
    }
    let picture = std::fs::read_to_string(work.join("consensus/contours/s1.svg")).unwrap();
    assert_eq!(picture.matches("<path").count(), 4 * 6);
    let table = std::fs::read_to_string(work.join("consensus/raters.csv")).unwrap();
    assert_eq!(table.lines().count(), 6);
    assert!(table.lines().nth(1).unwrap().starts_with("a,x,12,0,"));

    // A second time nothing is replaced, unless asked to.
    assert!(matches!(form(&work, &raters, &Wish::default()), Err(ConsensusError::Lock(LockError::Occupied { .. }))));
    let again = Wish { rule: ConsensusRule::Staple, if_exists: IfExists::Replace, ..Wish::default() };
    assert_eq!(form(&work, &raters, &again).unwrap().manifest.rule, ConsensusRule::Staple);
}

#[test]
fn shapes_of_every_kind_and_labels_of_every_case_are_one_ventricle() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let raters = draw(folder.path(), 1, &[0.0, 0.0]);
    let mut file = annotation("s0-ed", 0.0);
    let shape = |label: &str, kind: ShapeType, points: Vec<[f64; 2]>| {
        let mut shape = Shape::polygon(label, points);
        shape.shape_type = kind;
        shape
    };
    file.shapes = vec![
        shape("Left_Ventricle", ShapeType::Circle, vec![[144.0, 136.0], [180.0, 136.0]]),
        shape("lv ", ShapeType::Rectangle, vec![[140.0, 90.0], [150.0, 100.0]]),
        shape("aorta", ShapeType::Polygon, circle(80.0)),
    ];
    file.image_height = None;
    file.image_width = None;
    let grey = read_png_u8(&work.join("images/s0-ed.png")).unwrap();
    let file = file.with_image(&encode_png_u8(&grey).unwrap());
    for rater in ["a", "b"] {
        file.write(&raters.join(rater).join("s0-ed.json"), IfExists::Replace).unwrap();
    }
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    let problems = &formed.manifest.problems;
    assert_eq!(problems.len(), 2, "{problems:?}");
    let aorta = |problem: &AnnotationProblem| {
        problem.kind == ProblemKind::OtherLabels && problem.message.contains("1 shape has another label")
    };
    assert!(problems.iter().all(|problem| aorta(problem) && problem.message.contains("\"aorta\" (1)")));
    let own = mask(&work.join("consensus/s0-ed.png"));
    assert!(own.contains(136, 144) && own.contains(92, 145) && !own.contains(136, 215));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 4, false);
    let raters = draw(folder.path(), 4, &[0.0, 0.0, 0.0, 0.0]);
    let put = |rater: &str, name: &str, file: &LabelMeFile| {
        file.write(&raters.join(rater).join(format!("{name}.json")), IfExists::Replace).unwrap();
    };
    let with =
        |image: &str, points: Vec<[f64; 2]>| LabelMeFile::new(&format!("{image}.png"), 256, 256, "LV", vec![points]);
    put("a", "s0-ed", &annotation("s1-ed", 0.0));
    put("a", "s0-es", &LabelMeFile { image_width: Some(512), ..annotation("s0-es", 0.0) });
    put("a", "s1-es (1)", &annotation("s1-es", 0.0));
    put("a", "s2-ed", &with("s2-ed", vec![]));
    put("a", "s2-es", &LabelMeFile { shapes: Vec::new(), ..annotation("s2-es", 0.0) });
    put("a", "s3-es", &LabelMeFile::new("s3-es.png", 256, 256, "ventricle", vec![circle(20.0)]));
    put("b", "s0-ed", &with("s0-ed", vec![[300.0, 300.0], [310.0, 300.0], [310.0, 310.0]]));
    put("b", "s0-es", &with("s0-es", vec![[120.0, 120.0], [160.0, 160.0], [160.0, 120.0], [120.0, 160.0]]));
    std::fs::write(raters.join("b/s1-ed.json"), "{\"shapes\": [").unwrap();
    put("b", "unheard-of", &annotation("s9-ed", 0.0));
    let other = encode_png_u8(&ndarray::Array2::from_elem((256, 256), 7)).unwrap();
    put("b", "s1-es", &annotation("s1-es", 0.0).with_image(&other));
    for image in walk::images(4).iter().skip(8) {
        std::fs::remove_file(raters.join(format!("c/{image}.json"))).unwrap();
    }
    std::fs::remove_file(raters.join("d/s3-ed.json")).unwrap();

    let found = problems(form(&work, &raters, &Wish::default()));
    let has = |kind: ProblemKind, file: &str, error: bool| {
        let one = found.iter().find(|problem| problem.kind == kind && problem.path.ends_with(file));
        let one = one.unwrap_or_else(|| panic!("{kind:?} of {file} among {found:#?}"));
        assert_eq!(one.is_error(), error, "{one:?}");
        assert!(one.message.contains(file), "{}", one.message);
        one.message.clone()
    };
    assert!(has(ProblemKind::WrongImage, "a/s0-ed.json", true).contains("s0-ed.png"));
    assert!(has(ProblemKind::WrongSize, "a/s0-es.json", true).contains("512 x 256"));
    has(ProblemKind::Renamed, "a/s1-es (1).json", false);
    assert!(found.iter().any(|p| p.kind == ProblemKind::SeveralVersions
        && p.message.contains("a/s1-es.json")
        && p.message.contains("a/s1-es (1).json")));
    has(ProblemKind::NoRegion, "a/s2-ed.json", true);
    has(ProblemKind::NoShape, "a/s2-es.json", true);
    assert!(has(ProblemKind::NoShape, "a/s3-es.json", true).contains("ventricle"));
    has(ProblemKind::Outside, "b/s0-ed.json", true);
    assert!(has(ProblemKind::SelfCrossing, "b/s0-es.json", false).contains("shape 1"));
    has(ProblemKind::Unreadable, "b/s1-ed.json", true);
    has(ProblemKind::UnknownImage, "b/unheard-of.json", true);
    has(ProblemKind::OtherPixels, "b/s1-es.json", true);
    assert!(has(ProblemKind::HalfMissing, "raters/c", true).contains("leave this rater out"));
    assert!(has(ProblemKind::ImagesMissing, "raters/d", false).contains("s3-ed"));
    assert!(!work.join("consensus").exists());

    let wish = Wish { leave_out: ["a", "b", "c"].map(str::to_owned).to_vec(), min_raters: 1, ..Wish::default() };
    let error = form(&work, &raters, &wish).unwrap_err().to_string();
    assert!(error.contains("s3-ed (0)"), "{error}");
    let unknown = Wish { leave_out: vec!["z".into()], ..Wish::default() };
    assert!(form(&work, &raters, &unknown).unwrap_err().to_string().contains("there are a, b, c, d"));
}

#[test]
fn two_runs_never_write_at_once_and_one_that_was_cut_off_is_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let raters = draw(folder.path(), 1, &[0.0, 0.0]);
    let lock = FolderLock::take(&work, &[], "another 1").unwrap();
    let error = form(&work, &raters, &Wish::default()).unwrap_err();
    assert!(matches!(error, ConsensusError::Lock(_)) && error.to_string().contains("in use by another 1"), "{error}");
    assert!(!work.join("consensus").exists());
    drop(lock);
    form(&work, &raters, &Wish::default()).unwrap();
    assert!(!work.join(LOCK_FILE).exists());
    let whole = std::fs::read(work.join("consensus/consensus.json")).unwrap();
    // As a kill leaves it: a lock file that nobody holds, half of the files, a temporary file, and no record.
    std::fs::remove_file(work.join("consensus/consensus.json")).unwrap();
    std::fs::remove_file(work.join("consensus/mean/s0-es.png")).unwrap();
    std::fs::write(work.join("consensus/mean/.bloodpool-abc123.tmp"), "half").unwrap();
    let owner = r#"{"pid": 7, "host": "pc", "program": "test", "started": "2026-01-01T00:00:00Z"}"#;
    std::fs::write(work.join(LOCK_FILE), owner).unwrap();
    form(&work, &raters, &Wish::default()).unwrap();
    assert_eq!(std::fs::read(work.join("consensus/consensus.json")).unwrap(), whole);
    assert!(!work.join("consensus/mean/.bloodpool-abc123.tmp").exists() && !work.join(LOCK_FILE).exists());
}

#[test]
fn images_that_are_gone_or_changed_are_all_named() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 2, false);
    let raters = draw(folder.path(), 2, &[0.0, 0.0]);
    std::fs::remove_file(work.join("images/s1-es-second.png")).unwrap();
    std::fs::write(work.join("images/s0-ed.png"), b"another").unwrap();
    let error = form(&work, &raters, &Wish::default()).unwrap_err().to_string();
    assert!(error.contains("s1-es-second.png") && error.contains("s0-ed.png"), "{error}");
}

#[test]
fn who_stands_out_can_be_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 2, false);
    let raters = draw(folder.path(), 2, &[0.0, 0.5, -0.5, 0.0, 14.0]);
    let formed = form(&work, &raters, &Wish { leave_out_outliers: true, ..Wish::default() }).unwrap();
    assert_eq!(formed.manifest.left_out_as_outliers, ["e"]);
    assert_eq!(formed.manifest.agreement.as_ref().unwrap().raters.len(), 5);
    assert!(formed.manifest.cases.iter().flat_map(|case| &case.images).all(|image| image.raters == 4));
    let table = std::fs::read_to_string(work.join("consensus/raters.csv")).unwrap();
    assert!(table.lines().last().unwrap().ends_with("true,true"), "{table}");
}

#[test]
fn raters_who_drew_apart_have_no_consensus() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let raters = draw(folder.path(), 1, &[0.0, 0.0]);
    let far = LabelMeFile::new("s0-ed.png", 256, 256, "LV", vec![vec![[5.0, 5.0], [20.0, 5.0], [20.0, 20.0]]]);
    far.write(&raters.join("a/s0-ed.json"), IfExists::Replace).unwrap();
    let error = form(&work, &raters, &Wish::default()).unwrap_err().to_string();
    assert!(error.contains("no pixel has a majority on s0-ed"), "{error}");
    assert!(!work.join("consensus").exists());
}

#[test]
fn a_consensus_of_exchanged_frames_stops_with_the_name_of_the_study() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 2, false);
    // What a table does in which ED and ES are exchanged: the images of study s1, and all outlines on them, are of the other phase.
    let path = work.join("extract.json");
    let mut manifest: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let images = manifest["cases"][1]["images"].as_array_mut().unwrap();
    for (ed, es) in [(0, 2), (1, 3)] {
        for key in ["frame", "file", "sha256"] {
            let ed_value = images[ed][key].take();
            images[ed][key] = images[es][key].take();
            images[es][key] = ed_value;
        }
    }
    std::fs::write(&path, manifest.to_string()).unwrap();
    let raters = draw(folder.path(), 2, &[0.0, 0.5, 1.0]);
    let error = form(&work, &raters, &Wish::default()).unwrap_err();
    assert!(matches!(&error, ConsensusError::UnusualLvef(studies) if studies.0.len() == 1), "{error}");
    let said = error.to_string();
    assert!(said.contains("outside 5 to 95 % on s1 (-") && said.contains("Nothing was written"), "{said}");
    assert!(!work.join("consensus/consensus.json").exists());

    let accepting = |case: &str| Wish { accept_lvef: vec![case.to_owned()], ..Wish::default() };
    let unknown = form(&work, &raters, &accepting("s7")).unwrap_err().to_string();
    assert!(unknown.contains("no study `s7`"), "{unknown}");
    let formed = form(&work, &raters, &accepting("s1")).unwrap();
    assert_eq!(formed.manifest.accepted_lvef, ["s1"]);
    assert!(formed.manifest.cases[1].lvef_percent.unwrap() < -50.0);
}

#[test]
fn a_small_even_panel_is_warned_of() {
    let folder = tempfile::tempdir().unwrap();
    let work = extracted(folder.path(), 1, false);
    let raters = draw(folder.path(), 1, &[0.0, 1.0, 2.0, 3.0]);
    let formed = form(&work, &raters, &Wish::default()).unwrap();
    assert_eq!(formed.manifest.warnings.len(), 1);
    assert!(formed.summary(&work).contains("warning: 4 of 4 images have an even number of raters (4)"));
}
