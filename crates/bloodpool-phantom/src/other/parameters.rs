//! `Parameters`: which tables and ranges the second family has, and draws from them.

use rand::{Rng, RngExt};

use super::space::P3;
use crate::random::normal;

/// Rows of a table.
pub(super) type Table<T> = &'static [T];

/// Drawn uniformly between both ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range(pub(super) [f64; 2]);

impl Range {
    pub(super) fn draw(self, rng: &mut impl Rng) -> f64 {
        self.at(rng.random_range(0.0..1.0))
    }

    /// The value at this share of the way from the low to the high end.
    pub(super) fn at(self, share: f64) -> f64 {
        self.0[0] + share * (self.0[1] - self.0[0])
    }

    pub(super) fn clamp(self, value: f64) -> f64 {
        value.max(self.0[0]).min(self.0[1])
    }
}

/// A normal distribution cut at both ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bell {
    pub(super) mean: f64,
    pub(super) sd: f64,
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Bell {
    pub(super) fn draw(self, rng: &mut impl Rng) -> f64 {
        // A few tries, then the nearer end, so that the number of draws is limited.
        let draws = std::iter::repeat_with(|| self.mean + normal(rng, self.sd)).take(8);
        let mut last = self.mean;
        for value in draws {
            last = value;
            if (self.low..=self.high).contains(&value) {
                break;
            }
        }
        last.max(self.low).min(self.high)
    }
}

/// Declares the sections, whose fields are all visible to this family.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $kind:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(super) struct $name { $(pub(super) $field: $kind,)* }
    )*};
}

