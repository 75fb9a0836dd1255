//! The files of a consensus: for each image the mean and the binary ROI of all raters, and the record of both.

use std::path::{Path, PathBuf};

use bloodpool_core::Mask;
use bloodpool_stats::{AgreementError, consensus, mean_mask, staple};
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::agreement::Agreement;
use super::group_masks::GroupConsensus;
use super::repeats::Repeats;
use crate::annotations::AnnotationProblem;
use crate::rated_frames::RatedPhase;
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::png::encode_png_u8;
use bloodpool_files::whole_file::{FileError, IfExists};

/// Folder of the consensus within that of the images.
pub const CONSENSUS_FOLDER: &str = "consensus";
/// Name of the record in its folder.
pub const CONSENSUS_FILE: &str = "consensus.json";
/// Schema of the record.
pub const CONSENSUS_SCHEMA: &str = "bloodpool.consensus/1";

/// How many masks become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsensusRule {
    /// The pixels that more than half of the raters have inside: Eq. 1 of Oh et al. 2022 above 0.5.
    Majority,
    /// The pixels that belong to the LV with a probability above 0.5 according to STAPLE.
    Staple,
}

/// The record: what the consensus was formed from, and how its raters agree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsensusManifest {
    /// [`CONSENSUS_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// SHA-256 of the manifest of the images.
    pub extract_sha256: String,
    /// How many masks became one.
    pub rule: ConsensusRule,
    /// Labels that stand for the left ventricle.
    pub labels: Vec<String>,
    /// Fewest raters of an image, where images with fewer are an error.
    pub min_raters: usize,
    /// Fewest raters of an image, where images with fewer were left out; `None` where that was an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<usize>,
    /// The images that have no consensus, because fewer raters drew on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out_images: Vec<LeftOutImage>,
    /// SHA-256 of the table of assignments; `None` where everyone was to draw on all images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignments_sha256: Option<String>,
    /// Raters who were left out by name.
    pub left_out: Vec<String>,
    /// Raters who were left out as outliers.
    pub left_out_as_outliers: Vec<String>,
    /// What a reader should know of the consensus as a whole.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Studies whose consensus was accepted though its LVEF lies outside the range of a beating heart.
    #[serde(default)]
    pub accepted_lvef: Vec<String>,
    /// One entry per study, in the order of the manifest of the images.
    pub cases: Vec<CaseConsensus>,
    /// How raters and groups agree, see `docs/DATASET.md`; `None` for a single rater.
    pub agreement: Option<Agreement>,
    /// How raters agree with themselves; `None` where nobody drew on an image twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeats: Option<Repeats>,
    /// What is wrong, or should be looked at, in the raters' files.
    pub problems: Vec<AnnotationProblem>,
    /// Other files of the consensus: pictures and tables.
    pub files: Vec<FileRecord>,
}

/// The consensus of one study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseConsensus {
    /// The study.
    pub case: String,
    /// LVEF by Eq. 5 and 6 of Oh et al. 2022 from the consensus at ED and ES, percent, where a frame that lost counts at the end of
    /// the cycle is charged as much less background; `None` where it cannot be computed.
    pub lvef_percent: Option<f64>,
    /// The same by Eq. 6 to the letter: the background level of ES is taken from both frames, whatever they lost.
    #[serde(default)]
    pub lvef_percent_of_one_level: Option<f64>,
    /// Why it cannot be computed.
    pub lvef_problem: Option<String>,
    /// The same with background from the arc of protocol `standard`, on the 256 grid: where Eq. 5 finds none, a split
    /// still needs to know about how large the LVEF is.
    pub arc_lvef_percent: Option<f64>,
    /// One entry per image that has a consensus, in the order of [`RatedPhase::ALL`].
    pub images: Vec<ConsensusImage>,
}

/// The consensus of one image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsensusImage {
    /// Name of the image.
    pub image: String,
    /// What it shows.
    pub phase: RatedPhase,
    /// The frame, from 1.
    pub frame: usize,
    /// Number of raters.
    pub raters: usize,
    /// Area of the consensus, pixels of the 256 grid.
    pub area_px: usize,
    /// The consensus: an 8-bit image, 255 inside.
    pub mask: FileRecord,
    /// The mean of all raters x 255.
    pub mean: FileRecord,
    /// The consensus of each group of raters, sorted by name; empty where no groups are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupConsensus>,
}

/// An image that has no consensus, because fewer raters drew on it than were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOutImage {
    /// The study.
    pub case: String,
    /// Name of the image.
    pub image: String,
    /// What it shows.
    pub phase: RatedPhase,
    /// Number of raters who drew on it.
    pub raters: usize,
}

/// The mean and the binary ROI of one image.
#[derive(Debug, Clone, PartialEq)]
pub struct ImageConsensus {
    /// The mean of the raters' masks x 255, rounded, whatever the rule.
    pub mean: Array2<u8>,
    /// The consensus.
    pub mask: Mask,
}

