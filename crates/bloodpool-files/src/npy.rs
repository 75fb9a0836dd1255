//! NumPy `.npy` files: masks and labels as `uint8`, counts and fractions as `float32`.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use ndarray::{Array, ArrayRef, Dimension};
use ndarray_npy::{ReadNpyExt, ReadableElement, WritableElement, WriteNpyExt};

use crate::whole_file::{FileError, IfExists, write_whole};

/// Writes `uint8`; masks are `[frame, row, column]`, 1 inside.
///
/// # Errors
/// [`FileError`] when the file exists and may not be replaced, or cannot be written.
pub fn write_npy_u8<D: Dimension>(path: &Path, array: &Array<u8, D>, if_exists: IfExists) -> Result<(), FileError> {
    write_npy(path, array, if_exists)
}

/// Writes `float32`.
///
/// # Errors
/// As [`write_npy_u8`].
pub fn write_npy_f32<D: Dimension>(path: &Path, array: &Array<f32, D>, if_exists: IfExists) -> Result<(), FileError> {
    write_npy(path, array, if_exists)
}

/// Reads `uint8` of as many dimensions as asked for.
///
/// # Errors
/// [`FileError`] when the file cannot be read, or holds another type or shape.
pub fn read_npy_u8<D: Dimension>(path: &Path) -> Result<Array<u8, D>, FileError> {
    read_npy(path)
}

/// Reads `float32` of as many dimensions as asked for.
///
/// # Errors
/// As [`read_npy_u8`].
pub fn read_npy_f32<D: Dimension>(path: &Path) -> Result<Array<f32, D>, FileError> {
    read_npy(path)
}

/// `float32` as the bytes of a NumPy file, for example to hash them.
///
/// # Errors
/// [`FileError::Format`] when the array cannot be encoded; `path` is what the error names.
pub fn encode_npy_f32<D: Dimension>(path: &Path, array: &Array<f32, D>) -> Result<Vec<u8>, FileError> {
    encode_npy(path, array)
}

/// Decodes the bytes of a NumPy file of `float32`.
///
/// # Errors
/// [`FileError::Format`] when they hold another type or shape; `path` is what the error names.
pub fn decode_npy_f32<D: Dimension>(path: &Path, bytes: &[u8]) -> Result<Array<f32, D>, FileError> {
    Array::<f32, D>::read_npy(bytes).map_err(|error| format_error(path, &error))
}

fn encode_npy<T: WritableElement, D: Dimension>(path: &Path, array: &ArrayRef<T, D>) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::with_capacity(array.len() * size_of::<T>() + 128);
    array.write_npy(&mut bytes).map_err(|error| format_error(path, &error))?;
    Ok(bytes)
}

fn write_npy<T: WritableElement, D: Dimension>(
    path: &Path,
    array: &ArrayRef<T, D>,
    if_exists: IfExists,
) -> Result<(), FileError> {
    write_whole(path, &encode_npy(path, array)?, if_exists)
}

fn read_npy<T: ReadableElement, D: Dimension>(path: &Path) -> Result<Array<T, D>, FileError> {
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    Array::<T, D>::read_npy(BufReader::new(file)).map_err(|error| format_error(path, &error))
}

fn format_error(path: &Path, error: &dyn std::error::Error) -> FileError {
    FileError::Format { path: path.to_owned(), format: "NumPy", reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, Array3, Ix2, Ix3};

    #[test]
    fn what_is_written_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let masks = Array3::from_shape_fn((3, 4, 5), |(f, r, c)| u8::from((f + r + c) % 2 == 0));
        let path = folder.path().join("masks.npy");
        write_npy_u8(&path, &masks, IfExists::Refuse).unwrap();
        assert_eq!(read_npy_u8::<Ix3>(&path).unwrap(), masks);
        assert!(matches!(write_npy_u8(&path, &masks, IfExists::Refuse), Err(FileError::Exists { .. })));

        let counts = Array2::from_shape_fn((2, 3), |(r, c)| r as f32 + 0.1 * c as f32);
        let path = folder.path().join("counts.npy");
        write_npy_f32(&path, &counts, IfExists::Refuse).unwrap();
        assert_eq!(read_npy_f32::<Ix2>(&path).unwrap(), counts);
    }

    #[test]
    fn what_numpy_writes_is_read() {
        // numpy.save of numpy.arange(6, dtype="u1").reshape(1, 2, 3), NumPy 2.4.6
        let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, 2, 3), }";
        let mut bytes = format!("\u{1}\0v\0{header:<117}\n").into_bytes();
        bytes.splice(0..0, *b"\x93NUMPY");
        bytes.extend([0, 1, 2, 3, 4, 5]);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        std::fs::write(&path, bytes).unwrap();
        let expected = Array3::from_shape_vec((1, 2, 3), (0..6).collect()).unwrap();
        assert_eq!(read_npy_u8::<Ix3>(&path).unwrap(), expected);
    }

    #[test]
    fn another_type_or_shape_is_an_error_that_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.npy");
        write_npy_u8(&path, &Array2::zeros((2, 2)), IfExists::Refuse).unwrap();
        assert!(read_npy_u8::<Ix3>(&path).unwrap_err().to_string().contains("a.npy"));
        assert!(read_npy_f32::<Ix2>(&path).is_err());
        assert!(read_npy_u8::<Ix2>(&folder.path().join("none.npy")).is_err());
    }
}
