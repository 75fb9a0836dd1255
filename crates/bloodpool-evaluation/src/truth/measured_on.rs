//! What a model is shipped with, from observed studies: the examples of its interval and the known bias of each protocol.

use bloodpool_core::uncertainty::Example;
use bloodpool_report::known_bias::{Bias, KnownBias};

use super::observation::Observation;
use super::ordinary;

/// What an interval is calibrated on: studies that a number may be given for.
#[must_use]
pub fn examples(observations: &[Observation]) -> Vec<Example> {
    observations
        .iter()
        .filter_map(|observation| {
            let given = observation.outcome.as_ref().ok()?;
            let true_lvef_percent = observation.known.lvef?.curve;
            Some(Example { features: given.features.clone(), true_lvef_percent })
        })
        .collect()
}

/// What the report says of each protocol, to two decimals.
#[must_use]
pub fn known_bias(own: &[Observation], names: &[&str], data: String) -> KnownBias {
    let round = |value: f64| (value * 100.0).round() / 100.0;
    let of = |(index, name): (usize, &&str)| {
        let errors = ordinary::protocol_errors(own, index)?;
        let bias = Bias { bias: round(errors.bias), sd: round(errors.sd), within_5: round(errors.within_5_percent) };
        Some(((*name).to_owned(), bias))
    };
    KnownBias { data, protocols: names.iter().enumerate().filter_map(of).collect() }
}
