//! Rules of cardiotoxicity in Korean: title, consequence, note and arms of each. Sources are quoted as they are published.

use bloodpool_core::function::comparison::CardiotoxicityRule;

use super::Language;

/// What is said of one rule.
struct KoreanRule {
    key: &'static str,
    title: &'static str,
    consequence: &'static str,
    note: Option<&'static str>,
    /// Each arm in English and in Korean.
    arms: &'static [(&'static str, &'static str)],
}

const KOREAN: &[KoreanRule] = &[
    KoreanRule {
        key: "hera",
        title: "HERA 임상시험",
        consequence: "이 임상시험의 정의에 따른 유의한 LVEF 감소",
        note: None,
        arms: &[("a drop of 10 points or more to below 50 %", "10점 이상 감소하여 50% 미만")],
    },
    KoreanRule {
        key: "ase_eacvi",
        title: "ASE/EACVI 2014",
        consequence: "항암치료 관련 심기능장애. 2~3주 후 반복 영상검사로 확인",
        note: Some("53%는 심초음파검사의 정상 하한임"),
        arms: &[(
            "a drop of more than 10 points to below 53 % (an echocardiographic limit)",
            "10점 넘게 감소하여 53% 미만(심초음파검사의 하한)",
        )],
    },
    KoreanRule {
        key: "anthracycline",
        title: "안트라사이클린, 방사성핵종 심실조영술",
        consequence: "치료 중단 또는 시작하지 않음",
        note: None,
        arms: &[
            (
                "baseline 50 % or more: a drop of 10 points or more to below 50 %",
                "기저 50% 이상: 10점 이상 감소하여 50% 미만",
            ),
            ("baseline between 30 and 50 %: a drop of 10 points or more", "기저 30%와 50% 사이: 10점 이상 감소"),
            ("baseline between 30 and 50 %: LVEF of 30 % or less", "기저 30%와 50% 사이: LVEF 30% 이하"),
            ("baseline 30 % or less: therapy is not to be initiated", "기저 30% 이하: 치료를 시작하지 않음"),
        ],
    },
    KoreanRule {
        key: "trastuzumab_us_label",
        title: "트라스투주맙, 미국 허가사항",
        consequence: "트라스투주맙을 최소 4주간 보류",
        note: Some("둘째 조건에는 해당 기관의 정상 하한이 필요함"),
        arms: &[
            ("a drop of 16 points or more", "16점 이상 감소"),
            (
                "a drop of 10 points or more to below the limit of normal of this department",
                "10점 이상 감소하여 해당 기관의 정상 하한 미만",
            ),
        ],
    },
];

impl Language {
    fn korean_rule(self, key: &str) -> Option<&'static KoreanRule> {
        KOREAN.iter().find(|rule| rule.key == key).filter(|_| self == Self::Korean)
    }

    /// Title of a rule.
    pub(crate) fn rule_title(self, rule: &CardiotoxicityRule) -> &'static str {
        self.korean_rule(rule.key).map_or(rule.title, |korean| korean.title)
    }

    /// What its source says should follow.
    pub(crate) fn rule_consequence(self, rule: &CardiotoxicityRule) -> &'static str {
        self.korean_rule(rule.key).map_or(rule.consequence, |korean| korean.consequence)
    }

    /// What a reader must know about it.
    pub(crate) fn rule_note(self, rule: &CardiotoxicityRule) -> Option<&'static str> {
        self.korean_rule(rule.key).map_or(rule.note, |korean| korean.note)
    }

    /// An arm of it in words.
    pub(crate) fn rule_arm(self, key: &str, arm: &str) -> String {
        let korean = self.korean_rule(key).and_then(|rule| rule.arms.iter().find(|(english, _)| *english == arm));
        korean.map_or_else(|| arm.to_owned(), |(_, korean)| (*korean).to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_core::function::comparison::CARDIOTOXICITY_RULES;

    #[test]
    fn every_rule_and_arm_has_a_korean_form() {
        let korean = Language::Korean;
        let is_korean = |text: &str| text.chars().any(|letter| ('가'..='힣').contains(&letter));
        for rule in &CARDIOTOXICITY_RULES {
            assert!(is_korean(korean.rule_consequence(rule)), "{}", rule.key);
            assert_eq!(korean.rule_note(rule).is_some(), rule.note.is_some(), "{}", rule.key);
            assert_eq!(Language::English.rule_title(rule), rule.title);
            for arm in rule.arms {
                let text = korean.rule_arm(rule.key, arm.text);
                assert!(is_korean(&text), "{}", arm.text);
                let figures = |text: &str| {
                    let mut found: Vec<String> = text
                        .split(|c: char| !c.is_ascii_digit())
                        .filter(|part| !part.is_empty())
                        .map(str::to_owned)
                        .collect();
                    found.sort();
                    found
                };
                assert_eq!(figures(&text), figures(arm.text));
                assert_eq!(Language::English.rule_arm(rule.key, arm.text), arm.text);
            }
        }
        assert_eq!(KOREAN.len(), CARDIOTOXICITY_RULES.len());
    }
}
