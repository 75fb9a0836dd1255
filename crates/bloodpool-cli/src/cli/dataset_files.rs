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

const LABELS_EXAMPLES: &str = "\
Examples:
  bloodpool dataset labels coco.json --images work --out raters/anna
  bloodpool dataset labels cvat.xml --images work --out raters/ben --label LV --alias ventricle
  bloodpool dataset labels itksnap/ --images work --out raters/cho       IMAGE.nii.gz, .nii, .nrrd or .png per image

Writes one LabelMe file per image that has a label, which LabelMe opens and `dataset consensus` reads. Masks have 256 x 256 pixels or the
study's own matrix, 0 outside and one other value inside. Labels of other images are counted and named.";

const CORRECTIONS_EXAMPLES: &str = "\
Examples:
  bloodpool dataset extract studies/ --out work --prelabel compact --rater raters/anna
  labelme work/images --output raters/anna
  bloodpool dataset corrections work --raters raters/ --out corrections

Prints, for each rater: images, how many were left as they were, Dice between prelabel and corrected outline, change of area and of LVEF,
and seconds per image from the times of the files. With --out also OUT/corrections.json and images.csv.";

/// Flags of `dataset labels`.
#[derive(Debug, Args)]
#[command(after_help = LABELS_EXAMPLES)]
pub(crate) struct LabelsFlags {
    /// COCO JSON, CVAT XML, or masks in NIfTI, NRRD or PNG; or folders of them.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) sources: Vec<PathBuf>,
    /// Folder that `dataset extract` wrote, whose images were labelled.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) images: PathBuf,
    /// Label of the left ventricle in these files, and in those that are written [default: LV].
    #[arg(long, value_name = "TEXT", default_value = "LV")]
    pub(crate) label: String,
    /// Another label of these files that stands for it; may be repeated.
    #[arg(long, value_name = "TEXT")]
    pub(crate) alias: Vec<String>,
    /// Folder of the rater to write.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace LabelMe files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `dataset corrections`.
#[derive(Debug, Args)]
#[command(after_help = CORRECTIONS_EXAMPLES)]
pub(crate) struct CorrectionsFlags {
    /// Folder that `dataset extract --prelabel` wrote.
    #[arg(value_name = "FOLDER")]
    pub(crate) images: PathBuf,
    /// A rater's folder of LabelMe files, or a folder of such folders; may be repeated.
    #[arg(long, required = true, num_args = 1.., value_name = "DIR")]
    pub(crate) raters: Vec<PathBuf>,
    /// Label of the left ventricle in the raters' files; may be repeated [default: LV, left ventricle, left ventricular].
    #[arg(long, value_name = "TEXT")]
    pub(crate) label: Vec<String>,
    /// Folder to write.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: Option<PathBuf>,
    /// Replace output files that exist.
    #[arg(long)]
    pub(crate) force: bool,
}

/// Flags of `dataset predict`.
#[derive(Debug, Args)]
#[command(after_help = PREDICT_EXAMPLES)]
pub(crate) struct PredictFlags {
    /// Dataset that `dataset build` made.
    #[arg(value_name = "DATA")]
    pub(crate) dataset: PathBuf,
    /// Model, as for `analyze` [default: compact].
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
