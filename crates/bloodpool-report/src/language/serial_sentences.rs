//! Sentences of the serial comparison in both languages: warnings, differences of settings, changes, conclusion.

use bloodpool_core::function::comparison::{RepeatVariation, SettingDifference};
use bloodpool_core::uncertainty::Interval;

use super::Language;
use crate::figures;
use crate::serial::SerialWarning;

/// Days of a month and of a year on average, by which a time between studies is rounded.
const DAYS_OF_MONTH: f64 = 30.44;
/// Shorter times are given in days.
const SHORTEST_IN_MONTHS: i64 = 60;

impl Language {
    /// A DICOM date as short as the language has it: `2026-05-09`, in Korean `2026. 5. 9.`; anything else as it is.
    pub(crate) fn short_date(self, recorded: &str) -> String {
        let english = figures::date(recorded);
        let parts: Vec<Option<u32>> = english.split('-').map(|part| part.parse().ok()).collect();
        match (self, parts.as_slice()) {
            (Self::Korean, [Some(year), Some(month), Some(day)]) => format!("{year}. {month}. {day}."),
            _ => english,
        }
    }

    /// A number of studies.
    pub(crate) fn studies_of(self, studies: usize) -> String {
        self.of(studies.to_string(), format!("{studies}건"))
    }

    /// From one date to another.
    pub(crate) fn period(self, from: &str, to: &str) -> String {
        self.of(format!("{from} to {to}"), format!("{from} ~ {to}"))
    }

    /// A time between two studies: in days, or rounded to months.
    pub(crate) fn days(self, days: i64) -> String {
        if days.abs() < SHORTEST_IN_MONTHS {
            let unit = if days.abs() == 1 { "day" } else { "days" };
            return self.of(format!("{days} {unit}"), format!("{days}일"));
        }
        let months = days as f64 / DAYS_OF_MONTH;
        self.of(format!("{months:.0} months"), format!("{months:.0}개월"))
    }

    /// EF points with their sign and a true minus: `\u{2212}15.9`.
    pub(crate) fn signed_points(self, points: f64) -> String {
        figures::signed(points).replace('-', "\u{2212}")
    }

    /// The ends of an interval of a difference.
    pub(crate) fn difference_interval(self, low: f64, high: f64) -> String {
        let (low, high) = (self.signed_points(low), self.signed_points(high));
        self.of(format!("({low} to {high})"), format!("({low} ~ {high})"))
    }

    /// The text that stands for the plot.
    pub(crate) fn serial_plot_alt(self, studies: usize) -> String {
        self.of(
            format!("LVEF of {studies} studies over time, with intervals, the limit of normal and the band about the baseline"),
            format!("검사 {studies}건의 시간에 따른 LVEF, 신뢰구간, 정상 하한, 기저 검사의 변동 범위"),
        )
    }

    /// Acquisition of a study: camera, matrix, frames.
    pub(crate) fn acquired(self, camera: Option<&str>, [rows, columns]: [usize; 2], frames: usize) -> String {
        let camera = camera.unwrap_or(self.not_recorded());
        self.of(
            format!("{camera}, {rows}\u{d7}{columns}, {frames} frames"),
            format!("{camera}, {rows}\u{d7}{columns}, 프레임 {frames}개"),
        )
    }

    /// What was signed: by which protocol of which program, by whom and when.
    pub(crate) fn signed_by_what(self, protocol: &str, software: &str, by: Option<&str>, on: Option<&str>) -> String {
        let by = by.map_or_else(String::new, |by| format!(", {by}"));
        let on = on.map_or_else(String::new, |on| format!(", {}", self.date(on)));
        self.of(format!("protocol {protocol}, {software}{by}{on}"), format!("프로토콜 {protocol}, {software}{by}{on}"))
    }

