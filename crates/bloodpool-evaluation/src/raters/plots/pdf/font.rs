//! `FigureFont`: the font of the PDF figures, its widths, and how it is embedded.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, Str};
use ttf_parser::{Face, GlyphId};

use super::deflated::deflated;
use crate::EvaluationError;

/// Noto Sans Regular with the glyphs of Latin, Greek and the signs of figures; `font/README.md` says how it was made.
const FILE: &[u8] = include_bytes!("font/NotoSans-figures.ttf");
/// Its name; six letters stand for a subset.
const NAME: Name<'static> = Name(b"BPFIGS+NotoSans-Regular");
/// Glyphs are addressed by their numbers in the font.
const IDENTITY: SystemInfo<'static> = SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// What stands for a character that the font does not have.
const MISSING: char = '\u{fffd}';

/// The font, and the glyphs that a figure uses.
#[derive(Debug)]
pub(super) struct FigureFont {
    face: Face<'static>,
    used: BTreeMap<u16, char>,
}

/// The objects that a font is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct FontRefs {
    /// What a page names.
    pub font: Ref,
    /// Its widths.
    pub glyphs: Ref,
    /// Its measures.
    pub descriptor: Ref,
    /// Which glyph is which character.
    pub characters: Ref,
    /// The file.
    pub file: Ref,
}

impl FigureFont {
    pub(super) fn new() -> Result<Self, EvaluationError> {
        Ok(Self { face: Face::parse(FILE, 0)?, used: BTreeMap::new() })
    }

    /// Glyph numbers of a text, two bytes each; a character that the font does not have becomes a replacement character.
    pub(super) fn encoded(&mut self, text: &str) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(2 * text.len());
        for character in text.chars() {
            let (glyph, character) = self.glyph(character);
            self.used.insert(glyph.0, character);
            bytes.extend(glyph.0.to_be_bytes());
        }
        bytes
    }

    /// Width of a text, in sizes of the font.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars().map(|character| self.advance(self.glyph(character).0)).sum::<f32>() / self.units()
    }

    /// Height of a lower-case x, in sizes of the font.
    pub(super) fn x_height(&self) -> f32 {
        f32::from(self.face.x_height().unwrap_or_default()) / self.units()
    }

    fn glyph(&self, character: char) -> (GlyphId, char) {
        let known = self.face.glyph_index(character).map(|glyph| (glyph, character));
        known.or_else(|| Some((self.face.glyph_index(MISSING)?, MISSING))).unwrap_or((GlyphId(0), MISSING))
    }

    fn advance(&self, glyph: GlyphId) -> f32 {
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default())
    }

    fn units(&self) -> f32 {
        f32::from(self.face.units_per_em())
    }

    /// Writes the font as a composite one whose codes are glyph numbers, as PDF 1.7 describes in 9.7.
    pub(super) fn write(&self, pdf: &mut Pdf, refs: FontRefs) {
        let thousandths = |units: i16| 1000.0 * f32::from(units) / self.units();
        let mut font = pdf.type0_font(refs.font);
        font.base_font(NAME).encoding_predefined(Name(b"Identity-H"));
        font.descendant_font(refs.glyphs).to_unicode(refs.characters);
        font.finish();
        let mut glyphs = pdf.cid_font(refs.glyphs);
        glyphs.subtype(CidFontType::Type2).base_font(NAME).system_info(IDENTITY).font_descriptor(refs.descriptor);
        glyphs.cid_to_gid_map_predefined(Name(b"Identity"));
        let mut widths = glyphs.widths();
        for &glyph in self.used.keys() {
            widths.consecutive(glyph, [1000.0 * self.advance(GlyphId(glyph)) / self.units()]);
        }
        widths.finish();
        glyphs.finish();
        let bounds = self.face.global_bounding_box();
        pdf.font_descriptor(refs.descriptor)
            .name(NAME)
            .flags(FontFlags::NON_SYMBOLIC)
            .bbox(Rect::new(
                thousandths(bounds.x_min),
                thousandths(bounds.y_min),
                thousandths(bounds.x_max),
                thousandths(bounds.y_max),
            ))
            .italic_angle(0.0)
            .ascent(thousandths(self.face.ascender()))
            .descent(thousandths(self.face.descender()))
            .cap_height(thousandths(self.face.capital_height().unwrap_or_default()))
            // Of a regular weight; used only where a reader replaces the font.
            .stem_v(80.0)
            .font_file2(refs.file);
        let mut characters = UnicodeCmap::<u16>::new(Name(b"BloodpoolFigures"), IDENTITY);
        self.used.iter().for_each(|(&glyph, &character)| characters.pair(glyph, character));
        pdf.cmap(refs.characters, &deflated(&characters.finish())).filter(Filter::FlateDecode);
        pdf.stream(refs.file, &deflated(FILE)).filter(Filter::FlateDecode).pair(Name(b"Length1"), FILE.len() as i32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_as_wide_as_its_glyphs() {
        // Advances of H, e and plus-minus in the font, by fontTools: 741, 564 and 572 of 1000.
        let mut font = FigureFont::new().unwrap();
        assert!((font.width("He\u{b1}") - 1.877).abs() < 1e-6, "{}", font.width("He\u{b1}"));
        assert!((font.x_height() - 0.536).abs() < 1e-6);
        assert_eq!(font.encoded("HH").len(), 4);
        assert_eq!(font.used.len(), 1);
    }

    #[test]
    fn a_character_that_the_font_lacks_stays_visible() {
        let mut font = FigureFont::new().unwrap();
        font.encoded("\u{d55c}");
        assert_eq!(font.used.values().copied().collect::<Vec<_>>(), [MISSING]);
        assert!(font.width("\u{d55c}") > 0.3);
        for character in "ABC abc 0-9 \u{b1} \u{b7} \u{d7} \u{e9} \u{b5}".chars() {
            assert_ne!(font.glyph(character).1, MISSING, "{character}");
        }
    }
}
