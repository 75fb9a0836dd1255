//! How well LVEF repeats when a simulated patient is acquired again, as Markdown.

use std::fmt::Write as _;

use bloodpool_core::function::comparison::TechnicalRepeatability;
use bloodpool_core::{Protocol, SampleError, Segmenter, analyze};
use bloodpool_phantom::{Population, SimulatedStudy};
use bloodpool_stats::repeatability::{RepeatedLvef, repeatability, repeatability_parts};
use rayon::prelude::*;

/// LVEF of one patient, acquired four times.
pub struct Readings {
    counts_per_frame: f64,
    counting_error_points: f64,
    alike: [f64; 2],
    moved: f64,
    revisited: f64,
}

/// Reads patients `indices`; those with an acquisition without an LVEF are left out. `done` is called after each.
///
/// # Errors
/// When a study cannot be drawn.
pub fn read(
    population: &Population,
    indices: std::ops::Range<u64>,
    segmenter: &dyn Segmenter,
    protocol: &Protocol,
    done: impl Fn() + Sync,
) -> Result<Vec<Readings>, SampleError> {
    let read: Result<Vec<Option<Readings>>, SampleError> = indices
        .into_par_iter()
        .map(|index| {
            let repeated = population.repeated(index)?;
            let analysed = |study: &SimulatedStudy| analyze(&study.labelled.study, segmenter, protocol).ok();
            let readings = (|| {
                let [first, second] = [analysed(&repeated.alike[0])?, analysed(&repeated.alike[1])?];
                let counts = repeated.alike[0].labelled.study.counts();
                Some(Readings {
                    counts_per_frame: f64::from(counts.sum()) / counts.dim().0 as f64,
                    counting_error_points: first.counting_error_points,
                    alike: [first.lvef_percent, second.lvef_percent],
                    moved: analysed(&repeated.moved)?.lvef_percent,
                    revisited: analysed(&repeated.revisited)?.lvef_percent,
                })
            })();
            done();
            Ok(readings)
        })
        .collect();
    Ok(read?.into_iter().flatten().collect())
}

/// Constants of the technical limit of a pair of studies, from noise alone and another visit; `source` says on what they were measured.
/// `None` for fewer than two patients, or without counting noise.
#[must_use]
pub fn technical(readings: &[Readings], source: &str) -> Option<TechnicalRepeatability> {
    let column = |pick: fn(&Readings) -> f64| readings.iter().map(pick).collect::<Vec<f64>>();
    let (first, again, visit) = (column(|r| r.alike[0]), column(|r| r.alike[1]), column(|r| r.revisited));
    let pair = |second| RepeatedLvef { first: &first, second };
    let parts = repeatability_parts(pair(&visit), pair(&again)).ok()?;
    let variance = readings.iter().map(|r| r.counting_error_points.powi(2)).sum::<f64>() / readings.len() as f64;
    TechnicalRepeatability::of(&parts, variance.sqrt(), source.to_owned())
}

/// Limits of repeatability (95 % of differences between two acquisitions lie within them), points.
pub fn markdown(title: &str, readings: &[Readings]) -> String {
    let mut text = format!(
        "### {title}\n\n{} patients. Limits: 95 % of the differences between two acquisitions of a patient lie within.\n\n\
         | counts per frame | n | noise alone | moved and turned | another visit | pose alone | by counting noise | noise / counting noise |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- |\n",
        readings.len()
    );
    let groups: [(&str, &dyn Fn(f64) -> bool); 4] = [
        ("all", &|_| true),
        ("below 200,000", &|counts| counts < 200e3),
        ("from 200,000", &|counts| counts >= 200e3),
        ("from 350,000", &|counts| counts >= 350e3),
    ];
    for (name, holds) in groups {
        let members: Vec<&Readings> = readings.iter().filter(|reading| holds(reading.counts_per_frame)).collect();
        let limits = |other: fn(&Readings) -> f64| -> Option<f64> {
            let first: Vec<f64> = members.iter().map(|reading| reading.alike[0]).collect();
            let second: Vec<f64> = members.iter().map(|reading| other(reading)).collect();
            let found = repeatability(RepeatedLvef { first: &first, second: &second }).ok()?;
            Some(found.limit_points)
        };
        let (noise, moved, visit) = (limits(|r| r.alike[1]), limits(|r| r.moved), limits(|r| r.revisited));
        // Variances add: what the pose adds to noise.
        let pose = noise.zip(visit).map(|(noise, visit)| (visit * visit - noise * noise).max(0.0).sqrt());
        let variance =
            members.iter().map(|r| r.counting_error_points.powi(2)).sum::<f64>() / members.len().max(1) as f64;
        let counting = 1.96 * (2.0 * variance).sqrt();
        let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("±{value:.2}"));
        let ratio = noise.map_or_else(|| "-".to_owned(), |noise| format!("{:.2}", noise / counting.max(1e-9)));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} | ±{counting:.2} | {ratio} |",
            members.len(),
            cell(noise),
            cell(moved),
            cell(visit),
            cell(pose)
        );
    }
    text
}
