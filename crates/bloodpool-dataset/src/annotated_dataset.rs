//! `AnnotatedDataset`: a built dataset, whose parts are sources of samples for training, with the truth kept apart.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bloodpool_core::resample::Resampling;
use bloodpool_core::{
    AnnotatedFrames, FrameIndex, GatedStudy, LabelledStudy, Mask, SampleError, SampleSource, StudyIdentity, StudyKey,
};
use ndarray::{Array3, Axis, Ix3};

use crate::consensus::mask_of;
use crate::dataset::{AnnotatedFrame, DATASET_FILE, DatasetCase, DatasetManifest};
use crate::dataset_error::DatasetError;
use crate::rated_frames::RatedPhase;
use crate::rated_images::SIDE;
use crate::rater_record::RaterRecord;
use crate::split::folds::{Fold, Use, fold_by_patient, nested_choice};
use crate::split::{Split, SplitError, StudyToSplit};
use bloodpool_files::composed;
use bloodpool_files::document::Read;
use bloodpool_files::fingerprint::{FileRecord, sha256};
use bloodpool_files::npy::decode_npy_f32;
use bloodpool_files::png::decode_png_u8;

/// How the name begins that stands in the place of a patient ID where a study has none.
pub const NO_ID: &str = "no ID: ";

/// A built dataset.
#[derive(Debug, Clone)]
pub struct AnnotatedDataset {
    contents: Arc<Contents>,
}

#[derive(Debug)]
struct Contents {
    folder: PathBuf,
    manifest: DatasetManifest,
    sha256: String,
}

/// One part of a dataset, as a source of samples.
///
/// A sample is on the 256 grid: counts resampled with their sum kept, the consensus as mask of the annotated frames,
/// empty masks on the others. True LVEF and silhouettes are not in it: training must never see them.
#[derive(Debug, Clone)]
pub struct DatasetPart {
    contents: Arc<Contents>,
    /// For example `train`, or `fold 2/5: validation`.
    name: String,
    cases: Vec<usize>,
    /// The group of raters whose consensus is in the samples; `None`: the consensus of all.
    group: Option<Arc<str>>,
    /// Annotated frames of each study that its samples have; `None`: all of them.
    frames: Option<usize>,
}

/// The studies of a dataset but for its test part, when one fold of them is held out.
#[derive(Debug, Clone)]
pub struct FoldParts {
    /// Those that the network is trained on.
    pub training: DatasetPart,
    /// Those that the epoch is chosen by.
    pub validation: DatasetPart,
    /// Those that are evaluated.
    pub held_out: DatasetPart,
}

/// One study of a part, with the truth that its sample does not contain.
#[derive(Debug, Clone, Copy)]
pub struct DatasetStudy<'a> {
    contents: &'a Contents,
    case: &'a DatasetCase,
    group: Option<&'a str>,
}

impl AnnotatedDataset {
    /// Opens a dataset. Files are read, and checked against their hashes, when a sample needs them.
    ///
    /// # Errors
    /// [`DatasetError`] when the folder contains no dataset, or its manifest contradicts itself.
    pub fn open(folder: &Path) -> Result<Self, DatasetError> {
        let read = DatasetManifest::read(folder)?;
        if let Some(problem) = read.document.problems().into_iter().next() {
            return Err(DatasetError::content(&folder.join(DATASET_FILE), problem));
        }
        Ok(Self::unchecked(folder, read))
    }

    /// Without a check of the manifest, which the caller makes.
    pub(crate) fn unchecked(folder: &Path, read: Read<DatasetManifest>) -> Self {
        let contents = Contents { folder: folder.to_owned(), manifest: read.document, sha256: read.sha256 };
        Self { contents: Arc::new(contents) }
    }

    /// The manifest.
    #[must_use]
    pub fn manifest(&self) -> &DatasetManifest {
        &self.contents.manifest
    }

