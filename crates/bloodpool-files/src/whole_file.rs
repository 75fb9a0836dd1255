//! Files written whole or not at all: into a temporary file in the same folder, flushed, then renamed.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::text::TextError;

/// How the name of a temporary file begins.
pub(crate) const PREFIX: &str = ".bloodpool-";
/// Number of random letters and digits in the name of a temporary file.
pub(crate) const RANDOM_CHARACTERS: usize = 6;
/// How the name of a temporary file ends.
pub(crate) const SUFFIX: &str = ".tmp";

/// What to do when the file already exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IfExists {
    /// Leave it as it is and fail.
    #[default]
    Refuse,
    /// Replace it.
    Replace,
}

/// Why a file could not be read or written; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The file already exists and may not be replaced.
    #[error("{} already exists; it was left as it is", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file could not be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not text in an encoding that is read.
    #[error("cannot read {} as text", path.display())]
    Text {
        /// The file.
        path: PathBuf,
        /// Why, and what to do.
        #[source]
        source: TextError,
    },
    /// The file is not the one that was recorded.
    #[error("{} is not the file that was recorded: its SHA-256 differs", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// The content of the file does not match its format.
    #[error("{} is not a valid {format} file: {reason}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// For example `PNG` or `NumPy`.
        format: &'static str,
        /// What is wrong.
        reason: String,
    },
}

/// Writes `bytes` to `path` so that an incomplete file never has this name, even after a kill or on a full disk.
///
/// # Errors
/// [`FileError::Exists`] when the file is there and `if_exists` is [`IfExists::Refuse`]; [`FileError::Write`]
/// otherwise.
pub fn write_whole(path: &Path, bytes: &[u8], if_exists: IfExists) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let exists = || FileError::Exists { path: path.to_owned() };
    if if_exists == IfExists::Refuse && path.symlink_metadata().is_ok() {
        return Err(exists());
    }
    // In the same folder, hence on the same file system: only there is a rename atomic.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).rand_bytes(RANDOM_CHARACTERS).suffix(SUFFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The mode that a plain create would request; the umask still applies. A temporary file has 0600.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(failed)?;
    // A locked temporary file is in use: whoever removes those of killed runs leaves it. Where locks are not supported,
    // nobody removes any. Not on Windows, where a lock would stop others from reading the finished file for a moment.
    #[cfg(unix)]
    let _ = file.as_file().try_lock();
    file.write_all(bytes).map_err(failed)?;
    file.as_file().sync_all().map_err(failed)?;
    match if_exists {
        IfExists::Replace => file.persist(path).map_err(|error| failed(error.error))?,
        IfExists::Refuse => file.persist_noclobber(path).map_err(|error| match error.error.kind() {
            io::ErrorKind::AlreadyExists => exists(),
            _ => failed(error.error),
        })?,
    };
    sync_folder(folder);
    Ok(())
}

/// Writes a whole file as [`write_whole`] does, and makes the folders that it lies in.
///
/// # Errors
/// As [`write_whole`].
pub fn write_with_folders(path: &Path, bytes: &[u8], if_exists: IfExists) -> Result<(), FileError> {
    make_folder_of(path)?;
    write_whole(path, bytes, if_exists)
}

/// Makes the folders that a file lies in.
///
/// # Errors
/// [`FileError::Write`] that names the folder.
pub fn make_folder_of(path: &Path) -> Result<(), FileError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder).map_err(|source| FileError::Write { path: folder.to_owned(), source })
}

/// Makes a rename in this folder durable, where the system supports it.
pub fn sync_folder(folder: &Path) {
    if let Ok(folder) = std::fs::File::open(folder) {
        let _ = folder.sync_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_kept_unless_told_otherwise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"one", IfExists::Refuse).unwrap();
        let refused = write_whole(&path, b"two", IfExists::Refuse).unwrap_err();
        assert!(matches!(refused, FileError::Exists { .. }));
        assert_eq!(std::fs::read(&path).unwrap(), b"one");
        write_whole(&path, b"two", IfExists::Replace).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
    }

    #[test]
    fn a_failure_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no such folder").join("a.txt");
        let error = write_whole(&missing, b"one", IfExists::Refuse).unwrap_err();
        assert!(error.to_string().contains("a.txt"), "{error}");
        // A folder where the file should go: the rename fails, and the temporary file is gone.
        let taken = folder.path().join("taken");
        std::fs::create_dir(&taken).unwrap();
        assert!(write_whole(&taken, b"one", IfExists::Replace).is_err());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_the_file_as_the_umask_allows() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write_whole(&path, b"one", IfExists::Refuse).unwrap();
        let plain = folder.path().join("b.txt");
        std::fs::write(&plain, b"one").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&plain));
    }
}
