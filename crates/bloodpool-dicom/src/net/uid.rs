//! `Uid`: a unique identifier that is checked, so that it can name a file (PS3.5 9.1).

use std::fmt;

/// A UID of digits and dots, 1 to 64 characters, without empty components.
///
/// Components that start with 0 are against PS3.5 9.1, occur, and are accepted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(String);

/// A text is not a UID. The text is not repeated, since anything may have been written in its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a UID has 1 to 64 digits and dots and no empty component")]
pub struct InvalidUid;

impl Uid {
    /// Checks a UID without padding.
    ///
    /// # Errors
    /// [`InvalidUid`].
    pub fn new(text: &str) -> Result<Self, InvalidUid> {
        let is_component = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if text.len() > 64 || !text.split('.').all(is_component) {
            return Err(InvalidUid);
        }
        Ok(Self(text.to_string()))
    }

    /// A UID that the standard gives.
    pub(crate) fn of_standard(text: &'static str) -> Self {
        Self(text.to_string())
    }

    /// Checks a value of VR UI, which may be padded by NUL (or, wrongly, by a space).
    pub(crate) fn of_value(value: &[u8]) -> Result<Self, InvalidUid> {
        let text = std::str::from_utf8(value).map_err(|_| InvalidUid)?;
        Self::new(text.trim_end_matches(['\0', ' ']))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_and_dots_are_a_uid() {
        for good in ["1", "1.2.840.10008.1.2", "2.25.0", "1.02.3"] {
            assert_eq!(Uid::new(good).unwrap().as_str(), good);
        }
        let long = "1.".repeat(32) + "1";
        for bad in ["", ".", "1.", ".1", "1..2", "1.2/../../etc", "1.2\0", "1 2", "a", "1.2.\u{0663}", &long] {
            assert!(Uid::new(bad).is_err(), "{bad:?}");
        }
        assert_eq!(Uid::of_value(b"1.2.3\0").unwrap().as_str(), "1.2.3");
        assert!(Uid::of_value(b"1.2.\x003").is_err());
    }
}
