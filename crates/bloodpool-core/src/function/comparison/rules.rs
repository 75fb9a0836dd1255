//! `CardiotoxicityRule`: published rules of cardiotoxicity as data, each with its source.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::wackers::SLACK_POINTS;
use crate::function::refusal::{Outcome, Refusal};

/// A baseline that an arm of a rule is about, LVEF in percent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BaselineRange {
    /// Any.
    Any,
    /// This or more.
    AtLeast(f64),
    /// More than the first, less than the second.
    Between(f64, f64),
    /// This or less.
    AtMost(f64),
}

/// A condition on the follow-up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// LVEF fell by so many points or more.
    DropAtLeast(f64),
    /// LVEF fell by more than so many points.
    DropMoreThan(f64),
    /// LVEF is below this, percent.
    LvefBelow(f64),
    /// LVEF is this or less, percent.
    LvefAtMost(f64),
    /// LVEF is below the lower limit of normal of the department.
    LvefBelowLocalLimit,
}

/// One arm of a rule: it is met where all its conditions hold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Arm {
    /// The baselines that it is about.
    pub baseline: BaselineRange,
    /// Its conditions; without one it is met by the baseline alone.
    pub conditions: &'static [Condition],
    /// The same in words, without a full stop.
    pub text: &'static str,
}

/// A published rule.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CardiotoxicityRule {
    /// Stable name.
    pub key: &'static str,
    /// Title.
    pub title: &'static str,
    /// What the source says should follow, without a full stop.
    pub consequence: &'static str,
    /// Where it was read, with what it says.
    pub source: &'static str,
    /// What a reader must know about it.
    pub note: Option<&'static str>,
    /// Its arms: the rule is met where one of them is.
    pub arms: &'static [Arm],
}

use BaselineRange::{Any, AtLeast, AtMost, Between};
use Condition::{DropAtLeast, DropMoreThan, LvefAtMost, LvefBelow, LvefBelowLocalLimit};

