//! Where a fitted curve falls and rises fastest, and what is read there: one value of each quantity of the LV curve.

use super::quantity::Quantity;
use super::refusal::Refusal;
use crate::measure::curve::{Harmonics, basis};
use crate::protocol::FrameChoice;

/// Places per cycle at which a fit is looked at; extremes are refined between them by a parabola.
const STEPS: usize = 720;
/// Share of the filling time from which a peak of filling passes for that of atrial contraction. In adults at rest rapid
/// filling takes the first half of diastole at most, and atrial contraction its last quarter.
const ATRIAL_FROM: f64 = 0.6;

/// Number of quantities of a curve.
pub(super) const QUANTITIES: usize = Quantity::OF_CURVE.len();

/// The basis of a fit, and its slope, at every step of the cycle, one after the other: computed once for all fits of so many
/// harmonics.
pub(super) struct Sampler {
    terms: usize,
    values: Vec<f64>,
    slopes: Vec<f64>,
}

/// A fit at every step of the cycle, and its slope per cycle.
struct Sampled {
    values: Vec<f64>,
    slopes: Vec<f64>,
}

impl Sampler {
    pub(super) fn new(harmonics: usize) -> Self {
        let bases: Vec<Vec<f64>> = (0..STEPS).map(|step| basis(step as f64 / STEPS as f64, harmonics)).collect();
        let slope_of = |value: &Vec<f64>| {
            let pairs = value[1..].chunks_exact(2).zip(1..);
            let turned = pairs.flat_map(|(pair, order)| {
                let speed = std::f64::consts::TAU * f64::from(order);
                [-speed * pair[1], speed * pair[0]]
            });
            std::iter::once(0.0).chain(turned).collect::<Vec<f64>>()
        };
        Self {
            terms: 2 * harmonics + 1,
            slopes: bases.iter().flat_map(slope_of).collect(),
            values: bases.into_iter().flatten().collect(),
        }
    }

    fn sample(&self, fit: &Harmonics) -> Sampled {
        let coefficients: Vec<f64> =
            std::iter::once(fit.mean()).chain(fit.terms().iter().flat_map(|&(cosine, sine)| [cosine, sine])).collect();
        let along = |table: &[f64]| {
            let steps = table.chunks_exact(self.terms);
            steps.map(|at| at.iter().zip(&coefficients).map(|(value, weight)| value * weight).sum()).collect()
        };
        Sampled { values: along(&self.values), slopes: along(&self.slopes) }
    }
}

/// Where ED and ES are looked for, and how long the cycle lasts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spans<'a> {
    pub(super) choice: &'a FrameChoice,
    pub(super) frames: usize,
    pub(super) frame_time_ms: f64,
    /// Time of the first value after the R wave, as a fraction of the cycle: half a frame for counts of frames.
    pub(super) first_at: f64,
}

/// A place on the curve: fraction of the cycle from the centre of the first frame, and net counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place {
    pub(super) at: f64,
    pub(super) counts: f64,
}

/// What one fitted curve tells.
#[derive(Debug, Clone)]
pub(super) struct Features {
    pub(super) end_diastole: Place,
    pub(super) end_systole: Place,
    pub(super) peak_ejection: Option<Place>,
    pub(super) peak_filling: Option<Place>,
    pub(super) atrial_onset: Option<Place>,
    /// In the order of [`Quantity::OF_CURVE`].
    pub(super) values: [Result<f64, Refusal>; QUANTITIES],
}

/// The peaks of filling.
struct Filling {
    early: Peak,
    /// Place of the slowest filling between the early and the atrial peak, steps.
    onset: Option<f64>,
}

/// A peak of a sampled curve: step and value, refined.
#[derive(Debug, Clone, Copy)]
struct Peak {
    step: f64,
    value: f64,
}

