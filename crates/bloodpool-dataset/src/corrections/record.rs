//! `Corrections`: the record of what raters changed of prelabels.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file_times::TimePerImage;
use super::mean_by_patient::MeanByPatient;
use crate::annotations::AnnotationProblem;
use bloodpool_files::csv_table::encode_csv;
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::whole_file::{FileError, IfExists};

/// Usual name of the record.
pub const CORRECTIONS_FILE: &str = "corrections.json";
/// Schema of the record.
pub const CORRECTIONS_SCHEMA: &str = "bloodpool.corrections/1";

/// Columns of the table of images.
const IMAGE_COLUMNS: [&str; 5] = ["image", "rater", "dice", "area_change_percent", "changed"];

/// The record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrections {
    /// [`CORRECTIONS_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// SHA-256 of the record of the images.
    pub extract_sha256: String,
    /// SHA-256 of the record of the prelabels.
    pub prelabels_sha256: String,
    /// Name of the model that drew the prelabels.
    pub model: String,
    /// SHA-256 of the model.
    pub model_sha256: String,
    /// Number of images with a prelabel.
    pub prelabelled: usize,
    /// The raters, by name.
    pub raters: Vec<RaterCorrections>,
    /// Errors and warnings about raters' files. A file with an error is not compared; images that are missing are no error here.
    pub problems: Vec<AnnotationProblem>,
}

/// What one rater changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RaterCorrections {
    /// Name of the rater.
    pub rater: String,
    /// Number of images that were compared.
    pub images: usize,
    /// Number of images with a prelabel that this rater has no usable file of.
    pub missing: usize,
    /// Images that the rater drew on without a prelabel; they are not compared.
    pub without_prelabel: Vec<String>,
    /// Number of images whose mask is the prelabel, pixel for pixel.
    pub unchanged: usize,
    /// Dice coefficient of prelabel and corrected mask, 0 to 1; the interval is computed on a logit scale.
    pub dice: Option<MeanByPatient>,
    /// The least of them.
    pub least_dice: Option<f64>,
    /// The image that has it.
    pub least_dice_image: Option<String>,
    /// (corrected area - prelabel area) / prelabel area, percent, over images whose prelabel is not empty.
    pub area_change_percent: Option<MeanByPatient>,
    /// LVEF from corrected masks less LVEF from prelabels, EF points, over studies with both.
    pub lvef_change_points: Option<MeanByPatient>,
    /// LVEF of each study of which the rater has ED and ES.
    pub lvef: Vec<CorrectedLvef>,
    /// Time per image, from the times of the rater's files; `None` where these tell none, for example because they were copied.
    pub time: Option<TimePerImage>,
    /// The images that were compared.
    pub compared: Vec<ImageCorrection>,
}

/// LVEF of one study by Eq. 5 and 6 of Oh et al. 2022.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrectedLvef {
    /// The study.
    pub case: String,
    /// From the prelabels, percent; `None` where they give none.
    pub prelabels_percent: Option<f64>,
    /// From the corrected masks, percent; `None` where they give none.
    pub corrected_percent: Option<f64>,
    /// Corrected less prelabels, EF points.
    pub change_points: Option<f64>,
}

/// What one rater changed on one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageCorrection {
    /// The image.
    pub image: String,
    /// Dice coefficient of prelabel and corrected mask, 0 to 1.
    pub dice: f64,
    /// (corrected area - prelabel area) / prelabel area, percent; `None` for an empty prelabel.
    pub area_change_percent: Option<f64>,
    /// Whether a pixel differs.
    pub changed: bool,
}

impl Corrections {
    /// Reads a record.
    ///
    /// # Errors
    /// [`DocumentError`] when it cannot be read.
    pub fn read(path: &Path) -> Result<Read<Self>, DocumentError> {
        document::read(path, CORRECTIONS_SCHEMA)
    }

    /// Writes the record.
    ///
    /// # Errors
    /// [`DocumentError`] when the file exists and may not be replaced, or cannot be written.
    pub fn write(&self, path: &Path, if_exists: IfExists) -> Result<(), DocumentError> {
        document::write(path, CORRECTIONS_SCHEMA, self, if_exists)
    }

    /// One row per rater and image, as the bytes of a CSV file with the columns `image`, `rater`, `dice`, `area_change_percent` (empty
    /// for an empty prelabel) and `changed` (`true`, `false`).
    ///
    /// # Errors
    /// [`FileError::Format`] when a row cannot be encoded; `path` is what the error names.
    pub fn images_csv(&self, path: &Path) -> Result<Vec<u8>, FileError> {
        let row = |rater: &str, image: &ImageCorrection| {
            [
                image.image.clone(),
                rater.to_owned(),
                format!("{:.5}", image.dice),
                image.area_change_percent.map(|change| format!("{change:.3}")).unwrap_or_default(),
                image.changed.to_string(),
            ]
        };
        let of_rater =
            |rater: &RaterCorrections| rater.compared.iter().map(|image| row(&rater.rater, image)).collect::<Vec<_>>();
        encode_csv(path, &IMAGE_COLUMNS, self.raters.iter().flat_map(of_rater))
    }
}
