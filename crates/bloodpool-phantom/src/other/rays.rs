//! `Rays`: where the rays of a parallel camera enter and leave closed surfaces, and what lies between.

use super::organs::{ORGANS, Organ};
use super::space::{Mesh, P3};

/// Parts of a pixel in which corners are placed: with whole numbers no ray slips between two triangles.
const PARTS: f64 = 256.0;
const PART: i64 = 256;

/// A square grid of rays, along the view.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grid {
    /// Rays along a side.
    pub(super) side: usize,
    /// Distance between rays, mm.
    pub(super) pitch: f64,
    /// The middle of the grid, mm.
    pub(super) centre: [f64; 2],
}

impl Grid {
    /// Exact place in the grid, in its own units.
    pub(super) fn place(&self, point: [f64; 2]) -> [f64; 2] {
        [0, 1].map(|k| (point[k] - self.centre[k]) / self.pitch + (self.side as f64 - 1.0) / 2.0)
    }

    /// Camera coordinates of a ray, mm.
    pub(super) fn ray(&self, column: usize, row: usize) -> [f64; 2] {
        let middle = (self.side as f64 - 1.0) / 2.0;
        [self.centre[0] + (column as f64 - middle) * self.pitch, self.centre[1] + (row as f64 - middle) * self.pitch]
    }

    /// Bilinear value of an image of this grid at a point, mm; outside it is 0.
    pub(super) fn sample(&self, image: &[f32], point: [f64; 2]) -> f64 {
        let [x, y] = self.place(point);
        let last = (self.side - 1) as f64;
        if !(x >= 0.0 && y >= 0.0 && x < last && y < last) {
            return 0.0;
        }
        let (column, row) = (x as usize, y as usize);
        let (u, v) = (x - column as f64, y - row as f64);
        let at = |r: usize, c: usize| f64::from(image[r * self.side + c]);
        (1.0 - v) * ((1.0 - u) * at(row, column) + u * at(row, column + 1))
            + v * ((1.0 - u) * at(row + 1, column) + u * at(row + 1, column + 1))
    }
}

#[derive(Debug, Clone, Copy)]
struct Crossing {
    ray: u32,
    depth: f32,
    organ: u8,
    leaves: bool,
}

/// All crossings of rays and surfaces of one picture. The buffers are kept between pictures.
#[derive(Debug, Default)]
pub(super) struct Rays {
    crossings: Vec<Crossing>,
    sorted: Vec<Crossing>,
    starts: Vec<u32>,
    corners: Vec<([i64; 2], f64)>,
}

impl Rays {
    pub(super) fn clear(&mut self) {
        self.crossings.clear();
    }

    /// Adds a surface; `to_camera` gives x, y and depth of its points, mm.
    pub(super) fn add(&mut self, grid: &Grid, organ: Organ, mesh: &Mesh, to_camera: impl Fn(P3) -> P3) {
        self.corners.clear();
        self.corners.extend(mesh.points.iter().map(|&point| {
            let [x, y, depth] = to_camera(point);
            let at = grid.place([x, y]).map(|x| (x.clamp(-1e6, 1e6) * PARTS).round() as i64);
            (at, depth)
        }));
        let (corners, crossings) = (&self.corners, &mut self.crossings);
        mesh.triangles(|triangle| {
            scan(grid.side, triangle.map(|k| corners[k]), |ray, depth, leaves| {
                crossings.push(Crossing { ray, depth, organ: organ as u8, leaves });
            });
        });
    }

    /// Every stretch of a ray inside an organ: `visit(ray, from, to, organ)`, depths in mm. Where organs overlap, the
    /// first in order counts.
    pub(super) fn stretches(&mut self, grid: &Grid, mut visit: impl FnMut(usize, f32, f32, usize)) {
        let rays = grid.side * grid.side;
        self.starts.clear();
        self.starts.resize(rays + 1, 0);
        for crossing in &self.crossings {
            self.starts[crossing.ray as usize + 1] += 1;
        }
        for ray in 0..rays {
            self.starts[ray + 1] += self.starts[ray];
        }
        self.sorted.clear();
        self.sorted.resize(self.crossings.len(), Crossing { ray: 0, depth: 0.0, organ: 0, leaves: false });
        let mut next = self.starts.clone();
        for crossing in &self.crossings {
            let place = &mut next[crossing.ray as usize];
            self.sorted[*place as usize] = *crossing;
            *place += 1;
        }
        for ray in 0..rays {
            let own = &mut self.sorted[self.starts[ray] as usize..self.starts[ray + 1] as usize];
            if own.is_empty() {
                continue;
            }
            own.sort_unstable_by(|a, b| a.depth.total_cmp(&b.depth));
            let mut inside = [0_i32; ORGANS];
            let (mut present, mut from) = (0_u32, own[0].depth);
            for crossing in own.iter() {
                if present != 0 && crossing.depth > from {
                    visit(ray, from, crossing.depth, present.trailing_zeros() as usize);
                }
                let organ = usize::from(crossing.organ);
                inside[organ] += if crossing.leaves { -1 } else { 1 };
                let bit = 1_u32 << organ;
                present = if inside[organ] > 0 { present | bit } else { present & !bit };
                from = crossing.depth;
            }
        }
    }
}

