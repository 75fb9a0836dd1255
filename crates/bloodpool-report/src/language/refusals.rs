//! Why a number is not given, and what a reader of the rates must know, in both languages.

use bloodpool_core::function::{CurveWarning, RATES_WARNED_MS, Refusal};

use super::Language;

impl Language {
    /// Why a number is not given, without a full stop.
    pub(crate) fn refusal(self, refusal: &Refusal) -> String {
        match self {
            Self::English => refusal.to_string(),
            Self::Korean => korean(refusal).unwrap_or_else(|| refusal.to_string()),
        }
    }

    /// That a number is not given, and why: `Not given: the frame time is not recorded.`
    pub(crate) fn not_given(self, refusal: &Refusal) -> String {
        let why = self.refusal(refusal);
        self.of(format!("Not given: {why}."), format!("제시하지 않음: {why}."))
    }

    /// A warning about the rates, as a sentence.
    pub(crate) fn curve_warning(self, warning: &CurveWarning) -> String {
        if self == Self::English {
            return warning.to_string();
        }
        match warning {
            CurveWarning::FrameTimeLong { frame_time_ms } => format!(
                "프레임 하나가 {frame_time_ms:.0} ms입니다. {RATES_WARNED_MS:.0} ms보다 긴 프레임에서는 속도가 흐려집니다."
            ),
            CurveWarning::DropOff { frames } => {
                format!("주기 끝의 프레임 {frames}개에서 계수가 감소하여 보정하였습니다.")
            }
            CurveWarning::FewHarmonics { fitted } => {
                format!("프레임이 적어 조화함수 {fitted}개만 적합할 수 있습니다. 속도가 낮게 나올 수 있습니다.")
            }
            other => other.to_string(),
        }
    }
}

