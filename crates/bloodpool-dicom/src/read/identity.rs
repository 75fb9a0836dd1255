//! Who and what a study is, as the header records it.

use bloodpool_core::study::StudyIdentity;
use dicom_core::Tag;
use dicom_dictionary_std::tags;

use super::header::Attributes;
use super::view::View;

/// The word that marks a simulated study in texts.
pub(crate) const SIMULATED: &str = "SIMULATED";

/// Texts in which a writer may say that a study is simulated.
const MARKED: [Tag; 5] = [
    tags::IMAGE_COMMENTS,
    tags::SERIES_DESCRIPTION,
    tags::STUDY_DESCRIPTION,
    tags::DERIVATION_DESCRIPTION,
    tags::PATIENT_COMMENTS,
];

pub(crate) fn identity(root: Attributes<'_>, view: &View) -> StudyIdentity {
    let (acquisition_date, acquisition_time) = acquisition_start(root);
    StudyIdentity {
        patient_name: root.text(tags::PATIENT_NAME),
        patient_id: root.text(tags::PATIENT_ID),
        patient_id_issuer: root.text(tags::ISSUER_OF_PATIENT_ID),
        birth_date: root.text(tags::PATIENT_BIRTH_DATE),
        sex: root.text(tags::PATIENT_SEX),
        accession_number: root.text(tags::ACCESSION_NUMBER),
        study_id: root.text(tags::STUDY_ID),
        study_date: root.text(tags::STUDY_DATE),
        study_time: root.text(tags::STUDY_TIME),
        acquisition_date,
        acquisition_time,
        institution: root.text(tags::INSTITUTION_NAME),
        study_description: root.text(tags::STUDY_DESCRIPTION),
        series_description: root.text(tags::SERIES_DESCRIPTION),
        view: view.label.clone(),
        view_is_lao: view.projection.map(|_| view.is_lao()),
        manufacturer: root.text(tags::MANUFACTURER),
        model_name: root.text(tags::MANUFACTURER_MODEL_NAME),
        sop_class_uid: root.text(tags::SOP_CLASS_UID),
        study_uid: root.text(tags::STUDY_INSTANCE_UID),
        series_uid: root.text(tags::SERIES_INSTANCE_UID),
        sop_uid: root.text(tags::SOP_INSTANCE_UID),
        simulated: is_simulated(root),
    }
}

/// Whether the file says so: in Synthetic Data (PS3.3 C.12.1), or in words.
pub(super) fn is_simulated(root: Attributes<'_>) -> bool {
    let in_words = |&tag: &Tag| root.text(tag).is_some_and(|text| text.to_uppercase().contains(SIMULATED));
    root.text(tags::SYNTHETIC_DATA).as_deref() == Some("YES") || MARKED.iter().any(in_words)
}

/// Date and time at which the acquisition started, from their own attributes or from Acquisition DateTime (0008,002A).
fn acquisition_start(root: Attributes<'_>) -> (Option<String>, Option<String>) {
    let both = root.text(tags::ACQUISITION_DATE_TIME).unwrap_or_default();
    // YYYYMMDDHHMMSS.FFFFFF&ZZXX (PS3.5 6.2, DT); what is cut short has no time.
    let local = both.split(['+', '-']).next().unwrap_or_default();
    let (date, time) = local.split_at_checked(8).unwrap_or_default();
    let part = |text: &str| (!text.is_empty()).then(|| text.to_string());
    (root.text(tags::ACQUISITION_DATE).or(part(date)), root.text(tags::ACQUISITION_TIME).or(part(time)))
}
