//! Compression of the streams of a PDF.

use std::io::{self, Write as _};

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// Compressed as PDF's `FlateDecode` expects it.
pub(super) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let compressed = || -> io::Result<Vec<u8>> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        encoder.finish()
    };
    // Writing into memory does not fail.
    compressed().unwrap_or_default()
}
