//! `ReceivedFolder`: received instances on disk, one file per SOP Instance UID and content, never half a file.

use std::collections::hash_map::DefaultHasher;
use std::fs::{File, TryLockError};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::incoming_file::CompleteFile;
use super::received::Arrival;
use crate::net::uid::Uid;
use crate::read::file_meta::FileMeta;

/// Folder of files that are being received, within the folder of those that were: a file system for both, so that a file
/// can be renamed.
const INCOMING: &str = "incoming";
/// Locked as long as a process receives into the folder.
const LOCK: &str = "lock";
/// Locks of SOP Instance UIDs: two instances with one UID are put into place one after the other.
const UID_LOCKS: usize = 64;
/// Bytes in which the file meta information of a file that was written here must end; it has about 300.
const META_BYTES: u64 = 4096;

/// A folder of received instances, which one process at a time receives into.
///
/// The first instance with a SOP Instance UID is `UID.dcm`. Another one with the same UID and other bytes is kept beside
/// it as `UID.HASH.dcm`, with the first 32 digits of the SHA-256 of its data set.
#[derive(Debug)]
pub struct ReceivedFolder {
    folder: PathBuf,
    next: AtomicU64,
    uid_locks: Vec<Mutex<()>>,
    /// Its lock ends when it is closed.
    _lock: File,
}

/// A folder cannot be received into.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Another process receives into it.
    #[error("{}: another process receives into this folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// The operating system refused.
    #[error("{}: {what}: {error}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was attempted.
        what: &'static str,
        /// What the operating system says.
        #[source]
        error: io::Error,
    },
}

/// Where an instance is, and whether it was known.
pub(crate) struct Placed {
    pub(crate) path: PathBuf,
    pub(crate) arrival: Arrival,
}

impl ReceivedFolder {
    /// Opens the folder, creates it where it is missing, and removes what an earlier process received in part.
    ///
    /// # Errors
    /// [`FolderError`].
    pub fn open(folder: &Path) -> Result<Self, FolderError> {
        let attempt = |path: &Path, what: &'static str| {
            let path = path.to_path_buf();
            move |error| FolderError::Io { path, what, error }
        };
        let incoming = folder.join(INCOMING);
        std::fs::create_dir_all(&incoming).map_err(attempt(&incoming, "the folder cannot be created"))?;
        let path = folder.join(LOCK);
        let lock = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = lock.map_err(attempt(&path, "the file cannot be created"))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => FolderError::InUse { folder: folder.to_path_buf() },
            TryLockError::Error(error) => attempt(&path, "the file cannot be locked")(error),
        })?;
        let unreadable = || attempt(&incoming, "the folder cannot be read");
        for entry in std::fs::read_dir(&incoming).map_err(unreadable())? {
            let path = entry.map_err(unreadable())?.path();
            if path.extension().is_some_and(|extension| extension == "part") {
                std::fs::remove_file(&path).map_err(attempt(&path, "the file cannot be removed"))?;
            }
        }
        sync_folder(folder).map_err(attempt(folder, "the folder cannot be synchronised"))?;
        for above in folder.canonicalize().map_err(attempt(folder, "the folder cannot be read"))?.ancestors().skip(1) {
            // It may have been created just now. One that cannot be opened was there before.
            let _ = sync_folder(above);
        }
        let uid_locks = (0..UID_LOCKS).map(|_| Mutex::new(())).collect();
        Ok(Self { folder: folder.to_path_buf(), next: AtomicU64::new(0), uid_locks, _lock: lock })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// A name that no other incoming file has.
    pub(crate) fn incoming_path(&self) -> PathBuf {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.folder.join(INCOMING).join(format!("{number}.part"))
    }

    /// Keeps others from putting an instance with this UID into place.
    pub(crate) fn lock(&self, instance: &Uid) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        instance.hash(&mut hasher);
        let index = hasher.finish() as usize % self.uid_locks.len();
        self.uid_locks[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a complete file into place, so that it is there after a power failure. The UID must be locked.
    pub(crate) fn place(&self, mut file: CompleteFile, instance: &Uid) -> io::Result<Placed> {
        let first = self.folder.join(format!("{instance}.dcm"));
        let Some(temporary) = file.temporary.path() else { return Err(io::ErrorKind::NotFound.into()) };
        if !first.try_exists()? {
            file.temporary.rename(&first)?;
            sync_folder(&self.folder)?;
            return Ok(Placed { path: first, arrival: Arrival::First });
        }
        if same_content(&first, temporary)? {
            // The one that is there may have come before a crash that came before its folder was synchronised.
            sync_folder(&self.folder)?;
            return Ok(Placed { path: first, arrival: Arrival::Duplicate });
        }
        let hash = file.data_set_sha256.get(..32).unwrap_or_default();
        let beside = self.folder.join(format!("{instance}.{hash}.dcm"));
        let known = beside.try_exists()? && same_content(&beside, temporary)?;
        if !known {
            file.temporary.rename(&beside)?;
        }
        sync_folder(&self.folder)?;
        let arrival = if known { Arrival::Duplicate } else { Arrival::Differing { first } };
        Ok(Placed { path: beside, arrival })
    }
}

