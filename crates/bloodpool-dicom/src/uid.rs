//! `UidSource`: unique identifiers that are the same whenever the named fields that they are made from are the same.

use sha2::{Digest, Sha256};

/// What a UID is derived from: a root that says what the UID identifies, and named fields.
///
/// The hashed text is the root, then `\nNAME=LENGTH:VALUE` for each field, with the length of the value in bytes. Values
/// therefore cannot run together, and a field that is not recorded is left out instead of being empty.
#[derive(Clone)]
pub struct UidSource(Sha256);

impl UidSource {
    /// A source without fields. `root` has no line feed.
    #[must_use]
    pub fn new(root: &str) -> Self {
        Self(Sha256::new_with_prefix(root))
    }

    /// Adds a field. `name` has no line feed and no `=`.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = value.as_ref();
        self.0.update(format!("\n{name}={}:", value.len()));
        self.0.update(value);
        self
    }

    /// Adds a field that may not be recorded.
    #[must_use]
    pub fn optional(self, name: &str, value: Option<impl AsRef<[u8]>>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// The UID, under the root `2.25` (DICOM PS3.5 B.2): the first 128 bits of the SHA-256; at most 44 characters.
    #[must_use]
    pub fn uid(self) -> String {
        let number = self.0.finalize().iter().take(16).fold(0u128, |number, &byte| (number << 8) | u128::from(byte));
        format!("2.25.{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_the_decimal_hash_of_root_and_fields() {
        // echo -n study | sha256sum, first 32 digits as a decimal number
        assert_eq!(UidSource::new("study").uid(), "2.25.16656513221310301679280882529600478873");
        // printf 'study\nname=3:a=b\ncity=5:Busan' | sha256sum
        let uid =
            UidSource::new("study").field("name", "a=b").optional("age", None::<&str>).field("city", "Busan").uid();
        assert_eq!(uid, "2.25.29260719019591630723495743060667071592");
        assert!(uid.len() <= 44);
    }

    #[test]
    fn fields_cannot_run_together() {
        let uid = |fields: &[(&str, &str)]| {
            fields.iter().fold(UidSource::new("study"), |source, (name, value)| source.field(name, value)).uid()
        };
        let different = [
            uid(&[("a", "1"), ("b", "2")]),
            uid(&[("a", "1\nb=1:2")]),
            uid(&[("a", "12")]),
            uid(&[("a", ""), ("b", "12")]),
            uid(&[("b", "12")]),
            uid(&[("b", "2"), ("a", "1")]),
        ];
        let distinct: std::collections::BTreeSet<&String> = different.iter().collect();
        assert_eq!(distinct.len(), different.len());
    }
}
