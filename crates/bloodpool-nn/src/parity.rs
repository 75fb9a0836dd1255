//! What a network computes from given weights and images, for the comparison with another implementation.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::tensor::{Dtype, SafeTensorError, SafeTensors, TensorView};

use crate::loss::functions::cross_entropy;
use crate::network::dropout::Dropout;
use crate::network::names::AUXILIARY_HEAD;
use crate::network::{Network, NetworkConfig, Prediction};
use crate::weights;
use crate::weights_error::{Cause, WeightsError};
use crate::weights_file::WeightsFile;

/// Weight of the auxiliary head's loss.
const AUXILIARY: f64 = 0.5;

/// Why a comparison cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParityError {
    /// The weights do not fit the network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The bytes are not a safetensors file.
    #[error("the arrays cannot be read")]
    Read(#[source] Cause),
    /// Arrays cannot be encoded.
    #[error("the arrays cannot be written")]
    Write(#[source] Cause),
    /// An array has another type of number.
    #[error("{name} is not in single precision")]
    NotSinglePrecision {
        /// Name of the array.
        name: String,
    },
    /// An array is not in the file.
    #[error("there is no array {name}")]
    Missing {
        /// Name of the array.
        name: &'static str,
    },
}

/// Arrays by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arrays(pub BTreeMap<String, (Vec<usize>, Vec<f32>)>);

/// Images, and which of their pixels are LV.
#[derive(Debug, Clone)]
pub struct Case {
    /// `[image, 3, row, column]`
    pub images: TensorData,
    /// `[image, row, column]`, 0 or 1
    pub target: TensorData,
}

impl Arrays {
    /// Arrays in single precision from a safetensors file.
    ///
    /// # Errors
    /// [`ParityError`] when they cannot be read.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ParityError> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| ParityError::Read(error.into()))?;
        let arrays = file.iter().map(|(name, view)| {
            if view.dtype() != Dtype::F32 {
                return Err(ParityError::NotSinglePrecision { name: name.to_owned() });
            }
            let numbers = view.data().chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
            Ok((name.to_owned(), (view.shape().to_vec(), numbers)))
        });
        arrays.collect::<Result<_, _>>().map(Self)
    }

    /// As a safetensors file.
    ///
    /// # Errors
    /// [`ParityError::Write`].
    pub fn to_safetensors(&self) -> Result<Vec<u8>, ParityError> {
        let write = |error: SafeTensorError| ParityError::Write(error.into());
        let bytes: Vec<(&String, &Vec<usize>, Vec<u8>)> = (self.0.iter())
            .map(|(name, (shape, numbers))| (name, shape, numbers.iter().flat_map(|n| n.to_le_bytes()).collect()))
            .collect();
        let views = bytes.iter().map(|(name, shape, bytes)| {
            let view = TensorView::new(Dtype::F32, (*shape).clone(), bytes).map_err(write)?;
            Ok::<_, ParityError>((*name, view))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>()?;
        safetensors::serialize(views, None).map_err(write)
    }

    fn add<const D: usize>(&mut self, name: &str, tensor: Tensor<D>) {
        let shape = tensor.dims().to_vec();
        let numbers = tensor.into_data().try_into_vec().unwrap_or_else(|error| unreachable!("floats: {error:?}"));
        self.0.insert(name.to_owned(), (shape, numbers));
    }
}

impl Case {
    /// From the arrays `input` and `target`.
    ///
    /// # Errors
    /// [`ParityError`] when they cannot be read or one is missing.
    pub fn from_safetensors(bytes: &[u8]) -> Result<Self, ParityError> {
        let mut arrays = Arrays::from_safetensors(bytes)?.0;
        let mut take = |name: &'static str| {
            let (shape, numbers) = arrays.remove(name).ok_or(ParityError::Missing { name })?;
            Ok::<_, ParityError>(TensorData::new(numbers, shape))
        };
        Ok(Self { images: take("input")?, target: take("target")? })
    }
}

/// The configuration that a weights file was made for, where it differs from the usual one.
fn fitting(config: &NetworkConfig, file: &WeightsFile) -> NetworkConfig {
    let mut config = config.clone();
    let with_head = file.names().any(|name| name.starts_with(AUXILIARY_HEAD));
    match &mut config {
        NetworkConfig::Compact(_) => {}
        NetworkConfig::DeepLabV3Resnet50(config) | NetworkConfig::FcnResnet50(config) => config.auxiliary = with_head,
        NetworkConfig::Unet(config) => {
            if let Some([_, width, ..]) = file.shape("head.weight") {
                config.width = *width;
            }
        }
    }
    config
}

/// A network from a weights file, with or without auxiliary head and as wide as the weights in the file.
///
/// # Errors
/// [`WeightsError`] when the file does not fit the network.
pub fn network_from(config: &NetworkConfig, weights: &[u8], device: &Device) -> Result<Network, WeightsError> {
    let config = fitting(config, &WeightsFile::read(weights)?);
    weights::from_safetensors(&config, weights, device)
}

/// What the network computes: `logits_eval`; and in training, without dropout, the cross-entropy `loss`, its gradient
/// `grad.NAME` by the first and the last convolution, and `running_mean.NORM` and `running_var.NORM` after that pass.
///
/// # Errors
/// [`ParityError`] when the weights do not fit the network.
pub fn compute(config: &NetworkConfig, weights: &[u8], case: &Case) -> Result<Arrays, ParityError> {
    let mut found = Arrays::default();
    let device = Device::flex();
    let network = network_from(config, weights, &device)?.prepared();
    let images = Tensor::<4>::from_data(case.images.clone(), &device);
    found.add("logits_eval", network.class_logits(images, &Dropout::none()).logits.permute([0, 3, 1, 2]));

    let device = device.autodiff();
    let network = network_from(config, weights, &device)?;
    let images = Tensor::<4>::from_data(case.images.clone(), &device);
    let target = Tensor::<3>::from_data(case.target.clone(), &device);
    let prediction = network.forward(images, &Dropout::none());
    let mean = |logits: Tensor<3>| cross_entropy(logits, target.clone()).mean();
    let mut loss = mean(prediction.lv);
    if let Some(auxiliary) = prediction.auxiliary {
        loss = loss + mean(auxiliary) * AUXILIARY;
    }
    found.add("loss", loss.clone().inner());
    let gradients = GradientsParams::from_grads(loss.backward(), &network);
    let gradients = network.valid().map(&mut InPlaceOfWeights { gradients });
    let gradients = Arrays::from_safetensors(&weights::to_safetensors(&gradients)?)?;
    let ends: &[&str] = match config {
        NetworkConfig::Unet(_) => &["down0.0.conv.weight", "head.weight"],
        _ => &["backbone.conv1.weight", "classifier.4.weight"],
    };
    for (name, array) in gradients.0 {
        let statistic = ["running_mean", "running_var"].into_iter().find_map(|statistic| {
            let module = name.strip_suffix(statistic)?.strip_suffix('.')?;
            Some(format!("{statistic}.{module}"))
        });
        if let Some(statistic) = statistic {
            found.0.insert(statistic, array);
        } else if ends.contains(&name.as_str()) {
            found.0.insert(format!("grad.{name}"), array);
        }
    }
    Ok(found)
}

/// Logits of a network for frames `[frame, channel, row, column]` of one study, under the names of its ONNX file: `logits`, `[frame, 2,
/// row, column]`; or of the compact network `lv` likewise, and with scene heads `scene`, `[frame, 5, row, column]`, and `recognition`,
/// `[1, 15]`.
///
/// # Errors
/// [`ParityError`] when the weights do not fit the network.
pub fn logits(config: &NetworkConfig, weights: &[u8], frames: &[f32]) -> Result<Arrays, ParityError> {
    let device = Device::flex();
    let network = weights::from_safetensors(config, weights, &device)?.prepared();
    let layout = config.layout();
    let shape = [frames.len() / (layout.channels() * layout.pixels()), layout.channels(), layout.side, layout.side];
    let frames = Tensor::<4>::from_data(TensorData::new(frames.to_vec(), shape), &device);
    let mut found = Arrays::default();
    let of_classes = |frames| network.class_logits(frames, &Dropout::none()).logits.permute([0, 3, 1, 2]);
    if !matches!(config, NetworkConfig::Compact(_)) {
        found.add("logits", of_classes(frames));
        return Ok(found);
    }
    found.add("lv", of_classes(frames.clone()));
    if let Prediction { scene: Some(scene), .. } = network.forward(frames, &Dropout::none()) {
        let planes = vec![scene.rv.unsqueeze_dim(1), scene.rv_fraction.unsqueeze_dim(1), scene.landmarks];
        found.add("scene", Tensor::cat(planes, 1));
        found.add("recognition", scene.recognition);
    }
    Ok(found)
}

/// Replaces each weight by its gradient, so that gradients get the names of weights.
struct InPlaceOfWeights {
    gradients: GradientsParams,
}

impl ModuleMapper for InPlaceOfWeights {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.gradients.remove::<D>(param.id) {
            Some(gradient) => param.map(|_| gradient),
            None => param,
        }
    }
}
