//! What earlier runs left in a folder: temporary files of runs that were killed, and files of an earlier manifest.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::whole_file::{FileError, PREFIX, RANDOM_CHARACTERS, SUFFIX};

/// Whether a file has the name of a temporary file of [`crate::write_whole`].
pub(crate) fn is_temporary(name: &OsStr) -> bool {
    let random = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
    random.is_some_and(|random| {
        random.len() == RANDOM_CHARACTERS && random.chars().all(|character| character.is_ascii_alphanumeric())
    })
}

/// Removes the temporary files that lie directly in this folder and that nobody is writing, and returns their paths. A
/// folder that does not exist, or is a link to another place, has none.
///
/// # Errors
/// [`FileError`] when the folder cannot be read, or a file cannot be removed.
pub(crate) fn remove_temporary_files(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let failed = |source| FileError::Read { path: folder.to_owned(), source };
    if folder.symlink_metadata().is_ok_and(|about| about.is_symlink()) {
        return Ok(Vec::new());
    }
    let entries = match fs::read_dir(folder) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        other => other.map_err(failed)?,
    };
    let mut removed = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        // `file_type` does not follow links.
        if is_temporary(&entry.file_name()) && entry.file_type().map_err(failed)?.is_file() && !is_in_use(&path) {
            remove_file(&path)?;
            removed.push(path);
        }
    }
    removed.sort();
    Ok(removed)
}

/// Removes a file, if it is there.
///
/// # Errors
/// [`FileError::Write`] when it cannot be removed.
pub fn remove_file(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(FileError::Write { path: path.to_owned(), source })
        }
        _ => Ok(()),
    }
}

/// Removes the files that the manifest of an earlier run named and the new one does not. Nobody else's files are touched.
///
/// # Errors
/// [`FileError::Write`] when one cannot be removed.
pub fn remove_stale(before: &[PathBuf], now: &[PathBuf]) -> Result<(), FileError> {
    let now: BTreeSet<&PathBuf> = now.iter().collect();
    before.iter().filter(|path| !now.contains(path)).try_for_each(|path| remove_file(path))
}

/// Whether a running program is writing this temporary file: it then holds a lock on it.
fn is_in_use(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_our_own_temporary_files_are_ours() {
        for (name, ours) in [
            (".bloodpool-a1B2c3.tmp", true),
            (".bloodpool-a1B2c.tmp", false),
            (".bloodpool-notes-1.tmp", false),
            (".bloodpool-notes1.tmp.json", false),
            ("bloodpool-a1B2c3.tmp", false),
            (".bloodpool.lock", false),
        ] {
            assert_eq!(is_temporary(OsStr::new(name)), ours, "{name}");
        }
    }

    #[test]
    fn what_is_not_ours_or_is_in_use_stays() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [".bloodpool-aaaaaa.tmp", ".bloodpool-bbbbbb.tmp", "a.tmp", ".bloodpool-notes-1.tmp"] {
            fs::write(at(name), "x").unwrap();
        }
        fs::create_dir(at(".bloodpool-cccccc.tmp")).unwrap();
        let held = File::open(at(".bloodpool-bbbbbb.tmp")).unwrap();
        held.lock().unwrap();
        assert_eq!(remove_temporary_files(folder.path()).unwrap(), [at(".bloodpool-aaaaaa.tmp")]);
        drop(held);
        assert_eq!(remove_temporary_files(folder.path()).unwrap(), [at(".bloodpool-bbbbbb.tmp")]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
        assert!(remove_temporary_files(&at("nowhere")).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join(".bloodpool-aaaaaa.tmp"), "x").unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join("images")).unwrap();
        assert!(remove_temporary_files(&folder.path().join("images")).unwrap().is_empty());
        assert!(elsewhere.path().join(".bloodpool-aaaaaa.tmp").exists());
    }
}