    /// SHA-256 of the manifest, which contains the hash of every file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.contents.sha256
    }

    /// The folder that it lies in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.contents.folder
    }

    /// The record of the raters; `None` where the dataset has none.
    ///
    /// # Errors
    /// [`DatasetError`] when the record cannot be read, was changed, or contradicts itself.
    pub fn raters(&self) -> Result<Option<RaterRecord>, DatasetError> {
        let Contents { folder, manifest, .. } = &*self.contents;
        let Some(record) = &manifest.raters else { return Ok(None) };
        let raters = RaterRecord::read(folder, record)?;
        let path = folder.join(&record.file);
        match raters.problems().into_iter().next() {
            Some(problem) => Err(DatasetError::content(&path, problem)),
            None if raters.consensus_sha256 != manifest.consensus_sha256 => {
                Err(DatasetError::content(&path, "is of another consensus than the dataset"))
            }
            None => Ok(Some(raters)),
        }
    }

    /// One part.
    #[must_use]
    pub fn split(&self, split: Split) -> DatasetPart {
        let cases = self.contents.manifest.cases.iter().enumerate();
        let cases = cases.filter(|(_, case)| case.split == split).map(|(index, _)| index).collect();
        DatasetPart { contents: Arc::clone(&self.contents), name: split.to_string(), cases, frames: None, group: None }
    }

    /// The studies of training and validation, divided anew into folds of which one is held out; the test part is in none. The
    /// seed of the dataset's split decides, so that the folds of a dataset are always the same.
    ///
    /// # Errors
    /// [`SplitError`] where there are too few patients.
    pub fn fold(&self, fold: Fold) -> Result<FoldParts, SplitError> {
        let manifest = &self.contents.manifest;
        let cases: Vec<usize> =
            (0..manifest.cases.len()).filter(|&index| manifest.cases[index].split != Split::Test).collect();
        let folds = fold_by_patient(&self.to_split(&cases), fold.of(), manifest.seed)?;
        let part = |used: Use, name: &str| {
            let own = cases.iter().zip(&folds).filter(|(_, own)| fold.used_as(**own) == used);
            let (contents, name) = (Arc::clone(&self.contents), format!("fold {fold}: {name}"));
            DatasetPart { contents, name, cases: own.map(|(case, _)| *case).collect(), frames: None, group: None }
        };
        Ok(FoldParts {
            training: part(Use::Training, "training"),
            validation: part(Use::Validation, "validation"),
            held_out: part(Use::HeldOut, "held out"),
        })
    }

    /// The studies of these names, in the order of the dataset.
    #[must_use]
    pub fn named(&self, names: &[&str]) -> DatasetPart {
        let cases = self.contents.manifest.cases.iter().enumerate();
        let cases = cases.filter(|(_, case)| names.contains(&case.case.as_str())).map(|(index, _)| index).collect();
        DatasetPart {
            contents: Arc::clone(&self.contents),
            name: "studies by name".to_owned(),
            cases,
            frames: None,
            group: None,
        }
    }

    fn to_split(&self, cases: &[usize]) -> Vec<StudyToSplit<'_>> {
        let study = |&index: &usize| {
            let case = &self.contents.manifest.cases[index];
            StudyToSplit { patient: &case.patient, lvef_percent: case.stratum_lvef_percent }
        };
        cases.iter().map(study).collect()
    }

    /// The study of this index, from 0, of all parts together.
    #[must_use]
    pub fn study(&self, index: usize) -> Option<DatasetStudy<'_>> {
        let case = self.contents.manifest.cases.get(index)?;
        Some(DatasetStudy { contents: &self.contents, case, group: None })
    }

    /// The groups of raters whose consensus is known on any image, sorted.
    #[must_use]
    pub fn groups(&self) -> Vec<&str> {
        let frames = self.contents.manifest.cases.iter().flat_map(|case| &case.annotated);
        let groups: BTreeSet<&str> = frames.flat_map(|frame| &frame.groups).map(|of| of.group.as_str()).collect();
        groups.into_iter().collect()
    }
}

