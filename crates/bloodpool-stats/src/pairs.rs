//! Pairs of values, checked in one place for every statistic that is computed from them.

use crate::AgreementError;

/// What subtraction may round by, as a fraction of the largest value: 61.2 - 60.0 and 70.1 - 68.9 are the same number
/// of EF points, though not to the last bit.
const ROUNDING: f64 = 1e-12;

/// Checks that every value has a partner, that there are at least `needed` pairs, and that all values are finite.
///
/// # Errors
/// [`AgreementError`] that names what is wrong, and the first pair that is not finite.
pub(crate) fn check_pairs(left: &[f64], right: &[f64], needed: usize) -> Result<(), AgreementError> {
    if left.len() != right.len() {
        return Err(AgreementError::Lengths { left: left.len(), right: right.len() });
    }
    if left.len() < needed {
        return Err(AgreementError::TooFew { pairs: left.len(), needed });
    }
    match left.iter().zip(right).position(|(a, b)| !(a.is_finite() && b.is_finite())) {
        Some(index) => Err(AgreementError::NotFinite { pair: index + 1 }),
        None => Ok(()),
    }
}

/// The differences left - right of at least `needed` pairs.
///
/// # Errors
/// [`AgreementError`] as [`check_pairs`] has it, and where a difference is too large for a finite number.
pub(crate) fn differences(left: &[f64], right: &[f64], needed: usize) -> Result<Vec<f64>, AgreementError> {
    check_pairs(left, right, needed)?;
    let differences: Vec<f64> = left.iter().zip(right).map(|(a, b)| a - b).collect();
    match differences.iter().position(|difference| !difference.is_finite()) {
        Some(index) => Err(AgreementError::NotFinite { pair: index + 1 }),
        None => Ok(differences),
    }
}

/// Differences of these values that are no larger than this are rounding.
pub(crate) fn rounding(left: &[f64], right: &[f64]) -> f64 {
    ROUNDING * left.iter().chain(right).fold(0.0, |most: f64, value| most.max(value.abs()))
}
