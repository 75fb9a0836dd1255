//! A serial comparison in words: studies, changes, rules and conclusion, as page, PDF and summary show them.

use bloodpool_core::function::comparison::{BaselineSource, CARDIOTOXICITY_RULES, CardiotoxicityRule, Change};
use bloodpool_core::function::normal_ranges::normal_ranges_of;
use bloodpool_core::function::{Outcome, Quantity};
use bloodpool_core::study::calendar::days_between;
use bloodpool_core::validity::Rank;

use super::comparison::SerialComparison;
use crate::{Language, figures};

/// Lower limit of normal of LVEF, percent: that of the published range.
pub(crate) fn lvef_limit_percent() -> Option<f64> {
    normal_ranges_of(Quantity::Lvef).find_map(|range| range.lower_limit)
}

/// One study in words.
#[derive(Debug)]
pub(crate) struct StudyRow {
    pub(crate) number: usize,
    /// The date, or that it is not recorded.
    pub(crate) date: String,
    /// The time, where there is one.
    pub(crate) time: Option<String>,
    pub(crate) source: String,
    pub(crate) is_baseline: bool,
    /// With its interval, or that it is withheld.
    pub(crate) lvef: String,
    pub(crate) withheld: bool,
    pub(crate) rank: Option<Rank>,
    /// The gravest rank, or that nothing was found.
    pub(crate) rank_in_words: &'static str,
    /// Findings that ask for a look, or worse.
    pub(crate) findings: Vec<String>,
    pub(crate) lv_counts: String,
    pub(crate) acquired: String,
    /// What was signed earlier: the LVEF with its interval, and by what.
    pub(crate) signed: Option<[String; 2]>,
}

/// What changed in one study, in words.
#[derive(Debug)]
pub(crate) struct ChangeRow {
    pub(crate) number: usize,
    pub(crate) date: String,
    /// Time since the baseline, or that it was before.
    pub(crate) since: String,
    pub(crate) lvef: String,
    pub(crate) value: Result<ChangeValue, String>,
    /// For each rule: whether it is met, and in words; or one reason for all.
    pub(crate) rules: Result<Vec<RuleCell>, &'static str>,
    /// What differs other than the heart.
    pub(crate) differences: Vec<String>,
}

/// A change in words.
#[derive(Debug)]
pub(crate) struct ChangeValue {
    pub(crate) points: String,
    pub(crate) interval: Option<String>,
    pub(crate) technical_limit: String,
    pub(crate) published_limit: String,
    pub(crate) verdict: &'static str,
    /// Why.
    pub(crate) reason: String,
    pub(crate) beyond: bool,
}

/// Whether a rule is met.
#[derive(Debug)]
pub(crate) struct RuleCell {
    /// `None`: it cannot be decided.
    pub(crate) met: Option<bool>,
    pub(crate) text: &'static str,
    /// The arms that are met, or why it cannot be decided.
    pub(crate) why: Option<String>,
}

/// A rule in words.
#[derive(Debug)]
pub(crate) struct RuleText {
    pub(crate) title: &'static str,
    pub(crate) arms: String,
    pub(crate) consequence: &'static str,
    /// As a sentence without a full stop.
    pub(crate) note: Option<String>,
    pub(crate) source: &'static str,
}