impl DatasetPart {
    /// Which part it is, for example `train`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// So many of its studies, by whole patients, in an order that the seed decides. With the same seed, fewer are part of more.
    #[must_use]
    pub fn some(&self, studies: usize, seed: u64) -> Self {
        let dataset = AnnotatedDataset { contents: Arc::clone(&self.contents) };
        let chosen = nested_choice(&dataset.to_split(&self.cases), studies, seed);
        let cases: Vec<usize> = chosen.into_iter().map(|index| self.cases[index]).collect();
        let name = format!("{}, {} studies by seed {seed}", self.name, cases.len());
        Self { contents: Arc::clone(&self.contents), name, cases, group: self.group.clone(), frames: self.frames }
    }

    /// The same studies with the consensus of one group of raters in the place of that of all: in the masks of samples and in
    /// [`DatasetStudy::consensus`]. Split and folds stay those of the consensus of all.
    ///
    /// # Errors
    /// [`DatasetError::UnknownGroup`], and [`DatasetError::NoGroupConsensus`] with the first study on which the group has none.
    pub fn with_consensus_of(&self, group: &str) -> Result<Self, DatasetError> {
        let dataset = AnnotatedDataset { contents: Arc::clone(&self.contents) };
        let known = dataset.groups();
        let wanted = composed(group);
        let Some(group) = known.iter().copied().find(|known| composed(known) == wanted) else {
            let known = known.into_iter().map(str::to_owned).collect();
            return Err(DatasetError::UnknownGroup { group: group.to_owned(), known });
        };
        let part = Self { group: Some(group.into()), ..self.clone() };
        for study in part.studies() {
            study.case.annotated.iter().try_for_each(|frame| study.consensus_record(frame).map(|_| ()))?;
        }
        Ok(part)
    }

    /// The group of raters whose consensus is in the samples; `None`: the consensus of all.
    #[must_use]
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The same studies, with so many annotated frames of each: ED and ES, then ED+2 and ES+2; the masks of the others are empty.
    #[must_use]
    pub fn with_frames(self, frames: usize) -> Self {
        let name = format!("{}, {frames} frames per study", self.name);
        Self { name, frames: Some(frames), ..self }
    }

    /// The study of this index, from 0, in the order of the samples.
    #[must_use]
    pub fn study(&self, index: usize) -> Option<DatasetStudy<'_>> {
        let case = self.contents.manifest.cases.get(*self.cases.get(index)?)?;
        Some(DatasetStudy { contents: &self.contents, case, group: self.group.as_deref() })
    }

    /// The studies, in the order of the samples.
    pub fn studies(&self) -> impl Iterator<Item = DatasetStudy<'_>> + '_ {
        (0..self.cases.len()).filter_map(|index| self.study(index))
    }
}

impl SampleSource for DatasetPart {
    fn len(&self) -> Option<u64> {
        Some(self.cases.len() as u64)
    }

    fn sample(&self, index: u64) -> Result<LabelledStudy, SampleError> {
        let study = usize::try_from(index).ok().and_then(|index| self.study(index));
        let missing = || SampleError { index, message: format!("the part has {} studies", self.cases.len()) };
        let sample = study.ok_or_else(missing)?.sample();
        let mut sample = sample.map_err(|error| SampleError { index, message: error.to_string() })?;
        if let (Some(frames), Some(annotated)) = (self.frames, &mut sample.annotated) {
            annotated.others.truncate(frames.saturating_sub(2));
            let used: Vec<usize> = annotated.all().map(FrameIndex::index).collect();
            let unused = sample.masks.iter_mut().enumerate().filter(|(frame, _)| !used.contains(frame));
            unused.for_each(|(_, mask)| *mask = Mask::empty(SIDE, SIDE));
        }
        Ok(sample)
    }

    fn description(&self) -> String {
        let Contents { manifest, sha256, .. } = &*self.contents;
        let group = self.group.as_ref().map(|group| format!(", consensus of group `{group}`")).unwrap_or_default();
        format!("dataset {}, {}{group}, {DATASET_FILE} sha256 {sha256}", manifest.name, self.name)
    }

    fn keys(&self) -> Option<Vec<StudyKey>> {
        Some(self.studies().map(|study| study.key()).collect())
    }

    fn folder(&self) -> Option<&Path> {
        Some(&self.contents.folder)
    }
}

