//! Test objects of quality control, and noise.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Blob, Canvas, Tube, smooth_field, within};
use super::{Layer, pulse};

/// A flood source: even, with the pattern of the photomultiplier tubes, a gradient, or a bright rim.
pub(super) fn flood(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let half = image.half_mm();
    let slope = [within(rng, -0.25, 0.25) / half, within(rng, -0.25, 0.25) / half];
    let tubes = if rng.random_bool(0.5) { within(rng, 0.01, 0.15) } else { 0.0 };
    let pitch = within(rng, 45.0, 80.0);
    let rim = if rng.random_bool(0.4) { within(rng, 0.1, 0.8) } else { 0.0 };
    let useful = [within(rng, 0.6, 1.1) * half, within(rng, 0.6, 1.1) * half];
    let round = rng.random_bool(0.4);
    image.add(|x, y| {
        let (u, v) = (x / useful[0], y / useful[1]);
        let away = if round { u.hypot(v) } else { u.abs().max(v.abs()) };
        if away > 1.0 {
            return 0.01;
        }
        // Three waves 60 degrees apart make the hexagonal pattern of the tubes.
        let pattern: f64 = (0..3).map(|k| (TAU * along(x, y, f64::from(k) * TAU / 6.0) / pitch).cos()).sum();
        1.0 + slope[0] * x + slope[1] * y + tubes * pattern + rim * away.powi(12)
    });
    if rng.random_bool(0.3) {
        let sd = within(rng, 0.02, 0.2);
        image.mottle(rng, sd, 30.0);
    }
    if rng.random_bool(0.15) {
        // A tube that has failed.
        let at = [within(rng, -0.6, 0.6) * half, within(rng, -0.6, 0.6) * half];
        let dead = Blob::new(at, [0.5 * pitch, 0.5 * pitch], 0.0).profile(0.3);
        image.scale(|x, y| 1.0 - 0.8 * dead.value(x, y));
    }
    vec![Layer::still(image)]
}

fn along(x: f64, y: f64, angle: f64) -> f64 {
    x * angle.cos() + y * angle.sin()
}

/// Bars of lead in front of a flood: four quadrants of different widths, or one pattern.
pub(super) fn bars(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let half = image.half_mm();
    let widths: [f64; 4] = std::array::from_fn(|_| within(rng, 3.0, 0.15 * half.max(40.0)));
    let one = rng.random_bool(0.3);
    let (turn, passes) = (within(rng, 0.0, 0.3), within(rng, 0.02, 0.4));
    image.add(|x, y| {
        let quadrant = usize::from(x > 0.0) + 2 * usize::from(y > 0.0);
        let (width, angle) =
            if one { (widths[0], turn) } else { (widths[quadrant], turn + TAU / 4.0 * (quadrant % 2) as f64) };
        if x.hypot(y) > 0.98 * half {
            0.01
        } else if (along(x, y, angle) / width).rem_euclid(2.0) < 1.0 {
            1.0
        } else {
            passes
        }
    });
    vec![Layer::still(image)]
}

/// Line sources, parallel, crossed or single, and point sources.
pub(super) fn lines(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let half = image.half_mm();
    let haze = within(rng, 0.0, 0.1);
    image.add(|_, _| haze);
    let angle = within(rng, 0.0, TAU);
    for k in 0..rng.random_range(0..8) {
        let turned = angle + if rng.random_bool(0.2) { TAU / 4.0 } else { 0.0 };
        let (off, long) = ((f64::from(k) - 3.0) * within(rng, 20.0, 50.0), within(rng, 0.4, 1.4) * half);
        let end = |along: f64| [along * turned.cos() - off * turned.sin(), along * turned.sin() + off * turned.cos()];
        let tube = Tube::new(vec![end(-long), end(long)], within(rng, 2.0, 7.0));
        let amount = within(rng, 0.5, 1.5);
        image.add(|x, y| amount * tube.value(x, y));
    }
    for _ in 0..rng.random_range(1..6) {
        let at = [within(rng, -0.9, 0.9) * half, within(rng, -0.9, 0.9) * half];
        let radius = within(rng, 2.0, 10.0);
        let (point, amount) = (Blob::new(at, [radius, radius], 0.0), within(rng, 0.5, 3.0));
        image.add(|x, y| amount * point.value(x, y));
    }
    // A narrow line may fall between pixel centres: the camera's own resolution comes before the sampling.
    let fine = 0.6 * image.pixel_mm;
    vec![Layer::still(image.blurred(fine))]
}

/// A cylinder or box of activity with cold or hot inserts.
pub(super) fn tank(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let half = image.half_mm();
    let (wide, high) = (within(rng, 0.3, 0.9) * half, within(rng, 0.3, 0.9) * half);
    let upright = rng.random_bool(0.5);
    let body = Blob::new([0.0, 0.0], [wide, if upright { wide } else { high }], 0.0).profile(within(rng, 0.0, 0.6));
    let square = rng.random_bool(0.3);
    image.add(|x, y| if square { f64::from(u8::from(x.abs() < wide && y.abs() < high)) } else { body.value(x, y) });
    let hot = rng.random_bool(0.4);
    let inserts = rng.random_range(0..9);
    let ring = 0.55 * wide.min(high);
    for k in 0..inserts {
        let angle = TAU * f64::from(k) / f64::from(inserts);
        let radius = within(rng, 4.0, 0.25 * wide.min(high) + 5.0);
        let insert = Blob::new([ring * angle.cos(), ring * angle.sin()], [radius, radius], 0.0);
        let amount = within(rng, 0.3, 0.95) * if hot { -3.0 } else { 1.0 };
        image.scale(|x, y| 1.0 - amount * insert.value(x, y));
    }
    let haze = within(rng, 0.005, 0.05);
    image.add(|_, _| haze);
    vec![Layer::still(image)]
}

/// Noise: fields of one grain or several, still, new in every frame, or swelling with the cycle.
pub(super) fn noise(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
    let side = blank.side;
    let sd = within(rng, 0.1, 1.2);
    let grains: Vec<f64> = match rng.random_range(0..3) {
        0 => vec![0.0],
        1 => vec![within(rng, 0.5, 12.0) * side as f64 / 64.0],
        _ => [0.5, 1.5, 4.0, 10.0].map(|grain| grain * side as f64 / 64.0).to_vec(),
    };
    let draw = |rng: &mut ChaCha8Rng| {
        let mut values = vec![0.0_f32; side * side];
        for &grain in &grains {
            let field = smooth_field(rng, side, grain);
            values.iter_mut().zip(field).for_each(|(value, f)| *value += f / (grains.len() as f32).sqrt());
        }
        values.iter_mut().for_each(|value| *value = (sd as f32 * *value).exp());
        Canvas { values, ..blank.clone() }
    };
    match rng.random_range(0..3) {
        0 => vec![Layer::still(draw(rng))],
        1 => {
            let lone = |frame: usize| (0..frames).map(|k| f64::from(u8::from(k == frame))).collect();
            (0..frames).map(|frame| Layer { image: draw(rng), course: lone(frame) }).collect()
        }
        _ => {
            let depth = within(rng, 0.05, 0.9);
            let course: Vec<f64> = pulse(rng, frames).iter().map(|c| 1.0 - depth * c).collect();
            vec![Layer::still(draw(rng)), Layer { image: draw(rng), course }]
        }
    }
}
