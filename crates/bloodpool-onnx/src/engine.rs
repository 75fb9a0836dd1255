//! `OnnxNetwork`: an ONNX file with its description, ready to run on frames.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bloodpool_core::{ModelIdentity, Orientation, View};
use bloodpool_files::fingerprint::read_bytes;
use bloodpool_files::{document, sha256};
use rten::{
    DataType, Dimension, LoadError, LoadErrorKind, Model, NodeId, RunError, RunErrorKind, RunOptions, ThreadPool,
    Value, ValueType, ValueView,
};
use rten_tensor::prelude::*;

use crate::OnnxError;
use crate::description::{
    ONNX_SCHEMA, OnnxDescription, OutputPlane, OutputPlanes, OutputVector, PlaneValues, description_beside,
};
use crate::silent_gaps::silent_gap;

/// Planes of the landmarks: apex, septal and lateral end of the valve plane.
const LANDMARKS: usize = 3;
/// Numbers of a recognition.
const RECOGNISED: usize = 2 + View::ALL.len() + Orientation::COUNT;

/// The output of a network for some frames. Planes are `[frame, row, column]` of the input's side; those that the network does not
/// predict are empty.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NetworkOutput {
    /// Probability of LV.
    pub lv: Vec<f32>,
    /// Fraction of the counts that come from LV blood.
    pub lv_fraction: Vec<f32>,
    /// Probability of RV.
    pub rv: Vec<f32>,
    /// Fraction of the counts that come from RV blood.
    pub rv_fraction: Vec<f32>,
    /// Logits of the landmarks, `[frame, landmark, row, column]`.
    pub landmarks: Vec<f32>,
    /// Logits of the recognition of all frames together.
    pub recognition: Vec<f32>,
}

/// A network from an ONNX file.
pub struct OnnxNetwork {
    path: PathBuf,
    description: OnnxDescription,
    sha256: String,
    model: Model,
    input: NodeId,
    /// The outputs that the description names, each once.
    outputs: Vec<(String, NodeId)>,
    /// The file's input holds one frame, not any number.
    one_by_one: bool,
    indices: Vec<usize>,
    pool: Arc<ThreadPool>,
}

impl std::fmt::Debug for OnnxNetwork {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("OnnxNetwork").field("path", &self.path).finish_non_exhaustive()
    }
}

/// An output as it came.
struct Output {
    shape: Vec<usize>,
    numbers: Vec<f32>,
}

impl OnnxNetwork {
    /// Reads an ONNX file and the description beside it: `net.onnx` and `net.json`.
    ///
    /// # Errors
    /// [`OnnxError`] when a file is missing or damaged, an operator cannot be run, or inputs and outputs are not those of the
    /// description.
    pub fn read(path: &Path) -> Result<Self, OnnxError> {
        let description_path = description_beside(path);
        let bytes = read_bytes(path)?;
        if description_path.symlink_metadata().is_err() {
            return Err(OnnxError::NoDescription(description_path));
        }
        let description = document::read::<OnnxDescription>(&description_path, ONNX_SCHEMA)?.document;
        Self::new(path, bytes, description)
    }

    /// The same from what was read; `path` is named in errors.
    ///
    /// # Errors
    /// As [`OnnxNetwork::read`].
    pub fn new(path: &Path, bytes: Vec<u8>, description: OnnxDescription) -> Result<Self, OnnxError> {
        let sha256 = sha256(&bytes);
        let wrong = |reason: String| OnnxError::Description { path: description_beside(path), reason };
        if let Some(fault) = description.fault() {
            return Err(wrong(fault));
        }
        if let Some(expected) = description.sha256.as_ref().filter(|expected| **expected != sha256) {
            let file = path.display();
            return Err(wrong(format!("describes another file: the SHA-256 of {file} is {sha256}, not {expected}")));
        }
        let gap = catch_unwind(AssertUnwindSafe(|| silent_gap(&bytes))).unwrap_or_default();
        if let Some(reason) = gap {
            return Err(OnnxError::Operator { path: path.to_owned(), reason });
        }
        let loaded = catch_unwind(AssertUnwindSafe(|| Model::load(bytes)));
        let model = match loaded {
            Ok(Ok(model)) => model,
            Ok(Err(error)) => return Err(unloadable(path, &error)),
            Err(_) => {
                let reason = "the engine met a fault in it".to_owned();
                return Err(OnnxError::Unreadable { path: path.to_owned(), reason });
            }
        };
        let names = |ids: &[NodeId]| -> Vec<String> {
            ids.iter().filter_map(|id| Some(model.node_info(*id)?.name()?.to_owned())).collect()
        };
        let find = |ids: &[NodeId], name: &str, kind: &str| {
            model.find_node(name).filter(|id| ids.contains(id)).ok_or_else(|| {
                let list = names(ids).join(", ");
                wrong(format!("names the {kind} `{name}`; the file has {list}"))
            })
        };
        let input = find(model.input_ids(), &description.input.name, "input")?;
        let others = names(model.input_ids());
        if others.len() > 1 {
            let reason = format!("it has the inputs {}; a network of one input can be run", others.join(", "));
            return Err(Self::misfit(path, reason));
        }
        let one_by_one = check_input(path, &model, input, &description)?;
        let mut outputs: Vec<(String, NodeId)> = Vec::new();
        for name in description.output_names() {
            if !outputs.iter().any(|(known, _)| known == name) {
                outputs.push((name.to_owned(), find(model.output_ids(), name, "output")?));
            }
        }
        let indices = description.input.indices();
        let pool = Arc::new(ThreadPool::with_num_threads(rayon::current_num_threads()));
        Ok(Self { path: path.to_owned(), description, sha256, model, input, outputs, one_by_one, indices, pool })
    }

