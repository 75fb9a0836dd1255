//! Tests of whole studies of the second family, and a montage of them for visual inspection.

use bloodpool_core::View;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::expected;
use crate::expected::Expected;
use crate::request::Request;

fn ordinary(seed: u64) -> Expected {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let request = Request::ordinary(&mut rng, &(10.0..=80.0), None);
    expected(&mut rng, &request)
}

fn centroid<'a>(counts: impl Iterator<Item = ((usize, usize), &'a f32)>) -> [f64; 2] {
    let (mut sum, mut at) = (0.0, [0.0; 2]);
    for ((row, column), &value) in counts {
        let value = f64::from(value);
        sum += value;
        at = [at[0] + value * column as f64, at[1] + value * row as f64];
    }
    at.map(|x| x / sum)
}

#[test]
fn ordinary_studies_are_sound_and_hold_their_lvef() {
    for seed in 0..24 {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let request = Request::ordinary(&mut rng, &(10.0..=80.0), None);
        let study = expected(&mut rng, &request);
        let lvef = study.lvef.unwrap();
        assert!(
            (lvef.curve - request.lvef_percent).abs() < 0.3,
            "{lvef:?} where {} was asked for",
            request.lvef_percent
        );
        assert!((lvef.frames - lvef.curve).abs() < 4.0 && (lvef.counts - lvef.curve).abs() < 10.0, "{lvef:?}");
        for part in [&study.lv, &study.rv, &study.total] {
            assert_eq!(part.dim(), (request.frames, request.side, request.side));
            assert!(part.iter().all(|v| v.is_finite() && *v >= 0.0));
        }
        let parts = study.lv.iter().zip(&study.rv).zip(&study.total);
        assert!(parts.map(|((lv, rv), total)| lv + rv - total * 1.000_1).all(|more| more <= 1e-3));
        if request.drop_off.is_empty() {
            let mean = f64::from(study.total.sum()) / request.frames as f64;
            assert!((mean / request.counts_per_frame - 1.0).abs() < 1e-3, "{mean}");
        }
        for frame in [0, request.frames * 2 / 5] {
            let mask = study.silhouettes[frame].mask(study.side, study.pixel_mm);
            let pixels = mask.pixels().mapv(|inside| if inside { 1.0_f32 } else { 0.0 });
            let frame_lv = study.lv.index_axis(ndarray::Axis(0), frame);
            let [a, b] = [centroid(frame_lv.indexed_iter()), centroid(pixels.indexed_iter())];
            let apart = (a[0] - b[0]).hypot(a[1] - b[1]) * study.pixel_mm;
            assert!(apart < 7.0, "study {seed}: LV counts lie {apart} mm from the outline");
            assert!(study.rv_masks[frame].area() as f64 * study.pixel_mm.powi(2) > 400.0, "study {seed} has no RV");
            // All of the mask is within the field.
            let area = study.silhouettes[frame].area_mm2();
            assert!((mask.area() as f64 * study.pixel_mm.powi(2) / area - 1.0).abs() < 0.15, "study {seed} is cut");
            let landmarks = study.landmarks[frame];
            for [x, y] in landmarks.valve_plane.into_iter().chain([landmarks.apex]) {
                let middle = (study.side as f64 - 1.0) / 2.0;
                let outline = &study.silhouettes[frame];
                let (x, y) = ((x - middle) * study.pixel_mm, (y - middle) * study.pixel_mm);
                let angle = (y - outline.centre[1]).atan2(x - outline.centre[0]);
                let beyond = (y - outline.centre[1]).hypot(x - outline.centre[0]) - outline.radius(angle);
                assert!(beyond < 4.0, "study {seed}: a landmark lies {beyond} mm outside the outline");
            }
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_study() {
    let [a, b, c] = [3, 3, 4].map(ordinary);
    assert_eq!((&a.total, &a.volumes_ml, &a.words), (&b.total, &b.volumes_ml, &b.words));
    assert!(a.volumes_ml != c.volumes_ml);
}

#[test]
fn a_static_heart_does_not_move_and_every_view_is_drawn() {
    for (seed, view) in View::ALL.into_iter().enumerate() {
        let mut rng = ChaCha8Rng::seed_from_u64(seed as u64);
        let request = Request { view, still: true, frames: 16, ..Request::plain(rng.random_range(0.0..80.0)) };
        let study = expected(&mut rng, &request);
        let lvef = study.lvef.unwrap();
        assert!([lvef.curve, lvef.frames, lvef.counts, lvef.images].iter().all(|lvef| lvef.abs() < 1e-3), "{lvef:?}");
        let [first, later] = [0, 6].map(|frame| study.total.index_axis(ndarray::Axis(0), frame).to_owned());
        assert!(first.iter().zip(&later).all(|(a, b)| (a - b).abs() <= 1e-3 * a.max(1.0)), "{view:?}");
        assert_eq!(study.shown.view, Some(view));
    }
}

#[test]
fn drop_off_and_mixed_beats_change_what_they_should() {
    let with = |drop_off: Vec<f64>, rr_sd: f64| {
        let request = Request { drop_off, rr_sd, ..Request::plain(60.0) };
        expected(&mut ChaCha8Rng::seed_from_u64(8), &request)
    };
    let (plain, dropped, mixed) = (with(vec![], 0.0), with(vec![0.4, 0.8], 0.0), with(vec![], 0.08));
    let sum = |study: &Expected, frame: usize| study.total.index_axis(ndarray::Axis(0), frame).sum();
    assert!((sum(&dropped, 23) / sum(&plain, 23) - 0.4).abs() < 1e-3);
    assert!((sum(&dropped, 22) / sum(&plain, 22) - 0.8).abs() < 1e-3 && sum(&dropped, 21) == sum(&plain, 21));
    let [a, b] = [plain.lvef.unwrap(), mixed.lvef.unwrap()];
    assert!(a.curve == b.curve && a.frames == b.frames && b.images < a.images + 0.2, "{a:?} {b:?}");
}

/// Shares of counts at ED within the outline of the LV, beside those of anatomy.md: about half with a full chest.
#[test]
fn about_half_of_the_counts_within_the_outline_are_of_the_left_ventricle() {
    let share = |seed: u64| {
        let study = expected(&mut ChaCha8Rng::seed_from_u64(seed), &Request::plain(62.0));
        let mask = study.silhouettes[0].mask(study.side, study.pixel_mm);
        let sum = |part: &ndarray::Array3<f32>| {
            let frame = part.index_axis(ndarray::Axis(0), 0);
            frame.iter().zip(mask.pixels()).filter(|(_, inside)| **inside).map(|(v, _)| f64::from(*v)).sum::<f64>()
        };
        sum(&study.lv) / sum(&study.total)
    };
    let shares: Vec<f64> = (0..12).map(share).collect();
    let mean = shares.iter().sum::<f64>() / shares.len() as f64;
    println!("LV share {mean:.2}: {shares:.2?}");
    assert!((0.40..0.60).contains(&mean), "{mean}");
}

/// Writes cycles of studies as PGM where `BLOODPOOL_MONTAGE` names a file; the cost of a study is printed.
#[test]
fn montage() {
    let file = std::env::var_os("BLOODPOOL_MONTAGE");
    let studies: u64 = if file.is_some() { 12 } else { 2 };
    const TILE: usize = 132;
    const COLUMNS: usize = 8;
    let width = TILE * COLUMNS;
    let mut pixels = vec![0_u8; width * TILE * studies as usize];
    let start = std::time::Instant::now();
    let drawn: Vec<Expected> = (100..100 + studies).map(ordinary).collect();
    println!("{:.0} ms per study", start.elapsed().as_secs_f64() * 1000.0 / studies as f64);
    for (row, study) in drawn.iter().enumerate() {
        let frames = study.total.dim().0;
        let extreme = |better: fn(f64, f64) -> bool| {
            (1..frames).fold(0, |best, k| if better(study.volumes_ml[k], study.volumes_ml[best]) { k } else { best })
        };
        let (ed, es) = (extreme(|a, b| a > b), extreme(|a, b| a < b));
        let lvef = study.lvef.unwrap();
        println!(
            "{row}: {:.0} ml, curve {:.1} frames {:.1} counts {:.1} images {:.1}, {:.1} mm pixels, {}",
            study.volumes_ml[0], lvef.curve, lvef.frames, lvef.counts, lvef.images, study.pixel_mm, study.words
        );
        let peak = study.total.iter().copied().fold(0.0, f32::max);
        let own = study.lv.iter().copied().fold(0.0, f32::max);
        let tiles = [
            (&study.total, ed, peak, false),
            (&study.total, ed, peak, true),
            (&study.total, (ed + es) / 2, peak, false),
            (&study.total, es, peak, false),
            (&study.total, es, peak, true),
            (&study.lv, ed, own, true),
            (&study.lv, es, own, true),
            (&study.rv, ed, own, false),
        ];
        for (column, (source, frame, peak, drawn)) in tiles.into_iter().enumerate() {
            let image = source.index_axis(ndarray::Axis(0), frame);
            for y in 0..TILE - 4 {
                for x in 0..TILE - 4 {
                    let scale = study.side as f64 / (TILE - 4) as f64;
                    let at = [x, y].map(|k| ((k as f64 + 0.5) * scale - 0.5).clamp(0.0, study.side as f64 - 1.001));
                    let (c, r) = (at[0] as usize, at[1] as usize);
                    let (u, v) = ((at[0] - c as f64) as f32, (at[1] - r as f64) as f32);
                    let value = (1.0 - v) * ((1.0 - u) * image[[r, c]] + u * image[[r, c + 1]])
                        + v * ((1.0 - u) * image[[r + 1, c]] + u * image[[r + 1, c + 1]]);
                    let mut level = (255.0 * (value / peak).clamp(0.0, 1.0)) as u8;
                    if drawn {
                        let middle = (study.side as f64 - 1.0) / 2.0;
                        let [px, py] = at.map(|k| (k - middle) * study.pixel_mm);
                        let width = 0.5 * study.pixel_mm * scale;
                        let near = |outline: &crate::geometry::Silhouette| {
                            let (dx, dy) = (px - outline.centre[0], py - outline.centre[1]);
                            (dx.hypot(dy) - outline.radius(dy.atan2(dx))).abs() < width
                        };
                        if near(&study.silhouettes[frame]) {
                            level = 255;
                        }
                        if near(&study.visible[frame]) && (x + y) % 4 < 2 {
                            level = 160;
                        }
                        let marks = study.landmarks[frame];
                        for mark in marks.valve_plane.into_iter().chain([marks.apex]) {
                            if (mark[0] - at[0]).hypot(mark[1] - at[1]) < 2.0 * scale {
                                level = 255;
                            }
                        }
                    }
                    pixels[(row * TILE + y) * width + column * TILE + x] = level;
                }
            }
        }
    }
    if let Some(file) = file {
        let mut bytes = format!("P5 {width} {} 255\n", TILE * drawn.len()).into_bytes();
        bytes.extend(pixels);
        std::fs::write(file, bytes).unwrap();
    }
}
