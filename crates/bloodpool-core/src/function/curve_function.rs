//! `CurveFunction`: rates, times and fractions of the LV curve, each with its interval from counting noise.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::curve::{CurveFit, FunctionCurve, fitted_curve};
use super::estimate::Estimate;
use super::features::{Features, Place, QUANTITIES, Sampler, Spans};
use super::outline_share::OutlineShare;
use super::quantity::Quantity;
use super::refusal::{Outcome, Refusal};
use crate::measure::Measurement;
use crate::measure::counting_noise::CountingNoise;
use crate::measure::drop_off::DropOff;
use crate::protocol::{Estimator, FrameChoice};
use crate::random::Generator;
use crate::study::Gating;
use crate::validity::limits::NO_BEAT_ERRORS;
use crate::{FrameIndex, GatedStudy, Mask, Protocol, Segmentation};

/// Frame time above which rates and times are refused, ms. At rest LVEF needs 50 ms or less (Bacharach et al., J Nucl Med
/// 1979;20:189), and rates need shorter frames than LVEF.
pub const RATES_REFUSED_MS: f64 = 50.0;
/// Frame time above which rates are given with a warning, ms: peak ejection rate requires 40 ms per frame at rest, and peak
/// filling rate at least that (Bacharach et al. 1979).
pub const RATES_WARNED_MS: f64 = 40.0;
/// Fewest harmonics that show early filling and atrial contraction as two peaks.
const FEWEST_HARMONICS: usize = 3;
/// What every frame after the onset of atrial contraction must have kept. Of a frame that kept less, most beats are missing,
/// and what is left is not atrial contraction of the mean beat.
const ATRIAL_KEPT: f64 = 0.5;
/// Bootstrap samples: the 2.5 and 97.5 % quantiles of 399 are their 10th and 390th values.
const SAMPLES: usize = 399;
/// Largest share of bootstrap samples without a quantity: with more, the ends of its interval would be unknown.
const MISSING_SHARE: f64 = 0.05;
/// Seed of the bootstrap, so that the same study gives the same interval.
pub const BOOTSTRAP_SEED: u64 = 1;

/// One quantity of the curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurveResult {
    /// Which.
    pub quantity: Quantity,
    /// Its value and interval, or why there is none.
    pub outcome: Outcome<Estimate>,
}

/// Something that a reader of the rates must know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum CurveWarning {
    /// Frames are longer than rates need.
    FrameTimeLong {
        /// Duration of a frame, ms.
        frame_time_ms: f64,
    },
    /// Frames at the end of the cycle lost counts and were made up for.
    DropOff {
        /// Number of frames.
        frames: usize,
    },
    /// Fewer harmonics than asked for could be fitted.
    FewHarmonics {
        /// Harmonics that were fitted.
        fitted: usize,
    },
}

impl CurveWarning {
    /// Stable code: the `code` of its serialised form.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::FrameTimeLong { .. } => "frame_time_long",
            Self::DropOff { .. } => "drop_off",
            Self::FewHarmonics { .. } => "few_harmonics",
        }
    }
}

/// In words, as one sentence.
impl fmt::Display for CurveWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FrameTimeLong { frame_time_ms } => write!(
                f,
                "A frame lasts {frame_time_ms:.0} ms; rates are blurred by frames longer than {RATES_WARNED_MS:.0} ms."
            ),
            Self::DropOff { frames } => {
                let noun = if *frames == 1 { "frame" } else { "frames" };
                write!(f, "{frames} {noun} at the end of the cycle lost counts, which were made up for.")
            }
            Self::FewHarmonics { fitted } => {
                write!(f, "Only {fitted} harmonics can be fitted to so few frames; rates may read low.")
            }
        }
    }
}

/// A place on the smoothed curve, to be marked in a plot.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurveMark {
    /// Frames from the centre of the first frame; below 0 before it.
    pub frames: f64,
    /// Net counts of the smoothed curve.
    pub net_counts: f64,
}

