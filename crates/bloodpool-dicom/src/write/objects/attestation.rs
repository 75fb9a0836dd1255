//! `Attestation`: whether a person has reviewed or signed a result, and who.

use dicom_dictionary_std::tags;

use super::creation_time::CreationTime;
use super::error::ObjectError;
use super::text::required;
use crate::read::source_study::person_name;

/// A person and the organization for which they work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonObserver {
    name: String,
    organization: String,
}

impl PersonObserver {
    /// `name` as DICOM writes it: `Family^Given`, with ideographic and phonetic groups after `=`.
    ///
    /// # Errors
    /// [`ObjectError::Empty`].
    pub fn new(name: &str, organization: &str) -> Result<Self, ObjectError> {
        let name = required(&person_name(name), tags::VERIFYING_OBSERVER_NAME, 194)?;
        let organization = required(organization, tags::VERIFYING_ORGANIZATION, 64)?;
        Ok(Self { name, organization })
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn organization(&self) -> &str {
        &self.organization
    }
}

/// Who signed, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The person.
    pub person: PersonObserver,
    /// When.
    pub signed: CreationTime,
}

/// How far a result has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attestation {
    /// As the algorithm found it: preliminary, unverified.
    Automatic,
    /// A person has looked at it and may have changed it: preliminary, unverified.
    Reviewed(PersonObserver),
    /// A person has signed it: final, verified.
    Signed(Signature),
}

impl Attestation {
    pub(super) fn person(&self) -> Option<&PersonObserver> {
        match self {
            Self::Automatic => None,
            Self::Reviewed(person) | Self::Signed(Signature { person, .. }) => Some(person),
        }
    }
}
