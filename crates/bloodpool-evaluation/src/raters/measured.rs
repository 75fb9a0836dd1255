//! `Measured`: a number or why there is none, and how tables and sentences write it.

use std::fmt::Display;

use bloodpool_report::figures;
use bloodpool_stats::{ByPatient, MeanSd, Proportion, Regression, Wilcoxon};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value that was computed, or the reason why it was not. In JSON the value itself, or `{"not_computed": ..}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Measured<T> {
    /// It was computed.
    Known(T),
    /// It was not.
    Unknown {
        /// Why not.
        not_computed: String,
    },
}

impl<T> Measured<T> {
    /// The value, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(figure) => Some(figure),
            Self::Unknown { .. } => None,
        }
    }

    /// Why there is none.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown { not_computed } => Some(not_computed),
        }
    }

    /// No value, for this reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { not_computed: reason.into() }
    }
}

impl<T, E: Display> From<Result<T, E>> for Measured<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(figure) => Self::Known(figure),
            Err(error) => Self::unknown(error.to_string()),
        }
    }
}

/// What is written where there is no number.
pub(super) const NONE: &str = "-";

/// A number; whole ones in groups of three digits.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if decimals == 0 { figures::counts(value) } else { format!("{value:.decimals$}") }
}

/// `94.65 ± 1.45`.
pub(super) fn mean_sd(figure: &Measured<MeanSd>, decimals: usize) -> String {
    shown(figure, |m| format!("{} \u{b1} {}", number(m.mean, decimals), number(m.sd, decimals)))
}

/// `-1.2 to 3.4`.
pub(super) fn range([low, high]: [f64; 2], decimals: usize) -> String {
    format!("{} to {}", number(low, decimals), number(high, decimals))
}

/// `1.02 (0.85 to 1.19)`.
pub(super) fn with_interval(value: f64, interval: [f64; 2], decimals: usize) -> String {
    format!("{value:.decimals$} ({})", range(interval, decimals))
}

/// The interval of a mean by patient.
pub(super) fn interval(figure: &Measured<ByPatient>, decimals: usize) -> String {
    figure.known().map_or(NONE.to_owned(), |mean| range(mean.mean_ci95, decimals))
}

/// A mean by patient with its interval.
pub(super) fn by_patient(figure: &Measured<ByPatient>, decimals: usize) -> String {
    figure.known().map_or(NONE.to_owned(), |mean| with_interval(mean.mean, mean.mean_ci95, decimals))
}

/// A slope with its interval.
pub(super) fn slope(figure: &Measured<Regression>) -> String {
    figure.known().map_or(NONE.to_owned(), |line| with_interval(line.slope, line.slope_ci95, 3))
}

/// A p value to three decimals, or `< 0.001`.
pub(super) fn p(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// A p above which the least attainable one is worth a reader's attention.
const LEAST_P_SHOWN: f64 = 0.01;

/// The p of a signed-rank test, with the least that so many differences can give where that is not small.
pub(super) fn p_with_least(test: &Wilcoxon) -> String {
    match test.least_p.filter(|least| *least > LEAST_P_SHOWN) {
        Some(least) => format!("{} (least {least:.3})", p(test.p)),
        None => p(test.p),
    }
}

/// `21 of 23 (91.3 %; 72.0 to 98.9)`.
pub(super) fn proportion(of: &Proportion) -> String {
    format!("{} of {} ({:.1} %; {})", of.having, of.of, of.percent, range(of.ci95_percent, 1))
}

/// `p = 0.123` or `p < 0.001`.
pub(super) fn p_is(value: f64) -> String {
    if value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {value:.3}") }
}

/// A value in these words, or [`NONE`].
pub(super) fn shown<T>(figure: &Measured<T>, words: impl Fn(&T) -> String) -> String {
    figure.known().map_or(NONE.to_owned(), words)
}