/// Where the quantities are read. `None` where the curve has no such place.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurveMarks {
    /// Largest net counts near the R wave.
    pub end_diastole: CurveMark,
    /// Smallest net counts in systole.
    pub end_systole: CurveMark,
    /// Steepest fall.
    pub peak_ejection: Option<CurveMark>,
    /// Steepest rise before atrial contraction.
    pub peak_filling: Option<CurveMark>,
    /// Slowest filling before atrial contraction.
    pub atrial_onset: Option<CurveMark>,
}

/// What the LV curve tells beyond the LVEF.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CurveFunction {
    /// The curve itself.
    pub curve: FunctionCurve,
    /// Heart rate, beats per minute, from the R-R interval, or where that is not recorded from the frames; `None` without
    /// either.
    pub heart_rate_per_min: Option<f64>,
    /// Every quantity of [`Quantity::OF_CURVE`], in that order.
    pub results: Vec<CurveResult>,
    /// Where they are read; `None` where all are refused.
    pub marks: Option<CurveMarks>,
    /// What a reader must know.
    pub warnings: Vec<CurveWarning>,
    /// Samples of the bootstrap that intervals come from.
    pub bootstrap_samples: usize,
    /// Whether the intervals include the outline's share of the error, or counting noise alone.
    pub outline_share_added: bool,
}

/// What a curve is read from.
#[derive(Debug, Clone, Copy)]
pub struct CurveInput<'a> {
    /// Net counts by frame.
    pub net_counts: &'a [f64],
    /// Frames that have the ventricle.
    pub usable: &'a [bool],
    /// End-of-cycle drop-off.
    pub drop_off: &'a DropOff,
    /// Counting noise of the net counts.
    pub noise: &'a CountingNoise,
    /// How the cycle was gated.
    pub gating: &'a Gating,
    /// Where ED and ES are looked for.
    pub choice: &'a FrameChoice,
    /// Number of harmonics, for example [`super::HARMONICS`].
    pub harmonics: usize,
}

impl CurveFunction {
    /// Of a net curve.
    ///
    /// Intervals are basic bootstrap intervals (Davison and Hinkley, Bootstrap Methods and Their Application, 1997, eq. 5.6):
    /// counting noise is drawn anew about the smoothed curve, as a normal number of each frame's variance, which a sum of
    /// Poisson counts over a ROI is very nearly; outlines, LV fraction and drop-off are held. `seed`: for example
    /// [`BOOTSTRAP_SEED`].
    ///
    /// # Errors
    /// [`Refusal`] when there is no curve at all. What the curve cannot tell is refused one by one, in the results.
    pub fn new(input: CurveInput<'_>, seed: u64) -> Result<Self, Refusal> {
        let CurveInput { net_counts, usable, drop_off, noise, gating, harmonics, .. } = input;
        let curve = FunctionCurve::new(net_counts, usable, drop_off, noise, gating.frame_time_ms, harmonics)?;
        let mut warnings = Vec::new();
        if let Some(frame_time_ms) = curve.frame_time_ms.filter(|time| *time > RATES_WARNED_MS) {
            warnings.push(CurveWarning::FrameTimeLong { frame_time_ms });
        }
        if drop_off.frames() > 0 {
            warnings.push(CurveWarning::DropOff { frames: drop_off.frames() });
        }
        if curve.harmonics < harmonics {
            warnings.push(CurveWarning::FewHarmonics { fitted: curve.harmonics });
        }
        let found = read(&input, &curve, seed);
        let (outcomes, marks) = match found {
            Ok((outcomes, marks)) => (outcomes, Some(marks)),
            Err(refusal) => (std::array::from_fn(|_| Outcome::Refused(refusal.clone())), None),
        };
        let results = Quantity::OF_CURVE.into_iter().zip(outcomes);
        Ok(Self {
            heart_rate_per_min: heart_rate_per_min(gating, net_counts.len()),
            curve,
            results: results.map(|(quantity, outcome)| CurveResult { quantity, outcome }).collect(),
            marks,
            warnings,
            bootstrap_samples: SAMPLES,
            outline_share_added: false,
        })
    }

