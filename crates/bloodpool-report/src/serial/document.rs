//! The JSON document of a serial comparison.

use bloodpool_core::StudyIdentity;
use bloodpool_core::function::Outcome;
use bloodpool_core::function::comparison::{
    BaselineSource, CardiotoxicityRule, Change, DifferenceInterval, RepeatVariation, RuleFinding, Settings,
    TechnicalRepeatability,
};
use bloodpool_core::study::calendar::days_between;
use bloodpool_core::uncertainty::Interval;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::comparison::{SerialComparison, SerialWarning};
use super::signed::SignedResult;
use super::study::SerialStudy;
use crate::Language;
use crate::analysis_document::{RankField, ReasonFields, SourceFileFields, WarningFields};
use crate::finite::{NotFinite, finite};
use crate::given::Given;

/// Schema of the document of a serial comparison.
pub const COMPARISON_SCHEMA: &str = "bloodpool.comparison/1";

/// `bloodpool.comparison/1`: the studies of one patient, compared. docs/JSON.md says what each field means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparisonDocument {
    /// [`COMPARISON_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// By what the studies were found to be of one patient. The document names no patient.
    pub same_patient: SamePatientField,
    /// Whether a study is simulated.
    pub simulated: bool,
    /// Which study the others are compared with.
    pub baseline: BaselineFields,
    /// All studies: by date and time where all have one, otherwise as they were given.
    pub studies: Vec<ComparedStudyFields>,
    /// What changed in each of the others, in the order of the studies.
    pub changes: Vec<ChangeFields>,
    /// Constants of the technical limit.
    pub repeatability: TechnicalRepeatability,
    /// Lower limit of normal of the department that rules were applied with, percent.
    pub local_limit_percent: Option<f64>,
    /// What a reader must know.
    pub warnings: Vec<WarningFields>,
}

/// By what studies were found to be of one patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SamePatientField {
    /// All have the same patient ID, of the same issuer.
    IdAndIssuer,
    /// All have the same patient ID; not all record its issuer.
    Id,
    /// Not all have a patient ID.
    NotChecked,
}

impl SamePatientField {
    /// Of studies that are not of different patients.
    fn of(serial: &SerialComparison<'_>) -> Self {
        let all = |text: fn(&StudyIdentity) -> &Option<String>| {
            let recorded = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
            serial.studies.iter().all(|study| recorded(text(&study.study.identity)))
        };
        match (all(|identity| &identity.patient_id), all(|identity| &identity.patient_id_issuer)) {
            (true, true) => Self::IdAndIssuer,
            (true, false) => Self::Id,
            (false, _) => Self::NotChecked,
        }
    }
}

/// The baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineFields {
    /// Its number, from 1.
    pub study: usize,
    /// Who chose it.
    pub chosen_by: BaselineSource,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedStudyFields {
    /// Its number, from 1.
    pub number: usize,
    /// The file, as it was named.
    pub source: String,
    /// The files that were read.
    pub source_files: Vec<SourceFileFields>,
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
    /// Whether the file says that it is simulated.
    pub simulated: bool,
    /// Date of the acquisition or of the study, `YYYYMMDD`.
    pub date: Option<String>,
    /// Time of the same (DICOM TM).
    pub time: Option<String>,
    /// LVEF of today's analysis, percent; `None` where it is withheld.
    pub lvef_percent: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Its standard error from counting noise alone, EF points.
    pub counting_error_points: f64,
    /// Net LV counts at ED.
    pub lv_counts: f64,
    /// The gravest finding about it.
    pub rank: RankField,
    /// All findings about it, the gravest first.
    pub reasons: Vec<ReasonFields>,
    /// How it was acquired and measured.
    pub settings: Settings,
    /// What was signed on it earlier; `None` where nothing was given.
    pub signed: Option<SignedResult>,
}

/// What changed in one study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChangeFields {
    /// Number of the study, from 1.
    pub study: usize,
    /// Days from the baseline to it; `None` where a date is not recorded.
    pub days: Option<i64>,
    /// Whether it was acquired before the baseline.
    pub before_baseline: bool,
    /// LVEF less that of the baseline, EF points.
    pub difference_points: Given<f64>,
    /// The 95 % interval of the difference, where one was calibrated.
    pub interval: Option<DifferenceInterval>,
    /// The difference against the published and the technical limit.
    pub repeat_variation: Given<RepeatVariation>,
    /// Every rule of cardiotoxicity; empty before the baseline and where a number is withheld.
    pub rules: Vec<RuleFields>,
    /// What differs other than the heart.
    pub setting_differences: Vec<WarningFields>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleFields {
    /// Stable name.
    pub rule: String,
    /// Title.
    pub title: String,
    /// Whether it is met.
    pub met: Given<bool>,
    /// Its arms that are met, in words.
    pub arms_met: Vec<String>,
    /// What its source says should follow where it is met.
    pub consequence: String,
    /// Where it was read.
    pub source: String,
    /// What a reader must know about it.
    pub note: Option<String>,
}

