//! Validated settings of `compare`.

use std::path::PathBuf;

use super::{AnalyzeSettings, SettingsFile};
use crate::cli::CompareFlags;
use crate::outcome::wrong_usage;

/// Settings of `compare`.
#[derive(Debug)]
pub(crate) struct CompareSettings {
    pub(crate) analyze: AnalyzeSettings,
    /// The file of the baseline; `None`: the earliest study.
    pub(crate) baseline: Option<PathBuf>,
    pub(crate) signed: Vec<PathBuf>,
    pub(crate) local_limit_percent: Option<f64>,
}

impl CompareSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: CompareFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let CompareFlags { studies, baseline, signed, local_limit, measuring, report, pdf } = flags;
        if let Some(limit) = local_limit.filter(|limit| !(30.0..=80.0).contains(limit)) {
            return Err(wrong_usage(format!("--local-limit {limit} is not between 30 and 80 percent")));
        }
        let analyze = AnalyzeSettings { report, pdf, ..AnalyzeSettings::of(studies, measuring, file)? };
        Ok(Self { analyze, baseline, signed, local_limit_percent: local_limit })
    }
}
