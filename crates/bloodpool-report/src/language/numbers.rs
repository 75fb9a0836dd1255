//! Numbers, dates and frames in the form of a language.

use bloodpool_core::FrameIndex;
use bloodpool_core::uncertainty::Interval;

use super::Language;
use crate::figures;

impl Language {
    /// A percentage with one decimal: `61.2 %`, in Korean `61.2%`.
    pub(crate) fn percent(self, value: f64) -> String {
        self.of(figures::percent(value), format!("{value:.1}%"))
    }

    /// A percentage in whole numbers.
    pub(crate) fn whole_percent(self, value: f64) -> String {
        self.of(format!("{value:.0} %"), format!("{value:.0}%"))
    }

    /// A percentage with its interval, in whole numbers: `61 % (57-65)`.
    pub(crate) fn percent_within(self, value: f64, interval: &Interval) -> String {
        let korean = || format!("{value:.0}% ({:.0}-{:.0})", interval.low, interval.high);
        self.of(figures::percent_within(value, interval), korean())
    }

    /// A recorded value with its unit, or that it is not recorded.
    pub(crate) fn recorded(self, value: Option<f64>, decimals: usize, unit: &str) -> String {
        value.map_or_else(|| self.not_recorded().to_owned(), |value| format!("{value:.decimals$} {unit}"))
    }

    /// When a frame starts, to the nearer R wave. `None` without a frame time.
    pub(crate) fn start_of_frame(self, frame: FrameIndex, frames: usize, frame_time_ms: Option<f64>) -> Option<String> {
        let english = figures::start_of_frame(frame, frames, frame_time_ms)?;
        let korean = || match english.split_once(' ') {
            Some((ms, after)) => format!("R파 {} {ms} ms", if after.ends_with("after R") { "후" } else { "전" }),
            None => english.clone(),
        };
        Some(self.of(english.clone(), korean()))
    }

    /// A DICOM date (`YYYYMMDD`): `2026-05-09`, in Korean `2026년 5월 9일`; anything else as it is.
    pub(crate) fn date(self, recorded: &str) -> String {
        let english = figures::date(recorded);
        let parts: Vec<Option<u32>> = english.split('-').map(|part| part.parse().ok()).collect();
        match (self, parts.as_slice()) {
            (Self::Korean, [Some(year), Some(month), Some(day)]) => format!("{year}년 {month}월 {day}일"),
            _ => english,
        }
    }

    /// A DICOM person name; in Korean the Hangul group of it, and family and given name as they are written: `김영희`.
    pub(crate) fn person(self, recorded: &str) -> String {
        let is_hangul = |group: &&str| group.chars().any(|character| ('가'..='힣').contains(&character));
        match recorded.split('=').find(is_hangul).filter(|_| self == Self::Korean) {
            Some(group) => group.split('^').map(str::trim).collect(),
            None => figures::person(recorded),
        }
    }

    /// The recorded sex: `F`, `M` and `O` in words in Korean.
    pub(crate) fn sex_of(self, recorded: &str) -> String {
        match (self, recorded.trim()) {
            (Self::Korean, "F") => "여".to_owned(),
            (Self::Korean, "M") => "남".to_owned(),
            (Self::Korean, "O") => "기타".to_owned(),
            (_, other) => other.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_have_the_form_of_the_language() {
        let korean = Language::Korean;
        assert_eq!((korean.percent(61.24), Language::English.percent(61.24)), ("61.2%".into(), "61.2 %".into()));
        assert_eq!((korean.date("20260509"), korean.date("May 9")), ("2026년 5월 9일".into(), "May 9".into()));
        assert_eq!(Language::English.date("20260509"), "2026-05-09");
        let interval = Interval { low: 56.6, high: 65.2, level_percent: 95.0, source: "simulated".into() };
        assert_eq!(korean.percent_within(60.9, &interval), "61% (57-65)");
        let start = |number| korean.start_of_frame(FrameIndex::from_number(number).unwrap(), 24, Some(34.0)).unwrap();
        assert_eq!((start(9).as_str(), start(24).as_str()), ("R파 후 272 ms", "R파 전 34 ms"));
    }

    #[test]
    fn a_korean_name_is_written_in_hangul() {
        assert_eq!(Language::Korean.person("Kim^Younghee=金^英姬=김^영희"), "김영희");
        assert_eq!(Language::Korean.person("김^영희"), "김영희");
        assert_eq!(Language::English.person("Kim^Younghee=金^英姬=김^영희"), "Kim, Younghee");
        assert_eq!(
            (Language::Korean.person("Doe^Jane"), Language::Korean.sex_of("F")),
            ("Doe, Jane".into(), "여".into())
        );
    }
}
