//! `CsvTable`: a table with named columns as spreadsheets of any language write it.

use std::path::{Path, PathBuf};

use crate::composed::composed;
use crate::fingerprint::{read_bytes, sha256};
use crate::text::decode_text;
use crate::whole_file::FileError;

/// Largest whole number that is read; above it, numbers with a fraction are no longer exact.
const LARGEST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A table that was read from a file. The separator (comma, semicolon or tab) and the encoding are recognised.
#[derive(Debug, Clone)]
pub struct CsvTable {
    path: PathBuf,
    sha256: String,
    columns: Vec<String>,
    rows: Vec<CsvRow>,
    decimal_comma: bool,
}

/// One row of a table.
#[derive(Debug, Clone)]
pub struct CsvRow {
    line: u64,
    fields: Vec<String>,
}

/// Why a column cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// No column has this name.
    #[error("there is no column `{column}`; there are {}", present.join(", "))]
    Missing {
        /// The name.
        column: String,
        /// The columns that are there.
        present: Vec<String>,
    },
    /// Several columns have this name.
    #[error("several columns are named `{column}`; keep one")]
    Several {
        /// The name.
        column: String,
    },
}

impl CsvRow {
    /// Line of the file on which the row begins, from 1.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.line
    }

    /// The field of a column by its index, without surrounding blanks; empty where the row has none.
    #[must_use]
    pub fn field(&self, column: usize) -> &str {
        self.fields.get(column).map(String::as_str).unwrap_or_default()
    }
}

impl CsvTable {
    /// Reads a table. Rows without any content, as spreadsheets leave them at the end, are skipped.
    ///
    /// # Errors
    /// [`FileError`] when the file cannot be read, its encoding is not known, or a row has more or fewer fields than
    /// there are columns.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        Self::parse(path, &read_bytes(path)?)
    }

    /// The table that the bytes of a file contain; `path` is what errors name.
    ///
    /// # Errors
    /// As [`CsvTable::read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, FileError> {
        let decoded = decode_text(bytes).map_err(|source| FileError::Text { path: path.to_owned(), source })?;
        let failed = |reason: String| FileError::Format { path: path.to_owned(), format: "CSV", reason };
        let (named, text) = without_separator_line(&decoded.text);
        let separator = named.unwrap_or_else(|| separator_of(text));
        let mut reader = csv::ReaderBuilder::new().delimiter(separator).flexible(true).from_reader(text.as_bytes());
        let columns: Vec<String> =
            reader.headers().map_err(|error| failed(error.to_string()))?.iter().map(trimmed).collect();
        let mut lines = Lines { text: text.as_bytes(), at: 0, line: 1 + u64::from(named.is_some()) };
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| failed(error.to_string()))?;
            let line = lines.line_at(record.position().map_or(0, csv::Position::byte));
            let mut fields: Vec<String> = record.iter().map(trimmed).collect();
            if fields.iter().all(String::is_empty) {
                continue;
            }
            while fields.len() > columns.len() && fields.last().is_some_and(String::is_empty) {
                fields.pop();
            }
            if fields.len() != columns.len() {
                let (found, expected) = (fields.len(), columns.len());
                return Err(failed(format!("line {line} has {found} fields where there are {expected} columns")));
            }
            rows.push(CsvRow { line, fields });
        }
        // Where a comma separates the fields it cannot also be the decimal sign.
        let decimal_comma = separator != b',';
        Ok(Self { path: path.to_owned(), sha256: sha256(bytes), columns, rows, decimal_comma })
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

    /// The names of the columns, without surrounding blanks.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows, in the order of the file.
    #[must_use]
    pub fn rows(&self) -> &[CsvRow] {
        &self.rows
    }

    /// The index of a column. Upper and lower case are the same; where columns differ in nothing else, the one that is
    /// spelled exactly so is meant.
    ///
    /// # Errors
    /// [`ColumnError`] when no column, or more than one, has this name.
    pub fn column(&self, name: &str) -> Result<usize, ColumnError> {
        let wanted = folded(name);
        let found = |same: &dyn Fn(&str) -> bool| -> Vec<usize> {
            self.columns.iter().enumerate().filter(|(_, column)| same(column)).map(|(index, _)| index).collect()
        };
        match (&found(&|column| column == name)[..], &found(&|column| folded(column) == wanted)[..]) {
            ([only], _) | ([], [only]) => Ok(*only),
            ([], []) => {
                let present = self.columns.iter().filter(|column| !column.is_empty()).cloned().collect();
                Err(ColumnError::Missing { column: name.to_owned(), present })
            }
            _ => Err(ColumnError::Several { column: name.to_owned() }),
        }
    }

    /// A finite number from a field of this table; in a table that no comma separates, a comma may be its decimal sign.
    #[must_use]
    pub fn number(&self, field: &str) -> Option<f64> {
        let comma = self.decimal_comma && !field.contains('.') && field.matches(',').count() == 1;
        let number = if comma { field.replace(',', ".").parse::<f64>() } else { field.parse() };
        number.ok().filter(|number| number.is_finite())
    }

    /// A whole number from a field of this table, also where a spreadsheet wrote `3.0`.
    #[must_use]
    pub fn whole_number(&self, field: &str) -> Option<u64> {
        let number = self.number(field)?;
        ((0.0..=LARGEST_WHOLE).contains(&number) && number.fract() == 0.0).then_some(number as u64)
    }
}

