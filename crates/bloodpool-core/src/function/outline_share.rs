//! `OutlineShare`: how much of the LVEF's interval does not come from counting noise, and what it adds to other intervals.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use super::quantity::Quantity;
use crate::uncertainty::Interval;

/// Two-sided 95 % of a normal distribution.
const TWO_SIDED: f64 = 1.96;

/// The share of an LVEF's error that outline and background have in it, relative to the LVEF.
///
/// A bootstrap over counts holds the outline; the calibrated interval of the LVEF does not. What that interval has beyond
/// counting noise, as a root of a difference of squares, is taken to be in proportion in every quantity that follows the stroke
/// counts, since both come from the same sums.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlineShare {
    /// How far the truth may lie below the value, as a fraction of the value.
    pub below: f64,
    /// How far above.
    pub above: f64,
}

impl OutlineShare {
    /// From the calibrated interval of an LVEF and its standard error from counting noise, EF points. `None` without a positive
    /// LVEF. An interval that was cut at 0 or 100 gives too small a share on that side.
    #[must_use]
    pub fn of(lvef_percent: f64, interval: &Interval, counting_error_points: f64) -> Option<Self> {
        let beyond = |reach: f64| {
            let noise = TWO_SIDED * counting_error_points;
            (reach.max(0.0).powi(2) - noise * noise).max(0.0).sqrt() / lvef_percent
        };
        let share = Self { below: beyond(lvef_percent - interval.low), above: beyond(interval.high - lvef_percent) };
        (lvef_percent > 0.0 && share.below.is_finite() && share.above.is_finite()).then_some(share)
    }

    /// An estimate with this share added to its interval: errors of counts and outline are independent, so that reaches add as
    /// squares. Quantities that do not follow the stroke counts stay as they are.
    #[must_use]
    pub fn added(self, quantity: Quantity, estimate: Estimate) -> Estimate {
        if !quantity.follows_stroke_counts() {
            return estimate;
        }
        let Estimate { value, low, high } = estimate;
        let size = value.abs();
        Estimate {
            value,
            low: value - (value - low).hypot(self.below * size),
            high: value + (high - value).hypot(self.above * size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(low: f64, high: f64) -> Interval {
        Interval { low, high, level_percent: 95.0, source: String::new() }
    }

    #[test]
    fn reaches_are_those_worked_out_by_hand() {
        // LVEF 60 (55 to 64), counting error 1.530612: 3 points of noise, so 4 points of outline below, sqrt(16 - 9) above.
        let share = OutlineShare::of(60.0, &interval(55.0, 64.0), 3.0 / 1.96).unwrap();
        assert!((share.below - 4.0 / 60.0).abs() < 1e-12 && (share.above - 7.0_f64.sqrt() / 60.0).abs() < 1e-12);
        // A rate of 3 (2.85 to 3.15): 0.2 of outline below, sqrt(0.15^2 + 0.2^2) = 0.25.
        let rate = Estimate { value: 3.0, low: 2.85, high: 3.15 };
        let wider = share.added(Quantity::PeakFillingRate, rate);
        assert!((wider.low - 2.75).abs() < 1e-12 && wider.high > 3.15, "{wider:?}");
        assert_eq!(share.added(Quantity::TimeToPeakFilling, rate), rate);
        assert_eq!(share.added(Quantity::FillingOverEjectionRate, rate), rate);
    }

    #[test]
    fn noise_alone_leaves_no_share() {
        let share = OutlineShare::of(60.0, &interval(58.0, 62.0), 1.5).unwrap();
        assert_eq!((share.below, share.above), (0.0, 0.0));
        assert_eq!(OutlineShare::of(0.0, &interval(0.0, 2.0), 1.5), None);
        assert_eq!(OutlineShare::of(f64::NAN, &interval(0.0, 2.0), 1.5), None);
    }
}
