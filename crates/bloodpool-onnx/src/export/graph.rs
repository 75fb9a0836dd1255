//! `Graph`: the nodes and weights of an ONNX graph as they are added, one method per operator that the networks need.

use std::cell::RefCell;

use rten_onnx::onnx::{
    AttributeProto, AttributeType, DataType, Dimension, GraphProto, NodeProto, TensorProto, TensorShapeProto,
    TypeProto, TypeProtoTensor, ValueInfoProto,
};

/// Name of the dimension whose size a run decides.
const BATCH: &str = "batch";

/// Filters `[output, input, row, column]` of a convolution, and what is added to each output.
pub(super) struct Filters {
    pub(super) shape: [usize; 4],
    pub(super) weights: Vec<f32>,
    pub(super) bias: Option<Vec<f32>>,
}

/// Stride, padding and dilation of a convolution, the same in both directions.
#[derive(Clone, Copy)]
pub(super) struct Steps {
    pub(super) stride: usize,
    pub(super) padding: usize,
    pub(super) dilation: usize,
}

impl Steps {
    /// Stride 1 and the padding that keeps the size of the image, for a filter of `side` taps.
    pub(super) fn same(side: usize, dilation: usize) -> Self {
        Self { stride: 1, padding: dilation * (side - 1) / 2, dilation }
    }
}

/// Shape of an output.
pub(super) enum OutputShape {
    /// So many planes per frame, of this side.
    Planes(usize, usize),
    /// So many numbers for all frames.
    Numbers(usize),
}

/// A graph as it grows. Values are named after the layer that gives them.
pub(super) struct Graph {
    proto: GraphProto,
    weight_bytes: usize,
}

impl Graph {
    /// An empty graph with one input, `[batch, channel, row, column]`.
    pub(super) fn new(input: &str, [channels, rows, columns]: [usize; 3]) -> Self {
        let dims = vec![dynamic(), fixed(channels), fixed(rows), fixed(columns)];
        let proto = GraphProto { input: vec![value_info(input, dims)], ..GraphProto::default() };
        Self { proto, weight_bytes: 0 }
    }

    /// Bytes of all weights so far.
    pub(super) fn weight_bytes(&self) -> usize {
        self.weight_bytes
    }

    pub(super) fn finish(self) -> GraphProto {
        self.proto
    }

    /// Declares a value as an output.
    pub(super) fn output(&mut self, name: &str, shape: OutputShape) {
        let dims = match shape {
            OutputShape::Planes(channels, side) => vec![dynamic(), fixed(channels), fixed(side), fixed(side)],
            OutputShape::Numbers(count) => vec![fixed(1), fixed(count)],
        };
        self.proto.output.push(value_info(name, dims));
    }

    /// Adds a node with one output, of the node's own name.
    fn node(&mut self, operator: &str, name: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        self.proto.node.push(NodeProto {
            domain: None,
            name: Some(name.to_owned()),
            input: inputs.iter().map(|&input| input.to_owned()).collect(),
            output: vec![name.to_owned()],
            op_type: Some(operator.to_owned()),
            attribute: attributes,
        });
        name.to_owned()
    }

    fn tensor(&mut self, name: &str, shape: &[usize], data_type: DataType, bytes: Vec<u8>) -> String {
        self.weight_bytes += bytes.len();
        self.proto.initializer.push(TensorProto {
            name: Some(name.to_owned()),
            dims: shape.iter().map(|&size| size as i64).collect(),
            data_type: Some(data_type),
            raw_data: Some(RefCell::new(bytes)),
            ..TensorProto::default()
        });
        name.to_owned()
    }

    fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, shape, DataType::FLOAT, bytes)
    }

    fn whole_numbers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        self.tensor(name, &[values.len()], DataType::INT64, bytes)
    }

    /// A convolution.
    pub(super) fn convolve(&mut self, name: &str, x: &str, filters: &Filters, steps: Steps) -> String {
        let [.., rows, columns] = filters.shape;
        let weights = self.floats(&format!("{name}.weight"), &filters.shape, &filters.weights);
        let bias = filters.bias.as_ref().map(|bias| self.floats(&format!("{name}.bias"), &[bias.len()], bias));
        let inputs: Vec<&str> = [x, weights.as_str()].into_iter().chain(bias.as_deref()).collect();
        let attributes = vec![
            ints("kernel_shape", &[rows, columns]),
            ints("strides", &[steps.stride; 2]),
            ints("pads", &[steps.padding; 4]),
            ints("dilations", &[steps.dilation; 2]),
        ];
        self.node("Conv", name, &inputs, attributes)
    }

    /// A transposed convolution with 2 x 2 taps and stride 2; `filters` are `[input, output, row, column]`.
    pub(super) fn enlarge_by_filters(&mut self, name: &str, x: &str, filters: &Filters) -> String {
        let weights = self.floats(&format!("{name}.weight"), &filters.shape, &filters.weights);
        let bias = filters.bias.as_ref().map(|bias| self.floats(&format!("{name}.bias"), &[bias.len()], bias));
        let inputs: Vec<&str> = [x, weights.as_str()].into_iter().chain(bias.as_deref()).collect();
        self.node("ConvTranspose", name, &inputs, vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])])
    }

    pub(super) fn rectify(&mut self, x: &str) -> String {
        self.node("Relu", &format!("{x}.relu"), &[x], Vec::new())
    }

    pub(super) fn add(&mut self, name: &str, x: &str, other: &str) -> String {
        self.node("Add", name, &[x, other], Vec::new())
    }

    /// Channels after channels.
    pub(super) fn join(&mut self, name: &str, parts: &[&str]) -> String {
        self.node("Concat", name, parts, vec![int("axis", 1)])
    }

    pub(super) fn max_pool(&mut self, name: &str, x: &str, side: usize, stride: usize, padding: usize) -> String {
        let attributes =
            vec![ints("kernel_shape", &[side; 2]), ints("strides", &[stride; 2]), ints("pads", &[padding; 4])];
        self.node("MaxPool", name, &[x], attributes)
    }

    /// Means of 2 x 2 blocks.
    pub(super) fn halve(&mut self, name: &str, x: &str) -> String {
        self.node("AveragePool", name, &[x], vec![ints("kernel_shape", &[2; 2]), ints("strides", &[2; 2])])
    }

    /// Every pixel twice in both directions.
    pub(super) fn double(&mut self, name: &str, x: &str) -> String {
        let scales = self.floats(&format!("{name}.scales"), &[4], &[1.0, 1.0, 2.0, 2.0]);
        let attributes = vec![
            text("mode", "nearest"),
            text("coordinate_transformation_mode", "asymmetric"),
            text("nearest_mode", "floor"),
        ];
        self.node("Resize", name, &[x, "", &scales], attributes)
    }

    /// The mean of each channel over the image.
    pub(super) fn mean_of_image(&mut self, name: &str, x: &str) -> String {
        self.node("GlobalAveragePool", name, &[x], Vec::new())
    }

    /// The mean over the frames, as one image.
    pub(super) fn mean_of_frames(&mut self, name: &str, x: &str) -> String {
        self.node("ReduceMean", name, &[x], vec![ints("axes", &[0]), int("keepdims", 1)])
    }

    /// One number per channel as an image of this side.
    pub(super) fn spread(&mut self, name: &str, x: &str, channels: usize, side: usize) -> String {
        let shape = self.whole_numbers(&format!("{name}.shape"), &[1, channels as i64, side as i64, side as i64]);
        self.node("Expand", name, &[x, &shape], Vec::new())
    }

    /// Bilinear enlargement to a side, on pixel centres.
    pub(super) fn enlarge(&mut self, name: &str, x: &str, side: usize) -> String {
        let of_input = self.node("Shape", &format!("{name}.of_input"), &[x], Vec::new());
        let start = self.whole_numbers(&format!("{name}.start"), &[0]);
        let end = self.whole_numbers(&format!("{name}.end"), &[2]);
        let kept = self.node("Slice", &format!("{name}.kept"), &[&of_input, &start, &end], Vec::new());
        let sides = self.whole_numbers(&format!("{name}.sides"), &[side as i64; 2]);
        let size = self.node("Concat", &format!("{name}.size"), &[&kept, &sides], vec![int("axis", 0)]);
        let attributes = vec![text("mode", "linear"), text("coordinate_transformation_mode", "half_pixel")];
        self.node("Resize", name, &[x, "", "", &size], attributes)
    }

    /// Groups of `block` x `block` channels as blocks of pixels; the input itself where blocks are single pixels.
    pub(super) fn channels_to_blocks(&mut self, name: &str, x: &str, block: usize) -> String {
        if block == 1 {
            return self.node("Identity", name, &[x], Vec::new());
        }
        self.node("DepthToSpace", name, &[x], vec![int("blocksize", block as i64), text("mode", "CRD")])
    }

    /// Group norm of images of `side` x `side` pixels, with one scale and shift per channel. This operator set has none of its own;
    /// an instance norm whose channels are the groups is the same.
    pub(super) fn group_norm(
        &mut self,
        name: &str,
        x: &str,
        groups: usize,
        side: usize,
        [scale, shift]: [&[f32]; 2],
    ) -> String {
        let channels = scale.len();
        let grouped = self.whole_numbers(&format!("{name}.grouped_shape"), &[0, groups as i64, -1]);
        let x = self.node("Reshape", &format!("{name}.grouped"), &[x, &grouped], Vec::new());
        let ones = self.floats(&format!("{name}.ones"), &[groups], &vec![1.0; groups]);
        let zeros = self.floats(&format!("{name}.zeros"), &[groups], &vec![0.0; groups]);
        let epsilon = AttributeProto { f: Some(1e-5), ..attribute("epsilon", AttributeType::FLOAT) };
        let x = self.node("InstanceNormalization", &format!("{name}.unit"), &[&x, &ones, &zeros], vec![epsilon]);
        let (of_image, by_channel) = ([0, channels as i64, side as i64, side as i64], [channels, 1, 1]);
        let shape = self.whole_numbers(&format!("{name}.shape"), &of_image);
        let x = self.node("Reshape", &format!("{name}.image"), &[&x, &shape], Vec::new());
        let scale = self.floats(&format!("{name}.scale"), &by_channel, scale);
        let x = self.node("Mul", &format!("{name}.scaled"), &[&x, &scale], Vec::new());
        let shift = self.floats(&format!("{name}.shift"), &by_channel, shift);
        self.node("Add", name, &[&x, &shift], Vec::new())
    }

    /// All dimensions but the first as one.
    pub(super) fn flatten(&mut self, name: &str, x: &str) -> String {
        self.node("Flatten", name, &[x], vec![int("axis", 1)])
    }
}

fn attribute(name: &str, of: AttributeType) -> AttributeProto {
    AttributeProto { name: Some(name.to_owned()), r#type: Some(of), ..AttributeProto::default() }
}

fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto { i: Some(value), ..attribute(name, AttributeType::INT) }
}

fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|&value| value as i64).collect();
    AttributeProto { ints, ..attribute(name, AttributeType::INTS) }
}

fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto { s: Some(value.to_owned()), ..attribute(name, AttributeType::STRING) }
}

fn dynamic() -> Dimension {
    Dimension { dim_param: Some(BATCH.to_owned()), dim_value: None }
}

fn fixed(size: usize) -> Dimension {
    Dimension { dim_value: Some(size as i64), dim_param: None }
}

fn value_info(name: &str, dim: Vec<Dimension>) -> ValueInfoProto {
    let tensor = TypeProtoTensor { elem_type: Some(DataType::FLOAT), shape: Some(TensorShapeProto { dim }) };
    let of = TypeProto { tensor_type: Some(tensor), sequence: None };
    ValueInfoProto { name: Some(name.to_owned()), r#type: Some(of) }
}
