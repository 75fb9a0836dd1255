//! Names of weights in files: those of torchvision, so that models can be exchanged; our own for what it does not have.

use burn::store::KeyRemapper;

use super::Network;
use crate::weights_error::Cause;

/// Names of the tensors of an auxiliary head begin with this.
pub const AUXILIARY_HEAD: &str = "aux_classifier.";
/// Names of the tensors of the compact network's scene heads begin with this.
pub const SCENE_HEADS: &str = "Compact.scene.";
/// Names of the tensors whose first dimension is the number of classes begin with one of these.
pub const CLASS_LAYERS: [&str; 3] = ["classifier.4.", "aux_classifier.4.", "head."];

/// A part of a name in our network, as a regular expression, and what the file has in its place.
struct Pair {
    ours: &'static str,
    theirs: &'static str,
}

const fn pair(ours: &'static str, theirs: &'static str) -> Pair {
    Pair { ours, theirs }
}

const RESNET: [Pair; 8] = [
    pair(r"^(backbone.*)\.first\.conv\.", "$1.conv1."),
    pair(r"^(backbone.*)\.first\.norm\.", "$1.bn1."),
    pair(r"\.second\.conv\.", ".conv2."),
    pair(r"\.second\.norm\.", ".bn2."),
    pair(r"\.third\.conv\.", ".conv3."),
    pair(r"\.third\.norm\.", ".bn3."),
    pair(r"\.downsample\.conv\.", ".downsample.0."),
    pair(r"\.downsample\.norm\.", ".downsample.1."),
];

const AUXILIARY: [Pair; 3] = [
    pair(r"^aux_classifier\.hidden\.conv\.", "aux_classifier.0."),
    pair(r"^aux_classifier\.hidden\.norm\.", "aux_classifier.1."),
    pair(r"^aux_classifier\.last\.", "aux_classifier.4."),
];

const FCN: [Pair; 3] = [
    pair(r"^classifier\.hidden\.conv\.", "classifier.0."),
    pair(r"^classifier\.hidden\.norm\.", "classifier.1."),
    pair(r"^classifier\.last\.", "classifier.4."),
];

const DEEPLAB: [Pair; 9] = [
    pair(r"\.pyramid\.pooled\.conv\.", ".0.convs.4.1."),
    pair(r"\.pyramid\.pooled\.norm\.", ".0.convs.4.2."),
    pair(r"\.pyramid\.branches\.(\d)\.conv\.", ".0.convs.$1.0."),
    pair(r"\.pyramid\.branches\.(\d)\.norm\.", ".0.convs.$1.1."),
    pair(r"\.pyramid\.project\.conv\.", ".0.project.0."),
    pair(r"\.pyramid\.project\.norm\.", ".0.project.1."),
    pair(r"^classifier\.hidden\.conv\.", "classifier.1."),
    pair(r"^classifier\.hidden\.norm\.", "classifier.2."),
    pair(r"^classifier\.last\.", "classifier.4."),
];

const UNET: [Pair; 2] = [pair(r"^down\.(\d)\.", "down$1."), pair(r"^up\.(\d)\.", "up$1.")];

fn pairs(network: &Network) -> Vec<&'static Pair> {
    match network {
        Network::Compact(_) => Vec::new(),
        Network::DeepLabV3(_) => RESNET.iter().chain(&AUXILIARY).chain(&DEEPLAB).collect(),
        Network::Fcn(_) => RESNET.iter().chain(&AUXILIARY).chain(&FCN).collect(),
        Network::UNet(_) => UNET.iter().collect(),
    }
}

/// From our names to the file's.
///
/// # Errors
/// When a pattern is not a regular expression.
pub fn to_file(network: &Network) -> Result<KeyRemapper, Cause> {
    let patterns = pairs(network).into_iter().map(|pair| (pair.ours, pair.theirs));
    Ok(KeyRemapper::from_pattern_iter(patterns)?)
}