    /// Of a measurement of the LV by `protocol`, smoothed with [`super::HARMONICS`] and drawn with [`BOOTSTRAP_SEED`].
    ///
    /// # Errors
    /// As [`CurveFunction::new`].
    pub fn of(
        study: &GatedStudy,
        segmentation: &Segmentation,
        protocol: &Protocol,
        measured: &Measurement,
    ) -> Result<Self, Refusal> {
        let noise = CountingNoise::of(study, segmentation, protocol, measured).ok_or(Refusal::Shapes)?;
        let usable: Vec<bool> = match protocol.estimator {
            // Its curve does not depend on outlines.
            Estimator::Unmixed => vec![true; measured.curve.net_counts.len()],
            Estimator::Roi(_) | Estimator::BackgroundImage(_) => {
                segmentation.masks.iter().map(|mask: &Mask| !mask.is_empty()).collect()
            }
        };
        let input = CurveInput {
            net_counts: &measured.curve.net_counts,
            usable: &usable,
            drop_off: &measured.drop_off,
            noise: &noise,
            gating: &study.gating,
            choice: &protocol.frames,
            harmonics: super::curve::HARMONICS,
        };
        Self::new(input, BOOTSTRAP_SEED)
    }

    /// One quantity; `None` where it is none of the curve.
    #[must_use]
    pub fn outcome(&self, quantity: Quantity) -> Option<&Outcome<Estimate>> {
        self.results.iter().find(|result| result.quantity == quantity).map(|result| &result.outcome)
    }

    /// Takes one quantity back, for this reason.
    pub(super) fn refuse(&mut self, quantity: Quantity, refusal: &Refusal) {
        self.results.iter_mut().filter(|result| result.quantity == quantity).for_each(|result| {
            if matches!(result.outcome, Outcome::Value(_)) {
                result.outcome = Outcome::Refused(refusal.clone());
            }
        });
    }

    /// The same with intervals that include the outline's share of the error, which counting noise alone does not have.
    #[must_use]
    pub fn with_outline_share(mut self, share: OutlineShare) -> Self {
        for CurveResult { quantity, outcome } in &mut self.results {
            if let Outcome::Value(estimate) = outcome {
                *estimate = share.added(*quantity, *estimate);
            }
        }
        self.outline_share_added = true;
        self
    }
}

/// Beats per minute from the R-R interval or else from the frames.
fn heart_rate_per_min(gating: &Gating, frames: usize) -> Option<f64> {
    let by_frames = || Some(gating.frame_time_ms? * frames as f64);
    let interval_ms = gating.rr_interval_ms.filter(|ms| *ms > 0.0).or_else(by_frames)?;
    let rate = 60_000.0 / interval_ms;
    (rate.is_finite() && rate > 0.0).then_some(rate)
}

type Read = ([Outcome<Estimate>; QUANTITIES], CurveMarks);

