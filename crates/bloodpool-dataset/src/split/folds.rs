//! Folds of a dataset for cross-validation, and nested choices of its training studies: by patient, repeatable from a seed.

use std::fmt;
use std::str::FromStr;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::{SplitError, StudyToSplit, patients};

/// The fewest folds: one is held out, one validates, and one is left to train on.
pub const FEWEST: usize = 3;

/// One of several folds, written `2/5`: it is held out, the next one validates (the first after the last), and the others train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fold {
    number: usize,
    of: usize,
}

/// What a study is used for when a fold is held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// The network is trained on it.
    Training,
    /// The epoch that is kept is chosen by it.
    Validation,
    /// It is evaluated.
    HeldOut,
}

/// Why a fold cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a fold is written as 2/5: its number, from 1, and the number of folds, at least {FEWEST}")]
pub struct NoFold;

impl Fold {
    /// Fold `number`, from 1, of so many.
    ///
    /// # Errors
    /// [`NoFold`] when there is none of this number, or there are fewer than three.
    pub fn new(number: usize, of: usize) -> Result<Self, NoFold> {
        if of >= FEWEST && (1..=of).contains(&number) { Ok(Self { number, of }) } else { Err(NoFold) }
    }

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> usize {
        self.number
    }

    /// The number of folds.
    #[must_use]
    pub fn of(self) -> usize {
        self.of
    }

    /// What a study of fold `own`, from 1, is used for when this fold is held out.
    #[must_use]
    pub fn used_as(self, own: usize) -> Use {
        if own == self.number {
            Use::HeldOut
        } else if own == self.number % self.of + 1 {
            Use::Validation
        } else {
            Use::Training
        }
    }
}

impl fmt::Display for Fold {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Fold {
    type Err = NoFold;

