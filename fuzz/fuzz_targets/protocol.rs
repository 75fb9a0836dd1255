//! A protocol as TOML: finite numbers under a name of its own, written and read again, that measures without NaN, or an error.
#![no_main]

use std::sync::OnceLock;

use bloodpool_config::protocol_from_toml;
use bloodpool_core::analysis::measure;
use bloodpool_core::{GatedStudy, Mask, ModelIdentity, Protocol, Segmentation};
use bloodpool_fuzz::check_message;
use libfuzzer_sys::fuzz_target;
use ndarray::Array3;

/// A disc that beats on a background, 8 frames of 32 x 32, with its masks.
fn study() -> &'static (GatedStudy, Vec<Mask>) {
    static STUDY: OnceLock<(GatedStudy, Vec<Mask>)> = OnceLock::new();
    STUDY.get_or_init(|| {
        let radius = |frame: usize| 6.0 + 2.0 * (frame as f64 / 8.0 * std::f64::consts::TAU).cos();
        let inside =
            |frame: usize, row: usize, column: usize| (row as f64 - 15.5).hypot(column as f64 - 15.5) < radius(frame);
        let counts = Array3::from_shape_fn((8, 32, 32), |(frame, row, column)| {
            if inside(frame, row, column) { 90.0 } else { 30.0 + (row * 7 + column * 3) as f32 % 5.0 }
        });
        let masks = (0..8).map(|frame| Mask::from_fn(32, 32, |row, column| inside(frame, row, column))).collect();
        (GatedStudy::new(counts, Some([6.0, 6.0])).expect("a valid study"), masks)
    })
}

fuzz_target!(|text: &str| {
    let protocol = match protocol_from_toml(text) {
        Ok(protocol) => protocol,
        Err(error) => return check_message(&error),
    };
    assert!(!protocol.name.trim().is_empty());
    let written = toml::to_string(&protocol).expect("what was read is written");
    assert_eq!(protocol_from_toml(&written).expect("what was written is read"), protocol);
    let json = serde_json::to_string(&protocol).expect("what was read is JSON");
    assert_eq!(serde_json::from_str::<Protocol>(&json).expect("a JSON protocol is read"), protocol);

    let (study, masks) = study();
    let segmentation = Segmentation { masks: masks.clone(), ..Segmentation::default() };
    let model = ModelIdentity { name: "fuzz".into(), sha256: String::new() };
    if let Ok(analysis) = measure(study, segmentation, model, &protocol) {
        let phases = [&analysis.end_diastole, &analysis.end_systole];
        let numbers = phases.into_iter().flat_map(|phase| [phase.area_px, phase.counts, phase.net_counts]);
        let curve = analysis.curve.net_counts.iter().copied();
        assert!(numbers.chain(curve).chain([analysis.lvef_percent]).all(f64::is_finite), "{written}");
    }
});
