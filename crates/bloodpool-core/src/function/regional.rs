//! `RegionFunction`: the ejection fraction of a part of the ED silhouette, and of each sector.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pixel_background::PixelBackground;
use super::refusal::{Outcome, Refusal};
use super::sectors::{Sector, Sectors};
use crate::measure::curve::{read, read_variance_factor};
use crate::measure::drop_off::DropOff;
use crate::measure::ejection_fraction::{PhaseCounts, counting_error_points};
use crate::{FrameIndex, GatedStudy, Mask};

/// Net counts at ED over their counting noise, below which a region has no EF: its error would exceed a fifth.
const FEWEST_SIGMAS: f64 = 5.0;

/// How ED and ES are read from a curve.
#[derive(Debug, Clone, Copy)]
pub struct CurveReading<'a> {
    /// End-of-cycle drop-off, which is made up for.
    pub drop_off: &'a DropOff,
    /// End-diastole.
    pub end_diastole: FrameIndex,
    /// End-systole: that of the whole ventricle, whether or not the region is smallest there.
    pub end_systole: FrameIndex,
    /// Harmonics of the fit that counts are read from; `None`: from the two frames alone.
    pub harmonics: Option<usize>,
}

/// The ejection fraction of a region that does not move.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegionFunction {
    /// (ED - ES) / ED of the region's net counts, percent. Below 0 where counts grow in systole.
    pub ef_percent: f64,
    /// Its standard error from counting noise alone, EF points; the background is taken as known.
    pub counting_error_points: f64,
    /// Net counts at ED.
    pub ed_net_counts: f64,
    /// Net counts at ES.
    pub es_net_counts: f64,
}

/// One sector of the ED silhouette.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SectorFunction {
    /// Which.
    pub sector: Sector,
    /// Its pixels in the silhouette.
    pub pixels: usize,
    /// Its EF, or why it has none.
    pub outcome: Outcome<RegionFunction>,
}

/// The ejection fraction of a region: the same pixels at ED and at ES (regional EF after Maddox et al., Circulation 1979;59:1001).
///
/// # Errors
/// [`Refusal::Shapes`] when region, background or frames do not fit the study, [`Refusal::FewPixels`] for an empty region,
/// [`Refusal::FewCounts`] when net counts at ED are less than five times their counting noise.
pub fn region_function(
    study: &GatedStudy,
    region: &Mask,
    background: &PixelBackground,
    reading: CurveReading<'_>,
) -> Result<RegionFunction, Refusal> {
    let CurveReading { drop_off, end_diastole, end_systole, harmonics } = reading;
    let frames = study.frames();
    let outside = end_diastole.index() >= frames || end_systole.index() >= frames;
    if outside
        || drop_off.kept.len() != frames
        || region.dim() != (study.rows(), study.columns())
        || !background.fits(study)
    {
        return Err(Refusal::Shapes);
    }
    if region.is_empty() {
        return Err(Refusal::FewPixels { pixels: 0, needed: 1 });
    }
    let net = background.net_in(study, region);
    let gross = match background {
        // A share of Poisson counts varies by at most that share of them.
        PixelBackground::Fraction(_) => net.clone(),
        PixelBackground::Levels(_) | PixelBackground::Image(_) => {
            PixelBackground::Levels(vec![0.0; frames]).net_in(study, region)
        }
    };
    let curve = read(&net, &vec![true; frames], drop_off, harmonics);
    let smoothing = read_variance_factor(frames, harmonics);
    let phase = |frame: FrameIndex| PhaseCounts {
        net: curve[frame.index()],
        variance: gross[frame.index()].max(0.0),
        area: 0.0,
    };
    let (ed, es) = (phase(end_diastole), phase(end_systole));
    let noise_counts = (ed.variance * smoothing).sqrt();
    let ef_percent = (1.0 - es.net / ed.net) * 100.0;
    if !(ed.net > FEWEST_SIGMAS * noise_counts && ef_percent.is_finite()) {
        let net_counts = if ed.net.is_finite() { ed.net } else { 0.0 };
        return Err(Refusal::FewCounts { net_counts, noise_counts });
    }
    Ok(RegionFunction {
        ef_percent,
        counting_error_points: counting_error_points(ed, es, 0.0, smoothing),
        ed_net_counts: ed.net,
        es_net_counts: es.net,
    })
}

