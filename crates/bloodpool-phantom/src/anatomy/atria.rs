//! The atria: cut ellipsoids that are attached to the valve planes, follow them, and fill the space that the descending
//! base leaves.

use rand::{Rng, RngExt};

use crate::random::normal;

/// One atrium, in the axes of the left ventricle (mm). Its roof stays; its floor is a valve plane that moves.
#[derive(Debug, Clone)]
pub(crate) struct Atrium {
    centre: [f64; 3],
    axes: [[f64; 3]; 3],
    half: [f64; 3],
    roof: f64,
    floor: f64,
    volumes_ml: [f64; 2],
    reference_ml: f64,
}

/// An atrium at one moment.
#[derive(Debug, Clone)]
pub(crate) struct AtrialMoment {
    stretch: f64,
    widen: f64,
    floor: f64,
}

impl Atrium {
    /// The left atrium of a heart whose ventricle has length `l`. `sick`, 0 to 1: larger and emptying less.
    pub(crate) fn left(rng: &mut impl Rng, l: f64, sick: f64) -> Self {
        let largest = rng.random_range(52.0..98.0) * (1.0 + sick * rng.random_range(0.1..1.0));
        let ratio = rng.random_range(0.40..0.55) + sick * rng.random_range(0.0..0.3);
        let size = (largest / 78.0_f64).cbrt();
        let centre = [-0.37 * l + normal(rng, 3.0), normal(rng, 3.0), normal(rng, 6.0)];
        let half = [37.0, 23.5, 20.0].map(|axis| axis * size * normal(rng, 0.07).exp());
        let long = [-0.77, 0.61, normal(rng, 0.15)];
        Self::new(centre, long, [0.6, 0.77, -0.2], half, 0.0, [largest, largest * ratio])
    }

    /// The right atrium, whose floor is the tricuspid plane at `plane` along a.
    pub(crate) fn right(rng: &mut impl Rng, l: f64, plane: f64, sick: f64) -> Self {
        let largest = rng.random_range(60.0..112.0) * (1.0 + sick * rng.random_range(0.0..0.8));
        let ratio = rng.random_range(0.50..0.62) + sick * rng.random_range(0.0..0.2);
        let size = (largest / 80.0_f64).cbrt();
        let centre = [-0.22 * l + normal(rng, 4.0), 0.48 * l + normal(rng, 5.0), 0.22 * l + normal(rng, 8.0)];
        let half = [40.0, 24.0, 19.5].map(|axis| axis * size * normal(rng, 0.07).exp());
        let long = [-0.3 + normal(rng, 0.15), 0.75, -0.55 + normal(rng, 0.2)];
        Self::new(centre, long, [0.3, 0.3, 0.85], half, plane, [largest, largest * ratio])
    }

    fn new(
        centre: [f64; 3],
        long: [f64; 3],
        short: [f64; 3],
        half: [f64; 3],
        floor: f64,
        volumes_ml: [f64; 2],
    ) -> Self {
        let scale = |v: [f64; 3]| {
            let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            v.map(|x| x / length)
        };
        let first = scale(long);
        let along: f64 = (0..3).map(|i| first[i] * short[i]).sum();
        let third = scale([0, 1, 2].map(|i| short[i] - along * first[i]));
        let second = [
            third[1] * first[2] - third[2] * first[1],
            third[2] * first[0] - third[0] * first[2],
            third[0] * first[1] - third[1] * first[0],
        ];
        let axes = [first, second, third];
        let reach = (0..3).map(|k| (half[k] * axes[k][0]).powi(2)).sum::<f64>().sqrt();
        let mut atrium = Self { centre, axes, half, roof: centre[0] - reach, floor, volumes_ml, reference_ml: 0.0 };
        // Volume below the floor of the ellipsoid, by a grid of 3 mm.
        let rest = AtrialMoment { stretch: 1.0, widen: 1.0, floor };
        let steps = (2.0 * half.iter().copied().fold(0.0, f64::max) / 3.0) as i32 / 2 + 2;
        let mut cells = 0;
        for i in -steps..=steps {
            for j in -steps..=steps {
                for k in -steps..=steps {
                    let at = [i, j, k].map(|n| f64::from(n) * 3.0);
                    let point = [centre[0] + at[0], centre[1] + at[1], centre[2] + at[2]];
                    cells += i32::from(atrium.depth(&rest, point) > 0.0);
                }
            }
        }
        atrium.reference_ml = f64::from(cells.max(1)) * 0.027;
        atrium
    }

    /// The atrium when the ventricle below it has ejected `emptied` (0 to 1) of its stroke and its floor has moved by
    /// `moved` mm. It is largest at the end of systole, empties by a half in early filling, stays the same, and is
    /// emptied by its own contraction.
    pub(crate) fn at(&self, emptied: f64, moved: f64) -> AtrialMoment {
        let [largest, smallest] = self.volumes_ml;
        let volume = smallest + (largest - smallest) * emptied.clamp(0.0, 1.0).sqrt();
        let stretch = (self.floor + moved - self.roof) / (self.floor - self.roof);
        AtrialMoment { stretch, widen: (volume / (self.reference_ml * stretch)).sqrt(), floor: self.floor + moved }
    }

    /// How far a point lies inside the atrium, mm, about; negative outside.
    pub(crate) fn depth(&self, moment: &AtrialMoment, at: [f64; 3]) -> f64 {
        let a = self.roof + (at[0] - self.roof) / moment.stretch - self.centre[0];
        let [s, v] = [1, 2].map(|i| (at[i] - self.centre[i]) / moment.widen);
        let share = (0..3)
            .map(|k| ((self.axes[k][0] * a + self.axes[k][1] * s + self.axes[k][2] * v) / self.half[k]).powi(2))
            .sum::<f64>()
            .sqrt();
        let body = (1.0 - share) * self.half.iter().copied().fold(f64::INFINITY, f64::min) * moment.widen;
        body.min(moment.floor - at[0])
    }
}
