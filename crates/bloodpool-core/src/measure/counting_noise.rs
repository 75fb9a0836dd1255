//! `CountingNoise`: how much each frame's net counts vary by Poisson counting, with outlines and LV fraction held.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::background_image;
use super::counts::GridCounts;
use super::measurement::Measurement;
use crate::protocol::Estimator;
use crate::{FrameIndex, GatedStudy, Mask, Protocol, Segmentation};

/// The counting noise of a net curve.
///
/// The error of frame f is one of its own, of variance `variance_by_frame[f]`, less `level_share[f]` times the error of the
/// background level, which all frames share and whose variance is `level_variance`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountingNoise {
    /// Variance of what a frame shares with no other, counts squared.
    pub variance_by_frame: Vec<f64>,
    /// Pixels times kept counts: how often the background level is subtracted from each frame.
    pub level_share: Vec<f64>,
    /// Variance of the background level, (counts per pixel) squared.
    pub level_variance: f64,
}

impl CountingNoise {
    /// Independent noise of these variances, one per frame.
    #[must_use]
    pub fn independent(variance_by_frame: Vec<f64>) -> Self {
        let level_share = vec![0.0; variance_by_frame.len()];
        Self { variance_by_frame, level_share, level_variance: 0.0 }
    }

    /// Of a measurement: by the sums that `protocol` makes (Poisson: the variance of counts is their mean). `None` where the
    /// protocol needs an LV fraction that the segmentation lacks, or masks do not fit the measurement.
    ///
    /// The ROI-based estimates vary by the gross counts of each frame, by the rim of each, and by the background region that
    /// all share; a sum with a background image by the squared weight of every pixel; `unmixed` by its own counts at most.
    #[must_use]
    pub fn of(
        study: &GatedStudy,
        segmentation: &Segmentation,
        protocol: &Protocol,
        measured: &Measurement,
    ) -> Option<Self> {
        let frames = study.frames();
        if segmentation.masks.len() != frames || measured.curve.net_counts.len() != frames {
            return None;
        }
        match &protocol.estimator {
            Estimator::Roi(choices) => {
                let sample = measured.background_sample.as_ref()?;
                let counts = GridCounts::new(study, choices.grid);
                let rois: Vec<Mask> =
                    segmentation.masks.iter().map(|mask| counts.with_margin(counts.mask(mask), choices)).collect();
                let mut noise = Self::independent(Vec::with_capacity(frames));
                for (frame, roi) in FrameIndex::all(frames).zip(&rois) {
                    let (at, area) = (frame.index(), roi.area() as f64);
                    let rim = sample.rim_variance.get(at).copied().unwrap_or(0.0);
                    noise.variance_by_frame.push(counts.gross(frame, roi) + area * area * rim);
                    noise.level_share.push(area * measured.drop_off.kept.get(at).copied().unwrap_or(1.0));
                }
                Some(Self { level_variance: sample.level_variance, ..noise })
            }
            Estimator::Unmixed => {
                Some(Self::independent(measured.curve.net_counts.iter().map(|net| net.max(0.0)).collect()))
            }
            Estimator::BackgroundImage(choices) => {
                background_image::net_variances(study, segmentation, protocol, choices).map(Self::independent)
            }
        }
    }

    /// Variance of each frame's net counts, shared error included, counts squared.
    #[must_use]
    pub fn total_by_frame(&self) -> Vec<f64> {
        let shares = self.level_share.iter().map(|share| share * share * self.level_variance);
        self.variance_by_frame.iter().zip(shares).map(|(own, shared)| own + shared).collect()
    }

    /// Variance of a sum of the frames' net counts with these weights, counts squared.
    #[must_use]
    pub fn of_sum(&self, weights: &[f64]) -> f64 {
        let own: f64 = weights.iter().zip(&self.variance_by_frame).map(|(weight, own)| weight * weight * own).sum();
        let share: f64 = weights.iter().zip(&self.level_share).map(|(weight, share)| weight * share).sum();
        own + share * share * self.level_variance
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::measure_protocol;
    use crate::synthetic::{Beat, SIDE, beating, outlined};
    use crate::{ModelIdentity, Segmentation};
    use ndarray::Array3;

    fn model() -> ModelIdentity {
        ModelIdentity { name: "truth".into(), sha256: String::new() }
    }

    /// SD of single frames' net counts over studies that differ in noise alone, over the SD that the noise tells.
    fn ratio(protocol: &Protocol, frame: usize) -> f64 {
        let outline = outlined(&Beat::default());
        let fraction = Array3::from_shape_fn((24, SIDE, SIDE), |(frame, row, column)| {
            if outline.masks[frame].contains(row, column) { 0.75 } else { 0.1 }
        });
        let segmentation = Segmentation { lv_fraction: Some(fraction), ..outline };
        let (mut net, mut told) = (Vec::new(), 0.0);
        for seed in 0..60 {
            let study = beating(&Beat { seed, ..Beat::default() });
            let measured = measure_protocol(&study, &segmentation, &model(), protocol).unwrap();
            net.push(measured.curve.net_counts[frame]);
            if seed < 4 {
                let noise = CountingNoise::of(&study, &segmentation, protocol, &measured).unwrap();
                told += noise.total_by_frame()[frame] / 4.0;
            }
        }
        bloodpool_stats::mean_sd(&net).unwrap().sd / told.sqrt()
    }

    #[test]
    fn it_is_the_spread_of_studies_that_differ_in_noise() {
        // 60 studies give an SD within 1 / sqrt(118) = 9 %. `unmixed` is told on the safe side.
        for (protocol, from, to) in [
            (Protocol::standard(), 0.72, 1.28),
            (Protocol::background_image(), 0.72, 1.28),
            (Protocol::unmixed(), 0.5, 1.1),
        ] {
            let found = ratio(&protocol, 9);
            assert!((from..to).contains(&found), "{}: {found}", protocol.name);
        }
    }

    #[test]
    fn sums_add_what_frames_share_before_it_is_squared() {
        let noise = CountingNoise {
            variance_by_frame: vec![100.0, 400.0],
            level_share: vec![10.0, 20.0],
            level_variance: 0.25,
        };
        assert_eq!(noise.total_by_frame(), [125.0, 500.0]);
        // 100 + 400 + (10 + 20)^2 / 4; with weights 1 and -0.5 the level cancels: 100 + 400 / 4.
        assert_eq!((noise.of_sum(&[1.0, 1.0]), noise.of_sum(&[1.0, -0.5])), (725.0, 200.0));
    }

    #[test]
    fn without_a_fraction_a_background_image_has_none() {
        let (study, segmentation) = (beating(&Beat::default()), outlined(&Beat::default()));
        let protocol = Protocol::standard();
        let measured = measure_protocol(&study, &segmentation, &model(), &protocol).unwrap();
        assert!(CountingNoise::of(&study, &segmentation, &Protocol::background_image(), &measured).is_none());
        assert!(CountingNoise::of(&study, &Segmentation::default(), &protocol, &measured).is_none());
    }
}
