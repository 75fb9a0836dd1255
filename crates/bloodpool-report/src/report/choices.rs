//! Every choice of a protocol as rows of a table, taken from the protocol itself so that none can be forgotten.

use crate::ReportError;
use bloodpool_core::Protocol;
use serde_json::Value;

/// A choice and what was chosen.
pub(super) type Choice = (String, String);

/// All choices, in the protocol's own order.
pub(super) fn choices(protocol: &Protocol) -> Result<Vec<Choice>, ReportError> {
    let mut rows = Vec::new();
    flatten("", &serde_json::to_value(protocol)?, &mut rows);
    Ok(rows)
}

fn flatten(path: &str, value: &Value, rows: &mut Vec<Choice>) {
    let Value::Object(fields) = value else {
        let shown = match value {
            Value::Null => "none".to_owned(),
            Value::String(text) => words(text),
            other => other.to_string(),
        };
        rows.push((path.to_owned(), shown));
        return;
    };
    for (key, value) in fields {
        // `kind` says which variant a choice is: the choice itself, not one within it.
        let path = match (path, key.as_str()) {
            ("", key) => words(key),
            (path, "kind") => path.to_owned(),
            (path, key) => format!("{path}: {}", words(key)),
        };
        flatten(&path, value, rows);
    }
}

/// `gap_mm` as `gap, mm`; `each_frame` as `each frame`.
fn words(key: &str) -> String {
    match key.strip_suffix("_mm") {
        Some(length) => format!("{}, mm", length.replace('_', " ")),
        None => key.replace('_', " "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_is_a_row() {
        let rows = choices(&Protocol::standard()).unwrap();
        let value = |name: &str| rows.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
        assert_eq!(value("name"), Some("standard"));
        assert_eq!(value("estimator"), Some("roi"));
        assert_eq!(value("estimator: background"), Some("arc"));
        assert!(value("estimator: background: gap, mm").is_some());
        assert!(value("estimator: rim: weight").is_some() && value("estimator: rim: factor").is_some());
        assert_eq!(value("frames: ed override"), Some("none"));
    }
}
