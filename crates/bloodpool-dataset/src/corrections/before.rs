//! The prelabels as they were before anyone corrected them, and the images that they are of.

use std::collections::BTreeMap;

use bloodpool_core::Mask;
use bloodpool_files::png::decode_png_u8;
use rayon::prelude::*;

use super::error::CorrectionsError;
use super::options::CorrectionsOptions;
use crate::annotations::ImageToAnnotate;
use crate::extracted::{ExtractManifest, ExtractedImage};
use crate::prelabel_record::{PRELABELS_FILE, PrelabelRecord, PrelabelledImage};
use crate::rated_images::SIDE;

/// The images of a folder with their pixels.
pub(super) fn images_of(
    options: &CorrectionsOptions<'_>,
    manifest: &ExtractManifest,
) -> Result<Vec<ImageToAnnotate>, CorrectionsError> {
    let images: Vec<&ExtractedImage> = manifest.cases.iter().flat_map(|case| &case.images).collect();
    let read = |image: &&ExtractedImage| {
        let bytes = image.record().read(options.images)?;
        let grey = decode_png_u8(&options.images.join(&image.file), &bytes)?;
        Ok(ImageToAnnotate { name: image.name().to_owned(), grey })
    };
    images.par_iter().map(read).collect()
}

/// The masks of the prelabels by the name of the image.
pub(super) fn prelabels_of(
    options: &CorrectionsOptions<'_>,
    record: &PrelabelRecord,
    images: &[ImageToAnnotate],
) -> Result<BTreeMap<String, Mask>, CorrectionsError> {
    let path = || options.prelabels.join(PRELABELS_FILE);
    let known = |image: &PrelabelledImage| images.iter().any(|known| known.name == image.image);
    if let Some(image) = record.images.iter().find(|image| !known(image)) {
        let (image, images) = (image.image.clone(), options.images.to_owned());
        return Err(CorrectionsError::UnknownImage { record: path(), image, images });
    }
    let read = |image: &PrelabelledImage| {
        let other =
            |reason: String| CorrectionsError::OtherPrelabel { record: path(), image: image.image.clone(), reason };
        let file = image.read(options.prelabels)?;
        let mask = file.mask(&record.label)?;
        let (rows, columns) = mask.dim();
        if (rows, columns) != (SIDE, SIDE) {
            return Err(other(format!("is for {columns} x {rows} pixels; the images have {SIDE} x {SIDE}")));
        }
        if mask.area() != image.area_px {
            return Err(other(format!("holds {} pixels, where {} were recorded", mask.area(), image.area_px)));
        }
        Ok((image.image.clone(), mask))
    };
    let masks = record.images.par_iter().map(read).collect::<Result<Vec<_>, CorrectionsError>>()?;
    let mut by_name = BTreeMap::new();
    for (image, mask) in masks {
        if by_name.insert(image.clone(), mask).is_some() {
            return Err(CorrectionsError::Twice { record: path(), image });
        }
    }
    Ok(by_name)
}
