//! Organs of chest and abdomen: lungs, liver and spleen, kidneys, stomach, great vessels, heart muscle.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::canvas::{Blob, Canvas, Tube, within};
use super::{Layer, pulse};

/// Adds the soft tissue of the trunk.
fn trunk(rng: &mut ChaCha8Rng, image: &mut Canvas, level: f64) {
    let body = Blob::new([within(rng, -30.0, 30.0), 0.0], [within(rng, 140.0, 210.0), 600.0], 0.0).profile(0.3);
    image.add(|x, y| level * (0.03 + body.value(x, y)));
}

/// Two lobes in the right half of the body (the picture's left, seen from the front), brighter to the right.
fn add_liver(rng: &mut ChaCha8Rng, image: &mut Canvas, at: [f64; 2], amount: f64) {
    let right = Blob::new([at[0] - 55.0, at[1]], [within(rng, 70.0, 95.0), within(rng, 58.0, 85.0)], -0.3);
    let left = Blob::new([at[0] + 40.0, at[1] - 28.0], [within(rng, 45.0, 75.0), within(rng, 26.0, 42.0)], 0.15);
    let (right, left) = (right.irregular(rng, 0.15), left.irregular(rng, 0.15));
    let thin = within(rng, 0.4, 0.9);
    image.add(|x, y| amount * right.value(x, y).max(thin * left.value(x, y)));
}

fn add_blob(rng: &mut ChaCha8Rng, image: &mut Canvas, at: [f64; 2], half: [f64; 2], turn: f64, amount: f64) {
    let blob = Blob::new(at, half, turn).irregular(rng, 0.12);
    image.add(|x, y| amount * blob.value(x, y));
}

/// Exchanges left and right, as seen from behind.
fn from_behind(image: &mut Canvas) {
    for row in image.values.chunks_exact_mut(image.side) {
        row.reverse();
    }
}

/// Liver and spleen with colloid, or liver and bile ducts.
pub(super) fn liver(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
    let mut image = blank.clone();
    let at = [within(rng, -20.0, 20.0), within(rng, -50.0, 50.0)];
    let level = within(rng, 0.03, 0.15);
    trunk(rng, &mut image, level);
    add_liver(rng, &mut image, at, 1.0);
    for _ in 0..if rng.random_bool(0.3) { rng.random_range(1..5) } else { 0 } {
        let place = [at[0] + within(rng, -110.0, 60.0), at[1] + within(rng, -50.0, 50.0)];
        let (cold, depth) = (Blob::new(place, [within(rng, 8.0, 30.0); 2], 0.0), within(rng, 0.3, 0.9));
        image.scale(|x, y| 1.0 - depth * cold.value(x, y));
    }
    let mut later = blank.clone();
    if rng.random_bool(0.6) {
        let amount = within(rng, 0.3, 1.4);
        let half = [within(rng, 24.0, 38.0), within(rng, 38.0, 65.0)];
        add_blob(rng, &mut image, [at[0] + 125.0, at[1] + 5.0], half, 0.4, amount);
        let spine = Tube::new(vec![[at[0] + 10.0, -400.0], [at[0] + 10.0, 400.0]], 14.0);
        let marrow = within(rng, 0.0, 0.15);
        image.add(|x, y| marrow * spine.value(x, y));
    } else {
        let radius = within(rng, 12.0, 24.0);
        let amount = within(rng, 0.5, 2.5);
        add_blob(rng, &mut later, [at[0] - 35.0, at[1] + 55.0], [radius, 1.3 * radius], 0.2, amount);
        for _ in 0..rng.random_range(1..6) {
            let place = [at[0] + within(rng, -60.0, 90.0), at[1] + within(rng, 60.0, 160.0)];
            let amount = within(rng, 0.2, 1.5);
            let half = [within(rng, 10.0, 35.0), within(rng, 8.0, 18.0)];
            let turn = within(rng, 0.0, 3.1);
            add_blob(rng, &mut later, place, half, turn, amount);
        }
    }
    let filling = course(rng, frames);
    if rng.random_bool(0.3) {
        from_behind(&mut image);
        from_behind(&mut later);
    }
    vec![Layer::still(image), Layer { image: later, course: filling }]
}

