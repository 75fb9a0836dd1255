//! `FolderLock`: one program at a time writes into an output folder, and the next one learns that a run was cut off.

use std::ffi::OsStr;
use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::leftovers::{is_temporary, remove_temporary_files};
use crate::whole_file::{FileError, IfExists};

/// Name of the lock file in an output folder.
pub const LOCK_FILE: &str = ".bloodpool.lock";

/// How often a lock that is held is tried. Whoever looks whether a run was cut off holds it for a moment, and who has
/// just taken it has not yet written who it is.
const ATTEMPTS: usize = 10;
/// Time between two attempts.
const PAUSE: Duration = Duration::from_millis(20);
/// Largest part of a lock file that is read, bytes.
const LONGEST_CONTENT: u64 = 16 * 1024;

/// Who holds a lock, as the lock file says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockOwner {
    /// Process ID on its host.
    pub pid: u32,
    /// Name of the host.
    pub host: String,
    /// Program and version.
    pub program: String,
    /// When the lock was taken, RFC 3339 in UTC.
    pub started: String,
}

/// A run that ended without releasing its lock: it was killed, or its computer stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CutOffRun {
    /// Who it was; `None` where the lock file does not say.
    pub owner: Option<LockOwner>,
    /// Its temporary files, which were removed.
    pub removed: Vec<PathBuf>,
}

/// Why an output folder could not be locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LockError {
    /// Another run is writing into the folder.
    #[error(
        "{} is in use by {}; nothing was written. Wait until it ends, or choose another folder",
        folder.display(),
        named(owner.as_ref())
    )]
    Held {
        /// The folder.
        folder: PathBuf,
        /// Who holds the lock; `None` where the lock file does not say.
        owner: Option<LockOwner>,
    },
    /// The file system has no locks.
    #[error(
        "cannot lock {}: its file system does not support locks, so that two programs could write there at once; choose a folder on a local disk",
        folder.display()
    )]
    Unsupported {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The lock file cannot be made, opened or written.
    #[error("cannot lock {}", folder.display())]
    Failed {
        /// The folder.
        folder: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder, or the part of it that is to be written, holds files, and none may be replaced.
    #[error("{} is not empty; nothing was written", folder.display())]
    Occupied {
        /// The folder.
        folder: PathBuf,
    },
    /// Temporary files of an earlier run cannot be removed.
    #[error(transparent)]
    Leftovers(#[from] FileError),
}

/// An output folder that no other run writes into until this is dropped, which removes the lock file.
///
/// The lock is one of the operating system (`flock`), so that it never outlives its process: a lock file that nobody
/// holds is the trace of a run that was cut off, and is taken over.
#[derive(Debug)]
pub struct FolderLock {
    /// Keeps the lock.
    file: File,
    folder: PathBuf,
    /// Whether the folder was made for the lock.
    made_folder: bool,
    cut_off: Option<CutOffRun>,
}

impl fmt::Display for LockOwner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} (process {} on {}, since {})", self.program, self.pid, self.host, self.started)
    }
}

impl fmt::Display for CutOffRun {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an earlier run was cut off: {}", named(self.owner.as_ref()))?;
        match self.removed.len() {
            0 => Ok(()),
            1 => formatter.write_str("; 1 temporary file was removed"),
            more => write!(formatter, "; {more} temporary files were removed"),
        }
    }
}

fn named(owner: Option<&LockOwner>) -> String {
    owner.map_or_else(|| "another process".to_owned(), ToString::to_string)
}

