//! `WatchFolder`: takes files out of a folder that others write into, when they are complete.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bloodpool_dicom::net::StoreFileError;
use rusqlite::{OptionalExtension, params};

use crate::inbox::Inbox;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::time::UtcTime;

/// What becomes of a file that was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AfterTaking {
    /// It stays as it is.
    #[default]
    Leave,
    /// It is deleted. What was not taken stays.
    Delete,
}

/// Which folder is watched, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchSettings {
    /// The folder; its subfolders are watched, too. Links and hidden files are not.
    pub folder: PathBuf,
    /// How long size and time of change of a file must have stayed the same.
    pub stable_for: Duration,
    /// What becomes of a file that was taken.
    pub after: AfterTaking,
}

/// Watches a folder by looking at it again and again, which works on every file system.
#[derive(Debug)]
pub struct WatchFolder {
    settings: WatchSettings,
    /// Files that are not taken yet: how they looked, and since when.
    growing: HashMap<PathBuf, (Look, UtcTime)>,
}

/// How a file looks from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    bytes: i64,
    modified_ms: i64,
}

/// What a look into the folder found.
#[derive(Debug, Default)]
pub struct Looked {
    /// Files that were taken.
    pub taken: usize,
    /// Files that are not stable yet, or that there is no space for.
    pub waiting: usize,
    /// Files that are not taken, and why. They are not looked at again until they change.
    pub refused: Vec<(PathBuf, String)>,
}

impl WatchFolder {
    /// Watches a folder.
    #[must_use]
    pub fn new(settings: WatchSettings) -> Self {
        Self { settings, growing: HashMap::new() }
    }

    /// Looks into the folder once, and takes the files that are stable. The caller decides how often.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be read or the store cannot be written.
    pub fn look(&mut self, inbox: &Inbox, now: UtcTime) -> Result<Looked, StoreError> {
        let mut files = Vec::new();
        collect(&self.settings.folder, &mut files)
            .map_err(StoreError::io(&self.settings.folder, "the watched folder cannot be read"))?;
        files.sort_by(|(one, _), (other, _)| one.cmp(other));
        self.growing.retain(|path, _| files.iter().any(|(file, _)| file == path));
        let mut looked = Looked::default();
        for (path, look) in files {
            if is_known(inbox.store(), &path, look)? {
                continue;
            }
            let since = match self.growing.get(&path) {
                Some((before, since)) if *before == look => *since,
                _ => {
                    self.growing.insert(path.clone(), (look, now));
                    now
                }
            };
            if since.after(self.settings.stable_for) > now {
                looked.waiting += 1;
                continue;
            }
            self.take(inbox, &path, look, now, &mut looked)?;
        }
        Ok(looked)
    }

    fn take(
        &mut self,
        inbox: &Inbox,
        path: &Path,
        look: Look,
        now: UtcTime,
        looked: &mut Looked,
    ) -> Result<(), StoreError> {
        let received = match File::open(path) {
            Ok(mut file) => inbox.receive(&mut file, "watch folder").map(|_| ()),
            Err(error) => Err(StoreFileError::Io(error)),
        };
        let error = match received {
            Ok(()) => None,
            Err(error @ (StoreFileError::NotDicom(_) | StoreFileError::TooLarge { .. })) => Some(error.to_string()),
            // It stays, and is tried again.
            Err(error) => {
                tracing::warn!("a file of the watched folder cannot be taken: {error}");
                looked.waiting += 1;
                return Ok(());
            }
        };
        self.growing.remove(path);
        record(inbox.store(), path, look, error.as_deref(), now)?;
        match error {
            Some(error) => looked.refused.push((path.to_owned(), error)),
            None => {
                looked.taken += 1;
                // What was written in the meantime is not deleted.
                if self.settings.after == AfterTaking::Delete && self::look(path).is_ok_and(|after| after == look) {
                    let removed = std::fs::remove_file(path);
                    removed.map_err(StoreError::io(path, "the file that was taken cannot be deleted"))?;
                }
            }
        }
        Ok(())
    }
}

fn look(path: &Path) -> io::Result<Look> {
    let about = path.symlink_metadata()?;
    Ok(Look {
        bytes: i64::try_from(about.len()).unwrap_or(i64::MAX),
        modified_ms: about.modified().map_or(0, |time| UtcTime::from(time).0),
    })
}

/// The files in a folder and below it. One that disappears meanwhile is left out.
fn collect(folder: &Path, files: &mut Vec<(PathBuf, Look)>) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() {
            // One that cannot be read keeps no other from being read.
            let _ = collect(&path, files);
        } else if kind.is_file()
            && let Ok(look) = look(&path)
        {
            files.push((path, look));
        }
    }
    Ok(())
}

/// Whether the file was taken or refused as it is now.
fn is_known(store: &Store, path: &Path, look: Look) -> Result<bool, StoreError> {
    let known = store.write("the list of watched files cannot be read", |transaction| {
        transaction
            .query_row(
                "SELECT bytes, modified_ms FROM watched WHERE path = ?1",
                [path.as_os_str().as_encoded_bytes()],
                |row| Ok(Look { bytes: row.get(0)?, modified_ms: row.get(1)? }),
            )
            .optional()
    })?;
    Ok(known == Some(look))
}

fn record(store: &Store, path: &Path, look: Look, error: Option<&str>, now: UtcTime) -> Result<(), StoreError> {
    store.write("a watched file cannot be recorded", |transaction| {
        transaction.execute(
            "INSERT OR REPLACE INTO watched (path, bytes, modified_ms, error, taken_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![path.as_os_str().as_encoded_bytes(), look.bytes, look.modified_ms, error, now.0],
        )
    })?;
    Ok(())
}
