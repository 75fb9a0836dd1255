//! `OnnxDescription`: the JSON document beside an ONNX file, from which import knows its input and outputs.

use std::path::{Path, PathBuf};

use bloodpool_config::{InputChannels, Layout, Passes};
use serde::{Deserialize, Serialize};

/// Schema of the document.
pub const ONNX_SCHEMA: &str = "bloodpool.onnx/1";
/// How the name of an ONNX file ends.
pub const ONNX_END: &str = "onnx";
/// How the name of its description ends, in the place of [`ONNX_END`].
pub const DESCRIPTION_END: &str = "json";

/// Largest side of an input, pixels: that of this program's own networks.
const LARGEST_SIDE: usize = 2048;
/// Most channels of an input.
const MOST_CHANNELS: usize = 64;

/// Where the description of an ONNX file is: `net.json` beside `net.onnx`.
#[must_use]
pub fn description_beside(onnx: &Path) -> PathBuf {
    onnx.with_extension(DESCRIPTION_END)
}

/// The document `bloodpool.onnx/1`: what an ONNX file expects and gives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnnxDescription {
    /// [`ONNX_SCHEMA`].
    pub schema: String,
    /// Name of the model, as analyses state it.
    pub name: String,
    /// SHA-256 of the ONNX file; where it stands here, another file is refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// SHA-256 of the weights that the file was exported from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights_sha256: Option<String>,
    /// Program and version that wrote the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// What the network was trained on, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trained_on: Option<String>,
    /// Operator set of the file, for people; the file itself decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opset: Option<i64>,
    /// Its input.
    pub input: OnnxInput,
    /// Its outputs.
    pub outputs: OnnxOutputs,
    /// How many passes of the network a study gets: `once`, each frame as an image of the whole field; `closer`, then again in a window
    /// around the LV.
    #[serde(default = "once")]
    pub passes: Passes,
}

fn once() -> Passes {
    Passes::Once
}

/// The input of a network: float32, `[frame, channel, row, column]`, a square of the patient that holds the whole field of view.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnnxInput {
    /// Its name in the file.
    pub name: String,
    /// What each channel shows, in order. A network for colour pictures gets `frame` three times.
    pub channels: Vec<Channel>,
    /// Side of the square, pixels.
    pub side: usize,
    /// What counts are divided by before the square root is taken.
    #[serde(default)]
    pub scale: CountScale,
    /// Subtracted from each channel after that; none where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mean: Vec<f32>,
    /// Each channel is divided by this after `mean` is subtracted; by 1 where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub standard_deviation: Vec<f32>,
}

/// What a channel shows. All but the last two are square roots of counts, in units of the study's scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Channel {
    /// The frame itself.
    Frame,
    /// The frame, made of the mean and the first two harmonics of the cycle.
    Reconstruction,
    /// The mean over the cycle, the same for every frame.
    Mean,
    /// Cosine part of the first harmonic, times 4, counts without square root; the same for every frame.
    Cosine,
    /// Sine part of the first harmonic, likewise.
    Sine,
}

impl Channel {
    /// The channels of a frame in its cycle, in the order in which this program computes them.
    pub const ALL: [Self; 5] = [Self::Frame, Self::Reconstruction, Self::Mean, Self::Cosine, Self::Sine];
}

/// What counts are divided by. It is one number per study, so that frames keep their proportions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CountScale {
    /// The 99th percentile of the mean over the cycle.
    #[default]
    #[serde(rename = "percentile-99")]
    Percentile99,
    /// The brightness of the blood pool; values beyond 1.5 are then compressed.
    BloodPool,
}

