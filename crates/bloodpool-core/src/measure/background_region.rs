//! Where background is sampled: the ring of Eq. 5 or a posterolateral arc, and the rim round each frame's ROI.

use super::counts::GridCounts;
use crate::protocol::Rim;
use crate::{FrameIndex, Mask};
use bloodpool_stats::Element;

/// Clock hours, as displayed, between which the septum lies in LAO: the right ventricle is on the image's left.
const SEPTAL_HOURS: (f64, f64) = (7.0, 11.0);

/// A background region before pixels of the LV and hot pixels are taken out.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// Its pixels.
    pub mask: Mask,
    /// Fraction of the region that falls beyond the matrix.
    pub cut_fraction: f64,
}

/// Eq. 5 of Oh et al. 2022, as its text has it: `roi` dilated `outer` times less `roi` dilated `inner` times, cut to
/// the lower right image quadrant (on the 256 grid: rows and columns 128 to 255).
///
/// The equation as printed subtracts the larger set from the smaller one and would always be empty.
#[must_use]
pub fn ring(roi: &Mask, inner: u32, outer: u32, element: Element) -> Region {
    let (rows, columns) = roi.dim();
    let (hole, disc) = (roi.dilated(element, inner), roi.dilated(element, outer));
    let mask = Mask::from_fn(rows, columns, |row, column| {
        row >= rows / 2 && column >= columns / 2 && disc.contains(row, column) && !hole.contains(row, column)
    });
    Region { mask, cut_fraction: 0.0 }
}

/// Fraction of a region's pixels that lie to the septal side of the centroid of `roi`; 0 for an empty region.
#[must_use]
pub fn septal_fraction(region: &Mask, roi: &Mask) -> f64 {
    let Some(centre) = roi.centroid() else { return 0.0 };
    let (from, to) = SEPTAL_HOURS;
    let septal = region.inside().filter(|&at| clock_within(clock(at, centre, [1.0, 1.0]), from, to)).count();
    septal as f64 / region.area().max(1) as f64
}

/// The part of a band round `roi`, from `gap_mm` to `gap_mm + width_mm` from its pixels (centre to centre), that
/// lies between two clock hours as seen from the centroid of `roi`, clockwise as displayed: 12 is up, 3 is right.
#[must_use]
pub fn arc(roi: &Mask, hours: (f64, f64), gap_mm: f64, width_mm: f64, spacing_mm: [f64; 2]) -> Region {
    let (rows, columns) = roi.dim();
    let reach = |spacing: f64, side: usize| (((gap_mm + width_mm) / spacing).ceil().max(0.0) as usize).min(side);
    let (above, beside) = (reach(spacing_mm[0], rows), reach(spacing_mm[1], columns));
    // On a matrix with a border, so that what falls beyond the study's own can be told.
    let mut padded = Mask::empty(rows + 2 * above, columns + 2 * beside);
    roi.inside().for_each(|(row, column)| padded.set((row + above, column + beside), true));
    let mut mask = Mask::empty(rows, columns);
    let Some(centre) = padded.centroid() else {
        return Region { mask, cut_fraction: 0.0 };
    };
    let near = padded.dilated_mm(gap_mm, spacing_mm);
    let band = padded.dilated_mm(gap_mm + width_mm, spacing_mm).difference(&near);
    let (mut all, mut kept) = (0_usize, 0_usize);
    for at in band.inside().filter(|&at| clock_within(clock(at, centre, spacing_mm), hours.0, hours.1)) {
        all += 1;
        if let (Some(row), Some(column)) = (at.0.checked_sub(above), at.1.checked_sub(beside))
            && row < rows
            && column < columns
        {
            kept += 1;
            mask.set((row, column), true);
        }
    }
    Region { mask, cut_fraction: 1.0 - kept as f64 / all.max(1) as f64 }
}

/// Clock hour, 0 to 12, at which a pixel is seen from `centre` (row, column).
fn clock((row, column): (usize, usize), centre: (f64, f64), [row_mm, column_mm]: [f64; 2]) -> f64 {
    let right = (column as f64 - centre.1) * column_mm;
    let up = (centre.0 - row as f64) * row_mm;
    (right.atan2(up) / std::f64::consts::TAU * 12.0).rem_euclid(12.0)
}

/// Whether an hour lies between two others, clockwise; a span of 12 hours or more is the whole clock.
fn clock_within(hour: f64, from: f64, to: f64) -> bool {
    to - from >= 12.0 || (hour - from).rem_euclid(12.0) <= (to - from).rem_euclid(12.0)
}

/// Mean counts per pixel in the rim of one frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RimMean {
    /// Mean counts per pixel of the grid.
    pub level: f64,
    /// Its variance from Poisson counting.
    pub variance: f64,
}

/// Means of every frame in the rim round its own ROI; `None` where a frame has no ROI, or one that fills the matrix.
#[must_use]
pub fn rim_means(counts: &GridCounts<'_>, rois: &[Mask], rim: Rim, spacing_mm: [f64; 2]) -> Vec<Option<RimMean>> {
    FrameIndex::all(rois.len()).zip(rois).map(|(frame, roi)| rim_mean(counts, frame, roi, rim, spacing_mm)).collect()
}

