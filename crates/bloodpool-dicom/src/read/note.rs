//! `Note`: what is unusual about a file that was read nevertheless.

use dicom_dictionary_std::tags;

use crate::attribute::Attribute;

/// Something unusual about a file that was read nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A word for programs, for example `stored_order`.
    pub code: &'static str,
    /// What it is, naming the attribute.
    pub message: String,
}

impl Note {
    /// That files of other patients have the Study Instance UID of this one: the only note that a plan makes.
    #[must_use]
    pub fn shared_study_uid() -> Self {
        let attribute = Attribute(tags::STUDY_INSTANCE_UID);
        Self {
            code: "study_uid_shared",
            message: format!(
                "files of other patients have the same {attribute}, as some anonymisers write it; each patient was taken as a \
                 study of its own"
            ),
        }
    }
}
