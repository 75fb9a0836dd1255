//! The tables of a study's report: a column a network, beside what the paper printed.

use bloodpool_stats::mean_sd;

use super::findings::{Agreement, Mean, NetworkFindings, Row};
use bloodpool_report::Table;
use bloodpool_report::figures;

/// Name of the table of ED and ES alone in the record of an evaluation.
const FIRST: &str = "first";
const NONE: &str = "-";

/// All tables.
pub(super) fn sheets(networks: &[NetworkFindings]) -> Vec<Table> {
    let mut sheets = vec![against_consensus(networks), ef(networks)];
    sheets.extend(against_truth(networks));
    sheets.extend(raters(networks));
    sheets.push(training(networks));
    sheets
}

fn columns(first: &[&str], networks: &[NetworkFindings]) -> Vec<String> {
    let named = networks.iter().map(|network| network.planned.spelt());
    first.iter().map(|&name| name.to_owned()).chain(named).collect()
}

fn rows_of(network: &NetworkFindings) -> &[Row] {
    let table = network.evaluation.table_one.iter().find(|table| table.frames == FIRST);
    table.map_or(&[], |table| &table.rows)
}

fn against_consensus(networks: &[NetworkFindings]) -> Table {
    let first = networks.first().map_or(&[][..], rows_of);
    let cells = |row: &Row| {
        let decimals = if row.unit == "counts" { 0 } else { 2 };
        let paper = row.paper.as_ref();
        let mut cells = vec![
            format!("{}, {}", row.figure, row.unit),
            row.phase.clone(),
            shown(paper.and_then(|paper| paper.consensus), decimals),
            shown(row.consensus, decimals),
            shown(paper.and_then(|paper| paper.model), decimals),
        ];
        let same = |other: &&Row| other.figure == row.figure && other.phase == row.phase;
        cells.extend(
            networks.iter().map(|network| shown(rows_of(network).iter().find(same).map(|row| row.model), decimals)),
        );
        cells
    };
    let studies = networks.first().map_or(0, |network| network.evaluation.studies);
    Table {
        caption: format!("ED and ES of {studies} simulated test patients, and Table 1 of Oh et al. 2022"),
        columns: columns(&["Figure", "Phase", "Paper: consensus", "Consensus", "Paper: model"], networks),
        rows: first.iter().map(cells).collect(),
        notes: vec![
            "Mean \u{b1} SD over images. The paper's are of patients, the others of simulated ones: side by side, they \
             show that the task is about as hard, not that one network is better."
                .to_owned(),
        ],
    }
}

/// Bias, spread and share of close readings of the model's EF: against the consensus's, and against the truth.
fn ef(networks: &[NetworkFindings]) -> Table {
    let against = |name: &str, of: fn(&NetworkFindings) -> Option<&Agreement>| {
        let row = |what: &str, cell: fn(&Agreement) -> String| {
            let cells = networks.iter().map(|network| of(network).map_or(NONE.to_owned(), cell));
            [name.to_owned(), what.to_owned()].into_iter().chain(cells).collect()
        };
        vec![
            row("bias (95 % CI)", |agreement| {
                let limits = agreement.limits;
                match (limits.bias, limits.bias_ci95) {
                    (Some(bias), Some([low, high])) => format!("{bias:+.2} ({low:+.2} to {high:+.2})"),
                    _ => NONE.to_owned(),
                }
            }),
            row("SD of differences", |agreement| decimal(agreement.limits.sd)),
            row("limits of agreement", |agreement| match (agreement.limits.lower, agreement.limits.upper) {
                (Some(lower), Some(upper)) => format!("{lower:+.1} to {upper:+.1}"),
                _ => NONE.to_owned(),
            }),
            row("within 5 points, %", |agreement| decimal(agreement.within_5_points_percent)),
        ]
    };
    let of_truth = |network: &NetworkFindings, side: &str| -> Option<usize> {
        network.evaluation.ef_of_truth.iter().position(|agreement| agreement.measured == side)
    };
    let mut rows = against("model - consensus", |network| network.evaluation.ef.first());
    if networks.iter().any(|network| of_truth(network, "model").is_some()) {
        rows.extend(against("model - true LVEF", |network| of_side(network, "model")));
        rows.extend(against("consensus - true LVEF", |network| of_side(network, "consensus")));
    }
    Table {
        caption: "EF by Eq. 5 and 6, in points".to_owned(),
        columns: columns(&["Difference", "Figure"], networks),
        rows,
        notes: vec![
            "The paper: model 58.68, consensus 60.37, so that its mean difference is -1.69; no limits were given."
                .to_owned(),
        ],
    }
}

