//! `SplineOutline`: an outline as a closed spline whose vertices lie in polar order from a fixed angle.

use serde::{Deserialize, Serialize};

use crate::{Contour, Mask};

/// Number of vertices: with fewer, the outline of a large ventricle on a matrix of 128 loses pixels; with more, vertices lie closer
/// than pixels on a small one at ES. The same on every frame, so that vertices correspond between frames.
pub const VERTICES: usize = 32;
/// Points of the polygon that stands for the spline between two vertices.
const STEPS: usize = 8;
/// Passes in which radii are moved to give back the pixels of a mask. Most masks need fewer than 20.
const PASSES: usize = 80;
/// How far a pixel's centre shall be from the outline after a pass, pixels.
const MARGIN: f64 = 0.08;

/// A closed uniform Catmull-Rom spline through vertices `[x, y]` (column, row) in the study's own pixels.
///
/// Vertex `k` of a fitted outline lies from its centre in the direction of `k / VERTICES` of a turn clockwise from 12 o'clock as
/// displayed. Tools may move vertices from there; their order stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<[f64; 2]>", into = "Vec<[f64; 2]>")]
pub struct SplineOutline {
    vertices: Vec<[f64; 2]>,
}

impl TryFrom<Vec<[f64; 2]>> for SplineOutline {
    type Error = String;

    fn try_from(vertices: Vec<[f64; 2]>) -> Result<Self, String> {
        Self::new(vertices).ok_or_else(|| format!("an outline has {VERTICES} vertices with finite coordinates"))
    }
}

impl From<SplineOutline> for Vec<[f64; 2]> {
    fn from(outline: SplineOutline) -> Self {
        outline.vertices
    }
}

impl SplineOutline {
    /// An outline through these vertices; `None` unless there are [`VERTICES`] of them, all finite.
    #[must_use]
    pub fn new(vertices: Vec<[f64; 2]>) -> Option<Self> {
        let finite = vertices.iter().flatten().all(|value| value.is_finite());
        (vertices.len() == VERTICES && finite).then_some(Self { vertices })
    }

    /// The vertices, `[x, y]`.
    #[must_use]
    pub fn vertices(&self) -> &[[f64; 2]] {
        &self.vertices
    }

    /// The outline with each vertex at another place.
    #[must_use]
    pub(super) fn map(&self, place: impl FnMut((usize, [f64; 2])) -> [f64; 2]) -> Option<Self> {
        Self::new(self.vertices.iter().copied().enumerate().map(place).collect())
    }

    /// Mean of the vertices.
    #[must_use]
    pub fn centre(&self) -> [f64; 2] {
        let sum = self.vertices.iter().fold([0.0, 0.0], |sum, vertex| [sum[0] + vertex[0], sum[1] + vertex[1]]);
        sum.map(|sum| sum / VERTICES as f64)
    }

    /// The spline as a polygon.
    #[must_use]
    pub fn polygon(&self) -> Contour {
        let at = |index: usize| self.vertices[index % VERTICES];
        let mut points = Vec::with_capacity(VERTICES * STEPS);
        for index in 0..VERTICES {
            let (before, from, to, after) = (at(index + VERTICES - 1), at(index), at(index + 1), at(index + 2));
            for step in 0..STEPS {
                let t = step as f64 / STEPS as f64;
                let on = |axis: usize| {
                    let (a, b, c, d) = (before[axis], from[axis], to[axis], after[axis]);
                    let linear = c - a;
                    let square = 2.0 * a - 5.0 * b + 4.0 * c - d;
                    let cubic = 3.0 * (b - c) + d - a;
                    0.5 * (2.0 * b + t * (linear + t * (square + t * cubic)))
                };
                points.push([on(0), on(1)]);
            }
        }
        Contour(points)
    }

    /// The pixels whose centres lie inside.
    #[must_use]
    pub fn mask(&self, rows: usize, columns: usize) -> Mask {
        self.polygon().rasterised(rows, columns)
    }

    /// The spline that gives a mask back best: as many of its pixels as can be, then its area. Holes are filled, and smaller parts
    /// are left out. `None` for an empty mask.
    #[must_use]
    pub fn fitted(mask: &Mask) -> Option<Self> {
        let whole = mask.largest_component().holes_filled();
        let (row, column) = whole.centroid()?;
        let centre = [column, row];
        let (rows, columns) = whole.dim();
        let border = whole.contour();
        let mut radii: Vec<f64> = (0..VERTICES).map(|index| farthest(&border, centre, direction(index))).collect();
        // A mask's border runs along pixel edges; the ventricle's does not.
        radii = (0..VERTICES)
            .map(|k| (radii[(k + VERTICES - 1) % VERTICES] + 2.0 * radii[k] + radii[(k + 1) % VERTICES]) / 4.0)
            .collect();
        let area = whole.area();
        let mut best: Option<((usize, usize), Self)> = None;
        for _ in 0..PASSES {
            let outline = Self::polar(centre, &radii)?;
            let drawn = outline.mask(rows, columns);
            let wrong: Vec<((usize, usize), bool)> = whole
                .difference(&drawn)
                .inside()
                .map(|at| (at, true))
                .chain(drawn.difference(&whole).inside().map(|at| (at, false)))
                .collect();
            let rank = (wrong.len(), drawn.area().abs_diff(area));
            if best.as_ref().is_none_or(|(least, _)| rank < *least) {
                best = Some((rank, outline));
            }
            if rank.0 == 0 {
                break;
            }
            give_back(&mut radii, centre, &wrong);
        }
        best.map(|(_, outline)| outline)
    }

