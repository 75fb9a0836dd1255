//! `WallMotion`: how far the outline moves towards the centre from ED to ES, by sector.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusal::{Outcome, Refusal};
use super::sectors::{Sector, Sectors};
use crate::Contour;

/// Directions per circle in which outlines are looked for.
const DIRECTIONS: usize = 720;

/// Radial motion of the outline in one sector.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WallMotion {
    /// Which sector.
    pub sector: Sector,
    /// Its radii, or why it has none.
    pub outcome: Outcome<RadialMotion>,
}

/// Mean distances from the centre over the directions of a sector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RadialMotion {
    /// Mean radius at ED, mm; `None` where the study records no pixel spacing.
    pub ed_radius_mm: Option<f64>,
    /// ED radius less ES radius, mm: positive where the wall moves inwards.
    pub inward_mm: Option<f64>,
    /// The same over the ED radius, percent (radial shortening).
    pub shortening_percent: f64,
}

/// Radial motion from the ED to the ES outline in every sector, about the fixed centre of the ED silhouette, as the outermost
/// crossing of each outline with each direction. Outlines are in the study's own pixels.
///
/// `spacing_mm`: that of the study; without one, only shortening is given, of pixels taken as squares.
#[must_use]
pub fn wall_motion(ed: &Contour, es: &Contour, sectors: &Sectors, spacing_mm: Option<[f64; 2]>) -> Vec<WallMotion> {
    let (ed, es) = (about(ed, sectors), about(es, sectors));
    let mut radii: Vec<Vec<[Option<f64>; 2]>> = vec![Vec::new(); sectors.count];
    for step in 0..DIRECTIONS {
        // Between whole steps, so that no direction runs along the edges of pixels.
        let degrees = (step as f64 + 0.5) * 360.0 / DIRECTIONS as f64;
        if let Some(sector) = sectors.towards(degrees).and_then(|sector| radii.get_mut(sector)) {
            sector.push([outermost(&ed, degrees), outermost(&es, degrees)]);
        }
    }
    let all = sectors.all().into_iter().zip(radii);
    all.map(|(sector, radii)| WallMotion { sector, outcome: motion(&radii, spacing_mm.is_some()).into() }).collect()
}

fn motion(radii: &[[Option<f64>; 2]], in_mm: bool) -> Result<RadialMotion, Refusal> {
    let mean = |which: usize, phase: &str| {
        let known: Option<Vec<f64>> = radii.iter().map(|radii| radii[which]).collect();
        let known = known.filter(|known| !known.is_empty());
        let known = known.ok_or_else(|| Refusal::OutlineNotMet { phase: phase.into() })?;
        Ok(known.iter().sum::<f64>() / known.len() as f64)
    };
    let (ed, es) = (mean(0, "ED")?, mean(1, "ES")?);
    let inward = ed - es;
    Ok(RadialMotion {
        ed_radius_mm: in_mm.then_some(ed),
        inward_mm: in_mm.then_some(inward),
        shortening_percent: inward / ed * 100.0,
    })
}

/// The points of an outline as [right, down] from the centre, mm.
fn about(contour: &Contour, sectors: &Sectors) -> Vec<[f64; 2]> {
    let (row, column) = sectors.centre;
    let [row_mm, column_mm] = sectors.spacing_mm;
    contour.0.iter().map(|&[x, y]| [(x - column) * column_mm, (y - row) * row_mm]).collect()
}

