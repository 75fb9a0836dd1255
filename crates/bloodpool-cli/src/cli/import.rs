//! Flags of `import`.

use std::path::PathBuf;

use clap::Args;

use super::PictureChoice;

const EXAMPLES: &str = "\
Examples:
  bloodpool import deeplab.pth --network deeplab-v3-resnet50 --out models/theirs
  bloodpool evaluate models/theirs --dataset data --out results
  bloodpool analyze study.dcm --model models/theirs

Reads PyTorch's files (.pth, .pt, .bin: a state dictionary, a checkpoint that holds one, or a whole model; no code in them is run) and
safetensors, with torchvision's names, with or without an auxiliary head and the prefix `module.`, in 16, 32 or 64 bits. The network
must have two classes, and see what `train` shows it (docs/EVALUATION.md, \"Weights of other programs\").";

/// Flags of `import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct ImportFlags {
    /// File of weights.
    #[arg(value_name = "WEIGHTS")]
    pub(crate) weights: PathBuf,
    /// Network: compact, deeplab-v3-resnet50, fcn-resnet50 or unet.
    #[arg(long, value_name = "NAME")]
    pub(crate) network: String,
    /// Side of the pictures that the network sees, pixels [default: 256; compact: 64].
    #[arg(long, value_name = "PIXELS")]
    pub(crate) side: Option<usize>,
    /// Channels of the U-Net's first level [default: 64].
    #[arg(long, value_name = "CHANNELS")]
    pub(crate) width: Option<usize>,
    /// What the network sees of each frame [default: frame].
    #[arg(long, value_name = "PICTURE")]
    pub(crate) picture: Option<PictureChoice>,
    /// What it was trained on, for the record.
    #[arg(long, value_name = "TEXT")]
    pub(crate) trained_on: Option<String>,
    /// Folder to write; must be empty, unless --force is given.
    #[arg(long, value_name = "OUT")]
    pub(crate) out: PathBuf,
    /// Replace an earlier model in OUT.
    #[arg(long)]
    pub(crate) force: bool,
}
