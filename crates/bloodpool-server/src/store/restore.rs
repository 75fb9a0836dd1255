//! Restoring a backup: every hash is checked, and nothing that is there is written over.

use std::path::{Component, Path};

use rusqlite::Connection;

use super::backup::{BackupSummary, write_file};
use super::error::StoreError;
use super::manifest::{MANIFEST, Manifest, SCHEMA};
use super::{DATABASE, OBJECTS, RECEIVED, file_system, migrations, sync_folder};

/// Restores a backup into a data folder that does not exist or is empty. The folder appears when all of it is checked.
///
/// A database of an earlier schema is migrated when the folder is opened.
///
/// # Errors
/// [`StoreError::Occupied`] where data is there, [`StoreError::Damaged`] where a file of the backup is missing or differs
/// from its manifest, [`StoreError::NewerSchema`], and what the operating system says.
pub fn restore(backup: &Path, to: &Path) -> Result<BackupSummary, StoreError> {
    file_system::require_local(super::existing(to))?;
    if !bloodpool_files::folder_lock::is_empty(to).map_err(StoreError::io(to, "it cannot be read"))? {
        return Err(StoreError::Occupied { path: to.to_owned() });
    }
    let manifest = read_manifest(backup)?;
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(StoreError::io(parent, "the folder cannot be created"))?;
    let part = tempfile::Builder::new()
        .prefix(".bloodpool-restore-")
        .tempdir_in(parent)
        .map_err(StoreError::io(parent, "a folder cannot be created"))?;
    let mut bytes = 0;
    for record in &manifest.files {
        let path = backup.join(&record.file);
        if !is_expected(&record.file) {
            return Err(StoreError::Damaged { path: backup.join(MANIFEST), what: "it names a file outside a backup" });
        }
        let content = record.read(backup).map_err(|error| match error {
            bloodpool_files::FileError::Changed { path } => StoreError::Damaged { path, what: "its SHA-256" },
            bloodpool_files::FileError::Read { path, source } => {
                StoreError::io(&path, "the file cannot be read")(source)
            }
            other => StoreError::io(&path, "the file cannot be read")(std::io::Error::other(other)),
        })?;
        write_file(&part.path().join(&record.file), &content)?;
        bytes += content.len() as u64;
    }
    check_database(part.path(), &manifest, &backup.join(DATABASE))?;
    let part = part.keep();
    std::fs::rename(&part, to).map_err(|error| {
        let _ = std::fs::remove_dir_all(&part);
        StoreError::io(to, "the data folder cannot be put into place")(error)
    })?;
    sync_folder(parent)?;
    Ok(BackupSummary { files: manifest.files.len(), bytes })
}

fn read_manifest(backup: &Path) -> Result<Manifest, StoreError> {
    let path = backup.join(MANIFEST);
    let text = std::fs::read(&path).map_err(StoreError::io(&path, "the manifest cannot be read"))?;
    match serde_json::from_slice::<Manifest>(&text) {
        Ok(manifest) if manifest.schema == SCHEMA => Ok(manifest),
        _ => Err(StoreError::Damaged { path, what: "it is not a manifest of a backup" }),
    }
}

/// Whether a backup has a file of this name: the database, or one in a folder of files.
fn is_expected(file: &str) -> bool {
    let parts: Option<Vec<&str>> = Path::new(file)
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    matches!(parts.as_deref(), Some([DATABASE] | [RECEIVED | OBJECTS, _]))
}

/// The database is whole, of a schema that is known, and every file that it names is there.
fn check_database(folder: &Path, manifest: &Manifest, named: &Path) -> Result<(), StoreError> {
    let database = folder.join(DATABASE);
    let damaged = |what| StoreError::Damaged { path: named.to_owned(), what };
    if !database.is_file() {
        return Err(damaged("it is missing"));
    }
    let failed = || StoreError::database(named, "the database of the backup cannot be read");
    let connection = Connection::open(&database).map_err(failed())?;
    let schema = migrations::check(&connection, named, migrations::MIGRATIONS.len())?;
    let whole: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(failed())?;
    if whole != "ok" || schema != manifest.database_schema {
        return Err(damaged("its content"));
    }
    let names = || -> rusqlite::Result<Vec<String>> {
        connection
            .prepare("SELECT 'received/' || file FROM instance UNION SELECT 'objects/' || sha256 FROM object")?
            .query_map([], |row| row.get(0))?
            .collect()
    };
    match names().map_err(failed())?.iter().find(|name| !folder.join(name.as_str()).is_file()) {
        Some(_) => Err(damaged("a file that it names is missing")),
        None => Ok(()),
    }
}
