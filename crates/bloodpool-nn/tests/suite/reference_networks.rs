//! DeepLabV3, FCN and U-Net against what PyTorch computed from weights and images that come from a formula
//! (`bench/closed_form.py`), so that neither PyTorch nor large files are needed here.

use std::collections::BTreeMap;

use bloodpool_nn::network::{Network, NetworkConfig, ResnetConfig, UnetConfig};
use bloodpool_nn::parity::{Arrays, Case, compute};
use bloodpool_nn::weights::to_safetensors;
use burn::tensor::{Device, TensorData};
use serde::Deserialize;

/// The largest difference that passes, relative: rounding in single precision gives a hundredth of it.
const TOLERANCE: f64 = 1e-4;
/// The same for DeepLabV3's first gradient, where PyTorch's own single precision is off by 3e-4.
const TOLERANCE_OF_FIRST_GRADIENT: f64 = 2e-3;

#[derive(Deserialize)]
struct Reference {
    cases: Vec<ReferenceCase>,
}

#[derive(Deserialize)]
struct ReferenceCase {
    network: String,
    aux: bool,
    width_of_unet: Option<usize>,
    count: usize,
    height: usize,
    width: usize,
    results: BTreeMap<String, Samples>,
}

/// Some numbers of an array, and the length of all.
#[derive(Deserialize)]
struct Samples {
    shape: Vec<usize>,
    l2_norm: f64,
    indices: Vec<usize>,
    values: Vec<f64>,
}

/// Numbers from -1 to 1 that depend on a name.
fn hashed(name: &str, count: usize) -> impl Iterator<Item = f32> {
    let salt = name.bytes().fold(2_166_136_261_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619));
    (0..count).map(move |index| {
        let x = (index as u32).wrapping_mul(2_654_435_761).wrapping_add(salt);
        let x = (x ^ (x >> 16)).wrapping_mul(0x7feb_352d);
        let x = (x ^ (x >> 15)).wrapping_mul(0x846c_a68b);
        ((x ^ (x >> 16)) >> 8) as f32 / 8_388_608.0 - 1.0
    })
}

/// A parameter of this name and shape; `gain` is the network's.
fn parameter(name: &str, shape: &[usize], gain: f64) -> Vec<f32> {
    let values = hashed(name, shape.iter().product());
    let (module, field) = name.rsplit_once('.').unwrap();
    if shape.len() == 4 {
        let fan_in = if module.ends_with(".up") { shape[0] } else { shape[1..].iter().product() };
        let scale = (gain / fan_in as f64).sqrt() as f32;
        return values.map(|v| v * scale).collect();
    }
    let is_convolution = module == "head" || module.ends_with(".up") || module.ends_with("classifier.4");
    let always_on = module.ends_with(".bn3") || module.ends_with(".downsample.1");
    match field {
        "weight" => values.map(|v| 1.0 + 0.1 * v).collect(),
        "bias" if is_convolution => values.map(|v| 0.1 * v).collect(),
        "bias" => values.map(|v| if v < 0.0 && !always_on { 0.1 * v - 4.0 } else { 0.1 * v + 4.0 }).collect(),
        "running_mean" => values.map(|v| 0.1 * v).collect(),
        "running_var" => values.map(|v| 1.0 + 0.5 * v).collect(),
        _ => panic!("no formula for {name}"),
    }
}

fn case_of(reference: &ReferenceCase) -> Case {
    let ReferenceCase { count, height, width, .. } = *reference;
    let disc = |n: usize, y: usize, x: usize| {
        let (dx, dy) = ((2 * x) as i64 - width as i64, (2 * y) as i64 - height as i64);
        let radius = (5 + n as i64) * height.min(width) as i64;
        if 64 * (dx * dx + dy * dy) < radius * radius { 1.0 } else { 0.0f32 }
    };
    let pixel = |index: usize| (index / (height * width), index / width % height, index % width);
    let images = hashed("input", count * 3 * height * width).enumerate().map(|(index, v)| {
        let (plane, y, x) = pixel(index);
        0.5 * v + 0.25 * (plane / 3) as f32 + disc(plane / 3, y, x)
    });
    let target = (0..count * height * width).map(|index| {
        let (n, y, x) = pixel(index);
        disc(n, y, x)
    });
    Case {
        images: TensorData::new(images.collect(), [count, 3, height, width]),
        target: TensorData::new(target.collect::<Vec<f32>>(), [count, height, width]),
    }
}

fn config_of(reference: &ReferenceCase) -> NetworkConfig {
    let resnet = ResnetConfig { auxiliary: reference.aux, ..ResnetConfig::default() };
    match (reference.network.as_str(), reference.width_of_unet) {
        ("deeplab-v3-resnet50", None) => NetworkConfig::DeepLabV3Resnet50(resnet),
        ("fcn-resnet50", None) => NetworkConfig::FcnResnet50(resnet),
        ("unet", Some(width)) => NetworkConfig::Unet(UnetConfig { width, ..UnetConfig::default() }),
        other => panic!("no network {other:?}"),
    }
}

/// Root mean square of the differences of the samples, relative to that of the whole array.
fn difference(found: &[f32], expected: &Samples) -> f64 {
    let squares = expected.indices.iter().zip(&expected.values).map(|(&index, value)| f64::from(found[index]) - value);
    let mean = squares.map(|difference| difference * difference).sum::<f64>() / expected.indices.len() as f64;
    let of_all = expected.l2_norm * expected.l2_norm / found.len() as f64;
    (mean / of_all).sqrt()
}

#[test]
fn networks_compute_what_pytorch_computes() {
    let reference: Reference = serde_json::from_str(include_str!("reference_networks.json")).unwrap();
    assert!(!reference.cases.is_empty());
    for case in &reference.cases {
        let config = config_of(case);
        let gain = if case.network == "unet" { 6.0 } else { 3.0 };
        let mut weights =
            Arrays::from_safetensors(&to_safetensors(&Network::new(&config, 0, &Device::flex()).unwrap()).unwrap())
                .unwrap();
        for (name, (shape, values)) in &mut weights.0 {
            *values = parameter(name, shape, gain);
        }
        let found = compute(&config, &weights.to_safetensors().unwrap(), &case_of(case)).unwrap();
        assert!(case.results.len() >= 4);
        for (name, expected) in &case.results {
            let (shape, values) = found.0.get(name).unwrap_or_else(|| panic!("{}: no {name}", case.network));
            assert_eq!(shape, &expected.shape, "{}: {name}", case.network);
            let length = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
            let first = name == "grad.backbone.conv1.weight" && case.network.starts_with("deeplab");
            let tolerance = if first { TOLERANCE_OF_FIRST_GRADIENT } else { TOLERANCE };
            for difference in [(length / expected.l2_norm - 1.0).abs(), difference(values, expected)] {
                assert!(difference < tolerance, "{} (aux {}): {name} is off by {difference:e}", case.network, case.aux);
            }
        }
    }
}