impl Features {
    /// Of a fit.
    ///
    /// # Errors
    /// [`Refusal::NoNetCounts`] when V(ED) is not positive, [`Refusal::NoPeak`] when ES does not follow ED.
    pub(super) fn of(fit: &Harmonics, sampler: &Sampler, spans: Spans<'_>) -> Result<Self, Refusal> {
        let sampled = sampler.sample(fit);
        let choice = spans.choice;
        let set = |frame: Option<crate::FrameIndex>| frame.map(|frame| frame.index() as f64 / spans.frames as f64);
        let within = choice.ed_within_cycle_fraction;
        let ed = set(choice.ed_override).map(|at| if at > 0.5 { at - 1.0 } else { at });
        let ed = ed.unwrap_or_else(|| extreme(&sampled.values, -within, within, 1.0).step / STEPS as f64);
        let es = set(choice.es_override);
        let es = es.unwrap_or_else(|| {
            let (from, to) = (choice.es_from_cycle_fraction, choice.es_to_cycle_fraction);
            extreme(&sampled.values, from, to, -1.0).step / STEPS as f64
        });
        let place = |at: f64| Place { at, counts: fit.at(at) };
        let (end_diastole, end_systole) = (place(ed), place(es));
        let (full, stroke) = (end_diastole.counts, end_diastole.counts - end_systole.counts);
        if !(full.is_finite() && full > 0.0) {
            return Err(Refusal::NoNetCounts { net_counts: if full.is_finite() { full } else { 0.0 } });
        }
        if es <= ed || stroke <= 0.0 {
            return Err(Refusal::NoPeak);
        }
        let next_ed = ed + 1.0;
        let steps = |at: f64| at * STEPS as f64;
        let cycle_ms = spans.frame_time_ms * spans.frames as f64;
        let per_second = |slope: f64| slope / full * 1000.0 / cycle_ms;

        let fall = extreme(&sampled.slopes, ed, es, -1.0);
        let fall = (fall.value < 0.0).then_some(fall).ok_or(Refusal::NoPeak);
        let filling = filling(&sampled.slopes, steps(es), steps(next_ed));
        let per = fall.clone().map(|peak| per_second(-peak.value));
        let pfr = filling.as_ref().map(|filling| per_second(filling.early.value)).map_err(Clone::clone);
        let onset = filling.as_ref().ok().and_then(|filling| filling.onset).map(|step| place(step / STEPS as f64));
        let after_r_wave = |peak: Peak| (peak.step / STEPS as f64 + spans.first_at) * cycle_ms;
        let after_es = |filling: &Filling| (filling.early.step / STEPS as f64 - es) * cycle_ms;
        let third = |from: f64, to: f64| fit.at(from + (to - from) / 3.0);
        let value = |quantity: Quantity| match quantity {
            Quantity::PeakEjectionRate => per.clone(),
            Quantity::TimeToPeakEjection => fall.clone().map(after_r_wave),
            Quantity::PeakFillingRate => pfr.clone(),
            Quantity::TimeToPeakFilling => filling.as_ref().map(after_es).map_err(Clone::clone),
            Quantity::FillingOverEjectionRate => Ok(pfr.clone()? / per.clone()?),
            Quantity::FirstThirdEjection => Ok((full - third(ed, es)) / full * 100.0),
            Quantity::FirstThirdFilling => Ok((third(es, next_ed) - end_systole.counts) / stroke * 100.0),
            Quantity::AtrialContribution => match onset {
                Some(onset) => Ok((full - onset.counts) / stroke * 100.0),
                None => Err(filling.as_ref().err().cloned().unwrap_or(Refusal::FillingFused)),
            },
            Quantity::EjectionTime => Ok((es - ed) * cycle_ms),
            Quantity::FillingTime => Ok((next_ed - es) * cycle_ms),
            Quantity::Lvef | Quantity::Rvef => Ok(stroke / full * 100.0),
        };
        let finite = |value: f64| if value.is_finite() { Ok(value) } else { Err(Refusal::NoCurve) };
        Ok(Self {
            end_diastole,
            end_systole,
            peak_ejection: fall.as_ref().ok().map(|peak| place(peak.step / STEPS as f64)),
            peak_filling: filling.as_ref().ok().map(|filling| place(filling.early.step / STEPS as f64)),
            atrial_onset: onset,
            values: Quantity::OF_CURVE.map(|quantity| value(quantity).and_then(finite)),
        })
    }
}

/// A sample, round the cycle. Steps are less than a cycle before its start or after its end, where no division is needed.
fn around(samples: &[f64], step: i64) -> f64 {
    let length = samples.len() as i64;
    let within = match step {
        step if (0..length).contains(&step) => step,
        step if (-length..0).contains(&step) => step + length,
        step => step.rem_euclid(length.max(1)),
    };
    samples.get(within as usize).copied().unwrap_or(0.0)
}

