//! `AgreementError`: why no agreement could be computed.

use crate::Mask;

/// Why no agreement could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum AgreementError {
    /// Two masks of different matrices.
    #[error("masks of {left_rows} x {left_columns} and {right_rows} x {right_columns} pixels cannot be compared")]
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
    #[error("masks without pixels cannot be compared")]
    NoPixels,
    /// Two series of different lengths.
    #[error("{left} values were given with {right}; every value needs a partner")]
    Lengths {
        /// Number of values in the first.
        left: usize,
        /// Number of values in the second.
        right: usize,
    },
    /// Too few pairs.
    #[error("{pairs} pairs; at least {needed} are needed")]
    TooFew {
        /// Number of pairs.
        pairs: usize,
        /// Fewest pairs.
        needed: usize,
    },
    /// A value that is not a finite number.
    #[error("pair {pair} has a value that is not a finite number")]
    NotFinite {
        /// Pair, from 1.
        pair: usize,
    },
    /// Too few values, patients or raters.
    #[error("{values} values; at least {needed} are needed")]
    TooFewValues {
        /// Number of values.
        values: usize,
        /// Fewest values.
        needed: usize,
    },
    /// A value that is not a finite number.
    #[error("value {value} is not a finite number")]
    NotFiniteValue {
        /// Value, from 1.
        value: usize,
    },
    /// Values that are finite, but too large to be computed with.
    #[error("the values are too large: their squares or sums are not finite")]
    TooLarge,
    /// Values that are all equal where a measure is relative to their spread.
    #[error("{what} are all equal; without a spread this measure is not defined")]
    NoSpread {
        /// What is all equal.
        what: &'static str,
    },
    /// Readings of a design in which two sources of variation cannot be told apart.
    #[error("the readings do not separate {what}; raters must have read studies in common, and more than one each")]
    Inseparable {
        /// What cannot be told apart.
        what: &'static str,
    },
    /// A measure whose confidence interval is not defined.
    #[error("the confidence interval of {what} is not defined for these values")]
    NoInterval {
        /// The measure.
        what: &'static str,
    },
    /// A margin of equivalence that is not positive.
    #[error("the margin is {margin}; it must be positive")]
    Margin {
        /// The margin.
        margin: f64,
    },
    /// A mask that has no boundary.
    #[error("mask {mask} is empty, so that its distance from the other is not defined")]
    EmptyMask {
        /// Mask, 1 or 2.
        mask: usize,
    },
    /// A pixel spacing that is not positive and finite.
    #[error("the pixel spacing is {row_mm} x {column_mm} mm; both must be positive and finite")]
    Spacing {
        /// Distance between rows.
        row_mm: f64,
        /// Distance between columns.
        column_mm: f64,
    },
    /// Masks that contain only LV, or only background.
    #[error("all masks are empty, or all are full; STAPLE needs LV and background")]
    OneClass,
    /// A rater without a single image that others have a consensus on.
    #[error("rater `{rater}` has no image that others drew on, too; leave the rater out")]
    NothingToCompare {
        /// Name of the rater.
        rater: String,
    },
    /// A group that no rater belongs to.
    #[error("no rater belongs to the group `{group}`")]
    EmptyGroup {
        /// Name of the group.
        group: String,
    },
}

impl AgreementError {
    /// Refuses masks of different matrices.
    pub(crate) fn check_matrices(left: &Mask, right: &Mask) -> Result<(), Self> {
        if left.dim() == right.dim() {
            return Ok(());
        }
        let ((left_rows, left_columns), (right_rows, right_columns)) = (left.dim(), right.dim());
        Err(Self::Matrix { left_rows, left_columns, right_rows, right_columns })
    }
}
