//! Pseudonyms of cases and patients, and the key file that is kept apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bloodpool_core::StudyIdentity;
use bloodpool_dataset::{ExtractedCase, FrameOrigin, StudySource};
use bloodpool_files::{FileError, IfExists, write_with_folders};

use super::error::ExtractionError;

/// One line of the key file.
pub(super) struct KeyLine {
    pub(super) path: PathBuf,
    pub(super) identity: StudyIdentity,
    /// What is unusual about the file.
    pub(super) notes: Vec<String>,
}

impl KeyLine {
    /// What a reader should know about the study. Under a pseudonym nothing names the file.
    pub(super) fn remarks(&self, case: &str, pseudonymised: bool) -> Vec<String> {
        let name = if pseudonymised { case.to_owned() } else { self.path.display().to_string() };
        let without = self.identity.patient_id.as_deref().is_none_or(|id| id.trim().is_empty());
        let no_id =
            without.then(|| format!("{name} has no patient ID; it is taken as the only study of a patient of its own"));
        self.notes.iter().map(|note| format!("{name}: {note}")).chain(no_id).collect()
    }
}

/// Refuses a key file within the folder that raters get.
pub(super) fn refuse_inside(key: &Path, out: &Path) -> Result<(), ExtractionError> {
    let whole =
        |path: &Path| std::path::absolute(path).map_err(|source| FileError::Read { path: path.to_owned(), source });
    let parent = whole(key)?.parent().map(Path::to_owned).unwrap_or_default();
    // Symbolic links are resolved; what does not exist yet has none.
    let real = |path: PathBuf| {
        let known = path.ancestors().find_map(|part| Some((part.canonicalize().ok()?, path.strip_prefix(part).ok()?)));
        known.map_or_else(|| path.clone(), |(known, rest)| known.join(rest))
    };
    if real(parent).starts_with(real(whole(out)?)) {
        return Err(ExtractionError::KeyInside { key: key.to_owned(), out: out.to_owned() });
    }
    Ok(())
}

/// The pseudonym of a study by its place, from 0.
pub(super) fn case_pseudonym(index: usize, studies: usize) -> String {
    let digits = studies.to_string().len().max(4);
    format!("case-{:0digits$}", index + 1)
}

/// Puts pseudonyms in the place of patients, in the order in which they come, and takes sources away.
pub(super) fn pseudonymise(cases: &mut [ExtractedCase]) -> Vec<(String, StudySource)> {
    let mut pseudonyms: BTreeMap<String, String> = BTreeMap::new();
    cases
        .iter_mut()
        .map(|case| {
            let next = format!("patient-{:04}", pseudonyms.len() + 1);
            let pseudonym = pseudonyms.entry(case.patient.clone()).or_insert(next).clone();
            let patient = std::mem::replace(&mut case.patient, pseudonym);
            // A table's name can say whose frames it holds.
            if let FrameOrigin::Table { file, .. } = &mut case.frames_from {
                *file = None;
            }
            (patient, case.source.take().unwrap_or_default())
        })
        .collect()
}

/// The bytes of the key file: the patient of each pseudonym.
pub(super) fn table(
    cases: &[ExtractedCase],
    secrets: &[(String, StudySource)],
    lines: &BTreeMap<String, KeyLine>,
) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record([
        "case",
        "patient",
        "file",
        "sha256",
        "patient_id",
        "patient_name",
        "study_date",
        "study_uid",
        "series_uid",
        "sop_uid",
    ])?;
    for (case, (_, source)) in cases.iter().zip(secrets) {
        let line = lines.get(&case.case);
        let identity = line.map(|line| line.identity.clone()).unwrap_or_default();
        table.write_record([
            case.case.clone(),
            case.patient.clone(),
            line.map(|line| line.path.display().to_string()).unwrap_or_default(),
            source.sha256.clone(),
            identity.patient_id.unwrap_or_default(),
            identity.patient_name.unwrap_or_default(),
            identity.study_date.unwrap_or_default(),
            source.study_uid.clone().unwrap_or_default(),
            source.series_uid.clone().unwrap_or_default(),
            source.sop_uid.clone().unwrap_or_default(),
        ])?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// Writes the key file, for its owner's eyes alone where the system knows owners.
pub(super) fn write(path: &Path, bytes: &[u8], if_exists: IfExists) -> Result<(), FileError> {
    write_with_folders(path, bytes, if_exists)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .map_err(|source| FileError::Write { path: path.to_owned(), source })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_kept_where_raters_look() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("work");
        for inside in ["work/key.csv", "work/sub/key.csv", "other/../work/key.csv"] {
            std::fs::create_dir_all(folder.path().join("other")).unwrap();
            std::fs::create_dir_all(&out).unwrap();
            assert!(refuse_inside(&folder.path().join(inside), &out).is_err(), "{inside}");
        }
        assert!(refuse_inside(&folder.path().join("key.csv"), &out).is_ok());
        assert!(refuse_inside(&folder.path().join("work2/key.csv"), &out).is_ok());
    }
}
