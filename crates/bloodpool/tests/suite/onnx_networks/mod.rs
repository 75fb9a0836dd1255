//! Networks of every architecture, and frames of the example studies, for comparisons of this program with others that run ONNX files.
#![allow(clippy::unwrap_used, dead_code, reason = "a test and an example each use some of it")]

use std::path::Path;

use bloodpool::config::{
    CompactConfig, Layout, ModelDescription, NetworkConfig, Origin, Passes, Picture, ResnetConfig, TrainingSummary,
    UnetConfig,
};
use bloodpool::dicom::{Selection, read_study};
use bloodpool::network::input::{self, CountsInWindow};
use bloodpool::network::network::Network;
use bloodpool::network::parity::Arrays;
use bloodpool::network::window::{Resampler, Window};
use bloodpool::network::{device, weights};

/// A network with its weights.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) model: ModelDescription,
    pub(crate) weights: Vec<u8>,
}

/// One network of each architecture and variant, small, with weights and norms from a formula, and the embedded one.
pub(crate) fn all() -> Vec<Case> {
    let resnet = |side, picture| ResnetConfig { side, auxiliary: false, picture };
    let compact = |block, scene| CompactConfig { widths: vec![8, 16, 24], block, groups: 4, scene };
    vec![
        embedded(),
        case("compact-plain", NetworkConfig::Compact(compact(2, false))),
        case("compact-pixels", NetworkConfig::Compact(compact(1, true))),
        case("deeplab", NetworkConfig::DeepLabV3Resnet50(resnet(64, Picture::Frame))),
        // Not a multiple of 8: the backbone rounds up.
        case("deeplab-in-cycle", NetworkConfig::DeepLabV3Resnet50(resnet(52, Picture::InCycle))),
        case("fcn", NetworkConfig::FcnResnet50(resnet(64, Picture::Frame))),
        case("unet", NetworkConfig::Unet(UnetConfig { side: 64, width: 8, picture: Picture::InCycle })),
    ]
}

/// The embedded network.
pub(crate) fn embedded() -> Case {
    let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
    let weights = std::fs::read(models.join("compact.safetensors")).unwrap();
    let json = std::fs::read(models.join("compact.json")).unwrap();
    Case { name: "compact", model: ModelDescription::from_json(&json, &weights).unwrap(), weights }
}

fn case(name: &'static str, network: NetworkConfig) -> Case {
    let drawn = Network::new(&network, 7, &device::by_name("cpu").unwrap()).unwrap();
    let mut arrays = Arrays::from_safetensors(&weights::to_safetensors(&drawn).unwrap()).unwrap();
    for (name, (shape, numbers)) in &mut arrays.0 {
        let salt = name.bytes().map(f32::from).sum::<f32>();
        let wave = |index: usize| ((index as f32) * 0.7 + salt).sin();
        // Norms as after a training; gains below 1 keep the sums of residual blocks small.
        let by_formula = |wave: f32| match name.rsplit('.').next() {
            Some("running_var") => Some(1.0 + 0.4 * wave),
            Some("running_mean" | "beta") => Some(0.1 * wave),
            Some("gamma") => Some(1.0 + 0.2 * wave),
            Some("bias") => Some(0.2 * wave),
            Some("weight") if shape.len() == 1 => Some(0.7 + 0.2 * wave),
            _ => None,
        };
        for (index, number) in numbers.iter_mut().enumerate() {
            *number = by_formula(wave(index)).unwrap_or(*number);
        }
    }
    let weights = arrays.to_safetensors().unwrap();
    let origin = Origin {
        software: "a formula".into(),
        training_data: "nothing".into(),
        validation_data: "nothing".into(),
        data_folder: None,
        started_from: None,
        seen: None,
    };
    let training = TrainingSummary { steps: 0, seed: 7, studies: 0, origin, validation: None };
    let model = ModelDescription::new(name, &network, Passes::Once, &weights, training);
    Case { name, model, weights }
}

/// Input of a network for all frames of an example study, in the whole field of view; and the number of frames.
pub(crate) fn frames_of(study: &str, layout: Layout) -> (Vec<f32>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../examples/{study}.dcm"));
    let study = read_study(&path, &Selection::default()).unwrap();
    let window = Window::field(&study, layout.side);
    let all: Vec<usize> = (0..study.frames()).collect();
    let counts = CountsInWindow::new(layout, &study, &Resampler::to_grid(&window, study.rows(), study.columns()), &all);
    (input::channels(layout, &counts.images, &counts.indices), study.frames())
}
