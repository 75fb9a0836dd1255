//! The report of a repeated study: every network compared with the paper, as Markdown and as a page.

mod folders;
mod plan;
mod progress;
mod results;
mod tables;

use std::path::{Path, PathBuf};

use bloodpool_files::{IfExists, write_whole};
use maud::{DOCTYPE, PreEscaped, html};

use crate::EvaluationError;
use bloodpool_report::RESEARCH_ONLY;

pub use folders::{consensus_of, evaluation_of, half_side_run_of, run_of};
pub use plan::{PLAN, Plan, PlanError, PlannedNetwork, SCHEMA};
pub use progress::{Part, Progress};

use results::NetworkResult;

const REPORT: &str = "report.md";
const PAGE: &str = "index.html";
const STYLE: &str = include_str!("../raters/page.css");
const SIMULATED: &str = "All patients and all raters are simulated, so that the truth is known: the report shows how far raters, \
    network and protocol each are from it. It does not apply to patients.";

/// The report of a study.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The report itself, Markdown.
    pub text: String,
    /// Where it is.
    pub report: PathBuf,
    /// Where the same is as a page.
    pub page: PathBuf,
}

/// Writes the report of a study whose steps are all done, in place of an earlier one. `command`: how the study is made again,
/// as the report shows it.
///
/// # Errors
/// [`EvaluationError`] when an evaluation or a run cannot be read, or a file cannot be written.
pub fn write(out: &Path, plan: &Plan, command: &str) -> Result<Written, EvaluationError> {
    let networks: Vec<NetworkResult> =
        plan.networks.iter().map(|planned| NetworkResult::read(out, planned)).collect::<Result<_, _>>()?;
    let sheets = tables::sheets(&networks);
    let title =
        format!("Oh et al. 2022 repeated on {} simulated patients with {} simulated raters", plan.studies, plan.raters);

    let mut text = format!("# {title}\n\n{RESEARCH_ONLY}. {SIMULATED}\n\n```sh\n{command}\n```\n\n");
    for sheet in &sheets {
        text += &sheet.markdown();
        text.push('\n');
    }
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="robots" content="noindex"; title { (title) } style { (PreEscaped(STYLE)) } }
            body {
                header.masthead { p.kind { "A study, from simulated patients to evaluated networks" } p.research { (RESEARCH_ONLY) } }
                main {
                    h1 { (title) }
                    p.remark role="note" { (SIMULATED) }
                    pre { (command) }
                    @for sheet in &sheets { (sheet.html()) }
                    h2 { "Each network, with its figures, outlines and every statistic" }
                    ul {
                        @for planned in &plan.networks {
                            li { a href={ "evaluation/" (planned.network) "/index.html" } { (planned.network) } }
                        }
                    }
                }
                footer { p.research { (RESEARCH_ONLY) } p { (plan.software) } }
            }
        }
    };
    write_whole(&out.join(REPORT), text.as_bytes(), IfExists::Replace)?;
    write_whole(&out.join(PAGE), page.into_string().as_bytes(), IfExists::Replace)?;
    Ok(Written { text, report: out.join(REPORT), page: out.join(PAGE) })
}