/// Whether two files hold the same data set in the same transfer syntax. Their file meta information may differ: it names
/// the version that wrote it.
fn same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, one_syntax) = at_data_set(one)?;
    let (mut other, other_syntax) = at_data_set(other)?;
    if one_syntax != other_syntax {
        return Ok(false);
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        (&mut one).take(64 << 10).read_to_end(&mut left)?;
        (&mut other).take(64 << 10).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

/// The file at the start of its data set, and its transfer syntax. A file that is not DICOM any more is all data set.
fn at_data_set(path: &Path) -> io::Result<(File, Option<String>)> {
    let mut file = File::open(path)?;
    let mut head = Vec::new();
    (&mut file).take(META_BYTES).read_to_end(&mut head)?;
    let (start, syntax) = FileMeta::read(&head).map_or((0, None), |meta| (meta.start, meta.syntax));
    file.seek(SeekFrom::Start(start as u64))?;
    Ok((file, syntax))
}

/// Waits until the disk has the names in a folder. Other systems than Unix have no such call.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::receive::file_meta::file_start;
    use crate::net::receive::free_space::FileSystemSpace;
    use crate::net::receive::incoming_file::{IncomingFile, Reserve};

    const CLASS: &str = "1.2.840.10008.5.1.4.1.1.20";

    fn uid(text: &str) -> Uid {
        Uid::new(text).unwrap()
    }

    fn received(folder: &ReceivedFolder, data_set: &[u8], syntax: &str) -> Placed {
        let instance = uid("1.2.3");
        let start = file_start(&uid(CLASS), &instance, syntax);
        let reserve = Reserve { free_space: std::sync::Arc::new(FileSystemSpace), reserve_bytes: 0 };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let complete = runtime.block_on(async {
            let mut file = IncomingFile::create(folder.incoming_path(), start, reserve).await.unwrap();
            for fragment in data_set.chunks(7) {
                file.append(fragment).await.unwrap();
            }
            file.complete().await.unwrap()
        });
        folder.place(complete, &instance).unwrap()
    }

    fn files(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != LOCK && name != INCOMING)
            .collect();
        names.sort();
        assert_eq!(std::fs::read_dir(folder.join(INCOMING)).unwrap().count(), 0);
        names
    }

    #[test]
    fn equal_bytes_are_one_file_and_other_bytes_are_kept_beside() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = ReceivedFolder::open(scratch.path()).unwrap();
        let explicit = "1.2.840.10008.1.2.1";
        let first = received(&folder, b"data set one", explicit);
        assert_eq!(first.arrival, Arrival::First);
        assert!(std::fs::read(&first.path).unwrap().ends_with(b"data set one"));
        assert_eq!(received(&folder, b"data set one", explicit).arrival, Arrival::Duplicate);
        let other = received(&folder, b"data set two", explicit);
        assert_eq!(other.arrival, Arrival::Differing { first: first.path.clone() });
        // printf 'data set two' | sha256sum
        assert!(other.path.ends_with("1.2.3.c3795e3a55a504425dd42eb301275ad0.dcm"), "{}", other.path.display());
        let again = received(&folder, b"data set two", explicit);
        assert_eq!((again.arrival, again.path), (Arrival::Duplicate, other.path));
        // The same bytes in another transfer syntax mean something else.
        let implicit = received(&folder, b"data set one", "1.2.840.10008.1.2");
        assert!(matches!(implicit.arrival, Arrival::Differing { .. }));
        assert_eq!(files(scratch.path()).len(), 3);
    }

    #[test]
    fn a_folder_has_one_owner_and_loses_what_was_received_in_part() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = ReceivedFolder::open(scratch.path()).unwrap();
        assert!(matches!(ReceivedFolder::open(scratch.path()), Err(FolderError::InUse { .. })));
        drop(folder);
        std::fs::write(scratch.path().join("incoming/17.part"), b"half").unwrap();
        ReceivedFolder::open(scratch.path()).unwrap();
        assert_eq!(files(scratch.path()), Vec::<String>::new());
    }
}