/// Brightness over a study of minutes: constant, filling, or filling and emptying.
fn course(rng: &mut ChaCha8Rng, frames: usize) -> Vec<f64> {
    let (rise, fall) = (within(rng, 1.0, 10.0), within(rng, 2.0, 30.0));
    let dynamic = rng.random_bool(0.4);
    let value = |frame: usize| {
        let t = frame as f64 + 0.5;
        if dynamic { (1.0 - (-t / rise).exp()) * (-t / fall).exp() } else { 1.0 }
    };
    let largest = (0..frames).map(value).fold(1e-6, f64::max);
    (0..frames).map(|frame| 0.03 + 0.97 * value(frame) / largest).collect()
}

/// Lungs: two lobes, the left with the place of the heart cut out, which may beat; defects, airways.
pub(super) fn lung(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
    let mut lungs = blank.clone();
    let at = [within(rng, -20.0, 20.0), within(rng, -30.0, 40.0)];
    let apart = within(rng, 66.0, 82.0);
    for sign in [-1.0, 1.0] {
        let half = [within(rng, 48.0, 62.0), within(rng, 105.0, 140.0)];
        let lobe = Blob::new([at[0] + sign * apart, at[1]], half, -sign * 0.12).profile(0.45).irregular(rng, 0.12);
        let base = at[1] + within(rng, 70.0, 110.0);
        let amount = within(rng, 0.7, 1.1);
        // The diaphragm cuts the lobe below as a dome.
        lungs.add(|x, y| {
            let dome = base + 0.004 * (x - at[0] - sign * apart).powi(2);
            amount * lobe.value(x, y) * ((dome - y) / 12.0).clamp(0.0, 1.0)
        });
    }
    for _ in 0..if rng.random_bool(0.5) { rng.random_range(1..7) } else { 0 } {
        let place = [at[0] + within(rng, -130.0, 130.0), at[1] + within(rng, -110.0, 90.0)];
        let half = [within(rng, 12.0, 45.0), within(rng, 12.0, 45.0)];
        let (cold, depth) = (Blob::new(place, half, within(rng, 0.0, 3.1)).profile(0.3), within(rng, 0.4, 1.0));
        lungs.scale(|x, y| 1.0 - depth * cold.value(x, y));
    }
    let (sd, grain) = (within(rng, 0.02, 0.2), within(rng, 8.0, 25.0));
    lungs.mottle(rng, sd, grain);
    let level = within(rng, 0.02, 0.12);
    trunk(rng, &mut lungs, level);
    if rng.random_bool(0.25) {
        let windpipe = Tube::new(
            vec![[at[0], at[1] - 200.0], [at[0], at[1] - 60.0], [at[0] + 30.0, at[1] - 20.0]],
            within(rng, 7.0, 12.0),
        );
        let amount = within(rng, 0.3, 1.5);
        lungs.add(|x, y| amount * windpipe.value(x, y));
    }
    // The heart's place at rest and contracted, blended by the pulse.
    let (place, radius) = ([at[0] + within(rng, 25.0, 50.0), at[1] + within(rng, 35.0, 65.0)], within(rng, 42.0, 62.0));
    let shrink = if rng.random_bool(0.5) { within(rng, 0.0, 0.12) } else { 0.0 };
    let mut contracted = lungs.clone();
    for (image, size) in [(&mut lungs, 1.0), (&mut contracted, 1.0 - shrink)] {
        let hole = Blob::new(place, [radius * size, 1.1 * radius * size], 0.4).profile(0.3);
        image.scale(|x, y| 1.0 - 0.9 * hole.value(x, y));
    }
    if rng.random_bool(0.4) {
        from_behind(&mut lungs);
        from_behind(&mut contracted);
    }
    let pulse = pulse(rng, frames);
    let rest = pulse.iter().map(|c| 1.0 - c).collect();
    vec![Layer { image: lungs, course: rest }, Layer { image: contracted, course: pulse }]
}

