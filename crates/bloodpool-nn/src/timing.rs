//! `time_network`: the time of forward passes or whole training steps, for comparison with other implementations.

use std::time::Instant;

use burn::optim::{GradientsParams, SgdConfig, momentum::MomentumConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use crate::loss::functions::cross_entropy;
use crate::network::dropout::Dropout;
use crate::network::{Network, NetworkConfig, NetworkError};
use crate::parity::network_from;
use crate::weights_error::WeightsError;

/// Why a network cannot be timed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TimingError {
    /// There is nothing to time.
    #[error("batch, runs and size must be 1 or greater")]
    Nothing,
    /// The network cannot be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The weights do not fit it.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// What is timed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// A forward pass of the network, prepared for inference.
    Forward,
    /// Forward pass, cross-entropy, backward pass, and SGD with momentum.
    TrainingStep,
}

/// How long it took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Timing {
    /// Median of the runs, seconds.
    pub median_s: f64,
    /// The fastest run, seconds.
    pub min_s: f64,
    /// Threads that shared the work.
    pub threads: usize,
    /// Largest memory of the process so far, MB; 0 where the system does not report it.
    pub peak_rss_mb: f64,
    /// On another device than the processor, in a forward pass: norm of the difference between its output and the processor's, divided by
    /// the norm of the latter.
    pub apart_from_cpu: Option<f64>,
}

/// Times `runs` runs after one that does not count, on `batch` random images of `side` pixels.
///
/// # Errors
/// [`TimingError`] when the network cannot be built or the weights do not fit it.
pub fn time_network(
    config: &NetworkConfig,
    weights: Option<&[u8]>,
    side: usize,
    batch: usize,
    work: Work,
    runs: usize,
    device: &Device,
) -> Result<Timing, TimingError> {
    if batch == 0 || runs == 0 || side == 0 {
        return Err(TimingError::Nothing);
    }
    let config = config.clone().with_side(side)?;
    let on = match work {
        Work::Forward => device.clone(),
        Work::TrainingStep => device.clone().autodiff(),
    };
    let network = |device: &Device| -> Result<Network, TimingError> {
        Ok(match weights {
            Some(weights) => network_from(&config, weights, device)?,
            None => Network::new(&config, 1, device)?,
        })
    };
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let shape = [batch, config.layout().channels(), side, side];
    let pixels: Vec<f32> = (0..shape.iter().product::<usize>()).map(|_| StandardNormal.sample(&mut rng)).collect();
    let pixels = TensorData::new(pixels, shape);
    let images = Tensor::<4>::from_data(pixels.clone(), &on);
    let (mut seconds, apart_from_cpu) = match work {
        Work::Forward => {
            let (seconds, found) = forward(network(&on)?, &images, runs);
            let cpu = Device::flex();
            let apart = (*device != cpu)
                .then(|| Ok::<_, TimingError>(forward(network(&cpu)?, &Tensor::from_data(pixels, &cpu), 1).1))
                .transpose()?
                .map(|expected| apart(&found, &expected));
            (seconds, apart)
        }
        Work::TrainingStep => (training_steps(network(&on)?, &images, runs), None),
    };
    seconds.sort_by(f64::total_cmp);
    let median_s = (seconds[(runs - 1) / 2] + seconds[runs / 2]) / 2.0;
    let threads = bloodpool_kernels::threads();
    Ok(Timing { median_s, min_s: seconds[0], threads, peak_rss_mb: peak_memory_mb().unwrap_or(0.0), apart_from_cpu })
}

/// Norm of the difference over the norm of what is expected.
fn apart(found: &[f32], expected: &[f32]) -> f64 {
    let squares = |numbers: &mut dyn Iterator<Item = f32>| numbers.map(|number| f64::from(number).powi(2)).sum::<f64>();
    let difference = squares(&mut found.iter().zip(expected).map(|(found, expected)| found - expected));
    (difference / squares(&mut expected.iter().copied())).sqrt()
}

/// Seconds of each run, and the logits.
fn forward(network: Network, images: &Tensor<4>, runs: usize) -> (Vec<f64>, Vec<f32>) {
    let network = network.prepared();
    let mut logits = Vec::new();
    let times = (0..=runs).map(|_| {
        let start = Instant::now();
        let output = network.class_logits(images.clone(), &Dropout::none()).logits.into_data();
        let took = start.elapsed().as_secs_f64();
        logits = output.iter::<f32>().collect();
        took
    });
    (times.skip(1).collect(), logits)
}

fn training_steps(mut network: Network, images: &Tensor<4>, runs: usize) -> Vec<f64> {
    let [batch, _, rows, columns] = images.dims();
    let target = Tensor::<3>::ones([batch, rows, columns], &images.device());
    let mut optimizer = SgdConfig::new().with_momentum(Some(MomentumConfig::new().with_momentum(0.9))).init();
    let times = (0..=runs).map(|run| {
        let start = Instant::now();
        let x = network.forward(images.clone(), &Dropout::seeded(1, run as u64)).lv;
        let loss = cross_entropy(x, target.clone()).mean();
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(1e-4, network.clone(), gradients);
        // A graphics processor works after the call has returned.
        let _ = images.device().sync();
        start.elapsed().as_secs_f64()
    });
    times.skip(1).collect()
}

/// As the Linux kernel reports it for this process.
fn peak_memory_mb() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_work_are_timed() {
        let config = NetworkConfig::by_name("compact").unwrap();
        for work in [Work::Forward, Work::TrainingStep] {
            let timing = time_network(&config, None, 64, 1, work, 2, &Device::flex()).unwrap();
            assert!(timing.min_s > 0.0 && timing.min_s <= timing.median_s && timing.threads > 0);
            assert!(!cfg!(target_os = "linux") || timing.peak_rss_mb > 1.0);
        }
        assert!(time_network(&config, None, 64, 0, Work::Forward, 2, &Device::flex()).is_err());
        assert!(time_network(&config, None, 65, 1, Work::Forward, 2, &Device::flex()).is_err());
        assert!(time_network(&config, Some(b"no weights"), 64, 1, Work::Forward, 2, &Device::flex()).is_err());
    }
}
