//! Draws simulated studies as one picture: a row per study, ED, four frames on the way, ES, with the true outlines on
//! the last two.
//!
//! `cargo run --release -p bloodpool-phantom --example montage -- OUT.png SEED ROWS [own|other]`
#![allow(clippy::unwrap_used)]

use bloodpool_phantom::{Family, Population};
use image::{Rgb, RgbImage};

const CELL: u32 = 160;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let out = arguments.next().unwrap_or_else(|| "montage.png".into());
    let seed = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(1);
    let rows: u32 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(8);
    let family = if arguments.next().as_deref() == Some("other") { Family::Other } else { Family::Own };
    let source = Population::ordinary(family, seed);
    let mut picture = RgbImage::new(CELL * 8, CELL * rows);
    for row in 0..rows {
        let study = source.study(u64::from(row)).unwrap();
        let labelled = &study.labelled;
        let (frames, side, _) = labelled.study.counts().dim();
        let (ed, es) = (study.truth.end_diastole_frame - 1, study.truth.end_systole_frame - 1);
        let peak = labelled.study.counts().iter().copied().fold(0.0, f32::max);
        let scene = labelled.scene.as_ref().unwrap();
        println!(
            "{row}: {}, LVEF {:.1} (counts {:.1}, images {:.1}), ED {:.0} ml, {:.1} mm pixels, {} frames, ED {} ES {}, {:.0}k counts, LV {:.2} of its outline at ED",
            study.truth.wall_motion,
            study.truth.lvef_percent,
            scene.lvef_counts_percent.unwrap(),
            scene.lvef_images_percent.unwrap(),
            study.truth.lv_volume_ml[ed],
            labelled.study.pixel_spacing_mm().unwrap()[0],
            frames,
            ed + 1,
            es + 1,
            labelled.study.counts().sum() / frames as f32 / 1000.0,
            labelled.masks[ed].inside().map(|at| study.lv_counts[[ed, at.0, at.1]]).sum::<f32>()
                / labelled.masks[ed].inside().map(|at| labelled.study.counts()[[ed, at.0, at.1]]).sum::<f32>(),
        );
        let middle = (ed + es) / 2;
        let shown = [ed, middle, es, (es + frames) / 2, ed, es, ed, es];
        for (column, &frame) in shown.iter().enumerate() {
            for y in 0..CELL {
                for x in 0..CELL {
                    let at = |k: u32| (k as usize * side) / CELL as usize;
                    let (r, c) = (at(y), at(x));
                    let value = match column {
                        6 | 7 => study.lv_counts[[frame, r, c]] * 1.5,
                        _ => labelled.study.counts()[[frame, r, c]],
                    };
                    let grey = (255.0 * (value / peak).clamp(0.0, 1.0).powf(0.8)) as u8;
                    let mut pixel = Rgb([grey, grey, grey]);
                    let fine = |mask: &bloodpool_core::Mask, color: [u8; 3], pixel: &mut Rgb<u8>| {
                        let inside = |dx: i64, dy: i64| {
                            let (px, py) = (i64::from(x) + dx, i64::from(y) + dy);
                            let ok = px >= 0 && py >= 0 && px < i64::from(CELL) && py < i64::from(CELL);
                            ok && mask.contains(py as usize * side / CELL as usize, px as usize * side / CELL as usize)
                        };
                        if inside(0, 0) && !(inside(1, 0) && inside(-1, 0) && inside(0, 1) && inside(0, -1)) {
                            *pixel = Rgb(color);
                        }
                    };
                    if column >= 4 {
                        fine(&labelled.masks[frame], [255, 60, 60], &mut pixel);
                        fine(&scene.rv.as_ref().unwrap().masks[frame], [80, 160, 255], &mut pixel);
                    }
                    picture.put_pixel(column as u32 * CELL + x, row * CELL + y, pixel);
                }
            }
            if column >= 4 {
                let landmarks = scene.landmarks.as_ref().unwrap()[frame];
                let [septal, lateral] = landmarks.valve_plane;
                for (point, color) in [(landmarks.apex, [255, 255, 0]), (septal, [0, 255, 0]), (lateral, [255, 0, 255])]
                {
                    let px = |v: f64| (((v + 0.5) * f64::from(CELL) / side as f64).max(1.0) as u32).min(CELL - 2);
                    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
                        picture.put_pixel(
                            column as u32 * CELL + px(point[0]) + dx,
                            row * CELL + px(point[1]) + dy,
                            Rgb(color),
                        );
                    }
                }
            }
        }
    }
    picture.save(out).unwrap();
}