    /// What the file expects and gives.
    #[must_use]
    pub fn description(&self) -> &OnnxDescription {
        &self.description
    }

    /// Name by the description, and SHA-256 of the file.
    #[must_use]
    pub fn identity(&self) -> ModelIdentity {
        ModelIdentity { name: self.description.name.clone(), sha256: self.sha256.clone() }
    }

    /// The output for frames whose channels are those of [`crate::OnnxInput::layout`], `[frame, channel, row, column]`.
    ///
    /// # Errors
    /// [`OnnxError`] when the network cannot be run on them, or its output has another shape or is NaN.
    pub fn run(&self, channels: &[f32], frames: usize) -> Result<NetworkOutput, OnnxError> {
        let input = self.own_channels(channels, frames);
        if !self.one_by_one || frames <= 1 {
            return self.run_on(&input, frames);
        }
        let mut all = NetworkOutput::default();
        for frame in input.chunks_exact(input.len() / frames) {
            let one = self.run_on(frame, 1)?;
            all.lv.extend(one.lv);
            all.lv_fraction.extend(one.lv_fraction);
            all.rv.extend(one.rv);
            all.rv_fraction.extend(one.rv_fraction);
            all.landmarks.extend(one.landmarks);
            all.recognition.resize(one.recognition.len(), 0.0);
            all.recognition.iter_mut().zip(&one.recognition).for_each(|(mean, logit)| *mean += logit / frames as f32);
        }
        Ok(all)
    }

    /// The channels of the network, of those that this program computes.
    fn own_channels(&self, channels: &[f32], frames: usize) -> Vec<f32> {
        let input = &self.description.input;
        let pixels = input.side * input.side;
        let computed = input.layout().channels();
        let mut own = Vec::with_capacity(frames * self.indices.len() * pixels);
        for frame in channels.chunks_exact(computed * pixels) {
            for (channel, &index) in self.indices.iter().enumerate() {
                let mean = input.mean.get(channel).copied().unwrap_or(0.0);
                let scale = 1.0 / input.standard_deviation.get(channel).copied().unwrap_or(1.0);
                own.extend(frame[index * pixels..(index + 1) * pixels].iter().map(|value| (value - mean) * scale));
            }
        }
        own
    }

    /// The output for frames with the network's own channels.
    fn run_on(&self, input: &[f32], frames: usize) -> Result<NetworkOutput, OnnxError> {
        let side = self.description.input.side;
        let shape = [frames, self.indices.len(), side, side];
        let failed = |reason: String| OnnxError::Failed { path: self.path.clone(), reason };
        let view = ValueView::from_shape(shape, input).map_err(|error| failed(error.to_string()))?;
        let ids: Vec<NodeId> = self.outputs.iter().map(|(_, id)| *id).collect();
        let options = RunOptions::default().with_thread_pool(Some(self.pool.clone()));
        let run = || self.model.run(vec![(self.input, view.into())], &ids, Some(options));
        let values = match catch_unwind(AssertUnwindSafe(run)) {
            Ok(Ok(values)) => values,
            Ok(Err(error)) => return Err(self.not_run(&error, frames)),
            Err(_) => return Err(failed("the engine met a fault in it".to_owned())),
        };
        let mut outputs = Vec::with_capacity(values.len());
        for ((name, _), value) in self.outputs.iter().zip(values) {
            outputs.push((name.as_str(), self.output_of(name, value)?));
        }
        let taken = Taken { network: self, outputs, frames };
        let meant = &self.description.outputs;
        let plane = |plane: Option<&OutputPlane>| plane.map_or_else(|| Ok(Vec::new()), |plane| taken.plane(plane));
        let rv = meant.rv.as_ref().zip(meant.rv_fraction.as_ref());
        Ok(NetworkOutput {
            lv: taken.plane(&meant.lv)?,
            lv_fraction: plane(meant.lv_fraction.as_ref())?,
            rv: plane(rv.map(|(rv, _)| rv))?,
            rv_fraction: plane(rv.map(|(_, fraction)| fraction))?,
            landmarks: meant.landmarks.as_ref().map_or_else(|| Ok(Vec::new()), |planes| taken.landmarks(planes))?,
            recognition: meant.recognition.as_ref().map_or_else(|| Ok(Vec::new()), |of| taken.recognition(of))?,
        })
    }