/// Distance of the outermost crossing of a closed outline with a direction from the origin; `None` without one.
fn outermost(points: &[[f64; 2]], degrees: f64) -> Option<f64> {
    let (sine, cosine) = degrees.to_radians().sin_cos();
    // Clockwise from 12 o'clock, y downwards.
    let towards = [sine, -cosine];
    let across = |[x, y]: [f64; 2]| towards[0] * y - towards[1] * x;
    let along = |[x, y]: [f64; 2]| towards[0] * x + towards[1] * y;
    let next = points.iter().cycle().skip(1);
    let crossings = points.iter().zip(next).filter_map(|(&from, &to)| {
        let (a, b) = (across(from), across(to));
        ((a <= 0.0) != (b <= 0.0)).then(|| along(from) + a / (a - b) * (along(to) - along(from)))
    });
    crossings.filter(|distance| distance.is_finite() && *distance > 0.0).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mask;
    use crate::function::ValvePlane;
    use std::f64::consts::TAU;

    /// A circle of 400 points about (x, y), pixels.
    fn circle(x: f64, y: f64, radius: f64) -> Contour {
        let point = |k: i32| {
            let turn = TAU * f64::from(k) / 400.0;
            [x + radius * turn.cos(), y + radius * turn.sin()]
        };
        Contour((0..400).map(point).collect())
    }

    fn sectors(centre: (f64, f64), count: usize) -> Sectors {
        Sectors { centre, valve_plane: ValvePlane::facing(0.0, 30.0), spacing_mm: [4.0, 4.0], count }
    }

    fn values(found: &[WallMotion]) -> Vec<RadialMotion> {
        found.iter().map(|motion| *motion.outcome.value().unwrap()).collect()
    }

    #[test]
    fn a_shrinking_circle_moves_alike_everywhere() {
        let found =
            wall_motion(&circle(20.0, 18.0, 10.0), &circle(20.0, 18.0, 7.0), &sectors((18.0, 20.0), 6), Some([4.0; 2]));
        assert_eq!(found.iter().map(|motion| motion.sector.number).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
        for motion in values(&found) {
            assert!(
                (motion.ed_radius_mm.unwrap() - 40.0).abs() < 0.01 && (motion.inward_mm.unwrap() - 12.0).abs() < 0.01
            );
            assert!((motion.shortening_percent - 30.0).abs() < 0.01);
        }
    }

    #[test]
    fn a_circle_that_moves_to_the_right_moves_in_on_the_left() {
        // NumPy: a = np.radians(np.linspace(30, 90, 200001)); (2 * np.sin(a) + np.sqrt(64 - 4 * np.cos(a)**2)).mean(), the
        // distance to the circle of radius 8 two pixels to the right: 9.5801; the same from 270 to 330: 6.2721.
        let found =
            wall_motion(&circle(20.0, 18.0, 10.0), &circle(22.0, 18.0, 8.0), &sectors((18.0, 20.0), 5), Some([4.0; 2]));
        let right = values(&found)[0].inward_mm.unwrap();
        let left = values(&found)[4].inward_mm.unwrap();
        assert!((right - 4.0 * (10.0 - 9.580_106_6)).abs() < 0.02, "{right}");
        assert!((left - 4.0 * (10.0 - 6.272_134_8)).abs() < 0.02, "{left}");
    }

    #[test]
    fn outlines_of_masks_give_radii_of_their_pixels() {
        let disc = |radius: f64| {
            Mask::from_fn(48, 48, |row, column| (row as f64 - 24.0).hypot(column as f64 - 22.0) <= radius)
        };
        let about = Sectors::about(&disc(12.0), ValvePlane::facing(20.0, 35.0), Some([4.0, 4.0]), 8).unwrap();
        let found = wall_motion(&disc(12.0).contour(), &disc(8.0).contour(), &about, None);
        for motion in values(&found) {
            assert!((motion.shortening_percent - 100.0 / 3.0).abs() < 4.0, "{}", motion.shortening_percent);
            assert_eq!((motion.ed_radius_mm, motion.inward_mm), (None, None));
        }
    }

    #[test]
    fn an_outline_that_does_not_surround_the_centre_is_refused() {
        let found = wall_motion(&circle(20.0, 18.0, 10.0), &circle(27.0, 18.0, 3.0), &sectors((18.0, 20.0), 5), None);
        let not_met = Refusal::OutlineNotMet { phase: "ES".into() };
        assert_eq!(found[4].outcome.refusal(), Some(&not_met));
        let none = wall_motion(&Contour(Vec::new()), &circle(20.0, 18.0, 10.0), &sectors((18.0, 20.0), 5), None);
        assert!(
            none.iter().all(
                |motion| matches!(motion.outcome.refusal(), Some(Refusal::OutlineNotMet { phase }) if phase == "ED")
            )
        );
    }
}
