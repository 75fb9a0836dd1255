//! Prints what Table 1 of Oh et al. 2022 would be for a simulated cohort, and how far its raters agree.
//!
//! `cohort [SEED|FIRST..LAST] [STUDIES]`: the panel of each seed draws on so many of its studies; left out, they are 1 and 116.

mod panel_table;

use std::process::ExitCode;

use bloodpool_phantom::{PaperCohort, Rater, panel};
use panel_table::{Case, measure};

/// Raters of the paper.
const RATERS: usize = 14;

/// What is printed, how it is read from a study, and what the paper has.
type Line = (&'static str, fn(&Case) -> f64, &'static str);

const LINES: [Line; 22] = [
    ("ED ROI, px", |c| c.ed_px, "4173.69 +- 488"),
    ("ES ROI, px", |c| c.es_px, "2397.21 +- 442"),
    ("ED pixel value", |c| c.ed_value, "578067"),
    ("ES pixel value", |c| c.es_value, "278927"),
    ("EF by Eq. 6, %", |c| c.ef_percent, "60.37 +- 7.32"),
    ("background, a pixel", |c| c.background, "67 (from the above)"),
    ("ring, px", |c| c.ring_px, ""),
    ("true LVEF, %", |c| c.true_percent, ""),
    ("ED volume, ml", |c| c.ed_ml, ""),
    ("counts a frame, thousand", |c| c.kilocounts, ""),
    ("rater against the others, ED, Dice %", |c| 100.0 * c.rater_dice[0], ""),
    ("rater against the others, ES, Dice %", |c| 100.0 * c.rater_dice[1], ""),
    ("consensus against truth, ED, Dice %", |c| 100.0 * c.truth_dice[0], ""),
    ("consensus against truth, ES, Dice %", |c| 100.0 * c.truth_dice[1], ""),
    ("true ED silhouette, px", |c| c.true_px[0], ""),
    ("true ES silhouette, px", |c| c.true_px[1], ""),
    ("ES/ED size", |c| c.es_px / c.ed_px, ""),
    ("true ES/ED size", |c| c.true_px[1] / c.true_px[0], ""),
    ("EF by Eq. 6 on true silhouettes, %", |c| c.true_roi_percent, ""),
    ("  less true LVEF", |c| c.true_roi_percent - c.true_percent, ""),
    ("EF by Eq. 6 less true LVEF", |c| c.ef_percent - c.true_percent, ""),
    ("study mask against truth, ES, Dice %", |c| 100.0 * c.mask_dice, ""),
];

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, default: u64| match arguments.get(at) {
        Some(text) => text.parse().map_err(|_| format!("`{text}` is not a number")),
        None => Ok(default),
    };
    let studies = number(1, 116)?;
    let seeds = arguments.first().map_or("1", String::as_str);
    let (first, last) = seeds.split_once("..").unwrap_or((seeds, seeds));
    let seed = |text: &str| text.parse::<u64>().map_err(|_| format!("`{text}` is not a seed"));
    let mut results = Vec::new();
    let mut biases = Vec::new();
    for seed in seed(first)?..=seed(last)? {
        let raters = panel(seed, RATERS);
        biases.extend(raters.iter().map(|rater| rater.bias_mm));
        results.extend(measured(&PaperCohort { seed }, &raters, studies));
    }
    let (cases, failures): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    let cases: Vec<Case> = cases.into_iter().flatten().collect();
    println!("seeds {seeds}, {studies} studies each, {RATERS} raters, {} without a measurement\n", failures.len());
    failures.iter().filter_map(|failure| failure.as_ref().err()).take(5).for_each(|why| println!("{why}"));
    println!("raters draw {:.2} mm outside the edge on average\n", panel_table::mean_and_sd(&biases).0);
    println!("| | simulated | paper |\n| --- | --- | --- |");
    for (name, value, paper) in LINES {
        let values: Vec<f64> = cases.iter().map(value).collect();
        let (mean, sd) = panel_table::mean_and_sd(&values);
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        println!("| {name} | {mean:.2} +- {sd:.2} ({least:.2} to {most:.2}) | {paper} |");
    }
    Ok(())
}

/// Measures studies of one seed, each thread every so many.
fn measured(cohort: &PaperCohort, raters: &[Rater], studies: u64) -> Vec<Result<Case, String>> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        let of_thread = |thread| (thread..studies).step_by(threads as usize);
        let running: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || of_thread(thread).map(|index| measure(cohort, raters, index)).collect::<Vec<_>>())
            })
            .collect();
        let done = |thread: std::thread::ScopedJoinHandle<'_, Vec<_>>| {
            thread.join().unwrap_or_else(|_| vec![Err("a thread failed".into())])
        };
        running.into_iter().flat_map(done).collect()
    })
}
