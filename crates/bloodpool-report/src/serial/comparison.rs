//! `SerialComparison`: the analysed studies of one patient, compared, with what a reader must know of them.

use bloodpool_core::function::comparison::{Change, Comparison, ComparisonChoices, ComparisonError};

use super::patient::{SamePatient, Trait, other_traits, same_patient};
use super::study::SerialStudy;

/// Why studies cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SerialError {
    /// Too few studies, or no baseline.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    /// The studies are not of one patient.
    #[error("{first} and {second} are of different patients: patient ID or its issuer differ")]
    DifferentPatients {
        /// The file of one.
        first: String,
        /// The file of another one.
        second: String,
    },
    /// A study was given twice.
    #[error("{first} and {second} are the same study")]
    SameStudy {
        /// The file.
        first: String,
        /// The same, or a copy of it.
        second: String,
    },
}

impl SerialError {
    /// Stable code, for example `different_patients`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Comparison(error) => error.code(),
            Self::DifferentPatients { .. } => "different_patients",
            Self::SameStudy { .. } => "same_study",
        }
    }
}

/// What a reader of a comparison must know, other than differences of settings, which each change has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SerialWarning {
    /// A study without a patient ID.
    PatientNotRecorded {
        /// The file.
        file: String,
    },
    /// The name differs while the patient ID does not.
    NameDiffers {
        /// The file of one.
        first: String,
        /// The file of another one.
        second: String,
    },
    /// The date of birth differs while the patient ID does not.
    BirthDateDiffers {
        /// The file of one.
        first: String,
        /// The file of another one.
        second: String,
    },
    /// The sex differs while the patient ID does not.
    SexDiffers {
        /// The file of one.
        first: String,
        /// The file of another one.
        second: String,
    },
    /// Two studies of one date and time, or of one date without times.
    SameMoment {
        /// The file of one.
        first: String,
        /// The file of another one.
        second: String,
    },
    /// A study without a date, so that all stand in the order in which they were given.
    NoDate {
        /// The file.
        file: String,
    },
    /// Some studies are simulated and others are not.
    SimulatedAmongOthers {
        /// A simulated one.
        file: String,
    },
    /// The technical limit is that of counting noise alone.
    TechnicalLimitOfNoiseAlone,
}

impl SerialWarning {
    /// Stable code, for example `name_differs`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::PatientNotRecorded { .. } => "patient_not_recorded",
            Self::NameDiffers { .. } => "name_differs",
            Self::BirthDateDiffers { .. } => "birth_date_differs",
            Self::SexDiffers { .. } => "sex_differs",
            Self::SameMoment { .. } => "same_moment",
            Self::NoDate { .. } => "study_without_date",
            Self::SimulatedAmongOthers { .. } => "simulated_among_others",
            Self::TechnicalLimitOfNoiseAlone => "technical_limit_of_noise_alone",
        }
    }
}

/// The analysed studies of one patient, compared.
#[derive(Debug, Clone)]
pub struct SerialComparison<'a> {
    /// In the order of those of the comparison.
    pub(crate) studies: Vec<SerialStudy<'a>>,
    pub(crate) comparison: Comparison,
    pub(crate) warnings: Vec<SerialWarning>,
}

impl<'a> SerialComparison<'a> {
    /// Compares studies of one patient.
    ///
    /// # Errors
    /// [`SerialError`] when there are fewer than two studies or one of them twice, they are of different patients by issuer and ID, or
    /// the baseline is not known.
    pub fn new(studies: Vec<SerialStudy<'a>>, choices: &ComparisonChoices) -> Result<Self, SerialError> {
        for (at, study) in studies.iter().enumerate() {
            if let Some(same) = studies[..at].iter().find(|earlier| earlier.is_same(study)) {
                let [first, second] = [same.source, study.source].map(str::to_owned);
                return Err(SerialError::SameStudy { first, second });
            }
        }
        let mut warnings = identity_warnings(&studies)?;
        let comparison = Comparison::new(studies.iter().map(SerialStudy::compared).collect(), choices)?;
        // Each source is there once.
        let place = |study: &SerialStudy<'_>| comparison.studies.iter().position(|other| other.label == study.source);
        let mut studies = studies;
        studies.sort_by_key(place);
        warnings.extend(order_warnings(&studies));
        if comparison.repeatability.is_counting_noise_alone() {
            warnings.push(SerialWarning::TechnicalLimitOfNoiseAlone);
        }
        Ok(Self { studies, comparison, warnings })
    }

