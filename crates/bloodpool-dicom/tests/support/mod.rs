//! Synthetic studies and the outside tools that judge what is written.
#![allow(dead_code)]

use std::path::Path;
use std::process::Command;

use bloodpool::study::{GatedStudy, Gating, StudyIdentity};
use ndarray::Array3;

/// A small generator of numbers that are the same on every machine (Knuth's MMIX constants).
pub struct Lcg(pub u64);

impl Lcg {
    /// The next 32 random bits.
    pub fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.next() as usize % limit.max(1)
    }
}

/// A disc that beats once in `frames` frames on a noisy ground; `peak` is its brightest count.
pub fn beating_disc(frames: usize, side: usize, peak: f32) -> GatedStudy {
    let mut random = Lcg(1);
    let counts = Array3::from_shape_fn((frames, side, side), |(frame, row, column)| {
        let phase = frame as f64 / frames as f64 * std::f64::consts::TAU;
        let radius = side as f64 * (0.22 + 0.05 * phase.cos());
        let half = side as f64 / 2.0;
        let inside = (row as f64 - half).hypot(column as f64 - half) < radius;
        let level = if inside { peak * 0.8 } else { peak * 0.2 };
        (level * (0.9 + 0.2 * (random.next() as f32 / u32::MAX as f32))).floor()
    });
    let mut study = GatedStudy::new(counts, Some([4.42, 4.42])).unwrap();
    study.gating = Gating {
        frame_time_ms: Some(35.5),
        rr_interval_ms: Some(852.0),
        rr_low_ms: Some(767.0),
        rr_high_ms: Some(937.0),
        beats_accepted: Some(412),
        beats_rejected: Some(9),
    };
    study.identity = StudyIdentity {
        patient_name: Some("Disc^Beating".into()),
        patient_id: Some("SIM-1".into()),
        birth_date: Some("19600131".into()),
        sex: Some("F".into()),
        study_date: Some("20240229".into()),
        study_time: Some("101500".into()),
        institution: Some("None".into()),
        study_description: Some("Gated blood pool".into()),
        series_description: Some("GBP rest".into()),
        view: Some("Left anterior oblique".into()),
        camera: Some("bloodpool simulator".into()),
        simulated: true,
        ..StudyIdentity::default()
    };
    study
}

/// Whether an outside tool can be run. Without it a test is skipped with a notice, except where `CI=true`.
pub fn have(tool: &str, arguments: &[&str]) -> bool {
    let found = Command::new(tool).args(arguments).output().is_ok_and(|output| {
        // dciodvfy has no switch that does nothing; that it starts is enough.
        output.status.success() || tool != "python3"
    });
    assert!(found || std::env::var("CI").as_deref() != Ok("true"), "{tool} {arguments:?} is needed under CI");
    if !found {
        println!("skipped: {tool} {arguments:?} is not installed");
    }
    found
}

/// Standard output and error of a tool.
pub fn run(tool: &str, arguments: &[&str], file: &Path) -> String {
    let output = Command::new(tool).args(arguments).arg(file).output().unwrap();
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
