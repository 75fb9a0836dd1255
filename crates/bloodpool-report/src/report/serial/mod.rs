//! The report of a serial comparison: a self-contained HTML page and the JSON document; and its section for the report of one study.

mod page;
pub(super) mod plot;
mod provenance;
pub(super) mod section;

use std::path::{Path, PathBuf};

use bloodpool_files::{IfExists, write_with_folders};

use crate::serial::SerialComparison;
use crate::{Language, ReportError};

pub(super) use self::page::{Period, title};
pub(super) use self::provenance::{protocols, rows as provenance_rows};

/// The page; written last, so that a folder with the page has all other files.
const PAGE: &str = "comparison.html";
const DOCUMENT: &str = "comparison.json";

/// The files that the report of a comparison in this folder consists of.
#[must_use]
pub fn files(folder: &Path) -> Vec<PathBuf> {
    [PAGE, DOCUMENT].iter().map(|name| folder.join(name)).collect()
}

impl SerialComparison<'_> {
    /// The report as one HTML page in a language that loads nothing from outside.
    ///
    /// # Errors
    /// [`ReportError`] when the choices of a protocol cannot be written.
    pub fn html(&self, language: Language) -> Result<String, ReportError> {
        Ok(page::page(self, language)?.into_string())
    }

    /// Writes the page and the JSON document into `folder`; returns where the page is.
    ///
    /// # Errors
    /// [`ReportError`] when a file exists and may not be replaced, or cannot be made or written.
    pub fn write(
        &self,
        language: Language,
        document: &str,
        folder: &Path,
        if_exists: IfExists,
    ) -> Result<PathBuf, ReportError> {
        let page = self.html(language)?;
        write_with_folders(&folder.join(DOCUMENT), document.as_bytes(), if_exists)?;
        write_with_folders(&folder.join(PAGE), page.as_bytes(), if_exists)?;
        Ok(folder.join(PAGE))
    }
}

#[cfg(test)]
mod tests;
