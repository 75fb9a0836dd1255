//! `Batch`: training views and their truth as tensors.

use std::collections::BTreeMap;

use bloodpool_core::{Orientation, View};
use burn::tensor::{Device, Tensor, TensorData};

use crate::input::{InputChannels, Layout};
use crate::network::scene::LANDMARKS;
use crate::scene_truth::SceneTruth;
use crate::training_view::{ReferenceView, TrainingView};

/// Standard deviation of a landmark's heat map, pixels of the grid.
const LANDMARK_SD: f32 = 1.5;

/// Views as tensors. Frames of one view follow one another, end-diastole and end-systole first. The curve and the EF are
/// trained only on windows around the LV, since only the refined pass measures them.
#[derive(Debug, Clone)]
pub struct Batch {
    /// `[views * frames, channel, row, column]`
    pub inputs: Tensor<4>,
    /// How much of each pixel is LV, `[views * frames, row, column]`.
    pub(crate) mask: Tensor<3>,
    /// Fraction of the counts that come from LV blood, `[views * frames, row, column]`.
    pub(crate) fraction: Tensor<3>,
    /// Counts relative to the view's mean, `[views * frames, row, column]`.
    pub(crate) counts: Tensor<3>,
    /// Whether the mask is trained on, `[views]`, 0 or 1 like all that follow.
    pub(crate) outlined: Tensor<1>,
    /// Whether the fraction is.
    pub(crate) fraction_known: Tensor<1>,
    /// Whether the curve is.
    pub(crate) curve_known: Tensor<1>,
    /// Whether the EF is.
    pub(crate) ef_known: Tensor<1>,
    /// True EF, 0 to 1, `[views]`.
    pub(crate) ef: Tensor<1>,
    /// The truth beyond the LV, for networks that predict it.
    pub(crate) scene: Option<SceneBatch>,
    /// The reference EF of each view that has one.
    pub(crate) reference: Vec<Option<ReferenceTarget>>,
}

/// What the outlines of a view should give as EF.
#[derive(Debug, Clone)]
pub(crate) struct ReferenceTarget {
    /// EF without the modality's bias, 0 to 1.
    pub(crate) ef: f32,
    /// As in [`crate::training_view::ReferenceView`].
    pub(crate) ring: [u32; 2],
    percent: f32,
    modality: String,
}

/// The truth of views beyond the LV, as tensors.
#[derive(Debug, Clone)]
pub(crate) struct SceneBatch {
    /// How much of each pixel is RV, `[views * frames, row, column]`.
    pub(crate) rv_mask: Tensor<3>,
    /// Fraction of the counts that come from RV blood, `[views * frames, row, column]`.
    pub(crate) rv_fraction: Tensor<3>,
    /// Whether the RV is known, `[views]`.
    pub(crate) rv_known: Tensor<1>,
    /// Heat maps that sum to 1, `[views * frames, landmark, row * column]`.
    pub(crate) landmarks: Tensor<3>,
    /// Entropy of each heat map, `[views * frames * landmarks]`.
    pub(crate) landmarks_entropy: Tensor<1>,
    /// Whether each landmark is known, `[views * frames * landmarks]`.
    pub(crate) landmarks_known: Tensor<1>,
    /// Heart and sound gating, `[views, 2]`.
    pub(crate) yes_or_no: Tensor<2>,
    /// Whether either is known, `[views, 2]`.
    pub(crate) yes_or_no_known: Tensor<2>,
    /// 1 for the view, `[views, view]`; 0 everywhere where it is not known.
    pub(crate) view: Tensor<2>,
    /// The same for orientations.
    pub(crate) orientation: Tensor<2>,
}

