//! A dataset from a folder of images and its consensus: split by patient, with every file copied and its hash recorded.

use std::fs;
use std::path::{Path, PathBuf};

use crate::consensus::{CONSENSUS_FOLDER, CaseConsensus, ConsensusManifest, GroupConsensus, UnusualLvef};
use crate::dataset::{AnnotatedFrame, DATASET_FILE, DATASET_FOLDERS, DATASET_SCHEMA, DatasetCase, DatasetManifest};
use crate::extracted::{ExtractManifest, ExtractedCase};
use crate::rater_record::{RaterRecord, RaterRecordError};
use crate::reference_studies::{AddReferenceError, ReferenceStudies, StudiesToAdd};
use crate::split::{Split, SplitError, SplitSizes, StudyToSplit, split_by_patient};
use crate::study_table::StudyTable;
use crate::table::TableError;
use bloodpool_files::document::DocumentError;
use bloodpool_files::fingerprint::{FileRecord, read_bytes};
use bloodpool_files::folder_lock::{self, FolderLock, LockError};
use bloodpool_files::leftovers::{remove_file, remove_stale};
use bloodpool_files::whole_file::{FileError, IfExists};

/// Why a dataset could not be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A file could not be read or written, or is not the one that was recorded.
    #[error(transparent)]
    File(#[from] FileError),
    /// A manifest could not be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// Another run is writing into the folder of the dataset, or it cannot be locked.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The table of true LVEF could not be used.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The studies could not be split.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The consensus is of other images.
    #[error("the consensus in {} was formed on other images than those there now; form it again", .0.display())]
    OtherImages(PathBuf),
    /// The studies with a reference LVEF could not be added.
    #[error(transparent)]
    Reference(#[from] AddReferenceError),
    /// What the consensus says of its raters contradicts its images.
    #[error("the record of the consensus contradicts itself; form the consensus again")]
    Raters(#[from] RaterRecordError),
    /// An image has no consensus.
    #[error("study `{case}` has no consensus on {image}; every study needs one on ED, ED+2, ES and ES+2")]
    NoConsensus {
        /// The study.
        case: String,
        /// The image.
        image: String,
    },
    /// Studies whose consensus has an LVEF that no beating heart has.
    #[error(transparent)]
    UnusualLvef(#[from] UnusualLvef),
    /// The table of the truth has no row for a study.
    #[error("{} has no row for study `{case}`; {}", path.display(), truth_by_name(*pseudonymised))]
    NoTruth {
        /// The table.
        path: PathBuf,
        /// The study.
        case: String,
        /// Whether the studies have pseudonyms, by which the truth cannot be found.
        pseudonymised: bool,
    },
}

fn truth_by_name(pseudonymised: bool) -> &'static str {
    if pseudonymised {
        "its name is a pseudonym, and the truth is found by name: extract the images without pseudonyms"
    } else {
        "name the simulation that the studies come from"
    }
}

/// What to build.
#[derive(Debug, Clone)]
pub struct BuildOptions<'a> {
    /// Folder of the images, with the consensus in it.
    pub images: &'a Path,
    /// Folder of the dataset.
    pub out: &'a Path,
    /// Sizes of the parts.
    pub sizes: SplitSizes,
    /// Seed of the split.
    pub seed: u64,
    /// Studies that are accepted though the LVEF of their consensus lies outside [`crate::consensus::USUAL_LVEF_PERCENT`], beside
    /// those that the consensus was formed with.
    pub accept_lvef: &'a [String],
    /// Folder of simulated studies, whose truth is copied.
    pub truth: Option<&'a Path>,
    /// Studies to add that have a reference LVEF alone.
    pub reference: Option<StudiesToAdd<'a>>,
    /// Program and version.
    pub software: &'a str,
    /// Whether files may be replaced.
    pub if_exists: IfExists,
}

/// Builds a dataset; `each` is called after each study. The manifest is written last. The folder is locked meanwhile. It
/// must be empty unless files may be replaced, or an earlier build was cut off in it; then the files that the manifest of
/// an earlier build names and the new one does not are removed.
///
/// # Errors
/// [`BuildError`] that names the file or study; what was written until then into a folder that was empty is removed.
pub fn build_dataset(options: &BuildOptions<'_>, mut each: impl FnMut()) -> Result<DatasetManifest, BuildError> {
    let extract = ExtractManifest::read(options.images)?;
    let consensus = ConsensusManifest::read(options.images)?;
    if consensus.document.extract_sha256 != extract.sha256 {
        return Err(BuildError::OtherImages(options.images.join(CONSENSUS_FOLDER)));
    }
    let truth = options.truth.map(|folder| Truth::read(folder, extract.document.pseudonymised)).transpose()?;
    let (cases, left_out) = pairs(&extract.document, &consensus.document)?;
    let accepted = [options.accept_lvef, &consensus.document.accepted_lvef].concat();
    UnusualLvef::check(cases.iter().map(|(case, formed)| (case.case.as_str(), stratum(formed))), &accepted)?;
    let mut raters = RaterRecord::of_consensus(&consensus)?;
    if let Some(raters) = &mut raters {
        raters.cases.retain(|case| !left_out.contains(&case.case));
    }
    let studies: Vec<StudyToSplit<'_>> = cases
        .iter()
        .map(|(case, formed)| StudyToSplit { patient: &case.patient, lvef_percent: stratum(formed) })
        .collect();
    let splits = split_by_patient(&studies, options.sizes, options.seed)?;
    let lock = FolderLock::take(options.out, &DATASET_FOLDERS, options.software)?;
    let if_exists = lock.claim(None, DATASET_FILE, options.if_exists)?;
    let options = &BuildOptions { if_exists, ..options.clone() };
    let was_empty = folder_lock::is_empty(options.out).unwrap_or(false);
    let before = DatasetManifest::read(options.out).map(|read| files(options.out, &read.document)).unwrap_or_default();
    // So that it never describes files of another build.
    remove_file(&options.out.join(DATASET_FILE))?;
    let mut built = Vec::with_capacity(cases.len());
    for ((case, formed), split) in cases.into_iter().zip(splits) {
        match build_case(options, truth.as_ref(), case, formed, split) {
            Ok(case) => built.push(case),
            Err(error) if was_empty => {
                remove_unfinished(options.out)?;
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        each();
    }
    let reference = match options.reference.map(|studies| {
        let outlined: Vec<&str> = built.iter().map(|case| case.counts.sha256.as_str()).collect();
        studies.write(options.out, &outlined, options.if_exists)
    }) {
        Some(Err(error)) => {
            if was_empty {
                remove_unfinished(options.out)?;
            }
            return Err(error.into());
        }
        added => added.transpose()?,
    };
    let name = options.out.canonicalize().ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let manifest = DatasetManifest {
        schema: DATASET_SCHEMA.into(),
        software: options.software.into(),
        name: name.unwrap_or_else(|| "dataset".into()),
        seed: options.seed,
        split: options.sizes,
        extract_sha256: extract.sha256,
        consensus_sha256: consensus.sha256,
        consensus_rule: consensus.document.rule,
        pseudonymised: extract.document.pseudonymised,
        has_truth: truth.is_some(),
        raters: raters.map(|raters| raters.write(options.out, options.if_exists)).transpose()?,
        left_out,
        reference,
        cases: built,
    };
    manifest.write(options.out, options.if_exists)?;
    remove_stale(&before, &files(options.out, &manifest))?;
    Ok(manifest)
}

/// Every file of a dataset, those of studies with a reference LVEF alone among them.
fn files(folder: &Path, manifest: &DatasetManifest) -> Vec<PathBuf> {
    let studies = manifest.reference.as_ref().and_then(|record| ReferenceStudies::read(folder, record).ok());
    let counts = studies.into_iter().flat_map(|studies| studies.cases).map(|case| folder.join(&case.counts.file));
    manifest.files(folder).into_iter().chain(counts).collect()
}

/// Removes what a build that failed wrote into a folder that was empty before.
fn remove_unfinished(out: &Path) -> Result<(), FileError> {
    for folder in DATASET_FOLDERS.map(|name| out.join(name)).into_iter().filter(|folder| folder.is_dir()) {
        fs::remove_dir_all(&folder).map_err(|source| FileError::Write { path: folder, source })?;
    }
    Ok(())
}

/// The LVEF that a study is stratified by, percent.
fn stratum(formed: &CaseConsensus) -> Option<f64> {
    formed.lvef_percent.or(formed.arc_lvef_percent)
}

/// An extracted study with its consensus.
type Pair<'a> = (&'a ExtractedCase, &'a CaseConsensus);

/// Each extracted study with its consensus, which has to be there for every image; and the studies of which the consensus left out an
/// image for want of raters.
fn pairs<'a>(
    extract: &'a ExtractManifest,
    consensus: &'a ConsensusManifest,
) -> Result<(Vec<Pair<'a>>, Vec<String>), BuildError> {
    let mut left_out = Vec::new();
    let mut pairs = Vec::new();
    for case in &extract.cases {
        if consensus.left_out_images.iter().any(|image| image.case == case.case) {
            left_out.push(case.case.clone());
            continue;
        }
        let no_consensus =
            |image: &str| BuildError::NoConsensus { case: case.case.clone(), image: format!("{image}.png") };
        let first = case.images.first().map_or("its images", |image| image.name());
        let formed = consensus.cases.iter().find(|formed| formed.case == case.case);
        let formed = formed.ok_or_else(|| no_consensus(first))?;
        for image in &case.images {
            if !formed.images.iter().any(|formed| formed.image == image.name()) {
                return Err(no_consensus(image.name()));
            }
        }
        pairs.push((case, formed));
    }
    Ok((pairs, left_out))
}

fn build_case(
    options: &BuildOptions<'_>,
    truth: Option<&Truth>,
    case: &ExtractedCase,
    formed: &CaseConsensus,
    split: Split,
) -> Result<DatasetCase, BuildError> {
    let (out, if_exists) = (options.out, options.if_exists);
    let copied = |folder: &Path, record: &FileRecord, name: String| -> Result<FileRecord, BuildError> {
        Ok(FileRecord::write(out, &name, &record.read(folder)?, if_exists)?)
    };
    let consensus_folder = options.images.join(CONSENSUS_FOLDER);
    let mut annotated = Vec::new();
    for image in &case.images {
        let Some(mask) = formed.images.iter().find(|formed| formed.image == image.name()) else { continue };
        let name = image.name();
        let of_group = |group: &GroupConsensus| -> Result<GroupConsensus, BuildError> {
            let mask =
                group.mask.as_ref().map(|mask| copied(&consensus_folder, mask, mask.file.clone())).transpose()?;
            Ok(GroupConsensus { mask, ..group.clone() })
        };
        annotated.push(AnnotatedFrame {
            phase: image.phase,
            frame: image.frame,
            raters: mask.raters,
            area_px: mask.area_px,
            image: copied(options.images, &image.record(), format!("images/{name}.png"))?,
            mask: copied(&consensus_folder, &mask.mask, format!("masks/{name}.png"))?,
            groups: mask.groups.iter().map(of_group).collect::<Result<_, _>>()?,
            true_silhouette: truth.map(|truth| truth.silhouette(options, name)).transpose()?,
        });
    }
    Ok(DatasetCase {
        case: case.case.clone(),
        patient: case.patient.clone(),
        split,
        source: case.source.clone(),
        rows: case.rows,
        columns: case.columns,
        frames: case.frames,
        pixel_spacing_mm: case.pixel_spacing_mm,
        gating: case.gating.clone(),
        simulated: case.simulated,
        transform: case.transform,
        consensus_lvef_percent: formed.lvef_percent,
        stratum_lvef_percent: stratum(formed),
        true_lvef_percent: truth.map(|truth| truth.lvef_percent(&case.case)).transpose()?,
        counts: copied(options.images, &case.counts, format!("counts/{}.npy", case.case))?,
        annotated,
    })
}

/// The truth of simulated studies, as it lies beside them.
struct Truth {
    folder: PathBuf,
    table: StudyTable,
    pseudonymised: bool,
}

impl Truth {
    fn read(folder: &Path, pseudonymised: bool) -> Result<Self, BuildError> {
        Ok(Self { folder: folder.to_owned(), table: StudyTable::read(&folder.join("truth.csv"))?, pseudonymised })
    }

    fn lvef_percent(&self, case: &str) -> Result<f64, BuildError> {
        let no_truth = || BuildError::NoTruth {
            path: self.table.path().to_owned(),
            case: case.to_owned(),
            pseudonymised: self.pseudonymised,
        };
        self.table.number(case, "lvef_percent")?.ok_or_else(no_truth)
    }

    fn silhouette(&self, options: &BuildOptions<'_>, image: &str) -> Result<FileRecord, BuildError> {
        let bytes = read_bytes(&self.folder.join(format!("truth/silhouettes/{image}.png")))?;
        Ok(FileRecord::write(options.out, &format!("truth/{image}.png"), &bytes, options.if_exists)?)
    }
}
