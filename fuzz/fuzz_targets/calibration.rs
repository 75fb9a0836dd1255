//! Calibrations as JSON: an interval within 0 to 100 that is none or finite, and a document that is written and read again.
#![no_main]

use bloodpool_core::uncertainty::{Calibration, Features, Interval, LocalCalibration};
use bloodpool_fuzz::check_message;
use libfuzzer_sys::fuzz_target;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Those of an ordinary study, and of one whose values are far out.
fn features() -> [Features; 2] {
    let text = |lvef: f64, counts: f64| {
        format!(
            r#"{{"lvef_percent": {lvef}, "counting_error_points": 1.5, "lv_counts": {counts}, "lv_area_mm2": 5000.0,
            "certainty": {{}}, "standard_difference_points": 3.0, "unmixed_difference_points": 2.0,
            "odd_even_difference_points": 1.0, "matrix": 64, "frames": 24}}"#
        )
    };
    [text(61.0, 50000.0), text(1e300, 1e-300)].map(|text| serde_json::from_str(&text).expect("features"))
}

fn check_interval(interval: Option<Interval>) {
    if let Some(Interval { low, high, level_percent, .. }) = interval {
        assert!((0.0..=100.0).contains(&low) && (0.0..=100.0).contains(&high) && low <= high, "{low} to {high}");
        assert!(level_percent.is_finite());
    }
}

fn check_document<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(document: &T) {
    let written = serde_json::to_string(document).expect("what was read is written");
    assert_eq!(&serde_json::from_str::<T>(&written).expect("what was written is read"), document);
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(calibration) = serde_json::from_slice::<Calibration>(bytes) {
        check_document(&calibration);
        match calibration.check() {
            Ok(calibration) => {
                for features in features() {
                    if let Some(reach) = calibration.reach_points(&features) {
                        assert!(reach.iter().all(|points| points.is_finite() && *points >= 0.0), "{reach:?}");
                    }
                    check_interval(calibration.interval(&features, 61.0));
                }
            }
            Err(error) => check_message(&error),
        }
    }
    if let Ok(local) = serde_json::from_slice::<LocalCalibration>(bytes) {
        check_document(&local);
        match local.check() {
            Ok(local) => {
                for group in [None, Some("a")] {
                    check_interval(local.interval(61.0, [4.0, 5.0], group));
                }
            }
            Err(error) => check_message(&error),
        }
    }
});
