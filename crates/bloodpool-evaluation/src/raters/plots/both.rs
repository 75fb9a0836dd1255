//! `Backend`: draws a plot as SVG and as PDF at once, so that both show the same.

use std::io;

use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters_backend::text_anchor::{HPos, VPos};
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind, FontTransform};

use super::pdf::{Drawn, Paint, PdfFigure, Placed};

/// plotters-svg writes a font in this fraction of its size.
const FONT_SIZE: f64 = 1.0 / 1.24;

/// Both drawings.
pub(crate) struct Backend<'a> {
    pub(crate) svg: SVGBackend<'a>,
    pub(crate) pdf: &'a mut PdfFigure,
}

type Done = Result<(), DrawingErrorKind<io::Error>>;

fn paint(colour: BackendColor) -> Paint {
    Paint { rgb: colour.rgb, alpha: colour.alpha }
}

fn point((x, y): BackendCoord) -> (f32, f32) {
    (x as f32, y as f32)
}

fn drawn<S: BackendStyle>(style: &S, fill: bool) -> Drawn {
    if fill { Drawn::Filled } else { Drawn::Line(style.stroke_width() as f32) }
}

impl DrawingBackend for Backend<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.svg.get_size()
    }

    fn ensure_prepared(&mut self) -> Done {
        self.svg.ensure_prepared()
    }

    fn present(&mut self) -> Done {
        self.svg.present()
    }

    fn draw_pixel(&mut self, at: BackendCoord, colour: BackendColor) -> Done {
        let (x, y) = point(at);
        self.pdf.rectangle([x, y, 1.0, 1.0], paint(colour), Drawn::Filled);
        self.svg.draw_pixel(at, colour)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Done {
        self.pdf.path(&[point(from), point(to)], false, paint(style.color()), drawn(style, false));
        self.svg.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Done {
        let ((left, top), (right, bottom)) = (point(upper_left), point(bottom_right));
        // plotters-svg draws the edge of a rectangle with a line of one pixel.
        let drawn = if fill { Drawn::Filled } else { Drawn::Line(1.0) };
        self.pdf.rectangle([left, top, right - left, bottom - top], paint(style.color()), drawn);
        self.svg.draw_rect(upper_left, bottom_right, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let of_pdf: Vec<(f32, f32)> = points.iter().copied().map(point).collect();
        self.pdf.path(&of_pdf, false, paint(style.color()), drawn(style, false));
        self.svg.draw_path(points, style)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Done {
        let points: Vec<BackendCoord> = path.into_iter().collect();
        let of_pdf: Vec<(f32, f32)> = points.iter().copied().map(point).collect();
        self.pdf.path(&of_pdf, true, paint(style.color()), Drawn::Filled);
        self.svg.fill_polygon(points, style)
    }

    fn draw_circle<S: BackendStyle>(&mut self, centre: BackendCoord, radius: u32, style: &S, fill: bool) -> Done {
        self.pdf.circle(point(centre), radius as f32, paint(style.color()), drawn(style, fill));
        self.svg.draw_circle(centre, radius, style, fill)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, at: BackendCoord) -> Done {
        let before = match style.anchor().h_pos {
            HPos::Left => 0.0,
            HPos::Center => 0.5,
            HPos::Right => 1.0,
        };
        // As plotters-svg places a baseline.
        let below = match style.anchor().v_pos {
            VPos::Top => 0.76,
            VPos::Center => 0.5 * self.pdf.x_height(),
            VPos::Bottom => -0.5 * self.pdf.x_height(),
        };
        let turns = match style.transform() {
            FontTransform::None => 0,
            FontTransform::Rotate90 => 1,
            FontTransform::Rotate180 => 2,
            FontTransform::Rotate270 => 3,
        };
        let (size, placed) = ((style.size() * FONT_SIZE) as f32, Placed { before, below, turns });
        self.pdf.text(text, point(at), size, paint(style.color()), placed);
        self.svg.draw_text(text, style, at)
    }
}