impl SerialComparison<'_> {
    fn date(&self, at: usize) -> Option<&str> {
        self.comparison.studies.get(at)?.date.as_deref()
    }

    fn date_in_words(&self, at: usize, language: Language) -> String {
        self.date(at).map_or_else(|| language.not_recorded().to_owned(), |date| language.date(date))
    }

    fn lvef_in_words(&self, at: usize, language: Language) -> String {
        let Some(study) = self.comparison.studies.get(at) else { return String::new() };
        let interval = study.interval.as_ref();
        study.lvef_percent.map_or_else(
            || language.withheld().to_owned(),
            |lvef| {
                let interval =
                    interval.map_or_else(String::new, |ends| format!(" ({:.0}\u{2013}{:.0})", ends.low, ends.high));
                format!("{}{interval}", language.percent(lvef))
            },
        )
    }

    /// Every study.
    pub(crate) fn study_rows(&self, language: Language) -> Vec<StudyRow> {
        let row = |(at, study): (usize, &super::SerialStudy<'_>)| {
            let validity = &study.analysis.validity;
            let look = validity.reasons().iter().filter(|reason| reason.rank >= Rank::Look);
            let signed = study.signed.as_ref().map(|signed| {
                let interval = signed.interval.as_ref();
                let interval =
                    interval.map_or_else(String::new, |ends| format!(" ({:.0}\u{2013}{:.0})", ends.low, ends.high));
                let (by, on) = (signed.signed_by.as_deref(), signed.signed_on.as_deref());
                [
                    format!("{}{interval}", language.percent(signed.lvef_percent)),
                    language.signed_by_what(&signed.protocol, &signed.software, by, on),
                ]
            });
            let identity = &study.study.identity;
            StudyRow {
                number: at + 1,
                date: self.date_in_words(at, language),
                time: study.moment().1.map(figures::time).filter(|time| !time.is_empty()),
                source: study.source.to_owned(),
                is_baseline: at == self.comparison.baseline,
                lvef: self.lvef_in_words(at, language),
                withheld: study.analysis.usable_lvef_percent().is_none(),
                rank: validity.rank(),
                rank_in_words: language.validity_in_words(validity),
                findings: look.map(|reason| language.finding(reason)).collect(),
                lv_counts: figures::counts(study.analysis.end_diastole.net_counts),
                acquired: language.acquired(
                    identity.camera().as_deref(),
                    [study.study.rows(), study.study.columns()],
                    study.study.frames(),
                ),
                signed,
            }
        };
        self.studies.iter().enumerate().map(row).collect()
    }

    /// What changed in each of the others.
    pub(crate) fn change_rows(&self, language: Language) -> Vec<ChangeRow> {
        self.comparison.changes.iter().map(|change| self.change_row(change, language)).collect()
    }

    fn change_row(&self, change: &Change, language: Language) -> ChangeRow {
        let days = days_between(self.date(self.comparison.baseline), self.date(change.study));
        let since = match days {
            _ if change.before_baseline => language.before_the_baseline().to_owned(),
            Some(days) => language.days(days),
            None => language.not_recorded().to_owned(),
        };
        let value = match (&change.difference_points, &change.repeat_variation) {
            (Outcome::Value(points), Outcome::Value(variation)) => Ok(ChangeValue {
                points: language.signed_points(*points),
                interval: change.interval.as_ref().map(|ends| language.difference_interval(ends.low, ends.high)),
                technical_limit: format!("{:.1}", variation.technical_limit_points),
                published_limit: language.published_limit_of(variation),
                verdict: if variation.beyond { language.beyond() } else { language.within() },
                reason: language.repeat_variation_reason(variation),
                beyond: variation.beyond,
            }),
            (Outcome::Refused(refusal), _) | (_, Outcome::Refused(refusal)) => Err(language.not_given(refusal)),
        };
        let rules = if change.before_baseline {
            Err(language.rules_before())
        } else if value.is_err() {
            Err(language.rules_withheld())
        } else {
            Ok(change.rules.iter().map(|finding| rule_cell(finding, language)).collect())
        };
        ChangeRow {
            number: change.study + 1,
            date: self.date_in_words(change.study, language),
            since,
            lvef: self.lvef_in_words(change.study, language),
            value,
            rules,
            differences: change.setting_differences.iter().map(|other| language.setting_difference(other)).collect(),
        }
    }

    /// Who chose the baseline, as a sentence.
    pub(crate) fn baseline_in_words(&self, language: Language) -> &'static str {
        match self.comparison.baseline_source {
            BaselineSource::Earliest => language.baseline_earliest(),
            BaselineSource::Chosen => language.baseline_chosen(),
        }
    }

    /// What a reader must know before the studies are compared.
    pub(crate) fn warnings_in_words(&self, language: Language) -> Vec<String> {
        self.warnings.iter().map(|warning| language.serial_warning(warning)).collect()
    }

    /// The conclusion about the study of this change: its LVEF, the change, the rules, and that settings differ. It restates numbers and
    /// rules alone.
    pub(crate) fn conclusion(&self, change: &Change, language: Language) -> Vec<String> {
        let (Some(study), Some(baseline)) =
            (self.comparison.studies.get(change.study), self.comparison.studies.get(self.comparison.baseline))
        else {
            return Vec::new();
        };
        let mut sentences =
            lvef_sentences(study.lvef_percent, study.interval.as_ref(), study.date.as_deref(), language);
        sentences.extend(self.change_sentences(change, baseline.lvef_percent, language));
        sentences
    }

    /// The part of a conclusion about a change.
    pub(crate) fn change_sentences(
        &self,
        change: &Change,
        baseline_percent: Option<f64>,
        language: Language,
    ) -> Vec<String> {
        let mut sentences = Vec::new();
        match (&change.difference_points, baseline_percent) {
            (Outcome::Value(points), Some(from)) => {
                let date = self.date(self.comparison.baseline);
                sentences.push(language.conclude_change(*points, (from, date), change.repeat_variation.value()));
                if self.comparison.repeatability.is_counting_noise_alone() {
                    sentences.push(language.technical_limit_too_small().to_owned());
                }
            }
            (Outcome::Refused(refusal), _) => sentences.push(language.conclude_no_change(&language.refusal(refusal))),
            (Outcome::Value(_), None) => {}
        }
        if !change.rules.is_empty() {
            let (mut met, mut undecided) = (Vec::new(), Vec::new());
            for finding in &change.rules {
                let Some(rule) = CardiotoxicityRule::by_key(&finding.rule) else { continue };
                match &finding.met {
                    Outcome::Value(true) => met.push((language.rule_title(rule).to_owned(), arms(finding, language))),
                    Outcome::Value(false) => {}
                    Outcome::Refused(why) => {
                        undecided.push(format!("{} ({})", language.rule_title(rule), language.refusal(why)));
                    }
                }
            }
            sentences.push(language.conclude_rules(&met, &undecided));
        }
        sentences.extend(change.setting_differences.iter().map(|other| language.setting_difference(other)));
        sentences
    }
}

