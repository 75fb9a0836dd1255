//! How hearts lie in the body, and how the camera looks at them.

use bloodpool_core::View;
use rand::{Rng, RngExt};

use crate::geometry::Vec3;
use crate::random::normal;
use crate::request::Request;

/// Mean axes of adult hearts in patient coordinates (to the left, to the back, up): base to apex, to the septum.
const AXIS: Vec3 = Vec3 { x: 0.555, y: -0.561, z: -0.614 };
const SEPTUM: Vec3 = Vec3 { x: -0.763, y: -0.638, z: -0.106 };
/// SD of a person's heart about each axis, degrees.
const PERSON_DEGREES: f64 = 8.0;

/// The heart's axes in patient coordinates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HeartAxes {
    pub(crate) apex: Vec3,
    pub(crate) septum: Vec3,
    pub(crate) inferior: Vec3,
}

/// The camera's axes in patient coordinates.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CameraAxes {
    /// To the right of the picture.
    pub(crate) right: Vec3,
    /// Down in the picture.
    pub(crate) down: Vec3,
    /// Away from the camera.
    pub(crate) away: Vec3,
}

fn scaled(v: Vec3, by: f64) -> Vec3 {
    Vec3::new(v.x * by, v.y * by, v.z * by)
}

fn unit(v: Vec3) -> Vec3 {
    scaled(v, 1.0 / v.dot(v).sqrt())
}

/// `v` turned about a unit axis (Rodrigues' formula).
pub(crate) fn turned(v: Vec3, axis: Vec3, radians: f64) -> Vec3 {
    let (sin, cos) = radians.sin_cos();
    scaled(v, cos).plus(axis.cross(v), sin).plus(axis, axis.dot(v) * (1.0 - cos))
}

impl HeartAxes {
    /// The axes of a person.
    pub(crate) fn draw(rng: &mut impl Rng) -> Self {
        let apex = unit(AXIS);
        let septum = unit(SEPTUM.plus(apex, -SEPTUM.dot(apex)));
        let inferior = apex.cross(septum);
        let (mut a, mut s) = (apex, septum);
        for axis in [apex, septum, inferior] {
            let angle = normal(rng, PERSON_DEGREES).clamp(-20.0, 20.0).to_radians();
            (a, s) = (turned(a, axis, angle), turned(s, axis, angle));
        }
        Self { apex: a, septum: s, inferior: a.cross(s) }
    }
}

impl CameraAxes {
    /// A camera at `lao` degrees to the patient's left, tipped by `caudal` degrees so that it looks towards the feet,
    /// and turned clockwise in its own plane.
    pub(crate) fn new(lao: f64, caudal: f64, turn: f64) -> Self {
        let (lao, caudal) = (lao.to_radians(), caudal.to_radians());
        let away = Vec3::new(-lao.sin() * caudal.cos(), lao.cos() * caudal.cos(), -caudal.sin());
        let up = Vec3::new(0.0, 0.0, 1.0);
        let up = unit(up.plus(away, -up.dot(away)));
        let right = away.cross(up);
        // The picture turns clockwise when the camera turns the other way.
        let turn = |v: Vec3| turned(v, away, -turn.to_radians());
        let (right, up) = (turn(right), turn(up));
        Self { right, down: scaled(up, -1.0), away }
    }

    /// The camera that a request asks for, with the angle in LAO that it stands at.
    pub(crate) fn of(rng: &mut impl Rng, request: &Request, heart: &HeartAxes) -> (Self, f64) {
        let caudal = rng.random_range(0.0..20.0);
        let lao = match request.view {
            View::LeftAnteriorOblique => septal_view(heart, caudal) + (normal(rng, 4.0) + 1.0).clamp(-8.0, 8.0),
            View::Anterior => 0.0,
            View::LeftLateral => 90.0,
            View::RightAnteriorOblique => -30.0,
            View::LeftPosteriorOblique => 135.0,
        };
        let caudal = if request.view == View::LeftAnteriorOblique { caudal } else { 0.3 * caudal };
        let caudal = caudal + request.again.tilt_degrees;
        let lao =
            if request.view == View::LeftAnteriorOblique { lao.clamp(24.0, 64.0) } else { lao } + request.off_degrees;
        (Self::new(lao, caudal, request.turn_degrees), lao)
    }

