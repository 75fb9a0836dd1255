//! `Sectors`: the LV divided by direction from its centre, the valve plane left out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::valve_plane::{ValvePlane, direction_degrees};
use crate::Mask;

/// Number of sectors unless another is asked for.
pub const SECTORS: usize = 8;

/// The wall that a sector belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Wall {
    /// The first half of the sectors.
    Lateral,
    /// The middle one of an odd number.
    Apical,
    /// The second half.
    Septal,
}

/// One sector.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sector {
    /// Its number, from 1: the first begins at the lateral end of the valve plane, the last ends at its septal end.
    pub number: usize,
    /// Where it begins, degrees clockwise from 12 o'clock as displayed.
    pub from_degrees: f64,
    /// Where it ends, in the direction in which sectors are numbered.
    pub to_degrees: f64,
    /// The wall that it belongs to.
    pub wall: Wall,
}

/// Sectors of equal angle about the centre of the ED silhouette, from the lateral end of the valve plane round the apex to its
/// septal end. They stay where they are over the cycle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sectors {
    /// Centre (row, column) in the study's own pixels.
    pub centre: (f64, f64),
    /// Where the valve plane is.
    pub valve_plane: ValvePlane,
    /// Distance between [rows, columns] that directions are formed with, mm.
    pub spacing_mm: [f64; 2],
    /// Number of sectors.
    pub count: usize,
}

impl Sectors {
    /// About the centre of an ED silhouette. `count`: for example [`SECTORS`]; at least 1. Without pixel spacing, pixels are
    /// taken as squares.
    ///
    /// # Errors
    /// [`Refusal::FewPixels`] when the silhouette is empty.
    pub fn about(
        silhouette: &Mask,
        valve_plane: ValvePlane,
        spacing_mm: Option<[f64; 2]>,
        count: usize,
    ) -> Result<Self, Refusal> {
        let centre = silhouette.centroid().ok_or(Refusal::FewPixels { pixels: 0, needed: 1 })?;
        Ok(Self { centre, valve_plane, spacing_mm: spacing_mm.unwrap_or([1.0, 1.0]), count: count.max(1) })
    }

    /// All sectors, in the order of their numbers.
    #[must_use]
    pub fn all(&self) -> Vec<Sector> {
        let width = self.valve_plane.wall_degrees() / self.count as f64;
        let sign = if self.valve_plane.clockwise { 1.0 } else { -1.0 };
        let at = |k: usize| (self.valve_plane.lateral_degrees + sign * width * k as f64).rem_euclid(360.0);
        let wall = |k: usize| match (2 * k + 1).cmp(&self.count) {
            std::cmp::Ordering::Less => Wall::Lateral,
            std::cmp::Ordering::Equal => Wall::Apical,
            std::cmp::Ordering::Greater => Wall::Septal,
        };
        (0..self.count)
            .map(|k| Sector { number: k + 1, from_degrees: at(k), to_degrees: at(k + 1), wall: wall(k) })
            .collect()
    }

    /// Index, from 0, of the sector in a direction; `None` towards the valve plane.
    #[must_use]
    pub fn towards(&self, degrees: f64) -> Option<usize> {
        let (along, walls) = (self.valve_plane.along_wall(degrees), self.valve_plane.wall_degrees());
        (along < walls).then(|| ((along / walls * self.count as f64) as usize).min(self.count - 1))
    }

    /// Index, from 0, of the sector of a pixel; `None` towards the valve plane, and for the centre itself.
    #[must_use]
    pub fn at(&self, row: usize, column: usize) -> Option<usize> {
        self.towards(direction_degrees((row as f64, column as f64), self.centre, self.spacing_mm)?)
    }

    /// The parts of a mask in each sector.
    #[must_use]
    pub fn parts(&self, mask: &Mask) -> Vec<Mask> {
        let (rows, columns) = mask.dim();
        let mut parts = vec![Mask::empty(rows, columns); self.count];
        for (row, column) in mask.inside() {
            if let Some(part) = self.at(row, column).and_then(|sector| parts.get_mut(sector)) {
                part.set((row, column), true);
            }
        }
        parts
    }

