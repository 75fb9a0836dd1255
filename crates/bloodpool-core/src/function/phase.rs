//! `PhaseHistogram`: when the pixels of a region beat, how far they differ, and how well they beat together.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::parametric::ParametricImages;
use super::refusal::Refusal;
use crate::Mask;
use crate::validity::limits::HARMONIC_SIGMAS;

/// Width of a bin of the histogram, degrees: 60 bins. Entropy depends on it (Wassenaar et al., J Nucl Cardiol 2009;16:895), so
/// that values are comparable only with the same width.
pub const BIN_DEGREES: f64 = 6.0;
/// Fewest pixels of a region whose phases are described.
const FEWEST_PIXELS: usize = 20;
/// Share of the pixels that the bandwidth holds.
const BANDWIDTH_SHARE: f64 = 0.95;
/// Length of the mean of unit vectors below which phases have no common direction: their circular SD, sqrt(-2 ln length), is then
/// above 111 degrees.
const NO_DIRECTION: f64 = 0.15;

/// The phase angles ("phases" below; not ED and ES) of a region's pixels.
///
/// Phases are those of [`ParametricImages`], A their amplitudes. Mean and SD are circular: the mean is the direction of the sum
/// of unit vectors, the SD (n - 1) is that of the deviations from it within -+180 degrees. Each pixel counts once, but for the
/// synchrony.
///
/// Synchrony and entropy are those of O'Connell et al. (J Nucl Cardiol 2005;12:441), whose authors describe them in these words
/// (Badhwar et al., J Investig Med 2006;54:S124): "The vector sum of all Amps, based on the angular distribution of phase,
/// divided by the scalar sum of the length of all the vectors defines synchrony (S). The degree of randomness or disorder, based
/// on the Shannon information measure normalized for the number of phases in the region, defines entropy (E). With complete
/// synchrony S = 1 and E = 0; with complete dyssynchrony S = 0 and E = 1." As formulas, with p_i the share of the pixels in bin i
/// of `bins`, n their number:
///
/// S = |sum A_k exp(i phase_k)| / sum A_k, E = - sum p_i ln p_i / ln min(bins, n).
///
/// The formula of the paper itself, its width of bins and its treatment of empty ones were not found in a readable source. No
/// normal range of a planar phase SD was found either.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhaseHistogram {
    /// Number of pixels: those of the region that beat.
    pub pixels: usize,
    /// Mean phase, degrees from 0 to 360.
    pub mean_degrees: f64,
    /// Standard deviation of the phases, degrees.
    pub sd_degrees: f64,
    /// The smallest range of phases that holds 95 % of the pixels, degrees (Chen et al., J Nucl Cardiol 2005;12:687).
    pub bandwidth_95_degrees: f64,
    /// Entropy E, 0 (all pixels in one bin) to 1 (pixels spread evenly).
    pub entropy: f64,
    /// Synchrony S, 0 to 1 (all pixels beat together).
    pub synchrony: f64,
    /// Width of a bin, degrees.
    pub bin_degrees: f64,
    /// Number of pixels by bin; the first begins at 0 degrees.
    pub bins: Vec<usize>,
}