    /// From patient to camera coordinates, both about the same origin.
    pub(crate) fn to_camera(self, v: Vec3) -> Vec3 {
        Vec3::new(v.dot(self.right), v.dot(self.down), v.dot(self.away))
    }

    /// From camera to patient coordinates.
    pub(crate) fn to_patient(self, v: Vec3) -> Vec3 {
        scaled(self.right, v.x).plus(self.down, v.y).plus(self.away, v.z)
    }
}

/// Degrees of LAO at which the septum is seen edge-on.
fn septal_view(heart: &HeartAxes, caudal: f64) -> f64 {
    (0..100)
        .map(|k| 5.0 + 0.7 * f64::from(k))
        .min_by(|&p, &q| {
            let off = |lao: f64| CameraAxes::new(lao, caudal, 0.0).away.dot(heart.septum).abs();
            off(p).total_cmp(&off(q))
        })
        .unwrap_or(42.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn cameras_look_as_they_are_named() {
        // In an anterior view the patient's left is on the right of the picture, the head up; away is to the back.
        let anterior = CameraAxes::new(0.0, 0.0, 0.0);
        let close = |a: Vec3, b: [f64; 3]| (a.x - b[0]).abs() + (a.y - b[1]).abs() + (a.z - b[2]).abs() < 1e-9;
        assert!(close(anterior.to_camera(Vec3::new(1.0, 0.0, 0.0)), [1.0, 0.0, 0.0]));
        assert!(close(anterior.to_camera(Vec3::new(0.0, 1.0, 0.0)), [0.0, 0.0, 1.0]));
        assert!(close(anterior.to_camera(Vec3::new(0.0, 0.0, 1.0)), [0.0, -1.0, 0.0]));
        // Turned by 90 degrees clockwise, the head points to the right.
        let turned = CameraAxes::new(0.0, 0.0, 90.0);
        assert!(close(turned.to_camera(Vec3::new(0.0, 0.0, 1.0)), [1.0, 0.0, 0.0]));
        let v = Vec3::new(0.3, -0.7, 0.2);
        let oblique = CameraAxes::new(47.0, 12.0, 5.0);
        assert!(close(oblique.to_patient(oblique.to_camera(v)), [v.x, v.y, v.z]));
    }

    #[test]
    fn the_axis_is_seen_as_in_people() {
        // Means of five people: 39 degrees at LAO 45 without caudal tilt, 49 at 10 degrees, 59 at 20.
        for (caudal, mean) in [(0.0, 39.0), (10.0, 49.0), (20.0, 59.0)] {
            let angle = CameraAxes::new(45.0, caudal, 0.0).away.dot(unit(AXIS)).abs().acos().to_degrees();
            assert!((angle - mean).abs() < 3.0, "{caudal}: {angle}");
        }
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let angles: Vec<f64> = (0..400)
            .map(|_| {
                let heart = HeartAxes::draw(&mut rng);
                let request = Request::ordinary(&mut rng, &(10.0..=80.0), None);
                let (camera, _) = CameraAxes::of(&mut rng, &request, &heart);
                camera.away.dot(heart.apex).abs().acos().to_degrees()
            })
            .collect();
        let mean = angles.iter().sum::<f64>() / 400.0;
        let sd = (angles.iter().map(|a| (a - mean).powi(2)).sum::<f64>() / 400.0).sqrt();
        assert!((40.0..52.0).contains(&mean) && (7.0..13.0).contains(&sd), "{mean} +- {sd}");
    }
}
