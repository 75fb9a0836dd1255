//! `InstanceFile`: a DICOM file that is to be sent: what it is, and where its data set starts.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::net::uid::Uid;
use crate::read::error::ReadError;
use crate::read::file_meta::FileMeta;
use crate::read::sop_identity::{HEAD_BYTES, SopIdentity};
use crate::{Attribute, TransferSyntax};

/// Bytes in which the file meta information must end.
const META_BYTES: u64 = 1 << 20;

/// A DICOM file that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceFile {
    /// The file.
    pub path: PathBuf,
    /// SOP Class UID of its data set.
    pub sop_class: Uid,
    /// SOP Instance UID of its data set.
    pub sop_instance: Uid,
    /// Transfer syntax of its data set.
    pub transfer_syntax: Uid,
    /// Where the data set starts, bytes.
    pub(crate) start: u64,
    /// Length of the data set, bytes.
    pub(crate) data_set_bytes: u64,
}

/// A file cannot be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceFileError {
    /// The operating system does not give its bytes, or fewer than there were.
    #[error("{}: cannot be read: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        #[source]
        error: io::Error,
    },
    /// It is not DICOM, or its SOP UIDs are missing.
    #[error(transparent)]
    NotDicom(#[from] ReadError),
    /// A UID is missing, or is none.
    #[error("{}: {attribute} is missing or is not a UID", path.display())]
    Uid {
        /// The file.
        path: PathBuf,
        /// The attribute.
        attribute: Attribute,
    },
}

impl InstanceFile {
    /// Reads the first bytes of a file.
    ///
    /// # Errors
    /// [`InstanceFileError`].
    pub fn open(path: &Path) -> Result<Self, InstanceFileError> {
        use dicom_dictionary_std::tags;

        let unreadable = |error| InstanceFileError::Unreadable { path: path.to_path_buf(), error };
        let not_dicom = |problem| InstanceFileError::NotDicom(ReadError::new(path, problem));
        let mut file = File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        let mut head = Vec::new();
        (&mut file).take(META_BYTES).read_to_end(&mut head).map_err(unreadable)?;
        let meta = FileMeta::read(&head).map_err(not_dicom)?;
        let start = meta.start as u64;
        file.seek(SeekFrom::Start(start)).map_err(unreadable)?;
        head.clear();
        file.take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(unreadable)?;
        let uid = |text: &str, tag| {
            let invalid = |_| InstanceFileError::Uid { path: path.to_path_buf(), attribute: Attribute(tag) };
            Uid::new(text).map_err(invalid)
        };
        let transfer_syntax = uid(meta.syntax.as_deref().unwrap_or_default(), tags::TRANSFER_SYNTAX_UID)?;
        // Those that are not read are compressed, and have their elements as Explicit VR Little Endian (PS3.5 A.4).
        let syntax = TransferSyntax::of_uid(transfer_syntax.as_str()).unwrap_or(TransferSyntax::EXPLICIT_LITTLE);
        let identity = SopIdentity::of_head(&head, syntax).map_err(not_dicom)?;
        Ok(Self {
            path: path.to_path_buf(),
            sop_class: uid(&identity.class, tags::SOP_CLASS_UID)?,
            sop_instance: uid(&identity.instance, tags::SOP_INSTANCE_UID)?,
            transfer_syntax,
            start,
            data_set_bytes: length.saturating_sub(start),
        })
    }
}
