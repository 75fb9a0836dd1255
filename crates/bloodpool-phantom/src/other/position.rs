//! `Pose`: how a heart lies in the body and in front of the camera, and the view in which the septum is seen best.

use bloodpool_core::View;
use rand::{Rng, RngExt};

use super::organs::{Heart, Organ};
use super::rays::{Grid, Rays};
use super::space::{P3, along, cross, dot, mix, orthonormal, turned};
use super::values::PARAMETERS;
use crate::random::normal;
use crate::request::Request;

/// Axes of a heart in its body (left, posterior, superior): to the apex, to the septum, to the inferior wall.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axes(pub(super) [P3; 3]);

impl Axes {
    /// Between those of two measured persons, turned a little about each axis.
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let p = &PARAMETERS.position;
        let mut pick = || p.axes[rng.random_range(0..p.axes.len())];
        let (one, two) = (pick(), pick());
        let part = rng.random_range(0.0..1.0);
        let mut axes = orthonormal(mix(one[0], two[0], part), mix(one[1], two[1], part));
        for k in 0..3 {
            let axis = axes[k];
            let angle = normal(rng, p.turn_sd).to_radians();
            axes = axes.map(|direction| turned(direction, axis, angle));
        }
        Self(axes)
    }

    fn to_body(self, [a, s, v]: P3) -> P3 {
        along(along(self.0[0].map(|x| x * a), self.0[1], s), self.0[2], v)
    }
}

/// Directions of the picture in the body: right, down, and away from the camera.
#[derive(Debug, Clone, Copy)]
pub(super) struct Camera(pub(super) [P3; 3]);

impl Camera {
    /// At this angle of LAO (0 anterior, 90 left lateral), looking `caudal` towards the feet, turned clockwise in the
    /// plane of the picture. Degrees.
    pub(super) fn new(lao: f64, caudal: f64, turn: f64) -> Self {
        let ((sin, cos), (down, level)) = (lao.to_radians().sin_cos(), caudal.to_radians().sin_cos());
        let away = [-sin * level, cos * level, -down];
        let right = [cos, sin, 0.0];
        let below = cross(away, right);
        let (sin, cos) = turn.to_radians().sin_cos();
        let turned = [along(right.map(|x| x * cos), below, -sin), along(right.map(|x| x * sin), below, cos)];
        Self([turned[0], turned[1], away])
    }

    pub(super) fn seen(&self, body: P3) -> P3 {
        self.0.map(|direction| dot(direction, body))
    }
}

/// A heart in front of the camera.
#[derive(Debug, Clone)]
pub(super) struct Pose {
    pub(super) camera: Camera,
    /// Axes of the heart in camera coordinates.
    axes: [P3; 3],
    /// Origin of the heart's frame in camera coordinates: right and down from the middle of the field, depth.
    origin: P3,
    /// Angle between the long axis of the LV and the view, degrees.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(super) axis_to_view: f64,
    /// Angle of LAO, degrees.
    #[cfg_attr(not(test), allow(dead_code))]
    pub(super) lao: f64,
}

impl Pose {
    /// As a request asks for; the origin is still that of the camera.
    pub(super) fn draw(rng: &mut impl Rng, heart: &Heart, request: &Request) -> Self {
        let p = &PARAMETERS.position;
        let axes = Axes::draw(rng);
        let caudal = p.caudal_highest * rng.random_range(0.0_f64..1.0).powf(p.caudal_power);
        let nominal = match request.view {
            View::LeftAnteriorOblique => best_septal(heart, axes, caudal),
            View::Anterior => 0.0,
            View::LeftLateral => 90.0,
            View::RightAnteriorOblique => -30.0,
            View::LeftPosteriorOblique => 135.0,
        };
        let lao = nominal + request.off_degrees;
        let camera = Camera::new(lao, caudal, request.turn_degrees);
        let seen = axes.0.map(|axis| camera.seen(axis));
        let axis_to_view = (-seen[0][2]).clamp(-1.0, 1.0).acos().to_degrees();
        Self { camera, axes: seen, origin: [0.0; 3], axis_to_view, lao }
    }

    /// The same heart elsewhere.
    pub(super) fn placed(mut self, origin: P3) -> Self {
        self.origin = origin;
        self
    }

    /// From the heart's frame to the picture: right and down from the middle of the field, depth, mm.
    pub(super) fn to_camera(&self, [a, s, v]: P3) -> P3 {
        along(along(along(self.origin, self.axes[0], a), self.axes[1], s), self.axes[2], v)
    }

