//! Discs: the simplest pictures that grow and shrink like a ventricle but do not show one.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Blob, Canvas, within};
use super::{Layer, pulse};

/// One disc or ellipse.
struct Disc {
    at: [f64; 2],
    half: [f64; 2],
    turn: f64,
    profile: f64,
    amount: f64,
}

impl Disc {
    fn draw(rng: &mut ChaCha8Rng, half_field: f64) -> Self {
        let radius = within(rng, 0.07, 0.4) * half_field;
        let room = half_field - radius;
        let round = rng.random_bool(0.6);
        Self {
            at: [within(rng, -0.7, 0.7) * room, within(rng, -0.7, 0.7) * room],
            half: [radius, if round { radius } else { radius * within(rng, 0.5, 1.0) }],
            turn: within(rng, 0.0, 3.1),
            profile: if rng.random_bool(0.4) { 0.0 } else { within(rng, 0.1, 2.0) },
            amount: within(rng, 0.4, 1.5),
        }
    }

    /// The disc at `size` of its radius.
    fn add_to(&self, canvas: &mut Canvas, size: f64, amount: f64) {
        let blob = Blob::new(self.at, self.half.map(|half| half * size), self.turn).profile(self.profile);
        canvas.add(|x, y| amount * blob.value(x, y));
    }
}

/// What lies around: nothing, an even level, or a body with a few soft spots.
fn surroundings(rng: &mut ChaCha8Rng, blank: &Canvas) -> Canvas {
    let mut image = blank.clone();
    let half = image.half_mm();
    let level = if rng.random_bool(0.2) { 0.005 } else { within(rng, 0.02, 0.8) };
    image.add(|_, _| level);
    if rng.random_bool(0.5) {
        let body = Blob::new([0.0, 0.0], [within(rng, 0.6, 1.3) * half, 2.0 * half], 0.0).profile(0.3);
        image.scale(|x, y| 0.05 + 0.95 * body.value(x, y));
        for _ in 0..rng.random_range(0..6) {
            let at = [within(rng, -1.0, 1.0) * half, within(rng, -1.0, 1.0) * half];
            let size = [within(rng, 0.1, 0.5) * half, within(rng, 0.1, 0.5) * half];
            let (spot, amount) = (Blob::new(at, size, 0.0).profile(1.5), within(rng, -0.5, 1.0) * level);
            image.add(|x, y| amount * spot.value(x, y));
        }
        image.values.iter_mut().for_each(|value| *value = value.max(0.0));
    }
    image
}

/// One to three discs that do not change.
pub(super) fn still(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = surroundings(rng, blank);
    let half = image.half_mm();
    for _ in 0..rng.random_range(1..=3) {
        let disc = Disc::draw(rng, half);
        disc.add_to(&mut image, 1.0, disc.amount);
    }
    vec![Layer::still(image)]
}

/// Discs that grow and shrink; their number is at least one. Partners beat with the first, against it, or on their own.
pub(super) fn pulsating(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize, count: usize) -> Vec<Layer> {
    let still = surroundings(rng, blank);
    let half = still.half_mm();
    let first = pulse(rng, frames);
    let mut pictures: Vec<Canvas> = vec![blank.clone(); frames];
    for index in 0..count {
        let disc = Disc::draw(rng, half);
        let contraction: Vec<f64> = match rng.random_range(0..3) {
            _ if index == 0 => first.clone(),
            0 => first.clone(),
            1 => first.iter().map(|c| 1.0 - c).collect(),
            _ => pulse(rng, frames),
        };
        // The disc is a ball that empties by this fraction; its brightness follows its depth or stays.
        let (emptied, deep) = (within(rng, 0.15, 0.9), rng.random_bool(0.6));
        for (picture, c) in pictures.iter_mut().zip(&contraction) {
            let size = (1.0 - emptied * c).max(0.02).cbrt();
            disc.add_to(picture, size, disc.amount * if deep { size } else { 1.0 });
        }
    }
    let lone = |frame: usize| (0..frames).map(|k| f64::from(u8::from(k == frame))).collect();
    let moving = pictures.into_iter().enumerate().map(|(frame, image)| Layer { image, course: lone(frame) });
    std::iter::once(Layer::still(still)).chain(moving).collect()
}
