//! Faults of whole kinds, made from one sound study: each is corrected, said or withheld, and a sound study is left alone.

use std::path::{Path, PathBuf};

use bloodpool_core::GatedStudy;
use bloodpool_dicom::{Acquisition, Selection, WriteOptions, encode_study, read_study, write_study};
use ndarray::{Array3, Axis, concatenate, s};
use serde_json::Value;

use crate::program::{bloodpool, documents};

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/normal.dcm")
}

fn sound() -> GatedStudy {
    read_study(&fixture(), &Selection::default()).unwrap()
}

/// The sound study with other counts.
fn with(counts: Array3<f32>) -> GatedStudy {
    let sound = sound();
    let mut study = GatedStudy::new(counts, sound.pixel_spacing_mm()).unwrap();
    study.gating = sound.gating;
    study.identity = sound.identity;
    study
}

/// The sound study with its counts changed pixel by pixel.
fn changed(change: impl Fn([usize; 3], f32) -> f32) -> GatedStudy {
    let mut counts = sound().counts().clone();
    counts.indexed_iter_mut().for_each(|((frame, row, column), value)| *value = change([frame, row, column], *value));
    with(counts)
}

/// What `analyze --json` says of a study by `standard`, whose numbers the limits of these faults were set on.
fn document(study: &GatedStudy) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.dcm");
    write_study(study, &Acquisition::original(), &path, &WriteOptions::default()).unwrap();
    analyzed(&path)
}

fn analyzed(path: &Path) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["--json", "--protocol", "standard"];
    let run = bloodpool(folder.path()).arg("analyze").arg(path).args(arguments).output().unwrap();
    documents(&run.stdout).remove(0)
}

fn lvef(document: &Value) -> Option<f64> {
    document["lvef_percent"].as_f64()
}

fn rank<'a>(document: &'a Value, code: &str) -> Option<&'a str> {
    let reasons = document["validity"]["reasons"].as_array()?;
    reasons.iter().find(|reason| reason["code"] == code)?["rank"].as_str()
}

/// Every finding of a sound study is a note; the same stand in `warnings`, without ranks.
#[test]
fn a_sound_study_is_left_alone() {
    let document = analyzed(&fixture());
    assert!(lvef(&document).is_some());
    assert!(document.get("withheld").is_none() && document["uncorrected_lvef_percent"].is_null());
    let reasons = document["validity"]["reasons"].as_array().unwrap();
    assert!(reasons.iter().all(|reason| reason["rank"] == "note"), "{reasons:?}");
    assert_eq!(reasons.len(), document["warnings"].as_array().unwrap().len());
    assert_eq!(document["validity"]["at_the_camera"], "acceptable");
    assert_eq!(document["validity"]["checked"].as_array().unwrap().len(), 5);
}

/// `fault` is corrected to about the sound LVEF, with the uncorrected one beside it.
fn is_corrected(name: &str, study: &GatedStudy, code: &str) {
    let (sound, document) = (lvef(&analyzed(&fixture())).unwrap(), document(study));
    assert_eq!(rank(&document, code), Some("look"), "{name}: {}", document["validity"]);
    let (found, before) = (lvef(&document).unwrap(), document["uncorrected_lvef_percent"].as_f64().unwrap());
    assert!((found - sound).abs() < 2.0, "{name}: {found} for {sound}, {before} without correction");
}

#[test]
fn counts_lost_or_doubled_on_whole_frames_are_made_equal() {
    // Every fifth count is lost, as counts are: by chance.
    let lost = |[frame, row, column]: [usize; 3], value: f32| {
        let chance = (frame * 7919 + row * 104_729 + column * 1_299_709) % 97;
        (value * 0.8 + if chance.is_multiple_of(2) { 0.4 } else { -0.4 }).round().max(0.0)
    };
    let middle = changed(|at, value| if (8..13).contains(&at[0]) { lost(at, value) } else { value });
    is_corrected("loss in the middle", &middle, "frame_counts_corrected");
    for frame in [1, 8, 15] {
        let doubled = changed(|at, value| if at[0] == frame { 2.0 * value } else { value });
        is_corrected(&format!("frame {frame} doubled"), &doubled, "frame_counts_corrected");
    }
    let halved = changed(|at, value| if [3, 9].contains(&at[0]) { (value * 0.5).round() } else { value });
    is_corrected("two frames halved", &halved, "frame_counts_corrected");
}

