//! The terms of the loss beyond the left ventricle: right ventricle, landmarks and recognition.

use burn::tensor::Tensor;
use burn::tensor::activation::{log_softmax, sigmoid};

use super::functions::{cross_entropy, dice_losses, entropy, known_mean, view_means};
use crate::batch::{Batch, SceneBatch};
use crate::network::ScenePrediction;
use crate::network::scene::{ORIENTATIONS_FROM, VIEWS_FROM};

/// Terms of the scene, unweighted.
pub(crate) struct SceneTerms {
    /// Cross-entropy of the RV's mask.
    pub(crate) rv_cross_entropy: Tensor<1>,
    /// 1 - soft Dice of the RV's mask.
    pub(crate) rv_dice: Tensor<1>,
    /// Cross-entropy of the RV's fraction above its least possible value, weighted by counts.
    pub(crate) rv_fraction: Tensor<1>,
    /// Cross-entropy of the landmarks' positions above its least possible value.
    pub(crate) landmarks: Tensor<1>,
    /// Cross-entropy of heart or not.
    pub(crate) heart: Tensor<1>,
    /// Cross-entropy of gating sound or not.
    pub(crate) gating: Tensor<1>,
    /// Cross-entropy of the view.
    pub(crate) view: Tensor<1>,
    /// Cross-entropy of the orientation.
    pub(crate) orientation: Tensor<1>,
}

impl SceneTerms {
    /// The terms of a prediction. Those of a recognition are sums over the views where the label is known, divided by the
    /// number of all views, so that each label has the same weight in every step.
    pub(crate) fn new(prediction: ScenePrediction, truth: &SceneBatch, batch: &Batch) -> Self {
        let ScenePrediction { rv, rv_fraction, landmarks, recognition } = prediction;
        let views = batch.views();
        let excess = cross_entropy(rv_fraction, truth.rv_fraction.clone()) - entropy(truth.rv_fraction.clone());
        let [heart, gating] = yes_or_no_terms(&recognition, truth);
        let one_of = |from: usize, truth: &Tensor<2>| {
            let [views, classes] = truth.dims();
            let logits = recognition.clone().narrow(1, from, classes);
            (log_softmax(logits, 1) * truth.clone()).sum().neg() / views as f64
        };
        Self {
            rv_cross_entropy: known_mean(
                view_means(cross_entropy(rv.clone(), truth.rv_mask.clone()), views),
                &truth.rv_known,
            ),
            rv_dice: known_mean(dice_losses(sigmoid(rv), truth.rv_mask.clone(), views), &truth.rv_known),
            rv_fraction: known_mean(view_means(excess * batch.counts.clone(), views), &truth.rv_known),
            landmarks: landmark_term(landmarks, truth),
            heart,
            gating,
            view: one_of(VIEWS_FROM, &truth.view),
            orientation: one_of(ORIENTATIONS_FROM, &truth.orientation),
        }
    }
}

/// Terms of heart and of gating.
fn yes_or_no_terms(recognition: &Tensor<2>, truth: &SceneBatch) -> [Tensor<1>; 2] {
    let [views, _] = truth.yes_or_no.dims();
    let logits = recognition.clone().narrow(1, 0, 2);
    let excess = cross_entropy(logits, truth.yes_or_no.clone()) * truth.yes_or_no_known.clone();
    [0, 1].map(|index| excess.clone().narrow(1, index, 1).sum() / views as f64)
}

