//! ONNX files that were written by hand: what is computed from them, and what is said of those that cannot be used.
#![cfg(feature = "engine")]
#![allow(clippy::unwrap_used)]

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use bloodpool_onnx::{NetworkOutput, OnnxDescription, OnnxError, OnnxNetwork};
use proptest::prelude::*;
use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataLocation, DataType, Dimension, GraphProto, ModelProto, NodeProto,
    OperatorSetIdProto, StringStringEntryProto, TensorProto, TensorShapeProto, TypeProto, TypeProtoTensor,
    ValueInfoProto,
};

/// Side of the images.
const SIDE: usize = 4;
const PIXELS: usize = SIDE * SIDE;

/// A network of one layer: the 1 x 1 convolution of `weights`, `[output, input]`, of an input with a first dimension.
struct Written {
    batch: Option<i64>,
    channels: usize,
    weights: Vec<f32>,
    operator: &'static str,
    /// Attribute `mode`.
    mode: Option<&'static str>,
    external: bool,
}

impl Written {
    fn of(channels: usize, weights: &[f32]) -> Self {
        Self { batch: None, channels, weights: weights.to_vec(), operator: "Conv", mode: None, external: false }
    }

    fn bytes(&self) -> Vec<u8> {
        let outputs = self.weights.len() / self.channels;
        let dimension = |value: usize| Dimension { dim_value: Some(value as i64), dim_param: None };
        let first = || Dimension { dim_value: self.batch, dim_param: self.batch.is_none().then(|| "n".to_owned()) };
        let value = |name: &str, channels: usize| {
            let dim = vec![first(), dimension(channels), dimension(SIDE), dimension(SIDE)];
            let tensor = TypeProtoTensor { elem_type: Some(DataType::FLOAT), shape: Some(TensorShapeProto { dim }) };
            let of = TypeProto { tensor_type: Some(tensor), sequence: None };
            ValueInfoProto { name: Some(name.to_owned()), r#type: Some(of) }
        };
        let mut weights = TensorProto {
            name: Some("w".to_owned()),
            dims: vec![outputs as i64, self.channels as i64, 1, 1],
            data_type: Some(DataType::FLOAT),
            ..TensorProto::default()
        };
        if self.external {
            let entry = |key: &str, value: &str| StringStringEntryProto {
                key: Some(key.to_owned()),
                value: Some(value.to_owned()),
            };
            weights.external_data =
                vec![entry("location", "net.onnx.data"), entry("offset", "0"), entry("length", "4")];
            weights.data_location = Some(DataLocation::EXTERNAL);
        } else {
            weights.raw_data = Some(RefCell::new(self.weights.iter().flat_map(|w| w.to_le_bytes()).collect()));
        }
        let kernel = AttributeProto {
            name: Some("kernel_shape".to_owned()),
            ints: vec![1, 1],
            r#type: Some(AttributeType::INTS),
            ..AttributeProto::default()
        };
        let mode = self.mode.map(|mode| AttributeProto {
            name: Some("mode".to_owned()),
            s: Some(mode.to_owned()),
            r#type: Some(AttributeType::STRING),
            ..AttributeProto::default()
        });
        let node = NodeProto {
            name: Some("layer".to_owned()),
            op_type: Some(self.operator.to_owned()),
            input: vec!["x".to_owned(), "w".to_owned()],
            output: vec!["y".to_owned()],
            attribute: mode.into_iter().chain([kernel]).collect(),
            domain: None,
        };
        let graph = GraphProto {
            node: vec![node],
            initializer: vec![weights],
            input: vec![value("x", self.channels)],
            output: vec![value("y", outputs)],
            value_info: Vec::new(),
        };
        let opset = OperatorSetIdProto { domain: Some(String::new()), version: Some(17) };
        let model =
            ModelProto { ir_version: Some(8), opset_import: vec![opset], graph: Some(graph), ..ModelProto::default() };
        model.write_buf().unwrap()
    }
}

fn description(channels: &str, lv: &str) -> String {
    format!(
        r#"{{"schema": "bloodpool.onnx/1", "name": "by hand", "input": {{"name": "x", "channels": [{channels}], "side": {SIDE}}},
        "outputs": {{"lv": {{"name": "y", {lv}}}}}}}"#
    )
}

fn described(text: &str) -> OnnxDescription {
    serde_json::from_str(text).unwrap()
}

