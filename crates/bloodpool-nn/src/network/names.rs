//! Names of weights in files: those of torchvision, so that models can be exchanged; our own for what it does not have.

use burn::store::KeyRemapper;

use super::Network;
use crate::weights_error::WeightsError;

/// A part of a name in our network (a regular expression, and what to write) and in the file's.
struct Pair {
    ours: &'static str,
    to_ours: &'static str,
    theirs: &'static str,
    to_theirs: &'static str,
}

const fn pair(ours: &'static str, to_ours: &'static str, theirs: &'static str, to_theirs: &'static str) -> Pair {
    Pair { ours, to_ours, theirs, to_theirs }
}

const RESNET: [Pair; 8] = [
    pair(r"^(backbone.*)\.first\.conv\.", "$1.first.conv.", r"^(backbone.*)\.conv1\.", "$1.conv1."),
    pair(r"^(backbone.*)\.first\.norm\.", "$1.first.norm.", r"^(backbone.*)\.bn1\.", "$1.bn1."),
    pair(r"\.second\.conv\.", ".second.conv.", r"\.conv2\.", ".conv2."),
    pair(r"\.second\.norm\.", ".second.norm.", r"\.bn2\.", ".bn2."),
    pair(r"\.third\.conv\.", ".third.conv.", r"\.conv3\.", ".conv3."),
    pair(r"\.third\.norm\.", ".third.norm.", r"\.bn3\.", ".bn3."),
    pair(r"\.downsample\.conv\.", ".downsample.conv.", r"\.downsample\.0\.", ".downsample.0."),
    pair(r"\.downsample\.norm\.", ".downsample.norm.", r"\.downsample\.1\.", ".downsample.1."),
];

const AUXILIARY: [Pair; 3] = [
    pair(
        r"^aux_classifier\.hidden\.conv\.",
        "aux_classifier.hidden.conv.",
        r"^aux_classifier\.0\.",
        "aux_classifier.0.",
    ),
    pair(
        r"^aux_classifier\.hidden\.norm\.",
        "aux_classifier.hidden.norm.",
        r"^aux_classifier\.1\.",
        "aux_classifier.1.",
    ),
    pair(r"^aux_classifier\.last\.", "aux_classifier.last.", r"^aux_classifier\.4\.", "aux_classifier.4."),
];

const FCN: [Pair; 3] = [
    pair(r"^classifier\.hidden\.conv\.", "classifier.hidden.conv.", r"^classifier\.0\.", "classifier.0."),
    pair(r"^classifier\.hidden\.norm\.", "classifier.hidden.norm.", r"^classifier\.1\.", "classifier.1."),
    pair(r"^classifier\.last\.", "classifier.last.", r"^classifier\.4\.", "classifier.4."),
];

const DEEPLAB: [Pair; 9] = [
    pair(r"\.pyramid\.pooled\.conv\.", ".pyramid.pooled.conv.", r"\.0\.convs\.4\.1\.", ".0.convs.4.1."),
    pair(r"\.pyramid\.pooled\.norm\.", ".pyramid.pooled.norm.", r"\.0\.convs\.4\.2\.", ".0.convs.4.2."),
    pair(
        r"\.pyramid\.branches\.(\d)\.conv\.",
        ".pyramid.branches.$1.conv.",
        r"\.0\.convs\.(\d)\.0\.",
        ".0.convs.$1.0.",
    ),
    pair(
        r"\.pyramid\.branches\.(\d)\.norm\.",
        ".pyramid.branches.$1.norm.",
        r"\.0\.convs\.(\d)\.1\.",
        ".0.convs.$1.1.",
    ),
    pair(r"\.pyramid\.project\.conv\.", ".pyramid.project.conv.", r"\.0\.project\.0\.", ".0.project.0."),
    pair(r"\.pyramid\.project\.norm\.", ".pyramid.project.norm.", r"\.0\.project\.1\.", ".0.project.1."),
    pair(r"^classifier\.hidden\.conv\.", "classifier.hidden.conv.", r"^classifier\.1\.", "classifier.1."),
    pair(r"^classifier\.hidden\.norm\.", "classifier.hidden.norm.", r"^classifier\.2\.", "classifier.2."),
    pair(r"^classifier\.last\.", "classifier.last.", r"^classifier\.4\.", "classifier.4."),
];

const UNET: [Pair; 2] = [
    pair(r"^down\.(\d)\.", "down.$1.", r"^down(\d)\.", "down$1."),
    pair(r"^up\.(\d)\.", "up.$1.", r"^up(\d)\.", "up$1."),
];

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
/// [`WeightsError::Write`] when a pattern is not a regular expression.
pub fn to_file(network: &Network) -> Result<KeyRemapper, WeightsError> {
    let patterns = pairs(network).into_iter().map(|pair| (pair.ours, pair.to_theirs));
    KeyRemapper::from_pattern_iter(patterns).map_err(WeightsError::write)
}

/// From the file's names to ours.
///
/// # Errors
/// [`WeightsError::Read`] when a pattern is not a regular expression.
pub fn from_file(network: &Network) -> Result<KeyRemapper, WeightsError> {
    let patterns = pairs(network).into_iter().map(|pair| (pair.theirs, pair.to_ours));
    KeyRemapper::from_pattern_iter(patterns).map_err(WeightsError::read)
}
