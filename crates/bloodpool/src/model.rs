//! What finds the LV: an embedded network, one from the folder of a training run, a classical method, or region growing within one of them.

use std::path::Path;

use bloodpool_core::Segmenter;
use bloodpool_core::classical::{ClassicalMethod, GrownWithin, METHODS};
use bloodpool_core::uncertainty::Calibration;
use bloodpool_nn::foreign_weights;
use bloodpool_nn::model_file::{MODEL_JSON, ModelDescription, WEIGHTS};
use bloodpool_nn::run_folder::RunFolder;
use bloodpool_nn::{InvalidModel, ModelError, NetworkSegmenter, Start, device};
use bloodpool_report::KnownBias;

use crate::Error;
use crate::ensemble::EnsembleDescription;
use crate::interval::{self, read_shipped};
use crate::onnx_model;

/// The embedded model that is used unless another is named.
pub const DEFAULT: &str = "compact";
/// Before the name of a model: region growing within its outlines ([`GrownWithin`]).
pub const GROWN_WITHIN: &str = "grown-within:";
/// The device that is used unless another is named.
pub const DEFAULT_DEVICE: &str = "cpu";

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

/// A network or a classical method, and what is known about LVEF with it.
pub struct Model {
    /// Finds the LV.
    pub segmenter: Box<dyn Segmenter>,
    /// Bias of each protocol with it, where that was measured.
    pub known_bias: Option<KnownBias>,
    /// The 95 % interval that it was shipped with.
    pub calibration: Option<Calibration>,
}

impl Model {
    /// Loads an embedded model by name, or one from the folder of a training run, onto a device (`cpu`, or one that was compiled
    /// in); or a classical method by name ([`METHODS`]); or the network in an ONNX file with its description beside it (feature `onnx`).
    /// `grown-within:NAME` grows within the outlines of any of them. A name wins over a folder of the same name.
    ///
    /// # Errors
    /// [`Error`] when there is no such model or device, or the model's files do not fit together.
    pub fn load(name: &str, device: &str) -> Result<Self, Error> {
        if let Some(inner) = name.strip_prefix(GROWN_WITHIN) {
            // Neither bias nor interval of the other model holds for outlines that were moved.
            return Ok(Self::uncalibrated(Box::new(GrownWithin::new(Self::load(inner, device)?.segmenter))));
        }
        if let Some(method) = ClassicalMethod::by_name(name) {
            return Ok(Self::uncalibrated(method.segmenter()));
        }
        if onnx_model::is_onnx(Path::new(name)) && Path::new(name).exists() {
            device::by_name(device)?;
            if !["cpu", "flex"].contains(&device) {
                return Err(Error::OnnxOnProcessor { device: device.to_owned() });
            }
            return Ok(Self::uncalibrated(onnx_model::segmenter(Path::new(name))?));
        }
        let device = device::by_name(device)?;
        if let Some(embedded) = EMBEDDED.iter().find(|embedded| embedded.name == name) {
            let segmenter = NetworkSegmenter::from_bytes(embedded.description, embedded.weights, &device)?;
            return Ok(Self {
                segmenter: Box::new(segmenter),
                known_bias: KnownBias::parse(embedded.known_bias)?,
                calibration: read_shipped(embedded.calibration, "the embedded model")?,
            });
        }
        let folder = Path::new(name);
        if !folder.exists() {
            return Err(unknown(name));
        }
        Self::of_folder(folder, &device)
    }

    /// Loads the model of a training run from its folder, onto a device.
    ///
    /// # Errors
    /// [`Error`] when the run has no finished model, its files do not fit together, or there is no such device.
    pub fn of_run(folder: &Path, device: &str) -> Result<Self, Error> {
        Self::of_folder(folder, &device::by_name(device)?)
    }

    fn uncalibrated(segmenter: Box<dyn Segmenter>) -> Self {
        Self { segmenter, known_bias: None, calibration: None }
    }

