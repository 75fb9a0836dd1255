//! Studies of a dataset that have no outlines, only an LVEF by other means: their record, and how they are added.

mod part;

use std::path::Path;

use bloodpool_core::{Gating, ReferenceLvef};
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::whole_file::{FileError, IfExists};
use serde::{Deserialize, Serialize};

use crate::annotated_dataset::AnnotatedDataset;
use crate::dataset::is_below;
use crate::dataset_error::DatasetError;
use crate::extracted::{ExtractManifest, ExtractedCase, StudySource};

pub use part::{ReferencePart, WithReference};

/// Name of the record in the folder of a dataset.
pub const REFERENCE_FILE: &str = "reference.json";
/// Schema of the record.
pub const REFERENCE_SCHEMA: &str = "bloodpool.reference-studies/1";
/// The folder that their counts go into.
pub const REFERENCE_FOLDER: &str = "reference";

/// The record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceStudies {
    /// [`REFERENCE_SCHEMA`].
    pub schema: String,
    /// SHA-256 of the manifest of the images that the studies were taken from.
    pub extract_sha256: String,
    /// SHA-256 of the table of their LVEF.
    pub table_sha256: String,
    /// Whether names, IDs and UIDs were left out.
    pub pseudonymised: bool,
    /// The studies; one that has an LVEF by several means is there several times.
    pub cases: Vec<ReferenceCase>,
    /// Studies of the images that are not among them.
    pub left_out: Vec<LeftOutStudy>,
}

/// One study.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReferenceCase {
    /// Its name or pseudonym.
    pub case: String,
    /// The patient, or its pseudonym.
    pub patient: String,
    /// Where it came from; `None` when pseudonymised.
    pub source: Option<StudySource>,
    /// Rows of the study's own matrix.
    pub rows: usize,
    /// Columns of the study's own matrix.
    pub columns: usize,
    /// Frames of the cycle.
    pub frames: usize,
    /// Distance between the centres of neighbouring `[rows, columns]`, mm.
    pub pixel_spacing_mm: Option<[f64; 2]>,
    /// How the cycle was gated.
    pub gating: Gating,
    /// Whether the study is simulated.
    pub simulated: bool,
    /// End-diastole, frame from 1.
    pub end_diastole_frame: usize,
    /// End-systole, frame from 1.
    pub end_systole_frame: usize,
    /// LVEF by other means.
    pub reference: ReferenceLvef,
    /// The counts, unscaled: float32 `(frames, rows, columns)`.
    pub counts: FileRecord,
}

/// A study that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeftOutStudy {
    /// Its name or pseudonym.
    pub case: String,
    /// Why.
    pub reason: LeftOutReason,
}

/// Why a study is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeftOutReason {
    /// The table has no row for it.
    NoReference,
    /// Its counts are those of a study with outlines.
    HasOutlines,
}

/// Studies to add to a dataset.
#[derive(Debug, Clone, Copy)]
pub struct StudiesToAdd<'a> {
    /// Folder of their images, as `extract` writes it.
    pub images: &'a Path,
    /// Name of a study, of its file, or its pseudonym, and its LVEF.
    pub references: &'a [(String, ReferenceLvef)],
    /// SHA-256 of the table that these were read from.
    pub table_sha256: &'a str,
}

/// Why studies with a reference could not be added.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddReferenceError {
    /// A file could not be read or written, or is not the one that was recorded.
    #[error(transparent)]
    File(#[from] FileError),
    /// A record could not be read or written.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// No study has a row.
    #[error("none of the {studies} studies in {} has a row in the table of LVEF; the table names studies as that folder does", images.display())]
    NoneNamed {
        /// Folder of the images.
        images: std::path::PathBuf,
        /// Studies in it.
        studies: usize,
    },
}

