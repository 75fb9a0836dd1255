//! How well two measurements or two masks agree.

pub mod bland_altman;
pub mod overlap;

pub use bland_altman::{BlandAltman, bland_altman};
pub use overlap::{Overlap, overlap};

/// Why no agreement could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AgreementError {
    /// Two masks of different matrices.
    #[error("masks of {left_rows} x {left_columns} and {right_rows} x {right_columns} pixels can't be compared")]
    Matrix {
        /// Rows of the first.
        left_rows: usize,
        /// Columns of the first.
        left_columns: usize,
        /// Rows of the second.
        right_rows: usize,
        /// Columns of the second.
        right_columns: usize,
    },
    /// A matrix without pixels.
    #[error("masks without pixels can't be compared")]
    NoPixels,
    /// Two series of different lengths.
    #[error("{left} values against {right}; each needs its partner")]
    Lengths {
        /// Number of values in the first.
        left: usize,
        /// Number of values in the second.
        right: usize,
    },
    /// Too few pairs.
    #[error("{pairs} pairs; limits of agreement need at least {needed}")]
    TooFew {
        /// Number of pairs.
        pairs: usize,
        /// Fewest pairs.
        needed: usize,
    },
    /// A value that is not a finite number.
    #[error("pair {pair} holds a value that is not a finite number")]
    NotFinite {
        /// Pair, from 1.
        pair: usize,
    },
}
