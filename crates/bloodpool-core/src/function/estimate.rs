//! `Estimate`: a value with its interval.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value with the 95 % interval in which it lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Estimate {
    /// The value, in the quantity's unit.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}