/// Rays that cross a triangle, with depth and whether they leave the body there. Of two triangles with a common edge
/// exactly one has the rays on it.
fn scan(side: usize, [a, b, c]: [([i64; 2], f64); 3], mut hit: impl FnMut(u32, f32, bool)) {
    let doubled = |p: [i64; 2], q: [i64; 2], r: [i64; 2]| (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
    let area = doubled(a.0, b.0, c.0);
    if area == 0 {
        return;
    }
    // Outward triangles turned towards the detector are where rays enter.
    let leaves = area > 0;
    let (b, c) = if leaves { (b, c) } else { (c, b) };
    let area = area.abs();
    let span = |k: usize| {
        let low = a.0[k].min(b.0[k]).min(c.0[k]).max(0);
        let high = a.0[k].max(b.0[k]).max(c.0[k]).min((side as i64 - 1) * PART);
        ((low + PART - 1) / PART, high.div_euclid(PART))
    };
    let ((left, right), (top, bottom)) = (span(0), span(1));
    // A ray exactly on an edge belongs to the triangle on one side of it, by the direction of the edge.
    let owned = |p: [i64; 2], q: [i64; 2]| q[1] < p[1] || (q[1] == p[1] && q[0] > p[0]);
    let edges = [(b, c), (c, a), (a, b)].map(|(p, q)| (p.0, q.0, i64::from(!owned(p.0, q.0))));
    for row in top..=bottom {
        for column in left..=right {
            let ray = [column * PART, row * PART];
            let weights = edges.map(|(p, q, least)| (doubled(p, q, ray), least));
            if weights.iter().all(|&(weight, least)| weight >= least) {
                let depth =
                    (weights[0].0 as f64 * a.1 + weights[1].0 as f64 * b.1 + weights[2].0 as f64 * c.1) / area as f64;
                hit((row as usize * side + column as usize) as u32, depth as f32, leaves);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::PI;

    fn ball(radius: f64, centre: P3) -> Mesh {
        let mut points = Vec::new();
        for k in 1..40 {
            let (sin, cos) = (PI * f64::from(k) / 40.0).sin_cos();
            for j in 0..48 {
                let (y, x) = (PI * f64::from(j) / 24.0).sin_cos();
                points.push([centre[0] + radius * cos, centre[1] + radius * sin * x, centre[2] + radius * sin * y]);
            }
        }
        Mesh::new(points, 48, [[centre[0] + radius, centre[1], centre[2]], [centre[0] - radius, centre[1], centre[2]]])
    }

    #[test]
    fn chords_add_up_to_the_volume_and_every_ray_that_enters_leaves() {
        let grid = Grid { side: 64, pitch: 2.0, centre: [3.0, -5.0] };
        let mesh = ball(40.0, [5.0, 2.0, 90.0]);
        let mut rays = Rays::default();
        rays.add(&grid, Organ::LeftVentricle, &mesh, |p| p);
        let mut volume = 0.0;
        rays.stretches(&grid, |ray, from, to, organ| {
            assert_eq!(organ, 0);
            let [x, y] = grid.ray(ray % 64, ray / 64);
            // 2 sqrt(r^2 - d^2), less what the flat triangles cut off.
            let chord = 2.0 * (1600.0 - (x - 5.0).powi(2) - (y - 2.0).powi(2)).max(0.0).sqrt();
            assert!(f64::from(to - from) < chord + 0.5, "{} for {chord}", to - from);
            volume += f64::from(to - from) * 4.0 / 1000.0;
        });
        assert!((volume / mesh.volume_ml() - 1.0).abs() < 0.003, "{volume} {}", mesh.volume_ml());
    }

    #[test]
    fn the_first_organ_counts_where_two_overlap() {
        let grid = Grid { side: 3, pitch: 2.0, centre: [0.3, 0.2] };
        let mut rays = Rays::default();
        rays.add(&grid, Organ::LeftAtrium, &ball(30.0, [0.0, 0.0, 80.0]), |p| p);
        rays.add(&grid, Organ::RightVentricle, &ball(30.0, [0.0, 0.0, 100.0]), |p| p);
        let mut found = Vec::new();
        rays.stretches(&grid, |ray, from, to, organ| {
            if ray == 4 {
                found.push((organ, from.round(), to.round()));
            }
        });
        assert_eq!(
            found,
            [
                (Organ::LeftAtrium as usize, 50.0, 70.0),
                (Organ::RightVentricle as usize, 70.0, 110.0),
                (Organ::RightVentricle as usize, 110.0, 130.0),
            ]
        );
    }
}
