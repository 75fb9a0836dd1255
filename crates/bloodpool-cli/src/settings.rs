//! Validated settings: flag, else environment, else `bloodpool.toml`, else default. Unknown keys are errors.

mod calibrate;
mod compare;
mod dataset;
mod evaluate;
mod export;
mod listen;
mod protocol;
mod reproduce;
mod serve;

use std::path::{Path, PathBuf};

use bloodpool::simulation::{Cohort, Simulation};
use bloodpool::{Language, TrainingChoices};
use bloodpool_core::{FrameIndex, Protocol};
use bloodpool_dicom::Selection;
use bloodpool_nn::network::Picture;

use crate::cli::{AnalyzeFlags, MeasuringFlags, SelectionFlags, SimulateFlags, TrainFlags};
use crate::outcome::wrong_usage;

pub(crate) use bloodpool_config::SettingsFile;
pub(crate) use calibrate::CalibrateSettings;
pub(crate) use compare::CompareSettings;
pub(crate) use dataset::{BuildSettings, ConsensusSettings, ExtractSettings};
pub(crate) use evaluate::{
    EvaluateReferenceSettings, EvaluateRunSettings, EvaluateSettings, EvaluateSimulatedSettings, JudgedBy,
};
pub(crate) use export::ExportSettings;
pub(crate) use listen::{ListenSettings, data_folder, unusable};
#[cfg(feature = "cohort")]
pub(crate) use protocol::by_name_or_file as protocol_by_name_or_file;
pub(crate) use reproduce::ReproduceSettings;
pub(crate) use serve::ServeSettings;

/// The settings file that is read when none is named.
const DEFAULT_FILE: &str = "bloodpool.toml";

/// The variables that are read; `SETTINGS` names the file itself.
const VARIABLES: [&str; 11] = [
    "SETTINGS",
    "MODEL",
    "PROTOCOL",
    "CALIBRATION",
    "CALIBRATION_GROUP",
    "DEVICE",
    "DETECTOR",
    "ENERGY_WINDOW",
    "RR_INTERVAL",
    "VIEW",
    "LANG",
];

/// Reads the named settings file, or `bloodpool.toml` in the current folder where it exists.
pub(crate) fn read_file(named: Option<&Path>) -> anyhow::Result<SettingsFile> {
    let path = match named {
        Some(path) => path,
        None if Path::new(DEFAULT_FILE).exists() => Path::new(DEFAULT_FILE),
        None => return Ok(SettingsFile::default()),
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| wrong_usage(format!("cannot read the settings in {}: {error}", path.display())))?;
    SettingsFile::from_toml(&text)
        .map_err(|error| wrong_usage(format!("{}: {}", path.display(), error.to_string().trim_end())))
}

/// Which part of a file is read: flags, else the settings file.
pub(crate) fn selection(file: &SettingsFile, flags: SelectionFlags) -> anyhow::Result<Selection> {
    Ok(Selection {
        detector: from_one("detector", flags.detector.or(file.detector))?,
        energy_window: from_one("energy window", flags.energy_window.or(file.energy_window))?,
        rr_interval: from_one("R-R interval", flags.rr_interval.or(file.rr_interval))?,
        view: flags.view.or_else(|| file.view.clone()),
    })
}

/// Refuses `BLOODPOOL_*` variables that mean nothing: a misspelt one would be a setting silently ignored.
pub(crate) fn refuse_unknown_environment() -> anyhow::Result<()> {
    for (name, _) in std::env::vars_os() {
        let Some(key) = name.to_str().and_then(|name| name.strip_prefix("BLOODPOOL_")) else { continue };
        if !VARIABLES.contains(&key) {
            let known = VARIABLES.map(|variable| format!("BLOODPOOL_{variable}")).join(", ");
            return Err(wrong_usage(format!("the variable BLOODPOOL_{key} is not known; known are {known}")));
        }
    }
    Ok(())
}

/// Settings of `analyze`.
#[derive(Debug)]
pub(crate) struct AnalyzeSettings {
    pub(crate) studies: Vec<PathBuf>,
    pub(crate) model: String,
    /// `None`: the default for the segmentation ([`Protocol::default_for`]).
    pub(crate) protocol: Option<Protocol>,
    /// ED set by hand.
    pub(crate) ed: Option<FrameIndex>,
    /// ES set by hand.
    pub(crate) es: Option<FrameIndex>,
    /// Local calibration of the interval.
    pub(crate) calibration: Option<PathBuf>,
    /// Group of it that the studies belong to.
    pub(crate) calibration_group: Option<String>,
    pub(crate) json: bool,
    pub(crate) masks: Option<PathBuf>,
    pub(crate) report: Option<PathBuf>,
    pub(crate) pdf: Option<PathBuf>,
    /// Language of the report and of what is printed.
    pub(crate) language: Language,
    /// Which part of a file is read.
    pub(crate) selection: Selection,
    pub(crate) device: String,
    pub(crate) force: bool,
    /// Whether several studies of a patient are compared.
    pub(crate) compare: bool,
}

