//! The bytes of results: files named by their SHA-256, on disk before a row names them.

use std::path::{Path, PathBuf};

use bloodpool_files::{FileError, IfExists, sha256, write_whole};

use super::error::StoreError;
use super::{OBJECTS, Store, sync_folder};

impl Store {
    /// Writes bytes, unless they are there, so that they survive a power failure, and names them by their SHA-256.
    pub(crate) fn put_object(&self, bytes: &[u8]) -> Result<String, StoreError> {
        let hash = sha256(bytes);
        let path = self.object_path(&hash);
        let known = std::fs::read(&path).is_ok_and(|known| known == bytes);
        if !known {
            write_whole(&path, bytes, IfExists::Replace).map_err(|error| match error {
                FileError::Write { path, source } => StoreError::io(&path, "the file cannot be written")(source),
                other => StoreError::io(&path, "the file cannot be written")(std::io::Error::other(other)),
            })?;
        }
        sync_folder(&self.folder.join(OBJECTS))?;
        Ok(hash)
    }

    /// The bytes, checked against their SHA-256.
    ///
    /// # Errors
    /// [`StoreError::Io`] and [`StoreError::Damaged`].
    pub fn object(&self, sha256_of_bytes: &str) -> Result<Vec<u8>, StoreError> {
        object_of(&self.folder, sha256_of_bytes)
    }

    pub(crate) fn object_path(&self, sha256: &str) -> PathBuf {
        object_path(&self.folder, sha256)
    }
}

fn object_path(data: &Path, sha256: &str) -> PathBuf {
    // A name from the database, and nothing but a name.
    let name = Path::new(sha256).file_name().unwrap_or_default();
    data.join(OBJECTS).join(name)
}

/// The bytes of an object of a data folder, checked against their SHA-256.
pub(super) fn object_of(data: &Path, sha256_of_bytes: &str) -> Result<Vec<u8>, StoreError> {
    let path = object_path(data, sha256_of_bytes);
    let bytes = std::fs::read(&path).map_err(StoreError::io(&path, "the file cannot be read"))?;
    if sha256(&bytes) != sha256_of_bytes {
        return Err(StoreError::Damaged { path, what: "its SHA-256" });
    }
    Ok(bytes)
}