    fn from_str(text: &str) -> Result<Self, NoFold> {
        let (number, of) = text.split_once('/').ok_or(NoFold)?;
        let whole = |part: &str| part.trim().parse::<usize>().map_err(|_| NoFold);
        Self::new(whole(number)?, whole(of)?)
    }
}

/// The fold of each study, from 1. All studies of a patient are in the same fold.
///
/// Patients are sorted by the mean LVEF of their studies and cut into strata of one patient per fold, whose order the seed decides.
/// Each patient goes to the fold with the fewest studies among those that have no patient of its stratum yet, so that folds are of
/// nearly equal size and LVEF. The order in which the studies are given does not matter.
///
/// # Errors
/// [`SplitError::TooFewPatients`] where there are fewer patients than folds.
pub fn fold_by_patient(studies: &[StudyToSplit<'_>], folds: usize, seed: u64) -> Result<Vec<usize>, SplitError> {
    let mut patients = patients(studies);
    if patients.len() < folds {
        return Err(SplitError::TooFewPatients { patients: patients.len(), folds });
    }
    patients.sort_by(|a, b| a.lvef_percent.total_cmp(&b.lvef_percent));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sizes = vec![0; folds];
    let mut of_study = vec![0; studies.len()];
    for stratum in patients.chunks_mut(folds.max(1)) {
        stratum.shuffle(&mut rng);
        let mut free: Vec<usize> = (0..folds).collect();
        for patient in stratum {
            let Some(place) = (0..free.len()).min_by_key(|&place| sizes[free[place]]) else { break };
            let fold = free.remove(place);
            sizes[fold] += patient.studies.len();
            patient.studies.iter().for_each(|&study| of_study[study] = fold + 1);
        }
    }
    Ok(of_study)
}

/// The first patients in an order that the seed decides, until they have so many studies: indices of their studies, sorted.
///
/// With the same seed, the choice of fewer studies is part of that of more.
#[must_use]
pub fn nested_choice(studies: &[StudyToSplit<'_>], wanted: usize, seed: u64) -> Vec<usize> {
    let mut patients = patients(studies);
    patients.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut chosen = Vec::new();
    for patient in patients {
        if chosen.len() >= wanted {
            break;
        }
        chosen.extend(patient.studies);
    }
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use proptest::prelude::*;

    fn named(owners: &[usize]) -> Vec<String> {
        owners.iter().map(|owner| format!("p{owner}")).collect()
    }

    fn to_split<'a>(names: &'a [String], lvef: impl Fn(usize) -> f64) -> Vec<StudyToSplit<'a>> {
        let study = |(index, patient): (usize, &'a String)| StudyToSplit { patient, lvef_percent: Some(lvef(index)) };
        names.iter().enumerate().map(study).collect()
    }

    #[test]
    fn folds_are_written_and_read() {
        let fold: Fold = "2/5".parse().unwrap();
        assert_eq!((fold.number(), fold.of(), fold.to_string().as_str()), (2, 5, "2/5"));
        for wrong in ["", "2", "0/5", "6/5", "1/2", "2/five", "-1/5"] {
            assert_eq!(wrong.parse::<Fold>(), Err(NoFold), "{wrong}");
        }
        let uses = |fold: &str| (1..=5).map(|own| fold.parse::<Fold>().unwrap().used_as(own)).collect::<Vec<_>>();
        use Use::{HeldOut, Training, Validation};
        assert_eq!(uses("2/5"), [Training, HeldOut, Validation, Training, Training]);
        assert_eq!(uses("5/5"), [Validation, Training, Training, Training, HeldOut]);
    }

    #[test]
    fn folds_are_of_equal_size_and_lvef() {
        let names = named(&(0..93).collect::<Vec<_>>());
        let studies = to_split(&names, |index| 20.0 + (index * 37 % 93) as f64 * 0.6);
        let folds = fold_by_patient(&studies, 5, 7).unwrap();
        assert_eq!(folds, fold_by_patient(&studies, 5, 7).unwrap());
        assert_ne!(folds, fold_by_patient(&studies, 5, 8).unwrap());
        for fold in 1..=5 {
            let own: Vec<f64> = studies
                .iter()
                .zip(&folds)
                .filter(|(_, own)| **own == fold)
                .filter_map(|(s, _)| s.lvef_percent)
                .collect();
            assert!((18..=19).contains(&own.len()), "fold {fold}: {}", own.len());
            let mean = own.iter().sum::<f64>() / own.len() as f64;
            assert!((mean - 47.6).abs() < 1.5, "fold {fold}: {mean}");
        }
        let error = fold_by_patient(&studies[..4], 5, 7).unwrap_err();
        assert_eq!(error, SplitError::TooFewPatients { patients: 4, folds: 5 });
    }

    proptest! {
        #[test]
        fn a_patient_is_in_one_fold_and_choices_are_nested(
            owners in proptest::collection::vec(0_usize..25, 5..60),
            folds in 3_usize..6,
            wanted in 1_usize..40,
            seed in any::<u64>(),
        ) {
            let names = named(&owners);
            let studies = to_split(&names, |index| (index * 13 % 70) as f64);
            if let Ok(of_study) = fold_by_patient(&studies, folds, seed) {
                for (a, one) in studies.iter().zip(&of_study) {
                    for (b, other) in studies.iter().zip(&of_study) {
                        prop_assert!(a.patient != b.patient || one == other);
                    }
                }
                // Every fold has a patient.
                prop_assert_eq!(of_study.iter().collect::<BTreeSet<_>>().len(), folds);
            }
            let (few, more) = (nested_choice(&studies, wanted, seed), nested_choice(&studies, wanted + 5, seed));
            prop_assert!(few.iter().all(|study| more.contains(study)));
            prop_assert!(few.len() >= wanted.min(studies.len()));
            let chosen: BTreeSet<&str> = few.iter().map(|&study| studies[study].patient).collect();
            let whole = studies.iter().filter(|study| chosen.contains(study.patient)).count();
            prop_assert_eq!(whole, few.len());
        }
    }
}
