//! Instances that come as whole DICOM files (a watch folder, the web) into the folder of received instances.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::free_space::FreeSpace;
use super::incoming_file::{CompleteFile, TemporaryFile};
use super::received::{Arrival, NotRecorded};
use super::received_folder::ReceivedFolder;
use super::settings::Limits;
use crate::net::send::instance_file::{InstanceFile, InstanceFileError};
use crate::net::uid::Uid;

/// Bytes that are copied at a time; the free space is asked for before each.
const CHUNK_BYTES: usize = 256 << 10;
/// The longest preamble and file meta information, bytes. A file may be longer than its data set by so much.
const META_BYTES: u64 = 1 << 20;

/// An instance that came as a file, on disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// The file, the same bytes as its source.
    pub path: PathBuf,
    /// SOP Class UID.
    pub sop_class_uid: Uid,
    /// SOP Instance UID.
    pub sop_instance_uid: Uid,
    /// Transfer Syntax UID.
    pub transfer_syntax_uid: Uid,
    /// SHA-256 of the data set, in hexadecimal digits.
    pub data_set_sha256: String,
    /// Its length.
    pub data_set_bytes: u64,
    /// Whether it was known.
    pub arrival: Arrival,
}

/// A file is not stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreFileError {
    /// The reserve of free space would be used.
    #[error("there is not enough free space")]
    NoSpace,
    /// It is longer than the limit.
    #[error("the file is longer than the limit of {limit} bytes")]
    TooLarge {
        /// The longest data set, bytes.
        limit: u64,
    },
    /// It is not DICOM, or its SOP UIDs are missing.
    #[error("the file is not a DICOM instance")]
    NotDicom(#[source] InstanceFileError),
    /// It cannot be read or written.
    #[error("the file cannot be stored: {0}")]
    Io(#[source] io::Error),
    /// It is on disk, and was not recorded.
    #[error(transparent)]
    NotRecorded(#[from] NotRecorded),
}

impl From<io::Error> for StoreFileError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::NoSpace,
            _ => Self::Io(error),
        }
    }
}

impl ReceivedFolder {
    /// Stores a whole DICOM file byte for byte, and has it recorded, for one SOP Instance UID at a time.
    ///
    /// It is on disk with its name before `record` is called. Of `limits`, the longest data set and the reserve of free
    /// space hold.
    ///
    /// # Errors
    /// [`StoreFileError`]; after [`StoreFileError::NotRecorded`] the file stays, and is found when it comes again.
    pub fn store_file(
        &self,
        source: &mut dyn Read,
        limits: &Limits,
        free_space: &dyn FreeSpace,
        record: impl FnOnce(&StoredFile) -> Result<(), NotRecorded>,
    ) -> Result<StoredFile, StoreFileError> {
        let (part, temporary) = self.copy(source, limits, free_space)?;
        let path = temporary.path().map(PathBuf::from).unwrap_or_default();
        let instance = InstanceFile::open(&path).map_err(StoreFileError::NotDicom)?;
        if instance.data_set_bytes > limits.max_data_set_bytes {
            return Err(StoreFileError::TooLarge { limit: limits.max_data_set_bytes });
        }
        let data_set_sha256 = hash_from(part, instance.start)?;
        let complete = CompleteFile {
            temporary,
            data_set_sha256: data_set_sha256.clone(),
            data_set_bytes: instance.data_set_bytes,
        };
        let _locked = self.lock(&instance.sop_instance);
        let placed = self.place(complete, &instance.sop_instance)?;
        let stored = StoredFile {
            path: placed.path,
            sop_class_uid: instance.sop_class,
            sop_instance_uid: instance.sop_instance,
            transfer_syntax_uid: instance.transfer_syntax,
            data_set_sha256,
            data_set_bytes: instance.data_set_bytes,
            arrival: placed.arrival,
        };
        record(&stored)?;
        Ok(stored)
    }