    /// A warning of a comparison.
    pub(crate) fn serial_warning(self, warning: &SerialWarning) -> String {
        match warning {
            SerialWarning::PatientNotRecorded { file } => self.of(
                format!("{file} has no patient ID. That it is of the same patient was not checked."),
                format!("{file}에 환자 번호가 없어 같은 환자인지 점검하지 못했습니다."),
            ),
            SerialWarning::NameDiffers { first, second } => self.of(
                format!("The patient name of {second} differs from that of {first}, while the patient ID does not."),
                format!("{second}의 환자 이름이 {first}과(와) 다릅니다. 환자 번호는 다르지 않습니다."),
            ),
            SerialWarning::BirthDateDiffers { first, second } => self.of(
                format!("The date of birth in {second} differs from that in {first}, while the patient ID does not."),
                format!("{second}의 생년월일이 {first}과(와) 다릅니다. 환자 번호는 다르지 않습니다."),
            ),
            SerialWarning::SexDiffers { first, second } => self.of(
                format!("The sex in {second} differs from that in {first}, while the patient ID does not."),
                format!("{second}의 성별이 {first}과(와) 다릅니다. 환자 번호는 다르지 않습니다."),
            ),
            SerialWarning::SameMoment { first, second } => self.of(
                format!("{first} and {second} have the same date and time. They stand in the order in which they were given."),
                format!("{first}, {second}의 검사 일시가 같아 입력한 순서대로 놓았습니다."),
            ),
            SerialWarning::NoDate { file } => self.of(
                format!("{file} has no date. The studies stand in the order in which they were given."),
                format!("{file}에 검사일이 없어 모든 검사를 입력한 순서대로 놓았습니다."),
            ),
            SerialWarning::SimulatedAmongOthers { file } => self.of(
                format!("{file} is simulated, and other studies are not."),
                format!("{file}은(는) 모의 검사이며, 모의 검사가 아닌 검사도 있습니다."),
            ),
            SerialWarning::TechnicalLimitOfNoiseAlone => self.of(
                "The technical limit is that of counting noise alone. What outline and pose add was not measured for this model and \
                 protocol, so that the limit is too small."
                    .to_owned(),
                "기술적 한계는 계수 잡음만의 값입니다. 이 모델과 프로토콜에서 윤곽과 자세가 더하는 변동은 측정되지 않아, 한계가 실제보다 작습니다."
                    .to_owned(),
            ),
        }
    }

    /// A difference of settings as a sentence.
    pub(crate) fn setting_difference(self, difference: &SettingDifference) -> String {
        match self {
            Self::English => difference.message(),
            Self::Korean => korean_difference(difference).unwrap_or_else(|| difference.message()),
        }
    }

    /// Why a change is beyond repeat variation or within it, without a full stop.
    pub(crate) fn repeat_variation_reason(self, variation: &RepeatVariation) -> String {
        let published = variation.published_limit_points;
        let technical = variation.technical_limit_points;
        match (variation.reaches_published_limit, variation.exceeds_technical_limit) {
            (true, true) => self.of(
                format!("at least {published:.0} points, and more than the technical limit of {technical:.1}"),
                format!("{published:.0}점 이상이고 기술적 한계 {technical:.1}점을 초과"),
            ),
            (true, false) => self.of(
                format!("at least {published:.0} points, but not more than the technical limit of {technical:.1}"),
                format!("{published:.0}점 이상이지만 기술적 한계 {technical:.1}점을 넘지 않음"),
            ),
            (false, true) => self.of(
                format!("more than the technical limit of {technical:.1}, but less than {published:.0} points"),
                format!("기술적 한계 {technical:.1}점을 넘지만 {published:.0}점 미만"),
            ),
            (false, false) => self.of(
                format!("less than {published:.0} points, and not more than the technical limit of {technical:.1}"),
                format!("{published:.0}점 미만이고 기술적 한계 {technical:.1}점을 넘지 않음"),
            ),
        }
    }

    /// The same as the end of a sentence.
    fn repeat_variation_in_words(self, variation: &RepeatVariation) -> String {
        let reason = self.repeat_variation_reason(variation);
        let side = if variation.beyond { self.beyond_repeat_variation() } else { self.within_repeat_variation() };
        self.of(format!("{side} ({reason})"), format!("{side}({reason})"))
    }

    /// The published limit with what it is of.
    pub(crate) fn published_limit_of(self, variation: &RepeatVariation) -> String {
        let points = variation.published_limit_points;
        if variation.baseline_normal {
            self.of(format!("{points:.0} (normal baseline)"), format!("{points:.0}(정상 기저 검사)"))
        } else {
            self.of(format!("{points:.0} (abnormal baseline)"), format!("{points:.0}(비정상 기저 검사)"))
        }
    }

    /// First sentence of a conclusion: the LVEF with its interval, and where it lies to the limit of normal. With one decimal, for a rule
    /// may turn on it.
    pub(crate) fn conclude_lvef(
        self,
        lvef_percent: f64,
        interval: Option<&Interval>,
        limit_percent: f64,
        date: Option<&str>,
    ) -> String {
        let lvef = self.percent(lvef_percent);
        let within = interval.map_or_else(String::new, |interval| {
            self.of(
                format!(" ({:.0}-{:.0})", interval.low, interval.high),
                format!("({:.0}-{:.0})", interval.low, interval.high),
            )
        });
        let below = lvef_percent < limit_percent;
        let on = date.map(|date| self.date(date));
        let english = || {
            let on = on.as_ref().map_or_else(String::new, |on| format!(" on {on}"));
            let side = if below { "below" } else { "not below" };
            format!("LVEF {lvef}{within}{on}, {side} the limit of {limit_percent:.0} %.")
        };
        let korean = || {
            let on = on.as_ref().map_or_else(String::new, |on| format!("{on} "));
            let side = if below { "미만" } else { "이상" };
            format!("{on}LVEF {lvef}{within}, 정상 하한 {limit_percent:.0}% {side}.")
        };
        if self == Self::English { english() } else { korean() }
    }

