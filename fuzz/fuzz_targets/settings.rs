//! `bloodpool.toml`: settings that are written and read again, or an error.
#![no_main]

use bloodpool_config::SettingsFile;
use bloodpool_fuzz::check_message;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match SettingsFile::from_toml(text) {
        Ok(settings) => {
            let written = toml::to_string(&settings).expect("what was read is written");
            assert_eq!(SettingsFile::from_toml(&written).expect("what was written is read"), settings);
        }
        Err(error) => check_message(&error),
    }
});
