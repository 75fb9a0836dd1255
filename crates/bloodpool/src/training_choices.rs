//! `TrainingChoices`: what a person chooses of a training, and the configuration that it makes.

use bloodpool_dataset::{AnnotatedDataset, Fold};
use bloodpool_nn::TrainingConfig;
use bloodpool_nn::network::{NetworkConfig, NetworkError, Picture};
use bloodpool_nn::reference::{ModalityBias, ReferenceConfig};

use crate::training_data::{TrainingDataError, config_for};

/// Passes over a dataset, unless others are chosen.
pub const EPOCHS: usize = 30;

/// What is chosen of a training; everything else has its usual value.
///
/// ```no_run
/// use bloodpool::TrainingChoices;
/// use bloodpool::dataset::AnnotatedDataset;
///
/// let data = AnnotatedDataset::open("data".as_ref())?;
/// let choices = TrainingChoices { network: Some("unet".into()), side: Some(64), epochs: Some(20), ..TrainingChoices::default() };
/// let config = choices.config(None, Some(&data))?;
/// let [training, validation] = bloodpool::training_data::sources(Some(&data), &config)?;
/// # let _ = (training, validation);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct TrainingChoices {
    /// Name of the network.
    pub network: Option<String>,
    /// Side of the pictures that the network sees, pixels.
    pub side: Option<usize>,
    /// Channels of the first level of a U-Net.
    pub width: Option<usize>,
    /// What the network sees of each frame.
    pub picture: Option<Picture>,
    /// Passes over a dataset.
    pub epochs: Option<usize>,
    /// Steps in all.
    pub steps: Option<usize>,
    /// Seed of the weights, the data and every draw.
    pub seed: Option<u64>,
    /// The fold of a dataset that is held out.
    pub fold: Option<Fold>,
    /// Number of training studies of a dataset that are used.
    pub use_studies: Option<usize>,
    /// Annotated frames of each study that are used, 2 to 4.
    pub use_frames: Option<usize>,
    /// The group of raters whose consensus is trained on.
    pub consensus_of: Option<String>,
    /// Bias of each modality of reference LVEF; none: a dataset that has studies with a reference LVEF alone is refused.
    pub reference_bias: Vec<ModalityBias>,
    /// Whether studies with a reference LVEF alone are left out.
    pub without_reference: bool,
    /// Where the network runs.
    pub device: Option<String>,
    /// Whether the run starts from trained weights.
    pub starts_from_weights: bool,
}

/// Why choices make no configuration.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingChoicesError {
    /// There is no such network.
    #[error("no network is called {0:?}: choose {known}", known = NetworkConfig::NAMES.join(", "))]
    UnknownNetwork(String),
    /// The network does not have this choice.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The choices do not fit the dataset.
    #[error(transparent)]
    Data(#[from] TrainingDataError),
}

impl TrainingChoices {
    /// The configuration: that of a file, or the usual one of a dataset or of simulated studies, with the choices in it.
    ///
    /// # Errors
    /// [`TrainingChoicesError`].
    pub fn config(
        &self,
        file: Option<TrainingConfig>,
        data: Option<&AnnotatedDataset>,
    ) -> Result<TrainingConfig, TrainingChoicesError> {
        let chosen = self.network()?;
        let fold = self.fold.map(|fold| [fold.number(), fold.of()]);
        let from_file = file.is_some();
        let mut config = match (file, data) {
            (Some(config), _) => config,
            (None, Some(data)) => {
                let network = chosen.clone().unwrap_or_default();
                // A report names the model. With the network in its name, two runs on the same data have different names.
                let seen = if self.picture == Some(Picture::InCycle) { "-in-cycle" } else { "" };
                let name = format!("{}{seen}", self.network.as_deref().unwrap_or("compact"));
                let choice = TrainingConfig {
                    seed: self.seed.unwrap_or(TrainingConfig::default().seed),
                    fold,
                    use_studies: self.use_studies,
                    use_frames: self.use_frames,
                    consensus_of: self.consensus_of.clone(),
                    reference: self.reference(data),
                    ..TrainingConfig::default()
                };
                config_for(data, network, &name, self.epochs.unwrap_or(EPOCHS), &choice)?
            }
            (None, None) => TrainingConfig::for_network(chosen.clone().unwrap_or_default()),
        };
        if !from_file && self.starts_from_weights {
            config = config.starting_from_weights();
        }
        // A file that configures the same network takes precedence.
        if let Some(chosen) = chosen
            && std::mem::discriminant(&chosen) != std::mem::discriminant(&config.network)
        {
            config.network = chosen;
        }
        config.steps = self.steps.unwrap_or(config.steps);
        config.seed = self.seed.unwrap_or(config.seed);
        config.fold = fold.or(config.fold);
        config.use_studies = self.use_studies.or(config.use_studies);
        config.use_frames = self.use_frames.or(config.use_frames);
        config.consensus_of = self.consensus_of.clone().or(config.consensus_of);
        if let Some(device) = &self.device {
            config.device.clone_from(device);
        }
        Ok(config)
    }

    /// How reference LVEFs are used; `None` where the dataset has none, or they are left out.
    fn reference(&self, data: &AnnotatedDataset) -> Option<ReferenceConfig> {
        let used = !self.without_reference && (data.manifest().reference.is_some() || !self.reference_bias.is_empty());
        used.then(|| ReferenceConfig {
            bias: self.reference_bias.iter().map(|known| (known.modality.clone(), known.bias)).collect(),
            ..ReferenceConfig::default()
        })
    }

    /// The network; `None` where nothing of it is chosen.
    ///
    /// # Errors
    /// [`TrainingChoicesError`].
    pub fn network(&self) -> Result<Option<NetworkConfig>, TrainingChoicesError> {
        let unknown = |name: &String| TrainingChoicesError::UnknownNetwork(name.clone());
        let named = self.network.as_ref().map(|name| NetworkConfig::by_name(name).ok_or_else(|| unknown(name)));
        let mut chosen = named.transpose()?;
        if let Some(side) = self.side {
            chosen = Some(chosen.unwrap_or_default().with_side(side)?);
        }
        if let Some(width) = self.width {
            chosen = Some(chosen.unwrap_or_default().with_width(width)?);
        }
        if let Some(picture) = self.picture {
            chosen = Some(chosen.unwrap_or_default().with_picture(picture)?);
        }
        Ok(chosen)
    }
}
