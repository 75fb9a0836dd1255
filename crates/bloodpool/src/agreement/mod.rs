//! How well two measurements or two masks agree.

pub mod bland_altman;
pub mod by_patient;
pub mod concordance;
pub mod consensus;
pub mod equivalence;
pub mod icc;
pub mod inter_rater;
pub mod mann_whitney;
pub mod moments;
pub mod overlap;
pub mod paired_t;
mod pairs;
pub mod proportion;
pub mod ranks;
pub mod rater_groups;
pub mod raters;
pub mod regression;
pub mod repeatability;
pub mod surface;
pub mod wilcoxon;

pub use bland_altman::{BlandAltman, bland_altman};
pub use by_patient::{ByPatient, by_patient, patient_means};
pub use concordance::{Concordance, concordance};
pub use consensus::{RaterPerformance, Staple, consensus, mean_mask, staple};
pub use equivalence::{Equivalence, equivalence};
pub use icc::{Icc, icc};
pub use inter_rater::{InterRater, inter_rater};
pub use mann_whitney::{MannWhitney, mann_whitney};
pub use moments::{MeanSd, mean_sd};
pub use overlap::{Overlap, overlap};
pub use paired_t::{PairedT, paired_t};
pub use proportion::{Proportion, proportion};
pub use ranks::TestMethod;
pub use rater_groups::{GroupComparison, GroupDifference, compare_groups};
pub use raters::{RaterAgreement, RaterMasks, rate};
pub use regression::{Regression, proportional_bias, regression};
pub use repeatability::{Repeatability, RepeatedLvef, repeatability};
pub use surface::{SurfaceDistance, surface_distance};
pub use wilcoxon::{Wilcoxon, wilcoxon};

use crate::Mask;

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
    #[error("{pairs} pairs; at least {needed} are needed")]
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
    #[error("the values are too large: their squares or sums are no finite numbers")]
    TooLarge,
    /// Values that are all equal where their spread is the measure of all else.
    #[error("{what} are all equal; without spread this figure has no meaning")]
    NoSpread {
        /// What is all equal.
        what: &'static str,
    },
    /// A figure whose confidence interval is not defined.
    #[error("the confidence interval of {what} is not defined for these values")]
    NoInterval {
        /// The figure.
        what: &'static str,
    },
    /// A margin of equivalence that is none.
    #[error("a margin of {margin} is no margin; it has to be positive")]
    Margin {
        /// The margin.
        margin: f64,
    },
    /// A mask that has no boundary.
    #[error("mask {mask} is empty; it lies at no distance from anything")]
    EmptyMask {
        /// Mask, 1 or 2.
        mask: usize,
    },
    /// A pixel spacing that is not positive and finite.
    #[error("a pixel spacing of {row_mm} x {column_mm} mm is none")]
    Spacing {
        /// Distance between rows.
        row_mm: f64,
        /// Distance between columns.
        column_mm: f64,
    },
    /// Masks that hold only LV, or only background.
    #[error("all masks are empty, or all are full; STAPLE needs LV and background")]
    OneClass,
    /// A rater without a single image that others have a consensus on.
    #[error("rater `{rater}` has no image that others drew too; leave the rater out")]
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
    fn check_matrices(left: &Mask, right: &Mask) -> Result<(), Self> {
        if left.dim() == right.dim() {
            return Ok(());
        }
        let ((left_rows, left_columns), (right_rows, right_columns)) = (left.dim(), right.dim());
        Err(Self::Matrix { left_rows, left_columns, right_rows, right_columns })
    }
}

/// Pairs that tests of several files compare with SciPy.
#[cfg(test)]
mod example {
    /// Twelve LVEF, percent.
    pub(super) const MEASURED: [f64; 12] = [61.2, 55.0, 48.7, 70.1, 33.3, 64.9, 58.8, 25.4, 66.6, 52.3, 44.1, 59.4];
    /// The same by another reader.
    pub(super) const REFERENCE: [f64; 12] = [60.0, 57.1, 45.2, 69.0, 36.0, 66.5, 51.9, 24.0, 63.4, 50.1, 46.9, 57.6];

    /// Holds to ten digits, or absolutely to 1e-10 below 1.
    #[track_caller]
    pub(super) fn near(value: f64, expected: f64) {
        assert!((value - expected).abs() <= 1e-10 * expected.abs().max(1.0), "{value} is not {expected}");
    }
}
