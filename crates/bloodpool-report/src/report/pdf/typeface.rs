//! `Typeface`: the embedded font, its widths, and the characters that it does not have.

use std::collections::BTreeSet;
use std::io::Read;
use std::ops::Range;
use std::sync::Arc;

use flate2::read::GzDecoder;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider};

use super::error::PdfError;

/// `crates/bloodpool-report/fonts/README.md` says where it comes from.
const COMPRESSED: &[u8] = include_bytes!("../../../fonts/NotoSansCJKkr-Regular-subset.otf.gz");
/// Hangul, the largest block of the font, in one table; other characters in a short list.
const HANGUL: Range<u32> = 0xac00..0xd7a4;

/// The font, with the width of each glyph in ems.
pub(super) struct Typeface {
    pub(super) font: Font,
    /// The font file.
    pub(super) bytes: Arc<Vec<u8>>,
    others: Vec<(char, u32, f32)>,
    hangul: Vec<(u32, f32)>,
}

impl Typeface {
    /// Unpacks the font.
    pub(super) fn new() -> Result<Self, PdfError> {
        let mut bytes = Vec::new();
        GzDecoder::new(COMPRESSED).read_to_end(&mut bytes).map_err(|_| PdfError::Font)?;
        let (others, hangul) = {
            let face = FontRef::new(&bytes).map_err(|_| PdfError::Font)?;
            let metrics = face.glyph_metrics(Size::new(1.0), LocationRef::default());
            let map = face.charmap();
            let of = |code: u32| {
                let glyph = map.map(code)?;
                Some((glyph.to_u32(), metrics.advance_width(glyph).unwrap_or(0.0)))
            };
            let mut others: Vec<(char, u32, f32)> = map
                .mappings()
                .filter(|(code, _)| !HANGUL.contains(code))
                .filter_map(|(code, _)| of(code).and_then(|(glyph, width)| Some((char::from_u32(code)?, glyph, width))))
                .collect();
            others.sort_by_key(|(character, ..)| *character);
            let hangul: Option<Vec<(u32, f32)>> = HANGUL.map(of).collect();
            (others, hangul.ok_or(PdfError::Font)?)
        };
        let bytes = Arc::new(bytes);
        let font = Font::new(bytes.clone().into(), 0).ok_or(PdfError::Font)?;
        Ok(Self { font, bytes, others, hangul })
    }

    /// Glyph and width (ems) of a character.
    pub(super) fn glyph(&self, character: char) -> Option<(u32, f32)> {
        let code = u32::from(character);
        if HANGUL.contains(&code) {
            return self.hangul.get((code - HANGUL.start) as usize).copied();
        }
        let at = self.others.binary_search_by_key(&character, |(known, ..)| *known).ok()?;
        self.others.get(at).map(|(_, glyph, width)| (*glyph, *width))
    }

    /// Text as it is written: composed, without line ends, and with the code of each character that has no glyph, which is put
    /// into `missing`.
    pub(super) fn writable(&self, text: &str, missing: &mut BTreeSet<char>) -> String {
        let mut written = String::with_capacity(text.len());
        for character in bloodpool_files::composed(text).chars() {
            if character.is_control() {
                written.push(' ');
            } else if self.glyph(character).is_some() {
                written.push(character);
            } else {
                missing.insert(character);
                written.push_str(&code(character));
            }
        }
        written
    }

    /// Width of writable text in ems.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().filter_map(|character| self.glyph(character)).map(|(_, width)| width).sum()
    }

    /// The glyphs of writable text.
    pub(super) fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, character): (usize, char)| {
            let (glyph, width) = self.glyph(character)?;
            let range = at..at + character.len_utf8();
            Some(KrillaGlyph::new(GlyphId::new(glyph), width, 0.0, 0.0, 0.0, range, None))
        };
        text.char_indices().filter_map(glyph).collect()
    }
}

/// How a character without a glyph is written, for example `[U+91D1]`.
pub(super) fn code(character: char) -> String {
    format!("[U+{:04X}]", u32::from(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hangul_syllable_has_a_glyph_and_hanja_have_a_code() {
        let typeface = Typeface::new().unwrap();
        assert!(('가'..='힣').all(|syllable| typeface.glyph(syllable).is_some()));
        assert_eq!(typeface.hangul.len(), 11_172);
        let mut missing = BTreeSet::new();
        assert_eq!(typeface.writable("金영희\n61 %", &mut missing), "[U+91D1]영희 61 %");
        assert_eq!(missing.into_iter().collect::<String>(), "金");
        // Decomposed by macOS: Python, unicodedata.normalize("NFD", "한").
        assert_eq!(typeface.writable("\u{1112}\u{1161}\u{11ab}", &mut BTreeSet::new()), "한");
    }

    #[test]
    fn widths_are_those_of_the_font() {
        let typeface = Typeface::new().unwrap();
        // fontTools: hmtx of "A" is 608, of "1" 555 and of "가" 920, of 1000 units per em.
        assert!((typeface.width("A1") - 1.163).abs() < 1e-4, "{}", typeface.width("A1"));
        assert!((typeface.width("가") - 0.92).abs() < 1e-4, "{}", typeface.width("가"));
        assert_eq!(typeface.glyphs("가나").len(), 2);
    }
}