    /// The part of a mask in the sectors of one wall, for example to compare the phases of septum and lateral wall.
    #[must_use]
    pub fn wall(&self, mask: &Mask, wall: Wall) -> Mask {
        let (rows, columns) = mask.dim();
        let mut all = Mask::empty(rows, columns);
        for (sector, part) in self.all().iter().zip(self.parts(mask)) {
            if sector.wall == wall {
                all.insert_all(&part);
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A round silhouette about (20, 20).
    fn disc() -> Mask {
        Mask::from_fn(41, 41, |row, column| (row as f64 - 20.0).hypot(column as f64 - 20.0) < 12.0)
    }

    #[test]
    fn sectors_run_from_the_lateral_end_round_the_apex() {
        // Valve plane upwards, 30 degrees to either side: 300 degrees of wall, clockwise from 30 (right) to 330 (left).
        let sectors = Sectors::about(&disc(), ValvePlane::facing(0.0, 30.0), Some([4.0, 4.0]), 6).unwrap();
        let all = sectors.all();
        assert_eq!((all[0].number, all[0].from_degrees, all[0].to_degrees), (1, 30.0, 80.0));
        assert_eq!((all[5].from_degrees, all[5].to_degrees), (280.0, 330.0));
        let walls: Vec<Wall> = all.iter().map(|sector| sector.wall).collect();
        assert_eq!(walls, [Wall::Lateral, Wall::Lateral, Wall::Lateral, Wall::Septal, Wall::Septal, Wall::Septal]);
        // Right is 90 degrees, below 180, left 270, above the valve plane.
        assert_eq!(
            [sectors.at(20, 30), sectors.at(30, 20), sectors.at(20, 10), sectors.at(10, 20)],
            [Some(1), Some(3), Some(4), None]
        );
        assert_eq!(sectors.at(20, 20), None);
        let odd = Sectors { count: 3, ..sectors };
        assert_eq!(odd.all()[1].wall, Wall::Apical);
    }

    #[test]
    fn parts_divide_the_mask_but_for_the_valve_plane() {
        let sectors = Sectors::about(&disc(), ValvePlane::facing(20.0, 40.0), None, SECTORS).unwrap();
        let parts = sectors.parts(&disc());
        let valve = disc().inside().filter(|&(row, column)| sectors.at(row, column).is_none()).count();
        assert_eq!(parts.iter().map(Mask::area).sum::<usize>() + valve, disc().area());
        // 80 of 360 degrees are open, and the centre belongs to no sector.
        let open = valve as f64 / disc().area() as f64;
        assert!((open - 80.0 / 360.0).abs() < 0.02, "{open}");
        let walls = [Wall::Lateral, Wall::Septal].map(|wall| sectors.wall(&disc(), wall).area());
        assert_eq!(walls.iter().sum::<usize>() + valve, disc().area());
        assert_eq!(sectors.wall(&disc(), Wall::Apical).area(), 0);
        assert_eq!(
            Sectors::about(&Mask::empty(9, 9), ValvePlane::facing(0.0, 9.0), None, 8),
            Err(Refusal::FewPixels { pixels: 0, needed: 1 })
        );
    }

    proptest! {
        #[test]
        fn turning_picture_and_valve_plane_turns_the_sectors(
            pixels in proptest::collection::vec(proptest::bool::weighted(0.5), 21 * 21),
            direction in 0.0_f64..360.0,
            half in 5.0_f64..80.0,
        ) {
            let mask = Mask::from_fn(21, 21, |row, column| pixels[row * 21 + column]);
            prop_assume!(!mask.is_empty());
            // Clockwise by a quarter turn: what was at (row, column) comes to (column, 20 - row).
            let turned = Mask::from_fn(21, 21, |row, column| mask.contains(20 - column, row));
            let plain = Sectors::about(&mask, ValvePlane::facing(direction, half), None, SECTORS).unwrap();
            let other = Sectors::about(&turned, ValvePlane::facing(direction + 90.0, half), None, SECTORS).unwrap();
            for (row, column) in mask.inside() {
                // A pixel right at the border of two sectors may fall to either by rounding.
                let near_border = direction_degrees((row as f64, column as f64), plain.centre, [1.0, 1.0]).is_none_or(|degrees| {
                    let width = plain.valve_plane.wall_degrees() / SECTORS as f64;
                    let along = plain.valve_plane.along_wall(degrees);
                    along > 360.0 - 1e-6 || (along / width - (along / width).round()).abs() < 1e-6
                });
                if !near_border {
                    prop_assert_eq!(plain.at(row, column), other.at(column, 20 - row));
                }
            }
        }
    }
}