    /// A copy in the folder of incoming files, on disk.
    fn copy(
        &self,
        source: &mut dyn Read,
        limits: &Limits,
        free_space: &dyn FreeSpace,
    ) -> Result<(File, TemporaryFile), StoreFileError> {
        let limit = limits.max_data_set_bytes;
        let path = self.incoming_path();
        if free_space.available_bytes(self.path())? < limits.free_space_reserve_bytes {
            return Err(StoreFileError::NoSpace);
        }
        let mut file = File::options().read(true).write(true).create_new(true).open(&path)?;
        let temporary = TemporaryFile::at(path);
        let (mut bytes, mut chunk) = (0, Vec::new());
        loop {
            chunk.clear();
            source.take(CHUNK_BYTES as u64).read_to_end(&mut chunk)?;
            if chunk.is_empty() {
                break;
            }
            let more = chunk.len() as u64;
            bytes += more;
            if bytes > limit.saturating_add(META_BYTES) {
                return Err(StoreFileError::TooLarge { limit });
            }
            if free_space.available_bytes(self.path())? < limits.free_space_reserve_bytes.saturating_add(more) {
                return Err(StoreFileError::NoSpace);
            }
            file.write_all(&chunk)?;
        }
        file.sync_all()?;
        Ok((file, temporary))
    }
}

/// SHA-256 of what stands from here to the end.
fn hash_from(mut file: File, start: u64) -> io::Result<String> {
    file.seek(SeekFrom::Start(start))?;
    let (mut hash, mut chunk) = (Sha256::new(), vec![0; CHUNK_BYTES]);
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect());
        }
        hash.update(&chunk[..read]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::receive::file_meta::file_start;
    use crate::net::receive::free_space::FileSystemSpace;

    const CLASS: &str = "1.2.840.10008.5.1.4.1.1.20";

    /// A file with the two UIDs and a Modality.
    fn file(instance: &str, modality: &[u8; 2]) -> Vec<u8> {
        let uid = |text| Uid::new(text).unwrap();
        let mut bytes = file_start(&uid(CLASS), &uid(instance), "1.2.840.10008.1.2.1");
        for (element, vr, value) in
            [(0x16u16, "UI", CLASS.as_bytes()), (0x18, "UI", instance.as_bytes()), (0x60, "CS", &modality[..])]
        {
            let mut value = value.to_vec();
            value.resize(value.len().next_multiple_of(2), 0);
            bytes.extend([8u16.to_le_bytes(), element.to_le_bytes()].concat());
            bytes.extend(vr.as_bytes());
            bytes.extend((value.len() as u16).to_le_bytes());
            bytes.extend(value);
        }
        bytes
    }

    #[test]
    fn a_file_is_kept_as_it_came_and_found_when_it_comes_again() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = ReceivedFolder::open(scratch.path()).unwrap();
        let limits = Limits { free_space_reserve_bytes: 0, ..Limits::default() };
        let store = |bytes: &[u8], recorded| {
            folder.store_file(&mut &bytes[..], &limits, &FileSystemSpace, |stored| {
                assert!(stored.path.is_file());
                recorded
            })
        };
        let bytes = file("1.2.3", b"NM");
        assert!(matches!(store(&bytes, Err(NotRecorded)), Err(StoreFileError::NotRecorded(_))));
        let first = store(&bytes, Ok(())).unwrap();
        assert_eq!(first.arrival, Arrival::Duplicate);
        assert_eq!(std::fs::read(&first.path).unwrap(), bytes);
        let start = bytes.len() as u64 - first.data_set_bytes;
        assert_eq!(first.data_set_sha256, bloodpool_files::sha256(&bytes[start as usize..]));
        let other = store(&file("1.2.3", b"OT"), Ok(())).unwrap();
        assert_eq!(other.arrival, Arrival::Differing { first: first.path });
        assert!(matches!(store(b"no DICOM", Ok(())), Err(StoreFileError::NotDicom(_))));
        assert_eq!(std::fs::read_dir(scratch.path().join("incoming")).unwrap().count(), 0);
    }

    #[test]
    fn limits_hold_before_anything_is_put_into_place() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = ReceivedFolder::open(scratch.path()).unwrap();
        let bytes = file("1.2.3", b"NM");
        let store = |limits: Limits| {
            folder.store_file(&mut &bytes[..], &limits, &FileSystemSpace, |_| unreachable!()).unwrap_err()
        };
        let full = store(Limits { free_space_reserve_bytes: u64::MAX, ..Limits::default() });
        assert!(matches!(full, StoreFileError::NoSpace), "{full}");
        let short = Limits { free_space_reserve_bytes: 0, max_data_set_bytes: 10, ..Limits::default() };
        assert_eq!(store(short).to_string(), "the file is longer than the limit of 10 bytes");
        assert!(!scratch.path().join("1.2.3.dcm").exists());
    }
}
