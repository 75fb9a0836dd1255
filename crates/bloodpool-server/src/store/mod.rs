//! `Store`: the data folder, which one process owns: database, received instances, and the bytes of results.

pub(crate) mod backup;
pub(crate) mod error;
mod file_system;
mod manifest;
mod migrations;
mod news;
mod objects;
mod recovery;
mod removals;
pub(crate) mod restore;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bloodpool_dicom::net::ReceivedFolder;
use bloodpool_files::FolderLock;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::time::UtcTime;
use error::StoreError;
use news::News;

pub(crate) use recovery::{Crash, crashed};

/// The database, in the data folder.
const DATABASE: &str = "bloodpool.sqlite";
/// Received instances, in the data folder.
pub(crate) const RECEIVED: &str = "received";
/// Bytes of results by their SHA-256, in the data folder.
pub(crate) const OBJECTS: &str = "objects";
/// Copies of the database before migrations, in the data folder.
const MIGRATION_COPIES: &str = "migrations";
/// Pages of the write-ahead log after which it is written back.
const LOG_PAGES: i64 = 250;
/// How long to wait for a connection of another process that reads.
const BUSY: Duration = Duration::from_secs(10);

/// The data folder. All changes go through one connection to its database, one transaction at a time.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    connection: Mutex<Connection>,
    received: Arc<ReceivedFolder>,
    /// Written while files are removed, read while they must stay.
    removing: RwLock<()>,
    news: News,
    /// Released last.
    _lock: FolderLock,
}

/// Work that is being done or due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pending {
    /// Jobs.
    pub jobs: u64,
    /// Deliveries.
    pub deliveries: u64,
}

/// The database as it can be read, also from another process than the one that owns the data folder.
#[derive(Debug)]
pub struct Reader {
    database: PathBuf,
    connection: Mutex<Connection>,
}

impl Store {
    /// Opens a data folder, which is created where it is missing, brings its database to the newest schema, and takes up
    /// what a process before was cut off at. `program`: name and version, which others are told who find it locked.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(folder: &Path, program: &str) -> Result<Self, StoreError> {
        file_system::require_local(existing(folder))?;
        let lock = FolderLock::take(folder, &[OBJECTS], program)?;
        let objects = folder.join(OBJECTS);
        std::fs::create_dir_all(&objects).map_err(StoreError::io(&objects, "the folder cannot be created"))?;
        let received = Arc::new(ReceivedFolder::open(&folder.join(RECEIVED))?);
        let database = folder.join(DATABASE);
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open(&database)?;
            connection.busy_timeout(BUSY)?;
            Ok(connection)
        };
        let cannot_open = || StoreError::database(&database, "the database cannot be opened");
        let mut connection = open().map_err(cannot_open())?;
        migrations::check(&connection, &database, migrations::MIGRATIONS.len())?;
        let configure = |connection: &Connection| -> rusqlite::Result<()> {
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
            // Each commit is on disk before it returns.
            connection.pragma_update(None, "synchronous", "FULL")?;
            // Pages (of 4 KiB) after which the log is written back, and bytes that it keeps then: a quarter of what SQLite
            // does by itself, so that a disk that is nearly full is not filled by the log.
            connection.pragma_update_and_check(None, "wal_autocheckpoint", LOG_PAGES, |_| Ok(()))?;
            connection.pragma_update_and_check(None, "journal_size_limit", LOG_PAGES * 4096, |_| Ok(()))?;
            connection.pragma_update(None, "foreign_keys", true)
        };
        configure(&connection).map_err(cannot_open())?;
        migrations::migrate(&mut connection, &database, &folder.join(MIGRATION_COPIES), &migrations::MIGRATIONS)?;
        sync_folder(folder)?;
        let store = Self {
            folder: folder.to_owned(),
            connection: Mutex::new(connection),
            received,
            removing: RwLock::new(()),
            news: News::default(),
            _lock: lock,
        };
        store.write("what was cut off cannot be taken up", |transaction| {
            recovery::recover(transaction, UtcTime::now())
        })?;
        store.finish_removals()?;
        Ok(store)
    }

    /// The data folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where received instances go; for the Storage SCP.
    #[must_use]
    pub fn received(&self) -> &Arc<ReceivedFolder> {
        &self.received
    }

    /// Another connection, which only reads.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn reader(&self) -> Result<Reader, StoreError> {
        Reader::open(&self.folder)
    }

    /// Waits until something changed that gives work, but not longer than this. `seen` is what it returned before.
    pub(crate) fn wait_for_news(&self, seen: u64, longest: Duration) -> u64 {
        self.news.wait(seen, longest)
    }

    /// Wakes those who wait for work.
    pub(crate) fn announce(&self) {
        self.news.announce();
    }

    /// Jobs and deliveries that are being worked on or due now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn pending(&self, now: UtcTime) -> Result<Pending, StoreError> {
        self.write("the queue cannot be read", |transaction| {
            let count = |sql: &str| -> rusqlite::Result<u64> {
                transaction.query_row(sql, [now.0], |row| row.get(0)).map(i64::unsigned_abs)
            };
            let jobs = "SELECT count(*) FROM job WHERE state = 'running' OR (state = 'waiting' AND due_ms <= ?1)";
            let deliveries =
                "SELECT count(*) FROM delivery WHERE state = 'sending' OR (state = 'waiting' AND due_ms <= ?1)";
            Ok(Pending { jobs: count(jobs)?, deliveries: count(deliveries)? })
        })
    }

    fn database(&self) -> PathBuf {
        self.folder.join(DATABASE)
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A transaction that a panic left was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One transaction: all of it is on disk when this returns `Ok`, and none of it otherwise.
    pub(crate) fn write<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let run = || {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        run().map_err(StoreError::database(&self.database(), what))
    }
}

impl Reader {
    /// Opens the database of a data folder, whoever owns it.
    ///
    /// # Errors
    /// [`StoreError`], also where the schema is an earlier one: the owner migrates.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let database = folder.join(DATABASE);
        if !database.is_file() {
            return Err(StoreError::NoData { folder: folder.to_owned(), database: DATABASE });
        }
        let open = || -> rusqlite::Result<Connection> {
            let connection = Connection::open_with_flags(&database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
            connection.busy_timeout(BUSY)?;
            Ok(connection)
        };
        let connection = open().map_err(StoreError::database(&database, "the database cannot be opened"))?;
        migrations::check(&connection, &database, migrations::MIGRATIONS.len())?;
        Ok(Self { database, connection: Mutex::new(connection) })
    }

    /// The data folder.
    pub(crate) fn folder(&self) -> &Path {
        self.database.parent().unwrap_or(Path::new("."))
    }

    /// Reads what belongs to one moment.
    pub(crate) fn read<T>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let run = || work(&connection.transaction_with_behavior(TransactionBehavior::Deferred)?);
        run().map_err(StoreError::database(&self.database, what))
    }
}

/// The folder, or the nearest one above it that exists.
fn existing(folder: &Path) -> &Path {
    let above = folder.ancestors().find(|folder| folder.exists());
    above.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Waits until the disk has the names in a folder. Other systems than Unix have no such call.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    if !cfg!(unix) {
        return Ok(());
    }
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(StoreError::io(folder, "the folder cannot be synchronised"))
}
