//! `SettingsFile`: what `bloodpool.toml` may say. Unknown keys are errors.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::listen::ListenSection;
use crate::toml_text::{TomlError, from_toml};

/// What `bloodpool.toml` may say. Each key has a flag and a variable of the same name; those of `[listen]` have flags alone,
/// where they have one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingsFile {
    /// Embedded model, by name, or the folder of a training run.
    pub model: Option<String>,
    /// Preset, by name, or a protocol file.
    pub protocol: Option<String>,
    /// File with the local calibration of the interval.
    pub calibration: Option<PathBuf>,
    /// Group of it that the studies belong to.
    pub calibration_group: Option<String>,
    /// Compute device.
    pub device: Option<String>,
    /// Detector, from 1.
    pub detector: Option<u32>,
    /// Energy window, from 1.
    pub energy_window: Option<u32>,
    /// R-R interval, from 1.
    pub rr_interval: Option<u32>,
    /// View, by its name or code.
    pub view: Option<String>,
    /// Language of reports: `en` or `ko`.
    pub lang: Option<String>,
    /// Section `[listen]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<ListenSection>,
}

impl SettingsFile {
    /// From TOML.
    ///
    /// # Errors
    /// [`TomlError`] that says where and why.
    pub fn from_toml(text: &str) -> Result<Self, TomlError> {
        from_toml(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn unknown_keys_and_wrong_values_are_named() {
        for (text, said) in [
            ("protocl = \"paper\"", "protocl"),
            ("detector = \"two\"", "two"),
            ("detector = -1", "-1"),
            ("detector = 4294967296", "4294967296"),
            ("view = nan", "nan"),
            ("= 3", "line 1"),
        ] {
            let error = SettingsFile::from_toml(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!(SettingsFile::from_toml("").unwrap(), SettingsFile::default());
    }

    proptest! {
        #[test]
        fn any_text_is_settings_or_an_error(text in "[a-z_]{0,20}( = )?[\"a-z0-9.\\[\\]{}\n-]{0,40}") {
            let _ = SettingsFile::from_toml(&text);
        }

        #[test]
        fn what_is_written_is_read_again(model: Option<String>, detector: Option<u32>, path: Option<String>) {
            let settings = SettingsFile { model, detector, calibration: path.map(PathBuf::from), ..SettingsFile::default() };
            let text = toml::to_string(&settings).unwrap();
            prop_assert_eq!(SettingsFile::from_toml(&text).unwrap(), settings);
        }
    }
}
