//! A built dataset as a raw dataset of nnU-Net v2: the same images, labels and split for another network.

use std::path::{Path, PathBuf};

use bloodpool_core::{FrameIndex, Mask};
use ndarray::Array2;
use serde::Serialize;
use serde_json::json;

use crate::annotated_dataset::{AnnotatedDataset, DatasetStudy};
use crate::dataset::{AnnotatedFrame, DATASET_FILE};
use crate::dataset_error::DatasetError;
use crate::extracted::image_name;
use crate::split::Split;
use bloodpool_files::png::encode_png_u8;
use bloodpool_files::volume::{VolumeFormat, encode_nifti_image, encode_nifti_label_image};
use bloodpool_files::whole_file::{FileError, IfExists, write_with_folders};

/// Largest number of a dataset that nnU-Net's three digits hold.
const LARGEST_NUMBER: u16 = 999;
/// Name of the file of splits.
const SPLITS_FILE: &str = "splits_final.json";

/// What an image of the export holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NnunetImages {
    /// The 8-bit images that raters drew on, `.png`; without a pixel spacing.
    Png,
    /// Unscaled counts on the 256 grid with their pixel spacing, `.nii.gz`, float32, 2-D.
    NiftiGz,
}

impl NnunetImages {
    fn ending(self) -> &'static str {
        match self {
            Self::Png => ".png",
            Self::NiftiGz => ".nii.gz",
        }
    }

    /// The class of nnU-Net that reads them.
    fn reader(self) -> &'static str {
        match self {
            Self::Png => "NaturalImage2DIO",
            Self::NiftiGz => "SimpleITKIO",
        }
    }
}

/// What to export.
#[derive(Debug, Clone, Copy)]
pub struct NnunetOptions<'a> {
    /// The dataset.
    pub dataset: &'a AnnotatedDataset,
    /// The folder `nnUNet_raw`, in which the folder of the dataset is made.
    pub raw: &'a Path,
    /// Number of the dataset, 1 to 999.
    pub number: u16,
    /// Its name: letters, digits and `_`.
    pub name: &'a str,
    /// What images hold.
    pub images: NnunetImages,
    /// What to do with files that exist.
    pub if_exists: IfExists,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NnunetExport {
    /// The folder of the dataset, `DatasetNNN_name`.
    pub folder: PathBuf,
    /// Number of images of training, validation and test.
    pub images: [usize; 3],
}

/// Why a dataset was not exported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NnunetError {
    /// A file of the dataset could not be used.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A number that nnU-Net does not have.
    #[error("{0} is no number of an nnU-Net dataset; they go from 1 to {LARGEST_NUMBER}")]
    Number(u16),
    /// A name that nnU-Net would read differently.
    #[error("`{0}` is no name of an nnU-Net dataset; it has letters, digits and `_`")]
    Name(String),
    /// A part without which nnU-Net does not train.
    #[error("the dataset has no study in its {0} part")]
    NoStudies(Split),
    /// A picture or a document could not be encoded.
    #[error("cannot encode {}: {reason}", path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

/// `dataset.json` of nnU-Net v2.
#[derive(Serialize)]
struct DatasetJson<'a> {
    channel_names: serde_json::Value,
    labels: serde_json::Value,
    #[serde(rename = "numTraining")]
    num_training: usize,
    file_ending: &'a str,
    overwrite_image_reader_writer: &'a str,
    name: &'a str,
    description: String,
}

