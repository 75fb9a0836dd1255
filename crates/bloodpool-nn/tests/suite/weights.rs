//! Weights as other programs write them: read in single precision, or refused in one sentence that says what is wrong.

use std::sync::atomic::AtomicBool;

use crate::ellipses::Ellipses;
use bloodpool_core::Segmenter;
use bloodpool_nn::learner::Learner;
use bloodpool_nn::network::compact::CompactConfig;
use bloodpool_nn::network::{Network, NetworkConfig, ResnetConfig, UnetConfig};
use bloodpool_nn::parity::Arrays;
use bloodpool_nn::weights::{from_safetensors, starting_from, to_safetensors};
use bloodpool_nn::{NetworkSegmenter, Start, TrainingConfig, device, foreign_weights, train, weights};
use burn::tensor::{Device, bf16, f16};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

const SOURCE: Ellipses = Ellipses { side: 64, studies: None };
const FIRST: &str = "down0.0.conv.weight";

fn unet() -> NetworkConfig {
    NetworkConfig::Unet(UnetConfig { side: 32, width: 4, ..UnetConfig::default() })
}

/// The weights of a network as arrays.
fn drawn(config: &NetworkConfig) -> Arrays {
    Arrays::from_safetensors(&to_safetensors(&Network::new(config, 3, &Device::flex()).unwrap()).unwrap()).unwrap()
}

