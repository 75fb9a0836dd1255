//! A DICOM attribute as messages name it: `(0028,0010) Rows`.

use std::fmt;

use dicom_core::Tag;
use dicom_core::dictionary::{DataDictionary, DataDictionaryEntry};
use dicom_object::StandardDataDictionary;

/// A DICOM attribute; prints as `(gggg,eeee) Keyword` (DICOM PS3.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attribute(pub Tag);

impl Attribute {
    /// The keyword, for example `NumberOfFrames`; `None` for private and unknown attributes.
    #[must_use]
    pub fn keyword(self) -> Option<&'static str> {
        StandardDataDictionary.by_tag(self.0).map(|entry| entry.alias)
    }

    /// The value representation that the dictionary gives, as a file without explicit ones must be read.
    pub(crate) fn vr(self) -> Option<[u8; 2]> {
        StandardDataDictionary.by_tag(self.0).map(|entry| entry.vr().relaxed().to_bytes())
    }
}

impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:04X},{:04X})", self.0.group(), self.0.element())?;
        match self.keyword() {
            Some(keyword) => write!(f, " {keyword}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_print_with_tag_and_keyword() {
        assert_eq!(Attribute(Tag(0x0028, 0x0010)).to_string(), "(0028,0010) Rows");
        assert_eq!(Attribute(Tag(0x0009, 0x1001)).to_string(), "(0009,1001)");
        assert_eq!(Attribute(Tag(0x0054, 0x0062)).vr(), Some(*b"SQ"));
    }
}
