//! `StoreError`: why the data folder cannot be opened, read or written.

use std::io;
use std::path::{Path, PathBuf};

use bloodpool_dicom::net::FolderError;
use bloodpool_files::LockError;

/// Why the data folder cannot be opened, read or written. It names no patient.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another process owns the folder, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The folder of received instances.
    #[error(transparent)]
    Received(#[from] FolderError),
    /// The folder is not on a local disk.
    #[error(
        "{} is on a file system of type {kind}, which a database with a write-ahead log cannot use safely; choose a folder on a local disk",
        folder.display()
    )]
    NetworkFileSystem {
        /// The folder.
        folder: PathBuf,
        /// The type of the file system.
        kind: &'static str,
    },
    /// The database was written by a later version of the program.
    #[error(
        "{} has schema {found}, and this program knows schemas up to {known}; use the version of the program that wrote it, or a later one",
        database.display()
    )]
    NewerSchema {
        /// The database.
        database: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest schema that is known.
        known: i64,
    },
    /// The folder is no data folder.
    #[error("{} is not a data folder: it has no {database}; name the folder that the listener was given", folder.display())]
    NoData {
        /// The folder.
        folder: PathBuf,
        /// Name of the database.
        database: &'static str,
    },
    /// The file is another program's.
    #[error("{} is not a database of this program", database.display())]
    OtherDatabase {
        /// The file.
        database: PathBuf,
    },
    /// SQLite.
    #[error("{}: {what}: {source}", database.display())]
    Database {
        /// The database.
        database: PathBuf,
        /// What was attempted.
        what: &'static str,
        /// What SQLite says.
        #[source]
        source: rusqlite::Error,
    },
    /// The operating system refused.
    #[error("{}: {what}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was attempted.
        what: &'static str,
        /// What the operating system says.
        #[source]
        source: io::Error,
    },
    /// A file is not what it was when it was recorded.
    #[error("{} is not what was recorded: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
    },
    /// A place that must be empty is not.
    #[error("{} already exists and is not empty; it was left as it is", path.display())]
    Occupied {
        /// The place.
        path: PathBuf,
    },
}

impl StoreError {
    /// For `map_err`: the operating system refused this.
    pub(crate) fn io(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, what, source }
    }

    /// For `map_err`: SQLite refused this.
    pub(crate) fn database(database: &Path, what: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        let database = database.to_owned();
        move |source| Self::Database { database, what, source }
    }

    /// Whether the disk is full. What was acknowledged is kept, and the same may succeed when there is space.
    #[must_use]
    pub fn is_storage_full(&self) -> bool {
        match self {
            Self::Database { source, .. } => source.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull),
            Self::Io { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            _ => false,
        }
    }
}
