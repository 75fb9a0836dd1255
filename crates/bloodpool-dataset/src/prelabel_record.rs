//! The record of prelabels: which model drew them, and how each file was before a person corrected it.

use std::path::Path;

use bloodpool_core::Mask;
use serde::{Deserialize, Serialize};

use crate::extracted::ExtractedImage;
use crate::image_path::image_path_from;
use crate::labelme::{LabelMeError, LabelMeFile};
use crate::prelabel::prelabel;
use crate::rated_images::SIDE;
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::fingerprint::{FileRecord, read_bytes, sha256};
use bloodpool_files::whole_file::{IfExists, make_folder_of};

/// Name of the usual folder of prelabels beside the images.
pub const PRELABELS_FOLDER: &str = "prelabels";
/// Name of the record in the folder of prelabels. It is no annotation, also where it was copied into the folder of a rater.
pub const PRELABELS_FILE: &str = "prelabels.json";
/// Schema of the record.
pub const PRELABELS_SCHEMA: &str = "bloodpool.prelabels/1";

/// The record. Beside it lies a LabelMe file `<image>.json` for each of the images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrelabelRecord {
    /// [`PRELABELS_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// Name of the model that drew them.
    pub model: String,
    /// SHA-256 of the model.
    pub model_sha256: String,
    /// When they were drawn, UTC, for example `2026-11-26T22:00:00Z`.
    pub when_utc: String,
    /// Label of the shapes.
    pub label: String,
    /// The images.
    pub images: Vec<PrelabelledImage>,
}

/// One image with a prelabel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PrelabelledImage {
    /// Its name, which is that of the LabelMe file without `.json`.
    pub image: String,
    /// SHA-256 of the LabelMe file.
    pub sha256: String,
    /// Number of pixels of the image that LabelMe fills; 0 where the model found nothing.
    pub area_px: usize,
}

impl PrelabelledImage {
    /// Writes a mask as a LabelMe file into the folder of prelabels, which is made if needed, and returns what the record says of
    /// it. `images`: the folder with the record of the images, which `image` is one of.
    ///
    /// # Errors
    /// [`LabelMeError`] when the image does not exist, or the file exists and may not be replaced, or cannot be written.
    pub fn write(
        folder: &Path,
        (images, image): (&Path, &ExtractedImage),
        mask: &Mask,
        label: &str,
        if_exists: IfExists,
    ) -> Result<Self, LabelMeError> {
        let path = folder.join(format!("{}.json", image.name()));
        make_folder_of(&path)?;
        let image_path = image_path_from(folder, &images.join(&image.file))?;
        let file = prelabel(mask, &image_path, (SIDE, SIDE), label);
        file.write(&path, if_exists)?;
        let area_px = file.mask(label)?.area();
        Ok(Self { image: image.name().to_owned(), sha256: sha256(&read_bytes(&path)?), area_px })
    }

    /// The LabelMe file, if it is the one that was recorded.
    ///
    /// # Errors
    /// [`LabelMeError`] when it cannot be read or has changed.
    pub fn read(&self, folder: &Path) -> Result<LabelMeFile, LabelMeError> {
        let record = FileRecord { file: format!("{}.json", self.image), sha256: self.sha256.clone() };
        let bytes = record.read(folder)?;
        serde_json::from_slice(&bytes).map_err(|source| LabelMeError::Json { path: folder.join(&record.file), source })
    }
}

impl PrelabelRecord {
    /// Reads the record of a folder of prelabels.
    ///
    /// # Errors
    /// [`DocumentError`] when there is none, or it cannot be read.
    pub fn read(folder: &Path) -> Result<Read<Self>, DocumentError> {
        document::read(&folder.join(PRELABELS_FILE), PRELABELS_SCHEMA)
    }

    /// Writes the record into a folder of prelabels, as the last file.
    ///
    /// # Errors
    /// [`DocumentError`] when it exists and may not be replaced, or cannot be written.
    pub fn write(&self, folder: &Path, if_exists: IfExists) -> Result<(), DocumentError> {
        document::write(&folder.join(PRELABELS_FILE), PRELABELS_SCHEMA, self, if_exists)
    }
}