/// The mean of one frame, as [`rim_means`] has it.
#[must_use]
pub fn rim_mean(
    counts: &GridCounts<'_>,
    frame: FrameIndex,
    roi: &Mask,
    rim: Rim,
    spacing_mm: [f64; 2],
) -> Option<RimMean> {
    let width_mm = rim.width_mm.max(spacing_mm[0]).max(spacing_mm[1]);
    let around = roi.dilated_mm(width_mm, spacing_mm).difference(roi);
    (!around.is_empty()).then(|| {
        let pixels = around.area() as f64;
        let level = counts.gross(frame, &around) / pixels;
        RimMean { level, variance: level / pixels }
    })
}

/// Levels of a background region, blended with those of rims.
#[derive(Debug, Clone, PartialEq)]
pub struct Blend {
    /// Counts per pixel that each frame loses.
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

    fn ellipse(side: usize, centre: (f64, f64), axes: (f64, f64)) -> Mask {
        Mask::from_fn(side, side, |row, column| {
            let (y, x) = ((row as f64 - centre.0) / axes.0, (column as f64 - centre.1) / axes.1);
            y * y + x * x <= 1.0
        })
    }

    /// The image `(3 y + x^2) mod 23`.
    fn mean(region: &Mask) -> f64 {
        let sum: usize = region.inside().map(|(row, column)| (3 * row + column * column) % 23).sum();
        sum as f64 / region.area() as f64
    }

    #[test]
    fn the_ring_of_eq_5_is_that_of_scipy() {
        // es = ((Y-138)/22)**2 + ((X-132)/17)**2 <= 1; s = generate_binary_structure(2, 1) or np.ones((3, 3));
        // ring = ndimage.binary_dilation(es, s, 8) & ~ndimage.binary_dilation(es, s, 3); ring[:128] = ring[:, :128] = 0
        let es = ellipse(256, (138.0, 132.0), (22.0, 17.0));
        let cross = ring(&es, 3, 8, Element::Cross).mask;
        assert_eq!(cross.area(), 240);
        assert!((mean(&cross) - 11.1).abs() < 1e-12);
        let square = ring(&es, 3, 8, Element::Square).mask;
        assert_eq!(square.area(), 336);
        assert!((mean(&square) - 11.214_285_714_285_714).abs() < 1e-12);
        assert!(square.inside().all(|(row, column)| row >= 128 && column >= 128));
    }

    #[test]
    fn as_printed_eq_5_is_empty() {
        let es = ellipse(256, (138.0, 132.0), (22.0, 17.0));
        assert!(ring(&es, 8, 3, Element::Square).mask.is_empty());
        // ... and so is the ring of a heart that lies in another quadrant.
        assert!(ring(&ellipse(256, (60.0, 60.0), (22.0, 17.0)), 3, 8, Element::Square).mask.is_empty());
    }

    #[test]
    fn a_heart_far_to_the_right_has_its_septum_in_the_ring() {
        let far = ellipse(256, (170.0, 190.0), (22.0, 17.0));
        assert!(septal_fraction(&ring(&far, 3, 8, Element::Square).mask, &far) > 0.2);
        let usual = ellipse(256, (138.0, 132.0), (22.0, 17.0));
        assert!(septal_fraction(&ring(&usual, 3, 8, Element::Square).mask, &usual) < 0.05);
    }

    #[test]
    fn the_arc_is_that_of_scipy_on_oblong_pixels() {
        // roi = ((Y-30)/7)**2 + ((X-40)/5)**2 <= 1; d = ndimage.distance_transform_edt(~roi, sampling=(4, 3));
        // angle = degrees(arctan2(-(Y-cy)*4, (X-cx)*3)); 2 o'clock is +30, 5 o'clock -60 degrees
        // arc = (d > 7.5) & (d <= 15) & (angle <= 30) & (angle >= -60)
        let arc = arc(&ellipse(64, (30.0, 40.0), (7.0, 5.0)), (2.0, 5.0), 7.5, 7.5, [4.0, 3.0]);
        assert_eq!(arc.mask.area(), 29);
        assert!((mean(&arc.mask) - 13.034_482_758_620_69).abs() < 1e-12);
        let (row, column) = arc.mask.centroid().unwrap();
        assert!((row - 31.862_068_97).abs() < 1e-8 && (column - 47.931_034_48).abs() < 1e-8);
        assert!(arc.cut_fraction.abs() < 1e-12);
    }

    #[test]
    fn an_arc_is_cut_by_the_edge_of_the_image() {
        let at_edge = arc(&ellipse(64, (30.0, 60.0), (7.0, 5.0)), (2.0, 5.0), 7.5, 7.5, [4.0, 3.0]);
        assert!(at_edge.cut_fraction > 0.3, "{}", at_edge.cut_fraction);
        assert!(arc(&Mask::empty(64, 64), (2.0, 5.0), 7.5, 7.5, [4.0, 3.0]).mask.is_empty());
    }

    #[test]
    fn clock_hours_are_as_displayed() {
        let seen = |at| clock(at, (10.0, 10.0), [1.0, 1.0]);
        assert!((seen((5, 10)) - 0.0).abs() < 1e-12 && (seen((10, 15)) - 3.0).abs() < 1e-12);
        assert!((seen((15, 10)) - 6.0).abs() < 1e-12 && (seen((10, 5)) - 9.0).abs() < 1e-12);
        assert!(clock_within(11.5, 10.0, 1.0) && clock_within(0.5, 10.0, 1.0) && !clock_within(2.0, 10.0, 1.0));
        assert!(clock_within(7.0, 0.0, 12.0));
    }

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
