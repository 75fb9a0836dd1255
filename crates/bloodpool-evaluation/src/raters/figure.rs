//! `Figure`: a number, or why there is none.

use std::fmt::Display;

use serde::Serialize;

/// A figure that was computed, or the reason why it could not be. In JSON the figure itself, or `{"not_computed": ..}`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Figure<T> {
    /// It was computed.
    Known(T),
    /// It was not.
    Unknown {
        /// Why not.
        not_computed: String,
    },
}

impl<T> Figure<T> {
    /// The figure, where there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(figure) => Some(figure),
            Self::Unknown { .. } => None,
        }
    }

    /// Why there is none.
    pub fn problem(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::Unknown { not_computed } => Some(not_computed),
        }
    }

    /// No figure, for this reason.
    pub fn unknown(reason: impl Into<String>) -> Self {
        Self::Unknown { not_computed: reason.into() }
    }
}

impl<T, E: Display> From<Result<T, E>> for Figure<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(figure) => Self::Known(figure),
            Err(error) => Self::unknown(error.to_string()),
        }
    }
}
