//! `StudyIdentity`: who and what a study is, with a `Debug` that prints no patient.

use std::fmt;

/// Who and what a study is. What is not recorded is `None`.
///
/// `Debug` prints UIDs, view and equipment. Of everything that says who the patient is, or when and where the patient was
/// examined, it prints only whether it is recorded, so that a study can be logged.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StudyIdentity {
    /// Patient's name as recorded (DICOM PN, `Family^Given`).
    pub patient_name: Option<String>,
    /// Patient ID.
    pub patient_id: Option<String>,
    /// Who issued the patient ID: two patients may have the same ID of different issuers.
    pub patient_id_issuer: Option<String>,
    /// Date of birth, `YYYYMMDD`.
    pub birth_date: Option<String>,
    /// Sex as recorded.
    pub sex: Option<String>,
    /// Accession number: the order that the study answers.
    pub accession_number: Option<String>,
    /// Study ID, as the department numbers its studies.
    pub study_id: Option<String>,
    /// Study date, `YYYYMMDD`.
    pub study_date: Option<String>,
    /// Study time as recorded (DICOM TM).
    pub study_time: Option<String>,
    /// Date on which the acquisition of the counts started, `YYYYMMDD`.
    pub acquisition_date: Option<String>,
    /// Time at which the acquisition of the counts started (DICOM TM).
    pub acquisition_time: Option<String>,
    /// Institution as recorded.
    pub institution: Option<String>,
    /// Study description.
    pub study_description: Option<String>,
    /// Series description.
    pub series_description: Option<String>,
    /// View: as coded or described, for example `Left anterior oblique`.
    pub view: Option<String>,
    /// Whether that view is left anterior oblique; `None` where it is not recorded, or in words that are not known.
    pub view_is_lao: Option<bool>,
    /// Manufacturer of the camera.
    pub manufacturer: Option<String>,
    /// Manufacturer's model name of the camera.
    pub model_name: Option<String>,
    /// SOP Class UID of the image.
    pub sop_class_uid: Option<String>,
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// Series Instance UID.
    pub series_uid: Option<String>,
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
    /// The file says, or its writer knows, that the study is simulated.
    pub simulated: bool,
}

impl StudyIdentity {
    /// Whether the recorded view is left anterior oblique: as the file's reader says, or else by the English words.
    #[must_use]
    pub fn is_lao(&self) -> Option<bool> {
        let by_words = || {
            let view = self.view.as_ref()?.to_lowercase();
            let mut words = view.split(|letter: char| !letter.is_alphanumeric());
            (view.contains("left anterior oblique") || words.any(|word| word.starts_with("lao"))).then_some(true)
        };
        self.view_is_lao.or_else(by_words)
    }

    /// The camera in words: manufacturer and model name; `None` where neither is recorded.
    #[must_use]
    pub fn camera(&self) -> Option<String> {
        let parts: Vec<&str> =
            [&self.manufacturer, &self.model_name].into_iter().filter_map(Option::as_deref).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }
}

/// Stands for a value that is recorded and not printed.
struct Hidden;

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("..")
    }
}

impl fmt::Debug for StudyIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Every field is named, so that a new one does not compile before it is decided whether it may be printed.
        let Self {
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
            view_is_lao,
            manufacturer,
            model_name,
            sop_class_uid,
            study_uid,
            series_uid,
            sop_uid,
            simulated,
        } = self;
        let hidden = |value: &Option<String>| value.as_ref().map(|_| Hidden);
        f.debug_struct("StudyIdentity")
            .field("patient_name", &hidden(patient_name))
            .field("patient_id", &hidden(patient_id))
            .field("patient_id_issuer", &hidden(patient_id_issuer))
            .field("birth_date", &hidden(birth_date))
            .field("sex", &hidden(sex))
            .field("accession_number", &hidden(accession_number))
            .field("study_id", &hidden(study_id))
            .field("study_date", &hidden(study_date))
            .field("study_time", &hidden(study_time))
            .field("acquisition_date", &hidden(acquisition_date))
            .field("acquisition_time", &hidden(acquisition_time))
            .field("institution", &hidden(institution))
            // Free text, in which people also write names.
            .field("study_description", &hidden(study_description))
            .field("series_description", &hidden(series_description))
            .field("view", view)
            .field("view_is_lao", view_is_lao)
            .field("manufacturer", manufacturer)
            .field("model_name", model_name)
            .field("sop_class_uid", sop_class_uid)
            .field("study_uid", study_uid)
            .field("series_uid", series_uid)
            .field("sop_uid", sop_uid)
            .field("simulated", simulated)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recorded_view_is_known_by_its_words() {
        let lao = |view: Option<&str>, view_is_lao| {
            StudyIdentity { view: view.map(Into::into), view_is_lao, ..StudyIdentity::default() }.is_lao()
        };
        assert_eq!((lao(Some("Left anterior oblique"), None), lao(Some("GBP LAO45"), None)), (Some(true), Some(true)));
        assert_eq!((lao(Some("Ansicht 2"), None), lao(None, None)), (None, None));
        assert_eq!((lao(Some("Ansicht 2"), Some(true)), lao(Some("LAO"), Some(false))), (Some(true), Some(false)));
    }

    #[test]
    fn the_camera_is_manufacturer_and_model() {
        let camera = |manufacturer: Option<&str>, model_name: Option<&str>| {
            let [manufacturer, model_name] = [manufacturer, model_name].map(|text| text.map(Into::into));
            StudyIdentity { manufacturer, model_name, ..StudyIdentity::default() }.camera()
        };
        assert_eq!(camera(Some("Maker"), Some("Model 3")).as_deref(), Some("Maker Model 3"));
        assert_eq!(camera(None, Some("Model 3")).as_deref(), Some("Model 3"));
        assert_eq!(camera(None, None), None);
    }

    #[test]
    fn debug_prints_no_patient() {
        let secret = || Some("SECRET".to_string());
        let identity = StudyIdentity {
            patient_name: secret(),
            patient_id: secret(),
            patient_id_issuer: secret(),
            birth_date: secret(),
            sex: secret(),
            accession_number: secret(),
            study_id: secret(),
            study_date: secret(),
            study_time: secret(),
            acquisition_date: secret(),
            acquisition_time: secret(),
            institution: secret(),
            study_description: secret(),
            series_description: None,
            view: Some("Left anterior oblique".into()),
            view_is_lao: Some(true),
            manufacturer: Some("Maker".into()),
            model_name: None,
            sop_class_uid: None,
            study_uid: Some("1.2.3".into()),
            series_uid: None,
            sop_uid: None,
            simulated: false,
        };
        let printed = format!("{identity:?}");
        assert_eq!(
            printed,
            "StudyIdentity { patient_name: Some(..), patient_id: Some(..), patient_id_issuer: Some(..), birth_date: Some(..), \
             sex: Some(..), \
             accession_number: Some(..), study_id: Some(..), study_date: Some(..), study_time: Some(..), \
             acquisition_date: Some(..), acquisition_time: Some(..), institution: Some(..), study_description: Some(..), \
             series_description: None, view: Some(\"Left anterior oblique\"), view_is_lao: Some(true), \
             manufacturer: Some(\"Maker\"), model_name: None, sop_class_uid: None, study_uid: Some(\"1.2.3\"), \
             series_uid: None, sop_uid: None, simulated: false }"
        );
        assert!(!format!("{identity:#?}").contains("SECRET"));
    }
}
