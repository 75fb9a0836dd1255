//! `TrainingConfig`: every choice of a training run, with defaults, as TOML.

use serde::{Deserialize, Serialize};

use crate::Passes;
use crate::augmentation::Augmentation;
use crate::config_error::ConfigError;
use crate::loss::LossWeights;
use crate::network::NetworkConfig;
use crate::reference::ReferenceConfig;

/// Every choice of a training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TrainingConfig {
    /// Name of the model.
    pub name: String,
    /// Seed of every random draw of the run; the studies have their own.
    pub seed: u64,
    /// The fold of a dataset that is held out, and the number of folds; `None`: the parts of the dataset as they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fold: Option<[usize; 2]>,
    /// Number of training studies of a dataset that are used, by whole patients; `None`: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_studies: Option<usize>,
    /// Annotated frames of each study that are used: ED and ES, then ED+2 and ES+2; `None`: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_frames: Option<usize>,
    /// The group of raters whose consensus is trained on; `None`: the consensus of all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consensus_of: Option<String>,
    /// Compute device: `flex`, `wgpu` or `cuda`.
    pub device: String,
    /// Optimisation steps in all; the learning rate falls to almost 0 at the last.
    pub steps: usize,
    /// Steps between validations and checkpoints.
    pub steps_per_epoch: usize,
    /// Studies drawn for each step.
    pub studies_per_step: usize,
    /// Views drawn of each study.
    pub views_per_study: usize,
    /// Frames of each view, end-diastole and end-systole among them.
    pub frames_per_view: usize,
    /// Number of hearts that simulated studies repeat, with new counts and noise each time; `None`: each study has its own.
    pub simulated_hearts: Option<u64>,
    /// Studies of each validation.
    pub validation_studies: u64,
    /// Threads that share the views of a step. Another number of threads rounds differently, and so gives other bits.
    pub threads: usize,
    /// Threads that draw studies in advance.
    pub supply_threads: usize,
    /// Steps drawn in advance by each of these threads.
    pub supply_ahead: usize,
    /// How steps follow from gradients.
    pub optimizer: Optimizer,
    /// How the learning rate falls from its highest.
    pub schedule: Schedule,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Steps over which the learning rate rises.
    pub warm_up_steps: usize,
    /// Weight decay: decoupled for AdamW, an L2 penalty for SGD.
    pub weight_decay: f32,
    /// Longest gradient; longer ones are shortened.
    pub gradient_clip: f64,
    /// Decay of the moving average of the weights, which is what validation and the model use.
    pub average_decay: f64,
    /// Which epoch's weights become the model.
    pub keep: Keep,
    /// Epochs without a better Dice after which training stops; 0: it never stops early.
    pub patience: usize,
    /// How many passes of the network a study gets; `looks` in files.
    #[serde(rename = "looks")]
    pub passes: Passes,
    /// How reference EFs are used; `None`: studies that have nothing else are not drawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<ReferenceConfig>,
    /// Weights of the loss.
    pub loss: LossWeights,
    /// How views are drawn.
    pub augmentation: Augmentation,
    /// The network.
    pub network: NetworkConfig,
}

/// How steps follow from gradients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// AdamW (Loshchilov and Hutter 2019).
    #[default]
    AdamW,
    /// Stochastic gradient descent with a momentum of 0.9.
    Sgd,
}

/// How the learning rate falls from its highest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    /// Half a cosine down to 1 %.
    #[default]
    Cosine,
    /// (1 - progress)^0.9, as DeepLab is usually trained.
    Polynomial,
    /// Not at all.
    Constant,
}

/// Which epoch's weights become the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Keep {
    /// The last.
    #[default]
    Last,
    /// That of the highest mean Dice in validation; the first of equals.
    Best,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            name: "bloodpool-compact".to_owned(),
            seed: 1,
            fold: None,
            use_studies: None,
            use_frames: None,
            consensus_of: None,
            device: "flex".to_owned(),
            steps: 10_000,
            steps_per_epoch: 250,
            studies_per_step: 2,
            views_per_study: 2,
            frames_per_view: 6,
            simulated_hearts: None,
            validation_studies: 24,
            threads: 2,
            supply_threads: 1,
            supply_ahead: 4,
            optimizer: Optimizer::default(),
            schedule: Schedule::default(),
            learning_rate: 2e-3,
            warm_up_steps: 300,
            weight_decay: 1e-4,
            gradient_clip: 1.0,
            average_decay: 0.999,
            keep: Keep::default(),
            patience: 0,
            passes: Passes::default(),
            reference: None,
            loss: LossWeights::default(),
            augmentation: Augmentation::default(),
            network: NetworkConfig::default(),
        }
    }
}

impl TrainingConfig {
    /// The usual choices for a network. An image network takes a hundred times the work of the compact one per frame: its
    /// steps have two frames of each of two studies, and there are fewer of them.
    #[must_use]
    pub fn for_network(network: NetworkConfig) -> Self {
        let usual = Self { network, ..Self::default() };
        if !usual.network.normalizes_over_batch() {
            return usual;
        }
        Self {
            name: "bloodpool-pictures".to_owned(),
            steps: 3000,
            views_per_study: 1,
            frames_per_view: 2,
            validation_studies: 8,
            learning_rate: 1e-3,
            ..usual
        }
    }

