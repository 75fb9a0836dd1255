//! `ReferencePart`: studies with a reference LVEF as a source of samples, and `WithReference`: together with studies with outlines.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bloodpool_core::{
    AnnotatedFrames, FrameIndex, GatedStudy, LabelledStudy, Mask, SampleError, SampleSource, StudyIdentity, StudyKey,
};
use bloodpool_files::fingerprint::FileRecord;

use super::{ReferenceCase, ReferenceStudies};
use crate::annotated_dataset::{DatasetPart, enlarged, read_counts, study_key};
use crate::dataset_error::DatasetError;
use crate::rated_images::SIDE;

/// Studies that have a reference LVEF alone, as a source of samples on the 256 grid with empty masks.
#[derive(Debug, Clone)]
pub struct ReferencePart {
    folder: PathBuf,
    studies: ReferenceStudies,
    sha256: String,
}

impl ReferencePart {
    pub(super) fn new(folder: &Path, studies: ReferenceStudies, record: &FileRecord) -> Self {
        Self { folder: folder.to_owned(), studies, sha256: record.sha256.clone() }
    }

    /// The record.
    #[must_use]
    pub fn studies(&self) -> &ReferenceStudies {
        &self.studies
    }

    /// Without the studies of these patients: what a network is validated or evaluated on may not be trained on.
    #[must_use]
    pub fn without_patients(mut self, patients: &BTreeSet<&str>) -> Self {
        self.studies.cases.retain(|case| !patients.contains(case.patient.as_str()));
        self
    }

    fn key(&self, case: &ReferenceCase) -> StudyKey {
        let extraction = (self.studies.extract_sha256.as_str(), self.studies.pseudonymised);
        study_key(extraction, &case.patient, &case.counts.sha256)
    }

    fn labelled(&self, case: &ReferenceCase) -> Result<LabelledStudy, DatasetError> {
        let counts = read_counts(&self.folder, &case.counts, (case.frames, case.rows, case.columns))?;
        let (counts, spacing) = enlarged(&counts, case.pixel_spacing_mm);
        let path = self.folder.join(&case.counts.file);
        let mut study =
            GatedStudy::new(counts, spacing).map_err(|error| DatasetError::content(&path, error.to_string()))?;
        study.gating = case.gating.clone();
        study.identity = StudyIdentity { simulated: case.simulated, ..StudyIdentity::default() };
        let frame = |number: usize| {
            let wrong = || DatasetError::content(&path, format!("has no frame {number}"));
            FrameIndex::from_number(number).ok_or_else(wrong)
        };
        let annotated = AnnotatedFrames {
            end_diastole: frame(case.end_diastole_frame)?,
            end_systole: frame(case.end_systole_frame)?,
            others: Vec::new(),
        };
        Ok(LabelledStudy {
            study,
            masks: vec![Mask::empty(SIDE, SIDE); case.frames],
            annotated: Some(annotated),
            lv_fraction: None,
            lv_volume_ml: None,
            lvef_percent: None,
            scene: None,
            reference: Some(case.reference.clone()),
        })
    }
}

impl SampleSource for ReferencePart {
    fn len(&self) -> Option<u64> {
        Some(self.studies.cases.len() as u64)
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        let failed = |message: String| SampleError { index, message };
        let case = usize::try_from(index).ok().and_then(|index| self.studies.cases.get(index));
        let case = case.ok_or_else(|| failed(format!("there are {} studies", self.studies.cases.len())))?;
        self.labelled(case).map_err(|error| failed(error.to_string()))
    }

    fn description(&self) -> String {
        format!("{} studies with a reference LVEF alone, record sha256 {}", self.studies.cases.len(), self.sha256)
    }

    fn keys(&self) -> Option<Vec<StudyKey>> {
        Some(self.studies.cases.iter().map(|case| self.key(case)).collect())
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.folder)
    }
}

/// Studies with outlines together with studies that have a reference LVEF alone. Where there are more of the latter, those with
/// outlines come several times, so that about half of all samples have outlines.
#[derive(Debug, Clone)]
pub struct WithReference {
    outlined: DatasetPart,
    reference: ReferencePart,
}

impl WithReference {
    /// Joins the two.
    #[must_use]
    pub fn new(outlined: DatasetPart, reference: ReferencePart) -> Self {
        Self { outlined, reference }
    }

    /// Number of studies with outlines, how often each comes, and number of studies with a reference.
    #[must_use]
    pub fn sizes(&self) -> [u64; 3] {
        let [outlined, reference] = [self.outlined.len(), self.reference.len()].map(|length| length.unwrap_or(0));
        // Rounded to the nearest.
        let times = if outlined == 0 { 0 } else { ((2 * reference + outlined) / (2 * outlined)).max(1) };
        [outlined, times, reference]
    }
}

impl SampleSource for WithReference {
    fn len(&self) -> Option<u64> {
        let [outlined, times, reference] = self.sizes();
        Some(outlined * times + reference)
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        let [outlined, times, _] = self.sizes();
        let own = |error: SampleError| SampleError { index, ..error };
        match index.checked_sub(outlined * times) {
            None => self.outlined.sample(index % outlined).map_err(own),
            Some(index) => self.reference.sample(index).map_err(own),
        }
    }

    fn description(&self) -> String {
        format!("{}; and {}", self.outlined.description(), self.reference.description())
    }

    fn keys(&self) -> Option<Vec<StudyKey>> {
        Some([self.outlined.keys()?, self.reference.keys()?].concat())
    }

    fn folder(&self) -> Option<&Path> {
        self.outlined.folder()
    }
}
