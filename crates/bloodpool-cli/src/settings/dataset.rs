//! Validated settings of `dataset`.

use std::path::PathBuf;

use bloodpool::extraction::Extraction;
use bloodpool_dataset::annotations::DEFAULT_LABELS;
use bloodpool_dataset::{ConsensusRule, SplitSizes};

use super::{SettingsFile, selection};
use crate::cli::{BuildFlags, ConsensusFlags, ExtractFlags};
use crate::outcome::wrong_usage;
use crate::outputs;

/// Settings of `dataset extract`.
#[derive(Debug)]
pub(crate) struct ExtractSettings {
    pub(crate) extraction: Extraction,
    /// Model that outlines the images first.
    pub(crate) prelabel: Option<String>,
    /// Raters' folders that get a copy of its outlines.
    pub(crate) raters: Vec<PathBuf>,
    pub(crate) force: bool,
}

impl ExtractSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: ExtractFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let selection = selection(&file, flags.selection)?;
        let ExtractFlags { studies, out, frames, key, prelabel, rater: raters, force, .. } = flags;
        let if_exists = outputs::if_exists(force);
        let extraction = Extraction { studies, out, frames, key, selection, if_exists };
        Ok(Self { extraction, prelabel, raters, force })
    }
}

/// Settings of `dataset consensus`.
#[derive(Debug)]
pub(crate) struct ConsensusSettings {
    pub(crate) folder: PathBuf,
    pub(crate) raters: Vec<PathBuf>,
    pub(crate) groups: Option<PathBuf>,
    pub(crate) labels: Vec<String>,
    pub(crate) rule: ConsensusRule,
    pub(crate) min_raters: usize,
    pub(crate) at_least: Option<usize>,
    pub(crate) assignments: Option<PathBuf>,
    pub(crate) leave_out: Vec<String>,
    pub(crate) leave_out_outliers: bool,
    pub(crate) accept_lvef: Vec<String>,
    pub(crate) force: bool,
}

impl ConsensusSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: ConsensusFlags) -> anyhow::Result<Self> {
        if flags.min_raters == 0 || flags.at_least == Some(0) {
            return Err(wrong_usage("--min-raters and --at-least must be at least 1"));
        }
        let mut labels = match flags.label {
            Some(label) => vec![label],
            None => DEFAULT_LABELS.map(str::to_owned).to_vec(),
        };
        labels.extend(flags.alias);
        if labels.iter().any(|label| label.trim().is_empty()) {
            return Err(wrong_usage("a label is empty; name what the left ventricle is called in the raters' files"));
        }
        Ok(Self {
            folder: flags.folder,
            raters: flags.raters,
            groups: flags.groups,
            labels,
            rule: if flags.staple { ConsensusRule::Staple } else { ConsensusRule::Majority },
            min_raters: flags.min_raters,
            at_least: flags.at_least,
            assignments: flags.assignments,
            leave_out: flags.leave_out,
            leave_out_outliers: flags.leave_out_outliers,
            accept_lvef: flags.accept_lvef,
            force: flags.force,
        })
    }
}

/// Settings of `dataset build`.
#[derive(Debug)]
pub(crate) struct BuildSettings {
    pub(crate) folder: PathBuf,
    pub(crate) out: PathBuf,
    pub(crate) seed: u64,
    pub(crate) sizes: SplitSizes,
    pub(crate) truth: Option<PathBuf>,
    /// Folder of images and table of studies with a reference LVEF alone.
    pub(crate) reference: Option<(PathBuf, PathBuf)>,
    pub(crate) accept_lvef: Vec<String>,
    pub(crate) force: bool,
}

impl BuildSettings {
    /// Takes the flags.
    pub(crate) fn new(flags: BuildFlags) -> Self {
        let BuildFlags { folder, out, seed, split, studies, truth, reference_images, reference, accept_lvef, force } =
            flags;
        let reference = reference_images.zip(reference);
        Self { folder, out, seed, sizes: studies.unwrap_or(split), truth, reference, accept_lvef, force }
    }
}
