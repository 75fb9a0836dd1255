//! The split into training, validation and test: by patient, stratified by LVEF, repeatable from a seed.

pub mod folds;
mod packing;

use std::fmt;

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use packing::Packing;

/// A part of a dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// The network is trained on it.
    Train,
    /// Training is stopped, and a model is chosen, by it.
    Validation,
    /// Nothing is chosen by it.
    Test,
}

impl Split {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];
}

impl fmt::Display for Split {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        })
    }
}

/// How large the parts are: training, validation, test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum SplitSizes {
    /// In percent of the studies, as near as whole patients allow.
    Percent {
        /// The three parts, which make 100.
        parts: [usize; 3],
    },
    /// Exact numbers of studies.
    Studies {
        /// The three parts.
        parts: [usize; 3],
    },
}

/// Why no split could be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// Percentages that are not all of the studies.
    #[error("a split of {0}/{1}/{2} percent does not make 100")]
    NotAHundred(usize, usize, usize),
    /// Numbers that are not all of the studies.
    #[error("a split of {train}/{validation}/{test} studies makes {asked}, but there are {studies}", asked = train + validation + test)]
    OtherTotal {
        /// Studies asked for in training.
        train: usize,
        /// Studies asked for in validation.
        validation: usize,
        /// Studies asked for in test.
        test: usize,
        /// Studies that there are.
        studies: usize,
    },
    /// A fold would be empty.
    #[error("{patients} patients cannot make {folds} folds: each fold needs one")]
    TooFewPatients {
        /// Patients that there are.
        patients: usize,
        /// Folds that were asked for.
        folds: usize,
    },
    /// Whole patients cannot make these numbers.
    #[error(
        "no division by whole patients gives {0}/{1}/{2} studies, since some patients have several; choose other numbers \
         or a split in percent"
    )]
    NotByPatient(usize, usize, usize),
}

/// One study to be put into a part.
#[derive(Debug, Clone, Copy)]
pub struct StudyToSplit<'a> {
    /// Whose study it is.
    pub patient: &'a str,
    /// What the split is stratified by; `None` goes with the last stratum.
    pub lvef_percent: Option<f64>,
}

/// All studies of one patient.
struct Patient {
    studies: Vec<usize>,
    lvef_percent: f64,
    split: Option<Split>,
}

