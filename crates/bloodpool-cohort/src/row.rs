//! `CohortRow`: what is kept of one study, and the columns that it becomes, each declared once with its meaning.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// UTF-8 text.
    Text,
    /// A finite number of double precision.
    Real,
    /// A whole number of 64 bits.
    Whole,
    /// True or false.
    Flag,
}

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Of a [`Kind::Text`] column.
    Text(Option<String>),
    /// Of a [`Kind::Real`] column.
    Real(Option<f64>),
    /// Of a [`Kind::Whole`] column.
    Whole(Option<i64>),
    /// Of a [`Kind::Flag`] column.
    Flag(Option<bool>),
}

/// A column of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, with the unit where there is one.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What it means.
    pub meaning: &'static str,
}

/// A field of a row.
trait Cell: Sized {
    const KIND: Kind;
    fn value(&self) -> Value;
    fn of(value: Value) -> Option<Self>;
}

macro_rules! cell {
    ($kind:ident, $type:ty) => {
        impl Cell for Option<$type> {
            const KIND: Kind = Kind::$kind;
            fn value(&self) -> Value {
                Value::$kind(self.clone())
            }
            fn of(value: Value) -> Option<Self> {
                match value {
                    Value::$kind(value) => Some(value),
                    _ => None,
                }
            }
        }
    };
}

cell!(Text, String);
cell!(Real, f64);
cell!(Whole, i64);
cell!(Flag, bool);

