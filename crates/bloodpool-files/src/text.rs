//! Text of files that other programs wrote: UTF-8, UTF-16 and CP949 are read, everything else is named with what to do.

use std::fmt;

use encoding_rs::{EUC_KR, Encoding as Decoder, UTF_16BE, UTF_16LE};

/// How the characters of a file were stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextEncoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// UTF-16 in either byte order.
    Utf16,
    /// CP949, the code page of a Korean Windows, which contains EUC-KR.
    Cp949,
}

/// Text and the encoding that it was stored in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodedText {
    /// The text, without a byte order mark.
    pub text: String,
    /// The encoding.
    pub encoding: TextEncoding,
}

/// Why bytes could not be read as text, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Neither UTF-8 nor any of the other encodings that are recognised.
    #[error(
        "it is neither UTF-8 nor UTF-16 nor Korean CP949 (byte {} of the file is 0x{value:02x}); save it again with the encoding UTF-8",
        offset + 1
    )]
    Unknown {
        /// Index of the first byte that is not UTF-8, from 0.
        offset: usize,
        /// That byte.
        value: u8,
    },
    /// Bytes that begin like UTF-16 and go on as something else.
    #[error("it begins as UTF-16 but contains bytes that are not; save it again with the encoding UTF-8")]
    DamagedUtf16,
    /// UTF-32, which hardly any program reads.
    #[error("it is UTF-32; save it again with the encoding UTF-8")]
    Utf32,
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16 => "UTF-16",
            Self::Cp949 => "CP949 (Korean Windows)",
        })
    }
}

/// Decodes text. UTF-8 is tried first, so that text that is valid UTF-8 is never taken for anything else.
///
/// # Errors
/// [`TextError`] when the encoding is not known, or the text is damaged.
pub fn decode_text(bytes: &[u8]) -> Result<DecodedText, TextError> {
    // The mark of UTF-32LE begins with that of UTF-16LE.
    if bytes.starts_with(b"\xff\xfe\0\0") || bytes.starts_with(b"\0\0\xfe\xff") {
        return Err(TextError::Utf32);
    }
    if let Some((order, text)) = utf16(bytes) {
        let decoded = order.decode_without_bom_handling_and_without_replacement(text);
        let text = decoded.ok_or(TextError::DamagedUtf16)?.into_owned();
        return Ok(DecodedText { text, encoding: TextEncoding::Utf16 });
    }
    let (marked, content) = match bytes.strip_prefix(b"\xef\xbb\xbf") {
        Some(content) => (true, content),
        None => (false, bytes),
    };
    match std::str::from_utf8(content) {
        Ok(text) => Ok(DecodedText { text: text.to_owned(), encoding: TextEncoding::Utf8 }),
        Err(error) => {
            if let Some(text) = cp949(content).filter(|_| !marked) {
                return Ok(DecodedText { text, encoding: TextEncoding::Cp949 });
            }
            let (offset, mark) = (error.valid_up_to(), bytes.len() - content.len());
            let value = content.get(offset).copied().unwrap_or_default();
            Err(TextError::Unknown { offset: offset + mark, value })
        }
    }
}

/// The byte order and the content, if the bytes are UTF-16: with a byte order mark, or with an ASCII character first,
/// as JSON and tables begin.
fn utf16(bytes: &[u8]) -> Option<(&'static Decoder, &[u8])> {
    match bytes {
        [0xff, 0xfe, content @ ..] => Some((UTF_16LE, content)),
        [0xfe, 0xff, content @ ..] => Some((UTF_16BE, content)),
        [1..=0x7f, 0, ..] => Some((UTF_16LE, bytes)),
        [0, 1..=0x7f, ..] => Some((UTF_16BE, bytes)),
        _ => None,
    }
}

/// The text, if the bytes are CP949 and read as Korean.
///
/// Text of other code pages often is valid CP949 too, and would become wrong characters without an error: GBK and Shift
/// JIS give Chinese characters, Western code pages the rare syllables that only CP949 has. Korean text consists of the
/// 2,350 syllables of KS X 1001, with few others between them.
fn cp949(bytes: &[u8]) -> Option<String> {
    let text = EUC_KR.decode_without_bom_handling_and_without_replacement(bytes)?.into_owned();
    let (mut frequent, mut rare) = (0_usize, 0_usize);
    for character in text.chars().filter(|character| !character.is_ascii()) {
        match character {
            '\u{ac00}'..='\u{d7a3}' if is_in_ks_x_1001(character) => frequent += 1,
            '\u{ac00}'..='\u{d7a3}' => rare += 1,
            // Chinese characters and kana.
            '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' => return None,
            _ => {}
        }
    }
    (frequent > rare).then_some(text)
}

