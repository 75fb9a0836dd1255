//! The command line of `evaluate`.

use std::path::PathBuf;

use bloodpool_dataset::Split;
use clap::{Args, ValueEnum};

const EXAMPLES: &str = "\
Examples:
  bloodpool evaluate runs/deeplab --out results              the test split of the dataset it was trained on
  bloodpool evaluate runs/deeplab --split validation --out v
  bloodpool evaluate runs/deeplab --dataset other --out o    another dataset; the output says so
  bloodpool evaluate runs/fold-* --out cross-validation      the runs of all folds, each on the fold that it held out
  bloodpool evaluate compact --dataset data --out embedded   an embedded model
  bloodpool evaluate --masks nnunet/ --dataset data --out n  the masks of another program, one file per image
  bloodpool evaluate --studies 200 --seed 9001               an embedded model on simulated studies
  bloodpool evaluate --studies 200 --seed 9002 --population other --population made-bad
  bloodpool evaluate --studies 100 --seed 77 --population other --candidates
  bloodpool evaluate --studies 200 --seed 9001 --model runs/first --out first.jsonl
  bloodpool evaluate --studies 200 --seed 9003 --population own --population repeated --function
  bloodpool evaluate --studies 6000 --seed 41 --calibration models/calibration.json
  bloodpool evaluate --studies 600 --seed 61 --population repeated --population visits --repeatability models/repeatability.json
  bloodpool evaluate --reference cmr.csv --out against-cmr   an embedded model against LVEF by other means
  bloodpool evaluate --reference cmr.csv --dataset data --model runs/deeplab --out r  the same with the raters, test split
  bloodpool evaluate region-growing --dataset data --out rg  a classical method; grown-within:compact: fused with a model

With MODEL or --masks: compares it with the consensus of the raters on the frames that raters drew on. Writes OUT/table.md, .csv and .tex
(Table 1 of Oh et al. 2022, agreement of EF and size, what the EF error comes from, the raters), cases.csv,
evaluation.json, figures/ and index.html, and prints Table 1 as Markdown. Reading the test split adds a line to
RUN/test-evaluations.jsonl, or without a run folder to D/test-evaluations.jsonl. A mask file (.png, .npy, .nii.gz, .nii or .nrrd) has
the name of the image that it belongs to, 0 outside and one other value inside, and 256 x 256 pixels or the study's own matrix. docs/EVALUATION.md explains
each measure.

With --reference: analyses each study of the table and prints Markdown: agreement of every protocol with the references (bias,
limits of agreement, concordance, equivalence), by kind of reference where there are several, and how many studies both place
below 50, 40 and 35 %. With --out also OUT/reference.md, reference.json and studies.csv. FILE.csv has a header and a row per
study: study (a DICOM file, from the folder of the table), lvef_reference or lvef (percent), and optionally reference or modality
(for example CMR) and date (2026-05-09). References that were obtained with the outline of bloodpool visible are refused.
With --dataset, the column study names studies of that part of the dataset, and the raters' consensus is compared, too.

With --seed: prints Markdown: errors of LVEF by every protocol and in subgroups of the population, Dice coefficients at the
true ED and ES, findings and the errors of studies with each finding, and coverage of intervals. For made-bad studies: the
outcome of each kind. For repeated studies: the limits of repeatability. For two visits: the error and the interval of
a change. All studies are simulated (docs/SIMULATOR.md).";

/// A population of simulated studies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PopulationChoice {
    /// Ordinary studies of the hearts that models are trained on.
    Own,
    /// Ordinary studies of hearts, chests and a camera of another construction, never trained on.
    Other,
    /// Studies for which no LVEF should be reported, or only with a warning.
    MadeBad,
    /// Patients of the own family, acquired four times each.
    Repeated,
    /// Patients of the own family at two visits, between which the LVEF has changed.
    Visits,
}

/// Flags of `evaluate`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct EvaluateFlags {
    /// Model to compare with the raters of a dataset: a finished run folder, an embedded model or classical method by name (see
    /// `analyze --help`), or a folder of weights; or the runs of several folds, which are evaluated together.
    #[arg(value_name = "MODEL", conflicts_with_all = ["studies", "seed", "populations", "candidates", "known_bias", "calibration", "repeatability", "reference"])]
    pub(crate) run: Vec<PathBuf>,
    /// Folder of masks that another program drew on the images of a dataset, instead of MODEL.
    #[arg(long, value_name = "FOLDER", requires = "dataset", conflicts_with_all = ["run", "studies", "seed", "populations", "candidates", "known_bias", "calibration", "repeatability", "reference", "protocol"])]
    pub(crate) masks: Option<PathBuf>,
    /// Table of studies and their LVEF by other means, for example CMR, to compare every protocol with.
    #[arg(long, value_name = "FILE.csv", conflicts_with_all = ["studies", "seed", "populations", "candidates", "known_bias", "calibration", "repeatability"])]
    pub(crate) reference: Option<PathBuf>,
    /// Dataset to evaluate on [default: the one that the run was trained on].
    #[arg(long, value_name = "D")]
    pub(crate) dataset: Option<PathBuf>,
    /// Part of the dataset: train, validation or test [default: test; of a run with a fold, the fold that was held out].
    #[arg(long, value_name = "PART", value_parser = split)]
    pub(crate) split: Option<Split>,
    /// Folder of images with the raters' consensus, where the dataset does not contain the results of its raters.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) images: Option<PathBuf>,
    /// Number of simulated studies of each part.
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub(crate) studies: u64,
    /// Seed of the simulated studies.
    #[arg(long, value_name = "S", required_unless_present_any = ["run", "masks", "reference"])]
    pub(crate) seed: Option<u64>,
    /// Population of simulated studies; may be repeated.
    #[arg(long = "population", value_name = "NAME", value_enum, default_value = "own")]
    pub(crate) populations: Vec<PopulationChoice>,
    /// Judge every number of ventricular function instead of the LVEF alone: populations own, other and repeated.
    #[arg(long, requires = "seed")]
    pub(crate) function: bool,
    /// The protocol whose LVEF, findings and interval are judged [default: background_image].
    #[arg(long, value_name = "NAME|FILE.toml", conflicts_with = "run")]
    pub(crate) protocol: Option<String>,
    /// Measure every protocol that `background_image` was chosen among.
    #[arg(long)]
    pub(crate) candidates: bool,
    /// Model, as for `analyze` [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
    /// With MODEL, --masks or --reference: folder to write. Without: write one JSON document per study into this file, one per line.
    #[arg(long, value_name = "OUT", required_unless_present_any = ["seed", "reference"])]
    pub(crate) out: Option<PathBuf>,
    /// Write the known bias of each protocol, which the report shows, from population own.
    #[arg(long, value_name = "FILE")]
    pub(crate) known_bias: Option<PathBuf>,
    /// Write how well LVEF repeats, for `compare`, from the populations repeated and visits.
    #[arg(long, value_name = "FILE")]
    pub(crate) repeatability: Option<PathBuf>,
    /// Calibrate the interval of LVEF on population own (at least 500 studies) and write it into this file.
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    /// Replace output files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

pub(super) fn split(text: &str) -> Result<Split, String> {
    let found = Split::ALL.into_iter().find(|split| split.to_string() == text);
    found.ok_or_else(|| format!("a part is {}", Split::ALL.map(|split| split.to_string()).join(", ")))
}
