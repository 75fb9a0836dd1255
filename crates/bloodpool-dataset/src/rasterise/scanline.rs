//! A polygon filled row by row, with the edge and corner rules of Pillow's `ImageDraw.polygon`.

use super::canvas::Canvas;

/// A side of the polygon that spans more than one row.
struct Edge {
    /// Where it was begun: x is computed from here, not from its upper end, which rounds differently.
    x0: f32,
    y0: i64,
    top: i64,
    bottom: i64,
    /// Columns per row.
    slope: f32,
}

impl Edge {
    /// In single precision, product first and sum second, each rounded.
    fn x_at(&self, y: i64) -> f32 {
        (y - self.y0) as f32 * self.slope + self.x0
    }

    fn spans(&self, y: i64) -> bool {
        (self.top..=self.bottom).contains(&y)
    }

    fn ends_at(&self, y: i64) -> bool {
        y == self.top || y == self.bottom
    }
}

/// Fills the polygon of these vertices `(x, y)`, its rim included.
pub(super) fn fill(canvas: &mut Canvas, vertices: &[(i64, i64)]) {
    let (Some(&first), Some(&last)) = (vertices.first(), vertices.last()) else { return };
    let closing = (last != first).then_some((last, first));
    let mut edges: Vec<Edge> = Vec::with_capacity(vertices.len());
    for ((x0, y0), (x1, y1)) in vertices.windows(2).map(|pair| (pair[0], pair[1])).chain(closing) {
        if y0 == y1 {
            canvas.span(y0, x0.min(x1), x0.max(x1));
        } else {
            let slope = (x1 - x0) as f32 / (y1 - y0) as f32;
            edges.push(Edge { x0: x0 as f32, y0, top: y0.min(y1), bottom: y0.max(y1), slope });
        }
    }
    let rows = canvas.last_row() + 1;
    let top = vertices.iter().map(|&(_, y)| y).min().unwrap_or(0).max(0);
    // One row past the image at most: the last row of all has a rule of its own, which must not fall on a visible row.
    let bottom = vertices.iter().map(|&(_, y)| y).max().unwrap_or(0).min(rows);
    let mut crossings = Vec::with_capacity(edges.len() * 2);
    for y in top..=bottom {
        crossings.clear();
        cross(&edges, y, bottom, &mut crossings);
        crossings.sort_by(f32::total_cmp);
        for pair in crossings.chunks_exact(2) {
            canvas.span(y, rounded_up(pair[0]), rounded_down(pair[1]));
        }
    }
}

/// Where the edges meet row `y`.
fn cross(edges: &[Edge], y: i64, bottom: i64, crossings: &mut Vec<f32>) {
    for (index, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.spans(y)) {
        let x = edge.x_at(y);
        if y == edge.bottom && y < bottom {
            // An edge that ends here while the polygon goes on counts twice, or left and right would swap below.
            crossings.extend([x, x]);
        } else if edge.ends_at(y) && edge.slope != 0.0 {
            crossings.push(joined_corner(edge, &edges[..index], y, x));
        } else {
            crossings.push(x);
        }
    }
}

/// The end `x` of an edge at row `y`, drawn towards its neighbour where the two meet in a flat spike:
/// the tip must touch the next row's pixels.
fn joined_corner(edge: &Edge, earlier: &[Edge], y: i64, x: f32) -> f32 {
    let next = if y == edge.bottom { y - 1 } else { y + 1 };
    let meets = |other: &&Edge| {
        other.ends_at(y) && other.slope != 0.0 && x.round() == other.x_at(y).round() && other.spans(next)
    };
    let Some(other) = earlier.iter().find(meets) else { return x };
    let (own, others) = (edge.x_at(next), other.x_at(next));
    if x > own + 1.0 && x > others + 1.0 {
        own.max(others).round() + 1.0
    } else if x < own - 1.0 && x < others - 1.0 {
        own.min(others).round() - 1.0
    } else {
        x
    }
}

/// To the nearest whole number, halves away from zero. Single precision at and above zero, double below, as Pillow has
/// it.
fn rounded_up(x: f32) -> i64 {
    if x >= 0.0 { (x + 0.5).floor() as i64 } else { -((f64::from(x).abs() + 0.5).floor() as i64) }
}

/// To the nearest whole number, halves towards zero.
fn rounded_down(x: f32) -> i64 {
    if x >= 0.0 { (x - 0.5).ceil() as i64 } else { -((f64::from(x).abs() - 0.5).ceil() as i64) }
}
