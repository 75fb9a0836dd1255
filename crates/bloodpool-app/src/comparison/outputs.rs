//! The files of an evaluation, each whole or not there, the page last.

use std::path::{Path, PathBuf};

use bloodpool::protocol::RoiChoices;
use bloodpool_dataset::{DatasetPart, IfExists};

use super::findings::Findings;
use super::record::{self, RESEARCH_ONLY, Subject};
use super::sentences::sentences;
use super::table_one::FrameSet;
use super::{csv_tables, tables};
use crate::outputs;

const RECORD: &str = "evaluation.json";
const FILES: [&str; 5] = [RECORD, "table.md", "table.csv", "table.tex", "cases.csv"];

/// What is written.
#[derive(Debug)]
pub(crate) struct Evaluation<'a> {
    pub(crate) subject: &'a Subject,
    pub(crate) findings: &'a Findings,
    pub(crate) choices: &'a RoiChoices,
}

impl Evaluation<'_> {
    /// Every file of an evaluation in this folder.
    pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
        FILES.iter().map(|name| folder.join(name)).collect()
    }

    /// Writes them; what may not be replaced was refused before.
    pub(crate) fn write(&self, folder: &Path, part: &DatasetPart) -> anyhow::Result<PathBuf> {
        let _ = part;
        let contents: [(&str, Vec<u8>); 5] = [
            ("table.md", self.markdown().into_bytes()),
            ("table.csv", csv_tables::table(self.findings)?),
            ("table.tex", self.latex().into_bytes()),
            ("cases.csv", csv_tables::cases(self.findings)?),
            (RECORD, record::json(self.subject, self.findings, self.choices)?.into_bytes()),
        ];
        for (name, bytes) in contents {
            outputs::write(&folder.join(name), &bytes, IfExists::Replace)?;
        }
        Ok(folder.join(RECORD))
    }

    /// What the terminal shows: Table 1, and what has to be said of it.
    pub(crate) fn summary(&self) -> String {
        let mut text = self.head("");
        if let Some(table) = self.findings.table(FrameSet::First) {
            text += &tables::table_one(self.findings, table).markdown();
        }
        text.push('\n');
        for sentence in sentences(self.findings) {
            text += &format!("- {sentence}\n");
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
        text += "% \\usepackage{booktabs}\n";
        for sheet in tables::sheets(self.findings) {
            text.push('\n');
            text += &sheet.latex();
        }
        text
    }
}