/// Writes the dataset: `imagesTr` and `labelsTr` (training and validation), `imagesTs` and `labelsTs` (test), `splits_final.json` and,
/// last, `dataset.json`.
///
/// Each annotated frame is a case of its own, named as its image, with one channel; the label is 1 in the LV. `splits_final.json`
/// holds one fold: this dataset's own training and validation, so that no patient is in both. nnU-Net looks for it in the folder of
/// the dataset below `nnUNet_preprocessed`, and makes five folds by image, not by patient, where it is missing: copy it there after
/// planning, and train fold 0.
///
/// # Errors
/// [`NnunetError`] when number or name cannot be used, a part is empty, or a file cannot be read or written.
pub fn export_nnunet(options: &NnunetOptions<'_>) -> Result<NnunetExport, NnunetError> {
    let NnunetOptions { dataset, raw, number, name, .. } = *options;
    if !(1..=LARGEST_NUMBER).contains(&number) {
        return Err(NnunetError::Number(number));
    }
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err(NnunetError::Name(name.into()));
    }
    let folder = raw.join(format!("Dataset{number:03}_{name}"));
    let manifest = folder.join("dataset.json");
    if options.if_exists == IfExists::Refuse && manifest.symlink_metadata().is_ok() {
        return Err(FileError::Exists { path: manifest }.into());
    }
    for part in [Split::Train, Split::Validation] {
        if dataset.split(part).studies().next().is_none() {
            return Err(NnunetError::NoStudies(part));
        }
    }
    let mut cases: [Vec<String>; 3] = Default::default();
    for (part, names) in Split::ALL.into_iter().zip(&mut cases) {
        let suffix = if part == Split::Test { "Ts" } else { "Tr" };
        for study in dataset.split(part).studies() {
            names.extend(write_study(options, &folder, suffix, study)?);
        }
    }
    let [train, validation, test] = &cases;
    let splits = json!([{ "train": train, "val": validation }]);
    write_json(&folder.join(SPLITS_FILE), &splits, options.if_exists)?;
    let own = dataset.manifest();
    let document = DatasetJson {
        channel_names: json!({ "0": "counts" }),
        labels: json!({ "background": 0, "LV": 1 }),
        num_training: train.len() + validation.len(),
        file_ending: options.images.ending(),
        overwrite_image_reader_writer: options.images.reader(),
        name,
        description: format!(
            "Exported by bloodpool from the dataset {}, {DATASET_FILE} sha256 {}. Research use only.",
            own.name,
            dataset.sha256()
        ),
    };
    write_json(&manifest, &document, options.if_exists)?;
    Ok(NnunetExport { folder, images: [train.len(), validation.len(), test.len()] })
}

/// Writes images and labels of a study, and names its cases.
fn write_study(
    options: &NnunetOptions<'_>,
    folder: &Path,
    suffix: &str,
    study: DatasetStudy<'_>,
) -> Result<Vec<String>, NnunetError> {
    let consensus = study.consensus()?;
    let sample = match options.images {
        NnunetImages::Png => None,
        NnunetImages::NiftiGz => Some(study.sample()?.study),
    };
    let ending = options.images.ending();
    let mut names = Vec::new();
    for (annotated, mask) in consensus {
        let name = image_name(study.name(), annotated.phase);
        let image_path = folder.join(format!("images{suffix}/{name}_0000{ending}"));
        let label_path = folder.join(format!("labels{suffix}/{name}{ending}"));
        let (image, label) = match &sample {
            None => (annotated.image.read(study.folder())?, label_png(&label_path, &mask)?),
            Some(sample) => {
                let counts = counts(&image_path, sample, annotated)?;
                let spacing_mm = sample.pixel_spacing_mm();
                let image = encode_nifti_image(&image_path, &counts, spacing_mm, VolumeFormat::NiftiGz)?;
                let labels = label_pixels(&mask);
                let label = encode_nifti_label_image(&label_path, &labels, spacing_mm, VolumeFormat::NiftiGz)?;
                (image, label)
            }
        };
        write_with_folders(&image_path, &image, options.if_exists)?;
        write_with_folders(&label_path, &label, options.if_exists)?;
        names.push(name);
    }
    Ok(names)
}

/// The counts of an annotated frame on the grid of the masks.
fn counts(
    path: &Path,
    sample: &bloodpool_core::GatedStudy,
    annotated: &AnnotatedFrame,
) -> Result<Array2<f32>, NnunetError> {
    let frame = FrameIndex::from_number(annotated.frame).filter(|frame| frame.index() < sample.frames());
    let frame = frame.ok_or_else(|| NnunetError::Encode {
        path: path.to_owned(),
        reason: format!("the study has no frame {}", annotated.frame),
    })?;
    Ok(sample.frame(frame).to_owned())
}

fn label_pixels(mask: &Mask) -> Array2<u8> {
    mask.pixels().mapv(u8::from)
}

fn label_png(path: &Path, mask: &Mask) -> Result<Vec<u8>, NnunetError> {
    encode_png_u8(&label_pixels(mask))
        .map_err(|error| NnunetError::Encode { path: path.to_owned(), reason: error.to_string() })
}

fn write_json(path: &Path, document: &impl Serialize, if_exists: IfExists) -> Result<(), NnunetError> {
    let mut text = serde_json::to_vec_pretty(document)
        .map_err(|error| NnunetError::Encode { path: path.to_owned(), reason: error.to_string() })?;
    text.push(b'\n');
    Ok(write_with_folders(path, &text, if_exists)?)
}
