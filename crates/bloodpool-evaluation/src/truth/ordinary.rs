//! How accurate the program is on ordinary studies: protocols, outlines, slices, findings and intervals, as Markdown.

use std::fmt::Write as _;

use bloodpool_core::validity::Rank;
use bloodpool_stats::bland_altman::bland_altman;
use bloodpool_stats::regression::regression;
use serde::Serialize;

use super::observation::{Given, Observation};

/// Studies that a slice needs before its bias is judged.
const SLICE: usize = 100;

/// Errors of one protocol, points.
#[derive(Debug, Clone, Serialize)]
pub struct Errors {
    /// Number of studies.
    pub studies: usize,
    /// Mean error.
    pub bias: f64,
    /// Standard deviation of the error.
    pub sd: f64,
    /// Percent of studies within 5 points.
    pub within_5_percent: f64,
    /// SD of the error against LVEF by noise-free LV counts.
    pub sd_counts: f64,
    /// Slope of the error on true LVEF, and its standard error.
    pub slope: [f64; 2],
}

/// One study with an LVEF: its true LVEF, that by counts, and the result.
struct Pair<'a> {
    observation: &'a Observation,
    given: &'a Given,
    truth: f64,
    counts: f64,
}

fn pairs(observations: &[Observation]) -> Vec<Pair<'_>> {
    observations
        .iter()
        .filter_map(|observation| {
            let lvef = observation.known.lvef?;
            let given = observation.outcome.as_ref().ok()?;
            Some(Pair { observation, given, truth: lvef.curve, counts: lvef.counts })
        })
        .collect()
}

/// Errors of what `read` takes from each study; `None` with fewer than three.
fn errors(pairs: &[&Pair<'_>], read: impl Fn(&Pair<'_>) -> Option<f64>) -> Option<Errors> {
    let read: Vec<(f64, f64, f64)> =
        pairs.iter().filter_map(|pair| Some((read(pair)?, pair.truth, pair.counts))).collect();
    let column = |pick: fn(&(f64, f64, f64)) -> f64| read.iter().map(pick).collect::<Vec<f64>>();
    let (measured, truth, counts) = (column(|r| r.0), column(|r| r.1), column(|r| r.2));
    let against = bland_altman(&measured, &truth).ok()?;
    let error: Vec<f64> = measured.iter().zip(&truth).map(|(m, t)| m - t).collect();
    let line = regression(&truth, &error).ok()?;
    // The interval is slope +- t x SE; with hundreds of studies t is 1.96.
    let slope_error = (line.slope_ci95[1] - line.slope_ci95[0]) / (2.0 * 1.96);
    Some(Errors {
        studies: against.pairs,
        bias: against.bias,
        sd: against.sd,
        within_5_percent: against.within_5_percent,
        sd_counts: bland_altman(&measured, &counts).ok()?.sd,
        slope: [line.slope, slope_error],
    })
}

/// Everything about ordinary studies as Markdown. `tried`: names of the protocols that were tried beside the chosen one.
pub fn markdown(title: &str, observations: &[Observation], chosen: &str, tried: &[&str]) -> String {
    let pairs = pairs(observations);
    let all: Vec<&Pair<'_>> = pairs.iter().collect();
    let mut text = format!("### {title}\n\n");
    let refused = observations.len() - pairs.len();
    let _ = writeln!(text, "{} studies, {} without a number.\n", observations.len(), refused);
    let dice: Vec<[f64; 4]> = pairs.iter().filter_map(|pair| pair.given.dice).collect();
    let of = |k: usize| {
        let (mean, sd) = mean_sd(&dice.iter().map(|dice| 100.0 * dice[k]).collect::<Vec<_>>());
        format!("{mean:.2} ± {sd:.2}")
    };
    let _ = writeln!(
        text,
        "Dice, %: ED {}, ES {} against the projected cavity; ED {}, ES {} against the visible edge.\n",
        of(0),
        of(1),
        of(2),
        of(3)
    );
    text.push_str("| protocol | n | bias | SD | within 5 | SD against LV counts | slope ± SE |\n| --- | --- | --- | --- | --- | --- | --- |\n");
    let mut row = |name: &str, errors: Option<Errors>| {
        let _ = match errors {
            Some(e) => writeln!(
                text,
                "| {name} | {} | {:+.2} | {:.2} | {:.1} % | {:.2} | {:+.3} ± {:.3} |",
                e.studies, e.bias, e.sd, e.within_5_percent, e.sd_counts, e.slope[0], e.slope[1]
            ),
            None => writeln!(text, "| {name} | - | - | - | - | - | - |"),
        };
    };
    row(&format!("**{chosen}** (chosen)"), errors(&all, |pair| Some(pair.given.lvef_percent)));
    for (index, name) in tried.iter().enumerate().filter(|(_, name)| **name != chosen) {
        row(name, errors(&all, |pair| pair.given.by_protocol.get(index).copied().flatten()));
    }
    row(&format!("{chosen}, true outlines and LV fraction"), errors(&all, |pair| pair.given.from_truth));
    text.push_str(&slices(&all));
    text.push_str(&findings(observations, &all));
    text.push_str(&intervals(&all));
    text
}

