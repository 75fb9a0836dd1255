//! `Prediction`: the output of a network for some frames, as logits.

use burn::tensor::Tensor;

/// Classes of the image networks: background and LV.
pub const CLASSES: usize = 2;

/// The output of a network for some frames, as logits.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// LV, `[frame, row, column]`.
    pub lv: Tensor<3>,
    /// Fraction of the counts that come from LV blood, `[frame, row, column]`, from networks that predict it.
    pub fraction: Option<Tensor<3>>,
    /// LV by the auxiliary head, in training.
    pub auxiliary: Option<Tensor<3>>,
    /// The output beyond the LV, from networks with scene heads.
    pub scene: Option<ScenePrediction>,
}

/// The output of a network beyond the LV, as logits.
#[derive(Debug, Clone)]
pub struct ScenePrediction {
    /// RV, `[frame, row, column]`.
    pub rv: Tensor<3>,
    /// Fraction of the counts that come from RV blood, `[frame, row, column]`.
    pub rv_fraction: Tensor<3>,
    /// Position of each landmark, `[frame, landmark, row, column]`; a softmax over rows and columns gives probabilities.
    pub landmarks: Tensor<4>,
    /// Recognition of each view, `[view, logit]`; see [`super::scene::recognition`].
    pub recognition: Tensor<2>,
}

/// Logits of the classes, `[image, row, column, class]`.
#[derive(Debug, Clone)]
pub struct Logits {
    /// Of the network.
    pub logits: Tensor<4>,
    /// Of the auxiliary head, in training.
    pub auxiliary: Option<Tensor<4>>,
}
