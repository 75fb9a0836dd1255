//! `NetworkError`: why a network cannot be built as it is configured.

/// Why a network cannot be built as it is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The input of the compact network has one size only.
    #[error("the input of the compact network has {expected} x {expected} pixels, not {side} x {side}")]
    FixedSide {
        /// Side asked for, pixels.
        side: usize,
        /// Its side, pixels.
        expected: usize,
    },
    /// A size for which there is no memory.
    #[error("{what} is {value}; it must be {limit} or less")]
    TooLarge {
        /// Which size.
        what: &'static str,
        /// Its value.
        value: usize,
        /// The largest that is possible.
        limit: usize,
    },
    /// Only the U-Net has other widths.
    #[error("only the U-Net has other widths")]
    FixedWidth,
    /// The compact network has no choice of input.
    #[error("the input of the compact network is always frames in their cycle")]
    FixedInput,
    /// A U-Net without channels, or with an input that it cannot halve often enough.
    #[error(
        "a U-Net of width {width} cannot have an input of {side} pixels: the width must be 1 or greater, the side a \
         multiple of {multiple}"
    )]
    UnetSize {
        /// Channels of the first level.
        width: usize,
        /// Side of the input, pixels.
        side: usize,
        /// What the side must be a multiple of.
        multiple: usize,
    },
    /// A compact network without levels, blocks or groups.
    #[error("a compact network needs at least one width, and block and groups of 1 or greater")]
    EmptyCompact,
    /// Channels that do not divide into the groups of the norm.
    #[error("width {width} is not a multiple of {groups} groups")]
    Groups {
        /// Channels of a level.
        width: usize,
        /// Groups of each norm.
        groups: usize,
    },
    /// Levels and blocks that do not divide the grid.
    #[error("{levels} levels of {block}-pixel blocks do not divide the grid of {grid}")]
    Levels {
        /// Number of levels.
        levels: usize,
        /// Side of the blocks of the first level, pixels.
        block: usize,
        /// Side of the grid, pixels.
        grid: usize,
    },
}
