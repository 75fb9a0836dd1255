//! `Algorithm` and `Equipment`: what computed a result, and the system on which it did.

use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::error::ObjectError;
use super::text::{clean, required};
use crate::uid::UidSource;
use crate::write::acquisition::Code;
use crate::write::elements::{put, put_items};

/// The algorithm that computed a result: name, version, parameters and the hash of its model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Algorithm {
    name: String,
    version: String,
    parameters: Vec<String>,
    is_learned: bool,
}

impl Algorithm {
    /// `parameters` are lines of text, for example `protocol: paper`; `model_sha256` is the hash of the weights, 64
    /// hexadecimal digits, where there is a model.
    ///
    /// # Errors
    /// [`ObjectError::Empty`] for an empty name or version, [`ObjectError::ModelHash`].
    pub fn new(
        name: &str,
        version: &str,
        parameters: &[String],
        model_sha256: Option<&str>,
    ) -> Result<Self, ObjectError> {
        let name = required(name, tags::ALGORITHM_NAME, 64)?;
        let version = required(version, tags::ALGORITHM_VERSION, 64)?;
        let mut parameters: Vec<String> = parameters.iter().map(|line| clean(line, 512)).collect();
        parameters.retain(|line| !line.is_empty());
        if let Some(hash) = model_sha256 {
            if hash.len() != 64 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                return Err(ObjectError::ModelHash);
            }
            parameters.push(format!("model SHA-256: {}", hash.to_ascii_lowercase()));
        }
        Ok(Self { name, version, parameters, is_learned: model_sha256.is_some() })
    }

    /// Whether it has a model.
    pub(super) fn is_learned(&self) -> bool {
        self.is_learned
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn version(&self) -> &str {
        &self.version
    }

    /// The parameters, the hash of the model among them.
    pub(super) fn parameters(&self) -> &[String] {
        &self.parameters
    }

    /// Name, version and parameters in one text of at most 1024 characters (ST).
    pub(super) fn description(&self) -> String {
        self.with_parameters(&format!("{} {}; ", self.name, self.version), 1_024)
    }

    /// The parameters in one text of at most 10240 characters (LT).
    pub(super) fn parameter_text(&self) -> String {
        self.with_parameters("", 10_240)
    }

    /// The model's hash comes last and is kept where the text is cut.
    fn with_parameters(&self, head: &str, limit: usize) -> String {
        let (hash, others) = match self.parameters.split_last() {
            Some((last, others)) if self.is_learned => (last.as_str(), others),
            _ => ("", &self.parameters[..]),
        };
        let others: String = others.iter().map(|line| format!("{line}; ")).collect();
        let kept: String = format!("{head}{others}").chars().take(limit - hash.len()).collect();
        (kept + hash).trim_end_matches([';', ' ']).to_string()
    }
}

/// The system that made a result: its manufacturer, model, serial number and software.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equipment {
    manufacturer: String,
    model_name: String,
    serial_number: String,
    software_version: String,
}

impl Equipment {
    /// All four are needed by segmentations and structured reports (PS3.3 C.7.5.2).
    ///
    /// # Errors
    /// [`ObjectError::Empty`].
    pub fn new(
        manufacturer: &str,
        model_name: &str,
        serial_number: &str,
        software_version: &str,
    ) -> Result<Self, ObjectError> {
        Ok(Self {
            manufacturer: required(manufacturer, tags::MANUFACTURER, 64)?,
            model_name: required(model_name, tags::MANUFACTURER_MODEL_NAME, 64)?,
            serial_number: required(serial_number, tags::DEVICE_SERIAL_NUMBER, 64)?,
            software_version: required(software_version, tags::SOFTWARE_VERSIONS, 64)?,
        })
    }

    pub(super) fn manufacturer(&self) -> &str {
        &self.manufacturer
    }

    pub(super) fn model_name(&self) -> &str {
        &self.model_name
    }

    pub(super) fn serial_number(&self) -> &str {
        &self.serial_number
    }

    /// A UID that is the same for the same manufacturer, model and serial number.
    pub(super) fn device_uid(&self) -> String {
        UidSource::new("device")
            .field("manufacturer", &self.manufacturer)
            .field("model_name", &self.model_name)
            .field("serial_number", &self.serial_number)
            .uid()
    }

    /// General Equipment and Enhanced General Equipment (PS3.3 C.7.5).
    pub(super) fn put_modules(&self, object: &mut InMemDicomObject) {
        put(object, tags::MANUFACTURER, VR::LO, &self.manufacturer);
        put(object, tags::MANUFACTURER_MODEL_NAME, VR::LO, &self.model_name);
        put(object, tags::DEVICE_SERIAL_NUMBER, VR::LO, &self.serial_number);
        put(object, tags::SOFTWARE_VERSIONS, VR::LO, &self.software_version);
    }

    /// The item of Contributing Equipment Sequence that says how the object was computed (PS3.3 C.12.1).
    pub(super) fn contribution(&self, algorithm: &Algorithm) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        let purpose = Code::dicom("109102", "Processing Equipment").item();
        put_items(&mut item, tags::PURPOSE_OF_REFERENCE_CODE_SEQUENCE, vec![purpose]);
        self.put_modules(&mut item);
        put(&mut item, tags::CONTRIBUTION_DESCRIPTION, VR::ST, &algorithm.description());
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_keeps_the_hash_of_the_model() {
        let hash = "AB".repeat(32);
        let long = vec!["protocol: paper".to_string(), "x".repeat(500), "y".repeat(500), "z".repeat(500)];
        let algorithm = Algorithm::new("bloodpool", "0.1.0", &long, Some(&hash)).unwrap();
        let text = algorithm.description();
        assert!(text.starts_with("bloodpool 0.1.0; protocol: paper; xxx"), "{text}");
        assert!(text.ends_with(&format!("model SHA-256: {}", "ab".repeat(32))), "{text}");
        assert_eq!(text.chars().count(), 1024);
        let many = vec!["y".repeat(500); 30];
        let text = Algorithm::new("bloodpool", "0.1.0", &many, Some(&hash)).unwrap().parameter_text();
        assert!(text.ends_with(&"ab".repeat(32)) && text.chars().count() == 10_240);
        let plain = Algorithm::new("bloodpool", "0.1.0", &[], None).unwrap();
        assert_eq!((plain.description(), plain.parameter_text()), ("bloodpool 0.1.0".into(), String::new()));
        assert_eq!(Algorithm::new("bloodpool", "0.1.0", &[], Some("12")).unwrap_err(), ObjectError::ModelHash);
        assert!(Algorithm::new("", "0.1.0", &[], None).is_err());
        assert!(Equipment::new("a", "b", " ", "d").is_err());
    }
}
