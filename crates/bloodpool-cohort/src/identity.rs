//! What a row says of who the patient is: all of it, pseudonyms that only the holder of a key file can repeat, or nothing.

use std::fs;
use std::path::{Path, PathBuf};

use bloodpool::StudyIdentity;
use bloodpool_files::{FileError, IfExists, write_with_folders};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::row::CohortRow;
use crate::{CohortError, StudyKey};

/// Schema of the key file.
pub const KEY_SCHEMA: &str = "bloodpool.cohort-key/1";
/// Ages above this one are written as this one under pseudonyms, since few people are older.
const OLDEST: i64 = 90;
/// Bytes of a pseudonym: more than patients in the world by far, so that no two share one.
const PSEUDONYM_BYTES: usize = 16;

/// What is kept of the patient's identity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityMode {
    /// All that the file records.
    Plain,
    /// Pseudonyms of patient and study; sex, age, date and camera.
    Pseudonym,
    /// No patient, no study, no age or sex, no date but the year; the default.
    #[default]
    None,
}

impl IdentityMode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Plain, Self::Pseudonym, Self::None];

    /// Its name, as rows have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Pseudonym => "pseudonym",
            Self::None => "none",
        }
    }
}

/// The key file: with it, the same patient gets the same pseudonym in every run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    /// [`KEY_SCHEMA`].
    pub schema: String,
    /// What it is, for who finds it.
    pub note: String,
    /// 32 random bytes, 64 hexadecimal digits.
    pub secret: String,
}

/// How rows name patients.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identities {
    /// What is kept.
    pub mode: IdentityMode,
    /// Of the key file; `None` unless there are pseudonyms.
    secret: Option<[u8; 32]>,
}

impl std::fmt::Debug for Identities {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identities").field("mode", &self.mode).finish_non_exhaustive()
    }
}

impl Identities {
    /// Without a key file: all of the identity, or nothing.
    #[must_use]
    pub fn without_key(plain: bool) -> Self {
        Self { mode: if plain { IdentityMode::Plain } else { IdentityMode::None }, secret: None }
    }

    /// Pseudonyms by the key file, which is made where it does not exist, for its owner's eyes alone.
    ///
    /// # Errors
    /// [`CohortError`] when it lies in `out`, is no key file, or cannot be read or written.
    pub fn pseudonyms(key: &Path, out: &Path) -> Result<Self, CohortError> {
        let beside = key.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if real(beside).starts_with(real(out)) {
            return Err(CohortError::KeyInside { key: key.to_owned(), out: out.to_owned() });
        }
        if !key.exists() {
            make_key(key)?;
        }
        let unusable = |reason: String| CohortError::KeyFile { path: key.to_owned(), reason };
        let text = fs::read_to_string(key).map_err(|source| FileError::Read { path: key.to_owned(), source })?;
        let file: KeyFile = serde_json::from_str(&text).map_err(|error| unusable(format!("is malformed: {error}")))?;
        if file.schema != KEY_SCHEMA {
            return Err(unusable(format!("has the schema {:?}, not {KEY_SCHEMA:?}", file.schema)));
        }
        let secret =
            secret_of(&file.secret).ok_or_else(|| unusable("has no secret of 64 hexadecimal digits".into()))?;
        Ok(Self { mode: IdentityMode::Pseudonym, secret: Some(secret) })
    }

    /// What tells this key file from others, without giving it away; `None` without one.
    #[must_use]
    pub fn key_id(&self) -> Option<String> {
        self.secret.is_some().then(|| self.pseudonym("key", "id"))
    }