impl<'a> DatasetStudy<'a> {
    /// What the manifest says of it.
    #[must_use]
    pub fn case(&self) -> &'a DatasetCase {
        self.case
    }

    /// Its name or pseudonym.
    #[must_use]
    pub fn name(&self) -> &'a str {
        &self.case.case
    }

    /// Whose study it is.
    #[must_use]
    pub fn patient(&self) -> &'a str {
        &self.case.patient
    }

    /// What it is recognised by in another dataset. A pseudonym, and the name of a study without a patient ID, stand for a person
    /// only among the studies that were extracted together; the hash of the counts recognises the study itself everywhere.
    #[must_use]
    pub fn key(&self) -> StudyKey {
        let manifest = &self.contents.manifest;
        let extraction = (manifest.extract_sha256.as_str(), manifest.pseudonymised);
        study_key(extraction, self.patient(), &self.case.counts.sha256)
    }

    /// True LVEF, percent, where it is known.
    #[must_use]
    pub fn true_lvef_percent(&self) -> Option<f64> {
        self.case.true_lvef_percent
    }

    /// The study in its own matrix, counts unscaled.
    ///
    /// # Errors
    /// [`DatasetError`] when the counts cannot be read.
    pub fn own_matrix(&self) -> Result<GatedStudy, DatasetError> {
        let counts = self.counts()?;
        self.gated(counts, self.case.pixel_spacing_mm)
    }

    /// The study on the 256 grid, with the consensus as masks: of all raters, or of the group of its part.
    ///
    /// # Errors
    /// [`DatasetError`] when a file cannot be read, was changed, or does not hold what the manifest says.
    pub fn sample(&self) -> Result<LabelledStudy, DatasetError> {
        let case = self.case;
        let counts = self.counts()?;
        let (enlarged, spacing) = enlarged(&counts, case.pixel_spacing_mm);
        let mut masks = vec![Mask::empty(SIDE, SIDE); case.frames];
        for (annotated, mask) in self.consensus()? {
            if let Some(slot) = FrameIndex::from_number(annotated.frame).and_then(|frame| masks.get_mut(frame.index()))
            {
                *slot = mask;
            }
        }
        Ok(LabelledStudy {
            study: self.gated(enlarged, spacing)?,
            masks,
            annotated: self.annotated_frames(),
            lv_fraction: None,
            lv_volume_ml: None,
            lvef_percent: None,
            scene: None,
            reference: None, // a study with outlines is trained on these
        })
    }

    /// The consensus of each annotated frame (from 1) on the 256 grid: of all raters, or of the group of its part.
    ///
    /// # Errors
    /// As [`DatasetStudy::sample`].
    pub fn consensus(&self) -> Result<Vec<(&'a AnnotatedFrame, Mask)>, DatasetError> {
        self.case.annotated.iter().map(|frame| Ok((frame, self.mask(self.consensus_record(frame)?)?))).collect()
    }

    /// The file of the consensus of a frame.
    fn consensus_record(&self, frame: &'a AnnotatedFrame) -> Result<&'a FileRecord, DatasetError> {
        let Some(group) = self.group else { return Ok(&frame.mask) };
        let of_group = frame.groups.iter().find(|of| of.group == group);
        of_group.and_then(|of| of.mask.as_ref()).ok_or_else(|| DatasetError::NoGroupConsensus {
            study: self.case.case.clone(),
            group: group.to_owned(),
            phase: frame.phase,
            raters: of_group.map_or(0, |of| of.raters),
        })
    }

    /// The true silhouette of each annotated frame on the 256 grid; none where the truth is not known.
    ///
    /// # Errors
    /// As [`DatasetStudy::sample`].
    pub fn true_silhouettes(&self) -> Result<Vec<(&'a AnnotatedFrame, Mask)>, DatasetError> {
        let known = self.case.annotated.iter().filter_map(|frame| Some((frame, frame.true_silhouette.as_ref()?)));
        known.map(|(frame, record)| Ok((frame, self.mask(record)?))).collect()
    }

    fn annotated_frames(&self) -> Option<AnnotatedFrames> {
        let frame = |phase| self.case.annotated(phase).and_then(|annotated| FrameIndex::from_number(annotated.frame));
        Some(AnnotatedFrames {
            end_diastole: frame(RatedPhase::EndDiastole)?,
            end_systole: frame(RatedPhase::EndSystole)?,
            others: [RatedPhase::EndDiastoleSecond, RatedPhase::EndSystoleSecond]
                .into_iter()
                .filter_map(frame)
                .collect(),
        })
    }

    pub(crate) fn counts(&self) -> Result<Array3<f32>, DatasetError> {
        let case = self.case;
        read_counts(&self.contents.folder, &case.counts, (case.frames, case.rows, case.columns))
    }

    pub(crate) fn mask(&self, record: &FileRecord) -> Result<Mask, DatasetError> {
        let path = self.contents.folder.join(&record.file);
        let grey = decode_png_u8(&path, &record.read(&self.contents.folder)?)?;
        if grey.dim() != (SIDE, SIDE) {
            let reason = format!("is {} x {} pixels where {SIDE} x {SIDE} are expected", grey.ncols(), grey.nrows());
            return Err(DatasetError::content(&path, reason));
        }
        let mask = mask_of(&grey)
            .ok_or_else(|| DatasetError::content(&path, "has values other than 0 and 255; it is not a mask"))?;
        if mask.is_empty() {
            return Err(DatasetError::content(&path, "is an empty mask"));
        }
        Ok(mask)
    }

    pub(crate) fn folder(&self) -> &'a Path {
        &self.contents.folder
    }

    fn gated(&self, counts: Array3<f32>, spacing: Option<[f64; 2]>) -> Result<GatedStudy, DatasetError> {
        let path = self.contents.folder.join(&self.case.counts.file);
        let mut study =
            GatedStudy::new(counts, spacing).map_err(|error| DatasetError::content(&path, error.to_string()))?;
        study.gating = self.case.gating.clone();
        let source = self.case.source.clone().unwrap_or_default();
        study.identity = StudyIdentity {
            patient_id: Some(self.case.patient.clone()),
            study_uid: source.study_uid,
            series_uid: source.series_uid,
            sop_uid: source.sop_uid,
            simulated: self.case.simulated,
            ..StudyIdentity::default()
        };
        Ok(study)
    }
}