/// Whether a syllable is one of the 2,350 of KS X 1001: both of its bytes are above 0xa0.
fn is_in_ks_x_1001(syllable: char) -> bool {
    let mut buffer = [0; 4];
    let (bytes, _, _) = EUC_KR.encode(syllable.encode_utf8(&mut buffer));
    bytes.len() == 2 && bytes.iter().all(|&byte| byte > 0xa0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16_bytes(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    fn read(bytes: &[u8]) -> (String, TextEncoding) {
        let decoded = decode_text(bytes).unwrap();
        (decoded.text, decoded.encoding)
    }

    #[test]
    fn marks_and_encodings_are_recognised() {
        let text = "{\"label\": \"심장 LV\"}";
        let marked = |mark: &[u8], content: Vec<u8>| [mark, &content].concat();
        for (bytes, encoding) in [
            (text.as_bytes().to_vec(), TextEncoding::Utf8),
            (marked(b"\xef\xbb\xbf", text.into()), TextEncoding::Utf8),
            (marked(b"\xff\xfe", utf16_bytes(text, u16::to_le_bytes)), TextEncoding::Utf16),
            (marked(b"\xfe\xff", utf16_bytes(text, u16::to_be_bytes)), TextEncoding::Utf16),
            (utf16_bytes(text, u16::to_le_bytes), TextEncoding::Utf16),
            (utf16_bytes(text, u16::to_be_bytes), TextEncoding::Utf16),
            // Python: '{"label": "심장 LV"}'.encode("cp949")
            (b"{\"label\": \"\xbd\xc9\xc0\xe5 LV\"}".to_vec(), TextEncoding::Cp949),
        ] {
            assert_eq!(read(&bytes), (text.to_owned(), encoding), "{encoding}");
        }
        assert_eq!(read(b""), (String::new(), TextEncoding::Utf8));
        // Python: "똠방각하".encode("cp949"), whose first syllable is not in EUC-KR.
        assert_eq!(read(b"\x8c\x63\xb9\xe6\xb0\xa2\xc7\xcf").0, "똠방각하");
    }

    #[test]
    fn text_of_other_code_pages_is_not_taken_for_korean() {
        for (bytes, language) in [
            (&b"rater,group\na,\xd7\xf3\xd0\xc4\xca\xd2\n"[..], "Chinese, GBK: 左心室"),
            (b"rater,group\na,\x8d\xb6\x90\x53\x8e\xba\n", "Japanese, Shift JIS: 左心室"),
            (b"rater,group\na,\xc4rzte\n", "German, Windows-1252"),
            (b"rater,group\na,J\xe9r\xf4me\n", "French, Windows-1252"),
            (b"rater,group\na,\xe2\xf0\xe0\xf7\xe8\n", "Russian, Windows-1251"),
        ] {
            let error = decode_text(bytes).unwrap_err();
            assert!(matches!(error, TextError::Unknown { offset: 14.., .. }), "{language}: {error:?}");
            assert!(error.to_string().contains("save it again with the encoding UTF-8"), "{error}");
        }
        let error = decode_text(b"\xef\xbb\xbfabc\xbd\xc9").unwrap_err().to_string();
        assert!(error.contains("byte 7 of the file is 0xbd"), "{error}");
    }

    #[test]
    fn damaged_text_is_named() {
        assert_eq!(decode_text(b"\xff\xfea\0b"), Err(TextError::DamagedUtf16));
        // Half of a surrogate pair.
        assert_eq!(decode_text(b"\xff\xfe\x00\xd8a\0"), Err(TextError::DamagedUtf16));
        assert_eq!(decode_text(b"\xff\xfe\0\0a\0\0\0"), Err(TextError::Utf32));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_text_or_an_error(bytes: Vec<u8>) {
            let _ = decode_text(&bytes);
        }
    }
}
