//! Pictures from gamma cameras that do not show the blood pool of a heart, constant or changing in time.

mod canvas;
mod chest_and_belly;
mod devices;
mod discs;
mod head_and_glands;
mod skeleton;

use bloodpool_core::Shown;
use ndarray::Array3;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::expected::Expected;
use crate::request::Request;
use canvas::{Canvas, within};

/// What a picture shows instead of a heart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    /// Uniformity test with a flood source.
    Flood,
    /// Bar phantom, four quadrants or one pattern.
    Bars,
    /// Line and point sources, with or without scatter.
    Lines,
    /// Cylinder of activity with cold or hot inserts.
    Tank,
    /// Bone scan: chest, abdomen or pelvis.
    Bone,
    /// Liver and spleen, or bile ducts.
    Liver,
    /// Lung perfusion or ventilation.
    Lung,
    /// Kidneys, still or over minutes.
    Kidney,
    /// Thyroid.
    Thyroid,
    /// Brain.
    Brain,
    /// Salivary glands.
    Salivary,
    /// Stomach and bowel.
    Stomach,
    /// Blood pool of the abdomen: aorta, liver, spleen, kidneys.
    Belly,
    /// Heart muscle, gated, as in perfusion studies.
    HeartMuscle,
    /// Noise of several grains.
    Noise,
    /// One to three discs that do not change.
    StillDisc,
    /// One disc that grows and shrinks.
    PulsatingDisc,
    /// Two to four discs that grow and shrink, in phase or out of phase.
    PulsatingDiscs,
}

impl Picture {
    /// All pictures.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 18] = [
        Self::Flood,
        Self::Bars,
        Self::Lines,
        Self::Tank,
        Self::Bone,
        Self::Liver,
        Self::Lung,
        Self::Kidney,
        Self::Thyroid,
        Self::Brain,
        Self::Salivary,
        Self::Stomach,
        Self::Belly,
        Self::HeartMuscle,
        Self::Noise,
        Self::StillDisc,
        Self::PulsatingDisc,
        Self::PulsatingDiscs,
    ];

    /// In kebab case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flood => "flood",
            Self::Bars => "bars",
            Self::Lines => "lines",
            Self::Tank => "tank",
            Self::Bone => "bone",
            Self::Liver => "liver",
            Self::Lung => "lung",
            Self::Kidney => "kidney",
            Self::Thyroid => "thyroid",
            Self::Brain => "brain",
            Self::Salivary => "salivary",
            Self::Stomach => "stomach",
            Self::Belly => "belly",
            Self::HeartMuscle => "heart-muscle",
            Self::Noise => "noise",
            Self::StillDisc => "still-disc",
            Self::PulsatingDisc => "pulsating-disc",
            Self::PulsatingDiscs => "pulsating-discs",
        }
    }

    /// Smallest and largest field, mm, that show the whole object or nearly all of it.
    fn field_mm(self) -> (f64, f64) {
        match self {
            Self::Thyroid => (110.0, 330.0),
            Self::Brain | Self::Salivary => (210.0, 450.0),
            Self::Bone | Self::Lung | Self::Liver | Self::Kidney | Self::Belly | Self::Stomach => (260.0, 540.0),
            _ => (200.0, 540.0),
        }
    }

    fn draw(self, rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
        match self {
            Self::Flood => devices::flood(rng, blank),
            Self::Bars => devices::bars(rng, blank),
            Self::Lines => devices::lines(rng, blank),
            Self::Tank => devices::tank(rng, blank),
            Self::Noise => devices::noise(rng, blank, frames),
            Self::Bone => skeleton::bone(rng, blank),
            Self::Liver => chest_and_belly::liver(rng, blank, frames),
            Self::Lung => chest_and_belly::lung(rng, blank, frames),
            Self::Kidney => chest_and_belly::kidney(rng, blank, frames),
            Self::Stomach => chest_and_belly::stomach(rng, blank),
            Self::Belly => chest_and_belly::belly(rng, blank, frames),
            Self::HeartMuscle => chest_and_belly::heart_muscle(rng, blank, frames),
            Self::Thyroid => head_and_glands::thyroid(rng, blank),
            Self::Brain => head_and_glands::brain(rng, blank),
            Self::Salivary => head_and_glands::salivary(rng, blank),
            Self::StillDisc => discs::still(rng, blank),
            Self::PulsatingDisc => discs::pulsating(rng, blank, frames, 1),
            Self::PulsatingDiscs => {
                let count = rng.random_range(2..=4);
                discs::pulsating(rng, blank, frames, count)
            }
        }
    }
}

