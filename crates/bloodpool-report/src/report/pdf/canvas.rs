//! `Canvas`: marks on A4 pages, collected before the PDF is written, so that pages can be counted and missing glyphs be told first.

use std::collections::BTreeSet;

use image::{GrayImage, RgbImage};

use super::typeface::Typeface;

/// A4 in points.
pub(super) const PAGE: [f32; 2] = [595.28, 841.89];
/// Left and right margin.
pub(super) const MARGIN: f32 = 34.0;
/// Upper margin.
pub(super) const TOP: f32 = 30.0;
/// Where the content of a page ends; the foot is below it.
pub(super) const BOTTOM: f32 = PAGE[1] - 38.0;
/// Width of the content.
pub(super) const WIDTH: f32 = PAGE[0] - 2.0 * MARGIN;

pub(super) type Colour = [u8; 3];

// The colours of style.css.
pub(super) const INK: Colour = [0x17, 0x21, 0x2b];
pub(super) const SOFT: Colour = [0x55, 0x63, 0x6f];
pub(super) const LINE: Colour = [0xd5, 0xdc, 0xe2];
pub(super) const FAINT: Colour = [0xf3, 0xf6, 0xf8];
pub(super) const ACCENT: Colour = [0x0b, 0x5a, 0x78];
pub(super) const ALARM: Colour = [0x9a, 0x1f, 0x1f];
pub(super) const ALARM_GROUND: Colour = [0xfd, 0xf0, 0xf0];
pub(super) const WARN: Colour = [0x7a, 0x4a, 0x00];
pub(super) const WARN_LINE: Colour = [0xd9, 0x9a, 0x2b];
pub(super) const WARN_GROUND: Colour = [0xff, 0xf7, 0xe6];
pub(super) const SIMULATED: Colour = [0x4b, 0x2a, 0x86];
pub(super) const WHITE: Colour = [0xff; 3];

/// How text is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    /// Points.
    pub(super) size: f32,
    pub(super) colour: Colour,
    pub(super) bold: bool,
    /// With a line through it: it must not be used.
    pub(super) struck: bool,
    /// With a white rim, so that it is read on lines.
    pub(super) rimmed: bool,
}

/// Plain text of a size.
pub(super) const fn plain(size: f32) -> Style {
    Style { size, colour: INK, bold: false, struck: false, rimmed: false }
}

impl Style {
    pub(super) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(super) const fn rimmed(self) -> Self {
        Self { rimmed: true, ..self }
    }

    pub(super) const fn struck(self) -> Self {
        Self { struck: true, ..self }
    }

    pub(super) const fn in_colour(self, colour: Colour) -> Self {
        Self { colour, ..self }
    }

    pub(super) const fn soft(self) -> Self {
        self.in_colour(SOFT)
    }

    /// Distance of two lines.
    pub(super) fn leading(self) -> f32 {
        self.size * 1.32
    }
}

/// A piece of text in one style.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Run {
    pub(super) text: String,
    pub(super) style: Style,
}

/// The text of a run that ends a line.
pub(super) const BREAK: &str = "\n";

/// A piece of text.
pub(super) fn run(text: impl Into<String>, style: Style) -> Run {
    Run { text: text.into(), style }
}

/// Which part of a line lies at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
    Right,
}

/// How lines and areas look.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Look {
    pub(super) fill: Option<Colour>,
    /// Colour and width, points.
    pub(super) stroke: Option<(Colour, f32)>,
    /// Lengths of dash and gap, points.
    pub(super) dash: Option<f32>,
    /// 0 to 1, of the fill; `None`: opaque.
    pub(super) opacity: Option<f32>,
}

impl Look {
    pub(super) fn filled(colour: Colour) -> Self {
        Self { fill: Some(colour), ..Self::default() }
    }

    pub(super) fn stroked(colour: Colour, width: f32) -> Self {
        Self { stroke: Some((colour, width)), ..Self::default() }
    }
}

/// A picture.
#[derive(Debug, Clone)]
pub(super) enum Picture {
    Grey(GrayImage),
    Colour(RgbImage),
}

/// A mark on a page; places in points from the upper left corner.
#[derive(Debug, Clone)]
pub(super) enum Mark {
    /// `at`: where its baseline begins; `upwards`: turned by a quarter.
    Text {
        at: [f32; 2],
        text: String,
        style: Style,
        upwards: bool,
    },
    Path {
        points: Vec<[f32; 2]>,
        closed: bool,
        look: Look,
    },
    Picture {
        at: [f32; 2],
        size: [f32; 2],
        picture: Picture,
    },
}

