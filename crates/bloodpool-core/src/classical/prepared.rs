//! `Prepared`: a study's frames made up for drop-off and smoothed, and the first harmonic of every pixel.

use ndarray::{Array2, Axis, Zip};

use crate::function::parametric::first_harmonic;
use crate::measure::drop_off::DropOff;
use crate::measure::projection::Projection;
use crate::measure::smoothing::Gaussian;
use crate::protocol::ASSUMED_FIELD_MM;
use crate::{FrameIndex, GatedStudy};

/// How frames are smoothed before anything is looked for in them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothing {
    /// SD of the Gaussian over the image, mm; 0: not smoothed.
    pub image_mm: f64,
    /// Number of harmonics of the fit to each pixel over the cycle.
    pub harmonics: usize,
}

/// A camera's own blur has an SD of about 4 mm at the depth of the heart; a little more than that loses no edge that it left.
impl Default for Smoothing {
    fn default() -> Self {
        Self { image_mm: 5.0, harmonics: 4 }
    }
}

/// SD of the Gaussian of amplitude and phase, mm: the camera's own blur once more, since the harmonic of
/// a pixel is noisy.
const HARMONIC_SMOOTHING_MM: f64 = 4.0;

/// What the methods look at.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// Counts of each frame, made up for end-of-cycle drop-off and smoothed.
    pub frames: Vec<Array2<f64>>,
    /// Mean over the cycle, counts per pixel and frame.
    pub mean: Array2<f64>,
    /// Amplitude of the first harmonic, counts per pixel and frame.
    pub amplitude: Array2<f64>,
    /// Phase angle at which the first harmonic is lowest, degrees from 0 to 360 after the R wave.
    pub phase_degrees: Array2<f64>,
    /// Distance between the centres of neighbouring `[rows, columns]`, mm.
    pub spacing_mm: [f64; 2],
}

impl Prepared {
    /// Prepares a study. `None` where no frame can be fitted.
    #[must_use]
    pub fn new(study: &GatedStudy, smoothing: &Smoothing) -> Option<Self> {
        let dim = (study.rows(), study.columns());
        let spacing_mm = study.pixel_spacing_mm().unwrap_or([ASSUMED_FIELD_MM / study.columns() as f64; 2]);
        let drop_off = DropOff::of(study);
        let gaussian = Gaussian::new(HARMONIC_SMOOTHING_MM, spacing_mm, dim);
        let [mean, amplitude, phase_degrees] = first_harmonic(study, &drop_off, &gaussian).ok()?;
        let frames = smoothed_frames(study, &drop_off, smoothing, spacing_mm)?;
        Some(Self { frames, mean, amplitude, phase_degrees, spacing_mm })
    }

    /// `(rows, columns)`.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        self.amplitude.dim()
    }

    /// Distance between two places `(row, column)`, mm.
    #[must_use]
    pub fn distance_mm(&self, from: (f64, f64), to: (f64, f64)) -> f64 {
        ((from.0 - to.0) * self.spacing_mm[0]).hypot((from.1 - to.1) * self.spacing_mm[1])
    }
}

/// Each frame of the fit of a few harmonics to every pixel, smoothed over the image.
///
/// The fit is linear, so that it is a weighted sum of frames, and smoothing the sum is smoothing the frames.
fn smoothed_frames(
    study: &GatedStudy,
    drop_off: &DropOff,
    smoothing: &Smoothing,
    spacing_mm: [f64; 2],
) -> Option<Vec<Array2<f64>>> {
    let count = study.frames();
    let projection = Projection::new(&drop_off.kept, smoothing.harmonics)?;
    let gaussian = Gaussian::new(smoothing.image_mm, spacing_mm, (study.rows(), study.columns()));
    let fitted = FrameIndex::all(count).map(|frame| {
        let weights = projection.weights_at(frame.index() as f64 / count as f64);
        let mut sum = Array2::<f64>::zeros((study.rows(), study.columns()));
        let frames = study.counts().axis_iter(Axis(0)).zip(weights.iter().zip(&drop_off.kept));
        for (counts, (weight, kept)) in frames {
            let weight = weight / kept.max(1e-6);
            Zip::from(&mut sum).and(counts).for_each(|sum, &counts| *sum += weight * f64::from(counts));
        }
        gaussian.apply(&sum)
    });
    Some(fitted.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;
    use std::f64::consts::TAU;

    #[test]
    fn a_beat_without_noise_is_kept_and_drop_off_made_up_for() {
        let beat = |frame: usize| 100.0 + 40.0 * (TAU * frame as f64 / 16.0).cos();
        let kept = |frame: usize| if frame == 15 { 0.5 } else { 1.0 };
        let counts = Array3::from_shape_fn((16, 32, 32), |(frame, _, _)| (beat(frame) * kept(frame)) as f32);
        let study = GatedStudy::new(counts, Some([4.0, 4.0])).unwrap();
        let prepared = Prepared::new(&study, &Smoothing::default()).unwrap();
        // The made-up frame is known only as well as the estimate of what it lost.
        for frame in 0..15 {
            assert!((prepared.frames[frame][[9, 9]] - beat(frame)).abs() < 1.0, "frame {frame}");
        }
        assert!((prepared.amplitude[[16, 16]] - 40.0).abs() < 1.0);
        // Lowest at frame 8 of 16, whose middle is at 8.5 / 16 of the cycle: 191.25 degrees.
        assert!((prepared.phase_degrees[[16, 16]] - 191.25).abs() < 2.0, "{}", prepared.phase_degrees[[16, 16]]);
    }

    #[test]
    fn without_a_spacing_the_field_is_assumed() {
        let study = GatedStudy::new(Array3::from_elem((8, 32, 40), 1.0), None).unwrap();
        let prepared = Prepared::new(&study, &Smoothing::default()).unwrap();
        assert_eq!(prepared.spacing_mm, [10.0, 10.0]);
        assert_eq!(prepared.distance_mm((0.0, 0.0), (3.0, 4.0)), 50.0);
    }
}
