//! Tables with one row per study: chosen frames, or the truth of simulated studies.

use std::collections::BTreeMap;
use std::path::Path;

use bloodpool_files::composed;

use crate::study_names::study_name;
use crate::table::{Table, TableError};

/// A CSV table whose column `study` names studies, by their files or their names.
#[derive(Debug, Clone)]
pub struct StudyTable {
    table: Table,
    /// Index of the row by the study's name.
    rows: BTreeMap<String, usize>,
}

impl StudyTable {
    /// Reads a table. Columns that nobody asks for are ignored.
    ///
    /// # Errors
    /// [`TableError`] when it cannot be read, has no column `study`, or has two rows for one study.
    pub fn read(path: &Path) -> Result<Self, TableError> {
        let table = Table::read(path)?;
        let study = table.column("study")?;
        let mut rows = BTreeMap::new();
        for (index, row) in table.rows().iter().enumerate() {
            let name = name_in_table(row.field(study));
            if let Some(first) = rows.insert(name.clone(), index) {
                let first = table.rows().get(first).map_or(0, |row| row.line());
                return Err(TableError::Twice { path: path.to_owned(), study: name, first, second: row.line() });
            }
        }
        Ok(Self { table, rows })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.table.path()
    }

    /// SHA-256 of the file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        self.table.sha256()
    }

    /// Whether there is a row for a study of this name.
    #[must_use]
    pub fn has(&self, study: &str) -> bool {
        self.row_of(study).is_some()
    }

    /// Makes sure that a column is there.
    ///
    /// # Errors
    /// [`TableError::NoColumn`].
    pub fn require(&self, column: &'static str) -> Result<(), TableError> {
        self.table.column(column).map(|_| ())
    }

    /// A frame, from 1, of the row of a study; `None` without such a row.
    ///
    /// # Errors
    /// [`TableError`] when the column is missing or holds no frame.
    pub fn frame(&self, study: &str, column: &'static str) -> Result<Option<usize>, TableError> {
        let whole = |text: &str| self.table.whole_number(text).and_then(|frame| usize::try_from(frame).ok());
        let parse = |text: &str| whole(text).filter(|&frame| frame > 0);
        self.value(study, column, parse, "a frame is a whole number from 1")
    }

    /// A finite number of the row of a study; `None` without such a row.
    ///
    /// # Errors
    /// [`TableError`] when the column is missing or holds no number.
    pub fn number(&self, study: &str, column: &'static str) -> Result<Option<f64>, TableError> {
        self.value(study, column, |text| self.table.number(text), "it must be a number")
    }

    fn value<T>(
        &self,
        study: &str,
        column: &'static str,
        parse: impl Fn(&str) -> Option<T>,
        needed: &'static str,
    ) -> Result<Option<T>, TableError> {
        let index = self.table.column(column)?;
        let Some(row) = self.row_of(study).and_then(|row| self.table.rows().get(row)) else { return Ok(None) };
        let (path, line, text) = (self.table.path(), row.line(), row.field(index));
        let wrong = || TableError::Value { path: path.to_owned(), line, column, value: text.to_owned(), needed };
        parse(text).ok_or_else(wrong).map(Some)
    }

    /// The index of the row of a study, in whatever Unicode form its name is.
    fn row_of(&self, study: &str) -> Option<usize> {
        self.rows.get(&*composed(study)).copied()
    }
}

/// The study's name, composed, from how a table names it: a path of any system, or a name.
pub(crate) fn name_in_table(text: &str) -> String {
    let name = text.rsplit(['/', '\\']).next().unwrap_or(text);
    composed(&study_name(Path::new(name))).into_owned()
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
    fn tables_of_any_spreadsheet_are_read() {
        for text in [
            "Study;End_Diastole_Frame ;lvef_percent\na.dcm;1,0;61,5\n;;\n",
            "study\tend_diastole_frame\tlvef_percent\r\na.dcm\t1.0\t61.5\r\n",
            "\u{feff} STUDY ,END_DIASTOLE_FRAME,LVEF_percent\n a.dcm ,1.00,61.5\n,,\n,,\n",
        ] {
            let found = table(text).unwrap();
            assert_eq!(found.frame("a", "end_diastole_frame").unwrap(), Some(1), "{text:?}");
            assert_eq!(found.number("a", "lvef_percent").unwrap(), Some(61.5), "{text:?}");
        }
        let found = table("study,end_diastole_frame\na,1.5\n").unwrap();
        let error = found.frame("a", "end_diastole_frame").unwrap_err().to_string();
        assert!(error.contains("line 2: end_diastole_frame is \"1.5\"; a frame is a whole number from 1"), "{error}");
        let error = table("study,Study \na,b\n").map(|found| found.has("a"));
        assert!(error.unwrap());
        let error = table("STUDY,Study\na,b\n").unwrap_err().to_string();
        assert!(error.contains("several columns `study`"), "{error}");
    }

    #[test]
    fn names_are_found_in_either_unicode_form() {
        // Python: unicodedata.normalize("NFD", "한é")
        let (composed, decomposed) = ("한é", "\u{1112}\u{1161}\u{11ab}e\u{301}");
        for (written, asked) in [(composed, decomposed), (decomposed, composed)] {
            let found = table(&format!("study,frame\n{written}.dcm,3\n")).unwrap();
            assert_eq!(found.frame(asked, "frame").unwrap(), Some(3));
        }
        let twice = table(&format!("study,frame\n{composed},3\n{decomposed},4\n"));
        assert!(matches!(twice, Err(TableError::Twice { first: 2, second: 3, .. })));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |result: Result<StudyTable, TableError>| result.unwrap_err().to_string();
        assert!(said(table("name,frame\na,1\n")).contains("no column `study`; it has name, frame"));
        assert!(said(table("study,frame\nx/a.dcm,1\ny/a,2\n")).contains("lines 2 and 3 are both for study `a`"));
        assert!(said(table("study,frame\na,1,2\n")).contains("frames.csv"));
        let found = table("study,end_systole_frame,lvef_percent\na,0,nan\n").unwrap();
        let error = found.frame("a", "end_systole_frame").unwrap_err().to_string();
        assert!(error.contains("line 2: end_systole_frame is \"0\""), "{error}");
        assert!(found.number("a", "lvef_percent").is_err());
        assert!(matches!(found.frame("a", "end_diastole_frame"), Err(TableError::NoColumn { .. })));
    }
}
