//! Sentences with figures in both languages: result, images, curve, numbers, quality.

use bloodpool_core::protocol::{BackgroundRegion, Estimator, PresetStatus, Rim, RoiChoices};
use bloodpool_core::{FIXED_ROI, FrameIndex, MemberSpread, ProtocolResult};

use super::Language;
use crate::figures;
use crate::known_bias::Bias;

impl Language {
    /// In place of a signature by hand.
    pub(crate) fn signed_electronically(self, version: i64) -> String {
        self.of(format!("electronic, version {version}"), format!("전자 서명, {version}판"))
    }

    /// The name of a protocol within a text, and whether it is experimental.
    pub(crate) fn protocol_name(self, result: &ProtocolResult) -> String {
        let experimental = result.status == PresetStatus::Experimental;
        let korean = || {
            let title = korean_protocol(result.key).map_or(result.title, |(title, _)| title);
            let status = if experimental { ", 실험적" } else { "" };
            format!("{title}({}{status})", result.key)
        };
        self.of(figures::in_words(result), korean())
    }

    /// What a protocol counts and what it subtracts.
    pub(crate) fn protocol_description(self, result: &ProtocolResult) -> &'static str {
        let korean = korean_protocol(result.key).map_or(result.description, |(_, description)| description);
        self.of(result.description, korean)
    }

    /// What was measured on how many studies, where the text has the usual form: `5000 simulated studies, seed 41`.
    pub(crate) fn data(self, text: &str) -> String {
        let korean = || {
            let (studies, rest) = text.split_once(" simulated studies")?;
            let studies: u64 = studies.parse().ok()?;
            match rest.strip_prefix(", seed ") {
                Some(seed) => Some(format!("모의 검사 {studies}건(난수 씨앗 {})", seed.parse::<u64>().ok()?)),
                None => rest.is_empty().then(|| format!("모의 검사 {studies}건")),
            }
        };
        self.of(text.to_owned(), korean().unwrap_or_else(|| text.to_owned()))
    }

    /// The bias of a protocol as part of a sentence.
    pub(crate) fn bias_in_words(self, bias: Bias) -> String {
        let korean = || {
            let side = match bias.bias {
                mean if mean >= 0.05 => format!("참값보다 평균 {mean:.1}점 높음"),
                mean if mean <= -0.05 => format!("참값보다 평균 {:.1}점 낮음", -mean),
                _ => "평균적으로 참값과 차이 없음".to_owned(),
            };
            format!("{side}(SD {:.1}), 검사의 {:.0}%가 5점 이내", bias.sd, bias.within_5)
        };
        self.of(bias.in_words(), korean())
    }

    /// What is known of the bias of the named protocol.
    pub(crate) fn known_bias(self, data: &str, bias: Bias) -> String {
        let (data, words) = (self.data(data), self.bias_in_words(bias));
        self.of(
            format!("On {data}, this protocol with this model read {words}. Not measured on patients."),
            format!("{data}에서 이 모델의 이 프로토콜: {words}. 환자에서는 측정되지 않았습니다."),
        )
    }

    /// What the columns of bias mean.
    pub(crate) fn bias_note(self, data: &str) -> String {
        let data = self.data(data);
        self.of(
            format!("Bias: LVEF minus true LVEF, points, on {data}. Within 5: studies within 5 points of the truth."),
            format!("편향: {data}에서 LVEF \u{2212} 참 LVEF(점). 5점 이내: 참값과의 차이가 5점 이내인 검사의 비율."),
        )
    }

    /// The level of an interval and what it was calibrated on.
    pub(crate) fn interval_source(self, level_percent: f64, source: &str) -> String {
        let source = self.data(source);
        self.of(format!("{level_percent:.0} % interval, {source}"), format!("{level_percent:.0}% 신뢰구간, {source}"))
    }

    /// The number that was measured and must not be used.
    pub(crate) fn measured_not_used(self, lvef_percent: f64) -> String {
        let lvef = self.percent(lvef_percent);
        self.of(format!("measured {lvef}, which must not be used"), format!("측정값 {lvef}, 사용하지 마십시오"))
    }

    /// The LVEF before the counts were corrected.
    pub(crate) fn without_correction(self, lvef_percent: f64) -> String {
        let lvef = self.percent(lvef_percent);
        self.of(format!("{lvef} without the correction of counts"), format!("계수를 보정하지 않으면 {lvef}"))
    }

    /// By which protocol, and on which frames: before the name of the protocol, and after it.
    pub(crate) fn by_protocol(self, ed: FrameIndex, es: FrameIndex, source: &str) -> [String; 2] {
        self.of(
            ["by protocol ".to_owned(), format!(", ED frame {ed}, ES frame {es} ({source})")],
            ["프로토콜 ".to_owned(), format!(", ED 프레임 {ed}, ES 프레임 {es}({source})")],
        )
    }

    /// Phase and frame: `End-diastole, frame 3`.
    pub(crate) fn phase_frame(self, phase: &str, frame: FrameIndex) -> String {
        self.of(format!("{phase}, frame {frame}"), format!("{phase}, 프레임 {frame}"))
    }

    /// The text that stands for a still picture.
    pub(crate) fn still_alt(self, phase: &str, frame: FrameIndex, with_background: bool) -> String {
        let drawn = if with_background { self.lv_contour_and_background() } else { self.lv_contour() };
        let picture = self.phase_frame(phase, frame);
        self.of(format!("{picture}, with {drawn}"), format!("{picture}, {drawn} 표시"))
    }

    /// The text that stands for a background image.
    pub(crate) fn background_alt(self, phase: &str) -> String {
        self.of(
            format!("Background image at {phase}, with the LV contour"),
            format!("{phase} 배후방사능 영상, 좌심실 윤곽 표시"),
        )
    }

    /// The text that stands for a parametric picture.
    pub(crate) fn map_alt(self, title: &str) -> String {
        self.of(
            format!("{title} image with the LV contour at end-diastole"),
            format!("{title}, 확장기말 좌심실 윤곽 표시"),
        )
    }

    /// Heading of the sheet of all frames.
    pub(crate) fn all_frames(self, frames: usize) -> String {
        self.of(
            format!("All {frames} frames with the LV contour"),
            format!("좌심실 윤곽을 표시한 전체 {frames}개 프레임"),
        )
    }

    /// How the measurement uses the contour.
    pub(crate) fn contour_meaning(self, estimator: &Estimator) -> String {
        let margin = match estimator {
            Estimator::BackgroundImage(choices) => choices.roi_margin_mm,
            Estimator::Unmixed => return self.contour_unmixed().to_owned(),
            Estimator::Roi(choices) if choices.roi_margin_mm != 0.0 => choices.roi_margin_mm,
            Estimator::Roi(_) => return self.contour_inside().to_owned(),
        };
        if margin < 0.0 {
            let shrunk = -margin;
            return self.of(
                format!("LV contour; counted in it shrunk by {shrunk} mm"),
                format!("좌심실 윤곽. {shrunk} mm 줄인 안쪽을 계수함"),
            );
        }
        self.of(
            format!("LV contour; counted in it grown by {margin} mm"),
            format!("좌심실 윤곽. {margin} mm 넓힌 안쪽을 계수함"),
        )
    }

    /// What the background pixels are.
    pub(crate) fn background_meaning(self, estimator: &Estimator) -> String {
        if let Estimator::BackgroundImage(choices) = estimator {
            let smoothing = choices.smoothing_mm;
            return self.of(
                format!(
                    "the grown ROI in which counts less the background image are summed; the image is (1 - LV fraction) x \
                     counts, smoothed over {smoothing} mm (SD)"
                ),
                format!(
                    "계수에서 배후방사능 영상을 뺀 값을 합하는 확장된 관심영역. 배후방사능 영상은 (1 - 좌심실 분율) x 계수를 {smoothing} mm(SD)로 \
                     평활화한 것"
                ),
            );
        }
        let Estimator::Roi(RoiChoices { background, rim, .. }) = estimator else {
            return self.background_roi().to_owned();
        };
        let region = match background {
            BackgroundRegion::Arc { coolest_fraction, .. } if *coolest_fraction < 1.0 => {
                let share = coolest_fraction * 100.0;
                self.of(
                    format!("background ROI: the coolest {share:.0} % of the pixels of an arc"),
                    format!("배후방사능 관심영역: 호 모양 영역에서 계수가 낮은 {share:.0}% 화소"),
                )
            }
            BackgroundRegion::Drawn { .. } => self
                .of(
                    "background ROI drawn by hand; each pixel loses its mean",
                    "사람이 그린 배후방사능 관심영역. 각 화소에서 이 영역의 평균을 뺌",
                )
                .to_owned(),
            _ => self.background_roi().to_owned(),
        };
        match rim {
            Some(Rim { width_mm, weight, factor }) => {
                let (mean, rim) = ((1.0 - weight) * 100.0, weight * 100.0);
                self.of(
                    format!(
                        "{region}; what each pixel loses is {factor} times a blend of its mean ({mean:.0} %) and that of a rim \
                         {width_mm} mm wide round the frame's own contour ({rim:.0} %)"
                    ),
                    format!(
                        "{region}. 각 화소에서 빼는 값은 이 영역의 평균({mean:.0}%)과 그 프레임 윤곽 둘레 {width_mm} mm 띠의 평균({rim:.0}%)을 \
                         섞은 값의 {factor}배"
                    ),
                )
            }
            None => region,
        }
    }

    /// Where the background is drawn, and what it is.
    pub(crate) fn background_legend(self, frame: FrameIndex, estimator: &Estimator) -> String {
        let meaning = self.background_meaning(estimator);
        self.of(
            format!("drawn on the end-systolic frame, placed around frame {frame}: {meaning}"),
            format!("수축기말 프레임에 표시, 프레임 {frame} 기준: {meaning}"),
        )
    }

    /// The text that stands for the curve.
    pub(crate) fn curve_alt(self, protocol: &str) -> String {
        self.of(
            format!("Net LV counts over the cycle by protocol {protocol}"),
            format!("프로토콜 {protocol}에 의한 심장주기의 좌심실 순계수"),
        )
    }

    /// The curve of the named protocol in the legend.
    pub(crate) fn curve_of(self, protocol: &str) -> String {
        let counted = self.as_counted();
        self.of(format!("{protocol}, {counted}"), format!("{protocol} {counted}"))
    }

    /// The atrial part on the curve.
    pub(crate) fn atrial_part(self, percent: f64) -> String {
        self.of(format!("atrial part {percent:.0} %"), format!("심방 기여 {percent:.0}%"))
    }

    /// Caption of the table of ED and ES.
    pub(crate) fn measured_by(self, protocol: &str) -> String {
        self.of(format!("Measured by protocol {protocol}"), format!("프로토콜 {protocol}의 측정값"))
    }

    /// LV area in pixels of a grid.
    pub(crate) fn lv_area_on_grid(self, grid: usize) -> String {
        let area = self.lv_area();
        self.of(format!("{area}, {grid} grid"), format!("{area}({grid} 격자)"))
    }

    /// Background per pixel of a grid.
    pub(crate) fn background_on_grid(self, grid: usize) -> String {
        self.of(format!("Background, counts per pixel, {grid} grid"), format!("배후방사능, 화소당 계수({grid} 격자)"))
    }

    /// The counting noise of the LVEF.
    pub(crate) fn noise_points(self, points: f64) -> String {
        self.of(
            format!("{points:.1} points (standard error), part of the error"),
            format!("{points:.1}점(표준오차), 오차의 일부"),
        )
    }

    /// LVEF by each network of an ensemble, and their standard deviation.
    pub(crate) fn member_spread(self, spread: &MemberSpread) -> String {
        let lvef = |percent: &Option<f64>| percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.1}"));
        let all = spread.lvef_percent.iter().map(lvef).collect::<Vec<_>>().join(", ");
        match spread.sd_points {
            Some(sd) => self.of(
                format!("LVEF {all} %, SD {sd:.1} points; they share their training data, so this is no interval"),
                format!("심박출계수 {all} %, 표준편차 {sd:.1}점; 학습 자료가 같으므로 신뢰구간이 아님"),
            ),
            None => self.of(format!("LVEF {all} %"), format!("심박출계수 {all} %")),
        }
    }

    /// The size of a region and the frame that it belongs to.
    pub(crate) fn region_on_frame(self, pixels: f64, frame: FrameIndex) -> String {
        self.of(format!("{pixels:.0} px, frame {frame}"), format!("{pixels:.0} px, 프레임 {frame}"))
    }

    /// Beats accepted and rejected.
    pub(crate) fn beats_of(self, accepted: Option<u32>, rejected: Option<u32>) -> String {
        let number = |number: Option<u32>| {
            number.map_or_else(|| self.not_recorded().to_owned(), |number| figures::counts(number.into()))
        };
        match (accepted, rejected) {
            (None, None) => self.not_recorded().to_owned(),
            (Some(kept), Some(left)) if kept.saturating_add(left) > 0 => {
                let share = self.whole_percent(f64::from(left) / f64::from(kept.saturating_add(left)) * 100.0);
                format!("{}, {} ({share})", number(accepted), number(rejected))
            }
            _ => format!("{}, {}", number(accepted), number(rejected)),
        }
    }

    /// The R-R interval and the heart rate that it means.
    pub(crate) fn rr_interval_of(self, ms: Option<f64>) -> String {
        match ms.filter(|ms| *ms > 0.0) {
            Some(ms) => {
                let rate = 60_000.0 / ms;
                self.of(format!("{ms:.0} ms ({rate:.0} per minute)"), format!("{ms:.0} ms(분당 {rate:.0}회)"))
            }
            None => self.recorded(ms, 0, "ms"),
        }
    }

    /// The R-R window, and its width as a share of the R-R interval.
    pub(crate) fn rr_window_of(self, low: Option<f64>, high: Option<f64>, interval: Option<f64>) -> String {
        let (Some(low), Some(high)) = (low, high) else { return self.not_recorded().to_owned() };
        match interval.filter(|interval| *interval > 0.0) {
            Some(interval) => {
                let width = (high - low) / interval * 100.0;
                self.of(
                    format!("{low:.0} to {high:.0} ms ({width:.0} % wide)"),
                    format!("{low:.0}~{high:.0} ms(폭 {width:.0}%)"),
                )
            }
            None => self.of(format!("{low:.0} to {high:.0} ms"), format!("{low:.0}~{high:.0} ms")),
        }
    }

    /// How many frames lost counts, and the one that lost most.
    pub(crate) fn drop_off_of(self, frames: usize, worst: FrameIndex, kept: f64) -> String {
        let kept = kept * 100.0;
        let some = if frames == 1 { "1 frame".to_owned() } else { format!("{frames} frames") };
        self.of(
            format!("{some}; frame {worst} kept {kept:.0} %"),
            format!("프레임 {frames}개, 프레임 {worst}에 {kept:.0}% 남음"),
        )
    }

    /// Counts of the median frame, and of the least.
    pub(crate) fn frame_counts_of(self, median: f64, least: f64) -> String {
        let (median, least) = (figures::counts(median), figures::counts(least));
        self.of(format!("{median} (least {least})"), format!("{median}(최소 {least})"))
    }

    /// Heading of the choices of a protocol.
    pub(crate) fn every_choice(self, protocol: &str) -> String {
        self.of(format!("Every choice of protocol {protocol}"), format!("프로토콜 {protocol}의 모든 선택"))
    }

    /// Characters that the font of a PDF does not have.
    pub(crate) fn missing_glyphs(self, characters: &str) -> String {
        self.of(
            format!(
                "The font of this PDF has no glyph for these characters, which are written as their code: {characters}."
            ),
            format!("이 PDF의 글꼴에 없는 글자가 있어 코드로 표시했습니다: {characters}."),
        )
    }

    /// Number of a page.
    pub(crate) fn page_number(self, page: usize, pages: usize) -> String {
        self.of(format!("{} {page} of {pages}", self.page_of()), format!("{page} / {pages}{}", self.page_of()))
    }
}