    fn of_folder(folder: &Path, device: &device::Device) -> Result<Self, Error> {
        let segmenter: Box<dyn Segmenter> = if EnsembleDescription::is_in(folder) {
            Box::new(EnsembleDescription::read(folder)?.segmenter(folder, device)?)
        } else {
            Box::new(NetworkSegmenter::from_run_folder(folder, device)?)
        };
        let path = folder.join(interval::OF_RUN);
        let calibration = match std::fs::read_to_string(&path) {
            Ok(text) => read_shipped(&text, &path.display().to_string())?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(Error::ModelFile { path, source }),
        };
        // The table of bias was measured with the embedded model and does not apply to another network.
        Ok(Self { segmenter, known_bias: None, calibration })
    }
}

/// No model has this name.
pub(crate) fn unknown(name: &str) -> Error {
    let known = EMBEDDED.iter().map(|embedded| embedded.name).chain(METHODS.iter().map(|method| method.name));
    Error::UnknownModel { name: name.to_owned(), known: known.collect::<Vec<_>>().join(", ") }
}

/// Description and weights of the embedded model of this name; `None` where there is none of this name.
pub(crate) fn embedded_network(name: &str) -> Result<Option<(ModelDescription, Vec<u8>)>, Error> {
    let Some(embedded) = EMBEDDED.iter().find(|embedded| embedded.name == name) else { return Ok(None) };
    let description = ModelDescription::from_json(embedded.description.as_bytes(), embedded.weights);
    let invalid = |error| Error::Model(ModelError::Invalid { folder: None, source: InvalidModel::from(error) });
    Ok(Some((description.map_err(invalid)?, embedded.weights.to_vec())))
}

/// Description and weights of the model in a folder.
pub(crate) fn network_of_folder(folder: &Path) -> Result<(ModelDescription, Vec<u8>), Error> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|source| Error::ModelFile { path, source })
    };
    let (json, weights) = (read(MODEL_JSON)?, read(WEIGHTS)?);
    let invalid = |error| {
        Error::Model(ModelError::Invalid { folder: Some(folder.to_owned()), source: InvalidModel::from(error) })
    };
    Ok((ModelDescription::from_json(&json, &weights).map_err(invalid)?, weights))
}

/// The weights in a file of which only the ResNet is used: those of a classifier or a segmentation network.
///
/// # Errors
/// [`Error::ForeignWeights`] when the file cannot be read.
pub fn starting_backbone(file: &Path) -> Result<Start, Error> {
    let (name, safetensors) = (file.display().to_string(), foreign_weights::read(file)?);
    Ok(Start { name, safetensors, backbone_only: true, seen: Some(Vec::new()) })
}

/// The weights of a model for training to start from: an embedded one by name, that of the folder of a finished run, or a file of weights
/// of another program ([`foreign_weights`]).
///
/// # Errors
/// [`Error::ModelFile`] when the folder has no weights, [`Error::ForeignWeights`] when the file cannot be read.
pub fn starting_weights(name: &str) -> Result<Start, Error> {
    if let Some(embedded) = EMBEDDED.iter().find(|embedded| embedded.name == name) {
        // It was trained on studies that were simulated for that alone.
        let (name, safetensors) = (name.to_owned(), embedded.weights.to_vec());
        return Ok(Start { name, safetensors, backbone_only: false, seen: Some(Vec::new()) });
    }
    let folder = Path::new(name);
    if folder.is_file() {
        // What another program trained it on is not known.
        let safetensors = foreign_weights::read(folder)?;
        return Ok(Start { name: name.to_owned(), safetensors, backbone_only: false, seen: None });
    }
    let path = folder.join(WEIGHTS);
    let safetensors = std::fs::read(&path).map_err(|source| Error::ModelFile { path, source })?;
    let seen = RunFolder::open(folder).ok().and_then(|(.., origin)| origin.seen).map(|seen| seen.known());
    let seen = seen.and_then(|(keys, complete)| complete.then_some(keys));
    Ok(Start { name: name.to_owned(), safetensors, backbone_only: false, seen })
}
