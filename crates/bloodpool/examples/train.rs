//! A small network trained for a few steps on simulated studies: `cargo run --release -p bloodpool --example train -- RUN_FOLDER`

use std::error::Error;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;

use bloodpool::network::network::NetworkConfig;
use bloodpool::network::network::compact::CompactConfig;
use bloodpool::network::{TrainingConfig, train};
use bloodpool::phantom::{Family, Population};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("bloodpool-run"), PathBuf::from);
    let config = TrainingConfig {
        name: "example".into(),
        steps: 20,
        steps_per_epoch: 10,
        studies_per_step: 2,
        validation_studies: 2,
        network: NetworkConfig::Compact(CompactConfig { widths: vec![8, 16], block: 4, groups: 4, scene: false }),
        ..TrainingConfig::default()
    };
    let training = Population::training(Family::Own, 1);
    let validation = Population::ordinary(Family::Own, 2);
    let mut progress = |progress: bloodpool::network::Progress| {
        println!("step {} of {}: loss {:.3}", progress.step, progress.steps, progress.loss.total);
    };
    let outcome = train(&config, &folder, None, &training, &validation, &mut progress, &AtomicBool::new(false))?;
    println!("{} steps; the model is in {}", outcome.step, folder.display());
    Ok(())
}