/// A picture and its brightness by frame; empty for one that does not change.
struct Layer {
    image: Canvas,
    course: Vec<f64>,
}

impl Layer {
    fn still(image: Canvas) -> Self {
        Self { image, course: Vec::new() }
    }
}

/// Counts of a picture without a heart, on the matrix, frames and counts that were asked for.
pub(crate) fn expected(rng: &mut ChaCha8Rng, picture: Picture, request: &Request) -> Expected {
    let (side, frames) = (request.side.max(1), request.frames.max(1));
    let (smallest, largest) = picture.field_mm();
    let pixel_mm = within(rng, smallest, largest) / side as f64;
    let layers = picture.draw(rng, &Canvas::blank(side, pixel_mm), frames);
    let device = matches!(picture, Picture::Flood | Picture::Bars | Picture::Lines | Picture::Noise);
    let sigma_mm = if device { within(rng, 1.5, 4.0) } else { within(rng, 3.0, 7.0) };
    let scatter = if device { 0.0 } else { within(rng, 0.0, 0.4) };
    let scatter_mm = within(rng, 18.0, 50.0);
    let circular = rng.random_bool(0.3);
    let path = motion(rng, frames);
    let layers: Vec<Layer> = layers
        .into_iter()
        .map(|layer| Layer { image: layer.image.blurred(sigma_mm).scattered(scatter, scatter_mm), ..layer })
        .collect();

    let mut total = Array3::zeros((frames, side, side));
    for (frame, mut out) in total.outer_iter_mut().enumerate() {
        let mut sum = Canvas::blank(side, pixel_mm);
        for layer in &layers {
            let times = layer.course.get(frame).copied().unwrap_or(1.0) as f32;
            sum.values.iter_mut().zip(&layer.image.values).for_each(|(sum, value)| *sum += times * value);
        }
        if path[frame] != [0.0, 0.0] {
            sum = sum.moved(path[frame]);
        }
        let radius = sum.half_mm();
        if circular {
            sum.scale(|x, y| if x.hypot(y) < radius { 1.0 } else { 0.0 });
        }
        out.iter_mut().zip(&sum.values).for_each(|(out, &value)| *out = value.max(0.0));
    }
    // A faint background keeps every frame from being empty.
    let mean = (total.sum() / frames as f32).max(f32::MIN_POSITIVE);
    let scale = request.counts_per_frame.max(1.0) as f32 / mean;
    let floor = request.counts_per_frame.max(1.0) as f32 * 0.002 / (side * side) as f32;
    for (frame, mut out) in total.outer_iter_mut().enumerate() {
        let kept = request.drop_off.get(frames - 1 - frame).copied().unwrap_or(1.0) as f32;
        out.mapv_inplace(|value| (value * scale + floor) * kept);
    }
    Expected {
        lv: Array3::zeros((frames, side, side)),
        rv: Array3::zeros((frames, side, side)),
        total,
        silhouettes: Vec::new(),
        visible: Vec::new(),
        rv_masks: Vec::new(),
        landmarks: Vec::new(),
        volumes_ml: Vec::new(),
        lvef: None,
        volumes: None,
        shown: Shown { heart: false, view: None, orientation: None, gating_sound: None },
        axis_to_view_degrees: None,
        side,
        pixel_mm,
        gating: request.gating(rng),
        words: picture.name().to_owned(),
    }
}

