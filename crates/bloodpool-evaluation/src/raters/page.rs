//! The page of an evaluation: one file that holds its own style and figures and asks for nothing from outside.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::contours::Picture;
use super::findings::Findings;
use super::plots::Plot;
use super::record::Subject;
use super::sentences::sentences;
use super::tables;
use bloodpool_report::RESEARCH_ONLY;
use bloodpool_report::SOFTWARE;

const STYLE: &str = include_str!("page.css");
/// Nothing from outside, and no script at all.
const POLICY: &str = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";

/// The whole page. Everything that came from a file is escaped on the way in.
pub(super) fn page(subject: &Subject, findings: &Findings, plots: &[Plot], pictures: &[Picture]) -> Markup {
    let title = subject.title(findings);
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
                    @for remark in subject.remarks(findings) { p.remark role="note" { (remark) } }
                    (identity(subject))
                    h2 { "In words" }
                    ul.words { @for sentence in sentences(findings) { li { (sentence) } } }
                    h2 { "Figures" }
                    @for plot in plots { (drawn(&plot.caption, &plot.svg)) }
                    h2 { "Outlines" }
                    div.pictures { @for picture in pictures { (drawn(&picture.caption, &picture.svg)) } }
                    h2 { "Tables" }
                    @for sheet in tables::sheets(findings) { (sheet.html()) }
                }
                footer {
                    p.research { (RESEARCH_ONLY) }
                    p { (SOFTWARE) " \u{b7} " (subject.date) " \u{b7} every number: evaluation.json, cases.csv" }
                }
            }
        }
    }
}

/// A figure that this program drew.
fn drawn(caption: &str, svg: &str) -> Markup {
    html! { figure.drawn { figcaption { (caption) } (PreEscaped(svg)) } }
}

fn identity(subject: &Subject) -> Markup {
    let Subject { run, dataset, split, test_reads, .. } = subject;
    html! {
        dl {
            dt { "Model" } dd { (run.model.name) ", sha256 " (run.model.sha256) }
            dt { "Run" } dd { (run.folder) ", by " (run.trained_by) }
            dt { "Trained on" } dd { (run.training_data) }
            dt { "Dataset" } dd { (dataset.name) " (" (dataset.folder) "), dataset.json sha256 " (dataset.sha256) }
            dt { "Part" }
            dd {
                (split)
                @if let Some(reads) = *test_reads { ", read " (reads) @if reads == 1 { " time" } @else { " times" } " by this run" }
            }
            dt { "Raters" } dd { @match &dataset.raters_from { Some(from) => (from), None => "their figures are not known" } }
            dt { "EF" } dd { "protocol paper: Eq. 5 and 6 of Oh et al. 2022 on the 256 grid, each side with its own ROIs and "
                "the background of its own ES ROI, both on the same frames" }
        }
    }
}
