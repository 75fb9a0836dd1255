//! `ObjectKind`: the objects that a result can be made into, by the names that settings and flags use.

use std::fmt;
use std::str::FromStr;

/// An object that a result can be made into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ObjectKind {
    /// `sc`: the result as one picture (Secondary Capture Image); several where it needs several pages.
    SecondaryCapture,
    /// `cine`: the cycle with contours (Multi-frame True Color Secondary Capture Image).
    Cine,
    /// `key-frames`: ED and ES with contours, one picture each (Secondary Capture Image), for archives that take no cine.
    KeyFrames,
    /// `sr`: the measurements (Structured Report, TID 1500).
    StructuredReport,
    /// `seg`: the LV on every frame (Segmentation).
    Segmentation,
    /// `pdf`: the report (Encapsulated PDF). It names the patient.
    EncapsulatedPdf,
}

/// A name is that of no object.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no object: choose of {}", ObjectKind::ALL.map(ObjectKind::name).join(", "))]
pub struct UnknownObject {
    /// The name.
    pub name: String,
}

impl ObjectKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::SecondaryCapture,
        Self::Cine,
        Self::KeyFrames,
        Self::StructuredReport,
        Self::Segmentation,
        Self::EncapsulatedPdf,
    ];

    /// Its name in settings and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SecondaryCapture => "sc",
            Self::Cine => "cine",
            Self::KeyFrames => "key-frames",
            Self::StructuredReport => "sr",
            Self::Segmentation => "seg",
            Self::EncapsulatedPdf => "pdf",
        }
    }
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for ObjectKind {
    type Err = UnknownObject;

    fn from_str(name: &str) -> Result<Self, UnknownObject> {
        let known = Self::ALL.into_iter().find(|kind| kind.name() == name);
        known.ok_or_else(|| UnknownObject { name: name.to_owned() })
    }
}
