//! Whatever is cut off or changed, reading ends with a study or with an error that names its file, and never panics.

use std::sync::OnceLock;

use bloodpool_dicom::{Selection, encode_study, open_study, plan};
use dicom_core::Tag;
use proptest::prelude::*;

use crate::support::bytes::{before_pixels, implicit, item, long, parts, sequence_end, short};
use crate::support::{Scratch, acquisition, beating_disc};

/// Valid files of the kinds that the reader mends.
fn sources() -> &'static [Vec<u8>] {
    static SOURCES: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let bytes = encode_study(&beating_disc(8, 32, 300.0), &acquisition()).unwrap();
        let private = |number: u16| Tag(0x0055, 0x1000 + number);
        let odd = [
            short(private(1), b"??", b"ABCD"),
            implicit(private(2), 4, b"ABCD"),
            long(private(3), b"\0\0", u32::MAX, &[item(&short(private(4), b"LO", b"text")), sequence_end()].concat()),
            long(private(5), b"UN", 4, b"ABCD"),
        ];
        let bare = parts(&bytes).1;
        vec![before_pixels(&bytes, &odd.concat()), bare, bytes]
    })
}

fn read(bytes: &[u8]) {
    let scratch = Scratch::new();
    let path = scratch.file("in/study", bytes);
    for result in [open_study(&path, &Selection::default())]
        .into_iter()
        .chain(plan(&[scratch.path("in")], &Selection::default()).studies.into_iter().map(|planned| planned?.read()))
    {
        match result {
            Ok(file) => assert!(file.study.counts().iter().all(|count| count.is_finite())),
            Err(error) => assert!(error.path.starts_with(scratch.path("in")) && !error.code().is_empty()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn truncated_files_never_panic(source in 0..3usize, share in 0.0..1.0f64) {
        let bytes = &sources()[source];
        read(&bytes[..(bytes.len() as f64 * share) as usize]);
    }

    #[test]
    fn changed_bytes_never_panic(source in 0..3usize, changes in prop::collection::vec((0.0..1.0f64, any::<u8>()), 1..12)) {
        let mut bytes = sources()[source].clone();
        // Most of the changes go to the header, which the pixels follow.
        let header = bytes.len() - 8 * 32 * 32 * 2;
        for (number, (share, byte)) in changes.into_iter().enumerate() {
            let reach = if number % 4 == 3 { bytes.len() } else { header };
            let at = ((reach as f64 * share) as usize).min(bytes.len() - 1);
            bytes[at] = byte;
        }
        read(&bytes);
    }
}
