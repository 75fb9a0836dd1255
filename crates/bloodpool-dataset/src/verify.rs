//! Whether a built dataset is whole: every hash, shape and mask, and no patient in two parts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use rayon::prelude::*;

use crate::annotated_dataset::{AnnotatedDataset, DatasetError, DatasetStudy};
use crate::dataset::{DATASET_FILE, DatasetCase, DatasetManifest};
use crate::rated_frames::RatedPhase;
use crate::rated_images::SIDE;
use crate::split::{Split, SplitSizes};
use bloodpool_files::png::decode_png_u8;

/// What a check of a dataset found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// Number of studies.
    pub studies: usize,
    /// Number of patients.
    pub patients: usize,
    /// Studies in training, validation and test.
    pub parts: [usize; 3],
    /// Files whose bytes were held against their hashes.
    pub files: usize,
    /// Masks and silhouettes looked at.
    pub masks: usize,
    /// What is wrong, each naming its file. None: the dataset is whole.
    pub problems: Vec<String>,
}

/// Checks everything that a dataset says of itself; `each` is called after each study.
///
/// # Errors
/// [`DatasetError`] when there is no manifest to check against.
pub fn verify_dataset(folder: &Path, each: impl Fn() + Sync) -> Result<Verification, DatasetError> {
    let read = DatasetManifest::read(folder)?;
    let mut problems: Vec<String> = manifest_problems(&read.document)
        .into_iter()
        .map(|problem| format!("{}: {problem}", folder.join(DATASET_FILE).display()))
        .collect();
    let dataset = AnnotatedDataset::unchecked(folder, read);
    let manifest = dataset.manifest();
    let of_studies: Vec<Vec<String>> = (0..manifest.cases.len())
        .into_par_iter()
        .map(|index| {
            let problems = dataset.study(index).map(|study| study_problems(&study)).unwrap_or_default();
            each();
            problems
        })
        .collect();
    problems.extend(of_studies.into_iter().flatten());
    if let Err(error) = dataset.raters().map(|_| ()) {
        problems.push(in_full(&error));
    }
    let silhouettes = |case: &DatasetCase| case.annotated.iter().filter(|f| f.true_silhouette.is_some()).count();
    Ok(Verification {
        studies: manifest.cases.len(),
        patients: manifest.cases.iter().map(|case| &case.patient).collect::<BTreeSet<_>>().len(),
        parts: Split::ALL.map(|split| manifest.cases.iter().filter(|case| case.split == split).count()),
        files: manifest.cases.iter().map(|case| case.files().count()).sum::<usize>() + manifest.raters.iter().count(),
        masks: manifest.cases.iter().map(|case| case.annotated.len() + silhouettes(case)).sum(),
        problems,
    })
}

/// What a manifest says that cannot be, without a look at its files.
pub(crate) fn manifest_problems(manifest: &DatasetManifest) -> Vec<String> {
    let mut problems = Vec::new();
    if manifest.cases.is_empty() {
        problems.push("names no study".to_owned());
    }
    if let Some(record) = manifest.raters.as_ref().filter(|record| !is_below(&record.file)) {
        problems.push(format!("names {}, outside the dataset", record.file));
    }
    let mut parts: BTreeMap<&str, (Split, &str)> = BTreeMap::new();
    let (mut names, mut files) = (BTreeSet::new(), BTreeSet::new());
    for case in &manifest.cases {
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
        if manifest.has_truth {
            let whole = case.true_lvef_percent.is_some() && case.annotated.iter().all(|f| f.true_silhouette.is_some());
            if !whole {
                problems.push(format!("study `{}` lacks its true LVEF or a true silhouette", case.case));
            }
        }
    }
    if let SplitSizes::Studies { parts } = manifest.split {
        let found = Split::ALL.map(|split| manifest.cases.iter().filter(|case| case.split == split).count());
        if found != parts {
            problems.push(format!("promises {parts:?} studies a part and has {found:?}"));
        }
    }
    problems
}

/// Every phase once, each on a frame of the study.
fn frame_problems(case: &DatasetCase, problems: &mut Vec<String>) {
    for phase in RatedPhase::ALL {
        let found = case.annotated.iter().filter(|annotated| annotated.phase == phase).count();
        if found != 1 {
            problems.push(format!("study `{}` has {found} annotations of {phase} where 1 belongs", case.case));
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
fn is_below(file: &str) -> bool {
    !file.is_empty() && Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}

/// What is wrong with the files of one study.
fn study_problems(study: &DatasetStudy<'_>) -> Vec<String> {
    let case = study.case();
    if case.files().any(|record| !is_below(&record.file)) {
        return Vec::new(); // told already, and not read
    }
    let mut problems = Vec::new();
    let mut note = |result: Result<(), DatasetError>| {
        if let Err(error) = result {
            problems.push(in_full(&error));
        }
    };
    // As a study: shape, and counts that are finite and not negative, in every frame.
    note(study.own_matrix().map(|_| ()));
    for annotated in &case.annotated {
        note(image(study, &annotated.image));
        note(study.mask(&annotated.mask).and_then(|mask| {
            let path = study.folder().join(&annotated.mask.file);
            if mask.area() == annotated.area_px {
                Ok(())
            } else {
                let reason = format!("holds {} pixels where {DATASET_FILE} says {}", mask.area(), annotated.area_px);
                Err(DatasetError::content(&path, reason))
            }
        }));
        if let Some(record) = &annotated.true_silhouette {
            note(study.mask(record).map(|_| ()));
        }
    }
    problems
}

fn image(study: &DatasetStudy<'_>, record: &bloodpool_files::fingerprint::FileRecord) -> Result<(), DatasetError> {
    let path = study.folder().join(&record.file);
    let grey = decode_png_u8(&path, &record.read(study.folder())?)?;
    if grey.dim() == (SIDE, SIDE) {
        return Ok(());
    }
    Err(DatasetError::content(&path, format!("is {} x {} pixels", grey.ncols(), grey.nrows())))
}

/// An error with its causes.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(&format!(": {next}"));
        cause = next.source();
    }
    text
}