/// The highest (`sign` 1) or lowest (-1) sample between two fractions of the cycle, refined by the parabola through it and its
/// neighbours; at an end of the span, as it is.
fn extreme(samples: &[f64], from: f64, to: f64, sign: f64) -> Peak {
    let (first, last) = ((from * STEPS as f64).ceil() as i64, (to * STEPS as f64).floor() as i64);
    let best = (first..=last.max(first))
        .max_by(|&a, &b| (sign * around(samples, a)).total_cmp(&(sign * around(samples, b))))
        .unwrap_or(first);
    refined(samples, best)
}

fn refined(samples: &[f64], step: i64) -> Peak {
    let (before, at, after) = (around(samples, step - 1), around(samples, step), around(samples, step + 1));
    let bend = before - 2.0 * at + after;
    let off = 0.5 * (before - after) / bend;
    if off.is_finite() && off.abs() <= 1.0 {
        Peak { step: step as f64 + off, value: at - 0.25 * (before - after) * off }
    } else {
        Peak { step: step as f64, value: at }
    }
}

/// The early peak of filling and the place of the slowest filling before atrial contraction, between ES and the next ED, steps.
///
/// Of several peaks the early one is the largest of the first part of the filling time, or, where none is there, the first;
/// the atrial one is the largest of the rest of it.
fn filling(slopes: &[f64], from: f64, to: f64) -> Result<Filling, Refusal> {
    let peaks: Vec<i64> = (from.ceil() as i64..=to.floor() as i64)
        .filter(|&step| {
            let at = around(slopes, step);
            at > 0.0 && at > around(slopes, step - 1) && at >= around(slopes, step + 1)
        })
        .collect();
    let largest =
        |peaks: &mut dyn Iterator<Item = i64>| peaks.max_by(|&a, &b| around(slopes, a).total_cmp(&around(slopes, b)));
    let is_early = |step: i64| (step as f64 - from) < ATRIAL_FROM * (to - from);
    let early = largest(&mut peaks.iter().copied().filter(|&step| is_early(step)));
    let early = early.or_else(|| peaks.first().copied()).ok_or(Refusal::NoPeak)?;
    let atrial = largest(&mut peaks.iter().copied().filter(|&step| step > early && !is_early(step)));
    let onset = atrial.and_then(|atrial| {
        let slowest = (early..=atrial).min_by(|&a, &b| around(slopes, a).total_cmp(&around(slopes, b)))?;
        Some(refined(slopes, slowest).step)
    });
    Ok(Filling { early: refined(slopes, early), onset })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::TAU;

    fn fit_of(curve: impl Fn(f64) -> f64, frames: usize, harmonics: usize) -> Harmonics {
        let values: Vec<f64> = (0..frames).map(|frame| curve(frame as f64 / frames as f64)).collect();
        Harmonics::fit(&values, &vec![1.0; frames], harmonics).unwrap()
    }

    fn of(fit: &Harmonics, frames: usize, frame_time_ms: f64) -> Features {
        let choice = FrameChoice::default();
        let spans = Spans { choice: &choice, frames, frame_time_ms, first_at: 0.5 / frames as f64 };
        Features::of(fit, &Sampler::new(fit.count()), spans).unwrap()
    }

    fn value(features: &Features, quantity: Quantity) -> Result<f64, Refusal> {
        let at = Quantity::OF_CURVE.iter().position(|other| *other == quantity).unwrap();
        features.values[at].clone()
    }

    #[track_caller]
    fn near(features: &Features, quantity: Quantity, expected: f64, within: f64) {
        let found = value(features, quantity).unwrap();
        assert!((found - expected).abs() < within, "{quantity:?}: {found} is not {expected}");
    }

    #[test]
    fn a_cosine_has_the_rates_worked_out_by_hand() {
        // V = 1,000 + 400 cos(2 pi t), a cycle of 800 ms: V(ED) = 1,400 at 0, V(ES) = 600 at 0.5, steepest at 0.25 and 0.75
        // with 2 pi x 400 per cycle = 3,141.59 counts per second, over 1,400.
        let features = of(&fit_of(|t| 1000.0 + 400.0 * (TAU * t).cos(), 20, 4), 20, 40.0);
        let rate = TAU * 400.0 / 0.8 / 1400.0;
        near(&features, Quantity::PeakEjectionRate, rate, 1e-5);
        near(&features, Quantity::PeakFillingRate, rate, 1e-5);
        near(&features, Quantity::FillingOverEjectionRate, 1.0, 1e-5);
        // A quarter of the cycle and half a frame after the R wave; a quarter after ES.
        near(&features, Quantity::TimeToPeakEjection, 220.0, 0.01);
        near(&features, Quantity::TimeToPeakFilling, 200.0, 0.01);
        near(&features, Quantity::EjectionTime, 400.0, 0.01);
        near(&features, Quantity::FillingTime, 400.0, 0.01);
        // A third of 180 degrees is 60: 1,000 + 400 cos(60) = 1,200 and 1,000 + 400 cos(240) = 800.
        near(&features, Quantity::FirstThirdEjection, 200.0 / 1400.0 * 100.0, 1e-4);
        near(&features, Quantity::FirstThirdFilling, 25.0, 1e-4);
        assert_eq!(value(&features, Quantity::AtrialContribution), Err(Refusal::FillingFused));
    }

    /// A curve with early filling and atrial contraction.
    fn heart(t: f64) -> f64 {
        let terms = [(287.0, -249.0), (123.0, 131.0), (14.0, -11.0), (-12.0, 13.0)];
        let wave = |((cosine, sine), order): ((f64, f64), f64)| {
            cosine * (TAU * order * t).cos() + sine * (TAU * order * t).sin()
        };
        1100.0 + terms.into_iter().zip([1.0, 2.0, 3.0, 4.0]).map(wave).sum::<f64>()
    }

    #[test]
    fn a_heart_has_the_values_that_scipy_finds() {
        let features = of(&fit_of(heart, 24, 4), 24, 35.0);
        // SciPy 1.17: V = lambda t: 1100 + sum(c cos(2 pi k t) + s sin(2 pi k t)), D its derivative, 24 frames of 35 ms;
        // ed = minimize_scalar(lambda t: -V(t), bounds=(-.12, .12), method='bounded', options={'xatol': 1e-13}).x, likewise es
        // (V, .2 to .6), f (D, .05 to .3), e (-D, es to .65), o (D, .6 to .85); PER = -D(f) / V(ed) / .84, and so on.
        near(&features, Quantity::PeakEjectionRate, 3.722_187, 1e-4);
        near(&features, Quantity::TimeToPeakEjection, 153.603_758, 0.01);
        near(&features, Quantity::PeakFillingRate, 2.959_925, 1e-4);
        near(&features, Quantity::TimeToPeakFilling, 133.932_443, 0.01);
        near(&features, Quantity::FillingOverEjectionRate, 0.795_211, 1e-4);
        near(&features, Quantity::FirstThirdEjection, 15.964_937, 1e-3);
        near(&features, Quantity::FirstThirdFilling, 59.553_239, 1e-3);
        near(&features, Quantity::AtrialContribution, 31.762_626, 1e-3);
        near(&features, Quantity::EjectionTime, 286.399_645, 0.01);
        near(&features, Quantity::FillingTime, 553.600_355, 0.01);
        assert!((features.end_diastole.counts - 1_512.699_226).abs() < 1e-3);
        assert!((features.end_systole.counts - 594.466_627).abs() < 1e-3);
        assert_eq!(features.atrial_onset.map(|place| place.at > features.peak_filling.unwrap().at), Some(true));
    }

    #[test]
    fn curves_without_a_beat_are_refused() {
        let choice = FrameChoice::default();
        let spans = Spans { choice: &choice, frames: 16, frame_time_ms: 40.0, first_at: 0.5 / 16.0 };
        let of = |curve: fn(f64) -> f64| Features::of(&fit_of(curve, 16, 4), &Sampler::new(4), spans).map(|_| ());
        assert_eq!(of(|_| 500.0), Err(Refusal::NoPeak));
        // -100 + 50 at ED.
        let Err(Refusal::NoNetCounts { net_counts }) = of(|t| -100.0 + 50.0 * (TAU * t).cos()) else { panic!() };
        assert!((net_counts + 50.0).abs() < 1e-9);
        assert_eq!(of(|t| 1000.0 - 50.0 * (TAU * t).cos()), Err(Refusal::NoPeak));
    }
}
