//! An online backup: a folder with the database at one moment, every file that it names, and their hashes.

use std::io::ErrorKind;
use std::path::Path;

use bloodpool_files::{FileRecord, IfExists, sha256, write_whole};

use super::error::StoreError;
use super::manifest::{MANIFEST, Manifest, SCHEMA};
use super::objects::object_of;
use super::{DATABASE, OBJECTS, RECEIVED, Reader, Store, migrations, sync_folder};

/// What was saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackupSummary {
    /// Files: the database, received instances, objects of results.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
}

/// So often a copy is begun anew when the owner of the data folder removed a file meanwhile.
const ATTEMPTS: u32 = 5;

/// Writes a backup of a data folder into a folder that does not exist or is empty, whoever owns the data folder, and also
/// while it is in use. The folder appears under its name when it is whole.
///
/// # Errors
/// [`StoreError`]. Files that are missing or differ from what was recorded are [`StoreError::Damaged`].
pub fn backup(data: &Path, to: &Path) -> Result<BackupSummary, StoreError> {
    let mut attempt = 1;
    loop {
        match into_place(to, |part| copy(data, part)) {
            // Retention of the owner may have removed the file, with its row, after the database was copied.
            Err(StoreError::Io { source, .. }) if source.kind() == ErrorKind::NotFound && attempt < ATTEMPTS => {
                attempt += 1;
            }
            outcome => return outcome,
        }
    }
}

impl Store {
    /// Writes a backup into a folder that does not exist or is empty, while the store is in use. The folder appears under
    /// its name when it is whole.
    ///
    /// # Errors
    /// [`StoreError`]. Files that are missing or differ from what was recorded are [`StoreError::Damaged`].
    pub fn backup(&self, to: &Path) -> Result<BackupSummary, StoreError> {
        // Files that the copied database names stay until they are copied, too.
        let _guard = self.files_stay();
        into_place(to, |part| copy(&self.folder, part))
    }
}

/// Makes a folder with all that is in it, and gives it its name when that is done.
fn into_place(
    to: &Path,
    write: impl FnOnce(&Path) -> Result<BackupSummary, StoreError>,
) -> Result<BackupSummary, StoreError> {
    let occupied = !bloodpool_files::folder_lock::is_empty(to).map_err(StoreError::io(to, "it cannot be read"))?;
    if occupied {
        return Err(StoreError::Occupied { path: to.to_owned() });
    }
    let parent = to.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).map_err(StoreError::io(parent, "the folder cannot be created"))?;
    // It is removed when it is dropped.
    let part = tempfile::Builder::new()
        .prefix(".bloodpool-backup-")
        .tempdir_in(parent)
        .map_err(StoreError::io(parent, "a folder cannot be created"))?;
    let summary = write(part.path())?;
    let part = part.keep();
    // Replaces an empty folder.
    std::fs::rename(&part, to).map_err(|error| {
        let _ = std::fs::remove_dir_all(&part);
        StoreError::io(to, "the backup cannot be put into place")(error)
    })?;
    sync_folder(parent)?;
    Ok(summary)
}

/// Copies the database as it is at one moment, and then the files that it names.
fn copy(data: &Path, to: &Path) -> Result<BackupSummary, StoreError> {
    let database = to.join(DATABASE);
    {
        let reader = Reader::open(data)?;
        let connection = reader.connection.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        migrations::copy(&connection, &data.join(DATABASE), &database)?;
    }
    let copied = Reader::open(to)?;
    let (schema, received, objects) = copied.read("the copied database cannot be read", |transaction| {
        let names = |sql| -> rusqlite::Result<Vec<String>> {
            transaction.prepare(sql)?.query_map([], |row| row.get(0))?.collect()
        };
        Ok((
            migrations::schema_of(transaction)?,
            names("SELECT DISTINCT file FROM instance ORDER BY file")?,
            names("SELECT DISTINCT sha256 FROM object ORDER BY sha256")?,
        ))
    })?;
    drop(copied);
    let mut saved = Saved { to, files: Vec::new(), bytes: 0 };
    saved.record(DATABASE, &database)?;
    for name in received {
        let file = format!("{RECEIVED}/{name}");
        let path = data.join(&file);
        let bytes = std::fs::read(&path).map_err(StoreError::io(&path, "the file cannot be read"))?;
        saved.write(file, &bytes)?;
    }
    for hash in objects {
        saved.write(format!("{OBJECTS}/{hash}"), &object_of(data, &hash)?)?;
    }
    let manifest = Manifest { schema: SCHEMA.into(), database_schema: schema, files: saved.files };
    let text = serde_json::to_vec_pretty(&manifest).map_err(|error| std::io::Error::other(error.to_string()));
    let path = to.join(MANIFEST);
    let text = text.map_err(StoreError::io(&path, "the manifest cannot be written"))?;
    write_file(&path, &text)?;
    Ok(BackupSummary { files: manifest.files.len(), bytes: saved.bytes })
}

struct Saved<'a> {
    to: &'a Path,
    files: Vec<FileRecord>,
    bytes: u64,
}

impl Saved<'_> {
    fn write(&mut self, file: String, bytes: &[u8]) -> Result<(), StoreError> {
        write_file(&self.to.join(&file), bytes)?;
        self.bytes += bytes.len() as u64;
        self.files.push(FileRecord { file, sha256: sha256(bytes) });
        Ok(())
    }

    /// A file that is in place.
    fn record(&mut self, file: &str, path: &Path) -> Result<(), StoreError> {
        let bytes = std::fs::read(path).map_err(StoreError::io(path, "the file cannot be read"))?;
        self.bytes += bytes.len() as u64;
        self.files.push(FileRecord { file: file.into(), sha256: sha256(&bytes) });
        Ok(())
    }
}

/// Writes a file, and the folder that it lies in.
pub(super) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let failed = |error: bloodpool_files::FileError| match error {
        bloodpool_files::FileError::Write { path, source } => {
            StoreError::io(&path, "the file cannot be written")(source)
        }
        other => StoreError::io(path, "the file cannot be written")(std::io::Error::other(other)),
    };
    bloodpool_files::make_folder_of(path).map_err(failed)?;
    write_whole(path, bytes, IfExists::Refuse).map_err(failed)
}
