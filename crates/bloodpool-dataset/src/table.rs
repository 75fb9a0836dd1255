//! Tables with named columns, and why one could not be used.

use std::path::{Path, PathBuf};

use bloodpool_files::whole_file::FileError;
use bloodpool_files::{ColumnError, CsvRow, CsvTable};

/// Why a table could not be used; names the file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file could not be read, or is not a CSV table.
    #[error(transparent)]
    File(#[from] FileError),
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
    /// Several columns have the same name.
    #[error("{} has several columns `{column}`; keep one", path.display())]
    SameColumns {
        /// The file.
        path: PathBuf,
        /// The name.
        column: &'static str,
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

/// A table that was read from a file.
#[derive(Debug, Clone)]
pub(crate) struct Table(CsvTable);

impl Table {
    /// Reads a table.
    ///
    /// # Errors
    /// [`TableError`] when the file cannot be read or is not a CSV table.
    pub(crate) fn read(path: &Path) -> Result<Self, TableError> {
        Ok(Self(CsvTable::read(path)?))
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// SHA-256 of the file.
    pub(crate) fn sha256(&self) -> &str {
        self.0.sha256()
    }

    /// The rows, in the order of the file.
    pub(crate) fn rows(&self) -> &[CsvRow] {
        self.0.rows()
    }

    /// The index of a column.
    ///
    /// # Errors
    /// [`TableError::NoColumn`], [`TableError::SameColumns`].
    pub(crate) fn column(&self, column: &'static str) -> Result<usize, TableError> {
        let path = || self.path().to_owned();
        self.0.column(column).map_err(|error| match error {
            ColumnError::Missing { present, .. } => TableError::NoColumn { path: path(), column, present },
            _ => TableError::SameColumns { path: path(), column },
        })
    }

    /// A finite number from a field.
    pub(crate) fn number(&self, field: &str) -> Option<f64> {
        self.0.number(field)
    }

    /// A whole number from a field.
    pub(crate) fn whole_number(&self, field: &str) -> Option<u64> {
        self.0.whole_number(field)
    }
}
