//! The UIDs of a written image: those of the study's identity, and where it has none, ones derived from the study.

use bloodpool_core::study::{GatedStudy, StudyIdentity};

use super::acquisition::Acquisition;
use super::record;
use crate::uid::UidSource;

/// The UIDs of one image.
pub(super) struct Uids {
    pub(super) study: String,
    pub(super) series: String,
    pub(super) sop: String,
    pub(super) frame_of_reference: String,
}

impl Uids {
    /// Given UIDs are kept; the others are the same for the same study and acquisition.
    pub(super) fn of(study: &GatedStudy, acquisition: &Acquisition, pixels: &[u16]) -> Self {
        let source = source(study, acquisition, pixels);
        let given = |uid: &Option<String>, level: &str| {
            uid.clone().unwrap_or_else(|| source.clone().field("identifies", level).uid())
        };
        let identity = &study.identity;
        let series = given(&identity.series_uid, "series");
        Self {
            study: given(&identity.study_uid, "study"),
            sop: given(&identity.sop_uid, "instance"),
            frame_of_reference: UidSource::new("frame of reference").field("series_uid", &series).uid(),
            series,
        }
    }
}

/// Everything in which two studies can differ: who and what they are, how they were acquired, and all of their counts.
///
/// The names of the fields decide the UIDs of every simulated study: a renamed field gives other UIDs. A new field that is
/// not recorded changes none.
fn source(study: &GatedStudy, acquisition: &Acquisition, pixels: &[u16]) -> UidSource {
    let StudyIdentity {
        patient_name,
        patient_id,
        patient_id_issuer,
        birth_date,
        sex,
        accession_number,
        study_id,
        study_date,
        study_time,
        acquisition_date,
        acquisition_time,
        institution,
        study_description,
        series_description,
        view,
        manufacturer,
        model_name,
        study_uid,
        series_uid,
        sop_uid,
        simulated,
        // What is written for these follows from the other fields.
        view_is_lao: _,
        sop_class_uid: _,
    } = &study.identity;
    let texts = [
        ("patient_name", patient_name),
        ("patient_id", patient_id),
        ("patient_id_issuer", patient_id_issuer),
        ("birth_date", birth_date),
        ("sex", sex),
        ("accession_number", accession_number),
        ("study_id", study_id),
        ("study_date", study_date),
        ("study_time", study_time),
        ("acquisition_date", acquisition_date),
        ("acquisition_time", acquisition_time),
        ("institution", institution),
        ("study_description", study_description),
        ("series_description", series_description),
        ("view", view),
        ("manufacturer", manufacturer),
        ("model_name", model_name),
        ("study_uid", study_uid),
        ("series_uid", series_uid),
        ("sop_uid", sop_uid),
    ];
    let gating = &study.gating;
    let spacing = study.pixel_spacing_mm();
    let numbers = [
        ("frame_time_ms", gating.frame_time_ms),
        ("rr_interval_ms", gating.rr_interval_ms),
        ("rr_low_ms", gating.rr_low_ms),
        ("rr_high_ms", gating.rr_high_ms),
        ("beats_accepted", gating.beats_accepted.map(f64::from)),
        ("beats_rejected", gating.beats_rejected.map(f64::from)),
        ("row_spacing_mm", spacing.map(|[rows, _]| rows)),
        ("column_spacing_mm", spacing.map(|[_, columns]| columns)),
    ];
    let counts: Vec<u8> = pixels.iter().flat_map(|pixel| pixel.to_le_bytes()).collect();
    let source = texts
        .into_iter()
        .fold(UidSource::new("gated study"), |source, (name, value)| source.optional(name, value.as_deref()));
    let source = numbers
        .into_iter()
        .fold(source, |source, (name, value)| source.optional(name, value.map(|value| value.to_string())));
    let source = record::identify(&study.acquisition, source.optional("simulated", simulated.then_some("yes")));
    acquisition
        .identify(source)
        .field("frames", study.frames().to_string())
        .field("rows", study.rows().to_string())
        .field("columns", study.columns().to_string())
        .field("counts", counts)
}
