//! The record of the raters of a dataset: each rater's Dice against the others on every image, and LVEF of every study.

use std::path::Path;

use bloodpool_stats::raters::RaterAgreement;
use serde::{Deserialize, Serialize};

use crate::consensus::{Agreement, ConsensusManifest};
use crate::rated_frames::RatedPhase;
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::whole_file::{FileError, IfExists};

/// Name of the record in the folder of a dataset.
pub const RATERS_FILE: &str = "raters.json";
/// Schema of the record.
pub const RATERS_SCHEMA: &str = "bloodpool.raters/1";

/// The record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RaterRecord {
    /// [`RATERS_SCHEMA`].
    pub schema: String,
    /// SHA-256 of the record of the consensus that it was taken from.
    pub consensus_sha256: String,
    /// The raters.
    pub raters: Vec<RecordedRater>,
    /// The studies.
    pub cases: Vec<RatedCase>,
}

/// One rater.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordedRater {
    /// Name of the rater.
    pub rater: String,
    /// Group of the rater.
    pub group: Option<String>,
    /// Whether the rater was left out of the consensus as an outlier.
    pub left_out: bool,
}

/// One study as the raters saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatedCase {
    /// The study.
    pub case: String,
    /// LVEF of the consensus by Eq. 5 and 6 of Oh et al. 2022, percent.
    pub consensus_lvef_percent: Option<f64>,
    /// LVEF of each rater's ROIs, likewise, in the order of the raters; `None` where it cannot be computed.
    pub lvef_percent: Vec<Option<f64>>,
    /// The images that were rated.
    pub images: Vec<RatedImage>,
}

/// One image as the raters saw it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatedImage {
    /// What it shows.
    pub phase: RatedPhase,
    /// Dice coefficient of each rater against the consensus of the others, 0 to 1, in the order of the raters; `None`
    /// where the rater was not compared.
    pub dice: Vec<Option<f64>>,
}

/// Why the record of a consensus cannot be used: what it says of its raters contradicts its images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RaterRecordError {
    /// A rater was compared on another number of images.
    #[error("the consensus has {images} images, but rater `{rater}` was compared on {compared}")]
    OtherImages {
        /// Name of the rater.
        rater: String,
        /// Number of images that the rater was compared on.
        compared: usize,
        /// Number of images of the consensus.
        images: usize,
    },
    /// A study has LVEF values of another number of raters.
    #[error("study `{case}` has LVEF values of {found} raters, where there are {raters}")]
    OtherRaters {
        /// The study.
        case: String,
        /// Number of LVEF values, one per rater.
        found: usize,
        /// Number of raters.
        raters: usize,
    },
}

impl RaterRecord {
    /// What a consensus says of its raters; `None` for a single rater, who was compared with nobody.
    ///
    /// # Errors
    /// [`RaterRecordError`] when the consensus's report contradicts its images.
    pub fn of_consensus(consensus: &Read<ConsensusManifest>) -> Result<Option<Self>, RaterRecordError> {
        let manifest = &consensus.document;
        let Some(Agreement { raters, ef_by_case, .. }) = &manifest.agreement else { return Ok(None) };
        let raters: Vec<&RaterAgreement> = raters.iter().map(|rater| &rater.against_others).collect();
        let images: usize = manifest.cases.iter().map(|case| case.images.len()).sum();
        if let Some(odd) = raters.iter().find(|rater| rater.dice_by_image.len() != images) {
            let (rater, compared) = (odd.rater.clone(), odd.dice_by_image.len());
            return Err(RaterRecordError::OtherImages { rater, compared, images });
        }
        let mut cases = Vec::with_capacity(manifest.cases.len());
        let mut first = 0;
        for case in &manifest.cases {
            let ef = ef_by_case.iter().find(|ef| ef.case == case.case);
            let lvef_percent = ef.map_or_else(|| vec![None; raters.len()], |ef| ef.raters_lvef_percent.clone());
            if lvef_percent.len() != raters.len() {
                let (found, raters) = (lvef_percent.len(), raters.len());
                return Err(RaterRecordError::OtherRaters { case: case.case.clone(), found, raters });
            }
            let of_image = |(offset, phase)| RatedImage {
                phase,
                dice: raters.iter().map(|rater| rater.dice_by_image[first + offset]).collect(),
            };
            cases.push(RatedCase {
                case: case.case.clone(),
                consensus_lvef_percent: ef.and_then(|ef| ef.consensus_lvef_percent),
                lvef_percent,
                images: case.images.iter().map(|image| image.phase).enumerate().map(of_image).collect(),
            });
            first += case.images.len();
        }
        let recorded = |rater: &RaterAgreement| RecordedRater {
            left_out: manifest.left_out_as_outliers.contains(&rater.rater),
            rater: rater.rater.clone(),
            group: rater.group.clone(),
        };
        Ok(Some(Self {
            schema: RATERS_SCHEMA.into(),
            consensus_sha256: consensus.sha256.clone(),
            raters: raters.into_iter().map(recorded).collect(),
            cases,
        }))
    }

    /// Writes `raters.json` into the folder of a dataset.
    ///
    /// # Errors
    /// [`FileError`] when the file exists and may not be replaced, or cannot be written.
    pub(crate) fn write(&self, folder: &Path, if_exists: IfExists) -> Result<FileRecord, FileError> {
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| FileError::Format {
            path: folder.join(RATERS_FILE),
            format: "JSON",
            reason: error.to_string(),
        })?;
        text.push(b'\n');
        FileRecord::write(folder, RATERS_FILE, &text, if_exists)
    }

    /// Reads the record of a dataset.
    pub(crate) fn read(folder: &Path, record: &FileRecord) -> Result<Self, DocumentError> {
        record.read(folder)?;
        let path = folder.join(&record.file);
        Ok(document::read::<Self>(&path, RATERS_SCHEMA)?.document)
    }

    /// Inconsistencies within it.
    pub(crate) fn problems(&self) -> Vec<String> {
        let raters = self.raters.len();
        let odd = |case: &&RatedCase| {
            case.lvef_percent.len() != raters || case.images.iter().any(|image| image.dice.len() != raters)
        };
        let names = self.cases.iter().filter(odd);
        names
            .map(|case| {
                format!("{RATERS_FILE}: study `{}` does not have one value for each of {raters} raters", case.case)
            })
            .collect()
    }
}
