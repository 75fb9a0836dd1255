//! NumPy `.npy` files: masks and labels as `uint8`, counts and fractions as `float32`.

use std::path::Path;

use ndarray::{Array, ArrayRef, Dimension};
use ndarray_npy::{ReadNpyExt, ReadableElement, WritableElement, WriteNpyExt};

use crate::fingerprint::read_bytes;
use crate::whole_file::{FileError, IfExists, write_whole};

/// Bytes that an array without numbers may have where its sides of 0 were 1.
const LARGEST_EMPTY: usize = 1 << 30;

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
    decode_npy(path, bytes)
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
    decode_npy(path, &read_bytes(path)?)
}

fn decode_npy<T: ReadableElement, D: Dimension>(path: &Path, bytes: &[u8]) -> Result<Array<T, D>, FileError> {
    check_length(bytes, size_of::<T>()).map_err(|reason| FileError::Format {
        path: path.to_owned(),
        format: "NumPy",
        reason,
    })?;
    Array::<T, D>::read_npy(bytes).map_err(|error| format_error(path, &error))
}

/// Holds the shape that the header states against the bytes that follow it: the decoder reserves as much memory as the
/// shape asks for, whatever the file has.
fn check_length(bytes: &[u8], size_of_number: usize) -> Result<(), String> {
    // Version 1 has a header length of 2 bytes, later ones of 4.
    let (length, header) = match bytes {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _, a, b, header @ ..] => (u16::from_le_bytes([*a, *b]).into(), header),
        [0x93, b'N', b'U', b'M', b'P', b'Y', _, _, a, b, c, d, header @ ..] => {
            (u32::from_le_bytes([*a, *b, *c, *d]) as usize, header)
        }
        _ => return Err("it does not begin as a NumPy file".into()),
    };
    let (header, data) = header.split_at_checked(length).ok_or("its header is cut off")?;
    let header = String::from_utf8_lossy(header);
    let parts: Vec<&str> = header.split("shape").collect();
    let [_, after] = parts[..] else { return Err("its header does not state one shape".into()) };
    let sides = after.split_once('(').and_then(|(_, sides)| sides.split_once(')')).map(|(sides, _)| sides);
    let sides = sides.ok_or("its header does not state one shape")?.split(',').map(str::trim);
    let mut needed = size_of_number;
    for side in sides.filter(|side| !side.is_empty()) {
        let side: usize = side.parse().map_err(|_| format!("{side:?} in its shape is not a size"))?;
        // A side of 0 makes the array empty; the others must be possible all the same.
        needed = needed.checked_mul(side.max(1)).ok_or("its shape is larger than any memory")?;
    }
    let (empty, available) = (data.is_empty(), data.len());
    if needed > available && !(empty && needed <= LARGEST_EMPTY) {
        return Err(format!("its shape needs {needed} bytes and {available} are left"));
    }
    Ok(())
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

    /// A NumPy file of `float32` with this shape and data.
    fn stating(shape: &str, data: &[u8]) -> Vec<u8> {
        let header = format!("{:<117}\n", format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"));
        [b"\x93NUMPY\x01\0v\0", header.as_bytes(), data].concat()
    }

    #[test]
    fn a_shape_is_held_against_the_bytes_before_memory_is_reserved() {
        let read = |shape: &str, data: &[u8]| decode_npy_f32::<Ix2>(Path::new("a.npy"), &stating(shape, data));
        assert_eq!(read("(1, 2)", &[0; 8]).unwrap(), Array2::<f32>::zeros((1, 2)));
        assert_eq!(read("(0, 2)", &[]).unwrap().dim(), (0, 2));
        for (shape, said) in [
            ("(1000000, 1000000)", "needs 4000000000000 bytes and 8 are left"),
            ("(9223372036854775807, 2)", "larger than any memory"),
            ("(99999999999999999999, 1)", "is not a size"),
            ("(0, 9223372036854775807)", "larger than any memory"),
            ("(-1, 2)", "is not a size"),
            ("1, 2", "one shape"),
        ] {
            let error = read(shape, &[0; 8]).unwrap_err().to_string();
            assert!(error.contains("a.npy") && error.contains(said), "{shape}: {error}");
        }
        let whole = stating("(1, 2)", &[0; 8]);
        for end in 0..whole.len() {
            assert!(decode_npy_f32::<Ix2>(Path::new("a.npy"), &whole[..end]).is_err(), "{end}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_array_or_an_error(shape in "[(]?[0-9, ]{0,30}[)]?", data: Vec<u8>, at: usize, byte: u8) {
            let mut bytes = stating(&shape, &data);
            let _ = decode_npy_f32::<Ix2>(Path::new("a.npy"), &bytes);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = decode_npy_f32::<Ix3>(Path::new("a.npy"), &bytes);
        }
    }
}