    /// The usual choices for a network on annotated studies, of whose frames so many are annotated: as in Oh et al. 2022,
    /// each frame is an image of its own, with four images per step and each about once per epoch; the best epoch is kept.
    #[must_use]
    pub fn for_dataset(
        network: NetworkConfig,
        annotated_frames: usize,
        validation_studies: u64,
        epochs: usize,
    ) -> Self {
        let usual = Self::for_network(network);
        let images = usual.network.normalizes_over_batch();
        let (studies_per_step, frames_per_view) = if images { (4, 1) } else { (2, 4) };
        let steps_per_epoch = annotated_frames.div_ceil(studies_per_step * frames_per_view).max(1);
        Self {
            steps: steps_per_epoch * epochs,
            steps_per_epoch,
            studies_per_step,
            views_per_study: 1,
            frames_per_view,
            validation_studies,
            warm_up_steps: (steps_per_epoch * epochs / 20).max(1),
            average_decay: 0.99,
            keep: Keep::Best,
            passes: Passes::Once,
            augmentation: Augmentation::paper(),
            ..usual
        }
    }

    /// The same choices for a run that also draws studies of which a reference EF alone is known: so many studies per epoch, each with
    /// two frames per view.
    #[must_use]
    pub fn with_reference(self, reference: ReferenceConfig, studies_per_epoch: usize) -> Self {
        let epochs = self.steps.div_ceil(self.steps_per_epoch.max(1));
        let steps_per_epoch = studies_per_epoch.div_ceil(self.studies_per_step.max(1)).max(1);
        Self {
            steps: steps_per_epoch * epochs,
            steps_per_epoch,
            frames_per_view: self.frames_per_view.max(2),
            warm_up_steps: (steps_per_epoch * epochs / 20).max(1),
            reference: Some(reference),
            ..self
        }
    }

    /// The same choices for a run that starts from trained weights, with a lower learning rate that does not undo them.
    #[must_use]
    pub fn starting_from_weights(self) -> Self {
        Self { learning_rate: 0.4 * self.learning_rate, ..self }
    }

