//! Writes the native files that the compressed fixtures are made from: see `tests/data/README.md`.

#![allow(clippy::unwrap_used)]

#[path = "../tests/suite/support/mod.rs"]
mod support;

use std::path::PathBuf;

use dicom_core::VR;
use support::{beating_disc, eight_bits, object};

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap());
    object(&beating_disc(8, 32, 300.0)).write_to_file(folder.join("disc16.dcm")).unwrap();
    eight_bits(&beating_disc(8, 32, 200.0), VR::OB).write_to_file(folder.join("disc8.dcm")).unwrap();
}