/// What the outputs mean. Of the names in the file, those that do not stand here are not computed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnnxOutputs {
    /// Whether a pixel is LV.
    pub lv: OutputPlane,
    /// Fraction of the counts that come from LV blood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lv_fraction: Option<OutputPlane>,
    /// Whether a pixel is RV; together with `rv_fraction`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rv: Option<OutputPlane>,
    /// Fraction of the counts that come from RV blood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rv_fraction: Option<OutputPlane>,
    /// Logits of the position of apex, septal and lateral end of the valve plane, one plane each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landmarks: Option<OutputPlanes>,
    /// Logits of the recognition of the study: heart, gating, 5 views, 8 orientations; `[1, 15]` for all frames together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recognition: Option<OutputVector>,
}

/// One plane of an output `[frame, channel, row, column]`, or `[frame, row, column]`, of the input's side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputPlane {
    /// Name of the output in the file.
    pub name: String,
    /// What its values are.
    #[serde(default)]
    pub values: PlaneValues,
    /// Which channel of the output, from 0.
    #[serde(default)]
    pub channel: usize,
}

/// What the values of a plane are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlaneValues {
    /// The logit of a probability: its sigmoid is taken.
    #[default]
    Logit,
    /// Logits of classes, of which `channel` is this one: their softmax is taken.
    Classes,
    /// A probability, 0 to 1.
    Probability,
}

/// Neighbouring planes of an output `[frame, channel, row, column]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputPlanes {
    /// Name of the output in the file.
    pub name: String,
    /// The first channel, from 0.
    #[serde(default)]
    pub first_channel: usize,
}

/// An output that has no planes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputVector {
    /// Name of the output in the file.
    pub name: String,
}

impl OnnxInput {
    /// The input of one of this program's networks.
    #[must_use]
    pub fn of_layout(name: &str, layout: Layout) -> Self {
        let (channels, scale) = match layout.input {
            InputChannels::Frame => (vec![Channel::Frame; 3], CountScale::Percentile99),
            InputChannels::FrameInCycle => (Channel::ALL[..3].to_vec(), CountScale::Percentile99),
            InputChannels::Cycle => (Channel::ALL.to_vec(), CountScale::Percentile99),
            InputChannels::BloodPool => (Channel::ALL.to_vec(), CountScale::BloodPool),
        };
        Self {
            name: name.to_owned(),
            channels,
            side: layout.side,
            scale,
            mean: Vec::new(),
            standard_deviation: Vec::new(),
        }
    }

    /// The channels that this program computes, of which those of the network are taken: see [`OnnxInput::indices`].
    #[must_use]
    pub fn layout(&self) -> Layout {
        let alone = self.channels.iter().all(|channel| *channel == Channel::Frame);
        let pictures = self.channels.iter().all(|channel| Channel::ALL[..3].contains(channel));
        let input = match self.scale {
            CountScale::BloodPool => InputChannels::BloodPool,
            CountScale::Percentile99 if alone => InputChannels::Frame,
            CountScale::Percentile99 if pictures => InputChannels::FrameInCycle,
            CountScale::Percentile99 => InputChannels::Cycle,
        };
        Layout { side: self.side, input }
    }

    /// Which of the channels of [`OnnxInput::layout`] each channel of the network is.
    #[must_use]
    pub fn indices(&self) -> Vec<usize> {
        let index = |channel: &Channel| Channel::ALL.iter().position(|one| one == channel).unwrap_or(0);
        self.channels.iter().map(index).collect()
    }
}

