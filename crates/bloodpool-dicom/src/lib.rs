//! What comes in and goes out as DICOM: gated blood pool studies read from NM images, checked before they are decoded, and written.
//!
//! [`read_study`] reads one file; [`plan`] turns files and folders into the studies to read, one LAO view a study;
//! [`write_study`] writes a study as an NM image. Files are not trusted: every length is checked against the file
//! before anything is decoded, and whatever is wrong comes back as a [`ReadError`] that names file and attribute.

mod attribute;
mod plan;
mod read;
mod uid;
mod write;

pub use attribute::Attribute;
pub use plan::{PlannedStudy, SetAside, plan};
pub use read::error::{Problem, ReadError};
pub use read::{Note, StudyFile, open_study, read_study, selection::Selection};
pub use uid::UidSource;
pub use write::acquisition::{
    Acquisition, Code, Collimator, EnergyWindow, Framing, GantryRelationship, PatientPosition, PixelOrigin, Posture,
};
pub use write::{WriteError, WriteOptions, encode_study, write_study};