/// The counts of a study, checked against their hash and the shape that its record states.
pub(crate) fn read_counts(
    folder: &Path,
    record: &FileRecord,
    expected: (usize, usize, usize),
) -> Result<Array3<f32>, DatasetError> {
    let path = folder.join(&record.file);
    let counts = decode_npy_f32::<Ix3>(&path, &record.read(folder)?)?;
    if counts.dim() != expected {
        let reason = format!("has the shape {:?} where {DATASET_FILE} says {expected:?}", counts.dim());
        return Err(DatasetError::content(&path, reason));
    }
    Ok(counts)
}

/// Counts on the 256 grid, with their sum kept, and the pixel spacing there.
pub(crate) fn enlarged(counts: &Array3<f32>, spacing_mm: Option<[f64; 2]>) -> (Array3<f32>, Option<[f64; 2]>) {
    let (frames, rows, columns) = counts.dim();
    let resampling = Resampling::new((rows, columns), (SIDE, SIDE));
    let mut enlarged = Array3::<f32>::zeros((frames, SIDE, SIDE));
    for (frame, mut large) in counts.axis_iter(Axis(0)).zip(enlarged.axis_iter_mut(Axis(0))) {
        large.assign(&resampling.frame(&frame));
    }
    let side = SIDE as f64;
    (enlarged, spacing_mm.map(|[row, column]| [row * rows as f64 / side, column * columns as f64 / side]))
}

/// What a study is recognised by, given the extraction that it comes from (SHA-256 of its manifest, and whether it gave pseudonyms).
pub(crate) fn study_key((extraction, pseudonymised): (&str, bool), patient: &str, counts_sha256: &str) -> StudyKey {
    let local = pseudonymised || patient.starts_with(NO_ID);
    let scope = if local { extraction } else { "" };
    StudyKey {
        patient: Some(sha256(format!("{scope}\n{}", patient.trim()).as_bytes())),
        counts: counts_sha256.to_owned(),
    }
}
