//! `Table`: a CSV file with named columns, as spreadsheets write it.

use std::path::{Path, PathBuf};

use bloodpool_files::fingerprint::{read_bytes, sha256};
use bloodpool_files::whole_file::FileError;

/// Why a table could not be used; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is not a CSV table.
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
    /// Two rows are for the same study.
    #[error("{}: lines {first} and {second} are both for study `{study}`; remove one", path.display())]
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
        /// What is expected.
        needed: &'static str,
    },
}

/// A CSV table that was read from a file.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    path: PathBuf,
    sha256: String,
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// One row of a table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    /// Line in the file, from 1.
    pub(crate) line: u64,
    fields: Vec<String>,
}

impl Row {
    /// The field of a column by its index, without surrounding space; empty where the row has none.
    pub(crate) fn field(&self, column: usize) -> &str {
        self.fields.get(column).map(String::as_str).unwrap_or_default()
    }
}

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// [`TableError`] when the file cannot be read or is not a CSV table.
    pub(crate) fn read(path: &Path) -> Result<Self, TableError> {
        let bytes = read_bytes(path)?;
        let failed = |error: csv::Error| TableError::Csv { path: path.to_owned(), reason: error.to_string() };
        // Excel writes a byte order mark, which would otherwise become part of the first column's name.
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let columns = reader.headers().map_err(failed)?.iter().map(str::to_owned).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(failed)?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push(Row { line, fields: record.iter().map(str::to_owned).collect() });
        }
        Ok(Self { path: path.to_owned(), sha256: sha256(&bytes), columns, rows })
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of the file.
    pub(crate) fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The rows, in the order of the file.
    pub(crate) fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The index of a column.
    ///
    /// # Errors
    /// [`TableError::NoColumn`].
    pub(crate) fn column(&self, column: &'static str) -> Result<usize, TableError> {
        self.columns.iter().position(|name| name == column).ok_or_else(|| TableError::NoColumn {
            path: self.path.clone(),
            column,
            present: self.columns.clone(),
        })
    }
}