/// Title and description of a protocol in Korean.
fn korean_protocol(key: &str) -> Option<(&'static str, &'static str)> {
    Some(match key {
        "background_image" => {
            ("배후방사능 영상", "각 프레임의 확장된 관심영역 계수에서 신경망이 본 배후방사능 영상을 뺌")
        }
        "standard" => ("표준 관심영역", "각 프레임의 관심영역 계수에서 옆의 호 모양 영역과 둘레 띠의 배후방사능을 뺌"),
        "paper" => ("논문", "256 격자에서 각 프레임의 관심영역 계수에서 ES 관심영역 둘레 고리의 평균을 뺌"),
        "unmixed" => ("좌심실 분율", "전체 시야에서 각 화소의 좌심실 분율 x 계수. 윤곽은 쓰지 않음"),
        FIXED_ROI => ("고정 관심영역", "모든 프레임에서 ED 관심영역의 계수. 배후방사능은 표준과 같음"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::Results;

    #[test]
    fn every_protocol_has_a_korean_name() {
        for result in Results::new(|_| None).iter() {
            assert!(korean_protocol(result.key).is_some(), "{}", result.key);
        }
    }

    #[test]
    fn known_data_are_named_in_korean_and_others_are_left() {
        let korean = Language::Korean;
        assert_eq!(korean.data("5000 simulated studies, seed 41"), "모의 검사 5000건(난수 씨앗 41)");
        assert_eq!(korean.data("200 simulated studies"), "모의 검사 200건");
        assert_eq!(korean.data("against CMR, n = 40"), "against CMR, n = 40");
    }

    #[test]
    fn shares_are_those_of_all_beats_and_of_the_interval() {
        let english = Language::English;
        assert_eq!(english.beats_of(Some(450), Some(50)), "450, 50 (10 %)");
        assert_eq!(english.beats_of(Some(1450), None), "1,450, not recorded");
        assert_eq!(
            (english.beats_of(None, None), english.beats_of(Some(0), Some(0))),
            ("not recorded".into(), "0, 0".into())
        );
        assert_eq!(english.rr_window_of(Some(720.0), Some(880.0), Some(800.0)), "720 to 880 ms (20 % wide)");
        assert_eq!(english.rr_window_of(Some(720.0), Some(880.0), None), "720 to 880 ms");
        assert_eq!(
            (english.rr_interval_of(Some(800.0)), english.rr_interval_of(None)),
            ("800 ms (75 per minute)".into(), "not recorded".into())
        );
        assert_eq!(english.rr_window_of(None, Some(880.0), Some(800.0)), "not recorded");
        assert_eq!(Language::Korean.beats_of(Some(450), Some(50)), "450, 50 (10%)");
    }
}
