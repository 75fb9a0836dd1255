//! What a model predicts on the studies of a dataset, as files for other programs.

use std::path::{Path, PathBuf};

use bloodpool_core::analysis::segment;
use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::protocol::Grid;
use bloodpool_core::{Mask, Segmenter};
use bloodpool_dataset::consensus::grey_of;
use bloodpool_dataset::{DatasetPart, DatasetStudy};
use bloodpool_files::{FileError, IfExists, LabelVolume, write_npy_f32, write_npy_u8, write_png_u8};

/// Kinds of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PredictionFiles {
    /// `masks-256/IMAGE.png`: the mask of each image that raters saw, 255 inside.
    Png,
    /// `masks/CASE.npy`: uint8 `(frames, rows, columns)` of the study's own matrix, 1 inside.
    Npy,
    /// `masks/CASE.nii.gz`: the same as NIfTI.
    Nifti,
    /// `masks/CASE.nrrd`: the same as NRRD.
    Nrrd,
    /// `probabilities/CASE.npy`: float32 `(frames, rows, columns)` of the study's own matrix; of models that have them.
    Probabilities,
}

impl PredictionFiles {
    /// Every kind, with the name that people write.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Png, "png"),
        (Self::Npy, "npy"),
        (Self::Nifti, "nifti"),
        (Self::Nrrd, "nrrd"),
        (Self::Probabilities, "probabilities"),
    ];

    /// The folder that files of this kind go into.
    #[must_use]
    pub fn folder(self) -> &'static str {
        match self {
            Self::Png => "masks-256",
            Self::Npy | Self::Nifti | Self::Nrrd => "masks",
            Self::Probabilities => "probabilities",
        }
    }
}

/// Why predictions could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictionError {
    /// A study of the dataset cannot be read.
    #[error(transparent)]
    Dataset(#[from] bloodpool_dataset::DatasetError),
    /// The model failed.
    #[error("study `{case}`")]
    Segmentation {
        /// The study.
        case: String,
        /// Why.
        #[source]
        source: bloodpool_core::SegmentationError,
    },
    /// A file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The model gives no probabilities.
    #[error("the model gives masks alone, no probabilities")]
    NoProbabilities,
}

/// Writes what a model predicts on each study of a part; `each` is called after each study, and stops the work where it returns `false`.
/// The result is the number of studies done.
///
/// # Errors
/// [`PredictionError`] naming the study.
pub fn write(
    segmenter: &dyn Segmenter,
    part: &DatasetPart,
    kinds: &[PredictionFiles],
    out: &Path,
    if_exists: IfExists,
    mut each: impl FnMut() -> bool,
) -> Result<usize, PredictionError> {
    let mut done = 0;
    for study in part.studies() {
        one(segmenter, &study, kinds, out, if_exists)?;
        done += 1;
        if !each() {
            break;
        }
    }
    Ok(done)
}

fn one(
    segmenter: &dyn Segmenter,
    study: &DatasetStudy<'_>,
    kinds: &[PredictionFiles],
    out: &Path,
    if_exists: IfExists,
) -> Result<(), PredictionError> {
    let (case, counts) = (study.name(), study.own_matrix()?);
    let failed = |source| PredictionError::Segmentation { case: case.to_owned(), source };
    let seen = segment(&counts, segmenter).map_err(failed)?;
    let grid = GridCounts::new(&counts, Grid::Square256);
    for kind in kinds {
        let file = |name: &str, end: &str| -> Result<PathBuf, FileError> {
            let folder = out.join(kind.folder());
            let written = std::fs::create_dir_all(&folder);
            written.map_err(|source| FileError::Write { path: folder.clone(), source })?;
            Ok(folder.join(format!("{name}.{end}")))
        };
        let volume = |end: &str| -> Result<(), PredictionError> {
            let Some(labels) = Mask::stack(&seen.masks) else { return Ok(()) };
            let pixel_spacing_mm = counts.pixel_spacing_mm();
            Ok(LabelVolume { labels, pixel_spacing_mm }.write(&file(case, end)?, if_exists)?)
        };
        match kind {
            PredictionFiles::Png => {
                for annotated in &study.case().annotated {
                    let Some(mask) = annotated.frame.checked_sub(1).and_then(|frame| seen.masks.get(frame)) else {
                        continue;
                    };
                    let stem = Path::new(&annotated.image.file).file_stem().unwrap_or_default().to_string_lossy();
                    write_png_u8(&file(&stem, "png")?, &grey_of(&grid.mask(mask)), if_exists)?;
                }
            }
            PredictionFiles::Npy => {
                if let Some(labels) = Mask::stack(&seen.masks) {
                    write_npy_u8(&file(case, "npy")?, &labels, if_exists)?;
                }
            }
            PredictionFiles::Nifti => volume("nii.gz")?,
            PredictionFiles::Nrrd => volume("nrrd")?,
            PredictionFiles::Probabilities => {
                let probability = seen.lv_probability.as_ref().ok_or(PredictionError::NoProbabilities)?;
                write_npy_f32(&file(case, "npy")?, probability, if_exists)?;
            }
        }
    }
    Ok(())
}
