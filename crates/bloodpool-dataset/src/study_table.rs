//! Tables with one row a study: chosen frames, or the truth of simulated studies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::study_names::study_name;
use bloodpool_files::fingerprint::{read_bytes, sha256};
use bloodpool_files::whole_file::FileError;

/// Why a table could not be used; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no CSV table.
    #[error("{} is not a CSV table: {reason}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// A column is missing.
    #[error("{} has no column `{column}`; it has {}", path.display(), present.join(", "))]
    NoColumn {
        /// The file.
        path: PathBuf,
        /// What was looked for.
        column: &'static str,
        /// The columns that are there.
        present: Vec<String>,
    },
    /// Two rows speak of the same study.
    #[error("{}: lines {first} and {second} both speak of `{study}`; leave one out", path.display())]
    Twice {
        /// The file.
        path: PathBuf,
        /// The study.
        study: String,
        /// A line, from 1.
        first: u64,
        /// Another.
        second: u64,
    },
    /// A value is not what its column holds.
    #[error("{}, line {line}: {column} is {value:?}; {needed}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column.
        column: &'static str,
        /// What was found.
        value: String,
        /// What belongs there.
        needed: &'static str,
    },
}

/// A CSV table whose column `study` names studies, by their files or their names.
#[derive(Debug, Clone)]
pub struct StudyTable {
    path: PathBuf,
    sha256: String,
    columns: Vec<String>,
    /// Line and fields by the study's name.
    rows: BTreeMap<String, (u64, Vec<String>)>,
}

impl StudyTable {
    /// Reads a table. Columns that nobody asks for are ignored.
    ///
    /// # Errors
    /// [`TableError`] when it cannot be read, has no column `study`, or speaks of one study twice.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let bytes = read_bytes(path)?;
        let csv_error = |error: csv::Error| TableError::Csv { path: path.to_owned(), reason: error.to_string() };
        // Excel begins UTF-8 with a mark that would otherwise become part of the first column's name.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let columns: Vec<String> = reader.headers().map_err(csv_error)?.iter().map(str::to_owned).collect();
        let mut table = Self { path: path.to_owned(), sha256: sha256(&bytes), columns, rows: BTreeMap::new() };
        let study = table.column("study")?;
        for record in reader.records() {
            let record = record.map_err(csv_error)?;
            let line = record.position().map_or(0, csv::Position::line);
            let name = name_in_table(record.get(study).unwrap_or_default());
            let fields = record.iter().map(str::to_owned).collect();
            if let Some((first, _)) = table.rows.insert(name.clone(), (line, fields)) {
                return Err(TableError::Twice { path: path.to_owned(), study: name, first, second: line });
            }
        }
        Ok(table)
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Whether there is a row for a study of this name.
    #[must_use]
    pub fn has(&self, study: &str) -> bool {
        self.rows.contains_key(study)
    }

    /// Makes sure that a column is there.
    ///
    /// # Errors
    /// [`TableError::NoColumn`].
    pub fn require(&self, column: &'static str) -> Result<(), TableError> {
        self.column(column).map(|_| ())
    }

    /// A frame, from 1, of the row of a study; `None` without such a row.
    ///
    /// # Errors
    /// [`TableError`] when the column is missing or holds no frame.
    pub fn frame(&self, study: &str, column: &'static str) -> Result<Option<usize>, TableError> {
        let parse = |text: &str| text.parse::<usize>().ok().filter(|&frame| frame > 0);
        self.value(study, column, parse, "a frame is a whole number from 1")
    }

    /// A finite number of the row of a study; `None` without such a row.
    ///
    /// # Errors
    /// [`TableError`] when the column is missing or holds no number.
    pub fn number(&self, study: &str, column: &'static str) -> Result<Option<f64>, TableError> {
        let parse = |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite());
        self.value(study, column, parse, "a number belongs there")
    }

    fn value<T>(
        &self,
        study: &str,
        column: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        needed: &'static str,
    ) -> Result<Option<T>, TableError> {
        let index = self.column(column)?;
        let Some((line, fields)) = self.rows.get(study) else { return Ok(None) };
        let text = fields.get(index).map(String::as_str).unwrap_or_default();
        let wrong =
            || TableError::Value { path: self.path.clone(), line: *line, column, value: text.to_owned(), needed };
        parse(text).ok_or_else(wrong).map(Some)
    }

    fn column(&self, column: &'static str) -> Result<usize, TableError> {
        self.columns.iter().position(|name| name == column).ok_or_else(|| TableError::NoColumn {
            path: self.path.clone(),
            column,
            present: self.columns.clone(),
        })
    }
}

/// The study's name from how a table names it: a path of any system, or a name.
fn name_in_table(text: &str) -> String {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    study_name(Path::new(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> Result<StudyTable, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frames.csv");
        std::fs::write(&path, text).unwrap();
        StudyTable::read(&path)
    }

    #[test]
    fn studies_are_found_by_file_or_name() {
        let found =
            table("\u{feff}study,end_diastole_frame,colour\nstudies/sim-0001.dcm,2,red\nc:\\x\\b.DCM, 3 ,\nd,4,\n");
        let found = found.unwrap();
        for (study, frame) in [("sim-0001", Some(2)), ("b", Some(3)), ("d", Some(4)), ("e", None)] {
            assert_eq!(found.frame(study, "end_diastole_frame").unwrap(), frame, "{study}");
        }
        assert!(found.has("d") && !found.has("e"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |result: Result<StudyTable, TableError>| result.unwrap_err().to_string();
        assert!(said(table("name,frame\na,1\n")).contains("no column `study`; it has name, frame"));
        assert!(said(table("study,frame\nx/a.dcm,1\ny/a,2\n")).contains("lines 2 and 3 both speak of `a`"));
        assert!(said(table("study,frame\na,1,2\n")).contains("frames.csv"));
        let found = table("study,end_systole_frame,lvef_percent\na,0,nan\n").unwrap();
        let error = found.frame("a", "end_systole_frame").unwrap_err().to_string();
        assert!(error.contains("line 2: end_systole_frame is \"0\""), "{error}");
        assert!(found.number("a", "lvef_percent").is_err());
        assert!(matches!(found.frame("a", "end_diastole_frame"), Err(TableError::NoColumn { .. })));
    }
}
