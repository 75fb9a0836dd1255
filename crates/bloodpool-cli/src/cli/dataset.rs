//! The command line of `dataset`: extract, consensus, build, verify.

use std::path::PathBuf;

use bloodpool_dataset::SplitSizes;
use clap::{Args, Subcommand};

use super::{CorrectionsFlags, ExportFlags, LabelsFlags, PredictFlags, SelectionFlags};

const DATASET_EXAMPLES: &str = "\
From studies to a dataset:
  bloodpool dataset extract studies/ --out work             images for raters, counts beside them
  labelme work/images --output raters/anna                  each rater, in a folder of the rater's name
  bloodpool dataset consensus work --raters raters/         consensus, and how raters agree
  bloodpool dataset build work --out data                   split by patient, 60/20/20
  bloodpool dataset verify data";

/// The verbs of `dataset`.
#[derive(Debug, Subcommand)]
#[command(after_help = DATASET_EXAMPLES)]
pub(crate) enum DatasetVerb {
    /// Make images of ED, ED+2, ES and ES+2 for raters to draw on with LabelMe.
    Extract(ExtractFlags),
    /// Take studies that people signed on the review page, with their outlines.
    Add(AddFlags),
    /// Form the consensus of all raters, and report on the raters.
    Consensus(ConsensusFlags),
    /// Split by patient into training, validation and test, in a folder with a manifest.
    Build(BuildFlags),
    /// Check a dataset: every file, mask and frame, and that no patient is in two parts.
    Verify(VerifyFlags),
    /// Take over labels of other programs (COCO, CVAT, NIfTI, NRRD, PNG) as those of a rater.
    Labels(LabelsFlags),
    /// Measure what raters changed of prelabels, and how long it took.
    Corrections(CorrectionsFlags),
    /// Write what a model predicts on a dataset, as masks and probabilities for other programs.
    Predict(PredictFlags),
    /// Write a dataset in the form of nnU-Net v2.
    Export(ExportFlags),
}

const EXTRACT_EXAMPLES: &str = "\
Examples:
  bloodpool dataset extract studies/ --out work
  bloodpool dataset extract sim/studies --out work --frames sim/truth.csv
  bloodpool dataset extract studies/ --out work --pseudonymise --key /safe/key.csv
  bloodpool dataset extract studies/ --out work --prelabel compact --rater raters/anna

