//! Outlines of letters as polygons, from the embedded font.

use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::{FontRef, GlyphId, MetadataProvider};

use super::typeface::Typeface;

/// Straight pieces that a curve is cut into: letters are some tens of pixels high, so that none is longer than a few.
const PIECES: u8 = 8;

/// Closed polygons of a line of text whose baseline begins at the origin; y runs down.
pub(super) fn of_text(typeface: &Typeface, text: &str, size: f32) -> Vec<Vec<[f32; 2]>> {
    let Ok(font) = FontRef::new(&typeface.bytes) else { return Vec::new() };
    let glyphs = font.outline_glyphs();
    let (mut polygons, mut x) = (Vec::new(), 0.0);
    for (glyph, width) in text.chars().filter_map(|character| typeface.glyph(character)) {
        let mut pen = Polygons { origin: x, polygons: Vec::new() };
        if let Some(outline) = glyphs.get(GlyphId::new(glyph))
            && outline.draw(DrawSettings::unhinted(Size::new(size), LocationRef::default()), &mut pen).is_ok()
        {
            polygons.extend(pen.polygons);
        }
        x += width * size;
    }
    polygons
}

/// Collects polygons.
struct Polygons {
    origin: f32,
    polygons: Vec<Vec<[f32; 2]>>,
}

impl Polygons {
    fn point(&self, x: f32, y: f32) -> [f32; 2] {
        [self.origin + x, -y]
    }

    fn last(&self) -> [f32; 2] {
        self.polygons.last().and_then(|polygon| polygon.last()).copied().unwrap_or([self.origin, 0.0])
    }

    fn push(&mut self, point: [f32; 2]) {
        if let Some(polygon) = self.polygons.last_mut() {
            polygon.push(point);
        }
    }

    /// A Bezier curve from the last point on, by de Casteljau's construction.
    fn curve<const N: usize>(&mut self, controls: [[f32; 2]; N]) {
        let start = self.last();
        for piece in 1..=PIECES {
            let at = f32::from(piece) / f32::from(PIECES);
            let mut points: Vec<[f32; 2]> = std::iter::once(start).chain(controls).collect();
            while points.len() > 1 {
                let between = |pair: &[[f32; 2]]| {
                    [pair[0][0] + at * (pair[1][0] - pair[0][0]), pair[0][1] + at * (pair[1][1] - pair[0][1])]
                };
                points = points.windows(2).map(between).collect();
            }
            self.push(points[0]);
        }
    }
}

impl OutlinePen for Polygons {
    fn move_to(&mut self, x: f32, y: f32) {
        let point = self.point(x, y);
        self.polygons.push(vec![point]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let point = self.point(x, y);
        self.push(point);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        let controls = [self.point(cx, cy), self.point(x, y)];
        self.curve(controls);
    }

    fn curve_to(&mut self, cx: f32, cy: f32, dx: f32, dy: f32, x: f32, y: f32) {
        let controls = [self.point(cx, cy), self.point(dx, dy), self.point(x, y)];
        self.curve(controls);
    }

    fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_have_their_outlines_one_after_the_other() {
        let typeface = Typeface::new().unwrap();
        let of = |text: &str| of_text(&typeface, text, 100.0);
        let span = |polygons: &[Vec<[f32; 2]>], axis: usize| {
            let values = polygons.iter().flatten().map(|point| point[axis]);
            values.fold([f32::MAX, f32::MIN], |[low, high], value| [low.min(value), high.max(value)])
        };
        // A letter and the hole in it.
        assert_eq!((of("I").len(), of("O").len(), of(" ").len()), (1, 2, 0));
        // fontTools: the box of "I" is x 101 to 193 and y 0 to 733, of 1000 units per em; "A" is 608 wide.
        // The outlines have steps of 1/64 pixel.
        let near = |[low, high]: [f32; 2], [from, to]: [f32; 2]| (low - from).abs() < 0.02 && (high - to).abs() < 0.02;
        assert!(near(span(&of("I"), 0), [10.1, 19.3]) && near(span(&of("I"), 1), [-73.3, 0.0]));
        let second = span(&of("AI"), 0);
        assert!((second[1] - 60.8 - 19.3).abs() < 0.02, "{second:?}");
    }
}
