//! Whatever a weights file holds: a network of finite weights, or an error of one line; never a panic.

use std::sync::LazyLock;

use bloodpool_nn::network::compact::CompactConfig;
use bloodpool_nn::network::{Network, NetworkConfig};
use bloodpool_nn::parity::Arrays;
use bloodpool_nn::weights::{from_safetensors, to_safetensors};
use burn::tensor::{Device, bf16, f16};
use proptest::prelude::*;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde_json::json;

/// A network so small that its file is read in no time.
fn network() -> NetworkConfig {
    NetworkConfig::Compact(CompactConfig { widths: vec![4], block: 4, groups: 2, scene: false })
}

static FILE: LazyLock<Vec<u8>> =
    LazyLock::new(|| to_safetensors(&Network::new(&network(), 1, &Device::flex()).unwrap()).unwrap());

static NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| Arrays::from_safetensors(&FILE).unwrap().0.into_keys().collect());

/// Whether a file is read; whatever it is, the weights are finite or the error is one line.
fn is_read(bytes: &[u8]) -> Result<bool, TestCaseError> {
    match from_safetensors(&network(), bytes, &Device::flex()) {
        Ok(network) => {
            let weights = Arrays::from_safetensors(&to_safetensors(&network).unwrap()).unwrap();
            prop_assert!(weights.0.values().flat_map(|(_, numbers)| numbers).all(|number| number.is_finite()));
            Ok(true)
        }
        Err(error) => {
            let error = error.to_string();
            prop_assert!(!error.is_empty() && error.len() < 2000 && !error.contains('\n'), "{}", error);
            Ok(false)
        }
    }
}

fn dtype() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "F32", "F16", "BF16", "F64", "I64", "I32", "U8", "BOOL", "F8_E4M3", "F4", "C64", "F99", "\n",
    ])
}

/// One entry of a header.
fn entry() -> impl Strategy<Value = (String, serde_json::Value)> {
    let name = prop_oneof![
        8 => any::<prop::sample::Index>().prop_map(|index| index.get(&NAMES).clone()),
        2 => any::<prop::sample::Index>().prop_map(|index| format!("module.{}", index.get(&NAMES))),
        1 => ".{0,20}",
    ];
    let side = prop_oneof![6 => 0usize..5, 1 => any::<usize>()];
    let offset = prop_oneof![6 => 0usize..64, 1 => any::<usize>()];
    (name, dtype(), prop::collection::vec(side, 0..5), offset.clone(), offset).prop_map(
        |(name, dtype, shape, from, to)| (name, json!({"dtype": dtype, "shape": shape, "data_offsets": [from, to]})),
    )
}

fn with_header(header: &[u8], numbers: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header, numbers].concat()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!is_read(&bytes)?);
        prop_assert!(!is_read(&with_header(&bytes, &bytes))?);
    }

    #[test]
    fn any_header(entries in prop::collection::vec(entry(), 0..6), numbers in prop::collection::vec(any::<u8>(), 0..64)) {
        let header = serde_json::to_vec(&serde_json::Value::Object(entries.into_iter().collect())).unwrap();
        prop_assert!(!is_read(&with_header(&header, &numbers))?);
    }

    /// The first bytes are the header: they are changed as often as all others together.
    #[test]
    fn any_change_of_bytes(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>(), any::<u8>()), 1..9),
        length in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        more in prop::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut bytes = FILE.clone();
        let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
        for (at, in_header, value) in changes {
            let end = if in_header { header } else { bytes.len() };
            bytes[at.index(end)] = value;
        }
        if let Some(length) = length {
            bytes.truncate(length.index(FILE.len()));
        }
        bytes.extend(more);
        is_read(&bytes)?;
    }

    /// One part of a header that is otherwise right is replaced.
    #[test]
    fn any_entry_in_a_header(
        at in any::<prop::sample::Index>(),
        key in prop::sample::select(vec!["dtype", "shape", "data_offsets"]),
        dtype in dtype(),
        shape in prop::collection::vec(0usize..200, 0..5),
    ) {
        let length = u64::from_le_bytes(*FILE.first_chunk().unwrap()) as usize;
        let (header, numbers) = FILE[8..].split_at(length);
        let mut header: serde_json::Value = serde_json::from_slice(header).unwrap();
        header[at.get(&NAMES)][key] = if key == "dtype" { json!(dtype) } else { json!(shape) };
        is_read(&with_header(&serde_json::to_vec(&header).unwrap(), numbers))?;
    }

    /// Any bits as numbers of a tensor: read exactly when all of them are finite in single precision.
    #[test]
    fn any_numbers(
        at in any::<prop::sample::Index>(),
        dtype in prop::sample::select(vec![Dtype::F16, Dtype::BF16, Dtype::F32, Dtype::F64]),
        bits in prop::collection::vec(prop_oneof![any::<u64>(), any::<f64>().prop_map(f64::to_bits)], 1..4),
    ) {
        let file = SafeTensors::deserialize(&FILE).unwrap();
        let name = at.get(&NAMES).as_str();
        let shape = file.tensor(name).unwrap().shape().to_vec();
        let (mut bytes, mut finite) = (Vec::new(), true);
        for bits in bits.iter().cycle().take(shape.iter().product()) {
            // The upper bits, which hold the exponent.
            let (number, stored) = match dtype {
                Dtype::F16 => {
                    let number = f16::from_bits((bits >> 48) as u16);
                    (number.to_f32(), number.to_le_bytes().to_vec())
                }
                Dtype::BF16 => {
                    let number = bf16::from_bits((bits >> 48) as u16);
                    (number.to_f32(), number.to_le_bytes().to_vec())
                }
                Dtype::F32 => {
                    let number = f32::from_bits((bits >> 32) as u32);
                    (number, number.to_le_bytes().to_vec())
                }
                _ => (f64::from_bits(*bits) as f32, bits.to_le_bytes().to_vec()),
            };
            finite &= number.is_finite();
            bytes.extend(stored);
        }
        let replaced = TensorView::new(dtype, shape, &bytes).unwrap();
        let views = file.iter().map(|(of, view)| (of, if of == name { replaced.clone() } else { view }));
        prop_assert_eq!(is_read(&safetensors::serialize(views, None).unwrap())?, finite);
    }
}
