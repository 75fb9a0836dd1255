//! Findings about a study in both languages: messages, ranks, topics, what was checked, and the line for the technologist.

use bloodpool_core::validity::{AtTheCamera, Checked, Rank, Reason, Topic, Validity};
use bloodpool_core::{Analysis, GatedStudy};

use super::{Language, codes};

/// The Korean sentence of a finding; `None` for a code that has none.
fn korean_of_code(code: &str) -> Option<&'static str> {
    codes::KOREAN.iter().find(|(known, _)| *known == code).map(|(_, korean)| *korean)
}

impl Language {
    /// A finding in words. In Korean: the sentence of its code, followed by the original message, which has the figures.
    #[must_use]
    pub fn finding(self, reason: &Reason) -> String {
        match self {
            Self::English => reason.message.clone(),
            Self::Korean => match korean_of_code(reason.code) {
                Some(korean) => format!("{korean} ({} {})", self.original_message(), reason.message),
                None => reason.message.clone(),
            },
        }
    }

    /// A rank in words.
    #[must_use]
    pub fn rank(self, rank: Rank) -> &'static str {
        self.of(
            rank.in_words(),
            match rank {
                Rank::Note => "참고",
                Rank::Look => "확인 필요",
                Rank::DoNotUse => "사용 금지",
                Rank::Refused => "분석 불가",
            },
        )
    }

    /// The overall result in words: that nothing was found, or the gravest rank.
    pub(crate) fn validity_in_words(self, validity: &Validity) -> &'static str {
        validity.rank().map_or(self.no_finding(), |rank| self.rank(rank))
    }

    /// A topic.
    pub(crate) fn topic(self, topic: Topic) -> &'static str {
        self.of(
            topic.in_words(),
            match topic {
                Topic::Orientation => "영상 방향",
                Topic::View => "촬영 방향",
                Topic::Gating => "게이팅",
                Topic::Counts => "계수",
                Topic::Outline => "윤곽",
            },
        )
    }

    /// What the technologist should do, without a full stop.
    pub(crate) fn at_the_camera(self, validity: &Validity) -> String {
        let todo = validity.at_the_camera();
        if self == Self::English {
            return todo.in_words();
        }
        match &todo {
            AtTheCamera::Acceptable => "적합".to_owned(),
            AtTheCamera::Repeat(why) => format!("지금 다시 촬영하십시오. 이유: {}", korean_repeat(why).unwrap_or(why)),
            AtTheCamera::Ask(what) => {
                let same = |reason: &&Reason| reason.message == *what;
                let what =
                    validity.reasons().iter().find(same).map_or_else(|| what.clone(), |reason| self.finding(reason));
                format!("아직 다시 촬영하지 말고 먼저 확인하십시오: {what}")
            }
        }
    }

    /// What the checks of a topic looked at, as one sentence without a full stop.
    pub(crate) fn looked_at(self, checked: &Checked, study: &GatedStudy, analysis: &Analysis) -> String {
        match self {
            Self::English => checked.looked_at.clone(),
            Self::Korean => korean_looked_at(checked.topic, study, analysis),
        }
    }

    /// A recorded view, where it is one of the usual ones in words.
    pub(crate) fn view_of(self, recorded: &str) -> String {
        let korean = match recorded.trim() {
            "left anterior oblique (LAO)" => "좌전사위(LAO)",
            "anterior" => "전면",
            "left lateral" => "좌측면",
            "right anterior oblique (RAO)" => "우전사위(RAO)",
            "left posterior oblique (LPO)" => "좌후사위(LPO)",
            other => other,
        };
        self.of(recorded, korean).to_owned()
    }
}

/// Why an acquisition should be repeated; `None` for a reason that has no Korean form.
fn korean_repeat(why: &str) -> Option<&'static str> {
    Some(match why {
        "no heart is in the images" => "영상에 심장이 없음",
        "the view is not left anterior oblique" => "촬영 방향이 좌전사위(LAO)가 아님",
        "the gating failed; check the ECG leads and the trigger first" => {
            "게이팅 실패. 먼저 심전도 전극과 트리거를 확인하십시오"
        }
        "the patient may have moved, or frames are out of order" => "환자가 움직였거나 프레임 순서가 바뀌었을 수 있음",
        "the R-R window was too wide" => "R-R 허용 범위가 너무 넓음",
        "the cycle has too few frames" => "주기의 프레임 수가 너무 적음",
        "the frames are too long; use 24 frames or more" => "프레임 시간이 너무 김. 24프레임 이상을 사용하십시오",
        "the left ventricle has too few counts; acquire longer" => "좌심실 계수가 너무 적음. 더 오래 촬영하십시오",
        "pixels reached the largest value that was stored; use 16 bits" => {
            "화소가 저장 최대값에 도달함. 16비트를 사용하십시오"
        }
        "counts were lost during the acquisition" => "획득 중 계수가 손실됨",
        "values began again at 0 where pixels were full; use 16 bits" => {
            "화소 값이 0부터 다시 시작함. 16비트를 사용하십시오"
        }
        "the heart is too small in the field; use zoom or a larger matrix" => {
            "시야에서 심장이 너무 작음. 확대하거나 더 큰 매트릭스를 사용하십시오"
        }
        "the heart is cut by the edge of the field" => "심장이 시야 가장자리에서 잘림",
        _ => return None,
    })
}

