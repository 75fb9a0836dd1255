//! Thyroid, brain and salivary glands.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Layer;
use super::canvas::{Blob, Canvas, Tube, within};

/// The thyroid: two lobes and a bridge, nodules, sometimes salivary glands.
pub(super) fn thyroid(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    // A pinhole enlarges.
    let size = within(rng, 0.9, 1.8) * (image.half_mm() / 110.0).clamp(0.7, 1.2);
    let at = [within(rng, -20.0, 20.0), within(rng, -30.0, 30.0)];
    neck(rng, &mut image, at);
    for sign in [-1.0, 1.0] {
        let half = [within(rng, 9.0, 16.0) * size, within(rng, 20.0, 34.0) * size];
        let lobe_at = [at[0] + sign * (half[0] + within(rng, 2.0, 8.0) * size), at[1] + within(rng, -5.0, 5.0) * size];
        let lobe = Blob::new(lobe_at, half, sign * within(rng, 0.0, 0.35)).irregular(rng, 0.2);
        let amount = if rng.random_bool(0.08) { 0.1 } else { within(rng, 0.6, 1.2) };
        image.add(|x, y| amount * lobe.value(x, y));
        if rng.random_bool(0.35) {
            let radius = within(rng, 4.0, 12.0) * size;
            let place = [lobe_at[0] + within(rng, -0.6, 0.6) * half[0], lobe_at[1] + within(rng, -0.7, 0.7) * half[1]];
            let (nodule, hot) = (Blob::new(place, [radius, radius], 0.0), rng.random_bool(0.5));
            let amount = if hot { -within(rng, 0.5, 3.0) } else { within(rng, 0.4, 0.9) };
            image.scale(|x, y| 1.0 - amount * nodule.value(x, y));
        }
    }
    let y = at[1] + 10.0 * size;
    let bridge = Tube::new(vec![[at[0] - 14.0 * size, y], [at[0] + 14.0 * size, y]], 6.0 * size);
    let amount = within(rng, 0.0, 0.6);
    image.add(|x, y| amount * bridge.value(x, y));
    if rng.random_bool(0.5) {
        glands(rng, &mut image, [at[0], at[1] - 75.0 * size], 0.5);
    }
    vec![Layer::still(image)]
}

/// Salivary glands with thyroid and mouth.
pub(super) fn salivary(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let at = [within(rng, -25.0, 25.0), within(rng, -45.0, 25.0)];
    neck(rng, &mut image, at);
    let head = Blob::new([at[0], at[1] - 35.0], [78.0, 105.0], 0.0).profile(0.4);
    let amount = within(rng, 0.08, 0.25);
    image.add(|x, y| amount * head.value(x, y));
    glands(rng, &mut image, at, 1.0);
    for sign in [-1.0, 1.0] {
        let lobe = Blob::new([at[0] + sign * 17.0, at[1] + 95.0], [12.0, 25.0], sign * 0.2);
        let amount = within(rng, 0.3, 1.3);
        image.add(|x, y| amount * lobe.value(x, y));
    }
    vec![Layer::still(image)]
}

fn neck(rng: &mut ChaCha8Rng, image: &mut Canvas, at: [f64; 2]) {
    let level = within(rng, 0.04, 0.25);
    let (throat, shoulders) = (within(rng, 50.0, 75.0), within(rng, 60.0, 130.0));
    image.add(|x, y| {
        let wide = throat + ((y - at[1] - shoulders) / 15.0).clamp(0.0, 12.0) * 12.0;
        level * ((wide - (x - at[0]).abs()) / 20.0).clamp(0.05, 1.0)
    });
}

/// Parotid and submandibular glands and the mouth round `at`.
fn glands(rng: &mut ChaCha8Rng, image: &mut Canvas, at: [f64; 2], strength: f64) {
    for sign in [-1.0, 1.0] {
        let parotid = Blob::new([at[0] + sign * 55.0, at[1] - 15.0], [14.0, 28.0], -sign * 0.2).irregular(rng, 0.2);
        let lower = Blob::new([at[0] + sign * 28.0, at[1] + 25.0], [14.0, 13.0], 0.0);
        let (a, b) = (strength * within(rng, 0.5, 1.3), strength * within(rng, 0.4, 1.2));
        image.add(|x, y| a * parotid.value(x, y) + b * lower.value(x, y));
    }
    let mouth = Blob::new([at[0], at[1] - 5.0], [25.0, 11.0], 0.0);
    let amount = strength * within(rng, 0.0, 1.2);
    image.add(|x, y| amount * mouth.value(x, y));
}

/// The brain from the front, the back or the side.
pub(super) fn brain(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let side_view = rng.random_bool(0.4);
    let at = [within(rng, -20.0, 20.0), within(rng, -35.0, 15.0)];
    let half =
        if side_view { [within(rng, 80.0, 95.0), 64.0] } else { [within(rng, 62.0, 74.0), within(rng, 66.0, 80.0)] };
    let cortex = Blob::new(at, half, within(rng, -0.15, 0.15)).profile(within(rng, 0.25, 0.6)).irregular(rng, 0.05);
    image.add(|x, y| cortex.value(x, y));
    let depth = within(rng, 0.1, 0.5);
    for sign in [-1.0, 1.0] {
        let white = Blob::new([at[0] + sign * 28.0, at[1] - 5.0], [20.0, 36.0], sign * 0.15).profile(1.0);
        image.scale(|x, y| 1.0 - depth * white.value(x, y));
        let core = Blob::new([at[0] + sign * 14.0, at[1] + 8.0], [8.0, 14.0], 0.0);
        let amount = within(rng, 0.0, 0.3);
        image.add(|x, y| amount * core.value(x, y));
    }
    if !side_view {
        let cleft = Tube::new(vec![[at[0], at[1] - half[1]], [at[0], at[1]]], 7.0);
        let amount = within(rng, 0.1, 0.5);
        image.scale(|x, y| 1.0 - amount * cleft.value(x, y));
    }
    let low = if side_view { [at[0] + 45.0, at[1] + 52.0] } else { [at[0], at[1] + 58.0] };
    let small = Blob::new(low, [within(rng, 35.0, 50.0), 24.0], 0.0);
    let skull = Blob::new([at[0], at[1] + 15.0], [half[0] + 14.0, half[1] + 40.0], 0.0).profile(0.3);
    let (a, b) = (within(rng, 0.5, 1.0), within(rng, 0.05, 0.3));
    image.add(|x, y| a * small.value(x, y) + b * skull.value(x, y));
    neck(rng, &mut image, [at[0], at[1] + 40.0]);
    let (sd, grain) = (within(rng, 0.03, 0.2), within(rng, 8.0, 20.0));
    image.mottle(rng, sd, grain);
    vec![Layer::still(image)]
}
