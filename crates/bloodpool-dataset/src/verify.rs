//! The check of a built dataset: every hash, shape and mask, and no patient in two parts.

use std::collections::BTreeSet;
use std::path::Path;

use rayon::prelude::*;

use crate::annotated_dataset::{AnnotatedDataset, DatasetStudy, read_counts};
use crate::dataset::{DATASET_FILE, DatasetCase, DatasetManifest, is_below};
use crate::dataset_error::DatasetError;
use crate::rated_images::SIDE;
use crate::split::Split;
use bloodpool_files::fingerprint::FileRecord;
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
    /// Files whose hashes were checked.
    pub files: usize,
    /// Masks and silhouettes that were checked.
    pub masks: usize,
    /// All errors, each with its file; empty when the dataset is complete and unchanged.
    pub problems: Vec<String>,
}

/// Checks everything that a dataset says of itself; `each` is called after each study.
///
/// # Errors
/// [`DatasetError`] when there is no manifest to check against.
pub fn verify_dataset(folder: &Path, each: impl Fn() + Sync) -> Result<Verification, DatasetError> {
    let read = DatasetManifest::read(folder)?;
    let mut problems: Vec<String> = read
        .document
        .problems()
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
    let mut reference_files = 0;
    match dataset.reference() {
        Ok(reference) => {
            let cases = reference.iter().flat_map(|part| &part.studies().cases);
            for case in cases {
                reference_files += 1;
                if let Err(error) = read_counts(folder, &case.counts, (case.frames, case.rows, case.columns)) {
                    problems.push(in_full(&error));
                }
            }
        }
        Err(error) => problems.push(in_full(&error)),
    }
    let records = manifest.raters.iter().chain(&manifest.reference).count();
    // All files of a study but its counts and one image per annotated frame.
    let masks = |case: &DatasetCase| (case.files().count() - 1).saturating_sub(case.annotated.len());
    Ok(Verification {
        studies: manifest.cases.len(),
        patients: manifest.cases.iter().map(|case| &case.patient).collect::<BTreeSet<_>>().len(),
        parts: Split::ALL.map(|split| manifest.cases.iter().filter(|case| case.split == split).count()),
        files: manifest.cases.iter().map(|case| case.files().count()).sum::<usize>() + records + reference_files,
        masks: manifest.cases.iter().map(masks).sum(),
        problems,
    })
}

/// What is wrong with the files of one study.
fn study_problems(study: &DatasetStudy<'_>) -> Vec<String> {
    let case = study.case();
    if case.files().any(|record| !is_below(&record.file)) {
        return Vec::new(); // reported already, and not read
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
        note(mask(study, &annotated.mask, annotated.area_px));
        for group in &annotated.groups {
            if let Some(record) = &group.mask {
                note(mask(study, record, group.area_px));
            }
        }
        if let Some(record) = &annotated.true_silhouette {
            note(study.mask(record).map(|_| ()));
        }
    }
    problems
}

/// Whether a mask can be read and has the area that the manifest says.
fn mask(study: &DatasetStudy<'_>, record: &FileRecord, area_px: usize) -> Result<(), DatasetError> {
    let mask = study.mask(record)?;
    if mask.area() == area_px {
        return Ok(());
    }
    let reason = format!("holds {} pixels where {DATASET_FILE} says {area_px}", mask.area());
    Err(DatasetError::content(&study.folder().join(&record.file), reason))
}

fn image(study: &DatasetStudy<'_>, record: &FileRecord) -> Result<(), DatasetError> {
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
