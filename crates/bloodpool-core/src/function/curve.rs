//! `FunctionCurve`: the net LV curve as counted, made up for end-of-cycle drop-off, and smoothed by a few harmonics.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::measure::counting_noise::CountingNoise;
use crate::measure::curve::{Harmonics, made_up};
use crate::measure::drop_off::DropOff;
use crate::measure::projection::Projection;
use crate::validity::limits::EMPTY_FRAME_KEPT;

/// Number of harmonics that the curve is smoothed with unless another is asked for.
///
/// The total error of systolic quantities is least with two harmonics, that of diastolic ones with three (few counts) to six
/// (many counts) (Bacharach et al., Optimum Fourier filtering of cardiac data, J Nucl Med 1983;24:1176); four are also what net
/// counts at ED and ES are read from.
pub const HARMONICS: usize = 4;

/// The net curve of a ventricle over one cycle, one value per frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FunctionCurve {
    /// Duration of a frame, ms; `None` when not recorded.
    pub frame_time_ms: Option<f64>,
    /// Net counts, as counted.
    pub net_counts: Vec<f64>,
    /// What each frame kept at the end of the cycle, 0 to 1.
    pub kept: Vec<f64>,
    /// Net counts over what the frame kept; `None` for a frame without the ventricle, or that kept less than a tenth, so that
    /// noise is all that it shows.
    pub corrected_counts: Vec<Option<f64>>,
    /// Standard deviation of the corrected counts from counting noise; `None` where these are.
    pub noise_sd_counts: Vec<Option<f64>>,
    /// The fit of `harmonics` to the corrected counts, each frame weighted by what it kept.
    pub smoothed_counts: Vec<f64>,
    /// Number of harmonics that were fitted; fewer than asked for where frames are few.
    pub harmonics: usize,
}

/// The fit behind a [`FunctionCurve`].
#[derive(Debug, Clone, PartialEq)]
pub(super) struct CurveFit {
    pub(super) projection: Projection,
    pub(super) fit: Harmonics,
}

impl FunctionCurve {
    /// The curve of net counts by frame. `usable`: frames that have the ventricle; `harmonics`: for example [`HARMONICS`].
    ///
    /// # Errors
    /// [`Refusal::Shapes`] when lengths differ, [`Refusal::NoCurve`] when a count is not finite or the curve cannot be
    /// fitted.
    pub fn new(
        net_counts: &[f64],
        usable: &[bool],
        drop_off: &DropOff,
        noise: &CountingNoise,
        frame_time_ms: Option<f64>,
        harmonics: usize,
    ) -> Result<Self, Refusal> {
        let frames = net_counts.len();
        if [usable.len(), drop_off.kept.len(), noise.variance_by_frame.len(), noise.level_share.len()] != [frames; 4] {
            return Err(Refusal::Shapes);
        }
        if !net_counts.iter().all(|net| net.is_finite()) {
            return Err(Refusal::NoCurve);
        }
        let CurveFit { fit, .. } = fitted_curve(net_counts, usable, drop_off, harmonics)?;
        let (values, weights) = made_up(net_counts, usable, drop_off);
        let shown: Vec<bool> = weights.iter().map(|&weight| weight >= EMPTY_FRAME_KEPT).collect();
        let noise_sd = noise.total_by_frame().into_iter().zip(&drop_off.kept).map(|(variance, kept)| {
            let sd = variance.max(0.0).sqrt() / kept.max(1e-6);
            if sd.is_finite() { sd } else { 0.0 }
        });
        Ok(Self {
            frame_time_ms: frame_time_ms.filter(|time| time.is_finite() && *time > 0.0),
            net_counts: net_counts.to_vec(),
            kept: drop_off.kept.clone(),
            corrected_counts: values.iter().zip(&shown).map(|(&value, shown)| shown.then_some(value)).collect(),
            noise_sd_counts: noise_sd.zip(&shown).map(|(sd, shown)| shown.then_some(sd)).collect(),
            smoothed_counts: fit.curve(frames),
            harmonics: fit.count(),
        })
    }

