//! Sentences of ventricular function in both languages, and the names of its quantities.

use bloodpool_core::FrameIndex;
use bloodpool_core::function::normal_ranges::{HEADING, NO_AGREED_RANGE, NormalRange};
use bloodpool_core::function::{Quantity, Wall};

use super::Language;
use crate::figures;

impl Language {
    /// What the section of ventricular function is of.
    pub(crate) fn function_of(self, protocol: &str) -> String {
        self.of(format!("left ventricle, by protocol {protocol}"), format!("좌심실, 프로토콜 {protocol}"))
    }

    /// What V and SV are.
    pub(crate) fn curve_symbols(self, harmonics: usize) -> String {
        self.of(
            format!("V: net LV counts, smoothed by {harmonics} harmonics; SV: V at ED less V at ES."),
            format!("V: 조화함수 {harmonics}개로 평활화한 좌심실 순계수. SV: ED의 V \u{2212} ES의 V."),
        )
    }

    /// The heart rate.
    pub(crate) fn heart_rate(self, rate_per_min: f64) -> String {
        self.of(format!("Heart rate {rate_per_min:.0} per minute."), format!("심박수 분당 {rate_per_min:.0}회."))
    }

    /// The heading of published ranges.
    pub(crate) fn ranges_heading(self) -> &'static str {
        self.of(HEADING, self.published_heading())
    }

    /// What stands where no range is given.
    pub(crate) fn no_range(self) -> &'static str {
        self.of(NO_AGREED_RANGE, self.no_agreed_range())
    }

    /// What stands before the sources of ranges.
    pub(crate) fn mean_and_sd_of(self) -> &'static str {
        self.of("Mean \u{b1} SD of", "평균 \u{b1} SD, 대상:")
    }

    /// The subjects of a published range.
    pub(crate) fn population(self, range: &NormalRange) -> &'static str {
        self.of(
            range.population,
            match range.population {
                "normal subjects of 28 centres" => "28개 기관의 정상인",
                "patients with normal coronary angiogram and left ventriculogram, 40 to 76 years old" => {
                    "관상동맥조영과 좌심실조영이 정상인 40~76세 환자"
                }
                "patients with chest pain and no evidence of heart disease" => "심장질환의 증거가 없는 흉통 환자",
                other => other,
            },
        )
    }

    /// The lower limit of a published range.
    pub(crate) fn limit(self, limit: &str) -> String {
        self.of(format!(", limit {limit}"), format!(", 하한 {limit}"))
    }

    /// Number and age of the subjects of a published range.
    pub(crate) fn subjects(self, range: &NormalRange) -> String {
        let number = figures::counts(f64::from(range.subjects));
        match range.mean_age_years {
            Some(age) => self.of(format!("n {number}, age {age:.0}"), format!("n {number}, {age:.0}세")),
            None => format!("n {number}"),
        }
    }

    /// The title of a quantity.
    pub(crate) fn quantity_title(self, quantity: Quantity) -> &'static str {
        self.of(quantity.title(), korean_quantity(quantity).map_or(quantity.title(), |(title, _)| title))
    }

    /// The definition of a quantity, with a minus and no hyphen; `None` where its title says it.
    pub(crate) fn quantity_definition(self, quantity: Quantity) -> Option<String> {
        let definition = quantity.definition();
        let said = definition.eq_ignore_ascii_case(quantity.title());
        (!said).then(|| self.definition_as_stated(quantity).replace(" - ", " \u{2212} "))
    }

    /// The definition of a quantity as the measurement states it.
    pub(crate) fn definition_as_stated(self, quantity: Quantity) -> &'static str {
        let english = quantity.definition();
        self.of(english, korean_quantity(quantity).map_or(english, |(_, definition)| definition))
    }

    /// That a value lies within a published range.
    pub(crate) fn within_range_alt(self, quantity: Quantity) -> String {
        let title = self.quantity_title(quantity);
        self.of(format!("{title} within the published range"), format!("발표된 범위 안의 {title}"))
    }

    /// What a colour bar shows.
    pub(crate) fn bar_alt(self, low: f64, high: f64, unit: &str) -> String {
        self.of(format!("Colours from {low} to {high} {unit}"), format!("{low}부터 {high}까지의 색({unit})"))
    }

    /// The width of the bins of the phase histogram.
    pub(crate) fn bins(self, degrees: impl std::fmt::Display) -> String {
        self.of(format!("bins of {degrees} degrees"), format!("구간 {degrees}도"))
    }

    /// That images are not given, and why.
    pub(crate) fn images_not_given(self, why: &str) -> String {
        self.of(format!("Images not given: {why}."), format!("영상을 제시하지 않음: {why}."))
    }

    /// That sectors are not given, and why.
    pub(crate) fn sectors_not_given(self, why: &str) -> String {
        self.of(format!("Sectors not given: {why}."), format!("구역을 제시하지 않음: {why}."))
    }

    /// Why one sector has no number.
    pub(crate) fn sector_refused(self, number: usize, why: &str) -> String {
        self.of(format!("Sector {number}: {why}."), format!("구역 {number}: {why}."))
    }

    /// What the phase images and their numbers are.
    pub(crate) fn phase_note(self, amplitude_percent: f64) -> String {
        let no_range = self.no_range();
        self.of(
            format!(
                "Phase 0: the R wave; what beats later has a larger phase. The LV is its silhouette at end-diastole; of the images, \
                 pixels with {amplitude_percent:.0} % of the largest amplitude or more are shown. RV: experimental; pixels of the right \
                 atrium that overlap it are among them. Entropy depends on the width of the bins. Normal values of phase: \
                 {no_range} for planar studies."
            ),
            format!(
                "위상 0은 R파이며 늦게 박동할수록 위상이 큽니다. 좌심실은 확장기말 윤곽이고, 영상에는 최대 진폭의 {amplitude_percent:.0}% 이상인 화소를 \
                 표시합니다. RV는 실험적이며 겹치는 우심방 화소가 포함됩니다. 엔트로피는 구간 폭에 따라 달라집니다. 평면 검사의 위상 정상값: {no_range}."
            ),
        )
    }

    /// A wall of the LV.
    pub(crate) fn wall(self, wall: Wall) -> &'static str {
        match wall {
            Wall::Lateral => self.lateral(),
            Wall::Apical => self.apical(),
            Wall::Septal => self.septal(),
        }
    }

    /// The frames that RVEF is read from.
    pub(crate) fn on_frames(self, ed: FrameIndex, es: FrameIndex) -> String {
        self.of(format!(", frames {ed} and {es}"), format!(", 프레임 {ed}, {es}"))
    }
}