impl PhaseHistogram {
    /// Of the pixels of a region that beat. `bin_degrees`: for example [`BIN_DEGREES`]; made a whole fraction of 360.
    ///
    /// # Errors
    /// [`Refusal::Shapes`] when the region has another matrix, [`Refusal::FewPixels`] when fewer than 20 of its pixels beat,
    /// [`Refusal::NoMeanPhase`] when they beat at all times alike, and [`Refusal::NoBeat`] when the first harmonic of their sum is
    /// less than five times its counting noise: noise of static counts has amplitudes and phases, too.
    pub fn of(images: &ParametricImages, region: &Mask, bin_degrees: f64) -> Result<Self, Refusal> {
        if region.dim() != images.phase_degrees.dim() {
            return Err(Refusal::Shapes);
        }
        let beating: Vec<(usize, usize)> =
            region.inside().filter(|&(row, column)| images.beating.contains(row, column)).collect();
        let pixels: Vec<(f64, f64)> =
            beating.iter().map(|&at| (f64::from(images.phase_degrees[at]), f64::from(images.amplitude[at]))).collect();
        let found = Self::new(&pixels, bin_degrees)?;
        // A coefficient is 2 / n times a sum over n frames of Poisson counts; the swing is twice the amplitude.
        let mean: f64 = beating.iter().map(|&at| f64::from(images.mean[at]).max(0.0)).sum();
        let noise_counts = 2.0 * (2.0 * mean / images.frames.max(1) as f64).sqrt();
        let stroke_counts = 2.0 * found.synchrony * pixels.iter().map(|pixel| pixel.1).sum::<f64>();
        if stroke_counts < HARMONIC_SIGMAS * noise_counts {
            return Err(Refusal::NoBeat { stroke_counts, noise_counts });
        }
        Ok(found)
    }

    /// Of pixels as phase (degrees) and amplitude.
    ///
    /// # Errors
    /// As [`PhaseHistogram::of`]; pixels without a finite phase and a positive amplitude do not count.
    pub fn new(pixels: &[(f64, f64)], bin_degrees: f64) -> Result<Self, Refusal> {
        let usable = |&(phase, amplitude): &(f64, f64)| phase.is_finite() && amplitude.is_finite() && amplitude > 0.0;
        let pixels: Vec<(f64, f64)> = pixels
            .iter()
            .copied()
            .filter(usable)
            .map(|(phase, amplitude)| (phase.rem_euclid(360.0), amplitude))
            .collect();
        let n = pixels.len();
        if n < FEWEST_PIXELS {
            return Err(Refusal::FewPixels { pixels: n, needed: FEWEST_PIXELS });
        }
        let sum = |length: fn(f64) -> f64| {
            pixels.iter().fold((0.0, 0.0), |(x, y), &(phase, amplitude)| {
                let (sine, cosine) = phase.to_radians().sin_cos();
                (x + length(amplitude) * cosine, y + length(amplitude) * sine)
            })
        };
        let (x, y) = sum(|_| 1.0);
        if x.hypot(y) / (n as f64) < NO_DIRECTION {
            return Err(Refusal::NoMeanPhase);
        }
        let mean_degrees = y.atan2(x).to_degrees().rem_euclid(360.0);
        let squares: f64 = pixels.iter().map(|&(phase, _)| turned(phase - mean_degrees).powi(2)).sum();
        let amplitudes: f64 = pixels.iter().map(|pixel| pixel.1).sum();
        let (x, y) = sum(|amplitude| amplitude);
        let number = if bin_degrees > 0.0 { (360.0 / bin_degrees).round().clamp(2.0, 360.0) as usize } else { 60 };
        let mut bins = vec![0; number];
        for &(phase, _) in &pixels {
            let bin = (phase / 360.0 * number as f64) as usize;
            bins[bin.min(number - 1)] += 1;
        }
        Ok(Self {
            pixels: n,
            mean_degrees,
            sd_degrees: (squares / (n as f64 - 1.0)).sqrt(),
            bandwidth_95_degrees: bandwidth(pixels.iter().map(|pixel| pixel.0).collect()),
            entropy: entropy(&bins, n),
            synchrony: (x.hypot(y) / amplitudes).clamp(0.0, 1.0),
            bin_degrees: 360.0 / number as f64,
            bins,
        })
    }

    /// Mean phase as time after the R wave, ms, where the cycle lasts `cycle_ms`.
    #[must_use]
    pub fn mean_ms(&self, cycle_ms: f64) -> f64 {
        self.mean_degrees / 360.0 * cycle_ms
    }
}

/// An angle within -180 (excluded) to 180 degrees.
pub(super) fn turned(degrees: f64) -> f64 {
    let turned = degrees.rem_euclid(360.0);
    if turned > 180.0 { turned - 360.0 } else { turned }
}