/// `None` for a refusal that has no Korean form.
fn korean(refusal: &Refusal) -> Option<String> {
    Some(match refusal {
        Refusal::FrameTimeAbsent => "프레임 시간이 기록되어 있지 않음".to_owned(),
        Refusal::IntervalUnreliable => "검사 간 재현성이 낮고, 신뢰구간이 참값을 포함하는 비율이 너무 낮음".to_owned(),
        Refusal::FrameTimeLong { frame_time_ms, limit_ms } => {
            format!("프레임 하나가 {frame_time_ms:.0} ms이며, 속도와 시간에는 {limit_ms:.0} ms 이하가 필요함")
        }
        Refusal::FewHarmonics { fitted, needed } => {
            format!("사용 가능한 프레임에 조화함수 {fitted}개를 적합할 수 있으나 {needed}개가 필요함")
        }
        Refusal::NoCurve => "곡선을 적합할 수 없음".to_owned(),
        Refusal::NoNetCounts { net_counts } => format!("확장기말 순계수가 {net_counts:.1}임"),
        Refusal::NoBeat { stroke_counts, noise_counts } => {
            format!("박출 계수 {stroke_counts:.0}을 계수 잡음(SD {noise_counts:.0})과 구별할 수 없음")
        }
        Refusal::NoPeak => "곡선에 해당하는 정점이 없음".to_owned(),
        Refusal::FillingFused => "초기 충만과 심방 수축의 정점이 하나로 합쳐져 있음".to_owned(),
        Refusal::CycleEndLost { frame, kept } => {
            format!("주기 끝에서 계수가 감소함: 프레임 {frame}에 {:.0}%만 남음", kept * 100.0)
        }
        Refusal::Unstable { missing_share } => {
            format!("계수 잡음이 값을 좌우함: 부트스트랩 표본의 {:.0}%에 값이 없음", missing_share * 100.0)
        }
        Refusal::FewCounts { net_counts, noise_counts } => {
            format!("순계수 {net_counts:.0}을 계수 잡음(SD {noise_counts:.0})과 구별할 수 없음")
        }
        Refusal::FewPixels { pixels, needed } => {
            format!("영역에 박동하는 화소가 {pixels}개이며 {needed}개가 필요함")
        }
        Refusal::NoMeanPhase => "영역의 위상에 공통된 방향이 없음".to_owned(),
        Refusal::Shapes => "영역과 영상의 매트릭스 또는 프레임 수가 다름".to_owned(),
        Refusal::ValvePlane => "표지점으로는 심첨 반대쪽을 향하는 판막면을 정할 수 없음".to_owned(),
        Refusal::OutlineNotMet { phase } => format!("이 구역에서 {phase} 윤곽이 중심을 둘러싸지 않음"),
        Refusal::NoVentricle => "심실의 확장기말과 수축기말을 정할 수 없음".to_owned(),
        Refusal::NoRightVentricle => "분할 결과에 우심실이 없음".to_owned(),
        Refusal::NoLandmarks => "분할 결과에 판막면과 심첨의 표지점이 없음".to_owned(),
        Refusal::NoLeftCounts => "좌심실 분율이 없어 우심실과 같은 방법으로 좌심실을 계수할 수 없음".to_owned(),
        Refusal::Withheld => "검사 중 하나의 LVEF를 제시하지 않음".to_owned(),
        Refusal::LocalLimitUnknown => "이 기준에는 해당 기관의 정상 하한이 필요함".to_owned(),
        Refusal::BaselineNotCovered { baseline_percent } => {
            format!("이 기준은 기저 LVEF {baseline_percent:.0}%에 대해 정하지 않음")
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::FrameIndex;

    #[test]
    fn every_refusal_has_a_korean_form() {
        let all = [
            Refusal::FrameTimeAbsent,
            Refusal::IntervalUnreliable,
            Refusal::FrameTimeLong { frame_time_ms: 62.0, limit_ms: 50.0 },
            Refusal::FewHarmonics { fitted: 2, needed: 3 },
            Refusal::NoCurve,
            Refusal::NoNetCounts { net_counts: -1.0 },
            Refusal::NoBeat { stroke_counts: 5.0, noise_counts: 9.0 },
            Refusal::NoPeak,
            Refusal::FillingFused,
            Refusal::CycleEndLost { frame: FrameIndex::new(23), kept: 0.4 },
            Refusal::Unstable { missing_share: 0.2 },
            Refusal::FewCounts { net_counts: 4.0, noise_counts: 7.0 },
            Refusal::FewPixels { pixels: 3, needed: 8 },
            Refusal::NoMeanPhase,
            Refusal::Shapes,
            Refusal::ValvePlane,
            Refusal::OutlineNotMet { phase: "ES".into() },
            Refusal::NoVentricle,
            Refusal::NoRightVentricle,
            Refusal::NoLandmarks,
            Refusal::NoLeftCounts,
            Refusal::Withheld,
            Refusal::LocalLimitUnknown,
            Refusal::BaselineNotCovered { baseline_percent: 20.0 },
        ];
        for refusal in all {
            assert!(korean(&refusal).is_some(), "{}", refusal.code());
            // The figures of the English sentence are in the Korean one, too.
            let digits = |text: String| {
                let mut found: Vec<String> = text
                    .split(|c: char| !c.is_ascii_digit())
                    .filter(|part| !part.is_empty())
                    .map(str::to_owned)
                    .collect();
                found.sort();
                found
            };
            assert_eq!(digits(Language::Korean.refusal(&refusal)), digits(refusal.to_string()), "{}", refusal.code());
        }
    }

    #[test]
    fn english_is_that_of_the_measurement() {
        assert_eq!(Language::English.not_given(&Refusal::NoPeak), "Not given: the curve has no such peak.");
        let warning = CurveWarning::DropOff { frames: 2 };
        assert_eq!(Language::English.curve_warning(&warning), warning.to_string());
        assert!(Language::Korean.curve_warning(&warning).contains("2개"));
    }
}
