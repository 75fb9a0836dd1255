//! `Comparison`: a baseline and the other studies of a patient, and what changed in each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::{CARDIOTOXICITY_RULES, RuleFinding};
use super::settings::{SettingDifference, setting_differences};
use super::study::ComparedStudy;
use super::technical::{DifferenceInterval, PairCalibration, TechnicalRepeatability};
use super::wackers::{NORMAL_BASELINE_PERCENT, RepeatVariation};
use crate::function::refusal::{Outcome, Refusal};

/// Which study is the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BaselineChoice {
    /// The earliest by date and time.
    #[default]
    Earliest,
    /// The study of this index, from 0, in the order in which they are given.
    Study(usize),
}

/// Who chose the baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineSource {
    /// It is the earliest study.
    Earliest,
    /// A person named it.
    Chosen,
}

/// What a comparison rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct ComparisonChoices {
    /// Which study is the baseline.
    pub baseline: BaselineChoice,
    /// Constants of the technical limit.
    pub repeatability: TechnicalRepeatability,
    /// From technical limit to the interval of a difference, where there is one for this model and protocol.
    pub calibration: Option<PairCalibration>,
    /// LVEF from which a baseline passes for normal in the rule of repeat variation, percent.
    pub normal_from_percent: f64,
    /// Lower limit of normal of the department, percent, which some rules need.
    pub local_limit_percent: Option<f64>,
}

impl ComparisonChoices {
    /// The earliest study as baseline, no interval, and the limit of normal of Wackers et al.
    #[must_use]
    pub fn new(repeatability: TechnicalRepeatability) -> Self {
        Self {
            baseline: BaselineChoice::Earliest,
            repeatability,
            calibration: None,
            normal_from_percent: NORMAL_BASELINE_PERCENT,
            local_limit_percent: None,
        }
    }
}

/// Why studies cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// There is nothing to compare with.
    #[error("{studies} studies; a comparison needs at least two")]
    FewStudies {
        /// Number of studies.
        studies: usize,
    },
    /// The baseline that was named does not exist.
    #[error("the baseline is study {number}, but there are {studies}")]
    NoSuchStudy {
        /// Its number, from 1.
        number: usize,
        /// Number of studies.
        studies: usize,
    },
    /// The earliest study is not known.
    #[error("study `{label}` has no date; the baseline must be named")]
    NoDate {
        /// The study.
        label: String,
    },
}

impl ComparisonError {
    /// Stable code, for example `few_studies`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FewStudies { .. } => "few_studies",
            Self::NoSuchStudy { .. } => "no_such_study",
            Self::NoDate { .. } => "no_date",
        }
    }
}

/// LVEF less that of an earlier study, EF points; `None` where one of them is unknown, or no number.
#[must_use]
pub fn lvef_difference_points(earlier_percent: Option<f64>, later_percent: Option<f64>) -> Option<f64> {
    Some(later_percent? - earlier_percent?).filter(|points| points.is_finite())
}

/// What changed from the baseline to one other study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// Index of the study, from 0, among those of the comparison.
    pub study: usize,
    /// Whether it was acquired before the baseline; rules of cardiotoxicity then say nothing.
    pub before_baseline: bool,
    /// LVEF less that of the baseline, EF points.
    pub difference_points: Outcome<f64>,
    /// The calibrated interval of the difference, where there is one.
    pub interval: Option<DifferenceInterval>,
    /// The difference against the technical limit of the pair and the published one.
    pub repeat_variation: Outcome<RepeatVariation>,
    /// Every rule of cardiotoxicity; empty before the baseline.
    pub rules: Vec<RuleFinding>,
    /// What differs other than the heart.
    pub setting_differences: Vec<SettingDifference>,
}

/// The studies of one patient, compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// All studies: by date and time where all have one, otherwise as they were given.
    pub studies: Vec<ComparedStudy>,
    /// Index of the baseline among them, from 0.
    pub baseline: usize,
    /// Who chose it.
    pub baseline_source: BaselineSource,
    /// What changed in each of the others, in the order of the studies.
    pub changes: Vec<Change>,
    /// Lower limit of normal of the department that rules were applied with, percent.
    pub local_limit_percent: Option<f64>,
    /// Constants of the technical limit.
    pub repeatability: TechnicalRepeatability,
}