    /// The same for a direction.
    pub(super) fn direction(&self, [a, s, v]: P3) -> P3 {
        along(along(self.axes[0].map(|x| x * a), self.axes[1], s), self.axes[2], v)
    }
}

/// The angle of LAO in which least RV lies over the LV at ED, degrees.
fn best_septal(heart: &Heart, axes: Axes, caudal: f64) -> f64 {
    const STEPS: usize = 13;
    let organs = heart.ventricles();
    let mut rays = Rays::default();
    let middle = axes.to_body([0.45 * heart.left.length, 0.0, 0.0]);
    let over: Vec<(f64, f64)> = (0..STEPS)
        .map(|k| {
            let lao = PARAMETERS.position.search.at(k as f64 / (STEPS - 1) as f64);
            let camera = Camera::new(lao, caudal, 0.0);
            let centre = camera.seen(middle);
            let grid = Grid { side: 28, pitch: 5.0, centre: [centre[0], centre[1]] };
            rays.clear();
            for (organ, mesh) in &organs {
                rays.add(&grid, *organ, mesh, |point| camera.seen(axes.to_body(point)));
            }
            let mut chords = vec![[0.0; 2]; grid.side * grid.side];
            rays.stretches(&grid, |ray, from, to, organ| {
                let chord = f64::from(to - from);
                if organ == Organ::LeftVentricle as usize {
                    chords[ray][0] += chord;
                } else if organ == Organ::RightVentricle as usize {
                    chords[ray][1] += chord;
                }
            });
            let lv: f64 = chords.iter().map(|[lv, _]| lv).sum();
            let rv: f64 = chords.iter().filter(|[lv, _]| *lv > 3.0).map(|[_, rv]| rv).sum();
            (lao, rv / lv.max(1.0))
        })
        .collect();
    // The middle of a flat minimum rather than one end of it.
    let least = over.iter().map(|(_, share)| *share).fold(f64::INFINITY, f64::min);
    let weight = |share: f64| (-(share - least) / 0.01).exp();
    let sum: f64 = over.iter().map(|(_, share)| weight(*share)).sum();
    over.iter().map(|(lao, share)| lao * weight(*share)).sum::<f64>() / sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn pictures_are_upright_and_seen_from_the_right_side() {
        // In the anterior view the patient's left is at the right of the picture, in the left lateral one the front is
        // left.
        let near = |a: P3, b: P3| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-9);
        assert!(near(Camera::new(0.0, 0.0, 0.0).seen([1.0, 0.0, 0.0]), [1.0, 0.0, 0.0]));
        assert!(near(Camera::new(0.0, 0.0, 0.0).seen([0.0, 0.0, 1.0]), [0.0, -1.0, 0.0]));
        assert!(near(Camera::new(90.0, 0.0, 0.0).seen([0.0, -1.0, 0.0]), [-1.0, 0.0, 0.0]));
        // Clockwise by 90 degrees: what was at the top is at the right.
        assert!(near(Camera::new(0.0, 0.0, 90.0).seen([0.0, 0.0, 1.0]), [1.0, 0.0, 0.0]));
    }

    #[test]
    fn the_left_ventricle_is_seen_from_near_its_apex() {
        let (mut angles, mut views, mut rights) = (Vec::new(), Vec::new(), 0);
        for seed in 0..200 {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let mut request = Request::plain(10.0 + 0.35 * seed as f64);
            request.off_degrees = rng.random_range(-8.0..8.0);
            let heart = Heart::draw(&mut rng, &request);
            let pose = Pose::draw(&mut rng, &heart, &request);
            angles.push(pose.axis_to_view);
            views.push(pose.lao);
            rights += usize::from(pose.direction([0.0, 1.0, 0.0])[0] < -0.7);
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let sd = |values: &[f64]| {
            let mean = mean(values);
            (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
        };
        println!("axis to view {:.1} +- {:.1}", mean(&angles), sd(&angles));
        println!("LAO {:.1} +- {:.1}; RV to the left in {rights} of 200", mean(&views), sd(&views));
        assert!((39.0..49.0).contains(&mean(&angles)) && (6.0..14.0).contains(&sd(&angles)));
        assert!((34.0..52.0).contains(&mean(&views)) && rights > 185);
    }
}
