//! The command line as it is typed: raw flags, checked for form only.

mod calibrate;
#[cfg(feature = "cohort")]
mod cohort;
mod command_files;
mod compare;
mod dataset;
mod dataset_files;
mod ensemble;
mod evaluate;
mod evaluations;
mod export_model;
mod hospital;
mod import;
mod reproduce;
mod review;
mod time_network;
mod verify;

use std::ffi::OsString;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use bloodpool::simulation::Cohort;
use bloodpool_dataset::Fold;
use bloodpool_nn::network::Picture;
use bloodpool_nn::reference::ModalityBias;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};

pub(crate) use calibrate::CalibrateFlags;
#[cfg(feature = "cohort")]
pub(crate) use cohort::{CohortFlags, CohortVerb};
pub(crate) use command_files::CommandFilesFlags;
pub(crate) use compare::CompareFlags;
pub(crate) use dataset::{AddFlags, BuildFlags, ConsensusFlags, DatasetVerb, ExtractFlags, VerifyFlags};
pub(crate) use dataset_files::{CorrectionsFlags, ExportFlags, LabelsFlags, PredictFlags};
pub(crate) use ensemble::EnsembleFlags;
pub(crate) use evaluate::{EvaluateFlags, PopulationChoice};
pub(crate) use evaluations::EvaluationsVerb;
pub(crate) use export_model::{ExportModelFlags, ModelFormat};
pub(crate) use hospital::{BackupFlags, ExportObjectsFlags, JobsFlags, ListenFlags, SendFlags};
pub(crate) use import::ImportFlags;
pub(crate) use reproduce::ReproduceFlags;
pub(crate) use review::{
    AuditVerb, DataFlags, ReachedFlags, ServeFlags, TokenFlags, TokenVerb, UserFlags, UserVerb, VerifyAuditFlags,
};
pub(crate) use time_network::{TimeNetworkFlags, TimedMode};
pub(crate) use verify::VerifyAnalysisFlags;

/// Ejection fraction from planar gated blood pool scans. Research use only - not for clinical decisions.
#[derive(Debug, Parser)]
#[command(name = "bloodpool", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub(crate) verb: Verb,
    /// Log more on stderr (-vv: even more); RUST_LOG overrides it.
    #[arg(short, long, global = true, display_order = 900, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Settings file [default: bloodpool.toml in the current folder, if there is one].
    #[arg(long, global = true, display_order = 900, value_name = "FILE", env = "BLOODPOOL_SETTINGS")]
    pub(crate) settings: Option<PathBuf>,
}

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Find the left ventricle and compute LVEF, with a report of everything it was computed from.
    Analyze(AnalyzeFlags),
    /// Compute a recorded analysis again, and say which of its numbers still hold.
    Verify(VerifyAnalysisFlags),
    /// Compare the studies of one patient: change of LVEF, repeat variation, rules of cardiotoxicity.
    Compare(CompareFlags),
    /// Adjust the interval of LVEF to reference values from your own institution.
    Calibrate(CalibrateFlags),
    /// Write the result as DICOM objects: pictures, structured report, segmentation, PDF.
    Export(ExportObjectsFlags),
    /// Send DICOM files to an archive.
    Send(SendFlags),
    /// Receive studies, analyse them, and send the results back, as a service.
    Listen(ListenFlags),
    /// Show studies in a browser: review, correct, accept and sign.
    Serve(ServeFlags),
    /// Manage the accounts of the review page.
    #[command(subcommand)]
    User(UserVerb),
    /// Manage tokens, by which programs send and read studies.
    #[command(subcommand)]
    Token(TokenVerb),
    /// Verify or print the audit trail of the review page.
    #[command(subcommand)]
    Audit(AuditVerb),
    /// List what a listener received, and what became of it.
    Jobs(JobsFlags),
    /// Copy the data folder of a listener.
    Backup(BackupFlags),
    /// Make a data folder of a backup.
    Restore(BackupFlags),
    /// Make simulated studies whose truth is known, as DICOM, with simulated raters if asked.
    Simulate(SimulateFlags),
    /// Train a network on a dataset, or on simulated studies.
    Train(TrainFlags),
    /// Compare a trained network with the raters of a dataset, or a model with the truth of simulated studies.
    Evaluate(EvaluateFlags),
    /// Make a model of weights that another program trained.
    Import(ImportFlags),
    /// Write a trained network as an ONNX file for other programs.
    ExportModel(ExportModelFlags),
    /// Make one model of several trained networks.
    Ensemble(EnsembleFlags),
    /// Compare finished evaluations with each other.
    #[command(subcommand)]
    Evaluations(EvaluationsVerb),
    /// Repeat the whole study of Oh et al. 2022 on simulated patients.
    Reproduce(ReproduceFlags),
    /// Make a dataset that raters have annotated.
    #[command(subcommand)]
    Dataset(DatasetVerb),
    /// Analyse many studies into Parquet files, each study once, and report on all of them.
    #[cfg(feature = "cohort")]
    Cohort(CohortFlags),
    /// Analyse the studies that a cohort run names on stdin.
    #[cfg(feature = "cohort")]
    #[command(hide = true)]
    CohortWorker,
    /// Time a network.
    #[command(hide = true)]
    TimeNetwork(TimeNetworkFlags),
    /// Write completions for shells and manual pages.
    #[command(hide = true)]
    CommandFiles(CommandFilesFlags),
}

