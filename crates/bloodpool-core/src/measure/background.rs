//! Background: the counts per pixel that do not come from the LV, sampled beside it.

use super::background_region::{Blend, Region, RimMean, arc, rim_means, ring, septal_fraction};
use super::counts::GridCounts;
use super::drop_off::DropOff;
use crate::error::BackgroundError;
use crate::protocol::{BackgroundFrame, BackgroundRegion, RoiChoices};
use crate::{Contour, FrameIndex, Mask};
use bloodpool_stats::spread::{median, scaled_mad};

/// Background as it was sampled.
#[derive(Debug, Clone, PartialEq)]
pub struct BackgroundSample {
    /// The pixels it was sampled in, on the protocol's grid.
    pub region: Mask,
    /// Frame whose ROI it lies around.
    pub frame: FrameIndex,
    /// Counts per pixel of the grid that each frame loses.
    pub by_frame: Vec<f64>,
    /// Variance, from Poisson counting, of what the ES frame's level owes to the region.
    pub level_variance: f64,
    /// The same of what each frame's level owes to the rim round its own ROI; zeros without a rim.
    pub rim_variance: Vec<f64>,
    /// Pixels of the region before any were left out as hot, or not kept as coolest.
    pub candidate_pixels: usize,
    /// Pixels left out because they are hot.
    pub hot_pixels: usize,
    /// Fraction of the region that fell beyond the matrix.
    pub cut_fraction: f64,
    /// Fraction of the region on the septal side of the LV.
    pub septal_fraction: f64,
}

/// Samples background around the ROI of the ES frame, as the choices say. `rois`: one per frame, on the grid.
///
/// A frame that lost counts at the end of the cycle lost as much of its background, and is charged less by as much.
///
/// # Errors
/// [`BackgroundError`]: why the region holds no pixel.
pub fn sample(
    counts: &GridCounts<'_>,
    rois: &[Mask],
    end_systole: FrameIndex,
    drop_off: &DropOff,
    choices: &RoiChoices,
) -> Result<BackgroundSample, BackgroundError> {
    let rims = choices.rim.map(|rim| {
        let spacing_mm = counts.spacing_mm(choices.background.assumed_field_mm());
        rim_means(counts, rois, rim, spacing_mm)
    });
    let (rows, columns) = counts.dim();
    let empty = Mask::empty(rows, columns);
    let region = region(counts, rois.get(end_systole.index()).unwrap_or(&empty), choices);
    let rois: Vec<&Mask> = rois.iter().collect();
    sample_in(counts, &rois, end_systole, drop_off, choices, region, &rims.unwrap_or_default())
}

/// The region round a ROI, before pixels of the LV and hot pixels are taken out.
pub(super) fn region(counts: &GridCounts<'_>, roi: &Mask, choices: &RoiChoices) -> Region {
    match &choices.background {
        &BackgroundRegion::Ring { inner, outer, element } => ring(roi, inner, outer, element),
        &BackgroundRegion::Arc { from_clock, to_clock, gap_mm, width_mm, assumed_field_mm, .. } => {
            arc(roi, (from_clock, to_clock), gap_mm, width_mm, counts.spacing_mm(assumed_field_mm))
        }
        BackgroundRegion::Drawn { polygon } => {
            let study = counts.study();
            let mask = Contour(polygon.clone()).rasterised(study.rows(), study.columns());
            // A person sees what is cut off.
            Region { mask: counts.mask(&mask), cut_fraction: 0.0 }
        }
    }
}

