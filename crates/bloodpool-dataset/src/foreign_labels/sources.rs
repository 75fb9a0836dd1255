//! The files of other programs: which are read, and the label of each image in them.

use std::path::{Path, PathBuf};

use bloodpool_files::png::read_png_u8;
use bloodpool_files::whole_file::FileError;
use bloodpool_files::{LabelVolume, VolumeFormat};
use ndarray::{Array3, Axis};

use super::error::ForeignLabelsError;
use crate::annotations::stem_of_image;
use crate::coco::read_coco;
use crate::cvat::read_cvat;
use crate::labelme::LabelMeFile;
use crate::shape::Shape;

/// What a file is, by the end of its name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Coco,
    Cvat,
    Volume,
    Png,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_string_lossy().to_lowercase();
        match end.as_str() {
            "json" => Some(Self::Coco),
            "xml" => Some(Self::Cvat),
            "png" => Some(Self::Png),
            _ => VolumeFormat::of_name(path).map(|_| Self::Volume),
        }
    }

    /// Whether such a file holds the labels of many images.
    fn is_list(self) -> bool {
        matches!(self, Self::Coco | Self::Cvat)
    }
}

/// The files that are read.
pub(super) struct SourceFiles {
    /// Those that hold labels, in the order in which they were named, those of a folder sorted.
    pub(super) files: Vec<PathBuf>,
    /// Files of folders that are not read.
    pub(super) not_read: Vec<PathBuf>,
}

impl SourceFiles {
    /// The files that are named, and those directly in the folders that are named. A folder with `.json` or `.xml` files is read for
    /// these alone: beside them often lie the images that were labelled.
    pub(super) fn find(sources: &[PathBuf]) -> Result<Self, ForeignLabelsError> {
        let (mut files, mut not_read) = (Vec::new(), Vec::new());
        for source in sources {
            if !source.is_dir() {
                if Kind::of(source).is_none() {
                    return Err(ForeignLabelsError::OtherFormat(source.clone()));
                }
                files.push(source.clone());
                continue;
            }
            let below = files_in(source)?;
            let lists = below.iter().any(|path| Kind::of(path).is_some_and(Kind::is_list));
            let (read, rest): (Vec<PathBuf>, Vec<PathBuf>) =
                below.into_iter().partition(|path| Kind::of(path).is_some_and(|kind| !lists || kind.is_list()));
            if read.is_empty() {
                return Err(ForeignLabelsError::EmptyFolder(source.clone()));
            }
            files.extend(read);
            not_read.extend(rest);
        }
        Ok(Self { files, not_read })
    }
}

/// The files directly in a folder, sorted, without hidden ones.
fn files_in(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let failed = |source| FileError::Read { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if !hidden && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The label of one image.
pub(super) enum ForeignLabel {
    /// Shapes, of a COCO or CVAT file.
    Drawing(Box<LabelMeFile>),
    /// A mask in a file of its own.
    MaskFile {
        /// Name of the image.
        image: String,
        /// The file.
        path: PathBuf,
    },
}

impl ForeignLabel {
    /// The image as the file names it.
    pub(super) fn image(&self) -> &str {
        match self {
            Self::Drawing(file) => &file.image_path,
            Self::MaskFile { image, .. } => image,
        }
    }

    /// The name of the image, without folder and end.
    pub(super) fn stem(&self) -> String {
        match self {
            Self::Drawing(file) => stem_of_image(&file.image_path),
            Self::MaskFile { image, .. } => image.clone(),
        }
    }

    /// Its shapes; a mask has none.
    pub(super) fn shapes(&self) -> &[Shape] {
        match self {
            Self::Drawing(file) => &file.shapes,
            Self::MaskFile { .. } => &[],
        }
    }

    /// Whether it consists of shapes.
    pub(super) fn is_drawing(&self) -> bool {
        matches!(self, Self::Drawing(_))
    }
}

/// The labels of a file; a mask is not read yet.
pub(super) fn labels_of(path: &Path) -> Result<Vec<ForeignLabel>, ForeignLabelsError> {
    let drawings = match Kind::of(path) {
        Some(Kind::Coco) => read_coco(path)?,
        Some(Kind::Cvat) => read_cvat(path)?,
        Some(Kind::Volume | Kind::Png) => {
            return Ok(vec![ForeignLabel::MaskFile { image: mask_name(path), path: path.to_owned() }]);
        }
        None => return Err(ForeignLabelsError::OtherFormat(path.to_owned())),
    };
    Ok(drawings.into_iter().map(|file| ForeignLabel::Drawing(Box::new(file))).collect())
}

/// The name of the image that a mask is named after: the file without `.png`, `.nrrd`, `.nii` or `.nii.gz`.
fn mask_name(path: &Path) -> String {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let packed = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
    let shorter = stem.rsplit_once('.').filter(|(_, end)| packed && end.eq_ignore_ascii_case("nii"));
    shorter.map_or_else(|| stem.clone(), |(name, _)| name.to_owned())
}

/// The values of a mask, `[frame, row, column]`; a PNG has one frame.
pub(super) fn mask_frames(path: &Path) -> Result<Array3<u8>, FileError> {
    if Kind::of(path) == Some(Kind::Png) {
        return Ok(read_png_u8(path)?.insert_axis(Axis(0)));
    }
    Ok(LabelVolume::read(path)?.labels)
}
