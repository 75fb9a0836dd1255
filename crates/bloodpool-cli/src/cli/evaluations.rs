//! Flags of `evaluations`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

const COMPARE_EXAMPLES: &str = "\
Examples:
  bloodpool evaluations compare with-cmr --with alone
  bloodpool evaluations compare a1 a2 a3 --with b1 b2 b3 --out a-against-b    three seeds on each side

Prints Dice at ED and ES, and bias, mean absolute difference and SD of EF against the consensus (and against true LVEF where that is
known), for both sides and their difference, over the patients that both sides have. Intervals: bootstrap by patient. Several
evaluations of a side are taken together. With --out also OUT/paired.md, paired.tex and paired.json.";

const CURVE_EXAMPLES: &str = "\
Examples:
  bloodpool evaluations curve of-10 of-20 of-40 of-80 --out learning-curve

Prints Dice and EF differences by the number of patients (and of frames per study) that each run was trained on; runs of one size
are taken together. With --out also OUT/learning-curve.md, learning-curve.tex, .json, .svg and .pdf.";

/// The verbs of `evaluations`.
#[derive(Debug, Subcommand)]
pub(crate) enum EvaluationsVerb {
    /// Two models, or two sets of runs, on the same patients.
    Compare(CompareFlags),
    /// Results over the number of training patients and of frames per study.
    Curve(CurveFlags),
}

/// Flags of `evaluations compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct CompareFlags {
    /// Folders that `evaluate` wrote: the first side.
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) first: Vec<PathBuf>,
    /// Folders of the second side.
    #[arg(long, value_name = "FOLDER", required = true, num_args = 1..)]
    pub(crate) with: Vec<PathBuf>,
    /// Folder to write.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Replace output files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `evaluations curve`.
#[derive(Debug, Args)]
#[command(after_help = CURVE_EXAMPLES)]
pub(crate) struct CurveFlags {
    /// Folders that `evaluate` wrote, each of runs of one size.
    #[arg(value_name = "FOLDER", required = true)]
    pub(crate) evaluations: Vec<PathBuf>,
    /// Folder to write.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Replace output files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}
