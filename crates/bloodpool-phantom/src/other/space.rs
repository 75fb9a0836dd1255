//! `Mesh`: closed surfaces made of stacked loops of points, their volume, tubes along splines, and the vector arithmetic.

/// A point or direction, mm.
pub(super) type P3 = [f64; 3];

pub(super) fn dot(a: P3, b: P3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub(super) fn cross(a: P3, b: P3) -> P3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// `a + times * b`.
pub(super) fn along(a: P3, b: P3, times: f64) -> P3 {
    [a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]]
}

pub(super) fn mix(a: P3, b: P3, part: f64) -> P3 {
    [0, 1, 2].map(|k| a[k] + part * (b[k] - a[k]))
}

/// The direction of `a`; the first axis where it has none.
pub(super) fn unit(a: P3) -> P3 {
    let length = dot(a, a).sqrt();
    if length > 1e-9 { a.map(|x| x / length) } else { [1.0, 0.0, 0.0] }
}

/// Three orthonormal directions: that of `first`, the part of `second` across it, and across both.
pub(super) fn orthonormal(first: P3, second: P3) -> [P3; 3] {
    let first = unit(first);
    let second = unit(along(second, first, -dot(first, second)));
    [first, second, cross(first, second)]
}

/// `a` turned about the direction `axis` by `angle` rad (Rodrigues).
pub(super) fn turned(a: P3, axis: P3, angle: f64) -> P3 {
    let (sin, cos) = angle.sin_cos();
    let across = cross(axis, a);
    let part = dot(axis, a) * (1.0 - cos);
    [0, 1, 2].map(|k| a[k] * cos + across[k] * sin + axis[k] * part)
}

/// A closed surface of loops of equally many points, closed at both ends by a fan about a pole. It is oriented so that
/// its volume is positive.
#[derive(Debug, Clone)]
pub(super) struct Mesh {
    /// Loop by loop, then the pole of the first loop and that of the last.
    pub(super) points: Vec<P3>,
    around: usize,
    flipped: bool,
}

impl Mesh {
    /// From the points of all loops, `around` to a loop, and the two poles.
    pub(super) fn new(mut points: Vec<P3>, around: usize, poles: [P3; 2]) -> Self {
        points.extend(poles);
        let mut mesh = Self { points, around: around.max(3), flipped: false };
        mesh.flipped = mesh.signed_volume() < 0.0;
        mesh
    }

    /// The same with the middle of the first and the last loop as poles.
    pub(super) fn capped(points: Vec<P3>, around: usize) -> Self {
        let middle = |points: &[P3]| {
            let sum = points.iter().fold([0.0; 3], |sum, &p| along(sum, p, 1.0));
            sum.map(|x| x / points.len().max(1) as f64)
        };
        let last = points.len().saturating_sub(around);
        let poles = [middle(&points[..around.min(points.len())]), middle(&points[last..])];
        Self::new(points, around, poles)
    }

    /// A tube of circular section along `line`, with one radius per point of it.
    pub(super) fn tube(line: &[P3], radii: &[f64], around: usize) -> Self {
        let mut points = Vec::with_capacity(line.len() * around);
        let mut side = [0.0, 0.0, 1.0];
        for (k, &at) in line.iter().enumerate() {
            let tangent = along(line[(k + 1).min(line.len() - 1)], line[k.saturating_sub(1)], -1.0);
            // The side of the loop before, made perpendicular again: the loops do not twist.
            let [_, across, third] = orthonormal(tangent, side);
            side = across;
            for j in 0..around {
                let (sin, cos) = (std::f64::consts::TAU * j as f64 / around as f64).sin_cos();
                points.push(along(along(at, across, radii[k] * cos), third, radii[k] * sin));
            }
        }
        Self::capped(points, around)
    }

    /// Visits the triangles, as places in `points`, all in the same sense of rotation seen from outside.
    pub(super) fn triangles(&self, mut visit: impl FnMut([usize; 3])) {
        let (around, first) = (self.around, self.points.len() - 2);
        let loops = first / around;
        let mut oriented = |[a, b, c]: [usize; 3]| visit(if self.flipped { [a, c, b] } else { [a, b, c] });
        for j in 0..around {
            let next = if j + 1 < around { j + 1 } else { 0 };
            oriented([first, next, j]);
            for k in 0..loops.saturating_sub(1) {
                let [here, beyond] = [k * around, (k + 1) * around];
                oriented([here + j, here + next, beyond + j]);
                oriented([here + next, beyond + next, beyond + j]);
            }
            let last = loops.saturating_sub(1) * around;
            oriented([first + 1, last + j, last + next]);
        }
    }

    fn signed_volume(&self) -> f64 {
        let origin = self.points[self.points.len() - 1];
        let from = |k: usize| along(self.points[k], origin, -1.0);
        let mut sum = 0.0;
        self.triangles(|[a, b, c]| sum += dot(from(a), cross(from(b), from(c))));
        sum / 6.0
    }