    /// The columns that say who and when.
    pub(crate) fn fill(&self, row: &mut CohortRow, identity: &StudyIdentity, key: &StudyKey, source: &Path) {
        row.identity = Some(self.mode.name().to_owned());
        row.camera = identity.camera();
        row.simulated = Some(identity.simulated);
        let date = identity.study_date.as_deref().and_then(date);
        row.study_year = date.as_ref().and_then(|date| date[..4].parse().ok());
        if self.mode == IdentityMode::None {
            return;
        }
        let text =
            |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        row.sex = text(&identity.sex);
        row.age_years = age(identity);
        row.study_date = date;
        let (id, issuer) = (text(&identity.patient_id), text(&identity.patient_id_issuer));
        if self.mode == IdentityMode::Pseudonym {
            let whole = |id: &String| format!("{}\0{id}", issuer.as_deref().unwrap_or_default());
            row.patient = id.as_ref().map(|id| self.pseudonym("patient", &whole(id)));
            row.study_uid = text(&identity.study_uid).map(|uid| self.pseudonym("study", &uid));
            row.age_years = row.age_years.map(|age| age.min(OLDEST));
            return;
        }
        (row.patient, row.patient_id_issuer) = (id, issuer);
        row.patient_name = text(&identity.patient_name);
        row.birth_date = identity.birth_date.as_deref().and_then(self::date);
        row.accession_number = text(&identity.accession_number);
        row.institution = text(&identity.institution);
        row.study_uid = text(&identity.study_uid);
        row.series_uid = text(&identity.series_uid);
        row.sop_uid = Some(key.sop_uid.clone()).filter(|uid| !uid.is_empty());
        row.source = Some(source.display().to_string());
    }

    /// A keyed hash: SHA-256 of the secret, whose length is fixed, the kind and the text. It is cut to half its length, so that
    /// nothing can be appended to what was hashed.
    fn pseudonym(&self, kind: &str, text: &str) -> String {
        let secret = self.secret.unwrap_or_default();
        let all = [&secret[..], kind.as_bytes(), &[0], text.as_bytes()].concat();
        hexadecimal(&Sha256::digest(all)[..PSEUDONYM_BYTES])
    }
}

/// Writes a new key file.
fn make_key(path: &Path) -> Result<(), CohortError> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret)
        .map_err(|error| CohortError::KeyFile { path: path.to_owned(), reason: format!("cannot be made: {error}") })?;
    let file = KeyFile {
        schema: KEY_SCHEMA.to_owned(),
        note: "Key of the pseudonyms of a bloodpool cohort. Keep it apart from the rows, and keep it: without it the same \
               patient gets another pseudonym."
            .to_owned(),
        secret: hexadecimal(&secret),
    };
    let text = serde_json::to_string_pretty(&file)? + "\n";
    write_with_folders(path, text.as_bytes(), IfExists::Refuse)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))
            .map_err(|source| FileError::Write { path: path.to_owned(), source })?;
    }
    Ok(())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn secret_of(digits: &str) -> Option<[u8; 32]> {
    if digits.len() != 64 || !digits.is_ascii() {
        return None;
    }
    let mut secret = [0; 32];
    for (at, byte) in secret.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(secret)
}

/// A folder with symbolic links resolved, also where part of it does not exist yet.
fn real(folder: &Path) -> PathBuf {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let known = whole.ancestors().find_map(|part| Some((part.canonicalize().ok()?, whole.strip_prefix(part).ok()?)));
    known.map_or_else(|| whole.clone(), |(known, rest)| known.join(rest))
}

/// `YYYYMMDD` as `YYYY-MM-DD`; `None` where it is no day.
fn date(recorded: &str) -> Option<String> {
    let text = recorded.trim();
    bloodpool_core::study::calendar::day_number(text)?;
    Some(format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..8]))
}

