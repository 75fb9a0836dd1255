//! `Patients`: which of the studies that are analysed in one go are of one patient, and the comparison of each such patient's studies.

use std::path::Path;

use bloodpool_core::StudyIdentity;
use bloodpool_dicom::PlannedStudy;
use bloodpool_files::{IfExists, write_with_folders};
use bloodpool_report::serial::{SerialWarning, studies_of_patients};
use bloodpool_report::{Language, ReportError, SerialComparison};

use crate::serial::{SerialChoices, compare};
use crate::{AnalyzedStudy, Analyzer, Error};

/// The most studies of one patient ID that are compared without being asked to: an ID with more of them is more likely what an anonymiser
/// wrote for all.
const MOST_STUDIES: usize = 20;
/// Analysed studies that are kept in memory, some 2 to 20 MB each; others are analysed again where they are compared.
const KEPT: usize = 16;

/// Studies that were analysed, by patient.
///
/// ```
/// use std::path::Path;
///
/// use bloodpool::{Analyzer, Patients};
///
/// let analyzer = Analyzer::embedded()?;
/// # let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
/// let plan = bloodpool::dicom::plan(&[folder.into()], &Default::default());
/// let mut patients = Patients::default();
/// for (place, planned) in plan.studies.into_iter().flatten().enumerate() {
///     let analyzed = analyzer.analyze_planned(&planned)?;
///     patients.add(place, planned, Some(analyzed));
/// }
/// let refused = patients.compare_each(&analyzer, |patient| {
///     println!("{}: {} studies", patient.latest.name(), patient.comparison.studies().len());
///     Ok::<_, bloodpool::Error>(())
/// })?;
/// assert!(refused.is_empty(), "the examples are of three patients");
/// # Ok::<(), bloodpool::Error>(())
/// ```
#[derive(Default)]
pub struct Patients {
    seen: Vec<Seen>,
    kept: usize,
}

/// One study.
struct Seen {
    place: usize,
    planned: PlannedStudy,
    identity: StudyIdentity,
    /// `None`: it failed, or is not kept.
    analyzed: Option<AnalyzedStudy>,
    failed: bool,
}

/// The comparison of one patient's studies.
#[derive(Debug)]
#[non_exhaustive]
pub struct PatientComparison<'a> {
    /// The comparison; the baseline is the earliest study.
    pub comparison: &'a SerialComparison<'a>,
    /// The latest study.
    pub latest: &'a AnalyzedStudy,
    /// The place that the latest study was added with.
    pub place: usize,
}

/// Why the studies of a patient were not compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotCompared {
    /// Too many to be of one patient.
    #[error("{studies} studies have the patient ID of {first}, too many to be taken for those of one patient")]
    TooMany {
        /// The file of the first.
        first: String,
        /// How many there are.
        studies: usize,
    },
    /// One of them has no LVEF, and without it another one would be the baseline.
    #[error("{failed} is of the patient of {other} and failed")]
    Failed {
        /// Its file.
        failed: String,
        /// The file of another one.
        other: String,
    },
    /// All were acquired on one day.
    #[error("{first} and {last} are of one patient and of one day")]
    OneDay {
        /// The file of the first.
        first: String,
        /// The file of the last.
        last: String,
    },
    /// One patient ID, and yet the date of birth or the sex differs.
    #[error("{first} and {second} have the same patient ID, but another date of birth or sex")]
    OtherPerson {
        /// The file of one.
        first: String,
        /// The file of another one.
        second: String,
    },
    /// They cannot be compared, for example because one has no date.
    #[error("{first} and other studies of the patient: {error}")]
    Refused {
        /// The file of the first.
        first: String,
        /// Why.
        #[source]
        error: Box<Error>,
    },
}

impl PatientComparison<'_> {
    /// Writes the report of the latest study again, with the comparison: into its folder, and as PDF. What was written there without it
    /// is replaced.
    ///
    /// # Errors
    /// [`Error`] when a file cannot be made or written.
    pub fn add_to_latest(&self, language: Language, folder: Option<&Path>, pdf: Option<&Path>) -> Result<(), Error> {
        if let Some(folder) = folder {
            self.latest.write_report_with(self.comparison, language, folder, IfExists::Replace)?;
        }
        if let Some(path) = pdf {
            let bytes = self.latest.report_pdf_with(self.comparison, language)?;
            write_with_folders(path, &bytes, IfExists::Replace).map_err(ReportError::from)?;
        }
        Ok(())
    }
}

