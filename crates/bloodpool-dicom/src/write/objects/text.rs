//! Texts that must not be empty, without what DICOM forbids.

use dicom_core::Tag;

use super::error::ObjectError;
use crate::attribute::Attribute;

/// The text without control characters and backslashes, cut to `limit` characters; an error where nothing is left.
pub(super) fn required(text: &str, tag: Tag, limit: usize) -> Result<String, ObjectError> {
    let clean = clean(text, limit);
    if clean.is_empty() { Err(ObjectError::Empty { attribute: Attribute(tag) }) } else { Ok(clean) }
}

/// As [`required`], where the text may be empty. Line feeds become blanks.
pub(super) fn clean(text: &str, limit: usize) -> String {
    let spaced = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c });
    let kept: String = spaced.filter(|c| !c.is_control() && *c != '\\').take(limit).collect();
    kept.trim().to_string()
}

#[cfg(test)]
mod tests {
    use dicom_dictionary_std::tags;

    use super::*;

    #[test]
    fn what_a_text_must_not_contain_is_removed() {
        assert_eq!(clean(" a\\b\nc\u{7} ", 64), "ab c");
        assert_eq!(required("bloodpool", tags::MANUFACTURER, 5).unwrap(), "blood");
        let error = required(" \u{1}", tags::MANUFACTURER, 64).unwrap_err();
        assert_eq!(error.to_string(), "(0008,0070) Manufacturer must not be empty");
    }
}
