//! `Heart`: both ventricles, atria and vessels of one person with their activities, and their surfaces at each moment.

use rand::{Rng, RngExt};

use super::atria::{Atrium, Floor};
use super::left::{AROUND, Left, LeftShape};
use super::right::Right;
use super::space::{Mesh, P3, along, unit};
use super::timing::Timing;
use super::values::PARAMETERS;
use super::vessels::{Vessel, Vessels};
use crate::request::Request;

/// What a surface encloses. Where two overlap, the earlier in this list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Organ {
    LeftVentricle,
    Muscle,
    RightVentricle,
    Line,
    Aorta,
    Pulmonary,
    LeftAtrium,
    RightAtrium,
    Vein,
    Sheath,
}

/// Number of organs.
pub(super) const ORGANS: usize = 10;

/// A source that is neither heart nor usual background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extra {
    None,
    Stomach,
    Spleen,
    Marrow,
    Injection,
    Line,
}

/// One heart, in its own frame.
#[derive(Debug, Clone)]
pub(super) struct Heart {
    pub(super) timing: Timing,
    pub(super) left: Left,
    right: Right,
    atria: [Atrium; 2],
    vessels: Vessels,
    /// RV wall, fat and pericardial fluid round the ventricles, mm.
    sheath_mm: f64,
    /// A line in the upper vena cava.
    line: Option<Vec<P3>>,
    /// Activity per ml of each organ; that of LV blood is 1.
    pub(super) activity: [f64; ORGANS],
    pub(super) extra: Extra,
    /// What is unusual, in words.
    pub(super) words: String,
}

/// The heart at one moment.
#[derive(Debug, Clone)]
pub(super) struct Moment {
    pub(super) organs: Vec<(Organ, Mesh)>,
    /// Share of the LV cavity that is blood and not papillary muscle or trabeculae.
    pub(super) blood: f64,
}

impl Heart {
    pub(super) fn draw(rng: &mut impl Rng, request: &Request) -> Self {
        let p = &PARAMETERS;
        let timing = Timing::draw(rng, request);
        let left = Left::draw(rng, request, &timing);
        let mut words = left.words.clone();
        let valve_disease = rng.random_bool(p.disease.valve_share) && !request.still;
        let ratio = if !valve_disease {
            p.right.stroke_ratio.draw(rng)
        } else if rng.random_bool(0.6) {
            words.push("mitral or aortic regurgitation".into());
            p.disease.regurgitation_ratio.draw(rng)
        } else {
            words.push("tricuspid regurgitation or shunt".into());
            p.disease.shunt_ratio.draw(rng)
        };
        let right = Right::draw(rng, &left, &timing, ratio, request.still);
        let stroke = left.blood_ml(&timing, 0.0) - left.blood_ml(&timing, timing.systole);
        let atria = Atrium::draw(rng, left.length, request.lvef_percent, stroke);
        let vessels = Vessels::draw(rng, left.length, right.valve());

        let effusion = rng.random_bool(p.disease.effusion_share);
        let (fluid_mm, fluid) = (p.disease.effusion_mm.draw(rng), p.activity.fluid.draw(rng));
        if effusion {
            words.push("pericardial effusion".into());
        }
        let extra = if request.extra_source {
            [Extra::Stomach, Extra::Spleen, Extra::Marrow, Extra::Injection, Extra::Line][rng.random_range(0..5)]
        } else {
            Extra::None
        };
        let line = (extra == Extra::Line).then(|| vessels.upper_cava.clone());
        let mut activity = [1.0; ORGANS];
        for organ in [Organ::RightVentricle, Organ::LeftAtrium, Organ::RightAtrium] {
            activity[organ as usize] = p.activity.chamber.draw(rng);
        }
        for organ in [Organ::Aorta, Organ::Pulmonary, Organ::Vein] {
            activity[organ as usize] = p.activity.vessel.draw(rng);
        }
        activity[Organ::Muscle as usize] = p.activity.muscle.draw(rng);
        activity[Organ::Line as usize] = p.activity.line_activity.draw(rng);
        activity[Organ::Sheath as usize] = if effusion { fluid } else { p.activity.muscle.draw(rng) };
        let words = if words.is_empty() { "normal wall motion".to_owned() } else { words.join(", ") };
        let sheath_mm = if effusion { fluid_mm } else { 3.0 };
        Self { timing, left, right, atria, vessels, sheath_mm, line, activity, extra, words }
    }

    /// Largest and smallest volume of RV blood, ml: at the R wave and when the RV has contracted.
    pub(super) fn right_ml(&self) -> [f64; 2] {
        let timing = &self.timing;
        let at = |time: f64| self.right.volume_ml(&self.left.at(timing, time), timing, time);
        [at(0.0), at(timing.systole + timing.rv_delay)]
    }

