//! Statistics of agreement, overlap and surface distances of masks, and their consensus. Pure, with nothing medical in
//! it.
//!
//! ```
//! use bloodpool_stats::{bland_altman, overlap, Mask};
//!
//! let found = bland_altman(&[61.0, 55.0, 48.0], &[60.0, 57.0, 45.0])?;
//! assert!((found.bias - 2.0 / 3.0).abs() < 1e-12);
//!
//! let left = Mask::from_fn(8, 8, |_, column| column < 4);
//! let right = Mask::from_fn(8, 8, |_, column| column < 5);
//! assert!((overlap(&left, &right)?.dice - 64.0 / 72.0).abs() < 1e-12);
//! # Ok::<(), bloodpool_stats::AgreementError>(())
//! ```

pub mod bland_altman;
pub mod bootstrap;
pub mod by_patient;
pub mod concordance;
pub mod consensus;
pub mod contour;
pub mod crossed_effects;
mod distance;
pub mod equivalence;
mod error;
pub mod fleiss_kappa;
pub mod icc;
pub mod inter_rater;
pub mod intra_rater;
pub mod linear_system;
pub mod mann_whitney;
pub mod mask;
pub mod moments;
pub mod morphology;
pub mod overlap;
pub mod paired_t;
mod pairs;
pub mod proportion;
pub mod ranks;
pub mod rater_groups;
pub mod raters;
pub mod regression;
pub mod repeatability;
pub mod resample;
pub mod spread;
pub mod surface;
pub mod wilcoxon;

pub use bland_altman::{BlandAltman, bland_altman};
pub use by_patient::{Bounds, ByPatient, by_patient, by_patient_within, patient_means};
pub use concordance::{Concordance, concordance};
pub use consensus::{RaterPerformance, Staple, consensus, mean_mask, staple};
pub use contour::Contour;
pub use crossed_effects::{CrossedEffects, FixedEffect, Reading, crossed_effects};
pub use equivalence::{Equivalence, equivalence};
pub use error::AgreementError;
pub use fleiss_kappa::{FleissKappa, Ratings, fleiss_kappa};
pub use icc::{Icc, icc};
pub use inter_rater::{InterRater, inter_rater};
pub use intra_rater::{IntraRater, RepeatedMask, intra_rater};
pub use mann_whitney::{MannWhitney, mann_whitney};
pub use mask::Mask;
pub use moments::{MeanSd, mean_sd};
pub use morphology::Element;
pub use overlap::{Overlap, overlap};
pub use paired_t::{PairedT, StandardizedDifference, paired_t, standardized_difference};
pub use proportion::{Proportion, proportion};
pub use ranks::TestMethod;
pub use rater_groups::{GroupComparison, GroupDifference, compare_groups};
pub use raters::{RaterAgreement, RaterMasks, rate};
pub use regression::{Regression, proportional_bias, regression};
pub use repeatability::{Repeatability, RepeatedLvef, repeatability};
pub use surface::{SurfaceDistance, surface_distance};
pub use wilcoxon::{Wilcoxon, wilcoxon};

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
