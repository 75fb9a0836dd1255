//! The embedded model on ten simulated studies whose truth is known: `cargo run --release -p bloodpool --example evaluate`

use std::error::Error;

use bloodpool::Analyzer;
use bloodpool::phantom::{Family, Population};
use bloodpool::stats::bland_altman;

fn main() -> Result<(), Box<dyn Error>> {
    let analyzer = Analyzer::embedded()?;
    let population = Population::ordinary(Family::Own, 7);
    let (mut measured, mut truth) = (Vec::new(), Vec::new());
    for index in 0..10 {
        let simulated = population.study(index)?;
        let analyzed = analyzer.analyze_study(format!("study {index}"), simulated.labelled.study)?;
        measured.push(analyzed.analysis().lvef_percent);
        truth.push(simulated.truth.lvef_percent);
    }
    let found = bland_altman(&measured, &truth)?;
    println!("{} simulated studies: bias {:+.1}, SD {:.1} points", found.pairs, found.bias, found.sd);
    Ok(())
}