    /// The change since the baseline and whether repeat variation explains it. `baseline`: its LVEF in percent, and its date.
    pub(crate) fn conclude_change(
        self,
        points: f64,
        (baseline_percent, baseline_date): (f64, Option<&str>),
        variation: Option<&RepeatVariation>,
    ) -> String {
        let (points, from) = (self.signed_points(points), self.percent(baseline_percent));
        let date = baseline_date.map(|date| self.date(date));
        let verdict = variation.map(|variation| self.repeat_variation_in_words(variation));
        let english = || {
            let since =
                date.as_ref().map_or_else(|| "the baseline".to_owned(), |date| format!("the baseline of {date}"));
            let verdict = verdict.as_ref().map_or_else(String::new, |verdict| format!(", {verdict}"));
            format!("Change of {points} points since {since} ({from}){verdict}.")
        };
        let korean = || {
            let since = date.as_ref().map_or_else(String::new, |date| format!("{date}, "));
            let verdict = verdict.as_ref().map_or_else(String::new, |verdict| format!(", {verdict}"));
            format!("기저 검사({since}{from}) 대비 {points}점 변화{verdict}.")
        };
        if self == Self::English { english() } else { korean() }
    }

    /// Which rules are met, each with its arms.
    pub(crate) fn conclude_rules(self, met: &[(String, String)], undecided: &[String]) -> String {
        let met: Vec<String> =
            met.iter().map(|(title, arms)| self.of(format!("{title} ({arms})"), format!("{title}({arms})"))).collect();
        let first = if met.is_empty() {
            self.no_rule_met().to_owned()
        } else {
            let met = met.join("; ");
            self.of(format!("Rules met: {met}."), format!("충족한 기준: {met}."))
        };
        if undecided.is_empty() {
            return first;
        }
        let undecided = undecided.join("; ");
        self.of(format!("{first} Not decided: {undecided}."), format!("{first} 판단할 수 없는 기준: {undecided}."))
    }

    /// Why a change is not given, as a sentence.
    pub(crate) fn conclude_no_change(self, why: &str) -> String {
        self.of(format!("No change is given: {why}."), format!("변화를 제시하지 않음: {why}."))
    }
}

/// `None` for a difference that has no Korean form.
fn korean_difference(difference: &SettingDifference) -> Option<String> {
    let spacing = |spacing: &Option<[f64; 2]>| {
        spacing.map_or_else(
            || Language::Korean.not_recorded().to_owned(),
            |[row, column]| format!("{row:.2} \u{d7} {column:.2} mm"),
        )
    };
    Some(match difference {
        SettingDifference::Camera { baseline, other } => {
            format!("감마카메라가 다릅니다: 기저 {baseline}, 추적 {other}.")
        }
        SettingDifference::CameraNotRecorded => "감마카메라가 같은지 기록되어 있지 않습니다.".to_owned(),
        SettingDifference::Matrix { baseline: [a, b], other: [c, d] } => {
            format!("매트릭스가 다릅니다: 기저 {a} \u{d7} {b}, 추적 {c} \u{d7} {d}.")
        }
        SettingDifference::PixelSpacing { baseline, other } => {
            format!("화소 간격이 다릅니다: 기저 {}, 추적 {}.", spacing(baseline), spacing(other))
        }
        SettingDifference::Frames { baseline, other } => {
            format!("주기당 프레임 수가 다릅니다: 기저 {baseline}, 추적 {other}.")
        }
        SettingDifference::Protocol { baseline, other } if baseline == other => {
            format!("프로토콜 {baseline}의 설정이 다릅니다.")
        }
        SettingDifference::Protocol { baseline, other } => {
            format!("프로토콜이 다릅니다: 기저 {baseline}, 추적 {other}.")
        }
        SettingDifference::Model { baseline, other } if baseline == other => {
            format!("모델 {baseline}의 가중치가 다릅니다.")
        }
        SettingDifference::Model { baseline, other } => format!("모델이 다릅니다: 기저 {baseline}, 추적 {other}."),
        SettingDifference::Version { baseline, other } => {
            format!("프로그램 버전이 다릅니다: 기저 {baseline}, 추적 {other}.")
        }
        _ => return None,
    })
}
