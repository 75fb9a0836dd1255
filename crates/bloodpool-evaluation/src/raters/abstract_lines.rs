//! The abstract of an evaluation: five lines, each from its numbers.

use super::endpoints::Endpoints;
use super::measured;
use super::result::EvaluationResult;
use super::sentences;
use super::table_one::{FrameSet, Row};

/// A heading and its sentence.
pub(super) type Line = (&'static str, String);

/// What was evaluated on what.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    /// Name of the model.
    pub(super) model: &'a str,
    /// Part and dataset, for example `test split of data`.
    pub(super) part: &'a str,
    /// Studies that were left out because the model had seen their patients.
    pub(super) left_out: usize,
}

/// Question, material, overlap, LVEF, conclusion.
pub(super) fn lines(named: Named<'_>, result: &EvaluationResult) -> [Line; 5] {
    [
        ("Question", format!("Does the ROI of {} give the LVEF that the consensus of the raters gives?", named.model)),
        ("Material", material(named, result)),
        ("Overlap", overlap(result)),
        ("LVEF", lvef(result)),
        ("Conclusion", conclusion(result)),
    ]
}

fn material(named: Named<'_>, result: &EvaluationResult) -> String {
    let raters = result.raters.as_ref().map_or_else(
        || "the results of single raters are not known".to_owned(),
        |baseline| format!("{} raters", baseline.raters.len()),
    );
    let images = result.cases.iter().map(|case| case.images.len()).sum::<usize>();
    let left_out = match named.left_out {
        0 => String::new(),
        some => format!("; {some} studies were left out, because the model had seen their patients"),
    };
    format!(
        "{} of the {}, {images} images; {raters}; {} readings failed{left_out}.",
        result.population(),
        named.part,
        result.failures.len()
    )
}

fn overlap(result: &EvaluationResult) -> String {
    let row = |figure: &str, phase: &str| {
        let rows = result.table(FrameSet::First).map_or(&[][..], |table| &table.rows);
        let found = rows.iter().find(|row| row.figure == figure && row.phase == phase);
        found.map_or(measured::NONE.to_owned(), |row: &Row| {
            format!("{} (95 % CI {})", measured::mean_sd(&row.model, 1), measured::interval(&row.by_patient, 1))
        })
    };
    let raters = result.raters.as_ref().map_or_else(String::new, |baseline| {
        format!(
            "; {} of {} raters have a lower mean at ED and {} at ES",
            baseline.below_model_dice[0],
            baseline.raters.len(),
            baseline.below_model_dice[1]
        )
    });
    format!(
        "Dice with the consensus, % (mean \u{b1} SD): {} at ED, {} at ES{raters}.",
        row("Dice", "ED"),
        row("Dice", "ES")
    )
}

fn lvef(result: &EvaluationResult) -> String {
    let known = result.ef_of_first().and_then(sentences::bias_alone);
    known.unwrap_or_else(|| "The LVEF of both sides cannot be compared.".to_owned())
}

fn conclusion(result: &EvaluationResult) -> String {
    let simulated = match (result.simulated_studies, result.studies) {
        (0, _) => "",
        (simulated, all) if simulated == all => " The studies are simulated: nothing follows for patients.",
        _ => " Some of the studies are simulated.",
    };
    format!("{}{simulated}", Endpoints::new(result).primary)
}