/// Counts the lines of a text. The CSV reader counts those before a record, not the empty ones between.
struct Lines<'a> {
    text: &'a [u8],
    /// Up to here, lines are counted.
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line, from 1, of the first character after this byte that does not end a line. Bytes only grow.
    fn line_at(&mut self, byte: u64) -> u64 {
        let mut start = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.at, self.text.len());
        start += self.text[start..].iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = &self.text[self.at..start];
        // `\r\n` is one end.
        let pairs = passed.windows(2).filter(|pair| pair == b"\r\n").count();
        let ends = passed.iter().filter(|byte| matches!(byte, b'\r' | b'\n')).count();
        self.line += (ends - pairs) as u64;
        self.at = start;
        self.line
    }
}

/// A name of a column, to compare.
fn folded(name: &str) -> String {
    composed(name).to_lowercase()
}

/// A field without surrounding blanks, among them those that have no width.
fn trimmed(field: &str) -> String {
    let blank = |character: char| character.is_whitespace() || matches!(character, '\u{feff}' | '\u{200b}');
    field.trim_matches(blank).to_owned()
}

/// The separator that a first line `sep=;` names, which Excel writes and reads, and the rest of the text.
fn without_separator_line(text: &str) -> (Option<u8>, &str) {
    let (first, rest) = text.split_once('\n').unwrap_or((text, ""));
    let first = first.trim_end_matches('\r');
    let named = first.get(..4).filter(|start| start.eq_ignore_ascii_case("sep=")).and_then(|_| first.get(4..));
    match named.map(str::as_bytes) {
        Some(&[separator]) if separator.is_ascii() => (Some(separator), rest),
        _ => (None, text),
    }
}