macro_rules! columns {
    ($($(#[doc = $meaning:literal])+ $name:ident: $type:ty,)+) => {
        /// What is kept of one study: one row of the table. A value that is not known, not asked for, or not given is `None`.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct CohortRow {
            $($(#[doc = $meaning])+ pub $name: Option<$type>,)+
        }

        /// All columns, in their order in the file.
        pub const COLUMNS: &[Column] = &[
            $(Column { name: stringify!($name), kind: <Option<$type> as Cell>::KIND, meaning: concat!($($meaning),+) },)+
        ];

        impl CohortRow {
            /// The values in the order of [`COLUMNS`].
            #[must_use]
            pub fn values(&self) -> Vec<Value> {
                vec![$(self.$name.value()),+]
            }

            /// A row of values in the order of [`COLUMNS`]; `None` where their number or kinds differ.
            #[must_use]
            pub fn of_values(values: Vec<Value>) -> Option<Self> {
                let mut values = values.into_iter();
                let row = Self { $($name: <Option<$type> as Cell>::of(values.next()?)?,)+ };
                values.next().is_none().then_some(row)
            }
        }
    };
}

columns! {
    /// SHA-256 of all that decides the row: SOP Instance UID, `sha256`, model, `choices_sha256` and `software`. No two rows have the same.
    key: String,
    /// SHA-256 of the bytes of the file, or of its files one after the other in the order of the frames.
    sha256: String,
    /// Program and version.
    software: String,
    /// Name of the model.
    model: String,
    /// SHA-256 of its weights; empty for a method without weights.
    model_sha256: String,
    /// Name of the protocol that the study was measured by.
    protocol: String,
    /// SHA-256 of the choices of the run: protocol, calibration, and which part of a file is read.
    choices_sha256: String,
    /// What is kept of the patient's identity: `plain`, `pseudonym` or `none`.
    identity: String,
    /// Patient ID (`plain`) or pseudonym (`pseudonym`): the same for all studies of a patient.
    patient: String,
    /// Issuer of the patient ID; `plain` only.
    patient_id_issuer: String,
    /// Name of the patient as recorded; `plain` only.
    patient_name: String,
    /// Date of birth, `YYYY-MM-DD`; `plain` only.
    birth_date: String,
    /// Accession number; `plain` only.
    accession_number: String,
    /// Institution as recorded; `plain` only.
    institution: String,
    /// File, as it was named or found; `plain` only.
    source: String,
    /// Study Instance UID (`plain`) or pseudonym (`pseudonym`).
    study_uid: String,
    /// Series Instance UID; `plain` only.
    series_uid: String,
    /// SOP Instance UID of the file, or of the first of its files; `plain` only.
    sop_uid: String,
    /// Sex as recorded; not with `none`.
    sex: String,
    /// Age at the study, years, at most 90 with `pseudonym`; not with `none`.
    age_years: i64,
    /// Date of the study, `YYYY-MM-DD`; not with `none`.
    study_date: String,
    /// Year of the study.
    study_year: i64,
    /// Manufacturer and model of the camera.
    camera: String,
    /// Whether the file says that it is simulated.
    simulated: bool,
    /// Rows of the matrix.
    rows: i64,
    /// Columns of the matrix.
    columns: i64,
    /// Frames per cycle.
    frames: i64,
    /// Distance between rows, mm.
    row_spacing_mm: f64,
    /// Distance between columns, mm.
    column_spacing_mm: f64,
    /// Duration of a frame, ms.
    frame_time_ms: f64,
    /// `measured`; `withheld`: measured, and the LVEF may not be used; `failed`: no LVEF, see `error_code`.
    status: String,
    /// Stable code of the error; see docs/JSON.md.
    error_code: String,
    /// The error in words, without names of files and without values of the file.
    error_message: String,
    /// The gravest rank of all findings: `sound`, `note`, `look`, `do_not_use`.
    quality: String,
    /// Codes of all findings, the gravest first, separated by `;`.
    findings: String,
    /// LVEF by the protocol, percent; none where it is withheld.
    lvef_percent: f64,
    /// Lower end of its interval, percent.
    interval_low_percent: f64,
    /// Upper end of its interval, percent.
    interval_high_percent: f64,
    /// Nominal level of its interval, percent.
    interval_level_percent: f64,
    /// LVEF that is withheld, percent: for finding out why, not for use.
    withheld_lvef_percent: f64,
    /// Standard error of the LVEF from counting noise alone, EF points.
    counting_error_points: f64,
    /// LVEF by the preset `background_image`, percent; none where it is withheld, as for the following.
    lvef_background_image_percent: f64,
    /// LVEF by the preset `standard`, percent.
    lvef_standard_percent: f64,
    /// LVEF by the preset `paper`, percent.
    lvef_paper_percent: f64,
    /// LVEF by the preset `unmixed`, percent.
    lvef_unmixed_percent: f64,
    /// LVEF with the ED ROI on every frame, percent.
    lvef_fixed_roi_percent: f64,
    /// Frame of end-diastole, from 1.
    ed_frame: i64,
    /// Frame of end-systole, from 1.
    es_frame: i64,
    /// Area of the LV ROI at ED, mm².
    ed_area_mm2: f64,
    /// Area of the LV ROI at ES, mm².
    es_area_mm2: f64,
    /// Gross counts in the ROI at ED.
    ed_counts: f64,
    /// Gross counts in the ROI at ES.
    es_counts: f64,
    /// Net counts at ED.
    ed_net_counts: f64,
    /// Net counts at ES.
    es_net_counts: f64,
    /// Background that each pixel of the ROI loses, counts.
    background_counts_per_pixel: f64,
    /// Heart rate, beats per minute.
    heart_rate_per_min: f64,
    /// Peak ejection rate, end-diastolic volumes per second.
    peak_ejection_rate_edv_per_s: f64,
    /// Time from the R wave to it, ms.
    time_to_peak_ejection_ms: f64,
    /// Peak filling rate, end-diastolic volumes per second.
    peak_filling_rate_edv_per_s: f64,
    /// Time from ES to it, ms.
    time_to_peak_filling_ms: f64,
    /// Ejection fraction of the first third of systole, percent of the end-diastolic volume.
    first_third_ejection_percent: f64,
    /// Filling fraction of the first third of diastole, percent of the stroke volume.
    first_third_filling_percent: f64,
    /// Atrial contribution to filling, percent of the stroke volume.
    atrial_contribution_percent: f64,
    /// Time from ED to ES, ms.
    ejection_time_ms: f64,
    /// Time from ES to the next ED, ms.
    filling_time_ms: f64,
    /// Standard deviation of the LV phases, degrees.
    phase_sd_degrees: f64,
    /// The smallest range of phases that holds 95 % of the LV pixels, degrees.
    phase_bandwidth_degrees: f64,
    /// Entropy of the LV phases, 0 to 1.
    phase_entropy: f64,
    /// Synchrony of the LV, 0 to 1.
    phase_synchrony: f64,
    /// RVEF, percent; experimental.
    rvef_percent: f64,
}

/// `status` of a study that was measured.
pub const MEASURED: &str = "measured";
/// `status` of a study whose LVEF is withheld.
pub const WITHHELD: &str = "withheld";
/// `status` of a study without an LVEF.
pub const FAILED: &str = "failed";

/// The place of a column in [`COLUMNS`].
#[must_use]
pub fn column(name: &str) -> Option<usize> {
    COLUMNS.iter().position(|column| column.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_its_values_and_its_json() {
        let row = CohortRow {
            key: Some("ab".into()),
            lvef_percent: Some(61.123_456_789_012_34),
            frames: Some(24),
            simulated: Some(true),
            ..CohortRow::default()
        };
        let values = row.values();
        assert_eq!(values.len(), COLUMNS.len());
        assert_eq!(values[column("frames").unwrap()], Value::Whole(Some(24)));
        assert_eq!(CohortRow::of_values(values.clone()), Some(row.clone()));
        assert_eq!(CohortRow::of_values(values[1..].to_vec()), None);
        let json = serde_json::to_string(&row).unwrap();
        assert_eq!(serde_json::from_str::<CohortRow>(&json).unwrap(), row);
    }

    #[test]
    fn every_column_has_a_meaning_and_a_name_of_its_own() {
        let mut names: Vec<&str> = COLUMNS.iter().map(|column| column.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), COLUMNS.len());
        assert!(COLUMNS.iter().all(|column| column.meaning.trim().ends_with('.')));
        assert_eq!(COLUMNS[column("lvef_percent").unwrap()].kind, Kind::Real);
    }
}