    /// All surfaces at one moment, a share of the R-R interval.
    pub(super) fn at(&self, time: f64) -> Moment {
        let timing = &self.timing;
        let shape = self.left.at(timing, time);
        let mut organs = Vec::with_capacity(20);
        organs.extend(self.right.at(&shape, timing, time).map(|mesh| (Organ::RightVentricle, mesh)));
        let moving = if self.left.descent > 0.0 { timing.emptied(time) } else { 0.0 };
        let late = if self.left.descent > 0.0 { timing.emptied(time - timing.rv_delay) } else { 0.0 };
        let [left, right] = &self.atria;
        organs.push((Organ::LeftAtrium, left.at(Floor { at: shape.base, slopes: shape.slopes }, moving)));
        let plane = Floor { at: self.right.plane(timing, time), slopes: [0.0; 2] };
        organs.push((Organ::RightAtrium, right.at(plane, late)));
        organs.extend(self.vessels.at(shape.base, moving).map(|(vessel, mesh)| {
            let organ = match vessel {
                Vessel::Aorta => Organ::Aorta,
                Vessel::Pulmonary => Organ::Pulmonary,
                Vessel::Vein => Organ::Vein,
            };
            (organ, mesh)
        }));
        if let Some(line) = &self.line {
            organs.push((Organ::Line, Mesh::tube(line, &vec![3.0; line.len()], 6)));
        }
        organs.push((Organ::Sheath, self.sheath(&shape, time)));
        let cavity = shape.cavity.volume_ml();
        let blood = ((cavity - self.left.muscle_ml) / cavity.max(1.0)).clamp(0.0, 1.0);
        organs.push((Organ::LeftVentricle, shape.cavity.clone()));
        organs.push((Organ::Muscle, shape.outer.clone()));
        Moment { organs, blood }
    }

    /// Both ventricles only, at ED: what the best septal view is sought with.
    pub(super) fn ventricles(&self) -> Vec<(Organ, Mesh)> {
        let shape = self.left.at(&self.timing, 0.0);
        let [crescent, outflow] = self.right.at(&shape, &self.timing, 0.0);
        vec![
            (Organ::LeftVentricle, shape.cavity),
            (Organ::Muscle, shape.outer),
            (Organ::RightVentricle, crescent),
            (Organ::RightVentricle, outflow),
        ]
    }

    /// A shell round both ventricles.
    fn sheath(&self, shape: &LeftShape, time: f64) -> Mesh {
        let outer = &shape.outer.points;
        let poles = [outer[outer.len() - 2], outer[outer.len() - 1]];
        let grown = |&[a, s, v]: &P3| {
            let thickness = self.right.thickness_at(&self.timing, time, a, v.atan2(s).to_degrees());
            along([a, s, v], unit([0.0, s, v]), thickness + self.sheath_mm)
        };
        let mut points: Vec<P3> = outer[..outer.len() - 2].iter().map(grown).collect();
        // One more loop, so that the shell also covers the apex.
        let beyond = poles[1][0] + 0.7 * self.sheath_mm;
        let last = points[points.len() - AROUND..].to_vec();
        points.extend(last.iter().map(|&[_, s, v]| [beyond, 0.7 * s, 0.7 * v]));
        Mesh::new(points, AROUND, [poles[0], [poles[1][0] + self.sheath_mm, 0.0, 0.0]])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn every_surface_is_finite_and_closed() {
        for seed in 0..30 {
            let request = Request { extra_source: true, ..Request::plain(5.0 + 2.6 * seed as f64) };
            let heart = Heart::draw(&mut ChaCha8Rng::seed_from_u64(seed), &request);
            for time in [0.0, 0.2, heart.timing.systole, 0.7] {
                for (organ, mesh) in heart.at(time).organs {
                    assert!(mesh.points.iter().flatten().all(|x| x.is_finite() && x.abs() < 400.0), "{organ:?}");
                    assert!(mesh.volume_ml() > 0.0, "{organ:?} at {time}: {}", mesh.volume_ml());
                }
            }
        }
    }

    #[test]
    fn centres_lie_where_they_were_measured() {
        // anatomy.md, sections 2 and 3, by length of the LV: RV about (0.45, 0.4, -0.03), LA (-0.37, 0, 0),
        // RA (-0.22, 0.48, 0.27).
        let mut sums = [[0.0; 3]; 3];
        const HEARTS: u64 = 40;
        for seed in 0..HEARTS {
            let heart = Heart::draw(&mut ChaCha8Rng::seed_from_u64(seed), &Request::plain(63.0));
            let organs = heart.at(0.0).organs;
            for (k, organ) in [Organ::RightVentricle, Organ::LeftAtrium, Organ::RightAtrium].into_iter().enumerate() {
                if let Some((_, mesh)) = organs.iter().find(|(o, _)| *o == organ) {
                    let count = mesh.points.len() as f64 * HEARTS as f64 * heart.left.length;
                    sums[k] = mesh.points.iter().fold(sums[k], |sum, &p| along(sum, p, 1.0 / count));
                }
            }
        }
        println!("{sums:.2?}");
        for (found, measured) in sums.iter().zip([[0.45, 0.40, -0.03], [-0.37, 0.0, 0.0], [-0.22, 0.48, 0.27]]) {
            for (found, measured) in found.iter().zip(measured) {
                assert!((found - measured).abs() < 0.15, "{found} where {measured} was measured");
            }
        }
    }
}