    /// Volume inside, ml.
    pub(super) fn volume_ml(&self) -> f64 {
        self.signed_volume() / 1000.0
    }
}

/// Points of a Catmull-Rom spline through `points`, `steps` to each piece, and the last point.
pub(super) fn spline(points: &[P3], steps: usize) -> Vec<P3> {
    let at = |k: isize| points[k.clamp(0, points.len() as isize - 1) as usize];
    let mut line = Vec::with_capacity(points.len() * steps);
    for k in 0..points.len().saturating_sub(1) as isize {
        let corners = [at(k - 1), at(k), at(k + 1), at(k + 2)];
        for step in 0..steps {
            let u = step as f64 / steps as f64;
            line.push([0, 1, 2].map(|axis| catmull_rom(corners.map(|p| p[axis]), u)));
        }
    }
    line.extend(points.last());
    line
}

/// The cubic through the two middle values at `u` = 0 and 1, with the slopes that the outer ones give.
pub(super) fn catmull_rom([a, b, c, d]: [f64; 4], u: f64) -> f64 {
    b + 0.5 * u * (c - a + u * (2.0 * a - 5.0 * b + 4.0 * c - d + u * (3.0 * (b - c) + d - a)))
}

/// Linear interpolation in rising nodes `x`, constant beyond them.
pub(super) fn interpolate(nodes: &[[f64; 2]], x: f64) -> f64 {
    let upper = nodes.partition_point(|node| node[0] < x);
    match (upper.checked_sub(1).map(|k| nodes[k]), nodes.get(upper)) {
        (Some([x0, y0]), Some(&[x1, y1])) => y0 + (y1 - y0) * (x - x0) / (x1 - x0).max(1e-12),
        (Some([_, y]), None) | (None, Some(&[_, y])) => y,
        (None, None) => 0.0,
    }
}

/// Cubic interpolation of `values` at rising `nodes`, constant beyond them. Uneven nodes are allowed.
pub(super) fn smooth(nodes: &[f64], values: impl Fn(usize) -> f64, x: f64) -> f64 {
    let last = nodes.len().saturating_sub(1);
    let lower = nodes.partition_point(|&node| node <= x).saturating_sub(1).min(last.saturating_sub(1));
    if last == 0 {
        return values(0);
    }
    let u = ((x - nodes[lower]) / (nodes[lower + 1] - nodes[lower]).max(1e-12)).clamp(0.0, 1.0);
    catmull_rom([values(lower.saturating_sub(1)), values(lower), values(lower + 1), values((lower + 2).min(last))], u)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    #[test]
    fn volumes_are_those_of_known_bodies() {
        // pi r^2 h, and 4/3 pi r^3; a polygon of n corners has sin(2 pi / n) n / (2 pi) of its circle.
        let tube = Mesh::tube(&[[0.0, 0.0, 0.0], [50.0, 0.0, 0.0], [100.0, 0.0, 0.0]], &[10.0; 3], 48);
        let polygon = (PI / 24.0).sin() * 24.0 / PI;
        assert!((tube.volume_ml() / (PI * 10.0 * polygon) - 1.0).abs() < 1e-9, "{}", tube.volume_ml());
        let mut points = Vec::new();
        for k in 1..40 {
            let (sin, cos) = (PI * f64::from(k) / 40.0).sin_cos();
            for j in 0..48 {
                let (y, x) = (PI * f64::from(j) / 24.0).sin_cos();
                points.push([30.0 * cos, 30.0 * sin * x, 30.0 * sin * y]);
            }
        }
        let ball = Mesh::new(points, 48, [[30.0, 0.0, 0.0], [-30.0, 0.0, 0.0]]);
        assert!((ball.volume_ml() / 113.1 - 1.0).abs() < 0.01, "{}", ball.volume_ml());
    }

    #[test]
    fn splines_pass_through_their_points() {
        let points = [[0.0, 1.0, 2.0], [5.0, -3.0, 2.0], [9.0, 4.0, 4.0]];
        let line = spline(&points, 4);
        assert_eq!((line.len(), line[4], line[8]), (9, points[1], points[2]));
        assert!((interpolate(&[[0.0, 1.0], [2.0, 3.0]], 0.5) - 1.5).abs() < 1e-12);
        assert!((smooth(&[0.0, 1.0, 3.0], |k| [2.0, 4.0, 8.0][k], 1.0) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn turning_keeps_lengths_and_the_axis() {
        let axis = unit([1.0, 2.0, -0.5]);
        let point = turned([3.0, -1.0, 2.0], axis, 0.7);
        assert!((dot(point, point) - 14.0).abs() < 1e-9);
        assert!((dot(point, axis) - dot([3.0, -1.0, 2.0], axis)).abs() < 1e-9);
    }
}
