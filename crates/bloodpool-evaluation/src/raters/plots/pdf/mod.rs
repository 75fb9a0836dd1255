//! `PdfFigure`: a figure as a PDF of one page, with its font embedded; lines, areas, text and grey pictures in pixels from the upper left.

mod deflated;
mod font;

use std::collections::BTreeSet;

use ndarray::Array2;
use pdf_writer::types::LineCapStyle;
use pdf_writer::writers::ExtGraphicsState;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::EvaluationError;
use bloodpool_report::SOFTWARE;
use deflated::deflated;
use font::{FigureFont, FontRefs};

/// A pixel of an SVG is 1/96 inch, a point of a PDF 1/72.
const POINTS_PER_PIXEL: f32 = 0.75;
/// The lengths of the handles of a quarter of a circle, in radii.
const QUARTER: f32 = 0.552_285;
const FONT: Name<'static> = Name(b"F");

/// A colour with its opacity, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Paint {
    pub rgb: (u8, u8, u8),
    pub alpha: f64,
}

/// Whether a shape is filled, or drawn as a line of some width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Drawn {
    Filled,
    Line(f32),
}

/// Where a text stands relative to its point: which part of its width lies before the point, how far its baseline is below it in
/// sizes of the font, and by how many quarter turns it is turned clockwise.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Placed {
    pub before: f32,
    pub below: f32,
    pub turns: u8,
}

/// A page in the making.
pub(crate) struct PdfFigure {
    size: (f32, f32),
    content: Content,
    font: FigureFont,
    /// Opacities in use, percent.
    alphas: BTreeSet<u8>,
    pictures: Vec<Array2<u8>>,
}

impl PdfFigure {
    /// An empty page, in pixels.
    pub(super) fn new(width: f32, height: f32) -> Result<Self, EvaluationError> {
        let mut content = Content::new();
        content.transform([POINTS_PER_PIXEL, 0.0, 0.0, -POINTS_PER_PIXEL, 0.0, POINTS_PER_PIXEL * height]);
        Ok(Self {
            size: (width, height),
            content,
            font: FigureFont::new()?,
            alphas: BTreeSet::new(),
            pictures: Vec::new(),
        })
    }

    /// Height of a lower-case x, in sizes of the font.
    pub(super) fn x_height(&self) -> f32 {
        self.font.x_height()
    }

    /// A rectangle.
    pub(super) fn rectangle(&mut self, [x, y, width, height]: [f32; 4], paint: Paint, drawn: Drawn) {
        self.begin(paint, drawn);
        self.content.rect(x, y, width, height);
        self.end(drawn);
    }

    /// Points joined by lines; closed where it is filled or said to be.
    pub(super) fn path(&mut self, points: &[(f32, f32)], closed: bool, paint: Paint, drawn: Drawn) {
        let Some((&(x, y), others)) = points.split_first() else { return };
        self.begin(paint, drawn);
        self.content.move_to(x, y);
        for &(x, y) in others {
            self.content.line_to(x, y);
        }
        if closed {
            self.content.close_path();
        }
        self.end(drawn);
    }

    /// A circle.
    pub(super) fn circle(&mut self, (x, y): (f32, f32), radius: f32, paint: Paint, drawn: Drawn) {
        self.begin(paint, drawn);
        self.content.move_to(x + radius, y);
        let (mut cosine, mut sine) = (1.0f32, 0.0f32);
        for _ in 0..4 {
            let at = |along: f32, across: f32| {
                (x + radius * (along * cosine - across * sine), y + radius * (along * sine + across * cosine))
            };
            let ((x1, y1), (x2, y2), (x3, y3)) = (at(1.0, QUARTER), at(QUARTER, 1.0), at(0.0, 1.0));
            self.content.cubic_to(x1, y1, x2, y2, x3, y3);
            (cosine, sine) = (-sine, cosine);
        }
        self.content.close_path();
        self.end(drawn);
    }

