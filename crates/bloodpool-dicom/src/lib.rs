//! Gated blood pool studies read from DICOM NM images, which are checked before they are decoded, and written as such images.
//!
//! [`read_study`] reads one file; [`plan`] turns files and folders into the studies to read, one LAO view per study;
//! [`write_study`] writes a study as an NM image with what is known of its [`Acquisition`]. Files are not trusted: every
//! length is checked against the file before anything is decoded, and a [`ReadError`] names file and attribute.
//! [`objects`] are the results of a study for others: secondary captures, structured report, segmentation, PDF.
//! With the feature `net`, module `net` receives and sends instances over the network.
//!
//! ```
//! use bloodpool_core::study::GatedStudy;
//! use bloodpool_dicom::{Acquisition, Selection, WriteOptions, read_study, write_study};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("study.dcm");
//! let counts = ndarray::Array3::from_elem((16, 64, 64), 10.0);
//! let study = GatedStudy::new(counts, Some([4.0, 4.0]))?;
//! write_study(&study, &Acquisition::original(), &path, &WriteOptions::default())?;
//!
//! let read = read_study(&path, &Selection::default())?;
//! assert_eq!(read.counts(), study.counts());
//! # Ok(())
//! # }
//! ```

mod attribute;
mod choice;
mod duplicates;
mod implementation;
mod joined;
#[cfg(feature = "net")]
pub mod net;
mod plan;
mod read;
mod search;
mod set_aside;
mod uid;
mod write;

pub use attribute::Attribute;
pub use joined::JoinedFiles;
pub use plan::{Plan, PlannedStudy, plan};
pub use read::axis::{Axis, Choice, GatedFile};
pub use read::error::{Problem, ReadError};
pub use read::file_format::FileFormat;
pub use read::frame_error::FrameError;
pub use read::image_kind::ImageKind;
pub use read::instance_summary::{InstanceRole, InstanceSummary};
pub use read::note::Note;
pub use read::selection::Selection;
pub use read::source_study::{SourceStudy, read_source_study};
pub use read::study_file::{SourceFile, StudyFile};
pub use read::transfer_syntax::TransferSyntax;
pub use read::{open_study, open_study_bytes, read_study};
pub use set_aside::{AsideReason, SetAside};
pub use uid::UidSource;
pub use write::acquisition::{
    Acquisition, Code, Collimator, EnergyWindow, Framing, GantryRelationship, PatientPosition, PixelOrigin, Posture,
};
pub use write::objects;
pub use write::{WriteError, WriteOptions, encode_study, write_study};