fn read(input: &CurveInput<'_>, curve: &FunctionCurve, seed: u64) -> Result<Read, Refusal> {
    let &CurveInput { net_counts, usable, drop_off, noise, choice, harmonics, .. } = input;
    let frame_time_ms = curve.frame_time_ms.ok_or(Refusal::FrameTimeAbsent)?;
    if frame_time_ms > RATES_REFUSED_MS {
        return Err(Refusal::FrameTimeLong { frame_time_ms, limit_ms: RATES_REFUSED_MS });
    }
    if curve.harmonics < FEWEST_HARMONICS {
        return Err(Refusal::FewHarmonics { fitted: curve.harmonics, needed: FEWEST_HARMONICS });
    }
    let frames = net_counts.len();
    let CurveFit { projection, fit } = fitted_curve(net_counts, usable, drop_off, harmonics)?;
    let sampler = Sampler::new(fit.count());
    // The first frame's counts belong to its middle.
    let spans = Spans { choice, frames, frame_time_ms, first_at: 0.5 / frames as f64 };
    let mut found = Features::of(&fit, &sampler, spans)?;

    let (ed, es) = (found.end_diastole, found.end_systole);
    let kept: Vec<f64> = drop_off.kept.iter().map(|kept| kept.max(1e-6)).collect();
    let at = |place: Place| projection.weights_at(place.at).into_iter();
    let stroke_weights: Vec<f64> = at(ed).zip(at(es)).zip(&kept).map(|((ed, es), kept)| (ed - es) / kept).collect();
    let (stroke_counts, noise_counts) = (ed.counts - es.counts, noise.of_sum(&stroke_weights).max(0.0).sqrt());
    if !noise_counts.is_finite() {
        return Err(Refusal::NoCurve);
    }
    if stroke_counts < NO_BEAT_ERRORS * noise_counts {
        return Err(Refusal::NoBeat { stroke_counts, noise_counts });
    }
    if let Some(lost) = found.atrial_onset.and_then(|onset| lost_after(onset, &drop_off.kept)) {
        for (quantity, value) in Quantity::OF_CURVE.iter().zip(&mut found.values) {
            if *quantity == Quantity::AtrialContribution {
                *value = Err(lost.clone());
            }
        }
    }

    let mut samples: [Vec<f64>; QUANTITIES] = std::array::from_fn(|_| Vec::with_capacity(SAMPLES));
    let mut generator = Generator::new(seed);
    let level_sd = noise.level_variance.max(0.0).sqrt();
    for _ in 0..SAMPLES {
        let level = level_sd * generator.normal();
        let drawn: Vec<f64> = (0..frames)
            .map(|frame| {
                let own = noise.variance_by_frame[frame].max(0.0).sqrt() * generator.normal();
                curve.smoothed_counts[frame] + (own - noise.level_share[frame] * level) / kept[frame]
            })
            .collect();
        let Some(Ok(sample)) = projection.fit(&drawn).map(|fit| Features::of(&fit, &sampler, spans)) else { continue };
        for (samples, value) in samples.iter_mut().zip(sample.values) {
            samples.extend(value.ok());
        }
    }
    let values = found.values.clone();
    let mut drawn = samples.into_iter();
    let outcomes = values.map(|value| Outcome::from(value.and_then(|value| interval(value, drawn.next()))));
    Ok((outcomes, marks(&found, frames)))
}

/// The basic bootstrap interval; refused where too many samples have no such quantity.
fn interval(value: f64, samples: Option<Vec<f64>>) -> Result<Estimate, Refusal> {
    let mut samples = samples.unwrap_or_default();
    let missing_share = 1.0 - samples.len() as f64 / SAMPLES as f64;
    if missing_share > MISSING_SHARE {
        return Err(Refusal::Unstable { missing_share });
    }
    samples.sort_by(f64::total_cmp);
    let rank = |level: f64| ((samples.len() + 1) as f64 * level).round() as usize;
    let sample = |rank: usize| samples.get(rank.saturating_sub(1)).copied().unwrap_or(value);
    let (low, high) = (2.0 * value - sample(rank(0.975)), 2.0 * value - sample(rank(0.025)));
    // Of a very skew distribution both ends can lie on one side of the value.
    Ok(Estimate { value, low: low.min(value), high: high.max(value) })
}

/// Why the end of the cycle cannot be trusted; `None` where every frame after the onset kept enough.
fn lost_after(onset: Place, kept: &[f64]) -> Option<Refusal> {
    let frames = kept.len();
    let after = FrameIndex::all(frames).filter(|frame| frame.index() as f64 / frames as f64 >= onset.at);
    let worst = after.map(|frame| (frame, kept[frame.index()])).min_by(|a, b| a.1.total_cmp(&b.1));
    worst.filter(|&(_, kept)| kept < ATRIAL_KEPT).map(|(frame, kept)| Refusal::CycleEndLost { frame, kept })
}

fn marks(found: &Features, frames: usize) -> CurveMarks {
    let mark = |place: Place| CurveMark { frames: place.at * frames as f64, net_counts: place.counts };
    CurveMarks {
        end_diastole: mark(found.end_diastole),
        end_systole: mark(found.end_systole),
        peak_ejection: found.peak_ejection.map(mark),
        peak_filling: found.peak_filling.map(mark),
        atrial_onset: found.atrial_onset.map(mark),
    }
}

#[cfg(test)]
mod tests;
