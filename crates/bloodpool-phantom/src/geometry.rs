//! Points, axes and outlines in camera coordinates: x to the image's right, y down, z away from the detector, mm.

use std::f64::consts::TAU;

use bloodpool_core::Mask;
use ndarray::Array2;

/// A point or direction, mm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Vec3 {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) z: f64,
}

impl Vec3 {
    pub(crate) fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }

    pub(crate) fn plus(self, other: Self, times: f64) -> Self {
        Self::new(self.x + times * other.x, self.y + times * other.y, self.z + times * other.z)
    }

    pub(crate) fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    pub(crate) fn cross(self, other: Self) -> Self {
        Self::new(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }

    fn turned_about_z(self, angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self::new(cos * self.x - sin * self.y, sin * self.x + cos * self.y, self.z)
    }

    fn turned_about_y(self, angle: f64) -> Self {
        let (sin, cos) = angle.sin_cos();
        Self::new(cos * self.x + sin * self.z, self.y, cos * self.z - sin * self.x)
    }
}

/// The heart's own axes.
#[derive(Debug, Clone)]
pub(crate) struct Frame3 {
    /// Centre of the LV base at ED.
    pub(crate) origin: Vec3,
    /// From base to apex.
    pub(crate) apex: Vec3,
    /// To the septum and the RV.
    pub(crate) septum: Vec3,
    /// Across both; points to the inferior wall.
    pub(crate) inferior: Vec3,
}

impl Frame3 {
    /// The axes in an LAO view: `tilt` between long axis and view, `roll` in the image, `off` the best septal view,
    /// rad.
    pub(crate) fn lao(tilt: f64, roll: f64, off: f64) -> Self {
        let turn = |v: Vec3| v.turned_about_z(roll).turned_about_y(off);
        let apex = turn(Vec3::new(0.0, tilt.sin(), -tilt.cos()));
        let septum = turn(Vec3::new(-1.0, 0.0, 0.0));
        Self { origin: Vec3::new(0.0, 0.0, 0.0), apex, septum, inferior: apex.cross(septum) }
    }

    /// From (to apex, to septum, inferior) to camera coordinates.
    pub(crate) fn to_camera(&self, local: Vec3) -> Vec3 {
        self.origin.plus(self.apex, local.x).plus(self.septum, local.y).plus(self.inferior, local.z)
    }

    /// From camera coordinates to (to apex, to septum, inferior).
    pub(crate) fn to_local(&self, camera: Vec3) -> Vec3 {
        let from = camera.plus(self.origin, -1.0);
        Vec3::new(from.dot(self.apex), from.dot(self.septum), from.dot(self.inferior))
    }
}

const DIRECTIONS: usize = 72;

/// Share of the peak of the LV's blurred counts at which raters draw. Regions are drawn where the fall-off ends rather than half-way, and
/// with half of the peak consensus regions have 58 % of the area of the projected cavity.
pub(crate) const VISIBLE_EDGE: f64 = 0.25;

/// A star-shaped outline: one radius per direction around a centre, mm.
#[derive(Debug, Clone)]
pub(crate) struct Silhouette {
    pub(crate) centre: [f64; 2],
    pub(crate) radii: Vec<f64>,
}

impl Silhouette {
    /// The outer envelope of points.
    pub(crate) fn around(points: &[[f64; 2]]) -> Self {
        let count = points.len().max(1) as f64;
        let centre =
            [points.iter().map(|p| p[0]).sum::<f64>() / count, points.iter().map(|p| p[1]).sum::<f64>() / count];
        let mut radii = vec![0.0_f64; DIRECTIONS];
        for point in points {
            let (x, y) = (point[0] - centre[0], point[1] - centre[1]);
            let bin = (y.atan2(x).rem_euclid(TAU) / TAU * DIRECTIONS as f64).round() as usize % DIRECTIONS;
            radii[bin] = radii[bin].max(x.hypot(y));
        }
        // A direction without a sample gets the mean of its neighbours.
        for bin in 0..DIRECTIONS {
            if radii[bin] == 0.0 {
                radii[bin] = 0.5 * (radii[(bin + DIRECTIONS - 1) % DIRECTIONS] + radii[(bin + 1) % DIRECTIONS]);
            }
        }
        Self { centre, radii }
    }

