//! `Analyse`: what computes the objects of a study; the program that runs the queue implements it.

use std::path::PathBuf;

use bloodpool_dicom::net::Uid;

/// Which analysis made a result. A study is analysed once by each.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AnalysisIdentity {
    /// The model, by name and hash.
    pub model: String,
    /// The protocol, by name or hash.
    pub protocol: String,
    /// The version of the program.
    pub version: String,
}

/// What is to be analysed: a multi-frame instance, or the single-frame instances of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyInput {
    /// SOP Instance UID; of a series, its Series Instance UID.
    pub uid: String,
    /// SHA-256 of the data set; of a series, of the sorted lines `SOP-INSTANCE-UID SHA-256` of its instances.
    pub sha256: String,
    /// The files, in the order of arrival.
    pub files: Vec<PathBuf>,
}

/// What an object of a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ObjectKind {
    /// The document of the analysis (JSON); not sent by DICOM.
    Document,
    /// Secondary Capture: the result page.
    SecondaryCapture,
    /// Multi-frame Secondary Capture: the cycle as a cine.
    Cine,
    /// Secondary Captures of ED and ES, made with every cine and sent where that is refused.
    KeyFrames,
    /// Structured Report.
    StructuredReport,
    /// Segmentation.
    Segmentation,
    /// Encapsulated PDF.
    Pdf,
}

impl ObjectKind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Document,
        Self::SecondaryCapture,
        Self::Cine,
        Self::KeyFrames,
        Self::StructuredReport,
        Self::Segmentation,
        Self::Pdf,
    ];

    /// Its name in the database and in settings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::SecondaryCapture => "sc",
            Self::Cine => "cine",
            Self::KeyFrames => "key-frames",
            Self::StructuredReport => "sr",
            Self::Segmentation => "seg",
            Self::Pdf => "pdf",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// An object that an analysis or a review made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Produced {
    /// What it is.
    pub kind: ObjectKind,
    /// Its SOP Instance UID, where it is a DICOM instance. An object without one is kept and not sent.
    pub sop_instance_uid: Option<Uid>,
    /// The whole file. The same bytes are sent each time.
    pub bytes: Vec<u8>,
}

/// A study was not analysed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AnalysisError {
    /// Why, without the name of the patient: it is stored with the job and shown in lists.
    pub reason: String,
    /// Whether the same may succeed later (no memory, no space). Otherwise the job has failed.
    pub may_pass: bool,
}

/// Computes the objects of a study.
///
/// It may be called again for the same input, after a crash, and must then make objects with the same UIDs. It may be
/// called by several threads.
pub trait Analyse: Send + Sync + 'static {
    /// Which analysis this is.
    fn identity(&self) -> AnalysisIdentity;

    /// Analyses a study.
    ///
    /// # Errors
    /// [`AnalysisError`].
    fn analyse(&self, study: &StudyInput) -> Result<Vec<Produced>, AnalysisError>;
}
