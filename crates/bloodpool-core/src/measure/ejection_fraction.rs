//! The ejection fraction, Eq. 6 of the paper, and its standard error from Poisson counting noise alone.

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

/// What one phase contributes to the counting error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhaseCounts {
    /// Net counts.
    pub net: f64,
    /// Variance of all that this phase does not share with the other: the gross counts themselves, and area² x variance
    /// of what its background level owes to its own rim.
    pub variance: f64,
    /// Area of the ROI in pixels, each of which loses the background level that both phases share.
    pub area: f64,
}

/// Standard error of LVEF, EF points, by propagation of errors through (ED - ES) / ED.
///
/// ED and ES are taken to lose the same background level, of variance `level_variance`, so that its error partly cancels:
/// `var = (V_es + r^2 V_ed + (A_es - r A_ed)^2 V_level) / ED^2` with `r = ES / ED`. `smoothing`: the factor by which
/// reading a fitted curve reduces variance, 1 where single frames are read. 0 where ED holds no net counts.
#[must_use]
pub fn counting_error_points(ed: PhaseCounts, es: PhaseCounts, level_variance: f64, smoothing: f64) -> f64 {
    let ratio = es.net / ed.net;
    let lever = es.area - ratio * ed.area;
    let counts = (es.variance.max(0.0) + ratio * ratio * ed.variance.max(0.0)) * smoothing;
    let error = (counts + lever * lever * level_variance).sqrt() / ed.net * 100.0;
    if error.is_finite() { error.abs() } else { 0.0 }
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

    #[test]
    fn the_error_is_that_of_simulated_counts() {
        // NumPy 2.4, 4,000,000 draws: rng = np.random.default_rng(1); b = rng.poisson(300, n) / 15 (15 pixels of 20);
        // d = rng.poisson(7940, n) - 197 * b; s = rng.poisson(3780, n) - 109 * b; (100 * (1 - s / d)).std() = 1.9925
        let ed = PhaseCounts { net: 7_940.0 - 197.0 * 20.0, variance: 7_940.0, area: 197.0 };
        let es = PhaseCounts { net: 3_780.0 - 109.0 * 20.0, variance: 3_780.0, area: 109.0 };
        let error = counting_error_points(ed, es, 20.0 / 15.0, 1.0);
        assert!((error - 1.992_5).abs() < 0.02, "{error}");
    }
}