/// The weights that a network has after reading a file, or the error with its causes.
fn read(config: &NetworkConfig, bytes: &[u8]) -> Result<Arrays, String> {
    let network = from_safetensors(config, bytes, &Device::flex()).map_err(|error| with_causes(&error))?;
    Ok(Arrays::from_safetensors(&to_safetensors(&network).unwrap()).unwrap())
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A file whose numbers have another type.
fn file(arrays: &Arrays, dtype: Dtype, number: impl Fn(f32) -> Vec<u8>) -> Vec<u8> {
    let bytes: Vec<(&str, &[usize], Vec<u8>)> = (arrays.0.iter())
        .map(|(name, (shape, numbers))| {
            (name.as_str(), shape.as_slice(), numbers.iter().flat_map(|value| number(*value)).collect())
        })
        .collect();
    let views =
        bytes.iter().map(|(name, shape, bytes)| (*name, TensorView::new(dtype, shape.to_vec(), bytes).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

/// The weights with each value replaced.
fn each(arrays: &Arrays, value: impl Fn(f32) -> f32) -> Arrays {
    let mut arrays = arrays.clone();
    arrays.0.values_mut().for_each(|(_, numbers)| numbers.iter_mut().for_each(|number| *number = value(*number)));
    arrays
}

/// The weights with other names.
fn renamed(arrays: &Arrays, name: impl Fn(&str) -> String) -> Arrays {
    Arrays(arrays.0.iter().map(|(of, array)| (name(of), array.clone())).collect())
}

#[test]
fn half_and_double_precision_are_read() {
    let weights = drawn(&unet());
    let double = file(&weights, Dtype::F64, |value| f64::from(value).to_le_bytes().to_vec());
    assert!(read(&unet(), &double).unwrap() == weights);
    let half = file(&weights, Dtype::F16, |value| f16::from_f32(value).to_le_bytes().to_vec());
    assert!(read(&unet(), &half).unwrap() == each(&weights, |value| f16::from_f32(value).to_f32()));
    let brain = file(&weights, Dtype::BF16, |value| bf16::from_f32(value).to_le_bytes().to_vec());
    assert!(read(&unet(), &brain).unwrap() == each(&weights, |value| bf16::from_f32(value).to_f32()));
}

#[test]
fn a_model_in_half_precision_segments() {
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let network = NetworkConfig::Compact(CompactConfig { widths: vec![4], block: 4, groups: 2, scene: false });
    let config = TrainingConfig { steps: 1, studies_per_step: 1, validation_studies: 1, network, ..small() };
    train(&config, &run, None, &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false)).unwrap();
    let path = run.join("model.safetensors");
    let single = std::fs::read(&path).unwrap();
    let half = file(&Arrays::from_safetensors(&single).unwrap(), Dtype::F16, |value| {
        f16::from_f32(value).to_le_bytes().to_vec()
    });
    let description = std::fs::read_to_string(run.join("model.json")).unwrap();
    let sha256 = bloodpool_files::sha256;
    let description = description.replace(&sha256(&single), &sha256(&half));
    let segmenter = NetworkSegmenter::from_bytes(&description, &half, &device::by_name("flex").unwrap()).unwrap();
    let study = bloodpool_core::SampleSource::sample(&SOURCE, 1).unwrap().study;
    assert_eq!(segmenter.segment(&study).unwrap().masks.len(), 12);
}

#[test]
fn a_value_that_is_not_finite_is_refused_by_the_name_of_its_tensor() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        for name in [FIRST, "up3.block.1.norm.running_var", "head.bias"] {
            let mut weights = drawn(&unet());
            let (_, numbers) = weights.0.get_mut(name).unwrap_or_else(|| panic!("no {name}"));
            numbers[1] = bad;
            let count = numbers.len();
            let error = read(&unet(), &weights.to_safetensors().unwrap()).unwrap_err();
            let expected = format!(
                "tensor {name} has values that are NaN, infinite or too large for single precision: 1 of {count}"
            );
            assert_eq!(error, expected);
        }
    }
    let mut weights = drawn(&unet());
    weights.0.get_mut(FIRST).unwrap().1[0] = 70_000.0; // half precision ends at 65,504
    let half = file(&weights, Dtype::F16, |value| f16::from_f32(value).to_le_bytes().to_vec());
    assert!(read(&unet(), &half).unwrap_err().contains(FIRST));
}

#[test]
fn what_pytorch_adds_is_removed() {
    let weights = drawn(&unet());
    let parallel = renamed(&weights, |name| format!("module.{name}"));
    assert!(read(&unet(), &parallel.to_safetensors().unwrap()).unwrap() == weights);
    // A prefix of some names is part of these names.
    let mixed = renamed(&weights, |name| if name == FIRST { format!("module.{name}") } else { name.to_owned() });
    let error = read(&unet(), &mixed.to_safetensors().unwrap()).unwrap_err();
    let count = weights.0.len();
    assert_eq!(error, format!("the file lacks tensors of the network: 1 of {count}, the first one is {FIRST}"));

    let bytes = parallel.to_safetensors().unwrap();
    let mut views: Vec<(String, TensorView)> =
        SafeTensors::deserialize(&bytes).unwrap().iter().map(|(name, view)| (name.to_owned(), view)).collect();
    let batches = 7_i64.to_le_bytes();
    let counter = TensorView::new(Dtype::I64, Vec::new(), &batches).unwrap();
    views.push(("module.down0.0.norm.num_batches_tracked".to_owned(), counter));
    assert!(read(&unet(), &safetensors::serialize(views, None).unwrap()).unwrap() == weights);
}

#[test]
fn another_number_of_classes_or_shape_is_named() {
    let other = |name: &str, shape: &[usize]| {
        let mut weights = drawn(&unet());
        let array = weights.0.get_mut(name).unwrap_or_else(|| panic!("no {name}"));
        *array = (shape.to_vec(), vec![0.5; shape.iter().product()]);
        read(&unet(), &weights.to_safetensors().unwrap()).unwrap_err()
    };
    assert_eq!(
        other("head.weight", &[21, 4, 1, 1]),
        "tensor head.weight has the shape [21, 4, 1, 1], in the network it has [2, 4, 1, 1]: the weights are for 21 \
         classes, the network has 2"
    );
    assert!(other("head.bias", &[1]).contains("for 1 classes, the network has 2"));
    assert_eq!(
        other("head.weight", &[2, 8, 1, 1]),
        "tensor head.weight has the shape [2, 8, 1, 1], in the network it has [2, 4, 1, 1]"
    );
    assert_eq!(
        other(FIRST, &[4, 1, 3, 3]),
        "tensor down0.0.conv.weight has the shape [4, 1, 3, 3], in the network it has [4, 3, 3, 3]"
    );
    assert!(other(FIRST, &[108]).contains("[108]"));
}

#[test]
fn missing_and_unknown_tensors_are_counted_in_one_sentence() {
    let weights = drawn(&unet());
    let count = weights.0.len();
    let mut fewer = weights.clone();
    fewer.0.remove("head.weight");
    fewer.0.remove("head.bias");
    assert_eq!(
        read(&unet(), &fewer.to_safetensors().unwrap()).unwrap_err(),
        format!("the file lacks tensors of the network: 2 of {count}, the first one is head.weight")
    );
    let mut more = weights.clone();
    more.0.insert("ema\n.decay".to_owned(), (vec![1], vec![0.5]));
    assert_eq!(
        read(&unet(), &more.to_safetensors().unwrap()).unwrap_err(),
        format!(
            "the file has tensors that the network does not have: 1 of {}, the first one is ema\\n.decay",
            count + 1
        )
    );
    let compact = drawn(&NetworkConfig::default());
    let error = read(&unet(), &compact.to_safetensors().unwrap()).unwrap_err();
    assert!(error.starts_with(&format!("the file lacks tensors of the network: {count} of {count}, ")), "{error}");
    let error = read(&unet(), &Arrays::default().to_safetensors().unwrap()).unwrap_err();
    assert!(error.starts_with("the file lacks tensors of the network"), "{error}");
}

#[test]
fn whole_numbers_and_other_files_are_refused() {
    let weights = drawn(&unet());
    let whole = file(&weights, Dtype::I32, |value| (value as i32).to_le_bytes().to_vec());
    let error = read(&unet(), &whole).unwrap_err();
    assert!(error.contains("type I32; F16, BF16, F32 and F64 can be read"), "{error}");
    let bytes = weights.to_safetensors().unwrap();
    for length in [bytes.len() - 1, bytes.len() / 2, 1000] {
        let error = read(&unet(), &bytes[..length]).unwrap_err();
        assert!(error.starts_with(&format!("the file is cut short: it has {length} bytes, ")), "{error}");
    }
    for other in [&b""[..], b"PK\x03\x04 the archive of a PyTorch file", b"{\"schema\": \"bloodpool.model/1\"}"] {
        let error = read(&unet(), other).unwrap_err();
        assert!(error.starts_with("the file is not a safetensors file: ") && !error.contains('\n'), "{error}");
    }
}

#[test]
fn an_auxiliary_head_may_be_there_or_not() {
    let fcn =
        |auxiliary: bool| NetworkConfig::FcnResnet50(ResnetConfig { side: 32, auxiliary, ..ResnetConfig::default() });
    let mut weights = drawn(&fcn(true));
    let is_auxiliary = |name: &str| name.starts_with("aux_classifier.");
    let with_head = weights.to_safetensors().unwrap();
    weights.0.retain(|name, _| !is_auxiliary(name));
    let without_head = weights.to_safetensors().unwrap();
    // One that the network does not have is ignored, and a missing one is not needed to find the LV.
    assert!(read(&fcn(false), &with_head).unwrap() == weights);
    drop(with_head);
    let mut found = read(&fcn(true), &without_head).unwrap();
    found.0.retain(|name, _| !is_auxiliary(name));
    assert!(found == weights);
    // Training begins with a random one, and says so.
    let (_, missing) = starting_from(&fcn(true), 1, &without_head, &Device::flex()).unwrap();
    assert!(missing.len() == 7 && missing.iter().all(|name| is_auxiliary(name)), "{missing:?}");
    weights.0.retain(|name, _| name != "classifier.4.bias");
    let error = read(&fcn(true), &weights.to_safetensors().unwrap()).unwrap_err();
    assert!(error.contains("1 of ") && error.ends_with("classifier.4.bias"), "{error}");
}

fn small() -> TrainingConfig {
    TrainingConfig { steps_per_epoch: 1, frames_per_view: 2, supply_threads: 1, ..TrainingConfig::default() }
}

fn start_of(safetensors: Vec<u8>) -> Start {
    Start { name: "theirs".to_owned(), safetensors, backbone_only: false, seen: None }
}

#[test]
fn a_run_starts_from_weights_of_any_precision_and_names_what_it_cannot_use() {
    let network = NetworkConfig::Compact(CompactConfig { widths: vec![4], block: 4, groups: 2, scene: false });
    let config = TrainingConfig { network: network.clone(), ..small() };
    let weights = drawn(&network);
    let half = file(&weights, Dtype::F16, |value| f16::from_f32(value).to_le_bytes().to_vec());
    let (learner, missing) = Learner::starting_from(&config, &start_of(half.clone()), &Device::flex()).unwrap();
    assert!(missing.is_empty());
    let average = Arrays::from_safetensors(&learner.average_as_safetensors().unwrap()).unwrap();
    assert!(average == each(&weights, |value| f16::from_f32(value).to_f32()));

    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let nan = each(&weights, |_| f32::NAN).to_safetensors().unwrap();
    for (safetensors, expected) in [(nan, "NaN"), (half[..half.len() - 2].to_vec(), "cut short")] {
        let start = Start { name: "theirs".to_owned(), safetensors, backbone_only: false, seen: None };
        let error = train(&config, &run, Some(&start), &SOURCE, &SOURCE, &mut |_| {}, &AtomicBool::new(false));
        let error = with_causes(&error.unwrap_err());
        assert!(error.starts_with("cannot start from theirs: ") && error.contains(expected), "{error}");
        assert!(!error.contains('\n') && !run.exists(), "{error}");
    }
}

#[test]
fn a_file_in_place_of_a_model_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    std::fs::write(&path, drawn(&unet()).to_safetensors().unwrap()).unwrap();
    let error = NetworkSegmenter::from_run_folder(&path, &Device::flex()).unwrap_err();
    let expected = "is a file: a model is the folder that holds model.json and model.safetensors";
    assert_eq!(with_causes(&error), format!("{} {expected}", path.display()));
}