/// Cross-entropy between the softmax over the grid and the heat maps, above the entropy of those.
fn landmark_term(logits: Tensor<4>, truth: &SceneBatch) -> Tensor<1> {
    let [images, landmarks, rows, columns] = logits.dims();
    let logits = logits.reshape([images, landmarks, rows * columns]);
    let excess = (log_softmax(logits, 2) * truth.landmarks.clone()).sum_dim(2).reshape([images * landmarks]).neg();
    known_mean(excess - truth.landmarks_entropy.clone(), &truth.landmarks_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{InputChannels, Layout};
    use crate::loss::{LossTerms, LossWeights, loss};
    use crate::network::Prediction;
    use crate::network::scene::{LANDMARKS, RECOGNISED};
    use crate::scene_truth::{RvTruth, SceneTruth};
    use crate::training_view::TrainingView;
    use burn::tensor::{Device, TensorData};

    const LAYOUT: Layout = Layout { side: 64, input: InputChannels::BloodPool };
    const PIXELS: usize = 64 * 64;

    /// A view of two frames with one count everywhere: RV in the first 256 pixels with a fraction of 0.6 there.
    fn view() -> TrainingView {
        let mask: Vec<f32> = (0..2 * PIXELS).map(|pixel| f32::from(u8::from(pixel % PIXELS < 256))).collect();
        let scene = SceneTruth {
            rv: Some(RvTruth { fraction: mask.iter().map(|inside| 0.6 * inside).collect(), mask }),
            landmarks: vec![[Some([20.5, 40.5]), None, Some([30.5, 10.5])], [None; LANDMARKS]],
            heart: Some(true),
            view: Some(2),
            orientation: Some(5),
            gating_sound: Some(false),
        };
        TrainingView {
            inputs: vec![0.0; 2 * LAYOUT.channels() * PIXELS],
            mask: vec![0.0; 2 * PIXELS],
            fraction: vec![0.0; 2 * PIXELS],
            counts: vec![1.0; 2 * PIXELS],
            fraction_known: true,
            holds_lv: false,
            close: false,
            outlined: true,
            ejection_fraction: None,
            scene: Some(scene),
            reference: None,
        }
    }

    fn terms(views: &[TrainingView], recognition: Vec<f32>) -> LossTerms {
        let device = Device::flex();
        let images = 2 * views.len();
        let scene = ScenePrediction {
            rv: Tensor::zeros([images, 64, 64], &device),
            rv_fraction: Tensor::zeros([images, 64, 64], &device),
            landmarks: Tensor::zeros([images, LANDMARKS, 64, 64], &device),
            recognition: Tensor::from_data(TensorData::new(recognition, [views.len(), RECOGNISED]), &device),
        };
        let lv = Tensor::zeros([images, 64, 64], &device);
        let prediction = Prediction { fraction: Some(lv.clone()), lv, auxiliary: None, scene: Some(scene) };
        loss(prediction, &Batch::new(views, LAYOUT, &device), &LossWeights::default()).terms
    }

    fn assert_near(value: f64, expected: f64) {
        assert!((value - expected).abs() < 2e-5, "{value} is not {expected}");
    }

    #[test]
    fn terms_of_the_scene_are_as_worked_out_by_hand() {
        let mut logits = vec![0.0; RECOGNISED];
        (logits[0], logits[1]) = (2.0, 1.0);
        logits[VIEWS_FROM + 2] = 1.0;
        let terms = terms(&[view()], logits);
        let ln2 = std::f64::consts::LN_2;
        assert_near(terms.rv_cross_entropy, ln2);
        assert_near(terms.rv_dice, 1.0 - 257.0 / 1281.0); // (2 x 128 + 1) / (1024 + 256 + 1)
        let entropy = -(0.6_f64 * 0.6_f64.ln() + 0.4 * 0.4_f64.ln());
        assert_near(terms.rv_fraction, ln2 - entropy * 256.0 / 4096.0);
        // A Gaussian of SD 1.5 pixels has an entropy of 1 + ln(2 pi 1.5^2); a flat softmax one of ln 4096.
        let gaussian = 1.0 + (std::f64::consts::TAU * 2.25).ln();
        assert!((terms.landmarks - (4096.0_f64.ln() - gaussian)).abs() < 1e-3, "{}", terms.landmarks);
        assert_near(terms.heart, (1.0 + (-2.0_f64).exp()).ln());
        assert_near(terms.gating, (1.0 + 1.0_f64.exp()).ln());
        assert_near(terms.view, (1.0 + 4.0 * (-1.0_f64).exp()).ln());
        assert_near(terms.orientation, 8.0_f64.ln());
    }

    #[test]
    fn unknown_scenes_add_no_loss() {
        let unknown = TrainingView { scene: None, ..view() };
        let terms = terms(&[view(), unknown.clone()], vec![0.0; 2 * RECOGNISED]);
        assert_near(terms.rv_cross_entropy, std::f64::consts::LN_2); // a mean over the views where it is known
        assert_near(terms.orientation, 8.0_f64.ln() / 2.0); // a share of all views
        let none = self::terms(&[unknown], vec![0.0; RECOGNISED]);
        assert!(none.cross_entropy > 0.0);
        for term in [none.rv_dice, none.rv_fraction, none.landmarks, none.heart, none.gating, none.view] {
            assert!(term.abs() < 1e-12);
        }
    }

    #[test]
    fn hearts_without_outlines_add_no_loss_of_the_lv() {
        let turned = TrainingView { outlined: false, ..view() };
        let terms = terms(&[turned], vec![0.0; RECOGNISED]);
        assert!(terms.cross_entropy == 0.0 && terms.dice == 0.0 && terms.fraction == 0.0 && terms.heart > 0.0);
    }
}