impl ComparisonDocument {
    /// The document of a comparison.
    ///
    /// # Errors
    /// [`NotFinite`] when a number is infinite or undefined.
    pub fn new(serial: &SerialComparison<'_>) -> Result<Self, NotFinite> {
        let comparison = &serial.comparison;
        let numbered = serial.studies.iter().zip(&comparison.studies).enumerate();
        finite("noise factor", comparison.repeatability.noise_factor)?;
        finite("pose limit", comparison.repeatability.pose_limit_points)?;
        Ok(Self {
            schema: COMPARISON_SCHEMA.to_owned(),
            software: crate::SOFTWARE.to_owned(),
            same_patient: SamePatientField::of(serial),
            simulated: serial.simulated(),
            baseline: BaselineFields { study: comparison.baseline + 1, chosen_by: comparison.baseline_source },
            studies: numbered
                .map(|(at, (study, compared))| ComparedStudyFields::new(at + 1, study, &compared.settings))
                .collect::<Result<_, _>>()?,
            changes: comparison
                .changes
                .iter()
                .map(|change| ChangeFields::new(serial, change))
                .collect::<Result<_, _>>()?,
            repeatability: comparison.repeatability.clone(),
            local_limit_percent: comparison.local_limit_percent,
            warnings: serial.warnings.iter().map(warning).collect(),
        })
    }
}

fn warning(warning: &SerialWarning) -> WarningFields {
    WarningFields { code: warning.code().to_owned(), message: Language::English.serial_warning(warning) }
}

impl ComparedStudyFields {
    fn new(number: usize, study: &SerialStudy<'_>, settings: &Settings) -> Result<Self, NotFinite> {
        let (identity, analysis) = (&study.study.identity, study.analysis);
        let compared = study.compared();
        if let Some(interval) = &compared.interval {
            finite("the lower end of the interval", interval.low)?;
            finite("the upper end of the interval", interval.high)?;
        }
        if let Some(signed) = &study.signed {
            finite("the signed LVEF", signed.lvef_percent)?;
        }
        let reason = |reason: &bloodpool_core::Reason| ReasonFields {
            rank: Some(reason.rank).into(),
            code: reason.code.to_owned(),
            message: reason.message.clone(),
        };
        Ok(Self {
            number,
            source: study.source.to_owned(),
            source_files: study.source_files.to_vec(),
            study_uid: identity.study_uid.clone(),
            sop_uid: identity.sop_uid.clone(),
            simulated: identity.simulated,
            date: compared.date,
            time: compared.time,
            lvef_percent: compared.lvef_percent.map(|lvef| finite("LVEF", lvef)).transpose()?,
            interval: compared.interval,
            counting_error_points: finite("counting_error_points", compared.counting_error_points)?,
            lv_counts: finite("net counts", compared.lv_counts)?,
            rank: analysis.validity.rank().into(),
            reasons: analysis.validity.reasons().iter().map(reason).collect(),
            settings: settings.clone(),
            signed: study.signed.clone(),
        })
    }
}

impl ChangeFields {
    fn new(serial: &SerialComparison<'_>, change: &Change) -> Result<Self, NotFinite> {
        let date = |at: usize| serial.comparison.studies.get(at).and_then(|study| study.date.as_deref());
        if let Some(interval) = &change.interval {
            finite("the lower end of the interval of a change", interval.low)?;
            finite("the upper end of the interval of a change", interval.high)?;
        }
        let differences = change.setting_differences.iter();
        Ok(Self {
            study: change.study + 1,
            days: days_between(date(serial.comparison.baseline), date(change.study)),
            before_baseline: change.before_baseline,
            difference_points: Given::of(&change.difference_points, |points| finite("a change of LVEF", *points))?,
            interval: change.interval.clone(),
            repeat_variation: Given::of(&change.repeat_variation, |variation| {
                finite("technical limit", variation.technical_limit_points)?;
                Ok(*variation)
            })?,
            rules: change.rules.iter().filter_map(RuleFields::new).collect(),
            setting_differences: differences
                .map(|other| WarningFields { code: other.code().to_owned(), message: other.message() })
                .collect(),
        })
    }
}

impl RuleFields {
    /// `None` for a rule that is not known, which no comparison has.
    fn new(finding: &RuleFinding) -> Option<Self> {
        let rule = CardiotoxicityRule::by_key(&finding.rule)?;
        let met = match &finding.met {
            Outcome::Value(met) => Given { value: Some(*met), reason: None },
            Outcome::Refused(refusal) => Given::refused(refusal),
        };
        Some(Self {
            rule: finding.rule.clone(),
            title: rule.title.to_owned(),
            met,
            arms_met: finding.arms_met.clone(),
            consequence: rule.consequence.to_owned(),
            source: rule.source.to_owned(),
            note: rule.note.map(str::to_owned),
        })
    }
}