/// Shannon's entropy of the shares of the bins, over the largest that so many pixels can have in so many bins.
fn entropy(bins: &[usize], pixels: usize) -> f64 {
    let largest = (bins.len().min(pixels) as f64).ln();
    let shares = bins.iter().filter(|&&bin| bin > 0).map(|&bin| bin as f64 / pixels as f64);
    let entropy: f64 = shares.map(|share| -share * share.ln()).sum();
    if largest > 0.0 { (entropy / largest).clamp(0.0, 1.0) } else { 0.0 }
}

/// The smallest arc, degrees, that holds 95 % of the phases.
fn bandwidth(mut phases: Vec<f64>) -> f64 {
    phases.sort_by(f64::total_cmp);
    let n = phases.len();
    let held = ((n as f64 * BANDWIDTH_SHARE - 1e-9).ceil() as usize).clamp(1, n);
    let arc = |first: usize| {
        let last = first + held - 1;
        let (turn, last) = if last < n { (0.0, last) } else { (360.0, last - n) };
        phases[last] + turn - phases[first]
    };
    (0..n).map(arc).fold(360.0, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 48 pixels, of which most beat at about 350 to 20 degrees: a mean across 0.
    fn pixels() -> Vec<(f64, f64)> {
        (0..48)
            .map(|k| {
                let k = f64::from(k);
                ((352.0 + 7.0 * (k * 0.37).sin() * 3.0 + 0.4 * k).rem_euclid(360.0), 10.0 + (k * 1.3).cos() * 6.0)
            })
            .collect()
    }

    #[test]
    fn values_are_those_of_numpy_and_scipy() {
        let found = PhaseHistogram::new(&pixels(), 6.0).unwrap();
        // NumPy 2.4, SciPy 1.17, ph and a as above: m = degrees(circmean(radians(ph))); d = (ph - m + 180) % 360 - 180;
        // sqrt((d**2).sum() / 47); abs((a * exp(1j * radians(ph))).sum()) / a.sum();
        // entropy(histogram(ph, 60, (0, 360))[0]) / log(48); smallest of s2[i + 45] - s2[i], s2 = sorted ph and ph + 360.
        assert!((found.mean_degrees - 2.222_983_934_967_193).abs() < 1e-9, "{}", found.mean_degrees);
        assert!((found.sd_degrees - 15.013_501_690_411_648).abs() < 1e-9, "{}", found.sd_degrees);
        assert!((found.synchrony - 0.966_602_866_850_232_4).abs() < 1e-12, "{}", found.synchrony);
        assert!((found.entropy - 0.554_666_966_691_664).abs() < 1e-12, "{}", found.entropy);
        assert!((found.bandwidth_95_degrees - 49.283_107_551_889_884).abs() < 1e-9, "{}", found.bandwidth_95_degrees);
        assert_eq!((found.bins[0], found.bins[4], found.bins[56], found.bins[59]), (4, 4, 4, 6));
    }

    #[test]
    fn complete_order_and_disorder_are_the_ends() {
        let same = PhaseHistogram::new(&[(141.0, 5.0); 30], 6.0).unwrap();
        assert!((same.mean_degrees - 141.0).abs() < 1e-9 && same.sd_degrees < 1e-6 && same.bandwidth_95_degrees == 0.0);
        assert!(same.entropy == 0.0 && (same.synchrony - 1.0).abs() < 1e-12);
        assert_eq!((same.bins.len(), same.bins[23], same.bin_degrees), (60, 30, 6.0));
        let even: Vec<(f64, f64)> = (0..60).map(|k| (6.0 * f64::from(k) + 1.0, 4.0)).collect();
        assert_eq!(PhaseHistogram::new(&even, 6.0), Err(Refusal::NoMeanPhase));
        assert!((entropy(&[1; 60], 60) - 1.0).abs() < 1e-12);
        // Half of the pixels at 0 and half at 90 degrees: S = sqrt(1/2), mean 45, SD 45 sqrt(40 / 39), E = ln 2 / ln 40.
        let two: Vec<(f64, f64)> = (0..40).map(|k| (if k % 2 == 0 { 0.0 } else { 90.0 }, 3.0)).collect();
        let found = PhaseHistogram::new(&two, 6.0).unwrap();
        assert!((found.synchrony - 0.5_f64.sqrt()).abs() < 1e-12 && (found.mean_degrees - 45.0).abs() < 1e-9);
        assert!((found.sd_degrees - 45.0 * (40.0_f64 / 39.0).sqrt()).abs() < 1e-9);
        assert!((found.entropy - 2.0_f64.ln() / 40.0_f64.ln()).abs() < 1e-12);
        assert_eq!(found.bandwidth_95_degrees, 90.0);
        assert!((found.mean_ms(800.0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn pixels_that_do_not_beat_do_not_count() {
        let mut few = pixels();
        few.truncate(19);
        few.extend([(f64::NAN, 4.0), (20.0, 0.0), (20.0, f64::INFINITY)]);
        assert_eq!(PhaseHistogram::new(&few, 6.0), Err(Refusal::FewPixels { pixels: 19, needed: 20 }));
        let text = serde_json::to_string(&PhaseHistogram::new(&pixels(), 6.0).unwrap()).unwrap();
        assert_eq!(
            serde_json::from_str::<PhaseHistogram>(&text).unwrap(),
            PhaseHistogram::new(&pixels(), 6.0).unwrap()
        );
    }

    #[test]
    fn a_region_that_does_not_beat_above_noise_is_refused() {
        let image = |value: f32| ndarray::Array2::from_elem((8, 8), value);
        let images = |amplitude: f32| ParametricImages {
            frames: 24,
            mean: image(300.0),
            amplitude: image(amplitude),
            phase_degrees: image(140.0),
            beating: Mask::from_fn(8, 8, |_, _| true),
            stroke: image(0.0),
            paradox: image(0.0),
            ef_percent: image(0.0),
            has_ef: Mask::empty(8, 8),
        };
        let region = Mask::from_fn(8, 8, |row, _| row < 4);
        // 32 pixels of 300 counts: noise 2 sqrt(2 x 9,600 / 24) = 56.57; five times that are 64 x 4.42.
        assert!(PhaseHistogram::of(&images(4.5), &region, BIN_DEGREES).is_ok());
        let Err(Refusal::NoBeat { stroke_counts, noise_counts }) =
            PhaseHistogram::of(&images(4.3), &region, BIN_DEGREES)
        else {
            panic!();
        };
        assert!((stroke_counts - 64.0 * 4.3).abs() < 1e-3 && (noise_counts - 56.568_542).abs() < 1e-5);
        assert_eq!(PhaseHistogram::of(&images(50.0), &Mask::empty(4, 4), BIN_DEGREES), Err(Refusal::Shapes));
        let few = Mask::from_fn(8, 8, |row, _| row < 2);
        assert_eq!(
            PhaseHistogram::of(&images(50.0), &few, BIN_DEGREES),
            Err(Refusal::FewPixels { pixels: 16, needed: 20 })
        );
    }

    proptest! {
        #[test]
        fn turning_all_phases_turns_the_mean_alone(turn in 0.0_f64..360.0, scale in 0.1_f64..50.0) {
            let plain = PhaseHistogram::new(&pixels(), 6.0).unwrap();
            let other: Vec<(f64, f64)> = pixels().iter().map(|(phase, a)| (phase + turn, a * scale)).collect();
            let other = PhaseHistogram::new(&other, 6.0).unwrap();
            prop_assert!(turned(other.mean_degrees - plain.mean_degrees - turn).abs() < 1e-6);
            prop_assert!((other.sd_degrees - plain.sd_degrees).abs() < 1e-6);
            prop_assert!((other.bandwidth_95_degrees - plain.bandwidth_95_degrees).abs() < 1e-6);
            prop_assert!((other.synchrony - plain.synchrony).abs() < 1e-9);
        }
    }
}