/// The same weights as `tests/fixtures/tiny.safetensors`, saved by PyTorch 2.11: as a state dictionary, in the form before 1.6, as a
/// checkpoint with `module.` before the names, half precision and the state of an optimiser, and under `model` in double precision.
#[test]
fn files_of_pytorch_hold_the_same_weights() {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let network = NetworkConfig::Compact(CompactConfig { widths: vec![4], block: 4, groups: 2, scene: false });
    let config = TrainingConfig { network, ..small() };
    let started = |name: &str| {
        let bytes = foreign_weights::read(&fixtures.join(name)).unwrap();
        let (learner, missing) = Learner::starting_from(&config, &start_of(bytes), &Device::flex()).unwrap();
        assert!(missing.is_empty(), "{name}: {missing:?}");
        Arrays::from_safetensors(&learner.average_as_safetensors().unwrap()).unwrap()
    };
    let expected = started("tiny.safetensors");
    for name in ["plain.pth", "legacy.pth", "double.pt"] {
        assert!(started(name) == expected, "{name}");
    }
    assert!(started("checkpoint.pth") == each(&expected, |value| f16::from_f32(value).to_f32()));
}

#[test]
fn what_is_no_file_of_pytorch_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let error = |name: &str| foreign_weights::read(&at(name)).unwrap_err().to_string();
    assert!(error("none.pth").contains("none.pth"));
    std::fs::write(at("text.pth"), "weights").unwrap();
    assert!(error("text.pth").contains("text.pth is no PyTorch file of weights"), "{}", error("text.pth"));
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/plain.pth");
    let whole = std::fs::read(fixture).unwrap();
    for length in [0, 10, whole.len() / 2, whole.len() - 30] {
        std::fs::write(at("half.pth"), &whole[..length]).unwrap();
        assert!(error("half.pth").contains("half.pth"), "{length}");
    }
}