impl Batch {
    /// A batch of views, which all have the same number of frames.
    #[must_use]
    pub fn new(views: &[TrainingView], layout: Layout, device: &Device) -> Self {
        let (side, pixels) = (layout.side, layout.pixels());
        let images = views.iter().map(|view| view.mask.len() / pixels).sum::<usize>();
        let join = |part: fn(&TrainingView) -> &[f32]| {
            views.iter().flat_map(|view| part(view).iter().copied()).collect::<Vec<_>>()
        };
        let image = |part: fn(&TrainingView) -> &[f32]| tensor(join(part), [images, side, side], device);
        let scalar = |value: fn(&TrainingView) -> f32| {
            tensor(views.iter().map(value).collect::<Vec<_>>(), [views.len()], device)
        };
        Self {
            inputs: tensor(join(|view| &view.inputs), [images, layout.channels(), side, side], device),
            mask: image(|view| &view.mask),
            fraction: image(|view| &view.fraction),
            counts: image(|view| &view.counts),
            outlined: scalar(|view| as_number(view.outlined)),
            fraction_known: scalar(|view| as_number(view.outlined && view.fraction_known)),
            curve_known: scalar(|view| as_number(view.outlined && view.fraction_known && view.holds_lv && view.close)),
            ef_known: scalar(|view| {
                as_number(view.outlined && view.ejection_fraction.is_some() && view.holds_lv && view.close)
            }),
            ef: scalar(|view| view.ejection_fraction.unwrap_or(0.0)),
            scene: (layout.input == InputChannels::BloodPool).then(|| SceneBatch::new(views, layout, device)),
            reference: views.iter().map(|view| view.reference.as_ref().map(ReferenceTarget::new)).collect(),
        }
    }

    /// The same, with these biases of the modalities (percent points) taken off the reference EFs.
    #[must_use]
    pub fn with_reference_biases(mut self, biases: &BTreeMap<String, f64>) -> Self {
        for reference in self.reference.iter_mut().flatten() {
            let bias = biases.get(&reference.modality).copied().unwrap_or(0.0);
            reference.ef = (reference.percent - bias as f32) / 100.0;
        }
        self
    }

    /// Modality of each view with a reference EF for which an EF was measured (0 to 1), and how much higher the reference is, percent
    /// points.
    #[must_use]
    pub fn reference_differences(&self, measured: &[Option<f64>]) -> Vec<(String, f64)> {
        let of = |(reference, measured): (&Option<ReferenceTarget>, &Option<f64>)| {
            let (reference, measured) = (reference.as_ref()?, (*measured)?);
            Some((reference.modality.clone(), f64::from(reference.percent) - 100.0 * measured))
        };
        self.reference.iter().zip(measured).filter_map(of).collect()
    }

    /// Number of views.
    #[must_use]
    pub fn views(&self) -> usize {
        self.ef.dims()[0]
    }
}

impl ReferenceTarget {
    fn new(view: &ReferenceView) -> Self {
        let ReferenceView { percent, modality, ring } = view.clone();
        Self { ef: percent / 100.0, ring, percent, modality }
    }
}

