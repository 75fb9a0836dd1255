//! `export`: a model of this program as an ONNX file, with its description.
//!
//! Batch norms are folded into their convolutions, as this program folds them for inference. The structure of each network stands here a
//! second time, in the operators of ONNX: `bloodpool-nn` computes with burn's tensors, from which no graph can be read. The tests of the
//! facade and `.ci/onnx` compare both, layer sizes and numbers.

mod compact;
mod graph;
mod message;
mod resnet;
mod tensors;
mod unet;

use bloodpool_config::{CompactConfig, ModelDescription, NetworkConfig, Passes, ResnetConfig, UnetConfig};
use bloodpool_files::sha256;
use rten_onnx::onnx::{ModelProto, OperatorSetIdProto, StringStringEntryProto};

use crate::ExportError;
use crate::description::{
    ONNX_SCHEMA, OnnxDescription, OnnxInput, OnnxOutputs, OutputPlane, OutputPlanes, OutputVector, PlaneValues,
};
use graph::Graph;
use message::{Message, NamedGraph};
use tensors::Tensors;

/// Operator set of the exported files: that of ONNX 1.12 (2022), which every runtime reads that is in use today.
pub const OPSET: i64 = 17;
/// Version of the file format that goes with [`OPSET`].
const IR_VERSION: i64 = 8;
/// Name of the input.
const INPUT: &str = "frames";
/// A file of protocol buffers is smaller than 2 GiB; the graph without weights takes less than this.
const LARGEST_WEIGHTS: usize = (1 << 31) - (1 << 24);

/// An exported network.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The ONNX file.
    pub onnx: Vec<u8>,
    /// What stands beside it.
    pub description: OnnxDescription,
}

/// A model as an ONNX file and its description. `safetensors` are the weights in single precision, under the names that this program
/// writes; `software` is the program that the file names.
///
/// The input is `frames`, float32 `[batch, channel, row, column]`, with any number of frames. Image networks give `logits`, `[batch, 2,
/// row, column]` (background, LV). The compact network gives `lv` (LV and LV fraction) and, with scene heads, `scene` (RV, RV fraction
/// and three landmarks) and `recognition`, `[1, 15]`, of all frames of the batch as one study.
///
/// # Errors
/// [`ExportError`] when the weights are not those of the network, or too large for a file.
pub fn export(model: &ModelDescription, safetensors: &[u8], software: &str) -> Result<Exported, ExportError> {
    let tensors = Tensors::read(safetensors)?;
    let layout = model.network.layout();
    let mut graph = Graph::new(INPUT, [layout.channels(), layout.side, layout.side]);
    let outputs = match &model.network {
        NetworkConfig::Compact(config) => {
            compact::build(&mut graph, &tensors, config, INPUT)?;
            outputs_of_compact(config)
        }
        NetworkConfig::DeepLabV3Resnet50(ResnetConfig { side, .. }) => {
            resnet::deep_lab(&mut graph, &tensors, INPUT, *side)?;
            outputs_of_classes()
        }
        NetworkConfig::FcnResnet50(ResnetConfig { side, .. }) => {
            resnet::fcn(&mut graph, &tensors, INPUT, *side)?;
            outputs_of_classes()
        }
        NetworkConfig::Unet(UnetConfig { side, .. }) => {
            unet::build(&mut graph, &tensors, INPUT, *side)?;
            outputs_of_classes()
        }
    };
    let bytes = graph.weight_bytes();
    if bytes > LARGEST_WEIGHTS {
        return Err(ExportError::TooLarge { bytes });
    }
    let mut description = OnnxDescription {
        schema: ONNX_SCHEMA.to_owned(),
        name: model.name.clone(),
        sha256: None,
        weights_sha256: Some(model.sha256.clone()),
        software: Some(software.to_owned()),
        trained_on: Some(model.training.origin.training_data.clone()),
        opset: Some(OPSET),
        input: OnnxInput::of_layout(INPUT, layout),
        outputs,
        passes: model.passes,
    };
    let proto = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some("bloodpool".to_owned()),
        producer_version: Some(software.trim_start_matches("bloodpool ").to_owned()),
        opset_import: vec![OperatorSetIdProto { domain: Some(String::new()), version: Some(OPSET) }],
        metadata_props: metadata(&description, model.passes)?,
        graph: None,
    };
    let message = Message { model: proto, graph: NamedGraph { name: &model.name, graph: graph.finish() } };
    let onnx = message.bytes().map_err(|error| ExportError::Encode(error.to_string()))?;
    description.sha256 = Some(sha256(&onnx));
    Ok(Exported { onnx, description })
}

/// What the file itself says, for those who have no description beside it.
fn metadata(description: &OnnxDescription, passes: Passes) -> Result<Vec<StringStringEntryProto>, ExportError> {
    let json = serde_json::to_string(description).map_err(|error| ExportError::Encode(error.to_string()))?;
    let entries = [
        ("model", description.name.clone()),
        ("use", "research use only".to_owned()),
        ("opset", OPSET.to_string()),
        ("batch", "dynamic: any number of frames".to_owned()),
        (
            "passes",
            match passes {
                Passes::Once => "once: each frame is an image of the whole field of view".to_owned(),
                Passes::Refined => "closer: the whole field of view, then a window around the LV".to_owned(),
            },
        ),
        // The whole description but the hash of this file.
        ("bloodpool.onnx/1", json),
    ];
    let entry = |(key, value): (&str, String)| StringStringEntryProto { key: Some(key.to_owned()), value: Some(value) };
    Ok(entries.into_iter().map(entry).collect())
}

/// Outputs of an image network.
fn outputs_of_classes() -> OnnxOutputs {
    let lv = OutputPlane { name: "logits".to_owned(), values: PlaneValues::Classes, channel: 1 };
    OnnxOutputs { lv, lv_fraction: None, rv: None, rv_fraction: None, landmarks: None, recognition: None }
}

/// Outputs of the compact network.
fn outputs_of_compact(config: &CompactConfig) -> OnnxOutputs {
    let plane = |name: &str, channel| OutputPlane { name: name.to_owned(), values: PlaneValues::Logit, channel };
    let (lv, scene) = (compact::LV, compact::SCENE);
    OnnxOutputs {
        lv: plane(lv, 0),
        lv_fraction: Some(plane(lv, 1)),
        rv: config.scene.then(|| plane(scene, 0)),
        rv_fraction: config.scene.then(|| plane(scene, 1)),
        landmarks: config.scene.then(|| OutputPlanes { name: scene.to_owned(), first_channel: 2 }),
        recognition: config.scene.then(|| OutputVector { name: compact::RECOGNITION.to_owned() }),
    }
}