const ANALYZE_EXAMPLES: &str = "\
Examples:
  bloodpool study.dcm                                       the same as: bloodpool analyze study.dcm
  bloodpool analyze study.dcm --report out/                 HTML, images and curve
  bloodpool analyze study.dcm --pdf report.pdf --lang ko    the same as PDF, in Korean
  bloodpool analyze folder/ --json > results.jsonl          one JSON document per study, one per line
  bloodpool analyze a.dcm b.dcm --masks masks/              masks/a.npy, masks/b.npy
  bloodpool analyze study.dcm --protocol paper --ed 1 --es 9

Several studies of one patient, by patient ID and its issuer, are also compared, as by `bloodpool compare`.
In a folder, what is not DICOM is skipped and counted; copies, other views, hidden files and folders, and links to
folders are set aside and named. Neither is a failure.
Exit code: 0 all analysed; 1 some study failed (the others are done); 2 wrong usage.
Settings: flag, else BLOODPOOL_* variable, else bloodpool.toml, else default.";

/// Flags that choose one of several parts of a file.
#[derive(Debug, Default, Args)]
pub(crate) struct SelectionFlags {
    /// Detector, where a file holds several (from 1).
    #[arg(long, value_name = "N", env = "BLOODPOOL_DETECTOR")]
    pub(crate) detector: Option<u32>,
    /// Energy window, where a file holds several (from 1).
    #[arg(long, value_name = "N", env = "BLOODPOOL_ENERGY_WINDOW")]
    pub(crate) energy_window: Option<u32>,
    /// R-R interval window, where a file holds several (from 1).
    #[arg(long, value_name = "N", env = "BLOODPOOL_RR_INTERVAL")]
    pub(crate) rr_interval: Option<u32>,
    /// View, where there are several: part of its name, for example LAO.
    #[arg(long, value_name = "TEXT", env = "BLOODPOOL_VIEW")]
    pub(crate) view: Option<String>,
}

