//! The curve as CSV: one row per frame.

use std::path::Path;

use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::protocol::{Estimator, Grid};
use bloodpool_core::{Analysis, FrameIndex, GatedStudy};
use bloodpool_files::{FileError, encode_csv};

const COLUMNS: [&str; 6] = ["frame", "time_ms", "gross_counts", "net_counts", "unmixed_counts", "area_px"];

/// Frame (from 1), its start after the R wave, gross counts in the LV ROI, net counts of the named protocol, net
/// counts of `unmixed`, and the area of the ROI on the protocol's grid. What is unknown is an empty field.
pub(super) fn curve_csv(path: &Path, study: &GatedStudy, analysis: &Analysis) -> Result<Vec<u8>, FileError> {
    let grid = match &analysis.protocol.estimator {
        Estimator::Roi(choices) => choices.grid,
        Estimator::Unmixed | Estimator::BackgroundImage(_) => Grid::Study,
    };
    let counts = GridCounts::new(study, grid);
    let measured = analysis.masks.iter().zip(&analysis.curve.net_counts);
    let rows = FrameIndex::all(analysis.masks.len()).zip(measured).map(|(frame, (mask, net))| {
        let roi = counts.mask(mask);
        let time = analysis.curve.frame_time_ms.map(|ms| format!("{:.1}", ms * frame.index() as f64));
        let unmixed = analysis.unmixed_curve.as_ref().and_then(|curve| curve.net_counts.get(frame.index()));
        [
            frame.to_string(),
            time.unwrap_or_default(),
            format!("{:.1}", counts.gross(frame, &roi)),
            format!("{net:.1}"),
            unmixed.map(|counts| format!("{counts:.1}")).unwrap_or_default(),
            roi.area().to_string(),
        ]
    });
    encode_csv(path, &COLUMNS, rows)
}