fn korean_looked_at(topic: Topic, study: &GatedStudy, analysis: &Analysis) -> String {
    let korean = Language::Korean;
    let recognition = analysis.recognition();
    let percent = |probability: Option<&f64>| korean.whole_percent(probability.copied().unwrap_or(0.0) * 100.0);
    match topic {
        Topic::Orientation => match recognition {
            Some(found) => {
                format!("모델에 따르면 바로 서 있고 뒤집히지 않았을 확률 {}", percent(found.orientation.first()))
            }
            None => "이 모델은 영상이 뒤집혔거나 회전되었는지 알 수 없음".to_owned(),
        },
        Topic::View => {
            let recorded = match (&study.identity.view, study.identity.view_is_lao) {
                (Some(view), _) => format!("기록된 방향 {}", korean.view_of(view)),
                (None, Some(true)) => "좌전사위로 기록됨".to_owned(),
                (None, _) => "파일에 기록 없음".to_owned(),
            };
            match recognition {
                Some(found) => format!(
                    "{recorded}. 모델에 따르면 심장일 확률 {}, 좌전사위일 확률 {}",
                    percent(Some(&found.heart)),
                    percent(found.view.first())
                ),
                None => format!("{recorded}. 이 모델은 영상에서 촬영 방향을 알 수 없음"),
            }
        }
        Topic::Gating => {
            let frames = study.frames();
            let timing = match study.gating.frame_time_ms {
                Some(ms) => format!("{ms:.0} ms 프레임 {frames}개"),
                None => format!("프레임 {frames}개(프레임 시간 기록 없음)"),
            };
            let beats = match (study.gating.beats_accepted, study.gating.beats_rejected) {
                (Some(accepted), Some(rejected)) => format!("채택 박동 {accepted}회, 제외 박동 {rejected}회"),
                (Some(accepted), None) => format!("채택 박동 {accepted}회, 제외 박동 기록 없음"),
                _ => "박동 수 기록 없음".to_owned(),
            };
            format!("{timing}. {beats}. R파가 1번 프레임인지, 주기당 박동 하나인지, 곡선이 닫히는지, 주기 끝 계수 감소")
        }
        Topic::Counts => format!(
            "계수 잡음 {:.1} EF점(표준오차). 심장 밖 계수가 모든 프레임에서 같은지, 단일 화소, 포화, 반전",
            analysis.counting_error_points
        ),
        Topic::Outline => {
            "모든 프레임의 윤곽이 급변 없이 시야 안에 있는지, 배후방사능 영역, 프로토콜 간 일치".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::validity::known_codes;

    #[test]
    fn every_code_and_every_reason_to_repeat_has_a_korean_text() {
        let mut codes = 0;
        for (code, repeat) in known_codes() {
            assert!(korean_of_code(code).is_some(), "{code}");
            assert!(repeat.is_none_or(|why| korean_repeat(why).is_some()), "{code}: {repeat:?}");
            codes += 1;
        }
        assert_eq!(codes, codes::KOREAN.len());
    }

    #[test]
    fn figures_of_a_finding_are_kept() {
        let reason =
            Reason::new("beats_rejected", "50 of 500 beats (10 %) were rejected; the rhythm may be irregular.");
        assert_eq!(Language::English.finding(&reason), reason.message);
        let korean = Language::Korean.finding(&reason);
        assert!(korean.starts_with("제외된 박동") && korean.contains("50 of 500 beats (10 %)"), "{korean}");
        let unknown = Reason::new("unheard_of", "Something else.");
        assert_eq!(Language::Korean.finding(&unknown), "Something else.");
    }

    #[test]
    fn the_technologist_reads_the_same_in_korean() {
        let validity = Validity::new(vec![Reason::new("saturated", "b")]);
        assert_eq!(
            Language::Korean.at_the_camera(&validity),
            "지금 다시 촬영하십시오. 이유: 화소가 저장 최대값에 도달함. 16비트를 사용하십시오"
        );
        assert_eq!(Language::English.at_the_camera(&validity), validity.at_the_camera().in_words());
        assert_eq!(Language::Korean.at_the_camera(&Validity::default()), "적합");
    }
}