/// Kidneys with ureters and bladder, over minutes or still.
pub(super) fn kidney(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
    let mut body = blank.clone();
    let at = [within(rng, -20.0, 20.0), within(rng, -70.0, 30.0)];
    let level = within(rng, 0.03, 0.25);
    trunk(rng, &mut body, level);
    let (liver, spleen) = (within(rng, 0.0, 0.3), within(rng, 0.0, 0.25));
    add_liver(rng, &mut body, [at[0] - 10.0, at[1] - 70.0], liver);
    add_blob(rng, &mut body, [at[0] + 105.0, at[1] - 60.0], [28.0, 45.0], 0.3, spleen);
    let mut layers = vec![Layer { image: body, course: Vec::new() }];
    let lone = rng.random_bool(0.12);
    for sign in [-1.0, 1.0] {
        if lone && sign > 0.0 {
            continue;
        }
        let mut image = blank.clone();
        let place = [at[0] + sign * within(rng, 55.0, 75.0), at[1] + within(rng, -15.0, 15.0)];
        let half = [within(rng, 23.0, 33.0), within(rng, 45.0, 62.0)];
        let (tilt, amount) = (-sign * within(rng, 0.05, 0.3), within(rng, 0.6, 1.5));
        add_blob(rng, &mut image, place, half, tilt, amount);
        // The hilum: cold early, hot when urine has reached it.
        let hilum = Blob::new([place[0] - sign * 0.75 * half[0], place[1]], [0.7 * half[0], 0.45 * half[1]], 0.0);
        let amount = within(rng, -0.9, 1.2);
        image.scale(|x, y| 1.0 + amount * hilum.value(x, y));
        if rng.random_bool(0.4) {
            let x = place[0] - sign * 0.9 * half[0];
            let ureter =
                Tube::new(vec![[x, place[1]], [x + sign * 5.0, place[1] + 110.0], [at[0], at[1] + 230.0]], 4.0);
            let amount = within(rng, 0.1, 0.8);
            image.add(|x, y| amount * ureter.value(x, y));
        }
        let course = course(rng, frames);
        layers.push(Layer { image, course });
    }
    let mut bladder = blank.clone();
    let (half, amount) = ([within(rng, 20.0, 45.0), within(rng, 16.0, 36.0)], within(rng, 0.0, 3.0));
    add_blob(rng, &mut bladder, [at[0], at[1] + 245.0], half, 0.0, amount);
    let filling = (0..frames).map(|frame| 0.2 + 0.8 * frame as f64 / frames as f64).collect();
    layers.push(Layer { image: bladder, course: filling });
    layers
}

/// Stomach and bowel after a meal.
pub(super) fn stomach(rng: &mut ChaCha8Rng, blank: &Canvas) -> Vec<Layer> {
    let mut image = blank.clone();
    let at = [within(rng, -30.0, 50.0), within(rng, -50.0, 40.0)];
    let level = within(rng, 0.005, 0.06);
    trunk(rng, &mut image, level);
    let fundus = [within(rng, 30.0, 52.0), within(rng, 35.0, 65.0)];
    let (amount, turn) = (within(rng, 0.7, 1.2), within(rng, -0.3, 0.3));
    add_blob(rng, &mut image, [at[0] + 30.0, at[1] - 20.0], fundus, turn, amount);
    let bend = Tube::new(
        vec![
            [at[0] + 25.0, at[1] + 10.0],
            [at[0] + 5.0, at[1] + 60.0],
            [at[0] - 35.0, at[1] + 65.0],
            [at[0] - 60.0, at[1] + 45.0],
        ],
        within(rng, 14.0, 26.0),
    );
    let amount = within(rng, 0.1, 1.0);
    image.add(|x, y| amount * bend.value(x, y));
    for _ in 0..rng.random_range(0..10) {
        let place = [at[0] + within(rng, -110.0, 90.0), at[1] + within(rng, 50.0, 170.0)];
        let half = [within(rng, 12.0, 40.0), within(rng, 9.0, 18.0)];
        let (turn, amount) = (within(rng, 0.0, 3.1), within(rng, 0.05, 0.8));
        add_blob(rng, &mut image, place, half, turn, amount);
    }
    if rng.random_bool(0.3) {
        let gullet = Tube::new(vec![[at[0] - 5.0, at[1] - 300.0], [at[0] + 5.0, at[1] - 60.0]], within(rng, 6.0, 12.0));
        let amount = within(rng, 0.1, 1.0);
        image.add(|x, y| amount * gullet.value(x, y));
    }
    vec![Layer::still(image)]
}

