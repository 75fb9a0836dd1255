//! TOML that people write, in which every number is finite.

use serde::de::DeserializeOwned;
use toml::{Table, Value};

/// Why a text is not what was expected of it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TomlError {
    /// It is not TOML, or a key or value is not one of those that are known.
    #[error(transparent)]
    Toml(#[from] toml::de::Error),
    /// TOML has `nan` and `inf`, which no choice can be.
    #[error("{key} is {value}; it must be a finite number")]
    NotFinite {
        /// The keys that lead to it, separated by points.
        key: String,
        /// Its value.
        value: f64,
    },
}

/// Reads TOML whose numbers are finite.
///
/// # Errors
/// [`TomlError`] that says where and why.
pub fn from_toml<T: DeserializeOwned>(text: &str) -> Result<T, TomlError> {
    let document = toml::from_str(text)?;
    // What has been read as `T` is a table.
    let table: Table = toml::from_str(text)?;
    match table.iter().find_map(|(key, value)| not_finite(key, value)) {
        Some((key, value)) => Err(TomlError::NotFinite { key, value }),
        None => Ok(document),
    }
}

/// The first number that is not finite, and its place.
fn not_finite(place: &str, value: &Value) -> Option<(String, f64)> {
    match value {
        Value::Float(number) if !number.is_finite() => Some((place.to_owned(), *number)),
        Value::Array(values) => values.iter().find_map(|value| not_finite(place, value)),
        Value::Table(table) => table.iter().find_map(|(key, value)| not_finite(&format!("{place}.{key}"), value)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_finite_are_named() {
        for (text, said) in [
            ("a = nan", "a is NaN; it must be a finite number"),
            ("[a.b]\nc = [1.0, -inf]", "a.b.c is -inf; it must be a finite number"),
            ("a = [{ b = inf }]", "a.b is inf; it must be a finite number"),
        ] {
            assert_eq!(from_toml::<Table>(text).unwrap_err().to_string(), said);
        }
        assert_eq!(from_toml::<Table>("a = 1e308").unwrap()["a"].as_float(), Some(1e308));
        assert!(from_toml::<Table>("a =").unwrap_err().to_string().contains("line 1"));
    }
}
