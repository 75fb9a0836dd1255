//! `DatasetReference`: a part of a dataset whose studies a table of reference LVEF names, with a model and the raters beside each.

use std::path::{Path, PathBuf};

use bloodpool_core::Protocol;
use bloodpool_dataset::{AnnotatedDataset, DatasetCase, DatasetError, DatasetStudy, Split, names_study};
use bloodpool_evaluation::EvaluationError;
use bloodpool_evaluation::raters::material::{FramePair, Material, RoiProtocol};
use bloodpool_evaluation::raters::test_reads::{self, TestRead};
use bloodpool_evaluation::reference::{DatasetPartRead, RATERS, ReferenceReading, Unread};

use crate::comparison::ComparisonError;
use crate::reference_reading::reading;
use crate::reference_table::{Refused, Row};
use crate::{Analyzer, Comparison, Error, Judged};

/// The studies of a part of a dataset that the model has not seen.
pub struct DatasetReference {
    judged: [Judged; 1],
    comparison: Comparison,
    /// Name and source file of every study of the dataset.
    all: Vec<(String, Option<String>)>,
    part: DatasetPartRead,
    protocol: RoiProtocol,
    /// Where evaluations of the test split are counted: the run, or the dataset where the model has no run folder.
    counted_in: PathBuf,
}

/// Why a dataset cannot be compared with references.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetReferenceError {
    /// It cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// It has no study that can be compared.
    #[error(transparent)]
    Comparison(#[from] ComparisonError),
    /// The model cannot be used.
    #[error(transparent)]
    Model(#[from] Error),
    /// The evaluation cannot be made or recorded.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
}

impl DatasetReference {
    /// A part of the dataset in `folder`, by default the test part, or the fold that a run on this dataset held out.
    ///
    /// # Errors
    /// [`DatasetReferenceError`].
    pub fn open(folder: &Path, split: Option<Split>, model: &str, device: &str) -> Result<Self, DatasetReferenceError> {
        let judged = [Judged::model(model, device)?];
        let dataset = AnnotatedDataset::open(folder)?;
        let name = folder.display().to_string();
        let comparison = Comparison::plan(&judged, &dataset, &name, split)?;
        let fold = comparison.folds.first().map(|fold| format!("fold {fold} of {name}"));
        let seen_by_model = comparison.leakage.as_ref().map_or(0, |leakage| leakage.left_out.len());
        let [one] = &judged;
        let counted_in = if one.run.is_some() { PathBuf::from(&one.identity.folder) } else { folder.to_owned() };
        let part = DatasetPartRead {
            name: fold.unwrap_or_else(|| format!("the {} split of {name}", comparison.split)),
            dataset_sha256: dataset.sha256().to_owned(),
            seen_by_model,
            rows_of_others: 0,
            test_reads: None,
        };
        let file = |case: &DatasetCase| case.source.as_ref().map(|source| source.file.clone());
        let all = dataset.manifest().cases.iter().map(|case| (case.case.clone(), file(case))).collect();
        Ok(Self { judged, comparison, all, part, protocol: RoiProtocol::new(Protocol::paper())?, counted_in })
    }

    /// Records the reading of the test split, before any number of it is known; `out` is the folder of the evaluation.
    ///
    /// # Errors
    /// [`EvaluationError`] when it cannot be recorded.
    pub fn record(&mut self, out: &str) -> Result<(), EvaluationError> {
        if self.comparison.split == Split::Test {
            let [judged] = &self.judged;
            let read = TestRead {
                date: test_reads::now(),
                software: bloodpool_report::SOFTWARE.to_owned(),
                model_sha256: judged.identity.model.sha256.clone(),
                dataset_sha256: self.part.dataset_sha256.clone(),
                out: out.to_owned(),
            };
            test_reads::record(&self.counted_in, &read)?;
            self.part.test_reads = Some(test_reads::count(&self.counted_in, &self.part.dataset_sha256)?);
        }
        Ok(())
    }

    /// What was read of the rows of a table.
    #[must_use]
    pub fn part(&self, rows: &[Row]) -> DatasetPartRead {
        let studies = self.comparison.studies(&self.judged);
        let others = rows.iter().filter(|row| find(&studies, row).is_none() && self.is_of_dataset(row));
        DatasetPartRead { rows_of_others: others.count(), ..self.part.clone() }
    }

    /// As [`read_rows`](crate::reference_reading::read_rows) for rows that name studies of the part, or their files. The EF of the
    /// raters' consensus by protocol `paper` stands beside the protocols as [`RATERS`].
    pub fn read(
        &self,
        analyzer: &Analyzer,
        rows: &[Row],
        refused: &[Refused],
        mut next: impl FnMut() -> bool,
    ) -> Option<(Vec<ReferenceReading>, Vec<Unread>)> {
        let mut unread: Vec<Unread> = refused.iter().map(Unread::from).collect();
        let studies = self.comparison.studies(&self.judged);
        let mut readings = Vec::with_capacity(rows.len());
        for row in rows {
            let why = match find(&studies, row) {
                Some((judged, study)) => match self.read_study(analyzer, row, judged, study) {
                    Ok(reading) => {
                        readings.push(reading);
                        None
                    }
                    Err(error) => Some(error.to_string()),
                },
                None if self.is_of_dataset(row) => None,
                None => Some(format!("the dataset has no study `{}`", name(row))),
            };
            unread.extend(why.map(|why| Unread { line: row.line, why }));
            if !next() {
                return None;
            }
        }
        unread.sort_by_key(|unread| unread.line);
        Some((readings, unread))
    }

    fn is_of_dataset(&self, row: &Row) -> bool {
        self.all.iter().any(|(case, file)| names_study(&name(row), case, file.as_deref()))
    }

    fn read_study(
        &self,
        analyzer: &Analyzer,
        row: &Row,
        judged: &Judged,
        study: &DatasetStudy<'_>,
    ) -> Result<ReferenceReading, Error> {
        let drawn = judged.read(study, &self.protocol)?;
        let consensus = drawn.ef(FramePair::First).and_then(|ef| ef.consensus.known()).map(|ef| ef.lvef_percent);
        let analyzed = analyzer.analyze_study(study.name(), Material::of(study)?.study)?;
        let mut reading = reading(row, &analyzed, study.name().to_owned(), study.patient());
        reading.simulated = study.case().simulated;
        reading.by_protocol.insert(RATERS.to_owned(), consensus);
        Ok(reading)
    }
}

/// The name of a study or of its file in a row.
fn name(row: &Row) -> String {
    row.study.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn find<'a, 'b>(
    studies: &'a [(&'b Judged, DatasetStudy<'b>)],
    row: &Row,
) -> Option<&'a (&'b Judged, DatasetStudy<'b>)> {
    let file = |study: &DatasetStudy<'_>| study.case().source.as_ref().map(|source| source.file.clone());
    studies.iter().find(|(_, study)| names_study(&name(row), study.name(), file(study).as_deref()))
}
