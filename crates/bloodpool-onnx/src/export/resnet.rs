//! DeepLabV3 and FCN on ResNet-50 as ONNX graphs, from weights with torchvision's names.

use super::graph::{Graph, OutputShape, Steps};
use super::tensors::Tensors;
use crate::ExportError;

/// Bottlenecks of each stage, its stride, and the dilations of the first bottleneck and of the others.
const STAGES: [(usize, usize, [usize; 2]); 4] = [(3, 1, [1, 1]), (4, 2, [1, 1]), (6, 1, [1, 2]), (3, 1, [2, 4])];
/// Dilations of the 3 x 3 branches of DeepLabV3's pyramid.
const DILATIONS: [usize; 3] = [12, 24, 36];
/// Channels of the pyramid.
const WIDTH: usize = 256;
/// Classes: background and LV.
const CLASSES: usize = 2;
/// Name of the output.
const LOGITS: &str = "logits";
/// Halvings of the backbone, each of which rounds up.
const HALVINGS: usize = 3;

/// A graph and the weights that it is built from.
struct Builder<'a, 'w> {
    graph: &'a mut Graph,
    tensors: &'a Tensors<'w>,
}

/// DeepLabV3 for inputs of this side.
pub(super) fn deep_lab(graph: &mut Graph, tensors: &Tensors<'_>, x: &str, side: usize) -> Result<(), ExportError> {
    let mut build = Builder { graph, tensors };
    let deep = build.backbone(x)?;
    let point = Steps::same(1, 1);
    let pyramid = |index: usize, part: usize| format!("classifier.0.convs.{index}.{part}");
    let mut parts = vec![build.layer(&deep, &pyramid(0, 0), &pyramid(0, 1), point)?];
    for (index, dilation) in DILATIONS.into_iter().enumerate() {
        let (layer, norm) = (pyramid(index + 1, 0), pyramid(index + 1, 1));
        parts.push(build.layer(&deep, &layer, &norm, Steps::same(3, dilation))?);
    }
    let mean = build.graph.mean_of_image("classifier.0.convs.4.0", &deep);
    let pooled = build.layer(&mean, &pyramid(4, 1), &pyramid(4, 2), point)?;
    let small = (0..HALVINGS).fold(side, |side, _| side.div_ceil(2));
    parts.push(build.graph.spread("classifier.0.convs.4.spread", &pooled, WIDTH, small));
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    let joined = build.graph.join("classifier.0.joined", &parts);
    let x = build.layer(&joined, "classifier.0.project.0", "classifier.0.project.1", point)?;
    let x = build.layer(&x, "classifier.1", "classifier.2", Steps::same(3, 1))?;
    build.last(&x, side)
}

/// FCN for inputs of this side.
pub(super) fn fcn(graph: &mut Graph, tensors: &Tensors<'_>, x: &str, side: usize) -> Result<(), ExportError> {
    let mut build = Builder { graph, tensors };
    let deep = build.backbone(x)?;
    let x = build.layer(&deep, "classifier.0", "classifier.1", Steps::same(3, 1))?;
    build.last(&x, side)
}

impl Builder<'_, '_> {
    /// A convolution with its norm, and ReLU.
    fn layer(&mut self, x: &str, layer: &str, norm: &str, steps: Steps) -> Result<String, ExportError> {
        let x = self.linear(x, layer, norm, steps)?;
        Ok(self.graph.rectify(&x))
    }

    /// A convolution with its norm.
    fn linear(&mut self, x: &str, layer: &str, norm: &str, steps: Steps) -> Result<String, ExportError> {
        let filters = self.tensors.folded(layer, norm)?;
        Ok(self.graph.convolve(layer, x, &filters, steps))
    }

    fn backbone(&mut self, x: &str) -> Result<String, ExportError> {
        let first = Steps { stride: 2, padding: 3, dilation: 1 };
        let x = self.layer(x, "backbone.conv1", "backbone.bn1", first)?;
        let mut x = self.graph.max_pool("backbone.maxpool", &x, 3, 2, 1);
        for (stage, (count, stride, dilations)) in (1..).zip(STAGES) {
            for index in 0..count {
                let (stride, dilation) = if index == 0 { (stride, dilations[0]) } else { (1, dilations[1]) };
                x = self.bottleneck(&x, &format!("backbone.layer{stage}.{index}"), stride, dilation)?;
            }
        }
        Ok(x)
    }

    fn bottleneck(&mut self, x: &str, name: &str, stride: usize, dilation: usize) -> Result<String, ExportError> {
        let of = |part: &str| format!("{name}.{part}");
        let point = Steps::same(1, 1);
        let shortcut = if self.tensors.has(&of("downsample.0.weight")) {
            self.linear(x, &of("downsample.0"), &of("downsample.1"), Steps { stride, ..point })?
        } else {
            x.to_owned()
        };
        let inner = self.layer(x, &of("conv1"), &of("bn1"), point)?;
        let inner = self.layer(&inner, &of("conv2"), &of("bn2"), Steps { stride, ..Steps::same(3, dilation) })?;
        let inner = self.linear(&inner, &of("conv3"), &of("bn3"), point)?;
        let sum = self.graph.add(&of("sum"), &inner, &shortcut);
        Ok(self.graph.rectify(&sum))
    }

    /// The convolution that gives the logits, enlarged to the size of the input.
    fn last(&mut self, x: &str, side: usize) -> Result<(), ExportError> {
        let filters = self.tensors.filters("classifier.4")?;
        let x = self.graph.convolve("classifier.4", x, &filters, Steps::same(1, 1));
        let logits = self.graph.enlarge(LOGITS, &x, side);
        self.graph.output(&logits, OutputShape::Planes(CLASSES, side));
        Ok(())
    }
}