sections! {
    /// All sections.
    Parameters {
        left: Left, timing: Timing, disease: Disease, right: Right, atria: Atria, vessels: Vessels,
        position: Position, activity: Activity, chest: Chest, camera: Camera,
    }
    /// The left ventricle.
    Left {
        table_length_mm: f64, levels: Table<f64>, end_diastole: Table<[f64; 4]>, end_systole: Table<[f64; 4]>,
        tip: [f64; 2],
        wall_levels: Table<f64>, wall: Table<[f64; 4]>, wall_factor: Bell, apex_wall: Bell,
        edv_ml: f64, edv_at_lvef: f64, edv_per_point_below: f64, edv_per_point_above: f64, edv_log: Bell,
        edv_limits: Range, slenderness: Bell, rounder_per_point: f64,
        base_radius: Bell, bow_s: Bell, bow_v: Bell, inferior_mm: Bell, flat_septum_mm: Bell, cone: Bell,
        tilt_v: Bell, tilt_s: Bell, tilt_v_systole: Bell, tilt_s_systole: Bell,
        length_exponent: Bell, apex_shift_mm: Range, outer_apex_shift_mm: Range, muscle_share: Range,
    }
    /// Motion over the cycle.
    Timing {
        systole: Table<[f64; 2]>, diastole: Table<[f64; 2]>, systole_ms: Bell, systole_ms_per_beat: f64,
        systole_share: Range, filling: Range, descent_power: Range, wall_delay: Bell, block_share: f64,
        block_share_low_lvef: f64, block_delay: Range, block_septal_motion: Range, rv_delay: Range,
    }
    /// Regional wall motion, effusion, valves.
    Disease {
        regional_share: f64, motion_left: Range, region_level: Range, region_level_sd: Range, region_angle_sd: Range,
        aneurysm_share: f64, aneurysm_bulge: Range, effusion_share: f64, effusion_mm: Range,
        valve_share: f64, regurgitation_ratio: Range, shunt_ratio: Range,
    }
    /// The right ventricle.
    Right {
        angles: Table<f64>, shares: Table<f64>, end_diastole: Table<Table<f64>>, end_systole: Table<Table<f64>>,
        turn: Bell, width: Bell, plane: Range, apex: Bell, descent_ratio: Range, edv_ml: Bell, edv_power: f64,
        stroke_ratio: Range, lvef_highest: f64, valve_a: Range, valve_s: Range, valve_v: Range,
        outflow_radius_mm: Range,
    }
    /// One measured atrium.
    Atrium { length: f64, centre: P3, axes: P3, }
    /// Both atria.
    Atria {
        left: Table<Atrium>, left_long: P3, left_short: P3, right: Table<Atrium>, right_long: P3, right_short: P3,
        axis_turn: Bell, exponent: Range, left_largest_ml: Bell, right_largest_ml: Bell,
        left_ratio: Range, right_ratio: Range, dilated: Range, ratio_raised: Range, reservoir: f64,
    }
    /// Great vessels and veins.
    Vessels {
        aorta: [Table<P3>; 2], arch: Table<P3>, trunk: [Table<P3>; 2], right_branch: Table<P3>, left_branch: Table<P3>,
        upper_cava: Table<P3>, lower_cava: Table<P3>, lung_veins: Table<Table<P3>>,
        root_radius_mm: Range, aorta_radius_mm: Range, descending_radius_mm: Range, trunk_radius_mm: Range,
        branch_radius_mm: Range, upper_cava_radius_mm: Range, lower_cava_radius_mm: Range, vein_radius_mm: Range,
        bend_mm: f64, reach_mm: f64, pulse: Range,
    }
    /// The heart in the body, and the camera in front of it.
    Position {
        axes: Table<[P3; 2]>, turn_sd: f64, caudal_highest: f64, caudal_power: f64, search: Range,
        left_mm: Range, behind_skin_mm: Range,
    }
    /// Activity per ml.
    Activity {
        chamber: Range, vessel: Range, muscle: Range, fluid: Range, body: Range, lung: Range, liver: Range,
        spleen: Range, kidney: Range, marrow: Range, stomach: Range, mediastinum: Range, uneven: Range,
        wave_mm: Range, hot_stomach: Range, hot_spleen: Range, hot_marrow: Range, line_activity: Range,
        injection_activity: Range,
    }
    /// The chest and what is in front of it.
    Chest {
        half_width_mm: Range, half_depth_mm: Range, squareness: Range, diaphragm_mm: Range, dome_mm: Range,
        wall_mm: Range, lung_gap_mm: Range, gap_mm: Range, soft_per_mm: Range, lung_fraction: Range,
        bone_factor: Range, breast_mm: Range, breast_radius_mm: Range, arm_mm: Range, arm_width_mm: Range,
    }
    /// The camera.
    Camera {
        fwhm_mm: Range, intrinsic_share: Range, field_mm: Range, margin_mm: f64, off_centre_mm: f64,
        scatter_near: Range, scatter_deep: Range, decay_near_mm: Range, decay_deep_mm: Range,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::other::values::PARAMETERS;
    use rand::SeedableRng;

    #[test]
    fn the_file_is_read_and_its_tables_are_complete() {
        let p = &PARAMETERS;
        assert_eq!((p.left.levels.len(), p.left.end_diastole.len(), p.left.end_systole.len()), (10, 10, 10));
        assert_eq!(p.left.wall_levels.len(), p.left.wall.len());
        for table in [&p.right.end_diastole, &p.right.end_systole] {
            assert!(table.len() == p.right.angles.len() && table.iter().all(|row| row.len() == p.right.shares.len()));
        }
        assert!(
            p.vessels.aorta[0].len() == p.vessels.aorta[1].len()
                && p.vessels.trunk[0].len() == p.vessels.trunk[1].len()
        );
    }

    #[test]
    fn draws_stay_within_their_ends() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
        let bell = Bell { mean: 1.0, sd: 3.0, low: 0.5, high: 1.5 };
        assert!((0..500).all(|_| (0.5..=1.5).contains(&bell.draw(&mut rng))));
        assert!((0..500).all(|_| (-2.0..=4.0).contains(&Range([-2.0, 4.0]).draw(&mut rng))));
    }
}
