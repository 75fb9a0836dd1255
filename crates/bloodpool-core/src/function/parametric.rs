//! `ParametricImages`: amplitude and phase angle of the first harmonic, stroke volume, paradox and regional EF of every pixel.

use ndarray::{Array2, Axis, Zip};

use super::pixel_background::PixelBackground;
use super::refusal::Refusal;
use crate::measure::drop_off::DropOff;
use crate::measure::projection::Projection;
use crate::measure::smoothing::Gaussian;
use crate::protocol::ASSUMED_FIELD_MM;
use crate::{FrameIndex, GatedStudy, Mask};

/// Pixels with less than this fraction of the largest amplitude have no phase that could be shown (Handler et al., Equilibrium
/// radionuclide gated angiography in patients with tricuspid regurgitation, Am J Cardiol, keep those with 7 %).
pub const AMPLITUDE_FRACTION: f64 = 0.07;
/// SD of the Gaussian that images are smoothed with unless another is asked for, mm: about a pixel of a 64 x 64 matrix, less
/// than a camera's own blur.
const SMOOTHING_MM: f64 = 6.0;
/// Net counts of a pixel at ED over their counting noise, below which it has no EF.
const EF_SIGMAS: f64 = 3.0;

/// How parametric images are made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImageChoices {
    /// SD of the Gaussian that each image is smoothed with before amplitude, phase and ratio are formed, mm; 0: not smoothed.
    pub smoothing_mm: f64,
    /// Smallest amplitude of a pixel that has a phase, as a fraction of the largest within the region.
    pub amplitude_fraction: f64,
    /// Side of the field of view that is assumed when the study records no spacing, mm.
    pub assumed_field_mm: f64,
}

impl Default for ImageChoices {
    fn default() -> Self {
        Self { smoothing_mm: SMOOTHING_MM, amplitude_fraction: AMPLITUDE_FRACTION, assumed_field_mm: ASSUMED_FIELD_MM }
    }
}

/// Images of function, `[row, column]` of the study's own matrix.
///
/// Amplitude and phase are those of the first harmonic of each pixel's counts, made up for end-of-cycle drop-off (Adam et al.,
/// Equilibrium (gated) radionuclide ventriculography, Cardiovasc Radiol 1979;2:161): the mean and `A cos(360 t - phase + 180)`,
/// in degrees, t being the fraction of the cycle after the R wave. So the harmonic is lowest where 360 t is the phase: at about
/// 120 to 160 degrees in ventricles, half a cycle later in atria. What beats later has a larger phase.
#[derive(Debug, Clone, PartialEq)]
pub struct ParametricImages {
    /// Frames per cycle.
    pub frames: usize,
    /// Mean over the cycle, counts per pixel and frame.
    pub mean: Array2<f32>,
    /// Amplitude, counts per pixel and frame.
    pub amplitude: Array2<f32>,
    /// Phase angle, degrees from 0 to 360; it means something where `beating` says so.
    pub phase_degrees: Array2<f32>,
    /// Pixels whose amplitude is at least the chosen fraction of the largest.
    pub beating: Mask,
    /// Stroke volume: counts at ED less those at ES where positive, else 0.
    pub stroke: Array2<f32>,
    /// Paradox: counts at ES less those at ED where positive, else 0.
    pub paradox: Array2<f32>,
    /// EF of each pixel from net counts, percent, cut to -100 to 100; it means something where `has_ef` says so.
    pub ef_percent: Array2<f32>,
    /// Pixels of the ED silhouette whose net counts at ED exceed three times their counting noise.
    pub has_ef: Mask,
}

/// Frames and regions that images are made from.
#[derive(Debug, Clone, Copy)]
pub struct ImageInput<'a> {
    /// The study.
    pub study: &'a GatedStudy,
    /// End-of-cycle drop-off.
    pub drop_off: &'a DropOff,
    /// What is subtracted from each pixel before its EF is computed.
    pub background: &'a PixelBackground,
    /// End-diastole.
    pub end_diastole: FrameIndex,
    /// End-systole.
    pub end_systole: FrameIndex,
    /// LV silhouette at ED.
    pub silhouette: &'a Mask,
}