/// Blood pool of the abdomen, as in a search for bleeding: aorta and its fork, liver, spleen, kidneys, the aorta
/// pulsing.
pub(super) fn belly(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
    let mut image = blank.clone();
    let at = [within(rng, -20.0, 20.0), within(rng, -40.0, 40.0)];
    let level = within(rng, 0.1, 0.3);
    trunk(rng, &mut image, level);
    let (liver, spleen) = (within(rng, 0.4, 0.9), within(rng, 0.4, 1.1));
    add_liver(rng, &mut image, [at[0] - 10.0, at[1] - 120.0], liver);
    add_blob(rng, &mut image, [at[0] + 115.0, at[1] - 115.0], [30.0, 48.0], 0.4, spleen);
    for sign in [-1.0, 1.0] {
        let amount = within(rng, 0.15, 0.5);
        add_blob(rng, &mut image, [at[0] + sign * 62.0, at[1] - 40.0], [27.0, 50.0], -sign * 0.2, amount);
    }
    if rng.random_bool(0.4) {
        let place = [at[0] + within(rng, -110.0, 110.0), at[1] + within(rng, 0.0, 140.0)];
        let half = [within(rng, 8.0, 40.0), within(rng, 8.0, 20.0)];
        let (turn, amount) = (within(rng, 0.0, 3.1), within(rng, 0.2, 1.5));
        add_blob(rng, &mut image, place, half, turn, amount);
    }
    let bladder = within(rng, 0.0, 1.5);
    add_blob(rng, &mut image, [at[0], at[1] + 190.0], [38.0, 26.0], 0.0, bladder);
    let (sd, grain) = (within(rng, 0.05, 0.25), within(rng, 15.0, 40.0));
    image.mottle(rng, sd, grain);

    let mut vessels = blank.clone();
    let (top, fork) = ([at[0] + 8.0, at[1] - 400.0], [at[0] + within(rng, 0.0, 15.0), at[1] + 60.0]);
    let (radius, amount) = (within(rng, 8.0, 13.0), within(rng, 0.4, 0.9));
    let mut bend = |x: f64, y: f64| [x + within(rng, -6.0, 6.0), y + within(rng, -15.0, 15.0)];
    let lines = [
        vec![top, bend(at[0] + 12.0, at[1] - 130.0), bend(at[0] + 8.0, at[1] - 40.0), fork],
        vec![fork, bend(at[0] - 30.0, at[1] + 105.0), bend(at[0] - 55.0, at[1] + 170.0), [at[0] - 80.0, at[1] + 260.0]],
        vec![fork, bend(at[0] + 38.0, at[1] + 105.0), bend(at[0] + 65.0, at[1] + 170.0), [at[0] + 90.0, at[1] + 260.0]],
    ];
    let tubes = lines.map(|line| Tube::new(line, radius));
    vessels.add(|x, y| amount * tubes.iter().map(|tube| tube.value(x, y)).fold(0.0, f64::max));
    let cava = Tube::new(vec![[at[0] - 22.0, at[1] - 400.0], [at[0] - 18.0, fork[1]]], radius);
    image.add(|x, y| 0.7 * amount * cava.value(x, y));
    let depth = within(rng, 0.0, 0.12);
    let course = pulse(rng, frames).iter().map(|c| 1.0 + depth * c).collect();
    vec![Layer::still(image), Layer { image: vessels, course }]
}

