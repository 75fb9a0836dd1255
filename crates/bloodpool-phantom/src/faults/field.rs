//! Where the heart lies in the field: cut by its edge, far too small, twice, or moved while the camera recorded.

use std::f64::consts::TAU;

use ndarray::Axis;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::place::{Beyond, brighten, field_is_round, moved, overlaid, windowed, without_ventricle};
use crate::expected::Expected;

/// A field whose edge leaves out `lost`, a fraction, of the first frame's LV counts. Unchanged without a ventricle.
pub(super) fn cut(rng: &mut ChaCha8Rng, expected: Expected, lost: f64) -> Expected {
    let side = expected.side as f64;
    let lv = expected.lv.index_axis(Axis(0), 0);
    let across: Vec<f64> = lv.sum_axis(Axis(0)).iter().map(|&v| f64::from(v)).collect();
    let down: Vec<f64> = lv.sum_axis(Axis(1)).iter().map(|&v| f64::from(v)).collect();
    if lv.sum() <= 0.0 {
        return expected;
    }
    // Which edge cuts, and how large a field it leaves; of the four, one that leaves at least two fifths of the
    // picture.
    let first = rng.random_range(0..4_usize);
    let choice = (0..4)
        .map(|k| (first + k) % 4)
        .map(|edge| {
            let profile = if edge < 2 { &across } else { &down };
            let line = quantile(profile, if edge % 2 == 0 { lost } else { 1.0 - lost });
            (edge, line, if edge % 2 == 0 { side - line } else { line })
        })
        .find(|&(_, _, left)| left >= 0.4 * side);
    let Some((edge, line, left)) = choice else { return expected };
    let size = rng.random_range((0.4 * side).min(0.999 * left)..left);
    let start = if edge % 2 == 0 { line } else { line - size };
    // Along the cutting edge the ventricle lies within the field.
    let middle = quantile(if edge < 2 { &down } else { &across }, 0.5);
    let other = (middle - size * rng.random_range(0.3..0.7)).clamp(0.0, side - size);
    let corner = if edge < 2 { [start, other] } else { [other, start] };
    let mut made = windowed(expected, corner, size, Beyond::Dark);
    made.shown.heart = false;
    made
}

/// Where the running sum of a profile reaches a fraction of its total, in pixels from the profile's start.
fn quantile(profile: &[f64], fraction: f64) -> f64 {
    let target = fraction * profile.iter().sum::<f64>();
    let mut sum = 0.0;
    for (at, &value) in profile.iter().enumerate() {
        if sum + value >= target && value > 0.0 {
            return at as f64 + (target - sum) / value;
        }
        sum += value;
    }
    profile.len() as f64
}

/// A ventricle of 6 to 30 pixels: recorded in a field that is far too large, or of a very small body.
pub(super) fn tiny(rng: &mut ChaCha8Rng, expected: Expected) -> Expected {
    let Some(outline) = expected.silhouettes.first() else { return expected };
    let pixel_mm = expected.pixel_mm;
    let pixels = outline.area_mm2() / pixel_mm.powi(2);
    let times = (pixels / rng.random_range(6.0..30.0)).sqrt().max(1.0);
    let (side, size) = (expected.side as f64, expected.side as f64 * times);
    let corner = [0, 1].map(|axis| {
        // The heart stays where it was in the picture, or nearly so.
        let heart = outline.centre[axis] / pixel_mm + 0.5 * side;
        heart - size * rng.random_range(0.35..0.65)
    });
    // A round field stays one, small in the dark.
    let beyond = if field_is_round(&expected) { Beyond::Dark } else { Beyond::Body };
    let mut made = windowed(expected, corner, size, beyond);
    if rng.random_bool(0.5) {
        for outline in made.silhouettes.iter_mut().chain(&mut made.visible) {
            outline.centre = outline.centre.map(|mm| mm / times);
            outline.radii.iter_mut().for_each(|radius| *radius /= times);
        }
        made.volumes_ml.iter_mut().for_each(|ml| *ml /= times.powi(3));
        made.pixel_mm = pixel_mm;
    }
    made
}

/// Two hearts in one picture: one over the other some way off, or side by side at half their size.
pub(super) fn two_hearts(rng: &mut ChaCha8Rng, first: Expected, second: &Expected) -> Expected {
    let side = first.side as f64;
    let whole = first.clone();
    let made = if rng.random_bool(0.65) {
        let off = distance(rng, &first, second);
        let frames = second.total.dim().0;
        let share = rng.random_range(0.35..0.65);
        overlaid(first, &moved(second.clone(), &vec![off; frames]), share)
    } else {
        let low = -side * rng.random_range(0.3..0.7);
        let left = windowed(first, [0.0, low], 2.0 * side, Beyond::Dark);
        let right = windowed(second.clone(), [-side, low], 2.0 * side, Beyond::Dark);
        overlaid(left, &right, 0.5)
    };
    // Two studies of different form cannot be laid over each other; the family of hearts keeps the form asked for.
    let counts = whole.total.sum();
    let mut made = without_ventricle(made.unwrap_or(whole));
    let factor = f64::from(counts / made.total.sum().max(f32::MIN_POSITIVE));
    brighten(&mut made, factor);
    made
}