    /// An output as numbers.
    fn output_of(&self, name: &str, value: Value) -> Result<Output, OnnxError> {
        let of = value.dtype();
        let Some(tensor) = value.into_tensor::<f32>() else {
            let reason = format!("output `{name}` has the type {of}; float32 can be read");
            return Err(Self::misfit(&self.path, reason));
        };
        let shape = tensor.shape().to_vec();
        Ok(Output { shape, numbers: tensor.into_data() })
    }

    fn misfit(path: &Path, reason: String) -> OnnxError {
        OnnxError::Shape { path: path.to_owned(), description: description_beside(path), reason }
    }

    /// Why the engine did not run.
    fn not_run(&self, error: &RunError, frames: usize) -> OnnxError {
        let text = error.to_string();
        let (path, reason) = (self.path.clone(), text.clone());
        match error.kind() {
            RunErrorKind::OperatorError if text.contains("unsupported") => OnnxError::Operator { path, reason },
            RunErrorKind::OperatorError | RunErrorKind::InvalidInput => {
                let side = self.description.input.side;
                let channels = self.indices.len();
                let reason = format!("{frames} frames of {channels} channels of {side} x {side} pixels: {text}");
                Self::misfit(&self.path, reason)
            }
            _ => OnnxError::Failed { path, reason },
        }
    }
}

/// Outputs of one run, from which planes are taken.
struct Taken<'a> {
    network: &'a OnnxNetwork,
    outputs: Vec<(&'a str, Output)>,
    frames: usize,
}

impl Taken<'_> {
    /// An output by name, as `[frame, channel, pixel]`, and its number of channels.
    fn planes(&self, name: &str) -> Result<(usize, &[f32]), OnnxError> {
        let side = self.network.description.input.side;
        let found = self.outputs.iter().find(|(known, _)| *known == name).map(|(_, output)| output);
        let shape = found.map_or(&[][..], |output| output.shape.as_slice());
        let numbers = found.map_or(&[][..], |output| output.numbers.as_slice());
        match *shape {
            [frames, channels, rows, columns] if [frames, rows, columns] == [self.frames, side, side] => {
                Ok((channels, numbers))
            }
            [frames, rows, columns] if [frames, rows, columns] == [self.frames, side, side] => Ok((1, numbers)),
            _ => {
                let frames = self.frames;
                let reason = format!(
                    "output `{name}` has the shape {shape:?} for {frames} frames; [{frames}, channels, {side}, {side}] was expected"
                );
                Err(OnnxNetwork::misfit(&self.network.path, reason))
            }
        }
    }

    fn finite(&self, name: &str, numbers: Vec<f32>) -> Result<Vec<f32>, OnnxError> {
        if numbers.iter().any(|number| number.is_nan()) {
            return Err(OnnxError::NotANumber { path: self.network.path.clone(), output: name.to_owned() });
        }
        Ok(numbers)
    }

    /// Probabilities of a plane.
    fn plane(&self, plane: &OutputPlane) -> Result<Vec<f32>, OnnxError> {
        let OutputPlane { name, values, channel } = plane;
        let (channels, numbers) = self.planes(name)?;
        if *channel >= channels {
            let reason = format!("output `{name}` has {channels} channels; there is no channel {channel}");
            return Err(OnnxNetwork::misfit(&self.network.path, reason));
        }
        if *values == PlaneValues::Classes && channels < 2 {
            let reason = format!("output `{name}` has one channel; logits of classes have one channel per class");
            return Err(OnnxNetwork::misfit(&self.network.path, reason));
        }
        let side = self.network.description.input.side;
        let pixels = side * side;
        let mut found = Vec::with_capacity(self.frames * pixels);
        for frame in numbers.chunks_exact(channels * pixels) {
            let own = &frame[channel * pixels..(channel + 1) * pixels];
            match values {
                PlaneValues::Probability => found.extend_from_slice(own),
                PlaneValues::Logit => found.extend(own.iter().map(|logit| sigmoid(*logit))),
                PlaneValues::Classes => found.extend(own.iter().enumerate().map(|(pixel, logit)| {
                    let others = (0..channels).filter(|other| other != channel);
                    1.0 / (1.0 + others.map(|other| (frame[other * pixels + pixel] - logit).exp()).sum::<f32>())
                })),
            }
        }
        let found = self.finite(name, found)?;
        if let Some(value) = found.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            let reason =
                format!("output `{name}` has the value {value}, which is no probability; are its values logits?");
            return Err(OnnxNetwork::misfit(&self.network.path, reason));
        }
        Ok(found)
    }

    fn landmarks(&self, planes: &OutputPlanes) -> Result<Vec<f32>, OnnxError> {
        let OutputPlanes { name, first_channel } = planes;
        let (channels, numbers) = self.planes(name)?;
        let side = self.network.description.input.side;
        let pixels = side * side;
        let (start, end) = (*first_channel, first_channel.saturating_add(LANDMARKS));
        if end > channels {
            let reason = format!("output `{name}` has {channels} channels; landmarks are {start} to {}", end - 1);
            return Err(OnnxNetwork::misfit(&self.network.path, reason));
        }
        let frames = numbers.chunks_exact(channels * pixels);
        self.finite(name, frames.flat_map(|frame| &frame[start * pixels..end * pixels]).copied().collect())
    }

    fn recognition(&self, of: &OutputVector) -> Result<Vec<f32>, OnnxError> {
        let found = self.outputs.iter().find(|(known, _)| *known == of.name).map(|(_, output)| output);
        match found {
            Some(output) if output.numbers.len() == RECOGNISED => self.finite(&of.name, output.numbers.clone()),
            other => {
                let shape = other.map_or(&[][..], |output| output.shape.as_slice());
                let reason = format!("output `{}` has the shape {shape:?}; [1, {RECOGNISED}] was expected", of.name);
                Err(OnnxNetwork::misfit(&self.network.path, reason))
            }
        }
    }
}

