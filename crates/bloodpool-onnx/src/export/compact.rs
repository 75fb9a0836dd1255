//! The compact network as an ONNX graph.

use bloodpool_config::{CompactConfig, GRID};
use bloodpool_core::{Orientation, View};

use super::graph::{Filters, Graph, OutputShape, Steps};
use super::tensors::Tensors;
use crate::ExportError;

/// Output of LV and LV fraction.
pub(super) const LV: &str = "lv";
/// Output of RV, RV fraction and landmarks.
pub(super) const SCENE: &str = "scene";
/// Output of the recognition.
pub(super) const RECOGNITION: &str = "recognition";
/// Planes of [`LV`].
const LV_PLANES: usize = 2;
/// Planes of [`SCENE`].
const SCENE_PLANES: usize = 5;

/// The compact network.
pub(super) fn build(
    graph: &mut Graph,
    tensors: &Tensors<'_>,
    config: &CompactConfig,
    x: &str,
) -> Result<(), ExportError> {
    let CompactConfig { widths, block, groups, scene } = config;
    let layers = Layers { tensors, groups: *groups };
    let levels = widths.len();
    let side_of = |depth: usize| GRID / (block << depth);
    let mut x = x.to_owned();
    let mut skips = Vec::new();
    for depth in 0..levels {
        if depth > 0 {
            skips.push(x.clone());
            x = graph.halve(&format!("down.{depth}.halved"), &x);
        }
        // The first layer reads the image itself: filters over blocks are larger filters over pixels, a block apart.
        let block = if depth == 0 { *block } else { 1 };
        x = layers.level(graph, &x, &format!("down.{depth}"), side_of(depth), block)?;
    }
    if *scene {
        recognise(graph, tensors, &x, side_of(levels.saturating_sub(1)))?;
    }
    for index in 0..levels.saturating_sub(1) {
        let name = format!("up.{index}");
        let larger = graph.double(&format!("{name}.doubled"), &x);
        let parts: Vec<String> = std::iter::once(larger).chain(skips.pop()).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        x = graph.join(&format!("{name}.joined"), &parts);
        x = layers.level(graph, &x, &name, side_of(levels - 2 - index), 1)?;
    }
    let mut planes = |layer: &str, output: &str, count: usize| -> Result<(), ExportError> {
        let filters = tensors.filters(&own(layer))?;
        let blocks = graph.convolve(&format!("{output}.blocks"), &x, &filters, Steps::same(1, 1));
        let named = graph.channels_to_blocks(output, &blocks, *block);
        graph.output(&named, OutputShape::Planes(count, GRID));
        Ok(())
    };
    planes("head", LV, LV_PLANES)?;
    if *scene {
        planes("scene.planes", SCENE, SCENE_PLANES)?;
    }
    Ok(())
}

/// Name of a layer or tensor in the weights.
fn own(name: &str) -> String {
    format!("Compact.{name}")
}

struct Layers<'a, 'w> {
    tensors: &'a Tensors<'w>,
    groups: usize,
}

impl Layers<'_, '_> {
    /// Two layers at one resolution; `block`: side of the blocks of pixels that one position of the output stands for.
    fn level(&self, graph: &mut Graph, x: &str, name: &str, side: usize, block: usize) -> Result<String, ExportError> {
        let x = self.layer(graph, x, &format!("{name}.first"), side, block)?;
        self.layer(graph, &x, &format!("{name}.second"), side, 1)
    }

    /// Convolution 3 x 3, group norm, ReLU.
    fn layer(&self, graph: &mut Graph, x: &str, name: &str, side: usize, block: usize) -> Result<String, ExportError> {
        let filters = over_pixels(self.tensors.filters(&own(&format!("{name}.convolution")))?, block);
        let channels = filters.shape[0];
        let steps = Steps { stride: block, padding: block, dilation: 1 };
        let x = graph.convolve(&format!("{name}.convolution"), x, &filters, steps);
        let of_norm = |what: &str| self.tensors.by_channel(&own(&format!("{name}.norm.{what}")), channels);
        let (scale, shift) = (of_norm("gamma")?, of_norm("beta")?);
        let x = graph.group_norm(&format!("{name}.norm"), &x, self.groups, side, [&scale, &shift]);
        Ok(graph.rectify(&x))
    }
}

/// Filters whose input channels are the pixels of `block` x `block` blocks, `[output, channel x block row x block column, row, column]`,
/// as filters over pixels.
fn over_pixels(filters: Filters, block: usize) -> Filters {
    let [outputs, inputs, rows, columns] = filters.shape;
    let channels = inputs / (block * block);
    let shape = [outputs, channels, rows * block, columns * block];
    let mut weights = Vec::with_capacity(filters.weights.len());
    for output in 0..outputs {
        for channel in 0..channels {
            for row in 0..rows * block {
                for column in 0..columns * block {
                    let input = (channel * block + row % block) * block + column % block;
                    let from = ((output * inputs + input) * rows + row / block) * columns + column / block;
                    weights.push(filters.weights[from]);
                }
            }
        }
    }
    Filters { shape, weights, bias: filters.bias }
}

/// The recognition, from the deepest level of all frames as one study.
fn recognise(graph: &mut Graph, tensors: &Tensors<'_>, x: &str, side: usize) -> Result<(), ExportError> {
    let point = Steps::same(1, 1);
    let read = tensors.filters(&own("scene.read"))?;
    let channels = read.shape[0];
    let x = graph.convolve("scene.read", x, &read, point);
    let x = graph.rectify(&x);
    let x = graph.mean_of_frames("scene.mean", &x);
    let hidden = over_image(tensors.filters(&own("scene.hidden"))?, channels, side)?;
    let x = graph.convolve("scene.hidden", &x, &hidden, Steps { stride: 1, padding: 0, dilation: 1 });
    let x = graph.rectify(&x);
    let x = graph.convolve("scene.output", &x, &tensors.filters(&own("scene.output"))?, point);
    let named = graph.flatten(RECOGNITION, &x);
    graph.output(&named, OutputShape::Numbers(2 + View::ALL.len() + Orientation::COUNT));
    Ok(())
}

/// Filters over all numbers of an image in the order row, column, channel, as filters of the size of the image.
fn over_image(filters: Filters, channels: usize, side: usize) -> Result<Filters, ExportError> {
    let [outputs, inputs, ..] = filters.shape;
    let pixels = side * side;
    if inputs != channels * pixels {
        let reason = format!("has {inputs} inputs, not {channels} channels of {side} x {side} positions");
        return Err(ExportError::Tensor { name: own("scene.hidden.weight"), reason });
    }
    let mut weights = Vec::with_capacity(filters.weights.len());
    for output in 0..outputs {
        for channel in 0..channels {
            weights.extend((0..pixels).map(|pixel| filters.weights[output * inputs + pixel * channels + channel]));
        }
    }
    Ok(Filters { shape: [outputs, channels, side, side], weights, bias: filters.bias })
}
