//! `CohortFolder`: the Parquet files of a cohort, which hold each study once, and the record of what they are.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use bloodpool_files::{FileError, FolderLock, IfExists, sha256, write_whole};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identity::{Identities, IdentityMode};
use crate::part::{Part, encode};
use crate::row::CohortRow;
use crate::{CohortError, journal};

/// Schema of the record of a cohort folder.
pub const FOLDER_SCHEMA: &str = "bloodpool.cohort-folder/1";
/// Name of the record. Programs that read a folder of Parquet files pass over names that begin with `_`.
pub const RECORD: &str = "_cohort.json";
/// Folders nested deeper than this are not searched for rows.
const MAX_DEPTH: usize = 8;
/// Digits of the hash in the name of a file of rows.
const NAME_DIGITS: usize = 32;

/// What the rows of a folder have in common.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FolderRecord {
    /// [`FOLDER_SCHEMA`].
    pub schema: String,
    /// What is kept of the patient's identity.
    pub identity: IdentityMode,
    /// What tells the key file of the pseudonyms from others.
    pub key_id: Option<String>,
}

/// A folder that this run alone writes rows into.
pub(crate) struct CohortFolder {
    path: PathBuf,
    _lock: FolderLock,
}

impl CohortFolder {
    /// Locks a folder, which is made if it does not exist, and makes sure that its rows are of the same kind.
    pub(crate) fn open(path: &Path, identities: &Identities) -> Result<Self, CohortError> {
        let lock = FolderLock::take(path, &[journal::FOLDER], bloodpool_report::SOFTWARE)?;
        let record =
            FolderRecord { schema: FOLDER_SCHEMA.to_owned(), identity: identities.mode, key_id: identities.key_id() };
        let file = path.join(RECORD);
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                let there: FolderRecord = serde_json::from_str(&text)?;
                if there != record {
                    return Err(CohortError::OtherIdentity {
                        path: file,
                        there: there.identity.name(),
                        asked: record.identity.name(),
                        other_key: there.identity == record.identity,
                    });
                }
            }
            Err(_) if !bloodpool_files::folder_lock::is_empty(path).unwrap_or(false) => {
                return Err(CohortError::NotACohort { path: path.to_owned() });
            }
            Err(_) => {
                let text = serde_json::to_string_pretty(&record)? + "\n";
                write_whole(&file, text.as_bytes(), IfExists::Refuse)?;
            }
        }
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// Writes rows as one file, which is named by a hash of their keys and appears whole or not at all.
    pub(crate) fn write(&self, mut rows: Vec<CohortRow>) -> Result<(), CohortError> {
        if rows.is_empty() {
            return Ok(());
        }
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        let keys: Vec<&str> = rows.iter().filter_map(|row| row.key.as_deref()).collect();
        let name = format!("part-{}.parquet", &sha256(keys.join("\n").as_bytes())[..NAME_DIGITS]);
        match write_whole(&self.path.join(name), &encode(&rows)?, IfExists::Refuse) {
            // The same keys are the same rows.
            Ok(()) | Err(FileError::Exists { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// Keys of rows, in 32 bytes each.
#[derive(Debug, Default)]
pub(crate) struct Keys(HashSet<[u8; 32]>);

impl Keys {
    /// Adds the keys of all rows in a folder and its subfolders.
    pub(crate) fn add_rows_of(&mut self, folder: &Path) -> Result<(), CohortError> {
        for path in part_files(folder)? {
            for key in Part::open(&path)?.texts("key")?.into_iter().flatten() {
                self.insert(&key);
            }
        }
        Ok(())
    }

    /// Adds a key; `false` where it was there.
    pub(crate) fn insert(&mut self, key: &str) -> bool {
        self.0.insert(compact(key))
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.0.contains(&compact(key))
    }
}

/// The bytes of 64 hexadecimal digits.
fn compact(key: &str) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(key.as_bytes().chunks(2)) {
        *byte = std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or_default();
    }
    bytes
}

/// All files of rows in a folder and its subfolders, sorted.
///
/// # Errors
/// [`CohortError`] when a folder cannot be read.
pub fn part_files(folder: &Path) -> Result<Vec<PathBuf>, CohortError> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = open.pop() {
        let failed = |source| FileError::Read { path: folder.clone(), source };
        for entry in std::fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Does not follow links.
            let kind = entry.file_type().map_err(failed)?;
            let hidden = matches!(entry.file_name().as_encoded_bytes().first(), Some(b'.' | b'_'));
            if kind.is_dir() && depth < MAX_DEPTH && !hidden {
                open.push((entry.path(), depth + 1));
            } else if kind.is_file() && !hidden && entry.path().extension().is_some_and(|end| end == "parquet") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(key: &str) -> CohortRow {
        CohortRow { key: Some(sha256(key.as_bytes())), ..CohortRow::default() }
    }

    #[test]
    fn rows_are_found_again_by_their_keys() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let cohort = CohortFolder::open(&out, &Identities::without_key(true)).unwrap();
        cohort.write(vec![row("a"), row("b")]).unwrap();
        cohort.write(vec![row("c")]).unwrap();
        // In another order, from another run: the same file.
        cohort.write(vec![row("b"), row("a")]).unwrap();
        cohort.write(Vec::new()).unwrap();
        let mut keys = Keys::default();
        keys.add_rows_of(&out).unwrap();
        assert!(["a", "b", "c"].iter().all(|key| keys.contains(&sha256(key.as_bytes()))));
        assert!(!keys.contains(&sha256(b"d")));
        assert_eq!(part_files(&out).unwrap().len(), 2);
    }

    #[test]
    fn a_folder_of_another_kind_is_left_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        drop(CohortFolder::open(&out, &Identities::without_key(true)).unwrap());
        drop(CohortFolder::open(&out, &Identities::without_key(true)).unwrap());
        let other = CohortFolder::open(&out, &Identities::without_key(false)).err().unwrap().to_string();
        assert!(other.contains("the identity `plain`, not `none`"), "{other}");
        let keyed = folder.path().join("keyed");
        let by = |name: &str| Identities::pseudonyms(&folder.path().join(name), &keyed).unwrap();
        drop(CohortFolder::open(&keyed, &by("a.json")).unwrap());
        let other = CohortFolder::open(&keyed, &by("b.json")).err().unwrap().to_string();
        assert!(other.contains("of another key file"), "{other}");
        let foreign = folder.path().join("foreign");
        std::fs::create_dir(&foreign).unwrap();
        std::fs::write(foreign.join("letter.txt"), "dear").unwrap();
        let error = CohortFolder::open(&foreign, &Identities::without_key(true)).err().unwrap();
        assert!(matches!(error, CohortError::NotACohort { .. }));
        assert_eq!(std::fs::read_dir(&foreign).unwrap().count(), 1);
    }
}
