//! NumPy arrays and PNG images: no more numbers than the file has, written and read again, or an error.
#![no_main]

use std::path::Path;

use bloodpool_files::npy::{decode_npy_f32, encode_npy_f32, read_npy_u8};
use bloodpool_files::png::{decode_png_u8, encode_png_u8};
use bloodpool_fuzz::{check_message, with_file};
use libfuzzer_sys::fuzz_target;
use ndarray::{Ix2, Ix3};

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("input");
    match decode_npy_f32::<Ix3>(path, bytes) {
        Ok(array) => {
            assert!(array.len() * 4 <= bytes.len());
            let written = encode_npy_f32(path, &array).expect("what was read is written");
            let again = decode_npy_f32::<Ix3>(path, &written).expect("what was written is read");
            assert_eq!(again.dim(), array.dim());
            assert!(again.iter().zip(&array).all(|(again, value)| again.to_bits() == value.to_bits()));
        }
        Err(error) => check_message(&error),
    }
    match with_file("input.npy", bytes, read_npy_u8::<Ix2>) {
        Ok(array) => assert!(array.len() <= bytes.len()),
        Err(error) => check_message(&error),
    }
    match decode_png_u8(path, bytes) {
        Ok(image) => {
            let written = encode_png_u8(&image).expect("what was read is written");
            assert_eq!(decode_png_u8(path, &written).expect("what was written is read"), image);
        }
        Err(error) => check_message(&error),
    }
});
