//! `Rank` and `Topic`: how much a finding weighs, and what it is about.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much a finding weighs, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Worth knowing; the number stands.
    Note,
    /// The number may be wrong: look at the images before using it.
    Look,
    /// The number is more likely wrong than right: it is withheld.
    DoNotUse,
    /// There is no number: see [`crate::AnalysisError`].
    Refused,
}

impl Rank {
    /// In words, for example `do not use`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Look => "look before use",
            Self::DoNotUse => "do not use",
            Self::Refused => "refused",
        }
    }
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Whether the images are upright and not mirrored.
    Orientation,
    /// Whether they show a heart in LAO.
    View,
    /// Whether the frames follow one beat from the R wave on.
    Gating,
    /// Whether pixels hold counts, enough of them, and the same for every frame.
    Counts,
    /// Whether the outline and what follows from it make sense.
    Outline,
}

impl Topic {
    /// All topics in the order in which they are read.
    pub const ALL: [Self; 5] = [Self::Orientation, Self::View, Self::Gating, Self::Counts, Self::Outline];

    /// Its name, for example `Orientation`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Orientation => "Orientation",
            Self::View => "View",
            Self::Gating => "Gating",
            Self::Counts => "Counts",
            Self::Outline => "Outline",
        }
    }
}
