//! Gating and count checks: what a reader must know before trusting a number.

use serde::Serialize;

use crate::analysis::LvefByProtocol;
use crate::measure::Measurement;
use crate::{GatedStudy, Mask, Protocol};

/// Something a reader must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Warning {
    /// Stable code, for example `count_drop_off`.
    pub code: &'static str,
    /// The same in plain words, with figures.
    pub message: String,
}

/// All warnings about a study and what the named protocol measured on it.
#[must_use]
pub fn check(
    _study: &GatedStudy,
    _masks: &[Mask],
    _protocol: &Protocol,
    _measurement: &Measurement,
    _lvef: &LvefByProtocol,
) -> Vec<Warning> {
    Vec::new()
}
