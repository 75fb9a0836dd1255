//! Pictures on the canvas with contours drawn over them as vectors.

use bloodpool_core::{Contour, FrameIndex};
use image::DynamicImage;

use super::canvas::{Align, Canvas, Colour, Look, Mark, Picture, plain, run};
use super::content::Content;
use super::drawn::{self, Looks};
use crate::Language;
use crate::report::colour_scale::ColourScale;
use crate::report::images::{Scale, contour_edges, display_window, enlarged};

/// A picture that lies on the canvas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Framed {
    at: [f32; 2],
    /// Points per picture pixel.
    factor: f32,
    scale: Scale,
    pub(super) height: f32,
}

/// Height of a picture that is shown this wide.
pub(super) fn height(scale: Scale, width: f32) -> f32 {
    let (columns, rows) = scale.size();
    width * rows as f32 / columns.max(1) as f32
}

/// Places a picture.
pub(super) fn place(canvas: &mut Canvas<'_>, at: [f32; 2], width: f32, scale: Scale, picture: Picture) -> Framed {
    let height = height(scale, width);
    canvas.mark(Mark::Picture { at, size: [width, height], picture });
    Framed { at, factor: width / scale.size().0.max(1) as f32, scale, height }
}

/// A grey picture, which is stored with one channel.
pub(super) fn grey(image: image::RgbImage) -> Picture {
    Picture::Grey(DynamicImage::from(image).to_luma8())
}

/// One frame in grey.
pub(super) fn still(
    canvas: &mut Canvas<'_>,
    content: &Content<'_>,
    frame: FrameIndex,
    at: [f32; 2],
    side: f32,
) -> Framed {
    let study = content.report.study;
    let image = enlarged(study.frame(frame), display_window(study, content.crop), content.scale);
    place(canvas, at, side, content.scale, grey(image))
}

impl Framed {
    /// Pixel centres of the picture are whole numbers.
    fn point(&self, [x, y]: [f64; 2]) -> [f32; 2] {
        [self.at[0] + (x as f32 + 0.5) * self.factor, self.at[1] + (y as f32 + 0.5) * self.factor]
    }

    /// Lines between picture pixels.
    pub(super) fn edges(&self, canvas: &mut Canvas<'_>, edges: &[[[f64; 2]; 2]], colour: Colour, width: f32) {
        for [from, to] in edges {
            canvas.line(self.point(*from), self.point(*to), colour, width);
        }
    }

    /// A closed contour.
    pub(super) fn contour(&self, canvas: &mut Canvas<'_>, contour: Option<&Contour>, colour: Colour, width: f32) {
        let edges = contour.map(|contour| contour_edges(contour, self.scale)).unwrap_or_default();
        let points: Vec<[f32; 2]> = edges.iter().map(|[from, _]| self.point(*from)).collect();
        if points.len() > 1 {
            canvas.mark(Mark::Path { points, closed: true, look: Look::stroked(colour, width) });
        }
    }
}

/// A bold caption with a soft remark below a picture; its height.
pub(super) fn caption(canvas: &mut Canvas<'_>, at: [f32; 2], width: f32, text: &str, remark: &str) -> f32 {
    let style = plain(7.0);
    let runs = [run(format!("{text} "), style.bold()), run(remark, plain(6.6).soft())];
    canvas.paragraph(at, width, Align::Left, &runs)
}

/// The colour bar of a picture; its height.
pub(super) fn bar(canvas: &mut Canvas<'_>, at: [f32; 2], width: f32, scale: &ColourScale) -> f32 {
    let bar = scale.bar();
    drawn::draw(canvas, &bar, at, width, 5.6, Looks::Chart);
    drawn::height(&bar, width)
}

/// A parametric picture with its colour bar and caption; its height.
#[expect(clippy::too_many_arguments, reason = "each is a part of the figure")]
pub(super) fn map(
    canvas: &mut Canvas<'_>,
    at: [f32; 2],
    width: f32,
    scale: Scale,
    image: image::RgbImage,
    contour: Option<&Contour>,
    title: &str,
    (colours, language): (&ColourScale, Language),
) -> f32 {
    let framed = place(canvas, at, width, scale, Picture::Colour(image));
    framed.contour(canvas, contour, crate::report::images::LV, 0.9);
    let mut height = framed.height + 2.0;
    height += bar(canvas, [at[0], at[1] + height], width, colours) + 1.0;
    height + caption(canvas, [at[0], at[1] + height], width, title, colours.unit(language))
}

/// A legend in lines of this width: keys with their colours; its height.
pub(super) fn legend(canvas: &mut Canvas<'_>, at: [f32; 2], width: f32, keys: &[(Colour, bool, String)]) -> f32 {
    /// Length of a key, and where its text begins.
    const KEY: f32 = 9.0;
    const TEXT: f32 = 11.5;
    let style = plain(6.4).soft();
    let (mut x, mut y) = (0.0, 0.0);
    for (colour, dashed, text) in keys {
        let runs = [run(text.as_str(), style)];
        let wide = TEXT + canvas.width_of(text, style);
        if x > 0.0 && x + wide > width {
            x = 0.0;
            y += style.leading();
        }
        let middle = at[1] + y + 4.6;
        let look = Look { dash: dashed.then_some(1.6), ..Look::stroked(*colour, if *dashed { 0.8 } else { 1.4 }) };
        let points = vec![[at[0] + x, middle], [at[0] + x + KEY, middle]];
        canvas.mark(Mark::Path { points, closed: false, look });
        let height = canvas.paragraph([at[0] + x + TEXT, at[1] + y], width - TEXT + 0.1, Align::Left, &runs);
        // A text of several lines fills the width.
        y += height - style.leading();
        x += wide.min(width) + 7.0;
    }
    y + style.leading()
}
