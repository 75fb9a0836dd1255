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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_table_gives_its_gross_ejection_fraction() {
        // Oh et al. 2022, Table 1, mean pixel sums: (578,067 - 278,927) / 578,067 = 51.748 %
        let lvef = ejection_fraction_percent(578_067.0, 278_927.0, 578_067.0).unwrap();
        assert!((lvef - 51.748_326).abs() < 1e-5, "{lvef}");
        assert!((ejection_fraction_percent(200.0, 80.0, 300.0).unwrap() - 60.0).abs() < 1e-12);
    }

    #[test]
    fn without_net_counts_there_is_no_ejection_fraction() {
        for net in [0.0, -5.0, 1e-9, f64::NAN, f64::INFINITY] {
            assert!(matches!(ejection_fraction_percent(net, 1.0, 100.0), Err(AnalysisError::NoNetCounts { .. })));
        }
        // More background than counts at ES: no meaning, but a number; a warning goes with it.
        assert!((ejection_fraction_percent(100.0, -10.0, 200.0).unwrap() - 110.0).abs() < 1e-12);
    }
}
