//! The numbers of a structured report, from the analysis.

use bloodpool_core::analysis::Phase;
use bloodpool_core::function::Quantity;
use bloodpool_dicom::objects::{Interval, LvMeasurements, RoiMeasurement};

use crate::AnalyzedStudy;

impl AnalyzedStudy {
    /// The measurements, and remarks on what has no place among them.
    pub(super) fn measurements(&self) -> (LvMeasurements, Vec<String>) {
        let analysis = self.analysis();
        let function = self.function();
        let curve = function.and_then(|function| function.curve.value());
        let quantity = |quantity| Some(curve?.outcome(quantity)?.value()?.value);
        let roi = |phase: &Phase| RoiMeasurement {
            frame: phase.frame,
            contour: analysis.contours.get(phase.frame.index()).map(|contour| contour.0.clone()).unwrap_or_default(),
            net_counts: phase.net_counts,
        };
        let mut remarks = Vec::new();
        let interval = analysis.interval.as_ref().and_then(|interval| {
            let found = Interval {
                lower_percent: interval.low,
                upper_percent: interval.high,
                level_percent: interval.level_percent,
            };
            if (interval.low..=interval.high).contains(&analysis.lvef_percent) {
                return Some(found);
            }
            // A local calibration may find a bias larger than the interval.
            remarks.push(format!(
                "The true LVEF lies between {:.1} and {:.1} % with a probability of {:.0} %.",
                interval.low, interval.high, interval.level_percent
            ));
            None
        });
        let measurements = LvMeasurements {
            lvef_percent: analysis.lvef_percent,
            lvef_interval: interval,
            end_diastole: roi(&analysis.end_diastole),
            end_systole: roi(&analysis.end_systole),
            heart_rate_per_minute: curve.and_then(|curve| curve.heart_rate_per_min),
            peak_ejection_rate_per_s: quantity(Quantity::PeakEjectionRate),
            time_to_peak_ejection_ms: quantity(Quantity::TimeToPeakEjection),
            peak_filling_rate_per_s: quantity(Quantity::PeakFillingRate),
            time_to_peak_filling_ms: quantity(Quantity::TimeToPeakFilling),
        };
        (measurements, remarks)
    }
}