/// The muscle of the left ventricle as a ring or horseshoe that thickens, with liver, gall bladder and bowel.
pub(super) fn heart_muscle(rng: &mut ChaCha8Rng, blank: &Canvas, frames: usize) -> Vec<Layer> {
    let mut still = blank.clone();
    let at = [within(rng, -15.0, 45.0), within(rng, -40.0, 20.0)];
    let level = within(rng, 0.05, 0.3);
    trunk(rng, &mut still, level);
    let liver = within(rng, 0.2, 1.0);
    add_liver(rng, &mut still, [at[0] - 60.0, at[1] + 110.0], liver);
    for _ in 0..rng.random_range(0..4) {
        let place = [at[0] + within(rng, -60.0, 60.0), at[1] + within(rng, 80.0, 150.0)];
        let half = [within(rng, 8.0, 30.0), within(rng, 8.0, 15.0)];
        let (turn, amount) = (within(rng, 0.0, 3.1), within(rng, 0.2, 2.0));
        add_blob(rng, &mut still, place, half, turn, amount);
    }
    let (radius, turn) = (within(rng, 24.0, 42.0), within(rng, 0.0, 3.1));
    let (long, wall) = (within(rng, 1.0, 1.6), within(rng, 9.0, 13.0));
    let horseshoe = rng.random_bool(0.5);
    let opening = within(rng, 0.0, std::f64::consts::TAU);
    let defect = Blob::new(
        [at[0] + radius * within(rng, -1.0, 1.0), at[1] + radius * within(rng, -1.0, 1.0)],
        [within(rng, 10.0, 25.0); 2],
        0.0,
    );
    let lost = if rng.random_bool(0.4) { within(rng, 0.3, 0.95) } else { 0.0 };
    let right = within(rng, 0.05, 0.35);
    let thickening = within(rng, 0.1, 0.8);
    let draw = |contraction: f64| {
        let inner = radius * (1.0 - 0.35 * contraction);
        let outer = inner + wall * (1.0 + thickening * contraction);
        let shell = |size: f64| Blob::new(at, [size, size * long], turn);
        let (outside, inside) = (shell(outer), shell(inner));
        let other = Blob::new([at[0] - 1.5 * radius, at[1]], [radius, 1.3 * radius], turn);
        let mut image = blank.clone();
        image.add(|x, y| {
            // What a line of sight meets between two ellipsoids, in units of the outer one.
            let muscle = outside.value(x, y) - inside.value(x, y) * inner / outer;
            let open = horseshoe && ((y - at[1]).atan2(x - at[0]) - opening).cos() > 0.7;
            1.6 * muscle * if open { 0.45 } else { 1.0 } * (1.0 - lost * defect.value(x, y))
                + 0.3 * right * other.value(x, y)
        });
        image
    };
    let (mut rest, mut full) = (draw(0.0), draw(1.0));
    // The wall takes up unevenly, the same at rest and contracted.
    let uneven = within(rng, 0.05, 0.3);
    let mut wall = blank.clone();
    wall.values.fill(1.0);
    wall.mottle(rng, uneven, 15.0);
    for image in [&mut rest, &mut full] {
        image.values.iter_mut().zip(&wall.values).for_each(|(value, wall)| *value *= wall);
    }
    let pulse = pulse(rng, frames);
    let resting = pulse.iter().map(|c| 1.0 - c).collect();
    vec![Layer::still(still), Layer { image: rest, course: resting }, Layer { image: full, course: pulse }]
}
