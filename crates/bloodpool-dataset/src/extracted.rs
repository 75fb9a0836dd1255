//! Images for raters, the counts they were made from, and the manifest with the hashes of both.

use std::path::{Path, PathBuf};

use bloodpool_core::{GatedStudy, Gating};
use serde::{Deserialize, Serialize};

use crate::rated_frames::{RatedPhase, rated_frames};
use crate::rated_images::{RatedImages, SIDE};
use bloodpool_files::document::{self, DocumentError, Read};
use bloodpool_files::fingerprint::FileRecord;
use bloodpool_files::npy::encode_npy_f32;
use bloodpool_files::set_aside_record::SetAsideRecord;
use bloodpool_files::whole_file::{FileError, IfExists};

/// Name of the manifest in its folder.
pub const EXTRACT_FILE: &str = "extract.json";
/// Schema of the manifest.
pub const EXTRACT_SCHEMA: &str = "bloodpool.extract/1";

/// The manifest: everything that a folder of images was made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractManifest {
    /// [`EXTRACT_SCHEMA`].
    pub schema: String,
    /// Program and version.
    pub software: String,
    /// Whether names, IDs and UIDs were left out and are in a key file elsewhere.
    pub pseudonymised: bool,
    /// The studies.
    pub cases: Vec<ExtractedCase>,
    /// What was found in folders and not extracted. Where the manifest is pseudonymised, files are not named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAsideRecord>,
}

/// One study of the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractedCase {
    /// Its name or pseudonym, which is also in the names of its images.
    pub case: String,
    /// The patient ID or a pseudonym, by which a dataset is split.
    pub patient: String,
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
    /// End-diastole, frame from 1.
    pub end_diastole_frame: usize,
    /// End-systole, frame from 1.
    pub end_systole_frame: usize,
    /// Who chose these frames.
    pub frames_from: FrameOrigin,
    /// Counts of a pixel of the 256 grid that are shown as white, in all images of the study.
    pub white_counts: f32,
    /// From a pixel of the images back to the study's own matrix.
    pub transform: ImageTransform,
    /// The images, in the order of [`RatedPhase::ALL`].
    pub images: Vec<ExtractedImage>,
    /// The counts, unscaled, in the study's own matrix: float32 `(frames, rows, columns)`.
    pub counts: FileRecord,
}

/// Where a study came from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StudySource {
    /// Name of the file, or of the first of several.
    pub file: String,
    /// Names of all files in the order of the frames, where each frame is in a file of its own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// SHA-256 of the file; of several files, of their bytes one after the other.
    pub sha256: String,
    /// Study Instance UID.
    pub study_uid: Option<String>,
    /// Series Instance UID.
    pub series_uid: Option<String>,
    /// SOP Instance UID.
    pub sop_uid: Option<String>,
}

/// Who chose ED and ES.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FrameOrigin {
    /// ED is frame 1, which the R wave opens; ES is that of [`bloodpool_core::measure::frames::end_systole_without_roi`].
    Automatic,
    /// Both are from a table.
    Table {
        /// Name of the table's file; `None` when pseudonymised.
        file: Option<String>,
        /// SHA-256 of the table.
        sha256: String,
        /// The table's ED frame, from 1, where that had lost counts at the end of the cycle and the nearest whole frame was taken
        /// instead, as an automatic choice takes it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        moved_from: Option<usize>,
    },
}

/// From a pixel `(row, column)` of an image back to the study's own matrix:
/// `(row + 0.5) * rows_per_pixel - 0.5`, and the same of columns; whole numbers are pixel centres.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImageTransform {
    /// Side of the images.
    pub grid: usize,
    /// How counts were enlarged.
    pub interpolation: Interpolation,
    /// Rows of the study per row of the image.
    pub rows_per_pixel: f64,
    /// Columns of the study per column of the image.
    pub columns_per_pixel: f64,
}

/// How counts were enlarged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Interpolation {
    /// [`bloodpool_core::resample::Resampling`].
    BilinearOnPixelCentres,
}

/// One image for raters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractedImage {
    /// What it shows.
    pub phase: RatedPhase,
    /// The frame, from 1.
    pub frame: usize,
    /// The file, relative to the manifest.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

impl ExtractedImage {
    /// The image's name: its file without folder and end.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.file.rsplit('/').next().unwrap_or(&self.file);
        name.strip_suffix(".png").unwrap_or(name)
    }

    /// The file.
    #[must_use]
    pub fn record(&self) -> FileRecord {
        FileRecord { file: self.file.clone(), sha256: self.sha256.clone() }
    }
}

/// The name of an image: `<case>-<phase>`.
#[must_use]
pub fn image_name(case: &str, phase: RatedPhase) -> String {
    format!("{case}-{}", phase.tag())
}

/// A study about to be extracted.
#[derive(Debug)]
pub struct CaseToExtract<'a> {
    /// Name or pseudonym.
    pub case: &'a str,
    /// Patient or pseudonym.
    pub patient: &'a str,
    /// Where it came from; `None` when pseudonymised.
    pub source: Option<StudySource>,
    /// The study.
    pub study: &'a GatedStudy,
    /// ED and ES, frames from 1 within the study.
    pub end_diastole_frame: usize,
    /// As above.
    pub end_systole_frame: usize,
    /// Who chose them.
    pub frames_from: FrameOrigin,
}

