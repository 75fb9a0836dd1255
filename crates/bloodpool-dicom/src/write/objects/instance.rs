//! `Instance`: a finished object with its UIDs, and `CompositeObject`, what all kinds of objects have in common.

use std::path::Path;

use dicom_object::InMemDicomObject;

use crate::write::file::{WriteError, WriteOptions, file_bytes, write_file};

/// A DICOM object that can be encoded and written.
pub trait CompositeObject {
    /// The object itself.
    fn instance(&self) -> &Instance;
}

/// A data set that is complete, and what identifies it.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub(super) object: InMemDicomObject,
    pub(super) reference: InstanceReference,
}

/// What another object needs to refer to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceReference {
    /// Study Instance UID.
    pub study_uid: String,
    /// Series Instance UID.
    pub series_uid: String,
    /// SOP Class UID.
    pub sop_class_uid: String,
    /// SOP Instance UID.
    pub sop_uid: String,
}

impl Instance {
    /// How other objects refer to this one.
    #[must_use]
    pub fn reference(&self) -> &InstanceReference {
        &self.reference
    }
}

/// The bytes of a file with the object (PS3.10), Explicit VR Little Endian: the same for the same object.
///
/// # Errors
/// [`WriteError::Encode`].
pub fn encode_object(object: &dyn CompositeObject) -> Result<Vec<u8>, WriteError> {
    let Instance { object, reference } = object.instance();
    file_bytes(object.clone(), &reference.sop_class_uid, &reference.sop_uid)
}

/// Writes what [`encode_object`] gives; the file appears whole or not at all.
///
/// # Errors
/// [`WriteError`] when the file exists or cannot be written.
pub fn write_object(object: &dyn CompositeObject, path: &Path, options: &WriteOptions) -> Result<(), WriteError> {
    write_file(path, options, || encode_object(object))
}
