//! `Tensors`: the weights of a network by name, and filters with their norms folded in.

use safetensors::tensor::{Dtype, SafeTensors};

use super::graph::Filters;
use crate::ExportError;

/// Added to variances of batch norms, as PyTorch does.
const EPSILON: f32 = 1e-5;

/// The weights of a network by name.
pub(super) struct Tensors<'a> {
    file: SafeTensors<'a>,
}

impl<'a> Tensors<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, ExportError> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| ExportError::Weights(error.to_string()))?;
        Ok(Self { file })
    }

    /// Whether there is a tensor of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.file.tensor(name).is_ok()
    }

    /// A tensor of `D` dimensions: its shape and its numbers.
    pub(super) fn get<const D: usize>(&self, name: &str) -> Result<([usize; D], Vec<f32>), ExportError> {
        let wrong = |reason: String| ExportError::Tensor { name: name.to_owned(), reason };
        let view = self.file.tensor(name).map_err(|_| wrong("is missing".to_owned()))?;
        if view.dtype() != Dtype::F32 {
            return Err(wrong(format!("has numbers of type {}, not F32", view.dtype())));
        }
        let shape = <[usize; D]>::try_from(view.shape());
        let shape = shape.map_err(|_| wrong(format!("has {} dimensions, not {D}", view.shape().len())))?;
        let numbers: Vec<f32> = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
        match numbers.iter().all(|number| number.is_finite()) {
            true => Ok((shape, numbers)),
            false => Err(wrong("has values that are not finite".to_owned())),
        }
    }

    /// One number for each of `count` channels.
    pub(super) fn by_channel(&self, name: &str, count: usize) -> Result<Vec<f32>, ExportError> {
        let ([found], numbers) = self.get::<1>(name)?;
        if found == count {
            return Ok(numbers);
        }
        Err(ExportError::Tensor { name: name.to_owned(), reason: format!("has {found} numbers, not {count}") })
    }

    /// The filters of a convolution with bias, or without.
    pub(super) fn filters(&self, layer: &str) -> Result<Filters, ExportError> {
        let (shape, weights) = self.get::<4>(&format!("{layer}.weight"))?;
        let bias = format!("{layer}.bias");
        let bias = if self.has(&bias) { Some(self.by_channel(&bias, shape[0])?) } else { None };
        Ok(Filters { shape, weights, bias })
    }

    /// The filters of a convolution without bias, the batch norm that follows it folded in.
    pub(super) fn folded(&self, layer: &str, norm: &str) -> Result<Filters, ExportError> {
        let (shape, mut weights) = self.get::<4>(&format!("{layer}.weight"))?;
        let outputs = shape[0];
        let of_norm = |what: &str| self.by_channel(&format!("{norm}.{what}"), outputs);
        let (gain, shift) = (of_norm("weight")?, of_norm("bias")?);
        let (mean, variance) = (of_norm("running_mean")?, of_norm("running_var")?);
        let scale: Vec<f32> = gain.iter().zip(&variance).map(|(gain, var)| gain / (var + EPSILON).sqrt()).collect();
        for (filter, scale) in weights.chunks_exact_mut(shape[1..].iter().product::<usize>().max(1)).zip(&scale) {
            filter.iter_mut().for_each(|weight| *weight *= scale);
        }
        let bias = shift.iter().zip(&mean).zip(&scale).map(|((shift, mean), scale)| shift - mean * scale).collect();
        Ok(Filters { shape, weights, bias: Some(bias) })
    }
}
