//! `Drawing`: lines, areas and writing in a box, drawn once and shown as SVG in the page and as vectors in the PDF.

use maud::{Markup, html};

/// A drawing; x runs to the right and y down, from the upper left corner.
#[derive(Debug, Clone, Default)]
pub struct Drawing {
    /// Width of the box.
    pub width: f64,
    /// Height of the box.
    pub height: f64,
    /// From the bottom to the top.
    pub shapes: Vec<Shape>,
}

/// A part of a drawing; `class` says how it looks, in the style sheet of the page and in that of the PDF.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A straight line.
    Line {
        /// How it looks.
        class: &'static str,
        /// Where it begins.
        from: [f64; 2],
        /// Where it ends.
        to: [f64; 2],
    },
    /// Straight lines from point to point.
    Polyline {
        /// How it looks.
        class: &'static str,
        /// Its points.
        points: Vec<[f64; 2]>,
    },
    /// An area.
    Polygon {
        /// How it looks.
        class: &'static str,
        /// Its corners.
        points: Vec<[f64; 2]>,
    },
    /// A rectangle.
    Rect {
        /// How it looks.
        class: &'static str,
        /// Its upper left corner.
        at: [f64; 2],
        /// Its width and height.
        size: [f64; 2],
        /// Its colour, where the class does not say it.
        fill: Option<[u8; 3]>,
    },
    /// A circle.
    Circle {
        /// How it looks.
        class: &'static str,
        /// Its centre.
        centre: [f64; 2],
        /// Its radius.
        radius: f64,
    },
    /// A part of a ring.
    RingPart(RingPart),
    /// Writing.
    Text(Text),
}

/// A part of a ring round the centre of the drawing; angles in degrees clockwise from 12 o'clock.
#[derive(Debug, Clone, Copy)]
pub struct RingPart {
    /// Centre of the ring.
    pub centre: [f64; 2],
    /// Inner radius.
    pub inner: f64,
    /// Outer radius.
    pub outer: f64,
    /// Where it begins, degrees.
    pub from_degrees: f64,
    /// Where it ends, degrees.
    pub to_degrees: f64,
    /// Whether it is drawn clockwise from its beginning.
    pub clockwise: bool,
    /// Its colour.
    pub fill: [u8; 3],
}

/// Writing whose first baseline is at `at`.
#[derive(Debug, Clone)]
pub struct Text {
    /// How it looks.
    pub class: &'static str,
    /// Its place on its first baseline.
    pub at: [f64; 2],
    /// Which part of it lies there.
    pub anchor: Anchor,
    /// Its first line.
    pub text: String,
    /// A second line below.
    pub below: Option<String>,
    /// Turned by a quarter, so that it is read from below.
    pub upwards: bool,
}

/// Which part of a line of text lies at its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The beginning of the line.
    Start,
    /// Its middle.
    Middle,
    /// Its end.
    End,
}

/// Distance of two lines of one text.
pub(super) const LINE: f64 = 13.0;

impl Drawing {
    /// An empty one.
    #[must_use]
    pub fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    /// Adds a line.
    pub fn line(&mut self, class: &'static str, from: [f64; 2], to: [f64; 2]) {
        self.shapes.push(Shape::Line { class, from, to });
    }

    /// Adds a circle.
    pub fn circle(&mut self, class: &'static str, centre: [f64; 2], radius: f64) {
        self.shapes.push(Shape::Circle { class, centre, radius });
    }

    /// Adds a rectangle.
    pub fn rect(&mut self, class: &'static str, at: [f64; 2], size: [f64; 2], fill: Option<[u8; 3]>) {
        self.shapes.push(Shape::Rect { class, at, size, fill });
    }

    /// Adds writing of one line.
    pub fn text(&mut self, class: &'static str, at: [f64; 2], anchor: Anchor, text: impl Into<String>) {
        self.shapes.push(Shape::Text(Text { class, at, anchor, text: text.into(), below: None, upwards: false }));
    }

    /// As SVG that is `class`; `label`: what it shows, for those who cannot see it.
    #[must_use]
    pub fn svg(&self, class: Option<&str>, label: &str) -> Markup {
        html! {
            svg class=[class] viewBox={ "0 0 " (self.width) " " (self.height) } role="img" aria-label=(label) {
                @for shape in &self.shapes { (markup(shape)) }
            }
        }
    }
}

impl RingPart {
    /// A place at a distance from the centre in a direction.
    pub(super) fn place(&self, degrees: f64, distance: f64) -> [f64; 2] {
        let (sine, cosine) = degrees.to_radians().sin_cos();
        [self.centre[0] + distance * sine, self.centre[1] - distance * cosine]
    }

