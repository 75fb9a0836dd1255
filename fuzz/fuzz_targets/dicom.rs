//! The DICOM reader: a study with finite counts that is written and read again, or an error that names the file.
#![no_main]

use bloodpool_dicom::{Acquisition, Selection, encode_study, open_study};
use bloodpool_fuzz::with_file;
use libfuzzer_sys::fuzz_target;

/// Pixel data of 8 frames of 32 x 32 in Explicit VR Little Endian, for inputs that have none: seeds stay small, and the
/// fuzzer spends its time on the header.
fn pixels() -> Vec<u8> {
    let mut element = vec![0xE0, 0x7F, 0x10, 0, b'O', b'W', 0, 0];
    element.extend((8 * 32 * 32 * 2_u32).to_le_bytes());
    element.extend((0..8 * 32 * 32_u16).flat_map(|pixel| (pixel % 61 + pixel / 1024).to_le_bytes()));
    element
}

fuzz_target!(|bytes: &[u8]| {
    let mut file = bytes.to_vec();
    if !bytes.windows(4).any(|tag| tag == [0xE0, 0x7F, 0x10, 0]) {
        file.extend(pixels());
    }
    with_file("input.dcm", &file, |path| match open_study(path, &Selection::default()) {
        Ok(file) => {
            let study = &file.study;
            assert!(study.counts().iter().all(|count| count.is_finite() && *count >= 0.0));
            assert_eq!(study.counts().len(), study.frames() * study.rows() * study.columns());
            let gating = &study.gating;
            let times = [gating.frame_time_ms, gating.rr_interval_ms, gating.rr_low_ms, gating.rr_high_ms];
            let spacing = study.pixel_spacing_mm().into_iter().flatten();
            let numbers = times.into_iter().flatten().chain(spacing).chain(study.saturation.map(f64::from));
            numbers.for_each(|number| assert!(number.is_finite() && number > 0.0, "{number}"));
            let text = file.notes.iter().map(|note| note.message.as_str()).collect::<String>();
            assert!(!text.chars().any(char::is_control), "{text:?}");
            if let Ok(written) = encode_study(study, &Acquisition::original()) {
                with_file("written.dcm", &written, |path| {
                    let again = open_study(path, &Selection::default()).expect("what was written is read").study;
                    assert_eq!(again.counts(), study.counts());
                });
            }
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("input.dcm") && !text.contains('\n') && !error.code().is_empty(), "{text:?}");
            // The header parser is called so that its panics become errors; it should have none.
            assert!(!text.contains("the header parser failed"), "{text}");
        }
    });
});
