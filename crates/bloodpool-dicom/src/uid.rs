//! Unique identifiers that are the same whenever their source is the same.

use sha2::{Digest, Sha256};

/// A UID under the `2.25` root (DICOM PS3.5 B.2) from the SHA-256 of `text`: at most 44 characters.
#[must_use]
pub fn uid_from(text: &str) -> String {
    uid_from_bytes(text.as_bytes())
}

/// As [`uid_from`], from bytes.
pub(crate) fn uid_from_bytes(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let number = digest.iter().take(16).fold(0u128, |number, &byte| (number << 8) | u128::from(byte));
    format!("2.25.{number}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_stable_short_and_different_for_different_sources() {
        // echo -n study | sha256sum, first 32 digits as a decimal number
        assert_eq!(uid_from("study"), "2.25.16656513221310301679280882529600478873");
        assert_ne!(uid_from("a"), uid_from("b"));
        assert!(uid_from("study").len() <= 64);
    }
}
