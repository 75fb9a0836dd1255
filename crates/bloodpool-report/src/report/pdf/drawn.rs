//! A `Drawing` on the canvas: each shape by the look that its class has, as style.css gives it for the page.

use super::canvas::{ACCENT, ALARM, Align, Canvas, Colour, INK, Look, Mark, SOFT, WHITE, plain};
use crate::report::drawing::{Anchor, Drawing, LINE as LINE_HEIGHT, RingPart, Shape, Text};

const GRID: Colour = [0xe6, 0xeb, 0xef];
const AXIS: Colour = [0x6b, 0x78, 0x83];
const RATE: Colour = [0xa2, 0x3a, 0x12];
pub(super) const RV: Colour = [0xd0, 0x4a, 0x86];
const UNMIXED: Colour = [0x8a, 0x5a, 0x9e];
/// How far the title of an axis is moved down.
pub(super) const TITLE_BELOW: f32 = 3.6;
const BAND: Colour = [0xbf, 0xd9, 0xc3];
const RANGE_AXIS: Colour = [0xb8, 0xc2, 0xca];

/// Which of two looks a class has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Looks {
    /// Curve, histogram, sectors, colour bar.
    Chart,
    /// The small drawing of a value in its range.
    Plain,
}

/// Height of a drawing that is shown this wide.
pub(super) fn height(drawing: &Drawing, width: f32) -> f32 {
    width * (drawing.height / drawing.width.max(1.0)) as f32
}

/// Draws at the upper left corner `at`, `width` wide; text of ordinary size is `text_size` points large.
pub(super) fn draw(canvas: &mut Canvas<'_>, drawing: &Drawing, at: [f32; 2], width: f32, text_size: f32, looks: Looks) {
    let scale = f64::from(width) / drawing.width.max(1.0);
    let place = |[x, y]: [f64; 2]| [at[0] + (x * scale) as f32, at[1] + (y * scale) as f32];
    for shape in &drawing.shapes {
        match shape {
            Shape::Line { class, from, to } => {
                let points = vec![place(*from), place(*to)];
                canvas.mark(Mark::Path { points, closed: false, look: line(class, looks) });
            }
            Shape::Polyline { class, points } => {
                let points = points.iter().copied().map(place).collect();
                canvas.mark(Mark::Path { points, closed: false, look: line(class, looks) });
            }
            Shape::Polygon { points, .. } => {
                let look = Look { fill: Some(ACCENT), opacity: Some(0.13), ..Look::default() };
                canvas.mark(Mark::Path { points: points.iter().copied().map(place).collect(), closed: true, look });
            }
            Shape::Rect { class, at, size, fill } => {
                let [width, height] = size.map(|length| (length * scale) as f32);
                let colour = fill.unwrap_or(if *class == "band" { BAND } else { ACCENT });
                canvas.rect(place(*at), [width, height], Look::filled(colour));
            }
            Shape::Circle { class, centre, radius } => {
                let look = match *class {
                    "rate" => Look { fill: Some(WHITE), stroke: Some((RATE, 1.0)), ..Look::default() },
                    "beyond" => Look { fill: Some(ALARM), stroke: Some((WHITE, 0.4)), ..Look::default() },
                    "signed" => Look { fill: Some(WHITE), stroke: Some((SOFT, 0.9)), ..Look::default() },
                    "value" => Look { fill: Some(ACCENT), stroke: Some((WHITE, 0.4)), ..Look::default() },
                    _ => Look::filled(ACCENT),
                };
                let smallest = if *class == "named" { 1.1 } else { 2.0 };
                let radius = ((radius * scale) as f32).max(smallest);
                canvas.mark(Mark::Path { points: circle(place(*centre), radius), closed: true, look });
            }
            Shape::RingPart(part) => {
                let look = Look { fill: Some(part.fill), stroke: Some((WHITE, 0.8)), ..Look::default() };
                canvas.mark(Mark::Path { points: ring(part).into_iter().map(place).collect(), closed: true, look });
            }
            Shape::Text(text) => write(canvas, text, place(text.at), text_size, scale),
        }
    }
}

fn write(canvas: &mut Canvas<'_>, text: &Text, at: [f32; 2], size: f32, scale: f64) {
    let style = match text.class {
        "phase" | "wall" => plain(size).bold(),
        "rate" => plain(size).in_colour(RATE).bold().rimmed(),
        "ef" => plain(size * 1.25).bold().in_colour([0x10, 0x18, 0x1f]),
        "ef light" => plain(size * 1.25).bold().in_colour(WHITE),
        "number" => plain(size * 0.9).soft(),
        "value" => plain(size * 1.1).bold().in_colour(ACCENT).rimmed(),
        "beyond" => plain(size * 1.1).bold().in_colour(ALARM).rimmed(),
        "edge" => plain(size).in_colour(ACCENT),
        "limit" => plain(size).in_colour(ALARM).rimmed(),
        _ => plain(size).soft(),
    };
    if text.upwards {
        canvas.text_upwards([at[0] - 1.0, at[1]], &text.text, style);
        return;
    }
    // The text of a small drawing is larger beside its lines than that of the page: two lines must not touch.
    let at = match text.class {
        "phase" => [at[0], at[1] - 2.6],
        "title" => [at[0], at[1] + TITLE_BELOW],
        "" if text.anchor == Anchor::Middle => [at[0], at[1] + 1.2],
        _ => at,
    };
    let align = match text.anchor {
        Anchor::Start => Align::Left,
        Anchor::Middle => Align::Centre,
        Anchor::End => Align::Right,
    };
    canvas.text(at, align, &text.text, style);
    if let Some(below) = &text.below {
        let down = ((LINE_HEIGHT * scale) as f32).max(size * 1.1);
        canvas.text([at[0], at[1] + down], align, below, style);
    }
}

