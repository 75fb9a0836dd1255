//! Numbers as tables and sentences write them.

use bloodpool_stats::{ByPatient, MeanSd, Regression};

use super::figure::Figure;
use super::published::PublishedMean;
use bloodpool_report::figures;

/// What stands where there is no figure.
pub(super) const NONE: &str = "-";

/// A number; whole ones in groups of three digits.
fn number(value: f64, decimals: usize) -> String {
    if decimals == 0 { figures::counts(value) } else { format!("{value:.decimals$}") }
}

/// `94.65 ± 1.45`.
pub(super) fn mean_sd(figure: &Figure<MeanSd>, decimals: usize) -> String {
    shown(figure, |m| format!("{} \u{b1} {}", number(m.mean, decimals), number(m.sd, decimals)))
}

/// A published mean, with its SD where it was printed.
pub(super) fn published(figure: Option<PublishedMean>, decimals: usize) -> String {
    match figure {
        Some(PublishedMean { mean, sd: Some(sd) }) => {
            format!("{} \u{b1} {}", number(mean, decimals), number(sd, decimals))
        }
        Some(PublishedMean { mean, sd: None }) => number(mean, decimals),
        None => NONE.to_owned(),
    }
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
pub(super) fn interval(figure: &Figure<ByPatient>, decimals: usize) -> String {
    figure.known().map_or(NONE.to_owned(), |mean| range(mean.mean_ci95, decimals))
}

/// A mean by patient with its interval.
pub(super) fn by_patient(figure: &Figure<ByPatient>, decimals: usize) -> String {
    figure.known().map_or(NONE.to_owned(), |mean| with_interval(mean.mean, mean.mean_ci95, decimals))
}

/// A slope with its interval.
pub(super) fn slope(figure: &Figure<Regression>) -> String {
    figure.known().map_or(NONE.to_owned(), |line| with_interval(line.slope, line.slope_ci95, 3))
}

/// A p to three decimals; smaller ones are said to be smaller.
pub(super) fn p(p: f64) -> String {
    if p < 0.001 { "< 0.001".to_owned() } else { format!("{p:.3}") }
}

/// `p = 0.123` or `p < 0.001`.
pub(super) fn p_is(value: f64) -> String {
    if value < 0.001 { "p < 0.001".to_owned() } else { format!("p = {value:.3}") }
}

/// A figure in words of its own, or nothing.
pub(super) fn shown<T>(figure: &Figure<T>, words: impl Fn(&T) -> String) -> String {
    figure.known().map_or(NONE.to_owned(), words)
}