    /// An outline by its radius (mm) in each direction.
    pub(crate) fn by_radius(centre: [f64; 2], radius: impl Fn(f64) -> f64) -> Self {
        Self { centre, radii: (0..DIRECTIONS).map(|bin| radius(TAU * bin as f64 / DIRECTIONS as f64)).collect() }
    }

    /// Radius in a direction, mm.
    pub(crate) fn radius(&self, angle: f64) -> f64 {
        let exact = angle.rem_euclid(TAU) / TAU * DIRECTIONS as f64;
        let lower = exact as usize;
        let part = exact - lower as f64;
        self.radii[lower % DIRECTIONS] * (1.0 - part) + self.radii[(lower + 1) % DIRECTIONS] * part
    }

    /// Area, mm².
    pub(crate) fn area_mm2(&self) -> f64 {
        0.5 * TAU / DIRECTIONS as f64 * self.radii.iter().map(|radius| radius * radius).sum::<f64>()
    }

    pub(crate) fn contains(&self, x: f64, y: f64) -> bool {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        (x * x + y * y).sqrt() <= self.radius(y.atan2(x))
    }

    /// Pixels of which more than half lies inside.
    pub(crate) fn mask(&self, side: usize, pixel_mm: f64) -> Mask {
        const SUB: usize = 5;
        let middle = (side as f64 - 1.0) / 2.0;
        let reach = self.radii.iter().copied().fold(0.0, f64::max) + 2.0 * pixel_mm;
        let least = self.radii.iter().copied().fold(f64::INFINITY, f64::min);
        let mut pixels = Array2::from_elem((side, side), false);
        for ((row, column), inside) in pixels.indexed_iter_mut() {
            let (x, y) = ((column as f64 - middle) * pixel_mm, (row as f64 - middle) * pixel_mm);
            if (x - self.centre[0]).abs() > reach || (y - self.centre[1]).abs() > reach {
                continue;
            }
            let away = (x - self.centre[0]).hypot(y - self.centre[1]);
            if away > reach || away < least - pixel_mm {
                *inside = away <= reach;
                continue;
            }
            let offset = |k: usize| ((k as f64 + 0.5) / SUB as f64 - 0.5) * pixel_mm;
            let hits = (0..SUB * SUB).filter(|k| self.contains(x + offset(k % SUB), y + offset(k / SUB))).count();
            *inside = 2 * hits > SUB * SUB;
        }
        Mask::new(pixels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_orthonormal_and_invert() {
        let mut axes = Frame3::lao(0.9, 0.3, -0.2);
        axes.origin = Vec3::new(3.0, -4.0, 80.0);
        assert!(axes.apex.dot(axes.septum).abs() < 1e-12 && (axes.inferior.dot(axes.inferior) - 1.0).abs() < 1e-12);
        let local = Vec3::new(10.0, -20.0, 30.0);
        let back = axes.to_local(axes.to_camera(local));
        assert!((back.x - 10.0).abs() + (back.y + 20.0).abs() + (back.z - 30.0).abs() < 1e-9);
    }

    #[test]
    fn a_circle_keeps_its_area() {
        let points: Vec<[f64; 2]> =
            (0..720).map(|k| (TAU * f64::from(k) / 720.0).sin_cos()).map(|(s, c)| [5.0 + 30.0 * c, 30.0 * s]).collect();
        let silhouette = Silhouette::around(&points);
        for area in [silhouette.mask(128, 2.0).area() as f64 * 4.0, silhouette.area_mm2()] {
            assert!((area - std::f64::consts::PI * 900.0).abs() < 40.0, "{area}");
        }
    }
}
