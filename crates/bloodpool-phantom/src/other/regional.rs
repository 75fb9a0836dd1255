//! `Region`: a part of the LV wall that moves little, not at all or outwards, and aneurysms.

use std::f64::consts::TAU;

use rand::{Rng, RngExt};

use super::values::PARAMETERS;

/// One region of the wall.
#[derive(Debug, Clone)]
pub(super) struct Region {
    level: f64,
    angle: f64,
    level_sd: f64,
    angle_sd: f64,
    /// Share of the normal motion that is left in its middle; negative: outwards.
    left: f64,
    /// Share by which its radii are larger, in an aneurysm.
    bulge: f64,
}

impl Region {
    /// In a share of the hearts, and only where LVEF is low.
    pub(super) fn draw(rng: &mut impl Rng, lvef: f64) -> Option<Self> {
        let p = &PARAMETERS.disease;
        if !(lvef < 50.0 && rng.random_bool(p.regional_share)) {
            return None;
        }
        Some(Self {
            level: p.region_level.draw(rng),
            angle: rng.random_range(0.0..TAU),
            level_sd: p.region_level_sd.draw(rng),
            angle_sd: p.region_angle_sd.draw(rng).to_radians(),
            left: p.motion_left.draw(rng),
            bulge: if rng.random_bool(p.aneurysm_share) { p.aneurysm_bulge.draw(rng) } else { 0.0 },
        })
    }

    /// Factors on the motion and on the radius at a level (0 base, 1 apex) and direction (cosine and sine of the
    /// angle).
    pub(super) fn factors(&self, level: f64, [cos, sin]: [f64; 2]) -> [f64; 2] {
        // Towards the apex all walls come together.
        let apart = (cos * self.angle.cos() + sin * self.angle.sin()).clamp(-1.0, 1.0).acos();
        let apart = apart * (2.0 * (1.0 - level)).min(1.0);
        let from = [(level - self.level) / self.level_sd, apart / self.angle_sd];
        let weight = (-0.5 * (from[0] * from[0] + from[1] * from[1])).exp();
        [1.0 - (1.0 - self.left) * weight, 1.0 + self.bulge * weight]
    }

    /// In words, for example `apical akinesis`.
    pub(super) fn words(&self) -> String {
        if self.bulge > 0.0 {
            return format!("{} aneurysm", self.wall());
        }
        let kind = match self.left {
            left if left > 0.25 => "hypokinesis",
            left if left > -0.05 => "akinesis",
            _ => "dyskinesis",
        };
        format!("{} {kind}", self.wall())
    }

    fn wall(&self) -> &'static str {
        if self.level > 0.75 {
            "apical"
        } else {
            ["septal", "inferior", "lateral", "anterior"][((self.angle / TAU * 4.0).round() as usize) % 4]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn regions_are_local_and_only_in_failing_hearts() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        assert!((0..200).all(|_| Region::draw(&mut rng, 60.0).is_none()));
        let drawn: Vec<Region> = (0..400).filter_map(|_| Region::draw(&mut rng, 30.0)).collect();
        assert!((120..200).contains(&drawn.len()), "{}", drawn.len());
        for region in &drawn {
            let [motion, radius] = region.factors(region.level, [region.angle.cos(), region.angle.sin()]);
            assert!((motion - region.left).abs() < 1e-6 && (radius - 1.0 - region.bulge).abs() < 1e-6);
            let [motion, radius] = region.factors(0.05, [-region.angle.cos(), -region.angle.sin()]);
            assert!(motion > 0.85 && radius < 1.05, "{motion} {radius}: {}", region.words());
        }
    }
}
