//! How often each finding occurs on ordinary simulated studies, by rank, and how far warned studies are from the truth.
//!
//! `cargo run --release -p bloodpool-cli --example validity_counts -- [STUDIES] [SEED]`

use std::collections::BTreeMap;
use std::error::Error;

use bloodpool_core::{Protocol, Rank, analyze};
use bloodpool_nn::{NetworkSegmenter, device};
use bloodpool_phantom::{Family, Population};

/// Difference from the truth that counts as wrong, EF points.
const WRONG_POINTS: f64 = 10.0;

/// What one finding, or one overall rank, has met.
#[derive(Default)]
struct Met {
    studies: usize,
    squares: f64,
    wrong: usize,
}

impl Met {
    fn add(&mut self, error: f64) {
        self.studies += 1;
        self.squares += error * error;
        self.wrong += usize::from(error.abs() > WRONG_POINTS);
    }

    fn line(&self, name: &str, of: usize) {
        let studies = self.studies.max(1) as f64;
        println!(
            "{name:<44}{:>7}{:>8.1} %{:>10.1}{:>10.1} %",
            self.studies,
            100.0 * self.studies as f64 / of.max(1) as f64,
            (self.squares / studies).sqrt(),
            100.0 * self.wrong as f64 / studies
        );
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let studies: u64 = arguments.next().map_or(Ok(400), |number| number.parse())?;
    let seed: u64 = arguments.next().map_or(Ok(4711), |number| number.parse())?;
    let model = include_str!("../../../models/compact.json");
    let weights = include_bytes!("../../../models/compact.safetensors");
    let segmenter = NetworkSegmenter::from_bytes(model, weights, &device::by_name("cpu")?)?;
    let (source, protocol) = (Population::ordinary(Family::Own, seed), Protocol::standard());

    let mut by_rank: BTreeMap<Option<Rank>, Met> = BTreeMap::new();
    let mut by_code: BTreeMap<(Rank, &'static str), Met> = BTreeMap::new();
    let mut corrected = 0;
    let mut refused: BTreeMap<&'static str, usize> = BTreeMap::new();
    for index in 0..studies {
        let study = source.study(index)?;
        let analysis = match analyze(&study.labelled.study, &segmenter, &protocol) {
            Ok(analysis) => analysis,
            Err(error) => {
                *refused.entry(error.code()).or_default() += 1;
                continue;
            }
        };
        let error = analysis.lvef_percent - study.truth.lvef_percent;
        by_rank.entry(analysis.validity.rank()).or_default().add(error);
        corrected += usize::from(analysis.corrected_study.is_some());
        for reason in analysis.validity.reasons() {
            by_code.entry((reason.rank, reason.code)).or_default().add(error);
        }
        if std::env::var_os("SHOW").is_some() {
            for reason in analysis.validity.reasons().iter().filter(|reason| reason.rank > Rank::Note) {
                println!(
                    "{index} true {:.0} read {:.0}: {} {}",
                    study.truth.lvef_percent, analysis.lvef_percent, reason.code, reason.message
                );
            }
        }
    }

    let all = studies as usize;
    println!("{studies} simulated studies, seed {seed}, protocol {}, {corrected} corrected", protocol.name);
    println!("{:<44}{:>7}{:>10}{:>10}{:>12}", "", "studies", "", "RMS error", "over 10");
    for (rank, met) in &by_rank {
        met.line(&format!("overall: {}", rank.map_or("no finding", Rank::in_words)), all);
    }
    for ((rank, code), met) in by_code.iter().rev() {
        met.line(&format!("{}: {code}", rank.in_words()), all);
    }
    for (code, count) in refused {
        println!("error {code}: {count}");
    }
    Ok(())
}
