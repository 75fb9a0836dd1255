//! Where background is sampled: the ring of Eq. 5, or a posterolateral arc in millimetres.

use crate::Mask;
use crate::protocol::Element;

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
