//! Validated settings of `evaluate`.

use std::path::PathBuf;

use bloodpool_dataset::Split;

use bloodpool_core::Protocol;

use super::SettingsFile;
use super::protocol::by_name_or_file as protocol;
use crate::cli::{EvaluateFlags, PopulationChoice};
use crate::outcome::wrong_usage;

/// Settings of `evaluate`: a run on a dataset, a model on simulated studies, or against references.
#[derive(Debug)]
pub(crate) enum EvaluateSettings {
    /// A model, or the masks of another program, against the raters of a dataset.
    Run(EvaluateRunSettings),
    /// A model and every protocol against the truth of simulated studies.
    Simulated(Box<EvaluateSimulatedSettings>),
    /// A model and every protocol against LVEF by other means.
    Reference(Box<EvaluateReferenceSettings>),
}

/// A model on the studies of a table.
#[derive(Debug)]
pub(crate) struct EvaluateReferenceSettings {
    pub(crate) table: PathBuf,
    /// The dataset whose studies the table names; `None`: it names files.
    pub(crate) dataset: Option<PathBuf>,
    pub(crate) split: Option<Split>,
    /// `None`: the model's default.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) model: String,
    pub(crate) device: String,
    pub(crate) out: Option<PathBuf>,
    pub(crate) force: bool,
}

/// A model on one part of a dataset.
#[derive(Debug)]
pub(crate) struct EvaluateRunSettings {
    pub(crate) judged: JudgedBy,
    /// `None`: the one that the run was trained on.
    pub(crate) dataset: Option<PathBuf>,
    /// `None`: the fold that was held out from the run, or else the test part.
    pub(crate) split: Option<Split>,
    /// Folder of images with the raters' consensus.
    pub(crate) images: Option<PathBuf>,
    pub(crate) device: String,
    pub(crate) out: PathBuf,
    pub(crate) force: bool,
}

/// What is compared with the raters.
#[derive(Debug)]
pub(crate) enum JudgedBy {
    /// A run folder, an embedded model by name, or a folder of weights; or the runs of several folds.
    Models(Vec<PathBuf>),
    /// A folder of masks.
    Masks(PathBuf),
}

/// A model on simulated studies.
#[derive(Debug)]
pub(crate) struct EvaluateSimulatedSettings {
    pub(crate) studies: u64,
    pub(crate) seed: u64,
    pub(crate) populations: Vec<PopulationChoice>,
    /// `None`: the model's default.
    pub(crate) protocol: Option<Protocol>,
    pub(crate) candidates: bool,
    pub(crate) function: bool,
    pub(crate) model: String,
    pub(crate) device: String,
    pub(crate) out: Option<PathBuf>,
    pub(crate) known_bias: Option<PathBuf>,
    pub(crate) repeatability: Option<PathBuf>,
    pub(crate) calibration: Option<PathBuf>,
    pub(crate) force: bool,
}

impl EvaluateSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: EvaluateFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let device = flags.device.or(file.device).unwrap_or_else(|| bloodpool::model::DEFAULT_DEVICE.to_owned());
        let models = (!flags.run.is_empty()).then_some(JudgedBy::Models(flags.run));
        if let Some(judged) = models.or(flags.masks.map(JudgedBy::Masks)) {
            // A model from the environment or the settings file is for other verbs; one that was typed is a mistake.
            let typed = flags.model.filter(|model| std::env::var("BLOODPOOL_MODEL").as_ref() != Ok(model));
            if typed.is_some() {
                return Err(wrong_usage("the model is named already; leave out --model"));
            }
            let out = flags.out.ok_or_else(|| wrong_usage("name the folder to write with --out"))?;
            let (dataset, images, force) = (flags.dataset, flags.images, flags.force);
            let split = flags.split;
            return Ok(Self::Run(EvaluateRunSettings { judged, dataset, split, images, device, out, force }));
        }
        let of_run = [
            ("--dataset", flags.dataset.is_some()),
            ("--split", flags.split.is_some()),
            ("--images", flags.images.is_some()),
        ];
        // A table of references may name the studies of a dataset.
        let with_dataset = flags.reference.is_some() && flags.dataset.is_some() && flags.images.is_none();
        if let Some((flag, _)) = of_run.iter().find(|(_, given)| *given && !with_dataset) {
            return Err(wrong_usage(format!(
                "{flag} is for the comparison of a model with raters; name the model, or --masks, and leave out --seed"
            )));
        }
        let model = flags.model.or(file.model).unwrap_or_else(|| bloodpool::model::DEFAULT.to_owned());
        let protocol = flags.protocol.as_deref().map(protocol).transpose()?;
        if let Some(table) = flags.reference {
            let EvaluateFlags { dataset, split, out, force, .. } = flags;
            return Ok(Self::Reference(Box::new(EvaluateReferenceSettings {
                table,
                dataset,
                split,
                protocol,
                model,
                device,
                out,
                force,
            })));
        }
        let seed = flags.seed.ok_or_else(|| {
            wrong_usage("name a MODEL, --reference for a table of LVEF by other means, or --seed for simulated studies")
        })?;
        if flags.studies < 2 {
            return Err(wrong_usage("--studies must be at least 2: limits of agreement need two"));
        }
        Ok(Self::Simulated(Box::new(EvaluateSimulatedSettings {
            studies: flags.studies,
            seed,
            populations: flags.populations,
            protocol,
            candidates: flags.candidates,
            function: flags.function,
            model,
            device,
            out: flags.out,
            known_bias: flags.known_bias,
            repeatability: flags.repeatability,
            calibration: flags.calibration,
            force: flags.force,
        })))
    }
}