/// The pages of a document.
pub(super) struct Canvas<'a> {
    pub(super) typeface: &'a Typeface,
    pub(super) pages: Vec<Vec<Mark>>,
    /// Characters without a glyph that were written.
    pub(super) missing: BTreeSet<char>,
    /// Where the next block of the page begins.
    pub(super) y: f32,
}

impl<'a> Canvas<'a> {
    pub(super) fn new(typeface: &'a Typeface) -> Self {
        Self { typeface, pages: vec![Vec::new()], missing: BTreeSet::new(), y: TOP }
    }

    pub(super) fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Begins a new page.
    pub(super) fn new_page(&mut self) {
        self.pages.push(Vec::new());
        // Below the line that says whose page it is.
        self.y = TOP + 5.0;
    }

    /// Begins a new page where less than `height` is left; whether it did.
    pub(super) fn make_room(&mut self, height: f32) -> bool {
        let full = self.y + height > BOTTOM && self.y > TOP + 5.0;
        if full {
            self.new_page();
        }
        full
    }

    /// Writes one line; `x`: of its part that `align` names.
    pub(super) fn text(&mut self, [x, baseline]: [f32; 2], align: Align, text: &str, style: Style) {
        let text = self.typeface.writable(text, &mut self.missing);
        self.written([x, baseline], align, text, style);
    }

    fn written(&mut self, [x, baseline]: [f32; 2], align: Align, text: String, style: Style) {
        if text.trim().is_empty() {
            return;
        }
        let width = self.typeface.width(&text) * style.size;
        let left = match align {
            Align::Left => x,
            Align::Centre => x - width / 2.0,
            Align::Right => x - width,
        };
        self.mark(Mark::Text { at: [left, baseline], text, style, upwards: false });
        if style.struck {
            let middle = baseline - 0.3 * style.size;
            self.line([left, middle], [left + width, middle], style.colour, 0.07 * style.size);
        }
    }

    /// Writes one line that is read from below, its middle at `at`.
    pub(super) fn text_upwards(&mut self, [x, y]: [f32; 2], text: &str, style: Style) {
        let text = self.typeface.writable(text, &mut self.missing);
        let width = self.typeface.width(&text) * style.size;
        self.mark(Mark::Text { at: [x, y + width / 2.0], text, style, upwards: true });
    }

    /// Width of one line, points.
    pub(super) fn width_of(&mut self, text: &str, style: Style) -> f32 {
        let text = self.typeface.writable(text, &mut self.missing);
        self.typeface.width(&text) * style.size
    }

    /// A rectangle.
    pub(super) fn rect(&mut self, [x, y]: [f32; 2], [width, height]: [f32; 2], look: Look) {
        let points = vec![[x, y], [x + width, y], [x + width, y + height], [x, y + height]];
        self.mark(Mark::Path { points, closed: true, look });
    }

    /// A line.
    pub(super) fn line(&mut self, from: [f32; 2], to: [f32; 2], colour: Colour, width: f32) {
        self.mark(Mark::Path { points: vec![from, to], closed: false, look: Look::stroked(colour, width) });
    }

    /// Breaks text into lines of this width, between words, and within a word where it is wider than a line.
    pub(super) fn wrapped(&mut self, runs: &[Run], width: f32) -> Vec<Vec<Run>> {
        let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
        let mut used = 0.0;
        for run in runs {
            if run.text == BREAK {
                lines.push(Vec::new());
                used = 0.0;
                continue;
            }
            let text = self.typeface.writable(&run.text, &mut self.missing);
            for word in text.split_inclusive(' ') {
                let wide = self.typeface.width(word.trim_end()) * run.style.size;
                if used > 0.0 && used + wide > width {
                    lines.push(Vec::new());
                    used = 0.0;
                }
                let mut rest = word;
                while self.typeface.width(rest.trim_end()) * run.style.size > width {
                    let fits = self.fitting(rest, width, run.style.size);
                    push(&mut lines, &rest[..fits], run.style);
                    lines.push(Vec::new());
                    rest = &rest[fits..];
                }
                push(&mut lines, rest, run.style);
                used += self.typeface.width(rest) * run.style.size;
            }
        }
        lines.retain(|line| line.iter().any(|run| !run.text.trim().is_empty()));
        lines
    }