/// Samples background in the [`region`] round the ROI of the ES frame. `rims`: of every frame, where the choices have a rim.
pub(super) fn sample_in(
    counts: &GridCounts<'_>,
    rois: &[&Mask],
    end_systole: FrameIndex,
    drop_off: &DropOff,
    choices: &RoiChoices,
    region: Region,
    rims: &[Option<RimMean>],
) -> Result<BackgroundSample, BackgroundError> {
    let (rows, columns) = counts.dim();
    let empty = Mask::empty(rows, columns);
    let roi = rois.get(end_systole.index()).copied().unwrap_or(&empty);
    let Region { mask: mut region, cut_fraction } = region;
    if region.is_empty() {
        return Err(match choices.background {
            BackgroundRegion::Ring { .. } => BackgroundError::RingOutside,
            BackgroundRegion::Arc { .. } => BackgroundError::ArcOutside,
            BackgroundRegion::Drawn { .. } => BackgroundError::DrawnOutside,
        });
    }
    let frames = sampled_frames(choices.background_frame, end_systole, rois.len());
    let mut ventricle = empty.clone();
    frames.iter().filter_map(|frame| rois.get(frame.index())).for_each(|roi| ventricle.insert_all(roi));
    region = region.difference(&ventricle);
    let before = region.area();
    let mut hot_pixels = 0;
    if let BackgroundRegion::Arc { hot_pixel_mads, coolest_fraction, .. } = choices.background {
        region = without_hot_pixels(counts, &region, &frames, hot_pixel_mads);
        hot_pixels = before - region.area();
        region = coolest(counts, &region, &frames_around(end_systole, rois.len()), coolest_fraction);
    }
    let area = region.area();
    if area == 0 {
        return Err(BackgroundError::InVentricle);
    }
    let level = |frame: FrameIndex| counts.gross(frame, &region) / area as f64;
    let kept = |frame: FrameIndex| drop_off.kept.get(frame.index()).copied().unwrap_or(1.0);
    let everywhere = |level: f64| FrameIndex::all(rois.len()).map(|frame| level * kept(frame)).collect();
    let of_region: Vec<f64> = match choices.background_frame {
        BackgroundFrame::EndSystole => everywhere(level(end_systole) / kept(end_systole).max(f64::MIN_POSITIVE)),
        BackgroundFrame::EachFrame => frames.iter().map(|&frame| level(frame)).collect(),
        BackgroundFrame::AroundEndSystole | BackgroundFrame::CycleMean => {
            let whole: f64 = frames.iter().map(|&frame| kept(frame)).sum();
            everywhere(frames.iter().map(|&frame| level(frame)).sum::<f64>() / whole.max(f64::MIN_POSITIVE))
        }
    };
    let averaged = if choices.background_frame == BackgroundFrame::EachFrame { 1 } else { frames.len() };
    // Resampled counts keep their sum, so that a mean's variance is its value / (pixels x frames) on every grid.
    let region_variance = of_region[end_systole.index()] / (area * averaged.max(1)) as f64;
    let blend = match choices.rim {
        Some(rim) => Blend::with_rims(&of_region, rims, rim),
        None => Blend::of_region(of_region),
    };
    Ok(BackgroundSample {
        septal_fraction: septal_fraction(&region, roi),
        region,
        frame: end_systole,
        level_variance: blend.region_share.powi(2) * region_variance,
        by_frame: blend.levels,
        rim_variance: blend.rim_variance,
        candidate_pixels: before,
        hot_pixels,
        cut_fraction,
    })
}

fn sampled_frames(when: BackgroundFrame, end_systole: FrameIndex, frames: usize) -> Vec<FrameIndex> {
    match when {
        BackgroundFrame::EndSystole => vec![end_systole],
        BackgroundFrame::AroundEndSystole => frames_around(end_systole, frames),
        BackgroundFrame::EachFrame | BackgroundFrame::CycleMean => FrameIndex::all(frames).collect(),
    }
}

/// Frames within a twelfth of the cycle of `frame`, round the cycle, each once.
fn frames_around(frame: FrameIndex, frames: usize) -> Vec<FrameIndex> {
    let reach = (frames as f64 / 12.0).round() as usize;
    let apart = |other: FrameIndex| {
        let steps = other.index().abs_diff(frame.index());
        steps.min(frames - steps)
    };
    FrameIndex::all(frames).filter(|&other| apart(other) <= reach).collect()
}

