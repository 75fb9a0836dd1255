//! `FreeSpace`: how many bytes a folder's file system can still take.

use std::io;
use std::path::Path;

/// Tells how much space is left.
pub trait FreeSpace: Send + Sync + 'static {
    /// Bytes that may still be written to the file system of `folder`.
    ///
    /// # Errors
    /// Where the operating system does not say.
    fn available_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// What the operating system says; on Unix alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileSystemSpace;

impl FreeSpace for FileSystemSpace {
    #[cfg(unix)]
    fn available_bytes(&self, folder: &Path) -> io::Result<u64> {
        let system = rustix::fs::statvfs(folder)?;
        Ok(system.f_bavail.saturating_mul(system.f_frsize))
    }

    #[cfg(not(unix))]
    fn available_bytes(&self, _folder: &Path) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn the_system_says_how_much_space_is_left() {
        let folder = tempfile::tempdir().unwrap();
        assert!(FileSystemSpace.available_bytes(folder.path()).unwrap() > 0);
        assert!(FileSystemSpace.available_bytes(&folder.path().join("missing")).is_err());
    }
}
