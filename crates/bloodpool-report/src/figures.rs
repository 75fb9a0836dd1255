//! Numbers as text for people: with grouped digits, with their units, and with words for what is missing.

use bloodpool_core::protocol::PresetStatus;
use bloodpool_core::uncertainty::Interval;
use bloodpool_core::{FrameIndex, ProtocolResult};

/// Shown for what the file does not record.
pub const NOT_RECORDED: &str = "not recorded";

/// The name of a result within a line of text, for example `fixed ROI`, and whether it is experimental.
#[must_use]
pub fn in_words(result: &ProtocolResult) -> String {
    let name = result.key.replace('_', " ").replace("roi", "ROI");
    if result.status == PresetStatus::Experimental { format!("{name} (experimental)") } else { name }
}

/// A percentage with one decimal, for example `61.2 %`.
pub fn percent(value: f64) -> String {
    format!("{value:.1} %")
}

/// A percentage with its interval, in whole numbers: `61 % (57-65)`.
pub fn percent_within(value: f64, interval: &Interval) -> String {
    format!("{value:.0} % ({:.0}-{:.0})", interval.low, interval.high)
}

/// Counts, rounded, in groups of three: `45,231`.
pub fn counts(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if value < 0.0 && digits != "0" { format!("-{grouped}") } else { grouped }
}

/// A difference with its sign: `+1.2`, `-0.4`.
pub fn signed(value: f64) -> String {
    format!("{value:+.1}")
}

/// A recorded value with its unit, or that it is not recorded.
pub fn recorded(value: Option<f64>, decimals: usize, unit: &str) -> String {
    value.map_or_else(|| NOT_RECORDED.to_owned(), |value| format!("{value:.decimals$} {unit}"))
}

/// When a frame starts: `310 ms after R`, or `34 ms before R` in the last quarter of the cycle, where the next
/// R wave is nearer. `None` without a frame time.
pub fn start_of_frame(frame: FrameIndex, frames: usize, frame_time_ms: Option<f64>) -> Option<String> {
    let (frame_time_ms, past) = (frame_time_ms?, frame.index());
    let left = frames.saturating_sub(past);
    Some(if past * 4 > frames * 3 {
        format!("{:.0} ms before R", left as f64 * frame_time_ms)
    } else {
        format!("{:.0} ms after R", past as f64 * frame_time_ms)
    })
}

/// A DICOM date (`YYYYMMDD`) as `YYYY-MM-DD`; anything else as it is.
pub fn date(recorded: &str) -> String {
    let plain = recorded.trim();
    if plain.len() == 8 && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{}-{}-{}", &plain[..4], &plain[4..6], &plain[6..])
    } else {
        plain.to_owned()
    }
}

/// A DICOM time (`HHMMSS.F`) as `HH:MM`; anything else as it is.
pub fn time(recorded: &str) -> String {
    let plain = recorded.trim();
    match plain.get(..4) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{}:{}", &digits[..2], &digits[2..])
        }
        _ => plain.to_owned(),
    }
}

/// A DICOM person name (`Family^Given^Middle^Prefix^Suffix`) as `Family, Given Middle`.
pub fn person(recorded: &str) -> String {
    let alphabetic = recorded.split('=').find(|group| !group.trim().is_empty()).unwrap_or(recorded);
    let mut parts = alphabetic.split('^').map(str::trim);
    let family = parts.next().unwrap_or_default();
    let given: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    match (family.is_empty(), given.is_empty()) {
        (_, true) => family.to_owned(),
        (true, false) => given.join(" "),
        (false, false) => format!("{family}, {}", given.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_stands_beside_its_number() {
        let interval = Interval { low: 56.6, high: 65.2, level_percent: 95.0, source: "simulated".into() };
        assert_eq!(percent_within(60.9, &interval), "61 % (57-65)");
    }

    #[test]
    fn counts_are_grouped_by_threes() {
        assert_eq!(counts(45_231.4), "45,231");
        assert_eq!(counts(999.6), "1,000");
        assert_eq!(counts(-1_234_567.0), "-1,234,567");
        assert_eq!(counts(-0.2), "0");
    }

    #[test]
    fn a_frame_before_the_r_wave_reads_so() {
        let start = |number| start_of_frame(FrameIndex::from_number(number).unwrap(), 24, Some(34.0)).unwrap();
        assert_eq!(
            (start(1).as_str(), start(9).as_str(), start(24).as_str()),
            ("0 ms after R", "272 ms after R", "34 ms before R")
        );
        assert_eq!(start_of_frame(FrameIndex::new(23), 24, None), None);
    }

    #[test]
    fn dates_times_and_names_read_as_people_write_them() {
        assert_eq!(date("20260509"), "2026-05-09");
        assert_eq!(date("May 9"), "May 9");
        assert_eq!(time("143059.25"), "14:30");
        assert_eq!(time("14:30"), "14:30");
        assert_eq!(person("Doe^Jane^Q"), "Doe, Jane Q");
        assert_eq!(person("김^영희=金^英姬"), "김, 영희");
        assert_eq!(person("Anonymous"), "Anonymous");
        assert_eq!(person("^^"), "");
    }
}