/// The part of each study. All studies of a patient are in the same part.
///
/// Patients are sorted by the mean LVEF of their studies and cut into strata that hold about one patient of the
/// smallest part; within a stratum the seed decides who comes first. They are assigned in this order, each to the part
/// that is furthest below its share of the studies assigned so far. Patients with several studies are assigned before
/// the others, or exact numbers might be missed at the end. The order in which the studies are given does not matter,
/// as long as their patients' names are the same.
///
/// # Errors
/// [`SplitError`] when the sizes do not fit the studies.
pub fn split_by_patient(studies: &[StudyToSplit<'_>], sizes: SplitSizes, seed: u64) -> Result<Vec<Split>, SplitError> {
    let targets = targets(sizes, studies.len())?;
    let mut patients = patients(studies);
    shuffle_within_strata(&mut patients, targets, studies.len(), seed);
    let exact = matches!(sizes, SplitSizes::Studies { .. });
    let several: Vec<usize> =
        patients.iter().filter(|patient| patient.studies.len() > 1).map(|patient| patient.studies.len()).collect();
    let packing = Packing::new(&several, targets);
    if exact && packing.as_ref().is_some_and(|packing| !packing.fits(0, targets)) {
        return Err(SplitError::NotByPatient(targets[0], targets[1], targets[2]));
    }
    let mut left = targets;
    for several_studies in [true, false] {
        let (mut so_far, mut number) = (0, 0);
        let mut given = [0; 3];
        for patient in &mut patients {
            so_far += patient.studies.len();
            if let Some(split) = patient.split {
                given[split as usize] += patient.studies.len();
                continue;
            }
            let size = patient.studies.len();
            if (size > 1) != several_studies {
                continue;
            }
            number += 1;
            let lag = |part: usize| targets[part] as f64 * so_far as f64 / studies.len() as f64 - given[part] as f64;
            let mut parts = [0, 1, 2];
            parts.sort_by(|&a, &b| lag(b).total_cmp(&lag(a)));
            let still_fits = |part: usize| {
                let mut after = left;
                match left[part].checked_sub(size) {
                    Some(rest) => after[part] = rest,
                    None => return false,
                }
                !several_studies || packing.as_ref().is_none_or(|packing| packing.fits(number, after))
            };
            let fitting = parts.into_iter().find(|&part| still_fits(part));
            let part = match fitting {
                Some(part) => part,
                None if exact => return Err(SplitError::NotByPatient(targets[0], targets[1], targets[2])),
                // Percentages are targets, not exact: the patient goes to the part with the largest free share.
                None => [0, 1, 2].into_iter().max_by_key(|&part| left[part]).unwrap_or(0),
            };
            left[part] = left[part].saturating_sub(size);
            given[part] += size;
            patient.split = Some(Split::ALL[part]);
        }
    }
    let mut split = vec![Split::Train; studies.len()];
    for patient in &patients {
        for &study in &patient.studies {
            split[study] = patient.split.unwrap_or(Split::Train);
        }
    }
    Ok(split)
}

/// Studies in each part.
fn targets(sizes: SplitSizes, studies: usize) -> Result<[usize; 3], SplitError> {
    match sizes {
        SplitSizes::Studies { parts: [train, validation, test] } => {
            if train + validation + test == studies {
                Ok([train, validation, test])
            } else {
                Err(SplitError::OtherTotal { train, validation, test, studies })
            }
        }
        SplitSizes::Percent { parts: [train, validation, test] } => {
            if train + validation + test != 100 {
                return Err(SplitError::NotAHundred(train, validation, test));
            }
            // Rounded where the parts end, so that they make all of the studies.
            let end = |percent: usize| (percent * studies + 50) / 100;
            let (first, second) = (end(train), end(train + validation));
            Ok([first, second - first, studies - second])
        }
    }
}

/// The patients, by name, so that the order of the studies does not matter.
fn patients(studies: &[StudyToSplit<'_>]) -> Vec<Patient> {
    let mut by_name = std::collections::BTreeMap::<&str, Vec<usize>>::new();
    for (index, study) in studies.iter().enumerate() {
        by_name.entry(study.patient).or_default().push(index);
    }
    let patient = |indices: Vec<usize>| {
        let known: Vec<f64> = indices.iter().filter_map(|&index| studies[index].lvef_percent).collect();
        let mean = known.iter().sum::<f64>() / known.len() as f64;
        let lvef_percent = if mean.is_finite() { mean } else { f64::INFINITY };
        Patient { studies: indices, lvef_percent, split: None }
    };
    by_name.into_values().map(patient).collect()
}

fn shuffle_within_strata(patients: &mut [Patient], targets: [usize; 3], studies: usize, seed: u64) {
    patients.sort_by(|a, b| a.lvef_percent.total_cmp(&b.lvef_percent));
    let smallest = targets.into_iter().filter(|&part| part > 0).min().unwrap_or(1);
    let stratum = (studies as f64 / smallest as f64).round().max(1.0) as usize;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    for stratum in patients.chunks_mut(stratum) {
        stratum.shuffle(&mut rng);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(split: &[Split]) -> [usize; 3] {
        Split::ALL.map(|part| split.iter().filter(|&&own| own == part).count())
    }

    fn names(patients: usize) -> Vec<String> {
        (0..patients).map(|patient| format!("p{patient}")).collect()
    }

    #[test]
    fn the_papers_numbers_are_kept_and_every_part_spans_all_ejection_fractions() {
        let names = names(116);
        let studies: Vec<StudyToSplit<'_>> = names
            .iter()
            .enumerate()
            .map(|(index, patient)| StudyToSplit {
                patient,
                lvef_percent: Some(10.0 + (index * 37 % 116) as f64 * 0.6),
            })
            .collect();
        let sizes = SplitSizes::Studies { parts: [70, 23, 23] };
        let split = split_by_patient(&studies, sizes, 7).unwrap();
        assert_eq!(counts(&split), [70, 23, 23]);
        assert_eq!(split, split_by_patient(&studies, sizes, 7).unwrap());
        assert_ne!(split, split_by_patient(&studies, sizes, 8).unwrap());
        for part in Split::ALL {
            let of_part = || studies.iter().zip(&split).filter(move |(_, own)| **own == part);
            let mean = of_part().filter_map(|(study, _)| study.lvef_percent).sum::<f64>() / of_part().count() as f64;
            let low = of_part().filter(|(study, _)| study.lvef_percent < Some(27.25)).count() as f64;
            assert!((mean - 44.5).abs() < 1.5, "{part}: mean LVEF {mean}");
            let quarter = of_part().count() as f64 / 4.0;
            assert!((low - quarter).abs() <= 2.0, "{part}: {low} in the lowest quarter");
        }
    }

    #[test]
    fn percentages_are_of_studies() {
        let names = names(10);
        let studies: Vec<_> = names.iter().map(|patient| StudyToSplit { patient, lvef_percent: None }).collect();
        let split = split_by_patient(&studies, SplitSizes::Percent { parts: [60, 20, 20] }, 1).unwrap();
        assert_eq!(counts(&split), [6, 2, 2]);
    }

    #[test]
    fn sizes_that_do_not_fit_are_refused() {
        let names = names(4);
        let mut studies: Vec<_> = names.iter().map(|patient| StudyToSplit { patient, lvef_percent: None }).collect();
        let refused = |studies: &[StudyToSplit<'_>], sizes| split_by_patient(studies, sizes, 1).unwrap_err();
        assert_eq!(refused(&studies, SplitSizes::Percent { parts: [60, 20, 30] }), SplitError::NotAHundred(60, 20, 30));
        let error = refused(&studies, SplitSizes::Studies { parts: [1, 1, 1] });
        assert_eq!(error.to_string(), "a split of 1/1/1 studies makes 3, but there are 4");
        // Two patients with two studies each cannot make an odd number.
        studies[1].patient = studies[0].patient;
        studies[3].patient = studies[2].patient;
        assert_eq!(refused(&studies, SplitSizes::Studies { parts: [2, 1, 1] }), SplitError::NotByPatient(2, 1, 1));
        let split = split_by_patient(&studies, SplitSizes::Studies { parts: [2, 0, 2] }, 1).unwrap();
        assert_eq!(counts(&split), [2, 0, 2]);
    }

    proptest! {
        #[test]
        fn no_patient_is_ever_in_two_parts(
            owners in proptest::collection::vec(0_usize..20, 1..60),
            lvef in proptest::collection::vec(proptest::option::of(5.0_f64..85.0), 60),
            train in 0_usize..=100,
            share in 0_usize..=100,
            seed in any::<u64>(),
        ) {
            let names = names(20);
            let studies: Vec<StudyToSplit<'_>> = owners
                .iter()
                .zip(&lvef)
                .map(|(&owner, &lvef_percent)| StudyToSplit { patient: &names[owner], lvef_percent })
                .collect();
            let validation = (100 - train) * share / 100;
            let sizes = SplitSizes::Percent { parts: [train, validation, 100 - train - validation] };
            let split = split_by_patient(&studies, sizes, seed).unwrap();
            for (a, one) in studies.iter().zip(&split) {
                for (b, other) in studies.iter().zip(&split) {
                    prop_assert!(a.patient != b.patient || one == other);
                }
            }
        }

        #[test]
        fn exact_numbers_are_kept_wherever_whole_patients_can(
            sizes in proptest::collection::vec(1_usize..4, 3..20),
            parts in proptest::collection::vec(0_usize..3, 20),
            seed in any::<u64>(),
        ) {
            // A division that whole patients make, so that there is one to be found.
            let mut asked = [0; 3];
            for (size, part) in sizes.iter().zip(&parts) {
                asked[*part] += size;
            }
            let names = names(sizes.len());
            let studies: Vec<StudyToSplit<'_>> = sizes
                .iter()
                .enumerate()
                .flat_map(|(patient, &size)| {
                    let lvef_percent = Some(20.0 + (patient * 7 % 13) as f64);
                    std::iter::repeat_n(StudyToSplit { patient: &names[patient], lvef_percent }, size)
                })
                .collect();
            let split = split_by_patient(&studies, SplitSizes::Studies { parts: asked }, seed).unwrap();
            prop_assert_eq!(counts(&split), asked);
        }
    }
}
