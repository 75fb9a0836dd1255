//! The result as tables for people.

use bloodpool_report::Table;

use super::agreement::PairedStatistics;
use super::measured::{self, NONE};
use super::rater_baseline::Reader;
use super::reading::{EfReading, StudyReading};
use super::result::EvaluationResult;
use super::table_one::{FrameSet, HA_2024, PAPER, PublishedMean, Row, TableOne};

/// All tables, in their order on the page.
pub fn sheets(result: &EvaluationResult) -> Vec<Table> {
    let mut sheets: Vec<Table> = result.table_one.iter().map(|table| table_one(result, table)).collect();
    sheets.push(ef(result));
    sheets.push(size(result));
    sheets.push(error_parts(result));
    sheets.extend(truth(result));
    sheets.extend(raters(result));
    sheets.extend(failures(result));
    sheets
}

/// Table 1 of one set of frames.
pub fn table_one(result: &EvaluationResult, table: &TableOne) -> Table {
    let with_paper = table.frames == FrameSet::First;
    let mut columns = vec!["Figure", "Phase", "n", "Consensus", "Model", "95 % CI", "Wilcoxon p"];
    if with_paper {
        columns.extend(["Paper: consensus", "Paper: model"]);
    }
    let decimals = |row: &Row| if row.unit == "counts" { 0 } else { 2 };
    let cells = |row: &Row| {
        let decimals = decimals(row);
        let mut cells = vec![
            format!("{}, {}", row.figure, row.unit),
            row.phase.to_string(),
            row.readings.to_string(),
            row.consensus.as_ref().map_or(NONE.to_owned(), |consensus| measured::mean_sd(consensus, decimals)),
            measured::mean_sd(&row.model, decimals),
            measured::interval(&row.by_patient, decimals),
            row.wilcoxon.as_ref().map_or(NONE.to_owned(), |test| measured::shown(test, measured::p_with_least)),
        ];
        if with_paper {
            let paper = row.paper.unwrap_or_default();
            cells.extend([published(paper.consensus, decimals), published(paper.model, decimals)]);
        }
        cells
    };
    let left_out: Vec<String> = table
        .rows
        .iter()
        .filter(|row| row.left_out > 0)
        .map(|row| format!("{} {}: {}", row.figure, row.phase, row.left_out))
        .collect();
    let mut notes = vec![format!(
        "Mean \u{b1} SD over images (EF: over pairs of frames). 95 % CI by patient: of model - consensus where both have \
         a figure, else of the figure; intervals of percentages and distances are computed on a logit or logarithmic scale and stay \
         within their range. Wilcoxon signed-rank of model - consensus, by patient; exact up to 50 differences, with the least p that so \
         many differences can give in brackets where that is above 0.01."
    )];
    notes.extend(corrected(result));
    if with_paper {
        notes.push(format!("Paper: {PAPER}."));
    }
    if !left_out.is_empty() {
        notes.push(format!("Left out, since a side has no figure (see failed readings): {}.", left_out.join("; ")));
    }
    Table {
        caption: format!("Consensus and model on {} ({})", table.frames.name(), result.population()),
        columns: owned(&columns),
        rows: table.rows.iter().map(cells).collect(),
        notes,
    }
}

