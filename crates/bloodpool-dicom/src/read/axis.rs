//! What a file may hold several of, and the choices between them that an error carries.

use std::fmt;
use std::path::PathBuf;

/// An axis along which the frames of a file may differ, and of which one value is analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Axis {
    /// Detector (0054,0020).
    Detector,
    /// Energy window (0054,0010).
    EnergyWindow,
    /// R-R interval (0054,0060).
    RrInterval,
}

impl Axis {
    pub(super) fn singular(self) -> &'static str {
        match self {
            Self::Detector => "detector",
            Self::EnergyWindow => "energy window",
            Self::RrInterval => "R-R interval",
        }
    }

    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Detector => "detectors",
            Self::EnergyWindow => "energy windows",
            Self::RrInterval => "R-R intervals",
        }
    }
}

/// One value of an axis that can be chosen. Prints as `2 (LAO 45)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its number, from 1, as the vector of the axis has it.
    pub number: u32,
    /// Its view or name, where one is known.
    pub name: Option<String>,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} ({name})", self.number),
            None => write!(f, "{}", self.number),
        }
    }
}

/// A gated file of a study that has several. Prints as `FILE (LAO 45), series 3, 'GBP rest'`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatedFile {
    /// The file, or the first of those whose frames belong together.
    pub path: PathBuf,
    /// How many files belong together.
    pub files: usize,
    /// The views in it.
    pub views: Vec<String>,
    /// Its series in words, where it has a description or a number.
    pub series: Option<String>,
    /// Whether its view is the wanted one.
    pub matches: bool,
    /// A text that chooses this file and no other of them as [`Selection::view`](crate::Selection::view).
    pub chosen_by: Option<String>,
}

impl fmt::Display for GatedFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path.display(), self.views.join(", "))?;
        if self.files > 1 {
            write!(f, " and {} more files", self.files - 1)?;
        }
        match &self.series {
            Some(series) => write!(f, ", {series}"),
            None => Ok(()),
        }
    }
}
