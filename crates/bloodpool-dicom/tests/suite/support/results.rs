//! A source study and made-up results of it, for tests of the objects that are written of results.

use std::path::PathBuf;

use bloodpool_core::FrameIndex;
use bloodpool_dicom::objects::{
    Algorithm, CreationTime, Equipment, Interval, LvMeasurements, ResultContext, ResultKey, RoiMeasurement,
};
use bloodpool_dicom::{Selection, SourceStudy, read_source_study};
use bloodpool_stats::Mask;

/// 2026-01-01 00:00 UTC.
pub(crate) const CREATED: i64 = 1_767_225_600;

/// The results of the study in `files`.
pub(crate) fn context(files: &[PathBuf]) -> ResultContext {
    context_of(read_source_study(files, &Selection::default()).unwrap())
}

/// The results of a study.
pub(crate) fn context_of(source: SourceStudy) -> ResultContext {
    let parameters = ["protocol: paper".to_string()];
    ResultContext {
        source,
        algorithm: Algorithm::new("bloodpool", "0.1.0", &parameters, Some(&"0f".repeat(32))).unwrap(),
        equipment: Equipment::new("bloodpool", "bloodpool", "1", "0.1.0").unwrap(),
        key: ResultKey::new("job", 0),
        created: CreationTime::new(CREATED, 540).unwrap(),
    }
}

/// A disc whose radius differs from frame to frame.
pub(crate) fn disc(rows: usize, columns: usize, frame: usize) -> Mask {
    let radius = (rows.min(columns) / 4 + frame % 3) as f64;
    Mask::from_fn(rows, columns, |row, column| {
        (row as f64 - rows as f64 / 2.0).hypot(column as f64 - columns as f64 / 2.0) < radius
    })
}

/// A triangle at frame 1 and frame 9.
pub(crate) fn measurements() -> LvMeasurements {
    let roi = |frame: usize, net_counts: f64| RoiMeasurement {
        frame: FrameIndex::new(frame),
        contour: vec![[10.0, 12.0], [20.25, 12.0], [20.0, 30.5]],
        net_counts,
    };
    LvMeasurements {
        lvef_percent: 61.5,
        lvef_interval: Some(Interval { lower_percent: 57.25, upper_percent: 65.75, level_percent: 95.0 }),
        end_diastole: roi(0, 10_000.0),
        end_systole: roi(8, 3_850.0),
        heart_rate_per_minute: None,
        peak_ejection_rate_per_s: Some(3.125),
        time_to_peak_ejection_ms: Some(150.5),
        peak_filling_rate_per_s: None,
        time_to_peak_filling_ms: Some(170.25),
    }
}
