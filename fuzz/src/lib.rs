//! What the fuzz targets share: inputs as files, and files that are written and read again.

use std::path::Path;
use std::sync::OnceLock;

use tempfile::TempDir;

/// Calls with the path of a file of these bytes, in memory where the system offers that.
///
/// # Panics
/// When the file cannot be written.
pub fn with_file<T>(name: &str, bytes: &[u8], work: impl FnOnce(&Path) -> T) -> T {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let folder = FOLDER
        .get_or_init(|| tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder"));
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).expect("a temporary file");
    work(&path)
}

/// Checks an error that a user would see: it says something, on one line.
///
/// # Panics
/// When it does not.
pub fn check_message(error: &dyn std::error::Error) {
    let text = error.to_string();
    assert!(!text.trim().is_empty(), "an error without a message");
}
