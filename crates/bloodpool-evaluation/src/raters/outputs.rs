//! The files of an evaluation, each whole or not there, the page last.

use crate::EvaluationError;
use std::path::{Path, PathBuf};

use bloodpool_core::protocol::RoiChoices;
use bloodpool_dataset::DatasetPart;
use bloodpool_files::{FileError, IfExists, write_with_folders};

use super::findings::Findings;
use super::record::{self, Subject};
use super::sentences::{headlines, sentences};
use super::table_one::FrameSet;
use super::{contours, csv_tables, page, plots, tables};
use bloodpool_report::RESEARCH_ONLY;
use bloodpool_report::table::LATEX_PACKAGES;

/// Every number, as JSON.
pub const RECORD: &str = "evaluation.json";
/// The page; written last, so that where it is, the rest is too.
pub const PAGE: &str = "index.html";
const FILES: [&str; 6] = [RECORD, "table.md", "table.csv", "table.tex", "cases.csv", PAGE];

/// What is written.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// Which model on which studies.
    pub subject: &'a Subject,
    /// Every number.
    pub findings: &'a Findings,
    /// How EF is measured.
    pub choices: &'a RoiChoices,
}

impl Evaluation<'_> {
    /// Every file of an evaluation in this folder.
    pub fn files(folder: &Path) -> Vec<PathBuf> {
        FILES.iter().chain(&plots::FILES).chain(&contours::FILES).map(|name| folder.join(name)).collect()
    }

    /// Writes them, in place of those of an earlier evaluation where that is allowed, and returns where the page is.
    pub fn write(&self, folder: &Path, part: &DatasetPart, if_exists: IfExists) -> Result<PathBuf, EvaluationError> {
        let plots = plots::plots(self.findings)?;
        let pictures = contours::pictures(self.findings, part)?;
        let page = page::page(self.subject, self.findings, &plots, &pictures).into_string();
        let mut contents: Vec<(&str, Vec<u8>)> = vec![
            ("table.md", self.markdown().into_bytes()),
            ("table.csv", csv_tables::table(self.findings)?),
            ("table.tex", self.latex().into_bytes()),
            ("cases.csv", csv_tables::cases(self.findings)?),
        ];
        contents.extend(plots.into_iter().map(|plot| (plot.file, plot.svg.into_bytes())));
        contents.extend(pictures.into_iter().map(|picture| (picture.file, picture.svg.into_bytes())));
        contents.push((RECORD, record::json(self.subject, self.findings, self.choices)?.into_bytes()));
        contents.push((PAGE, page.into_bytes()));
        if if_exists == IfExists::Replace {
            // What an earlier evaluation left here, and this one does not make, would pass for this one's.
            for file in Self::files(folder).iter().filter(|file| file.symlink_metadata().is_ok()) {
                std::fs::remove_file(file).map_err(|source| FileError::Write { path: file.clone(), source })?;
            }
        }
        for (name, bytes) in contents {
            write_with_folders(&folder.join(name), &bytes, if_exists)?;
        }
        Ok(folder.join(PAGE))
    }

    /// What the terminal shows: Table 1, and what decides; the page has the rest.
    pub fn summary(&self) -> String {
        let mut text = format!("{}\n{RESEARCH_ONLY}.\n", self.subject.title(self.findings));
        for remark in self.subject.remarks(self.findings) {
            text += &format!("{remark}\n");
        }
        text.push('\n');
        if let Some(table) = self.findings.table(FrameSet::First) {
            text += &tables::table_one(self.findings, table).plain();
        }
        for sentence in headlines(self.findings) {
            text += &format!("\n{sentence}\n");
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = self.head("# ");
        for sheet in tables::sheets(self.findings) {
            text += &sheet.markdown();
            text.push('\n');
        }
        text += "### In words\n\n";
        for sentence in sentences(self.findings) {
            text += &format!("- {sentence}\n");
        }
        text
    }

    fn head(&self, mark: &str) -> String {
        let mut text = format!("{mark}{}\n\n{RESEARCH_ONLY}.\n\n", self.subject.title(self.findings));
        for remark in self.subject.remarks(self.findings) {
            text += &format!("**{remark}**\n\n");
        }
        text
    }

    fn latex(&self) -> String {
        let mut text = format!("% {}\n% {RESEARCH_ONLY}.\n", self.subject.title(self.findings));
        for remark in self.subject.remarks(self.findings) {
            text += &format!("% {remark}\n");
        }
        text += &format!("% {LATEX_PACKAGES}\n");
        for sheet in tables::sheets(self.findings) {
            text.push('\n');
            text += &sheet.latex();
        }
        text
    }
}