impl SceneBatch {
    fn new(views: &[TrainingView], layout: Layout, device: &Device) -> Self {
        let (side, pixels) = (layout.side, layout.pixels());
        let (mut rv_mask, mut rv_fraction, mut rv_known) = (Vec::new(), Vec::new(), Vec::new());
        let (mut landmarks, mut landmarks_entropy, mut landmarks_known) = (Vec::new(), Vec::new(), Vec::new());
        let (mut yes_or_no, mut yes_or_no_known) = (Vec::new(), Vec::new());
        let mut view = vec![0.0; views.len() * View::ALL.len()];
        let mut orientation = vec![0.0; views.len() * Orientation::COUNT];
        let nothing = SceneTruth::default();
        for (index, training_view) in views.iter().enumerate() {
            let truth = training_view.scene.as_ref().unwrap_or(&nothing);
            match &truth.rv {
                Some(rv) => {
                    rv_mask.extend_from_slice(&rv.mask);
                    rv_fraction.extend_from_slice(&rv.fraction);
                }
                None => {
                    rv_mask.resize(rv_mask.len() + training_view.mask.len(), 0.0);
                    rv_fraction.resize(rv_fraction.len() + training_view.mask.len(), 0.0);
                }
            }
            rv_known.push(as_number(truth.rv.is_some()));
            for frame in 0..training_view.mask.len() / pixels {
                for landmark in truth.landmarks.get(frame).copied().unwrap_or_default() {
                    landmarks_entropy.push(add_heat_map(&mut landmarks, landmark, side));
                    landmarks_known.push(as_number(landmark.is_some()));
                }
            }
            for label in [truth.heart, truth.gating_sound] {
                yes_or_no.push(as_number(label == Some(true)));
                yes_or_no_known.push(as_number(label.is_some()));
            }
            let mark = |of: &mut [f32], count: usize, class: Option<usize>| {
                if let Some(value) = class.and_then(|class| of[index * count..][..count].get_mut(class)) {
                    *value = 1.0;
                }
            };
            mark(&mut view, View::ALL.len(), truth.view);
            mark(&mut orientation, Orientation::COUNT, truth.orientation);
        }
        let images = rv_mask.len() / pixels;
        Self {
            rv_mask: tensor(rv_mask, [images, side, side], device),
            rv_fraction: tensor(rv_fraction, [images, side, side], device),
            rv_known: tensor(rv_known, [views.len()], device),
            landmarks: tensor(landmarks, [images, LANDMARKS, pixels], device),
            landmarks_entropy: tensor(landmarks_entropy, [images * LANDMARKS], device),
            landmarks_known: tensor(landmarks_known, [images * LANDMARKS], device),
            yes_or_no: tensor(yes_or_no, [views.len(), 2], device),
            yes_or_no_known: tensor(yes_or_no_known, [views.len(), 2], device),
            view: tensor(view, [views.len(), View::ALL.len()], device),
            orientation: tensor(orientation, [views.len(), Orientation::COUNT], device),
        }
    }
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn as_number(truth: bool) -> f32 {
    f32::from(u8::from(truth))
}

/// Adds a Gaussian around a point of the grid, which sums to 1, and returns its entropy; zeros where there is none.
fn add_heat_map(to: &mut Vec<f32>, landmark: Option<[f32; 2]>, side: usize) -> f32 {
    let start = to.len();
    to.resize(start + side * side, 0.0);
    let Some([u, v]) = landmark else { return 0.0 };
    let along = |centre: f32| -> Vec<f32> {
        let weights: Vec<f32> =
            (0..side).map(|at| (-((at as f32 + 0.5 - centre) / LANDMARK_SD).powi(2) / 2.0).exp()).collect();
        let sum: f32 = weights.iter().sum();
        weights.into_iter().map(|weight| weight / sum.max(1e-20)).collect()
    };
    let (across, down) = (along(u), along(v));
    for (row, weight) in to[start..].chunks_exact_mut(side).zip(&down) {
        row.iter_mut().zip(&across).for_each(|(value, share)| *value = weight * share);
    }
    // Both directions are independent.
    let entropy = |weights: &[f32]| -> f32 { weights.iter().map(|p| -p * p.max(1e-30).ln()).sum() };
    entropy(&across) + entropy(&down)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heat_map_is_a_gaussian_that_sums_to_one() {
        let mut map = Vec::new();
        let entropy = add_heat_map(&mut map, Some([20.5, 40.5]), 64);
        // Of a Gaussian: 1 + ln(2 pi sd^2).
        assert!((entropy - (1.0 + (std::f32::consts::TAU * 2.25).ln())).abs() < 1e-3, "{entropy}");
        assert!((map.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        let peak = map[40 * 64 + 20];
        assert!((peak - 1.0 / (std::f32::consts::TAU * 2.25)).abs() < 1e-4); // 1 / (2 pi sd^2)
        assert!((map[40 * 64 + 23] / peak - (-2.0_f32).exp()).abs() < 1e-4); // 3 pixels are 2 SD
        assert_eq!(add_heat_map(&mut map, None, 64), 0.0);
        assert!(map.len() == 2 * 4096 && map[4096..].iter().all(|value| *value == 0.0));
    }
}