impl ParametricImages {
    /// The images of a study.
    ///
    /// The harmonic of smoothed frames is the smoothed harmonic of the frames, so that only sums over frames are smoothed.
    ///
    /// # Errors
    /// [`Refusal::Shapes`] when mask, background or frames do not fit the study, [`Refusal::NoCurve`] without usable frames.
    pub fn new(input: ImageInput<'_>, choices: &ImageChoices) -> Result<Self, Refusal> {
        let ImageInput { study, drop_off, background, end_diastole, end_systole, silhouette } = input;
        let (frames, rows, columns) = study.counts().dim();
        let outside = end_diastole.index() >= frames || end_systole.index() >= frames;
        if outside || drop_off.kept.len() != frames || silhouette.dim() != (rows, columns) || !background.fits(study) {
            return Err(Refusal::Shapes);
        }
        let spacing_mm = study.pixel_spacing_mm().unwrap_or([choices.assumed_field_mm / columns as f64; 2]);
        let gaussian = Gaussian::new(choices.smoothing_mm, spacing_mm, (rows, columns));
        let [mean, amplitude, phase_degrees] = first_harmonic(study, drop_off, &gaussian)?;
        let largest = amplitude.iter().copied().fold(0.0, f64::max);
        let beating = Mask::new(amplitude.mapv(|value| value > 0.0 && value >= choices.amplitude_fraction * largest));

        let kept = |frame: FrameIndex| drop_off.kept[frame.index()].max(1e-6);
        let counted = |frame: FrameIndex| study.frame(frame).mapv(|value| f64::from(value) / kept(frame));
        let (full, left) = (gaussian.apply(&counted(end_diastole)), gaussian.apply(&counted(end_systole)));
        let change = &full - &left;
        let net = |frame: FrameIndex| gaussian.apply(&(background.net(study, frame) / kept(frame)));
        let (net_full, net_left) = (net(end_diastole), net(end_systole));
        // Smoothing lowers the noise of a pixel; that of the pixel alone is on the safe side.
        let noise = counted(end_diastole).mapv(|value| (value.max(1.0) / kept(end_diastole)).sqrt());
        let has_ef = Mask::from_fn(rows, columns, |row, column| {
            silhouette.contains(row, column) && net_full[[row, column]] > EF_SIGMAS * noise[[row, column]]
        });
        let ef_percent = Array2::from_shape_fn((rows, columns), |at| {
            if has_ef.contains(at.0, at.1) {
                ((1.0 - net_left[at] / net_full[at]) * 100.0).clamp(-100.0, 100.0) as f32
            } else {
                0.0
            }
        });
        Ok(Self {
            frames,
            mean: mean.mapv(|value| value as f32),
            amplitude: amplitude.mapv(|value| value as f32),
            phase_degrees: phase_degrees.mapv(|value| value as f32),
            beating,
            stroke: change.mapv(|value| value.max(0.0) as f32),
            paradox: change.mapv(|value| (-value).max(0.0) as f32),
            ef_percent,
            has_ef,
        })
    }
}