/// Mean counts of each pixel of a region over some frames.
fn means(counts: &GridCounts<'_>, pixels: &[(usize, usize)], frames: &[FrameIndex]) -> Vec<f64> {
    let sampled = frames.len().max(1) as f64;
    pixels.iter().map(|&at| frames.iter().map(|&frame| counts.at(frame, at)).sum::<f64>() / sampled).collect()
}

/// The region less the pixels that are hotter than `mads` scaled median absolute deviations above its median, in the
/// mean of the frames it is sampled in.
///
/// The deviation is never taken to be less than counting noise: a region of nearly equal counts has no hot pixels.
fn without_hot_pixels(counts: &GridCounts<'_>, region: &Mask, frames: &[FrameIndex], mads: f64) -> Mask {
    let pixels: Vec<_> = region.inside().collect();
    let sampled = frames.len().max(1) as f64;
    let values = means(counts, &pixels, frames);
    let (Some(centre), Some(deviation)) = (median(&values), scaled_mad(&values)) else {
        return region.clone();
    };
    // Variance of a Poisson count that was multiplied by `scale` and averaged over the frames.
    let noise = (centre.max(0.0) * counts.scale().min(1.0) / sampled).sqrt();
    let limit = centre + mads * deviation.max(noise);
    let mut kept = region.clone();
    pixels.iter().zip(&values).filter(|&(_, &value)| value > limit).for_each(|(&at, _)| kept.set(at, false));
    kept
}