/// The separator that is most frequent in the first line that is not empty, outside quotes; a comma where none is.
fn separator_of(text: &str) -> u8 {
    let (mut commas, mut semicolons, mut tabs, mut quoted) = (0, 0, 0, false);
    for character in text.trim_start_matches(['\r', '\n']).chars() {
        match character {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '\r' | '\n' => break,
            ',' => commas += 1,
            ';' => semicolons += 1,
            '\t' => tabs += 1,
            _ => {}
        }
    }
    if semicolons > commas.max(tabs) {
        b';'
    } else if tabs > commas {
        b'\t'
    } else {
        b','
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: impl AsRef<[u8]>) -> Result<CsvTable, FileError> {
        CsvTable::parse(Path::new("a.csv"), text.as_ref())
    }

    /// The fields of the columns `rater` and `group`, row by row.
    fn groups(text: impl AsRef<[u8]>) -> Vec<(String, String)> {
        let table = table(text).unwrap();
        let (rater, group) = (table.column("rater").unwrap(), table.column("group").unwrap());
        table.rows().iter().map(|row| (row.field(rater).to_owned(), row.field(group).to_owned())).collect()
    }

    #[test]
    fn every_form_of_a_table_reads_alike() {
        let expected = [("a".to_owned(), "x, y".to_owned()), ("b".to_owned(), "z".to_owned())];
        for text in [
            "rater,group\na,\"x, y\"\nb,z\n",
            "rater;group\na;x, y\nb;z",
            "rater\tgroup\r\na\tx, y\r\nb\tz\r\n",
            "rater;group\ra;x, y\rb;z\r",
            "\u{feff}Rater;GROUP \n a ; x, y\u{a0}\nb;z\n",
            "sep=;\r\nrater;group\r\na;x, y\r\nb;z\r\n",
            "SEP=\t\nrater\tgroup\na\tx, y\nb\tz\n",
            "\n\nrater;group\n\na;x, y\n;\nb;z\n;;\n",
            "group;rater;;\nx, y;a;;\nz;b;;\n",
            "\"rater\";\"group\"\n\"a\";\"x, y\"\n\"b\";\"z\"\n",
            "rater;group;age, years\na;x, y;1,5\nb;z;2\n",
        ] {
            assert_eq!(groups(text), expected, "{text:?}");
        }
        let text = "rater;group\na;x, y\nb;z\n";
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let bytes: Vec<u8> = format!("\u{feff}{text}").encode_utf16().flat_map(order).collect();
            assert_eq!(groups(bytes), expected);
        }
        // Python: "학생".encode("cp949")
        assert_eq!(groups(b"rater,group\na,\xc7\xd0\xbb\xfd\n"), [("a".to_owned(), "학생".to_owned())]);
    }

    #[test]
    fn lines_are_those_of_the_file() {
        for (text, line) in
            [("a\n1\n", 2), ("sep=,\na\n1\n", 3), ("a,b\n\n\"x\",1\n", 3), ("a\r\n\r\n1", 3), ("a\r1", 2)]
        {
            assert_eq!(table(text).unwrap().rows()[0].line(), line, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_read_as_spreadsheets_write_them() {
        let (commas, semicolons) = (table("a,b\n").unwrap(), table("a;b\n").unwrap());
        for (field, number) in [("61.5", Some(61.5)), ("7", Some(7.0)), ("nan", None), ("inf", None), ("", None)] {
            assert_eq!((commas.number(field), semicolons.number(field)), (number, number), "{field}");
        }
        assert_eq!((commas.number("61,5"), semicolons.number("61,5")), (None, Some(61.5)));
        assert_eq!((semicolons.number("1.234,5"), semicolons.number("1,2,3")), (None, None));
        for (field, whole) in [("3", Some(3)), ("3.0", Some(3)), ("3.00", Some(3)), ("0", Some(0))] {
            assert_eq!(commas.whole_number(field), whole, "{field}");
        }
        for field in ["3.5", "-1", "1e300", "three", ""] {
            assert_eq!(commas.whole_number(field), None, "{field}");
        }
        assert_eq!(semicolons.whole_number("3,0"), Some(3));
    }

    #[test]
    fn columns_that_cannot_be_told_apart_are_named() {
        let found = table("Study,GROUP,group,Age,AGE\n").unwrap();
        assert_eq!(found.column("study"), Ok(0));
        assert_eq!(found.column("group"), Ok(2));
        let error = found.column("age").unwrap_err().to_string();
        assert_eq!(error, "several columns are named `age`; keep one");
        let error = found.column("ef").unwrap_err().to_string();
        assert_eq!(error, "there is no column `ef`; there are Study, GROUP, group, Age, AGE");
        assert!(matches!(table("a,a\n").unwrap().column("a"), Err(ColumnError::Several { .. })));
        // A decomposed name, as macOS writes it.
        assert_eq!(table("\u{1112}\u{1161}\u{11ab},b\n").unwrap().column("한"), Ok(0));
    }

    #[test]
    fn rows_of_another_length_are_errors_that_name_file_and_line() {
        for (text, said) in [("a,b\n1,2\n1,2,3\n", "line 3 has 3 fields"), ("a,b\n1\n", "line 2 has 1 fields")] {
            let error = table(text).unwrap_err().to_string();
            assert!(error.contains("a.csv") && error.contains(said), "{error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_table_or_an_error(bytes: Vec<u8>) {
            let _ = table(bytes);
        }
    }
}