fn network(written: &Written, text: &str) -> Result<OnnxNetwork, OnnxError> {
    OnnxNetwork::new(Path::new("net.onnx"), written.bytes(), described(text))
}

/// What is found for frames whose pixels all have these values.
fn run(written: &Written, text: &str, frames: &[f32]) -> Result<NetworkOutput, OnnxError> {
    let network = network(written, text)?;
    let computed = network.description().input.layout().channels();
    let values: Vec<f32> = frames.iter().flat_map(|value| vec![*value; computed * PIXELS]).collect();
    network.run(&values, frames.len())
}

const LOGIT: &str = r#""values": "logit""#;

#[test]
fn one_channel_gives_the_sigmoid_of_its_logit_for_any_number_of_frames() {
    let written = Written::of(1, &[2.0]);
    let found = run(&written, &description(r#""frame""#, LOGIT), &[0.0, 0.5, -1.0]).unwrap();
    assert_eq!(found.lv.len(), 3 * PIXELS);
    for (frame, expected) in [(0, 0.5), (1, 0.731_058_6), (2, 0.119_202_92)] {
        assert!((found.lv[frame * PIXELS + 5] - expected).abs() < 1e-6, "{frame}: {}", found.lv[frame * PIXELS + 5]);
    }
    assert!(found.lv_fraction.is_empty() && found.recognition.is_empty());
    // A network for one frame is run frame by frame.
    let one = Written { batch: Some(1), ..Written::of(1, &[2.0]) };
    assert_eq!(run(&one, &description(r#""frame""#, LOGIT), &[0.0, 0.5, -1.0]).unwrap(), found);
}

#[test]
fn classes_give_the_softmax_and_probabilities_are_taken_as_they_are() {
    let three = Written::of(1, &[1.0, 2.0, 3.0]);
    let classes = |channel: usize| description(r#""frame""#, &format!(r#""values": "classes", "channel": {channel}"#));
    let found: Vec<f32> = (0..3).map(|channel| run(&three, &classes(channel), &[1.0]).unwrap().lv[0]).collect();
    // softmax([1, 2, 3])
    for (found, expected) in found.iter().zip([0.090_030_57, 0.244_728_47, 0.665_240_94]) {
        assert!((found - expected).abs() < 1e-6, "{found}");
    }
    let text = description(r#""frame""#, r#""values": "probability""#);
    assert!((run(&Written::of(1, &[0.5]), &text, &[0.5]).unwrap().lv[3] - 0.25).abs() < 1e-6);
    let error = run(&Written::of(1, &[4.0]), &text, &[0.5]).unwrap_err();
    assert_eq!(error.code(), "onnx_shape");
    assert!(error.to_string().contains("the value 2, which is no probability; are its values logits?"), "{error}");
}

#[test]
fn channels_are_those_of_the_description_in_its_order_and_normalised() {
    let network = network(
        &Written::of(2, &[1.0, 10.0]),
        &description(r#""mean", "frame""#, LOGIT)
            .replace("\"side\"", "\"mean\": [1.0, 2.0], \"standard_deviation\": [2.0, 4.0], \"side\""),
    )
    .unwrap();
    // Frame, reconstruction, mean.
    let values: Vec<f32> = [3.0, 0.0, 2.0].iter().flat_map(|value| vec![*value; PIXELS]).collect();
    let found = network.run(&values, 1).unwrap().lv[0];
    let logit: f32 = (2.0 - 1.0) / 2.0 + 10.0 * (3.0 - 2.0) / 4.0;
    assert!((found - 1.0 / (1.0 + (-logit).exp())).abs() < 1e-6, "{found}");
}

#[test]
fn what_cannot_be_used_has_a_code_and_the_next_step() {
    let frame = description(r#""frame""#, LOGIT);
    let written = || Written::of(1, &[1.0]);
    let error = |written: &Written, text: &str| {
        let error = run(written, text, &[1.0, 2.0]).unwrap_err();
        (error.code(), error.to_string())
    };
    let expect = |(code, message): (&str, String), expected: &str, says: &str| {
        assert_eq!(code, expected, "{message}");
        assert!(message.contains(says), "{message}");
    };
    let unknown = Written { operator: "Wavelet", ..written() };
    expect(error(&unknown, &frame), "onnx_operator_unsupported", "Wavelet");
    let cubic = Written { operator: "Resize", mode: Some("cubic"), ..written() };
    expect(error(&cubic, &frame), "onnx_operator_unsupported", "mode cubic (linear and nearest can be run)");
    let elsewhere = Written { external: true, ..written() };
    expect(error(&elsewhere, &frame), "onnx_unreadable", "external_data=False");
    let two = Written::of(2, &[1.0, 1.0]);
    expect(error(&two, &frame), "onnx_shape", "has the shape [any, 2, 4, 4]; the description says [any, 1, 4, 4]");
    expect(
        error(&Written { batch: Some(2), ..written() }, &frame),
        "onnx_shape",
        "export it for one frame, or for any number",
    );
    let names = frame.replace("\"x\"", "\"frames\"");
    expect(error(&written(), &names), "onnx_description_unusable", "names the input `frames`; the file has x");
    let names = frame.replace("\"y\"", "\"logits\"");
    expect(error(&written(), &names), "onnx_description_unusable", "names the output `logits`; the file has y");
    let hash = frame.replace("\"name\": \"by hand\"", "\"name\": \"by hand\", \"sha256\": \"0123\"");
    expect(error(&written(), &hash), "onnx_description_unusable", "describes another file");
    let channel = description(r#""frame""#, r#""channel": 1"#);
    expect(error(&written(), &channel), "onnx_shape", "there is no channel 1");
    let classes = description(r#""frame""#, r#""values": "classes""#);
    expect(error(&written(), &classes), "onnx_shape", "one channel per class");
    expect(error(&Written::of(1, &[f32::NAN]), &frame), "onnx_output_nan", "output `y` of net.onnx is NaN");
    let heart = frame.replace("\"lv\": {", "\"recognition\": {\"name\": \"y\"}, \"lv\": {");
    expect(error(&written(), &heart), "onnx_shape", "[1, 15] was expected");
    let landmarks = frame.replace("\"lv\": {", "\"landmarks\": {\"name\": \"y\"}, \"lv\": {");
    expect(error(&written(), &landmarks), "onnx_shape", "landmarks are 0 to 2");
}

#[test]
fn a_file_without_a_description_or_that_is_no_onnx_file_is_said_to_be_so() {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("net.onnx");
    let code = |path: &Path| OnnxNetwork::read(path).unwrap_err();
    assert_eq!(code(&path).code(), "onnx_unreadable");
    std::fs::write(&path, Written::of(1, &[1.0]).bytes()).unwrap();
    let missing = code(&path);
    assert_eq!(missing.code(), "onnx_description_missing");
    assert!(missing.to_string().contains("net.json is missing"), "{missing}");
    assert_eq!(missing.file(), Some(folder.path().join("net.json").display().to_string()));
    std::fs::write(folder.path().join("net.json"), "{\"schema\": \"bloodpool.onnx/1\"}").unwrap();
    assert_eq!(code(&path).code(), "onnx_description_unusable");
    std::fs::write(folder.path().join("net.json"), description(r#""frame""#, LOGIT)).unwrap();
    let network = OnnxNetwork::read(&path).unwrap();
    assert_eq!(network.identity().name, "by hand");
    assert_eq!(network.identity().sha256, bloodpool_files::sha256(&std::fs::read(&path).unwrap()));
    for bytes in [&b""[..], b"not a model", b"RTEN1234567890", &Written::of(1, &[1.0]).bytes()[..40]] {
        std::fs::write(&path, bytes).unwrap();
        let error = code(&path);
        assert_eq!(error.code(), "onnx_unreadable", "{error}");
    }
}

proptest! {
    /// Damage is an error or changes numbers; it is no panic and no NaN.
    #[test]
    fn damaged_files_never_panic(at in 0_usize..400, to in any::<u8>(), cut in 0_usize..400) {
        let mut bytes = Written::of(1, &[1.0]).bytes();
        let length = bytes.len();
        bytes[at % length] = to;
        bytes.truncate(length - cut % (length / 4));
        let text = described(&description(r#""frame""#, LOGIT));
        if let Ok(network) = OnnxNetwork::new(Path::new("net.onnx"), bytes, text)
            && let Ok(found) = network.run(&[0.5; 3 * PIXELS], 1)
        {
            prop_assert!(found.lv.iter().all(|value| (0.0..=1.0).contains(value)));
        }
    }
}
