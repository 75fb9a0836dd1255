//! Gating and count checks: what a reader must know before trusting a number.

use serde::Serialize;

/// Something a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code, for example `count_drop_off`.
    pub code: &'static str,
    /// The same in plain words, with figures.
    pub message: String,
}