/// The coolest `fraction` of a region's pixels in the mean of some frames, at least one; all of them for 1 or more.
fn coolest(counts: &GridCounts<'_>, region: &Mask, frames: &[FrameIndex], fraction: f64) -> Mask {
    let pixels: Vec<_> = region.inside().collect();
    let wanted = (fraction * pixels.len() as f64).ceil().max(1.0) as usize;
    if wanted >= pixels.len() {
        return region.clone();
    }
    let values = means(counts, &pixels, frames);
    let mut order: Vec<usize> = (0..pixels.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut kept = region.clone();
    order[wanted..].iter().for_each(|&index| kept.set(pixels[index], false));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::GatedStudy;
    use crate::Protocol;
    use crate::protocol::{Grid, Rim};
    use ndarray::Array3;

    const ES: FrameIndex = FrameIndex::new(3);

    /// The choices of `standard`, but with the level of the arc alone.
    fn arc_alone() -> RoiChoices {
        RoiChoices { rim: None, ..RoiChoices::standard() }
    }

    fn rois(radius: f64) -> Vec<Mask> {
        let disc = |radius: f64| {
            Mask::from_fn(64, 64, |row, column| (row as f64 - 30.0).hypot(column as f64 - 40.0) <= radius)
        };
        (0..8).map(|frame| disc(if frame == ES.index() { 5.0 } else { radius })).collect()
    }

    /// Counts of `10 (frame + 1)` everywhere, and 500 in the given pixels.
    fn study(hot: &[(usize, usize)]) -> GatedStudy {
        let counts = Array3::from_shape_fn((8, 64, 64), |(frame, row, column)| {
            if hot.contains(&(row, column)) { 500.0 } else { 10.0 * (frame + 1) as f32 }
        });
        GatedStudy::new(counts, Some([4.0, 4.0])).unwrap()
    }

    #[test]
    fn the_level_is_that_of_the_frames_it_is_sampled_in() {
        let study = study(&[]);
        let counts = GridCounts::new(&study, Grid::Study);
        let levels = |background_frame| {
            sample(&counts, &rois(6.0), ES, &DropOff::of(&study), &RoiChoices { background_frame, ..arc_alone() })
                .unwrap()
                .by_frame
        };
        assert_eq!(levels(BackgroundFrame::EndSystole), [40.0; 8]);
        assert_eq!(levels(BackgroundFrame::EachFrame), [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0]);
        assert_eq!(levels(BackgroundFrame::CycleMean), [45.0; 8]);
        assert_eq!(levels(BackgroundFrame::AroundEndSystole), [40.0; 8]); // frames 3, 4 and 5: 30, 40, 50
    }

    #[test]
    fn a_rim_adds_what_is_round_each_frames_own_roi() {
        // All of frame f holds 10 f counts. The arc's level is that about frame 4 (the mean of 30, 40 and 50), the rim's that of its
        // own frame. Levels: 0.8 x (0.75 x 40 + 0.25 x 10 f) = 24 + 2 f.
        let study = study(&[]);
        let counts = GridCounts::new(&study, Grid::Study);
        let rim = Some(Rim { width_mm: 8.0, weight: 0.25, factor: 0.8 });
        let found = sample(&counts, &rois(6.0), ES, &DropOff::of(&study), &RoiChoices { rim, ..arc_alone() }).unwrap();
        for (frame, level) in (1..).zip(&found.by_frame) {
            assert!((level - 24.0 - 2.0 * f64::from(frame)).abs() < 1e-12, "frame {frame}: {level}");
        }
        // Variances: (0.8 x 0.75)^2 x 40 / (pixels x frames) and (0.8 x 0.25)^2 x 10 f / pixels of the rim.
        let samples = 3.0 * found.region.area() as f64;
        assert!((found.level_variance - 0.36 * 40.0 / samples).abs() < 1e-12);
        let disc = &rois(6.0)[0];
        let rim_pixels = disc.dilated_mm(8.0, [4.0, 4.0]).area() - disc.area();
        assert!((found.rim_variance[0] - 0.04 * 10.0 / rim_pixels as f64).abs() < 1e-12);
    }

    #[test]
    fn resampling_divides_the_level_by_the_pixels() {
        let study = study(&[]);
        let counts = GridCounts::new(&study, Grid::Square256);
        let rois: Vec<Mask> = rois(6.0).iter().map(|roi| counts.mask(roi)).collect();
        let choices = RoiChoices { grid: Grid::Square256, ..arc_alone() };
        let level = sample(&counts, &rois, ES, &DropOff::of(&study), &choices).unwrap().by_frame[ES.index()];
        assert!((level - 40.0 / 16.0).abs() < 1e-12);
    }

    #[test]
    fn hot_pixels_are_left_out() {
        let cold = study(&[]);
        let plain =
            sample(&GridCounts::new(&cold, Grid::Study), &rois(6.0), ES, &DropOff::of(&cold), &arc_alone()).unwrap();
        let hot: Vec<_> = plain.region.inside().step_by(7).collect();
        let warm = study(&hot);
        let found =
            sample(&GridCounts::new(&warm, Grid::Study), &rois(6.0), ES, &DropOff::of(&warm), &arc_alone()).unwrap();
        assert_eq!(found.hot_pixels, hot.len());
        assert_eq!(found.by_frame, [40.0; 8]);
    }

    #[test]
    fn only_the_coolest_pixels_are_kept() {
        let plain = study(&[]);
        let of = |study: &GatedStudy, coolest_fraction: f64| {
            let mut choices = arc_alone();
            if let BackgroundRegion::Arc { coolest_fraction: fraction, hot_pixel_mads, .. } = &mut choices.background {
                (*fraction, *hot_pixel_mads) = (coolest_fraction, 1e9);
            }
            sample(&GridCounts::new(study, Grid::Study), &rois(6.0), ES, &DropOff::of(study), &choices).unwrap()
        };
        let all = of(&plain, 1.0).region;
        // Half of the arc is made hot: the coolest 40 % are all of the other half.
        let hot: Vec<_> = all.inside().step_by(2).collect();
        let found = of(&study(&hot), 0.4);
        assert_eq!(found.region.area(), (0.4 * all.area() as f64).ceil() as usize);
        assert!(hot.iter().all(|&(row, column)| !found.region.contains(row, column)));
        assert_eq!(found.by_frame, [40.0; 8]);
    }

    #[test]
    fn the_level_of_a_drawn_region_is_its_mean() {
        // 4 x 5 pixels of which one holds 500 counts, about frame 4: (19 x 40 + 500) / 20.
        let study = study(&[(10, 10)]);
        let counts = GridCounts::new(&study, Grid::Study);
        let polygon = vec![[9.5, 8.5], [13.5, 8.5], [13.5, 13.5], [9.5, 13.5]];
        let drawn = Protocol::background_image().with_drawn_background(polygon);
        let choices = drawn.estimator.roi_choices().unwrap();
        let found = sample(&counts, &rois(6.0), ES, &DropOff::of(&study), choices).unwrap();
        assert_eq!((found.region.area(), found.hot_pixels, found.cut_fraction), (20, 0, 0.0));
        assert!(found.by_frame.iter().all(|level| (level - 63.0).abs() < 1e-12), "{:?}", found.by_frame);
        // Of pixels of the LV at ES nothing is taken, and a region without another pixel is an error.
        let over =
            |radius: f64| vec![[40.0 - radius, 30.0 - radius], [40.0 + radius, 30.0 - radius], [40.0, 30.0 + radius]];
        let of = |polygon| {
            let drawn = Protocol::standard().with_drawn_background(polygon);
            sample(&counts, &rois(6.0), ES, &DropOff::of(&study), drawn.estimator.roi_choices().unwrap())
        };
        let found = of(over(9.0)).unwrap();
        assert!(found.region.area() > 0 && rois(6.0)[ES.index()].difference(&found.region) == rois(6.0)[ES.index()]);
        assert_eq!(of(over(2.0)).unwrap_err(), BackgroundError::InVentricle);
        assert_eq!(of(vec![[-9.0, -9.0], [-3.0, -9.0], [-3.0, -2.0]]).unwrap_err(), BackgroundError::DrawnOutside);
    }

    #[test]
    fn frames_around_wrap_round_the_cycle() {
        let around = |frame: usize, frames: usize| -> Vec<usize> {
            frames_around(FrameIndex::new(frame), frames).into_iter().map(FrameIndex::index).collect()
        };
        assert_eq!(around(1, 24), [0, 1, 2, 3, 23]);
        assert_eq!(around(9, 24), [7, 8, 9, 10, 11]);
        assert_eq!(around(3, 8), [2, 3, 4]);
    }

    #[test]
    fn the_lv_of_a_sampled_frame_never_belongs_to_it() {
        let study = study(&[]);
        let counts = GridCounts::new(&study, Grid::Study);
        // LV ROIs of other frames cover the arc. In the ES frame alone that is no harm: the LV is not there then.
        let alone = RoiChoices { background_frame: BackgroundFrame::EndSystole, ..arc_alone() };
        assert!(sample(&counts, &rois(12.0), ES, &DropOff::of(&study), &alone).is_ok());
        let each = RoiChoices { background_frame: BackgroundFrame::EachFrame, ..arc_alone() };
        let reason = sample(&counts, &rois(20.0), ES, &DropOff::of(&study), &each).unwrap_err();
        assert_eq!(reason, BackgroundError::InVentricle);
        assert!(reason.to_string().contains("LV ROI"), "{reason}");
        let partly = sample(&counts, &rois(7.0), ES, &DropOff::of(&study), &each).unwrap();
        assert!(rois(7.0).iter().all(|roi| roi.difference(&partly.region) == *roi));
    }

    #[test]
    fn without_spacing_the_field_of_view_is_assumed() {
        // 256 mm over 64 columns are the same 4 mm a pixel.
        let known = study(&[]);
        let unknown = GatedStudy::new(known.counts().clone(), None).unwrap();
        let mut choices = arc_alone();
        if let BackgroundRegion::Arc { assumed_field_mm, .. } = &mut choices.background {
            *assumed_field_mm = 256.0;
        }
        let of = |study| {
            sample(&GridCounts::new(study, Grid::Study), &rois(6.0), ES, &DropOff::of(study), &choices).unwrap().region
        };
        assert_eq!(of(&known), of(&unknown));
    }
}
