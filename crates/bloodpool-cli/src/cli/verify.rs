//! Flags of `verify`.

use std::path::PathBuf;

use clap::Args;

use super::SelectionFlags;

const EXAMPLES: &str = "\
Examples:
  bloodpool analyze study.dcm --report out/
  bloodpool verify out/analysis.json                 the file that it names
  bloodpool verify out/analysis.json moved/study.dcm
  bloodpool verify out/analysis.json --json

Computes the analysis again and compares every number of the record: from the study, where the model is the one that the record names
(--model), by the recorded protocol; and from the study and the recorded outlines, which needs no model, what ROIs alone decide. A number
holds if it differs by no more than a ten-thousandth of itself: processors round differently. An interval that `--calibration` scaled is not
computed again and differs.
Exit code: 0 everything holds; 1 something differs, or the files are not those of the record; 2 wrong usage.";

/// Flags of `verify`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct VerifyAnalysisFlags {
    /// The document of an analysis: analysis.json of a report, or one line of `analyze --json`.
    #[arg(value_name = "ANALYSIS.json")]
    pub(crate) record: PathBuf,
    /// The files of the study [default: those that the record names].
    #[arg(value_name = "STUDY")]
    pub(crate) study: Vec<PathBuf>,
    /// Model, as for `analyze` [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// Print the document `bloodpool.verification/1`.
    #[arg(long)]
    pub(crate) json: bool,
    /// Which part of a file is read.
    #[command(flatten)]
    pub(crate) selection: SelectionFlags,
}
