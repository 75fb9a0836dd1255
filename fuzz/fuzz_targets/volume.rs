//! Label volumes, NIfTI and NRRD: written and read again the same, or an error.
#![no_main]

use std::path::Path;

use bloodpool_files::{LabelVolume, VolumeFormat};
use bloodpool_fuzz::check_message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path = Path::new("input");
    let volume = match LabelVolume::decode(path, bytes) {
        Ok(volume) => volume,
        Err(error) => return check_message(&error),
    };
    assert!(volume.pixel_spacing_mm.is_none_or(|spacing| spacing.iter().all(|mm| mm.is_finite() && *mm > 0.0)));
    let written = volume.encode(path, VolumeFormat::Nrrd).expect("what was read is written");
    assert_eq!(LabelVolume::decode(path, &written).expect("what was written is read"), volume);
    // A side may be too long for NIfTI, and its spacing is single precision.
    if let Ok(written) = volume.encode(path, VolumeFormat::Nifti) {
        assert_eq!(LabelVolume::decode(path, &written).expect("what was written is read").labels, volume.labels);
    }
});