    /// A line of text.
    pub(super) fn text(&mut self, text: &str, (x, y): (f32, f32), size: f32, paint: Paint, placed: Placed) {
        let glyphs = self.font.encoded(text);
        let start = -placed.before * size * self.font.width(text);
        let down = placed.below * size;
        let (cosine, sine) = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0)][usize::from(placed.turns % 4)];
        self.begin(paint, Drawn::Filled);
        self.content.transform([cosine, sine, -sine, cosine, x, y]);
        // The page is upside down, so that the glyphs are turned over once more.
        self.content.begin_text().set_font(FONT, size).set_text_matrix([1.0, 0.0, 0.0, -1.0, start, down]);
        self.content.show(Str(&glyphs)).end_text().restore_state();
    }

    /// Draws into a part of the page, at `[x, y, width, height]`, which shows the part `[left, top, width, height]` of other coordinates.
    pub(super) fn within(
        &mut self,
        [x, y, width, height]: [f32; 4],
        [left, top, shown_width, shown_height]: [f32; 4],
        draw: impl FnOnce(&mut Self),
    ) {
        let (across, down) = (width / shown_width, height / shown_height);
        self.content.save_state().rect(x, y, width, height).clip_nonzero().end_path();
        self.content.transform([across, 0.0, 0.0, down, x - across * left, y - down * top]);
        draw(self);
        self.content.restore_state();
    }

    /// A grey picture in a rectangle.
    pub(super) fn picture(&mut self, grey: &Array2<u8>, [x, y, width, height]: [f32; 4]) {
        let name = picture_name(self.pictures.len());
        self.content.save_state().transform([width, 0.0, 0.0, -height, x, y + height]);
        self.content.x_object(Name(&name)).restore_state();
        self.pictures.push(grey.clone());
    }

    fn begin(&mut self, Paint { rgb: (red, green, blue), alpha }: Paint, drawn: Drawn) {
        let percent = (100.0 * alpha).round().clamp(0.0, 100.0) as u8;
        let part = |value: u8| f32::from(value) / 255.0;
        self.alphas.insert(percent);
        self.content.save_state().set_parameters(Name(&alpha_name(percent)));
        match drawn {
            Drawn::Filled => self.content.set_fill_rgb(part(red), part(green), part(blue)),
            Drawn::Line(width) => self
                .content
                .set_stroke_rgb(part(red), part(green), part(blue))
                .set_line_width(width)
                .set_line_cap(LineCapStyle::ButtCap)
                // That of SVG.
                .set_miter_limit(4.0),
        };
    }

    fn end(&mut self, drawn: Drawn) {
        match drawn {
            Drawn::Filled => self.content.fill_nonzero(),
            Drawn::Line(_) => self.content.stroke(),
        };
        self.content.restore_state();
    }

    /// The file. The same figure gives the same bytes: it has no date.
    pub(super) fn finish(self, title: &str) -> Vec<u8> {
        let mut next = 0;
        let mut reference = || {
            next += 1;
            Ref::new(next)
        };
        let [catalog, pages, page, drawn, information] = std::array::from_fn(|_| reference());
        let [font, glyphs, descriptor, characters, file] = std::array::from_fn(|_| reference());
        let pictures: Vec<Ref> = self.pictures.iter().map(|_| reference()).collect();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages);
        pdf.pages(pages).kids([page]).count(1);
        pdf.document_info(information).title(TextStr(title)).producer(TextStr(SOFTWARE));
        let (width, height) = self.size;
        let mut written = pdf.page(page);
        written.parent(pages).contents(drawn);
        written.media_box(Rect::new(0.0, 0.0, POINTS_PER_PIXEL * width, POINTS_PER_PIXEL * height));
        let mut resources = written.resources();
        resources.fonts().pair(FONT, font);
        let mut states = resources.ext_g_states();
        for &percent in &self.alphas {
            let alpha = f32::from(percent) / 100.0;
            let mut state = states.insert(Name(&alpha_name(percent))).start::<ExtGraphicsState<'_>>();
            state.stroking_alpha(alpha).non_stroking_alpha(alpha);
        }
        states.finish();
        let mut objects = resources.x_objects();
        for (index, &picture) in pictures.iter().enumerate() {
            objects.pair(Name(&picture_name(index)), picture);
        }
        objects.finish();
        resources.finish();
        written.finish();
        pdf.stream(drawn, &deflated(&self.content.finish())).filter(Filter::FlateDecode);
        for (&reference, grey) in pictures.iter().zip(&self.pictures) {
            let bytes: Vec<u8> = grey.iter().copied().collect();
            let bytes = deflated(&bytes);
            let mut picture = pdf.image_xobject(reference, &bytes);
            picture.filter(Filter::FlateDecode).pair(Name(b"Interpolate"), true);
            picture.width(grey.ncols() as i32).height(grey.nrows() as i32).bits_per_component(8);
            picture.color_space().device_gray();
        }
        self.font.write(&mut pdf, FontRefs { font, glyphs, descriptor, characters, file });
        pdf.finish()
    }
}

