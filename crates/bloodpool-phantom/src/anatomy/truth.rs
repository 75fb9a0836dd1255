//! What is true of a simulated heart: volumes, LVEF by every definition, outlines, landmarks.

use bloodpool_core::{Landmarks, Mask};
use ndarray::{Array3, Axis};

use super::Mixing;
use super::heart::Heart;
use super::projection::{GRID, Projection, STEP_MM};
use crate::camera::Resampling;
use crate::geometry::{Frame3, Silhouette, VISIBLE_EDGE, Vec3};
use crate::study::{TrueLvef, Volumes};

/// Steps of the continuous volume curve.
const CURVE: usize = 240;

/// Volumes and LVEF.
pub(crate) struct Truth {
    pub(crate) volumes_ml: Vec<f64>,
    pub(crate) lvef: TrueLvef,
}

/// What a perfect observer would draw.
pub(crate) struct Outlines {
    pub(crate) silhouettes: Vec<Silhouette>,
    pub(crate) visible: Vec<Silhouette>,
    pub(crate) rv_masks: Vec<Mask>,
    pub(crate) landmarks: Vec<Landmarks>,
}

/// LVEF of values by frame, percent: largest within 12 % of the R wave, smallest in 20 to 60 % of the cycle.
pub(crate) fn lvef_of(values: &[f64]) -> f64 {
    let frames = values.len() as f64;
    let near = |frame: usize| (frame as f64).min(frames - frame as f64) <= 0.12 * frames + 1e-9;
    let systole = |frame: usize| (0.2 * frames - 1e-9..=0.6 * frames + 1e-9).contains(&(frame as f64));
    let largest = (0..values.len()).filter(|&k| near(k)).map(|k| values[k]).fold(0.0, f64::max);
    let smallest = (0..values.len()).filter(|&k| systole(k)).map(|k| values[k]).fold(f64::INFINITY, f64::min);
    if largest > 0.0 { 100.0 * (1.0 - smallest / largest) } else { 0.0 }
}

/// Volumes and LVEF; `lv` are noise-free counts from LV blood, before any drop-off.
pub(crate) fn of(heart: &Heart, lv: &Array3<f32>, mixing: &Mixing) -> Truth {
    let frames = lv.dim().0;
    let middles: Vec<f64> = (0..frames).map(|k| heart.lv.blood_ml((k as f64 + 0.5) / frames as f64)).collect();
    let averaged = |frame: usize| {
        (0..8).map(|k| heart.lv.blood_ml((frame as f64 + (f64::from(k) + 0.5) / 8.0) / frames as f64)).sum::<f64>()
            / 8.0
    };
    let by_frame: Vec<f64> = (0..frames).map(averaged).collect();
    let counts: Vec<f64> = lv.axis_iter(Axis(0)).map(|frame| f64::from(frame.sum())).collect();
    let volumes_ml = mixing.apply(&middles);
    let lvef = TrueLvef {
        curve: heart.lv.lvef_percent(200),
        frames: lvef_of(&by_frame),
        counts: lvef_of(&counts),
        images: lvef_of(&volumes_ml),
    };
    Truth { volumes_ml, lvef }
}

/// Volumes of both ventricles over the cycle.
pub(crate) fn volumes(heart: &Heart) -> Volumes {
    let lv_ml = (0..CURVE).map(|step| heart.lv.blood_ml(step as f64 / CURVE as f64)).collect();
    Volumes { lv_ml, rv_ml: heart.rv.volumes_ml }
}

/// Outlines and landmarks by frame. `place`: the LV's centre in the field, mm from its middle.
pub(crate) fn outlines(
    heart: &Heart,
    axes: &Frame3,
    projected: &Projection,
    place: &[f64; 2],
    (side, pixel_mm): (usize, f64),
    onto: &Resampling,
) -> Outlines {
    let frames = projected.lv.len();
    let mut result = Outlines { silhouettes: vec![], visible: vec![], rv_masks: vec![], landmarks: vec![] };
    for frame in 0..frames {
        let moment = heart.lv.at((frame as f64 + 0.5) / frames as f64);
        let seen = |[a, s, v]: [f64; 3]| {
            let at = axes.to_camera(Vec3::new(a, s, v));
            [at.x + place[0], at.y + place[1]]
        };
        let points: Vec<[f64; 2]> = moment.surface().into_iter().map(seen).collect();
        result.silhouettes.push(Silhouette::around(&points));
        result.visible.push(visible_edge(&projected.lv[frame], place));
        let chord = onto.apply(&projected.rv_chord[frame]);
        // The resampling turns counts per grid area into counts per pixel; a chord is no count.
        let to_mm = (STEP_MM * STEP_MM / (pixel_mm * pixel_mm)) as f32;
        result.rv_masks.push(Mask::from_fn(side, side, |row, column| chord[row * side + column] * to_mm > 3.0));
        let pixels = |at: [f64; 2]| at.map(|mm| mm / pixel_mm + (side as f64 - 1.0) / 2.0);
        let ring: Vec<[f64; 2]> = moment.ring().into_iter().map(seen).collect();
        // The ends of the valve plane: the ring's extremes along the septal direction as projected.
        let along = |p: &[f64; 2]| p[0] * axes.septum.x + p[1] * axes.septum.y;
        let septal = ring.iter().max_by(|p, q| along(p).total_cmp(&along(q))).copied().unwrap_or(*place);
        let lateral = ring.iter().min_by(|p, q| along(p).total_cmp(&along(q))).copied().unwrap_or(*place);
        result
            .landmarks
            .push(Landmarks { apex: pixels(seen(moment.tip())), valve_plane: [pixels(septal), pixels(lateral)] });
    }
    result
}

/// The outline at which an image on the heart's grid falls to [`VISIBLE_EDGE`] of its peak, seen from its centre of mass.
fn visible_edge(image: &[f32], place: &[f64; 2]) -> Silhouette {
    let (mut sum, mut x, mut y) = (0.0, 0.0, 0.0);
    let from = |k: usize| (k as f64 + 0.5 - GRID as f64 / 2.0) * STEP_MM;
    for (index, &value) in image.iter().enumerate() {
        sum += f64::from(value);
        x += f64::from(value) * from(index % GRID);
        y += f64::from(value) * from(index / GRID);
    }
    let centre = if sum > 0.0 { [x / sum, y / sum] } else { [0.0, 0.0] };
    let edge = VISIBLE_EDGE * f64::from(image.iter().copied().fold(0.0, f32::max));
    let node = |mm: f64| (mm / STEP_MM + GRID as f64 / 2.0 - 0.5).clamp(0.0, GRID as f64 - 1.001);
    let at = |x: f64, y: f64| {
        let (u, v) = (node(x), node(y));
        let (fu, fv, index) = (u.fract(), v.fract(), v as usize * GRID + u as usize);
        let pixel = |offset: usize| f64::from(image[index + offset]);
        (pixel(0) * (1.0 - fu) + pixel(1) * fu) * (1.0 - fv) + (pixel(GRID) * (1.0 - fu) + pixel(GRID + 1) * fu) * fv
    };
    Silhouette::by_radius([centre[0] + place[0], centre[1] + place[1]], |angle| {
        let (sin, cos) = angle.sin_cos();
        let mut radius = 0.0;
        // Outwards until the counts fall below that level for good: from the outside in.
        let mut outer = 110.0;
        while outer > 0.0 {
            if at(centre[0] + outer * cos, centre[1] + outer * sin) >= edge {
                radius = outer;
                break;
            }
            outer -= 1.0;
        }
        radius.max(1.0)
    })
}
