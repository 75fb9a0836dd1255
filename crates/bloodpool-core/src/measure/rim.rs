//! The rim round each frame's ROI, and the blend of its mean with the level of the background region.

use crate::Mask;
use crate::measure::counts::GridCounts;
use crate::protocol::Rim;

/// Mean counts a pixel in the rim of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RimMean {
    /// Mean counts a pixel of the grid.
    pub level: f64,
    /// Its variance from Poisson counting.
    pub variance: f64,
}

/// Means of every frame in the rim round its own ROI; `None` where a frame has no ROI, or one that fills the matrix.
#[must_use]
pub fn rim_means(counts: &GridCounts<'_>, rois: &[Mask], rim: Rim, spacing_mm: [f64; 2]) -> Vec<Option<RimMean>> {
    let width_mm = rim.width_mm.max(spacing_mm[0]).max(spacing_mm[1]);
    let mean = |(frame, roi): (usize, &Mask)| {
        let around = roi.dilated_mm(width_mm, spacing_mm).difference(roi);
        (!around.is_empty()).then(|| {
            let pixels = around.area() as f64;
            let level = counts.gross(frame, &around) / pixels;
            RimMean { level, variance: level / pixels }
        })
    };
    rois.iter().enumerate().map(mean).collect()
}

/// Levels of a background region, blended with those of rims.
#[derive(Debug, Clone, PartialEq)]
pub struct Blend {
    /// Counts a pixel that each frame loses.
    pub levels: Vec<f64>,
    /// What the region's level was multiplied by in a frame that has a rim.
    pub region_share: f64,
    /// Variance, from Poisson counting, of what each frame's level owes to its rim.
    pub rim_variance: Vec<f64>,
}

impl Blend {
    /// The region's levels alone.
    #[must_use]
    pub fn of_region(region: Vec<f64>) -> Self {
        Self { rim_variance: vec![0.0; region.len()], levels: region, region_share: 1.0 }
    }

    /// `factor x ((1 - weight) x region + weight x rim)` of every frame; of a frame without a rim `factor x region`.
    #[must_use]
    pub fn with_rims(region: &[f64], rims: &[Option<RimMean>], rim: Rim) -> Self {
        let (region_share, rim_share) = (rim.factor * (1.0 - rim.weight), rim.factor * rim.weight);
        let level = |(&region, mean): (&f64, &Option<RimMean>)| match mean {
            Some(mean) => region_share * region + rim_share * mean.level,
            None => rim.factor * region,
        };
        let variance = |mean: &Option<RimMean>| mean.map_or(0.0, |mean| rim_share.powi(2) * mean.variance);
        Self {
            levels: region.iter().zip(rims).map(level).collect(),
            region_share,
            rim_variance: rims.iter().map(variance).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GatedStudy;
    use crate::protocol::Grid;
    use ndarray::Array3;

    const RIM: Rim = Rim { width_mm: 5.0, weight: 0.25, factor: 0.8 };

    fn square(from: usize, to: usize) -> Mask {
        Mask::from_fn(32, 32, |row, column| (from..to).contains(&row) && (from..to).contains(&column))
    }

    /// 10 counts in each pixel above row 12 and 30 from there on, times the frame from 1.
    fn study(spacing_mm: f64) -> GatedStudy {
        let counts = Array3::from_shape_fn((8, 32, 32), |(frame, row, _)| {
            if row < 12 { 10.0 * (frame + 1) as f32 } else { 30.0 * (frame + 1) as f32 }
        });
        GatedStudy::new(counts, Some([spacing_mm; 2])).unwrap()
    }

    fn means(spacing_mm: f64, roi: &Mask) -> Vec<Option<RimMean>> {
        let study = study(spacing_mm);
        rim_means(&GridCounts::new(&study, Grid::Study), &vec![roi.clone(); 8], RIM, [spacing_mm; 2])
    }

    #[test]
    fn the_rim_is_what_touches_the_roi() {
        // Pixels of 4 mm, 5 mm reach the edge neighbours of a square of 4 x 4 pixels, not its corners: 4 of each side.
        // The upper 4, and 2 of each of the sides, lie above row 12: 8 of 10 and 8 of 30 counts.
        let of_4_mm = means(4.0, &square(10, 14));
        for (frame, mean) in (1..).zip(&of_4_mm) {
            let RimMean { level, variance } = mean.unwrap();
            assert!((level - 20.0 * f64::from(frame)).abs() < 1e-12 && (variance - level / 16.0).abs() < 1e-12);
        }
        // Pixels wider than the rim still have the neighbours that touch the ROI.
        assert_eq!(means(9.0, &square(10, 14)), of_4_mm);
    }

    #[test]
    fn no_roi_and_one_that_fills_the_matrix_have_no_rim() {
        assert_eq!(means(4.0, &Mask::empty(32, 32)), [None; 8]);
        assert_eq!(means(4.0, &square(0, 32)), [None; 8]);
    }

    #[test]
    fn levels_are_blended() {
        // 0.8 x (0.75 x 10 + 0.25 x 30) = 12; without a rim 0.8 x 10. (0.8 x 0.25)^2 x 2 = 0.08.
        let rims = [Some(RimMean { level: 30.0, variance: 2.0 }), None];
        let blend = Blend::with_rims(&[10.0, 10.0], &rims, RIM);
        let near = |found: &[f64], expected: [f64; 2]| found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
        assert!(near(&blend.levels, [12.0, 8.0]) && near(&blend.rim_variance, [0.08, 0.0]), "{blend:?}");
        assert!((blend.region_share - 0.6).abs() < 1e-12);
        let alone = Blend::of_region(vec![10.0, 20.0]);
        assert_eq!((alone.levels, alone.rim_variance, alone.region_share), (vec![10.0, 20.0], vec![0.0; 2], 1.0));
    }
}