    /// The numbers.
    #[must_use]
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// The studies, in the order of those of [`SerialComparison::comparison`].
    #[must_use]
    pub fn studies(&self) -> &[SerialStudy<'a>] {
        &self.studies
    }

    /// What a reader must know.
    #[must_use]
    pub fn warnings(&self) -> &[SerialWarning] {
        &self.warnings
    }

    /// Whether a study of it is simulated.
    #[must_use]
    pub fn simulated(&self) -> bool {
        self.studies.iter().any(|study| study.study.identity.simulated)
    }

    /// The last study and what changed in it; `None` where the baseline is the last one.
    pub(crate) fn latest_change(&self) -> Option<&Change> {
        self.comparison.changes.last().filter(|change| change.study > self.comparison.baseline)
    }

    /// What changed in the study of this source; `None` for the baseline and for others.
    pub(crate) fn change_of(&self, source: &str) -> Option<&Change> {
        let at = self.studies.iter().position(|study| study.source == source)?;
        self.comparison.changes.iter().find(|change| change.study == at)
    }
}

/// What identities say, each against the first.
fn identity_warnings(studies: &[SerialStudy<'_>]) -> Result<Vec<SerialWarning>, SerialError> {
    let mut warnings = Vec::new();
    let Some(first) = studies.first() else { return Ok(warnings) };
    // Against all, for one of two issuers may not be recorded.
    for (at, study) in studies.iter().enumerate() {
        for other in &studies[..at] {
            if same_patient(&other.study.identity, &study.study.identity) == SamePatient::No {
                let [first, second] = [other.source, study.source].map(str::to_owned);
                return Err(SerialError::DifferentPatients { first, second });
            }
        }
    }
    for study in studies {
        let of_itself = same_patient(&study.study.identity, &study.study.identity);
        if of_itself == SamePatient::NotKnown {
            warnings.push(SerialWarning::PatientNotRecorded { file: study.source.to_owned() });
        }
    }
    for study in &studies[1..] {
        for differs in other_traits(&first.study.identity, &study.study.identity) {
            let [first, second] = [first.source, study.source].map(str::to_owned);
            warnings.push(match differs {
                Trait::Name => SerialWarning::NameDiffers { first, second },
                Trait::BirthDate => SerialWarning::BirthDateDiffers { first, second },
                Trait::Sex => SerialWarning::SexDiffers { first, second },
            });
        }
    }
    let simulated = studies.iter().find(|study| study.study.identity.simulated);
    if let Some(study) = simulated.filter(|_| !studies.iter().all(|study| study.study.identity.simulated)) {
        warnings.push(SerialWarning::SimulatedAmongOthers { file: study.source.to_owned() });
    }
    Ok(warnings)
}

/// What the order of the studies rests on.
fn order_warnings(studies: &[SerialStudy<'_>]) -> Vec<SerialWarning> {
    if let Some(undated) = studies.iter().find(|study| study.moment().0.is_none()) {
        return vec![SerialWarning::NoDate { file: undated.source.to_owned() }];
    }
    let same = studies.iter().zip(studies.iter().skip(1)).filter(|(one, other)| one.moment() == other.moment());
    same.map(|(one, other)| SerialWarning::SameMoment { first: one.source.to_owned(), second: other.source.to_owned() })
        .collect()
}