/// Where the object lies at each frame, mm: mostly still, sometimes moved by breath or by the pulse.
fn motion(rng: &mut ChaCha8Rng, frames: usize) -> Vec<[f64; 2]> {
    if rng.random_bool(0.6) {
        return vec![[0.0, 0.0]; frames];
    }
    let reach = [within(rng, -2.0, 2.0), within(rng, -4.0, 4.0)];
    let phase = within(rng, 0.0, std::f64::consts::TAU);
    (0..frames)
        .map(|frame| {
            let swing = (std::f64::consts::TAU * frame as f64 / frames as f64 + phase).sin();
            reach.map(|mm| mm * swing)
        })
        .collect()
}

/// Contraction, 0 to 1, in the middle of each frame: like a heart's, or a sine.
fn pulse(rng: &mut ChaCha8Rng, frames: usize) -> Vec<f64> {
    let heart_like = rng.random_bool(0.6);
    let (systole, filling) = (within(rng, 0.28, 0.48), within(rng, 0.08, 0.3));
    let late = if heart_like { within(rng, -0.05, 0.05) } else { within(rng, 0.0, 1.0) };
    let beats = if rng.random_bool(0.9) { 1.0 } else { 2.0 };
    (0..frames)
        .map(|frame| {
            let t = ((frame as f64 + 0.5) / frames as f64 * beats - late).rem_euclid(1.0);
            if !heart_like {
                0.5 - 0.5 * (std::f64::consts::TAU * t).cos()
            } else if t < systole {
                0.5 - 0.5 * (std::f64::consts::PI * t / systole).cos()
            } else {
                (-((t - systole) / filling).powi(2) / 2.0).exp() * (1.0 - (t - systole) / (1.0 - systole)).max(0.0)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn every_picture_has_the_counts_asked_for_and_no_heart() {
        for picture in Picture::ALL {
            for seed in 0..3 {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                let request = Request { drop_off: Vec::new(), ..Request::ordinary(&mut rng, &(10.0..=80.0), None) };
                let made = expected(&mut rng, picture, &request);
                assert_eq!(made.total.dim(), (request.frames, request.side, request.side), "{}", picture.name());
                assert!(made.total.iter().all(|v| v.is_finite() && *v > 0.0), "{} {seed}", picture.name());
                let mean = f64::from(made.total.sum()) / request.frames as f64;
                assert!((mean / request.counts_per_frame - 1.0).abs() < 0.02, "{} {seed}: {mean}", picture.name());
                assert!(made.lvef.is_none() && !made.shown.heart && made.shown.view.is_none());
                assert!(made.into_study(&mut rng, (1, 1), 1.0).is_ok(), "{}", picture.name());
            }
        }
    }

    #[test]
    fn what_pulsates_changes() {
        let change = |picture: Picture, seed: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let request = Request { drop_off: Vec::new(), ..Request::ordinary(&mut rng, &(10.0..=80.0), None) };
            let total = expected(&mut rng, picture, &request).total;
            let first = total.index_axis(ndarray::Axis(0), 0);
            let differs = |frame: ndarray::ArrayView2<'_, f32>| (&frame - &first).mapv(f32::abs).sum() / first.sum();
            total.outer_iter().map(differs).fold(0.0, f32::max)
        };
        for seed in 0..5 {
            let change = [Picture::PulsatingDisc, Picture::StillDisc].map(|picture| change(picture, seed));
            assert!(change[0] > 1e-3, "{seed}: {change:?}");
        }
    }

    #[test]
    fn a_pulse_runs_from_rest_to_full_contraction() {
        for seed in 0..100 {
            let pulse = pulse(&mut ChaCha8Rng::seed_from_u64(seed), 32);
            let (low, high) = pulse.iter().fold((1.0_f64, 0.0_f64), |(low, high), &v| (low.min(v), high.max(v)));
            assert!((0.0..0.05).contains(&low) && high > 0.9 && high <= 1.0, "{seed}: {low} {high}");
        }
    }
}
