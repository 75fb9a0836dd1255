//! Validated settings of `calibrate`.

use std::path::PathBuf;

use super::SettingsFile;
use crate::cli::CalibrateFlags;

/// Settings of `calibrate`.
#[derive(Debug)]
pub(crate) struct CalibrateSettings {
    pub(crate) table: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) model: String,
    pub(crate) device: String,
    pub(crate) force: bool,
}

impl CalibrateSettings {
    /// Flags over the settings file.
    pub(crate) fn new(flags: CalibrateFlags, file: SettingsFile) -> Self {
        Self {
            table: flags.table,
            out: flags.out,
            model: flags.model.or(file.model).unwrap_or_else(|| bloodpool::model::DEFAULT.to_owned()),
            device: flags.device.or(file.device).unwrap_or_else(|| bloodpool::model::DEFAULT_DEVICE.to_owned()),
            force: flags.force,
        }
    }
}
