//! Flags of `cohort`.

use std::path::PathBuf;

use bloodpool_cohort::IdentityMode;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};

use super::SelectionFlags;

const EXAMPLES: &str = "\
Examples:
  bloodpool cohort archive/ --out rows                          rows/part-*.parquet, one row per study, nothing of the patient
  bloodpool cohort archive/ --out rows                          again: analyses what has no row yet
  bloodpool cohort archive/ --out rows --identity pseudonym --key ~/keys/cohort.json
  find archive -name '*.dcm' | bloodpool cohort --list - --out rows
  bloodpool cohort report rows                                  rows/_report.html: distributions, failures, changes, cameras
  duckdb -c \"select camera, avg(lvef_percent) from 'rows/*.parquet' group by 1\"

A study that fails is a row with an error code. A run that was stopped or killed goes on where it ended; nothing is written twice.
docs/reference/cohort.md describes every column.
Exit code: 0 all studies have an LVEF or one that is withheld; 1 some study failed, or could not be read; 2 wrong usage; 130 interrupted.";

/// Flags of `cohort`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct CohortFlags {
    /// What else to do with a cohort.
    #[command(subcommand)]
    pub(crate) verb: Option<CohortVerb>,
    /// DICOM files, or folders of them, which are searched with their subfolders.
    #[arg(value_name = "INPUT", required_unless_present = "list")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Analyse the files and folders that this file names, one per line; `-`: standard input. May be repeated.
    #[arg(long, value_name = "FILE")]
    pub(crate) list: Vec<PathBuf>,
    /// Folder of the rows; it may hold those of earlier runs.
    #[arg(long, value_name = "DIR", required = true)]
    pub(crate) out: Option<PathBuf>,
    /// Folder of rows that are not made again, where several runs write into folders of their own. May be repeated.
    #[arg(long, value_name = "DIR")]
    pub(crate) known: Vec<PathBuf>,
    /// What rows keep of the patient: `none`, `pseudonym` (needs --key), or `plain` (everything).
    #[arg(long, value_parser = identity(), value_name = "MODE", default_value = "none")]
    pub(crate) identity: IdentityMode,
    /// Key file of the pseudonyms, made if it does not exist. Keep it, apart from the rows.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Studies at once, each on one thread [default: number of cores].
    #[arg(long, value_name = "N")]
    pub(crate) workers: Option<usize>,
    /// Most rows of one file.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(crate) rows_per_file: usize,
    /// As of `analyze`.
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// As of `analyze`.
    #[arg(long, value_name = "NAME|FILE.toml", env = "BLOODPOOL_PROTOCOL")]
    pub(crate) protocol: Option<String>,
    /// As of `analyze`.
    #[arg(long, value_name = "FILE", env = "BLOODPOOL_CALIBRATION")]
    pub(crate) calibration: Option<PathBuf>,
    /// As of `analyze`.
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_CALIBRATION_GROUP")]
    pub(crate) calibration_group: Option<String>,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
    /// Which part of a file is read.
    #[command(flatten)]
    pub(crate) selection: SelectionFlags,
}

/// The verbs of `cohort`.
#[derive(Debug, Subcommand)]
pub(crate) enum CohortVerb {
    /// Report on the rows of a cohort, as one HTML page.
    Report(CohortReportFlags),
}

/// Flags of `cohort report`.
#[derive(Debug, Args)]
pub(crate) struct CohortReportFlags {
    /// Folder of rows, which is searched with its subfolders.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// File to write [default: DIR/_report.html].
    #[arg(long, value_name = "FILE.html")]
    pub(crate) out: Option<PathBuf>,
    /// Replace it if it exists.
    #[arg(long)]
    pub(crate) force: bool,
}

fn identity() -> impl TypedValueParser<Value = IdentityMode> {
    PossibleValuesParser::new(IdentityMode::ALL.map(IdentityMode::name))
        .map(|name| IdentityMode::ALL.into_iter().find(|mode| mode.name() == name).unwrap_or_default())
}