/// What the two rows of EF are, and which studies they differ on.
fn corrected(result: &EvaluationResult) -> Option<String> {
    let differ = |study: &&StudyReading| study.ef.iter().any(EfReading::is_corrected);
    let names: Vec<&str> = result.cases.iter().filter(differ).map(|study| study.case.as_str()).collect();
    let studies = match names.len() {
        0 => "No frame of ED or ES lost counts, so that both rows of EF are the same".to_owned(),
        some => format!("On {some} of {} studies ({}) a frame lost counts", result.studies, names.join(", ")),
    };
    Some(format!(
        "Eq. 6 to the letter takes the background level of ES from both frames; corrected, a frame that lost counts at the end of the \
         cycle (drop-off) loses as much less background. {studies}. All other statistics of EF are of the corrected one."
    ))
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// One column a comparison, one row a statistic.
fn statistics(of: &[&PairedStatistics]) -> Vec<Vec<String>> {
    type Cell = fn(&PairedStatistics) -> String;
    let rows: [(&str, Cell); 15] = [
        ("Readings (patients)", |s| format!("{} ({})", s.readings, s.patients)),
        ("Reference, mean \u{b1} SD", |s| measured::mean_sd(&s.reference_mean, 2)),
        ("Measured, mean \u{b1} SD", |s| measured::mean_sd(&s.measured_mean, 2)),
        ("Bias (95 % CI)", |s| measured::shown(&s.limits, |l| measured::with_interval(l.bias, l.bias_ci95, 2))),
        ("SD of differences", |s| measured::shown(&s.limits, |l| format!("{:.2}", l.sd))),
        ("Lower limit (95 % CI)", |s| {
            measured::shown(&s.limits, |l| measured::with_interval(l.lower, l.lower_ci95, 2))
        }),
        ("Upper limit (95 % CI)", |s| {
            measured::shown(&s.limits, |l| measured::with_interval(l.upper, l.upper_ci95, 2))
        }),
        ("Standardised difference d (95 % CI)", |s| {
            let found = s.standardized_difference.as_ref();
            found.map_or(NONE.to_owned(), |d| measured::shown(d, |d| measured::with_interval(d.d, d.d_ci95, 2)))
        }),
        ("Wilcoxon signed-rank p", |s| measured::shown(&s.wilcoxon, measured::p_with_least)),
        ("Paired t, p", |s| measured::shown(&s.paired_t, |test| measured::p(test.p))),
        ("Lin's CCC (95 % CI)", |s| measured::shown(&s.concordance, |c| measured::with_interval(c.ccc, c.ccc_ci95, 3))),
        ("Pearson's r (95 % CI)", |s| {
            measured::shown(&s.concordance, |c| measured::with_interval(c.pearson_r, c.pearson_ci95, 3))
        }),
        ("ICC(2,1) (95 % CI)", |s| measured::shown(&s.icc, |icc| measured::with_interval(icc.icc, icc.icc_ci95, 3))),
        ("Slope, measured on reference (95 % CI)", |s| measured::slope(&s.regression)),
        ("Proportional bias, slope (95 % CI)", |s| measured::slope(&s.proportional_bias)),
    ];
    let row = |(name, cell): (&str, Cell)| [name.to_owned()].into_iter().chain(of.iter().map(|s| cell(s))).collect();
    rows.into_iter().map(row).collect()
}

/// Name of the row of close readings.
const WITHIN_5: &str = "Within 5 points, patients (%; 95 % CI)";

fn ef(result: &EvaluationResult) -> Table {
    let all: Vec<&PairedStatistics> = result.ef.iter().chain(&result.ef_of_truth).collect();
    let mut rows = statistics(&all);
    let mut add = |name: String, cell: &dyn Fn(&PairedStatistics) -> String| {
        rows.push([name].into_iter().chain(all.iter().map(|s| cell(s))).collect());
    };
    add(WITHIN_5.to_owned(), &|s| s.within_5_points.map_or(NONE.to_owned(), |within| measured::proportion(&within)));
    for (index, margin) in [2, 5].into_iter().enumerate() {
        add(format!("Equivalence within {margin} points (TOST), p"), &|s| {
            s.equivalence.get(index).map_or(NONE.to_owned(), |test| measured::shown(test, |test| measured::p(test.p)))
        });
    }
    for row in &mut rows {
        row.push(match row[0].as_str() {
            "Bias (95 % CI)" => format!("{:.1}", HA_2024.bias_points),
            "Lower limit (95 % CI)" => format!("{:.1}", HA_2024.limits_points[0]),
            "Upper limit (95 % CI)" => format!("{:.1}", HA_2024.limits_points[1]),
            WITHIN_5 => format!("{:.0} %", HA_2024.within_5_percent),
            _ => NONE.to_owned(),
        });
    }
    let columns = all.iter().map(|s| {
        let both = if s.frames == FrameSet::All.name() { ", both pairs of frames" } else { "" };
        format!("{} vs {}{both}", s.measured, s.reference)
    });
    Table {
        caption: "EF by Eq. 5 and 6, in points: agreement".to_owned(),
        columns: ["Statistic".to_owned()].into_iter().chain(columns).chain(["Ha et al. 2024".to_owned()]).collect(),
        rows,
        notes: vec![
            "Differences are measured - reference. Every test, limit, coefficient and interval has the patient as its \
             unit: EFs of several frames of a patient are averaged first. A p that is not small is no evidence of \
             agreement; the equivalence tests and the limits of agreement show how well the two agree."
                .to_owned(),
            format!("{}: the best published automatic LVEF, against manual ROIs, of other patients.", HA_2024.source),
        ],
    }
}

fn size(result: &EvaluationResult) -> Table {
    let all: Vec<&PairedStatistics> = result.size.iter().map(|size| &size.pixels).collect();
    let mut rows = statistics(&all);
    let relative = result.size.iter().map(|size| measured::by_patient(&size.relative_difference_percent, 2));
    rows.push(["Relative difference, % (95 % CI)".to_owned()].into_iter().chain(relative).collect());
    let columns = result.size.iter().map(|size| {
        let both = if size.pixels.frames == FrameSet::All.name() { ", both frames" } else { "" };
        format!("{}{both}", size.phase)
    });
    Table {
        caption: "ROI size of model and consensus, pixels of the 256 grid: agreement".to_owned(),
        columns: ["Statistic".to_owned()].into_iter().chain(columns).collect(),
        rows,
        notes: vec![
            "A slope of the model's size on the consensus's below 1 is regression to the mean. It is Pearson's r times \
             the ratio of the SDs, so that scatter on either side lowers it too; proportional bias treats both sides \
             alike and concerns the spread alone."
                .to_owned(),
        ],
    }
}

fn error_parts(result: &EvaluationResult) -> Table {
    let mut rows = Vec::new();
    for summary in &result.ef_error_parts {
        for (name, part, _) in summary.parts() {
            rows.push(vec![
                summary.difference.to_string(),
                name.to_owned(),
                summary.studies.to_string(),
                measured::by_patient(&part.mean, 2),
                measured::shown(&part.mean, |mean| format!("{:.2}", mean.sd)),
                part.mean_absolute.map_or(NONE.to_owned(), |size| format!("{size:.2}")),
            ]);
        }
    }
    Table {
        caption: "Causes of the EF error, EF points (ED and ES)".to_owned(),
        columns: owned(&["Difference", "Part", "n", "Mean (95 % CI)", "SD", "Mean absolute"]),
        rows,
        notes: vec![
            "Shapley values: the change of EF when a part is exchanged from one side to the other, averaged over \
             all orders. They add up to the total. Method: EF of the true silhouettes by Eq. 5 and 6 minus true LVEF."
                .to_owned(),
        ],
    }
}

fn truth(result: &EvaluationResult) -> Option<Table> {
    let cells = |dice: &super::result::DiceOfTruth| {
        vec![
            dice.side.to_string(),
            dice.phase.to_string(),
            dice.images.to_string(),
            measured::mean_sd(&dice.mean, 2),
            measured::interval(&dice.by_patient, 2),
        ]
    };
    (!result.dice_of_truth.is_empty()).then(|| Table {
        caption: "Dice against the simulator's true silhouettes, % (ED and ES)".to_owned(),
        columns: owned(&["Side", "Phase", "n", "Mean \u{b1} SD", "95 % CI"]),
        rows: result.dice_of_truth.iter().map(cells).collect(),
        notes: Vec::new(),
    })
}

fn raters(result: &EvaluationResult) -> Option<Table> {
    let baseline = result.raters.as_ref()?;
    let cells = |reader: &Reader| {
        let left_out = if reader.left_out { " (left out of the consensus)" } else { "" };
        vec![
            format!("{}{left_out}", reader.name),
            reader.group.clone().unwrap_or_else(|| NONE.to_owned()),
            measured::mean_sd(&reader.dice_percent[0], 2),
            measured::mean_sd(&reader.dice_percent[1], 2),
            measured::mean_sd(&reader.ef_error_points, 2),
            reader.ef_absolute_error_points.map_or(NONE.to_owned(), |size| format!("{size:.2}")),
        ]
    };
    Some(Table {
        caption: "The raters on the same studies (ED and ES)".to_owned(),
        columns: owned(&["Reader", "Group", "Dice ED, %", "Dice ES, %", "EF error, points", "Mean absolute"]),
        rows: [&baseline.model].into_iter().chain(&baseline.raters).map(cells).collect(),
        notes: vec![format!("{}.", baseline.rule)],
    })
}

fn failures(result: &EvaluationResult) -> Option<Table> {
    let cells = |failure: &super::result::Failure| {
        vec![failure.case.clone(), failure.side.name().to_owned(), failure.what.clone(), failure.reason.clone()]
    };
    (!result.failures.is_empty()).then(|| Table {
        caption: format!("Failed readings: {}", result.failures.len()),
        columns: owned(&["Study", "Side", "What", "Reason"]),
        rows: result.failures.iter().map(cells).collect(),
        notes: vec!["They are in no mean, test or limit above.".to_owned()],
    })
}

/// A published mean, with its SD where it was printed.
fn published(figure: Option<PublishedMean>, decimals: usize) -> String {
    match figure {
        Some(PublishedMean { mean, sd: Some(sd) }) => {
            format!("{} \u{b1} {}", measured::number(mean, decimals), measured::number(sd, decimals))
        }
        Some(PublishedMean { mean, sd: None }) => measured::number(mean, decimals),
        None => NONE.to_owned(),
    }
}
