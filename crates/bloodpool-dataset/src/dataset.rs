//! The manifest of a built dataset: what it was built from, its studies, and the hash of every file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use bloodpool_core::Gating;
use serde::{Deserialize, Serialize};

use crate::consensus::{ConsensusRule, GroupConsensus};
use crate::extracted::{ImageTransform, StudySource};
use crate::rated_frames::RatedPhase;
use crate::split::{Split, SplitSizes};
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::whole_file::IfExists;

/// Name of the manifest in its folder.
pub const DATASET_FILE: &str = "dataset.json";
/// Schema of the manifest.
pub const DATASET_SCHEMA: &str = "bloodpool.dataset/1";

/// The folders that files go into.
pub const DATASET_FOLDERS: [&str; 6] = ["counts", "groups", "images", "masks", "truth", "reference"];

/// The manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetManifest {
    /// [`DATASET_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// Name of the dataset: that of its folder when it was built.
    pub name: String,
    /// Seed of the split.
    pub seed: u64,
    /// What split was asked for.
    pub split: SplitSizes,
    /// SHA-256 of the manifest of the images.
    pub extract_sha256: String,
    /// SHA-256 of the record of the consensus.
    pub consensus_sha256: String,
    /// How many masks became one.
    pub consensus_rule: ConsensusRule,
    /// Whether names, IDs and UIDs were left out.
    pub pseudonymised: bool,
    /// Whether the truth of simulated studies is known; it is in `truth/`.
    pub has_truth: bool,
    /// The record of the raters, `raters.json`; `None` in datasets of a single rater, and in those that older versions
    /// built.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raters: Option<FileRecord>,
    /// Extracted studies that are not in the dataset, because an image of theirs was left out of the consensus for want of raters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// The record of studies that have a reference LVEF alone, `reference.json`; `None` where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<FileRecord>,
    /// The studies.
    pub cases: Vec<DatasetCase>,
}

/// One study of a dataset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatasetCase {
    /// Its name or pseudonym.
    pub case: String,
    /// The patient, or its pseudonym.
    pub patient: String,
    /// The part that it belongs to.
    pub split: Split,
    /// Where it came from; `None` when pseudonymised.
    pub source: Option<StudySource>,
    /// Rows of the study's own matrix.
    pub rows: usize,
    /// Columns of the study's own matrix.
    pub columns: usize,
    /// Frames of the cycle.
    pub frames: usize,
    /// Distance between the centres of neighbouring `[rows, columns]` of the study's own matrix, mm.
    pub pixel_spacing_mm: Option<[f64; 2]>,
    /// How the cycle was gated.
    pub gating: Gating,
    /// Whether the study is simulated.
    pub simulated: bool,
    /// From a pixel of images and masks back to the study's own matrix.
    pub transform: ImageTransform,
    /// LVEF of the consensus by Eq. 5 and 6 of Oh et al. 2022, percent; `None` where Eq. 5 finds no background.
    pub consensus_lvef_percent: Option<f64>,
    /// What the split is stratified by, percent: the same, or where there is none, with background from an arc.
    pub stratum_lvef_percent: Option<f64>,
    /// True LVEF, percent, of a simulated study.
    pub true_lvef_percent: Option<f64>,
    /// The counts, unscaled, in the study's own matrix: float32 `(frames, rows, columns)`.
    pub counts: FileRecord,
    /// The annotated frames, in the order of [`RatedPhase::ALL`].
    pub annotated: Vec<AnnotatedFrame>,
}

/// One annotated frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnnotatedFrame {
    /// What it stands for.
    pub phase: RatedPhase,
    /// The frame, from 1.
    pub frame: usize,
    /// Number of raters.
    pub raters: usize,
    /// Area of the consensus, pixels of the 256 grid.
    pub area_px: usize,
    /// The image that raters saw.
    pub image: FileRecord,
    /// The consensus: an 8-bit image, 255 inside.
    pub mask: FileRecord,
    /// The consensus of each group of raters, sorted by name; empty where no groups are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<GroupConsensus>,
    /// The true silhouette of a simulated ventricle, likewise.
    pub true_silhouette: Option<FileRecord>,
}

impl DatasetCase {
    /// The annotated frame of a phase.
    #[must_use]
    pub fn annotated(&self, phase: RatedPhase) -> Option<&AnnotatedFrame> {
        self.annotated.iter().find(|frame| frame.phase == phase)
    }

