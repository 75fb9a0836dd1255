//! Flags of `compare`.

use std::path::PathBuf;

use clap::Args;

use super::MeasuringFlags;

const EXAMPLES: &str = "\
Examples:
  bloodpool compare 2023.dcm 2024.dcm                            change of LVEF, and which rules are met
  bloodpool compare patient/ --report out/ --lang ko             every study in a folder: HTML, in Korean
  bloodpool compare a.dcm b.dcm --baseline b.dcm --pdf change.pdf
  bloodpool compare 2023.dcm 2024.dcm --signed 2023.json         beside the LVEF that was signed then
  bloodpool compare 2023.dcm 2024.dcm --local-limit 55 --json    one JSON document (bloodpool.comparison/1)

All studies are analysed now, with the same model and protocol. A change is beyond repeat variation only if it is at least 10
points (5 from an abnormal baseline; Wackers et al. 1979) and larger than the technical limit of both studies' counts. Studies
of different patients, by patient ID and its issuer, are refused.

Exit code: 0 compared; 1 some study failed, and nothing was compared; 2 wrong usage, or studies that cannot be compared.";

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CompareFlags {
    /// DICOM files of one patient, or folders of them, which are searched with their subfolders.
    #[arg(required = true, value_name = "STUDY")]
    pub(crate) studies: Vec<PathBuf>,
    /// The study that the others are compared with [default: the earliest].
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,
    /// Document (bloodpool.analysis/1) of a study whose LVEF was signed earlier, shown beside today's; may be repeated.
    #[arg(long, value_name = "FILE.json")]
    pub(crate) signed: Vec<PathBuf>,
    /// Lower limit of normal LVEF of your department, percent, which some rules need.
    #[arg(long, value_name = "PERCENT")]
    pub(crate) local_limit: Option<f64>,
    /// By what and how they are analysed.
    #[command(flatten)]
    pub(crate) measuring: MeasuringFlags,
    /// Write comparison.html and comparison.json into this folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Write the report as PDF/A-3b with the JSON document attached.
    #[arg(long, value_name = "FILE.pdf")]
    pub(crate) pdf: Option<PathBuf>,
}
