//! Which studies a run is trained and validated on, by its configuration: parts or folds of a dataset, or simulated studies.

use bloodpool_core::SampleSource;
use bloodpool_dataset::split::folds::NoFold;
use bloodpool_dataset::{AnnotatedDataset, DatasetPart, Fold, Split, SplitError};
use bloodpool_nn::TrainingConfig;
use bloodpool_nn::network::NetworkConfig;
use bloodpool_phantom::{Family, Population};

/// Seeds of simulated studies are a run's seed plus these, so that no `simulate --seed` of small number and no other
/// source ever draws the studies of training or validation.
const TRAINING_STUDIES: u64 = 0x7472_6169_6e00_0000;
const VALIDATION_STUDIES: u64 = 0x7661_6c69_6400_0000;

/// Why a configuration does not fit a dataset.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingDataError {
    /// Simulated studies have neither folds nor a number.
    #[error("a fold, or a number of studies to use, needs a dataset")]
    NoDataset,
    /// There is no such fold.
    #[error(transparent)]
    NoFold(#[from] NoFold),
    /// The dataset cannot be divided into so many folds.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// More studies are asked for than there are.
    #[error("{wanted} studies cannot be used: the {part} part has {there_are}")]
    TooFew {
        /// Studies that were asked for.
        wanted: usize,
        /// The part that they would be of.
        part: String,
        /// Studies that it has.
        there_are: usize,
    },
}

/// Training, then validation.
///
/// # Errors
/// [`TrainingDataError`].
pub fn sources(
    data: Option<&AnnotatedDataset>,
    config: &TrainingConfig,
) -> Result<[Box<dyn SampleSource>; 2], TrainingDataError> {
    if let Some(data) = data {
        return Ok(parts(data, config)?.map(|part| Box::new(part) as Box<dyn SampleSource>));
    }
    if config.fold.is_some() || config.use_studies.is_some() {
        return Err(TrainingDataError::NoDataset);
    }
    let training = Population::training(Family::Own, TRAINING_STUDIES.wrapping_add(config.seed));
    let training = config.simulated_hearts.map_or(training.clone(), |hearts| training.pooled(hearts));
    let validation = Population::ordinary(Family::Own, VALIDATION_STUDIES.wrapping_add(config.seed));
    Ok([Box::new(training), Box::new(validation)])
}

/// The parts of a dataset that a run is trained and validated on.
///
/// # Errors
/// [`TrainingDataError`].
pub fn parts(data: &AnnotatedDataset, config: &TrainingConfig) -> Result<[DatasetPart; 2], TrainingDataError> {
    let [training, validation] = match config.fold {
        None => [Split::Train, Split::Validation].map(|part| data.split(part)),
        Some([number, of]) => {
            let parts = data.fold(Fold::new(number, of)?)?;
            [parts.training, parts.validation]
        }
    };
    let Some(wanted) = config.use_studies else { return Ok([training, validation]) };
    let there_are = training.studies().count();
    if wanted > there_are {
        return Err(TrainingDataError::TooFew { wanted, part: training.name().to_owned(), there_are });
    }
    Ok([training.some(wanted, config.seed), validation])
}

/// The usual choices for a network on a dataset: `choice` holds the seed, the fold and the number of studies, and
/// `network_name` is what the model's name begins with.
///
/// # Errors
/// [`TrainingDataError`].
pub fn config_for(
    data: &AnnotatedDataset,
    network: NetworkConfig,
    network_name: &str,
    epochs: usize,
    choice: &TrainingConfig,
) -> Result<TrainingConfig, TrainingDataError> {
    let [training, validation] = parts(data, choice)?;
    let annotated = training.studies().map(|study| study.case().annotated.len()).sum();
    let mut name = format!("{network_name}-{}", data.manifest().name);
    if let Some([number, of]) = choice.fold {
        name += &format!("-fold-{number}-of-{of}");
    }
    if let Some(studies) = choice.use_studies {
        name += &format!("-{studies}-studies");
    }
    let config = TrainingConfig::for_dataset(network, annotated, validation.len().unwrap_or(0), epochs);
    Ok(TrainingConfig { name, seed: choice.seed, fold: choice.fold, use_studies: choice.use_studies, ..config })
}
