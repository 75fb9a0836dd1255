//! The ejection fraction: Eq. 6 of the paper.

use crate::AnalysisError;

/// Net counts at ED below this fraction of the gross counts are rounding, not counts.
const ROUNDING: f64 = 1e-6;

/// LVEF in percent: (ED - ES) / ED of net counts (Oh et al. 2022, Eq. 6). `ed_gross` tells what size rounding has.
///
/// # Errors
/// [`AnalysisError::NoNetCounts`] when ED holds no counts above background, or the result is not finite.
pub fn ejection_fraction_percent(ed_net: f64, es_net: f64, ed_gross: f64) -> Result<f64, AnalysisError> {
    let lvef = (ed_net - es_net) / ed_net * 100.0;
    if ed_net > ed_gross.abs() * ROUNDING && lvef.is_finite() {
        Ok(lvef)
    } else {
        Err(AnalysisError::NoNetCounts { net_counts: if ed_net.is_finite() { ed_net } else { 0.0 } })
    }
}
