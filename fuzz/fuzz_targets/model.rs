//! `model.json`: a description whose network fits in memory and that is written and read again, or an error.
#![no_main]

use bloodpool_config::ModelDescription;
use bloodpool_fuzz::check_message;
use libfuzzer_sys::fuzz_target;

/// The weights whose SHA-256 the seeds record.
const WEIGHTS: &[u8] = b"weights";

fuzz_target!(|bytes: &[u8]| {
    match ModelDescription::from_json(bytes, WEIGHTS) {
        Ok(model) => {
            let layout = model.network.layout();
            assert_eq!((layout.side, layout.channels()), (model.grid, model.channels));
            assert!(layout.pixels() <= 2048 * 2048 && model.network.check_sizes().is_ok());
            let scores = model.training.validation.iter();
            assert!(scores.flat_map(|scores| [scores.dice(), scores.dice_worst]).all(f64::is_finite));
            let text = model.to_json().expect("what was read is written");
            assert_eq!(ModelDescription::from_json(text.as_bytes(), WEIGHTS).expect("what was written is read"), model);
        }
        Err(error) => check_message(&error),
    }
});