impl Patients {
    /// Adds a study that was analysed, or with `None` one that failed. `place`: by which the caller knows it.
    pub fn add(&mut self, place: usize, planned: PlannedStudy, analyzed: Option<AnalyzedStudy>) {
        let identity = match &analyzed {
            Some(analyzed) => analyzed.study().identity.clone(),
            // Whose study failed is known where its file can be read.
            None => planned.read().map(|file| file.study.identity).unwrap_or_default(),
        };
        let failed = analyzed.is_none();
        let analyzed = analyzed.filter(|_| self.kept < KEPT);
        self.kept += usize::from(analyzed.is_some());
        self.seen.push(Seen { place, planned, identity, analyzed, failed });
    }

    /// Compares the studies of each patient who has several, by patient ID and its issuer, and passes on each comparison; returns why
    /// others were not compared. The analyzer is that by which the studies were analysed.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn compare_each<E>(
        self,
        analyzer: &Analyzer,
        mut each: impl FnMut(&PatientComparison<'_>) -> Result<(), E>,
    ) -> Result<Vec<NotCompared>, E> {
        let identities: Vec<&StudyIdentity> = self.seen.iter().map(|seen| &seen.identity).collect();
        let patients = studies_of_patients(&identities);
        let mut seen: Vec<Option<Seen>> = self.seen.into_iter().map(Some).collect();
        let mut refused = Vec::new();
        for places in patients {
            let studies: Vec<Seen> =
                places.into_iter().filter_map(|place| seen.get_mut(place).and_then(Option::take)).collect();
            let of_places: Vec<usize> = studies.iter().map(|seen| seen.place).collect();
            let analyzed = match analyzed(studies, analyzer) {
                Ok(analyzed) => analyzed,
                Err(reason) => {
                    refused.push(reason);
                    continue;
                }
            };
            match compared(&analyzed) {
                Ok(comparison) => {
                    let latest = comparison.studies().last().map(|study| study.source);
                    let mut studies = analyzed.iter().zip(of_places);
                    if let Some((latest, place)) = studies.find(|(study, _)| Some(study.name()) == latest) {
                        each(&PatientComparison { comparison: &comparison, latest, place })?;
                    }
                }
                Err(reason) => refused.push(reason),
            }
        }
        Ok(refused)
    }
}

/// The analyses of one patient, computed again where they are not kept.
fn analyzed(studies: Vec<Seen>, analyzer: &Analyzer) -> Result<Vec<AnalyzedStudy>, NotCompared> {
    let name = |seen: &Seen| seen.planned.path.display().to_string();
    let names: Vec<String> = studies.iter().map(name).collect();
    let first = || names.first().cloned().unwrap_or_default();
    if studies.len() > MOST_STUDIES {
        return Err(NotCompared::TooMany { first: first(), studies: studies.len() });
    }
    if let Some(at) = studies.iter().position(|seen| seen.failed) {
        let other = names.get(usize::from(at == 0)).cloned().unwrap_or_default();
        return Err(NotCompared::Failed { failed: name(&studies[at]), other });
    }
    let again = |seen: Seen| seen.analyzed.map_or_else(|| analyzer.analyze_planned(&seen.planned), Ok);
    let refused = |error| NotCompared::Refused { first: first(), error: Box::new(error) };
    studies.into_iter().map(again).collect::<Result<_, _>>().map_err(refused)
}

