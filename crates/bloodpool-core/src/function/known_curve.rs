//! `known_curve`: the quantities of a curve that is known without noise, for example the volumes of a simulated ventricle.

use super::features::{Features, Sampler, Spans};
use super::quantity::Quantity;
use super::refusal::Refusal;
use crate::measure::curve::Harmonics;
use crate::protocol::FrameChoice;

/// Harmonics that the curve is represented by: what a cycle of 1,000 ms shows down to 25 ms.
const HARMONICS: usize = 40;

/// One quantity of a curve, or why the curve has none.
pub type KnownQuantity = (Quantity, Result<f64, Refusal>);

/// Every quantity of [`Quantity::OF_CURVE`] by the definitions that measured curves are read with, and the LVEF before them.
///
/// `values`: at equal steps of the cycle, the first one at the R wave; `cycle_ms`: its length; `choice`: where ED and ES are looked
/// for. The curve is represented by 40 harmonics (fewer where it has fewer than 81 values), against the four of measured curves: what
/// those smooth away is part of the error that a comparison with these values shows.
///
/// # Errors
/// [`Refusal::NoCurve`] when a value or the length is not finite and positive or there are too few values, and what a measured
/// curve is refused for.
pub fn known_curve(values: &[f64], cycle_ms: f64, choice: &FrameChoice) -> Result<Vec<KnownQuantity>, Refusal> {
    let steps = values.len();
    let count = HARMONICS.min(steps.saturating_sub(1) / 2);
    if count == 0 || !(cycle_ms.is_finite() && cycle_ms > 0.0) || !values.iter().all(|value| value.is_finite()) {
        return Err(Refusal::NoCurve);
    }
    let fit = Harmonics::fit(values, &vec![1.0; steps], count).ok_or(Refusal::NoCurve)?;
    let choice = FrameChoice { ed_override: None, es_override: None, ..choice.clone() };
    let spans = Spans { choice: &choice, frames: steps, frame_time_ms: cycle_ms / steps as f64, first_at: 0.0 };
    let found = Features::of(&fit, &Sampler::new(fit.count()), spans)?;
    let full = found.end_diastole.counts;
    let lvef_percent = (full - found.end_systole.counts) / full * 100.0;
    let of_curve = Quantity::OF_CURVE.into_iter().zip(found.values);
    Ok(std::iter::once((Quantity::Lvef, Ok(lvef_percent))).chain(of_curve).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{PI, TAU};

    fn value(found: &[KnownQuantity], quantity: Quantity) -> f64 {
        found.iter().find(|(other, _)| *other == quantity).unwrap().1.clone().unwrap()
    }

    #[test]
    fn a_piecewise_cosine_has_the_values_worked_out_by_hand() {
        // 100 ml fall by half a cosine to 40 ml over 0.4 of a cycle of 1,000 ms and rise likewise over the rest: LVEF 60, the
        // steepest fall (pi / 2) x 60 / 0.4 s = 235.62 ml/s at 200 ms, the steepest rise (pi / 2) x 60 / 0.6 s at 300 ms after ES.
        let ease = |x: f64| 0.5 - 0.5 * (PI * x).cos();
        let volume = |t: f64| if t < 0.4 { 100.0 - 60.0 * ease(t / 0.4) } else { 40.0 + 60.0 * ease((t - 0.4) / 0.6) };
        let values: Vec<f64> = (0..240).map(|step| volume(f64::from(step) / 240.0)).collect();
        let found = known_curve(&values, 1000.0, &FrameChoice::default()).unwrap();
        let near = |quantity: Quantity, expected: f64, within: f64| {
            let found = value(&found, quantity);
            assert!((found - expected).abs() < within, "{quantity:?}: {found} is not {expected}");
        };
        near(Quantity::Lvef, 60.0, 0.02);
        near(Quantity::PeakEjectionRate, PI / 2.0 * 60.0 / 0.4 / 100.0, 0.01);
        near(Quantity::TimeToPeakEjection, 200.0, 3.0);
        near(Quantity::PeakFillingRate, PI / 2.0 * 60.0 / 0.6 / 100.0, 0.01);
        near(Quantity::TimeToPeakFilling, 300.0, 3.0);
        // A third of the way, half a cosine has made a quarter of its change.
        near(Quantity::FirstThirdEjection, 15.0, 0.2);
        near(Quantity::FirstThirdFilling, 25.0, 0.3);
        near(Quantity::EjectionTime, 400.0, 2.0);
        near(Quantity::FillingTime, 600.0, 2.0);
    }

    #[test]
    fn what_is_no_curve_is_refused() {
        let choice = FrameChoice::default();
        let cosine: Vec<f64> = (0..60).map(|step| 100.0 + 30.0 * (TAU * f64::from(step) / 60.0).cos()).collect();
        assert!(known_curve(&cosine, 900.0, &choice).is_ok());
        assert_eq!(known_curve(&cosine, 0.0, &choice), Err(Refusal::NoCurve));
        assert_eq!(known_curve(&cosine, f64::NAN, &choice), Err(Refusal::NoCurve));
        assert_eq!(known_curve(&[1.0, f64::INFINITY, 3.0, 4.0], 900.0, &choice), Err(Refusal::NoCurve));
        assert_eq!(known_curve(&[], 900.0, &choice), Err(Refusal::NoCurve));
    }
}
