//! `Engine`: what computes the output of a network for the frames of a pass: this crate's own networks, or another program's.

use bloodpool_core::SegmentationError;
use burn::tensor::activation::sigmoid;
use burn::tensor::{Device, Tensor, TensorData};

use crate::input::Layout;
use crate::network::dropout::Dropout;
use crate::network::{Network, Prediction, ScenePrediction};

/// The output of a network for some frames. Planes are `[frame, row, column]` of the input's side; those that the network does not
/// predict are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct EngineOutput {
    /// Probability of LV.
    pub lv: Vec<f32>,
    /// Fraction of the counts that come from LV blood.
    pub lv_fraction: Vec<f32>,
    /// Probability of RV.
    pub rv: Vec<f32>,
    /// Fraction of the counts that come from RV blood.
    pub rv_fraction: Vec<f32>,
    /// Logits of the position of each landmark, `[frame, landmark, row, column]`.
    pub landmarks: Vec<f32>,
    /// Logits of the recognition of all these frames; see [`crate::network::scene::recognition`].
    pub recognition: Vec<f32>,
}

/// Computes the output of a network.
pub trait Engine: std::fmt::Debug + Send + Sync {
    /// The output for frames whose input channels are `[frame, channel, row, column]`.
    ///
    /// # Errors
    /// [`SegmentationError`] when the network cannot be run, or its output is NaN.
    fn output(&self, channels: Vec<f32>, frames: usize) -> Result<EngineOutput, SegmentationError>;
}

/// A network of this crate on its device.
#[derive(Debug)]
pub(crate) struct OwnEngine {
    pub(crate) network: Network,
    pub(crate) layout: Layout,
    pub(crate) device: Device,
}

impl Engine for OwnEngine {
    fn output(&self, channels: Vec<f32>, frames: usize) -> Result<EngineOutput, SegmentationError> {
        let shape = [frames, self.layout.channels(), self.layout.side, self.layout.side];
        let input = Tensor::from_data(TensorData::new(channels, shape), &self.device);
        let Prediction { lv, fraction, scene, .. } = self.network.forward(input, &Dropout::none());
        let mut output = EngineOutput { lv: values(sigmoid(lv))?, ..EngineOutput::default() };
        if let Some(fraction) = fraction {
            output.lv_fraction = values(sigmoid(fraction))?;
        }
        if let Some(ScenePrediction { rv, rv_fraction, landmarks, recognition }) = scene {
            output.rv = values(sigmoid(rv))?;
            output.rv_fraction = values(sigmoid(rv_fraction))?;
            output.landmarks = values(landmarks)?;
            output.recognition = values(recognition)?;
        }
        Ok(output)
    }
}

/// The numbers of a tensor.
fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, SegmentationError> {
    let values = tensor.into_data().try_into_vec::<f32>();
    let values = values.map_err(|error| SegmentationError::Failed(format!("{error:?}")))?;
    if values.iter().any(|value| value.is_nan()) {
        return Err(SegmentationError::Failed("its output is not a number".to_owned()));
    }
    Ok(values)
}
