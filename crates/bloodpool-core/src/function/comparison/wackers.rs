//! `RepeatVariation`: whether a change of LVEF is larger than what repeated studies of an unchanged heart show.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// LVEF from which a baseline passes for normal, percent: the limit of the study that the rule is from.
pub const NORMAL_BASELINE_PERCENT: f64 = 55.0;
/// Smallest change that is not random with a normal baseline, EF points.
const NORMAL_POINTS: f64 = 10.0;
/// ... and with an abnormal one.
const ABNORMAL_POINTS: f64 = 5.0;
/// Slack on limits, so that rounding of a difference decides nothing, EF points.
pub(super) const SLACK_POINTS: f64 = 1e-9;

/// A change of LVEF against both limits.
///
/// Wackers et al. (Am J Cardiol 1979;43:1159) repeated the study in 70 patients: "To be attributed to nonrandom physiologic
/// alterations, the absolute change in ejection fraction should be 10 percent or more in normal patients and 5 percent or more in
/// abnormal patients", normal being 55 percent or greater. The technical limit is that of the two studies' own counts
/// ([`super::TechnicalRepeatability`]). A change counts only if it reaches the first and exceeds the second.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RepeatVariation {
    /// Whether the baseline is normal.
    pub baseline_normal: bool,
    /// Smallest change by Wackers et al., EF points: 10 with a normal baseline, 5 with an abnormal one.
    pub published_limit_points: f64,
    /// Technical limit of the pair, EF points.
    pub technical_limit_points: f64,
    /// Whether the change is at least the published limit.
    pub reaches_published_limit: bool,
    /// Whether the change is larger than the technical limit.
    pub exceeds_technical_limit: bool,
    /// Whether both hold: the change is beyond repeat variation.
    pub beyond: bool,
}

impl RepeatVariation {
    /// Of a difference. `normal_from_percent`: for example [`NORMAL_BASELINE_PERCENT`].
    #[must_use]
    pub fn of(
        baseline_percent: f64,
        difference_points: f64,
        technical_limit_points: f64,
        normal_from_percent: f64,
    ) -> Self {
        let baseline_normal = baseline_percent >= normal_from_percent - SLACK_POINTS;
        let published_limit_points = if baseline_normal { NORMAL_POINTS } else { ABNORMAL_POINTS };
        let change = difference_points.abs();
        let reaches_published_limit = change >= published_limit_points - SLACK_POINTS;
        let exceeds_technical_limit = change > technical_limit_points;
        Self {
            baseline_normal,
            published_limit_points,
            technical_limit_points,
            reaches_published_limit,
            exceeds_technical_limit,
            beyond: reaches_published_limit && exceeds_technical_limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_limits_must_be_passed() {
        let beyond = |baseline: f64, difference: f64, technical: f64| {
            RepeatVariation::of(baseline, difference, technical, NORMAL_BASELINE_PERCENT).beyond
        };
        assert!(beyond(60.0, -10.0, 6.0) && beyond(60.0, 10.0, 6.0) && !beyond(60.0, -9.9, 6.0));
        assert!(beyond(54.9, -5.0, 4.9) && !beyond(54.9, -4.9, 3.0) && !beyond(55.0, -5.0, 3.0));
        // Few counts: 10 points are within the technical limit.
        assert!(!beyond(60.0, -10.5, 11.0) && beyond(60.0, -11.5, 11.0));
        // 60.1 - 50.1 is a little less than 10 in binary.
        assert!(beyond(60.1, 50.1 - 60.1, 4.0));
        let found = RepeatVariation::of(48.0, -6.0, 7.0, NORMAL_BASELINE_PERCENT);
        assert!(!found.baseline_normal && found.reaches_published_limit && !found.exceeds_technical_limit);
    }
}
