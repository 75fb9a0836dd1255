//! `Learner`: a network in training, with its optimiser and the moving average of its weights.

use std::collections::BTreeMap;
use std::panic::resume_unwind;

use bloodpool_core::StudyKey;
use burn::module::Module;
use burn::optim::decay::WeightDecayConfig;
use burn::optim::momentum::MomentumConfig;
use burn::optim::{GradientsParams, ModuleOptimizer, SgdConfig};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Device};

use crate::batch::Batch;
use crate::config::{Optimizer, TrainingConfig};
use crate::loss::{Loss, LossTerms, loss};
use crate::network::dropout::Dropout;
use crate::network::{Network, NetworkError};
use crate::operator::AdamW;
use crate::parameters::{self, NormStatistics};
use crate::reference::ReferenceDifferences;
use crate::training_view::TrainingView;
use crate::weights;
use crate::weights_error::{Cause, WeightsError};

/// Share of the last step that the next step of SGD keeps.
const MOMENTUM: f64 = 0.9;

/// A model whose weights a run starts from, instead of from random ones.
#[derive(Debug, Clone)]
pub struct Start {
    /// Its name.
    pub name: String,
    /// Its weights, safetensors.
    pub safetensors: Vec<u8>,
    /// Whether only the weights of its ResNet are used.
    pub backbone_only: bool,
    /// Every study that it was trained or validated on; `None` where they are not all known.
    pub seen: Option<Vec<StudyKey>>,
}

/// A network in training.
pub struct Learner {
    network: Network,
    average: Network,
    optimizer: ModuleOptimizer,
    differences: ReferenceDifferences,
    training_device: Device,
    plain_device: Device,
}

/// A learner as files.
pub struct LearnerFiles {
    /// Weights in training, burnpack: it keeps the parameter ids that key the optimiser's state.
    pub network: Vec<u8>,
    /// State of the optimiser, burnpack.
    pub optimizer: Vec<u8>,
    /// Moving average of the weights, safetensors.
    pub average: Vec<u8>,
}