    /// Bytes of the start of a word that fit a width: at least one character.
    fn fitting(&self, word: &str, width: f32, size: f32) -> usize {
        let mut used = 0.0;
        let mut fits = 0;
        for (at, character) in word.char_indices() {
            used += self.typeface.width(character.encode_utf8(&mut [0; 4])) * size;
            if used > width && at > 0 {
                break;
            }
            fits = at + character.len_utf8();
        }
        fits
    }

    /// Writes text within a width from `top` on; its height.
    pub(super) fn paragraph(&mut self, [x, top]: [f32; 2], width: f32, align: Align, runs: &[Run]) -> f32 {
        let lines = self.wrapped(runs, width);
        let mut y = top;
        for line in lines {
            let leading = line.iter().map(|run| run.style.leading()).fold(0.0, f32::max);
            let size = line.iter().map(|run| run.style.size).fold(0.0, f32::max);
            let whole: f32 = line.iter().map(|run| self.typeface.width(&run.text) * run.style.size).sum();
            let last = line.last().map_or(0.0, |run| {
                (self.typeface.width(&run.text) - self.typeface.width(run.text.trim_end())) * run.style.size
            });
            let mut left = match align {
                Align::Left => x,
                Align::Centre => x + (width - whole + last) / 2.0,
                Align::Right => x + width - whole + last,
            };
            for run in line {
                let wide = self.typeface.width(&run.text) * run.style.size;
                self.written([left, y + size * 1.02], Align::Left, run.text, run.style);
                left += wide;
            }
            y += leading;
        }
        y - top
    }

    /// Height of text within a width.
    pub(super) fn height_of(&mut self, width: f32, runs: &[Run]) -> f32 {
        let lines = self.wrapped(runs, width);
        lines.iter().map(|line| line.iter().map(|run| run.style.leading()).fold(0.0, f32::max)).sum()
    }

    /// Writes text over the whole width at the place of the next block, and moves on.
    pub(super) fn flow_paragraph(&mut self, runs: &[Run], after: f32) {
        let height = self.height_of(WIDTH, runs);
        self.make_room(height);
        let top = self.y;
        self.y += self.paragraph([MARGIN, top], WIDTH, Align::Left, runs) + after;
    }

    /// Writes a heading with a soft remark beside it, with room for `follows` below it.
    pub(super) fn heading(&mut self, text: &str, remark: &str, follows: f32) {
        self.make_room(18.0 + follows);
        let style = plain(10.5).bold();
        let baseline = self.y + 11.0;
        self.text([MARGIN, baseline], Align::Left, text, style);
        let beside = MARGIN + self.width_of(text, style) + 8.0;
        self.text([beside, baseline], Align::Left, remark, plain(8.5).soft());
        self.y += 17.0;
    }
}

/// Appends text to the last line.
fn push(lines: &mut [Vec<Run>], text: &str, style: Style) {
    let Some(line) = lines.last_mut() else { return };
    match line.last_mut() {
        Some(last) if last.style == style => last.text.push_str(text),
        _ => line.push(run(text, style)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(lines: &[Vec<Run>]) -> Vec<String> {
        lines.iter().map(|line| line.iter().map(|run| run.text.as_str()).collect::<String>()).collect()
    }

    #[test]
    fn lines_break_between_words_and_within_long_ones() {
        let typeface = Typeface::new().unwrap();
        let mut canvas = Canvas::new(&typeface);
        let lines = canvas.wrapped(&[run("LVEF 62 % of the left ventricle", plain(10.0))], 70.0);
        assert!(lines.len() > 1);
        assert_eq!(texts(&lines).concat(), "LVEF 62 % of the left ventricle");
        for line in texts(&lines) {
            assert!(typeface.width(line.trim_end()) * 10.0 <= 70.0, "{line}");
        }
        let hash = "0123456789abcdef".repeat(4);
        let lines = canvas.wrapped(&[run(&hash, plain(10.0))], 70.0);
        assert!(lines.len() > 3 && texts(&lines).concat() == hash);
    }

    #[test]
    fn a_full_page_is_followed_by_another() {
        let typeface = Typeface::new().unwrap();
        let mut canvas = Canvas::new(&typeface);
        for _ in 0..100 {
            canvas.flow_paragraph(&[run("심박출계수 62%", plain(9.0))], 2.0);
        }
        assert!(canvas.pages.len() > 1 && canvas.y <= BOTTOM);
        assert_eq!(canvas.pages.iter().map(Vec::len).sum::<usize>(), 100);
    }
}