/// The part of a conclusion about one LVEF.
pub(crate) fn lvef_sentences(
    lvef_percent: Option<f64>,
    interval: Option<&bloodpool_core::uncertainty::Interval>,
    date: Option<&str>,
    language: Language,
) -> Vec<String> {
    let (Some(lvef), Some(limit)) = (lvef_percent, lvef_limit_percent()) else {
        return vec![language.conclusion_withheld().to_owned()];
    };
    let mut sentences = vec![language.conclude_lvef(lvef, interval, limit, date)];
    if interval.is_some_and(|interval| interval.low < limit && interval.high >= limit) {
        sentences.push(language.limit_within_interval().to_owned());
    }
    sentences
}

fn arms(finding: &bloodpool_core::function::comparison::RuleFinding, language: Language) -> String {
    let arms: Vec<String> = finding.arms_met.iter().map(|arm| language.rule_arm(&finding.rule, arm)).collect();
    arms.join("; ")
}

fn rule_cell(finding: &bloodpool_core::function::comparison::RuleFinding, language: Language) -> RuleCell {
    match &finding.met {
        Outcome::Value(true) => {
            RuleCell { met: Some(true), text: language.rule_met(), why: Some(arms(finding, language)) }
        }
        Outcome::Value(false) => RuleCell { met: Some(false), text: language.rule_not_met(), why: None },
        Outcome::Refused(why) => {
            RuleCell { met: None, text: language.rule_not_decided(), why: Some(language.refusal(why)) }
        }
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Every rule, in the order of the cells of a change.
pub(crate) fn rule_texts(language: Language) -> Vec<RuleText> {
    let text = |rule: &'static CardiotoxicityRule| {
        let arms: Vec<String> = rule.arms.iter().map(|arm| language.rule_arm(rule.key, arm.text)).collect();
        RuleText {
            title: language.rule_title(rule),
            arms: arms.join("; "),
            consequence: language.rule_consequence(rule),
            note: language.rule_note(rule).map(capitalised),
            source: rule.source,
        }
    };
    CARDIOTOXICITY_RULES.iter().filter_map(|rule| CardiotoxicityRule::by_key(rule.key)).map(text).collect()
}