Without --frames, ED is frame 1, which the R wave opens, and ES is the frame with the fewest counts where the heart
empties in systole. The second frame of each is N/12 later (at least 1) and wraps round the cycle.
Writes OUT/images/*.png (256x256), OUT/counts/*.npy and OUT/extract.json, which also lists what was set aside in folders.
Exit code: 0 all extracted; 1 some study failed (the others are done); 2 wrong usage.";

/// Flags of `dataset extract`.
#[derive(Debug, Args)]
#[command(after_help = EXTRACT_EXAMPLES)]
pub(crate) struct ExtractFlags {
    /// DICOM files, or folders of them.
    #[arg(required = true, value_name = "STUDY")]
    pub(crate) studies: Vec<PathBuf>,
    /// Folder to write; must be empty, unless --force is given.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Take ED and ES from a CSV with the columns study, end_diastole_frame and end_systole_frame.
    #[arg(long, value_name = "CSV")]
    pub(crate) frames: Option<PathBuf>,
    /// Let a model outline the images first: OUT/prelabels/*.json, for raters to correct instead of drawing from nothing.
    #[arg(long, value_name = "NAME|RUN_FOLDER")]
    pub(crate) prelabel: Option<String>,
    /// Folder of a rater that gets a copy of the prelabels to correct; may be repeated.
    #[arg(long, value_name = "DIR", requires = "prelabel")]
    pub(crate) rater: Vec<PathBuf>,
    /// Leave names, IDs, UIDs and dates out of all files that raters receive.
    #[arg(long, requires = "key")]
    pub(crate) pseudonymise: bool,
    /// File for the list of pseudonyms and patients; must not be in OUT.
    #[arg(long, value_name = "FILE", requires = "pseudonymise")]
    pub(crate) key: Option<PathBuf>,
    /// Which part of a file is read.
    #[command(flatten)]
    pub(crate) selection: SelectionFlags,
    /// Replace an earlier extraction in OUT; raters' files in it are kept.
    #[arg(long)]
    pub(crate) force: bool,
}

const ADD_EXAMPLES: &str = "\
Examples:
  bloodpool dataset add --data data --out work
  bloodpool dataset add --data data --out work --reviewed --pseudonymise --key /safe/key.csv

ED, ES and outlines are those of the last signature on each study (with --reviewed: of the last review or signature).
Writes what `dataset extract` writes, and OUT/raters/confirmed/*.json for LabelMe. The program that owns the data folder may run meanwhile.
Exit code: 0 all extracted; 1 some study failed (the others are done); 2 wrong usage.";

/// Flags of `dataset add`.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct AddFlags {
    /// Data folder of `bloodpool serve` or `bloodpool listen`.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: PathBuf,
    /// Folder to write; must be empty, unless --force is given.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Also studies that were reviewed and not signed.
    #[arg(long)]
    pub(crate) reviewed: bool,
    /// Leave names, IDs, UIDs and dates out of all files.
    #[arg(long, requires = "key")]
    pub(crate) pseudonymise: bool,
    /// File for the list of pseudonyms and patients; must not be in OUT.
    #[arg(long, value_name = "FILE", requires = "pseudonymise")]
    pub(crate) key: Option<PathBuf>,
    /// Replace an earlier extraction in OUT.
    #[arg(long)]
    pub(crate) force: bool,
}

const CONSENSUS_EXAMPLES: &str = "\
Examples:
  bloodpool dataset consensus work --raters raters/
  bloodpool dataset consensus work --raters anna/ --raters ben/ --groups groups.csv
  bloodpool dataset consensus work --raters raters/ --alias ventricle --leave-out ben
  bloodpool dataset consensus work --raters raters/ --staple --leave-out-outliers
  bloodpool dataset consensus work --raters raters/ --assignments who-reads-what.csv --at-least 3

All annotation errors are reported together, and nothing is written until they are corrected.
Writes FOLDER/consensus/: *.png (the consensus), groups/GROUP/*.png (that of each group of raters), mean/*.png, contours/*.svg, raters.csv, ef.csv, consensus.json.";

/// Flags of `dataset consensus`.
#[derive(Debug, Args)]
#[command(after_help = CONSENSUS_EXAMPLES)]
pub(crate) struct ConsensusFlags {
    /// Folder that `dataset extract` wrote.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// A rater's folder of LabelMe files, or a folder of such folders; may be repeated.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub(crate) raters: Vec<PathBuf>,
    /// CSV with the columns rater and group [default: raters.csv beside the raters' folders, if there is one].
    #[arg(long, value_name = "CSV")]
    pub(crate) groups: Option<PathBuf>,
    /// Label of the left ventricle; case does not matter [default: LV, left ventricle, left ventricular].
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Option<String>,
    /// Another label that stands for it; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) alias: Vec<String>,
    /// Form the consensus by STAPLE instead of the majority.
    #[arg(long)]
    pub(crate) staple: bool,
    /// Smallest number of raters per image.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) min_raters: usize,
    /// Use the images that at least so many raters drew on, and leave the others out, instead of --min-raters.
    #[arg(long, value_name = "K", conflicts_with = "min_raters")]
    pub(crate) at_least: Option<usize>,
    /// Table of who was to read which images (columns rater, case, and optionally phase or image, and repeat) [default: everyone all].
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) assignments: Option<PathBuf>,
    /// Leave this rater out; may be repeated.
    #[arg(long, value_name = "RATER")]
    pub(crate) leave_out: Vec<String>,
    /// Leave out raters who are flagged as outliers.
    #[arg(long)]
    pub(crate) leave_out_outliers: bool,
    /// Accept this study although the LVEF of its consensus is outside 5 to 95 %; may be repeated.
    #[arg(long, value_name = "CASE")]
    pub(crate) accept_lvef: Vec<String>,
    /// Replace an earlier consensus.
    #[arg(long)]
    pub(crate) force: bool,
}

const BUILD_EXAMPLES: &str = "\
Examples:
  bloodpool dataset build work --out data
  bloodpool dataset build work --out data --studies 70/23/23 --seed 7
  bloodpool dataset build work --out data --truth sim
  bloodpool dataset build work --out data --reference-images more --reference cmr.csv

All studies of a patient are in the same part; parts are stratified by the LVEF of the consensus.";

/// Flags of `dataset build`.
#[derive(Debug, Args)]
#[command(after_help = BUILD_EXAMPLES)]
pub(crate) struct BuildFlags {
    /// Folder that `dataset extract` wrote and that holds a consensus.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Folder to write; must be empty, unless --force is given.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Seed of the split; the same seed gives the same split.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Training, validation and test, in percent of the studies.
    #[arg(long, value_name = "A/B/C", default_value = "60/20/20", value_parser = percent, conflicts_with = "studies")]
    pub(crate) split: SplitSizes,
    /// Training, validation and test, in numbers of studies, which are kept exactly.
    #[arg(long, value_name = "A/B/C", value_parser = studies)]
    pub(crate) studies: Option<SplitSizes>,
    /// Folder that `simulate` wrote: true LVEF and silhouettes are copied, for evaluation alone.
    #[arg(long, value_name = "SIM")]
    pub(crate) truth: Option<PathBuf>,
    /// Another folder that `dataset extract` wrote, of studies that nobody outlined and that have a reference LVEF: `train` can use them.
    #[arg(long, value_name = "FOLDER", requires = "reference")]
    pub(crate) reference_images: Option<PathBuf>,
    /// Table of these studies and their LVEF by other means (columns study, lvef, modality).
    #[arg(long, value_name = "FILE.csv", requires = "reference_images")]
    pub(crate) reference: Option<PathBuf>,
    /// Accept this study although the LVEF of its consensus is outside 5 to 95 %; may be repeated.
    #[arg(long, value_name = "CASE")]
    pub(crate) accept_lvef: Vec<String>,
    /// Replace an earlier dataset in OUT.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `dataset verify`.
#[derive(Debug, Args)]
pub(crate) struct VerifyFlags {
    /// Folder that `dataset build` wrote.
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

fn percent(text: &str) -> Result<SplitSizes, String> {
    let parts = three(text)?;
    if parts.iter().sum::<usize>() == 100 {
        Ok(SplitSizes::Percent { parts })
    } else {
        Err("the three parts make 100; --studies takes numbers of studies".into())
    }
}

fn studies(text: &str) -> Result<SplitSizes, String> {
    Ok(SplitSizes::Studies { parts: three(text)? })
}

fn three(text: &str) -> Result<[usize; 3], String> {
    // Small enough that sums of them cannot overflow.
    let part = |part: &str| part.trim().parse::<u32>().ok().map(|part| part as usize);
    let parts: Option<Vec<usize>> = text.split('/').map(part).collect();
    let wrong = || "write it as A/B/C, for example 60/20/20".to_owned();
    parts.ok_or_else(wrong)?.try_into().map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_three_numbers() {
        assert_eq!(percent("60/20/20"), Ok(SplitSizes::Percent { parts: [60, 20, 20] }));
        assert_eq!(studies("70 / 23 / 23"), Ok(SplitSizes::Studies { parts: [70, 23, 23] }));
        for bad in ["60/20", "60/20/10", "60/20/20/0", "a/b/c", "-60/80/80", ""] {
            assert!(percent(bad).is_err(), "{bad}");
        }
        assert!(studies("99999999999/1/1").is_err());
    }
}