/// Every rule, in the order in which they are shown.
///
/// The definitions of the ESC guidelines of 2022 are not among them: their table was not found in a readable source.
pub const CARDIOTOXICITY_RULES: [CardiotoxicityRule; 4] = [
    CardiotoxicityRule {
        key: "hera",
        title: "HERA trial",
        consequence: "a significant drop of LVEF by the trial's definition",
        source: "Herceptin Adjuvant (HERA) trial: reduction in LVEF of 10 points or more to below 50 % (Suter et al., J Clin Oncol \
                 2007;25:3859; as tabulated in PMC9075223, table 1). The European label of trastuzumab: \"If LVEF drops 10 \
                 ejection fraction (EF) points from baseline AND to below 50 %, treatment should be suspended and a repeat LVEF \
                 assessment performed within approximately 3 weeks.\"",
        note: None,
        arms: &[Arm {
            baseline: Any,
            conditions: &[DropAtLeast(10.0), LvefBelow(50.0)],
            text: "a drop of 10 points or more to below 50 %",
        }],
    },
    CardiotoxicityRule {
        key: "ase_eacvi",
        title: "ASE/EACVI 2014",
        consequence: "cancer therapeutics-related cardiac dysfunction, to be confirmed by repeat imaging 2 to 3 weeks later",
        source: "Plana et al., Eur Heart J Cardiovasc Imaging 2014;15:1063: decrease in LVEF of more than 10 points to below 53 %, \
                 confirmed with repeat imaging 2 to 3 weeks later (as tabulated in PMC9075223, table 1)",
        note: Some("53 % is an echocardiographic limit of normal"),
        arms: &[Arm {
            baseline: Any,
            conditions: &[DropMoreThan(10.0), LvefBelow(53.0)],
            text: "a drop of more than 10 points to below 53 % (an echocardiographic limit)",
        }],
    },
    CardiotoxicityRule {
        key: "anthracycline",
        title: "Anthracyclines, by radionuclide ventriculography",
        consequence: "discontinue therapy, or do not initiate it",
        source: "Guideline for serial monitoring of LVEF by ERNA for patients undergoing chemotherapy with anthracyclines (table in \
                 J Nucl Med Technol, tech.snmjournals.org; after Schwartz et al., Am J Med 1987;82:1109): normal LVEF at baseline \
                 (>= 50 %): \"Discontinue therapy if LVEF decreases >= 10 % (EF units) from baseline and reaches < 50 %\"; abnormal \
                 LVEF at baseline (> 30 % to < 50 %): \"Discontinue therapy if LVEF decreases >= 10 % (EF units) from baseline or \
                 reaches <= 30 %\"; LVEF <= 30 % at baseline: \"Do not initiate therapy\"",
        note: None,
        arms: &[
            Arm {
                baseline: AtLeast(50.0),
                conditions: &[DropAtLeast(10.0), LvefBelow(50.0)],
                text: "baseline 50 % or more: a drop of 10 points or more to below 50 %",
            },
            Arm {
                baseline: Between(30.0, 50.0),
                conditions: &[DropAtLeast(10.0)],
                text: "baseline between 30 and 50 %: a drop of 10 points or more",
            },
            Arm {
                baseline: Between(30.0, 50.0),
                conditions: &[LvefAtMost(30.0)],
                text: "baseline between 30 and 50 %: LVEF of 30 % or less",
            },
            Arm {
                baseline: AtMost(30.0),
                conditions: &[],
                text: "baseline 30 % or less: therapy is not to be initiated",
            },
        ],
    },
    CardiotoxicityRule {
        key: "trastuzumab_us_label",
        title: "Trastuzumab, label of the United States",
        consequence: "withhold trastuzumab for at least 4 weeks",
        source: "Herceptin, prescribing information (United States), sections 2.2 and 5.1: \"Withhold Herceptin dosing for at least 4 \
                 weeks for either of the following: >= 16 % absolute decrease in LVEF from pre-treatment values; LVEF below \
                 institutional limits of normal and >= 10 % absolute decrease in LVEF from pretreatment values.\"",
        note: Some("the second arm needs the lower limit of normal of this department"),
        arms: &[
            Arm { baseline: Any, conditions: &[DropAtLeast(16.0)], text: "a drop of 16 points or more" },
            Arm {
                baseline: Any,
                conditions: &[DropAtLeast(10.0), LvefBelowLocalLimit],
                text: "a drop of 10 points or more to below the limit of normal of this department",
            },
        ],
    },
];

/// Whether a rule is met.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RuleFinding {
    /// Key of the rule.
    pub rule: String,
    /// Whether it is met, or why that cannot be told.
    pub met: Outcome<bool>,
    /// The arms that are met, in words.
    pub arms_met: Vec<String>,
}

impl CardiotoxicityRule {
    /// The rule of this key.
    #[must_use]
    pub fn by_key(key: &str) -> Option<&'static Self> {
        CARDIOTOXICITY_RULES.iter().find(|rule| rule.key == key)
    }

    /// Applies the rule to two LVEFs, percent. `local_limit_percent`: lower limit of normal of the department.
    #[must_use]
    pub fn applied(
        &self,
        baseline_percent: f64,
        follow_up_percent: f64,
        local_limit_percent: Option<f64>,
    ) -> RuleFinding {
        let arms: Vec<&Arm> = self.arms.iter().filter(|arm| arm.baseline.holds(baseline_percent)).collect();
        let holds = |arm: &&&Arm| arm.holds(baseline_percent, follow_up_percent, local_limit_percent);
        let arms_met: Vec<String> =
            arms.iter().filter(|arm| holds(arm) == Some(true)).map(|arm| arm.text.to_string()).collect();
        let met = if !arms_met.is_empty() {
            Outcome::Value(true)
        } else if arms.is_empty() {
            Outcome::Refused(Refusal::BaselineNotCovered { baseline_percent })
        } else if arms.iter().any(|arm| holds(&arm).is_none()) {
            Outcome::Refused(Refusal::LocalLimitUnknown)
        } else {
            Outcome::Value(false)
        };
        RuleFinding { rule: self.key.into(), met, arms_met }
    }
}