/// Such a move of the second heart, mm, that it lies 60 to 140 mm from the first and within the field where it can.
fn distance(rng: &mut ChaCha8Rng, first: &Expected, second: &Expected) -> [f64; 2] {
    let centre = |e: &Expected| e.silhouettes.first().map_or([0.0, 0.0], |outline| outline.centre);
    let (a, b) = (centre(first), centre(second));
    let room = 0.5 * first.side as f64 * first.pixel_mm - 30.0;
    let mut place = a;
    for _ in 0..30 {
        let (angle, far) = (rng.random_range(0.0..TAU), rng.random_range(60.0..140.0));
        place = [a[0] + far * angle.cos(), a[1] + far * angle.sin()];
        if place.iter().all(|mm| mm.abs() < room) {
            break;
        }
    }
    [place[0] - b[0], place[1] - b[1]]
}

/// The patient moves by 10 to 25 mm: between two frames, or midway so that every frame shows both places.
pub(super) fn patient_moved(rng: &mut ChaCha8Rng, expected: Expected) -> Expected {
    let frames = expected.total.dim().0;
    let (angle, far) = (rng.random_range(0.0..TAU), rng.random_range(10.0..25.0));
    let step = [far * angle.cos(), far * angle.sin()];
    if rng.random_bool(0.5) {
        let from = rng.random_range(frames / 5..=(frames - frames / 5).max(frames / 5));
        let back = if rng.random_bool(0.3) { rng.random_range(from..=frames) } else { frames };
        let path: Vec<_> = (0..frames).map(|k| if (from..back).contains(&k) { step } else { [0.0, 0.0] }).collect();
        return moved(expected, &path);
    }
    let share = rng.random_range(0.3..0.7);
    let other = moved(expected.clone(), &vec![step; frames]);
    // Outlines and landmarks lie in the middle between the two places, weighted by the time spent there.
    let mean = moved(expected.clone(), &vec![step.map(|mm| mm * (1.0 - share)); frames]);
    match overlaid(expected.clone(), &other, share) {
        Some(both) => Expected { lv: both.lv, rv: both.rv, total: both.total, ..mean },
        None => expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::toy;
    use rand::SeedableRng;

    #[test]
    fn the_edge_cuts_off_the_fraction_asked_for() {
        let heart = toy::heart(60.0, 24, 64);
        for seed in 0..20 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let lost = rng.random_range(0.1..0.7);
            let made = cut(&mut rng, heart.clone(), lost);
            let part = |e: &Expected| e.lv.index_axis(Axis(0), 0).sum() / e.total.sum();
            // Counts are scaled to the frame's usual total, so the LV is compared with counts beside it.
            let scale = made.total.sum() / heart.total.sum();
            assert!((scale - 1.0).abs() < 1e-3 && !made.shown.heart);
            let outline = &made.silhouettes[0];
            let half = 0.5 * 64.0 * made.pixel_mm;
            let edge = half - outline.centre.iter().fold(0.0_f64, |a, c| a.max(c.abs()));
            let radius = outline.radii[0];
            assert!(edge < radius, "{seed}: the outline is whole, {edge} of {radius} mm");
            assert_eq!(lost > 0.5, edge < 0.0, "{seed}: {lost} lost, centre {edge} mm inside");
            assert!(part(&made) > 0.0);
        }
    }

    #[test]
    fn tiny_hearts_have_few_pixels_and_the_same_lvef() {
        for seed in 0..10 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let heart = toy::heart(55.0, 16, 128);
            let made = tiny(&mut rng, heart.clone());
            let pixels = made.silhouettes[0].area_mm2() / made.pixel_mm.powi(2);
            assert!((5.9..30.1).contains(&pixels), "{seed}: {pixels}");
            assert_eq!(made.lvef, heart.lvef);
            let (row, column) = made.silhouettes[0].mask(128, made.pixel_mm).centroid().unwrap();
            let lv = made.lv.index_axis(Axis(0), 0);
            assert!(lv[[row.round() as usize, column.round() as usize]] > 0.0, "{seed}: outline beside its counts");
        }
    }

    #[test]
    fn two_hearts_have_no_single_ventricle() {
        let heart = toy::heart(60.0, 24, 64);
        for seed in 0..5 {
            let made = two_hearts(&mut ChaCha8Rng::seed_from_u64(seed), heart.clone(), &heart);
            assert!(made.lvef.is_none() && !made.shown.heart && made.lv.sum() == 0.0);
            assert!((made.total.sum() / heart.total.sum() - 1.0).abs() < 1e-3);
        }
    }
}
