//! `PixelBackground`: what each pixel of each frame loses before its counts are those of a ventricle.

use ndarray::{Array2, Array3, Axis};

use super::refusal::Refusal;
use crate::measure::Measurement;
use crate::measure::background_image::background_image;
use crate::measure::counts::GridCounts;
use crate::measure::drop_off::DropOff;
use crate::protocol::{BackgroundImageChoices, Estimator};
use crate::{FrameIndex, GatedStudy, Mask, Protocol, Segmentation};

/// The background of every pixel, in the study's own matrix.
#[derive(Debug, Clone, PartialEq)]
pub enum PixelBackground {
    /// The same counts per pixel of a frame, by frame.
    Levels(Vec<f64>),
    /// Counts per pixel, `[frame, row, column]`.
    Image(Array3<f32>),
    /// The share of each pixel's counts that come from the ventricle, 0 to 1, `[frame, row, column]`; the rest is background.
    Fraction(Array3<f32>),
}

impl PixelBackground {
    /// What `protocol` subtracted in a measurement, per pixel of the study.
    ///
    /// # Errors
    /// [`Refusal::Shapes`] when the measurement holds no background, or the segmentation no fraction, that the protocol uses.
    pub fn of(
        study: &GatedStudy,
        segmentation: &Segmentation,
        protocol: &Protocol,
        measured: &Measurement,
    ) -> Result<Self, Refusal> {
        let background = match &protocol.estimator {
            Estimator::Roi(choices) => measured.background_sample.as_ref().map(|sample| {
                // A pixel of the study has 1 / scale pixels of the grid.
                let scale = GridCounts::new(study, choices.grid).scale();
                Self::Levels(sample.by_frame.iter().map(|level| level / scale).collect())
            }),
            Estimator::BackgroundImage(_) => measured.background_image.clone().map(Self::Image),
            Estimator::Unmixed => segmentation.lv_fraction.clone().map(Self::Fraction),
        };
        background.filter(|background| background.fits(study)).ok_or(Refusal::Shapes)
    }

    /// The image that the fraction of a ventricle's counts gives, smoothed as `choices` say.
    ///
    /// # Errors
    /// [`Refusal::Shapes`] when the fraction does not have the study's shape.
    pub fn of_fraction(
        study: &GatedStudy,
        fraction: &Array3<f32>,
        drop_off: &DropOff,
        choices: &BackgroundImageChoices,
    ) -> Result<Self, Refusal> {
        if fraction.dim() != study.counts().dim() {
            return Err(Refusal::Shapes);
        }
        let assumed = choices.assumed_field_mm / study.columns() as f64;
        let spacing_mm = study.pixel_spacing_mm().unwrap_or([assumed, assumed]);
        Ok(Self::Image(background_image(study, fraction, drop_off, choices, spacing_mm)))
    }

    /// Whether it has the frames and the matrix of a study.
    #[must_use]
    pub fn fits(&self, study: &GatedStudy) -> bool {
        match self {
            Self::Levels(levels) => levels.len() == study.frames(),
            Self::Image(image) | Self::Fraction(image) => image.dim() == study.counts().dim(),
        }
    }

    /// Net counts of one pixel of a frame.
    fn net_at(&self, frame: usize, at: (usize, usize), counts: f32) -> f64 {
        let counts = f64::from(counts);
        match self {
            Self::Levels(levels) => counts - levels.get(frame).copied().unwrap_or(0.0),
            Self::Image(image) => counts - image.get((frame, at.0, at.1)).copied().map_or(0.0, f64::from),
            Self::Fraction(fraction) => {
                let share = fraction.get((frame, at.0, at.1)).copied().unwrap_or(0.0);
                counts * if share.is_nan() { 0.0 } else { f64::from(share.clamp(0.0, 1.0)) }
            }
        }
    }

    /// Net counts of every pixel of a frame, `[row, column]`.
    #[must_use]
    pub fn net(&self, study: &GatedStudy, frame: FrameIndex) -> Array2<f64> {
        let counts = study.frame(frame);
        Array2::from_shape_fn(counts.dim(), |at| self.net_at(frame.index(), at, counts[at]))
    }

    /// Net counts in one region, by frame.
    #[must_use]
    pub fn net_in(&self, study: &GatedStudy, region: &Mask) -> Vec<f64> {
        let frames = study.counts().axis_iter(Axis(0)).enumerate();
        frames
            .map(|(frame, counts)| {
                region.inside().filter_map(|at| Some(self.net_at(frame, at, *counts.get(at)?))).sum()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ModelIdentity;
    use crate::measure::measure_protocol;
    use crate::synthetic::{Beat, SIDE, beating, outlined};

    #[test]
    fn its_sums_over_the_outline_are_the_measured_net_counts() {
        let outline = outlined(&Beat::default());
        let study = beating(&Beat::default());
        let fraction = Array3::from_shape_fn((24, SIDE, SIDE), |(frame, row, column)| {
            if outline.masks[frame].contains(row, column) { 0.75 } else { 0.0 }
        });
        let segmentation = Segmentation { lv_fraction: Some(fraction), ..outline };
        let model = ModelIdentity { name: "truth".into(), sha256: String::new() };
        let mut image = Protocol::background_image();
        if let Estimator::BackgroundImage(choices) = &mut image.estimator {
            choices.roi_margin_mm = 0.0;
        }
        for protocol in [Protocol::standard(), image, Protocol::unmixed(), Protocol::paper()] {
            let measured = measure_protocol(&study, &segmentation, &model, &protocol).unwrap();
            let background = PixelBackground::of(&study, &segmentation, &protocol, &measured).unwrap();
            for (frame, mask) in segmentation.masks.iter().enumerate() {
                let net = background.net_in(&study, mask)[frame];
                // Outlines on the 256 grid are not quite those of the study's matrix.
                let within = if protocol.name == "paper" { 0.05 } else { 1e-6 };
                let expected = measured.curve.net_counts[frame];
                assert!((net - expected).abs() < within * expected, "{}: {net} {expected}", protocol.name);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let study = beating(&Beat::default());
        assert!(!PixelBackground::Levels(vec![1.0; 8]).fits(&study));
        let wrong = Array3::zeros((24, 8, 8));
        assert!(!PixelBackground::Image(wrong.clone()).fits(&study));
        let Estimator::BackgroundImage(choices) = Protocol::background_image().estimator else { unreachable!() };
        let drop_off = DropOff::of(&study);
        assert_eq!(PixelBackground::of_fraction(&study, &wrong, &drop_off, &choices), Err(Refusal::Shapes));
        let right = Array3::from_elem((24, SIDE, SIDE), 1.0);
        let image = PixelBackground::of_fraction(&study, &right, &drop_off, &choices).unwrap();
        let all = Mask::from_fn(SIDE, SIDE, |_, _| true);
        assert!((image.net_in(&study, &all)[3] - study.totals()[3]).abs() < 1.0);
    }
}
