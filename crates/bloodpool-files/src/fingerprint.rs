//! SHA-256 of files, by which a manifest detects that a file has changed.

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::whole_file::{FileError, IfExists, write_whole};

/// A file that a manifest names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FileRecord {
    /// The file, relative to the manifest, with `/` between folders.
    pub file: String,
    /// SHA-256 of its bytes, 64 hexadecimal digits.
    pub sha256: String,
}

/// SHA-256 of bytes, 64 hexadecimal digits.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes of a file.
///
/// # Errors
/// [`FileError::Read`].
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    std::fs::read(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

impl FileRecord {
    /// Writes a file of this name (with `/` between folders) into `folder`, making folders as needed, and records it.
    ///
    /// # Errors
    /// [`FileError`] when the file exists and may not be replaced, or cannot be written.
    pub fn write(folder: &Path, file: &str, bytes: &[u8], if_exists: IfExists) -> Result<Self, FileError> {
        let path = folder.join(file);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|source| FileError::Write { path: parent.to_owned(), source })?;
        }
        write_whole(&path, bytes, if_exists)?;
        Ok(Self { file: file.to_owned(), sha256: sha256(bytes) })
    }

    /// The file's bytes, if they are those that were recorded.
    ///
    /// # Errors
    /// [`FileError`] when the file cannot be read or has changed.
    pub fn read(&self, folder: &Path) -> Result<Vec<u8>, FileError> {
        let path = folder.join(&self.file);
        let bytes = read_bytes(&path)?;
        if sha256(&bytes) == self.sha256 { Ok(bytes) } else { Err(FileError::Changed { path }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_is_not_read() {
        // echo -n counts | sha256sum
        assert_eq!(sha256(b"counts"), "cdd93696b72b3de32dd12e38bdcae2eaf5a95080af38cbe347f3195ef9d56bf7");
        let folder = tempfile::tempdir().unwrap();
        let record = FileRecord::write(folder.path(), "sub/a.bin", b"counts", IfExists::Refuse).unwrap();
        assert_eq!(record.read(folder.path()).unwrap(), b"counts");
        std::fs::write(folder.path().join("sub/a.bin"), b"count5").unwrap();
        let error = record.read(folder.path()).unwrap_err();
        assert!(matches!(error, FileError::Changed { .. }) && error.to_string().contains("a.bin"), "{error}");
    }
}
