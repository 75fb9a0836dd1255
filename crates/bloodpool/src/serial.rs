//! Serial comparison of a patient's analysed studies, with what is known of the repeatability of their model, and what was signed earlier.

use std::path::{Path, PathBuf};

use bloodpool_core::function::comparison::{
    BaselineChoice, ComparisonChoices, PairCalibration, TechnicalRepeatability,
};
use bloodpool_core::{Analysis, ModelIdentity, Protocol};
use bloodpool_files::{IfExists, document, write_with_folders};
use bloodpool_report::analysis_document::ANALYSIS_SCHEMA;
use bloodpool_report::{
    AnalysisDocument, ComparisonDocument, Language, ReportError, SerialComparison, SerialStudy, SignedResult,
};
use serde::{Deserialize, Serialize};

use crate::{AnalyzedStudy, Error};

/// What repeated simulated patients showed for models that the program carries: a list of [`ShippedRepeatability`].
const SHIPPED: &str = include_str!("../../../models/repeatability.json");

/// How well LVEF by one model and protocol repeats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShippedRepeatability {
    /// The model that drew the outlines.
    pub model: ModelIdentity,
    /// The protocol that was read.
    pub protocol: Protocol,
    /// Constants of the technical limit.
    pub repeatability: TechnicalRepeatability,
    /// From technical limit to the interval of a difference; `None` where none was calibrated.
    pub pairs: Option<PairCalibration>,
}

impl ShippedRepeatability {
    /// That of an analysis by an embedded model; `None` where it was not measured.
    ///
    /// # Errors
    /// [`Error::Calibration`] when the embedded list is malformed.
    pub fn of(analysis: &Analysis) -> Result<Option<Self>, Error> {
        Self::of_model(&analysis.model, &analysis.protocol)
    }

    /// That of an embedded model and a protocol; `None` where it was not measured.
    ///
    /// # Errors
    /// [`Error::Calibration`] when the embedded list is malformed.
    pub fn of_model(model: &ModelIdentity, protocol: &Protocol) -> Result<Option<Self>, Error> {
        let all: Vec<Self> = serde_json::from_str(SHIPPED).map_err(|error| Error::Calibration {
            place: "the repeatability of embedded models".to_owned(),
            message: error.to_string(),
        })?;
        let holds = |shipped: &Self| shipped.model == *model && shipped.protocol.same_choices(protocol);
        Ok(all.into_iter().find(holds))
    }
}

/// What a user chooses in a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct SerialChoices {
    /// Which study is the baseline.
    pub baseline: BaselineChoice,
    /// Lower limit of normal of the department, percent, which some rules need.
    pub local_limit_percent: Option<f64>,
}

/// The document of an earlier analysis whose LVEF was signed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedDocument {
    path: PathBuf,
    document: AnalysisDocument,
}

impl SignedDocument {
    /// Reads a document `bloodpool.analysis/1`.
    ///
    /// # Errors
    /// [`Error::Signed`] when it cannot be read, or its LVEF is withheld.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let refused = |reason: String| Error::Signed { path: path.to_owned(), reason };
        let read = document::read::<AnalysisDocument>(path, ANALYSIS_SCHEMA);
        let document = read.map_err(|error| refused(format!("cannot be used: {error}")))?.document;
        match document.lvef_percent {
            Some(_) => Ok(Self { path: path.to_owned(), document }),
            None => Err(refused("has no LVEF: it is withheld there".to_owned())),
        }
    }
}

