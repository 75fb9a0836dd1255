//! Files are removed after their rows: the transaction that deletes rows lists the files, so that a crash leaves neither a
//! row without its file nor, for long, a file without its row.

use std::sync::{PoisonError, RwLockReadGuard, TryLockError};

use rusqlite::Connection;

use super::Store;
use super::error::StoreError;

impl Store {
    /// Keeps files from being removed as long as the guard lives: they are being copied, or are on disk before their row.
    pub(crate) fn files_stay(&self) -> RwLockReadGuard<'_, ()> {
        self.removing.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lists a file, relative to the data folder, for removal by [`Self::finish_removals`].
    pub(crate) fn list_removal(connection: &Connection, file: &str) -> rusqlite::Result<()> {
        connection.execute("INSERT OR IGNORE INTO removal (file) VALUES (?1)", [file]).map(|_| ())
    }

    /// Removes listed files that no row names. One that came again in the meantime stays. While files must stay nothing is
    /// removed, and they stay listed.
    pub(crate) fn finish_removals(&self) -> Result<(), StoreError> {
        let _guard = match self.removing.try_write() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        let files: Vec<String> = self.write("the list of removals cannot be read", |transaction| {
            let mut statement = transaction.prepare("SELECT file FROM removal")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        for file in files {
            // Looked up and removed under the lock of the database: nobody records the file in between.
            self.write("a removal cannot be recorded", |transaction| {
                let named: bool = transaction.query_row(
                    "SELECT EXISTS (SELECT 1 FROM instance WHERE 'received/' || file = ?1)
                        OR EXISTS (SELECT 1 FROM object WHERE 'objects/' || sha256 = ?1)",
                    [&file],
                    |row| row.get(0),
                )?;
                let gone = named
                    || match std::fs::remove_file(self.folder.join(&file)) {
                        Ok(()) => true,
                        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
                    };
                if gone {
                    transaction.execute("DELETE FROM removal WHERE file = ?1", [&file])?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}
