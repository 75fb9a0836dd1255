//! The U-Net as an ONNX graph.

use super::graph::{Graph, OutputShape, Steps};
use super::tensors::Tensors;
use crate::ExportError;

/// Halvings of the image.
const DEPTH: usize = 4;
/// Classes: background and LV.
const CLASSES: usize = 2;

/// The U-Net for inputs of this side.
pub(super) fn build(graph: &mut Graph, tensors: &Tensors<'_>, x: &str, side: usize) -> Result<(), ExportError> {
    let mut x = x.to_owned();
    let mut skips = Vec::new();
    for level in 0..=DEPTH {
        if level > 0 {
            skips.push(x.clone());
            x = graph.max_pool(&format!("down{level}.halved"), &x, 2, 2, 0);
        }
        x = two(graph, tensors, &x, &format!("down{level}"))?;
    }
    for index in 0..DEPTH {
        let name = format!("up{index}");
        let filters = enlarging(tensors, &format!("{name}.up"))?;
        let larger = graph.enlarge_by_filters(&format!("{name}.up"), &x, &filters);
        let parts: Vec<String> = skips.pop().into_iter().chain([larger]).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        x = graph.join(&format!("{name}.joined"), &parts);
        x = two(graph, tensors, &x, &format!("{name}.block"))?;
    }
    let logits = graph.convolve("logits", &x, &tensors.filters("head")?, Steps::same(1, 1));
    graph.output(&logits, OutputShape::Planes(CLASSES, side));
    Ok(())
}

/// Two layers at one resolution.
fn two(graph: &mut Graph, tensors: &Tensors<'_>, x: &str, name: &str) -> Result<String, ExportError> {
    let mut x = x.to_owned();
    for index in 0..2 {
        let (layer, norm) = (format!("{name}.{index}.conv"), format!("{name}.{index}.norm"));
        x = graph.convolve(&layer, &x, &tensors.folded(&layer, &norm)?, Steps::same(3, 1));
        x = graph.rectify(&x);
    }
    Ok(x)
}

/// Filters `[input, output, row, column]` of a transposed convolution.
fn enlarging(tensors: &Tensors<'_>, layer: &str) -> Result<super::graph::Filters, ExportError> {
    let (shape, weights) = tensors.get::<4>(&format!("{layer}.weight"))?;
    let bias = tensors.by_channel(&format!("{layer}.bias"), shape[1])?;
    Ok(super::graph::Filters { shape, weights, bias: Some(bias) })
}
