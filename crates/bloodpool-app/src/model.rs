//! Which network finds the LV: one that the program carries, or one from a run folder.

use std::path::Path;

use anyhow::Context;
use bloodpool_core::uncertainty::Calibration;
use bloodpool_nn::model_file::WEIGHTS;
use bloodpool_nn::{NetworkSegmenter, Start, device};

use crate::interval;
use crate::outcome::wrong_usage;
use bloodpool_report::known_bias::KnownBias;

/// The embedded model that is used unless another is named.
pub(crate) const DEFAULT: &str = "compact";
/// The device that is used unless another is named.
pub(crate) const DEFAULT_DEVICE: &str = "cpu";

/// A model that the program carries.
struct Embedded {
    name: &'static str,
    description: &'static str,
    weights: &'static [u8],
    known_bias: &'static str,
    calibration: &'static str,
}

const EMBEDDED: [Embedded; 1] = [Embedded {
    name: DEFAULT,
    description: include_str!("../../../models/compact.json"),
    weights: include_bytes!("../../../models/compact.safetensors"),
    known_bias: include_str!("../../../models/bias.json"),
    calibration: include_str!("../../../models/calibration.json"),
}];

/// The weights of a model for training to start from: an embedded one by name, or that of a run folder.
pub(crate) fn starting_weights(name: &str) -> anyhow::Result<Start> {
    if let Some(embedded) = EMBEDDED.iter().find(|embedded| embedded.name == name) {
        return Ok(Start { name: name.to_owned(), safetensors: embedded.weights.to_vec() });
    }
    let path = Path::new(name).join(WEIGHTS);
    let safetensors = std::fs::read(&path).map_err(|error| {
        wrong_usage(format!("could not read {}: {error}; --start-from names a finished run folder", path.display()))
    })?;
    Ok(Start { name: name.to_owned(), safetensors })
}

/// The network of a finished run.
pub(crate) fn of_run(folder: &Path, device: &str) -> anyhow::Result<NetworkSegmenter> {
    let device = device::by_name(device).map_err(|error| wrong_usage(error.to_string()))?;
    if !folder.is_dir() {
        return Err(wrong_usage(format!("{} is not the folder of a training run", folder.display())));
    }
    NetworkSegmenter::from_run_folder(folder, &device).map_err(|error| wrong_usage(error.to_string()))
}

/// A network, and what is known of LVEF with it.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) segmenter: NetworkSegmenter,
    pub(crate) known_bias: Option<KnownBias>,
    /// The 95 % interval that it was shipped with.
    pub(crate) calibration: Option<Calibration>,
}

impl Model {
    /// Loads an embedded model by name, or one from a run folder. A name wins over a folder of the same name.
    pub(crate) fn load(name: &str, device: &str) -> anyhow::Result<Self> {
        let device = device::by_name(device).map_err(|error| wrong_usage(error.to_string()))?;
        if let Some(embedded) = EMBEDDED.iter().find(|embedded| embedded.name == name) {
            let segmenter = NetworkSegmenter::from_bytes(embedded.description, embedded.weights, &device)
                .context("the embedded model is unusable; build the program again")?;
            let known_bias = KnownBias::parse(embedded.known_bias)?;
            return Ok(Self { segmenter, known_bias, calibration: interval::shipped(embedded.calibration)? });
        }
        if !Path::new(name).is_dir() {
            let names = EMBEDDED.map(|embedded| embedded.name).join(", ");
            return Err(wrong_usage(format!(
                "model `{name}` is neither embedded (known: {names}) nor the folder of a training run"
            )));
        }
        let segmenter = NetworkSegmenter::from_run_folder(Path::new(name), &device)
            .map_err(|error| wrong_usage(error.to_string()))?;
        // The table was measured with the embedded model: of another network it says nothing.
        let of_run = Path::new(name).join(interval::OF_RUN);
        let calibration = match std::fs::read_to_string(&of_run) {
            Ok(text) => interval::shipped(&text).with_context(|| of_run.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(anyhow::Error::new(error).context(of_run.display().to_string())),
        };
        Ok(Self { segmenter, known_bias: None, calibration })
    }
}