fn line(class: &str, looks: Looks) -> Look {
    match (class, looks) {
        ("grid", _) => Look::stroked(GRID, 0.5),
        ("axis", Looks::Chart) => Look::stroked(AXIS, 0.5),
        ("axis", Looks::Plain) => Look::stroked(RANGE_AXIS, 0.5),
        ("phase", _) => Look { stroke: Some((AXIS, 0.5)), dash: Some(2.0), ..Look::default() },
        ("limit", _) => Look { stroke: Some((ALARM, 0.7)), dash: Some(3.0), ..Look::default() },
        ("baseline", _) => Look { stroke: Some((ACCENT, 0.6)), dash: Some(1.2), ..Look::default() },
        ("course", _) => Look::stroked(ACCENT, 0.8),
        ("beyond", _) => Look::stroked(ALARM, 1.0),
        ("value", _) => Look::stroked(ACCENT, 1.0),
        ("interval", _) => Look::stroked(INK, 1.0),
        ("named", _) => Look::stroked(ACCENT, 1.2),
        ("fit", _) => Look { stroke: Some((ACCENT, 0.7)), dash: Some(2.4), ..Look::default() },
        ("unmixed", _) => Look::stroked(UNMIXED, 0.7),
        ("rate", _) => Look::stroked(RATE, 1.1),
        ("rv", _) => Look::stroked(RV, 0.9),
        _ => Look::stroked(SOFT, 0.5),
    }
}

/// The key of a legend: colour, and whether it is dashed.
pub(super) fn key(class: &str) -> (Colour, bool) {
    match class {
        "repeated" | "band" => ([0xc4, 0xdb, 0xe4], false),
        "named" => (ACCENT, false),
        other => {
            let look = line(other, Looks::Chart);
            (look.stroke.map_or(SOFT, |(colour, _)| colour), look.dash.is_some())
        }
    }
}

fn circle([x, y]: [f32; 2], radius: f32) -> Vec<[f32; 2]> {
    let point = |part: u8| {
        let (sine, cosine) = (f32::from(part) * std::f32::consts::TAU / 24.0).sin_cos();
        [x + radius * cosine, y + radius * sine]
    };
    (0..24).map(point).collect()
}

/// The outline of a part of a ring, in steps of about 3 degrees.
fn ring(part: &RingPart) -> Vec<[f64; 2]> {
    let width = part.width_degrees();
    let steps = (width / 3.0).ceil().max(1.0);
    let along = |step: f64| part.from_degrees + if part.clockwise { 1.0 } else { -1.0 } * width * step / steps;
    let outer = (0..=steps as usize).map(|step| part.place(along(step as f64), part.outer));
    let inner = (0..=steps as usize).rev().map(|step| part.place(along(step as f64), part.inner));
    outer.chain(inner).collect()
}

#[cfg(test)]
mod tests {
    use super::super::typeface::Typeface;
    use super::*;

    #[test]
    fn a_drawing_is_scaled_to_its_width() {
        let typeface = Typeface::new().unwrap();
        let mut canvas = Canvas::new(&typeface);
        let mut drawing = Drawing::new(200.0, 100.0);
        drawing.line("axis", [0.0, 100.0], [200.0, 100.0]);
        drawing.text("", [100.0, 50.0], Anchor::Middle, "A");
        assert_eq!(height(&drawing, 50.0), 25.0);
        draw(&mut canvas, &drawing, [10.0, 20.0], 50.0, 6.0, Looks::Chart);
        let Mark::Path { points, .. } = &canvas.pages[0][0] else { panic!() };
        assert_eq!(points, &[[10.0, 45.0], [60.0, 45.0]]);
        // fontTools: "A" is 0.608 em wide.
        let Mark::Text { at, .. } = &canvas.pages[0][1] else { panic!() };
        assert!((at[0] - (35.0 - 0.304 * 6.0)).abs() < 1e-3 && (at[1] - 33.7).abs() < 1e-3, "{at:?}");
    }

    #[test]
    fn a_part_of_a_ring_begins_and_ends_at_its_corners() {
        let part = RingPart {
            centre: [50.0, 50.0],
            inner: 10.0,
            outer: 40.0,
            from_degrees: 0.0,
            to_degrees: 90.0,
            clockwise: true,
            fill: [0; 3],
        };
        let outline = ring(&part);
        assert_eq!(outline.len(), 62);
        let near = |[x, y]: [f64; 2], [u, v]: [f64; 2]| (x - u).hypot(y - v) < 1e-9;
        assert!(near(outline[0], [50.0, 10.0]) && near(outline[30], [90.0, 50.0]) && near(outline[61], [50.0, 40.0]));
    }
}