/// The comparison of studies that are certainly of one person, and of several days.
fn compared(studies: &[AnalyzedStudy]) -> Result<SerialComparison<'_>, NotCompared> {
    let name = |study: Option<&AnalyzedStudy>| study.map_or_else(String::new, |study| study.name().to_owned());
    let refused = |error| NotCompared::Refused { first: name(studies.first()), error: Box::new(error) };
    let comparison = compare(studies, &[], SerialChoices::default()).map_err(refused)?;
    for warning in comparison.warnings() {
        if let SerialWarning::BirthDateDiffers { first, second } | SerialWarning::SexDiffers { first, second } = warning
        {
            let [first, second] = [first, second].map(Clone::clone);
            return Err(NotCompared::OtherPerson { first, second });
        }
    }
    let dates = comparison.comparison().studies.iter().map(|study| &study.date);
    match (dates.clone().min(), dates.max()) {
        (earliest, latest) if earliest == latest => {
            Err(NotCompared::OneDay { first: name(studies.first()), last: name(studies.last()) })
        }
        _ => Ok(comparison),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use bloodpool_dicom::{Acquisition, Selection, WriteOptions, plan, read_study, write_study};

    use super::*;

    /// A copy of an example as a study of this patient, born on this day, on this day (empty: none).
    fn put(folder: &Path, name: &str, example: &str, [id, birth, date]: [&str; 3]) -> PathBuf {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let mut study = read_study(&examples.join(example), &Selection::default()).unwrap();
        let identity = &mut study.identity;
        identity.patient_id = Some(id.into());
        identity.birth_date = Some(birth.into());
        identity.study_date = (!date.is_empty()).then(|| date.into());
        (identity.acquisition_date, identity.study_uid, identity.series_uid, identity.sop_uid) =
            (None, None, None, None);
        let path = folder.join(name);
        write_study(&study, &Acquisition::original(), &path, &WriteOptions::default()).unwrap();
        path
    }

    /// What is compared, as the places of the latest studies and numbers of studies, and what is not.
    fn comparisons(paths: &[PathBuf], analyze: bool) -> (Vec<(usize, usize)>, Vec<String>) {
        let analyzer = Analyzer::embedded().unwrap();
        let mut patients = Patients::default();
        for (place, planned) in plan(paths, &Selection::default()).studies.into_iter().enumerate() {
            let planned = planned.unwrap();
            let analyzed = (analyze || place > 0).then(|| analyzer.analyze_planned(&planned).unwrap());
            patients.add(10 + place, planned, analyzed);
        }
        let mut found = Vec::new();
        let refused = patients.compare_each(&analyzer, |patient| {
            assert!(patient.latest.report_html_with(patient.comparison, crate::Language::Korean).is_ok());
            found.push((patient.place, patient.comparison.studies().len()));
            Ok::<_, Error>(())
        });
        (found, refused.unwrap().iter().map(ToString::to_string).collect())
    }

    #[test]
    fn the_studies_of_a_patient_are_compared_and_others_left() {
        let folder = tempfile::tempdir().unwrap();
        let late = put(folder.path(), "late.dcm", "normal.dcm", ["P", "19500101", "20240301"]);
        let other = put(folder.path(), "other.dcm", "akinesis.dcm", ["Q", "19500101", "20240301"]);
        let early = put(folder.path(), "early.dcm", "cardiotoxic.dcm", ["p", "19500101", "20230105"]);
        assert_eq!(comparisons(&[late, other, early], true), (vec![(10, 2)], vec![]));
    }

    #[test]
    fn what_may_be_of_two_persons_or_of_one_day_is_not_compared() {
        let folder = tempfile::tempdir().unwrap();
        let study = |name: &str, of: [&str; 3]| put(folder.path(), name, "normal.dcm", of);
        let first = study("first.dcm", ["P", "19500101", "20240301"]);
        let refused = |second: PathBuf, analyze: bool, said: &str| {
            let (found, refused) = comparisons(&[first.clone(), second], analyze);
            assert!(found.is_empty() && refused.len() == 1 && refused[0].contains(said), "{refused:?}");
        };
        refused(study("birth.dcm", ["P", "19510101", "20230301"]), true, "another date of birth");
        let same_day = put(folder.path(), "day.dcm", "akinesis.dcm", ["P", "19500101", "20240301"]);
        refused(same_day, true, "of one day");
        refused(study("undated.dcm", ["P", "19500101", ""]), true, "undated.dcm` has no date");
        refused(study("fails.dcm", ["P", "19500101", "20230301"]), false, "first.dcm is of the patient of");
    }
}