impl StudiesToAdd<'_> {
    /// Copies the counts into the folder of a dataset, and writes the record. `outlined`: SHA-256 of the counts of the studies with
    /// outlines.
    ///
    /// # Errors
    /// [`AddReferenceError`].
    pub fn write(&self, out: &Path, outlined: &[&str], if_exists: IfExists) -> Result<FileRecord, AddReferenceError> {
        let extract = ExtractManifest::read(self.images)?;
        let (mut cases, mut left_out) = (Vec::new(), Vec::new());
        for case in &extract.document.cases {
            let leave_out = |reason| LeftOutStudy { case: case.case.clone(), reason };
            if outlined.contains(&case.counts.sha256.as_str()) {
                left_out.push(leave_out(LeftOutReason::HasOutlines));
                continue;
            }
            let of_study: Vec<&ReferenceLvef> =
                self.references.iter().filter(|(name, _)| is_named(case, name)).map(|(_, lvef)| lvef).collect();
            if of_study.is_empty() {
                left_out.push(leave_out(LeftOutReason::NoReference));
                continue;
            }
            let name = format!("{REFERENCE_FOLDER}/{}.npy", case.case);
            let counts = FileRecord::write(out, &name, &case.counts.read(self.images)?, if_exists)?;
            cases.extend(of_study.into_iter().map(|lvef| ReferenceCase::new(case, lvef, counts.clone())));
        }
        if cases.is_empty() {
            let (images, studies) = (self.images.to_owned(), extract.document.cases.len());
            return Err(AddReferenceError::NoneNamed { images, studies });
        }
        let record = ReferenceStudies {
            schema: REFERENCE_SCHEMA.into(),
            extract_sha256: extract.sha256,
            table_sha256: self.table_sha256.to_owned(),
            pseudonymised: extract.document.pseudonymised,
            cases,
            left_out,
        };
        let mut text = serde_json::to_vec_pretty(&record).map_err(|error| FileError::Format {
            path: out.join(REFERENCE_FILE),
            format: "JSON",
            reason: error.to_string(),
        })?;
        text.push(b'\n');
        Ok(FileRecord::write(out, REFERENCE_FILE, &text, if_exists)?)
    }
}

fn is_named(case: &ExtractedCase, name: &str) -> bool {
    names_study(name, &case.case, case.source.as_ref().map(|source| source.file.as_str()))
}

/// Whether a name of a table is that of a study: its own (`case`), or its file's with or without the end.
#[must_use]
pub fn names_study(name: &str, case: &str, file: Option<&str>) -> bool {
    let stem = |name: &str| Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    name == case || stem(name).as_deref() == Some(case) || file.is_some_and(|file| stem(file) == stem(name))
}

impl ReferenceCase {
    fn new(case: &ExtractedCase, reference: &ReferenceLvef, counts: FileRecord) -> Self {
        Self {
            case: case.case.clone(),
            patient: case.patient.clone(),
            source: case.source.clone(),
            rows: case.rows,
            columns: case.columns,
            frames: case.frames,
            pixel_spacing_mm: case.pixel_spacing_mm,
            gating: case.gating.clone(),
            simulated: case.simulated,
            end_diastole_frame: case.end_diastole_frame,
            end_systole_frame: case.end_systole_frame,
            reference: reference.clone(),
            counts,
        }
    }
}

impl ReferenceStudies {
    /// Reads the record that a dataset names.
    ///
    /// # Errors
    /// [`DatasetError`] when it cannot be read, was changed, or contradicts itself.
    pub fn read(folder: &Path, record: &FileRecord) -> Result<Self, DatasetError> {
        record.read(folder)?;
        let path = folder.join(&record.file);
        let Read { document, .. } = document::read::<Self>(&path, REFERENCE_SCHEMA)?;
        match document.problem() {
            Some(problem) => Err(DatasetError::content(&path, problem)),
            None => Ok(document),
        }
    }

    /// The modalities, each once, in alphabetical order.
    #[must_use]
    pub fn modalities(&self) -> Vec<String> {
        let modalities: std::collections::BTreeSet<_> =
            self.cases.iter().map(|case| &case.reference.modality).collect();
        modalities.into_iter().cloned().collect()
    }

    /// A contradiction within the record; `None` when it is consistent.
    fn problem(&self) -> Option<String> {
        if self.cases.is_empty() {
            return Some("names no study".to_owned());
        }
        self.cases.iter().find_map(|case| {
            let named = |what: &str| Some(format!("study `{}` {what}", case.case));
            let frames = 1..=case.frames;
            if !is_below(&case.counts.file) {
                named("names a file outside the dataset")
            } else if !frames.contains(&case.end_diastole_frame) || !frames.contains(&case.end_systole_frame) {
                named("has an ED or ES frame that it does not have")
            } else if !(0.0..=100.0).contains(&case.reference.percent) {
                named("has a reference LVEF that is no number from 0 to 100")
            } else {
                None
            }
        })
    }
}

impl AnnotatedDataset {
    /// The studies that have a reference LVEF alone; `None` where the dataset has none.
    ///
    /// # Errors
    /// As [`ReferenceStudies::read`].
    pub fn reference(&self) -> Result<Option<ReferencePart>, DatasetError> {
        let Some(record) = &self.manifest().reference else { return Ok(None) };
        Ok(Some(ReferencePart::new(self.folder(), ReferenceStudies::read(self.folder(), record)?, record)))
    }
}
