//! `LvMeasurements`: the numbers and contours that a measurement report holds, and whether they can be written.

use bloodpool_core::FrameIndex;

use super::error::ObjectError;
use crate::read::source_study::SourceStudy;

/// Points that a contour has at most: with the first point repeated, as many pairs of numbers of 4 bytes as an element of
/// VR FL holds, whose length has 16 bits (PS3.5 7.1.2).
const MOST_POINTS: usize = 8_190;

/// What was measured of the left ventricle. What is `None` is not written.
#[derive(Debug, Clone, PartialEq)]
pub struct LvMeasurements {
    /// LVEF, percent.
    pub lvef_percent: f64,
    /// The interval of the LVEF.
    pub lvef_interval: Option<Interval>,
    /// The ROI at end-diastole.
    pub end_diastole: RoiMeasurement,
    /// The ROI at end-systole.
    pub end_systole: RoiMeasurement,
    /// Heart rate, beats per minute.
    pub heart_rate_per_minute: Option<f64>,
    /// Peak ejection rate, end-diastolic volumes per second, positive.
    pub peak_ejection_rate_per_s: Option<f64>,
    /// Time from the R wave to the peak ejection rate, ms.
    pub time_to_peak_ejection_ms: Option<f64>,
    /// Peak filling rate, end-diastolic volumes per second.
    pub peak_filling_rate_per_s: Option<f64>,
    /// Time from end-systole to the peak filling rate, ms.
    pub time_to_peak_filling_ms: Option<f64>,
}

/// An interval of the LVEF, which contains it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end, percent.
    pub lower_percent: f64,
    /// Upper end, percent.
    pub upper_percent: f64,
    /// Its level, percent: 95 for a 95 % interval.
    pub level_percent: f64,
}

/// The ROI of one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct RoiMeasurement {
    /// The frame of the cycle.
    pub frame: FrameIndex,
    /// The outline, `[column, row]`; pixel centres are whole numbers. The last point is joined to the first.
    pub contour: Vec<[f64; 2]>,
    /// Counts in the ROI less background.
    pub net_counts: f64,
}

impl LvMeasurements {
    pub(super) fn check(&self, source: &SourceStudy) -> Result<(), ObjectError> {
        finite("the LVEF", self.lvef_percent)?;
        if let Some(interval) = self.lvef_interval {
            let Interval { lower_percent: lower, upper_percent: upper, level_percent } = interval;
            if !(lower <= self.lvef_percent && self.lvef_percent <= upper && lower.is_finite() && upper.is_finite()) {
                return Err(ObjectError::Interval { lower, upper, value: self.lvef_percent });
            }
            if !(level_percent > 0.0 && level_percent < 100.0) {
                let expected = "between 0 and 100";
                return Err(ObjectError::Number { what: "the level of the interval", value: level_percent, expected });
            }
        }
        self.end_diastole.check(source)?;
        self.end_systole.check(source)?;
        for (what, value) in [
            ("the heart rate", self.heart_rate_per_minute),
            ("the peak ejection rate", self.peak_ejection_rate_per_s),
            ("the time to peak ejection", self.time_to_peak_ejection_ms),
            ("the peak filling rate", self.peak_filling_rate_per_s),
            ("the time to peak filling", self.time_to_peak_filling_ms),
        ] {
            value.map_or(Ok(()), |value| finite(what, value))?;
        }
        Ok(())
    }
}

impl RoiMeasurement {
    fn check(&self, source: &SourceStudy) -> Result<(), ObjectError> {
        let (frame, frames) = (self.frame.number(), source.frames());
        if frame > frames {
            return Err(ObjectError::Frame { frame, frames });
        }
        let [rows, columns] = source.matrix();
        let is_within = |value: f64, size: usize| (-0.5..=size as f64 - 0.5).contains(&value);
        let is_point = |&[x, y]: &[f64; 2]| is_within(x, columns) && is_within(y, rows);
        if !(3..=MOST_POINTS).contains(&self.contour.len()) || !self.contour.iter().all(is_point) {
            return Err(ObjectError::Contour { frame });
        }
        finite("the net counts", self.net_counts)
    }

    /// The outline as SCOORD has it (PS3.3 C.18.6.1.2): column and row from the upper left corner of the image, so that
    /// the centre of the first pixel is 0.5, 0.5; the first point once more at the end.
    pub(super) fn polyline(&self) -> Vec<f32> {
        let closed = self.contour.iter().chain(self.contour.first());
        closed.flat_map(|&[x, y]| [(x + 0.5) as f32, (y + 0.5) as f32]).collect()
    }
}

fn finite(what: &'static str, value: f64) -> Result<(), ObjectError> {
    if value.is_finite() { Ok(()) } else { Err(ObjectError::Number { what, value, expected: "finite" }) }
}
