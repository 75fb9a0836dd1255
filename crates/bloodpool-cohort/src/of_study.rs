//! From an analysed study, or the error in its place, to its row. Numbers are those of the analysis document; none is computed here.

use std::path::Path;

use bloodpool::{AnalyzedStudy, Error, GatedStudy};
use bloodpool_report::analysis_document::RankField;
use bloodpool_report::function_document::FunctionFields;
use bloodpool_report::given::Given;

use crate::key::{RunIdentity, StudyKey};
use crate::row::{CohortRow, FAILED, MEASURED, WITHHELD};
use crate::{CohortError, Identities};

/// What a row says beside its results.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowContext<'a> {
    pub(crate) run: &'a RunIdentity,
    pub(crate) identities: &'a Identities,
    pub(crate) key: &'a StudyKey,
    pub(crate) source: &'a Path,
}

impl RowContext<'_> {
    fn row(&self) -> CohortRow {
        let text = |text: &String| Some(text.clone());
        CohortRow {
            key: text(&self.key.key),
            sha256: text(&self.key.sha256),
            software: text(&self.run.software),
            model: text(&self.run.model.name),
            model_sha256: text(&self.run.model.sha256),
            choices_sha256: text(&self.run.choices_sha256),
            ..CohortRow::default()
        }
    }

    fn of_study(&self, study: &GatedStudy) -> CohortRow {
        let mut row = self.row();
        self.identities.fill(&mut row, &study.identity, self.key, self.source);
        row.rows = whole(study.rows());
        row.columns = whole(study.columns());
        row.frames = whole(study.frames());
        let spacing = study.pixel_spacing_mm();
        (row.row_spacing_mm, row.column_spacing_mm) = (spacing.map(|mm| mm[0]), spacing.map(|mm| mm[1]));
        row.frame_time_ms = study.gating.frame_time_ms;
        row
    }

    /// The row of an analysed study.
    pub(crate) fn analyzed(&self, analyzed: &AnalyzedStudy) -> Result<CohortRow, Error> {
        let document = analyzed.document()?;
        let mut row = self.of_study(analyzed.study());
        let by = |key: &str| document.lvef_by_protocol.get(key).copied().flatten();
        let quality = match document.validity.rank {
            RankField::Sound | RankField::NotChecked => "sound",
            RankField::Note => "note",
            RankField::Look => "look",
            RankField::DoNotUse => "do_not_use",
            RankField::Refused => "refused",
        };
        let codes: Vec<&str> = document.validity.reasons.iter().map(|reason| reason.code.as_str()).collect();
        row.protocol = Some(document.protocol.name.clone());
        row.status = Some(if document.withheld.is_some() { WITHHELD } else { MEASURED }.to_owned());
        row.quality = Some(quality.to_owned());
        row.findings = Some(codes.join(";"));
        row.lvef_percent = document.lvef_percent;
        row.withheld_lvef_percent = document.withheld.as_ref().map(|withheld| withheld.lvef_percent);
        if let Some(interval) = &document.interval {
            (row.interval_low_percent, row.interval_high_percent) = (Some(interval.low), Some(interval.high));
            row.interval_level_percent = Some(interval.level_percent);
        }
        row.counting_error_points = Some(document.counting_error_points);
        row.lvef_background_image_percent = by("background_image");
        row.lvef_standard_percent = by("standard");
        row.lvef_paper_percent = by("paper");
        row.lvef_unmixed_percent = by("unmixed");
        row.lvef_fixed_roi_percent = by(bloodpool_core::FIXED_ROI);
        let (ed, es) = (&document.end_diastole, &document.end_systole);
        (row.ed_frame, row.es_frame) = (whole(ed.frame), whole(es.frame));
        (row.ed_area_mm2, row.es_area_mm2) = (ed.area_mm2, es.area_mm2);
        (row.ed_counts, row.es_counts) = (Some(ed.counts), Some(es.counts));
        (row.ed_net_counts, row.es_net_counts) = (Some(ed.net_counts), Some(es.net_counts));
        row.background_counts_per_pixel = document.background.as_ref().map(|level| level.mean_counts_per_pixel);
        row.rvef_percent = document.right_ventricle.as_ref().and_then(|right| right.rvef_percent.value);
        if let Some(function) = &document.function {
            fill_function(&mut row, function);
        }
        Ok(row)
    }

    /// The row of a study that failed; `study`: what could be read of it.
    pub(crate) fn failed(&self, error: &Error, study: Option<&GatedStudy>) -> CohortRow {
        let words = error.without_values();
        let message = words.strip_prefix(error.code()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&words);
        self.without_result(error.code(), message, study)
    }

    /// The same with a code and words of its own.
    pub(crate) fn without_result(&self, code: &str, message: &str, study: Option<&GatedStudy>) -> CohortRow {
        let mut row = match study {
            Some(study) => self.of_study(study),
            None => {
                let mut row = self.row();
                self.identities.fill(&mut row, &bloodpool::StudyIdentity::default(), self.key, self.source);
                row.simulated = None;
                row
            }
        };
        row.status = Some(FAILED.to_owned());
        row.error_code = Some(code.to_owned());
        row.error_message = Some(message.to_owned());
        row
    }
}

fn fill_function(row: &mut CohortRow, function: &FunctionFields) {
    let value = |given: &Given<f64>| given.value;
    row.heart_rate_per_min = function.heart_rate_per_min;
    row.peak_ejection_rate_edv_per_s = value(&function.peak_ejection_rate_edv_per_s);
    row.time_to_peak_ejection_ms = value(&function.time_to_peak_ejection_ms);
    row.peak_filling_rate_edv_per_s = value(&function.peak_filling_rate_edv_per_s);
    row.time_to_peak_filling_ms = value(&function.time_to_peak_filling_ms);
    row.first_third_ejection_percent = value(&function.first_third_ejection_percent);
    row.first_third_filling_percent = value(&function.first_third_filling_percent);
    row.atrial_contribution_percent = value(&function.atrial_contribution_percent);
    row.ejection_time_ms = value(&function.ejection_time_ms);
    row.filling_time_ms = value(&function.filling_time_ms);
    if let Some(phase) = &function.phase.value {
        row.phase_sd_degrees = Some(phase.sd_degrees);
        row.phase_bandwidth_degrees = Some(phase.bandwidth_95_degrees);
        row.phase_entropy = Some(phase.entropy);
        row.phase_synchrony = Some(phase.synchrony);
    }
}

fn whole(number: usize) -> Option<i64> {
    i64::try_from(number).ok()
}

/// Encodes rows for a pipe.
pub(crate) fn line<T: serde::Serialize>(value: &T) -> Result<String, CohortError> {
    Ok(serde_json::to_string(value)? + "\n")
}