impl Comparison {
    /// Compares studies of one patient. That they are of one patient is for the caller to know.
    ///
    /// # Errors
    /// [`ComparisonError`] when there are fewer than two studies, the baseline does not exist, or it is to be the earliest and a
    /// study has no date.
    pub fn new(studies: Vec<ComparedStudy>, choices: &ComparisonChoices) -> Result<Self, ComparisonError> {
        let count = studies.len();
        if count < 2 {
            return Err(ComparisonError::FewStudies { studies: count });
        }
        let undated = studies.iter().find(|study| study.moment().is_none()).map(|study| study.label.clone());
        let mut order: Vec<usize> = (0..count).collect();
        if undated.is_none() {
            // A stable sort: studies of the same moment stay as they were given.
            order.sort_by_key(|&index| studies[index].moment());
        }
        let (baseline, baseline_source) = match (choices.baseline, undated) {
            (BaselineChoice::Earliest, Some(label)) => return Err(ComparisonError::NoDate { label }),
            (BaselineChoice::Earliest, None) => (0, BaselineSource::Earliest),
            (BaselineChoice::Study(index), _) => {
                let place = order.iter().position(|&given| given == index);
                let place = place.ok_or(ComparisonError::NoSuchStudy { number: index + 1, studies: count })?;
                (place, BaselineSource::Chosen)
            }
        };
        let studies: Vec<ComparedStudy> = order.iter().map(|&index| studies[index].clone()).collect();
        let others = (0..count).filter(|&index| index != baseline);
        let changes = others.map(|index| change(index, &studies[baseline], &studies[index], choices)).collect();
        Ok(Self {
            studies,
            baseline,
            baseline_source,
            changes,
            local_limit_percent: choices.local_limit_percent,
            repeatability: choices.repeatability.clone(),
        })
    }
}