impl FolderLock {
    /// Locks an output folder, which is made if it does not exist, and removes the temporary files of killed runs from
    /// it and from these folders in it. `program`: program and version, which others are told.
    ///
    /// # Errors
    /// [`LockError`] when another run holds the lock (also in this process), the file system has no locks, or the
    /// folder cannot be written to. Nothing was changed then.
    pub fn take(folder: &Path, folders_in_it: &[&str], program: &str) -> Result<Self, LockError> {
        let failed = |source| LockError::Failed { folder: folder.to_owned(), source };
        let path = folder.join(LOCK_FILE);
        let mut made_folder = false;
        for _ in 0..ATTEMPTS {
            if !folder.is_dir() {
                fs::create_dir_all(folder).map_err(failed)?;
                made_folder = true;
            }
            let file = match OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path) {
                Ok(file) => file,
                // Whoever made the folder for a lock has just removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(error)),
            };
            match file.try_lock() {
                Ok(()) if is_the_file_at(&file, &path) => {
                    let mut lock = Self { file, folder: folder.to_owned(), made_folder, cut_off: None };
                    lock.take_over(folders_in_it, program)?;
                    return Ok(lock);
                }
                // The holder before removed the file between opening and locking: what is locked has no name.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
                Err(TryLockError::Error(source)) if is_unsupported(&source) => {
                    // Without locks nobody else can rely on this file.
                    let _ = fs::remove_file(&path);
                    return Err(LockError::Unsupported { folder: folder.to_owned(), source });
                }
                Err(TryLockError::Error(source)) => return Err(failed(source)),
            }
        }
        let owner = File::open(&path).ok().and_then(|mut file| owner_in(&content_of(&mut file).unwrap_or_default()));
        Err(LockError::Held { folder: folder.to_owned(), owner })
    }

    /// The run before this one in the folder, if it was cut off.
    #[must_use]
    pub fn cut_off(&self) -> Option<&CutOffRun> {
        self.cut_off.as_ref()
    }

    /// Whether files may be replaced: as asked, or any, where the run before was cut off before it wrote `last_file`,
    /// relative to the folder. What lies there then is incomplete, and this run writes it again.
    #[must_use]
    pub fn if_exists(&self, last_file: &str, asked: IfExists) -> IfExists {
        // Temporary files alone do not say that a whole run was here.
        let was_here = self.cut_off.as_ref().is_some_and(|run| run.owner.is_some());
        if was_here && !self.folder.join(last_file).exists() { IfExists::Replace } else { asked }
    }

    /// The same for a run that writes the whole of a folder: this one, or the one in it (`within`) that this run alone
    /// writes into. Such a folder must be empty where files may not be replaced; a lock and temporary files do not count.
    ///
    /// # Errors
    /// [`LockError::Occupied`], and [`LockError::Failed`] when the folder cannot be read.
    pub fn claim(&self, within: Option<&str>, last_file: &str, asked: IfExists) -> Result<IfExists, LockError> {
        let if_exists = self.if_exists(last_file, asked);
        let folder = within.map_or_else(|| self.folder.clone(), |name| self.folder.join(name));
        match is_empty(&folder) {
            Ok(false) if if_exists == IfExists::Refuse => Err(LockError::Occupied { folder }),
            Ok(_) => Ok(if_exists),
            Err(source) => Err(LockError::Failed { folder, source }),
        }
    }

    /// Learns from the lock file who was cut off, removes what that run left, and writes who holds the lock now.
    fn take_over(&mut self, folders_in_it: &[&str], program: &str) -> Result<(), LockError> {
        let folder = self.folder.clone();
        let failed = |source| LockError::Failed { folder: folder.clone(), source };
        let before = content_of(&mut self.file).map_err(failed)?;
        let mut removed = remove_temporary_files(&folder)?;
        for inner in folders_in_it {
            removed.extend(remove_temporary_files(&folder.join(inner))?);
        }
        if !before.is_empty() || !removed.is_empty() {
            let run = CutOffRun { owner: owner_in(&before), removed };
            tracing::warn!("{}: {run}", folder.display());
            self.cut_off = Some(run);
        }
        let owner = LockOwner {
            pid: std::process::id(),
            host: host_name(),
            program: program.to_owned(),
            started: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        };
        let mut text = serde_json::to_vec(&owner).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        self.file.set_len(0).map_err(failed)?;
        self.file.rewind().map_err(failed)?;
        self.file.write_all(&text).map_err(failed)?;
        self.file.sync_all().map_err(failed)
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // Removed while the lock is held: who waits for it sees that the file is gone and makes a new one.
        let _ = fs::remove_file(self.folder.join(LOCK_FILE));
        if self.made_folder {
            // Fails, as it should, when there is anything in it.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// Who was writing into this folder when its run was cut off; `None` where no run was cut off, or one is going on.
/// Nothing is changed. The next [`FolderLock::take`] clears it.
#[must_use]
pub fn cut_off_run(folder: &Path) -> Option<CutOffRun> {
    let mut file = File::open(folder.join(LOCK_FILE)).ok()?;
    file.try_lock_shared().ok()?;
    let content = content_of(&mut file).ok().filter(|content| !content.is_empty())?;
    Some(CutOffRun { owner: owner_in(&content), removed: Vec::new() })
}

/// Whether a folder holds nothing but a lock and temporary files of this program. One that does not exist is empty.
///
/// # Errors
/// What the system says when it cannot be read, or is no folder.
pub fn is_empty(folder: &Path) -> io::Result<bool> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        entries => entries?,
    };
    for entry in entries {
        if !is_lock_or_temporary(&entry?.file_name()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether a file of this name is a lock file or a temporary file of this program.
fn is_lock_or_temporary(name: &OsStr) -> bool {
    name == LOCK_FILE || is_temporary(name)
}

/// Whether the lock file still has its name.
#[cfg(unix)]
fn is_the_file_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let same = |a: &fs::Metadata, b: &fs::Metadata| (a.dev(), a.ino()) == (b.dev(), b.ino());
    matches!((file.metadata(), path.symlink_metadata()), (Ok(locked), Ok(named)) if same(&locked, &named))
}

/// Whether the lock file still has its name. Here a file that is open keeps its name until it is closed, or has none.
#[cfg(not(unix))]
fn is_the_file_at(_: &File, path: &Path) -> bool {
    path.exists()
}

fn content_of(file: &mut File) -> io::Result<Vec<u8>> {
    file.rewind()?;
    let mut content = Vec::new();
    file.take(LONGEST_CONTENT).read_to_end(&mut content)?;
    Ok(content)
}

fn owner_in(content: &[u8]) -> Option<LockOwner> {
    serde_json::from_slice(content).ok()
}

/// Whether the file system, and not this file, is why there is no lock.
fn is_unsupported(error: &io::Error) -> bool {
    // ENOLCK: a network file system whose lock service does not run.
    const NO_LOCKS: i32 = if cfg!(target_os = "linux") { 37 } else { 77 };
    error.kind() == io::ErrorKind::Unsupported || cfg!(unix) && error.raw_os_error() == Some(NO_LOCKS)
}

/// The name of this computer, as well as it can be known without asking the system library.
fn host_name() -> String {
    let file = |path| fs::read_to_string(path).ok();
    let variable = |name| std::env::var(name).ok();
    let names =
        [file("/proc/sys/kernel/hostname"), variable("COMPUTERNAME"), variable("HOSTNAME"), file("/etc/hostname")];
    let known = names.into_iter().flatten().map(|name| name.trim().to_owned()).find(|name| !name.is_empty());
    known.unwrap_or_else(|| "an unknown host".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(folder: &Path) -> Result<FolderLock, LockError> {
        FolderLock::take(folder, &["images"], "test 1")
    }

    #[test]
    fn a_lock_is_held_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let lock = take(folder.path()).unwrap();
        assert_eq!(lock.cut_off(), None);
        assert_eq!(lock.if_exists("last.json", IfExists::Refuse), IfExists::Refuse);
        assert_eq!(lock.claim(None, "last.json", IfExists::Refuse).unwrap(), IfExists::Refuse);
        assert_eq!(cut_off_run(folder.path()), None);
        let error = take(folder.path()).unwrap_err();
        let said = error.to_string();
        let process = format!("test 1 (process {} on {}, since 20", std::process::id(), host_name());
        assert!(said.contains(&process) && said.contains("nothing was written"), "{said}");
        drop(lock);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert!(take(folder.path()).unwrap().cut_off().is_none());
    }

    #[test]
    fn a_folder_that_was_made_for_the_lock_goes_with_it_if_it_stays_empty() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("a/b");
        drop(take(&out).unwrap());
        assert!(!out.exists() && folder.path().join("a").exists());
        let lock = take(&out).unwrap();
        fs::write(out.join("result"), "x").unwrap();
        drop(lock);
        assert!(out.join("result").exists() && !out.join(LOCK_FILE).exists());
    }

    #[test]
    fn what_a_cut_off_run_left_is_told_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("images")).unwrap();
        fs::create_dir(at("notes")).unwrap();
        let owner = r#"{"pid": 7, "host": "pc", "program": "bloodpool 0", "started": "2026-01-01T00:00:00Z"}"#;
        for (name, content) in [
            (LOCK_FILE, owner),
            (".bloodpool-aaaaaa.tmp", ""),
            ("images/.bloodpool-bbbbbb.tmp", ""),
            ("notes/.bloodpool-cccccc.tmp", ""),
            ("images/a.png", ""),
        ] {
            fs::write(at(name), content).unwrap();
        }
        let expected = "an earlier run was cut off: bloodpool 0 (process 7 on pc, since 2026-01-01T00:00:00Z)";
        assert_eq!(cut_off_run(folder.path()).unwrap().to_string(), expected);
        let lock = take(folder.path()).unwrap();
        let said = lock.cut_off().unwrap().to_string();
        assert_eq!(said, format!("{expected}; 2 temporary files were removed"));
        assert_eq!(lock.if_exists("last.json", IfExists::Refuse), IfExists::Replace);
        assert_eq!(lock.if_exists("images/a.png", IfExists::Refuse), IfExists::Refuse);
        assert_eq!(lock.claim(None, "last.json", IfExists::Refuse).unwrap(), IfExists::Replace);
        let error = lock.claim(Some("images"), "images/a.png", IfExists::Refuse).unwrap_err();
        assert_eq!(error.to_string(), format!("{} is not empty; nothing was written", at("images").display()));
        assert_eq!(lock.claim(Some("images"), "images/a.png", IfExists::Replace).unwrap(), IfExists::Replace);
        assert_eq!(lock.claim(Some("new"), "images/a.png", IfExists::Refuse).unwrap(), IfExists::Refuse);
        assert!(at("images/a.png").exists() && at("notes/.bloodpool-cccccc.tmp").exists());
        drop(lock);
        assert_eq!(cut_off_run(folder.path()), None);
        // A lock file that cannot be read, as after a power failure.
        fs::write(at(LOCK_FILE), "{").unwrap();
        let lock = take(folder.path()).unwrap();
        assert_eq!(lock.cut_off().unwrap().to_string(), "an earlier run was cut off: another process");
    }

    #[test]
    fn a_place_that_cannot_be_locked_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a file");
        fs::write(&file, "").unwrap();
        let error = take(&file).unwrap_err();
        assert!(matches!(error, LockError::Failed { .. }) && error.to_string().contains("a file"), "{error}");
        assert!(is_unsupported(&io::ErrorKind::Unsupported.into()));
        assert!(!is_unsupported(&io::ErrorKind::PermissionDenied.into()));
        let source = io::ErrorKind::Unsupported.into();
        let said = LockError::Unsupported { folder: "out".into(), source }.to_string();
        assert!(said.contains("cannot lock out") && said.contains("local disk"), "{said}");
    }

    #[test]
    fn of_many_threads_one_at_a_time_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let inside = std::sync::atomic::AtomicUsize::new(0);
        let taken = std::sync::atomic::AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let Ok(_lock) = take(&out) else { continue };
                        let others = inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        assert_eq!(others, 0);
                        taken.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
        });
        assert!(taken.into_inner() >= 50);
        assert!(!out.join(LOCK_FILE).exists());
    }
}
