//! A protocol that a TOML file states: every choice, under a name of its own.

use bloodpool_core::{FIXED_ROI, Protocol};

use crate::toml_text::{TomlError, from_toml};

/// Why a text is not a protocol.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolFileError {
    /// It is not TOML, or a key or value is not one of a protocol.
    #[error(transparent)]
    Toml(#[from] TomlError),
    /// The name of a preset always means the choices of that preset.
    #[error("`{name}` is the name of a preset with other choices; give this protocol another name")]
    NameOfPreset {
        /// The name.
        name: String,
    },
    /// It has no name, or that of another result.
    #[error("give the protocol a name of its own")]
    NoName,
}

/// Reads a protocol from TOML.
///
/// # Errors
/// [`ProtocolFileError`] that says where and why.
pub fn protocol_from_toml(text: &str) -> Result<Protocol, ProtocolFileError> {
    named_protocol(from_toml(text)?)
}

/// A protocol whose name says what it is: that of a preset only with the choices of the preset, and none of another result.
///
/// # Errors
/// [`ProtocolFileError`] that says why it is not.
pub fn named_protocol(protocol: Protocol) -> Result<Protocol, ProtocolFileError> {
    match Protocol::by_name(&protocol.name) {
        Some(preset) if !protocol.same_choices(&preset) => Err(ProtocolFileError::NameOfPreset { name: protocol.name }),
        _ if protocol.name.trim().is_empty() || protocol.name == FIXED_ROI => Err(ProtocolFileError::NoName),
        _ => Ok(protocol),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_protocol_are_finite() {
        let text = toml::to_string(&Protocol { name: "own".into(), ..Protocol::background_image() }).unwrap();
        assert!(protocol_from_toml(&text).is_ok(), "{text}");
        for value in ["nan", "inf", "-inf"] {
            let changed: Vec<String> = text
                .lines()
                .map(|line| match line.split_once(" = ") {
                    Some(("smoothing_mm", _)) => format!("smoothing_mm = {value}"),
                    _ => line.to_owned(),
                })
                .collect();
            let error = protocol_from_toml(&changed.join("\n")).unwrap_err().to_string();
            assert!(error.starts_with("estimator.smoothing_mm is ") && error.ends_with("a finite number"), "{error}");
        }
    }

    #[test]
    fn every_preset_is_a_file_of_its_own_name() {
        for name in Protocol::NAMES {
            let preset = Protocol::by_name(name).unwrap();
            assert_eq!(protocol_from_toml(&toml::to_string(&preset).unwrap()).unwrap(), preset);
            let other = Protocol { name: (*name).into(), curve_harmonics: Some(17), ..preset };
            let error = protocol_from_toml(&toml::to_string(&other).unwrap()).unwrap_err();
            assert_eq!(error, ProtocolFileError::NameOfPreset { name: (*name).into() });
            for nameless in [" ", FIXED_ROI] {
                let text = toml::to_string(&Protocol { name: nameless.into(), ..other.clone() }).unwrap();
                assert_eq!(protocol_from_toml(&text), Err(ProtocolFileError::NoName));
            }
        }
    }
}
