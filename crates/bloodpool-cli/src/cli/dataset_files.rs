//! Flags of the verbs of `dataset` that exchange files with other programs.

use std::path::PathBuf;

use bloodpool::predictions::PredictionFiles;
use bloodpool_dataset::{NnunetImages, Split};
use clap::Args;

const PREDICT_EXAMPLES: &str = "\
Examples:
  bloodpool dataset predict data --model runs/first --out predicted
  bloodpool dataset predict data --model compact --split validation --as nifti --as probabilities --out predicted

Files, by --as: png: OUT/masks-256/IMAGE.png of each image that raters saw (255 inside); npy, nifti, nrrd: OUT/masks/CASE.npy, .nii.gz or
.nrrd, every frame in the study's own matrix (1 inside; axes and affine: docs/DATASET.md); probabilities: OUT/probabilities/CASE.npy,
float32. Predicting the test part tells nothing of its raters, and is not counted as reading it.";

const EXPORT_EXAMPLES: &str = "\
Examples:
  bloodpool dataset export data --out nnUNet_raw --number 501 --name MUGA
  bloodpool dataset export data --out nnUNet_raw --number 502 --name MUGA --images nifti

Writes OUT/Dataset501_MUGA for nnU-Net v2: a case per annotated image, the same training, validation and test. splits_final.json goes into
the folder of the dataset below nnUNet_preprocessed after planning; train fold 0.";

/// Flags of `dataset predict`.
#[derive(Debug, Args)]
#[command(after_help = PREDICT_EXAMPLES)]
pub(crate) struct PredictFlags {
    /// Dataset that `dataset build` made.
    #[arg(value_name = "DATA")]
    pub(crate) dataset: PathBuf,
    /// Embedded model by name, or the folder of a training run [default: compact].
    #[arg(long, value_name = "NAME|RUN_FOLDER", env = "BLOODPOOL_MODEL")]
    pub(crate) model: Option<String>,
    /// Part of the dataset: train, validation or test; may be repeated [default: all].
    #[arg(long, value_name = "PART", value_parser = super::evaluate::split)]
    pub(crate) split: Vec<Split>,
    /// Kind of files: png, npy, nifti, nrrd or probabilities; may be repeated [default: png and npy].
    #[arg(long = "as", value_name = "KIND", value_parser = kind)]
    pub(crate) kinds: Vec<PredictionFiles>,
    /// Folder to write; must be empty, unless --force is given.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
    /// Replace files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `dataset export`.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub(crate) struct ExportFlags {
    /// Dataset that `dataset build` made.
    #[arg(value_name = "DATA")]
    pub(crate) dataset: PathBuf,
    /// Folder that the dataset's own folder is made in, nnUNet_raw.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Number of the dataset, 1 to 999.
    #[arg(long, value_name = "N")]
    pub(crate) number: u16,
    /// Its name: letters, digits and `_`.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: String,
    /// What images hold: png (what raters saw) or nifti (unscaled counts with their pixel spacing).
    #[arg(long, value_name = "KIND", value_parser = images, default_value = "png")]
    pub(crate) images: NnunetImages,
    /// Replace files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

fn kind(text: &str) -> Result<PredictionFiles, String> {
    let found = PredictionFiles::ALL.into_iter().find(|(_, name)| *name == text);
    found.map(|(kind, _)| kind).ok_or_else(|| {
        let names: Vec<&str> = PredictionFiles::ALL.iter().map(|(_, name)| *name).collect();
        format!("a kind is {}", names.join(", "))
    })
}

fn images(text: &str) -> Result<NnunetImages, String> {
    match text {
        "png" => Ok(NnunetImages::Png),
        "nifti" => Ok(NnunetImages::NiftiGz),
        _ => Err("images are png or nifti".to_owned()),
    }
}