/// Title and definition of a quantity in Korean.
fn korean_quantity(quantity: Quantity) -> Option<(&'static str, &'static str)> {
    Some(match quantity {
        Quantity::Lvef => ("LVEF(심박출계수)", "좌심실 순계수의 (ED - ES) / ED"),
        Quantity::Rvef => ("RVEF", "우심실 순계수의 (ED - ES) / ED"),
        Quantity::PeakEjectionRate => ("최대 박출률(PER)", "ED와 ES 사이 V의 가장 급한 감소 / V(ED)"),
        Quantity::PeakFillingRate => ("최대 충만률(PFR)", "ES 이후 심방 수축 전 V의 가장 급한 증가 / V(ED)"),
        Quantity::FillingOverEjectionRate => ("최대 충만률 / 최대 박출률", "최대 충만률 / 최대 박출률"),
        Quantity::TimeToPeakEjection => ("최대 박출 도달 시간", "R파부터 V의 가장 급한 감소까지"),
        Quantity::TimeToPeakFilling => ("최대 충만 도달 시간", "ES부터 심방 수축 전 V의 가장 급한 증가까지"),
        Quantity::EjectionTime => ("박출 시간", "ED부터 ES까지"),
        Quantity::FillingTime => ("충만 시간", "ES부터 다음 ED까지"),
        Quantity::FirstThirdEjection => ("수축기 첫 1/3 박출분율", "(V(ED) - 박출 시간 1/3 후의 V) / V(ED)"),
        Quantity::FirstThirdFilling => ("확장기 첫 1/3 충만분율", "(충만 시간 1/3 후의 V - V(ES)) / SV"),
        Quantity::AtrialContribution => {
            ("심방 수축의 충만 기여", "(V(ED) - 초기와 심방 정점 사이에서 충만이 가장 느린 때의 V) / SV")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::function::normal_ranges::NORMAL_RANGES;

    #[test]
    fn every_quantity_and_population_has_a_korean_name() {
        for quantity in Quantity::OF_CURVE.into_iter().chain([Quantity::Lvef, Quantity::Rvef]) {
            assert!(korean_quantity(quantity).is_some(), "{quantity:?}");
            assert_eq!(Language::English.quantity_title(quantity), quantity.title());
        }
        for range in &NORMAL_RANGES {
            assert_ne!(Language::Korean.population(range), range.population);
        }
    }
}
