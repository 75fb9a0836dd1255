//! Results of a gated study as DICOM objects: secondary captures, structured report, segmentation and encapsulated PDF.
//!
//! Each object is made from a [`ResultContext`] (what it was derived from, by what, when) and from its own content, and is
//! valid once it is made. Its UIDs derive from the [`ResultKey`], the kind of object and the review version, so that the
//! same result has the same UIDs and the same bytes however often it is made. Every object repeats the patient and study
//! of its source, names the algorithm in its Contributing Equipment Sequence, and says that it is for research use only.
//! [`encode_object`] gives the bytes of a file, [`write_object`] writes it.

mod algorithm;
mod attestation;
mod concepts;
mod content_item;
mod context;
mod creation_time;
mod encapsulated_pdf;
mod error;
mod image_reference;
mod instance;
mod kind;
mod lv_measurements;
mod modules;
mod report_content;
mod rgb_frames;
mod secondary_capture;
mod segment;
mod segmentation;
mod structured_report;
mod text;

pub use algorithm::{Algorithm, Equipment};
pub use attestation::{Attestation, PersonObserver, Signature};
pub use context::{ResultContext, ResultKey};
pub use creation_time::CreationTime;
pub use encapsulated_pdf::EncapsulatedPdf;
pub use error::ObjectError;
pub use instance::{CompositeObject, Instance, InstanceReference, encode_object, write_object};
pub use kind::SrClass;
pub use lv_measurements::{Interval, LvMeasurements, RoiMeasurement};
pub use rgb_frames::RgbFrames;
pub use secondary_capture::{MultiframeTrueColorSecondaryCapture, SecondaryCaptureImage};
pub use segment::{Segment, SegmentAlgorithmType, SegmentedProperty};
pub use segmentation::Segmentation;
pub use structured_report::MeasurementReport;
