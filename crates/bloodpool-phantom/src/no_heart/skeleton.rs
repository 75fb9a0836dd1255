//! Bone scans: spine, ribs, sternum, scapulae and pelvis, with kidneys, bladder and lesions.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::Layer;
use super::canvas::{Blob, Canvas, Tube, within};

/// A bone scan. Origin: the middle of the body at the tenth thoracic vertebra; the field is moved over the chest, the
/// abdomen or the pelvis.
pub(super) fn bone(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let anterior = rng.random_bool(0.5);
    let size = within(rng, 0.85, 1.15);
    let middle = [within(rng, -40.0, 40.0), [-130.0, 40.0, 230.0][rng.random_range(0..3)] + within(rng, -50.0, 50.0)];
    let turn = within(rng, -0.08, 0.08_f64);
    let (sin, cos) = turn.sin_cos();
    let body = move |x: f64, y: f64| ((cos * x - sin * y) / size + middle[0], (sin * x + cos * y) / size + middle[1]);
    let mut add = |amount: f64, shape: &dyn Fn(f64, f64) -> f64| {
        image.add(|x, y| {
            let (x, y) = body(x, y);
            amount * shape(x, y)
        });
    };
    let tissue = Blob::new([0.0, 60.0], [within(rng, 150.0, 210.0), 560.0], 0.0).profile(0.3);
    add(within(rng, 0.06, 0.2), &|x, y| tissue.value(x, y));

    spine(rng, anterior, &mut add);
    ribs(rng, anterior, &mut add);
    if anterior {
        let breastbone = Tube::new(vec![[0.0, -215.0], [0.0, -165.0], [0.0, -85.0]], within(rng, 11.0, 17.0));
        add(within(rng, 0.3, 0.7), &|x, y| breastbone.value(x, y));
        for sign in [-1.0, 1.0] {
            let collar = Tube::new(vec![[sign * 15.0, -215.0], [sign * 80.0, -228.0], [sign * 150.0, -250.0]], 6.0);
            add(within(rng, 0.3, 0.6), &|x, y| collar.value(x, y));
        }
    }
    for sign in [-1.0, 1.0] {
        let blade = Blob::new([sign * 98.0, -175.0], [26.0, 62.0], sign * 0.25).profile(1.0);
        add(within(rng, 0.1, if anterior { 0.2 } else { 0.5 }), &|x, y| blade.value(x, y));
        let shoulder = Blob::new([sign * 158.0, -235.0], [24.0, 26.0], 0.0);
        add(within(rng, 0.5, 1.1), &|x, y| shoulder.value(x, y));
        let arm = Tube::new(vec![[sign * 165.0, -225.0], [sign * within(rng, 185.0, 215.0), 60.0]], 11.0);
        add(within(rng, 0.15, 0.4), &|x, y| arm.value(x, y));
        let kidney = Blob::new([sign * within(rng, 55.0, 70.0), within(rng, 95.0, 125.0)], [26.0, 48.0], -sign * 0.2);
        add(within(rng, 0.1, if anterior { 0.3 } else { 0.7 }), &|x, y| kidney.value(x, y));
    }
    pelvis(rng, &mut add);
    for _ in 0..if rng.random_bool(0.4) { rng.random_range(1..8) } else { 0 } {
        let at = [within(rng, -140.0, 140.0), within(rng, -250.0, 330.0)];
        let lesion = Blob::new(at, [within(rng, 6.0, 20.0), within(rng, 6.0, 20.0)], 0.0);
        add(within(rng, 0.5, 2.0), &|x, y| lesion.value(x, y));
    }
    vec![Layer::still(image)]
}

type Add<'a> = &'a mut dyn FnMut(f64, &dyn Fn(f64, f64) -> f64);

