//! The tables of the report: one column per network, and the results of the paper.

use bloodpool_stats::{MeanSd, mean_sd};

use super::results::NetworkResult;
use crate::raters::agreement::{Limits, PairedStatistics};
use crate::raters::measured::Measured;
use crate::raters::table_one::{FrameSet, PublishedMean, Row};
use bloodpool_report::{Table, figures};

const NONE: &str = "-";

/// All tables.
pub(super) fn sheets(networks: &[NetworkResult]) -> Vec<Table> {
    let mut sheets = vec![against_consensus(networks), ef(networks)];
    sheets.extend(against_truth(networks));
    sheets.extend(raters(networks));
    sheets.push(training(networks));
    sheets
}

fn columns(first: &[&str], networks: &[NetworkResult]) -> Vec<String> {
    let named = networks.iter().map(|network| network.planned.spelt());
    first.iter().map(|&name| name.to_owned()).chain(named).collect()
}

fn rows_of(network: &NetworkResult) -> &[Row] {
    network.evaluation.result.table(FrameSet::First).map_or(&[], |table| &table.rows)
}

fn against_consensus(networks: &[NetworkResult]) -> Table {
    let first = networks.first().map_or(&[][..], rows_of);
    let cells =
        |row: &Row| {
            let decimals = if row.unit == "counts" { 0 } else { 2 };
            let paper = row.paper.as_ref();
            let mut cells = vec![
                format!("{}, {}", row.figure, row.unit),
                row.phase.to_string(),
                shown(paper.and_then(|paper| paper.consensus).map(Mean::from), decimals),
                shown(row.consensus.as_ref().and_then(mean_of), decimals),
                shown(paper.and_then(|paper| paper.model).map(Mean::from), decimals),
            ];
            let same = |other: &&Row| other.figure == row.figure && other.phase == row.phase;
            cells.extend(networks.iter().map(|network| {
                shown(rows_of(network).iter().find(same).and_then(|row| mean_of(&row.model)), decimals)
            }));
            cells
        };
    let studies = networks.first().map_or(0, |network| network.evaluation.result.studies);
    Table {
        caption: format!("ED and ES of {studies} simulated test patients, and Table 1 of Oh et al. 2022"),
        columns: columns(&["Figure", "Phase", "Paper: consensus", "Consensus", "Paper: model"], networks),
        rows: first.iter().map(cells).collect(),
        notes: vec![
            "Mean \u{b1} SD over images. The results of the paper are those of patients, the others those of simulated patients: they do \
             not show that one network is better than another."
                .to_owned(),
            difficulty(networks),
        ],
    }
}

/// Dice within this many percent of the paper's is called similar.
const SIMILAR_DICE: f64 = 2.0;

/// How difficult the task is here, from the Dice of the networks and that of the paper.
fn difficulty(networks: &[NetworkResult]) -> String {
    let words = ["ED", "ES"].map(|phase| {
        let rows: Vec<&Row> = networks
            .iter()
            .filter_map(|network| rows_of(network).iter().find(|row| row.figure == "Dice" && row.phase == phase))
            .collect();
        let paper = rows.first().and_then(|row| row.paper?.model).map(|published| published.mean);
        compared(phase, &rows.iter().filter_map(|row| Some(mean_of(&row.model)?.mean)).collect::<Vec<f64>>(), paper)
    });
    words.into_iter().flatten().collect::<Vec<String>>().join(" ")
}

fn compared(phase: &str, dice: &[f64], paper: Option<f64>) -> Option<String> {
    let paper = paper?;
    let best = dice.iter().copied().reduce(f64::max)?;
    let verdict = match best - paper {
        difference if difference.abs() <= SIMILAR_DICE => "the task is about as difficult as in the paper",
        difference if difference > 0.0 => "the task is easier here than in the paper",
        _ => "the task is more difficult here than in the paper, or the networks were trained less",
    };
    Some(format!("The best mean Dice at {phase} is {best:.2} %, that of the paper {paper:.2} %: {verdict}."))
}

/// Bias, spread and share of close readings of the model's EF: against the consensus's, and against the truth.
fn ef(networks: &[NetworkResult]) -> Table {
    let against = |name: &str, of: fn(&NetworkResult) -> Option<&PairedStatistics>| {
        let row = |what: &str, cell: fn(&PairedStatistics) -> String| {
            let cells = networks.iter().map(|network| of(network).map_or(NONE.to_owned(), cell));
            [name.to_owned(), what.to_owned()].into_iter().chain(cells).collect()
        };
        vec![
            row("bias (95 % CI)", |agreement| {
                limit(agreement, |Limits { bias, bias_ci95: [low, high], .. }| {
                    format!("{bias:+.2} ({low:+.2} to {high:+.2})")
                })
            }),
            row("SD of differences", |agreement| limit(agreement, |limits| format!("{:.2}", limits.sd))),
            row("limits of agreement", |agreement| {
                limit(agreement, |limits| format!("{:+.1} to {:+.1}", limits.lower, limits.upper))
            }),
            row("within 5 points, patients (%)", |agreement| match agreement.within_5_points {
                Some(within) => format!("{} of {} ({:.1} %)", within.having, within.of, within.percent),
                None => decimal(agreement.within_5_points_percent),
            }),
        ]
    };
    let mut rows = against("model - consensus", |network| network.evaluation.result.ef.first());
    if networks.iter().any(|network| of_side(network, "model").is_some()) {
        rows.extend(against("model - true LVEF", |network| of_side(network, "model")));
        rows.extend(against("consensus - true LVEF", |network| of_side(network, "consensus")));
    }
    Table {
        caption: "EF by Eq. 5 and 6, in points".to_owned(),
        columns: columns(&["Difference", "Figure"], networks),
        rows,
        notes: vec![
            "The paper: model 58.68, consensus 60.37, so that its mean difference is -1.69; no limits were given. Less background is \
             taken from a frame that lost counts at the end of the cycle; the table above has Eq. 6 to the letter beside it."
                .to_owned(),
        ],
    }
}

