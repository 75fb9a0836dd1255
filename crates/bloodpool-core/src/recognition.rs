//! What a picture shows beyond the left ventricle: heart or not, view, orientation, gating, right ventricle, landmarks.

use ndarray::Array3;
use serde::{Deserialize, Serialize};

use crate::Mask;

/// Where the camera stands about the patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum View {
    /// Left anterior oblique, the view in which the septum is seen edge-on.
    LeftAnteriorOblique,
    /// Anterior.
    Anterior,
    /// Left lateral.
    LeftLateral,
    /// Right anterior oblique.
    RightAnteriorOblique,
    /// Left posterior oblique.
    LeftPosteriorOblique,
}

impl View {
    /// All views, in the order in which [`Recognition::view`] holds their probabilities.
    pub const ALL: [Self; 5] = [
        Self::LeftAnteriorOblique,
        Self::Anterior,
        Self::LeftLateral,
        Self::RightAnteriorOblique,
        Self::LeftPosteriorOblique,
    ];

    /// In words, for example `left anterior oblique (LAO)`.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::LeftAnteriorOblique => "left anterior oblique (LAO)",
            Self::Anterior => "anterior",
            Self::LeftLateral => "left lateral",
            Self::RightAnteriorOblique => "right anterior oblique (RAO)",
            Self::LeftPosteriorOblique => "left posterior oblique (LPO)",
        }
    }
}

/// How a picture is turned and mirrored against the usual display: the picture was first mirrored left to right where
/// `mirrored` says so, then turned clockwise by `quarter_turns` x 90 degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Orientation {
    /// Whether left and right were exchanged first.
    pub mirrored: bool,
    /// Clockwise turns by 90 degrees after that, 0 to 3.
    pub quarter_turns: u8,
}

impl Orientation {
    /// Number of orientations.
    pub const COUNT: usize = 8;

    /// All orientations, in the order in which [`Recognition::orientation`] holds their probabilities; the usual one first.
    pub fn all() -> impl Iterator<Item = Self> + Clone {
        (0..Self::COUNT).map(|index| Self { mirrored: index >= 4, quarter_turns: (index % 4) as u8 })
    }

    /// Place in [`Orientation::all`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.quarter_turns % 4) + if self.mirrored { 4 } else { 0 }
    }

    /// Whether this is the usual display.
    #[must_use]
    pub fn is_usual(self) -> bool {
        self.index() == 0
    }

    /// Pixel (row, column) of a picture of `side` x `side` after this change, from its place before.
    #[must_use]
    pub fn applied(self, side: usize, row: usize, column: usize) -> (usize, usize) {
        let last = side - 1;
        let column = if self.mirrored { last - column } else { column };
        match self.quarter_turns % 4 {
            0 => (row, column),
            1 => (column, last - row),
            2 => (last - row, last - column),
            _ => (last - column, row),
        }
    }

    /// In words, for example `mirrored and turned by 90 degrees`.
    #[must_use]
    pub fn in_words(self) -> String {
        let turned = match self.quarter_turns % 4 {
            0 => None,
            turns => Some(format!("turned clockwise by {} degrees", 90 * u32::from(turns))),
        };
        match (self.mirrored, turned) {
            (false, None) => "upright".into(),
            (true, None) => "mirrored left to right".into(),
            (false, Some(turned)) => turned,
            (true, Some(turned)) => format!("mirrored left to right and {turned}"),
        }
    }
}

/// What is true of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Whether it shows one whole beating or resting heart.
    pub heart: bool,
    /// From where; `None` without a heart.
    pub view: Option<View>,
    /// How the picture is turned; `None` without a heart or where a turn cannot be told.
    pub orientation: Option<Orientation>,
    /// Whether frames follow one cardiac cycle from the R wave on; `None` where that is not known.
    pub gating_sound: Option<bool>,
}

/// What a segmenter recognises in a study, as probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recognition {
    /// That it shows a heart.
    pub heart: f64,
    /// Of each of [`View::ALL`]; they sum to 1.
    pub view: [f64; View::ALL.len()],
    /// Of each of [`Orientation::all`]; they sum to 1.
    pub orientation: [f64; Orientation::COUNT],
    /// That frames follow one cardiac cycle from the R wave on.
    pub gating_sound: f64,
}

/// Points of the left ventricle on one frame, `[x, y]` in the study's own pixels; pixel centres are whole numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Landmarks {
    /// The apex of the cavity.
    pub apex: [f64; 2],
    /// The ends of the valve plane as projected: the septal one, then the lateral one.
    pub valve_plane: [[f64; 2]; 2],
}

/// The right ventricle.
#[derive(Debug, Clone)]
pub struct RightVentricle {
    /// One mask per frame, in the study's own matrix.
    pub masks: Vec<Mask>,
    /// Fraction of each pixel's counts that come from right ventricular blood, 0 to 1, `[frame, row, column]`.
    pub fraction: Array3<f32>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orientations_are_the_eight_of_a_square() {
        let all: Vec<_> = Orientation::all().collect();
        assert!(all.iter().enumerate().all(|(index, orientation)| orientation.index() == index));
        // The corner at the upper left and its right neighbour tell all eight apart.
        let mut seen: Vec<_> = all.iter().map(|o| (o.applied(3, 0, 0), o.applied(3, 0, 1))).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), Orientation::COUNT);
        // Clockwise: what was at the upper left comes to the upper right.
        assert_eq!(Orientation { mirrored: false, quarter_turns: 1 }.applied(3, 0, 0), (0, 2));
        assert_eq!(Orientation { mirrored: true, quarter_turns: 0 }.applied(3, 1, 0), (1, 2));
    }
}