/// Vertebrae from the neck to the sacrum, taller and wider downwards.
fn spine(rng: &mut ChaCha8Rng, anterior: bool, add: Add<'_>) {
    let strength = if anterior { within(rng, 0.25, 0.7) } else { within(rng, 0.6, 1.1) };
    let (bend, wave) = (within(rng, -12.0, 12.0), within(rng, 150.0, 300.0));
    let mut y = -340.0;
    while y < 205.0 {
        let height = 17.0 + 15.0 * ((y + 340.0) / 540.0);
        let at = [bend * (y / wave).sin(), y];
        let block = Blob::new(at, [9.0 + 0.5 * height, 0.47 * height], within(rng, -0.05, 0.05)).profile(0.3);
        add(strength * within(rng, 0.85, 1.15), &|x, y| block.value(x, y));
        y += height;
    }
}

/// Ten pairs of ribs that run outwards and down from the spine, and seen from the front back up to the sternum.
fn ribs(rng: &mut ChaCha8Rng, anterior: bool, add: Add<'_>) {
    let (strength, drop) = (within(rng, 0.15, 0.5), within(rng, 35.0, 80.0));
    let (spacing, chest) = (within(rng, 24.0, 29.0), within(rng, 125.0, 150.0));
    for pair in 0..10 {
        let start = -235.0 + spacing * f64::from(pair);
        // The chest widens to the eighth rib.
        let wide = chest * (1.0 - 0.45 * ((7.0 - f64::from(pair)) / 7.0).max(0.0).powi(2));
        for sign in [-1.0, 1.0] {
            let point = |k: i32| {
                let t = f64::from(k) / 12.0;
                let x = 16.0 + (wide - 16.0) * (t * std::f64::consts::FRAC_PI_2).sin();
                [sign * x, start + drop * t.powf(1.6)]
            };
            let back = Tube::new((0..=12).map(point).collect(), 5.5);
            add(strength * within(rng, 0.8, 1.2) * if anterior { 0.5 } else { 1.0 }, &|x, y| back.value(x, y));
            if anterior && pair < 7 {
                let front = |k: i32| {
                    let t = f64::from(k) / 12.0;
                    let x = 18.0 + (wide - 18.0) * (t * std::f64::consts::FRAC_PI_2).cos();
                    let end = -205.0 + 18.0 * f64::from(pair);
                    [sign * x, start + drop + (end - start - drop) * t + 22.0 * (std::f64::consts::PI * t).sin()]
                };
                let front = Tube::new((0..=12).map(front).collect(), 5.5);
                add(strength * within(rng, 0.7, 1.2), &|x, y| front.value(x, y));
            }
        }
    }
}

/// Wings, sacrum, joints, hips, thighs and a bladder.
fn pelvis(rng: &mut ChaCha8Rng, add: Add<'_>) {
    let sacrum = Blob::new([0.0, 245.0], [34.0, 44.0], 0.0);
    add(within(rng, 0.4, 0.9), &|x, y| sacrum.value(x, y));
    for sign in [-1.0, 1.0] {
        let wing = Blob::new([sign * 82.0, 232.0], [58.0, 30.0], sign * 0.75).profile(0.8);
        add(within(rng, 0.4, 0.8), &|x, y| wing.value(x, y));
        let joint = Tube::new(vec![[sign * 38.0, 215.0], [sign * 30.0, 275.0]], 8.0);
        add(within(rng, 0.3, 0.8), &|x, y| joint.value(x, y));
        let hip = Blob::new([sign * 100.0, 325.0], [25.0, 25.0], 0.0);
        add(within(rng, 0.3, 0.7), &|x, y| hip.value(x, y));
        let seat = Tube::new(vec![[sign * 45.0, 330.0], [sign * 55.0, 390.0], [sign * 25.0, 350.0]], 10.0);
        add(within(rng, 0.2, 0.5), &|x, y| seat.value(x, y));
        let thigh = Tube::new(vec![[sign * 125.0, 340.0], [sign * 105.0, 620.0]], 15.0);
        add(within(rng, 0.2, 0.4), &|x, y| thigh.value(x, y));
    }
    let bladder = Blob::new([0.0, 335.0], [within(rng, 18.0, 42.0), within(rng, 14.0, 32.0)], 0.0);
    add(within(rng, 0.3, 4.0), &|x, y| bladder.value(x, y));
}