#[test]
fn a_hot_pixel_on_one_frame_is_replaced() {
    let document = document(&changed(|at, value| if at == [8, 30, 36] { 60_000.0 } else { value }));
    // So bright that it is hot in the sum over the cycle, too.
    let said = ["pixels_corrected", "pixels_hot"].into_iter().any(|code| rank(&document, code).is_some());
    assert!(said, "{}", document["validity"]);
    let sound = lvef(&analyzed(&fixture())).unwrap();
    assert!((lvef(&document).unwrap() - sound).abs() < 1.0);
}

#[test]
fn an_empty_end_of_the_cycle_is_complete_drop_off() {
    let sound = lvef(&analyzed(&fixture())).unwrap();
    for empty in [1, 2] {
        let document = document(&changed(|at, value| if at[0] >= 24 - empty { 0.0 } else { value }));
        assert_eq!(rank(&document, "frames_empty_at_end"), Some("look"));
        let found = lvef(&document).unwrap();
        assert!((found - sound).abs() < 2.0, "{empty}: {found} for {sound}");
    }
}

#[test]
fn an_empty_frame_within_the_cycle_is_withheld() {
    for frame in [0, 8, 12] {
        let document = document(&changed(|at, value| if at[0] == frame { 0.0 } else { value }));
        assert_eq!((rank(&document, "frame_empty"), lvef(&document)), (Some("do_not_use"), None));
        assert!(document["withheld"]["lvef_percent"].is_number());
        assert!(document["lvef_by_protocol"]["standard"].is_null());
    }
}

#[test]
fn two_cycles_in_one_are_withheld() {
    let counts = sound().counts().clone();
    let document = document(&with(concatenate(Axis(0), &[counts.view(), counts.view()]).unwrap()));
    assert_eq!((rank(&document, "two_beats"), lvef(&document)), (Some("do_not_use"), None), "{}", document["validity"]);
    assert!(rank(&document, "frames_identical").is_some());
}

#[test]
fn a_cycle_that_starts_elsewhere_is_withheld() {
    let counts = sound().counts().clone();
    for start in [6, 12, 18] {
        let parts = [counts.slice(s![start.., .., ..]), counts.slice(s![..start, .., ..])];
        let document = document(&with(concatenate(Axis(0), &parts).unwrap()));
        let found = document["validity"]["rank"].as_str().unwrap();
        assert!(["look", "do_not_use"].contains(&found), "{start}: {}", document["validity"]);
        assert!(rank(&document, "r_wave_elsewhere").is_some(), "{start}: {}", document["validity"]);
    }
}

#[test]
fn a_heart_that_stands_still_is_withheld() {
    let sound = sound();
    let mean = sound.counts().mean_axis(Axis(0)).unwrap();
    // The mean image with the noise of each frame, scaled to that of counts.
    let still = changed(|[frame, row, column], _| {
        let chance = ((frame * 2_654_435 + row * 40_503 + column * 9_176) % 1_009) as f32 / 1_009.0 - 0.5;
        (mean[[row, column]] + chance * (12.0 * mean[[row, column]]).sqrt()).round().max(0.0)
    });
    let document = document(&still);
    assert_eq!((rank(&document, "no_beat"), lvef(&document)), (Some("do_not_use"), None), "{}", document["validity"]);
}

#[test]
fn a_spacing_that_cannot_be_counts_as_not_recorded() {
    for spacing in [[1.0, 1.0], [0.5, 0.5], [30.0, 30.0]] {
        let sound = sound();
        let mut study = GatedStudy::new(sound.counts().clone(), Some(spacing)).unwrap();
        study.gating = sound.gating;
        study.identity = sound.identity;
        let document = document(&study);
        assert_eq!(rank(&document, "pixel_spacing_invalid"), Some("look"), "{spacing:?}");
        assert!(document["study"]["pixel_spacing_mm"].is_null() && lvef(&document).is_some());
        let sound = lvef(&analyzed(&fixture())).unwrap();
        assert!((lvef(&document).unwrap() - sound).abs() < 3.0);
    }
}

