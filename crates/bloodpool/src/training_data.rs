//! Which studies a run is trained and validated on, by its configuration: parts or folds of a dataset, or simulated studies.

use std::collections::BTreeSet;

use bloodpool_core::SampleSource;
use bloodpool_dataset::split::folds::NoFold;
use bloodpool_dataset::{AnnotatedDataset, DatasetError, DatasetPart, Fold, Split, SplitError, WithReference};
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
    /// Reference LVEF is to be used, and the dataset has none.
    #[error("the dataset has no studies with a reference LVEF alone")]
    NoReference,
    /// The bias of a modality is not given.
    #[error("the dataset has reference LVEF by {modality}, whose bias is not given; it cannot be left free")]
    NoBias {
        /// The modality.
        modality: String,
    },
    /// The reference studies cannot be read.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
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
        let [training, validation] = parts(data, config)?;
        let training: Box<dyn SampleSource> = match with_reference(data, &training, config)? {
            Some(both) => Box::new(both),
            None => Box::new(training),
        };
        return Ok([training, Box::new(validation)]);
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
    // The epoch is chosen by the same raters.
    let [training, validation] = match &config.consensus_of {
        Some(group) => [training.with_consensus_of(group)?, validation.with_consensus_of(group)?],
        None => [training, validation],
    };
    let training = match config.use_frames {
        Some(frames) => training.with_frames(frames),
        None => training,
    };
    let Some(wanted) = config.use_studies else { return Ok([training, validation]) };
    let there_are = training.studies().count();
    if wanted > there_are {
        return Err(TrainingDataError::TooFew { wanted, part: training.name().to_owned(), there_are });
    }
    Ok([training.some(wanted, config.seed), validation])
}

/// The training part together with the studies of the dataset that have a reference LVEF alone; `None` where the configuration does
/// not use these. Studies of patients of the other parts are left out.
fn with_reference(
    data: &AnnotatedDataset,
    training: &DatasetPart,
    config: &TrainingConfig,
) -> Result<Option<WithReference>, TrainingDataError> {
    let Some(choices) = &config.reference else { return Ok(None) };
    let reference = data.reference()?.ok_or(TrainingDataError::NoReference)?;
    let modalities = reference.studies().modalities();
    if let Some(modality) = modalities.into_iter().find(|modality| !choices.bias.contains_key(modality)) {
        return Err(TrainingDataError::NoBias { modality });
    }
    let own: BTreeSet<&str> = training.studies().map(|study| study.patient()).collect();
    let cases = &data.manifest().cases;
    let others = cases.iter().map(|case| case.patient.as_str()).filter(|patient| !own.contains(patient)).collect();
    Ok(Some(WithReference::new(training.clone(), reference.without_patients(&others))))
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
    let frames = choice.use_frames.unwrap_or(usize::MAX);
    let annotated = training.studies().map(|study| study.case().annotated.len().min(frames)).sum();
    let mut name = format!("{network_name}-{}", data.manifest().name);
    if let Some([number, of]) = choice.fold {
        name += &format!("-fold-{number}-of-{of}");
    }
    if let Some(studies) = choice.use_studies {
        name += &format!("-{studies}-studies");
    }
    if let Some(group) = &choice.consensus_of {
        name += &format!("-{group}");
    }
    if let Some(frames) = choice.use_frames {
        name += &format!("-{frames}-frames");
    }
    let mut config = TrainingConfig::for_dataset(network, annotated, validation.len().unwrap_or(0), epochs);
    if let (Some(both), Some(reference)) = (with_reference(data, &training, choice)?, &choice.reference) {
        name += "-with-reference";
        let studies = both.len().and_then(|studies| usize::try_from(studies).ok()).unwrap_or(usize::MAX);
        config = config.with_reference(reference.clone(), studies);
    }
    let TrainingConfig { seed, fold, use_studies, use_frames, consensus_of, .. } = choice.clone();
    Ok(TrainingConfig { name, seed, fold, use_studies, use_frames, consensus_of, ..config })
}
