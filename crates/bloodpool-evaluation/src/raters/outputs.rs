//! The files of an evaluation, each written whole, and its page, which contains its style and figures.

use std::path::{Path, PathBuf};

use bloodpool_dataset::DatasetPart;
use bloodpool_files::{FileError, IfExists, write_with_folders};
use bloodpool_report::{RESEARCH_ONLY, SOFTWARE, Table};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::cohort::Cohort;
use super::manuscript::{self, Manuscript, records::Records};
use super::material::RoiProtocol;
use super::plots::Plot;
use super::plots::outlines::Picture;
use super::record::{EvaluationDocument, Subject};
use super::result::EvaluationResult;
use super::sentences::{headlines, sentences};
use super::table_one::FrameSet;
use super::{csv_statistics, csv_tables, plots, tables};
use crate::EvaluationError;
use bloodpool_report::table::LATEX_PACKAGES;

/// Every number, as JSON.
pub const RECORD: &str = "evaluation.json";
/// The page; written last, so that all other files exist where it exists.
pub const PAGE: &str = "index.html";
/// The tables and the record, and what is in each; the page links to them.
const TABLES: [(&str, &str); 11] = [
    ("table.md", "all tables and sentences as Markdown"),
    ("table.tex", "all tables as LaTeX"),
    ("table.csv", "Table 1"),
    (csv_statistics::COHORT, "cohort"),
    (csv_statistics::AGREEMENT, "agreement of EF and of ROI size"),
    (csv_statistics::EF_ERROR_PARTS, "causes of the EF error"),
    (csv_statistics::DICE_OF_TRUTH, "Dice against the true silhouettes"),
    (csv_statistics::RATERS, "raters and model"),
    (csv_statistics::FAILURES, "failed readings"),
    ("cases.csv", "every reading of every study"),
    (RECORD, "every number and choice"),
];

/// What is written.
#[derive(Debug)]
pub struct Evaluation<'a> {
    /// Which model on which studies.
    pub subject: &'a Subject,
    /// Every number.
    pub result: &'a EvaluationResult,
    /// How EF is measured.
    pub protocol: &'a RoiProtocol,
}

impl Evaluation<'_> {
    /// Every file of an evaluation in this folder.
    pub fn files(folder: &Path) -> Vec<PathBuf> {
        let figures = || plots::FILES.into_iter().chain(plots::outlines::FILES);
        let texts = TABLES.into_iter().chain(manuscript::FILES).map(|(name, _)| name.to_owned());
        let figures = figures().map(str::to_owned).chain(figures().map(plots::pdf_file));
        texts.chain(figures).chain([PAGE.to_owned()]).map(|name| folder.join(name)).collect()
    }

    /// Writes them, in place of those of an earlier evaluation where that is allowed, and returns where the page is.
    pub fn write(&self, folder: &Path, part: &DatasetPart, if_exists: IfExists) -> Result<PathBuf, EvaluationError> {
        let plots = plots::plots(self.result)?;
        let pictures = plots::outlines::pictures(self.result, part)?;
        let records = Records::read(self.subject)?;
        let Self { subject, result, protocol } = *self;
        let manuscript = Manuscript { subject, result, protocol: protocol.named(), records: &records };
        let mut contents: Vec<(String, Vec<u8>)> = vec![
            ("table.md".to_owned(), self.markdown().into_bytes()),
            ("table.csv".to_owned(), csv_tables::table(result)?),
            ("table.tex".to_owned(), self.latex().into_bytes()),
            ("cases.csv".to_owned(), csv_tables::cases(result)?),
        ];
        let statistics = csv_statistics::files(result, subject.cohort.as_ref())?;
        contents.extend(statistics.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)));
        contents.extend(manuscript.texts().map(|(name, text)| (name.to_owned(), text.into_bytes())));
        contents.push((RECORD.to_owned(), EvaluationDocument::new(subject, result, protocol).to_json()?.into_bytes()));
        let written: Vec<&str> = contents.iter().map(|(name, _)| name.as_str()).collect();
        let page = page(subject, result, (&plots, &pictures), &written).into_string();
        let figures = plots.into_iter().map(|plot| (plot.file, plot.figure));
        for (file, figure) in figures.chain(pictures.into_iter().map(|picture| (picture.file, picture.figure))) {
            contents.push((file.to_owned(), figure.svg.into_bytes()));
            contents.push((plots::pdf_file(file), figure.pdf));
        }
        contents.push((PAGE.to_owned(), page.into_bytes()));
        if if_exists == IfExists::Replace {
            // A file of an earlier evaluation that this one does not write would be taken for one of this evaluation.
            for file in Self::files(folder).iter().filter(|file| file.symlink_metadata().is_ok()) {
                std::fs::remove_file(file).map_err(|source| FileError::Write { path: file.clone(), source })?;
            }
        }
        for (name, bytes) in contents {
            write_with_folders(&folder.join(name), &bytes, if_exists)?;
        }
        Ok(folder.join(PAGE))
    }

    /// What the terminal shows: Table 1 and the main statistics; the page has the rest.
    pub fn summary(&self) -> String {
        let mut text = format!("{}\n{RESEARCH_ONLY}.\n", self.subject.title(self.result));
        for remark in self.subject.remarks(self.result) {
            text += &format!("{remark}\n");
        }
        text.push('\n');
        if let Some(table) = self.result.table(FrameSet::First) {
            text += &tables::table_one(self.result, table).plain();
        }
        for sentence in headlines(self.result) {
            text += &format!("\n{sentence}\n");
        }
        text
    }

    fn markdown(&self) -> String {
        let mut text = self.head("# ");
        for (heading, words) in self.subject.abstract_lines(self.result) {
            text += &format!("**{heading}.** {words}\n\n");
        }
        for sheet in self.sheets() {
            text += &sheet.markdown();
            text.push('\n');
        }
        text += "### In words\n\n";
        for sentence in sentences(self.result) {
            text += &format!("- {sentence}\n");
        }
        text
    }

    /// The cohort, then all tables of the result.
    fn sheets(&self) -> Vec<Table> {
        self.subject.cohort.iter().map(Cohort::table).chain(tables::sheets(self.result)).collect()
    }

    fn head(&self, mark: &str) -> String {
        let mut text = format!("{mark}{}\n\n{RESEARCH_ONLY}.\n\n", self.subject.title(self.result));
        for remark in self.subject.remarks(self.result) {
            text += &format!("**{remark}**\n\n");
        }
        text
    }

    fn latex(&self) -> String {
        let mut text = format!("% {}\n% {RESEARCH_ONLY}.\n", self.subject.title(self.result));
        for remark in self.subject.remarks(self.result) {
            text += &format!("% {remark}\n");
        }
        text += &format!("% {LATEX_PACKAGES}\n");
        for sheet in self.sheets() {
            text.push('\n');
            text += &sheet.latex();
        }
        text
    }
}