fn alpha_name(percent: u8) -> Vec<u8> {
    format!("A{percent}").into_bytes()
}

fn picture_name(index: usize) -> Vec<u8> {
    format!("P{index}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read as _;

    const BLACK: Paint = Paint { rgb: (0, 0, 0), alpha: 1.0 };

    fn inflated(pdf: &[u8], number: usize) -> String {
        let find = |from: usize, what: &[u8]| {
            from + pdf[from..].windows(what.len()).position(|window| window == what).unwrap()
        };
        let object = find(0, format!("\n{number} 0 obj\n").as_bytes());
        let start = find(object, b"stream\n") + 7;
        let mut text = Vec::new();
        flate2::read::ZlibDecoder::new(&pdf[start..]).read_to_end(&mut text).unwrap();
        String::from_utf8_lossy(&text).into_owned()
    }

    #[test]
    fn a_page_has_the_size_in_points_and_its_shapes() {
        let mut figure = PdfFigure::new(200.0, 100.0).unwrap();
        figure.rectangle([0.0, 0.0, 10.0, 20.0], Paint { rgb: (255, 0, 0), alpha: 0.12 }, Drawn::Filled);
        figure.path(&[(1.0, 2.0), (3.0, 4.0)], false, BLACK, Drawn::Line(2.0));
        figure.circle((50.0, 50.0), 4.0, BLACK, Drawn::Filled);
        figure.text("a \u{b1} b", (5.0, 6.0), 12.0, BLACK, Placed::default());
        let pdf = figure.finish("a figure");
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.starts_with("%PDF-1.7") && text.trim_end().ends_with("%%EOF"));
        // 200 x 100 pixels of 1/96 inch are 150 x 75 points.
        assert!(text.contains("/MediaBox [0 0 150 75]") && text.contains("/ca 0.12"), "{text}");
        assert!(text.contains("/FontFile2") && text.contains("(a figure)"), "{text}");
        let content = inflated(&pdf, 4);
        assert!(content.starts_with("0.75 0 0 -0.75 0 75 cm"), "{content}");
        assert!(content.contains("1 0 0 rg\n0 0 10 20 re\nf"), "{content}");
        assert!(content.contains("1 2 m\n3 4 l\nS"), "{content}");
        // A circle begins at the right and goes through the lowest point, its centre plus the radius.
        assert!(content.contains("54 50 m") && content.contains("50 54 c"), "{content}");
        assert_eq!(
            content.matches("q\n").count() + usize::from(content.starts_with('q')),
            content.matches("\nQ").count()
        );
        assert!(inflated(&pdf, 9).contains("beginbfchar"));
    }

    #[test]
    fn the_same_figure_gives_the_same_bytes() {
        let figure = || {
            let mut figure = PdfFigure::new(20.0, 20.0).unwrap();
            figure.within([2.0, 2.0, 10.0, 10.0], [100.0, 100.0, 5.0, 5.0], |part| {
                part.picture(&Array2::from_elem((5, 5), 7), [100.0, 100.0, 5.0, 5.0]);
            });
            figure.finish("t")
        };
        assert_eq!(figure(), figure());
        // Twice as large, so that the point 100 lies at 2.
        assert!(inflated(&figure(), 4).contains("2 0 0 2 -198 -198 cm"));
    }
}
