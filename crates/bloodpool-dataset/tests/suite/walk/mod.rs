//! A folder of images of synthetic studies and raters who drew on them.
#![allow(dead_code)] // the example `exchange` uses some of it

use std::f64::consts::TAU;
use std::path::{Path, PathBuf};

use bloodpool_core::{GatedStudy, Mask};
use bloodpool_dataset::consensus::Formed;
use bloodpool_dataset::extracted::EXTRACT_SCHEMA;
use bloodpool_dataset::{
    CaseToExtract, ConsensusError, ConsensusOptions, ConsensusRule, ExtractManifest, FrameOrigin, LabelMeFile,
    StudySource, form_consensus,
};
use bloodpool_files::IfExists;
use ndarray::Array3;

/// The radius of the ventricle of a study at ED and ES, pixels of the 256 grid.
pub(crate) fn radii(study: usize) -> [f64; 2] {
    [36.0, 20.0 + 2.0 * study as f64]
}

/// A hot disc right of the middle that beats on a warm background, 64 x 64 pixels, 16 frames, ES at frame 7.
pub(crate) fn study(number: usize) -> GatedStudy {
    let [ed, es] = radii(number);
    let counts = Array3::from_shape_fn((16, 64, 64), |(frame, row, column)| {
        let swing = 0.5 - 0.5 * (TAU * frame as f64 / 16.0 - TAU * 6.0 / 16.0).cos();
        let radius = (es + (ed - es) * swing) / 4.0;
        let inside = (row as f64 - 33.5).hypot(column as f64 - 35.5) <= radius;
        let grain = ((row * 7 + column * 3 + frame) % 5) as f32;
        grain + if inside { 100.0 } else { 20.0 }
    });
    let mut study = GatedStudy::new(counts, Some([5.0, 5.0])).unwrap();
    study.gating.frame_time_ms = Some(50.0);
    study
}

/// Extracts so many studies; studies 2k and 2k + 1 are of one patient when `shared`.
pub(crate) fn extracted(folder: &Path, studies: usize, shared: bool) -> PathBuf {
    let work = folder.join("work");
    std::fs::create_dir_all(&work).unwrap();
    let cases = (0..studies).map(|number| {
        let study = study(number);
        let case = CaseToExtract {
            case: &format!("s{number}"),
            patient: &format!("p{}", if shared { number / 2 } else { number }),
            source: Some(StudySource { file: format!("s{number}.dcm"), ..StudySource::default() }),
            study: &study,
            end_diastole_frame: 1,
            end_systole_frame: 7,
            frames_from: FrameOrigin::Automatic,
        };
        case.write(&work, IfExists::Refuse).unwrap()
    });
    let manifest = ExtractManifest {
        schema: EXTRACT_SCHEMA.into(),
        software: "test".into(),
        pseudonymised: false,
        cases: cases.collect(),
        set_aside: Vec::new(),
    };
    manifest.write(&work, IfExists::Refuse).unwrap();
    work
}

/// A circle of this radius about the ventricle, as a polygon.
pub(crate) fn circle(radius: f64) -> Vec<[f64; 2]> {
    let at = |point: usize| TAU * point as f64 / 40.0;
    (0..40).map(|point| [144.0 + radius * at(point).cos(), 136.0 + radius * at(point).sin()]).collect()
}

/// What a rater who draws `off` pixels too large draws on an image.
pub(crate) fn annotation(image: &str, off: f64) -> LabelMeFile {
    let number: usize = image[1..].split('-').next().unwrap().parse().unwrap();
    let [ed, es] = radii(number);
    let radius = if image.contains("-ed") { ed } else { es };
    LabelMeFile::new(&format!("../../work/images/{image}.png"), 256, 256, "LV", vec![circle(radius + off)])
}

/// The names of all images of so many studies.
pub(crate) fn images(studies: usize) -> Vec<String> {
    let tags = ["ed", "ed-second", "es", "es-second"];
    (0..studies).flat_map(|number| tags.map(|tag| format!("s{number}-{tag}"))).collect()
}

/// Raters `a`, `b`, `c`, ... who draw this much too large, in `raters/`.
pub(crate) fn draw(folder: &Path, studies: usize, offs: &[f64]) -> PathBuf {
    let raters = folder.join("raters");
    for (rater, &off) in ('a'..='z').zip(offs) {
        let own = raters.join(rater.to_string());
        std::fs::create_dir_all(&own).unwrap();
        for image in images(studies) {
            annotation(&image, off).write(&own.join(format!("{image}.json")), IfExists::Replace).unwrap();
        }
    }
    raters
}

/// What the tests change of the options.
#[derive(Clone)]
pub(crate) struct Wish {
    pub(crate) rule: ConsensusRule,
    pub(crate) min_raters: usize,
    pub(crate) at_least: Option<usize>,
    pub(crate) assignments: Option<PathBuf>,
    pub(crate) labels: Vec<String>,
    pub(crate) leave_out: Vec<String>,
    pub(crate) leave_out_outliers: bool,
    pub(crate) accept_lvef: Vec<String>,
    pub(crate) if_exists: IfExists,
}

impl Default for Wish {
    fn default() -> Self {
        Self {
            rule: ConsensusRule::Majority,
            min_raters: 2,
            at_least: None,
            assignments: None,
            labels: vec!["LV".into(), "left ventricle".into()],
            leave_out: Vec::new(),
            leave_out_outliers: false,
            accept_lvef: Vec::new(),
            if_exists: IfExists::Refuse,
        }
    }
}

/// Forms the consensus.
pub(crate) fn form(work: &Path, raters: &Path, wish: &Wish) -> Result<Formed, ConsensusError> {
    let options = ConsensusOptions {
        images: work,
        raters: &[raters.to_owned()],
        groups: None,
        assignments: wish.assignments.as_deref(),
        labels: &wish.labels,
        rule: wish.rule,
        min_raters: wish.min_raters,
        at_least: wish.at_least,
        leave_out: &wish.leave_out,
        leave_out_outliers: wish.leave_out_outliers,
        accept_lvef: &wish.accept_lvef,
        software: "test",
        if_exists: wish.if_exists,
    };
    form_consensus(&options, &|_, _| {})
}

/// A disc of the 256 grid about the ventricle.
pub(crate) fn disc(radius: f64) -> Mask {
    Mask::from_fn(256, 256, |row, column| (row as f64 - 136.0).hypot(column as f64 - 144.0) <= radius)
}