/// Completed years from birth to study.
fn age(identity: &StudyIdentity) -> Option<i64> {
    let number = |text: &Option<String>| {
        let text = text.as_deref()?.trim();
        bloodpool_core::study::calendar::day_number(text)?;
        text.parse::<i64>().ok()
    };
    // As decimal numbers YYYYMMDD their difference counts 10000 for each birthday that has passed.
    let years = (number(&identity.study_date)? - number(&identity.birth_date)?).div_euclid(10_000);
    (0..=130).contains(&years).then_some(years)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> StudyIdentity {
        let text = |text: &str| Some(text.to_owned());
        StudyIdentity {
            patient_name: text("Doe^Jane"),
            patient_id: text(" 4711 "),
            patient_id_issuer: text("A"),
            birth_date: text("19300405"),
            sex: text("F"),
            study_date: text("20240404"),
            institution: text("Doe Hospital"),
            accession_number: text("ACC4711"),
            study_uid: text("1.2.4711"),
            series_uid: text("1.3.4711"),
            sop_uid: text("1.4.4711"),
            manufacturer: text("Maker"),
            ..StudyIdentity::default()
        }
    }

    fn row(identities: &Identities, identity: &StudyIdentity) -> CohortRow {
        let key = StudyKey { sop_uid: "1.4.4711".into(), sha256: String::new(), key: String::new() };
        let mut row = CohortRow::default();
        identities.fill(&mut row, identity, &key, Path::new("/data/doe.dcm"));
        row
    }

    #[test]
    fn plain_rows_have_all_of_it() {
        let row = row(&Identities::without_key(true), &identity());
        assert_eq!((row.patient.as_deref(), row.age_years), (Some("4711"), Some(93)));
        assert_eq!((row.birth_date.as_deref(), row.study_year), (Some("1930-04-05"), Some(2024)));
        assert_eq!(row.source.as_deref(), Some("/data/doe.dcm"));
        let birthday = StudyIdentity { study_date: Some("20240405".into()), ..identity() };
        assert_eq!(age(&birthday), Some(94));
        assert_eq!(age(&StudyIdentity { birth_date: Some("20250101".into()), ..identity() }), None);
    }

    #[test]
    fn without_identity_nothing_of_the_patient_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let pseudonyms = Identities::pseudonyms(&folder.path().join("key.json"), &folder.path().join("out")).unwrap();
        for (identities, kept) in [(Identities::without_key(false), 4), (pseudonyms, 9)] {
            let row = row(&identities, &identity());
            let json = serde_json::to_string(&row).unwrap();
            for secret in ["Doe", "doe", ".4711", "\"4711", "ACC", "1930-"] {
                assert!(!json.contains(secret), "{secret}: {json}");
            }
            let filled = json.matches(":").count() - json.matches(":null").count();
            assert_eq!(filled, kept, "{json}");
        }
    }

    #[test]
    fn a_key_file_gives_the_same_pseudonyms_again_and_another_one_others() {
        let folder = tempfile::tempdir().unwrap();
        let (key, out) = (folder.path().join("keys/key.json"), folder.path().join("out"));
        let first = Identities::pseudonyms(&key, &out).unwrap();
        let again = Identities::pseudonyms(&key, &out).unwrap();
        let other = Identities::pseudonyms(&folder.path().join("other.json"), &out).unwrap();
        let patient = |identities: &Identities, issuer: &str| {
            row(identities, &StudyIdentity { patient_id_issuer: Some(issuer.into()), ..identity() }).patient.unwrap()
        };
        assert_eq!(patient(&first, "A"), patient(&again, "A"));
        assert_eq!(patient(&first, "A").len(), 32);
        assert_ne!(patient(&first, "A"), patient(&first, "B"));
        assert_ne!(patient(&first, "A"), patient(&other, "A"));
        assert_eq!(first.key_id(), again.key_id());
        assert_ne!(first.key_id(), other.key_id());
        assert!(!format!("{first:?}").contains("secret"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_key_file_beside_the_rows_or_of_another_kind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let inside = Identities::pseudonyms(&out.join("sub/key.json"), &out).unwrap_err();
        assert!(matches!(inside, CohortError::KeyInside { .. }), "{inside}");
        let key = folder.path().join("key.json");
        for (text, said) in [
            ("{}", "malformed"),
            (r#"{"schema": "bloodpool.cohort-key/2", "note": "", "secret": ""}"#, "cohort-key/2"),
            (r#"{"schema": "bloodpool.cohort-key/1", "note": "", "secret": "12"}"#, "64 hexadecimal"),
        ] {
            fs::write(&key, text).unwrap();
            let error = Identities::pseudonyms(&key, &out).unwrap_err().to_string();
            assert!(error.contains(said), "{error}");
        }
    }
}
