//! `Profile`: radii of the LV by level and direction, from the table of four walls and what one person adds to it.

use std::f64::consts::PI;

use rand::Rng;

use super::parameters::Left;
use super::space::smooth;
use super::values::PARAMETERS;

/// How one person's radii differ from the table.
#[derive(Debug, Clone)]
pub(super) struct Profile {
    base: f64,
    cone: f64,
    bow: [f64; 2],
    inferior: f64,
    flat: f64,
    nodes: Vec<f64>,
}

impl Profile {
    pub(super) fn draw(rng: &mut impl Rng) -> Self {
        let p = &PARAMETERS.left;
        Self {
            base: p.base_radius.draw(rng),
            cone: p.cone.draw(rng),
            bow: [p.bow_s.draw(rng), p.bow_v.draw(rng)],
            inferior: p.inferior_mm.draw(rng),
            flat: p.flat_septum_mm.draw(rng),
            nodes: p.levels.iter().copied().chain([1.0]).collect(),
        }
    }

    /// Radii at ED and ES of a ventricle of the table's length, at a level (0 base, 1 apex) and direction (cosine and
    /// sine of the angle), mm.
    pub(super) fn radii(&self, level: f64, direction: [f64; 2]) -> [f64; 2] {
        let p = &PARAMETERS.left;
        let [cos, sin] = direction;
        let own = self.bow[0] * cos + self.bow[1] * sin + self.inferior * sin.max(0.0).powi(2)
            - self.flat * cos.max(0.0).powi(2);
        let factor = 1.0 + (self.base - 1.0) * (-level / 0.12).exp() + self.cone * (PI * level).cos();
        [(p.end_diastole, p.tip[0]), (p.end_systole, p.tip[1])].map(|(table, tip)| {
            let radius = self.of_table(p, table, tip, level, direction) * factor + own * (PI * level).sin();
            radius.max(0.5 * (1.0 - level).sqrt())
        })
    }

    /// Radius of the table; near the apex as a square root, so that the apex is round.
    fn of_table(&self, p: &Left, table: &[[f64; 4]], tip: f64, level: f64, direction: [f64; 2]) -> f64 {
        let value = |k: usize| match (table.get(k), p.levels.get(k)) {
            (Some(&walls), Some(level)) => around(walls, direction) / (1.0 - level).sqrt(),
            _ => tip,
        };
        smooth(&self.nodes, value, level) * (1.0 - level).sqrt()
    }
}

/// Thickness of the wall of the table at a level and direction, mm.
pub(super) fn wall_mm(level: f64, direction: [f64; 2]) -> f64 {
    let p = &PARAMETERS.left;
    smooth(p.wall_levels, |k| p.wall.get(k).map_or(0.0, |&walls| around(walls, direction)), level)
}

/// The value in a direction, from those of the four walls: the Fourier series through the four.
pub(super) fn around([septal, inferior, lateral, anterior]: [f64; 4], [cos, sin]: [f64; 2]) -> f64 {
    0.25 * (septal + inferior + lateral + anterior)
        + 0.5 * ((septal - lateral) * cos + (inferior - anterior) * sin)
        + 0.25 * (septal + lateral - inferior - anterior) * (cos * cos - sin * sin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const WALLS: [[f64; 2]; 4] = [[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]];

    #[test]
    fn the_mean_person_has_the_radii_of_the_table() {
        let mut sums = [[0.0; 4]; 2];
        const PERSONS: u64 = 300;
        for seed in 0..PERSONS {
            let profile = Profile::draw(&mut ChaCha8Rng::seed_from_u64(seed));
            for (wall, direction) in WALLS.into_iter().enumerate() {
                let [ed, es] = profile.radii(0.5, direction);
                sums[0][wall] += ed / PERSONS as f64;
                sums[1][wall] += es / PERSONS as f64;
            }
        }
        // anatomy.md, section 1, x = 50 %: ED 19 21 26 28, ES 12 11 17 20.
        for (found, table) in sums.iter().zip([[19.0, 21.0, 26.0, 28.0], [12.0, 11.0, 17.0, 20.0]]) {
            assert!(
                found.iter().zip(table).all(|(a, b)| (a - b).abs() < 1.0),
                "{found:?} where {table:?} was measured"
            );
        }
    }

    #[test]
    fn the_apex_is_round_and_walls_are_as_thick_as_measured() {
        let profile = Profile::draw(&mut ChaCha8Rng::seed_from_u64(1));
        let [near, nearer] = [0.99, 0.9975].map(|level| profile.radii(level, WALLS[1])[0]);
        assert!((near / nearer - 2.0).abs() < 0.1, "{near} {nearer}");
        assert!((wall_mm(0.3, WALLS[0]) - 10.6).abs() < 1e-9 && (wall_mm(0.7, WALLS[3]) - 6.9).abs() < 1e-9);
    }
}