    /// Every file of the study.
    pub fn files(&self) -> impl Iterator<Item = &FileRecord> + '_ {
        let of_frames = self.annotated.iter().flat_map(|frame| {
            let of_groups = frame.groups.iter().filter_map(|group| group.mask.as_ref());
            [&frame.image, &frame.mask].into_iter().chain(of_groups).chain(&frame.true_silhouette)
        });
        [&self.counts].into_iter().chain(of_frames)
    }
}

impl DatasetManifest {
    /// Reads the manifest of a dataset.
    ///
    /// # Errors
    /// [`DocumentError`] when there is none, or it cannot be read.
    pub fn read(folder: &Path) -> Result<Read<Self>, DocumentError> {
        document::read(&folder.join(DATASET_FILE), DATASET_SCHEMA)
    }

    /// Writes the manifest, the last file of all.
    ///
    /// # Errors
    /// [`DocumentError`] when it exists and may not be replaced, or cannot be written.
    pub fn write(&self, folder: &Path, if_exists: IfExists) -> Result<(), DocumentError> {
        document::write(&folder.join(DATASET_FILE), DATASET_SCHEMA, self, if_exists)
    }

    /// Every file that the manifest names, and the manifest itself, below `folder`.
    #[must_use]
    pub fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let records = self.cases.iter().flat_map(DatasetCase::files).chain(&self.raters).chain(&self.reference);
        let files = records.map(|record| folder.join(&record.file));
        files.chain([folder.join(DATASET_FILE)]).collect()
    }

    /// Contradictions within the manifest, without a check of its files; empty when it is consistent.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if self.cases.is_empty() {
            problems.push("names no study".to_owned());
        }
        for record in self.raters.iter().chain(&self.reference).filter(|record| !is_below(&record.file)) {
            problems.push(format!("names {}, outside the dataset", record.file));
        }
        let mut parts: BTreeMap<&str, (Split, &str)> = BTreeMap::new();
        let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
        for case in &self.cases {
            let &mut (split, first) = parts.entry(&case.patient).or_insert((case.split, &case.case));
            if split != case.split {
                problems.push(format!(
                    "patient `{}` is in two parts: study `{first}` in {split}, study `{}` in {}",
                    case.patient, case.case, case.split
                ));
            }
            if !names.insert(&case.case) {
                problems.push(format!("names study `{}` twice", case.case));
            }
            for record in case.files() {
                if !is_below(&record.file) {
                    problems.push(format!("study `{}` names {}, outside the dataset", case.case, record.file));
                }
                if !files.insert(&record.file) {
                    problems.push(format!("names {} twice", record.file));
                }
            }
            frame_problems(case, &mut problems);
            if self.has_truth {
                let whole =
                    case.true_lvef_percent.is_some() && case.annotated.iter().all(|f| f.true_silhouette.is_some());
                if !whole {
                    problems.push(format!("study `{}` lacks its true LVEF or a true silhouette", case.case));
                }
            }
        }
        if let SplitSizes::Studies { parts } = self.split {
            let found = Split::ALL.map(|split| self.cases.iter().filter(|case| case.split == split).count());
            if found != parts {
                problems.push(format!("states {parts:?} studies in its parts but has {found:?}"));
            }
        }
        problems
    }
}

/// Whether every phase is annotated once, each on a frame of the study.
fn frame_problems(case: &DatasetCase, problems: &mut Vec<String>) {
    for phase in RatedPhase::ALL {
        let found = case.annotated.iter().filter(|annotated| annotated.phase == phase).count();
        if found != 1 {
            problems.push(format!("study `{}` has {found} annotations of {phase} where 1 is expected", case.case));
        }
    }
    for annotated in &case.annotated {
        if !(1..=case.frames).contains(&annotated.frame) {
            problems.push(format!(
                "study `{}`: {} is frame {} of {}",
                case.case, annotated.phase, annotated.frame, case.frames
            ));
        }
    }
    let finite = |value: Option<f64>| value.is_none_or(f64::is_finite);
    if ![case.consensus_lvef_percent, case.stratum_lvef_percent, case.true_lvef_percent].into_iter().all(finite) {
        problems.push(format!("study `{}` has an LVEF that is not a number", case.case));
    }
}

/// Whether a file's name stays within the folder.
pub(crate) fn is_below(file: &str) -> bool {
    !file.is_empty() && Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}
