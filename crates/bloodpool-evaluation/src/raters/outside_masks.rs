//! `OutsideMasks`: the masks that another program drew on the images of a dataset, one file per image.

use std::path::{Path, PathBuf};

use bloodpool_core::measure::counts::GridCounts;
use bloodpool_core::protocol::Grid;
use bloodpool_core::{GatedStudy, Mask, ModelIdentity};
use bloodpool_dataset::{DatasetStudy, RatedPhase};
use bloodpool_files::{FileError, LabelVolume, VolumeFormat, read_npy_f32, read_npy_u8, read_png_u8, sha256};
use ndarray::{Array2, Ix2};

use crate::EvaluationError;

/// Probability above which a pixel lies inside.
const INSIDE: f32 = 0.5;
/// Side of the images that raters saw, pixels.
const SIDE: usize = 256;
/// Ends of the names of files that are read.
const ENDS: [&str; 5] = ["png", "npy", "nii.gz", "nii", "nrrd"];

/// A folder with a mask for each image of a dataset: the image `case-ed.png` has `case-ed.png`, `.npy`, `.nii.gz`, `.nii` or `.nrrd`
/// there.
///
/// PNG: 8 bits, 0 outside and one other value inside. NumPy: `uint8` likewise, or `float32` probabilities of which those above one
/// half are inside. NIfTI and NRRD: one slice, 0 outside and one other value inside ([`LabelVolume`]). A mask has the 256 x 256 pixels of the image or the study's own matrix.
#[derive(Debug, Clone)]
pub struct OutsideMasks {
    folder: PathBuf,
    identity: ModelIdentity,
}

/// The masks of one study on the 256 grid; `None` where there is no file.
pub type MasksOfStudy = Vec<(RatedPhase, Option<Mask>)>;

impl OutsideMasks {
    /// The masks in a folder. They are identified by a hash over all of them.
    ///
    /// # Errors
    /// [`EvaluationError`] when the folder cannot be read, or there is no mask in it.
    pub fn open(folder: &Path) -> Result<Self, EvaluationError> {
        let unread = |source| FileError::Read { path: folder.to_owned(), source };
        let mut files = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
            if ENDS.iter().any(|end| name.ends_with(&format!(".{end}"))) {
                files.push(path);
            }
        }
        if files.is_empty() {
            return Err(EvaluationError::NoMasks { folder: folder.to_owned() });
        }
        files.sort();
        let mut hashes = String::new();
        for path in files {
            let bytes = std::fs::read(&path).map_err(|source| FileError::Read { path: path.clone(), source })?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            hashes += &format!("{name} {}\n", sha256(&bytes));
        }
        let name =
            folder.file_name().map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into());
        let identity = ModelIdentity { name: format!("masks in {name}"), sha256: sha256(hashes.as_bytes()) };
        Ok(Self { folder: folder.to_owned(), identity })
    }

    /// The name of the folder and the hash of all masks.
    #[must_use]
    pub fn identity(&self) -> ModelIdentity {
        self.identity.clone()
    }

    /// The masks of the images of a study.
    ///
    /// # Errors
    /// [`EvaluationError`] when a file cannot be read as a mask, or has another size.
    pub fn of(&self, study: &DatasetStudy<'_>, counts: &GatedStudy) -> Result<MasksOfStudy, EvaluationError> {
        let images = &study.case().annotated;
        images.iter().map(|image| Ok((image.phase, self.mask(Path::new(&image.image.file), counts)?))).collect()
    }

    fn mask(&self, image: &Path, study: &GatedStudy) -> Result<Option<Mask>, EvaluationError> {
        let stem = image.file_stem().unwrap_or_default().to_string_lossy();
        let mut paths = ENDS.iter().map(|end| self.folder.join(format!("{stem}.{end}")));
        let Some(path) = paths.find(|path| path.is_file()) else { return Ok(None) };
        let mask = read(&path)?;
        let (rows, columns) = (study.rows(), study.columns());
        match mask.dim() {
            (SIDE, SIDE) => Ok(Some(mask)),
            dim if dim == (rows, columns) => Ok(Some(GridCounts::new(study, Grid::Square256).mask(&mask))),
            (found_rows, found_columns) => Err(EvaluationError::MaskSize {
                path,
                found: [found_rows, found_columns],
                expected: [[SIDE, SIDE], [rows, columns]],
            }),
        }
    }
}