    /// Vertices at these distances from a centre.
    fn polar(centre: [f64; 2], radii: &[f64]) -> Option<Self> {
        let place = |(index, radius): (usize, &f64)| {
            let [x, y] = direction(index);
            [centre[0] + radius * x, centre[1] + radius * y]
        };
        Self::new(radii.iter().enumerate().map(place).collect())
    }
}

/// Unit vector `[x, y]` towards a vertex: clockwise as displayed, from 12 o'clock.
fn direction(index: usize) -> [f64; 2] {
    let angle = index as f64 / VERTICES as f64 * std::f64::consts::TAU;
    [angle.sin(), -angle.cos()]
}

/// Distance of the farthest point at which a ray from `centre` crosses a polygon; half a pixel where it does not.
fn farthest(border: &Contour, centre: [f64; 2], [dx, dy]: [f64; 2]) -> f64 {
    let points = &border.0;
    let sides = points.iter().zip(points.iter().cycle().skip(1));
    let crossing = sides.filter_map(|(from, to)| {
        let (ax, ay) = (from[0] - centre[0], from[1] - centre[1]);
        let (bx, by) = (to[0] - from[0], to[1] - from[1]);
        let determinant = bx * dy - by * dx;
        let along = (ay * dx - ax * dy) / determinant;
        let distance = (bx * ay - by * ax) / determinant;
        let hit = determinant.abs() > 1e-12 && (-1e-9..=1.0 + 1e-9).contains(&along) && distance > 0.0;
        hit.then_some(distance)
    });
    crossing.fold(0.5, f64::max)
}

/// Moves the radii beside each wrong pixel (`true`: it belongs inside) to where it would be right.
fn give_back(radii: &mut [f64], centre: [f64; 2], wrong: &[((usize, usize), bool)]) {
    let mut moves = [(0.0, 0.0); VERTICES];
    for &((row, column), inside) in wrong {
        let (x, y) = (column as f64 - centre[0], row as f64 - centre[1]);
        let place = x.atan2(-y).rem_euclid(std::f64::consts::TAU) / std::f64::consts::TAU * VERTICES as f64;
        let (lower, way) = (place.floor(), place - place.floor());
        let (low, high) = (lower as usize % VERTICES, (lower as usize + 1) % VERTICES);
        let here = (1.0 - way) * radii[low] + way * radii[high];
        let margin = if inside { MARGIN } else { -MARGIN };
        let off = x.hypot(y) + margin - here;
        // Between two vertices the spline differs from the line; the sign of the error is what is known.
        let off = if inside { off.max(MARGIN) } else { off.min(-MARGIN) };
        for (vertex, weight) in [(low, 1.0 - way), (high, way)] {
            moves[vertex].0 += weight * off;
            moves[vertex].1 += weight;
        }
    }
    for (radius, (sum, weight)) in radii.iter_mut().zip(moves) {
        if weight > 0.0 {
            *radius = (*radius + 0.7 * sum / weight.max(0.5)).max(0.3);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bloodpool_stats::overlap;

    fn dice(left: &Mask, right: &Mask) -> f64 {
        overlap(left, right).unwrap().dice
    }

    #[test]
    fn an_ellipse_is_given_back() {
        for (rows, columns) in [(3.2, 5.1), (7.0, 9.5), (14.3, 11.0), (22.0, 17.0)] {
            let mask = Mask::from_fn(64, 64, |row, column| {
                ((row as f64 - 30.3) / rows).powi(2) + ((column as f64 - 33.8) / columns).powi(2) <= 1.0
            });
            let outline = SplineOutline::fitted(&mask).unwrap();
            let drawn = outline.mask(64, 64);
            assert!(dice(&drawn, &mask) >= 0.99, "{rows} x {columns}: {}", dice(&drawn, &mask));
        }
    }

    #[test]
    fn vertices_begin_at_12_o_clock_and_run_clockwise() {
        let mask = Mask::from_fn(40, 40, |row, column| (row as f64 - 20.0).hypot(column as f64 - 20.0) < 8.0);
        let outline = SplineOutline::fitted(&mask).unwrap();
        let [top, right] = [outline.vertices()[0], outline.vertices()[VERTICES / 4]];
        assert!((top[0] - 20.0).abs() < 1e-9 && top[1] < 13.0, "{top:?}");
        assert!((right[1] - 20.0).abs() < 1e-9 && right[0] > 27.0, "{right:?}");
    }

    #[test]
    fn what_is_no_outline_is_refused() {
        assert!(SplineOutline::fitted(&Mask::empty(40, 40)).is_none());
        assert!(SplineOutline::new(vec![[0.0, 0.0]; 5]).is_none());
        assert!(SplineOutline::new(vec![[0.0, f64::NAN]; VERTICES]).is_none());
        assert!(serde_json::from_str::<SplineOutline>("[[1.0, 2.0]]").is_err());
    }
}
