//! Serial comparison: the LVEF of a patient's studies against a baseline, with what repeat variation explains and which rules of
//! cardiotoxicity are met.

mod change;
mod rules;
mod settings;
mod study;
mod technical;
mod wackers;

pub use change::{
    BaselineChoice, BaselineSource, Change, Comparison, ComparisonChoices, ComparisonError, lvef_difference_points,
};
pub use rules::{Arm, BaselineRange, CARDIOTOXICITY_RULES, CardiotoxicityRule, Condition, RuleFinding};
pub use settings::{SettingDifference, Settings, setting_differences};
pub use study::ComparedStudy;
pub use technical::{DifferenceInterval, PairCalibration, PairExample, TechnicalRepeatability};
pub use wackers::{NORMAL_BASELINE_PERCENT, RepeatVariation};