impl ImageConsensus {
    /// Forms the consensus of one image.
    ///
    /// # Errors
    /// [`AgreementError`] when there is no mask, or masks are of different matrices.
    pub fn new(masks: &[&Mask], rule: ConsensusRule) -> Result<Self, AgreementError> {
        let mask = match rule {
            ConsensusRule::Majority => consensus(masks)?,
            ConsensusRule::Staple => staple(masks)?.mask(),
        };
        let mean = mean_mask(masks)?.mapv(|mean| (255.0 * mean).round() as u8);
        Ok(Self { mean, mask })
    }

    /// Writes `<image>.png` and `mean/<image>.png` into the folder of the consensus.
    ///
    /// # Errors
    /// [`FileError`] when a file exists and may not be replaced, or cannot be written.
    pub fn write(&self, folder: &Path, image: &str, if_exists: IfExists) -> Result<[FileRecord; 2], FileError> {
        Ok([
            write_image(folder, &format!("{image}.png"), &grey_of(&self.mask), if_exists)?,
            write_image(folder, &format!("mean/{image}.png"), &self.mean, if_exists)?,
        ])
    }
}

/// A mask as an image: 255 inside, 0 outside.
#[must_use]
pub fn grey_of(mask: &Mask) -> Array2<u8> {
    mask.pixels().mapv(|inside| if inside { 255 } else { 0 })
}

/// The mask of an image of 0 and 255; `None` when it holds another value.
#[must_use]
pub fn mask_of(grey: &Array2<u8>) -> Option<Mask> {
    let binary = grey.iter().all(|&value| value == 0 || value == 255);
    binary.then(|| Mask::new(grey.mapv(|value| value == 255)))
}

/// Writes an image into the folder of the consensus.
pub(super) fn write_image(
    folder: &Path,
    name: &str,
    image: &Array2<u8>,
    if_exists: IfExists,
) -> Result<FileRecord, FileError> {
    let bytes = encode_png_u8(image).map_err(|error| FileError::Format {
        path: folder.join(name),
        format: "PNG",
        reason: error.to_string(),
    })?;
    FileRecord::write(folder, name, &bytes, if_exists)
}

impl ConsensusManifest {
    /// Reads the record of the consensus of a folder of images.
    ///
    /// # Errors
    /// [`DocumentError`] when there is none, or it cannot be read.
    pub fn read(images: &Path) -> Result<Read<Self>, DocumentError> {
        let path = images.join(CONSENSUS_FOLDER).join(CONSENSUS_FILE);
        document::read(&path, CONSENSUS_SCHEMA)
    }

    /// Writes the record, the last file of all.
    ///
    /// # Errors
    /// [`DocumentError`] when it exists and may not be replaced, or cannot be written.
    pub fn write(&self, images: &Path, if_exists: IfExists) -> Result<(), DocumentError> {
        let path = images.join(CONSENSUS_FOLDER).join(CONSENSUS_FILE);
        document::write(&path, CONSENSUS_SCHEMA, self, if_exists)
    }

    /// Every file that the record names, and the record itself.
    #[must_use]
    pub fn paths(&self, images: &Path) -> Vec<PathBuf> {
        let folder = images.join(CONSENSUS_FOLDER);
        let images = || self.cases.iter().flat_map(|case| &case.images);
        let of_groups = images().flat_map(|image| &image.groups).filter_map(|group| group.mask.as_ref());
        let of_images = images().flat_map(|image| [&image.mask, &image.mean]);
        let files = of_images.chain(of_groups).chain(&self.files).map(|record| folder.join(&record.file));
        files.chain([folder.join(CONSENSUS_FILE)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_files::read_png_u8;

    #[test]
    fn the_majority_is_inside_and_the_mean_is_kept() {
        let mask = |columns: usize| Mask::from_fn(8, 8, |row, column| row < 4 && column < columns);
        let (a, b, c) = (mask(2), mask(4), mask(6));
        let found = ImageConsensus::new(&[&a, &b, &c], ConsensusRule::Majority).unwrap();
        assert_eq!(found.mask, b);
        assert_eq!(ImageConsensus::new(&[&a, &b, &c], ConsensusRule::Staple).unwrap().mask.dim(), (8, 8));
        let folder = tempfile::tempdir().unwrap();
        let [binary, mean] = found.write(folder.path(), "x-ed", IfExists::Refuse).unwrap();
        let binary = read_png_u8(&folder.path().join(binary.file)).unwrap();
        assert_eq!(mask_of(&binary), Some(b));
        let mean = read_png_u8(&folder.path().join(mean.file)).unwrap();
        assert_eq!((mean[[0, 0]], mean[[0, 3]], mean[[0, 5]], mean[[7, 7]]), (255, 170, 85, 0));
        assert_eq!(mask_of(&mean), None);
    }
}
