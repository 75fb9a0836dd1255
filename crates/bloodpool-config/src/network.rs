//! `NetworkConfig`: which network, how large it is, and what its input is.

use serde::{Deserialize, Serialize};

use crate::input_layout::{InputChannels, Layout};
use crate::network_error::NetworkError;

/// Largest side of an input, pixels: twice that of the largest study.
const LARGEST_SIDE: usize = 2048;
/// Most channels of a level: a U-Net of this width, and each level with twice as many as the one before, has 10^10 weights.
const LARGEST_WIDTH: usize = 1024;

/// Side of the input of the compact network, pixels.
pub const GRID: usize = 64;

/// Which network, and how large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "architecture", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// The compact U-Net.
    Compact(CompactConfig),
    /// DeepLabV3 on ResNet-50.
    DeepLabV3Resnet50(ResnetConfig),
    /// FCN on ResNet-50.
    FcnResnet50(ResnetConfig),
    /// The U-Net.
    Unet(UnetConfig),
}

/// Size of the compact network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CompactConfig {
    /// Channels at each level; every level has half the resolution of the one before.
    pub widths: Vec<usize>,
    /// Side of the blocks of pixels that are one position of the first level.
    pub block: usize,
    /// Groups of each group norm.
    pub groups: usize,
    /// Whether it also predicts the right ventricle, landmarks and the recognition of the image. The input of such a
    /// network is in units of the blood pool's brightness.
    pub scene: bool,
}

impl Default for CompactConfig {
    fn default() -> Self {
        Self { widths: vec![24, 48, 96, 96], block: 2, groups: 8, scene: false }
    }
}

/// What an image network gets as red, green and blue.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Picture {
    /// The frame, three times, as Oh et al. 2022.
    #[default]
    Frame,
    /// The frame, its two-harmonic reconstruction, and the mean over the cycle.
    InCycle,
}

impl Picture {
    fn input(self) -> InputChannels {
        match self {
            Self::Frame => InputChannels::Frame,
            Self::InCycle => InputChannels::FrameInCycle,
        }
    }
}

/// Size of a network on ResNet-50.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ResnetConfig {
    /// Side of its input, pixels.
    pub side: usize,
    /// Whether training uses an auxiliary head.
    pub auxiliary: bool,
    /// Its input channels.
    pub picture: Picture,
}

impl Default for ResnetConfig {
    fn default() -> Self {
        Self { side: 256, auxiliary: false, picture: Picture::Frame }
    }
}

/// Size of a U-Net.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct UnetConfig {
    /// Side of its input, pixels.
    pub side: usize,
    /// Channels of the first level; each level has twice as many as the one before.
    pub width: usize,
    /// Its input channels.
    pub picture: Picture,
}

impl Default for UnetConfig {
    fn default() -> Self {
        Self { side: 256, width: 64, picture: Picture::Frame }
    }
}

impl Default for NetworkConfig {
    fn default() -> Self {
        Self::Compact(CompactConfig::default())
    }
}

impl NetworkConfig {
    /// Names of the networks.
    pub const NAMES: [&str; 4] = ["compact", "deeplab-v3-resnet50", "fcn-resnet50", "unet"];

    /// The network of this name, of its usual size.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "compact" => Some(Self::default()),
            "deeplab-v3-resnet50" => Some(Self::DeepLabV3Resnet50(ResnetConfig::default())),
            "fcn-resnet50" => Some(Self::FcnResnet50(ResnetConfig::default())),
            "unet" => Some(Self::Unet(UnetConfig::default())),
            _ => None,
        }
    }

    /// The same network for an input of another side, in pixels.
    ///
    /// # Errors
    /// [`NetworkError::FixedSide`] for the compact network.
    pub fn with_side(mut self, pixels: usize) -> Result<Self, NetworkError> {
        match &mut self {
            Self::Compact(_) if pixels == GRID => {}
            Self::Compact(_) => return Err(NetworkError::FixedSide { side: pixels, expected: GRID }),
            Self::DeepLabV3Resnet50(ResnetConfig { side, .. })
            | Self::FcnResnet50(ResnetConfig { side, .. })
            | Self::Unet(UnetConfig { side, .. }) => *side = pixels,
        }
        Ok(self)
    }

    /// The same network of another width.
    ///
    /// # Errors
    /// [`NetworkError::FixedWidth`] for every network but the U-Net.
    pub fn with_width(mut self, channels: usize) -> Result<Self, NetworkError> {
        match &mut self {
            Self::Unet(UnetConfig { width, .. }) => *width = channels,
            _ => return Err(NetworkError::FixedWidth),
        }
        Ok(self)
    }

    /// The same network with other input channels.
    ///
    /// # Errors
    /// [`NetworkError::FixedInput`] for the compact network.
    pub fn with_picture(mut self, channels: Picture) -> Result<Self, NetworkError> {
        match &mut self {
            Self::Compact(_) => return Err(NetworkError::FixedInput),
            Self::DeepLabV3Resnet50(ResnetConfig { picture, .. })
            | Self::FcnResnet50(ResnetConfig { picture, .. })
            | Self::Unet(UnetConfig { picture, .. }) => *picture = channels,
        }
        Ok(self)
    }

    /// The same network with or without an auxiliary head, where it can have one.
    #[must_use]
    pub fn with_auxiliary_head(mut self, has: bool) -> Self {
        if let Self::DeepLabV3Resnet50(ResnetConfig { auxiliary, .. })
        | Self::FcnResnet50(ResnetConfig { auxiliary, .. }) = &mut self
        {
            *auxiliary = has;
        }
        self
    }

    /// Checks that its input and its weights fit in memory, whoever wrote the sizes.
    ///
    /// # Errors
    /// [`NetworkError::TooLarge`], naming the size.
    pub fn check_sizes(&self) -> Result<(), NetworkError> {
        let within = |what: &'static str, value: usize, limit: usize| {
            if value > limit { Err(NetworkError::TooLarge { what, value, limit }) } else { Ok(()) }
        };
        match self {
            Self::Compact(CompactConfig { widths, block, groups, .. }) => {
                within("the number of widths", widths.len(), LARGEST_WIDTH)?;
                within("block", *block, GRID)?;
                within("groups", *groups, LARGEST_WIDTH)?;
                widths.iter().try_for_each(|&width| within("width", width, LARGEST_WIDTH))
            }
            Self::DeepLabV3Resnet50(ResnetConfig { side, .. }) | Self::FcnResnet50(ResnetConfig { side, .. }) => {
                within("side", *side, LARGEST_SIDE)
            }
            Self::Unet(UnetConfig { side, width, .. }) => {
                within("side", *side, LARGEST_SIDE)?;
                within("width", *width, LARGEST_WIDTH)
            }
        }
    }

    /// Whether its norms are over all images of a step, which then cannot be shared out to threads: whether it is an image
    /// network.
    #[must_use]
    pub fn normalizes_over_batch(&self) -> bool {
        !matches!(self, Self::Compact(_))
    }

    /// The input of the network.
    #[must_use]
    pub fn layout(&self) -> Layout {
        match self {
            Self::Compact(CompactConfig { scene, .. }) => {
                Layout { side: GRID, input: if *scene { InputChannels::BloodPool } else { InputChannels::Cycle } }
            }
            Self::DeepLabV3Resnet50(ResnetConfig { side, picture, .. })
            | Self::FcnResnet50(ResnetConfig { side, picture, .. })
            | Self::Unet(UnetConfig { side, picture, .. }) => Layout { side: *side, input: picture.input() },
        }
    }
}