fn of_side<'a>(network: &'a NetworkFindings, side: &str) -> Option<&'a Agreement> {
    network.evaluation.ef_of_truth.iter().find(|agreement| agreement.measured == side)
}

fn against_truth(networks: &[NetworkFindings]) -> Option<Table> {
    let dice = |network: &NetworkFindings, side: &str, phase: &str| {
        let found = network.evaluation.dice_of_truth.iter().find(|dice| dice.side == side && dice.phase == phase);
        found.map(|dice| dice.mean)
    };
    let known = networks.iter().any(|network| !network.evaluation.dice_of_truth.is_empty());
    let row = |phase: &str| {
        let consensus = shown(networks.first().and_then(|network| dice(network, "consensus", phase)), 2);
        let models = networks.iter().map(|network| shown(dice(network, "model", phase), 2));
        [phase.to_owned(), consensus].into_iter().chain(models).collect()
    };
    known.then(|| Table {
        caption: "Dice against the true silhouettes, %".to_owned(),
        columns: columns(&["Phase", "Consensus"], networks),
        rows: ["ED", "ES"].map(row).to_vec(),
        notes: vec!["What the paper could not know: how far the raters themselves are from the truth.".to_owned()],
    })
}

fn raters(networks: &[NetworkFindings]) -> Option<Table> {
    let raters = &networks.first()?.evaluation.raters.as_ref()?.raters;
    let row = |what: &str, values: Vec<f64>| {
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        let greatest = values.iter().copied().fold(f64::MIN, f64::max);
        let cells = match mean_sd(&values) {
            Ok(raters) => [format!("{:.2}", raters.mean), format!("{least:.2} to {greatest:.2}")],
            Err(_) => [NONE.to_owned(), NONE.to_owned()],
        };
        [what.to_owned()].into_iter().chain(cells).collect()
    };
    let dice = |phase: usize| raters.iter().filter_map(|rater| rater.dice_percent[phase].mean).collect();
    let errors = raters.iter().filter_map(|rater| rater.ef_absolute_error_points).collect();
    Some(Table {
        caption: format!("The {} raters on the same patients", raters.len()),
        columns: ["Figure", "Mean of raters", "Least to greatest"].map(str::to_owned).to_vec(),
        rows: vec![
            row("Dice at ED against the consensus of the others, %", dice(0)),
            row("Dice at ES against the consensus of the others, %", dice(1)),
            row("Mean absolute EF error against the consensus of all, points", errors),
        ],
        notes: Vec::new(),
    })
}

fn training(networks: &[NetworkFindings]) -> Table {
    let rows = networks.iter().flat_map(|network| {
        network.runs.iter().map(|run| {
            vec![
                network.planned.network.clone(),
                run.side.to_string(),
                run.epochs.to_string(),
                run.steps.to_string(),
                run.kept_epoch.to_string(),
                format!("{:.2}", run.hours),
            ]
        })
    });
    Table {
        caption: "Training".to_owned(),
        columns: ["Network", "Side, px", "Epochs", "Steps", "Epoch kept", "Hours"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
        notes: vec![
            "The epoch of the highest mean Dice in validation is kept. Hours are those of the machine it ran on, \
                     with whatever else ran there."
                .to_owned(),
        ],
    }
}

fn shown(mean: Option<Mean>, decimals: usize) -> String {
    let number = |value: f64| if decimals == 0 { figures::counts(value) } else { format!("{value:.decimals$}") };
    match mean {
        Some(Mean { mean: Some(mean), sd: Some(sd) }) => format!("{} \u{b1} {}", number(mean), number(sd)),
        Some(Mean { mean: Some(mean), sd: None }) => number(mean),
        _ => NONE.to_owned(),
    }
}

fn decimal(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_shown_with_what_is_known_of_it() {
        let mean = Mean { mean: Some(94.649), sd: Some(1.4) };
        assert_eq!(shown(Some(mean), 2), "94.65 \u{b1} 1.40");
        assert_eq!(shown(Some(Mean { sd: None, ..mean }), 1), "94.6");
        assert_eq!((shown(Some(Mean::default()), 2), shown(None, 2)), (NONE.to_owned(), NONE.to_owned()));
    }
}
