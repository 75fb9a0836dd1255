//! Simulated raters: each has systematic errors of its own, and all share the error that an image causes in everyone.

use std::f64::consts::TAU;

use bloodpool_core::Contour;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::SimulatedStudy;
use crate::random::{normal, stream};

/// A simulated rater with systematic errors of its own.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Rater {
    /// Number, from 1.
    pub number: usize,
    /// `students` or `technologists`.
    pub group: String,
    /// Mean distance by which this rater draws outside the LV's edge, mm.
    pub bias_mm: f64,
    /// SD of what changes from image to image, mm at ED.
    pub scatter_mm: f64,
    /// Number of points of a polygon.
    pub points: usize,
    seed: u64,
}

/// A panel of raters, students and technologists by turns; the same seed gives the same panel.
#[must_use]
pub fn panel(seed: u64, raters: usize) -> Vec<Rater> {
    (1..=raters)
        .map(|number| {
            let mut rng = ChaCha8Rng::seed_from_u64(stream(&[seed, 0x7261_7465, number as u64]));
            let student = number % 2 == 1;
            let spread = if student { 1.3 } else { 0.8 };
            Rater {
                number,
                group: if student { "students" } else { "technologists" }.to_owned(),
                bias_mm: normal(&mut rng, spread),
                scatter_mm: spread * rng.random_range(0.6..1.4),
                points: rng.random_range(14..40),
                seed: rng.random(),
            }
        })
        .collect()
}

impl Rater {
    /// The LV as this rater draws it on one frame (from 0), in the study's own pixels.
    #[must_use]
    pub fn draw(&self, study: &SimulatedStudy, frame: usize) -> Contour {
        let truth = &study.truth;
        let outline = &study.visible[frame];
        let size = |f: usize| study.visible[f].radii.iter().sum::<f64>();
        // A small, faint ventricle is drawn less precisely: SD up to twice that of end-diastole.
        let harder = (size(truth.end_diastole_frame - 1) / size(frame).max(1e-6)).clamp(1.0, 2.0);
        let image = [truth.seed, truth.index, frame as u64];
        let mut shared = ChaCha8Rng::seed_from_u64(stream(&image));
        let mut own = ChaCha8Rng::seed_from_u64(stream(&[self.seed, image[0], image[1], image[2]]));
        let everyone = Wobble::draw(&mut shared, 1.1 * harder);
        let alone = Wobble::draw(&mut own, self.scatter_mm * harder);
        // The valve plane lies where the outline is nearest to the atria: up in the image.
        let valve = normal(&mut shared, 2.0 * harder) + normal(&mut own, 1.2 * harder);
        let start = own.random_range(0.0..TAU);
        let middle = (study.side as f64 - 1.0) / 2.0;
        Contour(
            (0..self.points)
                .map(|k| {
                    let angle = start + TAU * k as f64 / self.points as f64;
                    let (sin, cos) = angle.sin_cos();
                    let up = (-sin).max(0.0).powi(2);
                    let error = self.bias_mm + everyone.at(angle) + alone.at(angle) + valve * up;
                    let radius = (outline.radius(angle) + error).max(2.0);
                    let at = |centre: f64, along: f64| (centre + radius * along) / study.pixel_mm + middle;
                    let inside = |v: f64| v.clamp(-0.5, study.side as f64 - 0.5);
                    [inside(at(outline.centre[0], cos)), inside(at(outline.centre[1], sin))]
                })
                .collect(),
        )
    }
}

/// A smooth error of the radius around the outline.
struct Wobble {
    terms: Vec<(f64, f64)>,
}

impl Wobble {
    fn draw(rng: &mut ChaCha8Rng, sd_mm: f64) -> Self {
        let terms = (0..6)
            .map(|order| {
                let sd = sd_mm / (1.0 + f64::from(order)) * 0.8;
                (normal(rng, sd), if order == 0 { 0.0 } else { normal(rng, sd) })
            })
            .collect();
        Self { terms }
    }

    fn at(&self, angle: f64) -> f64 {
        self.terms
            .iter()
            .enumerate()
            .map(|(k, (a, b))| a * (k as f64 * angle).cos() + b * (k as f64 * angle).sin())
            .sum()
    }
}
