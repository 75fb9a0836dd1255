//! `Comparison`: which studies of a dataset one or several models are compared with the raters on.

use bloodpool_dataset::{AnnotatedDataset, DatasetPart, DatasetStudy, Fold, Split, SplitError};
use bloodpool_evaluation::raters::leakage::Leakage;

use crate::Judged;

/// The studies of a comparison.
#[derive(Debug)]
pub struct Comparison {
    /// The part of the dataset; of held-out folds, `validation`.
    pub split: Split,
    /// The folds that the runs held out; empty: the part itself.
    pub folds: Vec<Fold>,
    /// The studies that a model has seen, where they were compared.
    pub leakage: Option<Leakage>,
    /// The part of each model.
    parts: Vec<DatasetPart>,
}

/// Why there is nothing to compare.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ComparisonError {
    /// No model was named.
    #[error("there is no model")]
    NoModel,
    /// Several models that are no folds.
    #[error("several models are evaluated together only where each is a run that held out another fold of the dataset")]
    Several,
    /// A run without a fold of this dataset among others.
    #[error("{run} held out no fold of this dataset; evaluate it alone")]
    NoFold {
        /// Its folder.
        run: String,
    },
    /// Two runs held out one fold, or folds of different divisions.
    #[error("{run} held out fold {fold}, another run {other}; each fold is evaluated once")]
    OtherFold {
        /// Its folder.
        run: String,
        /// The fold that it held out.
        fold: Fold,
        /// That of another run.
        other: Fold,
    },
    /// The dataset cannot be divided into these folds.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// The part is empty.
    #[error("the {part} of {folder} has no study")]
    Empty {
        /// The part.
        part: String,
        /// The folder of the dataset.
        folder: String,
    },
    /// The models have seen every study.
    #[error(
        "the model was trained or validated on the patients of all studies in the {part} of {folder}; nothing was evaluated"
    )]
    AllSeen {
        /// The part.
        part: String,
        /// The folder of the dataset.
        folder: String,
    },
}

impl Comparison {
    /// The studies of a part of a dataset but for those that a model has seen. Without `split`: the fold that each run held out,
    /// where they are runs on folds of this dataset, and the test part otherwise.
    ///
    /// # Errors
    /// [`ComparisonError`].
    pub fn plan(
        models: &[Judged],
        dataset: &AnnotatedDataset,
        folder: &str,
        split: Option<Split>,
    ) -> Result<Self, ComparisonError> {
        let first = models.first().ok_or(ComparisonError::NoModel)?;
        let own = first.is_trained_on(dataset);
        let of_folds = split.is_none() && own && first.fold.is_some();
        let split = if of_folds { Split::Validation } else { split.unwrap_or(Split::Test) };
        let (parts, folds) = match (of_folds, models) {
            (true, _) => held_out(models, dataset)?,
            (false, [_]) => (vec![dataset.split(split)], Vec::new()),
            (false, _) => return Err(ComparisonError::Several),
        };
        let (part, folder) =
            (if of_folds { "held-out folds".to_owned() } else { format!("{split} split") }, folder.to_owned());
        if parts.iter().all(|part| part.studies().next().is_none()) {
            return Err(ComparisonError::Empty { part, folder });
        }
        // Who names the training or validation part of the run's own dataset asks for exactly these studies.
        let compared = of_folds || !own || split == Split::Test;
        let found = compared.then(|| models.iter().zip(&parts).map(|(model, part)| Leakage::of(part, &model.seen)));
        let leakage = found.and_then(|found| Leakage::joined(found.collect()));
        let comparison = Self { split, folds, leakage, parts };
        if comparison.studies(models).is_empty() {
            return Err(ComparisonError::AllSeen { part, folder });
        }
        Ok(comparison)
    }

    /// Each study with the model that reads it.
    #[must_use]
    pub fn studies<'a>(&'a self, models: &'a [Judged]) -> Vec<(&'a Judged, DatasetStudy<'a>)> {
        let left_out = |case: &str| self.leakage.as_ref().is_some_and(|leakage| leakage.leaves_out(case));
        let pairs = models.iter().zip(&self.parts);
        let studies = pairs.flat_map(|(model, part)| part.studies().map(move |study| (model, study)));
        studies.filter(|(_, study)| !left_out(study.name())).collect()
    }
}

/// The fold that each run held out; every run must have held out another one.
fn held_out(runs: &[Judged], dataset: &AnnotatedDataset) -> Result<(Vec<DatasetPart>, Vec<Fold>), ComparisonError> {
    let (mut parts, mut folds): (Vec<DatasetPart>, Vec<Fold>) = (Vec::new(), Vec::new());
    for run in runs {
        let name = || run.identity.folder.clone();
        let Some(fold) = run.fold.filter(|_| run.is_trained_on(dataset)) else {
            return Err(ComparisonError::NoFold { run: name() });
        };
        if let Some(&other) = folds.iter().find(|other| other.number() == fold.number() || other.of() != fold.of()) {
            return Err(ComparisonError::OtherFold { run: name(), fold, other });
        }
        folds.push(fold);
        parts.push(dataset.fold(fold)?.held_out);
    }
    Ok((parts, folds))
}
