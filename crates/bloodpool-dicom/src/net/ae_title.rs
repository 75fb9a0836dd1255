//! `AeTitle`: the name of an application entity (PS3.5 6.2, VR AE).

use std::fmt;
use std::str::FromStr;

/// An application entity title: 1 to 16 printable ASCII characters without backslash, no spaces at either end.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AeTitle(String);

/// A text is not an AE title.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not an AE title: it has 1 to 16 printable ASCII characters without backslash, and not spaces alone"
)]
pub struct InvalidAeTitle {
    /// The text, at most 64 characters of it.
    pub text: String,
}

impl AeTitle {
    /// Checks a title. Spaces at both ends do not belong to it.
    ///
    /// # Errors
    /// [`InvalidAeTitle`].
    pub fn new(text: &str) -> Result<Self, InvalidAeTitle> {
        let title = text.trim_matches(' ');
        let printable = title.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\');
        if title.is_empty() || title.len() > 16 || !printable {
            return Err(InvalidAeTitle { text: text.chars().take(64).collect() });
        }
        Ok(Self(title.to_string()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AeTitle {
    type Err = InvalidAeTitle;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl fmt::Display for AeTitle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_have_1_to_16_printable_characters() {
        assert_eq!(AeTitle::new(" PACS 1 ").unwrap().as_str(), "PACS 1");
        assert_eq!(AeTitle::new("ABCDEFGHIJKLMNOP").unwrap().as_str().len(), 16);
        for bad in ["", "   ", "ABCDEFGHIJKLMNOPQ", "A\\B", "A\nB", "\u{c9}"] {
            assert!(AeTitle::new(bad).is_err(), "{bad:?}");
        }
    }
}