    /// From TOML; unknown keys are errors.
    ///
    /// # Errors
    /// [`ConfigError`] when the text is not a configuration, or a run cannot start with it.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self = bloodpool_config::from_toml(text)?;
        config.check()?;
        Ok(config)
    }

    /// As TOML, with every choice.
    ///
    /// # Errors
    /// [`ConfigError::Write`].
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        Ok(toml::to_string_pretty(self)?)
    }

    /// Checks that a run with these choices can start.
    ///
    /// # Errors
    /// [`ConfigError`] naming the setting.
    pub fn check(&self) -> Result<(), ConfigError> {
        let least_frames = if self.network.normalizes_over_batch() && self.reference.is_none() { 1 } else { 2 };
        let counts = [
            ("steps", self.steps, 1),
            ("steps_per_epoch", self.steps_per_epoch, 1),
            ("studies_per_step", self.studies_per_step, 1),
            ("views_per_study", self.views_per_study, 1),
            // A network whose input is the cycle is trained on end-diastole and end-systole together.
            // So is every network on studies of which the EF alone is known.
            ("frames_per_view", self.frames_per_view, least_frames),
            ("threads", self.threads, 1),
            ("supply_threads", self.supply_threads, 1),
            ("supply_ahead", self.supply_ahead, 1),
        ];
        if let Some((name, value, least)) = counts.into_iter().find(|(_, value, least)| value < least) {
            return Err(ConfigError::TooSmall { name, value, least });
        }
        let ranges = [
            ("learning_rate", self.learning_rate, 0.0, 1.0),
            ("gradient_clip", self.gradient_clip, 0.0, f64::MAX),
            ("average_decay", self.average_decay, 0.0, 1.0),
            ("augmentation.whole_field", self.augmentation.whole_field, 0.0, 1.0),
            ("augmentation.blur", self.augmentation.blur, 0.0, 1.0),
            ("augmentation.blur_sigma", self.augmentation.blur_sigma, 0.0, 10.0),
            ("augmentation.whole_smallest", self.augmentation.whole_smallest, 0.1, 10.0),
            ("augmentation.whole_largest", self.augmentation.whole_largest, self.augmentation.whole_smallest, 10.0),
            ("augmentation.whole_shift", self.augmentation.whole_shift, 0.0, 1.0),
            ("augmentation.turned", self.augmentation.turned, 0.0, 1.0),
            ("augmentation.elastic", self.augmentation.elastic, 0.0, 0.1),
            ("augmentation.brightness", self.augmentation.brightness, 0.0, 0.9),
            ("augmentation.contrast", self.augmentation.contrast, 0.0, 0.9),
            ("augmentation.smallest_side", self.augmentation.smallest_side, 1.0, 100.0),
            ("augmentation.largest_side", self.augmentation.largest_side, self.augmentation.smallest_side, 100.0),
        ];
        if let Some((name, value, low, high)) =
            ranges.into_iter().find(|(_, value, low, high)| !(low..=high).contains(&value))
        {
            return Err(ConfigError::OutOfRange { name, value, low, high });
        }
        self.reference.as_ref().map_or(Ok(()), ReferenceConfig::check)?;
        if self.patience > 0 && self.keep != Keep::Best {
            return Err(ConfigError::PatienceWithoutBest);
        }
        if self.passes == Passes::Once && self.augmentation.whole_field < 1.0 {
            return Err(ConfigError::WindowsWithOnePass { whole_field: self.augmentation.whole_field });
        }
        Ok(())
    }

    /// Learning rate of a step, from 0: a straight rise, then a fall by the schedule.
    #[must_use]
    pub fn learning_rate_at(&self, step: usize) -> f64 {
        if step < self.warm_up_steps {
            return self.learning_rate * (step + 1) as f64 / self.warm_up_steps as f64;
        }
        let length = self.steps.saturating_sub(self.warm_up_steps).max(1);
        let progress = ((step - self.warm_up_steps) as f64 / length as f64).min(1.0);
        self.learning_rate
            * match self.schedule {
                Schedule::Cosine => 0.01 + 0.99 * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()),
                Schedule::Polynomial => (1.0 - progress).powf(0.9),
                Schedule::Constant => 1.0,
            }
    }

    /// Decay of the moving average after a step, from 0: shorter at first, so that the start is soon forgotten.
    #[must_use]
    pub fn average_decay_at(&self, step: usize) -> f64 {
        self.average_decay.min((1.0 + step as f64) / (10.0 + step as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn toml_there_and_back() {
        let config = TrainingConfig { steps: 77, ..TrainingConfig::default() };
        assert_eq!(TrainingConfig::from_toml(&config.to_toml().unwrap()).unwrap(), config);
        assert_eq!(TrainingConfig::from_toml("").unwrap(), TrainingConfig::default());
    }

    #[test]
    fn image_networks_have_four_frames_per_step() {
        for name in NetworkConfig::NAMES {
            let config = TrainingConfig::for_network(NetworkConfig::by_name(name).unwrap());
            assert!(config.check().is_ok());
            let frames = config.studies_per_step * config.views_per_study * config.frames_per_view;
            assert_eq!(frames == 4, name != "compact", "{name}");
        }
    }

    #[test]
    fn annotated_frames_come_once_per_epoch() {
        for name in NetworkConfig::NAMES {
            let config = TrainingConfig::for_dataset(NetworkConfig::by_name(name).unwrap(), 280, 23, 30);
            config.check().unwrap();
            let frames = config.studies_per_step * config.views_per_study * config.frames_per_view;
            assert_eq!((frames * config.steps_per_epoch, config.steps), (280, 30 * config.steps_per_epoch));
            assert_eq!(TrainingConfig::from_toml(&config.to_toml().unwrap()).unwrap(), config);
        }
    }

    #[test]
    fn a_bad_setting_is_named() {
        assert!(TrainingConfig::from_toml("stepps = 3").unwrap_err().to_string().contains("stepps"));
        assert!(TrainingConfig::from_toml("[loss]\nbce = 1.0").unwrap_err().to_string().contains("bce"));
        for (text, said) in
            [("weight_decay = nan", "weight_decay is NaN"), ("[loss]\ncurve = inf", "loss.curve is inf")]
        {
            assert!(TrainingConfig::from_toml(text).unwrap_err().to_string().contains(said), "{text}");
        }
        assert!(TrainingConfig::from_toml("[network]\narchitecture = \"compact\"\nwidth = 3").is_err());
        assert!(TrainingConfig::from_toml("patience = 3").unwrap_err().to_string().contains("keep = \"best\""));
        assert!(TrainingConfig::from_toml("looks = \"once\"").unwrap_err().to_string().contains("whole_field = 1.0"));
        assert!(TrainingConfig::from_toml("frames_per_view = 1").unwrap_err().to_string().contains("frames_per_view"));
    }

    #[test]
    fn the_learning_rate_rises_and_falls() {
        let config =
            TrainingConfig { steps: 1000, warm_up_steps: 100, learning_rate: 1.0, ..TrainingConfig::default() };
        assert!((config.learning_rate_at(0) - 0.01).abs() < 1e-12);
        assert!((config.learning_rate_at(99) - 1.0).abs() < 1e-12);
        assert!((config.learning_rate_at(550) - 0.505).abs() < 1e-12);
        assert!((config.learning_rate_at(1000) - 0.01).abs() < 1e-12);
        let polynomial = TrainingConfig { schedule: Schedule::Polynomial, ..config.clone() };
        assert!((polynomial.learning_rate_at(550) - 0.535_886_731_268_146_6).abs() < 1e-12); // 0.5 ** 0.9
        let constant = TrainingConfig { schedule: Schedule::Constant, ..config };
        assert!((constant.learning_rate_at(999) - 1.0).abs() < 1e-12);
    }
}