fn mean_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n.max(1.0);
    (mean, (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0)).sqrt())
}

/// Cuts that share values out to thirds.
fn thirds(mut values: Vec<f64>) -> [f64; 2] {
    values.sort_by(f64::total_cmp);
    let at = |k: usize| values.get(values.len() * k / 3).copied().unwrap_or(0.0);
    [at(1), at(2)]
}

/// Named groups of studies, one way at a time.
fn groups<'a, 'b>(all: &[&'a Pair<'b>]) -> Vec<(String, Vec<&'a Pair<'b>>)> {
    let mut groups: Vec<(String, Vec<&Pair<'_>>)> = Vec::new();
    let mut by_third = |name: &str, value: &dyn Fn(&Pair<'_>) -> f64, digits: usize| {
        let [low, high] = thirds(all.iter().map(|pair| value(pair)).collect());
        let third = |pair: &Pair<'_>| usize::from(value(pair) >= low) + usize::from(value(pair) >= high);
        let names = [
            format!("{name} below {low:.digits$}"),
            format!("{name} {low:.digits$} to {high:.digits$}"),
            format!("{name} from {high:.digits$}"),
        ];
        for (index, name) in names.into_iter().enumerate() {
            groups.push((name, all.iter().copied().filter(|pair| third(pair) == index).collect()));
        }
    };
    by_third("true LVEF", &|pair| pair.truth, 0);
    by_third("1000 counts per frame", &|pair| pair.observation.known.counts_per_frame / 1000.0, 0);
    by_third("axis to view", &|pair| pair.observation.known.axis_to_view_degrees.unwrap_or(0.0), 0);
    for matrix in [64, 128] {
        let of = all.iter().copied().filter(|pair| pair.observation.known.matrix == matrix).collect();
        groups.push((format!("matrix {matrix}"), of));
    }
    for frames in [16, 24, 32] {
        let of = all.iter().copied().filter(|pair| pair.observation.known.frames == frames).collect();
        groups.push((format!("{frames} frames"), of));
    }
    let mut diseases: Vec<&str> =
        all.iter().flat_map(|pair| pair.observation.known.disease.split(", ")).map(disease).collect();
    diseases.sort_unstable();
    diseases.dedup();
    for name in diseases {
        let of = |pair: &&Pair<'_>| pair.observation.known.disease.split(", ").any(|word| disease(word) == name);
        groups.push((name.to_owned(), all.iter().copied().filter(of).collect()));
    }
    groups.retain(|(_, members)| members.len() >= SLICE);
    groups
}

/// `apical akinesis` and `septal akinesis` are both `akinesis`.
fn disease(words: &str) -> &str {
    let kinds = ["hypokinesis", "akinesis", "dyskinesis", "aneurysm"];
    let regional = words != "global hypokinesis";
    kinds.into_iter().find(|kind| regional && words.ends_with(kind)).unwrap_or(words)
}

fn slices(all: &[&Pair<'_>]) -> String {
    let mut text = String::from(
        "\nSlices of at least 100 studies by the chosen protocol; `!` where the bias is beyond 1.5 points by more than 2 SE.\n\n\
         | slice | n | bias ± SE | SD | within 5 |\n| --- | --- | --- | --- | --- |\n",
    );
    for (name, members) in groups(all) {
        if let Some(e) = errors(&members, |pair| Some(pair.given.lvef_percent)) {
            let se = e.sd / (e.studies as f64).sqrt();
            let beyond = if e.bias.abs() - 1.5 > 2.0 * se { " !" } else { "" };
            let _ = writeln!(
                text,
                "| {name} | {} | {:+.2} ± {se:.2}{beyond} | {:.2} | {:.1} % |",
                e.studies, e.bias, e.sd, e.within_5_percent
            );
        }
    }
    text
}

/// Which findings ordinary studies get, and whether those with graver ones err more.
fn findings(observations: &[Observation], all: &[&Pair<'_>]) -> String {
    let mut text = String::from(
        "\nFindings and error (risk and coverage):\n\n| gravest finding | studies | share | mean error | within 5 |\n\
         | --- | --- | --- | --- | --- |\n",
    );
    let total = observations.len().max(1) as f64;
    let of = |rank: Option<Rank>| all.iter().copied().filter(|pair| pair.given.rank == rank).collect::<Vec<_>>();
    let ranks =
        [(None, "none"), (Some(Rank::Note), "note"), (Some(Rank::Look), "look"), (Some(Rank::DoNotUse), "do not use")];
    for (rank, name) in ranks {
        let members = of(rank);
        let errors: Vec<f64> = members.iter().map(|pair| (pair.given.lvef_percent - pair.truth).abs()).collect();
        let n = errors.len();
        let within = errors.iter().filter(|error| **error <= 5.0).count() as f64 / n.max(1) as f64 * 100.0;
        let (mean, _) = mean_sd(&errors);
        let share = n as f64 / total * 100.0;
        let _ = writeln!(text, "| {name} | {n} | {share:.1} % | {mean:.2} | {within:.1} % |");
    }
    let refused: Vec<&str> =
        observations.iter().filter_map(|o| o.outcome.as_ref().err()).map(|error| error.code).collect();
    let share = refused.len() as f64 / total * 100.0;
    let _ = writeln!(text, "| refused | {} | {share:.1} % | - | - |", refused.len());
    let mut codes: Vec<(Rank, &str)> = all.iter().flat_map(|pair| pair.given.reasons.iter().copied()).collect();
    codes.sort_by_key(|(rank, code)| (std::cmp::Reverse(*rank), *code));
    let mut counted: Vec<((Rank, &str), usize)> = Vec::new();
    for code in codes {
        match counted.last_mut().filter(|(last, _)| *last == code) {
            Some((_, count)) => *count += 1,
            None => counted.push((code, 1)),
        }
    }
    text.push_str("\n| rank | finding | share |\n| --- | --- | --- |\n");
    for ((rank, code), count) in counted {
        let _ = writeln!(text, "| {} | `{code}` | {:.1} % |", rank.in_words(), count as f64 / total * 100.0);
    }
    text
}

/// How often the interval contains the truth.
fn intervals(all: &[&Pair<'_>]) -> String {
    let with: Vec<&Pair<'_>> = all.iter().copied().filter(|pair| pair.given.interval.is_some()).collect();
    if with.is_empty() {
        return String::new();
    }
    let mut text = String::from(
        "\nIntervals that contain the true LVEF, and their mean width:\n\n| slice | n | held | width |\n| --- | --- | --- | --- |\n",
    );
    let mut row = |name: &str, members: &[&Pair<'_>]| {
        let ends: Vec<(f64, f64, f64)> = members
            .iter()
            .filter_map(|pair| pair.given.interval.as_ref().map(|i| (i.low, i.high, pair.truth)))
            .collect();
        let n = ends.len().max(1) as f64;
        let held = ends.iter().filter(|(low, high, truth)| (*low..=*high).contains(truth)).count() as f64 / n * 100.0;
        let width = ends.iter().map(|(low, high, _)| high - low).sum::<f64>() / n;
        let _ = writeln!(text, "| {name} | {} | {held:.1} % | {width:.1} |", ends.len());
    };
    row("all", &with);
    for (name, members) in groups(&with) {
        row(&name, &members);
    }
    text
}

/// Errors of the protocol that was tried as number `index`.
pub fn protocol_errors(observations: &[Observation], index: usize) -> Option<Errors> {
    let pairs = pairs(observations);
    let all: Vec<&Pair<'_>> = pairs.iter().collect();
    errors(&all, |pair| pair.given.by_protocol.get(index).copied().flatten())
}