/// Compares studies of one patient. The technical limit is that of repeated simulated patients where all studies were analysed by the same
/// embedded model and protocol and this was measured, otherwise that of counting noise alone; the comparison says which.
///
/// # Errors
/// [`Error::Serial`] when the studies cannot be compared, for example because they are of different patients; [`Error::Signed`] when a
/// signed document is of none of them, or of a study that has one already.
pub fn compare<'a>(
    studies: &'a [AnalyzedStudy],
    signed: &[SignedDocument],
    choices: SerialChoices,
) -> Result<SerialComparison<'a>, Error> {
    let mut serial: Vec<SerialStudy<'a>> = studies.iter().map(AnalyzedStudy::as_serial).collect();
    for earlier in signed {
        let refused = |reason: &str| Error::Signed { path: earlier.path.clone(), reason: reason.to_owned() };
        let study = serial.iter_mut().find(|study| study.is_of(&earlier.document));
        let study = study.ok_or_else(|| refused("is of none of these studies"))?;
        if study.signed.is_some() {
            return Err(refused("is of a study that another document is of"));
        }
        study.signed = SignedResult::of_document(&earlier.path.display().to_string(), &earlier.document);
    }
    let known = repeatability(studies)?;
    let (repeatability, calibration) = match known {
        Some(known) => (known.repeatability, known.pairs),
        None => (TechnicalRepeatability::counting_noise_alone(), None),
    };
    let choices = ComparisonChoices {
        baseline: choices.baseline,
        local_limit_percent: choices.local_limit_percent,
        calibration,
        ..ComparisonChoices::new(repeatability)
    };
    Ok(SerialComparison::new(serial, &choices)?)
}

/// What was measured for all of these studies.
fn repeatability(studies: &[AnalyzedStudy]) -> Result<Option<ShippedRepeatability>, Error> {
    let mut all = None;
    for study in studies {
        let Some(found) = ShippedRepeatability::of(study.analysis())? else { return Ok(None) };
        match &all {
            None => all = Some(found),
            Some(first) if *first == found => {}
            Some(_) => return Ok(None),
        }
    }
    Ok(all)
}

/// The document `bloodpool.comparison/1`, on one line.
///
/// # Errors
/// [`Error`] when a number is infinite or undefined.
pub fn to_json(comparison: &SerialComparison<'_>) -> Result<String, Error> {
    let document = ComparisonDocument::new(comparison)
        .map_err(|error| Error::NotFinite { study: "the comparison".to_owned(), error })?;
    Ok(serde_json::to_string(&document)?)
}

/// Writes the report of a comparison: page and document into `folder`, and as PDF; returns the document, and the first file that a
/// person would open.
///
/// # Errors
/// [`Error`] when a file exists and may not be replaced, or cannot be made or written.
pub fn write(
    comparison: &SerialComparison<'_>,
    language: Language,
    folder: Option<&Path>,
    pdf: Option<&Path>,
    if_exists: IfExists,
) -> Result<(String, Option<PathBuf>), Error> {
    let document = to_json(comparison)?;
    let page = folder.map(|folder| comparison.write(language, &document, folder, if_exists)).transpose()?;
    if let Some(path) = pdf {
        write_with_folders(path, &comparison.pdf(language, &document)?, if_exists).map_err(ReportError::from)?;
    }
    Ok((document, page.or_else(|| pdf.map(Path::to_owned))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Analyzer;

    #[test]
    fn the_embedded_list_can_be_read() {
        assert!(serde_json::from_str::<Vec<ShippedRepeatability>>(SHIPPED).is_ok());
    }

    #[test]
    fn one_study_is_too_few_and_a_signed_document_is_known_by_its_study() {
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
        let analyzer = Analyzer::embedded().unwrap();
        let studies = [analyzer.analyze_file(examples.join("normal.dcm")).unwrap()];
        let error = compare(&studies, &[], SerialChoices::default()).unwrap_err();
        assert_eq!(error.code(), "few_studies");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("earlier.json");
        std::fs::write(&path, studies[0].to_json().unwrap()).unwrap();
        let signed = SignedDocument::read(&path).unwrap();
        let serial = studies[0].as_serial();
        assert!(serial.is_of(&signed.document));
        std::fs::write(&path, "{}").unwrap();
        assert_eq!(SignedDocument::read(&path).unwrap_err().code(), "signed_document_unusable");
    }
}
