//! `IncomingFile`: a data set on its way to disk, in a temporary file that disappears unless it is put into place.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::free_space::FreeSpace;
use crate::read::sop_identity::HEAD_BYTES;

/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 << 10;

/// Where space for incoming files comes from, and how much of it must stay.
#[derive(Clone)]
pub(crate) struct Reserve {
    pub(crate) free_space: Arc<dyn FreeSpace>,
    pub(crate) reserve_bytes: u64,
}

impl Reserve {
    /// Whether `more` bytes can be written and the reserve stays.
    pub(crate) fn can_take(&self, folder: &Path, more: u64) -> io::Result<bool> {
        Ok(self.free_space.available_bytes(folder)? >= self.reserve_bytes.saturating_add(more))
    }
}

/// A file that is removed when it is dropped.
#[derive(Debug)]
pub(crate) struct TemporaryFile(Option<PathBuf>);

impl TemporaryFile {
    /// A file that exists.
    pub(crate) fn at(path: PathBuf) -> Self {
        Self(Some(path))
    }

    /// Renames it, after which it stays.
    pub(crate) fn rename(&mut self, to: &Path) -> io::Result<()> {
        if let Some(path) = &self.0 {
            std::fs::rename(path, to)?;
        }
        self.0 = None;
        Ok(())
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.0.as_deref()
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed now is removed when the folder is opened again.
            let _ = std::fs::remove_file(path);
        }
    }
}

/// What writes the file, moved into a thread that may block while it does.
struct Writer {
    file: File,
    temporary: TemporaryFile,
    buffer: Vec<u8>,
    hash: Sha256,
    reserve: Reserve,
}

impl Writer {
    fn flush(mut self) -> io::Result<Self> {
        let folder = self.temporary.path().and_then(Path::parent).unwrap_or(Path::new("."));
        if !self.reserve.can_take(folder, self.buffer.len() as u64)? {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.write_all(&self.buffer)?;
        self.hash.update(&self.buffer);
        self.buffer.clear();
        Ok(self)
    }
}

/// A data set that is being received.
pub(crate) struct IncomingFile {
    /// `None` after a failure: the file is gone.
    writer: Option<Writer>,
    head: Vec<u8>,
    bytes: u64,
}

/// A data set that was received whole, on disk but not in place.
pub(crate) struct CompleteFile {
    pub(crate) temporary: TemporaryFile,
    pub(crate) data_set_sha256: String,
    pub(crate) data_set_bytes: u64,
}

impl IncomingFile {
    /// Creates the file and writes what stands in front of the data set.
    pub(crate) async fn create(path: PathBuf, start: Vec<u8>, reserve: Reserve) -> io::Result<Self> {
        let writer = blocking(move || {
            let mut file = File::create_new(&path)?;
            let temporary = TemporaryFile(Some(path));
            file.write_all(&start)?;
            Ok(Writer { file, temporary, buffer: Vec::new(), hash: Sha256::new(), reserve })
        });
        Ok(Self { writer: Some(writer.await?), head: Vec::new(), bytes: 0 })
    }

    /// Appends a fragment of the data set.
    pub(crate) async fn append(&mut self, fragment: &[u8]) -> io::Result<()> {
        let room = HEAD_BYTES - self.head.len().min(HEAD_BYTES);
        self.head.extend(&fragment[..fragment.len().min(room)]);
        self.bytes += fragment.len() as u64;
        let mut writer = self.writer.take().ok_or(io::ErrorKind::NotFound)?;
        writer.buffer.extend(fragment);
        if writer.buffer.len() >= BUFFER_BYTES {
            writer = blocking(move || writer.flush()).await?;
        }
        self.writer = Some(writer);
        Ok(())
    }

    /// The first bytes of the data set.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Writes the rest and waits until the disk has all of it.
    pub(crate) async fn complete(self) -> io::Result<CompleteFile> {
        let writer = self.writer.ok_or(io::ErrorKind::NotFound)?;
        let data_set_bytes = self.bytes;
        blocking(move || {
            let Writer { file, temporary, hash, .. } = writer.flush()?;
            file.sync_all()?;
            let data_set_sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            Ok(CompleteFile { temporary, data_set_sha256, data_set_bytes })
        })
        .await
    }
}

/// Runs what may block on a thread for that.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    // An error of joining is a panic, which the standard library of threads has reported.
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(io::Error::other("the task panicked")))
}