impl AnalyzeSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: AnalyzeFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let (ed, es) = (from_one("--ed", flags.ed)?, from_one("--es", flags.es)?);
        if flags.ed.is_some() && flags.ed == flags.es {
            return Err(wrong_usage("--ed and --es name the same frame"));
        }
        let AnalyzeFlags { masks, report, pdf, .. } = flags;
        let [ed, es] = [ed, es].map(|number| number.and_then(FrameIndex::from_number));
        let compare = !flags.no_compare;
        Ok(Self { masks, report, pdf, ed, es, compare, ..Self::of(flags.studies, flags.measuring, file)? })
    }

    /// Of the flags that `analyze` and `compare` share, without outputs.
    fn of(studies: Vec<PathBuf>, flags: MeasuringFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let selection = selection(&file, flags.selection)?;
        let named = flags.protocol.or(file.protocol);
        let protocol = named.as_deref().map(protocol::by_name_or_file).transpose()?;
        Ok(Self {
            studies,
            model: flags.model.or(file.model).unwrap_or_else(|| bloodpool::model::DEFAULT.to_owned()),
            protocol,
            ed: None,
            es: None,
            calibration: flags.calibration.or(file.calibration),
            calibration_group: flags.calibration_group.or(file.calibration_group),
            json: flags.json,
            masks: None,
            report: None,
            pdf: None,
            language: language(flags.lang.or(file.lang).as_deref())?,
            selection,
            device: flags.device.or(file.device).unwrap_or_else(|| bloodpool::model::DEFAULT_DEVICE.to_owned()),
            force: flags.force,
            compare: false,
        })
    }
}

/// Settings of `simulate`.
#[derive(Debug)]
pub(crate) struct SimulateSettings {
    pub(crate) simulation: Simulation,
    pub(crate) force: bool,
}

impl SimulateSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: SimulateFlags) -> anyhow::Result<Self> {
        let SimulateFlags { out, studies, raters, seed, cohort, ef, matrix, force } = flags;
        if studies == 0 {
            return Err(wrong_usage("--studies must be at least 1"));
        }
        if cohort == Cohort::Paper && (ef.is_some() || matrix.is_some()) {
            return Err(wrong_usage(
                "--ef and --matrix are for the cohorts `ordinary` and `other`; the cohort `paper` has its own",
            ));
        }
        let simulation = Simulation { out, studies, raters, cohort, seed, lvef_percent: ef, matrix };
        Ok(Self { simulation, force })
    }
}

/// Settings of `train`.
#[derive(Debug)]
pub(crate) struct TrainSettings {
    pub(crate) config: Option<PathBuf>,
    pub(crate) run: Run,
    /// Folder of a built dataset; `None`: simulated studies.
    pub(crate) dataset: Option<PathBuf>,
    /// Embedded model, run folder or file of weights.
    pub(crate) start_from: Option<String>,
    /// File of weights of whose ResNet the run starts.
    pub(crate) start_from_backbone: Option<PathBuf>,
    pub(crate) choices: TrainingChoices,
}

/// The run folder.
#[derive(Debug)]
pub(crate) enum Run {
    /// To be made.
    New(PathBuf),
    /// To resume.
    Resume(PathBuf),
}

impl TrainSettings {
    /// Validates the flags.
    pub(crate) fn new(flags: TrainFlags, file: SettingsFile) -> anyhow::Result<Self> {
        let run = match (flags.out, flags.resume) {
            (_, Some(folder)) => Run::Resume(folder),
            (Some(folder), None) => Run::New(folder),
            (None, None) => return Err(wrong_usage("name the run folder with --out, or resume one with --resume")),
        };
        for (flag, value) in [
            ("--steps", flags.steps),
            ("--epochs", flags.epochs),
            ("--side", flags.side),
            ("--width", flags.width),
            ("--use-studies", flags.use_studies),
        ] {
            if value == Some(0) {
                return Err(wrong_usage(format!("{flag} must be at least 1")));
            }
        }
        let choices = TrainingChoices {
            network: flags.network,
            side: flags.side,
            width: flags.width,
            picture: flags.picture.map(Picture::from),
            epochs: flags.epochs,
            steps: flags.steps,
            seed: flags.seed,
            fold: flags.fold,
            use_studies: flags.use_studies,
            use_frames: flags.use_frames,
            consensus_of: flags.consensus_of,
            reference_bias: flags.reference_bias,
            without_reference: flags.without_reference,
            device: flags.device.or(file.device),
            starts_from_weights: flags.start_from.is_some(),
        };
        let TrainFlags { config, dataset, start_from, start_from_backbone, .. } = flags;
        Ok(Self { config, run, dataset, start_from, start_from_backbone, choices })
    }
}

/// The language of a code; English where none is named.
fn language(code: Option<&str>) -> anyhow::Result<Language> {
    let Some(code) = code else { return Ok(Language::default()) };
    let codes = || Language::ALL.map(Language::code).join(" or ");
    Language::of_code(code)
        .ok_or_else(|| wrong_usage(format!("no report is in the language {code:?}: choose {}", codes())))
}

/// A number that must be 1 or greater.
fn from_one<N: PartialEq + Default>(what: &str, number: Option<N>) -> anyhow::Result<Option<N>> {
    match number {
        Some(zero) if zero == N::default() => Err(wrong_usage(format!("{what} must be 1 or greater"))),
        other => Ok(other),
    }
}