/// The ejection fraction of every sector of the ED silhouette, in the order of their numbers.
///
/// # Errors
/// [`Refusal::Shapes`] when the silhouette does not fit the study; what single sectors lack is in their outcomes.
pub fn sector_functions(
    study: &GatedStudy,
    silhouette: &Mask,
    sectors: &Sectors,
    background: &PixelBackground,
    reading: CurveReading<'_>,
) -> Result<Vec<SectorFunction>, Refusal> {
    if silhouette.dim() != (study.rows(), study.columns()) {
        return Err(Refusal::Shapes);
    }
    let parts = sectors.all().into_iter().zip(sectors.parts(silhouette));
    Ok(parts
        .map(|(sector, part)| SectorFunction {
            sector,
            pixels: part.area(),
            outcome: region_function(study, &part, background, reading).into(),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::{SECTORS, ValvePlane};
    use ndarray::Array3;
    use proptest::prelude::*;

    const FRAMES: usize = 16;

    /// Emptied share of the beat, largest at frame 6 and 0 at frame 0.
    fn emptied(frame: usize) -> f64 {
        let turn = std::f64::consts::TAU * frame as f64 / FRAMES as f64;
        0.5 * (1.0 - turn.cos())
    }

    /// A disc about (16, 15) whose left half loses 70 % of its net counts and whose right half 30 %, on a background of 50.
    fn study(scale: f64) -> (GatedStudy, Mask) {
        let inside = |row: usize, column: usize| (row as f64 - 16.0).hypot(column as f64 - 15.0) < 9.3;
        let counts = Array3::from_shape_fn((FRAMES, 33, 33), |(frame, row, column)| {
            let lost = if column < 15 { 0.7 } else { 0.3 };
            let blood = if inside(row, column) { 400.0 * (1.0 - lost * emptied(frame)) } else { 0.0 };
            (scale * (50.0 + blood)) as f32
        });
        (GatedStudy::new(counts, Some([4.0, 4.0])).unwrap(), Mask::from_fn(33, 33, inside))
    }

    fn read_all(scale: f64, level: f64, harmonics: Option<usize>) -> Vec<SectorFunction> {
        let (study, disc) = study(scale);
        let sectors = Sectors::about(&disc, ValvePlane::facing(0.0, 30.0), study.pixel_spacing_mm(), 4).unwrap();
        let drop_off = DropOff::of(&study);
        let reading = CurveReading {
            drop_off: &drop_off,
            end_diastole: FrameIndex::new(0),
            end_systole: FrameIndex::new(8),
            harmonics,
        };
        let background = PixelBackground::Levels(vec![level; FRAMES]);
        sector_functions(&study, &disc, &sectors, &background, reading).unwrap()
    }

    #[test]
    fn sectors_have_the_ef_of_their_pixels() {
        for harmonics in [None, Some(4)] {
            let found = read_all(1.0, 50.0, harmonics);
            // Clockwise from 30 degrees: two sectors on the right (30 %), two on the left (70 %); the third and the second
            // one meet at 180 degrees, so that the column of the centre, 30 %, lies between them.
            let ef = |k: usize| found[k].outcome.value().unwrap().ef_percent;
            assert!((ef(0) - 30.0).abs() < 0.1 && (ef(3) - 70.0).abs() < 0.1, "{} {}", ef(0), ef(3));
            let first = found[0].outcome.value().unwrap();
            assert!((first.ed_net_counts - 400.0 * found[0].pixels as f64).abs() < 1.0);
            // By hand: variance of gross counts, (n V_es + n r^2 V_ed) / (n x 400)^2, V_ed = 450, V_es = 330, r = 0.7; with four
            // harmonics in 16 frames 9 / 16 of it.
            let n = found[0].pixels as f64;
            let share = if harmonics.is_some() { 9.0 / 16.0 } else { 1.0 };
            let error = (share * n * (330.0 + 0.49 * 450.0)).sqrt() / (n * 400.0) * 100.0;
            assert!((first.counting_error_points - error).abs() < 0.02 * error);
        }
    }

    #[test]
    fn a_region_without_counts_or_pixels_is_refused() {
        // Background as high as the counts.
        assert!(
            read_all(1.0, 449.0, None)
                .iter()
                .all(|sector| matches!(sector.outcome.refusal(), Some(Refusal::FewCounts { .. })))
        );
        let (study, disc) = study(1.0);
        let drop_off = DropOff::of(&study);
        let reading = CurveReading {
            drop_off: &drop_off,
            end_diastole: FrameIndex::new(0),
            end_systole: FrameIndex::new(8),
            harmonics: None,
        };
        let background = PixelBackground::Levels(vec![50.0; FRAMES]);
        let of = |region: &Mask, reading| region_function(&study, region, &background, reading);
        assert_eq!(of(&Mask::empty(33, 33), reading), Err(Refusal::FewPixels { pixels: 0, needed: 1 }));
        assert_eq!(of(&Mask::empty(8, 8), reading), Err(Refusal::Shapes));
        let late = CurveReading { end_systole: FrameIndex::new(16), ..reading };
        assert_eq!(of(&disc, late), Err(Refusal::Shapes));
        assert!((of(&disc, reading).unwrap().ef_percent - 50.0).abs() < 3.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        fn the_scale_of_counts_changes_no_ef(scale in 0.2_f64..20.0) {
            for (one, other) in read_all(1.0, 50.0, Some(3)).iter().zip(read_all(scale, 50.0 * scale, Some(3))) {
                let (one, other) = (one.outcome.value().unwrap(), other.outcome.value().unwrap());
                prop_assert!((one.ef_percent - other.ef_percent).abs() < 1e-3);
                let noise = one.counting_error_points / scale.sqrt();
                prop_assert!((noise - other.counting_error_points).abs() < 1e-3 * noise);
            }
        }

        #[test]
        fn turning_the_picture_turns_the_sectors(direction in 1.0_f64..359.0) {
            let (plain, disc) = study(1.0);
            let counts = Array3::from_shape_fn((FRAMES, 33, 33), |(frame, row, column)| {
                plain.counts()[[frame, 32 - column, row]]
            });
            let turned = GatedStudy::new(counts, Some([4.0, 4.0])).unwrap();
            let disc_turned = Mask::from_fn(33, 33, |row, column| disc.contains(32 - column, row));
            let of = |study: &GatedStudy, disc: &Mask, direction: f64| {
                let plane = ValvePlane::facing(direction, 31.7);
                let sectors = Sectors::about(disc, plane, study.pixel_spacing_mm(), SECTORS).unwrap();
                let drop_off = DropOff::of(study);
                let reading = CurveReading {
                    drop_off: &drop_off,
                    end_diastole: FrameIndex::new(0),
                    end_systole: FrameIndex::new(8),
                    harmonics: Some(3),
                };
                sector_functions(study, disc, &sectors, &PixelBackground::Levels(vec![50.0; FRAMES]), reading).unwrap()
            };
            for (one, other) in of(&plain, &disc, direction).iter().zip(of(&turned, &disc_turned, direction + 90.0)) {
                // A pixel on a border may change sides by rounding: none or very few do.
                prop_assert!(one.pixels.abs_diff(other.pixels) <= 1);
                let (one, other) = (one.outcome.value().unwrap(), other.outcome.value().unwrap());
                prop_assert!((one.ef_percent - other.ef_percent).abs() < 3.0);
            }
        }
    }
}