impl CaseToExtract<'_> {
    /// Writes the images and the counts into `folder`, and returns what the manifest says of them.
    ///
    /// # Errors
    /// [`FileError`] when a file exists and may not be replaced, or cannot be written.
    pub fn write(self, folder: &Path, if_exists: IfExists) -> Result<ExtractedCase, FileError> {
        let study = self.study;
        let shown = RatedImages::new(study);
        let mut images = Vec::new();
        for rated in rated_frames(self.end_diastole_frame, self.end_systole_frame, study.frames()) {
            let name = format!("images/{}.png", image_name(self.case, rated.phase));
            let FileRecord { file, sha256 } =
                FileRecord::write(folder, &name, &shown.png(rated.frame, &name)?, if_exists)?;
            images.push(ExtractedImage { phase: rated.phase, frame: rated.frame, file, sha256 });
        }
        let name = format!("counts/{}.npy", self.case);
        let bytes = encode_npy_f32(&folder.join(&name), study.counts())?;
        let counts = FileRecord::write(folder, &name, &bytes, if_exists)?;
        Ok(ExtractedCase {
            case: self.case.to_owned(),
            patient: self.patient.to_owned(),
            source: self.source,
            rows: study.rows(),
            columns: study.columns(),
            frames: study.frames(),
            pixel_spacing_mm: study.pixel_spacing_mm(),
            gating: study.gating.clone(),
            simulated: study.identity.simulated,
            end_diastole_frame: self.end_diastole_frame,
            end_systole_frame: self.end_systole_frame,
            frames_from: self.frames_from,
            white_counts: shown.window().white,
            transform: ImageTransform {
                grid: SIDE,
                interpolation: Interpolation::BilinearOnPixelCentres,
                rows_per_pixel: study.rows() as f64 / SIDE as f64,
                columns_per_pixel: study.columns() as f64 / SIDE as f64,
            },
            images,
            counts,
        })
    }
}

impl ExtractManifest {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// [`DocumentError`] when there is none, or it cannot be read.
    pub fn read(folder: &Path) -> Result<Read<Self>, DocumentError> {
        document::read(&folder.join(EXTRACT_FILE), EXTRACT_SCHEMA)
    }

    /// Writes the manifest into a folder, as the last file: where it exists, all others exist.
    ///
    /// # Errors
    /// [`DocumentError`] when it exists and may not be replaced, or cannot be written.
    pub fn write(&self, folder: &Path, if_exists: IfExists) -> Result<(), DocumentError> {
        document::write(&folder.join(EXTRACT_FILE), EXTRACT_SCHEMA, self, if_exists)
    }

    /// Every file that the manifest names, and the manifest itself, below `folder`.
    #[must_use]
    pub fn files(&self, folder: &Path) -> Vec<PathBuf> {
        let of_case = |case: &ExtractedCase| {
            let images = case.images.iter().map(|image| folder.join(&image.file)).collect::<Vec<_>>();
            images.into_iter().chain([folder.join(&case.counts.file)])
        };
        self.cases.iter().flat_map(of_case).chain([folder.join(EXTRACT_FILE)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_files::read_npy_f32;
    use ndarray::{Array3, Ix3};

    fn study() -> GatedStudy {
        let counts = Array3::from_shape_fn((24, 64, 64), |(frame, row, column)| (frame + row * column % 17) as f32);
        let mut study = GatedStudy::new(counts, Some([6.0, 6.0])).unwrap();
        study.gating.frame_time_ms = Some(40.0);
        study
    }

    #[test]
    fn a_case_is_written_and_its_manifest_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let study = study();
        let case = CaseToExtract {
            case: "a",
            patient: "p",
            source: Some(StudySource { file: "a.dcm".into(), ..StudySource::default() }),
            study: &study,
            end_diastole_frame: 1,
            end_systole_frame: 9,
            frames_from: FrameOrigin::Automatic,
        };
        let case = case.write(folder.path(), IfExists::Refuse).unwrap();
        assert_eq!(case.images.iter().map(|image| image.frame).collect::<Vec<_>>(), [1, 3, 9, 11]);
        assert_eq!(case.images[3].name(), "a-es-second");
        assert_eq!(case.transform.rows_per_pixel, 0.25);
        let counts = read_npy_f32::<Ix3>(&folder.path().join("counts/a.npy")).unwrap();
        assert_eq!(&counts, study.counts());
        let manifest = ExtractManifest {
            schema: EXTRACT_SCHEMA.into(),
            software: "test".into(),
            pseudonymised: false,
            cases: vec![case],
            set_aside: vec![SetAsideRecord { file: None, code: "not_dicom".into(), reason: "not a DICOM file".into() }],
        };
        manifest.write(folder.path(), IfExists::Refuse).unwrap();
        assert_eq!(ExtractManifest::read(folder.path()).unwrap().document, manifest);
        assert!(manifest.files(folder.path()).iter().all(|file| file.is_file()));
    }

    #[test]
    fn unknown_keys_and_other_schemas_are_errors_that_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(EXTRACT_FILE);
        let base = r#"{"schema":"bloodpool.extract/1","software":"s","pseudonymised":false,"cases":[]"#;
        for (text, named) in [
            (format!("{base},\"colour\":1}}"), "bloodpool.extract/1"),
            (base.replace("extract/1", "extract/9") + "}", "extract/9"),
            ("{".to_owned(), EXTRACT_FILE),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = ExtractManifest::read(folder.path()).unwrap_err().to_string();
            assert!(error.contains(named) && error.contains(EXTRACT_FILE), "{error}");
        }
        std::fs::write(&path, format!("{base}}}")).unwrap();
        assert!(ExtractManifest::read(folder.path()).is_ok());
    }
}