/// Mean, and amplitude and phase angle (degrees) of the first harmonic, of every pixel, drop-off made up for.
pub(crate) fn first_harmonic(
    study: &GatedStudy,
    drop_off: &DropOff,
    gaussian: &Gaussian,
) -> Result<[Array2<f64>; 3], Refusal> {
    let projection = Projection::new(&drop_off.kept, 1).ok_or(Refusal::NoCurve)?;
    let rows = projection.mean_and_first_harmonic().ok_or(Refusal::NoCurve)?;
    let [mean, cosine, sine] = rows.map(|weights| {
        let mut sum = Array2::<f64>::zeros((study.rows(), study.columns()));
        let frames = study.counts().axis_iter(Axis(0)).zip(weights.iter().zip(&drop_off.kept));
        for (counts, (weight, kept)) in frames {
            let weight = weight / kept.max(1e-6);
            sum.zip_mut_with(&counts, |sum, &counts| *sum += weight * f64::from(counts));
        }
        gaussian.apply(&sum)
    });
    let half_frame = 180.0 / study.frames() as f64;
    let amplitude = Zip::from(&cosine).and(&sine).map_collect(|cosine, sine| cosine.hypot(*sine));
    let phase = Zip::from(&cosine).and(&sine).map_collect(|cosine, sine| {
        // Highest at atan2(sine, cosine), lowest half a cycle later; the first frame's counts belong to its middle.
        (sine.atan2(*cosine).to_degrees() + 180.0 + half_frame).rem_euclid(360.0)
    });
    Ok([mean, amplitude, phase])
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array3;
    use std::f64::consts::TAU;

    const FRAMES: usize = 16;

    /// Three columns of pixels: lowest at 130 degrees after the R wave, at 310, and without a beat.
    fn study(kept: &[f64]) -> GatedStudy {
        let counts = Array3::from_shape_fn((FRAMES, 32, 33), |(frame, _, column)| {
            let turn = TAU * (frame as f64 + 0.5) / FRAMES as f64;
            let beat = |phase: f64, amplitude: f64| 500.0 - amplitude * (turn - f64::to_radians(phase)).cos();
            (kept[frame] * [beat(130.0, 200.0), beat(310.0, 60.0), 500.0][column / 11]) as f32
        });
        GatedStudy::new(counts, Some([4.0, 4.0])).unwrap()
    }

    fn images(kept: Vec<f64>, smoothing_mm: f64) -> Result<ParametricImages, Refusal> {
        images_of(&study(&kept), kept, smoothing_mm)
    }

    fn images_of(study: &GatedStudy, kept: Vec<f64>, smoothing_mm: f64) -> Result<ParametricImages, Refusal> {
        let silhouette = Mask::from_fn(32, 33, |row, column| row > 4 && column < 20);
        let background = PixelBackground::Levels(kept.iter().map(|kept| 100.0 * kept).collect());
        let drop_off = DropOff { totals: study.totals(), kept };
        let input = ImageInput {
            study,
            drop_off: &drop_off,
            background: &background,
            end_diastole: FrameIndex::new(0),
            end_systole: FrameIndex::new(5),
            silhouette: &silhouette,
        };
        ParametricImages::new(input, &ImageChoices { smoothing_mm, ..ImageChoices::default() })
    }

    #[test]
    fn pixels_have_the_amplitude_and_phase_that_they_were_given() {
        let mut lost = vec![1.0; FRAMES];
        lost[14..].copy_from_slice(&[0.8, 0.3]);
        for kept in [vec![1.0; FRAMES], lost] {
            let found = images(kept, 0.0).unwrap();
            assert!((found.amplitude[[9, 3]] - 200.0).abs() < 1e-2 && (found.amplitude[[9, 15]] - 60.0).abs() < 1e-2);
            assert!((found.phase_degrees[[9, 3]] - 130.0).abs() < 1e-2, "{}", found.phase_degrees[[9, 3]]);
            assert!((found.phase_degrees[[9, 15]] - 310.0).abs() < 1e-2);
            assert!((found.mean[[9, 3]] - 500.0).abs() < 1e-2 && found.frames == FRAMES);
            assert!(found.beating.contains(9, 3) && found.beating.contains(9, 15) && !found.beating.contains(9, 30));
        }
    }

    #[test]
    fn stroke_paradox_and_ef_are_those_of_ed_and_es() {
        let found = images(vec![1.0; FRAMES], 0.0).unwrap();
        // Frame 1: 11.25 degrees; frame 6: 123.75. 500 - 200 cos(-118.75) = 596.201, 500 - 200 cos(-6.25) = 301.189.
        let stroke = 596.201 - 301.189;
        assert!((found.stroke[[9, 3]] - stroke).abs() < 0.01 && found.paradox[[9, 3]] == 0.0);
        // 500 - 60 cos(-298.75) = 471.140, 500 - 60 cos(-186.25) = 559.643.
        assert!((found.paradox[[9, 15]] - 88.503).abs() < 0.01 && found.stroke[[9, 15]] == 0.0);
        // Less 100 of background: (496.201 - 201.189) / 496.201 = 59.454 %.
        assert!((found.ef_percent[[9, 3]] - 59.454).abs() < 0.01, "{}", found.ef_percent[[9, 3]]);
        assert!(found.has_ef.contains(9, 3) && !found.has_ef.contains(2, 3) && !found.has_ef.contains(9, 25));
        assert_eq!(found.ef_percent[[2, 3]], 0.0);
    }

    #[test]
    fn smoothing_changes_nothing_where_pixels_are_alike() {
        let (rough, smooth) = (images(vec![1.0; FRAMES], 0.0).unwrap(), images(vec![1.0; FRAMES], 4.0).unwrap());
        assert!((rough.phase_degrees[[16, 4]] - smooth.phase_degrees[[16, 4]]).abs() < 1e-2);
        assert!((rough.ef_percent[[16, 4]] - smooth.ef_percent[[16, 4]]).abs() < 1e-2);
        assert!(smooth.amplitude[[16, 10]] < rough.amplitude[[16, 10]]);
    }

    #[test]
    fn nothing_is_computed_without_frames() {
        let study = study(&[1.0; FRAMES]);
        assert_eq!(images_of(&study, vec![0.0; FRAMES], 4.0), Err(Refusal::NoCurve));
        assert_eq!(images_of(&study, vec![1.0; 8], 4.0), Err(Refusal::Shapes));
    }
}
