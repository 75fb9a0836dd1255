//! A toy family of hearts for the tests of this folder: a disc that shrinks, and everything that is true of it.

use std::f64::consts::TAU;

use bloodpool_core::{Landmarks, Mask, Orientation, Shown};
use ndarray::Array3;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::cycle::emptied_percent;
use crate::expected::Expected;
use crate::geometry::Silhouette;
use crate::request::Request;
use crate::study::TrueLvef;

/// A heart of this LVEF, percent, on so many frames of `side` x `side`.
pub(super) fn heart(lvef_percent: f64, frames: usize, side: usize) -> Expected {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut request = Request::ordinary(&mut rng, &(lvef_percent..=lvef_percent), Some(side));
    (request.frames, request.drop_off) = (frames, Vec::new());
    family(&mut rng, &request)
}

/// The family.
pub(super) fn family(rng: &mut ChaCha8Rng, request: &Request) -> Expected {
    let (side, frames) = (request.side, request.frames);
    let pixel_mm = 400.0 / side as f64;
    let (centre, rv_centre) = ([12.0, 20.0], [-48.0, 14.0]);
    let emptied = if request.still { 0.0 } else { request.lvef_percent / 100.0 };
    let volume = |t: f64| 1.0 - emptied * (0.5 - 0.5 * (TAU * (t - 0.05)).cos()).powi(2);
    let mut made = Expected {
        lv: Array3::zeros((frames, side, side)),
        rv: Array3::zeros((frames, side, side)),
        total: Array3::zeros((frames, side, side)),
        silhouettes: Vec::new(),
        visible: Vec::new(),
        rv_masks: Vec::new(),
        landmarks: Vec::new(),
        volumes_ml: Vec::new(),
        lvef: None,
        volumes: None,
        shown: Shown {
            heart: true,
            view: Some(request.view),
            orientation: Some(Orientation::default()),
            gating_sound: Some(true),
        },
        axis_to_view_degrees: None,
        side,
        pixel_mm,
        gating: request.gating(rng),
        words: "toy".into(),
    };
    let middle = (side as f64 - 1.0) / 2.0;
    let in_pixels = |[x, y]: [f64; 2]| [x / pixel_mm + middle, y / pixel_mm + middle];
    for frame in 0..frames {
        let t = (frame as f64 + 0.5) / frames as f64;
        let (radius, other) = (32.0 * volume(t).max(0.01).sqrt(), 28.0 * volume(t).max(0.01).sqrt());
        let disc = |from: [f64; 2], radius: f64, row: usize, column: usize| {
            let away = (column as f64 - middle) * pixel_mm - from[0];
            let down = (row as f64 - middle) * pixel_mm - from[1];
            ((radius - away.hypot(down)) / pixel_mm + 0.5).clamp(0.0, 1.0)
        };
        for row in 0..side {
            for column in 0..side {
                let (lv, rv) = (disc(centre, radius, row, column), disc(rv_centre, other, row, column));
                made.lv[[frame, row, column]] = lv as f32;
                made.rv[[frame, row, column]] = 0.8 * rv as f32;
                // Brighter below, as over a liver.
                let still = 0.3 + 0.2 * row as f64 / side as f64;
                made.total[[frame, row, column]] = (lv + 0.8 * rv + still) as f32;
            }
        }
        // Points every degree round the circle leave no direction empty.
        let circle: Vec<[f64; 2]> = (0..360)
            .map(|k| (TAU * f64::from(k) / 360.0).sin_cos())
            .map(|(sin, cos)| [centre[0] + radius * cos, centre[1] + radius * sin])
            .collect();
        made.silhouettes.push(Silhouette::around(&circle));
        made.rv_masks.push(Mask::from_fn(side, side, |row, column| disc(rv_centre, other, row, column) > 0.5));
        made.landmarks.push(Landmarks {
            apex: in_pixels([centre[0], centre[1] + radius]),
            valve_plane: [
                in_pixels([centre[0] - 0.6 * radius, centre[1] - 0.8 * radius]),
                in_pixels([centre[0] + 0.6 * radius, centre[1] - 0.8 * radius]),
            ],
        });
        made.volumes_ml.push(120.0 * volume(t));
    }
    made.visible.clone_from(&made.silhouettes);
    let scale = request.counts_per_frame * frames as f64 / f64::from(made.total.sum());
    super::place::brighten(&mut made, scale);
    let lvef = emptied_percent(&made.volumes_ml);
    made.lvef = Some(TrueLvef { curve: 100.0 * emptied, frames: lvef, counts: lvef, images: lvef });
    made
}
