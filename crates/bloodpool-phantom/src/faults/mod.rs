//! Studies for which no LVEF, or only one with a warning, should be given: every kind, made from any family of hearts.

mod counts;
mod cycle;
mod field;
mod kind;
mod place;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod toy;

use bloodpool_core::{Gating, Orientation, SampleError, Shown, View};
use rand::{Rng, RngExt};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

pub(crate) use counts::{AfterNoise, after_noise};
pub(crate) use kind::Kind;
pub use kind::{Class, Reference};

use crate::expected::Expected;
use crate::no_heart;
use crate::request::Request;
use crate::study::SimulatedStudy;

/// A made-bad study before noise, and what happens to it afterwards.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    /// Noise-free counts with what is true of them.
    pub(crate) expected: Expected,
    /// What happens to the counts and to what the file records, in this order.
    pub(crate) after_noise: Vec<AfterNoise>,
    /// What is wrong.
    pub(crate) fault: Fault,
}

/// What was made wrong with a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Fault {
    /// In kebab case, for example `mirrored`.
    pub kind: &'static str,
    /// The group that it is reported in.
    pub class: Class,
    /// What an error of LVEF is measured against.
    pub reference: Reference,
}

impl Made {
    /// The study, with noise, `exposure` times as bright.
    ///
    /// # Errors
    /// [`SampleError`] when the result is not a gated study.
    pub(crate) fn into_study(
        self,
        rng: &mut impl Rng,
        (seed, index): (u64, u64),
        exposure: f32,
    ) -> Result<SimulatedStudy, SampleError> {
        let mut simulated = self.expected.into_study(rng, (seed, index), exposure)?;
        simulated.truth.fault = Some(self.fault);
        let study = after_noise(&simulated.labelled.study, &self.after_noise);
        simulated.labelled.study = study.map_err(|e| SampleError { index, message: e.to_string() })?;
        Ok(simulated)
    }
}

/// A study of this kind from a family of hearts; `matrix` fixes the side, otherwise 64 or 128 is drawn.
pub(crate) fn make(
    kind: Kind,
    rng: &mut ChaCha8Rng,
    hearts: &dyn Fn(&mut ChaCha8Rng, &Request) -> Expected,
    matrix: Option<usize>,
) -> Made {
    let request = request(kind, rng, matrix);
    let mut steps = Vec::new();
    let mut expected = match kind {
        Kind::NoHeart(picture) => no_heart::expected(rng, picture, &request),
        _ => hearts(rng, &request),
    };
    let frames = expected.total.dim().0;
    let lost = if kind == Kind::HalfOutside { rng.random_range(0.35..0.75) } else { rng.random_range(0.08..0.35) };
    expected = match kind {
        Kind::NoHeart(_) | Kind::StaticHeart | Kind::LvefBelowTen => expected,
        Kind::Seen(view) => Expected { shown: Shown { view: Some(view), ..expected.shown }, ..expected },
        Kind::Mirrored => place::turned(expected, turn(true, 0)),
        Kind::Turned90 => place::turned(expected, turn(false, 1)),
        Kind::Turned180 => place::turned(expected, turn(false, 2)),
        Kind::Turned270 => place::turned(expected, turn(false, 3)),
        Kind::Flipped => place::turned(expected, turn(true, 2)),
        Kind::MirroredTurned => place::turned(expected, turn(true, [1, 3][rng.random_range(0..2)])),
        Kind::RWaveShifted => regated(expected, &cycle::shifted(rng, frames), rng),
        Kind::TwoBeats => {
            expected.gating = of_two_beats(&expected.gating, frames);
            let made = regated(expected, &cycle::two_beats(rng, frames), rng);
            with_frame_time(made)
        }
        Kind::OutOfPhase => regated(expected, &cycle::out_of_phase(rng, frames), rng),
        Kind::FrameRepeated => {
            let (mix, copies) = cycle::repeated(rng, frames);
            if rng.random_bool(0.7) {
                steps.extend(copies.into_iter().map(|(from, to)| AfterNoise::CopyFrame { from, to }));
            }
            regated(expected, &mix, rng)
        }
        Kind::FramesDisordered => regated(expected, &cycle::disordered(rng, frames), rng),
        Kind::BeatsSmeared => hidden(expected, &cycle::smeared(rng, frames), rng),
        Kind::PartlyUntriggered => hidden(expected, &cycle::partly_untriggered(rng, frames), rng),
        Kind::CutByEdge | Kind::HalfOutside => field::cut(rng, expected, lost),
        Kind::TwoHearts => {
            let form = expected.total.dim();
            // A family that keeps its hearts may give one of another form; the first itself is a second of the same
            // form.
            let second = (0..8).map(|_| hearts(rng, &request)).find(|other| other.total.dim() == form);
            let second = second.unwrap_or_else(|| expected.clone());
            field::two_hearts(rng, expected, &second)
        }
        Kind::TinyHeart => field::tiny(rng, expected),
        Kind::PatientMoved => field::patient_moved(rng, expected),
        _ => {
            steps.extend(disturbed(kind, rng, &mut expected));
            expected
        }
    };
    if kind == Kind::StaticHeart {
        // Without motion it cannot be seen whether the gating was sound.
        expected.shown.gating_sound = None;
    }
    if kind == Kind::Inverted {
        // Its counts are not those of a heart any more.
        expected.shown.heart = false;
    }
    steps.extend(recorded_view(kind, rng));
    let fault = Fault { kind: kind.name(), class: kind.class(), reference: kind.reference() };
    Made { expected, after_noise: steps, fault }
}

