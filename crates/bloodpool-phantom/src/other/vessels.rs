//! `Vessels`: aorta, pulmonary trunk and veins as tubes along splines; roots move with the valves, far ends do not move.

use rand::{Rng, RngExt};

use super::parameters::Range;
use super::space::{Mesh, P3, along, dot, mix, spline};
use super::values::PARAMETERS;
use crate::random::normal;

const AROUND: usize = 12;

/// What a tube holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vessel {
    Aorta,
    Pulmonary,
    Vein,
}

#[derive(Debug, Clone)]
struct Tube {
    vessel: Vessel,
    line: Vec<P3>,
    radii: Vec<f64>,
    /// How far each point of the line follows the descent of the base, 0 to 1.
    follows: Vec<f64>,
    /// Share by which the radius grows in systole.
    pulse: f64,
}

/// The great vessels of one heart in its frame, mm.
#[derive(Debug, Clone)]
pub(super) struct Vessels {
    tubes: Vec<Tube>,
    /// The centre line of the upper vena cava, from the atrium upwards.
    pub(super) upper_cava: Vec<P3>,
}

impl Vessels {
    /// For an LV of this length with the pulmonary valve at `valve`.
    pub(super) fn draw(rng: &mut impl Rng, length: f64, valve: P3) -> Self {
        let p = &PARAMETERS.vessels;
        let part = rng.random_range(0.0..1.0);
        // Vessels grow less than ventricles do.
        let scale = 1.0 + 0.5 * (length / 80.0 - 1.0);
        let mut line = |points: &[P3], fixed: usize| -> Vec<P3> {
            let bent = |(k, point): (usize, &P3)| {
                let bend = if k < fixed { 0.0 } else { p.bend_mm };
                point.map(|x| x * scale + normal(rng, bend).clamp(-2.0 * p.bend_mm, 2.0 * p.bend_mm))
            };
            points.iter().enumerate().map(bent).collect()
        };
        let between =
            |two: &[&[P3]; 2]| -> Vec<P3> { two[0].iter().zip(two[1]).map(|(&a, &b)| mix(a, b, part)).collect() };

        let mut aorta = line(&between(&p.aorta), 2);
        let ascending = aorta.len();
        aorta.extend(line(p.arch, 0));
        // The trunk starts at this heart's own pulmonary valve and takes up the measured course.
        let mut trunk = line(&between(&p.trunk), 0);
        for (k, point) in trunk.iter_mut().enumerate() {
            *point = mix(*point, valve, [1.0, 0.5, 0.2, 0.0][k.min(3)]);
        }
        let fork = trunk.last().copied().unwrap_or(valve);
        let branch = |mut points: Vec<P3>| {
            points[0] = fork;
            points
        };
        let branches = [branch(line(p.right_branch, 0)), branch(line(p.left_branch, 0))];
        let upper_cava = line(p.upper_cava, 1);
        let lower_cava = line(p.lower_cava, 1);
        let veins: Vec<Vec<P3>> = p.lung_veins.iter().map(|points| line(points, 1)).collect();

        let pulse = p.pulse.draw(rng);
        let mut radius = |range: Range| range.draw(rng) * scale.clamp(0.85, 1.2);
        let [root, wide, far] = [p.root_radius_mm, p.aorta_radius_mm, p.descending_radius_mm].map(&mut radius);
        let aorta_radius = |k: usize| {
            if k < 2 {
                root
            } else if k < ascending {
                wide
            } else {
                let down = ((k - ascending) as f64 / 4.0).min(1.0);
                wide + (far - wide) * down
            }
        };
        let mut tubes = Vec::new();
        let mut add = |vessel, points: &[P3], radius: &dyn Fn(usize) -> f64, tied: f64, pulse: f64| {
            const STEPS: usize = 2;
            let line = spline(points, STEPS);
            let radii = (0..line.len()).map(|k| 0.5 * (radius(k / STEPS) + radius(k.div_ceil(STEPS)))).collect();
            let follows = line
                .iter()
                .map(|&point| {
                    let from = along(point, line[0], -1.0);
                    tied * (1.0 - dot(from, from).sqrt() / p.reach_mm).max(0.0)
                })
                .collect();
            tubes.push(Tube { vessel, line, radii, follows, pulse });
        };
        add(Vessel::Aorta, &aorta, &aorta_radius, 1.0, pulse);
        let trunk_radius = radius(p.trunk_radius_mm);
        add(Vessel::Pulmonary, &trunk, &|_| trunk_radius, 0.8, pulse);
        for points in &branches {
            let own = radius(p.branch_radius_mm);
            add(Vessel::Pulmonary, points, &|_| own, 0.0, pulse);
        }
        let own = radius(p.upper_cava_radius_mm);
        add(Vessel::Vein, &upper_cava, &|_| own, 0.0, 0.0);
        let own = radius(p.lower_cava_radius_mm);
        add(Vessel::Vein, &lower_cava, &|_| own, 0.0, 0.0);
        for points in &veins {
            let own = radius(p.vein_radius_mm);
            add(Vessel::Vein, points, &|_| own, 0.0, 0.0);
        }
        Self { tubes, upper_cava }
    }

    /// All tubes with the base `descent` mm down and the ventricles emptied by this share.
    pub(super) fn at(&self, descent: f64, emptied: f64) -> impl Iterator<Item = (Vessel, Mesh)> + '_ {
        self.tubes.iter().map(move |tube| {
            let moved = |(&[a, s, v], follows): (&P3, &f64)| [a + follows * descent, s, v];
            let line: Vec<P3> = tube.line.iter().zip(&tube.follows).map(moved).collect();
            // Arteries are widest in the middle of ejection.
            let grown = 1.0 + tube.pulse * 4.0 * emptied * (1.0 - emptied);
            let radii: Vec<f64> = tube.radii.iter().map(|radius| radius * grown).collect();
            (tube.vessel, Mesh::tube(&line, &radii, AROUND))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn roots_follow_the_base_and_far_ends_stay() {
        let vessels = Vessels::draw(&mut ChaCha8Rng::seed_from_u64(4), 87.0, [-4.0, 20.0, -38.0]);
        let (before, after): (Vec<_>, Vec<_>) = (vessels.at(0.0, 0.0).collect(), vessels.at(14.0, 1.0).collect());
        // The middle of the first and of the last loop.
        let moved = |tube: usize, end: usize| {
            let at = |tubes: &[(Vessel, Mesh)]| tubes[tube].1.points[tubes[tube].1.points.len() - 2 + end][0];
            at(&after) - at(&before)
        };
        // Section 1: the aortic valve comes down by 10 to 17 mm, the pulmonary valve by 6 to 19.
        assert!((10.0..17.0).contains(&moved(0, 0)) && (6.0..19.0).contains(&moved(1, 0)));
        assert!(moved(0, 1).abs() < 0.1);
        assert_eq!(before.iter().filter(|(vessel, _)| *vessel == Vessel::Vein).count(), 6);
        assert!(before.iter().all(|(_, mesh)| mesh.volume_ml() > 0.5));
    }
}