impl BaselineRange {
    fn holds(self, percent: f64) -> bool {
        match self {
            Any => true,
            AtLeast(limit) => percent >= limit - SLACK_POINTS,
            Between(above, below) => percent > above + SLACK_POINTS && percent < below - SLACK_POINTS,
            AtMost(limit) => percent <= limit + SLACK_POINTS,
        }
    }
}

impl Arm {
    /// Whether all conditions hold; `None` where that depends on a limit that is not known.
    fn holds(&self, baseline: f64, follow_up: f64, local_limit: Option<f64>) -> Option<bool> {
        let drop = baseline - follow_up;
        let mut unknown = false;
        for condition in self.conditions {
            let holds = match *condition {
                DropAtLeast(points) => drop >= points - SLACK_POINTS,
                DropMoreThan(points) => drop > points + SLACK_POINTS,
                LvefBelow(limit) => follow_up < limit - SLACK_POINTS,
                LvefAtMost(limit) => follow_up <= limit + SLACK_POINTS,
                LvefBelowLocalLimit => match local_limit {
                    Some(limit) => follow_up < limit - SLACK_POINTS,
                    None => {
                        unknown = true;
                        continue;
                    }
                },
            };
            if !holds {
                return Some(false);
            }
        }
        if unknown { None } else { Some(true) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn met(key: &str, baseline: f64, follow_up: f64) -> Outcome<bool> {
        CardiotoxicityRule::by_key(key).unwrap().applied(baseline, follow_up, None).met
    }

    #[test]
    fn limits_are_met_and_missed_as_their_sources_say() {
        for (key, baseline, follow_up, expected) in [
            ("hera", 60.0, 49.9, true),
            ("hera", 60.0, 50.0, false),
            ("hera", 59.9, 49.9, true),
            ("hera", 58.0, 49.0, false),
            ("ase_eacvi", 63.0, 52.9, true),
            ("ase_eacvi", 62.9, 52.9, false),
            ("ase_eacvi", 65.0, 53.0, false),
            ("anthracycline", 50.0, 40.0, true),
            ("anthracycline", 60.0, 50.0, false),
            ("anthracycline", 70.0, 55.0, false),
            ("anthracycline", 49.9, 39.9, true),
            ("anthracycline", 45.0, 36.0, false),
            ("anthracycline", 35.0, 30.0, true),
            ("anthracycline", 35.0, 30.1, false),
            ("anthracycline", 30.0, 40.0, true),
            ("trastuzumab_us_label", 70.0, 54.0, true),
            ("trastuzumab_us_label", 70.0, 60.5, false),
        ] {
            assert_eq!(met(key, baseline, follow_up), Outcome::Value(expected), "{key}: {baseline} to {follow_up}");
        }
    }

    #[test]
    fn a_local_limit_that_is_not_known_decides_nothing() {
        let rule = CardiotoxicityRule::by_key("trastuzumab_us_label").unwrap();
        assert_eq!(rule.applied(60.0, 48.0, None).met, Outcome::Refused(Refusal::LocalLimitUnknown));
        let found = rule.applied(60.0, 48.0, Some(50.0));
        assert_eq!((found.met, found.arms_met.len()), (Outcome::Value(true), 1));
        assert_eq!(rule.applied(60.0, 48.0, Some(45.0)).met, Outcome::Value(false));
        assert_eq!(rule.applied(66.0, 48.0, Some(50.0)).arms_met.len(), 2);
    }

    #[test]
    fn every_rule_has_its_source_and_its_own_key() {
        for rule in CARDIOTOXICITY_RULES {
            assert!(rule.source.len() > 80 && !rule.arms.is_empty() && !rule.consequence.ends_with('.'));
            assert_eq!(CardiotoxicityRule::by_key(rule.key), Some(&rule));
        }
        assert!(
            CARDIOTOXICITY_RULES.iter().filter_map(|rule| rule.note).any(|note| note.contains("echocardiographic"))
        );
        assert_eq!(CardiotoxicityRule::by_key("esc_2022"), None);
        let text = serde_json::to_string(&CARDIOTOXICITY_RULES[0].arms).unwrap();
        assert!(text.contains(r#""conditions":[{"drop_at_least":10.0},{"lvef_below":50.0}]"#), "{text}");
    }
}
