//! `ComparedStudy`: what a comparison takes from the analysis of one study.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::uncertainty::Interval;

/// The numbers of one analysed study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ComparedStudy {
    /// How people tell it apart, for example its file.
    pub label: String,
    /// Date of the acquisition or of the study, `YYYYMMDD`; `None` when not recorded.
    pub date: Option<String>,
    /// Time of the same (DICOM TM), which orders studies of one day.
    pub time: Option<String>,
    /// LVEF, percent; `None` where it is withheld.
    pub lvef_percent: Option<f64>,
    /// Its 95 % interval, where it has one.
    pub interval: Option<Interval>,
    /// Its standard error from counting noise alone, EF points.
    pub counting_error_points: f64,
    /// Net LV counts at ED.
    pub lv_counts: f64,
    /// How it was acquired and measured.
    pub settings: Settings,
}

impl ComparedStudy {
    /// Its date and time as they are ordered; `None` without a date of eight digits.
    #[must_use]
    pub(super) fn moment(&self) -> Option<(String, String)> {
        let date = self.date.as_deref()?.trim();
        let dated = date.len() == 8 && date.bytes().all(|letter| letter.is_ascii_digit());
        let time = self.time.as_deref().unwrap_or_default();
        let time: String = time.chars().filter(|letter| letter.is_ascii_digit() || *letter == '.').collect();
        dated.then(|| (date.to_string(), time))
    }

    /// LVEF where it is known and a number.
    #[must_use]
    pub(super) fn known_lvef_percent(&self) -> Option<f64> {
        self.lvef_percent.filter(|lvef| lvef.is_finite())
    }
}