/// Flags of `analyze` and `compare`: by what and how studies are analysed.
#[derive(Debug, Default, Args)]
pub(crate) struct MeasuringFlags {
    /// Embedded model by name, or the folder of a training run or an ensemble [default: compact]; or an ONNX file with its description
    /// beside it, net.onnx and net.json; or a classical method: region-growing, radial-edges, phase-amplitude, phase-amplitude-fixed or
    /// watershed. grown-within:NAME moves the outlines of any of them by region growing.
    #[arg(long, value_name = "NAME|FOLDER|ONNX", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// How counts become an LVEF: background_image, standard, paper or unmixed, or a TOML file with every choice [default:
    /// background_image; standard where the model gives no LV fraction].
    #[arg(long, value_name = "NAME|FILE.toml", env = "BLOODPOOL_PROTOCOL")]
    pub(crate) protocol: Option<String>,
    /// Local calibration of the interval, made by `bloodpool calibrate` [default: the interval that the model was shipped
    /// with].
    #[arg(long, value_name = "FILE", env = "BLOODPOOL_CALIBRATION")]
    pub(crate) calibration: Option<PathBuf>,
    /// Group of the local calibration that these studies belong to, for example the camera.
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_CALIBRATION_GROUP")]
    pub(crate) calibration_group: Option<String>,
    /// Print JSON documents instead, one per line: one per study, and one per comparison.
    #[arg(long)]
    pub(crate) json: bool,
    /// Language of reports and of what is printed: en or ko [default: en].
    #[arg(long, value_name = "CODE", env = "BLOODPOOL_LANG")]
    pub(crate) lang: Option<String>,
    /// Which part of a file is read.
    #[command(flatten)]
    pub(crate) selection: SelectionFlags,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
    /// Replace output files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `analyze`.
#[derive(Debug, Args)]
#[command(after_help = ANALYZE_EXAMPLES)]
pub(crate) struct AnalyzeFlags {
    /// DICOM files, or folders of them, which are searched with their subfolders.
    #[arg(required = true, value_name = "STUDY")]
    pub(crate) studies: Vec<PathBuf>,
    /// By what and how they are analysed.
    #[command(flatten)]
    pub(crate) measuring: MeasuringFlags,
    /// Write LV masks as NumPy uint8 (frames, rows, columns): a .npy file, or a folder with one file per study; .nii, .nii.gz and .nrrd
    /// files are written as these.
    #[arg(long, value_name = "FILE.npy|DIR")]
    pub(crate) masks: Option<PathBuf>,
    /// Write report.html, images and curve into this folder; with several studies, each gets a folder of its own in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) report: Option<PathBuf>,
    /// Write the report as PDF/A-3b with the JSON document attached: a .pdf file, or a folder with one file per study.
    #[arg(long, value_name = "FILE.pdf|DIR")]
    pub(crate) pdf: Option<PathBuf>,
    /// Do not compare the studies of a patient of whom several are analysed.
    #[arg(long)]
    pub(crate) no_compare: bool,
    /// Set the end-diastolic frame (from 1) instead of finding it.
    #[arg(long, value_name = "FRAME")]
    pub(crate) ed: Option<usize>,
    /// Set the end-systolic frame (from 1) instead of finding it.
    #[arg(long, value_name = "FRAME")]
    pub(crate) es: Option<usize>,
}

const SIMULATE_EXAMPLES: &str = "\
Examples:
  bloodpool simulate sim --studies 10
  bloodpool simulate trial --cohort paper --studies 116 --raters 14 --seed 7
  bloodpool simulate low --studies 50 --ef 10..35 --matrix 64
  bloodpool simulate hearts --cohort other --studies 20 --seed 5

Writes OUT/studies/*.dcm, OUT/truth/*.json and *.npy (LV masks), OUT/truth.csv; with raters also
OUT/images/*.png (256x256), OUT/truth/silhouettes/*.png (the true LV on each image, 0 or 255),
OUT/raters/*/*.json (LabelMe) and OUT/raters.csv (each rater's group). The same seed gives the same bytes.

Cohort `ordinary` has hearts with measured anatomy, `other` hearts, chests and a camera of another
construction (docs/SIMULATOR.md). Cohort `paper` is like the patients of Oh et al. 2022: 24 frames of 64x64
over a field of about 25 cm, LVEF about 59 +- 5 %, the heart near the middle.";

/// Flags of `simulate`.
#[derive(Debug, Args)]
#[command(after_help = SIMULATE_EXAMPLES)]
pub(crate) struct SimulateFlags {
    /// Folder to write; must be empty, unless --force is given.
    #[arg(value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Number of studies.
    #[arg(long, value_name = "N")]
    pub(crate) studies: u64,
    /// Number of simulated raters who draw the LV on ED, ED+2, ES and ES+2 of each study.
    #[arg(long, value_name = "R", default_value_t = 0)]
    pub(crate) raters: usize,
    /// Seed; the same seed gives the same bytes.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// The patients and acquisitions to draw.
    #[arg(long, value_parser = cohort(), value_name = "NAME", default_value = "ordinary")]
    pub(crate) cohort: Cohort,
    /// Range of true LVEF, percent; not of cohort `paper` [default: 10..80].
    #[arg(long, value_name = "LO..HI", value_parser = percent_range)]
    pub(crate) ef: Option<RangeInclusive<f64>>,
    /// Matrix side, 64 or 128; not of cohort `paper` [default: both occur].
    #[arg(long, value_name = "SIDE", value_parser = matrix_side)]
    pub(crate) matrix: Option<usize>,
    /// Replace an earlier simulation in OUT.
    #[arg(long)]
    pub(crate) force: bool,
}

const TRAIN_EXAMPLES: &str = "\
Examples:
  bloodpool train --out runs/first --steps 2000
  bloodpool train --config train.toml --out runs/second
  bloodpool train --network unet --out runs/unet            without LV fractions: protocol standard alone
  bloodpool train --dataset built --network deeplab-v3-resnet50 --epochs 30 --out runs/deeplab
  bloodpool train --dataset built --network unet --picture in-cycle --out runs/cycle
  bloodpool train --dataset built --network unet --fold 2/5 --out runs/fold-2
  bloodpool train --dataset built --network unet --use-studies 20 --out runs/of-20
  bloodpool train --dataset built --network unet --reference-bias CMR=3 --out runs/with-cmr
  bloodpool train --dataset built --network deeplab-v3-resnet50 --start-from-backbone resnet50.pth --out runs/pretrained
  bloodpool train --resume runs/second

Ctrl-C saves a checkpoint; --resume continues from it, with bit-identical results to a run that was never stopped.
A run folder is never overwritten.";

/// What a network made for pictures sees of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PictureChoice {
    /// The frame alone, as Oh et al. 2022.
    Frame,
    /// The frame, its reconstruction from two harmonics of the cycle, and the mean over the cycle.
    InCycle,
}

impl From<PictureChoice> for Picture {
    fn from(choice: PictureChoice) -> Self {
        match choice {
            PictureChoice::Frame => Self::Frame,
            PictureChoice::InCycle => Self::InCycle,
        }
    }
}

/// Flags of `train`.
#[derive(Debug, Args)]
#[command(after_help = TRAIN_EXAMPLES)]
pub(crate) struct TrainFlags {
    /// Training configuration (TOML); flags override what it says.
    #[arg(long, value_name = "FILE", conflicts_with = "resume")]
    pub(crate) config: Option<PathBuf>,
    /// Train on a dataset that `dataset build` made, instead of on simulated studies; with --resume, where it
    /// is now.
    #[arg(long, value_name = "D")]
    pub(crate) dataset: Option<PathBuf>,
    /// Hold out one fold of the dataset's training and validation studies, for example 2/5: the next fold validates and the others
    /// train. The test part is not touched.
    #[arg(long, value_name = "K/N", requires = "dataset", conflicts_with = "resume")]
    pub(crate) fold: Option<Fold>,
    /// Train on so many studies of the dataset, by whole patients; with the same --seed, fewer are part of more.
    #[arg(long, value_name = "N", requires = "dataset", conflicts_with = "resume")]
    pub(crate) use_studies: Option<usize>,
    /// Use so many annotated frames of each study, 2 to 4: ED and ES, then ED+2 and ES+2 [default: all].
    #[arg(long, value_name = "N", requires = "dataset", conflicts_with = "resume", value_parser = frames_per_study)]
    pub(crate) use_frames: Option<usize>,
    /// Train on the consensus of one group of raters, for example students, instead of on that of all.
    #[arg(long, value_name = "GROUP", requires = "dataset", conflicts_with = "resume")]
    pub(crate) consensus_of: Option<String>,
    /// How much higher the LVEF of a modality is than that of the outlines, percent points, where the dataset has studies with a reference
    /// LVEF alone: CMR=3 where it is known, CMR=3+-2 where it is known with a standard deviation; may be repeated.
    #[arg(long, value_name = "NAME=BIAS", requires = "dataset", conflicts_with_all = ["resume", "config"])]
    pub(crate) reference_bias: Vec<ModalityBias>,
    /// Leave out the studies of the dataset that have a reference LVEF alone.
    #[arg(long, requires = "dataset", conflicts_with_all = ["resume", "reference_bias"])]
    pub(crate) without_reference: bool,
    /// Passes over the dataset [default: 30].
    #[arg(long, value_name = "N", requires = "dataset", conflicts_with_all = ["steps", "config"])]
    pub(crate) epochs: Option<usize>,
    /// Side of the pictures that the network sees, pixels [default: 256; compact: 64].
    #[arg(long, value_name = "PIXELS", conflicts_with_all = ["resume", "config"])]
    pub(crate) side: Option<usize>,
    /// Channels of the U-Net's first level [default: 64].
    #[arg(long, value_name = "CHANNELS", conflicts_with_all = ["resume", "config"])]
    pub(crate) width: Option<usize>,
    /// What the network sees of each frame [default: frame].
    #[arg(long, value_name = "PICTURE", conflicts_with_all = ["resume", "config"])]
    pub(crate) picture: Option<PictureChoice>,
    /// Run folder to make.
    #[arg(long, value_name = "RUN", conflicts_with = "resume", required_unless_present = "resume")]
    pub(crate) out: Option<PathBuf>,
    /// Run folder to resume.
    #[arg(long, value_name = "RUN")]
    pub(crate) resume: Option<PathBuf>,
    /// Network: compact, deeplab-v3-resnet50, fcn-resnet50 or unet [default: compact].
    #[arg(long, value_name = "NAME", conflicts_with = "resume")]
    pub(crate) network: Option<String>,
    /// Start from the weights of a model (embedded, or a run folder) or of a file (.pth, .pt or .safetensors) of the same network instead
    /// of from random ones; the learning rate is then 0.4 of the usual unless --config says another.
    #[arg(long, value_name = "NAME|RUN_FOLDER|FILE", conflicts_with = "resume")]
    pub(crate) start_from: Option<String>,
    /// Start from the ResNet in a file of weights (.pth, .pt or .safetensors) of a classifier or a segmentation network; all other weights
    /// are drawn.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["resume", "start_from"])]
    pub(crate) start_from_backbone: Option<PathBuf>,
    /// Number of training steps.
    #[arg(long, value_name = "N", conflicts_with = "resume")]
    pub(crate) steps: Option<usize>,
    /// Seed of the weights, the data and every draw.
    #[arg(long, value_name = "S", conflicts_with = "resume")]
    pub(crate) seed: Option<u64>,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
}

fn percent_range(text: &str) -> Result<RangeInclusive<f64>, String> {
    let (low, high) = text.split_once("..").ok_or("write it as LO..HI, for example 10..80")?;
    let percent = |side: &str| {
        side.trim()
            .parse::<f64>()
            .ok()
            .filter(|value| (1.0..=95.0).contains(value))
            .ok_or("both ends are 1 to 95 percent")
    };
    let (low, high) = (percent(low)?, percent(high.trim_start_matches('='))?);
    if low > high { Err("the lower end comes first".into()) } else { Ok(low..=high) }
}

fn frames_per_study(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|frames| (2..=4).contains(frames)).ok_or_else(|| "2, 3 or 4".to_owned())
}