fn change(study: usize, baseline: &ComparedStudy, other: &ComparedStudy, choices: &ComparisonChoices) -> Change {
    let before_baseline = match (baseline.moment(), other.moment()) {
        (Some(baseline), Some(other)) => other < baseline,
        _ => false,
    };
    let setting_differences = setting_differences(&baseline.settings, &other.settings);
    let (Some(from), Some(to)) = (baseline.known_lvef_percent(), other.known_lvef_percent()) else {
        return Change {
            study,
            before_baseline,
            difference_points: Outcome::Refused(Refusal::Withheld),
            interval: None,
            repeat_variation: Outcome::Refused(Refusal::Withheld),
            rules: Vec::new(),
            setting_differences,
        };
    };
    let difference = to - from;
    let limit = choices.repeatability.limit_points(baseline.counting_error_points, other.counting_error_points);
    let repeat_variation = RepeatVariation::of(from, difference, limit, choices.normal_from_percent);
    let applied = |local: Option<f64>| CARDIOTOXICITY_RULES.iter().map(|rule| rule.applied(from, to, local)).collect();
    Change {
        study,
        before_baseline,
        difference_points: Outcome::Value(difference),
        interval: choices.calibration.as_ref().map(|calibration| calibration.interval(difference, limit)),
        repeat_variation: Outcome::Value(repeat_variation),
        rules: if before_baseline { Vec::new() } else { applied(choices.local_limit_percent) },
        setting_differences,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::comparison::Settings;
    use crate::{ModelIdentity, Protocol};

    fn study(label: &str, date: Option<&str>, lvef_percent: Option<f64>) -> ComparedStudy {
        ComparedStudy {
            label: label.into(),
            date: date.map(Into::into),
            time: None,
            lvef_percent,
            interval: None,
            counting_error_points: 1.2,
            lv_counts: 60_000.0,
            settings: Settings {
                camera: Some("Maker Model 3".into()),
                matrix: [64, 64],
                pixel_spacing_mm: None,
                frames: 24,
                protocol: Protocol::standard(),
                model: ModelIdentity { name: "m".into(), sha256: "a".into() },
                version: "0.1.0".into(),
            },
        }
    }

    fn choices() -> ComparisonChoices {
        let source = "by hand".to_string();
        ComparisonChoices::new(TechnicalRepeatability { noise_factor: 1.4, pose_limit_points: 2.0, source })
    }

    #[test]
    fn the_earliest_study_is_the_baseline_unless_another_is_named() {
        let studies = vec![
            study("third", Some("20240301"), Some(44.0)),
            study("first", Some("20230105"), Some(60.0)),
            study("second", Some("20230901"), Some(57.0)),
        ];
        let found = Comparison::new(studies.clone(), &choices()).unwrap();
        let labels: Vec<&str> = found.studies.iter().map(|study| study.label.as_str()).collect();
        assert_eq!((labels.as_slice(), found.baseline), (["first", "second", "third"].as_slice(), 0));
        assert_eq!(found.baseline_source, BaselineSource::Earliest);
        let [second, third] = found.changes.as_slice() else { panic!("{:?}", found.changes) };
        assert_eq!((second.study, third.study), (1, 2));
        assert_eq!(third.difference_points, Outcome::Value(-16.0));
        // 1.96 x 1.4 x 1.2 x sqrt(2) = 4.656722; with 2 of pose 5.068043.
        let variation = third.repeat_variation.value().unwrap();
        assert!((variation.technical_limit_points - 5.068_043).abs() < 1e-5 && variation.beyond);
        assert!(!second.repeat_variation.value().unwrap().beyond);
        let met = |change: &Change, key: &str| {
            change.rules.iter().find(|finding| finding.rule == key).map(|finding| finding.met.clone())
        };
        assert_eq!(met(third, "hera"), Some(Outcome::Value(true)));
        assert_eq!(met(third, "trastuzumab_us_label"), Some(Outcome::Value(true)));
        assert_eq!(met(second, "anthracycline"), Some(Outcome::Value(false)));

        let named = ComparisonChoices { baseline: BaselineChoice::Study(2), ..choices() };
        let found = Comparison::new(studies, &named).unwrap();
        assert_eq!((found.baseline, found.baseline_source), (1, BaselineSource::Chosen));
        assert_eq!(found.changes[0].difference_points, Outcome::Value(3.0));
        assert!(found.changes[0].before_baseline && found.changes[0].rules.is_empty());
        assert!(!found.changes[1].before_baseline && found.changes[1].rules.len() == 4);
        let text = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Comparison>(&text).unwrap(), found);
    }

    #[test]
    fn studies_of_one_day_are_ordered_by_time() {
        let at = |label: &str, time: &str, lvef| ComparedStudy {
            time: Some(time.into()),
            ..study(label, Some("20240301"), Some(lvef))
        };
        let found =
            Comparison::new(vec![at("late", "141500", 50.0), at("early", "091500.5", 60.0)], &choices()).unwrap();
        assert_eq!(
            (found.studies[0].label.as_str(), found.changes[0].difference_points.value()),
            ("early", Some(&-10.0))
        );
    }

    #[test]
    fn a_withheld_number_is_not_compared() {
        let mut other = study("b", Some("20240301"), None);
        other.settings.frames = 16;
        let found = Comparison::new(vec![study("a", Some("20230105"), Some(60.0)), other], &choices()).unwrap();
        let change = &found.changes[0];
        assert_eq!(change.difference_points.refusal(), Some(&Refusal::Withheld));
        assert!(change.repeat_variation.refusal().is_some() && change.rules.is_empty());
        assert_eq!(change.setting_differences, [SettingDifference::Frames { baseline: 24, other: 16 }]);
    }

    #[test]
    fn a_calibration_gives_the_interval_of_the_difference() {
        let calibration = PairCalibration { below: 1.0, above: 1.5, pairs: 2000, source: "simulated pairs".into() };
        let choices = ComparisonChoices { calibration: Some(calibration), ..choices() };
        let studies = vec![study("a", Some("20230105"), Some(60.0)), study("b", Some("20240301"), Some(50.0))];
        let interval = Comparison::new(studies, &choices).unwrap().changes[0].interval.clone().unwrap();
        assert!((interval.low + 15.068_043).abs() < 1e-5 && (interval.high + 10.0 - 1.5 * 5.068_043).abs() < 1e-5);
    }

    #[test]
    fn what_cannot_be_compared_is_refused_by_name() {
        let (a, b) = (study("a", Some("20230105"), Some(60.0)), study("b", None, Some(50.0)));
        let error = |studies: Vec<ComparedStudy>, baseline| {
            Comparison::new(studies, &ComparisonChoices { baseline, ..choices() }).unwrap_err()
        };
        let few = error(vec![a.clone()], BaselineChoice::Earliest);
        assert_eq!(few.to_string(), "1 studies; a comparison needs at least two");
        let undated = error(vec![a.clone(), b.clone()], BaselineChoice::Earliest);
        assert_eq!(
            (undated.to_string().as_str(), undated.code()),
            ("study `b` has no date; the baseline must be named", "no_date")
        );
        let beyond = error(vec![a.clone(), b.clone()], BaselineChoice::Study(2));
        assert_eq!(beyond.to_string(), "the baseline is study 3, but there are 2");
        // A named baseline needs no dates; the order is then that in which they were given.
        let named = ComparisonChoices { baseline: BaselineChoice::Study(1), ..choices() };
        let found = Comparison::new(vec![a, b], &named).unwrap();
        assert!(found.baseline == 1 && !found.changes[0].before_baseline);
    }
}