const STYLE: &str = include_str!("page.css");
/// Nothing from outside, and no script at all.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The whole page. Everything that came from a file is escaped on the way in.
fn page(
    subject: &Subject,
    result: &EvaluationResult,
    (plots, pictures): (&[Plot], &[Picture]),
    written: &[&str],
) -> Markup {
    let title = subject.title(result);
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(POLICY);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header.masthead {
                    p.kind { "Evaluation of an automatic left-ventricular ROI" }
                    p.research { (RESEARCH_ONLY) }
                }
                main {
                    h1 { (title) }
                    @for remark in subject.remarks(result) { p.remark role="note" { (remark) } }
                    h2 { "Abstract" }
                    dl.abstract { @for (heading, words) in subject.abstract_lines(result) { dt { (heading) } dd { (words) } } }
                    @if let Some(cohort) = &subject.cohort { (cohort.table().html()) }
                    h2 { "Figures" }
                    @for plot in plots { (drawn(plot.file, &plot.caption, &plot.figure.svg)) }
                    h2 { "Outlines" }
                    div.pictures { @for picture in pictures { (drawn(picture.file, &picture.caption, &picture.figure.svg)) } }
                    h2 { "In words" }
                    ul.words { @for sentence in sentences(result) { li { (sentence) } } }
                    h2 { "Tables" }
                    @for sheet in tables::sheets(result) { (sheet.html()) }
                    h2 { "Model and data" }
                    (identity(subject))
                    h2 { "Files" }
                    (files(written))
                }
                footer {
                    p.research { (RESEARCH_ONLY) }
                    p { (SOFTWARE) " \u{b7} " (subject.date) " \u{b7} every number: evaluation.json, cases.csv" }
                }
            }
        }
    }
}

/// A figure that this program drew, with its files.
fn drawn(file: &str, caption: &str, svg: &str) -> Markup {
    html! {
        figure.drawn {
            figcaption { (caption) " (" a href=(file) { "SVG" } ", " a href=(plots::pdf_file(file)) { "PDF" } ")" }
            (PreEscaped(svg))
        }
    }
}

/// Links to the texts for a manuscript and to the tables that were written.
fn files(written: &[&str]) -> Markup {
    let all = manuscript::FILES.into_iter().chain(TABLES).filter(|(name, _)| written.contains(name));
    html! { ul.files { @for (name, what) in all { li { a href=(name) { (name) } ": " (what) } } } }
}

fn identity(subject: &Subject) -> Markup {
    let Subject { run, dataset, test_reads, .. } = subject;
    html! {
        dl {
            dt { "Model" } dd { (run.model.name) ", sha256 " (run.model.sha256) }
            dt { "From" } dd { (run.folder) ", by " (run.trained_by) }
            dt { "Trained on" } dd { (run.training_data) }
            dt { "Dataset" } dd { (dataset.name) " (" (dataset.folder) "), dataset.json sha256 " (dataset.sha256) }
            dt { "Part" }
            dd {
                (subject.part())
                @if let Some(reads) = *test_reads { ", read " (reads) @if reads == 1 { " time" } @else { " times" } " by " (run.kind.counted()) }
            }
            dt { "Raters" } dd { @match &dataset.raters_from { Some(from) => (from), None => "results of single raters are not known" } }
            dt { "EF" } dd { "protocol paper: Eq. 5 and 6 of Oh et al. 2022 on the 256 grid, each side with its own ROIs and "
                "the background of its own ES ROI, both on the same frames; less background is taken from a frame that lost counts at "
                "the end of the cycle, and Eq. 6 to the letter stands beside it" }
        }
    }
}
