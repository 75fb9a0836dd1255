//! Flags of `time-network`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Flags of `time-network`.
#[derive(Debug, Args)]
pub(crate) struct TimeNetworkFlags {
    /// Network: compact, deeplab-v3-resnet50, fcn-resnet50 or unet.
    #[arg(long, value_name = "NAME")]
    pub(crate) network: String,
    /// Side of the images, pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 256)]
    pub(crate) size: usize,
    /// Images at once.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) batch: usize,
    /// What is timed.
    #[arg(long, value_enum, default_value = "forward")]
    pub(crate) mode: TimedMode,
    /// Runs that count, after one that does not.
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) runs: usize,
    /// Weights (safetensors, torchvision's names) [default: random].
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    /// Where the network runs [default: cpu].
    #[arg(long, value_name = "NAME", env = "BLOODPOOL_DEVICE")]
    pub(crate) device: Option<String>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

/// What `time-network` times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TimedMode {
    /// A forward pass.
    Forward,
    /// A training step: forward, cross-entropy, backward, SGD with momentum.
    Train,
}
