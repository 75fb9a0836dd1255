//! `evaluate --calibration`: the 95 % interval that a model is shipped with, from simulated studies.

use std::path::Path;

use bloodpool::uncertainty::{Calibration, Example, ShippedFor};
use bloodpool::{Protocol, SampleSource, Segmenter};
use bloodpool_dataset::IfExists;

use crate::evaluation::intervals::examples;
use crate::outcome::Outcome;
use crate::{outputs, progress};

/// Every so-manieth study is kept for looking at the interval; the others fit it.
const KEPT_SHARE: usize = 4;

/// Fits the interval of the default protocol to simulated studies, prints what it holds of those that were kept apart, and
/// writes one that is fitted to all.
pub(super) fn run(
    source: &dyn SampleSource,
    studies: u64,
    data: String,
    segmenter: &dyn Segmenter,
    out: &Path,
) -> anyhow::Result<Outcome> {
    let protocol = Protocol::background_image();
    let bar = progress::bar(studies, "analysing");
    let (all, without) = examples(source, studies, segmenter, &protocol, || bar.inc(1))?;
    bar.finish_and_clear();
    let shipped_for = ShippedFor { model: segmenter.identity(), protocol, data };
    let part = |kept: bool| {
        let wanted = move |&(index, _): &(usize, &Example)| (index % KEPT_SHARE == KEPT_SHARE - 1) == kept;
        all.iter().enumerate().filter(wanted).map(|(_, example)| example.clone()).collect::<Vec<_>>()
    };
    let (fitted, kept) = (part(false), part(true));
    let trial = Calibration::fit(&fitted, shipped_for.clone())?;
    println!("{} studies, {without} without a number\n", all.len());
    println!("Fitted to {}, looked at on {} others:\n", fitted.len(), kept.len());
    println!("{}", table(&trial, &kept));
    let calibration = Calibration::fit(&all, shipped_for)?;
    outputs::write(out, (serde_json::to_string_pretty(&calibration)? + "\n").as_bytes(), IfExists::Replace)?;
    println!("Fitted to all and written to {}", out.display());
    Ok(Outcome::Done)
}

/// Coverage and width over all, and one way at a time, as Markdown.
fn table(calibration: &Calibration, examples: &[Example]) -> String {
    let all: Vec<&Example> = examples.iter().collect();
    let mut slices: Vec<(String, Vec<&Example>)> = vec![("all".into(), all.clone())];
    let thirds = |name: &str, value: fn(&Example) -> f64| {
        let mut sorted = all.clone();
        sorted.sort_by(|a, b| value(a).total_cmp(&value(b)));
        let third = |k: usize| sorted[k * sorted.len() / 3..(k + 1) * sorted.len() / 3].to_vec();
        let named = |(k, which): (usize, &str)| (format!("{name}, {which} third"), third(k));
        ["lowest", "middle", "highest"].into_iter().enumerate().map(named).collect::<Vec<_>>()
    };
    slices.extend(thirds("LVEF as read", |example| example.features.lvef_percent));
    slices.extend(thirds("true LVEF", |example| example.true_lvef_percent));
    slices.extend(thirds("LV counts", |example| example.features.lv_counts));
    for matrix in [64, 128] {
        let own = all.iter().copied().filter(|example| example.features.matrix == matrix).collect();
        slices.push((format!("matrix {matrix}"), own));
    }
    let mut text = "| studies | n | held | mean width |\n| --- | --- | --- | --- |\n".to_owned();
    for (name, slice) in slices {
        let intervals: Vec<_> = slice
            .iter()
            .filter_map(|example| {
                Some((calibration.interval(&example.features, example.features.lvef_percent)?, example))
            })
            .collect();
        let held = intervals.iter().filter(|(i, e)| (i.low..=i.high).contains(&e.true_lvef_percent)).count();
        let width: f64 = intervals.iter().map(|(interval, _)| interval.high - interval.low).sum();
        let n = intervals.len().max(1) as f64;
        text += &format!("| {name} | {} | {:.1} % | {:.1} |\n", intervals.len(), 100.0 * held as f64 / n, width / n);
    }
    text
}