#[test]
fn a_resnet_alone_starts_a_segmentation_network() {
    let network = NetworkConfig::FcnResnet50(ResnetConfig { auxiliary: false, ..ResnetConfig::default() });
    let whole = drawn(&network);
    let mut classifier = whole.clone();
    classifier.0 = (whole.0.iter())
        .filter_map(|(name, array)| Some((name.strip_prefix("backbone.")?.to_owned(), array.clone())))
        .collect();
    let (name, array) = classifier.0.iter().next().map(|(name, array)| (name.clone(), array.clone())).unwrap();
    classifier.0.insert("fc.weight".to_owned(), array);
    let read = |bytes: &[u8]| weights::starting_from_backbone(&network, 5, bytes, &Device::flex());
    let of = |network: &Network| Arrays::from_safetensors(&weights::to_safetensors(network).unwrap()).unwrap();
    let drawn_anew = of(&Network::new(&network, 5, &Device::flex()).unwrap());
    for bytes in [classifier.to_safetensors().unwrap(), whole.to_safetensors().unwrap()] {
        let (started, fresh) = read(&bytes).unwrap();
        assert_eq!(fresh, ["all but the backbone"]);
        for (name, array) in of(&started).0 {
            let from = if name.starts_with("backbone.") { &whole } else { &drawn_anew };
            assert!(from.0[&name] == array, "{name}");
        }
    }
    let mut lacking = classifier.clone();
    lacking.0.remove(&name);
    assert!(read(&lacking.to_safetensors().unwrap()).unwrap_err().to_string().contains(&name));
    let without = NetworkConfig::Compact(CompactConfig { widths: vec![4], block: 4, groups: 2, scene: false });
    let bytes = drawn(&without).to_safetensors().unwrap();
    let error = weights::starting_from_backbone(&without, 5, &bytes, &Device::flex()).unwrap_err().to_string();
    assert!(error.contains("has no backbone"), "{error}");
}