fn matrix_side(text: &str) -> Result<usize, String> {
    match text {
        "64" => Ok(64),
        "128" => Ok(128),
        _ => Err("the matrix is 64 or 128".into()),
    }
}

/// `bloodpool STUDY_OR_FOLDER` is `bloodpool analyze STUDY_OR_FOLDER`: where the first word is no verb but looks like a path,
/// or flags of `analyze` come before a study.
pub(crate) fn with_verb(arguments: Vec<OsString>) -> Vec<OsString> {
    let has_verb = arguments.get(1).is_some_and(|word| Cli::command().find_subcommand(word).is_some());
    let Some(error) = Cli::try_parse_from(&arguments).err().filter(|_| !has_verb) else { return arguments };
    let is_path =
        |word: &OsString| Path::new(word).exists() || word.as_encoded_bytes().iter().any(|c| b"./\\".contains(c));
    let with = || [&arguments[..1], &["analyze".into()], &arguments[1..]].concat();
    let no_verb = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(word)) => arguments.iter().any(|own| own.to_string_lossy() == *word && is_path(own)),
        _ => error.kind() == ErrorKind::UnknownArgument && Cli::try_parse_from(with()).is_ok(),
    };
    if no_verb { with() } else { arguments }
}

/// A cohort by its name.
fn cohort() -> impl TypedValueParser<Value = Cohort> {
    PossibleValuesParser::new(Cohort::ALL.map(Cohort::name)).try_map(|name| name.parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_path_without_a_verb_is_analysed() {
        let of = |words: &[&str]| with_verb(words.iter().map(OsString::from).collect());
        assert_eq!(of(&["bloodpool", "src", "--json"]), ["bloodpool", "analyze", "src", "--json"]);
        assert_eq!(of(&["bloodpool", "--json", "src"]), ["bloodpool", "analyze", "--json", "src"]);
        assert_eq!(of(&["bloodpool", "missing.dcm"]), ["bloodpool", "analyze", "missing.dcm"]);
        assert_eq!(of(&["bloodpool", "-v", "src"]), ["bloodpool", "analyze", "-v", "src"]);
        let wrong = of(&["bloodpool", "src", "--colour"]);
        assert_eq!(wrong, ["bloodpool", "analyze", "src", "--colour"]);
        for same in [
            &["bloodpool"][..],
            &["bloodpool", "analyse"],
            &["bloodpool", "train", "src"],
            &["bloodpool", "--help"],
            &["bloodpool", "--version", "src"],
            &["bloodpool", "-v", "help", "analyze"],
            &["bloodpool", "--colour"],
            &["bloodpool", "dataset", "a.csv"],
            &["bloodpool", "anaylze", "src"],
        ] {
            assert_eq!(of(same), same);
        }
    }

    #[test]
    fn a_range_of_percent_is_read_and_checked() {
        assert_eq!(percent_range("10..80"), Ok(10.0..=80.0));
        assert_eq!(percent_range("10..=35.5"), Ok(10.0..=35.5));
        for bad in ["10", "80..10", "0..50", "x..50", "10..120"] {
            assert!(percent_range(bad).is_err(), "{bad}");
        }
    }
}