/// Faults of the counts and of the recorded spacing.
fn disturbed(kind: Kind, rng: &mut ChaCha8Rng, expected: &mut Expected) -> Vec<AfterNoise> {
    match kind {
        Kind::WrongSpacing => counts::wrong_spacing(rng, expected),
        Kind::FrameDoubled => counts::frame_doubled(rng, expected),
        Kind::LastFramesEmpty => counts::last_frames_empty(rng, expected),
        Kind::HotPixels => counts::hot_pixels(rng, expected),
        Kind::FlippedBits => counts::flipped_bits(rng, expected),
        Kind::Clipped => counts::clipped(rng, expected),
        Kind::Wrapped => counts::wrapped(rng, expected),
        Kind::Inverted => vec![AfterNoise::Invert],
        Kind::FrameLow => {
            counts::frame_low(rng, expected);
            Vec::new()
        }
        Kind::CountLoss => {
            counts::count_loss(rng, expected);
            Vec::new()
        }
        _ => Vec::new(),
    }
}

/// What the family of hearts is asked for.
fn request(kind: Kind, rng: &mut ChaCha8Rng, matrix: Option<usize>) -> Request {
    let lvef = if kind == Kind::LvefBelowTen { 0.0..=10.0 } else { 10.0..=80.0 };
    let mut request = Request::ordinary(rng, &lvef, matrix);
    match kind {
        Kind::Seen(view) => {
            request.view = view;
            request.off_degrees = rng.random_range(-5.0..5.0);
        }
        Kind::StaticHeart => request.still = true,
        _ => {}
    }
    // The last frames are those of the recording: a fault of gating changes what they show, not that they are short.
    // Drop-off is therefore added after it.
    let regated = matches!(kind.class(), Class::Gating | Class::HiddenGating) && !request.still;
    if (regated && kind != Kind::LvefBelowTen) || kind == Kind::LastFramesEmpty {
        request.drop_off.clear();
    }
    request
}

fn turn(mirrored: bool, quarter_turns: u8) -> Orientation {
    Orientation { mirrored, quarter_turns }
}

/// Frames that do not follow one beat from the R wave on, and a drop-off at the recording's end.
fn regated(expected: Expected, mix: &cycle::Mix, rng: &mut ChaCha8Rng) -> Expected {
    let mut made = cycle::with_drop_off(cycle::mixed(expected, mix), rng);
    made.shown.gating_sound = Some(false);
    made
}

/// A fault of gating that images cannot show: the network's output for gating is not trained on it, the file's R-R data
/// are.
fn hidden(expected: Expected, mix: &cycle::Mix, rng: &mut ChaCha8Rng) -> Expected {
    let mut made = cycle::with_drop_off(cycle::mixed(expected, mix), rng);
    made.shown.gating_sound = None;
    let (many, wide) = [(true, true), (true, false), (false, true)][rng.random_range(0..3)];
    let gating = &mut made.gating;
    if let (Some(accepted), true) = (gating.beats_accepted, many) {
        let rejected = f64::from(accepted) * rng.random_range(0.2..1.5);
        gating.beats_rejected = Some(rejected.round() as u32);
    }
    if let (Some(rr), true) = (gating.rr_interval_ms, wide) {
        let (below, above) = (rng.random_range(0.25..0.6), rng.random_range(0.25..0.8));
        gating.rr_low_ms = Some((rr * (1.0 - below)).round());
        gating.rr_high_ms = Some((rr * (1.0 + above)).round());
    }
    made
}

/// What a file records when every second R wave was missed.
fn of_two_beats(gating: &Gating, frames: usize) -> Gating {
    let twice = |ms: Option<f64>| ms.map(|ms| 2.0 * ms);
    Gating {
        frame_time_ms: gating.rr_interval_ms.map(|rr| 2.0 * rr / frames.max(1) as f64),
        rr_interval_ms: twice(gating.rr_interval_ms),
        rr_low_ms: twice(gating.rr_low_ms),
        rr_high_ms: twice(gating.rr_high_ms),
        ..gating.clone()
    }
}

/// The frame time that belongs to the number of frames, which a fault may have changed.
fn with_frame_time(mut expected: Expected) -> Expected {
    let frames = expected.total.dim().0.max(1) as f64;
    expected.gating.frame_time_ms = expected.gating.rr_interval_ms.map(|rr| (rr / frames * 100.0).round() / 100.0);
    expected
}

/// What the file records as the view: of other pictures often LAO, as everything that goes through the same protocol.
fn recorded_view(kind: Kind, rng: &mut ChaCha8Rng) -> Option<AfterNoise> {
    let lao = AfterNoise::View(Some(View::LeftAnteriorOblique.in_words()));
    match kind.class() {
        Class::NotHeart => Some(if rng.random_bool(0.7) { lao } else { AfterNoise::View(None) }),
        // The two hearts have no view of their own, but the file of a heart study has.
        _ if kind == Kind::TwoHearts => Some(lao),
        Class::OtherView => match rng.random_range(0..100) {
            0..65 => Some(lao),
            65..90 => Some(AfterNoise::View(None)),
            _ => None,
        },
        _ => None,
    }
}
