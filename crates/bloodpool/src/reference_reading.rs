//! The rows of a reference table with the studies in their DICOM files analysed.

use std::path::PathBuf;

use bloodpool_dicom::{Selection, plan};
use bloodpool_evaluation::reference::{ReferenceReading, Unread, day_number};
use bloodpool_files::sha256;

use crate::reference_table::{Refused, Row};
use crate::{AnalyzedStudy, Analyzer, Error};

/// Why the study of a row has no analysis.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// The path holds no study, or more than one.
    #[error("{} holds {studies} studies where one is needed", path.display())]
    Studies {
        /// The path in the table.
        path: PathBuf,
        /// How many studies it holds.
        studies: usize,
    },
    /// The study cannot be read or measured.
    #[error(transparent)]
    Study(#[from] Error),
}

/// Analyses the one study at the path of a row.
///
/// # Errors
/// [`RowError`].
pub fn analyze_row(analyzer: &Analyzer, row: &Row) -> Result<AnalyzedStudy, RowError> {
    let mut planned = plan(std::slice::from_ref(&row.study), &Selection::default()).studies;
    match (planned.pop(), planned.len()) {
        (Some(study), 0) => Ok(analyzer.analyze_planned(&study.map_err(Error::from)?)?),
        (last, before) => {
            Err(RowError::Studies { path: row.study.clone(), studies: before + usize::from(last.is_some()) })
        }
    }
}

/// LVEF of the study of a row by every protocol, beside its reference.
///
/// # Errors
/// [`RowError`].
pub fn read_row(analyzer: &Analyzer, row: &Row) -> Result<ReferenceReading, RowError> {
    let analyzed = analyze_row(analyzer, row)?;
    let study = row.study.display().to_string();
    let patient = analyzed.recorded_study().identity.patient_id.clone().unwrap_or_else(|| study.clone());
    Ok(reading(row, &analyzed, study, &patient))
}

/// The reading of an analysed study; `patient` is equal for studies of one patient.
pub(crate) fn reading(row: &Row, analyzed: &AnalyzedStudy, study: String, patient: &str) -> ReferenceReading {
    let (analysis, identity) = (analyzed.analysis(), &analyzed.recorded_study().identity);
    let usable = analyzed.lvef_percent();
    let taken = identity.acquisition_date.as_deref().or(identity.study_date.as_deref());
    let days = |date: &str| Some(day_number(taken?)? - day_number(date)?);
    let by_protocol = analysis.results.iter().map(|result| {
        // What is wrong with a study is wrong with its LVEF by every protocol.
        (result.key.to_owned(), result.lvef_percent.filter(|_| usable.is_some()))
    });
    ReferenceReading {
        line: row.line,
        study,
        patient: sha256(patient.as_bytes()),
        simulated: identity.simulated,
        reference: row.reference.clone(),
        reference_percent: row.lvef_percent,
        days_after_reference: row.date.as_deref().and_then(days),
        rank: analysis.validity.rank(),
        protocol: analysis.protocol.name.clone(),
        lvef_percent: usable,
        interval_percent: usable.and(analysis.interval.as_ref()).map(|interval| [interval.low, interval.high]),
        by_protocol: by_protocol.collect(),
    }
}

/// Reads all rows; `next` is called after each and says whether to go on. `None` where it did not.
///
/// Rows that were refused, and those whose study has no analysis, are in the second list, with the reason.
pub fn read_rows(
    analyzer: &Analyzer,
    rows: &[Row],
    refused: &[Refused],
    mut next: impl FnMut() -> bool,
) -> Option<(Vec<ReferenceReading>, Vec<Unread>)> {
    let mut unread: Vec<Unread> = refused.iter().map(Unread::from).collect();
    let mut readings = Vec::with_capacity(rows.len());
    for row in rows {
        match read_row(analyzer, row) {
            Ok(reading) => readings.push(reading),
            Err(error) => unread.push(Unread { line: row.line, why: error.to_string() }),
        }
        if !next() {
            return None;
        }
    }
    unread.sort_by_key(|unread| unread.line);
    Some((readings, unread))
}

impl From<&Refused> for Unread {
    fn from(row: &Refused) -> Self {
        Self { line: row.line, why: format!("the row {}", row.why) }
    }
}
