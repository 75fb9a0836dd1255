//! The JSON documents of what was not analysed: one study that failed, and what was set aside in folders.

use bloodpool_files::SetAsideRecord;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Schema of the document of one study that failed.
pub const ERROR_SCHEMA: &str = "bloodpool.error/1";
/// Schema of the document of what was set aside in folders.
pub const SET_ASIDE_SCHEMA: &str = "bloodpool.set-aside/1";

/// `bloodpool.error/1`: one study that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorDocument {
    /// [`ERROR_SCHEMA`].
    pub schema: String,
    /// The file, as it was named.
    pub source: String,
    /// Stable code.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// Files of the same study that were found in a folder and not analysed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAsideRecord>,
}

/// `bloodpool.set-aside/1`: what was found in folders and belongs to none of the studies that have a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAsideDocument {
    /// [`SET_ASIDE_SCHEMA`].
    pub schema: String,
    /// Files and folders, with the reasons.
    pub set_aside: Vec<SetAsideRecord>,
}

impl SetAsideDocument {
    /// The document of these files and folders.
    #[must_use]
    pub fn new(set_aside: Vec<SetAsideRecord>) -> Self {
        Self { schema: SET_ASIDE_SCHEMA.to_owned(), set_aside }
    }
}

impl ErrorDocument {
    /// The document of one study that failed.
    #[must_use]
    pub fn new(source: &str, code: &str, message: &str) -> Self {
        let [schema, source, code, message] = [ERROR_SCHEMA, source, code, message].map(str::to_owned);
        Self { schema, source, code, message, set_aside: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_its_source_and_code() {
        let document = ErrorDocument::new("a.dcm", "not_dicom", "a.dcm is not DICOM");
        let json = serde_json::json!({"schema": "bloodpool.error/1", "source": "a.dcm", "code": "not_dicom",
            "message": "a.dcm is not DICOM"});
        assert_eq!(serde_json::to_value(&document).unwrap(), json);
        assert_eq!(serde_json::from_value::<ErrorDocument>(json).unwrap(), document);
    }

    #[test]
    fn what_was_set_aside_is_listed_with_an_error() {
        let record = SetAsideRecord { file: Some("b.dcm".into()), code: "duplicate".into(), reason: "r".into() };
        let mut document = ErrorDocument::new("a.dcm", "truncated", "a.dcm is truncated");
        document.set_aside.push(record.clone());
        let json = serde_json::to_value(&document).unwrap();
        assert_eq!(json["set_aside"], serde_json::json!([{"file": "b.dcm", "code": "duplicate", "reason": "r"}]));
        let all = serde_json::to_value(SetAsideDocument::new(vec![record])).unwrap();
        assert_eq!((&all["schema"], &all["set_aside"]), (&"bloodpool.set-aside/1".into(), &json["set_aside"]));
    }
}
