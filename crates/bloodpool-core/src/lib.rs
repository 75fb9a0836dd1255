//! What is measured: left-ventricular function from planar gated blood pool studies. Pure: no tensors, files or DICOM.

pub mod analysis;
pub mod classical;
mod correction;
mod ensemble;
mod error;
mod frame_index;
pub mod function;
pub mod labelled;
pub mod measure;
pub mod outline;
pub mod protocol;
mod random;
pub mod recognition;
mod results;
pub mod segmenter;
pub mod study;
#[cfg(test)]
mod synthetic;
pub mod uncertainty;
pub mod validity;

pub use bloodpool_stats::{Contour, Element, Mask, resample};

pub use analysis::{Analysis, analyze, analyze_by, measure_edited, measure_edited_again};
pub use ensemble::MemberSpread;
pub use error::{AnalysisError, BackgroundError};
pub use frame_index::FrameIndex;
pub use labelled::{AnnotatedFrames, LabelledStudy, ReferenceLvef, SampleError, SampleSource, Scene, StudyKey};
pub use measure::{KeptFrames, Measurement, measure_protocol};
pub use protocol::Protocol;
pub use recognition::{Landmarks, Orientation, Recognition, RightVentricle, Shown, View};
pub use results::{FIXED_ROI, ProtocolResult, Results};
pub use segmenter::{Certainty, ModelIdentity, Segmentation, SegmentationError, Segmenter};
pub use study::{AcquisitionRecord, GatedStudy, Gating, StudyError, StudyIdentity};
pub use validity::{Rank, Reason, Validity, Warning};