impl OnnxDescription {
    /// Names of the outputs that it gives a meaning to; the same name may come several times.
    fn output_names(&self) -> impl Iterator<Item = &str> {
        let outputs = &self.outputs;
        let planes =
            [Some(&outputs.lv), outputs.lv_fraction.as_ref(), outputs.rv.as_ref(), outputs.rv_fraction.as_ref()];
        let planes = planes.into_iter().flatten().map(|plane| plane.name.as_str());
        let landmarks = outputs.landmarks.iter().map(|planes| planes.name.as_str());
        planes.chain(landmarks).chain(outputs.recognition.iter().map(|of| of.name.as_str()))
    }
}

fn sigmoid(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// Whether the input holds one frame; an error where it cannot hold what the description says.
fn check_input(path: &Path, model: &Model, input: NodeId, description: &OnnxDescription) -> Result<bool, OnnxError> {
    let misfit = |reason: String| Err(OnnxNetwork::misfit(path, reason));
    let name = &description.input.name;
    let info = model.node_info(input);
    if let Some(of) = info.as_ref().and_then(|info| info.dtype())
        && of != ValueType::Tensor(DataType::Float)
    {
        return misfit(format!("input `{name}` has the type {of}; float32 is given"));
    }
    let Some(shape) = info.and_then(|info| info.shape()) else { return Ok(false) };
    let side = description.input.side;
    let wanted = [description.input.channels.len(), side, side];
    let size = |of: &Dimension| match of {
        Dimension::Fixed(size) => Some(*size),
        Dimension::Symbolic(_) => None,
    };
    let shown = || {
        let sizes = shape.iter().map(|of| size(of).map_or_else(|| "any".to_owned(), |size| size.to_string()));
        sizes.collect::<Vec<_>>().join(", ")
    };
    let fits = |(of, wanted): (&Dimension, usize)| size(of).is_none_or(|size| size == wanted);
    if shape.len() != 4 || !shape[1..].iter().zip(wanted).all(fits) {
        let [channels, ..] = wanted;
        let reason = format!(
            "input `{name}` has the shape [{}]; the description says [any, {channels}, {side}, {side}]",
            shown()
        );
        return misfit(reason);
    }
    match size(&shape[0]) {
        None => Ok(false),
        Some(1) => Ok(true),
        Some(_) => misfit(format!(
            "input `{name}` has the shape [{}]; export it for one frame, or for any number (dynamic_axes, dynamic_shapes)",
            shown()
        )),
    }
}

/// Why the engine did not load a file.
fn unloadable(path: &Path, error: &LoadError) -> OnnxError {
    let (path, reason) = (path.to_owned(), error.to_string());
    match error.kind() {
        LoadErrorKind::ExternalDataError => OnnxError::ExternalData(path),
        _ if reason.contains("external data") => OnnxError::ExternalData(path),
        LoadErrorKind::OperatorInvalid => OnnxError::Operator { path, reason },
        _ => OnnxError::Unreadable { path, reason },
    }
}
