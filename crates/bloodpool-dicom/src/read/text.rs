//! Text of elements: character sets with code extensions decoded, padding and control characters removed.

use dicom_core::Tag;
use dicom_encoding::text::{SpecificCharacterSet, TextCodec};
use dicom_object::InMemDicomObject;

const SPECIFIC_CHARACTER_SET: Tag = Tag(0x0008, 0x0005);

/// What Specific Character Set (0008,0005) says (PS3.3 C.12.1.1.2), as far as the parser did not decode it itself.
///
/// The parser decodes with the first value and takes one byte a character where that is empty. Where an extension
/// follows an empty first value (`\ISO 2022 IR 149`, as Korean scanners write), its bytes are decoded here.
pub(crate) struct Charset {
    extension: Option<SpecificCharacterSet>,
}

impl Charset {
    pub(crate) fn of(object: &InMemDicomObject) -> Self {
        let value = object.get(SPECIFIC_CHARACTER_SET).and_then(|element| element.to_str().ok()).unwrap_or_default();
        let codes: Vec<&str> = value.split('\\').map(|code| code.trim_matches(['\0', ' '])).collect();
        let plain = codes.first().is_none_or(|first| matches!(*first, "" | "ISO 2022 IR 6" | "ISO_IR 6"));
        let extension = codes.iter().skip(1).find_map(|code| SpecificCharacterSet::from_code(code));
        Self { extension: extension.filter(|_| plain) }
    }

    /// `None` when nothing readable is left.
    pub(crate) fn clean(&self, raw: &str) -> Option<String> {
        let decoded = self.extension.as_ref().and_then(|extension| {
            let bytes: Option<Vec<u8>> = raw.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
            extension.decode(&without_escapes(&bytes?)).ok()
        });
        let text = decoded.unwrap_or_else(|| without_designations(raw));
        let visible: String = text
            .chars()
            .map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c })
            .filter(|c| !c.is_control() && !is_direction_override(*c) && *c != char::REPLACEMENT_CHARACTER)
            .collect();
        let trimmed = visible.trim();
        (!trimmed.is_empty()).then(|| trimmed.to_string())
    }
}

/// Removes ISO 2022 designations: ESC, intermediate bytes 0x20-0x2F, one final byte.
fn without_escapes(bytes: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != 0x1B {
            kept.push(byte);
            continue;
        }
        while rest.next_if(|byte| (0x20..=0x2F).contains(byte)).is_some() {}
        rest.next();
    }
    kept
}

fn without_designations(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\u{1B}' {
            kept.push(c);
            continue;
        }
        while rest.next_if(|c| ('\u{20}'..='\u{2F}').contains(c)).is_some() {}
        rest.next();
    }
    kept
}

/// Characters that turn the reading direction and can make a name look like another.
fn is_direction_override(c: char) -> bool {
    matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_padding_are_removed() {
        let charset = Charset { extension: None };
        assert_eq!(charset.clean(" Kim^Yuna\0 \u{7}").as_deref(), Some("Kim^Yuna"));
        assert_eq!(charset.clean("a\u{202E}b\nc").as_deref(), Some("ab c"));
        assert_eq!(charset.clean(" \0"), None);
    }

    #[test]
    fn korean_after_an_escape_is_decoded() {
        // PS3.5 I.2: Hong^Gildong=\033$)C\373\363^\033$)C\321\316\324\327=\033$)C\310\253^\033$)C\261\346\265\277
        let bytes = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
        let raw: String = bytes.iter().map(|&byte| char::from(byte)).collect();
        let charset = Charset { extension: SpecificCharacterSet::from_code("ISO 2022 IR 149") };
        assert_eq!(charset.clean(&raw).as_deref(), Some("Hong^Gildong=洪^吉洞=홍^길동"));
    }
}
