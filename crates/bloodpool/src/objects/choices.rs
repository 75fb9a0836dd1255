//! `ObjectChoices`: what objects say beyond the result itself, and the key that their UIDs derive from.

use bloodpool_dicom::objects::{Attestation, CreationTime, ObjectError, PersonObserver, Signature, SrClass};
use bloodpool_report::Language;

/// Verifying Organization where neither settings nor study name one: the attribute is required.
const NO_ORGANIZATION: &str = "not recorded";

/// What objects say beyond the result itself.
#[derive(Debug, Clone)]
pub struct ObjectChoices {
    /// What the UIDs of the objects derive from, for example [`job_key`]. `None`: hashes of the files, model and protocol.
    pub job: Option<Vec<u8>>,
    /// How often a person has changed the result since; part of the UIDs.
    pub review_version: u32,
    /// Whether a person has reviewed or signed the result.
    pub attestation: Attestation,
    /// The review versions whose structured reports this one replaces.
    pub supersedes: Vec<u32>,
    /// When the result was made.
    pub created: CreationTime,
    /// SOP class of the structured report.
    pub sr_class: SrClass,
    /// Device Serial Number of this system.
    pub device_serial_number: String,
    /// Language of pictures and PDF.
    pub language: Language,
}

impl ObjectChoices {
    /// Those of a result that nobody has looked at yet.
    #[must_use]
    pub fn automatic(created: CreationTime) -> Self {
        Self {
            job: None,
            review_version: 0,
            attestation: Attestation::Automatic,
            supersedes: Vec::new(),
            created,
            sr_class: SrClass::default(),
            device_serial_number: "1".to_owned(),
            language: Language::English,
        }
    }
}

/// Who reviewed or signed a result.
#[derive(Debug, Clone, Copy)]
pub struct ReviewedBy<'a> {
    /// The person, as DICOM writes names.
    pub person: &'a str,
    /// For whom the person works; `None`: the institution of the study.
    pub organization: Option<&'a str>,
    /// Signed, or reviewed.
    pub signed: bool,
    /// The number of the statement, from 1: the review version, which is part of the UIDs.
    pub version: i64,
    /// The review versions whose structured reports the one of this result replaces.
    pub supersedes: &'a [i64],
}

impl ReviewedBy<'_> {
    /// The choices of the objects. `institution`: of the study.
    pub(super) fn choices(&self, of: ObjectChoices, institution: Option<&str>) -> Result<ObjectChoices, ObjectError> {
        let institution = institution.map(str::trim).filter(|name| !name.is_empty());
        let organization = self.organization.or(institution).unwrap_or(NO_ORGANIZATION);
        let person = PersonObserver::new(self.person, organization)?;
        let number = |version: i64| u32::try_from(version).unwrap_or(u32::MAX);
        Ok(ObjectChoices {
            review_version: number(self.version),
            attestation: match self.signed {
                true => Attestation::Signed(Signature { person, signed: of.created }),
                false => Attestation::Reviewed(person),
            },
            supersedes: self.supersedes.iter().map(|&version| number(version)).collect(),
            ..of
        })
    }
}

/// What identifies the job of an analysis by this version of the program.
#[must_use]
pub fn job_key(input_uid: &str, input_sha256: &str, model: &str, protocol: &str) -> Vec<u8> {
    [input_uid, input_sha256, model, protocol, env!("CARGO_PKG_VERSION")].join("\n").into_bytes()
}