fn of_side<'a>(network: &'a NetworkResult, side: &str) -> Option<&'a PairedStatistics> {
    network.evaluation.result.ef_of_truth.iter().find(|agreement| agreement.measured == side)
}

fn against_truth(networks: &[NetworkResult]) -> Option<Table> {
    let dice = |network: &NetworkResult, side: &str, phase: &str| {
        let found =
            network.evaluation.result.dice_of_truth.iter().find(|dice| dice.side == side && dice.phase == phase);
        found.and_then(|dice| mean_of(&dice.mean))
    };
    let known = networks.iter().any(|network| !network.evaluation.result.dice_of_truth.is_empty());
    let row = |phase: &str| {
        let consensus = shown(networks.first().and_then(|network| dice(network, "consensus", phase)), 2);
        let models = networks.iter().map(|network| shown(dice(network, "model", phase), 2));
        [phase.to_owned(), consensus].into_iter().chain(models).collect()
    };
    known.then(|| Table {
        caption: "Dice against the true silhouettes, %".to_owned(),
        columns: columns(&["Phase", "Consensus"], networks),
        rows: ["ED", "ES"].map(row).to_vec(),
        notes: vec!["The paper could not measure this: how far the raters themselves are from the truth.".to_owned()],
    })
}

fn raters(networks: &[NetworkResult]) -> Option<Table> {
    let raters = &networks.first()?.evaluation.result.raters.as_ref()?.raters;
    let row = |what: &str, values: Vec<f64>| {
        let least = values.iter().copied().fold(f64::MAX, f64::min);
        let greatest = values.iter().copied().fold(f64::MIN, f64::max);
        let cells = match mean_sd(&values) {
            Ok(raters) => [format!("{:.2}", raters.mean), format!("{least:.2} to {greatest:.2}")],
            Err(_) => [NONE.to_owned(), NONE.to_owned()],
        };
        [what.to_owned()].into_iter().chain(cells).collect()
    };
    let dice = |phase: usize| raters.iter().filter_map(|rater| Some(rater.dice_percent[phase].known()?.mean)).collect();
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

fn training(networks: &[NetworkResult]) -> Table {
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
            "The epoch of the highest mean Dice in validation is kept. Hours depend on the machine and on \
                     what else ran there."
                .to_owned(),
        ],
    }
}

/// A mean with its SD, where that is known.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Mean {
    mean: f64,
    sd: Option<f64>,
}

impl From<PublishedMean> for Mean {
    fn from(PublishedMean { mean, sd }: PublishedMean) -> Self {
        Self { mean, sd }
    }
}

fn mean_of(measured: &Measured<MeanSd>) -> Option<Mean> {
    measured.known().map(|found| Mean { mean: found.mean, sd: Some(found.sd) })
}

fn shown(mean: Option<Mean>, decimals: usize) -> String {
    let number = |value: f64| if decimals == 0 { figures::counts(value) } else { format!("{value:.decimals$}") };
    match mean {
        Some(Mean { mean, sd: Some(sd) }) => format!("{} \u{b1} {}", number(mean), number(sd)),
        Some(Mean { mean, sd: None }) => number(mean),
        None => NONE.to_owned(),
    }
}

fn limit(agreement: &PairedStatistics, words: impl Fn(&Limits) -> String) -> String {
    agreement.limits.known().map_or(NONE.to_owned(), words)
}

fn decimal(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.2}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_is_shown_with_what_is_known_of_it() {
        let mean = Mean { mean: 94.649, sd: Some(1.4) };
        assert_eq!(shown(Some(mean), 2), "94.65 \u{b1} 1.40");
        assert_eq!(shown(Some(Mean { sd: None, ..mean }), 1), "94.6");
        assert_eq!(shown(None, 2), NONE);
    }

    #[test]
    fn how_difficult_the_task_is_depends_on_the_numbers() {
        let verdict = |dice: &[f64]| compared("ED", dice, Some(94.65)).unwrap();
        assert!(verdict(&[66.0, 60.0]).contains("66.00 %, that of the paper 94.65 %: the task is more difficult here"));
        assert!(verdict(&[80.0, 94.0]).contains("about as difficult"));
        assert!(verdict(&[97.0]).contains("easier"));
        assert_eq!((compared("ED", &[], Some(94.65)), compared("ED", &[90.0], None)), (None, None));
    }

    #[test]
    fn a_number_that_was_not_computed_reads_back_as_none() {
        let unknown: Measured<MeanSd> = serde_json::from_str("{\"not_computed\": \"no study\"}").unwrap();
        assert_eq!((mean_of(&unknown), unknown.problem()), (None, Some("no study")));
        let known: Measured<MeanSd> = serde_json::from_str("{\"values\": 3, \"mean\": 94.5, \"sd\": 1.5}").unwrap();
        assert_eq!(mean_of(&known), Some(Mean { mean: 94.5, sd: Some(1.5) }));
    }
}
