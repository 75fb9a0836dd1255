//! `Journal`: which studies were begun and did not end, one small file per study, so that one that ends its worker is not tried for ever.

use std::fs;
use std::path::{Path, PathBuf};

use bloodpool_files::FileError;
use serde::{Deserialize, Serialize};

/// Folder of the journal within that of a cohort.
pub(crate) const FOLDER: &str = "_journal";

/// A study whose worker ended so often while it was analysed gets a row with an error instead.
pub(crate) const DEATHS: u32 = 2;
/// A study that so many runs were cut off at is analysed last, and alone. A run that is killed has two studies in work at most times, and
/// rarely the same ones again.
pub(crate) const OPEN: u32 = 3;
/// A study at which so many runs were cut off while nothing else was in work gets a row with an error instead.
pub(crate) const ALONE: u32 = 2;

/// What is known of earlier attempts at a study.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Attempts {
    /// Attempts during which the worker ended, and its run did not.
    pub(crate) deaths: u32,
    /// Attempts whose run was cut off, also by a person or the system.
    pub(crate) open: u32,
    /// Those of them during which no other study was in work.
    pub(crate) alone: u32,
    /// Process ID of the worker of the last attempt.
    pub(crate) worker: u32,
}

impl Attempts {
    /// Whether it is tried no more.
    pub(crate) fn are_enough(self) -> bool {
        self.deaths >= DEATHS || self.alone >= ALONE
    }

    /// Whether it is tried last, and alone.
    pub(crate) fn are_suspicious(self) -> bool {
        self.open >= OPEN
    }
}

/// The files of attempts.
#[derive(Debug, Clone)]
pub(crate) struct Journal {
    folder: PathBuf,
}

impl Journal {
    /// In the folder of a cohort.
    pub(crate) fn in_folder(out: &Path) -> Result<Self, FileError> {
        let folder = out.join(FOLDER);
        fs::create_dir_all(&folder).map_err(|source| FileError::Write { path: folder.clone(), source })?;
        Ok(Self { folder })
    }

    fn path(&self, key: &str) -> PathBuf {
        self.folder.join(format!("{key}.json"))
    }

    /// What is known of a study. A file that cannot be understood was cut off while it was written: one attempt.
    pub(crate) fn of(&self, key: &str) -> Attempts {
        match fs::read(self.path(key)) {
            Err(_) => Attempts::default(),
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or(Attempts { open: 1, ..Attempts::default() }),
        }
    }

    /// Writes that a study is begun. It is not synchronised to the disk: the death of a process does not lose it, and a power failure is not
    /// the study's doing.
    pub(crate) fn begin(&self, key: &str, before: Attempts, worker: u32, alone: bool) -> Result<(), FileError> {
        let open = Attempts { open: before.open + 1, alone: before.alone + u32::from(alone), worker, ..before };
        self.write(key, open)
    }

    /// Writes that its worker ended, and returns what is known now.
    pub(crate) fn died(&self, key: &str, before: Attempts) -> Result<Attempts, FileError> {
        let now = Attempts { deaths: before.deaths + 1, ..before };
        self.write(key, now)?;
        Ok(now)
    }

    fn write(&self, key: &str, attempts: Attempts) -> Result<(), FileError> {
        let path = self.path(key);
        let bytes = serde_json::to_vec(&attempts)
            .map_err(|error| FileError::Write { path: path.clone(), source: error.into() })?;
        fs::write(&path, bytes).map_err(|source| FileError::Write { path, source })
    }

    /// Forgets a study that has ended.
    pub(crate) fn end(&self, key: &str) -> Result<(), FileError> {
        bloodpool_files::leftovers::remove_file(&self.path(key))
    }

    /// Removes the folder, where every study has ended.
    pub(crate) fn close(&self) {
        // Fails, as it should, when there is anything in it.
        let _ = fs::remove_dir(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deaths_and_runs_that_were_cut_off_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::in_folder(folder.path()).unwrap();
        assert_eq!(journal.of("a"), Attempts::default());
        for open in 1..=OPEN {
            let before = journal.of("a");
            assert!(!before.are_suspicious() && !before.are_enough());
            journal.begin("a", before, 7, false).unwrap();
            assert_eq!(journal.of("a"), Attempts { open, worker: 7, ..Attempts::default() });
        }
        assert!(journal.of("a").are_suspicious());
        for _ in 0..ALONE {
            assert!(!journal.of("a").are_enough());
            journal.begin("a", journal.of("a"), 7, true).unwrap();
        }
        assert!(journal.of("a").are_enough());
        // A worker that dies leaves no open attempt.
        let before = journal.of("b");
        journal.begin("b", before, 8, false).unwrap();
        let once = journal.died("b", before).unwrap();
        assert_eq!((journal.of("b"), once.are_enough()), (Attempts { deaths: 1, ..Attempts::default() }, false));
        journal.begin("b", once, 9, false).unwrap();
        assert!(journal.died("b", once).unwrap().are_enough());
        journal.end("b").unwrap();
        journal.end("b").unwrap();
        assert_eq!(journal.of("b"), Attempts::default());
        fs::write(journal.path("c"), "{\"dea").unwrap();
        assert_eq!(journal.of("c").open, 1);
        journal.close();
        assert!(folder.path().join(FOLDER).exists());
        journal.end("a").unwrap();
        journal.end("c").unwrap();
        journal.close();
        assert!(!folder.path().join(FOLDER).exists());
    }
}