impl OnnxDescription {
    /// What is wrong with it, in words; `None` where it can be used.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let OnnxInput { channels, side, mean, standard_deviation, .. } = &self.input;
        let count = channels.len();
        if self.name.trim().is_empty() {
            return Some("`name` is empty; it stands in every analysis".to_owned());
        }
        if !(1..=LARGEST_SIDE).contains(side) {
            return Some(format!("`input.side` is {side}; it must be 1 to {LARGEST_SIDE} pixels"));
        }
        if !(1..=MOST_CHANNELS).contains(&count) {
            return Some(format!("`input.channels` has {count} channels; it must have 1 to {MOST_CHANNELS}"));
        }
        for (name, values) in [("mean", mean), ("standard_deviation", standard_deviation)] {
            if !values.is_empty() && values.len() != count {
                return Some(format!("`input.{name}` has {} numbers for {count} channels", values.len()));
            }
            if let Some(value) = values.iter().find(|value| !value.is_finite()) {
                return Some(format!("`input.{name}` has the value {value}; it must be a finite number"));
            }
        }
        if let Some(value) = standard_deviation.iter().find(|value| **value <= 0.0) {
            return Some(format!("`input.standard_deviation` has the value {value}; it must be above 0"));
        }
        if self.outputs.rv.is_some() != self.outputs.rv_fraction.is_some() {
            return Some("`outputs.rv` and `outputs.rv_fraction` must stand together".to_owned());
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALLEST: &str = r#"{
        "schema": "bloodpool.onnx/1",
        "name": "theirs",
        "input": {"name": "x", "channels": ["frame", "frame", "frame"], "side": 256},
        "outputs": {"lv": {"name": "y", "values": "classes", "channel": 1}}
    }"#;

    fn changed(from: &str, to: &str) -> OnnxDescription {
        assert!(SMALLEST.contains(from), "{from}");
        serde_json::from_str(&SMALLEST.replace(from, to)).unwrap()
    }

    #[test]
    fn the_smallest_document_is_one_pass_of_an_image_network() {
        let description: OnnxDescription = serde_json::from_str(SMALLEST).unwrap();
        assert_eq!(description.fault(), None);
        assert_eq!(description.passes, Passes::Once);
        assert_eq!(description.input.layout(), Layout { side: 256, input: InputChannels::Frame });
        let written = serde_json::to_string(&description).unwrap();
        assert_eq!(serde_json::from_str::<OnnxDescription>(&written).unwrap(), description);
        assert!(!written.contains("sha256") && !written.contains("null"), "{written}");
    }

    #[test]
    fn inputs_of_own_networks_are_computed_as_their_networks_get_them() {
        for input in [InputChannels::Frame, InputChannels::FrameInCycle, InputChannels::Cycle, InputChannels::BloodPool]
        {
            let layout = Layout { side: 64, input };
            let described = OnnxInput::of_layout("frames", layout);
            assert_eq!(described.layout(), layout);
            let indices = described.indices();
            assert_eq!(indices.len(), layout.channels());
            // Every channel of `Frame` is the frame.
            assert!(input == InputChannels::Frame || indices.iter().copied().eq(0..indices.len()));
        }
    }

    #[test]
    fn one_channel_and_any_order_of_channels_are_possible() {
        let grey = changed(r#"["frame", "frame", "frame"]"#, r#"["frame"]"#).input;
        assert_eq!((grey.layout().input, grey.indices()), (InputChannels::Frame, vec![0]));
        let turned = changed(r#"["frame", "frame", "frame"]"#, r#"["sine", "frame"]"#).input;
        assert_eq!((turned.layout().input, turned.indices()), (InputChannels::Cycle, vec![4, 0]));
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let fault = |from: &str, to: &str| changed(from, to).fault().unwrap();
        assert!(fault("\"theirs\"", "\" \"").contains("`name`"));
        assert!(fault("256", "0").contains("`input.side` is 0"));
        assert!(fault("256", "4096").contains("1 to 2048"));
        assert!(fault(r#"["frame", "frame", "frame"]"#, "[]").contains("0 channels"));
        assert!(fault("256", "256, \"mean\": [0.5]").contains("`input.mean` has 1 numbers for 3 channels"));
        assert!(fault("256", "256, \"standard_deviation\": [1, 1, 0]").contains("above 0"));
        assert!(fault(r#"{"lv""#, r#"{"rv": {"name": "y"}, "lv""#).contains("must stand together"));
        for unknown in [r#""sides": 1"#, r#""scale": "max""#] {
            let text = SMALLEST.replace("\"side\": 256", &format!("\"side\": 256, {unknown}"));
            assert!(serde_json::from_str::<OnnxDescription>(&text).is_err(), "{unknown}");
        }
    }
}
