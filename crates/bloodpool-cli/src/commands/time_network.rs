//! `time-network`: how long a network takes, for others to compare with; not in the main help.

use bloodpool_nn::network::NetworkConfig;
use bloodpool_nn::timing::{Timing, Work, time_network};

use crate::cli::{TimeNetworkFlags, TimedMode};
use crate::outcome::{Outcome, as_usage, wrong_usage};

/// Times a network and prints the result.
pub(crate) fn run(flags: &TimeNetworkFlags) -> anyhow::Result<Outcome> {
    let config = network(&flags.network)?;
    let device =
        bloodpool_nn::device::by_name(flags.device.as_deref().unwrap_or("cpu")).map_err(bloodpool::Error::from)?;
    let weights = (flags.weights.as_ref())
        .map(|path| {
            std::fs::read(path).map_err(|error| wrong_usage(format!("cannot read {}: {error}", path.display())))
        })
        .transpose()?;
    let work = match flags.mode {
        TimedMode::Forward => Work::Forward,
        TimedMode::Train => Work::TrainingStep,
    };
    let timing = time_network(&config, weights.as_deref(), flags.size, flags.batch, work, flags.runs, &device)
        .map_err(as_usage)?;
    if flags.json {
        println!("{}", serde_json::to_string(&timing)?);
    } else {
        let Timing { median_s, min_s, threads, peak_rss_mb, apart_from_cpu } = timing;
        println!("median {median_s:.4} s, fastest {min_s:.4} s, {threads} threads, peak memory {peak_rss_mb:.0} MB");
        if let Some(apart) = apart_from_cpu {
            println!("the output differs from the processor's by {apart:.1e} of its norm");
        }
    }
    Ok(Outcome::Done)
}

/// The network of this name.
pub(crate) fn network(name: &str) -> anyhow::Result<NetworkConfig> {
    NetworkConfig::by_name(name).ok_or_else(|| {
        wrong_usage(format!("no network is called {name:?}: choose {}", NetworkConfig::NAMES.join(", ")))
    })
}
