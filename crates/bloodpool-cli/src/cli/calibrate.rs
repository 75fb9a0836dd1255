//! Flags of `calibrate`.

use std::path::PathBuf;

use clap::Args;

const EXAMPLES: &str = "\
Examples:
  bloodpool calibrate studies.csv --out local.json
  bloodpool analyze study.dcm --calibration local.json

STUDIES.csv has a header and a row per study: study (a DICOM file, from the folder of the table), lvef_reference
(percent), and optionally group (for example the camera) and reference (what it is, for example CMR). A reference is an
LVEF that was obtained without seeing the outline of bloodpool: by CMR, or by a blinded reader in another program. Rows
whose reference was signed in bloodpool or computed by it are refused: they share the error that is to be measured.

Fits one bias and one scale of the interval that the model was shipped with. At least 100 studies are needed; groups of
300 or more get their own fit. Prints how many references each interval contains, with the 95 % interval of this
proportion (Clopper-Pearson).

Exit code: 0 all rows used; 1 some row was refused or failed (the others are used); 2 wrong usage, or too few studies.";

/// Flags of `calibrate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct CalibrateFlags {
    /// Table of studies and their reference LVEF.
    #[arg(value_name = "STUDIES.csv")]
    pub(crate) table: PathBuf,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Model, as for `analyze` [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
    /// Replace FILE if it exists.
    #[arg(long)]
    pub(crate) force: bool,
}
