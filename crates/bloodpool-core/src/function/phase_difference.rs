//! `PhaseDifference`: by how much one region beats later than another.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::phase::{PhaseHistogram, turned};

/// How much later the first of two regions beats: RV less LV, or septal less lateral wall.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseDifference {
    /// Mean phase of the first region less that of the second, degrees of the cycle, -180 to 180; positive: it beats later.
    pub degrees: f64,
    /// The same as time, ms; `None` where the length of the cycle is not known.
    pub ms: Option<f64>,
}

impl PhaseDifference {
    /// Of two regions of the same images. `cycle_ms`: length of the cycle.
    #[must_use]
    pub fn between(first: &PhaseHistogram, second: &PhaseHistogram, cycle_ms: Option<f64>) -> Self {
        let degrees = turned(first.mean_degrees - second.mean_degrees);
        let cycle_ms = cycle_ms.filter(|cycle| cycle.is_finite() && *cycle > 0.0);
        Self { degrees, ms: cycle_ms.map(|cycle| degrees / 360.0 * cycle) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(phase: f64) -> PhaseHistogram {
        PhaseHistogram::new(&[(phase, 5.0); 24], 6.0).unwrap()
    }

    #[test]
    fn differences_are_the_short_way_round() {
        let later = PhaseDifference::between(&at(10.0), &at(350.0), Some(900.0));
        // 20 degrees of 900 ms are 50 ms.
        assert!((later.degrees - 20.0).abs() < 1e-9 && (later.ms.unwrap() - 50.0).abs() < 1e-9);
        let earlier = PhaseDifference::between(&at(350.0), &at(10.0), None);
        assert!((earlier.degrees + 20.0).abs() < 1e-9 && earlier.ms.is_none());
        assert_eq!(PhaseDifference::between(&at(1.0), &at(1.0), Some(f64::NAN)).ms, None);
    }
}