#[test]
fn inverted_values_are_inverted_back_or_withheld() {
    let folder = tempfile::tempdir().unwrap();
    let largest = sound().counts().iter().copied().fold(0.0, f32::max);
    let inverted = changed(|_, value| largest - value);
    let plain = document(&inverted);
    assert!(plain["code"].is_string() || lvef(&plain).is_none(), "{plain}");
    let mut bytes = encode_study(&inverted, &Acquisition::original()).unwrap();
    let at = bytes.windows(11).position(|word| word == b"MONOCHROME2").unwrap();
    bytes[at + 10] = b'1';
    let path = folder.path().join("mono1.dcm");
    std::fs::write(&path, &bytes).unwrap();
    let document = analyzed(&path);
    assert_eq!(rank(&document, "inverted_back"), Some("look"));
    assert_eq!(lvef(&document), lvef(&analyzed(&fixture())));
    // Counts under the same label are read as they are.
    let mut bytes = std::fs::read(fixture()).unwrap();
    let at = bytes.windows(11).position(|word| word == b"MONOCHROME2").unwrap();
    bytes[at + 10] = b'1';
    std::fs::write(&path, &bytes).unwrap();
    let document = analyzed(&path);
    assert_eq!(rank(&document, "monochrome1"), Some("note"));
    assert_eq!(lvef(&document), lvef(&analyzed(&fixture())));
}

#[test]
fn counts_that_stop_at_a_limit_are_saturated() {
    for limit in [100.0, 120.0] {
        let document = document(&changed(|_, value| value.min(limit)));
        assert!(["look", "do_not_use"].contains(&rank(&document, "saturated").unwrap()), "{limit}");
    }
    assert!(rank(&analyzed(&fixture()), "saturated").is_none());
}

/// The study moved so that the middle of the heart lies at the edge of the field.
#[test]
fn a_heart_at_the_edge_does_not_pass() {
    let contour = analyzed(&fixture())["rois"][0]["contour"].clone();
    let xs: Vec<f64> = contour.as_array().unwrap().iter().map(|point| point[0].as_f64().unwrap()).collect();
    let middle = (xs.iter().sum::<f64>() / xs.len() as f64) as usize;
    let sound = sound();
    let counts = sound.counts();
    let shift = counts.dim().2 - 1 - middle;
    let moved = Array3::from_shape_fn(counts.dim(), |(frame, row, column)| {
        column.checked_sub(shift).map_or(1.0, |column| counts[[frame, row, column]])
    });
    let document = document(&with(moved));
    // A network that is shown half a heart may find none, one at the edge, or something else that does not fit; never nothing odd.
    let found = document["validity"]["rank"].as_str();
    let said = document["code"].is_string() || found.is_some_and(|rank| ["look", "do_not_use"].contains(&rank));
    assert!(said, "{}", document["validity"]);
}

#[test]
fn another_view_is_withheld() {
    let mut study = sound();
    study.identity.view = Some("Left lateral projection".into());
    study.identity.view_is_lao = Some(false);
    let document = document(&study);
    assert_eq!((rank(&document, "view_not_lao"), lvef(&document)), (Some("do_not_use"), None), "{document}");
    assert_eq!(document["validity"]["at_the_camera"], "repeat now, because the view is not left anterior oblique");
}

#[test]
fn the_summary_and_the_report_say_that_a_number_is_withheld() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.dcm");
    let empty = changed(|at, value| if at[0] == 8 { 0.0 } else { value });
    write_study(&empty, &Acquisition::original(), &path, &WriteOptions::default()).unwrap();
    let run = bloodpool(folder.path()).args(["analyze", "study.dcm", "--report", "out"]).assert().success();
    let text = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
    assert!(text.contains("Validity: do not use") && text.contains("LVEF  withheld"), "{text}");
    assert!(text.contains("repeat now, because counts were lost"), "{text}");
    let page = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    for part in ["Do not use: the number is withheld", "repeat now, because", "What was checked", "frame_empty"] {
        assert!(page.contains(part), "{part}");
    }
}
