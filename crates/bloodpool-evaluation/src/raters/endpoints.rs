//! `Endpoints`: which comparison is the primary one, and how many others there are.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agreement::PairedStatistics;
use super::measured::{Measured, range};
use super::result::EvaluationResult;

/// The margin of the primary endpoint, EF points.
pub(super) const MARGIN_POINTS: f64 = 5.0;
/// The level that a single test is read at.
const LEVEL: f64 = 0.05;

/// The primary endpoint, and the number of tests beside it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Endpoints {
    /// What decides, and what it gave.
    pub primary: String,
    /// p values that the evaluation prints.
    pub tests: usize,
    /// How they are to be read.
    pub multiplicity: String,
}

impl Endpoints {
    /// Of a result. The primary endpoint is the same in every evaluation, so that nobody can choose it by its result.
    #[must_use]
    pub fn new(result: &EvaluationResult) -> Self {
        let tests = tests(result);
        Self {
            primary: primary(result),
            tests,
            multiplicity: format!(
                "All other comparisons are secondary. Their p values are not adjusted for multiple testing: of the {tests} p values of \
                 this evaluation, {:.1} would lie below {LEVEL} by chance if no difference existed anywhere.",
                LEVEL * tests as f64
            ),
        }
    }
}

fn primary(result: &EvaluationResult) -> String {
    let endpoint = format!(
        "Primary endpoint, the same in every evaluation: the mean EF difference, model - consensus, on ED and ES with the patient as unit; \
         both agree on average if its 90 % CI lies within {MARGIN_POINTS:.0} points"
    );
    let test = result.ef_of_first().and_then(|ef| ef.equivalence.iter().filter_map(Measured::known).find(of_margin));
    match test {
        Some(test) => format!(
            "{endpoint}. It is {:+.2} (90 % CI {}) over {} patients: {}.",
            test.mean_difference,
            range(test.mean_difference_ci90, 2),
            test.pairs,
            if test.equivalent { "met" } else { "not met" }
        ),
        None => format!("{endpoint}. It cannot be computed here."),
    }
}

fn of_margin(test: &&bloodpool_stats::Equivalence) -> bool {
    (test.margin - MARGIN_POINTS).abs() < f64::EPSILON
}

/// Number of p values in the tables.
fn tests(result: &EvaluationResult) -> usize {
    let of_rows = result.table_one.iter().flat_map(|table| &table.rows);
    let of_rows = of_rows.filter(|row| row.wilcoxon.as_ref().is_some_and(|test| test.known().is_some())).count();
    let sizes = result.size.iter().map(|size| &size.pixels);
    of_rows + result.ef.iter().chain(&result.ef_of_truth).chain(sizes).map(of_comparison).sum::<usize>()
}

fn of_comparison(of: &PairedStatistics) -> usize {
    usize::from(of.wilcoxon.known().is_some())
        + usize::from(of.paired_t.known().is_some())
        + of.equivalence.iter().filter(|test| test.known().is_some()).count()
}
