//! `Classification`: which studies an LVEF and its reference place below a limit that decides on treatment.

use bloodpool_stats::{Proportion, proportion};
use schemars::JsonSchema;
use serde::Serialize;

use crate::raters::agreement::Pair;

/// LVEF limits, percent: 50 is the lower limit of normal and of many chemotherapy protocols, 40 that of reduced LVEF, 35 that of
/// implantable defibrillators.
pub const LIMITS_PERCENT: [f64; 3] = [50.0, 40.0, 35.0];

/// The studies of one protocol on both sides of one limit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Classification {
    /// Name of the protocol.
    pub protocol: String,
    /// The limit, percent; "below" is strictly below.
    pub limit_percent: f64,
    /// Studies whose LVEF and reference are below.
    pub both_below: usize,
    /// Studies whose LVEF alone is below.
    pub measured_alone_below: usize,
    /// Studies whose reference alone is below: a reduced LVEF that was missed.
    pub reference_alone_below: usize,
    /// Studies of which neither is.
    pub neither_below: usize,
    /// Share on different sides.
    pub misclassified: Option<Proportion>,
    /// Of the studies whose reference is below, those whose LVEF is; `None` where there are none.
    pub sensitivity: Option<Proportion>,
    /// Of the studies whose reference is not below, those whose LVEF is not; `None` where there are none.
    pub specificity: Option<Proportion>,
}

impl Classification {
    /// One protocol at every limit.
    pub(super) fn of_all(protocol: &str, pairs: &[Pair]) -> Vec<Self> {
        LIMITS_PERCENT.iter().map(|&limit| Self::new(protocol, limit, pairs)).collect()
    }

    fn new(protocol: &str, limit_percent: f64, pairs: &[Pair]) -> Self {
        let count = |measured: bool, reference: bool| {
            let sides = |pair: &&Pair| (pair.measured < limit_percent, pair.reference < limit_percent);
            pairs.iter().filter(|pair| sides(pair) == (measured, reference)).count()
        };
        let (both, measured) = (count(true, true), count(true, false));
        let (reference, neither) = (count(false, true), count(false, false));
        Self {
            protocol: protocol.to_owned(),
            limit_percent,
            both_below: both,
            measured_alone_below: measured,
            reference_alone_below: reference,
            neither_below: neither,
            misclassified: proportion(measured + reference, pairs.len()).ok(),
            sensitivity: proportion(both, both + reference).ok(),
            specificity: proportion(neither, neither + measured).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sides_of_a_limit_are_counted() {
        let pairs = [(48.0, 49.9), (49.0, 50.0), (55.0, 42.0), (60.0, 61.0), (50.0, 70.0)]
            .map(|(measured, reference)| Pair { patient: format!("{measured}"), measured, reference });
        let at_50 = Classification::new("standard", 50.0, &pairs);
        let counts = [at_50.both_below, at_50.measured_alone_below, at_50.reference_alone_below, at_50.neither_below];
        assert_eq!(counts, [1, 1, 1, 2]);
        // By hand: 2 of 5 differ; 1 of 2 found; 2 of 3 kept.
        let share = |share: Option<Proportion>| share.map(|share| (share.having, share.of));
        assert_eq!(share(at_50.misclassified), Some((2, 5)));
        assert_eq!((share(at_50.sensitivity), share(at_50.specificity)), (Some((1, 2)), Some((2, 3))));
        // Nothing is below 35: there is no sensitivity, rather than one of 0.
        let at_35 = Classification::new("standard", 35.0, &pairs);
        assert_eq!((at_35.sensitivity, at_35.neither_below), (None, 5));
    }
}