    /// The band, two values per frame, that 95 % of repeated counts lie in: the smoothed curve -+ 1.96 times the counting
    /// noise of one frame. `None` where the frame is not shown.
    #[must_use]
    pub fn noise_band_counts(&self) -> Vec<Option<[f64; 2]>> {
        let frames = self.smoothed_counts.iter().zip(&self.noise_sd_counts);
        frames.map(|(value, sd)| sd.map(|sd| [value - 1.96 * sd, value + 1.96 * sd])).collect()
    }
}

/// The fit of a net curve, made up for drop-off.
pub(super) fn fitted_curve(
    net_counts: &[f64],
    usable: &[bool],
    drop_off: &DropOff,
    harmonics: usize,
) -> Result<CurveFit, Refusal> {
    let (values, weights) = made_up(net_counts, usable, drop_off);
    let projection = Projection::new(&weights, harmonics).ok_or(Refusal::NoCurve)?;
    let fit = Harmonics::fit(&values, &weights, harmonics).ok_or(Refusal::NoCurve)?;
    Ok(CurveFit { projection, fit })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drop_off(kept: Vec<f64>) -> DropOff {
        DropOff { totals: vec![1.0; kept.len()], kept }
    }

    /// 16 frames of 1,000 + 400 cos + 60 sin(3 t); the last two kept a half and a twentieth.
    fn curve() -> (Vec<f64>, DropOff) {
        let mut kept = vec![1.0; 16];
        kept[14..].copy_from_slice(&[0.5, 0.05]);
        let net = (0..16)
            .map(|frame| {
                let turn = std::f64::consts::TAU * f64::from(frame) / 16.0;
                (1000.0 + 400.0 * turn.cos() + 60.0 * (3.0 * turn).sin()) * kept[frame as usize]
            })
            .collect();
        (net, drop_off(kept))
    }

    #[test]
    fn lost_counts_are_made_up_for() {
        let (net, drop_off) = curve();
        let noise = CountingNoise::independent(net.clone());
        let found = FunctionCurve::new(&net, &[true; 16], &drop_off, &noise, Some(50.0), 4).unwrap();
        assert_eq!(found.harmonics, 4);
        // By hand at 15/16 and at frame 1: cos(337.5) = 0.923880, sin(1012.5 = 292.5 degrees) = -0.923880.
        let last = 1000.0 + 400.0 * 0.923_879_532_5 - 60.0 * 0.923_879_532_5;
        assert!((found.smoothed_counts[15] - last).abs() < 1e-6, "{}", found.smoothed_counts[15]);
        assert!((found.smoothed_counts[0] - 1400.0).abs() < 1e-6);
        assert_eq!((found.corrected_counts[15], found.noise_sd_counts[15]), (None, None));
        assert!((found.corrected_counts[14].unwrap() - net[14] / 0.5).abs() < 1e-9);
        // The SD of Poisson counts, over what the frame kept.
        assert!((found.noise_sd_counts[14].unwrap() - net[14].sqrt() / 0.5).abs() < 1e-9);
        let [low, high] = found.noise_band_counts()[0].unwrap();
        assert!((low - (1400.0 - 1.96 * 1400.0_f64.sqrt())).abs() < 1e-6 && (high - low) > 0.0);
        assert_eq!(found.noise_band_counts()[15], None);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (net, drop_off) = curve();
        let noise = CountingNoise::independent(vec![1.0; 16]);
        let of = |net: &[f64], usable: &[bool]| FunctionCurve::new(net, usable, &drop_off, &noise, None, 4);
        assert_eq!(of(&net[..8], &[true; 8]), Err(Refusal::Shapes));
        assert_eq!(of(&net, &[false; 16]), Err(Refusal::NoCurve));
        assert_eq!(of(&[f64::NAN; 16], &[true; 16]), Err(Refusal::NoCurve));
        let text = serde_json::to_string(&of(&net, &[true; 16]).unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<FunctionCurve>(&text).unwrap(), of(&net, &[true; 16]).unwrap());
    }
}