fn read(path: &Path) -> Result<Mask, EvaluationError> {
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png")) {
        return of_values(path, &read_png_u8(path)?);
    }
    if VolumeFormat::of_name(path).is_some() {
        let volume = LabelVolume::read(path)?.labels;
        return match volume.outer_iter().next() {
            Some(slice) if volume.dim().0 == 1 => of_values(path, &slice.to_owned()),
            _ => Err(EvaluationError::NoMask {
                path: path.to_owned(),
                why: format!("it has {} slices: one is needed", volume.dim().0),
            }),
        };
    }
    match read_npy_u8::<Ix2>(path) {
        Ok(values) => of_values(path, &values),
        // Which of the two it is, its header says.
        Err(error) => match read_npy_f32::<Ix2>(path) {
            Ok(values) if values.iter().all(|value| (0.0..=1.0).contains(value)) => {
                Ok(Mask::new(values.mapv(|probability| probability > INSIDE)))
            }
            Ok(_) => Err(EvaluationError::NoMask {
                path: path.to_owned(),
                why: "values are not probabilities from 0 to 1".to_owned(),
            }),
            Err(_) => Err(error.into()),
        },
    }
}

/// 0 outside, and one other value inside.
fn of_values(path: &Path, values: &Array2<u8>) -> Result<Mask, EvaluationError> {
    let mut inside: Vec<u8> = values.iter().copied().filter(|value| *value != 0).collect();
    inside.sort_unstable();
    inside.dedup();
    if inside.len() > 1 {
        let named: Vec<String> = inside.iter().take(4).map(u8::to_string).collect();
        let why = format!("it has several values besides 0 ({}): one is needed", named.join(", "));
        return Err(EvaluationError::NoMask { path: path.to_owned(), why });
    }
    Ok(Mask::new(values.mapv(|value| value != 0)))
}

#[cfg(test)]
mod tests {
    use bloodpool_files::{IfExists, write_npy_f32, write_npy_u8, write_png_u8};
    use ndarray::Array3;

    use super::*;

    #[test]
    fn masks_of_every_form_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(OutsideMasks::open(folder.path()).unwrap_err().to_string().contains("no mask"));
        let square = |side: usize| Array2::from_shape_fn((side, side), |(row, column)| u8::from(row < 8 && column < 8));
        write_png_u8(&at("a.png"), &square(256).mapv(|value| 255 * value), IfExists::Refuse).unwrap();
        write_npy_u8(&at("b.npy"), &square(256), IfExists::Refuse).unwrap();
        write_npy_f32(&at("c.npy"), &square(64).mapv(|value| 0.6 * f32::from(value)), IfExists::Refuse).unwrap();
        write_npy_u8(&at("d.npy"), &square(100), IfExists::Refuse).unwrap();
        write_npy_u8(&at("e.npy"), &Array2::from_shape_fn((256, 256), |(row, _)| row as u8), IfExists::Refuse).unwrap();
        write_npy_f32(&at("f.npy"), &square(64).mapv(|value| 3.0 * f32::from(value)), IfExists::Refuse).unwrap();
        let volume = |frames: usize| LabelVolume {
            labels: Array3::from_shape_fn((frames, 256, 256), |(_, row, column)| u8::from(row < 8 && column < 8)),
            pixel_spacing_mm: Some([1.5; 2]),
        };
        for (name, frames) in [("h.nii.gz", 1), ("i.nii", 1), ("j.nrrd", 1), ("k.nrrd", 2)] {
            volume(frames).write(&at(name), IfExists::Refuse).unwrap();
        }
        let masks = OutsideMasks::open(folder.path()).unwrap();
        let study = GatedStudy::new(Array3::from_elem((16, 64, 64), 100.0), None).unwrap();
        let read = |name: &str| masks.mask(Path::new(&format!("images/{name}.png")), &study);
        assert_eq!(read("a").unwrap().unwrap().area(), 64);
        for other in ["b", "h", "i", "j"] {
            assert_eq!(read("a").unwrap(), read(other).unwrap(), "{other}");
        }
        // 8 x 8 pixels of 64 are 32 x 32 of 256, less at the bilinear corner.
        let area = read("c").unwrap().unwrap().area();
        assert!((1000..=1024).contains(&area), "{area}");
        assert_eq!(read("absent").unwrap(), None);
        for (name, said) in [
            ("d.npy", "100 x 100"),
            ("e.npy", "several values"),
            ("f.npy", "probabilities"),
            ("k.nrrd", "it has 2 slices"),
        ] {
            let error = read(&name[..1]).unwrap_err().to_string();
            assert!(error.contains(said) && error.contains(name), "{error}");
        }
        let before = masks.identity();
        write_npy_u8(&at("g.npy"), &square(256), IfExists::Refuse).unwrap();
        assert_ne!(OutsideMasks::open(folder.path()).unwrap().identity().sha256, before.sha256);
    }
}
