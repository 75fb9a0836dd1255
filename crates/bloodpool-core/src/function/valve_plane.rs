//! `ValvePlane`: the directions, seen from the centre of the LV, between which its base lies open.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use crate::Landmarks;

/// Largest opening of a valve plane as seen from the centre, degrees: beyond it the centre lies outside of the cavity.
const WIDEST_DEGREES: f64 = 180.0;

/// The ends of the valve plane as directions from the centre of the LV, degrees clockwise from 12 o'clock as displayed, 0 to 360.
///
/// Going from the lateral end to the septal end, clockwise or not as `clockwise` says, one passes the apex.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ValvePlane {
    /// Direction of its lateral end.
    pub lateral_degrees: f64,
    /// Direction of its septal end.
    pub septal_degrees: f64,
    /// Whether the walls follow clockwise from the lateral end, as in the usual display, where the septum is on the left.
    pub clockwise: bool,
}

impl ValvePlane {
    /// A valve plane that faces this direction in the usual display: it lies within `half_degrees` to either side.
    #[must_use]
    pub fn facing(direction_degrees: f64, half_degrees: f64) -> Self {
        let half = half_degrees.clamp(0.0, 0.5 * WIDEST_DEGREES);
        Self {
            lateral_degrees: (direction_degrees + half).rem_euclid(360.0),
            septal_degrees: (direction_degrees - half).rem_euclid(360.0),
            clockwise: true,
        }
    }

    /// From landmarks and the centre (row, column) of the LV on the same frame. `spacing_mm`: distance between [rows, columns].
    ///
    /// # Errors
    /// [`Refusal::ValvePlane`] when the apex lies between the directions of the ends, or these are half a circle or more apart.
    pub fn of(landmarks: &Landmarks, centre: (f64, f64), spacing_mm: [f64; 2]) -> Result<Self, Refusal> {
        let towards = |[x, y]: [f64; 2]| direction_degrees((y, x), centre, spacing_mm).ok_or(Refusal::ValvePlane);
        let [septal, lateral] = landmarks.valve_plane;
        let (septal, lateral, apex) = (towards(septal)?, towards(lateral)?, towards(landmarks.apex)?);
        let clockwise = |from: f64, to: f64| (to - from).rem_euclid(360.0);
        let plane = Self {
            lateral_degrees: lateral,
            septal_degrees: septal,
            clockwise: clockwise(lateral, apex) < clockwise(lateral, septal),
        };
        if 360.0 - plane.wall_degrees() < WIDEST_DEGREES { Ok(plane) } else { Err(Refusal::ValvePlane) }
    }

    /// Degrees from the lateral end round the apex to the septal end.
    #[must_use]
    pub fn wall_degrees(&self) -> f64 {
        let walls = self.along_wall(self.septal_degrees);
        // Ends that coincide leave the whole circle.
        if walls > 0.0 { walls } else { 360.0 }
    }

    /// How far a direction lies from the lateral end, going round the apex, degrees from 0 to 360.
    #[must_use]
    pub fn along_wall(&self, degrees: f64) -> f64 {
        let away = degrees - self.lateral_degrees;
        let away = if self.clockwise { away } else { -away }.rem_euclid(360.0);
        // The remainder of a tiny negative angle rounds up to 360 itself.
        if away < 360.0 { away } else { 0.0 }
    }
}

/// Direction of a place (row, column) from a centre, degrees clockwise from 12 o'clock, 0 to 360; `None` at the centre itself.
pub(super) fn direction_degrees(place: (f64, f64), centre: (f64, f64), spacing_mm: [f64; 2]) -> Option<f64> {
    let (down, right) = ((place.0 - centre.0) * spacing_mm[0], (place.1 - centre.1) * spacing_mm[1]);
    let degrees = right.atan2(-down).to_degrees().rem_euclid(360.0);
    (degrees.is_finite() && (down != 0.0 || right != 0.0)).then_some(degrees)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [f64; 2] = [4.0, 4.0];

    #[test]
    fn directions_go_clockwise_from_above() {
        let from = |row: f64, column: f64| direction_degrees((row, column), (10.0, 10.0), SQUARE);
        assert_eq!(
            [from(5.0, 10.0), from(10.0, 15.0), from(15.0, 10.0), from(10.0, 5.0)],
            [0.0, 90.0, 180.0, 270.0].map(Some)
        );
        assert_eq!((from(10.0, 10.0), from(f64::NAN, 1.0)), (None, None));
        // In millimetres: rows twice as far apart as columns.
        let slanted = direction_degrees((9.0, 12.0), (10.0, 10.0), [4.0, 2.0]).unwrap();
        assert!((slanted - 45.0).abs() < 1e-9);
    }

    #[test]
    fn landmarks_give_both_ends() {
        // Valve plane at the upper right, its septal end at the left: the usual LAO display.
        let landmarks = Landmarks { apex: [12.0, 30.0], valve_plane: [[18.0, 10.0], [26.0, 18.0]] };
        let plane = ValvePlane::of(&landmarks, (20.0, 16.0), SQUARE).unwrap();
        // atan2(2, 10) = 11.31 degrees and atan2(10, 2) = 78.69 degrees.
        assert!((plane.septal_degrees - 11.309_932).abs() < 1e-5 && (plane.lateral_degrees - 78.690_068).abs() < 1e-5);
        assert!(plane.clockwise && (plane.wall_degrees() - (360.0 - 67.380_135)).abs() < 1e-5);
        assert_eq!(
            (plane.along_wall(plane.lateral_degrees), plane.along_wall(plane.lateral_degrees + 30.0)),
            (0.0, 30.0)
        );
        // The mirrored picture runs the other way.
        let mirrored = |[x, y]: [f64; 2]| [32.0 - x, y];
        let [septal, lateral] = landmarks.valve_plane.map(mirrored);
        let other = Landmarks { apex: mirrored(landmarks.apex), valve_plane: [septal, lateral] };
        let other = ValvePlane::of(&other, (20.0, 16.0), SQUARE).unwrap();
        assert!(!other.clockwise && (other.wall_degrees() - plane.wall_degrees()).abs() < 1e-9);
    }

    #[test]
    fn landmarks_without_a_valve_plane_are_refused() {
        let of = |landmarks: Landmarks| ValvePlane::of(&landmarks, (20.0, 20.0), SQUARE);
        let behind = Landmarks { apex: [20.0, 10.0], valve_plane: [[18.0, 10.0], [24.0, 10.0]] };
        assert_eq!(of(behind), Err(Refusal::ValvePlane));
        let unknown = Landmarks { apex: [20.0, 30.0], valve_plane: [[f64::NAN, 10.0], [24.0, 10.0]] };
        assert_eq!(of(unknown), Err(Refusal::ValvePlane));
        let plane = ValvePlane::facing(20.0, 35.0);
        assert_eq!((plane.septal_degrees, plane.lateral_degrees, plane.wall_degrees()), (345.0, 55.0, 290.0));
        assert_eq!(ValvePlane::facing(20.0, 0.0).wall_degrees(), 360.0);
    }
}
