//! Arrays as bytes: what Python gives as bytes with a shape, and what NumPy shows of bytes without copying them.

use bloodpool::Mask;
use ndarray::Array3;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Frames, rows and columns.
pub(crate) type Shape = (usize, usize, usize);

/// A number that NumPy reads as four or eight bytes in the order of this machine.
pub(crate) trait Number: Copy {
    /// Number of bytes.
    const BYTES: usize;
    /// Writes the bytes into a place of this length.
    fn write(self, place: &mut [u8]);
}

impl Number for f32 {
    const BYTES: usize = 4;
    fn write(self, place: &mut [u8]) {
        place.copy_from_slice(&self.to_ne_bytes());
    }
}

impl Number for f64 {
    const BYTES: usize = 8;
    fn write(self, place: &mut [u8]) {
        place.copy_from_slice(&self.to_ne_bytes());
    }
}

/// Numbers, written once, where NumPy reads them.
pub(crate) fn numbers<'py, N: Number>(
    py: Python<'py>,
    numbers: impl ExactSizeIterator<Item = N>,
) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, numbers.len() * N::BYTES, |place| {
        place.chunks_exact_mut(N::BYTES).zip(numbers).for_each(|(place, number)| number.write(place));
        Ok(())
    })
}

/// Masks of one matrix as uint8, 1 inside.
pub(crate) fn masks<'py>(py: Python<'py>, masks: &[Mask]) -> PyResult<Bound<'py, PyBytes>> {
    let pixels = masks.iter().map(|mask| mask.pixels().len()).sum();
    PyBytes::new_with(py, pixels, |place| {
        let inside = masks.iter().flat_map(|mask| mask.pixels().iter());
        place.iter_mut().zip(inside).for_each(|(place, inside)| *place = u8::from(*inside));
        Ok(())
    })
}

/// Counts from bytes of float32.
pub(crate) fn counts(bytes: &[u8], shape: Shape) -> PyResult<Array3<f32>> {
    let (numbers, _) = bytes.as_chunks::<4>();
    let counts = numbers.iter().map(|number| f32::from_ne_bytes(*number)).collect();
    Array3::from_shape_vec(shape, counts)
        .map_err(|_| PyValueError::new_err("the bytes of the counts do not fit their shape"))
}

/// Masks from bytes of uint8.
pub(crate) fn masks_of(bytes: &[u8], (frames, rows, columns): Shape) -> PyResult<Vec<Mask>> {
    if bytes.len() != frames * rows * columns {
        return Err(PyValueError::new_err("the bytes of the masks do not fit their shape"));
    }
    let mask = |frame| Mask::from_fn(rows, columns, |row, column| bytes[(frame * rows + row) * columns + column] != 0);
    Ok((0..frames).map(mask).collect())
}