/// Which file of a learner could not be read or written, and why.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LearnerFileError {
    /// The network that the files are for cannot be built.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Weights in training.
    #[error("the weights in training do not fit the network")]
    Weights(#[source] Cause),
    /// State of the optimiser.
    #[error("the state of the optimiser does not fit the network")]
    Optimizer(#[source] Cause),
    /// Moving average of the weights.
    #[error("the moving average of the weights does not fit the network")]
    Average(#[source] WeightsError),
    /// The files cannot be encoded.
    #[error("the state of the training cannot be encoded")]
    Encode(#[source] Cause),
}

impl Learner {
    /// An untrained learner.
    ///
    /// # Errors
    /// [`NetworkError`] when the network cannot be built.
    pub fn new(config: &TrainingConfig, device: &Device) -> Result<Self, NetworkError> {
        let training_device = device.clone().autodiff();
        let average = Network::new(&config.network, config.seed, device)?;
        let network = Network::new(&config.network, config.seed, &training_device)?;
        let optimizer = match config.optimizer {
            Optimizer::AdamW => AdamW::new(config.weight_decay).into(),
            Optimizer::Sgd => SgdConfig::new()
                .with_momentum(Some(MomentumConfig::new().with_momentum(MOMENTUM)))
                .with_weight_decay(Some(WeightDecayConfig::new(config.weight_decay)))
                .init(),
        };
        let differences = ReferenceDifferences::default();
        Ok(Self { network, average, optimizer, differences, training_device, plain_device: device.clone() })
    }

    /// A learner whose weights are those of a model of the same network, and the names of the tensors that the model does
    /// not have, which keep random weights: a model without scene heads or auxiliary head may start a network with them.
    ///
    /// # Errors
    /// [`WeightsError`] when the network cannot be built or the weights do not fit it.
    pub fn starting_from(
        config: &TrainingConfig,
        model: &Start,
        device: &Device,
    ) -> Result<(Self, Vec<String>), WeightsError> {
        let mut learner = Self::new(config, device)?;
        let read = if model.backbone_only { weights::starting_from_backbone } else { weights::starting_from };
        let start = |device: &Device| read(&config.network, config.seed, &model.safetensors, device);
        let (average, missing) = start(device)?;
        learner.average = average;
        learner.network = start(&learner.training_device)?.0;
        Ok((learner, missing))
    }

    /// One step on these views. They are shared out to threads, since much of the work on one batch is serial; the
    /// gradients are summed in the order of the views, so that the sum does not depend on which thread ends first.
    ///
    /// The result is the loss; `None` where the loss or its gradients are not finite. Such a step would destroy the weights:
    /// it is skipped, and the learner stays as it was.
    pub fn step(&mut self, step: usize, views: &[TrainingView], config: &TrainingConfig) -> Option<LossTerms> {
        let before = NormStatistics::of(&self.network);
        let threads = if config.network.normalizes_over_batch() { 1 } else { config.threads };
        let share = views.len().div_ceil(threads).max(1);
        let biases = config.reference.as_ref().map(|reference| self.differences.biases(reference)).unwrap_or_default();
        let parts: Vec<(Part, f64)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (views.chunks(share).enumerate())
                .map(|(index, part)| {
                    let network = parameters::apart(&self.network);
                    let weight = part.len() as f64 / views.len() as f64;
                    let (device, biases) = (&self.training_device, &biases);
                    scope.spawn(move || {
                        let dropout = Dropout::seeded(config.seed, (step * config.threads + index) as u64);
                        (gradients_of(&network, part, config, biases, &dropout, device), weight)
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let mut terms = LossTerms::default();
        parts.iter().for_each(|(part, weight)| terms.add(&part.terms.times(*weight)));
        let differences: Vec<_> = parts.iter().flat_map(|(part, _)| part.differences.clone()).collect();
        let parts = parts.into_iter().map(|(part, weight)| (part.gradients, weight)).collect();
        let mut gradients = parameters::weighted_sum(&self.network, parts);

        let length = parameters::gradient_length(&self.network, &gradients);
        if !length.is_finite() || !terms.is_finite() {
            self.network = before.restored(self.network.clone()); // the pass has moved them
            return None;
        }
        if length > config.gradient_clip {
            gradients = parameters::scaled(&self.network, gradients, config.gradient_clip / length);
        }
        if let Some(reference) = &config.reference {
            let mut add = |modality: &str, difference| self.differences.add(reference, modality, difference);
            differences.iter().for_each(|(modality, difference)| add(modality, *difference));
        }
        let network = self.network.clone();
        self.network = self.optimizer.step(config.learning_rate_at(step), network, gradients);
        self.average = parameters::moved_towards(self.average.clone(), &self.network, config.average_decay_at(step));
        Some(terms)
    }

    /// How much higher the reference EFs were than the measured ones, for the record and for checkpoints.
    #[must_use]
    pub fn differences(&self) -> &ReferenceDifferences {
        &self.differences
    }

    /// The learner with the differences of a checkpoint.
    #[must_use]
    pub fn with_differences(self, differences: ReferenceDifferences) -> Self {
        Self { differences, ..self }
    }

    /// The network with the moving average of the weights, which records no gradients.
    #[must_use]
    pub fn average(&self) -> &Network {
        &self.average
    }

    /// The device of [`Learner::average`].
    #[must_use]
    pub fn plain_device(&self) -> &Device {
        &self.plain_device
    }

    /// The moving average of the weights as a safetensors file.
    ///
    /// # Errors
    /// [`WeightsError`] when they cannot be encoded.
    pub fn average_as_safetensors(&self) -> Result<Vec<u8>, WeightsError> {
        weights::to_safetensors(&self.average)
    }

    /// The learner as files.
    ///
    /// # Errors
    /// [`LearnerFileError::Encode`].
    pub fn to_files(&self) -> Result<LearnerFiles, LearnerFileError> {
        let encode = |error: RecordError| LearnerFileError::Encode(error.into());
        Ok(LearnerFiles {
            network: self.network.clone().into_record().into_bytes().map_err(encode)?.to_vec(),
            optimizer: self.optimizer.into_bytes().map_err(encode)?.to_vec(),
            average: self.average_as_safetensors().map_err(|error| LearnerFileError::Encode(error.into()))?,
        })
    }

    /// A learner from its files.
    ///
    /// # Errors
    /// [`LearnerFileError`] naming the file that does not fit.
    pub fn from_files(
        files: &LearnerFiles,
        config: &TrainingConfig,
        device: &Device,
    ) -> Result<Self, LearnerFileError> {
        let mut learner = Self::new(config, device)?;
        let weights = |error: RecordError| LearnerFileError::Weights(error.into());
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(files.network.clone())).map_err(weights)?;
        learner.network = learner.network.try_load_record(record).map_err(weights)?;
        learner.optimizer = (learner.optimizer.from_bytes(Bytes::from_bytes_vec(files.optimizer.clone())))
            .map_err(|error| LearnerFileError::Optimizer(error.into()))?;
        learner.average =
            weights::from_safetensors(&config.network, &files.average, device).map_err(LearnerFileError::Average)?;
        Ok(learner)
    }
}

/// What some views of a step give.
struct Part {
    gradients: GradientsParams,
    terms: LossTerms,
    /// Modality, and how much higher the reference EF is than the measured one, percent points.
    differences: Vec<(String, f64)>,
}

fn gradients_of(
    network: &Network,
    views: &[TrainingView],
    config: &TrainingConfig,
    biases: &BTreeMap<String, f64>,
    dropout: &Dropout,
    device: &Device,
) -> Part {
    let batch = Batch::new(views, config.network.layout(), device).with_reference_biases(biases);
    let prediction = network.forward_views(batch.inputs.clone(), batch.views(), dropout);
    let Loss { total, terms, reference_ef } = loss(prediction, &batch, &config.loss);
    let gradients = GradientsParams::from_grads(total.backward(), network);
    Part { gradients, terms, differences: batch.reference_differences(&reference_ef) }
}
