//! What Table 1 of Oh et al. 2022 determines of the cohort.
//!
//! The constants were set until `cargo run --release -p bloodpool-phantom --example cohort 1..20 30` printed its
//! values (20 panels, since the mean bias of one moves ROI sizes by some 2 %): 4184 and 2395 px, pixel values of
//! 577,432 and 276,854, EF 60.5 +- 7.4 %. Then `cohort 501..510 30` gave 4239 and 2439 px, 582,355 and 279,449,
//! EF 60.6 +- 6.7 %. What the table does not determine (shape, chambers, organs, blur, scatter, attenuation)
//! is drawn from broad ranges.

use rand::{Rng, RngExt};

use super::acquisition::{Acquisition, blur, gating};
use crate::random::normal;

/// Matrix side.
const MATRIX: usize = 64;
/// Range of true LVEF, percent.
const LVEF_PERCENT: (f64, f64) = (30.0, 78.0);
/// Background level as a fraction of the LV's peak at ED, minimum and maximum. The paper's ring, worked out from its
/// sizes, pixel values and EF, has about half of the ED ROI's mean pixel value: 67 of 138.
pub(super) const BACKGROUND: (f64, f64) = (0.32, 0.52);
/// Side of the grid that the paper counts pixels on.
const GRID: f64 = 256.0;
/// True LVEF, percent: mean and SD. Eq. 6 gives one point more, and adds an SD of 5.
const LVEF: (f64, f64) = (59.0, 4.9);
/// Angle between long axis and view, rad, minimum and maximum. With the small descent it makes the outline shrink as
/// much as the paper's at its EF, 2397 of 4174, with the same spread.
pub(super) const TILT: (f64, f64) = (0.3, 1.2);
/// Descent of the base as a fraction of the contraction, minimum and maximum.
pub(super) const DESCENT: (f64, f64) = (0.0, 0.4);
/// Size of the ED outline, pixels of the 256 grid: mean and SD.
const OUTLINE: (f64, f64) = (4180.0, 420.0);
/// Counts per frame: median, and SD of the logarithm.
const COUNTS: (f64, f64) = (301e3, 0.10);

/// A camera with a field of about 25 cm, as variable as other cameras in everything that the paper does not say.
pub(super) fn acquisition(rng: &mut impl Rng) -> Acquisition {
    let frames = 24;
    let rr_jitter = if rng.random_bool(0.6) { 0.0 } else { rng.random_range(0.0..0.03) };
    // ED may be the last frame, so that a deep drop-off would show the gating and not the heart.
    let drop_off = if rng.random_bool(0.2) {
        let depth = rng.random_range(0.03..0.2);
        let reach = rng.random_range(1..=2);
        (0..reach).map(|k| 1.0 - depth * (1.0 - f64::from(k) / f64::from(reach))).collect()
    } else {
        Vec::new()
    };
    Acquisition {
        side: MATRIX,
        field_mm: rng.random_range(225.0..265.0),
        frames,
        counts_per_frame: COUNTS.0 * normal(rng, COUNTS.1).exp(),
        blur: blur(rng),
        attenuation_per_mm: rng.random_range(0.002..0.011),
        scatter_fraction: rng.random_range(0.05..0.5),
        scatter_mm: rng.random_range(18.0..50.0),
        circular: rng.random_bool(0.3),
        rr_jitter,
        drop_off,
        gating: gating(rng, frames, rr_jitter),
    }
}

/// True LVEF, percent.
pub(super) fn lvef_percent(rng: &mut impl Rng) -> f64 {
    (LVEF.0 + normal(rng, LVEF.1)).clamp(LVEF_PERCENT.0, LVEF_PERCENT.1)
}

/// Area of the outline at ED, mm². The field is zoomed for the heart to fill its part of it, whatever its size in
/// millimetres.
pub(super) fn outline_mm2(rng: &mut impl Rng, field_mm: f64) -> f64 {
    let pixels = (OUTLINE.0 + normal(rng, OUTLINE.1)).clamp(2600.0, 6000.0);
    pixels * (field_mm / GRID).powi(2)
}

/// Where the LV lies in the field, mm from its middle: so near that the ring round its ES ROI always has pixels in the
/// lower right quadrant, where the paper samples background.
pub(super) fn place(rng: &mut impl Rng, field_mm: f64) -> [f64; 2] {
    let pixel = field_mm / GRID;
    [(normal(rng, 7.0) + 3.0).clamp(-14.0, 18.0) * pixel, normal(rng, 7.0).clamp(-14.0, 18.0) * pixel]
}
