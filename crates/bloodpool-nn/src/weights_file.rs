//! `WeightsFile`: the tensors of a safetensors file, by name, read in single precision.

use std::collections::BTreeMap;

use burn::tensor::{bf16, f16};
use safetensors::tensor::{Dtype, Metadata, SafeTensorError, SafeTensors, TensorView};

use crate::weights_error::WeightsError;

/// PyTorch's `DataParallel` writes this before every name.
const PARALLEL: &str = "module.";
/// PyTorch counts the batches of each norm, and never reads the number.
const BATCHES: &str = ".num_batches_tracked";
/// Names of the tensors of a segmentation network's ResNet begin with this.
pub(crate) const BACKBONE: &str = "backbone.";
/// Names of the tensors of a classifier's last layer begin with this.
const CLASSIFIER: &str = "fc.";
/// So many characters of a text from the file are repeated in an error.
const LONGEST_TEXT: usize = 200;

/// The tensors of a safetensors file, by name. `module.` before all names is removed, and the numbers of batches that
/// PyTorch's norms count are left out.
#[derive(Debug)]
pub(crate) struct WeightsFile<'a> {
    tensors: BTreeMap<String, TensorView<'a>>,
}

impl<'a> WeightsFile<'a> {
    /// From the bytes of a file.
    ///
    /// # Errors
    /// [`WeightsError::CutShort`] or [`WeightsError::NotSafetensors`].
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, WeightsError> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(bytes, &error))?;
        let without_prefix: Option<BTreeMap<String, TensorView<'a>>> =
            file.iter().map(|(name, view)| Some((name.strip_prefix(PARALLEL)?.to_owned(), view))).collect();
        let mut tensors =
            without_prefix.unwrap_or_else(|| file.iter().map(|(name, view)| (name.to_owned(), view)).collect());
        tensors.retain(|name, _| !name.ends_with(BATCHES));
        Ok(Self { tensors })
    }

    /// The tensors of a ResNet alone, with `backbone.` before their names: those of a whole segmentation network that have it, or all of
    /// a classifier but its last layer.
    pub(crate) fn backbone(self) -> Self {
        let whole = self.tensors.keys().any(|name| name.starts_with(BACKBONE));
        let of_backbone = |(name, view): (String, TensorView<'a>)| match whole {
            true => name.starts_with(BACKBONE).then_some((name, view)),
            false => (!name.starts_with(CLASSIFIER)).then(|| (format!("{BACKBONE}{name}"), view)),
        };
        Self { tensors: self.tensors.into_iter().filter_map(of_backbone).collect() }
    }

    /// Names of the tensors, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    /// The shape of a tensor; `None` where the file does not have it.
    pub(crate) fn shape(&self, name: &str) -> Option<&[usize]> {
        self.tensors.get(name).map(TensorView::shape)
    }

    /// The numbers of a tensor, in single precision; `None` where the file does not have it.
    ///
    /// # Errors
    /// [`WeightsError::Type`] where they are no floating-point numbers, [`WeightsError::NotFinite`] where some are not finite.
    pub(crate) fn numbers(&self, name: &str) -> Result<Option<Vec<f32>>, WeightsError> {
        let Some(view) = self.tensors.get(name) else { return Ok(None) };
        let data = view.data();
        let numbers = match view.dtype() {
            Dtype::F16 => each(data, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Dtype::BF16 => each(data, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            Dtype::F32 => each(data, f32::from_le_bytes),
            Dtype::F64 => each(data, |bytes| f64::from_le_bytes(bytes) as f32),
            other => return Err(WeightsError::Type { name: name.to_owned(), found: other.to_string() }),
        };
        match numbers.iter().filter(|number| !number.is_finite()).count() {
            0 => Ok(Some(numbers)),
            count => Err(WeightsError::NotFinite { name: name.to_owned(), count, of: numbers.len() }),
        }
    }
}

/// The numbers that bytes stand for, `N` bytes each.
fn each<const N: usize>(data: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    data.as_chunks::<N>().0.iter().map(|bytes| number(*bytes)).collect()
}

/// Why bytes are not a safetensors file.
fn unreadable(bytes: &[u8], error: &SafeTensorError) -> WeightsError {
    match length_by_header(bytes) {
        Some(expected) if expected > bytes.len() => WeightsError::CutShort { found: bytes.len(), expected },
        _ => WeightsError::NotSafetensors { reason: shown(&error.to_string()) },
    }
}

/// The length that the file has by its header, bytes: up to the end of the header alone, where that is cut short.
fn length_by_header(bytes: &[u8]) -> Option<usize> {
    let (length, rest) = bytes.split_first_chunk()?;
    let header = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let until_numbers = header.checked_add(length.len())?;
    match rest.get(..header) {
        Some(header) => until_numbers.checked_add(serde_json::from_slice::<Metadata>(header).ok()?.data_len()),
        // Any other file gives some length, too; a header is JSON.
        None => rest.starts_with(b"{\"").then_some(until_numbers),
    }
}

/// Text from a file as an error may repeat it: on one line, and not too long.
pub(crate) fn shown(text: &str) -> String {
    text.escape_debug().take(LONGEST_TEXT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file of one tensor.
    fn file(name: &str, dtype: Dtype, shape: &[usize], data: &[u8]) -> Vec<u8> {
        let view = TensorView::new(dtype, shape.to_vec(), data).unwrap();
        safetensors::serialize([(name, view)], None).unwrap()
    }

    fn numbers(dtype: Dtype, data: &[u8]) -> Result<Option<Vec<f32>>, String> {
        let bytes = file("a", dtype, &[data.len() * 8 / dtype.bitsize()], data);
        WeightsFile::read(&bytes).unwrap().numbers("a").map_err(|error| error.to_string())
    }

    /// Bit patterns by IEEE 754, and bfloat16 as the upper half of single precision.
    #[test]
    fn every_precision_is_read() {
        let expected = Ok(Some(vec![1.0, -2.5, 0.0]));
        let half = [0x3c00_u16, 0xc100, 0x0000].map(u16::to_le_bytes).concat();
        let brain = [0x3f80_u16, 0xc020, 0x0000].map(u16::to_le_bytes).concat();
        assert_eq!(numbers(Dtype::F16, &half), expected);
        assert_eq!(numbers(Dtype::BF16, &brain), expected);
        assert_eq!(numbers(Dtype::F32, &[1.0_f32, -2.5, 0.0].map(f32::to_le_bytes).concat()), expected);
        assert_eq!(numbers(Dtype::F64, &[1.0_f64, -2.5, 0.0].map(f64::to_le_bytes).concat()), expected);
        // The smallest subnormal number of half precision is 2^-24.
        assert_eq!(numbers(Dtype::F16, &1_u16.to_le_bytes()), Ok(Some(vec![2.0_f32.powi(-24)])));
        assert_eq!(numbers(Dtype::F64, &1e-300_f64.to_le_bytes()), Ok(Some(vec![0.0])));
    }

    #[test]
    fn values_that_are_not_finite_are_refused_by_name() {
        let error =
            Err("tensor a has values that are NaN, infinite or too large for single precision: 1 of 2".to_owned());
        assert_eq!(numbers(Dtype::F16, &[0x3c00_u16, 0x7e00].map(u16::to_le_bytes).concat()), error);
        assert_eq!(numbers(Dtype::BF16, &[0x3f80_u16, 0xff80].map(u16::to_le_bytes).concat()), error);
        assert_eq!(numbers(Dtype::F32, &[1.0, f32::NAN].map(f32::to_le_bytes).concat()), error);
        assert_eq!(numbers(Dtype::F64, &[1.0, 1e39_f64].map(f64::to_le_bytes).concat()), error);
    }

    #[test]
    fn whole_numbers_are_not_weights() {
        let error = numbers(Dtype::I64, &7_i64.to_le_bytes()).unwrap_err();
        assert_eq!(error, "tensor a has numbers of type I64; F16, BF16, F32 and F64 can be read");
        assert!(numbers(Dtype::F8_E4M3, &[0; 4]).unwrap_err().contains("F8_E4M3"));
        assert!(numbers(Dtype::BOOL, &[1, 0]).unwrap_err().contains("BOOL"));
    }

    #[test]
    fn the_prefix_of_parallel_training_is_removed_from_all_names_or_from_none() {
        let names = |names: &[&str]| -> Vec<String> {
            let view = || TensorView::new(Dtype::F32, vec![1], &[0; 4]).unwrap();
            let bytes = safetensors::serialize(names.iter().map(|name| (*name, view())), None).unwrap();
            WeightsFile::read(&bytes).unwrap().names().map(str::to_owned).collect()
        };
        assert_eq!(names(&["module.a", "module.module.b", "module.c.num_batches_tracked"]), ["a", "module.b"]);
        assert_eq!(names(&["module.a", "b"]), ["b", "module.a"]);
        assert!(names(&[]).is_empty());
    }

    #[test]
    fn what_is_no_safetensors_file_is_said() {
        let error = |bytes: &[u8]| WeightsFile::read(bytes).unwrap_err().to_string();
        let whole = file("a", Dtype::F32, &[4], &[0; 16]);
        let length = whole.len();
        for found in [length - 1, length - 16] {
            assert_eq!(
                error(&whole[..found]),
                format!("the file is cut short: it has {found} bytes, {length} by its header")
            );
        }
        assert!(error(&whole[..20]).starts_with("the file is cut short: it has 20 bytes"));
        for bytes in
            [&b""[..], &whole[..7], b"PK\x03\x04 a PyTorch file", b"{\"schema\": \"bloodpool.model/1\"}", &[0; 99]]
        {
            assert!(error(bytes).starts_with("the file is not a safetensors file: "), "{}", error(bytes));
        }
        let longer = [&whole[..], b"more"].concat();
        assert!(error(&longer).starts_with("the file is not a safetensors file: "));
    }

    #[test]
    fn an_error_repeats_no_more_than_a_line_of_the_file() {
        let mut header = format!(r#"{{"a":{{"dtype":"\n{}","shape":[1],"data_offsets":[0,4]}}}}"#, "x".repeat(9999));
        header.push_str(&" ".repeat(header.len().next_multiple_of(8) - header.len()));
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 4]].concat();
        let error = WeightsFile::read(&bytes).unwrap_err().to_string();
        assert!(error.len() < 300 && !error.contains('\n'), "{error}");
    }
}