    /// How wide it is, degrees.
    pub(super) fn width_degrees(&self) -> f64 {
        let (from, to) = (self.from_degrees, self.to_degrees);
        if self.clockwise { to - from } else { from - to }.rem_euclid(360.0)
    }

    fn path(&self) -> String {
        let corner = |degrees: f64, distance: f64| {
            let [x, y] = self.place(degrees, distance);
            format!("{x:.1} {y:.1}")
        };
        let (from, to, outer, inner) = (self.from_degrees, self.to_degrees, self.outer, self.inner);
        let large = u8::from(self.width_degrees() > 180.0);
        let sweep = u8::from(self.clockwise);
        format!(
            "M {} A {outer} {outer} 0 {large} {sweep} {} L {} A {inner} {inner} 0 {large} {} {} Z",
            corner(from, outer),
            corner(to, outer),
            corner(to, inner),
            1 - sweep,
            corner(from, inner)
        )
    }
}

fn markup(shape: &Shape) -> Markup {
    html! {
        @match shape {
            Shape::Line { class, from, to } => line.(class) x1=(fixed(from[0])) x2=(fixed(to[0])) y1=(fixed(from[1])) y2=(fixed(to[1])) {},
            Shape::Polyline { class, points } => polyline.(class) points=(listed(points)) {},
            Shape::Polygon { class, points } => polygon.(class) points=(listed(points)) {},
            Shape::Rect { class, at, size, fill } => rect class=[(!class.is_empty()).then_some(class)] x=(fixed(at[0])) y=(fixed(at[1]))
                width=(fixed(size[0])) height=(fixed(size[1])) fill=[fill.map(hexadecimal)] {},
            Shape::Circle { class, centre, radius } => circle.(class) cx=(fixed(centre[0])) cy=(fixed(centre[1])) r=(radius) {},
            Shape::RingPart(part) => path d=(part.path()) fill=(hexadecimal(part.fill)) {},
            Shape::Text(text) => {
                @let [x, y] = text.at.map(fixed);
                text class=[(!text.class.is_empty()).then_some(text.class)] x=(x) y=(y) text-anchor=(text.anchor.in_svg())
                    transform=[text.upwards.then(|| format!("rotate(-90 {x} {y})"))] {
                    (text.text) @if let Some(below) = &text.below { tspan x=(x) dy=(LINE) { (below) } }
                }
            }
        }
    }
}

impl Anchor {
    fn in_svg(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

fn listed(points: &[[f64; 2]]) -> String {
    points.iter().map(|[x, y]| format!("{},{}", fixed(*x), fixed(*y))).collect::<Vec<_>>().join(" ")
}

/// A colour as SVG needs it, for example `#1ea0c8`.
pub(super) fn hexadecimal([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// A coordinate as SVG needs it.
fn fixed(value: f64) -> String {
    format!("{value:.1}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_become_elements_in_their_order() {
        let mut drawing = Drawing::new(100.0, 50.0);
        drawing.line("axis", [0.0, 1.0], [2.0, 3.0]);
        drawing.rect("", [1.0, 2.0], [3.0, 4.0], Some([255, 0, 16]));
        drawing.shapes.push(Shape::Text(Text {
            class: "",
            at: [5.0, 6.0],
            anchor: Anchor::Middle,
            text: "<a>".into(),
            below: Some("b".into()),
            upwards: true,
        }));
        assert_eq!(
            drawing.svg(Some("bar"), "x").into_string(),
            "<svg class=\"bar\" viewBox=\"0 0 100 50\" role=\"img\" aria-label=\"x\">\
             <line class=\"axis\" x1=\"0.0\" x2=\"2.0\" y1=\"1.0\" y2=\"3.0\"></line>\
             <rect x=\"1.0\" y=\"2.0\" width=\"3.0\" height=\"4.0\" fill=\"#ff0010\"></rect>\
             <text x=\"5.0\" y=\"6.0\" text-anchor=\"middle\" transform=\"rotate(-90 5.0 6.0)\">&lt;a&gt;\
             <tspan x=\"5.0\" dy=\"13\">b</tspan></text></svg>"
        );
    }

    #[test]
    fn a_quarter_of_a_ring_begins_and_ends_at_its_corners() {
        let part = RingPart {
            centre: [50.0, 50.0],
            inner: 10.0,
            outer: 40.0,
            from_degrees: 0.0,
            to_degrees: 90.0,
            clockwise: true,
            fill: [0; 3],
        };
        assert_eq!(part.width_degrees(), 90.0);
        assert_eq!(part.path(), "M 50.0 10.0 A 40 40 0 0 1 90.0 50.0 L 60.0 50.0 A 10 10 0 0 0 50.0 40.0 Z");
        let other = RingPart { clockwise: false, ..part };
        assert_eq!(other.width_degrees(), 270.0);
    }
}
