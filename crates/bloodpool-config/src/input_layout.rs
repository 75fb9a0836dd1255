//! `Layout`: side and channels of what a network sees.

/// The input of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// Side of its grid, pixels.
    pub side: usize,
    /// Its channels.
    pub input: InputChannels,
}

/// The input channels of each frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputChannels {
    /// Frame, two-harmonic reconstruction, cycle mean, first-harmonic cosine and sine.
    Cycle,
    /// As `Cycle`, in units of the blood pool's brightness, with far brighter values compressed: a small hot region that
    /// does not beat changes nothing elsewhere.
    BloodPool,
    /// The frame three times, as red, green and blue of an image network.
    Frame,
    /// Frame, two-harmonic reconstruction and cycle mean as red, green and blue.
    FrameInCycle,
}

impl InputChannels {
    /// Whether the first-harmonic channels are among them.
    #[must_use]
    pub fn has_harmonics(self) -> bool {
        matches!(self, Self::Cycle | Self::BloodPool)
    }
}

impl Layout {
    /// Pixels of its grid.
    #[must_use]
    pub fn pixels(&self) -> usize {
        self.side * self.side
    }

    /// Channels per frame.
    #[must_use]
    pub fn channels(&self) -> usize {
        match self.input {
            InputChannels::Cycle | InputChannels::BloodPool => 5,
            InputChannels::Frame | InputChannels::FrameInCycle => 3,
        }
    }
}
